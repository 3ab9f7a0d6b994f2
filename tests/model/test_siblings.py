"""Options and kinds of columns beside the matrix: what is audited is what the library predicts, or it is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.model.conftest import make_frame, typed, write

from raudit.data import open_data
from raudit.errors import ModelError
from raudit.evidence import Quiet
from raudit.model import load_model, predict_columns
from raudit.model.formats.levels import normal
from raudit.plan import ModelSection
from raudit.stages.explain.shap_values.values import explain
from raudit.stages.model_fit import STAGE, Options

COLUMNS = ("x", "key", "age")
Tweak = Callable[[pd.DataFrame], pd.DataFrame]


def drawn(kind: str = "number", classes: int = 2) -> pd.DataFrame:
    frame = make_frame(1, kind, 200)
    if classes > 2:
        frame["y"] = frame.y + (frame.x > 0.8).astype(int)
    return frame


def opened(frame, folder, name, form="csv", **section):
    """The model and the data as a run opens them."""
    data = open_data(write(frame, folder, form))
    plan = ModelSection(path=name, **section)
    return load_model(plan, folder / name, columns=tuple(data.kinds)), data


def decided(frame, folder, name, expected, *, form="csv", favourable=("1",), **section):
    """Hold the audited decisions against the library's own; give the model."""
    model, data = opened(frame, folder, name, form, **section)
    found = predict_columns(
        model, data, favourable=frozenset(favourable), threshold=None, progress=Quiet()
    )
    labels = [normal(getattr(label, "item", lambda one=label: one)()) for label in expected]
    assert [normal(label) for label in found["y_pred"]] == labels
    assert len(set(labels)) > 1  # a test on which everyone is alike tells nothing
    return model, found


def refused(frame, folder, name, words, **section):
    with pytest.raises(ModelError, match=words) as caught:
        decided(frame, folder, name, (), **section)
    return caught.value


def linked(model, frame):
    """Findings of the stage that holds the model against itself, by rule."""
    from types import SimpleNamespace

    import pyarrow as pa

    from raudit.data import wrap_table

    evidence = SimpleNamespace(
        model=model,
        data=wrap_table(pa.Table.from_pandas(frame, preserve_index=False)),
        unknown_levels={},
        roles=SimpleNamespace(threshold=None),
        no_model_because="",
    )
    return {finding.rule: finding for finding in STAGE.run(evidence, Options()).findings}


# -- XGBoost


def xgboost_file(folder, frame, option, rounds=6, **more):
    xgb = pytest.importorskip("xgboost")
    rows = xgb.DMatrix(frame.drop(columns="y"), frame.y)
    booster = xgb.train({"objective": option, "nthread": 1, **more}, rows, rounds)
    booster.save_model(folder / "m.json")
    return booster, rows


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("split_indices", lambda values: [len(COLUMNS)] * len(values)),  # read beside the row
        ("left_children", lambda values: [0] * len(values)),  # round and round
        ("right_children", lambda values: [value and 10**6 for value in values]),
        ("left_children", lambda values: [max(value, 1) for value in values]),  # two parents
    ],
)
def test_trees_that_point_outside_are_refused(tmp_path, key, change):
    """XGBoost reads whatever memory is there, and decides by it."""
    frame = drawn()
    xgboost_file(tmp_path, frame, "binary:logistic", 2)
    told = json.loads((tmp_path / "m.json").read_text())
    for tree in told["learner"]["gradient_booster"]["model"]["trees"]:
        tree[key] = change(tree[key])
    (tmp_path / "m.json").write_text(json.dumps(told))
    refused(frame, tmp_path, "m.json", "points outside itself")


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("split_feature", lambda values: [3] * len(values)),
        ("left_child", lambda values: [0] * len(values)),
        ("right_child", lambda values: [-1] * len(values)),
        ("leaf_features", lambda values: [99] * len(values)),
        ("cat_boundaries", lambda values: [value * 10**6 for value in values]),
    ],
)
def test_lightgbm_trees_that_point_outside_are_refused(tmp_path, key, change):
    lgb = pytest.importorskip("lightgbm")
    frame = drawn("whole" if key == "cat_boundaries" else "number")
    inner = typed(frame, "whole" if key == "cat_boundaries" else "number")
    more = {"linear_tree": key == "leaf_features", "cat_smooth": 1, "min_data_per_group": 1}
    small = {"n_estimators": 2, "num_leaves": 4, "min_child_samples": 5, "verbose": -1}
    fitted = lgb.LGBMClassifier(**small, **more).fit(inner, frame.y)

    def changed(match):
        values = [int(value) for value in match[1].split()]
        return f"\n{key}=" + " ".join(map(str, change(values)))

    text = fitted.booster_.model_to_string()
    broken = re.sub(rf"\n{key}=([^\n]*)", changed, re.sub(r"\ntree_sizes=[^\n]*", "", text))
    assert broken != text
    (tmp_path / "m.txt").write_text(broken)
    refused(frame, tmp_path, "m.txt", "points outside itself")


