"""Laws that hold for any answers: bounds, hiding, sign-off, conformance of what is shipped."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from raudit.checklists import (
    Answers,
    answers_sha256,
    assess,
    parse_answers,
    parse_checklist,
    shipped_checklists,
)
from raudit.checklists.answers import empty_answers
from raudit.checklists.form.load import shipped
from raudit.checklists.form.schema import Kind
from raudit.errors import AnswersError, ChecklistError
from raudit.resources import resource_dir

TODAY = date(2026, 11, 21)
AIA = shipped("ca-aia")
DPIA = resource_dir("examples") / "adult-income" / "answers" / "gdpr-dpia.yaml"


def _dump(document: Any) -> str:
    out = StringIO()
    YAML().dump(document, out)
    return out.getvalue()


def _answers(values: dict[str, Any]) -> Answers:
    pin = {"id": AIA.id, "version": AIA.file.version, "sha256": AIA.sha256}
    answers = {name: {"value": value, "by": "ann@example.org"} for name, value in values.items()}
    return parse_answers(
        _dump({"schema": "raudit.answers/1", "checklist": pin, "answers": answers}), AIA
    )


@st.composite
def aia_values(draw: st.DrawFn) -> dict[str, Any]:
    """Some of the questions answered, hidden ones among them."""
    seed, share = (
        draw(st.randoms(use_true_random=False)),
        draw(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])),
    )
    found: dict[str, Any] = {}
    for name, question in AIA.questions.items():
        if seed.random() > share or not question.options:
            continue
        ids = [option.id for option in question.options]
        if question.type is Kind.MULTI:
            plain = [item for item in ids if item != question.none_option]
            found[name] = seed.sample(plain, seed.randint(1, len(plain)))
        else:
            found[name] = seed.choice(ids)
    return found


def _some(checklist: Any, seed: Any, share: float) -> Answers:
    """Some of the questions answered in some way, not applicable among the ways."""
    found: dict[str, Any] = {}
    for name, question in checklist.questions.items():
        if seed.random() > share:
            continue
        ids = [option.id for option in question.options]
        plain = [item for item in ids if item != question.none_option]
        match question.type:
            case _ if seed.random() < 0.1:
                found[name] = {"state": "not_applicable", "why": "it does not apply"}
            case Kind.MULTI if question.none_option and seed.random() < 0.3:
                found[name] = {"value": [question.none_option]}
            case Kind.MULTI:
                found[name] = {"value": seed.sample(plain, seed.randint(1, len(plain)))}
            case Kind.CHOICE:
                found[name] = {"value": seed.choice(ids)}
            case Kind.YES_NO:
                found[name] = {"value": seed.choice(["yes", "no"])}
            case Kind.NUMBER:
                found[name] = {"value": str(seed.randint(-5, 500))}
            case Kind.DATE:
                found[name] = {"value": f"2026-0{seed.randint(1, 9)}-11"}
            case Kind.ROWS:
                row = {
                    c.id: seed.choice([o.id for o in c.options])
                    if c.options
                    else "2026-01-02"
                    if c.type == "date"
                    else "3"
                    for c in question.columns
                }
                found[name] = {"value": [dict(row) for _ in range(seed.randint(1, 2))]}
            case _:
                found[name] = {"value": "some words"}
    pin = {"id": checklist.id, "version": checklist.file.version, "sha256": checklist.sha256}
    head = {"schema": "raudit.answers/1", "checklist": pin}
    return parse_answers(
        _dump({**head, "answers": {k: {**v, "by": "ann"} for k, v in found.items()}}), checklist
    )


@pytest.mark.parametrize("name", shipped_checklists())
@settings(max_examples=5, deadline=None)
@given(seed=st.randoms(use_true_random=False), share=st.sampled_from([0.0, 0.3, 0.8, 1.0]))
def test_the_score_so_far_lies_between_best_and_worst(name: str, seed: Any, share: float) -> None:
    checklist = shipped(name)
    for figure_name, figure in assess(
        checklist, _some(checklist, seed, share), today=TODAY
    ).figures.items():
        if figure.now is not None and figure.best is not None and figure.worst is not None:
            assert figure.best <= figure.now <= figure.worst, figure_name


@settings(max_examples=6, deadline=None)
@given(aia_values())
def test_finishing_stays_between_best_and_worst(values: dict[str, Any]) -> None:
    """Answer what is open, in order: the final score is one the bounds allowed for."""
    before = assess(AIA, _answers(values), today=TODAY).figures
    shown = dict(values)
    for _round in range(len(AIA.questions)):
        still = [gap.question for gap in assess(AIA, _answers(shown), today=TODAY).open]
        fill = [name for name in still if AIA.questions[name].options and name not in shown]
        if not fill:
            break
        for name in fill:
            first = AIA.questions[name].options[0].id
            shown[name] = [first] if AIA.questions[name].type is Kind.MULTI else first
    after = assess(AIA, _answers(shown), today=TODAY).figures
    for name in ("risk.score", "mitigation.score", "current"):
        low, now, high = before[name].best, after[name].now, before[name].worst
        assert low is not None
        assert now is not None
        assert high is not None
        assert low <= now <= high, name


@settings(max_examples=6, deadline=None)
@given(aia_values())
def test_a_hidden_answer_counts_nowhere_and_stays_in_the_file(values: dict[str, Any]) -> None:
    answers = _answers(values)
    full = assess(AIA, answers, today=TODAY)
    dropped = _answers({name: value for name, value in values.items() if name not in full.hidden})
    without = assess(AIA, dropped, today=TODAY)
    assert full.figures == without.figures
    assert (full.level, full.visible) == (without.level, without.visible)
    assert set(answers.values) == set(values)


@settings(max_examples=5, deadline=None)
@given(aia_values(), st.randoms(use_true_random=False))
def test_the_digest_ignores_order_and_layout(values: dict[str, Any], seed: Any) -> None:
    names = list(values)
    seed.shuffle(names)
    assert answers_sha256(_answers({n: values[n] for n in names})) == answers_sha256(
        _answers(values)
    )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("review_by",), "2039-01-01"),
        (("subject", "project"), "another"),
        (("subject", "model_sha256"), "0" * 64),
        (("checklist", "sha256"), "0" * 64),
    ],
)
def test_a_change_outside_the_answers_voids_the_sign_off(path: tuple[str, ...], value: str) -> None:
    checklist, document = shipped("gdpr-dpia"), YAML().load(DPIA.read_text())
    before = answers_sha256(parse_answers(DPIA.read_text(), checklist))
    at = document
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    answers = parse_answers(_dump(document), checklist)
    assert answers_sha256(answers) != before
    assert not any(state.holds for state in assess(checklist, answers, today=TODAY).signoffs)


def test_every_field_of_every_answer_is_covered_and_named() -> None:
    checklist = shipped("gdpr-dpia")
    for name in parse_answers(DPIA.read_text(), checklist).file.answers:
        document = YAML().load(DPIA.read_text())
        document["answers"][name]["why"] = "Changed after it was signed."
        states = assess(checklist, parse_answers(_dump(document), checklist), today=TODAY).signoffs
        assert [(s.holds, s.changed) for s in states] == [(False, (name,))] * len(states)


def test_a_signer_who_wrote_an_answer_does_not_count() -> None:
    checklist, document = shipped("gdpr-dpia"), YAML().load(DPIA.read_text())
    author = next(answer["by"] for answer in document["answers"].values() if answer.get("by"))
    document["signoffs"][0]["by"] = f" {author.upper()} "
    result = assess(checklist, parse_answers(_dump(document), checklist), today=TODAY)
    assert "author" in result.signoffs[0].because
    assert result.signoffs[0].signoff.role in result.missing_roles


def test_a_later_rejection_takes_an_approval_back() -> None:
    checklist, document = shipped("gdpr-dpia"), YAML().load(DPIA.read_text())
    document["signoffs"].append(deepcopy(document["signoffs"][0]))
    document["signoffs"][-1]["decision"] = "reject"
    result = assess(checklist, parse_answers(_dump(document), checklist), today=TODAY)
    assert document["signoffs"][0]["role"] in result.missing_roles


def test_a_rejection_blocks_also_in_a_role_that_need_not_sign() -> None:
    checklist, document = shipped("gdpr-dpia"), YAML().load(DPIA.read_text())
    assert not assess(checklist, parse_answers(_dump(document), checklist), today=TODAY).turned_down
    document["signoffs"].append(deepcopy(document["signoffs"][0]))
    document["signoffs"][-1] |= {"role": "works_council", "decision": "reject"}
    result = assess(checklist, parse_answers(_dump(document), checklist), today=TODAY)
    assert any("works_council) rejected this" in because for because in result.turned_down)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("", "nobody is to find out"),
        (", owner: bo", "no day is set"),
        (", owner: bo, due: 2026-12-01", "bo finds out by 2026-12-01"),
        (", owner: bo, due: 2026-11-01", "which has passed"),
    ],
)
def test_what_nobody_knows_stays_open_and_says_whose_turn_it_is(more: str, says: str) -> None:
    head = HEAD.replace("0" * 64, AIA.sha256)
    found = parse_answers(f"{head}answers: {{phase: {{state: unknown{more}}}}}", AIA)
    assert any(
        says in gap.reason
        for gap in assess(AIA, found, today=TODAY).open
        if gap.question == "phase"
    )


def test_an_old_review_has_expired() -> None:
    checklist = shipped("gdpr-dpia")
    assert assess(
        checklist, parse_answers(DPIA.read_text(), checklist), today=date(2031, 1, 1)
    ).expired


@pytest.mark.parametrize("name", shipped_checklists())
def test_what_is_shipped_explains_every_question(name: str) -> None:
    checklist = shipped(name)
    for question in checklist.questions.values():
        assert min(len(question.why), len(question.help)) > 10, question.id
        assert question.text.strip(), question.id
        assert question.maps_to, question.id


HEAD = (
    "schema: raudit.answers/1\nchecklist: {id: ca-aia, version: 1.0.0, sha256: " + "0" * 64 + "}\n"
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD.replace("1.0.0", "9.0.0"), "version"),
        (HEAD.replace("ca-aia", "other"), "another checklist"),
        (HEAD + "answers: {nothing: {value: x}}", "no question"),
        (HEAD + "answers: {phase: {value: item99}}", "does not answer"),
        (HEAD + "answers: {phase: {state: not_applicable}}", "not why"),
        (HEAD + "a: &a [x]\nb: *a", ""),
        (HEAD + "answers: {phase: {value: item1}, phase: {value: item2}}", ""),
        (HEAD + "answers: " + "[" * 5000, ""),
        (HEAD + "answers: !!python/object/apply:os.system [ls]", ""),
        (HEAD.replace("answers/1", "answers/2"), ""),
        ("", ""),
        ("- 1", "not a mapping"),
    ],
)
def test_a_hostile_answers_file_is_a_clean_error(text: str, says: str) -> None:
    with pytest.raises(AnswersError) as caught:
        parse_answers(text, AIA)
    assert says in str(caught.value)


@pytest.mark.parametrize("word", ["no", "NO", "off", "12:30:00", "1e3"])
def test_words_that_yaml_would_turn_into_something_else_stay_words(word: str) -> None:
    checklist = parse_checklist(
        "schema: raudit.checklist/1\nid: t\nversion: 1.0.0\ntitle: T\nabout: T\nsource: {basis: [own], wording: own}\n"
        "sections:\n- id: s\n  title: S\n  questions:\n"
        "  - {id: q, type: text, text: Q, why: because, help: say}\n"
    )
    head = HEAD.replace("ca-aia", "t")
    assert parse_answers(f"{head}answers: {{q: {{value: {word}}}}}", checklist).values["q"] == word


SMALL = """
schema: raudit.checklist/1
id: t
version: 1.0.0
title: T
about: T
source: {basis: [own], wording: own}
sections:
- id: s
  title: S
  questions:
  - {id: a, type: yes_no, text: A, why: because, help: say%s}
  - {id: b, type: yes_no, text: B, why: because, help: say}
