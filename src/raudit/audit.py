"""The whole story on one page: run, judge, bind to the log, report, sign, issue.

The order is what makes a report stand up later, and the code is tagged with it:

1. Digest the inputs and log that the run has started, before any data is read.
2. Run the stages; log each as it ends.
3. Apply the policy; the record now holds its verdict.
4. Log the record's digest and the verdict, and sign a checkpoint of the log; write the record, which a failed
   rendering leaves behind.
5. Render the report from the record alone, with the record, the entry of step 4, its proof and the checkpoint inside.
6. Certify the PDF; from here on nothing in it can change unnoticed.
7. Log the digests of the PDF before and after signing, and leave a proof of that beside it.
8. Replace the other files of an earlier run, each in one step.

Killed before step 4, the log shows a run that started and never finished, and the earlier files are untouched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from raudit import __version__
from raudit.cache import StageCache
from raudit.canonical import Sha256, digest, sha256
from raudit.emit import before_run, enrolment_of, supersede_earlier
from raudit.emit.judging import judge_record, plan_policy, waiver_events
from raudit.emit.reports import UNPLACED, left_behind
from raudit.emit.running import LoggedRun, logged_run
from raudit.errors import RauditError, TimeStampError
from raudit.evidence import Progress, Quiet
from raudit.files import write_whole
from raudit.log import Event, EventType, Log, ReadableLog, attest_log
from raudit.pipeline import Prepared, assessment_files, measure, prepare
from raudit.plan import Plan
from raudit.printable import pasted
from raudit.record import Record, record_bytes
from raudit.signing import ISSUER_FIELD, SigningKey, TimeStamping, attest, certify, field_size
from raudit.statements import Standing, check_statements, read_statements

PREDICATE = "https://raudit.dev/attestation/audit/v1"
SERVICE = "service:raudit"

STATEMENTS_NAME, PEOPLE_NAME = "statements.jsonl", "people.json"
"""Attachments with the signed statements, one a line, and with the people who signed them and their keys."""
ENTRY_NAME = "run-finished.json"
"""Attachment with the bytes of the log entry that ends the run; the other names are those of ``Seals``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What an audit leaves behind."""

    record: Record
    report: Path
    """The signed PDF."""
    record_file: Path
    proof: Path
    """Proof that the log holds the report's digest."""
    attestation: Path
    """The same verdict for machines, in a DSSE envelope."""
    fingerprint: str
    """SHA-256 of the signer's certificate."""
    checkpoint: str
    """The log's signed checkpoint after the report was issued."""
    notice: str = ""
    """What the person should know, such as a time stamp that could not be had."""


