"""The questions in a terminal, and what happens to answers afterwards: review, comparison, migration."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from raudit.checklists import parse_answers, parse_checklist
from raudit.checklists.compare import differences, since_signed
from raudit.checklists.document import skeleton
from raudit.checklists.form.migrate import migrate
from raudit.checklists.walk import Walk
from raudit.checklists.writing import record_answer, review_answer, signed_off, withdraw_answer
from raudit.cli._assess.walk import walk_through
from raudit.errors import AnswersError

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
TEXT = """
schema: raudit.checklist/1
id: t
version: %s
title: T
about: T
source: {basis: [own], wording: own}
signoff: [{role: owner}]
%s
sections:
- id: s
  title: S
  questions:
  - {id: a, type: yes_no, text: "Is it so?", why: because, help: say, evidence: {fact: data.rows, contradicted_if: [
      {when: "ans('a') == 'no' and fact('data.rows') > 0", because: "It measured {fact:data.rows}."}]}}
  - {id: b, type: text, text: "What then?", why: because, help: say, show_if: "ans('a') == 'yes'"}
  - {id: c, type: multi, text: "Which?", why: because, help: say, none_option: none,
     options: [{id: one, text: One}, {id: two, text: Two}, {id: none, text: None of them}]}
  - {id: d, type: rows, text: "Who?", why: because, help: say,
     columns: [{id: name, text: Name}, {id: how, text: How, options: [{id: x, text: X}, {id: y, text: Y}]}]}
  - {id: e, type: number, text: "How many?", why: because, help: say}
