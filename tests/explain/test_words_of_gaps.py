"""What is said of gaps holds for the gap that is printed, and never compares a group with itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
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
