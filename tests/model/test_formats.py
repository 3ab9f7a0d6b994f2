"""Every format: what it predicts is what its library predicted when it was saved."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from raudit.canonical import sha256_file
from raudit.errors import ModelError
from raudit.model import load_model
from raudit.plan import ModelSection

N = 400


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    made = pd.DataFrame(
        {
            "job": rng.choice(["clerk", "cook", "nurse"], N),
            "age": rng.integers(18, 90, N).astype(float),
            "owner": rng.random(N) < 0.5,
        }
    )
    made.loc[::17, "age"] = np.nan
    return made


@pytest.fixture(scope="module")
def truth(frame):
    rng = np.random.default_rng(1)
    score = (frame.job == "nurse") * 1.0 + frame.age.fillna(40) / 50 + rng.normal(0, 0.3, N)
    return pd.DataFrame(
        {"two": (score > 1.3).astype(int), "three": np.digitize(score, [1, 1.6]), "real": score}
    )


def read(path, columns=("job", "age", "owner"), **section):
    return load_model(ModelSection(path=path.name, **section), path, columns=columns)


def coded(frame):
    return frame.assign(job=frame.job.astype("category"))


@pytest.mark.parametrize("suffix", ["json", "ubj"])
@pytest.mark.parametrize("kind", ["two", "three", "real"])
def test_xgboost(frame, truth, kind, suffix, tmp_path):
    xgb = pytest.importorskip("xgboost")
    maker = xgb.XGBRegressor if kind == "real" else xgb.XGBClassifier
    fitted = maker(n_estimators=12, max_depth=3, enable_categorical=True).fit(
        coded(frame), truth[kind]
    )
    path = tmp_path / f"m.{suffix}"
    fitted.save_model(path)
    model = read(path)
    same(model, fitted, frame, coded(frame), kind)
    assert model.format == "xgboost"


@pytest.mark.parametrize("kind", ["two", "three", "real"])
def test_lightgbm(frame, truth, kind, tmp_path):
    lgb = pytest.importorskip("lightgbm")
    maker = lgb.LGBMRegressor if kind == "real" else lgb.LGBMClassifier
    fitted = maker(n_estimators=12, verbose=-1, n_jobs=1).fit(coded(frame), truth[kind])
    fitted.booster_.save_model(tmp_path / "m.txt")
    same(read(tmp_path / "m.txt"), fitted, frame, coded(frame), kind)


@pytest.mark.parametrize("kind", ["two", "three", "real"])
def test_catboost(frame, truth, kind, tmp_path):
    cb = pytest.importorskip("catboost")
    maker = cb.CatBoostRegressor if kind == "real" else cb.CatBoostClassifier
    fitted = maker(iterations=12, verbose=0, allow_writing_files=False, thread_count=1)
    fitted.fit(frame, truth[kind], cat_features=["job"])
    fitted.save_model(tmp_path / "m.cbm")
    same(read(tmp_path / "m.cbm"), fitted, frame, frame, kind)


def same(model, fitted, frame, theirs, kind):
    assert model.features == ("job", "age", "owner")
    if kind == "real":
        np.testing.assert_allclose(model.predict(frame), fitted.predict(theirs), rtol=1e-6)
        assert model.classes == ()
    else:
        np.testing.assert_allclose(
            model.predict_proba(frame), fitted.predict_proba(theirs), atol=1e-6
        )
        assert list(model.predict(frame)) == [str(v) for v in np.ravel(fitted.predict(theirs))]
        assert model.classes == tuple("012"[: 2 if kind == "two" else 3])
    place = 0 if model.classes else -1
    found = model.contributions(frame, place)
    tolerance = 1e-3 if model.family == "xgboost" else 1e-6
    assert np.abs(found.base + found.values.sum(axis=1) - found.margin).max() < tolerance
    assert found.values.shape == (N, 3)
    if kind == "two":  # the margin of class 0 is large where class 0 is likely
        assert np.corrcoef(found.margin, model.predict_proba(frame)[:, 0])[0, 1] > 0.9


def test_a_category_never_seen_counts_as_missing(frame, truth, tmp_path):
    xgb, lgb = pytest.importorskip("xgboost"), pytest.importorskip("lightgbm")
    xgb.XGBClassifier(n_estimators=5, enable_categorical=True).fit(
        coded(frame), truth.two
    ).save_model(tmp_path / "m.json")
    lgb.LGBMClassifier(n_estimators=5, verbose=-1).fit(coded(frame), truth.two).booster_.save_model(
        tmp_path / "m.txt"
    )
    new, gone = frame[:3].assign(job="pilot"), frame[:3].assign(job=None)
    for name in ("m.json", "m.txt"):
        model = read(tmp_path / name)
        np.testing.assert_array_equal(model.predict_proba(new), model.predict_proba(gone))


@pytest.mark.parametrize("zipmap", [True, False])
def test_onnx(frame, truth, zipmap, tmp_path):
    onnx = pytest.importorskip("skl2onnx")
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    pipeline = sklearn_pipeline()
    known = frame.fillna({"age": 40.0})[["job", "age"]]
    pipeline.fit(known, truth.two.map({0: "no", 1: "yes"}))
    types = [("job", StringTensorType([None, 1])), ("age", FloatTensorType([None, 1]))]
    made = onnx.to_onnx(pipeline, initial_types=types, options={id(pipeline): {"zipmap": zipmap}})
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    model = read(tmp_path / "m.onnx")
    assert model.classes == ("no", "yes")
    np.testing.assert_allclose(model.predict_proba(known), pipeline.predict_proba(known), atol=1e-5)
    assert list(model.predict(known)) == list(pipeline.predict(known))
    with pytest.raises(ModelError, match="those of other classes"):
        read(tmp_path / "m.onnx", classes=("yes", "no")).predict(known)


def test_onnx_of_one_tensor_takes_its_columns_from_the_plan(frame, truth, tmp_path):
    onnx = pytest.importorskip("skl2onnx")
    from sklearn.linear_model import LinearRegression

    x = frame.fillna({"age": 40.0})[["age", "owner"]].astype(np.float32)
    fitted = LinearRegression().fit(x, truth.real)
    (tmp_path / "m.onnx").write_bytes(onnx.to_onnx(fitted, x.to_numpy()[:1]).SerializeToString())
    with pytest.raises(ModelError, match="does not say which columns"):
        read(tmp_path / "m.onnx")
    model = read(tmp_path / "m.onnx", features=("age", "owner"))
    np.testing.assert_allclose(model.predict(x), fitted.predict(x), rtol=1e-5)


def sklearn_pipeline():
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = [
        ("o", OneHotEncoder(handle_unknown="ignore"), ["job"]),
        ("s", StandardScaler(), ["age"]),
    ]
    return Pipeline([("c", ColumnTransformer(columns)), ("l", LogisticRegression())])


@pytest.mark.parametrize("kind", ["unsafe-pickle", "unsafe-joblib"])
def test_code_is_run_only_when_pinned(frame, truth, kind, tmp_path):
    import pickle

    import joblib

    known = frame.fillna({"age": 40.0})[["job", "age"]]
    pipeline = sklearn_pipeline().fit(known, truth.two)
    path = tmp_path / "m.pkl"
    if kind == "unsafe-pickle":
        path.write_bytes(pickle.dumps(pipeline))
    else:
        joblib.dump(pipeline, path)
    with pytest.raises(ModelError, match="code"):
        read(path)
    with pytest.raises(ValueError, match=r"model\.sha256"):
        ModelSection(path="m.pkl", format=kind)
    model = read(path, format=kind, sha256=sha256_file(path))
    assert model.format == kind
    np.testing.assert_array_equal(model.predict_proba(known), pipeline.predict_proba(known))
    with pytest.raises(ModelError, match="not the declared one"):
        read(path, format=kind, sha256="0" * 64)


def test_names_of_classes_come_from_the_plan(frame, truth, tmp_path):
    xgb = pytest.importorskip("xgboost")
    xgb.XGBClassifier(n_estimators=3, enable_categorical=True).fit(
        coded(frame), truth.two
    ).save_model(tmp_path / "m.ubj")
    assert set(read(tmp_path / "m.ubj", classes=("no", "yes")).predict(frame)) == {"no", "yes"}
    with pytest.raises(ModelError, match="another number of classes"):
        read(tmp_path / "m.ubj", classes=("a", "b", "c"))
    with pytest.raises(ModelError, match="another number of columns"):
        read(tmp_path / "m.ubj", features=("age",))
    with pytest.raises(ModelError, match="lacks 1 of the model's 3 columns"):
        read(tmp_path / "m.ubj", columns=("age", "owner"))


def test_text_where_the_model_takes_numbers(frame, truth, tmp_path):
    xgb = pytest.importorskip("xgboost")
    xgb.XGBClassifier(n_estimators=3).fit(frame[["age", "owner"]], truth.two).save_model(
        tmp_path / "m.ubj"
    )
    with pytest.raises(ModelError, match="takes numbers in column 'age'"):
        read(tmp_path / "m.ubj").predict(frame.assign(age="old"))
