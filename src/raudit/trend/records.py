"""Where a series comes from: records in files and folders, alerts in answers, and the log that says what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from raudit.canonical import sha256
from raudit.errors import UsageError
from raudit.record import Record, parse_record, record_bytes
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
        return parse_record(file.read_bytes())
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


def missing_runs(location: str, records: Sequence[Record]) -> tuple[str, ...]:
    """Say which runs a log holds that the series lacks, and which records it does not know.

    A series from which somebody left out an audit looks better than it is.
    """
    from raudit.log import open_log

    ours = {sha256(record_bytes(record)) for record in records}
    logged: dict[str, str] = {}
    with open_log(location) as log:
        for entry in log.entries():
            if entry.type == "run.finished":
                logged[str(entry.body.get("record", ""))] = entry.time
    lacking = [time for digest, time in logged.items() if digest not in ours]
    unknown = sum(1 for digest in ours if digest not in logged)
    said = [
        f"The log holds {len(logged)} finished runs; {len(logged) - len(lacking)} of them are in this series."
    ]
    if lacking:
        said.append(f"Without a record here: {', '.join(time[:16] for time in lacking[:10])}.")
    if unknown:
        said.append(f"{unknown} of {len(ours)} records are not in the log.")
    return tuple(said)
