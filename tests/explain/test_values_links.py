"""Margins of boosters whose library's own margin is not yet the log-odds, or has no contributions at all."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from tests.model.conftest import make_frame

from raudit.model import load_model
from raudit.plan import ModelSection
from raudit.stages.explain.shap_values.values import explain


def opened(path, frame):
    return load_model(ModelSection(path=path.name), path, columns=tuple(frame.columns))


def explained(path, frame):
    rows = frame.drop(columns="y")
    return explain(opened(path, frame), rows[:60], rows, frozenset({"1"}), 0)


@pytest.mark.parametrize(
    "options",
    [{"sigmoid": 3.0}, {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}],
    ids=["sigmoid", "rf"],
)
def test_lightgbm_margins_are_the_log_odds(options, tmp_path):
    lgb = pytest.importorskip("lightgbm")
    frame = make_frame(1, "number", 400)
    model = lgb.LGBMClassifier(n_estimators=9, verbose=-1, **options).fit(
        frame.drop(columns="y"), frame.y
    )
    model.booster_.save_model(tmp_path / "m.txt")
    found = explained(tmp_path / "m.txt", frame)
    expected = logit(model.predict_proba(frame.drop(columns="y"))[:60, 1])
    assert found.unit == "log-odds"
    np.testing.assert_allclose(found.margin, expected, atol=1e-9)
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), expected, atol=1e-9)


def test_linear_trees_are_explained_by_permutation(tmp_path):
    lgb = pytest.importorskip("lightgbm")
    frame = make_frame(2, "number", 400)
    model = lgb.LGBMClassifier(n_estimators=4, linear_tree=True, verbose=-1).fit(
        frame.drop(columns="y"), frame.y
    )
    model.booster_.save_model(tmp_path / "m.txt")
    found = explained(tmp_path / "m.txt", frame)
    assert found.family == "permutation"
    assert "linear leaves" in found.method


@pytest.mark.parametrize(
    ("said", "options"),
    [
        ("scaled", {}),
        ("not symmetric", {"grow_policy": "Depthwise"}),
        ("not symmetric", {"grow_policy": "Lossguide", "loss_function": "MultiClass"}),
    ],
)
def test_catboost_models_without_contributions_are_explained_by_permutation(
    said, options, tmp_path
):
    """CatBoost's own, of trees that are not symmetric, are off by half a log-odds on this frame."""
    cb = pytest.importorskip("catboost")
    frame = make_frame(5, "number", 240)
    plan = {"iterations": 8, "depth": 3, "verbose": 0, "allow_writing_files": False}
    model = cb.CatBoostClassifier(**plan, **options)
    model.fit(frame.drop(columns="y"), frame.y)
    if said == "scaled":
        model.set_scale_and_bias(2, 0.5)
    model.save_model(tmp_path / "m.cbm")
    found = explained(tmp_path / "m.cbm", frame)
    assert found.family == "permutation"
    assert said in found.method
    assert found.additivity < 1e-9


def test_explanations_stop_at_the_best_round(tmp_path):
    xgb = pytest.importorskip("xgboost")
    frame = make_frame(4, "number", 400)
    rows = frame.drop(columns="y")
    model = xgb.XGBClassifier(n_estimators=40, early_stopping_rounds=4, learning_rate=0.6)
    model.fit(rows[:300], frame.y[:300], eval_set=[(rows[300:], frame.y[300:])], verbose=False)
    model.save_model(tmp_path / "m.ubj")
    assert model.best_iteration + 1 < model.get_booster().num_boosted_rounds()
    found = explained(tmp_path / "m.ubj", frame)
    np.testing.assert_allclose(
        found.margin, logit(model.predict_proba(rows)[:60, 1].astype(float)), atol=1e-4
    )
