"""Judge each signature of a PDF: unaltered, by whom, and at what time its certificate counts.

Time stamps are judged from the newest to the oldest. (1) The newest document time stamp is judged at the given time.
(2) If it holds, everything before it existed at its time, so older items are judged then. (3) A signature whose own
time stamp holds is judged at that time; otherwise at the time reached so far. This is the past-validation idea of
ETSI EN 319 102-1, 5.6.2, without its demand for revocation data that is fresh for every authority.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from raudit.canonical import sha256
from raudit.sentences import say
from raudit.signing.certificates import describe
from raudit.signing.changes import modification_fault
from raudit.signing.container import container_problem
from raudit.signing.loop import run
from raudit.signing.names import names_itself
from raudit.signing.trust import SIGNING_USAGES, Trust, trust_fault
from raudit.signing.verdict import Fault, FaultCode, SignatureCheck, SignatureKind, TimeStampInfo


def read_signature(reader: Any, field: Any, name: str) -> Any:
    """Read one filled field; raises whatever the library raises on hostile bytes."""
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

    embedded = EmbeddedPdfSignature(reader, field, name)
    embedded.signer_cert.dump()
    return embedded


@dataclass(kw_only=True)
class Judge:
    """The judgement of one file's signatures, newest first."""

    pdf: bytes
    """The whole file."""
    trust: Trust
    """Whom to believe."""
    at: datetime
    """When certificates are judged; moves back in time with each document time stamp that holds."""
    faults: list[Fault]
    """Receives what is wrong."""

    def judge(self, found: list[Any]) -> tuple[SignatureCheck, ...]:
        """Judge signatures given in the order of their revisions."""
        fields = frozenset(item.field_name for item in found)
        checks: list[SignatureCheck] = []
        for embedded in reversed(found):
            try:
                check = self._one(embedded, fields)
            except Exception as error:  # noqa: BLE001 -- hostile bytes; the library's exceptions have no closed list
                self._fault(
                    FaultCode.SIGNATURE_INVALID,
                    embedded,
                    say("it cannot be checked ({kind})", kind=type(error).__name__),
                )
                continue
            checks.append(check)
        return tuple(reversed(checks))

    def _one(self, embedded: Any, fields: frozenset[str]) -> SignatureCheck:
        from pyhanko.sign.validation.status import SignatureCoverageLevel

        embedded.compute_integrity_info()
        changes, why = modification_fault(embedded, fields)
        coverage = {
            SignatureCoverageLevel.ENTIRE_FILE: "whole-file",
            SignatureCoverageLevel.ENTIRE_REVISION: "whole-revision",
            SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START: "part",
        }.get(embedded.coverage, "unclear")
        if coverage in {"part", "unclear"}:
            self._fault(
                FaultCode.COVERAGE, embedded, say("it leaves out part of the revision it stands in")
            )
        elif changes == "illegal":
            self._fault(
                FaultCode.ILLEGAL_CHANGE,
                embedded,
                say("changed after this signature: {why}", why=why),
            )
        container = container_problem(self.pdf, embedded)
        if container:
            self._fault(FaultCode.CONTAINER, embedded, container)
        stamp = embedded.sig_object_type == "/DocTimeStamp"
        judged = self._time_stamp(embedded) if stamp else self._signature(embedded)
        intact, trusted, moment, info = judged
        certificate = embedded.signer_cert
        kind = _kind(embedded)
        return SignatureCheck(
            field=_clean(embedded.field_name),
            kind=kind,
            role="" if kind is SignatureKind.CERTIFICATION else _claimed_role(embedded),
            signer=describe(certificate),
            fingerprint=sha256(certificate.dump()),
            certificate=certificate.dump(),
            reason=_clean(embedded.sig_object.get("/Reason", "")),
            claimed_time=embedded.self_reported_timestamp,
            timestamp=info,
            judged_at=moment,
            intact=intact,
            trusted=trusted,
            coverage=coverage,
            changes_after=changes,
            revision=embedded.signed_revision,
        )

    def _signature(self, embedded: Any) -> tuple[bool, bool, datetime, TimeStampInfo | None]:
        status, moment = self._status(embedded, self.at), self.at
        info = _stamp_info(status.timestamp_validity)
        if info is not None:
            self._stamp_faults(embedded, info, status.timestamp_validity)
            if info.intact and info.trusted:
                moment = info.time
                status = self._status(embedded, moment)
        intact = bool(status.intact and status.valid)
        if not status.intact:
            self._fault(
                FaultCode.DIGEST_MISMATCH,
                embedded,
                say("bytes that it covers were changed after signing"),
            )
        elif not status.valid:
            self._fault(
                FaultCode.SIGNATURE_INVALID,
                embedded,
                say("its value was not made with the certificate's key"),
            )
        trusted = intact and self._trusted(embedded, status, moment)
        return intact, trusted, moment, info

    def _status(self, embedded: Any, moment: datetime) -> Any:
        from pyhanko.sign.validation.pdf_embedded import async_validate_pdf_signature
        from pyhanko.sign.validation.settings import KeyUsageConstraints

        return run(
            async_validate_pdf_signature(
                embedded,
                signer_validation_context=self.trust.for_signer(moment),
                ts_validation_context=self.trust.for_authority(self.at),
                key_usage_settings=KeyUsageConstraints(
                    key_usage=SIGNING_USAGES, match_all_key_usages=False
                ),
                skip_diff=True,  # done already, and slow
            )
        )

    def _trusted(self, embedded: Any, status: Any, moment: datetime) -> bool:
        certificate = embedded.signer_cert
        claimed = embedded.self_reported_timestamp
        start, end = certificate.not_valid_before, certificate.not_valid_after
        if claimed is not None and not start <= claimed <= end:
            self._fault(
                FaultCode.CLAIMED_TIME,
                embedded,
                say(
                    "it claims {claimed}, outside its certificate's validity",
                    claimed=claimed.date(),
                ),
            )
            return False
        if not status.trusted:
            code, detail = trust_fault(status, anchors_given=bool(self.trust.signers))
            if code is FaultCode.KEY_USAGE and self._is_stranger(certificate):
                code, detail = (
                    FaultCode.UNTRUSTED_SIGNER,
                    say("the certificate is signed by its own key and not trusted"),
                )
            if code is FaultCode.UNTRUSTED_SIGNER and self._is_impostor(certificate):
                code, detail = (
                    FaultCode.IMPERSONATION,
                    say("it bears the name of a trusted certificate, not its key"),
                )
            self._fault(code, embedded, detail)
            return False
        # an anchor's own dates are not looked at on a path, and a pinned or self-signed certificate is its own anchor
        if not start <= moment <= end:
            period = say("{start} to {end}", start=start.date(), end=end.date())
            self._fault(
                FaultCode.OUTSIDE_VALIDITY,
                embedded,
                say(
                    "its certificate is valid {period}, and there is no proof that it was made "
                    "then; judged at {moment}",
                    period=period,
                    moment=moment.date(),
                ),
            )
            return False
        return True

    def _is_stranger(self, certificate: Any) -> bool:
        """Tell a certificate that vouches for itself alone; the library takes it for a misused authority's."""
        pinned = {anchor.dump() for anchor in self.trust.signers}
        usage = certificate.key_usage_value
        fit = usage is None or bool(set(usage.native) & SIGNING_USAGES)
        return fit and names_itself(certificate) and certificate.dump() not in pinned

    def _is_impostor(self, certificate: Any) -> bool:
        """Tell a certificate that names a trusted one as its issuer, though that one's key did not sign it."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.x509 import load_der_x509_certificate as load

        own = load(certificate.dump())
        for anchor in self.trust.signers:
            if anchor.subject != certificate.issuer or anchor.dump() == certificate.dump():
                continue
            try:
                own.verify_directly_issued_by(load(anchor.dump()))
            except (InvalidSignature, ValueError, TypeError):
                return True
        return False

    def _time_stamp(self, embedded: Any) -> tuple[bool, bool, datetime, TimeStampInfo | None]:
        from pyhanko.sign.validation.pdf_embedded import async_validate_pdf_timestamp

        moment = self.at
        status = run(
            async_validate_pdf_timestamp(embedded, self.trust.for_authority(moment), skip_diff=True)
        )
        info = _stamp_info(status)
        if info is None:
            raise ValueError("no time stamp in a field for one")
        self._stamp_faults(embedded, info, status)
        if info.intact and info.trusted:
            self.at = min(self.at, info.time)
        return info.intact, info.trusted, moment, info

    def _stamp_faults(self, embedded: object, info: TimeStampInfo, status: object) -> None:
        if not info.intact:
            self._fault(
                FaultCode.TIMESTAMP_INVALID,
                embedded,
                say("its time stamp is not over these bytes, or not genuine"),
            )
        elif not info.trusted:
            code, detail = trust_fault(status, anchors_given=bool(self.trust.authorities))
            broken = code is FaultCode.REVOKED
            self._fault(
                FaultCode.REVOKED if broken else FaultCode.UNTRUSTED_TIMESTAMP,
                embedded,
                say("time stamp: {detail}", detail=detail),
            )

    def _fault(self, code: FaultCode, embedded: Any, detail: str) -> None:
        self.faults.append(Fault(code=code, field=_clean(embedded.field_name), detail=detail))


def _kind(embedded: Any) -> SignatureKind:
    """Tell a certification that allows signatures at most (P of 1 or 2) from all other signatures."""
    from pyhanko.sign.fields import MDPPerm

    if embedded.sig_object_type == "/DocTimeStamp":
        return SignatureKind.TIME_STAMP
    root = embedded.reader.get_historical_root(embedded.signed_revision)
    named = (
        root["/Perms"].raw_get("/DocMDP")
        if "/Perms" in root and "/DocMDP" in root["/Perms"]
        else None
    )
    own = getattr(named, "reference", None) == getattr(
        embedded.sig_field.raw_get("/V"), "reference", ...
    )
    limits = embedded.docmdp_level in {MDPPerm.NO_CHANGES, MDPPerm.FILL_FORMS}
    return SignatureKind.CERTIFICATION if own and limits else SignatureKind.APPROVAL


def _stamp_info(status: Any) -> TimeStampInfo | None:
    if status is None:
        return None
    return TimeStampInfo(
        time=status.timestamp,
        authority=describe(status.signing_cert),
        fingerprint=sha256(status.signing_cert.dump()),
        intact=bool(status.intact and status.valid),
        trusted=bool(status.trusted),
    )


def _claimed_role(embedded: Any) -> str:
    """Read the role from signer-attributes-v2, the way `countersign` writes it."""
    from pyhanko.sign.general import NonexistentAttributeError, find_unique_cms_attribute

    try:
        attributes = find_unique_cms_attribute(
            embedded.signer_info["signed_attrs"], "signer_attributes_v2"
        )
    except NonexistentAttributeError:
        return ""
    for attribute in attributes["claimed_attributes"].native or ():
        for value in attribute["values"]:
            title = (value.get("role_name") or {}).get("title") if isinstance(value, dict) else None
            if title:
                return _clean(title)
    return ""


def _clean(value: object) -> str:
    """Make text from a hostile file printable and short."""
    return "".join(char if char.isprintable() else " " for char in str(value))[:300]