scoring: {values: {v: {expr: "1"}}, level: {of: %s, bands: [{id: x%s, because: y}]}}
"""


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ((", show_if: \"ans('b') == 'yes'\"", "v", ""), "looks ahead"),
        ((", show_if: \"ans('a') == 'yes'\"", "v", ""), "looks ahead"),
        (("", "w", ""), "of no value"),
        (("", "v", ', upto: "3"'), "last band"),
    ],
)
def test_a_checklist_that_cannot_work_is_refused(parts: tuple[str, str, str], says: str) -> None:
    parse_checklist(SMALL % ("", "v", ""))
    with pytest.raises(ChecklistError, match=says):
        parse_checklist(SMALL % parts)


def test_a_checklist_that_names_a_missing_question_is_refused() -> None:
    text = (resource_dir("checklists") / "ca-aia.yaml").read_text()
    text += "\nblock_if:\n- {when: \"ans('x') == 'y'\", because: no}\n"
    with pytest.raises(ChecklistError):
        parse_checklist(text)


def test_an_open_question_whose_every_answer_has_points_leaves_the_score_inside_its_span() -> None:
    """The score so far counts it as nothing; best and worst hold that and everything it can still become."""
    checklist = parse_checklist(
        "schema: raudit.checklist/1\nid: t\nversion: 1.0.0\ntitle: T\nabout: T\nsource: {basis: [own], wording: own}\n"
        "sections:\n- id: s\n  title: S\n  pool: p\n  questions:\n"
        "  - id: up\n    type: choice\n    text: Q\n    why: because\n    help: say\n"
        "    options: [{id: a, text: A, points: 2}, {id: b, text: B, points: 5}]\n"
        "  - id: down\n    type: choice\n    text: Q\n    why: because\n    help: say\n    pool: n\n"
        "    options: [{id: a, text: A, points: -2}, {id: b, text: B, points: -5}]\n"
        "scoring:\n  pools: {p: {}, n: {}}\n"
        '  level: {of: p.score, bands: [{id: low, upto: "1"}, {id: mid, upto: "3"}, {id: high}]}\n'
    )
    result = assess(checklist, empty_answers(checklist), today=TODAY)
    for name in ("p.score", "n.score"):
        figure = result.figures[name]
        assert figure.best <= figure.now <= figure.worst
    assert (result.figures["p.score"].worst, result.figures["n.score"].best) == (5, -5)
    assert [result.level_best, result.level, result.level_worst] == ["low", "low", "high"]
    assert not result.complete


COUNTED = parse_checklist("""
schema: raudit.checklist/1
id: counted
version: 1.0.0
title: T
about: T
source: {basis: [own], wording: own}
tables:
  t: {row: bad, col: often, rows: [l, h], cols: [l, h], order: [small, large], cells: [[small, small], [small, large]]}