def test_a_hinge_decides_by_its_sign(tmp_path):
    frame = drawn()
    booster, rows = xgboost_file(tmp_path, frame, "binary:hinge")
    model, found = decided(frame, tmp_path, "m.json", booster.predict(rows))
    assert found["y_score"] is None  # decisions are no scores
    findings = linked(model, frame)
    assert findings["RA-MODEL-002"].status == "passed"
    assert "sign link" in findings["RA-MODEL-002"].statement
    assert "RA-MODEL-005" not in findings
    plain = frame.drop(columns="y")
    for places, sign in ((frozenset({"1"}), 1), (frozenset({"0"}), -1)):
        shown = explain(model, plain[:40], plain, places, 0)
        assert shown.unit == "units of the decision function"
        margin = booster.predict(rows, output_margin=True)[:40]
        np.testing.assert_allclose(shown.margin, sign * margin, atol=1e-6)
        assert shown.additivity < 1e-5
    chance = explain(model, plain[:9], plain, frozenset({"1"}), 0, space="probability")
    assert chance.unit != "probability"


@pytest.mark.parametrize(
    ("objective", "words", "hint"),
    [
        ("binary:logitraw", "binary:logitraw' gives log-odds", "binary:logistic"),
        ("rank:pairwise", "an order and no decisions", "task: ranking"),
        ("survival:cox", "hazards or times", "data.prediction"),
    ],
)
def test_objectives_without_a_decision_say_what_to_do(tmp_path, objective, words, hint):
    frame = drawn()
    xgboost_file(tmp_path, frame, objective)
    error = refused(frame, tmp_path, "m.json", words)
    assert error.reference == "model-objective"
    assert hint in error.hint


def test_softmax_of_two_classes_is_no_log_odds(tmp_path):
    frame = drawn()
    booster, rows = xgboost_file(tmp_path, frame, "multi:softprob", num_class=2)
    model, found = decided(frame, tmp_path, "m.json", booster.predict(rows).argmax(axis=1))
    np.testing.assert_allclose(found["y_score"], booster.predict(rows)[:, 1], atol=1e-6)
    plain = frame.drop(columns="y")
    assert explain(model, plain[:9], plain, frozenset({"1"}), 0).unit == "score before softmax"


def test_trees_with_several_numbers_a_leaf_are_explained_by_permutation(tmp_path):
    xgb = pytest.importorskip("xgboost")
    frame, plain = drawn(classes=3), drawn(classes=3).drop(columns="y")
    fitted = xgb.XGBClassifier(
        n_estimators=4, multi_strategy="multi_output_tree", tree_method="hist", n_jobs=1
    ).fit(plain, frame.y)
    fitted.save_model(tmp_path / "m.ubj")
    model, _found = decided(frame, tmp_path, "m.ubj", fitted.predict(plain))
    shown = explain(model, plain[:9], plain, frozenset({"1"}), 0)
    assert shown.family == "permutation"
    assert "several numbers" in shown.method


@pytest.mark.parametrize("targets", [["y", "other"], ["alpha"]])
def test_several_outputs_are_refused(tmp_path, targets):
    xgb = pytest.importorskip("xgboost")
    frame = drawn()
    plain = frame.drop(columns="y")
    if targets == ["alpha"]:
        fitted: Any = xgb.XGBRegressor(
            objective="reg:quantileerror", quantile_alpha=np.array([0.1, 0.9]), n_estimators=3
        ).fit(plain, frame.x)
    else:
        fitted = xgb.XGBClassifier(n_estimators=3).fit(plain, np.c_[frame.y, 1 - frame.y])
    fitted.save_model(tmp_path / "m.json")
    assert "2 outputs" in str(refused(frame, tmp_path, "m.json", "several numbers"))


