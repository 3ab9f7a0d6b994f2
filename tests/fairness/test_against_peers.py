"""Equal to fairlearn and scikit-learn on random tables."""

from __future__ import annotations

import warnings

import fairlearn.metrics as fm
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from raudit.data import wrap_table
from raudit.data.count import CellSpec, count_cells
from raudit.data.roles import Outcome
from raudit.data.score_bins import ScoreBins
from raudit.plan import Attribute
from raudit.stages.fairness.measures.crosscheck import cross_check
from raudit.stages.fairness.measures.disparity import disparity
from raudit.stages.fairness.measures.histogram import auc, brier, calibration, histograms, ks
from raudit.stages.fairness.measures.metrics import estimate, group_counts
from raudit.stages.fairness.tasks.regression import group_errors

ONE = frozenset("1")
METRICS = {
    "selection_rate": fm.selection_rate,
    "true_positive_rate": fm.true_positive_rate,
    "false_positive_rate": fm.false_positive_rate,
    "true_negative_rate": fm.true_negative_rate,
    "false_negative_rate": fm.false_negative_rate,
    "accuracy": sk.accuracy_score,
    "precision": sk.precision_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "f1_score": sk.f1_score,
}
DISPARITIES = {
    "demographic_parity_difference": fm.demographic_parity_difference,
    "demographic_parity_ratio": fm.demographic_parity_ratio,
    "equalized_odds_difference": fm.equalized_odds_difference,
    "equalized_odds_ratio": fm.equalized_odds_ratio,
    "equal_opportunity_difference": fm.equal_opportunity_difference,
    "equal_opportunity_ratio": fm.equal_opportunity_ratio,
}


def counted(frame, weight=None):
    spec = CellSpec(
        attributes=(Attribute(column="g"), Attribute(column="h")),
        label=Outcome(column="y", favourable=ONE),
        prediction=Outcome(column="p", favourable=ONE),
        weight=weight,
    )
    return count_cells(wrap_table(pa.Table.from_pandas(frame, preserve_index=False)), spec)


@given(st.integers(0, 2**32 - 1), st.integers(8, 200), st.booleans())
@settings(max_examples=12, deadline=None)
def test_every_shared_number_equals_fairlearn(seed, rows, weighted):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "g": rng.choice(["a", "b", "c"], rows),
            "h": rng.choice(["x", "y"], rows),
            "y": rng.integers(0, 2, rows),
            "p": rng.integers(0, 2, rows),
            "w": rng.uniform(0.01, 20, rows),
        }
    )
    table = counted(frame, "w" if weighted else None)
    params = {"sample_weight": frame.w} if weighted else {}
    for by in (("g",), ("g", "h")):
        groups = group_counts(table, by)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = fm.MetricFrame(
                metrics=METRICS,
                y_true=frame.y,
                y_pred=frame.p,
                sensitive_features=frame[list(by)],
                sample_params=dict.fromkeys(METRICS, params),
            )
        for name in METRICS:
            ours = estimate(groups, name, draws=200).value
            for group, value in zip(groups.names, ours, strict=True):
                if not np.isnan(value):
                    want = theirs.by_group.loc[group if len(by) > 1 else group[0], name]
                    assert value == pytest.approx(want, abs=1e-12), name
        cross_check(groups)
        whole = all(
            not np.isnan(estimate(groups, name, draws=200).value).any()
            for name in ("true_positive_rate", "false_positive_rate")
        )
        if not whole:
            continue
        for name, function in DISPARITIES.items():
            found = disparity(groups, name, draws=200)
            want = function(frame.y, frame.p, sensitive_features=frame[list(by)], **params)
            if found.value is not None and not np.isnan(want):
                assert found.value == pytest.approx(want, abs=1e-12), name


