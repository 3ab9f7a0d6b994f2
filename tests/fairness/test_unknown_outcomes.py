"""What needs outcomes is not passed for a large group of whose people none, or too few, are known."""

import numpy as np
import pytest

from raudit.findings import Status

DRAW = np.random.default_rng(4)
N = 900
GROUP = np.array(["a", "b", "c"])[np.arange(N) % 3]
SCORE = DRAW.random(N)
TRUE = (DRAW.random(N) < SCORE).astype(int)
AMOUNT = 10 * SCORE + DRAW.normal(size=N)


def without_outcomes(values, known):
    """Outcomes of which those of group c are missing but for the first few."""
    inside = np.cumsum(GROUP == "c")
    return [
        None if group == "c" and place > known else value
        for value, group, place in zip(values.tolist(), GROUP, inside, strict=True)
    ]


@pytest.mark.parametrize("known", [0, 10])
def test_a_group_of_which_no_outcome_is_known_keeps_the_others_from_passing(run, known):
    decided = {"task": "binary", "label": ("y", "1"), "prediction": ("p", "1")}
    scored = {"task": "score", "label": ("y", "1"), "score": "s"}
    amounts = {"task": "regression", "prediction": ("p", "1"), "label": ("y", "1")}
    performance = {"performance": {"accuracy": 0.5, "recall": 0.4}}
    costs = {"costs": {"false_positive": 1, "false_negative": 1, "limit": 1}}
    quality = {
        "performance": {"auc": 0.6, "calibration": 0.3},
        "thresholds": {"auc_difference": 0.5, "calibration_difference": 0.5},
    }
    errors = {"thresholds": {"mean_error_difference": 9, "mean_absolute_error_difference": 9}}
    one, two, three = (
        np.where(DRAW.random(N) < share, TRUE, 1 - TRUE) for share in (0.9, 0.6, 0.9)
    )
    cases = (
        ({"y": TRUE, "p": one, "b": two}, {**decided, "baseline": ("b", "1")}, {}, ["RA-FAIR-014"]),
        ({"y": TRUE, "p": one}, decided, performance, ["RA-PERF-001", "RA-PERF-002"]),
        ({"y": TRUE, "p": three}, decided, costs, ["RA-FAIR-013"]),
        (
            {"y": TRUE, "s": SCORE},
            scored,
            quality,
            ["RA-PERF-003", "RA-PERF-004", "RA-FAIR-009", "RA-FAIR-010"],
        ),
        ({"y": AMOUNT, "p": 10 * SCORE}, amounts, errors, ["RA-FAIR-011"]),
    )
    for columns, roles, options, rules in cases:
        for outcomes, status in (
            (columns["y"].tolist(), Status.PASSED),
            (without_outcomes(columns["y"], known), Status.INDETERMINATE),
        ):
            table = {**columns, "g": GROUP, "y": outcomes}
            found = run(table, options={"min_group": 30, **options}, **roles).findings
            judged = [f for f in found if f.rule in rules and f.subject.kind == "attribute"]
            assert {f.rule for f in judged} == set(rules)
            for finding in judged:
                assert finding.status is status, (finding.rule, finding.reason)
                said = "Groups of which it cannot be estimated: 1." in finding.reason
                assert said == (status is Status.INDETERMINATE)
