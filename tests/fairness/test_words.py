"""Every sentence of thirty results, read against what may not be said."""

from __future__ import annotations

import itertools
import re
from dataclasses import asdict

import numpy as np
import pytest
from tests.grammar import FORBIDDEN, sentences

from raudit.findings import Status
from raudit.stages.fairness.measures.disparity import Disparity
from raudit.stages.fairness.words.sentences import say_reason
from raudit.stats import largest_difference, log_rates, smallest_ratio, wilson

SIZES = {"tiny": 70, "middle": 700, "large": 30_000}
TASKS = ("binary", "score", "regression", "multiclass", "ranking")
KINDS = ("plain", "weighted")
ONE = re.compile(r"(?<![\d.,–-])\b1 (?:groups|people|rows|columns|classes)\b")
"""One of them in the plural."""


def table(task, size, kind, rng):
    g = rng.choice(["a", "b", "c"], size)
    s = rng.random(size)
    y = (rng.random(size) < s).astype(int)
    columns = {"g": g, "y": y, "s": s, "p": (s + 0.08 * (g == "a") > 0.55).astype(int)}
    if task == "regression":
        columns |= {
            "y": 105_200 + 40_000 * rng.normal(size=size),
            "s": 104_000 + 30_000 * rng.normal(size=size),
        }
    if task == "multiclass":
        columns |= {"y": rng.choice(["x", "y", "z"], size), "p": rng.choice(["x", "y", "z"], size)}
    if kind == "weighted":
        columns["w"] = rng.exponential(1, size) * 1e4
    return columns


ROLES = {
    "binary": {"label": ("y", "1"), "prediction": ("p", "1"), "score": "s"},
    "score": {"label": ("y", "1"), "score": "s", "threshold": 0.5},
    "regression": {"label": ("y",), "score": "s"},
    "multiclass": {"label": ("y",), "prediction": ("p",)},
    "ranking": {"score": "s"},
}
LIMITS = {
    "binary": {
        "demographic_parity_difference": 0.05,
        "demographic_parity_ratio": 0.9,
        "equalized_odds_difference": 0.05,
        "auc_difference": 0.05,
        "calibration_difference": 0.05,
        "accuracy_difference": 0.1,
        "f1_score_difference": 0.1,
    },
    "score": {"demographic_parity_ratio": 0.8, "auc_difference": 0.01},
    "regression": {"mean_error_difference": 500.0},
    "multiclass": {"demographic_parity_difference": 0.1},
    "ranking": {"exposure_ratio": 0.8},
}


def cases():
    everything = itertools.product(TASKS, SIZES, KINDS)
    return [case for case in everything if case[::2] != ("ranking", "weighted")]


def special():
    """Ties, nobody selected, everybody selected, one group, one row apart."""
    base = {"g": ["a"] * 100 + ["b"] * 100}
    return {
        "nobody selected": base | {"p": [0] * 199 + [0], "y": [1, 0] * 100},
        "one selected": base | {"p": [0] * 199 + [1], "y": [1, 0] * 100},
        "all selected": base | {"p": [0] + [1] * 199, "y": [1, 0] * 100},
        "the same in both": base | {"p": [1, 0] * 100, "y": [1, 0] * 100},
        "one group": {"g": ["a"] * 200, "p": [1, 0] * 100, "y": [1, 0] * 100},
        "many groups": {
            "g": [f"g{i % 40}" for i in range(4000)],
            "p": [1, 0, 0, 1] * 1000,
            "y": [1, 0] * 2000,
        },
    }


def check(result):
    read = 0
    for text in sentences(result):
        read += 1
        for name, pattern in FORBIDDEN.items():
            assert not pattern.search(text), f"{name}: {text}"
        assert not ONE.search(text), text
    for finding in result.findings:
        if finding.status is Status.PASSED:
            assert finding.threshold is not None, finding.statement
        said = [
            re.sub(r"\W+", " ", text or "").lower() for text in (finding.statement, finding.reason)
        ]
        assert not said[1] or said[1] not in said[0], finding.statement
        data = finding.data
        if "highest" in data:
            assert data["highest"]["group"] != data["lowest"]["group"], finding.statement
    return read


