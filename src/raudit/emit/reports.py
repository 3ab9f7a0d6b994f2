"""Reports that are withdrawn or replaced, and whether a newer one exists."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from raudit.canonical import sha256
from raudit.errors import LogError
from raudit.log import Entry, Event, EventType, Log, attest_log
from raudit.ordinary import read_file
from raudit.sentences import say
from raudit.spelling import spelling

UNPLACED = "report.pdf.issued"
"""A signed report of which the log is being told; it becomes report.pdf when the log has been."""
_FILES = (EventType.REPORT_ISSUED, EventType.REPORT_COUNTERSIGNED)


def left_behind(folder: Path, log: Log) -> str:
    """Take up a report of which the log was told by a run that ended before it was put in place.

    Returns
    -------
    str
        What to say of it; nothing if there is none.
    """
    path = folder / UNPLACED
    if not path.is_file():
        return ""
    pdf = sha256(path.read_bytes())
    if not any(entry.body.get("pdf") == pdf for entry in log.find(type=EventType.REPORT_ISSUED)):
        path.unlink()  # the log was not told of it, and will not be
        return ""
    kept = path.with_name(f"report-{pdf[:12]}.pdf")
    path.replace(kept)
    return (
        "an earlier run ended after it had told the log of its report, and before the report was put in place: "
        f"it is whole, and now stands in {kept}"
    )


def unplaced(folders: Iterable[Path], log: Log | None) -> tuple[str, ...]:
    """Name reports that lie where a run that was cut short left them, and whether the log was told of them."""
    issued = {
        entry.body.get("pdf"): entry.index
        for entry in (log.find(type=EventType.REPORT_ISSUED) if log is not None else ())
    }
    return tuple(
        _unplaced(folder / UNPLACED, issued, log)
        for folder in sorted(set(folders))
        if os.path.isfile(folder / UNPLACED)  # noqa: PTH113 -- False where the folder may not be read
    )


def _unplaced(path: Path, issued: Mapping[object, int], log: Log | None) -> str:
    try:
        at = issued.get(sha256(read_file(path)))
    except OSError as error:
        return say(
            "{path} cannot be read ({why}): a run that was cut short may have left it",
            path=path,
            why=error.strerror,
        )
    if at is not None:
        known = say("the log was told of it (entry {index})", index=at)
    elif log is not None:
        known = say("the log was not told of it")
    else:
        known = say("no log was asked about it")
    return say(
        "{path} is a report of a run that ended before it was put in place; {known}; "
        "the next raudit run into that folder takes it up",
        path=path,
        known=known,
    )


def withdraw(log: Log, pdf: str, *, reason: str, actor: str, clock: datetime) -> None:
    """Write down that a report is not to be relied on any more.

    Parameters
    ----------
    pdf
        SHA-256 of the report, of any of its signed revisions.
    reason
        A kebab-case word, such as ``wrong-data``.

    Raises
    ------
    LogError
        If the log never issued it, or it is withdrawn already.
    LogIntegrityError
        If the log was edited.
    """
    attest_log(log)
    entry = _issued(log, pdf)
    if any(gone.body.get("pdf") == pdf for gone in log.find(type=EventType.REPORT_WITHDRAWN)):
        raise LogError(
            "the report is withdrawn already", reference="report-withdrawn", got=pdf[:16]
        )
    _append(
        log, EventType.REPORT_WITHDRAWN, {"pdf": pdf, "reason": reason}, actor, clock, entry.run
    )


def supersede(log: Log, pdf: str, by: str, *, actor: str, clock: datetime) -> None:
    """Write down that a report is replaced by another.

    Raises
    ------
    LogError
        If the log never issued one of them, they are the same, or they are about two systems.
    LogIntegrityError
        If the log was edited.
    """
    attest_log(log)
    older, newer = _issued(log, pdf), _issued(log, by)
    if pdf == by:
        raise LogError(
            "a report does not replace itself", reference="report-supersedes-itself", got=pdf[:16]
        )
    systems = _systems(log)
    told = [systems.get(entry.run, "") for entry in (older, newer)]
    if all(told) and spelling(told[0]) != spelling(told[1]):
        raise LogError(
            "a report of one system does not replace that of another",
            reference="report-of-another-system",
            got=f"{told[0]} and {told[1]}",
            hint="name the newer report of the same system",
        )
    _append(log, EventType.REPORT_SUPERSEDED, {"pdf": pdf, "by": by}, actor, clock, newer.run)


def supersede_earlier(
    log: Log, pdf: str, *, system: str, actor: str, clock: datetime, run: str
) -> int:
    """Write down that a new report replaces the standing ones of the same system; returns how many those were."""
    systems = _systems(log)
    closed = _closed(log)
    earlier = [
        str(entry.body["pdf"])
        for entry in log.find(type=EventType.REPORT_ISSUED)
        if spelling(systems.get(entry.run, "")) == spelling(system)
        and entry.body["pdf"] != pdf
        and entry.body["pdf"] not in closed
    ]
    for old in dict.fromkeys(earlier):
        _append(log, EventType.REPORT_SUPERSEDED, {"pdf": old, "by": pdf}, actor, clock, run)
    return len(earlier)


def _systems(log: Log) -> dict[str, str]:
    found = {}
    for entry in log.find(type=EventType.RUN_STARTED):
        if entry.body.get("system"):
            found[entry.run] = str(entry.body["system"])
    return found


def _closed(log: Log) -> set[object]:
    kinds = (EventType.REPORT_SUPERSEDED, EventType.REPORT_WITHDRAWN)
    return {entry.body.get("pdf") for kind in kinds for entry in log.find(type=kind)}


def _issued(log: Log, pdf: str) -> Entry:
    found = [
        entry for kind in _FILES for entry in log.find(type=kind) if entry.body.get("pdf") == pdf
    ]
    if not found:
        raise LogError(
            "this log never issued that report",
            reference="report-unknown",
            got=pdf[:16],
            expected="a report of this log, or its SHA-256",
            hint="raudit log show LOG --type report.issued lists them",
        )
    return found[0]


def _append(
    log: Log, kind: EventType, body: dict[str, str], actor: str, clock: datetime, run: str
) -> None:
    log.append([Event(type=kind, actor=actor, body=body, run=run)], clock=clock)
