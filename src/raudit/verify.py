"""A report in hand, against what a stranger was given: numbered steps, and the one that fails is named.

1. The file is a PDF that its issuer certified.
2. Every signature is intact, and its certificate leads to one that was given.
3. Nothing was changed after the certification but by counter-signatures, time stamps and validation data.
4. Every revision's digest is in the log, and the log knows no later one (a cut-off counter-signature leaves no
   trace in the file itself).
5. The record inside is canonical, fits its schema, and is the one that the logged entry names.
6. The report remade from the record is the signed base, byte for byte.
7. The checkpoint inside was signed with the log's key.
8. The log held the entry that ends the run when that checkpoint was signed.
9. The log at hand, and every checkpoint given, extend that checkpoint or are extended by it.
10. Every signed statement inside was made with its person's key, enrolled by the log before; only if there are any.
11. The log at hand knows a newer report of the same system; said only if it does.

A step that lacks what it needs is ``not checked``, never passed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from raudit.canonical import sha256
from raudit.errors import IntegrityError, RauditError
from raudit.log import Checkpoint, Log, parse_entry, verify_checkpoint, verify_proof
from raudit.record import Record, parse_record
from raudit.report.seals import Seals
from raudit.signing import FaultCode, PdfCheck, Standing, check_pdf

RECORD_NAME, CHECKPOINT_NAME, PROOF_NAME, VKEY_NAME = "record.json", "checkpoint.txt", "record.tlog-proof", "log.vkey"
ENTRY_NAME = "run-finished.json"
STATEMENTS_NAME, PEOPLE_NAME = "statements.jsonl", "people.json"


class StepStatus(StrEnum):
    """What a step came to."""

    OK = "ok"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered step."""

    number: int
    title: str
    status: StepStatus
    detail: str
    """What was found, or what is missing."""
    needed: bool = True
    """Whether the file is unproven without it; steps that need a log or a long rendering are asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The steps, and what they come to."""

    steps: tuple[Step, ...]
    sha256: str
    """Digest of the file."""
    check: PdfCheck
    record: Record | None

    @property
    def exit_status(self) -> int:
        """6 if a step failed, 3 if one that is needed could not be made, else 0."""
        if any(step.status is StepStatus.FAILED for step in self.steps):
            return 6
        return 3 if any(step.needed and step.status is StepStatus.NOT_CHECKED for step in self.steps) else 0


FILE_FAULTS = frozenset({FaultCode.UNREADABLE, FaultCode.NOT_SIGNED, FaultCode.NOT_CERTIFIED})
CHANGE_FAULTS = frozenset(
    {
        FaultCode.ILLEGAL_CHANGE,
        FaultCode.METADATA_CHANGED,
        FaultCode.ATTACHMENT_CHANGED,
        FaultCode.TRAILING_BYTES,
    }
)
SIGNATURE_FAULTS = frozenset(FaultCode) - FILE_FAULTS - CHANGE_FAULTS


def verify_report(
    pdf: bytes,
    *,
    trust: Sequence[bytes] = (),
    tsa_trust: Sequence[bytes] | None = None,
    vkey: str | None = None,
    log: Log | None = None,
    checkpoints: Sequence[str] = (),
    remake: bool = False,
    at: datetime | None = None,
) -> Verification:
    """Verify a report; nothing is asked of any network.

    Parameters
    ----------
    pdf
        Any bytes.
    trust, tsa_trust
        Certificates to believe, PEM or DER: the issuer's and reviewers', and those of time stamp authorities.
    vkey
        The log's verifier key, from its owner.
    log
        The log, or a copy of it.
    checkpoints
        Signed checkpoints of the log from other reports or witnesses.
    remake
        Whether to render the report again (some seconds).
    at
        A time at which the file is known to have existed; see ``check_pdf``.
    """
    check = check_pdf(pdf, trust=trust, at=at, tsa_trust=tsa_trust)
    record, record_step = _record(check)
    checkpoint, checkpoint_step = _checkpoint(check, vkey)
    steps = (
        _faults(1, "the file is a certified PDF", check, FILE_FAULTS),
        _faults(2, "signatures are intact and trusted", check, SIGNATURE_FAULTS),
        _faults(3, "nothing else was changed since", check, CHANGE_FAULTS),
        _revisions(check, log),
        record_step,
        _remade(check, record, remake),
        checkpoint_step,
        _inclusion(check, vkey, record),
        _consistency(checkpoint, vkey, log, checkpoints),
        *statements_step(check, log),
        *newer_step(check, log),
    )
    return Verification(steps=steps, sha256=sha256(pdf), check=check, record=record)


