"""Canada's assessment gives the officially computed results."""

from __future__ import annotations

import json
from datetime import date

from raudit.checklists import assess
from raudit.checklists.answers import empty_answers
from raudit.checklists.form.load import shipped
from raudit.checklists.form.official import answers_from_official

TODAY = date(2026, 11, 21)
LEVELS = {"I": 1, "II": 2, "III": 3, "IV": 4}


def _official(data):
    checklist = shipped("ca-aia")
    result = assess(checklist, answers_from_official(checklist, data), today=TODAY)
    figures = result.figures
    return [
        figures["risk.score"].now,
        figures["mitigation.score"].now,
        figures["current"].now,
        LEVELS[result.level],
    ]


def test_maxima_are_the_official_ones():
    checklist = shipped("ca-aia")
    figures = assess(checklist, empty_answers(checklist), today=TODAY).figures
    assert (figures["risk.max"].now, figures["mitigation.max"].now) == (167, 77)


def test_official_cases(vectors):
    cases = json.loads((vectors / "aia" / "cases.json").read_text())["cases"]
    assert len(cases) == 17
    for case in cases:
        expected = case["expected_after_complete"]
        wanted = [expected[k] for k in ("raw", "mitigation", "current", "level")]
        assert _official(case["data"]) == wanted, case["id"]


def test_official_random_sets(vectors):
    sets = json.loads((vectors / "aia" / "random100.json").read_text())
    assert len(sets) == 100
    for case in sets:
        assert _official(case["d"]) == case["b"]


def test_an_empty_form_does_not_look_finished_or_harmless():
    checklist = shipped("ca-aia")
    result = assess(checklist, empty_answers(checklist), today=TODAY)
    assert not result.complete
    assert result.figures["current"].worst == 167
    assert result.level_worst == "IV"
    assert result.missing_roles == ("approver",)


def test_an_answer_that_an_audit_does_not_bear_out_is_contradicted():
    checklist = shipped("ca-aia")
    data = {"projectDetailsPhase": "item1", "impact18": "item2-0", "aboutDataSource1": "item2-0"}
    answers = answers_from_official(checklist, data)
    facts = {"data.sha256": "0" * 64, "pii.columns_with_personal_data": ["notes"]}
    found = assess(checklist, answers, facts=facts, today=TODAY).contradictions
    assert [c.question for c in found] == ["impact.groups", "data.personal"]
    assert "notes" in found[1].because


def test_without_an_audit_nothing_is_contradicted():
    checklist = shipped("ca-aia")
    answers = answers_from_official(
        checklist, {"projectDetailsPhase": "item1", "impact18": "item2-0"}
    )
    assert assess(checklist, answers, today=TODAY).contradictions == ()
