"""Each family of models on Adult and on German credit: values add up, gaps add up, and they are shap's."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits

from raudit.stages.explain.shap_values.values import TOLERANCE, explain, is_fast
from raudit.stages.explain.shap_values.wrappers import open_model
from raudit.stages.explain.survey.groups import Group, gap_of

TEXT = make_column_selector(dtype_include=["object", "string", "category", "bool"])
OTHER = make_column_selector(dtype_include="number")


@dataclass
class Held:
    """A fitted estimator as the loaders hand it over."""

    native: Any
    features: tuple[str, ...]
    classes: tuple[str, ...]
    format: str = "skops"
    sha256: str = "0" * 64

    def predict(self, frame):
        found = self.native.predict(frame[list(self.features)])
        return found.astype(str) if self.classes else found

    def predict_proba(self, frame):
        ask = getattr(self.native, "predict_proba", None)
        return None if ask is None else ask(frame[list(self.features)])


@dataclass
class Case:
    x: pd.DataFrame
    y: pd.Series
    sex: np.ndarray
    good: frozenset


def adult(vectors):
    table = pd.read_parquet(vectors / "fairness" / "adult.parquet").sample(1200, random_state=0)
    y = table["income"].astype(str).str.contains(">").to_numpy().astype(int)
    x = table.drop(columns=["income", "split"]).reset_index(drop=True)
    words = [name for name in x if not pd.api.types.is_numeric_dtype(x[name])]
    x = x.assign(**{name: x[name].astype("str") for name in words})
    return Case(x, y, (x["sex"].str.strip() == "Male").to_numpy(), frozenset({"1"}))


def german(vectors):
    table = pd.read_csv(vectors / "fairness" / "german.csv")
    words = [name for name in table if not pd.api.types.is_numeric_dtype(table[name])]
    x = table.drop(columns="class-label").assign(
        **{name: table[name].astype("category") for name in words}
    )
    x = x.assign(
        rich=table["credit-amount"] > 4000, duration=table["duration"].where(table.index % 9 > 0)
    )
    return Case(
        x, table["class-label"].to_numpy(), (table["sex"] == "male").to_numpy(), frozenset({"1"})
    )


@pytest.fixture(autouse=True)
def one_thread():
    """Many small fits on a busy machine wait for one another's threads."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module", params=[adult, german], ids=["adult", "german"])
def case(request, vectors):
    return request.param(vectors)


def one_hot(last):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    return make_pipeline(
        make_column_transformer((OneHotEncoder(handle_unknown="ignore"), TEXT), (numbers, OTHER)),
        last,
    )


def ordinal(last):
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(
        ColumnTransformer(
            [("codes", codes, TEXT), ("fill", SimpleImputer(), OTHER)], remainder="passthrough"
        ),
        last,
    )


def held(estimator, case):
    estimator.fit(case.x, case.y)
    classes = tuple(str(c) for c in getattr(estimator, "classes_", ()))
    return Held(estimator, tuple(case.x.columns), classes)


def boosters():
    import catboost
    import lightgbm
    import xgboost

    return {
        "xgboost": xgboost.XGBClassifier(n_estimators=30, max_depth=4, n_jobs=1),
        "lightgbm": lightgbm.LGBMClassifier(n_estimators=30, verbose=-1, n_jobs=1),
        "catboost": catboost.CatBoostClassifier(
            iterations=30, verbose=0, thread_count=1, allow_writing_files=False
        ),
    }


FAMILIES = {
    "logistic": lambda: one_hot(LogisticRegression(max_iter=2000)),
    "forest": lambda: ordinal(RandomForestClassifier(10, random_state=0)),
    "extra": lambda: ordinal(ExtraTreesClassifier(10, max_depth=8, random_state=0)),
    "boosting": lambda: ordinal(GradientBoostingClassifier(n_estimators=20, random_state=0)),
    "histogram": lambda: ordinal(HistGradientBoostingClassifier(max_iter=10, random_state=0)),
    "histogram-columns": lambda: HistGradientBoostingClassifier(max_iter=10, random_state=0),
    "xgboost": lambda: ordinal(boosters()["xgboost"]),
    "lightgbm": lambda: ordinal(boosters()["lightgbm"]),
    "catboost": lambda: ordinal(boosters()["catboost"]),
    "one-hot-xgboost": lambda: one_hot(boosters()["xgboost"]),
}
LIMIT = {"linear": 1e-9, "tree": 1e-6, "xgboost": 1e-3}