def _faults(number: int, title: str, check: PdfCheck, codes: frozenset[FaultCode]) -> Step:
    found = [fault for fault in check.faults if fault.code in codes]
    broken = [fault for fault in found if fault.standing is Standing.BROKEN]
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        field = f"{broken[0].field}: " if broken[0].field else ""
        return _step(number, title, StepStatus.FAILED, f"{field}{broken[0].detail}{more}")
    if found:
        hint = {
            FaultCode.NO_TRUST_GIVEN: "; give the issuer's certificate with --trust",
            FaultCode.UNTRUSTED_TIMESTAMP: "; give the authority's certificate with --trust-tsa",
        }.get(found[0].code, "")
        return _step(number, title, StepStatus.NOT_CHECKED, found[0].detail + hint)
    if number > 1 and not check.signatures:
        return _step(number, title, StepStatus.NOT_CHECKED, "there is no signature")
    signers = ", ".join(f"{s.role or s.kind}: {s.signer}" for s in check.signatures if s.kind != "document-time-stamp")
    said = {1: f"{len(check.revisions)} revisions", 2: signers, 3: "the file is as certified and counter-signed"}
    return _step(number, title, StepStatus.OK, said[number])


def _revisions(check: PdfCheck, log: Log | None) -> Step:
    title = "every revision is in the log, and none is missing"
    if log is None:
        return _step(4, title, StepStatus.NOT_CHECKED, "no log given; --log compares digests", needed=False)
    issued = {str(entry.body["pdf"]) for entry in log.find(type="report.issued")}
    counter = {str(entry.body["pdf"]): str(entry.body["previous"]) for entry in log.find(type="report.countersigned")}
    signed = [r for r in check.revisions if r.kind == "signature"]
    if not signed:
        return _step(4, title, StepStatus.NOT_CHECKED, "there is no signed revision")
    for revision in check.revisions:
        if revision.end == check.revisions[-1].end or revision in signed:
            known = revision.sha256 in issued or revision.sha256 in counter
            if not known:
                return _step(
                    4,
                    title,
                    StepStatus.FAILED,
                    f"revision {revision.number} ({revision.sha256[:16]}…) is not in the log",
                )
    last = check.revisions[-1].sha256
    later = [pdf for pdf, previous in counter.items() if previous == last]
    if later:
        detail = f"the log knows a counter-signed revision ({later[0][:16]}…) that is not in this file"
        return _step(4, title, StepStatus.FAILED, detail)
    withdrawn = [e for e in log.find(type="report.withdrawn") if e.body.get("pdf") in {r.sha256 for r in signed}]
    if withdrawn:
        return _step(4, title, StepStatus.FAILED, f"the report was withdrawn: {withdrawn[0].body.get('reason')}")
    return _step(4, title, StepStatus.OK, f"{len(signed)} signed revisions, all logged")


