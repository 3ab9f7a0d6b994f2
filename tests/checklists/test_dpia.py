"""The privacy-impact assessment: screening by hand, risk by table, and what stops it."""

from __future__ import annotations

import pytest

from raudit.checklists.form.load import shipped
from raudit.checklists.form.scope import NOT_APPLICABLE

NAME = "gdpr-dpia"
RISK = {
    "risk": "Someone outside reads incomes",
    "origin": "abnormal",
    "severity": "significant",
    "likelihood": "limited",
    "measure": "Access by role",
    "residual_severity": "limited",
    "residual_likelihood": "limited",
    "owner": "security@example.org",
    "due": "2027-01-31",
}
GOOD = {
    **{
        n: "Said in two sentences."
        for n, q in shipped(NAME).questions.items()
        if q.type == "text" and not q.show_if
    },
    "screen.always": ["none"],
    "screen.criteria": ["scoring", "large_scale"],
    "screen.national": "no",
    "describe.direct": "yes",
    "describe.free_text": "no",
    "describe.special": "no",
    "need.basis": "contract",
    "need.purpose": "same",
    "need.accurate": "checked",
    "need.minimal": "tested_no",
    "need.compared": "yes",
    "need.proxies": "no",
    "need.human": "review",
    "need.told": "before",
    "need.rights": "tried",
    "need.processors": "bound",
    "need.transfers": "stays",
    "chat.used": "no",
    "risk.list": [RISK],
    "risk.singled_out": "hardly",
    "risk.log": "yes",
    "plan.actions": [
        {
            "action": "Roles",
            "owner": "security@example.org",
            "due": "2027-01-31",
            "effect": "reduced",
        }
    ],
    "end.residual": "none_left",
    "end.decision": "approve",
    "end.review": "2027-11-20",
}


def _outcomes(result):
    return [reached.id for reached in result.outcomes]


def test_a_good_assessment(judged):
    result = judged(NAME, GOOD)
    assert [o.question for o in result.open] == []
    assert (result.level, _outcomes(result), result.blockers) == (
        "acceptable",
        ["dpia_required"],
        (),
    )
    assert result.missing_roles == ("dpo", "owner")


@pytest.mark.parametrize(
    ("always", "criteria", "national", "outcomes"),
    [
        (["none"], ["none"], "no", ["dpia_not_indicated"]),
        (["none"], ["innovative"], "no", ["dpia_recommended"]),
        (["none"], ["innovative", "vulnerable"], "no", ["dpia_required"]),
        (["none"], ["none"], "yes", ["dpia_required"]),
        (["none"], ["innovative"], "yes", ["dpia_required"]),
        (["profiling"], ["none"], "no", ["dpia_required"]),
        (["profiling"], ["scoring", "gate"], "yes", ["dpia_required"] * 3),
    ],
)
def test_screening(judged, always, criteria, national, outcomes):
    values = {"screen.always": always, "screen.criteria": criteria, "screen.national": national}
    result = judged(NAME, values)
    assert _outcomes(result) == outcomes
    assert ("screen.without" in result.visible) == (outcomes == ["dpia_recommended"])
    assert ("owner" in result.missing_roles) == ("dpia_required" in outcomes)


def test_there_are_nine_criteria_and_three_cases():
    questions = shipped(NAME).questions
    assert len(questions["screen.criteria"].options) == 9 + 1
    assert len(questions["screen.always"].options) == 3 + 1


CHAT = {
    "chat.used": "yes",
    "chat.accuracy": "measured",
    "chat.typed": "removed",
    "chat.training": "excluded",
    "chat.crossing": "held",
    "chat.told": "before",
}


def test_a_chatbot_with_one_risk_or_unchecked_accuracy_is_not_acceptable(judged):
    three = {"risk.list": [RISK, RISK, RISK]}
    assert judged(NAME, {**GOOD, **CHAT, **three}).level == "acceptable"
    assert judged(NAME, {**GOOD, **CHAT}).level == "reduce"
    unchecked = judged(NAME, {**GOOD, **CHAT, **three, "chat.accuracy": "unchecked"})
    assert unchecked.level == "reduce"
    assert len(unchecked.blockers) == 1
    assert judged(NAME, {**GOOD, **CHAT, **three, "chat.crossing": "not_tested"}).level == "reduce"
    assert len(judged(NAME, {**GOOD, **CHAT, **three, "chat.training": "happens"}).blockers) == 1
    facts = {"llm.judges_not_validated": ["right"], "llm.attacks_over_tolerance": ["injection"]}
    found = judged(NAME, {**GOOD, **CHAT, **three}, facts=facts).contradictions
    assert {item.question for item in found} == {"chat.accuracy", "chat.crossing"}


