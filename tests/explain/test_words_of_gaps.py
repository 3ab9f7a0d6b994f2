"""What is said of gaps holds for the gap that is printed, and never compares a group with itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from tests.explain.test_stage import of

from raudit.stages.explain.survey.groups import Gap


def gap(parts: list[float], total: float, explained: float) -> Gap:
    return Gap(
        mean=np.array(parts),
        half=np.full(len(parts), 0.01),
        total=total,
        total_half=0.01,
        n=500,
        n_others=500,
        explained=explained,
        n_explained=(50, 50),
    )


def test_most_is_more_than_half_of_the_gap_that_is_printed() -> None:
    """0.165 is most of the parts on 100 rows, and less than half of the gap of all rows."""
    assert gap([0.085, 0.08, 0.03], total=0.385, explained=0.2).carriers() == ([0, 1], False)
    assert gap([0.085, 0.08, 0.03], total=0.2, explained=0.2).carriers() == ([0, 1], True)


def test_a_group_with_few_confident_decisions_lets_nothing_pass(run) -> None:
    """Two groups of three passed, and nothing was said of the third."""
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"a": rng.normal(size=900), "b": rng.normal(size=900)})
    data["sex"] = rng.choice(["f", "m", "x"], 900)
    data.loc[data["sex"] == "x", "a"] = np.linspace(-0.3, 0.3, int((data["sex"] == "x").sum()))
    sure = np.random.default_rng(5).random(900) < 1 / (1 + np.exp(-8 * data["a"]))
    data["y"] = np.where(sure, "yes", "no")
    model = LogisticRegression()
    found = of(run(model, data, ["a", "b"], options={"confident_gap": 0.5}), "RA-XPL-006")
    assert {str(finding.status) for finding in found} == {"indeterminate"}
    assert all("in x, so these are not compared" in finding.reason for finding in found)
    two = data[data["sex"] != "x"].reset_index(drop=True)
    found = of(run(model, two, ["a", "b"], options={"confident_gap": 0.5}), "RA-XPL-006")
    assert {str(finding.status) for finding in found} == {"passed"}


def test_features_move_together_beyond_chance_or_it_is_open(run) -> None:
    """An estimate near the limit settles nothing, and a pair that is not measured lets nothing pass."""
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"a": rng.normal(size=300), "c": rng.choice(["u", "v"], 300)})
    data["b"] = 0.7 * data["a"] + rng.normal(0, 0.7, 300)
    data["sex"] = rng.choice(["f", "m"], 300)
    data["y"] = np.where(data["a"] + data["b"] + (data["c"] == "u") > 0, "yes", "no")

    def told(data, limit):
        options = {"association": limit}
        [finding] = of(
            run(LogisticRegression(), data, ["a", "b", "c"], options=options), "RA-XPL-005"
        )
        return finding

    near = told(data, 0.68)
    assert near.measurement.interval.low < 0.68 < near.measurement.interval.high
    assert str(near.status) == "indeterminate"
    assert [str(told(data, limit).status) for limit in (0.3, 0.95)] == ["failed", "passed"]
    assert "Pairs compared: 3, among the 3 features" in near.statement
    holed = data.assign(
        c=np.where(data.index < 20, data["c"], None), b=data["b"].where(data.index > 9)
    )
    part = told(holed, 0.95)
    assert str(part.status) == "indeterminate"
    assert "Pairs that cannot be compared: 2" in part.reason


def test_groups_without_a_confident_mistake_are_both_named(run) -> None:
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"a": rng.normal(size=400), "b": rng.normal(size=400)})
    data["sex"] = rng.choice(["f", "m"], 400)
    data["y"] = np.where(data["a"] > 0, "yes", "no")
    found = of(run(DecisionTreeClassifier(max_depth=2), data, ["a", "b"]), "RA-XPL-006")
    assert found
    for finding in found:
        assert "in sex f with" in finding.statement
        assert "in sex m, 0" in finding.statement
        assert finding.measurement.value == 0