def _record(check: PdfCheck) -> tuple[Record | None, Step]:
    title = "the record inside is whole"
    file, entry = check.file(RECORD_NAME), check.file(ENTRY_NAME)
    if file is None:
        return None, _step(5, title, StepStatus.FAILED, f"{RECORD_NAME} is not attached")
    try:
        record = parse_record(file.data)
    except IntegrityError as error:
        return None, _step(5, title, StepStatus.FAILED, error.message)
    if entry is None:
        return record, _step(5, title, StepStatus.NOT_CHECKED, f"{ENTRY_NAME} is not attached")
    try:
        body = json.loads(entry.data)["body"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return record, _step(5, title, StepStatus.FAILED, f"{ENTRY_NAME} is not a log entry")
    if body.get("record") != file.sha256:
        return record, _step(5, title, StepStatus.FAILED, "the logged entry names another record")
    return record, _step(5, title, StepStatus.OK, f"sha256 {file.sha256}")


def _remade(check: PdfCheck, record: Record | None, remake: bool) -> Step:
    title = "the report remade from the record is the signed base"
    if not remake:
        return _step(6, title, StepStatus.NOT_CHECKED, "not asked for; --remake renders it again", needed=False)
    if record is None or check.base is None:
        return _step(6, title, StepStatus.NOT_CHECKED, "there is no record or no base to compare")
    from raudit.report import render_pdf

    report: Any = record.plan.get("report", {})
    try:
        again = render_pdf(
            record,
            template=report.get("template", "standard"),
            language=report.get("language", "en"),
            seals=_seals(check),
        )
    except RauditError as error:
        return _step(6, title, StepStatus.NOT_CHECKED, error.message)
    if again == check.base:
        return _step(6, title, StepStatus.OK, f"{len(again):,} bytes, all equal")
    here = {name: version for name, version in record.run.packages.items() if _installed(name) != version}
    if here:
        other = ", ".join(f"{name} {version}" for name, version in here.items())
        return _step(6, title, StepStatus.NOT_CHECKED, f"the report was made with other versions: {other}")
    return _step(6, title, StepStatus.FAILED, "the bytes differ from what the record gives")


def statements_step(check: PdfCheck, log: Log | None) -> tuple[Step, ...]:
    """Step 10, see `raudit.emit.reports.checked_in`; none for a report that carries no statements."""
    from raudit.emit.reports import checked_in

    title = "who signed off is proven by signed statements"
    files = [check.file(name) for name in (STATEMENTS_NAME, PEOPLE_NAME)]
    if files[0] is None or files[1] is None:  # certified as a whole: nobody can have taken them out
        return ()
    outcomes, fault = checked_in(files[0].data, files[1].data, log)
    false = [item.text for item in outcomes if item.standing == "false"]
    if fault or false:
        return (_step(10, title, StepStatus.FAILED, fault or "; ".join(false)),)
    said = "; ".join(item.text for item in outcomes)
    proven = all(item.proven for item in outcomes)
    status = StepStatus.OK if proven and log is not None else StepStatus.NOT_CHECKED
    return (_step(10, title, status, said, needed=False),)


def newer_step(check: PdfCheck, log: Log | None) -> tuple[Step, ...]:
    """Step 11: an older report must not pass for the newest."""
    from raudit.emit import newer_report

    if log is None:
        return ()
    newer = newer_report(log, {revision.sha256 for revision in check.revisions})
    title = "this is not the newest report of its system"
    return (_step(11, title, StepStatus.OK, newer, needed=False),) if newer else ()


def _seals(check: PdfCheck) -> Seals | None:
    """What the report carries from the log, as it was given to the renderer."""
    files = {name: check.file(name) for name in (CHECKPOINT_NAME, PROOF_NAME, VKEY_NAME, ENTRY_NAME)}
    found = {name: file.data for name, file in files.items() if file is not None}
    if len(found) < len(files):
        return None
    return Seals(
        checkpoint=found[CHECKPOINT_NAME],
        proof=found[PROOF_NAME],
        vkey=found[VKEY_NAME].decode("utf-8", "replace").rstrip("\n"),
        attachments={
            ENTRY_NAME: found[ENTRY_NAME],
            **{n: held.data for n in (STATEMENTS_NAME, PEOPLE_NAME) if (held := check.file(n)) is not None},
        },
    )


def _installed(name: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _checkpoint(check: PdfCheck, vkey: str | None) -> tuple[Checkpoint | None, Step]:
    title = "the checkpoint inside is signed by the log"
    file = check.file(CHECKPOINT_NAME)
    if file is None:
        return None, _step(7, title, StepStatus.FAILED, f"{CHECKPOINT_NAME} is not attached")
    if vkey is None:
        return None, _step(7, title, StepStatus.NOT_CHECKED, "no log key given; use --log-key")
    try:
        checkpoint = verify_checkpoint(file.data, vkey)
    except IntegrityError as error:
        return None, _step(7, title, StepStatus.FAILED, error.message)
    return checkpoint, _step(7, title, StepStatus.OK, f"{checkpoint.origin}, {checkpoint.size:,} entries")


def _inclusion(check: PdfCheck, vkey: str | None, record: Record | None) -> Step:
    title = "the log held the end of this run"
    proof, entry = check.file(PROOF_NAME), check.file(ENTRY_NAME)
    if proof is None or entry is None:
        return _step(8, title, StepStatus.FAILED, f"{PROOF_NAME} or {ENTRY_NAME} is not attached")
    if vkey is None:
        return _step(8, title, StepStatus.NOT_CHECKED, "no log key given; use --log-key")
    try:
        proven = verify_proof(proof.data, entry.data, vkey)
        parsed = parse_entry(proven.index, entry.data)
    except IntegrityError as error:
        return _step(8, title, StepStatus.FAILED, error.message)
    if parsed.type != "run.finished" or (record is not None and parsed.run != record.run.id):
        return _step(8, title, StepStatus.FAILED, f"entry {proven.index} does not end this run")
    return _step(8, title, StepStatus.OK, f"entry {proven.index} of {proven.checkpoint.size:,}")


def _consistency(checkpoint: Checkpoint | None, vkey: str | None, log: Log | None, others: Sequence[str]) -> Step:
    title = "the log still extends that checkpoint"
    if log is None and not others:
        return _step(9, title, StepStatus.NOT_CHECKED, "no log and no other checkpoint given", needed=False)
    if checkpoint is None or vkey is None:
        return _step(9, title, StepStatus.NOT_CHECKED, "there is no verified checkpoint to start from", needed=False)
    checks: list[Callable[[], str]] = [lambda text=text: _agrees(checkpoint, text, vkey, log) for text in others]  # type: ignore[misc]
    if log is not None:
        checks.append(lambda: _extends(checkpoint, log))
    said = []
    for run in checks:
        try:
            said.append(run())
        except IntegrityError as error:
            got = f": {error.got}, expected {error.expected}" if error.got else ""
            return _step(9, title, StepStatus.FAILED, f"{error.message}{got}")
    return _step(9, title, StepStatus.OK, "; ".join(said))


def _extends(checkpoint: Checkpoint, log: Log) -> str:
    from raudit.log.extends import check_extends

    check_extends(checkpoint, log.size, log.store.node, "the report's checkpoint")
    return f"the log has {log.size:,} entries and begins with these {checkpoint.size:,}"


def _agrees(checkpoint: Checkpoint, text: str, vkey: str, log: Log | None) -> str:
    other = verify_checkpoint(text, vkey)
    if other.size == checkpoint.size and other.root != checkpoint.root:
        raise IntegrityError(
            "two checkpoints of one size differ: the log was shown in two versions", reference="split-view"
        )
    if log is not None:
        _extends(other, log)
    return f"a checkpoint of {other.size:,} entries agrees"


def _step(number: int, title: str, status: StepStatus, detail: str, *, needed: bool = True) -> Step:
    return Step(number=number, title=title, status=status, detail=detail, needed=needed)


__all__ = ["Step", "StepStatus", "Verification", "verify_report"]
