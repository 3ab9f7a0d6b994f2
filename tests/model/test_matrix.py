"""Six libraries, their options, kinds of columns and file formats: what is audited is what the library predicts."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.model.conftest import FORMATS, KINDS, make_frame, typed, write

from raudit.canonical import sha256_file
from raudit.data import open_data
from raudit.evidence import Quiet
from raudit.model import load_model, predict_columns
from raudit.plan import ModelSection

XGBOOST: dict[str, dict[str, Any]] = {
    "plain": {},
    "weighted": {"scale_pos_weight": 3},
    "dart": {"booster": "dart", "rate_drop": 0.3},
    "forest": {"num_parallel_tree": 3, "subsample": 0.7, "learning_rate": 1, "n_estimators": 1},
    "stopped": {"early_stopping_rounds": 2, "n_estimators": 30},
    "one-hot": {"max_cat_to_onehot": 1},
    "base": {"base_score": 0.2},
    "depth": {"max_depth": 1},
    "leaves": {"grow_policy": "lossguide", "max_leaves": 5},
    "delta": {"max_delta_step": 1},
    "poisson": {"objective": "count:poisson"},
    "quantile": {"objective": "reg:quantileerror", "quantile_alpha": 0.3},
}
LIGHTGBM: dict[str, dict[str, Any]] = {
    "plain": {},
    "weighted": {"scale_pos_weight": 3},
    "dart": {"boosting_type": "dart"},
    "rf": {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.7},
    "sigmoid": {"sigmoid": 3.0},
    "ordered": {},
    "cross_entropy": {"objective": "cross_entropy"},
    "goss": {"data_sample_strategy": "goss"},
    "linear": {"linear_tree": True},
    "poisson": {"objective": "poisson"},
    "sqrt": {"objective": "regression", "reg_sqrt": True},
    "quantile": {"objective": "quantile", "alpha": 0.3},
}
CATBOOST: dict[str, dict[str, Any]] = {
    "plain": {},
    "weighted": {"scale_pos_weight": 3},
    "threshold": {},
    "scaled": {},
    "one-hot": {"one_hot_max_size": 10},
    "no one-hot": {"one_hot_max_size": 1},
    "cross": {"loss_function": "CrossEntropy"},
    "lossguide": {"grow_policy": "Lossguide"},
    "multi": {"loss_function": "MultiClass"},
    "plain boosting": {"boosting_type": "Plain"},
    "poisson": {"loss_function": "Poisson"},
    "quantile": {"loss_function": "Quantile:alpha=0.3"},
}
AMOUNTS = ("poisson", "quantile", "sqrt")
OPTIONS = {"xgboost": XGBOOST, "lightgbm": LIGHTGBM, "catboost": CATBOOST}
SIXTH = (
    "logistic",
    "forest",
    "tree",
    "hist",
    "ordinal",
    "target",
    "svc",
    "bayes",
    "boost",
    "search",
    "calibrated",
    "ridge",
)


def fit_xgboost(frame: pd.DataFrame, kind: str, option: str, folder: Any) -> tuple[Any, Any]:
    import xgboost as xgb

    inner = typed(frame, kind)
    if kind == "truth":  # XGBoost takes no truth values for categories
        inner = inner.assign(key=frame.key)
    more = {"n_estimators": 6, "max_depth": 3, "enable_categorical": True, "n_jobs": 1} | XGBOOST[
        option
    ]
    model = (xgb.XGBRegressor if option in AMOUNTS else xgb.XGBClassifier)(**more)
    fit = (
        {"eval_set": [(inner[:50], 1 - frame.y[:50])], "verbose": False}
        if option == "stopped"
        else {}
    )
    model.fit(inner, frame.y, **fit)
    model.save_model(folder / "m.json")
    return folder / "m.json", model.predict(inner)


def fit_lightgbm(frame: pd.DataFrame, kind: str, option: str, folder: Any) -> tuple[Any, Any]:
    import lightgbm as lgb

    inner = typed(frame, kind, ordered=option == "ordered")
    more = {
        "n_estimators": 6,
        "num_leaves": 7,
        "min_child_samples": 5,
        "verbose": -1,
        "n_jobs": 1,
    } | LIGHTGBM[option]
    model = (lgb.LGBMRegressor if option in AMOUNTS else lgb.LGBMClassifier)(**more).fit(
        inner, frame.y
    )
    model.booster_.save_model(folder / "m.txt")
    return folder / "m.txt", model.predict(inner)


def fit_catboost(frame: pd.DataFrame, kind: str, option: str, folder: Any) -> tuple[Any, Any]:
    import catboost as cb

    inner = typed(frame, kind)
    more = {
        "iterations": 8,
        "depth": 3,
        "verbose": 0,
        "thread_count": 1,
        "allow_writing_files": False,
    }
    model = (cb.CatBoostRegressor if option in AMOUNTS else cb.CatBoostClassifier)(
        **(more | CATBOOST[option]), cat_features=[] if kind == "number" else ["key"]
    )
    model.fit(inner, frame.y)
    if option == "threshold":
        model.set_probability_threshold(0.3)
    if option == "scaled":
        model.set_scale_and_bias(0.5, 0.4)
    model.save_model(folder / "m.cbm")
    again = type(model)().load_model(folder / "m.cbm")
    return folder / "m.cbm", np.asarray(
        again.predict(cb.Pool(inner, cat_features=model.get_cat_feature_indices()))
    ).ravel()


def scikit(option: str, kind: str) -> Any:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import (
        GradientBoostingClassifier,
        HistGradientBoostingClassifier,
        RandomForestClassifier,
    )
    from sklearn.linear_model import LogisticRegression, RidgeClassifier
    from sklearn.model_selection import GridSearchCV
    from sklearn.naive_bayes import GaussianNB
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder
    from sklearn.svm import LinearSVC
    from sklearn.tree import DecisionTreeClassifier

    last = {
        "logistic": LogisticRegression(),
        "forest": RandomForestClassifier(8, random_state=0),
        "tree": DecisionTreeClassifier(max_depth=3, random_state=0),
        "hist": HistGradientBoostingClassifier(max_iter=5),
        "ordinal": DecisionTreeClassifier(max_depth=3, random_state=0),
        "target": LogisticRegression(),
        "svc": LinearSVC(),
        "bayes": GaussianNB(),
        "boost": GradientBoostingClassifier(n_estimators=5, random_state=0),
        "search": GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2),
        "calibrated": CalibratedClassifierCV(LogisticRegression(), cv=2),
        "ridge": RidgeClassifier(),
    }[option]
    encoder: Any = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    if option == "ordinal":
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    if option == "target":
        encoder = TargetEncoder(random_state=0, cv=2)
    encoder = StandardScaler() if kind == "number" else encoder
    return make_pipeline(make_column_transformer((encoder, ["key"]), remainder="passthrough"), last)


def fit_sklearn(frame: pd.DataFrame, kind: str, option: str, folder: Any) -> tuple[Any, Any]:
    import skops.io

    inner = frame.drop(columns="y")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = scikit(option, kind).fit(inner, frame.y)
    skops.io.dump(model, folder / "m.skops")
    return folder / "m.skops", model.predict(inner)


def fit_pickled(frame: pd.DataFrame, kind: str, option: str, folder: Any) -> tuple[Any, Any]:
    """The estimators of the skops files, as a joblib file whose digest is pinned."""
    import joblib

    _path, expected = fit_sklearn(frame, kind, option, folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = scikit(option, kind).fit(frame.drop(columns="y"), frame.y)
    joblib.dump(model, folder / "m.joblib")
    return folder / "m.joblib", expected


def graphed(option: str) -> Any:
    """An estimator that skl2onnx turns into a graph; boosted ones are in the other rows of the matrix."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.ensemble import (
        AdaBoostClassifier,
        ExtraTreesClassifier,
        GradientBoostingClassifier,
        RandomForestClassifier,
    )
    from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neural_network import MLPClassifier
    from sklearn.tree import DecisionTreeClassifier

    return {
        "logistic": LogisticRegression(),
        "forest": RandomForestClassifier(8, random_state=0),
        "extra": ExtraTreesClassifier(8, random_state=0),
        "tree": DecisionTreeClassifier(max_depth=3, random_state=0),
        "discriminant": LinearDiscriminantAnalysis(),
        "boost": GradientBoostingClassifier(n_estimators=5, random_state=0),
        "ada": AdaBoostClassifier(n_estimators=5, random_state=0),
        "bayes": GaussianNB(),
        "calibrated": CalibratedClassifierCV(LogisticRegression(), cv=2),
        "network": MLPClassifier((4,), max_iter=20, random_state=0),
        "gradient": SGDClassifier(loss="log_loss", random_state=0),
        "linear": LinearRegression(),
    }[option]


