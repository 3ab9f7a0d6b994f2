"""Sign a report: certified once by its issuer, counter-signed by reviewers, archived by time stamps.

Order matters (ISO 32000-2, 12.8.2.2): (1) the issuer certifies with DocMDP P=2, which still allows signatures in
fields; (2) reviewers sign the prepared fields one after another, each as an incremental revision; (3) time stamps over
the whole document may follow. Every step appends; no byte that was there before changes.
"""

from __future__ import annotations

import io
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

from raudit.errors import TimeStampError, UsageError
from raudit.signing.keys import SigningKey
from raudit.signing.loop import run
from raudit.signing.timestamping import Level, TimeStamping

ISSUER_FIELD = "raudit-issuer"
REVIEWER_FIELD = "raudit-reviewer-"
DIGEST = "sha256"

T = TypeVar("T")


def certify(
    pdf: bytes,
    key: SigningKey,
    *,
    field: str = ISSUER_FIELD,
    reason: str,
    name: str,
    clock: datetime,
    tsa: TimeStamping | None = None,
    appearance: bytes | None = None,
) -> bytes:
    """Certify a report as its issuer: PAdES B-B, or the level that the time stamping asks for.

    Parameters
    ----------
    pdf
        A PDF without signatures. Its bytes stay as they are; the result begins with them.
    key
        Whose certificate and key.
    field
        An empty signature field; if the PDF has none of this name, an invisible one is made.
    reason, name
        Shown by PDF readers.
    clock
        The signer's claim of when this was; only a time stamp proves a time.
    tsa
        Where to get time stamps; None for B-B.
    appearance
        A PDF of one page to show in the field, fonts embedded; None keeps what the field shows already.

    Raises
    ------
    UsageError
        If the PDF is signed already, or cannot be read.
    TimeStampError
        If the authority does not answer as it should; nothing was signed then.
    """
    writer = _writer(pdf)
    if _filled_fields(writer.prev):
        raise UsageError(
            "this PDF is signed already, and a certification must come first",
            reference="already-signed",
            hint="counter-sign it instead: raudit sign REPORT --role ROLE",
        )
    return _sign(
        writer,
        key,
        field=field,
        reason=reason,
        name=name,
        role=None,
        clock=clock,
        tsa=tsa,
        appearance=appearance,
    )


def countersign(
    pdf: bytes,
    key: SigningKey,
    *,
    role: str,
    name: str,
    clock: datetime,
    reason: str = "",
    field: str | None = None,
    tsa: TimeStamping | None = None,
    appearance: bytes | None = None,
) -> bytes:
    """Counter-sign a certified report in a role, as an incremental revision.

    Parameters
    ----------
    role
        What the reviewer is, such as ``"dpo"``: written into the signature as a claimed attribute
        (signer-attributes-v2, ETSI EN 319 122-1 clause 5.2.6.1). Claimed means nobody but the signer vouches for it.
    field
        By default the next prepared reviewer's field that is empty, or a new invisible one.

    Raises
    ------
    UsageError
        If the PDF is not certified, forbids signatures, or the role or field cannot be used.
    TimeStampError
        If the time stamp authority does not answer as it should.
    """
    from pyhanko.sign.validation.pdf_embedded import read_certification_data

    if not 1 <= len(role) <= 64 or not role.isprintable() or not role.strip():
        raise UsageError(
            "this role cannot be written into a signature",
            reference="role",
            got=repr(role)[:80],
            expected="1 to 64 printable characters, such as dpo",
        )
    if _reads_as_issuer(role):
        raise UsageError(
            "nobody counter-signs as the issuer: that is who certified the report",
            reference="role-issuer",
            got=repr(role)[:80],
            expected="what the reviewer is, such as dpo",
        )
    writer = _writer(pdf)
    if read_certification_data(writer.prev) is None:
        raise UsageError(
            "the PDF has no issuer's certification to counter-sign",
            reference="not-certified",
            hint="sign the report that raudit run issued, not an unsigned copy",
        )
    return _sign(
        writer,
        key,
        field=field or next_reviewer_field(pdf),
        reason=reason or f"Counter-signed as {role}",
        name=name,
        role=role,
        clock=clock,
        tsa=tsa,
        appearance=appearance,
    )


def field_size(pdf: bytes, field: str) -> tuple[float, float] | None:
    """Return width and height in points of an empty signature field; None if there is none, or it shows nothing."""
    from pyhanko.sign.fields import enumerate_sig_fields

    for name, value, found in enumerate_sig_fields(_reader(pdf)):
        if name == field and value is None and "/Rect" in found.get_object():
            left, bottom, right, top = (float(side) for side in found.get_object()["/Rect"])
            return (right - left, top - bottom) if right > left and top > bottom else None
    return None


