"""Missing, infinite and listed values: what a training wrote for them is what the model is given."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from tests.model.conftest import make_frame, typed
from tests.model.test_siblings import decided, drawn, linked, opened, refused

FORMS = ("csv", "parquet")


def dumped(frame, folder, *steps):
    """A tree behind an encoder of the column, fitted and written; the plain columns."""
    import skops.io
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.tree import DecisionTreeClassifier

    plain = frame.drop(columns="y")
    inside = make_column_transformer((make_pipeline(*steps), ["key"]), remainder="passthrough")
    fitted = make_pipeline(inside, DecisionTreeClassifier(max_depth=4, random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted.fit(plain, frame.y)
    skops.io.dump(fitted, folder / "m.skops")
    return fitted, plain


def gapped(missing):
    """A column of texts, in which what is missing decides."""
    frame = make_frame(3, "text", 200)
    frame["key"] = frame.key.astype(object)
    frame.loc[frame.index % 5 == 0, "key"] = missing
    frame.loc[frame.index % 5 == 0, "y"] = 1
    return frame


def encoders(missing):
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    unseen = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
    fill = SimpleImputer(strategy="constant", fill_value="none", missing_values=missing)
    return {
        "one-hot": (OneHotEncoder(handle_unknown="ignore"),),
        "ordinal": (OrdinalEncoder(encoded_missing_value=-2, **unseen),),
        "filled": (fill, OneHotEncoder(handle_unknown="ignore")),
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("missing", [None, np.nan])
@pytest.mark.parametrize("name", ["one-hot", "ordinal", "filled"])
def test_a_missing_category_is_the_one_that_was_learnt(tmp_path, name, missing, form):
    """An encoder tells None from NaN, and a file of rows does not."""
    frame = gapped(missing)
    fitted, plain = dumped(frame, tmp_path, *encoders(missing)[name])
    _model, found = decided(frame, tmp_path, "m.skops", fitted.predict(plain), form=form)
    np.testing.assert_allclose(found["y_score"], fitted.predict_proba(plain)[:, 1], atol=1e-12)
    assert found["unknown_levels"].get("key", (0, 0))[0] == 0


def test_columns_that_the_training_picked_by_their_type(tmp_path):
    """The picker is only asked in training; a file that holds one is no more code than any other."""
    import skops.io
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = drawn("truth")
    plain = frame.drop(columns="y")
    picked = make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore"),
            make_column_selector(dtype_include=[bool, object]),
        ),
        (StandardScaler(), make_column_selector(dtype_exclude=[bool, object])),
    )
    fitted = make_pipeline(picked, LogisticRegression()).fit(plain, frame.y)
    skops.io.dump(fitted, tmp_path / "m.skops")
    decided(frame, tmp_path, "m.skops", fitted.predict(plain))


def test_missing_values_that_a_model_does_not_take_are_named(tmp_path):
    import skops.io
    from sklearn.linear_model import LogisticRegression

    frame = drawn()
    fitted = LogisticRegression().fit(frame.drop(columns="y"), frame.y)
    skops.io.dump(fitted, tmp_path / "m.skops")
    error = refused(
        frame.assign(x=frame.x.where(frame.index > 3)), tmp_path, "m.skops", "no missing"
    )
    assert error.got == "missing values in x"
    assert "fill them" in error.hint


@pytest.mark.parametrize("form", FORMS)
def test_infinite_values_that_a_model_does_not_take_are_named(tmp_path, form):
    xgb = pytest.importorskip("xgboost")
    frame = drawn()
    fitted = xgb.XGBClassifier(n_estimators=2, n_jobs=1).fit(frame.drop(columns="y"), frame.y)
    fitted.save_model(tmp_path / "m.json")
    odd = frame.assign(age=frame.age.astype(float).where(frame.index > 3, np.inf))
    error = refused(odd, tmp_path, "m.json", "no infinite", form=form)
    assert error.got == "infinite values in age"


LISTED = {
    "truth values": lambda key: key.isin([3, 9]),
    "fractions": lambda key: key + 0.5,
    "below zero": lambda key: key.where(key != 5, -1),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", list(LISTED))
def test_codes_are_looked_up_as_lightgbm_does(tmp_path, name, form):
    """It takes the whole part of a number, and what is below zero for missing."""
    frame = drawn("whole")
    frame["key"] = LISTED[name](frame.key)
    inner = frame.drop(columns="y").astype(float)
    lgb = pytest.importorskip("lightgbm")
    fitted = lgb.LGBMClassifier(
        n_estimators=6, num_leaves=7, min_child_samples=5, verbose=-1, n_jobs=1
    )
    fitted.fit(inner, frame.y, categorical_feature=["key"])
    fitted.booster_.save_model(tmp_path / "m.txt")
    _model, found = decided(frame, tmp_path, "m.txt", fitted.predict(inner), form=form)
    present = 200 if name != "below zero" else int((frame.key >= 0).sum())
    assert found["unknown_levels"] == {"key": (0, present)}


@pytest.mark.parametrize(
    ("taken", "number", "told", "booster"),
    [
        (-999, -999, True, "gbtree"),
        (9999, 9999, True, "gbtree"),
        (-999, -999, True, "gblinear"),
        (np.nan, -999, False, "gbtree"),  # trees split it off: it was a value there
        (-999, -3, False, "gbtree"),  # nothing in the audited data stands apart
    ],
)
def test_a_number_that_training_may_have_taken_for_missing_is_told(
    tmp_path, taken, number, told, booster
):
    """XGBoost keeps no ``missing=``: what the file leaves open is indeterminate, with the rows that turn on it."""
    xgb = pytest.importorskip("xgboost")
    frame = drawn()[["x", "age", "y"]]
    absent = frame.age > 60
    inner = frame.assign(x=frame.x.mask(absent, taken if taken == taken else number))
    # What is missing decides against the number's own side.
    inner["y"] = np.where(absent, number < 0, inner.x > 0).astype(int)
    more = {"n_estimators": 4, "max_depth": 2, "booster": booster, "missing": taken}
    fitted = xgb.XGBClassifier(**more).fit(inner[["x", "age"]], inner.y)
    fitted.save_model(tmp_path / "m.json")
    audited = inner.assign(x=frame.x.clip(-2.9, 2.9).mask(absent, number))
    model, _data = opened(audited, tmp_path, "m.json", "parquet")
    found = linked(model, audited)
    assert ("RA-MODEL-001" in found) is told
    if told:
        finding = found["RA-MODEL-001"]
        n = int(absent.sum())
        assert (str(finding.status), finding.subject.name) == ("indeterminate", "x")
        assert (finding.measurement.n, finding.measurement.events) == (n, n)
        assert f"{n} rows hold it" in finding.statement


def counted(rows=600):
    """Two columns of counts, in which nought decides in a way of its own, and a column of categories."""
    rng = np.random.default_rng(4)
    frame = make_frame(3, "text", rows)[["x", "key", "y"]]
    frame["visits"], frame["children"] = rng.poisson(1.0, rows), rng.poisson(0.7, rows)
    side = np.where(frame.visits == 0, 1.5, -0.6 * frame.visits) + frame.x + (frame.children == 0)
    frame["y"] = (side + (frame.key == "nurse") > 0.6).astype(int)
    return frame


@pytest.mark.parametrize(
    ("taken", "number", "more"),
    [
        (0, 0, {}),
        (0, 0, {"booster": "dart", "num_parallel_tree": 2}),
        (0, 0, {"objective": "multi:softprob"}),
        (-999, -999, {}),  # beside categories, of which XGBoost's own words of its trees are strict
        (np.nan, None, {}),
    ],
)
def test_a_nought_that_training_took_for_missing_is_told_by_the_leaves(
    tmp_path, taken, number, more
):
    """The file keeps how many rows of the training ended in each leaf; the plan can say what it does not keep."""
    xgb = pytest.importorskip("xgboost")
    frame = counted()
    if number == -999:
        frame["visits"] = frame.visits.where(frame.visits > 0, -999)
    if more.get("objective"):
        frame["y"] += (frame.x > 1).astype(int)
    inner = typed(frame, "text")
    plan = {"n_estimators": 8, "max_depth": 3, "enable_categorical": True, "n_jobs": 1, **more}
    fitted = xgb.XGBClassifier(**plan, missing=taken).fit(inner[:300], frame.y[:300])
    fitted.save_model(tmp_path / "m.json")
    own = fitted.predict(inner)
    model, _data = opened(frame, tmp_path, "m.json", "parquet")
    said = linked(model, frame).get("RA-MODEL-001")
    if number is None:
        assert said is None
        wrongly, _found = opened(frame, tmp_path, "m.json", missing="0")
        said = linked(wrongly, frame)["RA-MODEL-001"]
        assert "it is audited as a missing one" in said.statement
        assert "if the number is a value" in said.reason
        return
    assert (str(said.status), said.subject.detail["number"]) == ("indeterminate", str(number))
    assert not np.array_equal(model.predict(frame).astype(int), own)
    for form in FORMS:
        told, found = decided(frame, tmp_path, "m.json", own, form=form, missing=str(number))
        np.testing.assert_allclose(found["y_score"], fitted.predict_proba(inner)[:, 1], atol=1e-6)
    assert "model.missing" in told.notes[0]
    assert "RA-MODEL-001" not in linked(told, frame)
    for wrong in (
        "none",
        "1",
    ):  # what the plan says ends no question where the leaves speak against it
        said = linked(opened(frame, tmp_path, "m.json", missing=wrong)[0], frame)["RA-MODEL-001"]
        assert (str(said.status), said.subject.detail["number"]) == ("indeterminate", str(number))
        assert said.reason.endswith("under model.missing fits that less.")


def test_cells_that_a_sparse_matrix_left_out_are_told(tmp_path):
    """XGBoost takes them for missing, and LightGBM for nought; only XGBoost has to be told."""
    xgb = pytest.importorskip("xgboost")
    from scipy.sparse import csr_matrix

    frame = counted()[["x", "visits", "children", "y"]]
    sparse = csr_matrix(frame.drop(columns="y").to_numpy(dtype=float))
    fitted = xgb.XGBClassifier(n_estimators=8, max_depth=3, n_jobs=1).fit(sparse, frame.y)
    fitted.save_model(tmp_path / "m.json")
    names = {"features": ("x", "visits", "children")}
    model, _data = opened(frame, tmp_path, "m.json", **names)
    said = linked(model, frame)["RA-MODEL-001"]
    assert (str(said.status), said.subject.name) == ("indeterminate", "model")
    assert said.statement.startswith("Whether 0 in visits, children is a value")
    decided(frame, tmp_path, "m.json", fitted.predict(sparse), missing="0", **names)
    (tmp_path / "m.txt").write_text("tree\n")
    assert "model.missing is for XGBoost" in str(
        refused(frame, tmp_path, "m.txt", "is for XGBoost", missing="0")
    )