def test_the_questions_on_language_models_cannot_be_passed_by(judged):
    """By saying that there is none, in an audit of its answers, or that it does not apply."""
    (found,) = judged(NAME, GOOD, facts={"llm.turns": 80}).contradictions
    assert (found.question, found.because) == (
        "chat.used",
        "This audit read 80 recorded answers of a language model.",
    )
    assert not judged(NAME, {**GOOD, **CHAT}, facts={"llm.turns": 80}).contradictions
    (blocker,) = judged(NAME, {**GOOD, "chat.used": (NOT_APPLICABLE, "no chat")}).blockers
    assert "the question on language models" in blocker


def test_sections_stand_in_the_order_of_the_template():
    ids = [s.id for s in shipped(NAME).file.sections]
    assert ids == ["screening", "description", "necessity", "risks", "plan", "views", "conclusion"]
    decision = [option.id for option in shipped(NAME).questions["end.decision"].options]
    assert decision == ["approve", "approve_with_conditions", "reject", "refer"]


def test_an_empty_assessment_is_open_and_unsigned(judged):
    result = judged(NAME, {})
    assert (result.level, result.level_best, result.level_worst) == ("", "acceptable", "must_avoid")
    assert _outcomes(result) == []
    assert result.missing_roles == ("dpo", "owner")


@pytest.mark.parametrize(
    ("severity", "likelihood", "level"),
    [
        ("negligible", "negligible", "acceptable"),
        ("limited", "limited", "acceptable"),
        ("negligible", "maximum", "reduce"),
        ("limited", "significant", "reduce"),
        ("significant", "limited", "avoid"),
        ("maximum", "negligible", "avoid"),
        ("significant", "significant", "must_avoid"),
        ("maximum", "maximum", "must_avoid"),
    ],
)
def test_what_remains_is_read_from_the_table(judged, severity, likelihood, level):
    worse = {**RISK, "residual_severity": severity, "residual_likelihood": likelihood}
    assert judged(NAME, {**GOOD, "risk.list": [RISK, worse]}).level == level


def test_saying_that_nothing_is_left_is_held_against_the_list(judged):
    result = judged(NAME, {**GOOD, "risk.list": [{**RISK, "residual_severity": "maximum"}]})
    assert any("still holds a severe one" in blocker for blocker in result.blockers)
    assert "prior_consultation" in _outcomes(result)


def test_a_high_risk_waits_for_the_authority(judged):
    left = {**GOOD, "end.residual": "high_left"}
    assert (
        "A high risk is left and the authority has not been consulted."
        in judged(NAME, {**left, "end.authority": "no"}).blockers
    )
    asked = {**left, "end.authority": "yes"}
    assert judged(NAME, {**asked, "end.advice": "waiting"}).blockers == (
        "The authority has not answered yet, or it objects.",
    )
    assert judged(NAME, {**asked, "end.advice": "no_objection"}).blockers == ()


@pytest.mark.parametrize(
    "change",
    [
        {"need.basis": "none_yet"},
        {"need.purpose": "untested"},
        {"need.processors": "unbound"},
        {"need.transfers": "no_ground"},
        {"end.decision": "reject"},
        {"end.decision": "refer"},
        {"screen.always": ("not_applicable", "small")},
        {"risk.list": ("not_applicable", "none seen")},
        {"need.human": "nothing", "screen.criteria": ["automated", "scoring"]},
    ],
)
def test_what_stops_it(judged, change):
    assert len(judged(NAME, {**GOOD, **change}).blockers) == 1


def test_the_scan_refutes_denials(judged):
    facts = {
        "data.sha256": "0" * 64,
        "pii.columns_with_personal_data": ["email"],
        "pii.rows_alone_share": 0.4,
        "pii.free_text_columns_with_personal_data": ["notes"],
        "pii.special_category_columns": ["race"],
        "explain.proxies": ["relationship"],
        "log.kept": False,
    }
    found = [
        c.question
        for c in judged(NAME, {**GOOD, "describe.direct": "no"}, facts=facts).contradictions
    ]
    assert found == [
        "describe.direct",
        "describe.free_text",
        "describe.special",
        "need.compared",
        "need.proxies",
        "risk.singled_out",
        "risk.log",
    ]
