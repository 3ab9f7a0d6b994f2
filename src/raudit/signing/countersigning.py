"""Counter-sign with both eyes open: check what is there, sign, check the result, and say what the log should hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from raudit.canonical import Sha256, sha256
from raudit.errors import SignatureIntegrityError
from raudit.signing.check import check_pdf
from raudit.signing.keys import SigningKey
from raudit.signing.sign import countersign, field_size, next_reviewer_field
from raudit.signing.timestamping import TimeStamping
from raudit.signing.verdict import PdfCheck, SignatureCheck, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterSigned:
    """A counter-signed report, and the facts a log entry about it holds."""

    pdf: bytes = field(repr=False)
    """The new file; it begins with the file that was signed."""
    sha256: Sha256
    """Digest of the new file."""
    previous_sha256: Sha256
    """Digest of the file that was signed."""
    signature: SignatureCheck
    """The new signature, as a verifier sees it."""
    before: PdfCheck
    """What the check before signing established."""


def countersign_checked(
    pdf: bytes,
    key: SigningKey,
    *,
    role: str,
    name: str,
    clock: datetime,
    reason: str = "",
    field_name: str | None = None,
    tsa: TimeStamping | None = None,
    draw: Callable[[tuple[float, float]], bytes] | None = None,
) -> CounterSigned:
    """Counter-sign a report, unless it was tampered with.

    Whether its issuer is who they should be is the reviewer's judgement; that nothing was changed is checked here.

    Parameters
    ----------
    draw
        Draws what the field shows, as a PDF page of the given width and height in points.

    Raises
    ------
    SignatureIntegrityError
        If a signature already there is broken, or something not allowed was added after it.
    UsageError, TimeStampError
        As `countersign`.
    """
    before = check_pdf(pdf, at=clock)
    refuse_if_broken(before, "the report is not as it was signed, so nothing was added to it")
    name_of_field = field_name or next_reviewer_field(pdf)
    size = field_size(pdf, name_of_field)
    signed = countersign(
        pdf,
        key,
        role=role,
        name=name,
        clock=clock,
        reason=reason,
        field=name_of_field,
        tsa=tsa,
        appearance=draw(size) if draw is not None and size is not None else None,
    )
    after = check_pdf(signed, at=clock)
    refuse_if_broken(after, "the new signature does not hold, so nothing was written")
    own = next(item for item in after.signatures if item.field == name_of_field)
    return CounterSigned(
        pdf=signed, sha256=after.sha256, previous_sha256=sha256(pdf), signature=own, before=before
    )


def refuse_if_broken(check: PdfCheck, message: str) -> None:
    """Raise for the first fault that means altered, forged or forbidden.

    Raises
    ------
    SignatureIntegrityError
        Naming the fault and its field.
    """
    broken = [fault for fault in check.faults if fault.standing is Standing.BROKEN]
    if broken:
        first = broken[0]
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise SignatureIntegrityError(
            message,
            reference=str(first.code),
            where=first.field,
            got=f"{first.detail}{more}",
            hint="get the report from its issuer again",
        )
