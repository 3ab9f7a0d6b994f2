"""SHAP values in the columns people know: against shap itself, and additive."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, PoissonRegressor
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC

from raudit.data import Roles, wrap_table
from raudit.data.roles import Outcome
from raudit.errors import NotEvaluable
from raudit.evidence import Evidence
from raudit.findings import Status
from raudit.model.formats.skops_file import SklearnModel
from raudit.plan import Attribute, Task
from raudit.stages.explain import STAGE
from raudit.stages.explain.shap_values.unwrap import unwrap
from raudit.stages.explain.shap_values.values import TOLERANCE, explain
from raudit.stages.explain.survey.groups import Group, gap_of
from raudit.stages.explain.survey.proxies import proxies

GOOD = frozenset({"yes"})


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(3)
    n = 600
    table = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "income": np.where(rng.random(n) < 0.1, np.nan, rng.normal(50, 20, n)),
            "job": rng.choice(["clerk", "nurse", "smith", "cook"], n, p=[0.5, 0.3, 0.15, 0.05]),
            "town": rng.choice([f"t{i}" for i in range(50)], n),
            "sex": rng.choice(["f", "m"], n),
        }
    )
    score = (
        0.05 * (table["age"] - 50)
        + 0.03 * table["income"].fillna(50)
        + (table["job"] == "nurse")
        - 2
    )
    table["y"] = np.where(score + rng.normal(0, 1, n) > 0, "yes", "no")
    return table


def pipeline(last, *, ordinal=False, **one_hot):
    words = OrdinalEncoder() if ordinal else OneHotEncoder(handle_unknown="ignore", **one_hot)
    numbers = Pipeline([("fill", SimpleImputer(add_indicator=True)), ("scale", StandardScaler())])
    prepare = ColumnTransformer(
        [("n", numbers, ["age", "income"]), ("w", words, ["job", "town"]), ("d", "drop", ["sex"])],
        sparse_threshold=0,
    )
    return Pipeline([("prepare", prepare), ("last", last)])


def fitted(estimator, frame, target="y"):
    features = ["age", "income", "job", "town", "sex"]
    native = estimator.fit(frame[features], frame[target])
    classes = tuple(str(c) for c in getattr(native, "classes_", ()))
    return SklearnModel(
        format="skops", sha256="0" * 64, features=tuple(features), classes=classes, native=native
    )


@pytest.mark.parametrize(
    ("estimator", "family"),
    [
        (pipeline(LogisticRegression(max_iter=500)), "linear"),
        (pipeline(LogisticRegression(max_iter=500), drop="first"), "linear"),
        (pipeline(LogisticRegression(max_iter=500), min_frequency=40), "linear"),
        (pipeline(RandomForestClassifier(20, random_state=0), ordinal=True), "tree"),
        (
            pipeline(HistGradientBoostingClassifier(max_iter=5, random_state=0), ordinal=True),
            "tree",
        ),
        (pipeline(GradientBoostingClassifier(n_estimators=20, random_state=0)), "tree"),
    ],
)
def test_values_add_up_to_the_margin(frame, estimator, family):
    model = fitted(estimator, frame)
    found = explain(model, frame[:200], frame, GOOD, seed=0)
    assert found.family == family
    assert found.values.shape == (200, 5)
    assert found.additivity <= TOLERANCE[family]
    assert np.abs(found.values[:, 4]).max() == 0, "a dropped column explains nothing"
    if found.unit == "log-odds":
        proba = model.predict_proba(frame[:200])[:, 1]
        assert np.allclose(1 / (1 + np.exp(-found.margin)), proba, atol=1e-9)


def test_linear_values_equal_shap_with_the_full_background(frame):
    import shap

    model = fitted(pipeline(LogisticRegression(max_iter=500)), frame)
    found = explain(model, frame[:50], frame, GOOD, seed=0)
    parts = unwrap(model.native, model.features)
    x = parts.transform(frame)
    explainer = shap.LinearExplainer(
        parts.estimator, shap.maskers.Independent(x, max_samples=len(x))
    )
    peer = parts.fold(np.asarray(explainer.shap_values(x[:50])), 5)
    assert np.allclose(found.values, peer, atol=1e-6)
    assert np.isclose(found.base, explainer.expected_value, atol=1e-6)


def test_tree_values_equal_shap(frame):
    import shap

    model = fitted(pipeline(RandomForestClassifier(15, random_state=0), ordinal=True), frame)
    found = explain(model, frame[:40], frame, GOOD, seed=0)
    parts = unwrap(model.native, model.features)
    peer = np.asarray(shap.TreeExplainer(parts.estimator).shap_values(parts.transform(frame[:40])))[
        :, :, 1
    ]
    assert np.allclose(found.values, parts.fold(peer, 5), atol=1e-9)


def test_the_favourable_class_decides_the_direction(frame):
    model = fitted(pipeline(LogisticRegression(max_iter=500)), frame)
    one, other = (explain(model, frame[:20], frame, frozenset({c}), seed=0) for c in ("yes", "no"))
    assert np.allclose(one.values, -other.values)


def test_regression_is_in_the_labels_unit(frame):
    table = frame.assign(wage=frame["age"] * 2.0 + (frame["job"] == "cook"))
    found = explain(
        fitted(pipeline(LinearRegression()), table, "wage"), table[:50], table, frozenset(), seed=0
    )
    assert found.unit == "units of the label"
    assert found.additivity < 1e-9


@pytest.mark.parametrize(
    "last", [KNeighborsClassifier(5), Pipeline([("p", PCA(3)), ("m", LogisticRegression())])]
)
def test_what_cannot_be_folded_goes_through_the_raw_columns(frame, last):
    model = fitted(pipeline(last), frame)
    found = explain(model, frame[:4], frame[:20], GOOD, seed=0)
    assert found.family == "permutation"
    assert "because" in found.method
    assert found.additivity < 1e-6


@pytest.mark.parametrize(
    ("last", "unit"),
    [
        (PoissonRegressor(), "log of the label's unit"),
        (LinearSVC(), "units of the decision function"),
    ],
)
def test_a_linear_model_with_another_link_or_no_probability_is_not_taken_for_log_odds(
    frame, last, unit
):
    table = frame.assign(count=(frame["age"] // 10))
    model = fitted(pipeline(last), table, "count" if isinstance(last, PoissonRegressor) else "y")
    found = explain(model, table[:50], table, GOOD, seed=0)
    assert found.unit == unit
    assert found.additivity < 1e-9


def test_an_explanation_that_does_not_add_up_is_seen(frame):
    model = fitted(pipeline(LogisticRegression(max_iter=500)), frame)
    honest = model.native.steps[-1][1].decision_function
    model.native.steps[-1][1].decision_function = lambda x: honest(x) + 0.01
    assert explain(model, frame[:20], frame, GOOD, seed=0).additivity > 0.009


def test_selected_features_keep_their_names(frame):
    steps = pipeline(LogisticRegression(max_iter=500))
    steps.steps.insert(1, ("select", SelectKBest(k=3)))
    found = explain(fitted(steps, frame), frame[:50], frame, GOOD, seed=0)
    assert found.additivity < 1e-9
    assert (np.abs(found.values).max(axis=0) > 0).sum() <= 3


def test_the_gap_is_the_sum_of_its_parts(frame):
    found = explain(
        fitted(pipeline(LogisticRegression(max_iter=500)), frame), frame, frame, GOOD, seed=0
    )
    gap = gap_of(
        found,
        Group(attribute="sex", label="Sex", name="f", member=(frame["sex"] == "f").to_numpy()),
    )
    assert abs(gap.mean.sum() - gap.total) < 1e-9


def test_a_perfect_proxy_is_found_and_noise_is_not():
    rng = np.random.default_rng(0)
    member = rng.random(2000) < 0.4
    table = pd.DataFrame({"gives_away": np.where(member, "a", "b"), "noise": rng.normal(size=2000)})
    found = {p.feature: p for p in proxies(table, member, seed=1)}
    assert found["gives_away"].auc == pytest.approx(1.0)
    assert found["noise"].auc < 0.56
    assert found["all together"].auc > 0.99


def evidence(frame, model, because=""):
    roles = Roles(
        label=Outcome(column="y", favourable=GOOD),
        sensitive=(Attribute(column="sex", label="Sex"),),
        features=model.features if model else (),
    )
    return Evidence(
        system={},
        task=Task.BINARY,
        data=wrap_table(frame),
        roles=roles,
        model=model,
        no_model_because=because,
        seed=5,
        clock=datetime(2026, 11, 20, tzinfo=UTC),
    )


def test_the_stage_says_what_it_found_and_does_so_again(frame):
    from raudit.canonical import canonical_bytes
    from raudit.record import Outcome as Ended
    from raudit.record import StageRecord, record_to_json

    def run():
        found = STAGE.run(
            evidence(frame, fitted(pipeline(LogisticRegression(max_iter=500)), frame)),
            STAGE.options(),
        )
        record = StageRecord(
            name="explain",
            title="t",
            outcome=Ended.COMPLETED,
            findings=found.findings,
            tables=found.tables,
            figures=found.figures,
            facts=found.facts,
        )
        return found, canonical_bytes(record_to_json(record))

    found, first = run()
    assert run()[1] == first
    assert {f.rule for f in found.findings} >= {"RA-XPL-001", "RA-XPL-002", "RA-XPL-003"}
    assert next(f for f in found.findings if f.rule == "RA-XPL-001").status is Status.PASSED
    assert found.facts["explain.available"] is True
    assert {figure.kind for figure in found.figures} >= {"swarm", "waterfall"}


def test_without_a_model_there_is_nothing_to_explain(frame):
    with pytest.raises(NotEvaluable, match="the file is broken"):
        STAGE.run(evidence(frame, None, "the file is broken"), STAGE.options())
