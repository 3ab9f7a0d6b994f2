"""The p beside an interval, groups spelled alike, and a chosen reference group."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from raudit.errors import PlanError
from raudit.findings import Status
from raudit.stages.fairness.measures.disparity import disparity
from raudit.stages.fairness.measures.metrics import Groups


def groups(events, sizes):
    counts = np.array([[n - k, k, 0, 0] for k, n in zip(events, sizes, strict=True)], dtype=float)
    return Groups(
        by=("g",),
        names=tuple((f"g{i}",) for i in range(len(sizes))),
        counts=counts,
        weights=counts,
        weights2=counts,
        labelled=False,
        weighted=False,
    )


def test_p_and_interval_answer_one_question():
    """Over many samples: p below .05 exactly where the interval excludes zero, but for a hair's breadth."""
    rng = np.random.default_rng(0)
    apart = 0
    for _ in range(200):
        sizes = rng.integers(60, 4000, rng.integers(2, 6))
        found = disparity(
            groups(rng.binomial(sizes, rng.uniform(0.2, 0.3, sizes.size)), sizes),
            "selection_rate_difference",
        )
        if (found.p_value < 0.05) != (found.low > 0):
            apart += 1
            assert 0.01 < found.p_value < 0.12, (found.p_value, found.low)
    assert apart <= 14


def test_a_difference_and_its_ratio_have_one_p():
    one, other = (
        disparity(groups([300, 360, 20], [1000, 1000, 50]), f"demographic_parity_{kind}")
        for kind in ("difference", "ratio")
    )
    assert one.p_value == other.p_value
    assert one.tests == other.tests


def test_holm_counts_hypotheses_and_not_limits(run):
    table = {
        "g": ["a"] * 500 + ["b"] * 500,
        "p": [1] * 200 + [0] * 300 + [1] * 155 + [0] * 345,
        "y": [0, 1] * 500,
    }
    few = run(
        table, prediction=("p", "1"), options={"thresholds": {"demographic_parity_difference": 0.1}}
    )
    many = run(
        table,
        prediction=("p", "1"),
        options={
            "thresholds": {
                "demographic_parity_difference": 0.1,
                "demographic_parity_ratio": 0.8,
                "selection_rate_difference": 0.2,
            }
        },
    )
    want = chi2_contingency([[200, 155], [300, 345]], correction=False).pvalue
    adjusted = {
        f.data["p_adjusted"]
        for result in (few, many)
        for f in result.findings
        if "p_adjusted" in f.data
    }
    assert len(adjusted) == 1
    assert adjusted.pop() == pytest.approx(want, rel=0.3)


def test_error_rates_are_two_hypotheses(run):
    rng = np.random.default_rng(1)
    g, y = np.repeat(["a", "b"], 1000), np.tile([0, 1], 1000)
    p = rng.random(2000) < np.where(y == 1, 0.7, 0.2) + 0.06 * (g == "a")
    result = run(
        {"g": g, "y": y, "p": p.astype(int)},
        prediction=("p", "1"),
        label=("y", "1"),
        options={
            "thresholds": {"equalized_odds_difference": 0.2, "equal_opportunity_difference": 0.2}
        },
    )
    data = {f.subject.detail["metric"]: f.data for f in result.findings if "p_adjusted" in f.data}
    raw = data["equal_opportunity_difference"]["p_value"]
    assert data["equalized_odds_difference"]["p_adjusted"] <= 2 * raw + 1e-12


@pytest.mark.parametrize(
    "pair",
    [
        *[("a", "a "), ("a", "A"), ("caf\u00e9", "cafe\u0301"), ("a b", "a\u00a0b")],
        *[("a-b", "a\u2013b"), ("\u0130stanbul", "istanbul")],
    ],
)
def test_groups_spelled_alike_are_noted(run, finding, pair):
    table = {"g": [pair[0]] * 100 + [pair[1]] * 100 + ["other"] * 100, "p": [1, 0] * 150}
    found = finding(run(table, prediction=("p", "1")), "RA-FAIR-019")
    assert found.status is Status.INDETERMINATE
    assert "2 of 3 groups by g" in found.statement


def test_groups_that_differ_are_not(run):
    result = run({"g": ["a"] * 100 + ["b"] * 100, "p": [1, 0] * 100}, prediction=("p", "1"))
    assert not [f for f in result.findings if f.rule == "RA-FAIR-019"]


def test_a_reference_group_is_held_against_each_other(run, finding):
    table = {
        "g": ["a"] * 400 + ["b"] * 400 + ["c"] * 400,
        "p": [1] * 200 + [0] * 200 + [1] * 240 + [0] * 160 + [1] * 160 + [0] * 240,
    }
    ask = {"prediction": ("p", "1")}
    every = finding(run(table, **ask), "RA-FAIR-001")
    assert every.measurement.value == pytest.approx(0.2)  # b against c
    chosen = run(table, **ask, options={"reference_groups": {"g": "a"}})
    found = finding(chosen, "RA-FAIR-001")
    assert found.measurement.value == pytest.approx(0.1)
    assert "a" in {found.data["highest"]["group"][0], found.data["lowest"]["group"][0]}
    ratio = finding(chosen, "RA-FAIR-002")
    assert ratio.measurement.value == pytest.approx(0.8)
    assert ratio.data["highest"]["group"] == ["a"]
    with pytest.raises(PlanError) as error:
        run(table, **ask, options={"reference_groups": {"g": "A"}})
    assert error.value.reference == "reference-group"


def test_the_interval_against_a_reference_covers():
    rng = np.random.default_rng(5)
    sizes, rates = np.array([800, 300, 200, 150]), np.array([0.3, 0.3, 0.35, 0.25])
    hits = 0
    for _ in range(600):
        found = disparity(
            groups(rng.binomial(sizes, rates), sizes),
            "selection_rate_difference",
            reference=("g0",),
        )
        hits += found.low <= 0.05 <= found.high
    assert hits / 600 >= 0.94
