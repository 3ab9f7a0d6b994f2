"""Answers in other forms: nothing is lost, nothing is a formula, and the standards' own shapes hold."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raudit.checklists import assess, load_answers, parse_answers, parse_checklist
from raudit.checklists.answers import empty_answers
from raudit.checklists.exchange import from_workbook, html, in_toto, markdown, oscal, workbook
from raudit.checklists.form.load import shipped
from raudit.checklists.writing import record_answer
from raudit.errors import AnswersError
from raudit.resources import resource_dir

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
FOLDER = resource_dir("examples") / "adult-income" / "answers"
NAMES = ("gdpr-dpia", "launch-readiness", "threat-model")
SMALL = parse_checklist("""
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
  - {id: a, type: text, text: A, why: because, help: say}
  - {id: b, type: rows, text: B, why: because, help: say, columns: [{id: x, text: X}, {id: y, text: Y}]}
  - {id: c, type: number, text: C, why: because, help: say}
""")
HEAD = f"schema: raudit.answers/1\nchecklist: {{id: t, version: 1.0.0, sha256: {SMALL.sha256}}}\n"


@pytest.fixture(params=NAMES)
def example(request):
    checklist = shipped(request.param)
    return checklist, load_answers(FOLDER / f"{request.param}.yaml", checklist)


def test_the_examples_survive_excel(example):
    checklist, answers = example
    content = workbook(checklist, answers, at=NOW)
    assert content == workbook(checklist, answers, at=NOW)
    again = parse_answers(from_workbook(content, checklist), checklist)
    assert again.file == answers.file
    assert again.values == answers.values
    assert all(state.holds for state in assess(checklist, again, today=date(2026, 11, 21)).signoffs)


words = st.text(st.characters(blacklist_categories=("Cs",)), min_size=1, max_size=40).filter(
    lambda t: t.strip()
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    a=words,
    why=words,
    cells=st.lists(st.tuples(words, words), min_size=1, max_size=3),
    number=st.integers(-9, 9),
)
def test_any_answer_survives_excel(a, why, cells, number):
    text = HEAD + "answers:\n"
    for name, value in (("a", a), ("b", [{"x": x, "y": y} for x, y in cells]), ("c", str(number))):
        try:
            text = record_answer(text, SMALL, name, value, at=NOW, by="=cmd()", why=why)
        except AnswersError:  # a character that YAML itself cannot hold
            return
    answers = parse_answers(text, SMALL)
    assert (
        parse_answers(from_workbook(workbook(SMALL, answers, at=NOW), SMALL), SMALL).file
        == answers.file
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t="])
def test_no_cell_is_a_formula(start):
    from openpyxl import load_workbook

    text = record_answer(HEAD + "answers:\n", SMALL, "a", f"{start}1+1", at=NOW, by="ann")
    book = load_workbook(io.BytesIO(workbook(SMALL, parse_answers(text, SMALL), at=NOW)))
    kinds = {
        cell.data_type
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }
    assert kinds == {"s"}


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a workbook"])
def test_what_is_no_workbook_is_one_clear_error(content):
    with pytest.raises(AnswersError, match="no workbook"):
        from_workbook(content, SMALL)


def test_pages_say_everything_and_run_nothing(example):
    checklist, answers = example
    result = assess(checklist, answers, today=date(2026, 11, 21))
    page, text = html(result), markdown(result)
    for name in result.visible:
        assert f"<code>{name}</code>" in page
        assert f"`{name}`" in text
    assert "<script" not in page
    assert not re.search(r"(src|href)=", page)


def test_markup_in_an_answer_stays_text():
    text = record_answer(
        HEAD + "answers:\n", SMALL, "a", "<script>x</script> *b* [l](u)", at=NOW, by="ann"
    )
    result = assess(SMALL, parse_answers(text, SMALL), today=date(2026, 11, 21))
    assert "&lt;script&gt;" in html(result)
    assert "<script" not in markdown(result)
    assert r"\*b\* \[l\](u)" in markdown(result)


def test_oscal(example):
    checklist, answers = example
    result = assess(checklist, answers, today=date(2026, 11, 21))
    made = oscal(result, at=NOW)
    assert made == oscal(result, at=NOW)
    found = made["assessment-results"]["results"][0]
    seen = {item["uuid"] for item in found["observations"]}
    assert len(seen) == len(result.visible)
    assert all(
        o["observation-uuid"] in seen for f in found["findings"] for o in f["related-observations"]
    )
    satisfied = {
        f["title"] for f in found["findings"] if f["target"]["status"]["state"] == "satisfied"
    }
    assert bool(satisfied) == (
        not result.blockers and not result.turned_down and not result.missing_roles
    )
    model = pytest.importorskip(
        "trestle.oscal.assessment_results", reason="the OSCAL models are not installed"
    )
    model.Model(**json.loads(json.dumps(made)))


def test_in_toto(example):
    checklist, answers = example
    result = assess(checklist, answers, today=date(2026, 11, 21))
    made = in_toto(result, name="a.yaml", sha256="0" * 64)
    assert set(made) == {"_type", "subject", "predicateType", "predicate"}
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["subject"][0] == {"name": "a.yaml", "digest": {"sha256": "0" * 64}}
    assert made["predicate"]["blockers"] == list(result.blockers)
    assert len(made["predicate"]["signoffs"]) == len(answers.file.signoffs)


def test_new_rows_are_filled_in_without_numbering_them() -> None:
    from openpyxl import load_workbook

    checklist = shipped("launch-readiness")
    book = load_workbook(
        io.BytesIO(
            workbook(checklist, empty_answers(checklist), at=datetime(2026, 11, 21, tzinfo=UTC))
        )
    )
    sheet = book["Lists"]
    lines = [row for row in sheet.iter_rows(min_row=2) if row[0].value == "problem.guardrails"]
    assert [row[1].value for row in lines] == ["new"] * 4
    for row, text in zip(lines, ("Ratio", "0.8", "stop", "Ines"), strict=True):
        row[3].value = text
    for key, text in (("metric", "Repaid"), ("limit", "3")):
        sheet.append(["problem.guardrails", "new", key, text])
    out = io.BytesIO()
    book.save(out)
    found = parse_answers(from_workbook(out.getvalue(), checklist), checklist)
    assert found.values["problem.guardrails"] == (
        {"metric": "Ratio", "limit": "0.8", "action": "stop", "owner": "Ines"},
        {"metric": "Repaid", "limit": "3"},
    )
    assert set(found.file.answers) == {"problem.guardrails"}
    offered = [rule.formula1 for rule in sheet.data_validations.dataValidation]
    assert '"minor,moderate,serious,severe"' in offered
