"""People are ids: two spellings are one person, and one person is never two pairs of eyes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from raudit.checklists import assess
from raudit.checklists.answers import parse_answers
from raudit.checklists.writing import met_condition, record_answer, review_answer, signed_off
from raudit.errors import AnswersError, PeopleError
from raudit.people import NOBODY, load_people, parse_people

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HEAD = "schema: raudit.people/1\npeople:\n"


@pytest.fixture
def people(room):
    return load_people(room.folder / "people.yaml")


@pytest.fixture
def answered(room):
    text = room.answers.read_text()
    for question in "abcdefgh":
        text = record_answer(text, room.checklist, question, "x", at=NOW, by="ann@example.org")
    return text


@pytest.mark.parametrize(
    "name", ["a", "A", " a ", "ann", "ANN", "Ann@Example.ORG", "ann@example.org"]
)
def test_two_spellings_are_one_person(people, name):
    assert people.id_of(name) == "ann"


@pytest.mark.parametrize("name", ["a", "A", "ann", "ANN@example.org"])
def test_an_author_cannot_review_or_sign_under_another_name(room, people, answered, name):
    with pytest.raises(AnswersError, match="author cannot review"):
        review_answer(
            answered, room.checklist, "a", state="accepted", by=name, at=NOW, people=people
        )
    with pytest.raises(AnswersError, match="author cannot sign"):
        signed_off(
            answered, room.checklist, role="dpo", decision="approve", by=name, at=NOW, people=people
        )


def test_unknown_people_are_said_to_be_unknown(room, people, answered):
    with pytest.raises(PeopleError, match="nobody is known"):
        review_answer(
            answered, room.checklist, "a", state="accepted", by="eve", at=NOW, people=people
        )
    with pytest.raises(PeopleError, match="nobody is known"):
        signed_off(
            answered,
            room.checklist,
            role="dpo",
            decision="approve",
            by="eve",
            at=NOW,
            people=people,
        )


def test_a_role_has_to_be_given(room, people, answered):
    with pytest.raises(PeopleError, match="may not sign as owner"):
        signed_off(
            answered,
            room.checklist,
            role="owner",
            decision="approve",
            by="dee",
            at=NOW,
            people=people,
        )
    text = (
        (room.folder / "people.yaml")
        .read_text()
        .replace("roles: [dpo]", "roles: [{role: dpo, systems: Fraud}]")
    )
    with pytest.raises(PeopleError, match="may not sign as dpo for Credit"):
        signed_off(
            answered,
            room.checklist,
            role="dpo",
            decision="approve",
            by="dee",
            at=NOW,
            people=parse_people(text),
        )


def test_a_sign_off_names_the_person_by_id(room, people, answered):
    text = signed_off(
        answered, room.checklist, role="dpo", decision="approve", by="D", at=NOW, people=people
    )
    assert parse_answers(text, room.checklist).file.signoffs[0].by == "dee"


def test_one_person_does_not_sign_twice_unless_the_organisation_says_so(room, answered):
    text = HEAD + "  - {id: z, known_as: [zed@x.example], roles: [owner, dpo]}\n"
    people = parse_people(text)
    once = signed_off(
        answered, room.checklist, role="owner", decision="approve", by="z", at=NOW, people=people
    )
    with pytest.raises(AnswersError, match="one person cannot sign as owner and as dpo"):
        signed_off(
            once,
            room.checklist,
            role="dpo",
            decision="approve",
            by="ZED@x.example",
            at=NOW,
            people=people,
        )
    both = parse_people(text + "one_person_may_hold: [[owner, dpo]]\n")
    assert signed_off(
        once, room.checklist, role="dpo", decision="approve", by="z", at=NOW, people=both
    )
    # Without people.yaml the name alone tells, and a file written by hand does not get around it.
    twice = signed_off(once, room.checklist, role="dpo", decision="approve", by="other", at=NOW)
    forged = twice.replace("by: other", "by: Z")
    states = assess(
        room.checklist, parse_answers(forged, room.checklist), today=date(2026, 11, 20)
    ).signoffs
    assert [state.holds for state in states] == [False, False]
    assert "one person may not be both" in states[0].because


def test_a_refusal_counts_whoever_else_signed(room, answered):
    text = signed_off(answered, room.checklist, role="owner", decision="reject", by="z", at=NOW)
    forged = signed_off(
        text, room.checklist, role="dpo", decision="approve", by="y", at=NOW
    ).replace("by: y", "by: z")
    result = assess(room.checklist, parse_answers(forged, room.checklist), today=date(2026, 11, 20))
    assert result.turned_down
    assert not result.signoffs[1].holds


def test_answers_without_an_author_are_not_reviewed_or_signed(room, people, answered):
    nameless = answered.replace("    by: ann@example.org\n", "", 1)
    assert nameless != answered
    with pytest.raises(AnswersError, match="names no author"):
        review_answer(
            nameless, room.checklist, "a", state="accepted", by="bob", at=NOW, people=people
        )
    with pytest.raises(AnswersError, match="name no author"):
        signed_off(
            nameless,
            room.checklist,
            role="dpo",
            decision="approve",
            by="dee",
            at=NOW,
            people=people,
        )
    signed = signed_off(answered, room.checklist, role="dpo", decision="approve", by="dee", at=NOW)
    forged = signed.replace("    by: ann@example.org\n", "", 1)
    states = assess(
        room.checklist, parse_answers(forged, room.checklist), today=date(2026, 11, 20)
    ).signoffs
    assert "no author" in states[0].because


def test_a_review_by_the_author_that_was_written_by_hand_does_not_count(room, people, answered):
    reviewed = review_answer(answered, room.checklist, "a", state="accepted", by="bob", at=NOW)
    found = parse_answers(reviewed, room.checklist)
    assert assess(room.checklist, found, today=date(2026, 11, 20), people=people).accepted == 1
    forged = parse_answers(re.sub(r"by: bob", "by: a", reviewed), room.checklist)
    assert assess(room.checklist, forged, today=date(2026, 11, 20), people=people).accepted == 0
    assert (
        assess(room.checklist, forged, today=date(2026, 11, 20)).accepted == 1
    )  # nobody knows that a is ann


def test_an_owner_does_not_say_under_another_name_that_a_condition_is_met(room, people, answered):
    conditions = [{"what": "more tests", "owner": "bob", "due": "2027-01-01"}]
    text = signed_off(
        answered,
        room.checklist,
        role="dpo",
        decision="approve_with_conditions",
        by="dee",
        at=NOW,
        conditions=conditions,
        people=people,
    )
    with pytest.raises(AnswersError, match="owner of a condition"):
        met_condition(
            text, role="dpo", number=1, by="BOB@example.org", at=NOW, how="done", people=people
        )
    assert "by: ann" in met_condition(
        text, role="dpo", number=1, by="a", at=NOW, how="done", people=people
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "  - {id: a, known_as: [x]}\n  - {id: b, known_as: [X]}\n",
            "two people are known by one name",
        ),
        ("  - {id: a}\n  - {id: A}\n", "String should match"),
        ("  - {id: a}\n  - {id: b, name: A}\n", "two people are known by one name"),
        ("  - {id: a, keys: [{ssh: nonsense}]}\n", "no key that can be used"),
        ("  - {id: a, keys: [{}]}\n", "exactly one of"),
        ("  - {id: a, keys: [{ssh: x, minisign: y}]}\n", "exactly one of"),
        ("  - {id: a, kees: []}\n", "unknown key"),
        (
            "  - {id: a, keys: [{passkey: {credential: a, public_key: YQ, rp_id: x, origin: x}}]}\n",
            "match",
        ),
        (
            "  - {id: a, keys: [{passkey: {credential: a, public_key: YQ, rp_id: x, origin: 'https://x'}}]}\n",
            "no key",
        ),
    ],
)
def test_a_file_that_would_mix_people_up_is_refused(text, says):
    with pytest.raises(PeopleError, match=says):
        parse_people(HEAD + text)


def test_one_key_proves_one_person(room):
    text = room.people({"ann": "ed25519"})
    ssh = re.search(r"ssh-ed25519 \S+", text)[0]
    with pytest.raises(PeopleError, match="two people have one key"):
        parse_people(text + f"  - {{id: bo, keys: [{{ssh: {ssh}}}]}}\n")


def test_minisign_and_ssh_and_certificate_of_one_key_are_one_key(room):
    import base64

    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = ed25519.Ed25519PrivateKey.generate().public_key()
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    minisign = base64.b64encode(b"Ed" + b"12345678" + raw).decode()
    ssh = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    people = parse_people(
        HEAD + f"  - {{id: a, keys: [{{minisign: {minisign}}}, {{ssh: {ssh}}}]}}\n"
    )
    assert len({key.fingerprint for key in people.keys("a")}) == 1


def test_nobody_is_known_without_a_file():
    assert not NOBODY
    assert NOBODY.find("ann") is None
    assert NOBODY.id_of(" Ann ") == "ann"


def test_what_a_report_carries_of_people_leaves_out_addresses(people):
    carried = people.only({"ann"}).decode()
    assert "ann@example.org" not in carried
    again = parse_people(carried, source="people.json")
    assert list(again.by_id) == ["ann"]
    assert again.keys("ann")[0].fingerprint == people.keys("ann")[0].fingerprint


def test_the_example_s_people_and_statements_are_what_its_script_gives():
    import runpy
    from pathlib import Path

    from raudit.statements import check_statements, read_statements, statements_path

    root = Path(__file__).resolve().parents[2]
    script = runpy.run_path(str(root / "scripts" / "sign_example.py"))
    folder = root / "examples" / "adult-income"
    assert (folder / "people.yaml").read_text() == script["people_yaml"]()
    people = load_people(folder / "people.yaml")
    for path in sorted((folder / "answers").glob("*.yaml")):
        assert statements_path(path).read_bytes() == script["statements"](path.read_text())
        outcomes = check_statements(read_statements(path), people)
        assert outcomes
        assert all(outcome.proven for outcome in outcomes)
