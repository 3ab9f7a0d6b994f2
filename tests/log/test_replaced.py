"""Which report may replace which, by what the log says of the runs that they come from."""

from __future__ import annotations

import pytest

from raudit.emit.reports import supersede, supersede_earlier
from raudit.errors import LogError
from raudit.log import Event, EventType

from .conftest import NOW

PLAN, DATA, CODE = "1" * 64, "2" * 64, "3" * 64
A, B, C = "a" * 64, "b" * 64, "c" * 64


def issue(log, run: str, system: str | None, pdf: str) -> None:
    body = {"plan": PLAN, "data": DATA, "code": CODE, "environment": CODE, "seed": 0}
    started = {**body, "system": system} if system else body
    issued = {"pdf": pdf, "record": DATA, "certificate": CODE}
    log.append(
        [
            Event(type=EventType.RUN_STARTED, actor="ann", run=run, body=started),
            Event(type=EventType.REPORT_ISSUED, actor="ann", run=run, body=issued),
        ],
        clock=NOW,
    )


def replaced(log) -> list[tuple[str, str]]:
    gone = log.find(type=EventType.REPORT_SUPERSEDED)
    return [(entry.body["pdf"], entry.body["by"]) for entry in gone]


def test_a_report_of_one_system_does_not_replace_that_of_another(log):
    issue(log, "r1", "Loans", A)
    issue(log, "r2", "Cards", B)
    issue(log, "r3", "LOANS ", C)
    with pytest.raises(LogError) as told:
        supersede(log, A, B, actor="ann", clock=NOW)
    assert told.value.reference == "report-of-another-system"
    with pytest.raises(LogError, match="does not replace itself"):
        supersede(log, A, A, actor="ann", clock=NOW)
    assert replaced(log) == []
    assert supersede_earlier(log, C, system="loans", actor="ann", clock=NOW, run="r3") == 1
    assert replaced(log) == [(A, C)]


def test_where_the_log_does_not_say_the_system_a_person_may_say_it(log):
    issue(log, "r1", None, A)
    issue(log, "r2", "Cards", B)
    assert supersede_earlier(log, B, system="Cards", actor="ann", clock=NOW, run="r2") == 0
    supersede(log, A, B, actor="ann", clock=NOW)
    assert replaced(log) == [(A, B)]