def document_language(pdf: bytes) -> str:
    """Return the language that a PDF says it is in (ISO 32000-2, 14.9.2), such as ``en``; empty if it says none."""
    return str(_reader(pdf).root.get("/Lang", "")).partition("-")[0]


def _reads_as_issuer(role: str) -> bool:
    """Tell whether a reader would take a role for the issuer's, in whatever letters it is spelt."""
    import unicodedata

    decomposed = unicodedata.normalize("NFKD", role).casefold()
    return "".join(char for char in decomposed if char.isalpha() and char.isascii()) == "issuer"


def next_reviewer_field(pdf: bytes) -> str:
    """Name the first reviewer's field that nobody has signed."""
    taken = _filled_fields(_reader(pdf))
    number = 1
    while f"{REVIEWER_FIELD}{number}" in taken:
        number += 1
    return f"{REVIEWER_FIELD}{number}"


def renew_archive(pdf: bytes, tsa: TimeStamping) -> bytes:
    """Append a document time stamp and fresh validation data to a signed report, to be repeated while it is kept.

    Raises
    ------
    UsageError
        If the PDF is not signed, or no roots are given to judge the authority by.
    TimeStampError
        If the authority does not answer as it should.
    """
    from pyhanko.sign.signers import PdfTimeStamper

    writer = _writer(pdf)
    if not _filled_fields(writer.prev):
        raise UsageError(
            "only a signed report is archived", reference="not-signed", hint="sign it first"
        )
    if tsa.level is not Level.B_LTA:
        raise UsageError(
            "an archive time stamp is a B-LTA step",
            reference="archive-level",
            got=str(tsa.level),
            expected="B-LTA",
        )
    stamper = PdfTimeStamper(tsa.stamper())
    context = tsa.validation_context(None, False)
    output = io.BytesIO(pdf)
    _attempt(
        stamper.async_update_archival_timestamp_chain(
            writer.prev, context, in_place=False, output=output
        ),
        tsa,
        context,
    )
    return output.getvalue()


def _sign(
    writer: Any,
    key: SigningKey,
    *,
    field: str,
    reason: str,
    name: str,
    role: str | None,
    clock: datetime,
    tsa: TimeStamping | None,
    appearance: bytes | None,
) -> bytes:
    from pyhanko.sign import fields, signers

    _check_validity(key, clock)
    fits = _available(writer.prev, field)
    lasting = tsa is not None and tsa.level is not Level.B_T
    context = tsa.validation_context(key.certificate, key.self_signed) if tsa and lasting else None
    metadata = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm=DIGEST,
        reason=reason,
        name=name,
        certify=role is None,
        docmdp_permissions=fields.MDPPerm.FILL_FORMS,
        subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=lasting,
        use_pades_lta=tsa is not None and tsa.level is Level.B_LTA,
        validation_context=context,
        signer_key_usage=set(),
        cades_signed_attr_spec=_role_attribute(role) if role else None,
        dss_settings=_one_revision(),
    )
    signer = _clocked(clock)(
        metadata,
        key.signer,
        timestamper=tsa.stamper() if tsa else None,
        stamp_style=_appearance(appearance),
        new_field_spec=None if fits else fields.SigFieldSpec(field),
    )
    output = io.BytesIO()
    _attempt(signer.async_sign_pdf(writer, existing_fields_only=fits, output=output), tsa, context)
    return output.getvalue()


def _clocked(clock: datetime) -> Any:
    """Make a signer whose claimed time is the given clock, not the machine's."""
    from pyhanko.sign.signers import PdfSigner

    class ClockedSigner(PdfSigner):
        def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> Any:
            session = super().init_signing_session(
                pdf_out, existing_fields_only=existing_fields_only
            )
            session.system_time = clock
            return session

    return ClockedSigner


def _appearance(page: bytes | None) -> Any:
    """Draw a given page into the field, or leave the field as it looks.

    pyHanko's own text stamp embeds a font whose widths break PDF/A, and is tied into no structure element.
    """
    from pyhanko.pdf_utils import layout
    from pyhanko.pdf_utils.content import PdfContent
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.stamp import BaseStampStyle, StaticStampStyle

    class KeepAppearance(BaseStampStyle):
        def create_stamp(self, writer: object, box: object, text_params: object) -> Any:
            """Make no stamp."""

    class DrawnPage(PdfContent):
        """The page as a form of its own, fonts and all; pyHanko's own class wants a file's name."""

        def render(self) -> bytes:
            form = self._ensure_writer.import_page_as_xobject(
                PdfFileReader(io.BytesIO(page or b""))
            )
            self.resources.xobject["/Drawn"] = form
            left, bottom, right, top = form.get_object()["/BBox"]
            self.box = layout.BoxConstraints(width=abs(right - left), height=abs(top - bottom))
            return b"/Drawn Do"

    if page is None:
        return KeepAppearance(border_width=0)
    return StaticStampStyle(
        background=DrawnPage(),
        background_layout=layout.SimpleBoxLayoutRule(
            x_align=layout.AxisAlignment.ALIGN_MID,
            y_align=layout.AxisAlignment.ALIGN_MID,
            margins=layout.Margins(0, 0, 0, 0),
        ),
        background_opacity=1.0,
        border_width=0,
    )