"""
CHECKLIST = parse_checklist(TEXT % ("1.0.0", ""))
ENTER, DOWN, SPACE = "\r", "\x1b[B", " "


@pytest.fixture
def path(tmp_path):
    target = tmp_path / "a.yaml"
    target.write_text(skeleton(CHECKLIST))
    return target


def type_in(path, keys, facts=None):
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys)
        walk_through(Walk(path, CHECKLIST, by="ann", clock=lambda: NOW, facts=facts))
    return parse_answers(path.read_text(), CHECKLIST)


ALL = (
    ENTER
    + "then"
    + ENTER
    + SPACE
    + ENTER
    + ENTER
    + "Bo"
    + ENTER
    + DOWN
    + ENTER
    + ENTER
    + "12"
    + ENTER
)


def test_a_person_answers_everything(path, capsys):
    found = type_in(path, ALL)
    assert found.values == {
        "a": "yes",
        "b": "then",
        "c": ("one",),
        "d": ({"name": "Bo", "how": "y"},),
        "e": 12,
    }
    assert {answer.by for answer in found.file.answers.values()} == {"ann"}
    said = capsys.readouterr().out
    assert "5 of 5" in said
    assert "All questions are answered." in said
    assert "--role owner" in said


def test_stopping_in_the_middle_of_a_line_loses_nothing(path, capsys):
    found = type_in(path, ENTER + "half a sent" + "\x03")
    assert found.values == {"a": "yes"}
    draft = path.with_name(".a.yaml.draft")
    assert json.loads(draft.read_text()) == {"b": "half a sent"}
    assert "Go on with" in capsys.readouterr().out
    found = type_in(path, "ence" + ENTER + "\x03")
    assert found.values["b"] == "half a sentence"
    assert not draft.exists()


def test_back_unknown_not_applicable_and_later(path):
    unknown = DOWN * 2 + ENTER + ENTER + "Bo" + ENTER + "2027-01-01" + ENTER
    found = type_in(path, unknown + "\x03")
    assert (found.file.answers["a"].state, found.file.answers["a"].owner) == ("unknown", "Bo")
    found = type_in(
        path, ENTER + ENTER + "b" + ENTER + DOWN + ENTER + "\x03"
    )  # at the second question, back
    assert found.values == {"a": "no"}
    # the third: nothing ticked, does not apply, why; the fourth is left for later; the fifth is answered
    keys = (
        ENTER
        + "d"
        + ENTER
        + "no such thing"
        + ENTER
        + DOWN
        + ENTER
        + "l"
        + ENTER
        + "5"
        + ENTER
        + "n"
    )
    found = type_in(path, keys)
    assert (found.file.answers["c"].state, found.file.answers["c"].why) == (
        "not_applicable",
        "no such thing",
    )
    assert found.values == {"a": "no", "e": 5}


def test_a_half_written_row_wrong_parts_and_ticks_are_kept(path):
    found = type_in(path, ENTER + "then" + ENTER + SPACE + "\x03")  # a tick that was not entered
    assert "c" not in found.values
    found = type_in(
        path, ENTER + ENTER + "Bo" + ENTER + "\x03"
    )  # the tick is still there; a row without its last part
    assert found.values["c"] == ("one",)
    assert "d" not in found.values
    assert json.loads(path.with_name(".a.yaml.draft").read_text()) == {"d#1.name": "Bo"}
    found = type_in(
        path, ENTER + ENTER + ENTER + ENTER + "12,5" + ENTER + ENTER
    )  # Enter takes what was meant
    assert found.values["d"] == ({"name": "Bo", "how": "x"},)
    assert str(found.values["e"]) == "12.5"
    assert not path.with_name(".a.yaml.draft").exists()


def test_a_reason_is_given_before_the_answer_and_any_question_is_reached(path, capsys):
    found = type_in(
        path,
        DOWN * 2
        + ENTER
        + "r"
        + ENTER
        + "seen it"
        + ENTER
        + "https://x.test/1"
        + ENTER
        + ENTER
        + "\x03",
    )
    answer = found.file.answers["a"]
    assert (answer.value, answer.why, answer.evidence[0].path) == (
        "yes",
        "seen it",
        "https://x.test/1",
    )
    goto = (
        ENTER + "g" + ENTER + ENTER + DOWN * 4 + ENTER + "7" + ENTER
    )  # from the second question to the fifth
    found = type_in(path, goto + "n")
    assert found.values == {"a": "yes", "e": 7}
    type_in(path, "then" + ENTER + SPACE + ENTER + ENTER + "Bo" + ENTER + ENTER + ENTER)
    capsys.readouterr()
    found = type_in(
        path, "y" + ENTER + ENTER + "\x15" + "why" + ENTER
    )  # all is answered: change the first one
    assert "Look at it as a list" in capsys.readouterr().out


def test_numbers_are_asked_for_until_they_are_numbers(path):
    head = DOWN + ENTER + SPACE + ENTER + ENTER + "Bo" + ENTER + ENTER + ENTER
    found = type_in(path, head + "many" + ENTER + "\x15" + "7" + ENTER)
    assert found.values["e"] == 7


def test_a_contradiction_is_said_at_once(path, capsys):
    type_in(path, DOWN + ENTER + "\x03", facts={"data.rows": 3})
    assert "The audit measured otherwise: It measured 3." in capsys.readouterr().out


def test_a_hidden_answer_is_set_aside_and_comes_back(path):
    type_in(path, ALL)
    text = "# mine\n" + path.read_text()
    hidden = record_answer(text, CHECKLIST, "a", "no", at=NOW, by="ann")
    found = parse_answers(hidden, CHECKLIST)
    assert "b" not in found.file.answers
    assert found.file.set_aside["b"].value == "then"
    assert hidden.startswith("# mine\n")
    again = parse_answers(record_answer(hidden, CHECKLIST, "a", "yes", at=NOW, by="ann"), CHECKLIST)
    assert again.values["b"] == "then"
    assert not again.file.set_aside
    taken = parse_answers(withdraw_answer(text, CHECKLIST, "e", at=NOW), CHECKLIST)
    assert taken.file.set_aside["e"].cause == "withdrawn"


def test_a_review_is_by_somebody_else(path):
    type_in(path, ALL)
    with pytest.raises(AnswersError, match="author"):
        review_answer(path.read_text(), CHECKLIST, "a", state="accepted", by=" ANN ", at=NOW)
    text = review_answer(
        path.read_text(), CHECKLIST, "a", state="to_correct", by="bo", at=NOW, note="why?"
    )
    assert parse_answers(text, CHECKLIST).file.answers["a"].review.note == "why?"
    redone = record_answer(text, CHECKLIST, "a", "no", at=NOW, by="ann")
    assert parse_answers(redone, CHECKLIST).file.answers["a"].review.state == "pending"


def test_differences_are_told_in_words(path):
    type_in(path, ALL)
    before = path.read_text()
    after = record_answer(before, CHECKLIST, "c", ["two"], at=NOW, by="ann", why="counted again")
    found = differences(
        CHECKLIST, parse_answers(before, CHECKLIST), parse_answers(after, CHECKLIST)
    )
    assert [(c.question, c.what, c.before, c.after) for c in found] == [
        ("c", "answer", "One", "Two"),
        ("c", "reason", "", "counted again"),
    ]
    signed = signed_off(before, CHECKLIST, role="owner", decision="approve", by="cy", at=NOW)
    assert since_signed(parse_answers(signed, CHECKLIST)) == {"owner": ()}
    later = record_answer(signed, CHECKLIST, "e", "13", at=NOW, by="ann")
    assert since_signed(parse_answers(later, CHECKLIST)) == {"owner": ("e",)}


def test_answers_are_carried_over_and_nothing_is_lost(path):
    type_in(path, ALL)
    newer = TEXT % (
        "2.0.0",
        "migrations: [{from: '1', rename: {e: amount}, drop: [b], reask: [c]}]",
    )
    newer = newer.replace("{id: e, type", "{id: amount, type").replace(
        "{id: b, type", "{id: b2, type"
    )
    checklist = parse_checklist(newer)
    with pytest.raises(AnswersError, match="version"):
        parse_answers(path.read_text(), checklist)
    text, moved = migrate(path.read_text(), checklist, at=NOW)
    found = parse_answers(text, checklist)
    assert found.values == {"a": "yes", "d": ({"name": "Bo", "how": "y"},), "amount": 12}
    assert {name: aside.cause for name, aside in found.file.set_aside.items()} == {
        "b": "dropped",
        "c": "asked_anew",
    }
    assert found.file.set_aside["b"].value == "then"
    assert [(m.question, m.did) for m in moved] == [
        ("amount", "renamed"),
        ("b", "set aside"),
        ("c", "set aside"),
    ]
    assert migrate(text, checklist, at=NOW)[1] == ()
    with pytest.raises(AnswersError, match="newer version"):
        migrate(text, CHECKLIST, at=NOW)


def migrated(path, options, was, now):
    """Answers carried over to a version in which some options are called otherwise."""
    newer = TEXT % ("2.0.0", f"migrations: [{{from: '1', options: {options}}}]")
    checklist = parse_checklist(newer.replace(was, now))
    text, moved = migrate(path.read_text(), checklist, at=NOW)
    return parse_answers(text, checklist), moved


def test_an_option_is_called_otherwise_and_the_answer_is_kept(path):
    type_in(path, ALL)
    found, moved = migrated(path, "{c: {one: first}, d.how: {y: z}}", "id: one", "id: first")
    assert found.values["c"] == ("first",)
    assert [(m.question, m.did, m.because) for m in moved[:1]] == [
        ("c", "kept", "one is called first now")
    ]
    assert (
        found.file.set_aside["d"].reason == "the answer is none of those asked for now"
    )  # no option z: never guessed
    found, moved = migrated(path, "{d.how: {y: z}}", "id: y, text: Y", "id: z, text: Y")
    assert found.values["d"] == ({"name": "Bo", "how": "z"},)
    assert [(m.question, m.because) for m in moved] == [("d", "y is called z now")]


@pytest.mark.parametrize(
    ("options", "because"),
    [
        ("{c: {one: [uno, eins]}}", "'one' was split"),
        ("{c: {one: both, two: both}}", "'one' was merged with another option"),
        ("{c: {one: two}}", None),
    ],
)
def test_a_split_or_a_merge_is_asked_anew(path, options, because):
    type_in(path, ALL)
    found, moved = migrated(path, options, "nothing", "nothing")
    if because is None:  # one takes the id of two, which was not chosen: nothing is lost
        assert found.values["c"] == ("two",)
        return
    assert "c" not in found.values
    aside = found.file.set_aside["c"]
    assert (aside.cause, aside.value, aside.reason) == ("asked_anew", ["one"], because)
    assert [m.did for m in moved] == ["set aside"]


def test_two_ticked_options_that_become_one_are_asked_anew(path):
    type_in(path, ENTER + "then" + ENTER + SPACE + DOWN + SPACE + ENTER + "\x03")
    found, _moved = migrated(path, "{c: {one: two}}", "nothing", "nothing")
    assert found.file.set_aside["c"].value == ["one", "two"]


def test_a_reviewer_goes_back_and_forth_and_every_view_is_saved(path, capsys):
    from raudit.checklists.writing import review_answer, save
    from raudit.cli._assess.review import review_through

    def view(question, state, note):
        def change(text):
            return review_answer(text, CHECKLIST, question, state=state, by="bo", at=NOW, note=note)

        save(path, change, checklist=CHECKLIST)

    found = type_in(path, ALL)
    keys = (
        ENTER + "c" + ENTER + "why?" + ENTER + "b" + ENTER + ENTER + "s" + ENTER
    )  # accept, send back, back: accept
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys)
        review_through(path, CHECKLIST, found, list("abcde"), view=view)
    after = parse_answers(path.read_text(), CHECKLIST).file.answers
    assert [after[name].review.state for name in "abc"] == ["accepted", "accepted", "pending"]
    assert "3 of 5 answers were reviewed" in capsys.readouterr().out


def test_someone_decides_in_the_terminal_and_names_conditions(path):
    from raudit.checklists import assess
    from raudit.cli._assess.sign import decide

    result = assess(CHECKLIST, type_in(path, ALL), today=NOW.date())
    half = "c" + ENTER + "Again" + ENTER + "Bo" + ENTER + "\x03"
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(half)
        with pytest.raises(KeyboardInterrupt):
            decide(path, result)
        pipe.send_text("c" + ENTER + ENTER + ENTER + "31.1.2027" + ENTER + ENTER + "n")
        found = decide(path, result)
    assert found == (
        "approve_with_conditions",
        [{"what": "Again", "owner": "Bo", "due": "2027-01-31"}],
    )
    assert not path.with_name(".a.yaml.draft").exists()