def fit_onnx(frame: pd.DataFrame, kind: str, option: str, folder: Any) -> tuple[Any, Any]:
    import skl2onnx
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    inner = frame.drop(columns="y").astype({"x": np.float32, "age": np.float32})
    whole = kind in ("truth", "whole")
    inner["key"] = inner.key.astype(
        np.int64 if whole else np.float32 if kind == "number" else object
    )
    encoder = (
        StandardScaler()
        if kind == "number"
        else OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    )
    scaled = make_column_transformer((encoder, ["key"]), (StandardScaler(), ["x", "age"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make_pipeline(scaled, graphed(option)).fit(inner, frame.y)
        one = [None, 1]
        key = (
            Int64TensorType if whole else FloatTensorType if kind == "number" else StringTensorType
        )
        types = [("x", FloatTensorType(one)), ("key", key(one)), ("age", FloatTensorType(one))]
        last = {} if option == "linear" else {id(model): {"zipmap": False}}
        made = skl2onnx.to_onnx(model, initial_types=types, options=last)
    (folder / "m.onnx").write_bytes(made.SerializeToString())
    import onnxruntime

    session = onnxruntime.InferenceSession(made.SerializeToString())
    fed = {name: inner[name].to_numpy().reshape(-1, 1) for name in ("x", "key", "age")}
    return folder / "m.onnx", np.asarray(session.run(None, fed)[0]).ravel()


GRAPHS = (
    "logistic",
    "forest",
    "extra",
    "tree",
    "discriminant",
    "boost",
    "ada",
    "bayes",
    "calibrated",
    "network",
    "gradient",
    "linear",
)
FIT = {
    "xgboost": fit_xgboost,
    "lightgbm": fit_lightgbm,
    "catboost": fit_catboost,
    "skops": fit_sklearn,
    "onnx": fit_onnx,
    "joblib": fit_pickled,
}
NAMES = {
    **OPTIONS,
    "skops": dict.fromkeys(SIXTH, None),
    "onnx": dict.fromkeys(GRAPHS, None),
    "joblib": dict.fromkeys(SIXTH, None),
}
NEEDS = {"onnx": "skl2onnx"}


def section_of(path: Any) -> ModelSection:
    if path.suffix != ".joblib":
        return ModelSection(path=path.name)
    return ModelSection(path=path.name, format="unsafe-joblib", sha256=sha256_file(path))


def hold(
    library: str,
    option: str,
    kind: str,
    form: str,
    seed: int,
    folder: Any,
    *,
    missing: bool = False,
) -> None:
    """What raudit predicts on the file is what the library predicted on the frame."""
    frame = make_frame(seed, kind, missing=missing and library in ("xgboost", "lightgbm"))
    path, expected = FIT[library](frame, kind, option, folder)
    data = open_data(write(frame, folder, form))
    model = load_model(section_of(path), path, columns=tuple(data.kinds))
    amounts = option in AMOUNTS or (library, option) == ("onnx", "linear")
    columns = predict_columns(
        model,
        data,
        favourable=frozenset() if amounts else frozenset({"1"}),
        threshold=None,
        progress=Quiet(),
    )
    if amounts:
        assert not model.classes
        np.testing.assert_allclose(columns["y_pred"], expected, rtol=1e-5, atol=1e-6)
    else:
        assert columns["y_pred"].tolist() == [str(int(label)) for label in expected]


@pytest.mark.parametrize("library", list(FIT))
@pytest.mark.parametrize("place", range(12))
def test_every_option(library, place, tmp_path):
    """Each option with one kind of column and file format; all combinations are drawn in the slow suite."""
    pytest.importorskip(NEEDS.get(library, library))
    option = list(NAMES[library])[place]
    form = FORMATS[place % 2]
    hold(library, option, KINDS[(place + place // 4) % 4], form, place, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(
    max_examples=500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_many_frames(data, tmp_path_factory):
    library = data.draw(st.sampled_from(list(FIT)))
    pytest.importorskip(NEEDS.get(library, library))
    option = data.draw(st.sampled_from(list(NAMES[library])))
    kind, form = data.draw(st.sampled_from(KINDS)), data.draw(st.sampled_from(FORMATS))
    seed, missing = data.draw(st.integers(0, 2**31)), data.draw(st.booleans())
    hold(library, option, kind, form, seed, tmp_path_factory.mktemp("m"), missing=missing)
