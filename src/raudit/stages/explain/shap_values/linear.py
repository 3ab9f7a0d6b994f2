"""Linear models in closed form, over the whole background."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from raudit.sentences import say
from raudit.stages.explain.shap_values.task import BATCH, SIDE, Asked, CannotFold, Part, Space
from raudit.stages.explain.shap_values.unwrap import Unwrapped

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


def is_linear(estimator: object) -> bool:
    """Whether the margin is a weighted sum whose meaning is known."""
    return _kind(estimator) != ""


def _kind(estimator: object) -> str:
    """``logit``, ``softmax``, ``score``, ``label`` or ``log-label``; empty for anything else."""
    from sklearn import discriminant_analysis as da
    from sklearn import linear_model as lm
    from sklearn import svm

    match estimator:
        case lm.SGDClassifier():
            return (
                "logit"
                if estimator.loss == "log_loss" and len(estimator.classes_) == 2
                else "score"
            )
        case lm.LogisticRegression() | da.LinearDiscriminantAnalysis():
            return "logit" if len(estimator.classes_) == 2 else "softmax"
        case lm.RidgeClassifier() | lm.RidgeClassifierCV() | lm.Perceptron() | svm.LinearSVC():
            return "score"
        case lm.PoissonRegressor() | lm.GammaRegressor():
            return "log-label"
        case lm.TweedieRegressor():
            log = estimator.link == "log" or (estimator.link == "auto" and estimator.power > 0)
            return "log-label" if log else "label"
        case (
            lm.LinearRegression()
            | lm.Ridge()
            | lm.RidgeCV()
            | lm.Lasso()
            | lm.LassoCV()
            | lm.ElasticNet()
            | lm.ElasticNetCV()
            | lm.BayesianRidge()
            | lm.ARDRegression()
            | lm.HuberRegressor()
            | lm.SGDRegressor()
            | lm.Lars()
            | lm.OrthogonalMatchingPursuit()
            | lm.QuantileRegressor()
            | lm.TheilSenRegressor()
            | svm.LinearSVR()
        ) if getattr(estimator.coef_, "ndim", 1) == 1 or len(estimator.coef_) == 1:
            return "label"
        case _:
            return ""


UNIT = {
    "logit": "log-odds",
    "softmax": "score before softmax",
    "score": SIDE,
    "label": "units of the label",
    "log-label": "log of the label's unit",
}


def explain_linear(parts: Unwrapped, asked: Asked) -> Part:
    """Weight times distance from the background's mean (Lundberg and Lee 2017, corollary 1), exact.

    Derived numbers are led back to their columns by the weights' places, so no dense table of them is made.
    """
    import numpy as np

    estimator, kind = parts.estimator, _kind(parts.estimator)
    coef = np.atleast_2d(np.asarray(estimator.coef_, dtype=float))
    start = np.broadcast_to(np.asarray(estimator.intercept_, dtype=float).reshape(-1), (len(coef),))
    towards, _added = asked.aim.weights(len(coef))
    weights = parts.spread(towards @ coef, asked.n_features)
    rest = _shares(parts, asked.background, weights)
    mean = rest.mean(axis=0)
    values = np.empty((len(asked.frame), asked.n_features))
    margin = np.empty(len(asked.frame))
    for first in range(0, len(asked.frame), BATCH):
        x = parts.encode(asked.frame.iloc[first : first + BATCH])
        values[first : first + BATCH] = _times(x, weights) - mean
        # The margin is asked of the model itself, so that adding up is a check and no tautology.
        margin[first : first + BATCH] = asked.aim.of(_output(estimator, x, kind))
    found = Part(
        values=values,
        base=float(mean.sum() + towards @ start),
        margin=margin,
        family="linear",
        method=say(
            "closed form for linear models over all {count:,} background rows", count=len(rest)
        ),
        unit=UNIT[kind],
        background=len(rest),
    )
    return (
        found
        if asked.space is Space.MARGIN or not asked.aim.places
        else _probability(found, rest, kind)
    )


def _output(estimator: Any, x: Any, kind: str) -> np.ndarray:
    import numpy as np

    if kind == "log-label":
        return np.asarray(np.log(estimator.predict(x)))
    return np.asarray(estimator.predict(x) if kind == "label" else estimator.decision_function(x))


def _shares(parts: Unwrapped, frame: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    """Each feature's part of the margin, of shape (n_samples, n_features)."""
    import numpy as np

    found = np.empty((len(frame), weights.shape[1]))
    for first in range(0, len(frame), BATCH):
        found[first : first + BATCH] = _times(
            parts.encode(frame.iloc[first : first + BATCH]), weights
        )
    return found


def _times(x: object, weights: np.ndarray) -> np.ndarray:
    import numpy as np

    if hasattr(x, "toarray"):
        return np.asarray(x @ weights)
    return np.asarray(np.asarray(x, dtype=float) @ weights)


def _probability(found: Part, rest: np.ndarray, kind: str) -> Part:
    """The same values in probability: against each background row they are stretched to the difference of chances.

    This is the rule by which shap's TreeExplainer explains probabilities: between a row and one background row, all
    values are multiplied by the difference of probabilities over the difference of margins; the mean over the
    background is taken after that.
    """
    import numpy as np
    from scipy.special import expit

    if kind != "logit":
        raise CannotFold(
            "the model's margin is no log-odds of two classes, so it has no closed form in probability"
        )
    own = found.values + rest.mean(axis=0)  # each feature's part of the margin
    shift = found.base - rest.mean(axis=0).sum()
    theirs = rest.sum(axis=1) + shift
    values = np.empty_like(found.values)
    rows = max(1, 2_000_000 // max(len(rest), 1))
    for first in range(0, len(values), rows):
        mine = own[first : first + rows]
        total = mine.sum(axis=1) + shift
        apart = total[:, None] - theirs
        slope = expit(total)[:, None] * expit(-theirs)  # the limit where both margins are equal
        np.divide(
            expit(total)[:, None] - expit(theirs), apart, out=slope, where=np.abs(apart) > 1e-7
        )
        values[first : first + rows] = (
            mine * slope.sum(axis=1, keepdims=True) - slope @ rest
        ) / len(rest)
    return replace(
        found,
        values=values,
        base=float(expit(theirs).mean()),
        margin=expit(found.margin),
        method=f"{found.method}, stretched to the difference of probabilities against each of them",
        unit="probability",
    )
