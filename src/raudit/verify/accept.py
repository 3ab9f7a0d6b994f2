"""Telling the log of counter-signatures, made here or elsewhere, so that a copy without them is noticed.

1. Check the file: whatever is broken is refused.
2. Hold the log against its own checkpoints; an edited one is told nothing.
3. Find the entry that issued the file, and the last revision the log knows.
4. Log each later signature with the digest of the file as it left the signer's hands, and sign a checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from raudit.canonical import sha256
from raudit.errors import LogIntegrityError, UsageError
from raudit.log import AttestedLog, Event, EventType, Log, attest_log
from raudit.signing import FaultCode, PdfCheck, Revision, SignatureCheck, SignatureKind, check_pdf
from raudit.signing.countersigning import refuse_if_broken
from raudit.verify.against_log import LOGGED, LogView, issued_entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Signatures that the log was told of."""

    signatures: tuple[SignatureCheck, ...]
    """Empty if it knew them all."""
    checkpoint: str
    """The checkpoint that covers their entries; empty if there was nothing to tell."""
    trusted: bool
    """Whether each signer's certificate was held against one that was given."""


def accept_signatures(
    pdf: bytes, log: Log, *, actor: str, clock: datetime, trust: Sequence[bytes] = ()
) -> Accepted:
    """Log the signatures of a report that the log does not know yet.

    Parameters
    ----------
    pdf
        The report as it came back.
    log
        The log that issued it, opened with its key.
    actor
        Who tells the log; a person is logged as a salted digest.
    clock
        Time of the entries.
    trust
        Certificates of the signers, PEM or DER; a signature by anybody else is then refused.

    Raises
    ------
    SignatureIntegrityError
        If the file is not as it was signed.
    LogIntegrityError
        If the log was edited, did not issue this report, or withdrew it.
    UsageError
        If a signer is none of those that were given.
    """
    check = check_pdf(pdf, trust=trust, at=clock)
    refuse_if_broken(
        check, "the report is not as it was signed, so the log was told nothing"
    )  # (1)
    attested = attest_log(log, types=LOGGED)  # (2)
    last = _last_known(check, attested)  # (3)
    fresh = [item for item in check.signatures if _is_new(item, last)]
    if trust:
        _refuse_strangers(check, fresh)
    if not fresh:
        return Accepted(signatures=(), checkpoint="", trusted=bool(trust))
    issued = issued_entry(check, LogView(attested=attested, pinned=True))
    run = issued.run if issued is not None else ""
    events: list[Event] = []
    previous = last.sha256
    for item, following in zip(fresh, [*fresh[1:], None], strict=True):
        handed_on = _handed_on(check, following)
        body = {"pdf": handed_on.sha256, "previous": previous, "certificate": item.fingerprint}
        events.append(Event(type=EventType.REPORT_COUNTERSIGNED, run=run, actor=actor, body=body))
        previous = handed_on.sha256
    log.append(events, clock=clock)  # (4)
    return Accepted(signatures=tuple(fresh), checkpoint=log.checkpoint(clock), trusted=bool(trust))


def _is_new(item: SignatureCheck, last: Revision) -> bool:
    return item.kind is SignatureKind.APPROVAL and item.revision > last.number


def _handed_on(check: PdfCheck, following: SignatureCheck | None) -> Revision:
    """Find the last revision before the next signature: time stamps after a signature go with it."""
    end = following.revision if following is not None else len(check.revisions)
    return check.revisions[end - 1]


def _last_known(check: PdfCheck, attested: AttestedLog) -> Revision:
    """Find the last revision that the log knows, and refuse a file that it did not issue, or withdrew."""
    issued = issued_entry(check, LogView(attested=attested, pinned=True))
    digests = {revision.sha256 for revision in check.revisions}
    if issued is None:
        raise LogIntegrityError(
            "the log does not know this report",
            reference="report-not-logged",
            got=sha256(b"") if not check.revisions else check.revisions[-1].sha256,
            expected="a file that begins with one that a signed entry of the log issued",
            hint=attested.describe_beyond or "name the log that the report was issued with",
        )
    withdrawn = (
        *attested.of(EventType.REPORT_WITHDRAWN),
        *attested.beyond(EventType.REPORT_WITHDRAWN),
    )
    if any(entry.body.get("pdf") in digests for entry in withdrawn):
        raise LogIntegrityError(
            "the report was withdrawn",
            reference="report-withdrawn",
            hint="sign the report that replaced it",
        )
    known = {str(e.body.get("pdf")) for e in (*attested.of(EventType.REPORT_COUNTERSIGNED), issued)}
    return [revision for revision in check.revisions if revision.sha256 in known][-1]


def _refuse_strangers(check: PdfCheck, fresh: Sequence[SignatureCheck]) -> None:
    strangers = {fault.field for fault in check.faults if fault.code is FaultCode.UNTRUSTED_SIGNER}
    for item in fresh:
        if item.field in strangers:
            raise UsageError(
                "a signer is none of those that were given, so the log was told nothing",
                reference="signer-not-trusted",
                where=item.field,
                got=f"{item.signer} (SHA-256 {item.fingerprint})",
                hint="give that signer's certificate with --trust, if you have it from them",
            )


__all__ = ["Accepted", "accept_signatures"]
