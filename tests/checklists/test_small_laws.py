"""Small pieces of an assessment, each held against what it says of itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from raudit.checklists import assess
from raudit.checklists.answers import Answer, parse_answers
from raudit.checklists.assess.facts import _places
from raudit.checklists.assess.gaps import _unknown, accepted
from raudit.checklists.assess.scoring import _most
from raudit.checklists.assess.signed import _after, turning_days
from raudit.checklists.compare import differences
from raudit.checklists.form.lattice import Range
from raudit.checklists.form.load import parse_checklist
from raudit.checklists.walk import _state
from raudit.checklists.writing import entry_digest, record_answer, review_answer
from raudit.checklists.writing.entries import tidy
from raudit.errors import AnswerConflict, AnswersError
from raudit.evidence import AssessmentFiles
from raudit.findings import Finding, Status
from raudit.people import parse_people
from raudit.policy.proof import Decision, judged_again
from raudit.stages.assessments.judged import Judged
from raudit.stages.assessments.verdicts import verdicts

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FORM = """\
schema: raudit.checklist/1
id: small
version: 1.0.0
title: Small
about: A small checklist.
source: {basis: [none]}
sections:
  - id: s
    title: The only section
    questions:
      - {id: a, type: text, text: "A?", why: because, help: say}
      - {id: b, type: text, text: "B?", why: because, help: say, show_if: "ans('a') == 'show'"}
      - {id: c, type: text, text: "C?", why: because, help: say, required: false}
      - id: d
        type: rows
        text: "D?"
        why: because
        help: say
        required: false
        columns:
          - {id: one, type: text, text: "One?"}
          - {id: two, type: text, text: "Two?", required: false}
