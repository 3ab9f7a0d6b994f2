"""What fairlearn gets silently wrong, and bad input: a right answer, an open verdict with its reason, or a refusal."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from raudit.errors import DataError, NotEvaluable, PlanError
from raudit.findings import Status

HUNDRED = {"g": ["a"] * 100 + ["b"] * 100}


def test_text_labels_keep_their_meaning(run, finding):
    result = run(HUNDRED | {"p": ["yes"] * 100 + ["no"] * 100}, prediction=("p", "yes"))
    found = finding(result, "RA-FAIR-001")
    assert found.measurement.value == 1.0
    assert found.status is Status.FAILED


def test_scores_are_not_taken_for_decisions(run):
    scores = np.random.default_rng(0).random(2000)
    with pytest.raises(DataError, match="too many") as error:
        run({"g": ["a", "b"] * 1000, "p": scores}, prediction=("p", "1"))
    assert "score" in error.value.hint


def test_a_group_without_positives_is_not_called_even_or_uneven(run, finding):
    y = [1, 0] * 50 + [0] * 100
    result = run(HUNDRED | {"y": y, "p": y}, label=("y", "1"), prediction=("p", "1"))
    found = finding(result, "RA-FAIR-003")
    assert found.status is Status.INDETERMINATE
    assert found.measurement.value is None
    assert "can be estimated for one group only" in found.reason


def test_a_group_without_positives_beside_two_even_ones_is_no_pass(run, finding):
    y = [1, 0] * 5000 + [0] * 100
    table = {"g": ["a"] * 5000 + ["b"] * 5000 + ["c"] * 100, "y": y, "p": y}
    found = finding(run(table, label=("y", "1"), prediction=("p", "1")), "RA-FAIR-003")
    assert found.status is Status.INDETERMINATE
    assert "c" in found.reason


def test_a_single_member_is_set_aside(run, finding):
    table = {"g": ["a"] * 5000 + ["b"] * 5000 + ["c"], "p": [1, 0] * 5000 + [1]}
    result = run(table, prediction=("p", "1"))
    assert finding(result, "RA-FAIR-001").status is Status.PASSED
    small = finding(result, "RA-FAIR-007")
    assert small.status is Status.INDETERMINATE
    assert "c (fewer than 5)" in small.statement


def test_a_single_group_is_not_said_to_be_large_enough(run, finding):
    """Large enough for a comparison that nobody can make: it was the one thing that passed."""
    result = run({"g": ["a"] * 200, "p": [1, 0] * 100}, prediction=("p", "1"))
    found = finding(result, "RA-FAIR-007")
    assert found.status is Status.INDETERMINATE
    assert found.statement == "All 200 people are of one group by g: a."
    assert {f.status for f in result.findings} == {Status.INDETERMINATE}
    both = run({"g": ["a", "b"] * 100, "p": [1, 0, 0, 1] * 50}, prediction=("p", "1"))
    assert finding(both, "RA-FAIR-007").status is Status.PASSED


def test_missing_attributes_are_a_group(run, finding):
    table = {"g": ["a", "b", None, None] * 50, "p": [1, 0, 1, 0] * 50}
    result = run(table, prediction=("p", "1"))
    assert finding(result, "RA-FAIR-008").measurement.value == 0.5
    assert any(row["group"] == ["unknown"] for row in result.artefacts["estimates"])


def test_no_sensitive_feature(run):
    with pytest.raises(NotEvaluable, match="sensitive"):
        run({"p": [1, 0]}, sensitive=(), prediction=("p", "1"))


def test_no_decision(run):
    with pytest.raises(NotEvaluable, match="no decision and no score"):
        run(HUNDRED)


def test_favourable_must_be_said(run):
    with pytest.raises(PlanError, match="favourable"):
        run(HUNDRED | {"p": [1] * 200}, prediction=("p",))


@pytest.mark.parametrize(
    ("columns", "roles", "message"),
    [
        ({"p": ["yes", "Yes"] * 100}, {"prediction": ("p", "ja")}, "is favourable"),
        ({"p": [1, None] * 100}, {"prediction": ("p", "1")}, "missing values"),
        ({"s": [0.5, float("nan")] * 100}, {"score": "s", "threshold": 0.5}, "NaN"),
        ({"s": [0.5, float("inf")] * 100}, {"score": "s", "threshold": 0.5}, "infinite"),
        ({"s": ["a", "b"] * 100}, {"score": "s", "threshold": 0.5}, "does not hold numbers"),
        (
            {"p": [1, 0] * 100, "w": [1.0, -1.0] * 100},
            {"prediction": ("p", "1"), "weight": "w"},
            "negative",
        ),
        ({"p": [1, 0] * 100, "w": [0.0] * 200}, {"prediction": ("p", "1"), "weight": "w"}, "zero"),
    ],
)
def test_bad_columns_are_refused(run, columns, roles, message):
    with pytest.raises(DataError, match=message):
        run(HUNDRED | columns, **roles)


def test_labels_outside_the_declared_set(run):
    from raudit.data.count import CellSpec, count_cells
    from raudit.data.open import wrap_table
    from raudit.data.roles import Outcome
    from raudit.plan import Attribute

    outcome = Outcome(column="p", favourable=frozenset({"yes"}), unfavourable=frozenset({"no"}))
    spec = CellSpec(attributes=(Attribute(column="g"),), prediction=outcome)
    with pytest.raises(DataError, match="not declared"):
        count_cells(wrap_table(pa.table({"g": ["a"] * 3, "p": ["yes", "no", "maybe"]})), spec)


def test_constant_columns_and_one_group(run, finding):
    result = run({"g": ["a"] * 100, "p": [1] * 100}, prediction=("p", "1"))
    found = finding(result, "RA-FAIR-001")
    assert found.status is Status.INDETERMINATE
    assert "one group only" in found.reason


def test_nobody_selected(run, finding):
    result = run(HUNDRED | {"p": ["no"] * 200}, prediction=("p", "yes"))
    assert finding(result, "RA-FAIR-002").status is Status.INDETERMINATE
    assert "zero in every group" in finding(result, "RA-FAIR-002").reason


def test_ten_thousand_groups_name_the_worst_pair(run, finding):
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(10_000), 40)
    p = rng.random(codes.size) < np.where(codes == 4321, 0.99, 0.3)
    result = run({"g": [f"l{c}" for c in codes], "p": p.astype(int)}, prediction=("p", "1"))
    found = finding(result, "RA-FAIR-001")
    assert found.status is Status.FAILED
    assert found.data["highest"]["group"] == ["l4321"]
    assert all(len(table.rows) <= 30 for table in result.tables)


def test_even_groups_pass_or_stay_open_but_do_not_fail(run, finding):
    """A percentile interval of max - min would call every one of these uneven."""
    outcomes = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        table = {
            "g": rng.choice(list("abcdefghij"), 2000),
            "p": (rng.random(2000) < 0.3).astype(int),
        }
        options = {"thresholds": {"demographic_parity_difference": 0.0}}
        outcomes.append(
            finding(run(table, prediction=("p", "1"), options=options), "RA-FAIR-001").status
        )
    assert outcomes.count(Status.FAILED) <= 3


def test_columns_of_different_length_are_refused():
    from raudit.data.build import cells

    with pytest.raises(DataError, match="length"):
        cells({"g": ["a"], "p": [1, 0]}, sensitive_features=["g"], prediction="p", favourable=1)


def test_a_ranking_cannot_be_weighted(run):
    table = {"g": ["a", "b"] * 50, "s": np.linspace(0, 1, 100), "w": [1.0] * 100}
    with pytest.raises(PlanError, match="cannot be weighted"):
        run(table, task="ranking", score="s", weight="w")
