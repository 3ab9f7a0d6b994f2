"""A true statement proves what it said, no more: of this system and form, of this moment, as the last word."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from raudit.canonical import digest
from raudit.checklists import assess
from raudit.checklists.answers import parse_answers
from raudit.checklists.form.load import parse_checklist
from raudit.checklists.proofs import proofs_of
from raudit.checklists.signoff import answer_digests, answers_sha256
from raudit.people import binding, parse_people
from raudit.statements import (
    Enrolment,
    Kind,
    LogState,
    PersonKey,
    Standing,
    Statement,
    Word,
    check_statements,
    sign_statement,
)
from raudit.statements.enrolment import matter_of

from .conftest import answers_text, checklist_text

THEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = THEN + timedelta(days=1)
CHECKLIST = parse_checklist(checklist_text())
CONDITION = {"what": "Test more", "owner": "ann", "due": "2027-01-01"}
REVIEW = "{state: accepted, by: bob, at: 2026-11-20T12:00:00Z, note: fine}"
ANSWERED = f"answers:\n  a: {{value: x, by: ann, review: {REVIEW}}}\n"


def person(name: str, roles: str = "") -> tuple[PersonKey, str]:
    private = ed25519.Ed25519PrivateKey.generate()
    public = private.public_key()
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    line = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    text = f"  - id: {name}\n    roles: [{roles}]\n    keys: [{{ssh: {line}}}]\n"
    return PersonKey(private=private, spki=spki), text


KEYS = {name: person(name, roles) for name, roles in (("bob", ""), ("dee", "dpo"), ("dan", "dpo"))}
PEOPLE = parse_people(
    "schema: raudit.people/1\npeople:\n"
    + "".join(text for _key, text in KEYS.values())
    + "  - id: ann\n"
)


def answers_of(extra: str = ""):
    return parse_answers(answers_text(CHECKLIST.sha256, ANSWERED + extra), CHECKLIST)


def signed(statement: Statement, who: str = "") -> bytes:
    return sign_statement(statement, KEYS[who or statement.person][0])


def sign_off(decision: str, at: datetime = THEN, by: str = "dee", **other: str) -> Statement:
    return Statement(
        kind=Kind.SIGN_OFF,
        person=by,
        subjects={"answers": other.get("answers", "a" * 64), "checklist": CHECKLIST.sha256},
        decided={"role": "dpo", "decision": decision, "conditions": []},
        system=other.get("system", "Credit"),
        at=at,
        nonce="0" * 32,
    )


def standing(*envelopes: bytes, log: Enrolment | None = None) -> list[bool]:
    return [item.proven for item in check_statements(envelopes, PEOPLE, enrolment=log)]


def log_of(told: list[bytes], last: bytes | None = None) -> Enrolment:
    """A log that was told of these, in order, and knows of the last one what it was about."""
    said = check_statements(told, PEOPLE)
    digests = [item.sha256 for item in said]
    known = {binding(name, key.fingerprint): 0 for name, (key, _text) in KEYS.items()}
    newest = {}
    if last is not None:
        (word,) = (item for item, data in zip(said, told, strict=True) if data == last)
        index = digests.index(word.sha256) + 1
        newest = {matter_of(word.statement): (Word(index=index, statement=word.sha256),)}
    return Enrolment(
        origin="x",
        size=9,
        enrolled=known,
        withdrawn={},
        statements={name: index for index, name in enumerate(digests, 1)},
        last=newest,
        root_at=lambda size: "",
    )


@pytest.mark.parametrize("turned", [False, True])
def test_a_roles_later_word_replaces_its_earlier_one_whoever_says_it(turned):
    both = [signed(sign_off("approve")), signed(sign_off("reject", LATER, by="dan"))]
    found = standing(*(reversed(both) if turned else both))
    assert found == ([True, False] if turned else [False, True])
    said = check_statements(both, PEOPLE)[0]
    assert said.standing == "proven"  # it was said
    assert said.detail.endswith("a later decision replaced it")


def test_a_word_about_something_else_or_that_is_not_proven_replaces_nothing():
    first = signed(sign_off("approve"))
    others = (
        sign_off("reject", LATER, system="Mortgage"),
        replace(sign_off("reject", LATER), decided={"role": "owner", "decision": "reject"}),
        replace(sign_off("reject", LATER), subjects={"answers": "a" * 64, "checklist": "b" * 64}),
    )
    assert standing(first, *map(signed, others)) == [True] * 4
    assert standing(first, signed(sign_off("reject", LATER), who="bob")) == [True, False]


def test_within_one_second_the_log_knows_which_came_last():
    approve, reject = signed(sign_off("approve")), signed(sign_off("reject"))
    assert standing(reject, approve, log=log_of([approve, reject])) == [True, False]
    assert standing(reject, approve, log=log_of([reject, approve])) == [False, True]
    assert standing(approve, reject) == [False, True]  # no log: as they lie in the file


def test_a_statement_that_was_taken_out_is_missed_by_the_log():
    approve, reject = signed(sign_off("approve")), signed(sign_off("reject", LATER))
    assert standing(approve, log=log_of([approve, reject], last=reject)) == [False]
    assert standing(approve, log=log_of([approve], last=approve)) == [True]
    # Over other answers it is the same matter: files put back as they were are not what was decided last.
    elsewhere = signed(sign_off("reject", LATER, answers="b" * 64))
    assert standing(approve, log=log_of([approve, elsewhere], last=elsewhere)) == [False]


@pytest.mark.parametrize(("size", "counts"), [(1, False), (2, True)])
def test_what_the_log_was_never_told_of_is_older_than_what_its_signer_had_not_seen(size, counts):
    reject = signed(sign_off("reject"))
    log = log_of([reject], last=reject)
    seen = LogState(origin="x", size=size, root="")
    fresh = signed(replace(sign_off("approve", LATER), log=seen))
    assert standing(fresh, log=log) == [counts]
    other = replace(log, origin="y")
    assert check_statements([fresh], PEOPLE, enrolment=other)[0].standing is Standing.FALSE


@pytest.mark.parametrize("kind", [Kind.SIGN_OFF, Kind.REVIEW])
def test_of_an_old_entry_that_does_not_say_what_it_was_about_it_cannot_be_told(kind):
    make = sign_off if kind is Kind.SIGN_OFF else reviewed
    first, last = ("approve", "reject") if kind is Kind.SIGN_OFF else ("accepted", "to_correct")
    said, later = signed(make(first)), signed(make(last, LATER, system="Mortgage"))
    log = log_of([said, later])
    digests, of = list(log.statements), "dpo" if kind is Kind.SIGN_OFF else "a"
    place = (str(kind), "small", of)
    word = Word(index=2, statement=digests[1])
    told = replace(log, unnamed={place: (word,)}, places=dict.fromkeys(digests, place))
    (found,) = check_statements([said], PEOPLE, enrolment=told)
    assert (found.standing, found.proven) == (Standing.PROVEN, False)
    assert found.detail.endswith(
        "whether a later decision replaced it cannot be told: the log does not say what entry 2 was about"
    )
    # An earlier one, and one of another checklist, question or role, say nothing of it.
    for other, index in ((place, 1), (("x", "small", of), 2), ((str(kind), "b", of), 2)):
        words = {other: (Word(index=index, statement=digests[1]),)}
        assert standing(said, log=replace(told, unnamed=words)) == [True]
    assert standing(later, log=replace(told, unnamed={place: (word,)})) == [True]
    # Of which checklist a statement is, only its own entry says; where there is none, any may be meant.
    mute = replace(told, places={}, unnamed={(str(kind), "b", of): (word,)})
    assert standing(said, log=mute) == [False]


def test_only_what_is_vouched_for_speaks_for_a_statement():
    approve, reject = signed(sign_off("approve")), signed(sign_off("reject", LATER))
    log = log_of([approve, reject], last=reject)
    bound = binding("dee", KEYS["dee"][0].fingerprint)
    known = replace(log, enrolled={bound: 3}, vouched=3)
    (found,) = check_statements([approve], PEOPLE, enrolment=known)
    assert (found.standing, found.detail) == (
        Standing.UNPROVEN,
        "no signed checkpoint of the log covers the entry that enrolled the key",
    )
    # Told only beyond the checkpoint, and seeing no log, nothing says that it came after the key.
    assert standing(reject, log=replace(log, vouched=2)) == [False]
    assert standing(reject, log=replace(log, vouched=3)) == [True]
    # A word that anybody may have added replaces; it restores nothing.
    (of,) = log.last
    digests = list(log.statements)
    seen = LogState(origin="x", size=1, root="")
    old = signed(replace(sign_off("approve"), log=seen))
    (name,) = (item.sha256 for item in check_statements([old], PEOPLE))
    words = (Word(index=2, statement=digests[1]), Word(index=7, statement=name))
    again = replace(log, statements={digests[1]: 2, name: 7}, vouched=3, last={of: words})
    assert standing(old, log=again) == [False]
    assert standing(old, log=replace(again, last={of: words[1:]})) == [True]


def review(**other) -> Statement:
    said = answers_of()
    given = {
        "kind": Kind.REVIEW,
        "person": "bob",
        "subjects": {
            "answer": str(answer_digests(said)["a"]),
            "checklist": str(CHECKLIST.sha256),
        },
        "decided": {"question": "a", "state": "accepted", "note": "fine"},
        "system": "Credit",
        "at": THEN,
        "nonce": "0" * 32,
    }
    return Statement(**(given | other))


def proven(statement: Statement, extra: str = "", text: str = "") -> list[bool]:
    found = parse_answers(text, CHECKLIST) if text else answers_of(extra)
    outcomes = check_statements([signed(statement)], PEOPLE)
    result = assess(CHECKLIST, found, today=date(2026, 11, 20), people=PEOPLE, statements=outcomes)
    return [item["proven"] for item in proofs_of(result, outcomes, PEOPLE)]


TRANSPLANTED = {
    "of another system": {"system": "Mortgage"},
    "of another checklist": {"subjects": {**review().subjects, "checklist": "b" * 64}},
    "of another answer": {"subjects": {**review().subjects, "answer": "b" * 64}},
    "of another question": {"decided": {"question": "b", "state": "accepted", "note": "fine"}},
    "of another moment": {"at": LATER},
    "with other words": {"decided": {"question": "a", "state": "accepted", "note": "poor"}},
    "that sent it back": {"decided": {"question": "a", "state": "to_correct", "note": "fine"}},
    "by another person": {"person": "dee"},
}


@pytest.mark.parametrize("name", TRANSPLANTED)
def test_a_review_is_not_proven_by_a_statement(name):
    assert proven(review()) == [True]
    assert proven(review(**TRANSPLANTED[name])) == [False]


def test_a_review_without_a_moment_is_proven_by_nothing():
    text = answers_text(CHECKLIST.sha256, ANSWERED).replace(", at: 2026-11-20T12:00:00Z", "")
    assert proven(review(), text=text) == [False]


def met(**other) -> Statement:
    given = {
        "kind": Kind.MET,
        "person": "bob",
        "subjects": {"condition": str(digest(CONDITION)), "checklist": str(CHECKLIST.sha256)},
        "decided": {"role": "dpo", "condition": 1, "how": "a test"},
        "system": "Credit",
        "at": LATER,
        "nonce": "0" * 32,
    }
    return Statement(**(given | other))


@pytest.mark.parametrize(
    ("other", "holds"),
    [
        ({}, True),
        ({"system": "Mortgage"}, False),
        ({"at": THEN}, False),  # from an earlier approval on the same condition
        ({"decided": {"role": "dpo", "condition": 1, "how": "a promise"}}, False),
    ],
)
def test_a_met_condition_is_proven_by_its_own_statement_alone(other, holds):
    covers = answers_sha256(answers_of())
    signoff = (
        "signoffs:\n  - role: dpo\n    decision: approve_with_conditions\n    by: dee\n"
        f"    at: 2026-11-20T12:00:00Z\n    covers_sha256: {covers}\n    conditions:\n"
        "      - {what: Test more, owner: ann, due: 2027-01-01, "
        "met: {by: bob, at: 2026-11-21T12:00:00Z, how: a test}}\n"
    )
    assert proven(met(**other), signoff) == [False, False, holds]
    # And the sign-off itself: the same over the same answers, but said of another system.
    for system in ("Credit", "Mortgage"):
        said = replace(
            sign_off("approve_with_conditions", answers=str(covers), system=system),
            decided={
                "role": "dpo",
                "decision": "approve_with_conditions",
                "conditions": [CONDITION],
            },
        )
        assert proven(said, signoff)[0] is (system == "Credit")


def listed(statements: list[Statement], conditions: list[dict[str, str]]) -> list[dict]:
    """What counts where a DPO approved on these conditions, all of which are said to be met."""
    covers = answers_sha256(answers_of())
    text = "".join(
        f"      - {{what: {c['what']}, owner: ann, due: 2027-01-01, "
        "met: {by: bob, at: 2026-11-21T12:00:00Z, how: a test}}\n"
        for c in conditions
    )
    signoff = (
        "signoffs:\n  - role: dpo\n    decision: approve_with_conditions\n    by: dee\n"
        f"    at: 2026-11-20T12:00:00Z\n    covers_sha256: {covers}\n    conditions:\n{text}"
    )
    found = answers_of(signoff)
    outcomes = check_statements(list(map(signed, statements)), PEOPLE)
    result = assess(CHECKLIST, found, today=date(2026, 11, 20), people=PEOPLE, statements=outcomes)
    return proofs_of(result, outcomes, PEOPLE)


def met_of(number: int, condition: dict[str, str], role: str = "dpo") -> Statement:
    return met(
        decided={"role": role, "condition": number, "how": "a test"},
        subjects={"condition": str(digest(condition)), "checklist": str(CHECKLIST.sha256)},
    )


def test_each_condition_has_its_own_statement():
    other = {**CONDITION, "what": "Tell people"}
    for number, condition in ((1, CONDITION), (2, other)):
        statement = met_of(number, condition)
        found = listed([statement], [CONDITION, other])
        assert [(item["what"], item["of"], item["by"]) for item in found] == [
            ("sign-off", "dpo", "dee"),
            ("review", "a", "bob"),
            ("condition", "dpo 1", "bob"),
            ("condition", "dpo 2", "bob"),
        ]
        said = [item["statement"] for item in found[2:]]
        own = str(check_statements([signed(statement)], PEOPLE)[0].sha256)
        assert said == ([own, ""] if number == 1 else ["", own])
        assert [item["proven"] for item in found] == [False, False, number == 1, number == 2]
    # Two conditions in the same words, and one in another role's approval, are not one.
    twice = listed([met_of(1, CONDITION)], [CONDITION, CONDITION])
    assert [item["proven"] for item in twice[2:]] == [True, False]
    elsewhere = listed([met_of(1, CONDITION, role="owner")], [CONDITION])
    assert [item["proven"] for item in elsewhere[2:]] == [False]


def test_what_does_not_count_is_left_out_and_what_follows_it_is_not():
    covers = answers_sha256(answers_of())
    text = answers_text(
        CHECKLIST.sha256,
        "answers:\n"
        "  a: {value: x, by: ann}\n"
        "  b: {value: x, by: ANN, review: {state: accepted, by: Ann's other name}}\n"
        f"  c: {{value: x, by: ann, review: {REVIEW}}}\n"
        "signoffs:\n  - role: dpo\n    decision: approve_with_conditions\n    by: dee\n"
        f"    at: 2026-11-20T12:00:00Z\n    covers_sha256: {covers}\n    conditions:\n"
        "      - {what: One, owner: ann, due: 2027-01-01}\n"
        "      - {what: Two, owner: ann, due: 2027-01-01, met: {by: bob, at: 2026-11-21T12:00:00Z}}\n",
    )
    people = parse_people(
        "schema: raudit.people/1\npeople:\n  - {id: ann, known_as: Ann's other name}\n"
        "  - {id: bob}\n  - {id: dee, roles: [dpo]}\n"
    )
    found = parse_answers(text, CHECKLIST)
    covered = text.replace(str(covers), str(answers_sha256(found)))
    found = parse_answers(covered, CHECKLIST)
    result = assess(CHECKLIST, found, today=date(2026, 11, 20), people=people)
    said = [(item["what"], item["of"]) for item in proofs_of(result, (), people)]
    assert said == [("sign-off", "dpo"), ("review", "c"), ("condition", "dpo 2")]


def reviewed(state: str, at: datetime = THEN, system: str = "Credit") -> Statement:
    return replace(
        sign_off("approve", at, by="bob", system=system),
        kind=Kind.REVIEW,
        subjects={"answer": "a" * 64, "checklist": CHECKLIST.sha256},
        decided={"question": "a", "state": state, "note": ""},
    )


def test_a_send_back_that_was_taken_out_is_missed_by_the_log():
    accepted, back = signed(reviewed("accepted")), signed(reviewed("to_correct", LATER))
    log = log_of([accepted, back])
    told = log_of([accepted, back], last=back)
    assert standing(accepted, log=log) == [True]
    assert standing(accepted, log=told) == [False]
    assert standing(accepted, back, log=told) == [False, True]
    elsewhere = signed(reviewed("accepted", system="Mortgage"))
    assert standing(elsewhere, log=log_of([elsewhere, back], last=back)) == [True]


@pytest.mark.parametrize(("hours", "counts"), [(0, True), (1, True), (2, False), (24 * 365, False)])
def test_a_word_dated_later_than_the_log_heard_of_it_is_not_the_last(hours, counts):
    ahead = signed(sign_off("approve", THEN + timedelta(hours=hours)))
    reject = signed(sign_off("reject", LATER, by="dan"))
    log = log_of([ahead, reject])
    (digest_ahead, digest_reject) = log.statements
    heard = {digest_ahead: "2026-11-20T12:00:00.000000Z", digest_reject: "2026-11-21T12:00:00Z"}
    found = check_statements([ahead, reject], PEOPLE, enrolment=replace(log, heard=heard))
    assert [item.standing == "proven" for item in found] == [counts, True]
    assert found[1].proven
    assert counts or found[0].detail == "it is dated later than the log heard of it"