@pytest.mark.parametrize("perturbation", ["path", "interventional"])
@pytest.mark.parametrize("name", FAMILIES)
def test_values_and_the_gap_add_up(case, name, perturbation):
    if name == "histogram-columns":
        words = TEXT(case.x)
        case = Case(
            case.x.assign(**{w: case.x[w].astype("category") for w in words}),
            case.y,
            case.sex,
            case.good,
        )
    model = held(FAMILIES[name](), case)
    assert is_fast(model)
    found = explain(model, case.x[:600], case.x[:300], case.good, seed=0, perturbation=perturbation)
    assert found.family != "permutation", found.method
    limit = LIMIT[found.family]
    assert limit == TOLERANCE[found.family]
    assert found.additivity <= limit
    gap = gap_of(found, Group(attribute="sex", label="sex", name="male", member=case.sex[:600]))
    assert abs(gap.mean.sum() - gap.total) <= limit
    chance = model.predict_proba(case.x[:600])[:, 1]
    margin = found.margin if found.unit == "probability" else 1 / (1 + np.exp(-found.margin))
    assert np.allclose(margin, chance, atol=1e-6), "the margin is the model's own"


@pytest.mark.parametrize(
    "name", ["forest", "boosting", "histogram", "xgboost", "lightgbm", "catboost"]
)
def test_path_dependent_values_are_those_of_shap(case, name):
    model = held(FAMILIES[name](), case)
    found = explain(model, case.x[:150], case.x[:300], case.good, seed=0)
    parts = open_model(model.native, model.features).members[0].parts
    with warnings.catch_warnings(action="ignore"):  # shap's of its own lightgbm path
        peer = np.asarray(
            shap.TreeExplainer(parts.estimator).shap_values(parts.transform(case.x[:150]))
        )
    peer = peer[:, :, 1] if peer.ndim == 3 else peer
    assert np.allclose(found.values, parts.fold(peer, case.x.shape[1]), atol=1e-6)


@pytest.mark.parametrize("name", ["forest", "boosting", "xgboost", "lightgbm", "catboost"])
def test_interventional_values_are_those_of_shap(case, name):
    model = held(FAMILIES[name](), case)
    rest = case.x[:80]
    found = explain(model, case.x[:100], rest, case.good, seed=0, perturbation="interventional")
    parts = open_model(model.native, model.features).members[0].parts
    explainer = shap.TreeExplainer(
        parts.estimator, parts.transform(rest), feature_perturbation="interventional"
    )
    peer = np.asarray(explainer.shap_values(parts.transform(case.x[:100]), check_additivity=False))
    peer = peer[:, :, 1] if peer.ndim == 3 else peer
    assert np.allclose(found.values, parts.fold(peer, case.x.shape[1]), atol=1e-6)
    assert found.background == 80


@pytest.mark.parametrize("name", ["boosting", "xgboost", "lightgbm"])
def test_values_in_probability_are_those_of_shap_and_add_up(case, name):
    model = held(FAMILIES[name](), case)
    rest = case.x[:60]
    for good, place in ((case.good, 1), (frozenset({"0"}), 0)):
        found = explain(model, case.x[:40], rest, good, seed=0, space="probability")
        assert found.unit == "probability"
        assert np.allclose(found.margin, model.predict_proba(case.x[:40])[:, place])
        assert found.additivity < 1e-3


def test_logistic_values_in_probability_are_what_shap_gives_a_tree_of_one_row(case):
    """Against one background row the values are stretched to the difference of probabilities."""
    model = held(FAMILIES["logistic"](), case)
    found = explain(model, case.x[:40], case.x[:200], case.good, seed=0, space="probability")
    assert found.additivity < 1e-9
    assert np.allclose(found.margin, model.predict_proba(case.x[:40])[:, 1])
    assert found.base == pytest.approx(model.predict_proba(case.x[:200])[:, 1].mean())
    one = explain(model, case.x[:40], case.x[50:51], case.good, seed=0, space="probability")
    line = explain(model, case.x[:40], case.x[50:51], case.good, seed=0)
    chance = model.predict_proba(case.x[50:51])[0, 1]
    stretch = (found.margin - chance) / (line.margin - line.base)
    assert np.allclose(one.values, line.values * stretch[:, None])
    gap = gap_of(found, Group(attribute="sex", label="sex", name="male", member=case.sex[:40]))
    assert abs(gap.mean.sum() - gap.total) < 1e-9


