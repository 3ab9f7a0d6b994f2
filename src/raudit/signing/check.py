"""Check a signed PDF by its bytes alone: (1) read it, (2) its signatures, (3) what came after them, (4) whom and when.

No step uses the network. Whatever the bytes are, the answer is a value with named faults, never an exception: reading
hostile bytes is what this is for, so a library's surprise at them is itself a finding.
"""

from __future__ import annotations

import gc
import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from raudit.canonical import sha256
from raudit.sentences import say
from raudit.signing.certificates import parse_all
from raudit.signing.changes import later_faults
from raudit.signing.content import content_faults
from raudit.signing.embedded import embedded_files
from raudit.signing.judge import Judge, read_signature
from raudit.signing.names import tolerate_names
from raudit.signing.revisions import revision_ends
from raudit.signing.trust import gather
from raudit.signing.verdict import (
    EmbeddedFile,
    Fault,
    FaultCode,
    PdfCheck,
    Revision,
    RevisionKind,
    SignatureCheck,
    SignatureKind,
)


def check_pdf(
    pdf: bytes,
    *,
    trust: Sequence[bytes] = (),
    at: datetime | None = None,
    tsa_trust: Sequence[bytes] | None = None,
) -> PdfCheck:
    """Check every signature, every change after it, and every attachment of a PDF.

    Parameters
    ----------
    pdf
        Any bytes.
    trust
        Certificates to believe, PEM or DER: roots, or a signer's own certificate.
    at
        A time at which the file is known to have existed, from evidence outside it such as a log's checkpoint;
        certificates are judged then. By default now. Where a trusted time stamp says when a signature existed, its
        signer is judged at that time instead.
    tsa_trust
        Roots of time stamp authorities, if they are not among `trust`.

    Raises
    ------
    KeyFileError
        If `trust` or `tsa_trust` hold something that is no certificate.
    """
    parse_all(trust)  # the verifier's own mistake is an error; the file's faults are values
    parse_all(tsa_trust or ())
    tolerate_names()
    faults: list[Fault] = []
    with _quiet(), _uncollected():
        reader = _read(pdf, faults)
        if reader is None:
            return PdfCheck(
                sha256=sha256(pdf),
                signatures=(),
                revisions=(),
                base=None,
                embedded=(),
                faults=tuple(faults),
            )
        return _check(
            pdf, reader, faults, trust=trust, tsa_trust=tsa_trust, at=at or datetime.now(UTC)
        )


def _check(
    pdf: bytes,
    reader: object,
    faults: list[Fault],
    *,
    trust: Sequence[bytes],
    tsa_trust: Sequence[bytes] | None,
    at: datetime,
) -> PdfCheck:
    found = _signatures(reader, faults)
    signatures: tuple[SignatureCheck, ...] = ()
    if not found:
        faults.append(
            Fault(code=FaultCode.NOT_SIGNED, detail=say("there is no signature that can be read"))
        )
    else:
        anchors = None
        with _noting(
            faults, FaultCode.UNREADABLE, say("the document security store cannot be read")
        ):
            anchors = gather(reader, trust=trust, tsa_trust=tsa_trust)
        if anchors is not None:
            signatures = Judge(pdf=pdf, trust=anchors, at=at, faults=faults).judge(found)
    if signatures and signatures[0].kind is not SignatureKind.CERTIFICATION:
        faults.append(
            Fault(
                code=FaultCode.NOT_CERTIFIED,
                field=signatures[0].field,
                detail=say(
                    "the first signature is no certification that limits later changes to signatures"
                ),
            )
        )
    embedded: tuple[EmbeddedFile, ...] = ()
    with _noting(faults, FaultCode.UNREADABLE, say("the certified state cannot be read")):
        signed = _as_certified(pdf, found, signatures)
        embedded = embedded_files(signed.root)
        if found:
            faults += content_faults(signed)
            faults += later_faults(signed, _fresh(pdf))
    revisions = _revisions(pdf, reader, {sig.signed_revision for sig in found}, faults)
    first = min((item.revision for item in signatures), default=0)
    base = pdf[: revisions[first - 1].end] if 0 < first <= len(revisions) else None
    return PdfCheck(
        sha256=sha256(pdf),
        signatures=signatures,
        revisions=revisions,
        base=base,
        embedded=embedded,
        faults=tuple(dict.fromkeys(faults)),
    )