def test_there_are_thirty_results():
    assert len(cases()) + len(special()) >= 30


@pytest.mark.parametrize("case", cases(), ids="-".join)
def test_what_is_said_of_a_task(run, case):
    task, size, kind = case
    rng = np.random.default_rng(len(task))
    roles = dict(ROLES[task]) | ({"weight": "w"} if kind == "weighted" else {})
    options = {
        "thresholds": LIMITS[task],
        "draws": 400,
        "words": {"unit": "dollars"} if task == "regression" else {},
    }
    result = run(table(task, SIZES[size], kind, rng), task=task, options=options, **roles)
    assert check(result) > 5
    weighted = [
        f.statement for f in result.findings if "highest" in f.data and " n = " in f.statement
    ]
    assert all(("rows are weighted" in text) == (kind == "weighted") for text in weighted)


@pytest.mark.parametrize("name", special())
def test_what_is_said_of_ties(run, name):
    result = run(special()[name], prediction=("p", "1"), label=("y", "1"), options={"draws": 400})
    assert check(result) > 5


def test_a_gap_beyond_chance_is_said_first(run, finding):
    """Callbacks: 6.45 % against 9.65 % of 2,435 each; the ratio .67 breaks .80, its interval reaches it."""
    p = [1] * 157 + [0] * 2278 + [1] * 235 + [0] * 2200
    result = run(
        {"g": ["B"] * 2435 + ["W"] * 2435, "p": p},
        prediction=("p", "1"),
        options={"presets": "four-fifths"},
    )
    found = finding(result, "RA-FAIR-002")
    assert found.status is Status.INDETERMINATE
    assert found.beyond_chance
    said = "There is a difference beyond chance (p < 0.001); whether it breaks the limit of 0.80 cannot be told."
    assert found.statement.startswith(said)
    assert found.data["p_adjusted"] == pytest.approx(4e-5, rel=0.3)


def test_a_gap_that_may_be_chance_is_not(run, finding):
    p = [1] * 12 + [0] * 88 + [1] * 18 + [0] * 82
    found = finding(
        run({"g": ["a"] * 100 + ["b"] * 100, "p": p}, prediction=("p", "1")), "RA-FAIR-002"
    )
    assert found.status is Status.INDETERMINATE
    assert not found.beyond_chance
    assert "beyond chance" not in found.statement


def test_means_are_told_in_their_unit(run, finding):
    rng = np.random.default_rng(0)
    y = 105_200 + rng.normal(0, 9000, 800)
    table_ = {
        "g": ["a", "b"] * 400,
        "y": y,
        "s": y + rng.normal(0, 3000, 800) + np.tile([1500.0, 0.0], 400),
    }
    result = run(
        table_, task="regression", label=("y",), score="s", options={"words": {"unit": "dollars"}}
    )
    text = finding(result, "RA-FAIR-018").statement
    assert re.search(
        r"is 10\d,\d{3} dollars for people in the group “\w” and 10\d,\d{3} dollars", text
    )


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({}, "how large it may be, the plan does not say."),
        ({"mean_error_difference": 1500.0}, "whether it breaks the limit of 1,500 cannot be told."),
    ],
)
def test_means_apart_beyond_chance_are_said_first(run, limits, said):
    rng = np.random.default_rng(3)
    y = 50_000 + rng.normal(0, 9000, 400)
    s = y + rng.normal(0, 3000, 400) + np.tile([1500.0, 0.0], 200)
    options = {"thresholds": limits}
    found = {
        f.subject.detail["metric"]: f
        for f in run(
            {"g": ["a", "b"] * 200, "y": y, "s": s},
            task="regression",
            label=("y",),
            score="s",
            options=options,
        ).findings
        if f.subject.detail.get("metric")
        in ("mean_error_difference", "mean_absolute_error_difference")
    }
    errors = found["mean_error_difference"]
    assert errors.measurement.interval.low > 0
    assert errors.status is Status.INDETERMINATE
    assert errors.beyond_chance
    assert errors.statement.startswith(
        "There is a difference beyond chance (the 95 % interval leaves out 0)"
    )
    assert said in errors.statement
    sizes = found["mean_absolute_error_difference"]
    assert sizes.measurement.interval.low == 0
    assert not sizes.beyond_chance
    assert "beyond chance" not in sizes.statement