sections:
- id: s
  title: S
  questions:
  - {id: a, type: text, text: Q, why: because, help: say}
  - {id: b, type: multi, text: Q, why: because, help: say, none_option: n,
     options: [{id: x, text: X}, {id: y, text: Y}, {id: n, text: N}]}
  - {id: c, type: date, text: Q, why: because, help: say, show_if: "has('b', 'x')"}
  - {id: r, type: rows, text: Q, why: because, help: say, columns: [
     {id: bad, text: B, options: [{id: l, text: L}, {id: h, text: H}]},
     {id: often, text: O, options: [{id: l, text: L}, {id: h, text: H}]}]}
scoring:
  values:
    told: {expr: "answered('a') + answered('b') + answered('c') + answered('r')"}
    untold: {expr: "(not answered('a')) + (not answered('c'))"}
    chosen: {expr: "2 * has('b', 'x') - has('b', 'y')"}
    share: {expr: "100 * told / 4"}
    weighed: {expr: "round(0.5 * told) if answered('a') else 10"}
    rows: {expr: "any_row('r', 'bad', 'h') + (rows('r') > 1)"}
    worst: {expr: "worst('r', 't')"}
    least: {expr: "min(told, chosen, 3)"}
    longest: {expr: "max(told, count('b'), untold)"}
    both: {expr: "answered('a') and has('b', 'y')"}
    strange: {expr: "ans('a') + 1"}
