"""Where a series comes from: records in files and folders, alerts in answers, and the log that says what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from raudit.canonical import sha256
from raudit.errors import UsageError
from raudit.log import EventType, open_log
from raudit.ordinary import read_file
from raudit.record import Record, parse_record, record_bytes
from raudit.sentences import say
from raudit.trend.alerts import AlertRow, alert_rows
from raudit.trend.series import in_order

LAUNCH = "launch-readiness"


def records_in(paths: Sequence[Path]) -> tuple[Record, ...]:
    """Read records, and those that folders hold, in order of time.

    Raises
    ------
    UsageError
        If a path cannot be read, or there is no record.
    RecordIntegrityError
        If a file is not as raudit wrote it.
    """
    files = [
        file
        for path in paths
        for file in (sorted(path.rglob("*record.json")) if path.is_dir() else [path])
    ]
    if not files:
        raise UsageError(
            "there is no record",
            reference="trend-empty",
            expected="record.json files",
            hint="raudit run writes one a run",
        )
    return in_order([_read(file) for file in files])


def _read(file: Path) -> Record:
    try:
        return parse_record(read_file(file))
    except OSError as fault:
        raise UsageError(
            "the record cannot be read",
            reference="file-unreadable",
            where=str(file),
            got=fault.strerror or str(fault),
            hint="check the path; raudit run writes record.json",
        ) from fault


def alerts_of(plan: Path | None, answers: Path | None) -> tuple[AlertRow, ...]:
    """Alert rows of the launch form, from a plan's assessment or from an answers file."""
    from raudit.checklists import checklist_path, load_answers, load_checklist

    file = answers
    if file is None and plan is not None:
        from raudit.plan import load_plan

        declared = load_plan(plan)
        names = [
            a.answers for a in declared.file.assessments if a.checklist == LAUNCH and a.answers
        ]
        file = declared.path(names[0]) if names else None
    path = checklist_path(LAUNCH)
    if file is None or path is None:
        return ()
    loaded = load_answers(file, load_checklist(path))
    return alert_rows(loaded.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """Whether a series holds every run that a log knows of."""

    notes: tuple[str, ...]
    whole: bool
    """Whether each record stands in the log, and no run from the first record on is left out."""


def completeness(location: str, records: Sequence[Record]) -> Completeness:
    """Hold a series against the runs of its system in a log.

    A series from which somebody left out an audit looks better than it is. Runs before the first record are a matter
    of where the series begins.
    """
    ours = {sha256(record_bytes(record)) for record in records}
    system, first = str(records[0].system.get("name", "")), records[0].run.clock
    logged: dict[str, str] = {}
    unfinished: list[str] = []
    with open_log(location) as log:
        systems = {
            entry.run: str(entry.body.get("system", ""))
            for entry in log.entries()
            if entry.type == EventType.RUN_STARTED
        }
        for entry in log.entries():
            if systems.get(entry.run) != system:
                continue
            if entry.type == EventType.RUN_FINISHED:
                logged[str(entry.body.get("record", ""))] = entry.time
            elif entry.type in {EventType.RUN_FAILED, EventType.RUN_ABORTED}:
                unfinished.append(entry.time)
    lacking = [time for digest, time in logged.items() if digest not in ours]
    between = [time for time in lacking if time[:19] >= first[:19]]
    unknown = len(ours - logged.keys())
    here = len(logged) - len(lacking)
    notes = [
        say(
            "Finished runs of {system} that the log holds: {n:,}; in this series: {here:,}.",
            system=system,
            n=len(logged),
            here=here,
        )
    ]
    if between:
        notes.append(say("Left out of the series: {days}.", days=_days(between)))
    if len(lacking) > len(between):
        older = len(lacking) - len(between)
        notes.append(say("Runs that are older than the series: {n:,}.", n=older))
    if unfinished:
        notes.append(say("Runs that ended without a record: {days}.", days=_days(unfinished)))
    if unknown:
        notes.append(
            say("Records that are not in the log: {n:,} of {of:,}.", n=unknown, of=len(ours))
        )
    return Completeness(notes=tuple(notes), whole=not between and not unknown)


def _days(times: Sequence[str]) -> str:
    shown = ", ".join(time[:16] for time in times[:10])
    if len(times) <= 10:
        return shown
    return say("{shown} and {n:,} more", shown=shown, n=len(times) - 10)