def run_audit(
    plan: Plan,
    *,
    out: Path,
    clock: datetime,
    signer: SigningKey,
    log: Log,
    seed: int | None = None,
    tsa: TimeStamping | None = None,
    actor: str = SERVICE,
    progress: Progress | None = None,
) -> Issued:
    """Run a plan through to a signed report.

    Parameters
    ----------
    plan
        The plan.
    out
        Folder for the report, the record and their proofs.
    clock
        Time of the run; aware.
    signer, log
        The issuer's key, and an open log with its key.
    seed
        Overrides the plan's seed.
    tsa
        Where to get time stamps, if anywhere.
    actor
        Who ran it; the log keeps a salted digest.
    progress
        Where long work says how far it is.

    Raises
    ------
    RauditError
        If an input is unusable, or signing or logging fails. The log then says that the run failed.
    """
    progress = progress or Quiet()
    prepared = _prepared(plan, clock, seed, log, actor)
    left = left_behind(out, log)
    with logged_run(log, prepared, actor, clock) as logged:
        record = _judged(prepared, logged, progress, clock.date())
        used = waiver_events(record, actor=actor)
        if used:
            log.append(used, clock=clock)
        sealed = _seal(log, record, logged, clock)  # (4)
        write_whole(out / "record.json", record_bytes(record))
        with progress.task("rendering the report"), _record_is_kept(out / "record.json"):
            pdf = _render(plan, prepared, record, sealed, log.vkey)  # (5)
        with progress.task("signing"):
            signed, notice = _certified(plan, pdf, signer, clock, tsa)  # (6)
        write_whole(
            out / UNPLACED, signed
        )  # first: what the log is told of exists, whenever this ends
    rendered, issued = sha256(pdf), sha256(signed)
    body = {
        "pdf": issued,
        "record": sealed.record_sha256,
        "certificate": signer.fingerprint,
        "rendered": rendered,
    }
    made = {
        "record": sealed.record_sha256,
        "pdf": rendered,
        "template": plan.file.report.template,
    }
    told = [
        Event(type=EventType.REPORT_RENDERED, run=prepared.run.id, actor=actor, body=made),
        Event(type=EventType.REPORT_ISSUED, run=prepared.run.id, actor=actor, body=body),
    ]
    try:
        place = log.append(told, clock=clock)  # (7)
    except RauditError:
        (out / UNPLACED).unlink(
            missing_ok=True
        )  # nothing may claim to be in a log that took no word
        raise
    name = plan.file.system.name
    supersede_earlier(log, issued, system=name, actor=actor, clock=clock, run=prepared.run.id)
    checkpoint = log.checkpoint(clock)
    proof = log.prove(place.size - 1, checkpoint)
    statement = attest(
        "report.pdf", issued, PREDICATE, _predicate(record, sealed.record_sha256), signer
    )
    log.check_in_place()
    (out / UNPLACED).replace(out / "report.pdf")  # (8)
    files = {
        "report.pdf.tlog-proof": proof.encode(),
        "report.pdf.intoto.json": statement,
    }
    for name, data in files.items():
        write_whole(out / name, data)
    return Issued(
        record=record,
        report=out / "report.pdf",
        record_file=out / "record.json",
        proof=out / "report.pdf.tlog-proof",
        attestation=out / "report.pdf.intoto.json",
        fingerprint=signer.fingerprint,
        checkpoint=checkpoint,
        notice="\n".join(filter(None, (left, notice))),
    )


@contextmanager
def _record_is_kept(record: Path) -> Iterator[None]:
    """Tell whoever reads of a failed rendering that what was established is not lost."""
    try:
        yield
    except RauditError as error:
        again = f"record and log are complete: {pasted('report', record)} makes the report again"
        error.hint = f"{error.hint}; {again}" if error.hint else again
        raise


def _certified(
    plan: Plan, pdf: bytes, signer: SigningKey, clock: datetime, tsa: TimeStamping | None
) -> tuple[bytes, str]:
    """Certify; an authority that fails costs the time stamp and not the report, unless the plan insists on it."""
    from raudit.report.stamp import render_stamp

    reason = f"raudit {__version__} audit report"
    size = field_size(pdf, ISSUER_FIELD)
    drawn = size and render_stamp(
        name=signer.common_name,
        role="",
        clock=clock,
        fingerprint=signer.fingerprint,
        size=size,
        language=plan.file.report.language,
    )
    sign = partial(
        certify, pdf, signer, reason=reason, name=signer.subject, clock=clock, appearance=drawn
    )
    try:
        return sign(tsa=tsa), ""
    except TimeStampError as error:
        if plan.file.signing.require_timestamp:
            raise
        return sign(), f"no time stamp: {error.message}; the report is signed as PAdES B-B"


def judge_plan(
    plan: Plan,
    *,
    clock: datetime,
    seed: int | None = None,
    log: ReadableLog | None = None,
    actor: str = SERVICE,
    progress: Progress | None = None,
    today: date | None = None,
    cache: StageCache | None = None,
) -> Record:
    """Run a plan up to its verdict, without a report: what a gate needs.

    With a cache, stages whose inputs did not change are taken from it; a signed report never does that.

    With a log, the run is logged as in ``run_audit``, steps 1 to 4; one that can only be read is asked and not told.
    """
    prepared = _prepared(plan, clock, seed, log, actor)
    progress = progress or Quiet()
    today = today or clock.date()
    if not isinstance(log, Log):
        record = measure(prepared, progress=progress, cache=cache)
        return judge_record(plan, record, today=today, log=log)
    with logged_run(log, prepared, actor, clock) as logged:
        record = _judged(prepared, logged, progress, today, cache)
        _seal(log, record, logged, clock)
    return record