@pytest.mark.parametrize("size", [1e-9, 1e-16, 5e9])
def test_amounts_of_any_size_are_told(run, finding, size):
    """No error but an error of nothing is written as 0, and none with a minus before nothing."""
    s = np.tile([-0.7, 1.0], 100) * (size if size < 1 else 0.1)
    s[0] -= size if size > 1 else 0
    table_ = {"g": ["a", "b"] * 100, "y": np.zeros(200), "s": s}
    result = run(table_, task="regression", label=("y",), score="s")
    text = finding(result, "RA-FAIR-011", metric="mean_error_difference").statement
    told = [float(number.replace(",", "")) for number in re.findall(r"-?[\d,.]*\d(?= for )", text)]
    assert sorted(told) == pytest.approx(sorted((s[::2].mean(), s[1::2].mean())), rel=0.06)


def test_rows_to_settle_are_rows(run, finding):
    g, p = ["a"] * 300 + ["b"] * 300, [1] * 120 + [0] * 180 + [1] * 75 + [0] * 225
    w = np.tile([1.0, 9.0, 1.0], 200)
    plain = finding(run({"g": g, "p": p}, prediction=("p", "1")), "RA-FAIR-001").data[
        "rows_to_settle"
    ]
    weighted = finding(
        run({"g": g, "p": p, "w": w}, prediction=("p", "1"), weight="w"), "RA-FAIR-001"
    )
    assert plain > 600
    assert weighted.data["rows_to_settle"] is None or weighted.data["rows_to_settle"] > 600


@pytest.mark.parametrize("values", [[0.3, 0.3], [0.0, 0.0, 0.0], [1.0, 1.0]])
def test_equal_rates_are_still_of_two_groups(values):
    values = np.array(values)
    n = np.full(values.size, 50.0)
    for gap in (
        largest_difference(values, wilson(values * n, n)),
        smallest_ratio(values, log_rates(values * n, n)),
    ):
        assert gap.highest != gap.lowest, asdict(gap)


@pytest.mark.parametrize(
    ("ratio", "ends", "limit", "wanted"),
    [
        (True, (0.61, 0.45, 0.7961), 0.8, ("0.45 to 0.796)", "at least 0.80 ")),
        (False, (0.2, 0.1004, 0.3), 0.1, ("interval 10.04 to 30)", "at most 10 percentage")),
        (False, (0.2, 0.13, 0.3), 0.125, ("interval 13 to 30)", "at most 12.5 percentage")),
        (True, (0.5, 0.3, 0.7), 0.805, ("0.50 (95 % interval 0.30 to 0.70)", "at least 0.805 ")),
        (False, (0.2, 0.1, 0.3), 0.1, ("interval 10 to 30)", "at most 10 percentage")),
    ],
)
def test_a_number_beside_its_limit_is_told_from_it(ratio, ends, limit, wanted):
    """An interval "0.45 to 0.80" that breaks a limit of 0.80 reads as a mistake; so does a limit that is rounded."""
    value, low, high = ends
    name = f"demographic_parity_{'ratio' if ratio else 'difference'}"
    found = Disparity(
        name=name, by=("g",), metric="selection_rate", value=value, low=low, high=high, level=0.95,
        method="", ratio=ratio,
    )  # fmt: skip
    text = say_reason(found, limit, "plan", Status.FAILED, detectable=None, rows=None)
    assert all(part in text for part in wanted)
