"""What a reviewer hunts for, each found where it is and not found where it is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from raudit.log import Event
from raudit.log.review import KINDS, hunt

from .conftest import NOW, A, B, started

C, D = "c" * 64, "d" * 64


def of(kind: str, run: str = "", **body) -> Event:
    return Event(type=kind, run=run, actor="service:ci", body=body)


def finished(run: str, status: int = 0, record: str = C) -> Event:
    return of(
        "run.finished",
        run,
        record=record,
        verdict="passed" if not status else "failed",
        exit_status=status,
    )


def issued(run: str = "r1", pdf: str = A, record: str = C) -> Event:
    return of("report.issued", run, pdf=pdf, record=record, certificate=B)


def waiver(
    name: str, expires: str = "2026-12-31", scope: str = "sex", system: str | None = None
) -> Event:
    return of(
        "waiver.granted",
        waiver=name,
        rule="RA-FAIR-001",
        system=system,
        scope=scope,
        expires=expires,
        approver="Ann",
        digest=A,
    )


def signoff(answers: str = A, checklist: str = "aia") -> Event:
    return of("signoff.given", checklist=checklist, answers=answers, role="reviewer", by="Ann")


def changed(new: str = B, checklist: str = "aia", old: str | None = A) -> Event:
    return of("answers.changed", checklist=checklist, old=old, new=new, by="Ann")


POLICY = of("policy.changed", new=B, by="Ann")
CLEAN = [
    started("r1"),
    finished("r1"),
    issued("r1"),
    waiver("w1"),
    signoff(),
    started("r2"),
    finished("r2", 1),
]

CASES = [
    ("run-never-finished", [started("r1"), started("r2"), finished("r2")], [1]),
    (
        "run-never-finished",
        [started("r1"), of("stage.finished", "r1", stage="x", outcome="failed")],
        [1],
    ),
    (
        "rerun-until-green",
        [started("r1"), finished("r1", 1), started("r2", seed=9), finished("r2")],
        [1, 3],
    ),
    ("rerun-until-green", [started("r1"), started("r2"), finished("r2")], [1, 2]),
    (
        "rerun-until-green",
        [
            started("r1"),
            of("run.aborted", "r1", reason="interrupted"),
            started("r2"),
            finished("r2"),
        ],
        [1, 3],
    ),
    ("run-without-start", [finished("r1")], [1]),
    ("run-without-start", [started("r1"), finished("r1"), finished("r1", 1)], [2, 3]),
    ("run-without-start", [started("r1"), started("r1"), finished("r1")], [1, 2]),
    ("waiver-renewed", [waiver("w1", "2026-01-31"), waiver("w2")], [1, 2]),
    ("waiver-unanswered", [waiver("w1", "2026-02-01")], [1]),
    (
        "waiver-unanswered",
        [
            waiver("w1", "2026-02-01", system="loans"),
            waiver("w2", system="cards"),
            of("waiver.revoked", waiver="w1", by="Ann", system="cards"),
        ],
        [1],
    ),
    ("report-without-run", [issued("r1")], [1]),
    ("report-without-run", [started("r1"), issued("r1"), finished("r1")], [2]),
    ("report-without-run", [started("r1"), finished("r1"), issued("r1", record=D)], [3]),
    (
        "report-not-issued",
        [started("r1"), of("report.countersigned", "r1", pdf=A, previous=B, certificate=A)],
        [2],
    ),
    (
        "report-not-issued",
        [started("r1"), of("report.withdrawn", "r1", pdf=A, reason="wrong-data")],
        [2],
    ),
    ("signoff-voided", [signoff(), changed()], [1, 2]),
    (
        "signoff-voided",
        [signoff(), of("signoff.voided", checklist="aia", signoff=1, reason="mistake")],
        [1, 2],
    ),
    (
        "policy-relaxed",
        [
            started("r1"),
            finished("r1", 1),
            of("policy.changed", new=B, by="Ann"),
            started("r2", plan=B),
            finished("r2"),
        ],
        [2, 3, 5],
    ),
    (
        # A run of another system between them hides nothing.
        "policy-relaxed",
        [
            started("r1", system="loans"),
            finished("r1", 1),
            started("r2", system="cards", data=B),
            finished("r2"),
            of("policy.changed", new=B, system="loans", by="Ann"),
            started("r3", system="loans", plan=B),
            finished("r3"),
        ],
        [2, 5, 7],
    ),
    # The form of another system changes first, then the one that was signed off, by steps.
    (
        "signoff-voided",
        [changed(C, old=None), signoff(A), changed(D, old=C), changed(B, old=A)],
        [2, 4],
    ),
    # What was changed is not known: it may be what was signed off.
    ("signoff-voided", [signoff(A), changed(D, old=C)], [1, 2]),
]


@pytest.mark.parametrize(
    ("kind", "events", "entries"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)]
)
def test_each_kind_is_found(log, kind, events, entries):
    log.append(events, clock=NOW)
    found = [lead for lead in hunt(log.entries(), today="2026-03-01") if lead.kind == kind]
    assert [list(lead.entries) for lead in found] == [entries]
    assert found[0].text


def test_nothing_is_found_in_a_log_without_anything_to_ask(log):
    log.append(CLEAN, clock=NOW)
    assert hunt(log.entries(), today="2026-03-01") == ()


@pytest.mark.parametrize(
    "events",
    [
        [started("r1"), finished("r1", 1), started("r2", data=B), finished("r2")],  # other data
        [waiver("w1", "2026-02-01"), of("waiver.expired", waiver="w1", expires="2026-02-01")],
        [waiver("w1", "2026-02-01"), of("waiver.revoked", waiver="w1", by="Ann")],
        [waiver("w1"), waiver("w2", scope="age")],
        [waiver("w1", system="loans"), waiver("w1", system="cards")],
        [signoff(), changed(checklist="another")],
        [changed(), signoff(B)],
        [signoff(), changed(new=A)],  # back to what was signed off
        [signoff(), changed(C, old=None), changed(D, old=C)],  # the form of another system
        [
            started("r1", system="loans"),
            finished("r1", 1),
            of("policy.changed", new=B, system="cards", by="Ann"),
            started("r2", system="loans", data=B),
            finished("r2"),
        ],
        [started("r1"), of("run.failed", "r1", error="bad-data", exit_status=2)],
    ],
)
def test_what_is_in_order_is_not_listed(log, events):
    log.append(events, clock=NOW)
    assert hunt(log.entries(), today="2026-03-01") == ()


def test_clocks_and_doubled_events(log):
    log.append([replace(started("r1"), id="1" * 32), finished("r1")], clock=NOW)
    log.append([replace(finished("r1"), id="1" * 32)], clock=NOW - timedelta(seconds=1))
    kinds = {lead.kind: lead.entries for lead in hunt(log.entries(), today="2026-03-01")}
    assert kinds["clock-backwards"] == (2, 3)
    assert kinds["event-doubled"] == (1, 3)


def test_rotations_are_listed(log, make_key):
    log.rotate(make_key(file="new.key"), actor="Ann", clock=NOW)
    assert [lead.kind for lead in hunt(log.entries(), today="2026-03-01")] == ["key-or-store"]


def test_every_kind_has_a_heading_and_a_case():
    assert {case[0] for case in CASES} | {
        "clock-backwards",
        "event-doubled",
        "key-or-store",
    } == set(KINDS)