@pytest.mark.parametrize("inner", ["logistic", "forest", "xgboost"])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibrated_models_say_what_is_explained(case, inner, method):
    model = held(CalibratedClassifierCV(FAMILIES[inner](), method=method, cv=2), case)
    found = explain(model, case.x[:100], case.x[:200], case.good, seed=0)
    assert found.family != "permutation"
    assert found.additivity <= TOLERANCE[found.family]
    straight = (
        method == "sigmoid" and inner != "xgboost"
    )  # whose probabilities are calibrated, not its margin
    assert ("mean calibrated log-odds" in found.method) == straight
    assert ("before calibration" in found.method) != straight
    if straight:
        chance = model.predict_proba(case.x[:100])[:, 1]
        off = np.abs(1 / (1 + np.exp(-found.margin)) - chance).max()
        assert f"{off:.2g} from the model's probability at most" in found.method


def test_one_calibrated_model_is_explained_exactly(case):
    for good, place in ((case.good, 1), (frozenset({"0"}), 0)):
        model = held(CalibratedClassifierCV(FAMILIES["forest"](), ensemble=False, cv=2), case)
        found = explain(model, case.x[:100], case.x[:200], good, seed=0)
        chance = model.predict_proba(case.x[:100])[:, place]
        assert np.allclose(1 / (1 + np.exp(-found.margin)), chance)
        assert found.additivity < 1e-9


def test_wrappers_are_opened(case):
    plain = held(FAMILIES["logistic"](), case)
    want = explain(plain, case.x[:50], case.x[:200], case.good, seed=0).values
    wrapped = (
        FixedThresholdClassifier(FAMILIES["logistic"](), threshold=0.3),
        FixedThresholdClassifier(FrozenEstimator(plain.native)),
        TunedThresholdClassifierCV(FAMILIES["logistic"](), cv=2),
        GridSearchCV(FAMILIES["logistic"](), {"logisticregression__C": [1.0]}, cv=2),
        make_pipeline(
            FAMILIES["logistic"]()[:-1],
            make_pipeline("passthrough", LogisticRegression(max_iter=2000)),
        ),
        make_pipeline(
            FAMILIES["logistic"]()[:-1], FixedThresholdClassifier(LogisticRegression(max_iter=2000))
        ),
    )
    for estimator in wrapped:
        found = explain(held(estimator, case), case.x[:50], case.x[:200], case.good, seed=0)
        assert found.family == "linear"
        assert np.allclose(found.values, want, atol=1e-6)


def test_calibration_behind_a_transformer(case):
    model = held(
        make_pipeline(
            ordinal("passthrough")[:-1], CalibratedClassifierCV(RandomForestClassifier(5), cv=2)
        ),
        case,
    )
    found = explain(model, case.x[:50], case.x[:200], case.good, seed=0)
    assert "calibrated" in found.method
    assert found.additivity < 1e-9


def test_regression_in_every_family(case):
    from xgboost import XGBRegressor

    target = np.abs(case.x[OTHER(case.x)[0]].fillna(3).to_numpy(dtype=float)) + 1
    case = Case(case.x, target, case.sex, frozenset())
    for last, unit in (
        (Ridge(), "units of the label"),
        (RandomForestRegressor(5, random_state=0), "units of the label"),
        (HistGradientBoostingRegressor(max_iter=5, loss="poisson"), "log of the label's unit"),
        (
            XGBRegressor(n_estimators=10, objective="count:poisson", n_jobs=1),
            "log of the label's unit",
        ),
    ):
        found = explain(held(ordinal(last), case), case.x[:50], case.x[:200], frozenset(), seed=0)
        assert found.unit == unit
        assert found.additivity <= TOLERANCE[found.family]


def test_several_classes(case):
    three = Case(case.x, case.y + np.arange(len(case.y)) % 2, case.sex, frozenset({"2"}))
    for last in (
        "logistic",
        RandomForestClassifier(5, random_state=0),
        HistGradientBoostingClassifier(max_iter=5),
        GradientBoostingClassifier(n_estimators=5),
        *boosters().values(),
    ):
        model = held(FAMILIES["logistic"]() if last == "logistic" else ordinal(last), three)
        found = explain(model, case.x[:40], case.x[:100], three.good, seed=0)
        assert found.family != "permutation", found.method
        assert found.additivity <= TOLERANCE[found.family]
        both = explain(model, case.x[:40], case.x[:100], frozenset({"1", "2"}), seed=0)
        assert both.additivity <= TOLERANCE[found.family]