signoff: [{role: owner}, {role: dpo}]
"""
CHECKLIST = parse_checklist(FORM)
HEAD = (
    "schema: raudit.answers/1\n"
    f"checklist: {{id: small, version: 1.0.0, sha256: {CHECKLIST.sha256}}}\n"
    "subject: {project: Credit}\n"
)


def answer(**said: object) -> Answer:
    return Answer.model_validate(said)


@pytest.mark.parametrize(
    ("required", "said", "gap", "because", "state"),
    [
        (True, {"value": "x"}, "", "measured otherwise", "contradicted"),
        (True, {"state": "unknown"}, "unknown", "measured otherwise", "contradicted"),
        (True, {"state": "unknown"}, "unknown", "", "unknown"),
        (True, {"state": "not_applicable", "why": "w"}, "", "", "not_applicable"),
        (
            True,
            {"value": "x", "review": {"state": "to_correct"}},
            "to be corrected",
            "",
            "to_correct",
        ),
        (True, {"value": "x"}, "no evidence", "", "open"),
        (True, {"value": "x"}, "", "", "answered"),
        (False, {"value": "x"}, "", "", "answered"),
        (True, None, "not answered", "", "open"),
        (True, None, "", "", "open"),
        (False, None, "", "", "optional"),
        (False, None, "row 1 lacks one", "", "open"),
    ],
)
def test_the_state_of_a_step(required, said, gap, because, state):
    question = CHECKLIST.questions["a" if required else "c"]
    given = None if said is None else answer(**said)
    assert _state(question, given, gap, because) == state


def changes(before: str, after: str) -> dict[tuple[str, str], tuple[str, str]]:
    one, two = (parse_answers(HEAD + text, CHECKLIST) for text in (before, after))
    found = differences(CHECKLIST, one, two)
    return {(item.question, item.what): (item.before, item.after) for item in found}


def test_what_an_answer_was_and_is_stands_in_words():
    x, gone = "answers:\n  a: {value: x, by: ann}\n", "answers: {}\n"
    assert changes(x, x) == {}
    unknown = "answers:\n  a: {state: unknown, by: ann, owner: olu, due: 2027-01-31}\n"
    assert changes(x, unknown) == {
        ("a", "answer"): ("x", "unknown"),
        ("a", "owner"): ("", "olu"),
        ("a", "due"): ("", "2027-01-31"),
    }
    idle = "answers:\n  a: {state: not_applicable, why: none here, by: ann}\n"
    assert changes(x, idle) == {
        ("a", "answer"): ("x", "does not apply"),
        ("a", "reason"): ("", "none here"),
    }
    rows = "answers:\n  d: {value: [{one: p, two: q}, {one: r}], by: ann}\n"
    assert changes(gone, rows)["d", "answer"] == ("", "one: p; two: q | one: r")
    said = "value: x, cause: withdrawn, moved_at: 2026-11-20T12:00:00Z"
    aside = f"set_aside:\n  a: {{{said}}}\n"
    assert changes(x, aside) == {
        ("a", "answer"): ("x", ""),
        ("a", "author"): ("ann", ""),
        ("a", "review"): ("pending", ""),
        ("a", "asked"): ("", "set aside (withdrawn)"),
    }


@pytest.mark.parametrize(
    ("day", "period", "then"),
    [
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2028-01-31", "P1M", "2028-02-29"),
        ("2026-11-30", "P1M", "2026-12-30"),
        ("2026-12-31", "P1M", "2027-01-31"),
        ("2026-10-31", "P2M", "2026-12-31"),
        ("2026-08-31", "P25M", "2028-09-30"),
        ("2026-12-05", "P12M", "2027-12-05"),
        ("2026-12-31", "P24M", "2028-12-31"),
        ("2026-11-20", "P45D", "2027-01-04"),
        ("9999-12-31", "P1M", "9999-12-31"),
        ("9999-11-30", "P1M", "9999-12-30"),
        ("9999-12-31", "P1D", "9999-12-31"),
    ],
)
def test_a_period_after_a_day(day, period, then):
    assert _after(date.fromisoformat(day), period) == date.fromisoformat(then)


def question_of(name: str, points: int) -> SimpleNamespace:
    option = SimpleNamespace(id="yes", points=Decimal(points))
    return SimpleNamespace(id=name, options=(option,), none_option="", type="single")


def test_the_most_points_of_a_pool_lie_between_what_is_shown_and_what_may_be():
    pool = [question_of("shown", 3), question_of("open", 4), question_of("hidden", 5)]
    scope = SimpleNamespace(visible={"shown": True, "open": None, "hidden": False})
    assert _most(scope, pool, declared=True) == Decimal(12)
    assert _most(scope, pool, declared=False) == Range(Decimal(3), Decimal(7))
    assert _most(scope, pool[::2], declared=False) == Decimal(3)
    assert _most(scope, [], declared=False) == Decimal(0)


@pytest.mark.parametrize(
    ("calls", "facts", "places"),
    [
        ([("fact", ("m",)), ("measured", ("n",))], {"m": 1, "n": 1}, ["m"]),
        ([("measured", ("n",)), ("fact", ("m",))], {"m": 1}, ["m", "n"]),
        ([("measured", ("n",))], {"n": 1}, ["n"]),
        ([("measured", ("n",))], {}, ["n"]),
        ([("fact", ("m",)), ("fact", ("m",)), ("fact", ())], {"m": 1}, ["m"]),
        ([("ans", ("a",)), ("fact", ("m",))], {"a": 1, "m": 1}, ["m"]),
    ],
)
def test_where_the_facts_of_a_condition_stand(calls, facts, places):
    checklist = SimpleNamespace(expressions={"when": SimpleNamespace(calls=lambda: calls)})
    sources = SimpleNamespace(place=lambda fact, held: (fact, held is facts))
    assert _places(checklist, "when", facts, sources) == tuple((fact, True) for fact in places)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "unknown, and nobody is to find out"),
        ({"owner": "olu"}, "unknown; olu finds out, and no day is set"),
        ({"owner": "olu", "due": "2026-11-20"}, "unknown; olu finds out by 2026-11-20"),
        (
            {"owner": "olu", "due": "2026-11-19"},
            "unknown; olu was to find out by 2026-11-19, which has passed",
        ),
    ],
)
def test_what_an_unknown_answer_waits_for(said, words):
    assert _unknown(answer(state="unknown", **said), AT.date()) == words


def test_an_answer_that_is_asked_again_comes_back_where_it_stood_and_as_it_was():
    text = HEAD + (
        "answers:\n  a: {value: show, by: ann}\n  c: {value: z, by: ann}\n"
        "set_aside:\n  b: {value: y, by: bob, cause: hidden, reason: not asked, "
        "moved_at: 2026-11-19T12:00:00Z}\n"
    )
    back = tidy(text, CHECKLIST, at=AT)
    found = parse_answers(back, CHECKLIST)
    assert list(found.file.answers) == ["a", "b", "c"]  # in the order of the questions
    assert (found.values["b"], found.file.answers["b"].by) == ("y", "bob")
    assert not found.file.set_aside
    for word in ("cause", "reason", "moved_at"):
        assert word not in back
    withdrawn = text.replace("cause: hidden", "cause: withdrawn")
    assert tidy(withdrawn, CHECKLIST, at=AT) == withdrawn  # whoever took it back meant it
    assert tidy(HEAD + "answers: {}\n", CHECKLIST, at=AT) == HEAD + "answers: {}\n"


GIVEN = HEAD + "answers:\n  a: {value: x, by: ann}\n  c: {value: z}\n"
PEOPLE = parse_people(
    "schema: raudit.people/1\npeople:\n  - {id: ann, known_as: A}\n  - {id: bob, known_as: B}\n"
)


@pytest.mark.parametrize(
    ("question", "by", "reference", "words"),
    [
        ("b", "bob", "review-no-answer", "'b' is not answered"),
        ("c", "bob", "review-no-author", "the answer names no author"),
        ("a", " ", "review-no-reviewer", "a review names a reviewer"),
        ("a", "Ann", "review-author", "an author cannot review the own answer"),
        ("z", "bob", "no-question", "there is no question 'z'"),
    ],
)
def test_what_is_no_review(question, by, reference, words):
    with pytest.raises(AnswersError, match=words) as refused:
        review_answer(GIVEN, CHECKLIST, question, state="accepted", by=by, at=AT)
    assert refused.value.reference == reference


def test_a_review_is_written_whole_and_names_a_known_reviewer_by_id():
    text = review_answer(
        GIVEN, CHECKLIST, "a", state="to_correct", by="B", at=AT, note="p\r\nq", people=PEOPLE
    )
    review = parse_answers(text, CHECKLIST).file.answers["a"].review
    assert (review.state, review.by, review.at, review.note) == ("to_correct", "bob", AT, "p\nq")
    assert "\r" not in text
    plain = review_answer(GIVEN, CHECKLIST, "a", state="accepted", by="bob", at=AT)
    assert "note" not in plain
    with pytest.raises(AnswersError, match="own answer") as refused:
        review_answer(GIVEN, CHECKLIST, "a", state="accepted", by="A", at=AT, people=PEOPLE)
    assert refused.value.got == "ann"


def test_where_people_hold_the_role_of_reviewer_only_they_review():
    text = (
        "schema: raudit.people/1\npeople:\n  - {id: ann}\n  - {id: bob}\n"
        "  - {id: eve, roles: [{role: reviewer, systems: [SYSTEM]}]}\n"
    )
    elsewhere = parse_people(text.replace("SYSTEM", "Cards"))
    here = parse_people(text.replace("SYSTEM", "Credit"))

    def review(by, people):
        return review_answer(GIVEN, CHECKLIST, "a", state="accepted", by=by, at=AT, people=people)

    by_bob = parse_answers(review("bob", elsewhere), CHECKLIST)
    assert accepted(by_bob, "a", elsewhere)
    with pytest.raises(AnswersError) as refused:
        review("bob", here)
    assert (refused.value.reference, refused.value.got) == ("review-role", "bob")
    assert not accepted(by_bob, "a", here)  # nor does it count if it stands there
    assert accepted(parse_answers(review("eve", here), CHECKLIST), "a", here)
    outcome = SimpleNamespace(
        statement=SimpleNamespace(person="bob", system="Credit"), sha256="s", proven=True
    )
    given = Decision(
        assessment="small", what="review", of="a", by="bob", proven=True, statement="s"
    )
    for people, proven in ((elsewhere, True), (here, False)):
        (again,) = judged_again([given], people, [outcome])
        assert again.proven is proven


def test_of_two_writers_the_second_is_shown_theirs_and_mine():
    read = entry_digest(GIVEN, "a")
    text = record_answer(GIVEN, CHECKLIST, "a", "theirs", at=AT, by="ann")
    with pytest.raises(AnswerConflict) as refused:
        review_answer(
            text, CHECKLIST, "a", state="accepted", by="bob", at=AT, note="n", made_from=read
        )
    conflict = refused.value
    assert conflict.reference == "answer-changed"
    assert conflict.mine == {"review": {"state": "accepted", "by": "bob", "note": "n"}}
    assert conflict.theirs["value"] == "theirs"
    assert conflict.got == (
        "theirs: value 'theirs', by 'ann', at '2026-11-20T12:00:00Z'; "
        "mine: review {'state': 'accepted', 'by': 'bob', 'note': 'n'}"
    )
    left = HEAD + "answers: {}\n"
    with pytest.raises(AnswerConflict) as refused:
        record_answer(left, CHECKLIST, "a", "mine", at=AT, by="ann", why="w", made_from=read)
    assert refused.value.got.startswith("theirs: no answer; mine: value 'mine'")
    assert "why 'w'" in refused.value.got


def test_the_days_after_which_answers_may_come_to_something_else():
    text = HEAD + (
        "review_by: 2027-05-01\n"
        "answers:\n  a: {state: unknown, by: ann, owner: olu, due: 2027-01-31}\n"
        "  c: {value: z, by: ann, owner: olu, due: 2027-02-01}\n"
        f"signoffs:\n  - {{role: dpo, decision: approve_with_conditions, by: dee, at: 2026-11-20T12:00:00Z, "
        f"covers_sha256: {'0' * 64}, conditions: [{{what: w, owner: olu, due: 2027-03-01}}]}}\n"
    )
    days = turning_days(CHECKLIST, parse_answers(text, CHECKLIST))
    held = _after(date(2026, 11, 20), CHECKLIST.file.review.valid_for)
    given = date(2026, 11, 20)
    assert set(days) == {given, date(2027, 1, 31), date(2027, 3, 1), date(2027, 5, 1), held}
    assert list(days) == sorted(days)


def test_questions_that_may_be_left_open_are_not_called_answered() -> None:
    def complete(given: str, form: str = FORM) -> Finding:
        checklist = parse_checklist(form)
        head = HEAD.replace(str(CHECKLIST.sha256), str(checklist.sha256))
        result = assess(checklist, parse_answers(head + given, checklist), today=AT.date())
        nowhere = Path("form.yaml")
        files = AssessmentFiles(
            checklist="small", checklist_path=nowhere, answers_path=None, anchor="assessments.0"
        )
        judged = Judged(result, files, identity="stated", system="Credit", today=AT.date())
        return next(f for f in verdicts(judged) if f.rule == "RA-ASMT-001")

    some = complete("answers:\n  a: {value: x, by: ann}\n")
    assert some.status is Status.PASSED
    assert "every question that must be answered is, 1 of 3 in all" in some.statement
    shown = "    title: T\n    show_if: \"measured('llm.turns')\"\n"
    hidden = FORM.replace("    title: The only section\n", shown)
    none = complete("answers: {}\n", hidden)
    assert none.status is Status.INDETERMINATE
    assert none.statement == "Small: no question is shown, so nothing was answered."