@pytest.mark.parametrize("more", [{"booster": "dart", "rate_drop": 0.3}, {"num_parallel_tree": 2}])
@pytest.mark.parametrize("classes", [2, 3])
def test_early_stopping_of_other_boosters(tmp_path, more, classes):
    xgb = pytest.importorskip("xgboost")
    frame = drawn(classes=classes)
    plain = frame.drop(columns="y")
    fitted = xgb.XGBClassifier(n_estimators=25, early_stopping_rounds=2, n_jobs=1, **more)
    fitted.fit(plain, frame.y, eval_set=[(plain[:60], np.roll(frame.y[:60], 3))], verbose=False)
    fitted.save_model(tmp_path / "m.ubj")
    assert fitted.best_iteration + 1 < fitted.get_booster().num_boosted_rounds()
    model, found = decided(frame, tmp_path, "m.ubj", fitted.predict(plain))
    np.testing.assert_allclose(found["y_score"], fitted.predict_proba(plain)[:, 1], atol=1e-6)
    assert "early stopping" in model.notes[0]


@pytest.mark.parametrize(
    ("form", "tweak"),
    [
        ("csv", lambda key: key),
        ("csv", lambda key: key.astype(float)),
        ("parquet", lambda key: key.astype(str)),
        ("parquet", lambda key: key.astype("category")),
        ("parquet", lambda key: key.astype("int8")),
    ],
)
def test_codes_with_the_first_one_absent(tmp_path, form, tweak):
    xgb = pytest.importorskip("xgboost")
    frame = drawn("whole")
    frame["key"] = frame.key.map({3: 0, 5: 1, 9: 2, 12: 4})
    shape = {"feature_names": ["x", "key", "age"], "feature_types": ["q", "c", "q"]}

    def rows(part):
        numbers = part.drop(columns="y").to_numpy(float)
        return xgb.DMatrix(numbers, part.y, enable_categorical=True, **shape)

    options = {"objective": "binary:logistic", "max_cat_to_onehot": 1}
    booster = xgb.train(options, rows(frame), 6)
    booster.save_model(tmp_path / "m.json")
    kept = frame[frame.key != 0].reset_index(drop=True)
    expected = (booster.predict(rows(kept)) > 0.5).astype(int)
    decided(kept.assign(key=tweak(kept.key)), tmp_path, "m.json", expected, form=form)


# -- LightGBM


def lightgbm_file(folder, frame, inner, **options):
    lgb = pytest.importorskip("lightgbm")
    fitted = lgb.LGBMClassifier(
        n_estimators=6, num_leaves=7, min_child_samples=5, verbose=-1, n_jobs=1, **options
    ).fit(inner, frame.y)
    fitted.booster_.save_model(folder / "m.txt")
    return fitted


@pytest.mark.parametrize("sigmoid", [1.0, 2.5])
def test_one_against_all_decides_for_its_largest(tmp_path, sigmoid):
    frame = drawn("text", 3)
    inner = typed(frame, "text")
    fitted = lightgbm_file(tmp_path, frame, inner, objective="multiclassova", sigmoid=sigmoid)
    model, found = decided(frame, tmp_path, "m.txt", fitted.predict(inner))
    assert found["y_score"] is None
    assert "do not add up to 1" in model.notes[0]
    assert linked(model, frame)["RA-MODEL-002"].status == "passed"
    plain = frame.drop(columns="y")
    shown = explain(model, plain[:30], plain, frozenset({"2"}), 0)
    assert shown.unit == "log-odds against all other classes"
    chance = fitted.predict_proba(inner)[:30, 2]
    np.testing.assert_allclose(shown.margin, np.log(chance / (1 - chance)), atol=1e-9)
    assert shown.additivity < 1e-9


def test_intensities_are_no_probabilities(tmp_path):
    frame = drawn()
    lightgbm_file(tmp_path, frame, frame.drop(columns="y"), objective="cross_entropy_lambda")
    assert "cross_entropy;" in refused(frame, tmp_path, "m.txt", "intensities").hint


TRUTHS: dict[str, Tweak] = {
    "mixed case": lambda f: f.assign(key=f.key.map({True: "true", False: "FALSE"})),
    "digits": lambda f: f.assign(key=f.key.astype(int)),
    "pointed": lambda f: f.assign(key=f.key.astype(float)),
    "some missing": lambda f: f.assign(key=f.key.astype(object).where(f.index % 9 > 0, None)),
    "as they are": lambda f: f,
}


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("name", list(TRUTHS))
def test_truth_values_however_written(tmp_path, name, form):
    frame = drawn("truth")
    fitted = lightgbm_file(tmp_path, frame, typed(frame, "truth"))
    inner = typed(frame, "truth")
    if name == "some missing":
        inner["key"] = inner.key.where(frame.index % 9 > 0)
    decided(TRUTHS[name](frame), tmp_path, "m.txt", fitted.predict(inner), form=form)