def _read(pdf: bytes, faults: list[Fault]) -> Any:
    from pyhanko.pdf_utils.reader import PdfFileReader

    with _noting(faults, FaultCode.UNREADABLE, say("this cannot be read as a PDF")):
        reader = PdfFileReader(io.BytesIO(pdf))
        if reader.encrypted:
            faults.append(Fault(code=FaultCode.UNREADABLE, detail=say("the PDF is encrypted")))
            return None
        reader.root  # noqa: B018 -- reads the catalog
        return reader
    return None


def _signatures(reader: Any, faults: list[Fault]) -> list[Any]:
    """Find the filled signature fields, in the order of their revisions."""
    from pyhanko.sign.fields import enumerate_sig_fields

    found = []
    fields: list[tuple[str, Any, Any]] = []
    with _noting(faults, FaultCode.UNREADABLE, say("the signature fields cannot be read")):
        for name, value, field in enumerate_sig_fields(reader, filled_status=True):
            fields.append((name, value, field))
    for name, _, field in fields:
        with _noting(
            faults, FaultCode.SIGNATURE_INVALID, say("the signature cannot be read"), field=name
        ):
            found.append(read_signature(reader, field, name))
    return sorted(found, key=lambda item: int(item.signed_revision))


def _as_certified(pdf: bytes, found: list[Any], signatures: tuple[SignatureCheck, ...]) -> Any:
    """Read the bytes that the certification covers, and no byte more: what was appended later has no say in them."""
    for item in signatures:
        if item.kind is SignatureKind.CERTIFICATION:
            embedded = next(each for each in found if each.signed_revision == item.revision)
            return _fresh(pdf[: int(embedded.byte_range[2]) + int(embedded.byte_range[3])])
    return _fresh(pdf)


def _fresh(pdf: bytes) -> Any:
    """Open bytes anew: the analysis of changes leaves objects of several revisions in a reader's cache."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    return PdfFileReader(io.BytesIO(pdf))


def _revisions(
    pdf: bytes, reader: object, signed: set[int], faults: list[Fault]
) -> tuple[Revision, ...]:
    ends: tuple[int, ...] = ()
    with _noting(faults, FaultCode.UNREADABLE, say("the revisions cannot be told apart")):
        ends = revision_ends(pdf, reader)
        if not ends:
            faults.append(
                Fault(code=FaultCode.UNREADABLE, detail=say("the revisions cannot be told apart"))
            )
    if ends and ends[-1] != len(pdf):
        faults.append(
            Fault(
                code=FaultCode.TRAILING_BYTES,
                detail=say(
                    "{count} bytes stand after the last revision", count=len(pdf) - ends[-1]
                ),
            )
        )
    first = min(signed, default=len(ends))
    return tuple(
        Revision(
            number=number,
            end=end,
            sha256=sha256(pdf[:end]),
            kind=RevisionKind.SIGNATURE
            if number in signed
            else RevisionKind.BASE
            if number < first
            else RevisionKind.OTHER,
        )
        for number, end in enumerate(ends)
    )


@contextmanager
def _noting(
    faults: list[Fault], code: FaultCode, message: str, *, field: str = ""
) -> Iterator[None]:
    """Turn any surprise that hostile bytes spring on a library into a fault."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 -- the bytes are hostile; a parser's exceptions have no closed list
        faults.append(
            Fault(
                code=code,
                field=field,
                detail=say("{message} ({kind})", message=message, kind=type(error).__name__),
            )
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Put off garbage collection: the analysis of changes builds one large graph, and walking it costs a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pyHanko's warnings off the terminal: each one comes back as a fault. Configured handlers still see them."""
    silencer = logging.NullHandler()
    loggers = [logging.getLogger(name) for name in ("pyhanko", "pyhanko_certvalidator")]
    for logger in loggers:
        logger.addHandler(silencer)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(silencer)
