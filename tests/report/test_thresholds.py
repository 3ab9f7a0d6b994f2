"""Other thresholds, what their errors cost, and gaps in percentage points, against hand-worked numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from raudit.record import Outcome, StageRecord, Table
from raudit.report.gaps import gap_figures
from raudit.report.language import load_language
from raudit.report.templates import find_template
from raudit.report.thresholds import costs_of, replayed_of

from . import synthetic

COUNTED = [  # of 40 with and 60 without the favourable outcome
    {"threshold": 0.5, "true_positives": 30, "false_positives": 12}
    | {"false_negatives": 10, "true_negatives": 48},
    {"threshold": 0.8, "true_positives": 20, "false_positives": 3}
    | {"false_negatives": 20, "true_negatives": 57},
]
ANSWERS = {
    "tradeoffs.false_positive": "900 \u2014 A line that is not repaid.",
    "tradeoffs.false_negative": "280",
    "tradeoffs.unit": "Euros per case \u2014 as counted in March",
}


def assessed(answers, review="accepted"):
    rows = tuple(
        {"id": name, "answer": answer, "review": review} for name, answer in answers.items()
    )
    table = Table(id="answers-launch-readiness", title="Launch", columns=(), rows=rows)
    return StageRecord(
        name="assessments", title="Assessments", outcome=Outcome.COMPLETED, tables=(table,)
    )


def record_with(*stages, costs=None, thresholds=COUNTED):
    fairness = StageRecord(
        name="fairness",
        title="Fairness",
        outcome=Outcome.COMPLETED,
        options={"costs": costs},
        artefacts={"thresholds": thresholds},
    )
    return replace(synthetic.make_record(), stages=(fairness, *stages))


def test_rates_and_costs_of_each_threshold():
    record = record_with(assessed(ANSWERS))
    costs = costs_of(record)
    assert (costs.false_positive, costs.false_negative) == (900, 280)
    assert (costs.unit, costs.source) == ("Euros per case", "assessment")
    half, high = replayed_of(record, costs)
    assert half.selection_rate == pytest.approx(0.42)
    assert half.true_positive_rate == pytest.approx(0.75)
    assert half.false_positive_rate == pytest.approx(0.2)
    assert half.accuracy == pytest.approx(0.78)
    assert half.cost == pytest.approx(
        10 * (12 * 900 + 10 * 280)
    )  # of 1,000 people, and 100 are here
    assert high.cost == pytest.approx(10 * (3 * 900 + 20 * 280))
    assert (half.cheapest, high.cheapest) == (False, True)


def test_costs_that_nobody_accepted_do_not_count():
    assert costs_of(record_with(assessed(ANSWERS, review="open"))) is None
    assert costs_of(record_with(assessed({**ANSWERS, "tradeoffs.false_positive": "much"}))) is None


def test_the_plan_says_what_errors_cost_where_no_assessment_does():
    costs = costs_of(record_with(costs={"false_positive": 1, "false_negative": 5}))
    assert (costs.false_negative, costs.source) == (5, "plan")


def test_without_counts_there_are_no_thresholds():
    nobody = [{**COUNTED[0], **dict.fromkeys(list(COUNTED[0])[1:], 0)}]
    for counted in (None, [], nobody):
        assert replayed_of(record_with(thresholds=counted), None) == ()


def test_a_gap_is_drawn_in_percentage_points_and_adds_up():
    parts = {f"f{i}": -0.01 * i for i in range(1, 11)}
    probability = {"parts": parts, "total": sum(parts.values())}
    entries = [
        {"attribute": "sex", "group": "Female", "probability": probability},
        {"attribute": "sex", "group": "Male", "probability": {"parts": {"f1": 0.1}, "total": 0.1}},
        {"attribute": "race", "group": "Black"},
    ]
    row = {"group": "Female", "feature": "f10", "probability_interval": [-0.12, -0.09]}
    stage = StageRecord(
        name="explain",
        title="Explain",
        outcome=Outcome.COMPLETED,
        artefacts={"gaps": entries},
        tables=(Table(id="gap-sex", title="", columns=(), rows=(row,)),),
    )
    english = load_language("en", find_template("standard").language_folders())
    (figure,) = gap_figures(stage, english)
    steps = figure.data["steps"]
    assert "Female" in figure.title
    assert figure.data["total"] == pytest.approx(-55)
    assert sum(step["value"] for step in steps) == pytest.approx(-55)
    assert steps[0]["label"] == "f10"
    assert (steps[0]["low"], steps[0]["high"]) == (pytest.approx(-12), pytest.approx(-9))
    assert steps[-1]["label"] == "2 others"