def test_unseen_categories_and_missing_values(case):
    strange = case.x[:60].copy()
    name = TEXT(case.x)[0]
    strange[name] = pd.Series(["never seen", None] * 30, index=strange.index).astype("str")
    for family in ("logistic", "histogram", "xgboost"):
        found = explain(held(FAMILIES[family](), case), strange, case.x[:100], case.good, seed=0)
        assert found.additivity <= TOLERANCE[found.family]


def test_other_encoders_are_led_back(case):
    encode = FeatureUnion(
        [
            ("means", make_column_transformer((TargetEncoder(cv=2), TEXT), remainder="drop")),
            (
                "codes",
                make_column_transformer(
                    (OneHotEncoder(max_categories=4, handle_unknown="ignore"), TEXT)
                ),
            ),
            ("gone", "drop"),
        ]
    )
    found = explain(
        held(make_pipeline(encode, LogisticRegression(max_iter=500)), case),
        case.x[:50],
        case.x[:100],
        case.good,
        seed=0,
    )
    assert found.family == "linear"
    assert found.additivity < 1e-9
    used = np.abs(found.values).max(axis=0) > 0
    assert not used[[case.x.columns.get_loc(name) for name in OTHER(case.x)]].any()


def test_native_categories_of_boosters(case):
    import catboost
    import lightgbm
    import xgboost

    words = TEXT(case.x)
    table = case.x.assign(**{w: case.x[w].astype("str").astype("category") for w in words})
    text = Case(
        case.x.assign(**{w: case.x[w].astype("str").astype(object) for w in words}),
        case.y,
        case.sex,
        case.good,
    )
    named = Case(table, case.y, case.sex, case.good)
    for last, one in (
        (xgboost.XGBClassifier(n_estimators=10, enable_categorical=True, n_jobs=1), named),
        (lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, n_jobs=1), named),
        (
            catboost.CatBoostClassifier(
                iterations=10,
                verbose=0,
                cat_features=words,
                allow_writing_files=False,
                thread_count=1,
            ),
            text,
        ),
    ):
        model = held(last, one)
        found = explain(model, one.x[:80], one.x[:100], case.good, seed=0)
        assert found.family in ("tree", "xgboost")
        assert found.additivity <= TOLERANCE[found.family]
        with warnings.catch_warnings(action="ignore"):
            peer = shap.TreeExplainer(model.native).shap_values(one.x[:80])
        assert np.allclose(found.values, peer, atol=1e-6)
        other = explain(
            model, one.x[:3], one.x[:10], case.good, seed=0, perturbation="interventional"
        )
        assert other.additivity < 1e-6
        assert "because" in other.method


def test_early_stopping_leaves_later_trees_out(case):
    from xgboost import XGBClassifier

    x = case.x[OTHER(case.x)]
    model = XGBClassifier(
        n_estimators=60, max_depth=6, learning_rate=1.0, early_stopping_rounds=2, n_jobs=1
    )
    model.fit(x[:600], case.y[:600], eval_set=[(x[600:], case.y[600:])], verbose=False)
    assert model.best_iteration < 55
    known = Held(model, tuple(x.columns), ("0", "1"))
    for perturbation in ("path", "interventional"):
        found = explain(known, x[:50], x[:80], case.good, seed=0, perturbation=perturbation)
        assert found.family == "xgboost"
        assert found.additivity <= 1e-3


@pytest.mark.parametrize("family", ["xgboost", "lightgbm", "catboost"])
def test_files_of_boosters(case, family, tmp_path):
    from raudit.model import load_model
    from raudit.plan import ModelSection

    x = case.x[OTHER(case.x)]
    native = boosters()[family].fit(x, case.y)
    path = tmp_path / {"xgboost": "m.ubj", "lightgbm": "m.txt", "catboost": "m.cbm"}[family]
    getattr(native, "booster_", native).save_model(str(path))
    section = ModelSection(path=str(path), format=family, classes=("0", "1"))
    model = load_model(section, path, columns=list(x.columns))
    want = Held(native, tuple(x.columns), ("0", "1"))
    for options in ({}, {"perturbation": "interventional"}, {"space": "probability"}):
        for good in (frozenset({"1"}), frozenset({"0"})):
            found = explain(model, x[:60], x[:50], good, seed=0, **options)
            if (
                family == "catboost" and options
            ):  # shap reads CatBoost's classifiers, and no models of its base class
                assert found.family == "permutation"
                assert "does not read this CatBoost" in found.method
                continue
            peer = explain(want, x[:60], x[:50], good, seed=0, **options)
            assert found.family == peer.family != "permutation"
            assert np.allclose(found.values, peer.values, atol=1e-6)
            assert found.additivity <= TOLERANCE[found.family]
