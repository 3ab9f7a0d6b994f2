"""Score metrics and sums of squares hold at any scale, against scikit-learn and exact arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import ks_2samp
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score

from raudit.data import CellSpec, ScoreBins, count_cells, merge_cells, score_bins, wrap_table
from raudit.data.fixed import exact_variance
from raudit.data.roles import Outcome
from raudit.errors import DataError
from raudit.findings import Status
from raudit.plan.schema import Attribute
from raudit.stages.fairness.measures.histogram import (
    auc,
    auc_bounds,
    calibration,
    class_means,
    histograms,
    ks,
)
from raudit.stages.fairness.tasks.regression import group_errors

SCALES = {
    "near 1e6": lambda z: 1e6 + z,
    "near one": lambda z: 1 - 0.005 / (1 + np.exp(-z)),
    "near a half": lambda z: 0.5 + 1e-4 * np.tanh(z),
    "tiny": lambda z: 1e-9 * np.exp(z),
    "tinier": lambda z: 1e-60 * np.exp(z),
    "huge": lambda z: 1e60 * z,
    "mixed": lambda z: np.where(np.abs(z) < 1, 1e-12 * z, 1e12 * z),
    "log odds": lambda z: 40 * z,
    "uniform": lambda z: 1 / (1 + np.exp(-z)),
    "two decimals": lambda z: np.round(1 / (1 + np.exp(-z)), 2),
    "below zero": lambda z: -1e6 - np.exp(z),
    "many zeros": lambda z: np.maximum(z, 0) * 1e-3,
}


def counted(y, s, bins=None, weight=None):
    columns = {"g": ["a"] * len(y), "y": y, "s": s} | ({} if weight is None else {"w": weight})
    spec = CellSpec(
        attributes=(Attribute(column="g"),),
        label=Outcome(column="y", favourable=frozenset("1")),
        score="s",
        bins=bins or ScoreBins(cuts=(0.1, 0.5, 0.9)),
        weight=None if weight is None else "w",
    )
    return count_cells(wrap_table(pa.table(columns)), spec)


def sample(seed, scale, n):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < rng.uniform(0.05, 0.95)).astype(int)
    y[:2] = 0, 1
    return y, SCALES[scale](rng.normal(0, 1, n) + rng.uniform(0, 2) * y)


@pytest.mark.parametrize("few", [False, True], ids=["each score alone", "more scores than bins"])
def test_two_hundred_distributions_against_scikit_learn(few, monkeypatch):
    if few:  # as with millions of distinct scores, on few rows
        monkeypatch.setattr(score_bins, "DISTINCT", 60)
        monkeypatch.setattr(score_bins, "QUANTILES", 60)
        monkeypatch.setattr(score_bins, "KEPT", 400)
    hidden = 0
    for number in range(204):
        scale = list(SCALES)[number % len(SCALES)]
        y, s = sample(number, scale, 900)
        found = histograms(counted(y, s), ("g",))
        ranked, (distance, unsure) = auc(found), ks(found)
        want = roc_auc_score(y, s)
        assert abs(ranked.value[0] - want) <= ranked.bound[0] + 1e-9, scale
        assert abs(distance[0] - ks_2samp(s[y == 1], s[y == 0]).statistic) <= unsure[0] + 1e-9, (
            scale
        )
        bounds = auc_bounds(ranked, 0.0)
        assert bounds.low[0] - 1e-9 <= want <= bounds.high[0] + 1e-9, scale
        hidden += ranked.bound[0] > 0
        if not few:
            assert ranked.bound[0] == 0
            assert unsure[0] == 0
        else:
            assert ranked.bound[0] < 0.02
    assert (hidden > 100) == few


@pytest.mark.parametrize("few", [False, True], ids=["each score alone", "more scores than bins"])
def test_calibration_of_two_hundred_distributions_against_scikit_learn(few, monkeypatch):
    """Bins of equal width over the scores' own range, which is what scikit-learn's curve is of after scaling."""
    if few:
        for name, size in (("DISTINCT", 60), ("QUANTILES", 60), ("KEPT", 400)):
            monkeypatch.setattr(score_bins, name, size)
    for number in range(204):
        scale = list(SCALES)[number % len(SCALES)]
        y, s = sample(number, scale, 900)
        low, width = s.min(), np.ptp(s)
        edges = tuple(sorted({float(low + width * step / 10) for step in range(1, 10)}))
        table = counted(y, s, ScoreBins(cuts=edges))
        curve = calibration(histograms(table, ("g",)), table, edges, np.random.default_rng(0))
        place = np.searchsorted(np.array(edges), s, side="right")
        scaled = (place + 0.5) / (len(edges) + 1)
        share, _middle = calibration_curve(y, scaled, n_bins=len(edges) + 1)
        there = curve.n[0] > 0
        np.testing.assert_allclose(curve.share[0][there], share, atol=1e-9, err_msg=scale)
        means = [Fraction(0)] * (len(edges) + 1)
        for bin_, score in zip(place.tolist(), s.tolist(), strict=True):
            means[bin_] += Fraction(score)
        want = [float(total / int(n)) for total, n in zip(means, curve.n[0], strict=True) if n]
        largest = float(np.abs(s).max())
        np.testing.assert_allclose(
            curve.mean_score[0][there], want, rtol=1e-9, atol=1e-9 * largest, err_msg=scale
        )


def test_a_frequent_score_among_many_has_its_bin(monkeypatch):
    for name, size in (("DISTINCT", 50), ("QUANTILES", 50), ("KEPT", 200)):
        monkeypatch.setattr(score_bins, name, size)
    rng = np.random.default_rng(4)
    s = np.where(rng.random(5000) < 0.4, 0.3, rng.random(5000))
    y = (rng.random(5000) < s).astype(int)
    assert auc(histograms(counted(y, s), ("g",))).bound[0] < 0.005


def test_parts_counted_with_learnt_bins_merge_to_the_whole():
    y, s = sample(3, "near one", 4000)
    whole = counted(y, s)
    parts = [
        counted(y[part], s[part], bins=whole.bins) for part in (slice(0, 1500), slice(1500, 4000))
    ]
    assert merge_cells(parts) == whole
    order = np.random.default_rng(0).permutation(4000)
    assert counted(y[order], s[order]) == whole
    assert type(whole).from_json(whole.as_json()) == whole


def test_the_bound_is_in_the_verdict(run, finding, monkeypatch):
    """0.12 apart: within a limit of .2 if the bins hid nothing, not to be told if they hid much."""
    rng = np.random.default_rng(0)
    n = 40_000
    group, y = np.repeat(["a", "b"], n // 2), rng.integers(0, 2, n)
    s = rng.normal(0, 1, n) + np.where(group == "a", 1.0, 0.6) * y
    table = {"g": group, "y": y, "s": s}
    ask = {
        "task": "score",
        "label": ("y", "1"),
        "score": "s",
        "options": {"thresholds": {"auc_difference": 0.13}},
    }
    assert finding(run(table, **ask), "RA-FAIR-010").status is Status.PASSED
    monkeypatch.setattr(score_bins, "DISTINCT", 4)
    monkeypatch.setattr(score_bins, "QUANTILES", 4)
    assert finding(run(table, **ask), "RA-FAIR-010").status is Status.INDETERMINATE


def test_classes_without_overlap_are_not_certain():
    y, s = np.array([0] * 6 + [1] * 6), np.arange(12.0)
    bounds = auc_bounds(auc(histograms(counted(y, s), ("g",))), 1.96)
    assert 0.5 < bounds.low[0] < 0.9
    assert bounds.high[0] == 1


@pytest.mark.parametrize("offset", [0.0, 1e6, 1.7e9, 1e15])
def test_the_spread_of_scores_survives_their_size(offset):
    y, s = sample(5, "uniform", 2000)
    s = offset + s
    mean, variance = class_means(counted(y, s), ("g",), [("a",)])
    for label in (0, 1):
        part = [Fraction(v) for v in s[y == label].tolist()]
        centre = sum(part) / len(part)
        want = sum((v - centre) ** 2 for v in part) / len(part) / (len(part) - 1)
        assert mean[0, label] == pytest.approx(float(centre), rel=1e-15)
        assert variance[0, label] == pytest.approx(float(want), rel=1e-9)


@pytest.mark.parametrize("size", [1e-15, 1.0, 1e15])
@pytest.mark.parametrize("weighted", [False, True])
def test_errors_beside_large_labels(size, weighted):
    """Errors 30 orders of magnitude apart, each group's own spread and root mean square hold."""
    rng = np.random.default_rng(1)
    g = np.repeat(["a", "b"], 400)
    y = np.where(g == "a", 0.0, 1e9 * size)
    p = y + rng.normal(0, 1, 800) * np.where(g == "a", 1e-15, 100.0) * size
    w = rng.uniform(0.5, 3, 800) * np.where(g == "a", 1, 1e12)
    spec = CellSpec(
        attributes=(Attribute(column="g"),),
        score="p",
        numeric_label="y",
        weight="w" if weighted else None,
    )
    found = group_errors(
        count_cells(wrap_table(pa.table({"g": g, "y": y, "p": p, "w": w})), spec), ("g",)
    )
    for i, name in enumerate("ab"):
        error = (p - y)[g == name]
        weight = w[g == name] if weighted else np.ones(400)
        size_ = weight.sum() ** 2 / (weight**2).sum()
        mean = np.average(error, weights=weight)
        assert found.means["root_mean_squared_error"].value[i] == pytest.approx(
            np.sqrt(np.average(error**2, weights=weight)), rel=1e-9
        )
        variance = np.average((error - mean) ** 2, weights=weight) / (size_ - 1)
        assert found.means["mean_error"].variance[i] == pytest.approx(variance, rel=1e-7)