@pytest.mark.parametrize("words", [{True: "yes", False: "no"}, {True: "T", False: "F"}])
def test_other_words_for_truth_values_are_refused(tmp_path, words):
    frame = drawn("truth")
    lightgbm_file(tmp_path, frame, typed(frame, "truth"))
    error = refused(frame.assign(key=frame.key.map(words)), tmp_path, "m.txt", "'key'")
    assert error.reference == "model-levels"


CODES: dict[str, Callable[[pd.Series], pd.Series]] = {
    "leading zeros": lambda key: key.map({3: "007", 5: "7", 9: "7.0", 12: "0x7"}),
    "dates": lambda key: key.map({3: "2020-01-01", 5: "2021-01-01", 9: "2022-01-01", 12: ""}),
    "fractions": lambda key: key / 4,
    "spaces": lambda key: key.map({3: " a", 5: "a", 9: "a b", 12: "a  b"}),
    "truth words": lambda key: key.map({3: "True", 5: "true", 9: "TRUE", 12: "tru"}),
}


@pytest.mark.parametrize("name", list(CODES))
def test_categories_that_look_like_something_else(tmp_path, name):
    frame = drawn("whole")
    frame["key"] = CODES[name](frame.key)
    fitted = lightgbm_file(tmp_path, frame, typed(frame, "whole"))
    expected = fitted.predict(typed(frame, "whole"))
    decided(frame, tmp_path, "m.txt", expected, form="parquet")


# -- CatBoost


def catboost_file(folder, frame, inner, after=lambda model: None, **options):
    cb = pytest.importorskip("catboost")
    words = [name for name in ("key",) if inner[name].dtype != float]
    model = cb.CatBoostClassifier(
        iterations=8, depth=3, verbose=0, thread_count=1, allow_writing_files=False,
        cat_features=words, **options,
    )  # fmt: skip
    model.fit(inner, frame.y)
    after(model)
    model.save_model(folder / "m.cbm")
    return cb.CatBoostClassifier().load_model(folder / "m.cbm")


@pytest.mark.parametrize(
    ("after", "favourable", "options"),
    [
        (lambda m: m.set_probability_threshold(0.2), "yes", {}),
        (lambda m: m.set_probability_threshold(0.8), "no", {}),
        (lambda m: (m.set_probability_threshold(0.3), m.set_scale_and_bias(2, 0.3)), "yes", {}),
        (
            lambda m: m.set_probability_threshold(0.515),
            "yes",
            {"loss_function": "Focal:focal_alpha=0.4;focal_gamma=2"},
        ),
    ],
)
def test_stored_thresholds_with_named_classes(tmp_path, after, favourable, options):
    frame = drawn()
    frame["y"] = frame.y.map({0: "no", 1: "yes"})
    plain = frame.drop(columns="y")
    fitted = catboost_file(tmp_path, frame, plain, after, **options)
    model, _found = decided(
        frame, tmp_path, "m.cbm", fitted.predict(plain), favourable=(favourable,)
    )
    finding = linked(model, frame)["RA-MODEL-005"]
    assert finding.status == "passed"
    assert "not from one half" in finding.statement


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("loss", ["MultiClass", "MultiClassOneVsAll"])
def test_catboost_of_several_margins(tmp_path, loss, classes):
    """Of two classes too, each has a margin of its own."""
    frame = drawn(classes=classes)
    plain = frame.drop(columns="y")
    fitted = catboost_file(tmp_path, frame, plain, loss_function=loss)
    model, found = decided(frame, tmp_path, "m.cbm", fitted.predict(plain).ravel())
    assert linked(model, frame)["RA-MODEL-002"].status == "passed"
    if loss == "MultiClass":
        np.testing.assert_allclose(found["y_score"], fitted.predict_proba(plain)[:, 1], atol=1e-9)
        return
    assert found["y_score"] is None
    shown = explain(model, plain[:20], plain, frozenset({"0"}), 0)
    assert shown.unit == ("log-odds" if classes == 2 else "log-odds against all other classes")
    assert shown.additivity < 1e-9


@pytest.mark.parametrize("name", ["mixed case", "digits", "as they are"])
def test_catboost_truth_values_however_written(tmp_path, name):
    frame = drawn("truth")
    fitted = catboost_file(tmp_path, frame, frame.drop(columns="y"))
    expected = fitted.predict(frame.drop(columns="y"))
    decided(TRUTHS[name](frame), tmp_path, "m.cbm", expected)