def _one_revision() -> Any:
    """Keep validation data in the signature's own revision, so that fewer revisions must be explained and logged."""
    from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference

    return DSSContentSettings(
        include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE
    )


def _role_attribute(role: str) -> Any:
    """Claim a role the way CAdES does: an X.500 title inside signer-attributes-v2."""
    from asn1crypto import cms, x509
    from pyhanko.sign.ades.api import CAdESSignedAttrSpec, SignerAttrSpec

    # pyHanko adds its names on import; asn1crypto's way back from a name, made when a stamp was read, may be older.
    names = cms.CMSAttributeType
    names._reverse_map = {name: number for number, name in names._map.items()}
    title = x509.GeneralName(name="directory_name", value=x509.Name.build({"title": role}))
    claimed = cms.AttCertAttribute(
        {"type": "role", "values": [cms.RoleSyntax({"role_name": title})]}
    )
    return CAdESSignedAttrSpec(
        signer_attributes=SignerAttrSpec(claimed_attrs=(claimed,), certified_attrs=())
    )


async def _then_close(coroutine: Coroutine[Any, Any, T], context: Any) -> T:
    """Close the connections that a validation context opened, while the loop that opened them still runs."""
    try:
        return await coroutine
    finally:
        if context is not None:
            await context.aclose()


def _attempt(coroutine: Coroutine[Any, Any, T], tsa: TimeStamping | None, context: Any) -> T:
    """Run a signing step; give a library's refusal its name and place."""
    import aiohttp
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.timestamps import TimestampRequestError
    from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError

    where = tsa.url if tsa else ""
    try:
        return run(_then_close(coroutine, context))
    except (TimestampRequestError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise TimeStampError(
            "the time stamp authority gave no usable answer",
            reference="tsa-unavailable",
            where=where,
            got=f"{type(error).__name__}: {error.__cause__ or error}"[:200],
            hint="try again later, or sign without a time stamp: the report will say so",
        ) from error
    except (PathBuildingError, PathValidationError) as error:
        raise UsageError(
            "a certificate does not lead to any of the given roots",
            reference="no-chain",
            where=where,
            got=str(error)[:200],
            hint="give the roots of the signer's and of the time stamp authority's certificates, or ask for B-T",
        ) from error
    except (SigningError, PdfError) as error:
        raise UsageError(
            "this PDF cannot be signed so",
            reference="cannot-sign",
            got=str(error)[:200],
            hint="raudit verify REPORT says more",
        ) from error


def _check_validity(key: SigningKey, clock: datetime) -> None:
    from asn1crypto import x509

    certificate = x509.Certificate.load(key.certificate)
    if not certificate.not_valid_before <= clock <= certificate.not_valid_after:
        raise UsageError(
            "the signer's certificate is not valid at the time of signing",
            reference="certificate-period",
            got=f"{clock:%Y-%m-%dT%H:%MZ}",
            expected=f"{certificate.not_valid_before:%Y-%m-%d} to {certificate.not_valid_after:%Y-%m-%d}",
            hint="renew the certificate, or check this machine's clock",
        )


def _reader(pdf: bytes) -> Any:
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        reader.root  # noqa: B018 -- reads the catalog, so that a broken one is refused here
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            "this is not a PDF that can be signed",
            reference="not-a-pdf",
            got=f"{type(error).__name__}: {error}"[:160],
        ) from error
    if reader.encrypted:
        raise UsageError(
            "an encrypted PDF is not signed",
            reference="encrypted-pdf",
            hint="sign the report itself",
        )
    return reader


def _writer(pdf: bytes) -> Any:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    return IncrementalPdfFileWriter.from_reader(_reader(pdf))


def _filled_fields(reader: Any) -> frozenset[str]:
    from pyhanko.sign.fields import enumerate_sig_fields

    return frozenset(name for name, _, _ in enumerate_sig_fields(reader, filled_status=True))


def _available(reader: Any, field: str) -> bool:
    """Tell whether the PDF has this field, and refuse one that holds a signature."""
    from pyhanko.sign.fields import enumerate_sig_fields

    found = [value for name, value, _ in enumerate_sig_fields(reader) if name == field]
    if found and found[0] is not None:
        raise UsageError(
            f"the field '{field}' holds a signature already",
            reference="field-taken",
            hint="leave out the field's name",
        )
    return bool(found)