def test_no_spread_is_exactly_none():
    spec = CellSpec(attributes=(Attribute(column="g"),), score="s", weight="w")
    table = count_cells(
        wrap_table(pa.table({"g": ["a"] * 3, "s": [0.1] * 3, "w": [0.3, 1e9, 7.0]})), spec
    )
    assert exact_variance(table.sums["w"], table.sums["s"], table.sums["s2"])[0] < 1e-30


@pytest.mark.parametrize("heavy", [1e10, 1e20, 1e29])
def test_one_weight_beside_ones(run, finding, heavy):
    table = {"g": ["a"] * 200 + ["b"] * 200, "p": ([1, 0] * 100) * 2, "w": [heavy] + [1.0] * 399}
    result = run(table, prediction=("p", "1"), weight="w")
    assert finding(result, "RA-FAIR-001").status is Status.INDETERMINATE
    rates = {
        row["group"][0]: row
        for row in result.artefacts["estimates"]
        if row["metric"] == "selection_rate"
    }
    assert rates["b"]["effective_n"] == 200
    assert rates["b"]["value"] == 0.5
    assert rates["b"]["interval"] == pytest.approx([0.431, 0.569], abs=1e-3)
    assert rates["a"]["effective_n"] == pytest.approx(1.0)
    assert rates["a"]["value"] > 0.999


