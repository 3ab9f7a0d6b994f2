"""What a log is asked for, entry by entry: who was enrolled, what was told last, and as far as its key vouches."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from raudit.emit import enrolment_of
from raudit.emit.books import Books
from raudit.emit.known import KnownEntries, known_of, known_until
from raudit.emit.waivers import revocations_in, settle_waivers
from raudit.log import Event, LogKey, open_log, read_log
from raudit.people import NOBODY
from raudit.statements import Kind, LogState, Outcome, Standing, Statement, Word
from raudit.statements.check import matching
from raudit.statements.enrolment import _taken_back, later_word

from .conftest import NOW

A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)


def people(new: str, enrolled: list[str], withdrawn: list[str]) -> Event:
    body = {"old": None, "new": new, "enrolled": enrolled, "withdrawn": withdrawn, "by": "ann"}
    return Event(type="people.changed", actor="ann", body=body)


def signed(statement: str, matter: str | None, role: str = "dpo") -> Event:
    body = {"checklist": "small", "answers": A, "role": role, "by": "dee"}
    whole = {**body, "statement": statement, "matter": matter}
    return Event(type="signoff.given", actor="dee", body=whole)


def revoked(waiver: str) -> Event:
    return Event(type="waiver.revoked", actor="x", body={"waiver": waiver, "by": "x"})


@pytest.fixture
def log(tmp_path: Path):
    """Eight entries, the first five of which a checkpoint covers."""
    key = LogKey(name="small-log", seed=b"k" * 32)
    with open_log(tmp_path / "log.db", key=key, create=True) as made:
        made.append(
            [people(A, [A, B], []), signed(C, A), people(B, [], [B]), revoked("W-1")], clock=NOW
        )
        made.checkpoint(NOW)
        made.append([people(C, [B, D], [A]), signed(D, A), signed(B, None)], clock=NOW)
        yield made


def test_everything_that_is_told_is_known(log):
    known = known_of(log)
    assert (known.size, known.people, known.bindings) == (8, C, {B, D})
    assert known.enrolled == {A: 1, B: 1, D: 5}
    assert known.withdrawn == {A: 5}
    assert known.statements == {C: 2, D: 6, B: 7}
    assert known.last == {A: Word(index=6, statement=D)}
    assert known.unnamed == {("sign-off", "small", "dpo"): Word(index=7, statement=B)}
    assert known.places == dict.fromkeys((C, D, B), ("sign-off", "small", "dpo"))
    assert (known.revoked, set(known.heard)) == ({("", "W-1"): 4}, {B, C, D})
    assert known_of(log) is known
    log.append([revoked("W-2"), signed(C, A)], clock=NOW)
    assert known_of(log).revoked == {("", "W-1"): 4, ("", "W-2"): 8}
    assert known_of(log).last[A].statement == D  # told again, it is no newer


def test_the_first_entries_are_known_alone(log):
    known = known_until(log, 5)
    assert (known.size, known.people, known.bindings) == (5, B, {A})
    assert (known.enrolled, known.withdrawn) == ({A: 1, B: 1}, {B: 3})
    assert (known.last, known.unnamed) == ({A: Word(index=2, statement=C)}, {})
    assert known_until(log, 0).enrolled == KnownEntries().enrolled == {}


def test_an_approval_is_over_once_its_waiver_was_taken_back(log):
    """Entry 4 took it back: an approval that was told before, or made by who had not seen that entry, is over."""
    held = enrolment_of(log)

    def word(kind: Kind, waiver: str, seen: int, origin: str = "small-log") -> str:
        said = Statement(
            kind=kind,
            person="bob",
            subjects={"waiver": A},
            decided={"waiver": waiver},
            at=NOW,
            nonce="0" * 32,
            log=LogState(origin=origin, size=seen, root=A),
        )
        return str(later_word(said, "e" * 64, held))

    gone = "the waiver was taken back since"
    assert [word(Kind.APPROVAL, "W-1", seen) for seen in (3, 4, 5)] == [gone, gone, ""]
    assert word(Kind.APPROVAL, "W-2", 3) == word(Kind.WAIVER, "W-1", 3) == ""
    assert word(Kind.APPROVAL, "W-1", 3, origin="another log") == ""


def test_of_statements_that_decided_the_same_the_proven_one_comes_first():
    said = Statement(
        kind=Kind.APPROVAL, person="bob", subjects={}, decided={"n": 1}, at=NOW, nonce="0" * 32
    )
    stated, proven = (
        Outcome(standing=standing, why="x", statement=said)
        for standing in (Standing.UNPROVEN, Standing.PROVEN)
    )
    for order in ((stated, proven), (proven, stated)):
        assert matching(order, Kind.APPROVAL, n=1) == (proven, stated)
    assert matching((stated,), Kind.APPROVAL, n=2) == matching((stated,), Kind.REVIEW, n=1) == ()


@pytest.mark.parametrize("vouched", [None, 8, 9])
def test_whoever_holds_the_log_s_key_takes_all_of_it(log, vouched):
    found = enrolment_of(log, vouched=vouched)
    assert (found.vouched, found.size, found.origin) == (None, 8, "small-log")
    assert (found.withdrawn, found.last) == ({A: 5}, {A: (Word(index=6, statement=D),)})
    assert found.told(B) == 7


def test_whoever_holds_the_verifier_key_takes_what_it_signed_and_hears_the_rest(log, tmp_path):
    with read_log(tmp_path / "log.db", log.own_verifier) as read:
        found = enrolment_of(read)
    assert (found.vouched, found.size) == (5, 8)
    # What nobody vouches for withdraws a key, and brings none back.
    assert found.withdrawn == {A: 5, B: 3}
    assert [found.vouches(index) for index in (found.enrolled[A], found.enrolled[D])] == [
        True,
        False,
    ]
    assert found.last == {A: (Word(index=2, statement=C), Word(index=6, statement=D))}
    assert (found.told(C), found.told(D)) == (2, None)
    assert found.unnamed == {("sign-off", "small", "dpo"): (Word(index=7, statement=B),)}


def test_what_is_told_of_one_systems_waivers_is_told_of_no_other(log, tmp_path):
    """Two systems share a log and ids; each run tells the log what its own file holds, and no more."""
    entry = (
        "- {id: W-7, rule: RA-FAIR-001, scope: {group: a}, reason: known and ticketed, "
        "owner: ann, approver: bob, created: 2026-11-01, expires: 2027-01-31, max_value: 1}\n"
    )
    files = {name: tmp_path / f"{name}.yaml" for name in ("Loans", "Cards")}

    def settle(system: str, text: str) -> int:
        files[system].write_text(f"schema: raudit.waivers/1\nwaivers:\n{text}")
        plan = SimpleNamespace(file=SimpleNamespace(system=SimpleNamespace(name=system)))
        books = Books(people=NOBODY, log=log, clock=NOW, actor="ann", plan=plan)  # type: ignore[arg-type]
        return settle_waivers(files[system], books)

    def gone(system: str) -> list[str]:
        return [r.waiver for r in revocations_in(log, system) if r.waiver == "W-7"]

    def taken_back(system: str) -> int | None:
        said = SimpleNamespace(decided={"waiver": "W-7"}, system=system)
        return _taken_back(said, enrolment_of(log))  # type: ignore[arg-type]

    assert [settle("Loans", entry), settle("Cards", ""), settle("Loans", entry)] == [1, 0, 0]
    assert settle("Cards", entry) == 1  # another system's waiver, by the same id
    assert settle("Cards", "") == 1
    assert (gone("Loans"), gone("Cards")) == ([], ["W-7"])
    assert (taken_back("Loans"), taken_back("CARDS "), taken_back("")) == (None, 10, 10)
    settle("Cards", entry)  # what was taken out by hand is put back by hand
    assert gone("Cards") == []
    by_command = {"waiver": "W-7", "by": "bob", "system": "Loans"}
    log.append([Event(type="waiver.revoked", actor="bob", body=by_command)], clock=NOW)
    settle("Loans", "")
    assert (gone("Loans"), gone("Cards")) == (["W-7"], [])
    assert settle("Loans", entry) == 1
    assert gone("Loans") == ["W-7"]  # what a command took back, the file alone does not grant
    unsaid = {"waiver": "W-7", "rule": "RA-FAIR-001", "scope": "group=a", "expires": "2027-01-31"}
    unsaid |= {"approver": "bob", "digest": A}
    log.append([Event(type="waiver.granted", actor="bob", body=unsaid)], clock=NOW)
    assert gone("Loans") == ["W-7"]  # granted again, and who knows in which system
    log.append(
        [Event(type="waiver.granted", actor="bob", body=unsaid | {"system": "Loans"})], clock=NOW
    )
    assert gone("Loans") == []
    log.append([revoked("W-7")], clock=NOW)
    assert [r.system for r in revocations_in(log, "Loans") if r.waiver == "W-7"] == [""]
    log.append([Event(type="waiver.granted", actor="bob", body=unsaid)], clock=NOW)
    assert gone("Loans") == []  # neither says it, as in every log of an earlier version
