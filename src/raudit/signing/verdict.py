"""What checking a signed PDF establishes: signatures, revisions, attachments, and named faults. Values only."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from raudit.canonical import Sha256


class Standing(StrEnum):
    """How much a fault says."""

    BROKEN = "broken"
    """Something is altered, forged or forbidden."""
    UNPROVEN = "unproven"
    """Nothing contradicts the file, but something it claims cannot be established with what was given."""


class FaultCode(StrEnum):
    """Every fault a check can name."""

    UNREADABLE = "unreadable"
    """The bytes cannot be read as a PDF, or a part of it cannot be read as what it claims to be."""
    NOT_SIGNED = "not-signed"
    """There is no signature at all."""
    NOT_CERTIFIED = "not-certified"
    """The first signature is not an issuer's certification that limits later changes."""
    ACTIVE_CONTENT = "active-content"
    """The certified file holds something that acts, leads away or hides, for which a report has no use."""
    DOUBLED_ATTACHMENT = "doubled-attachment"
    """Two attachments share a name, so two readers may open different ones."""
    DIGEST_MISMATCH = "digest-mismatch"
    """Bytes that a signature covers were changed."""
    SIGNATURE_INVALID = "signature-invalid"
    """The signature value does not fit the signer's certificate, or the signature breaks its format's rules."""
    CONTAINER = "container"
    """A signature's own container was changed in a place that no signature covers."""
    COVERAGE = "coverage"
    """A signature leaves out part of the revision it belongs to."""
    ILLEGAL_CHANGE = "illegal-change"
    """Something other than a counter-signature, time stamp or validation data was added after a signature."""
    METADATA_CHANGED = "metadata-changed"
    """Title, author or another description shown to readers was changed after the certification."""
    ATTACHMENT_CHANGED = "attachment-changed"
    """An attachment was added, removed or exchanged after the certification."""
    TRAILING_BYTES = "trailing-bytes"
    """There are bytes after the end of the last revision."""
    NO_TRUST_GIVEN = "no-trust-given"
    """No certificate was given to trust, so nobody is identified."""
    UNTRUSTED_SIGNER = "untrusted-signer"
    """The signer's certificate is none of the trusted ones, and leads to none of them: nobody said who that is."""
    IMPERSONATION = "impersonation"
    """The signer's certificate names a trusted one as its issuer, whose key did not sign it."""
    OUTSIDE_VALIDITY = "outside-validity"
    """The signer's certificate was not valid at the time the signature is judged at."""
    CLAIMED_TIME = "claimed-time"
    """The signer claims a time at which the certificate did not exist yet, or no longer."""
    REVOKED = "revoked"
    """The signer's certificate had been revoked."""
    KEY_USAGE = "key-usage"
    """The signer's certificate is not for signing documents."""
    TIMESTAMP_INVALID = "timestamp-invalid"
    """A time stamp is not over what it stands beside, or its signature is wrong."""
    UNTRUSTED_TIMESTAMP = "untrusted-timestamp"
    """A time stamp's authority leads to no trusted root, so the time stays the signer's claim."""


UNPROVEN = frozenset(
    {
        FaultCode.NO_TRUST_GIVEN,
        FaultCode.UNTRUSTED_SIGNER,
        FaultCode.UNTRUSTED_TIMESTAMP,
        FaultCode.OUTSIDE_VALIDITY,
    }
)  # all other faults mean broken


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, or cannot be established."""

    code: FaultCode
    """Which."""
    detail: str
    """In words, printable."""
    field: str = ""
    """The signature field it concerns; empty for the file as a whole."""

    @property
    def standing(self) -> Standing:
        """Whether this breaks the file or leaves something unproven."""
        return Standing.UNPROVEN if self.code in UNPROVEN else Standing.BROKEN


class SignatureKind(StrEnum):
    """What a signature in a PDF is."""

    CERTIFICATION = "certification"
    """The issuer's, with limits on later changes (DocMDP)."""
    APPROVAL = "approval"
    """A counter-signature."""
    TIME_STAMP = "document-time-stamp"
    """A time stamp over the whole document."""