@pytest.mark.parametrize(
    ("weights", "reference"),
    [
        ([1e200] * 4, "weights-too-large"),
        ([1e-200] * 4, "weights-too-small"),
        ([1e40, 1.0, 1.0, 1.0], "weights-spread"),
        ([1e308, 1e-308, 1.0, 0.0], "weights-too-large"),
    ],
)
def test_weights_that_cannot_be_squared_are_refused_by_name(run, weights, reference):
    with pytest.raises(DataError) as error:
        run(
            {"g": ["a", "a", "b", "b"], "p": [1, 0, 1, 0], "w": weights},
            prediction=("p", "1"),
            weight="w",
        )
    assert error.value.reference == reference


@pytest.mark.parametrize("size", [1e-40, 1e-10, 1e10, 1e70])
def test_the_unit_of_weights_does_not_matter(run, size):
    rng = np.random.default_rng(2)
    w = rng.exponential(1, 400)
    table = {"g": ["a"] * 200 + ["b"] * 200, "p": ([1, 0] * 100) * 2}
    one, other = (
        run(table | {"w": w * unit}, prediction=("p", "1"), weight="w").artefacts["estimates"][0]
        for unit in (1, size)
    )
    assert one["value"] == pytest.approx(other["value"], rel=1e-12)
    assert one["effective_n"] == pytest.approx(other["effective_n"], rel=1e-12)


def test_numbers_too_large_are_refused_by_name(run):
    with pytest.raises(DataError) as error:
        run(
            {"g": ["a", "b"] * 40, "y": [1e80] * 80, "s": [0.0] * 80},
            task="regression",
            label=("y", ""),
            score="s",
        )
    assert error.value.reference == "numbers-too-large"


def test_a_float32_score_at_the_threshold_is_selected(run, finding):
    s = pa.array(np.array([0.7, 0.2] * 200), pa.float32())
    table = pa.table({"g": ["a", "a", "b", "b"] * 100, "s": s})
    result = run(table, task="score", score="s", threshold=0.7)
    rates = [
        row["value"] for row in result.artefacts["estimates"] if row["metric"] == "selection_rate"
    ]
    assert rates == [0.5, 0.5]