def _prepared(
    plan: Plan, clock: datetime, seed: int | None, log: ReadableLog | None, actor: str
) -> Prepared:
    """Tell the log what was changed without it, and digest the inputs."""
    if log is None:
        return prepare(plan, clock=clock, seed=seed, facts={"log.kept": False})
    attest_log(log)  # an edited log is told nothing more
    if isinstance(log, Log):
        said = digest(plan_policy(plan).as_json())
        answered = _answered(plan)
        before_run(plan, log, policy=said, assessments=answered, actor=actor, clock=clock)
    return prepare(
        plan,
        clock=clock,
        seed=seed,
        facts={"log.kept": isinstance(log, Log)},
        enrolment=enrolment_of(log),
    )


def _answered(plan: Plan) -> list[tuple[Path, Path]]:
    """Checklist and answers of each assessment that has both."""
    return [
        (f.checklist_path, f.answers_path)
        for f in assessment_files(plan)
        if f.answers_path and f.answers_path.is_file()
    ]


def _judged(
    prepared: Prepared,
    logged: LoggedRun,
    progress: Progress,
    today: date,
    cache: StageCache | None = None,
) -> Record:
    record = measure(prepared, progress=progress, on_stage=logged.stage, cache=cache)  # (2)
    return judge_record(prepared.plan, record, today=today, log=logged.log)  # (3)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    """A record in the log, with the proof."""

    record_sha256: Sha256
    entry: bytes
    checkpoint: str
    proof: str


def _seal(log: Log, record: Record, logged: LoggedRun, clock: datetime) -> _Sealed:
    verdict = record.verdict
    if verdict is None:
        raise AssertionError("a record is sealed after it was judged")
    own = sha256(record_bytes(record))
    body = {"record": own, "verdict": str(verdict.status), "exit_status": verdict.exit_status}
    index = logged.say(EventType.RUN_FINISHED, body)
    checkpoint = log.checkpoint(clock)
    entry = log.store.entry(index)
    return _Sealed(
        record_sha256=own, entry=entry, checkpoint=checkpoint, proof=log.prove(index, checkpoint)
    )


def _render(plan: Plan, prepared: Prepared, record: Record, sealed: _Sealed, vkey: str) -> bytes:
    from raudit.report import Limits, Seals, render_pdf

    allowed = plan.file.report.limits
    return render_pdf(
        record,
        template=plan.file.report.template,
        language=plan.file.report.language,
        templates_dir=plan.folder,
        limits=Limits(seconds=allowed.seconds, megabytes=int(allowed.memory_gib * 1024)),
        seals=Seals(
            checkpoint=sealed.checkpoint.encode(),
            proof=sealed.proof.encode(),
            vkey=vkey,
            attachments={ENTRY_NAME: sealed.entry, **statement_files(prepared)},
        ),
    )


def statement_files(prepared: Prepared) -> dict[str, bytes]:
    """The signed statements that the record rests on, and who signed them: what a reader needs to check them."""
    paths = [item.answers_path for item in prepared.assessments if item.answers_path]
    waivers = prepared.plan.file.waivers
    paths += [prepared.plan.path(waivers)] if waivers else []
    lines = [line for path in paths for line in read_statements(path)]
    known = check_statements(lines, prepared.people, enrolment=prepared.enrolment)
    # What is false proves nothing, and the stage has named it: it would be read as the issuer's own word.
    held = [
        (line, item.statement.person)
        for line, item in zip(lines, known, strict=True)
        if item.statement is not None and item.standing is not Standing.FALSE
    ]
    if not held:
        return {}
    envelopes, named = [line for line, _ in held], {person for _, person in held}
    files = {STATEMENTS_NAME: b"".join(envelope + b"\n" for envelope in envelopes)}
    return files | {PEOPLE_NAME: prepared.people.only(named)}


def _predicate(record: Record, record_sha256: Sha256) -> dict[str, Any]:
    verdict = record.verdict
    return {
        "record": record_sha256,
        "run": record.run.id,
        "system": dict(record.system),
        "verdict": str(verdict.status) if verdict else None,
        "exitStatus": verdict.exit_status if verdict else None,
        "blocking": list(verdict.blocking) if verdict else [],
        "inputs": {f"{item.role}:{item.name}": item.sha256 for item in record.inputs},
    }


__all__ = ["ENTRY_NAME", "Issued", "judge_plan", "run_audit"]
