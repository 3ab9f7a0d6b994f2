"""Of two rates that a limit holds for, the one that leaves it open is cited."""

from __future__ import annotations

import pytest

from raudit.findings import Status

NEGATIVES, POSITIVES = 4000, 300
CHOSEN = {"a": (400, 180), "b": (140, 168)}
"""Of the negatives and of the positives of each group: 6.5 points apart on many, 4 on few."""


def columns(chosen=CHOSEN):
    table = {"g": [], "y": [], "p": []}
    for group, counts in chosen.items():
        for truth, (size, yes) in enumerate(zip((NEGATIVES, POSITIVES), counts, strict=True)):
            table["g"] += [group] * size
            table["y"] += [truth] * size
            table["p"] += [1] * yes + [0] * (size - yes)
    return table


def held(run, limit, chosen=CHOSEN):
    (found,) = (
        finding
        for finding in run(
            columns(chosen),
            label=("y", "1"),
            prediction=("p", "1"),
            options={"thresholds": {"equalized_odds_difference": limit}, "draws": 400},
        ).findings
        if finding.rule == "RA-FAIR-003"
    )
    return found


def test_the_rate_that_cannot_be_told_is_cited_and_not_the_one_that_lies_farther_apart(run):
    found = held(run, 0.1)
    assert found.status is Status.INDETERMINATE
    assert found.measurement.value == pytest.approx(0.065)  # that of the false positive rates
    assert (found.data["metric"], found.data["open_part"]) == ("true_positive_rate", True)
    assert found.data["highest"] == {"group": ["a"], "rate": 0.6, "n": POSITIVES}
    assert "of 100" in found.statement
    assert f"n = {POSITIVES} and {POSITIVES}" in found.statement
    told = found.reason[found.reason.index("What reaches it") :]
    assert told.startswith(
        "What reaches it is the true positive rate difference: 4.0 percentage points (97"
    ), told
    assert not found.data["beyond_chance"], "the true positive rates of so few may be even"
    assert found.data["detectable"] > 0.08, "on 600 people, not on 8,000"


def test_the_rate_that_lies_farther_apart_is_cited_where_it_breaks_or_leaves_open_the_limit(run):
    for limit, status in ((0.03, Status.FAILED), (0.065, Status.INDETERMINATE)):
        found = held(run, limit)
        assert found.status is status
        assert (found.data["metric"], found.data["open_part"]) == ("false_positive_rate", False)
        assert "What reaches it" not in found.reason
        assert found.data["p_value"] < 1e-9