class RevisionKind(StrEnum):
    """What a revision of the file added."""

    BASE = "base"
    """The report before anybody signed."""
    SIGNATURE = "signature"
    """A signature or document time stamp."""
    OTHER = "other"
    """Validation data, or something that the analysis of changes must allow or refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStampInfo:
    """An RFC 3161 time stamp."""

    time: datetime
    """When the authority says the signature or document existed."""
    authority: str
    """Subject of the authority's certificate."""
    fingerprint: Sha256
    """SHA-256 of the authority's certificate."""
    intact: bool
    """It is over these bytes, and its own signature is right."""
    trusted: bool
    """Its certificate leads to a trusted root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureCheck:
    """One signature or document time stamp, as far as it could be judged."""

    field: str
    """Name of the signature field."""
    kind: SignatureKind
    """What it is."""
    role: str
    """The role that a counter-signer claims, which nobody else vouches for; empty if none is claimed."""
    signer: str
    """Subject of the signer's certificate."""
    fingerprint: Sha256
    """SHA-256 of the signer's certificate."""
    certificate: bytes = dataclasses.field(repr=False)
    """The signer's certificate, DER."""
    reason: str
    """Why, in the signer's words."""
    claimed_time: datetime | None
    """When, by the signer's own clock."""
    timestamp: TimeStampInfo | None
    """Proof of the time, if there is one."""
    judged_at: datetime
    """The time at which the signer's certificate was judged."""
    intact: bool
    """No covered byte changed, and the signature fits the certificate."""
    trusted: bool
    """The certificate is trusted, and was valid for signing at the time it was judged at."""
    coverage: str
    """``whole-file``, ``whole-revision``, ``part`` or ``unclear``."""
    changes_after: str
    """What was added later: ``none``, ``long-term``, ``signatures`` or ``illegal``."""
    revision: int
    """Number of the revision that added it, the base being 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The file as it stood after one incremental step: its first `end` bytes."""

    number: int
    """Counted from 0."""
    end: int
    """Length in bytes of the file up to here."""
    sha256: Sha256
    """Digest of those bytes; this is what the log holds for each issued or counter-signed file."""
    kind: RevisionKind
    """What the step added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedFile:
    """An attachment, taken from the certified revision, or the last one if nothing is certified."""

    name: str
    """File name."""
    data: bytes = dataclasses.field(repr=False)
    """Content."""
    sha256: Sha256
    """Digest of the content."""
    relationship: str
    """AFRelationship without its slash, such as ``Data``; empty if none is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfCheck:
    """Everything that could be established about one PDF, without network, log or record."""

    sha256: Sha256
    """Digest of the file as given."""
    signatures: tuple[SignatureCheck, ...]
    """In the order they were made; signatures too broken to read are missing here and named in the faults."""
    revisions: tuple[Revision, ...]
    """In order. A cut-off last revision leaves no trace here: compare the digests with the log's."""
    base: bytes | None = dataclasses.field(repr=False)
    """The report's bytes before the first signature, to compare with a report remade from its record."""
    embedded: tuple[EmbeddedFile, ...]
    """Attachments of the certified revision."""
    faults: tuple[Fault, ...]
    """What is wrong or unproven; empty if all holds."""

    @property
    def intact(self) -> bool:
        """Whether nothing is broken. Trust may still be unproven."""
        return not any(fault.standing is Standing.BROKEN for fault in self.faults)

    @property
    def holds(self) -> bool:
        """Whether every signature is intact and trusted, and every change since the certification is allowed."""
        return bool(self.signatures) and not self.faults

    @property
    def certification(self) -> SignatureCheck | None:
        """The issuer's signature, if there is one."""
        return next(
            (item for item in self.signatures if item.kind is SignatureKind.CERTIFICATION), None
        )

    def file(self, name: str) -> EmbeddedFile | None:
        """Find an attachment by its name."""
        return next((item for item in self.embedded if item.name == name), None)
