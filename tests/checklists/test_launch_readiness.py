"""launch-readiness: blockers, the lowest section, what is shown, what the evidence refutes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.checklists.launch_answers import READY, TODAY, assessed

from raudit.checklists import assess, parse_checklist
from raudit.checklists.answers import empty_answers
from raudit.checklists.form.load import shipped
from raudit.checklists.form.schema import Kind
from raudit.errors import ChecklistError
from raudit.resources import resource_dir

LAUNCH = shipped("launch-readiness")
UNKNOWN = {"state": "unknown", "owner": "sam@example.org", "due": "2026-12-01"}
NOT_APPLICABLE = {"state": "not_applicable", "why": "We do without."}


def changed(**values: Any) -> dict[str, Any]:
    return READY | {name.replace("__", "."): value for name, value in values.items()}


def test_a_full_set_of_good_answers_is_ready() -> None:
    result = assessed(LAUNCH, READY)
    assert (result.level, result.level_best, result.level_worst) == ("ready", "ready", "ready")
    assert result.complete
    assert not result.blockers
    assert result.missing_roles == ("owner", "risk")


def test_a_first_time_user_sees_at_most_fifty_questions() -> None:
    assert len(LAUNCH.questions) == 60
    assert 35 <= len(assess(LAUNCH, empty_answers(LAUNCH), today=TODAY).visible) <= 50


def test_an_empty_form_is_neither_ready_nor_judged() -> None:
    result = assess(LAUNCH, empty_answers(LAUNCH), today=TODAY)
    assert result.level == ""
    assert (result.level_best, result.level_worst) == ("blocked", "ready")
    assert not result.complete


LANGUAGE = {
    "language__used": "yes",
    "language__grounding": "checked",
    "language__budget": "kept",
    "language__suite": "real",
    "language__injection": "treated",
    "language__red_team": "outside",
    "language__provider": "bound",
    "language__disclosure": "before",
    "language__handover": "offered",
    "language__chats": "bounded",
}
BLOCKED = [
    ({**LANGUAGE, "language__injection": "known"}, "can give the language model orders"),
    ({**LANGUAGE, "language__injection": "not_tested"}, "can give the language model orders"),
    ({**LANGUAGE, "language__budget": "not_measured"}, "makes things up was not measured"),
    ({**LANGUAGE, "language__budget": "exceeded"}, "makes things up was not measured"),
    ({**LANGUAGE, "language__provider": "trains"}, "used to train the provider's model"),
    ({**LANGUAGE, "language__disclosure": "hidden"}, "do not learn in time"),
    ({"language__used": UNKNOWN}, "whether a language model is part"),
    ({"language__used": NOT_APPLICABLE}, "whether a language model is part"),
    ({"problem__target": "12"}, "no goal with two different numbers"),
    ({"problem__target": "12.0"}, "no goal with two different numbers"),
    ({"problem__target": UNKNOWN}, "no goal with two different numbers"),
    ({"problem__goal": NOT_APPLICABLE}, "no goal with two different numbers"),
    ({"problem__recorded": "nowhere"}, "not written down anywhere"),
    ({"problem__recorded": NOT_APPLICABLE}, "not written down anywhere"),
    ({"problem__recorded_on": "2026-10-13"}, "not written down before the day"),
    ({"problem__recorded_on": "2026-10-12"}, "not written down before the day"),
    ({"problem__recorded_on": NOT_APPLICABLE}, "not written down before the day"),
    ({"experiment__results_on": UNKNOWN}, "not written down before the day"),
    ({"problem__guardrails": NOT_APPLICABLE}, "no guardrail"),
    ({"problem__guardrails": UNKNOWN}, "no guardrail"),
    ({"data__basis": NOT_APPLICABLE}, "No legal basis"),
    ({"data__split": "not_apart"}, "kept apart from what it learned"),
    ({"experiment__gain_low": "0"}, "does not show a gain"),
    ({"experiment__gain_low": "-3"}, "does not show a gain"),
    ({"experiment__gain_high": "-1"}, "does not show a gain"),
    ({"experiment__gain_low": NOT_APPLICABLE}, "does not show a gain"),
    ({"experiment__guardrails": "crossed"}, "was crossed in the experiment"),
    ({"experiment__guardrails": "not_measured"}, "was not measured in the experiment"),
    ({"rollout__rollback": "described"}, "has not been rehearsed"),
    ({"rollout__rollback": NOT_APPLICABLE}, "has not been rehearsed"),
    ({"rollout__rehearsed_on": "2027-02-01"}, "only after the launch"),
    ({"rollout__rehearsed_on": UNKNOWN}, "only after the launch"),
    ({"monitoring__alerts": NOT_APPLICABLE}, "no alert with someone"),
    ({"monitoring__alerts": UNKNOWN}, "no alert with someone"),
    ({"risk__fairness": "not_compared"}, "not compared between groups"),
    ({"risk__fairness": "unsettled"}, "is not settled"),
    ({"risk__privacy": "draft"}, "privacy assessment is not approved"),
    ({"risk__prohibited": "one_applies"}, "Article 5"),
    ({"risk__prohibited": UNKNOWN}, "Article 5"),
    ({"risk__log": "short"}, "less than six months"),
    ({"risk__high_risk": "not_decided", "risk__log": "nothing"}, "less than six months"),
]


@pytest.mark.parametrize(("change", "sentence"), BLOCKED)
def test_each_blocker_blocks_with_its_own_sentence_alone(
    change: dict[str, Any], sentence: str
) -> None:
    result = assessed(LAUNCH, changed(**change))
    assert result.level == "blocked"
    assert len(result.blockers) == 1, result.blockers
    assert sentence in result.blockers[0]


def test_the_path_for_language_models_opens_and_is_refuted_by_what_was_measured() -> None:
    assert assessed(LAUNCH, changed(**LANGUAGE)).level == "ready"
    facts = {"llm.attacks_over_tolerance": ["injection"], "llm.attack_success": 0.13}
    found = assessed(LAUNCH, changed(**LANGUAGE), facts=facts).contradictions
    assert [item.question for item in found] == ["language.injection"]
    facts = {"llm.judges_not_validated": ["refused"], "llm.outcomes_over_limit": []}
    found = assessed(LAUNCH, changed(**LANGUAGE), facts=facts).contradictions
    assert [item.question for item in found] == ["language.budget"]
    found = assessed(LAUNCH, changed(), facts={"llm.turns": 80}).contradictions
    assert [item.question for item in found] == ["language.used"]  # which says that there is none
    weak = {
        **LANGUAGE,
        "language__suite": "public",
        "language__red_team": "nobody",
        "language__chats": "open",
    }
    assert assessed(LAUNCH, changed(**weak)).level != "ready"


def test_every_blocker_is_tried_above() -> None:
    for blocker in LAUNCH.file.block_if:
        assert any(sentence in blocker.because for _change, sentence in BLOCKED), blocker.because


def test_a_goal_recorded_the_day_before_is_in_time() -> None:
    assert assessed(LAUNCH, changed(problem__recorded_on="2026-10-11")).level == "ready"


def test_an_alert_without_a_named_person_is_not_an_alert() -> None:
    alerts = [{"metric": "Drift", "threshold": "over 0.2", "channel": "mail"}]
    result = assessed(LAUNCH, changed(monitoring__alerts=alerts))
    assert not result.complete
    assert "lacks on_call" in result.open[0].reason


def test_the_lowest_section_decides_and_never_the_average() -> None:
    good = assessed(LAUNCH, changed(monitoring__truth_after="never", monitoring__tested="some"))
    assert good.level == "not_ready"  # 1 of 4 points, whatever the other seven sections have
    assert [item.id for item in good.outcomes if item.id.startswith("weakest")] == [
        "weakest_monitoring"
    ]
    figures = {name: figure.now for name, figure in good.figures.items()}
    assert figures["share.monitoring"] == 25
    assert figures["readiness"] == 25
    mean = sum(int(v) for n, v in figures.items() if n.startswith("share.") and v is not None) / 8
    assert mean > 85
    assert (
        assessed(LAUNCH, changed(monitoring__truth_after="months", monitoring__tested="some")).level
        == "pilot"
    )


def test_what_is_not_about_people_is_not_asked_about_people() -> None:
    nothing = assessed(LAUNCH, changed(data__sensitivity=["nothing"], risk__fairness="no_people"))
    assert {"data.basis", "risk.privacy", "risk.proxies"}.isdisjoint(nothing.visible)
    assert set(nothing.hidden) == {
        "data.basis",
        "risk.privacy",
        "risk.proxies",
    }  # answered, and set aside
    assert nothing.level == "ready"
    draft = changed(data__sensitivity=["nothing"], risk__privacy="not_begun")
    assert assessed(LAUNCH, draft).level == "ready"  # a hidden answer blocks nothing


def test_what_cascades_is_hidden_with_what_it_hangs_on() -> None:
    result = assessed(LAUNCH, changed(rollout__rollback="described", data__labels="no_labels"))
    assert {"rollout.rehearsed_on", "data.label_plan"}.isdisjoint(result.visible)


FULL_FACTS: dict[str, Any] = {
    "data.sha256": "0" * 64,
    "model.sha256": "1" * 64,
    "log.kept": True,
    "pii.columns_with_personal_data": [],
    "pii.special_category_columns": [],
    "pii.secret_columns": [],
    "fairness.groups_compared": ["sex"],
    "fairness.smallest_group": 135,
    "fairness.metrics": ["selection_rate", "paired_difference_to_baseline"],
    "explain.available": True,
    "explain.proxies": [],
    "data.missing_share_max": 0.0,
}


def test_what_was_measured_contradicts_nothing_of_a_true_set() -> None:
    result = assessed(
        LAUNCH, READY | {"experiment.baseline": "audited", "risk.log": "long"}, FULL_FACTS
    )
    assert not result.contradictions
    assert len(result.facts_used) >= 6


@pytest.mark.parametrize(
    ("change", "fact", "question", "says"),
    [
        (
            {"data__redaction": "left_in"},
            {"pii.columns_with_personal_data": ["email"]},
            "data.sensitivity",
            "direct identifiers in email",
        ),
        ({}, {"pii.special_category_columns": ["race"]}, "data.sensitivity", "race"),
        ({}, {"pii.secret_columns": ["notes"]}, "data.sensitivity", "notes"),
        (
            {"data__sensitivity": ["direct"]},
            {"pii.columns_with_personal_data": ["email"]},
            "data.redaction",
            "still finds personal data in email",
        ),
        ({}, {"fairness.groups_compared": None}, "risk.fairness", "no comparison between groups"),
        (
            {},
            {"fairness.smallest_group": 40},
            "risk.fairness",
            "smallest group in this audit has 40",
        ),
        ({"risk__fairness": "no_people"}, {}, "risk.fairness", "compared groups of people by sex"),
        (
            {"risk__proxies": "no"},
            {"explain.proxies": [{"feature": "relationship", "auc": 0.86}]},
            "risk.proxies",
            "relationship",
        ),
        ({}, {"explain.available": None}, "tradeoffs.explanation", "could not explain"),
        (
            {"experiment__baseline": "audited"},
            {"fairness.metrics": ["selection_rate"]},
            "experiment.baseline",
            "no comparison with a baseline",
        ),
        (
            {"experiment__baseline": "audited"},
            {"fairness.metrics": None},
            "experiment.baseline",
            "no comparison",
        ),
        (
            {"tradeoffs__threshold": "audited"},
            {"fairness.metrics": ["mean_cost"]},
            "tradeoffs.threshold",
            "no costs over thresholds",
        ),
        ({"risk__log": "long"}, {"log.kept": False}, "risk.log", "not written to a log"),
        ({}, {"data.missing_share_max": None}, "data.drift_reference", "kept no profile"),
        ({"data__drift_reference": "not_saved"}, {}, "data.drift_reference", "holds a profile"),
    ],
)
def test_an_answer_that_the_measurements_refute_is_named(
    change: dict[str, Any], fact: dict[str, Any], question: str, says: str
) -> None:
    facts = {name: value for name, value in (FULL_FACTS | fact).items() if value is not None}
    found = {
        item.question: item.because
        for item in assessed(LAUNCH, changed(**change), facts).contradictions
    }
    assert list(found) == [question]
    assert says in found[question]


def test_nothing_measured_contradicts_nothing() -> None:
    assert not assessed(
        LAUNCH, READY | {"experiment.baseline": "audited", "risk.log": "long"}, {}
    ).contradictions


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(0, 1))
def test_the_level_of_a_finished_form_lies_between_best_and_worst_of_an_unfinished_one(
    seed: Any, share: float
) -> None:
    """Drop some answers of the ready set: its level has to stay among what could still come of it."""
    order = ["blocked", "not_ready", "pilot", "ready"]
    left = {name: value for name, value in READY.items() if seed.random() < share}
    result = assessed(LAUNCH, left)
    best, worst = order.index(result.level_best), order.index(result.level_worst)
    assert min(best, worst) <= order.index("ready") <= max(best, worst)
    if result.level:
        assert min(best, worst) <= order.index(result.level) <= max(best, worst)


IDS = {
    "gdpr": r"\d{1,2}(\.\d+)?(\.[a-z])?",
    "eu-ai-act": r"\d{1,3}(\.\d+)?(\.[a-z])?",
    "nist-ai-rmf": r"(GOVERN|MAP|MEASURE|MANAGE)-\d\.\d{1,2}",
    "iso-42001": r"A\.(2\.[2-4]|3\.[23]|4\.[2-6]|5\.[2-5]|6\.1\.[23]|6\.2\.[2-8]|7\.[2-6]|8\.[2-5]|9\.[2-4]|10\.[2-4])",
    "ms-rai": r"(A[1-5]|T[1-3]|F[1-3]|RS[1-3]|PS[12]|I1)",
    "google-ai-principles": r"2025\.[123]",
    "nist-ai-600-1": r"2\.([1-9]|1[0-2])",
    "owasp-llm-2025": r"LLM(0[1-9]|10)",
    "mitre-atlas": r"AML\.T\d{4}(\.\d{3})?",
    "stride": r"(spoofing|tampering|repudiation|information_disclosure|denial_of_service|elevation_of_privilege)",
}
LAST = {
    "GOVERN": (7, 3, 2, 3, 2, 2),
    "MAP": (6, 3, 5, 2, 2),
    "MEASURE": (3, 13, 3, 3),
    "MANAGE": (4, 4, 2, 3),
}
"""Number of subcategories in each category of NIST AI RMF 1.0; they add up to 72."""


@pytest.mark.parametrize("name", ["launch-readiness", "threat-model"])
def test_requirement_ids_exist(name: str) -> None:
    assert sum(map(sum, LAST.values())) == 72
    for question in shipped(name).questions.values():
        for one in question.maps_to:
            framework, _colon, clause = one.partition(":")
            assert re.fullmatch(IDS[framework], clause), one
            if framework == "nist-ai-rmf":
                function, _dash, number = clause.partition("-")
                category, sub = (int(part) for part in number.split("."))
                assert sub <= LAST[function][category - 1], one


@pytest.mark.parametrize("name", ["launch-readiness", "threat-model"])
def test_help_of_what_is_written_freely_holds_an_example(name: str) -> None:
    for question in shipped(name).questions.values():
        if question.type in {Kind.TEXT, Kind.ROWS}:
            assert "Good: " in question.help, question.id


def test_days_are_counted_over_the_end_of_february() -> None:
    assert not assessed(
        LAUNCH, changed(problem__recorded_on="2028-02-29", experiment__results_on="2028-03-01")
    ).blockers
    assert assessed(
        LAUNCH, changed(problem__recorded_on="2028-03-01", experiment__results_on="2028-02-29")
    ).blockers


def test_an_open_date_is_open_and_does_not_block() -> None:
    result = assessed(LAUNCH, {k: v for k, v in READY.items() if k != "problem.recorded_on"})
    assert not result.blockers
    assert [item.question for item in result.open] == ["problem.recorded_on"]
    assert (result.level, result.level_best, result.level_worst) == ("", "blocked", "ready")


@pytest.mark.parametrize(
    "words",
    ["days('a')", "days('problem.goal', 'rollout.launch_on')", "days('x', 'rollout.launch_on')"],
)
def test_days_needs_two_questions_for_a_date(words: str) -> None:
    text = (resource_dir("checklists") / "launch-readiness.yaml").read_text()
    with pytest.raises(ChecklistError):
        parse_checklist(text.replace("days('problem.recorded_on', 'experiment.results_on')", words))
