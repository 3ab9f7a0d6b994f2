"""What explanations add up to is the model's own prediction, asked through the entrance that everybody uses."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from scipy.special import logit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from tests.explain.conftest import evidence_of
from xgboost import XGBRegressor

from raudit.findings import Status
from raudit.model.formats.skops_file import SklearnModel
from raudit.stages.explain.amounts import amount, signed, small
from raudit.stages.explain.stage import STAGE

QUIET = {"verbose": -1, "n_jobs": 1, "random_state": 0}
FOREST = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "n_estimators": 12}


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(600, 3))
    sex = rng.choice(["f", "m"], 600)
    x[:, 0] += 0.4 * (sex == "m")
    y = np.where(x[:, 0] + 0.5 * x[:, 1] + rng.logistic(size=600) > 0, "yes", "no")
    data = pd.DataFrame(x, columns=["a", "b", "c"])
    return data.assign(
        sex=sex, y=y, amount=105_000 + 9_000 * x[:, 0] + rng.normal(size=600), level=np.exp(x[:, 0])
    )


def explained(native, frame, *, target="y", good=("yes",), options=None, **more):
    features = ["a", "b", "c"]
    native.fit(frame[features], frame[target])
    evidence = evidence_of(native, frame, features, target=target, good=good, **more)
    options = {"rows": 300, "interaction_rows": 0, "resamples": 50, "slow_rows": 50} | (
        options or {}
    )
    return STAGE.run(evidence, STAGE.options(**options))


def added(result):
    (found,) = [finding for finding in result.findings if finding.rule == "RA-XPL-001"]
    return found


@pytest.mark.parametrize(
    ("last", "what"),
    [
        (LogisticRegression(), "probability"),
        (RandomForestClassifier(n_estimators=8, max_depth=4, random_state=0), "probability"),
        (LGBMClassifier(n_estimators=8, **QUIET), "probability"),
        (LGBMClassifier(n_estimators=8, objective="binary", sigmoid=3.0, **QUIET), "probability"),
        (LGBMClassifier(**FOREST, **QUIET), "probability"),
        (LGBMClassifier(n_estimators=8, linear_tree=True, **QUIET), "probability"),
        (LinearSVC(), "decision function"),
        (RidgeClassifier(), "decision function"),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else value,
)
def test_sums_lead_to_what_the_pipeline_predicts(frame, last, what):
    found = added(explained(make_pipeline(StandardScaler(), last), frame))
    assert found.status is Status.PASSED, found.statement
    assert found.measurement.metric == "prediction_error"
    assert f"the model's own {what}" in found.statement


@pytest.mark.parametrize(
    ("last", "target"),
    [
        (LinearRegression(), "amount"),
        (LGBMRegressor(n_estimators=8, objective="poisson", **QUIET), "level"),
        (LGBMRegressor(n_estimators=8, reg_sqrt=True, **QUIET), "level"),
        (XGBRegressor(n_estimators=8, objective="reg:gamma", n_jobs=1), "level"),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "fit") else value,
)
def test_sums_of_regressors_lead_to_their_prediction(frame, last, target):
    found = added(explained(make_pipeline(StandardScaler(), last), frame, target=target, good=()))
    assert found.status is Status.PASSED, found.statement
    assert "the model's own prediction" in found.statement


def test_sums_toward_one_of_several_classes_lead_to_all_probabilities(frame):
    classes = frame.assign(
        y=np.select([frame["a"] > 0.7, frame["a"] < -0.5], ["high", "low"], "middle")
    )
    found = added(explained(LogisticRegression(), classes, good=("high",)))
    assert found.status is Status.PASSED
    assert "probabilities of all classes" in found.statement


class Other(SklearnModel):
    """A model that decides by something else than what is explained."""

    def predict_proba(self, frame):
        chance = super().predict_proba(frame)
        return np.stack([chance[:, 0] ** 2, 1 - chance[:, 0] ** 2], axis=1)


def test_a_model_that_predicts_otherwise_is_seen(frame):
    native = LogisticRegression().fit(frame[["a", "b", "c"]], frame["y"])
    evidence = evidence_of(native, frame, ["a", "b", "c"])
    model = evidence.model
    other = Other(
        format=model.format,
        sha256=model.sha256,
        features=model.features,
        classes=model.classes,
        native=native,
    )
    result = STAGE.run(
        dataclasses.replace(evidence, model=other), STAGE.options(rows=200, interaction_rows=0)
    )
    found = added(result)
    assert found.status is Status.FAILED
    assert (
        found.data["additivity_error"] < 1e-9
    )  # the old check, of the margin with itself, saw nothing


def test_folds_that_are_averaged_after_the_link_are_not_passed(frame):
    found = added(
        explained(CalibratedClassifierCV(LogisticRegression(), cv=3, method="isotonic"), frame)
    )
    assert found.status is Status.INDETERMINATE
    assert "before calibration" in found.reason


def test_the_gap_of_all_rows_is_printed_where_predictions_tell_it(frame):
    result = explained(LogisticRegression(), frame, options={"rows": 100, "tolerance": 0.9})
    (gap,) = [finding for finding in result.findings if finding.rule == "RA-XPL-003"]
    native = LogisticRegression().fit(frame[["a", "b", "c"]], frame["y"])
    margin = logit(native.predict_proba(frame[["a", "b", "c"]])[:, 1])
    member = (frame["sex"] == "f").to_numpy()
    assert gap.measurement.value == pytest.approx(margin[member].mean() - margin[~member].mean())
    assert gap.measurement.n == 600
    assert gap.status is Status.PASSED
    assert gap.statement.startswith("The parts of this gap by feature add up to it. ")
    assert "the parts are estimated on 100 rows" in gap.statement
    (parts,) = result.artefacts["gaps"]
    assert sum(parts["parts"].values()) == pytest.approx(parts["total"])
    assert parts["all_rows"]["total"] == gap.measurement.value


def test_most_is_more_than_half(frame):
    (gap,) = [f for f in explained(LogisticRegression(), frame).findings if f.rule == "RA-XPL-003"]
    assert "most of that comes from a (" in gap.statement
    even = frame.assign(b=frame["b"] + 0.4 * (frame["sex"] == "f"))
    (gap,) = [f for f in explained(LogisticRegression(), even).findings if f.rule == "RA-XPL-003"]
    parts = gap.statement.partition("largest parts are ")[2] or gap.statement
    assert "most of that comes from b" not in parts


def test_amounts_have_no_powers_of_ten():
    assert [amount(v) for v in (105_170.0, 0.0384, 1.0, 0.0)] == ["105,200", "0.038", "1", "0"]
    assert [signed(v) for v in (3.0e-7, -2.5e6, 0.0)] == ["+0.0000003", "-2,500,000", "0"]
    assert [small(v) for v in (0.0, 1e-12, 2.13e-5)] == ["0", "less than 0.000001", "0.000021"]