""")
ROW = st.fixed_dictionaries({"bad": st.sampled_from("lh"), "often": st.sampled_from("lh")})
GIVEN = {
    "a": st.just("words"),
    "b": st.sampled_from([["x"], ["y"], ["x", "y"], ["n"]]),
    "c": st.just("2026-01-01"),
    "r": st.lists(ROW, min_size=1, max_size=3),
}


def _counted(values: dict[str, Any]) -> Any:
    entries = {
        name: {"state": "not_applicable", "why": "no"} if value is None else {"value": value}
        for name, value in values.items()
    }
    pin = {"id": "counted", "version": "1.0.0", "sha256": COUNTED.sha256}
    text = _dump({"schema": "raudit.answers/1", "checklist": pin, "answers": entries})
    return assess(COUNTED, parse_answers(text, COUNTED), today=TODAY).figures


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries({}, optional={name: st.none() | value for name, value in GIVEN.items()}),
    st.fixed_dictionaries({name: st.none() | value for name, value in GIVEN.items()}),
)
def test_figures_that_count_answers_say_where_they_can_end(
    some: dict[str, Any], rest: dict[str, Any]
) -> None:
    """Whatever the open questions are answered with, the figure ends between best and worst."""
    before, after = _counted(some), _counted({**rest, **some})
    for name in (
        "told",
        "untold",
        "chosen",
        "share",
        "rows",
        "worst",
        "least",
        "longest",
        "weighed",
    ):
        figure, end = before.get(name), after.get(name)
        if end is None or end.now is None:
            continue  # it rests on an answer that was set aside
        assert figure is not None, name
        assert figure.best is not None, name
        assert figure.worst is not None, name
        assert figure.best <= end.now <= figure.worst, name
        if figure.now is not None:
            assert figure.best <= figure.now <= figure.worst, name
    assert not {"both", "strange"} & set(before)


def test_a_count_of_answers_spans_from_none_to_all() -> None:
    figures = _counted({})
    assert [(figures["told"].now, figures["told"].best, figures["told"].worst)] == [(0, 0, 4)]
    assert (figures["share"].best, figures["share"].worst) == (0, 100)
    assert (figures["chosen"].now, figures["chosen"].best, figures["chosen"].worst) == (None, -1, 2)
    assert (figures["worst"].best, figures["worst"].worst) == (-1, 1)