def scored(seed=0, rows=4000, scale=1.0, weighted=False):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": rng.choice(["a", "b"], rows), "s": rng.beta(2, 3, rows) * scale})
    frame["y"] = (
        rng.random(rows) < np.clip(frame.s / scale + 0.1 * (frame.g == "a"), 0, 1)
    ).astype(int)
    frame["w"] = rng.uniform(0.1, 4, rows)
    edges = tuple(step / 10 for step in range(1, 10))
    spec = CellSpec(
        attributes=(Attribute(column="g"),),
        label=Outcome(column="y", favourable=ONE),
        score="s",
        bins=ScoreBins(cuts=edges),
        weight="w" if weighted else None,
    )
    return (
        frame,
        count_cells(wrap_table(pa.Table.from_pandas(frame, preserve_index=False)), spec),
        edges,
    )


@pytest.mark.parametrize("scale", [1.0, 0.009])
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_equal_scikit_learn_within_the_bound(scale, weighted):
    frame, table, edges = scored(scale=scale, weighted=weighted)
    found = histograms(table, ("g",))
    ranked, loss, curve = (
        auc(found),
        brier(found),
        calibration(found, table, edges, np.random.default_rng(0)),
    )
    far, hidden = ks(found)
    for i, (group,) in enumerate(found.names):
        part = frame[frame.g == group]
        weight = part.w if weighted else None
        exact = sk.roc_auc_score(part.y, part.s, sample_weight=weight)
        assert abs(ranked.value[i] - exact) <= ranked.bound[i] + 1e-12
        assert ranked.bound[i] < 0.002
        assert loss[i] == pytest.approx(
            sk.brier_score_loss(part.y, part.s, sample_weight=weight), abs=1e-12
        )
        fpr, tpr, _ = sk.roc_curve(part.y, part.s, sample_weight=weight)
        assert abs(far[i] - np.max(np.abs(tpr - fpr))) <= hidden[i] + 1e-12
        w = np.ones(len(part)) if weight is None else weight.to_numpy()
        place = np.digitize(part.s, edges)
        ece = sum(abs((w * (part.y - part.s))[place == b].sum()) for b in range(10)) / w.sum()
        assert curve.ece[i] == pytest.approx(ece, abs=1e-12)


def test_delong_matches_a_bootstrap():
    frame, table, _ = scored(rows=1500)
    ranked = auc(histograms(table, ("g",)))
    part = frame[frame.g == "a"]
    rng = np.random.default_rng(1)
    values = []
    for _ in range(300):
        rows = rng.integers(0, len(part), len(part))
        values.append(sk.roc_auc_score(part.y.to_numpy()[rows], part.s.to_numpy()[rows]))
    assert ranked.variance[0] ** 0.5 == pytest.approx(np.std(values), rel=0.15)


@pytest.mark.parametrize("weighted", [False, True])
def test_regression_equals_scikit_learn(weighted):
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"g": rng.choice(["a", "b"], 500), "y": rng.normal(30_000, 9_000, 500)})
    frame["p"] = frame.y + rng.normal(0, 500, 500) + 100 * (frame.g == "b")
    frame["w"] = rng.uniform(0.5, 2, 500)
    spec = CellSpec(
        attributes=(Attribute(column="g"),),
        score="p",
        numeric_label="y",
        weight="w" if weighted else None,
    )
    found = group_errors(
        count_cells(wrap_table(pa.Table.from_pandas(frame, preserve_index=False)), spec), ("g",)
    )
    for i, (group,) in enumerate(found.names):
        part = frame[frame.g == group]
        weight = part.w if weighted else None
        assert found.means["mean_error"].value[i] == pytest.approx(
            np.average(part.p - part.y, weights=weight), rel=1e-10
        )
        want = sk.mean_absolute_error(part.y, part.p, sample_weight=weight)
        assert abs(found.means["mean_absolute_error"].value[i] - want) <= 1e-10 * want
        want = sk.root_mean_squared_error(part.y, part.p, sample_weight=weight)
        assert found.means["root_mean_squared_error"].value[i] == pytest.approx(want, rel=1e-12)
