"""SHAP values of a model's margin toward the favourable class, in the columns that people know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.errors import NotEvaluable
from raudit.model import Model
from raudit.stages.explain.unwrap import CannotFold, Unwrapped, unwrap

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TOLERANCE = {"linear": 1e-9, "tree": 1e-6, "xgboost": 1e-3, "permutation": 1e-6}
"""Largest accepted difference between base value plus SHAP values and the model's margin, by family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """SHAP values on some rows."""

    values: np.ndarray
    """Of shape (n_samples, n_features)."""
    base: float
    """Mean margin over the background."""
    margin: np.ndarray
    """The model's own margin, of shape (n_samples,)."""
    family: str
    """``linear``, ``tree``, ``xgboost`` or ``permutation``."""
    method: str
    """In words, with the background's size."""
    unit: str
    """``log-odds``, ``probability`` or the label's own unit."""

    @property
    def additivity(self) -> float:
        """Largest difference between base value plus SHAP values and the margin."""
        import numpy as np

        return float(np.max(np.abs(self.base + self.values.sum(axis=1) - self.margin), initial=0.0))


def explain(
    model: Model, frame: pd.DataFrame, background: pd.DataFrame, favourable: frozenset[str], seed: int
) -> Explained:
    """Compute SHAP values.

    Parameters
    ----------
    model
        The model.
    frame
        Rows to explain, with the model's features as columns.
    background
        Rows that stand for "not known"; the whole of it is used for linear models.
    favourable
        Classes toward which the margin points.
    seed
        For the permutation fallback.

    Raises
    ------
    NotEvaluable
        If no class is favourable.
    """
    place = _favourable_class(model, favourable)
    try:
        parts = unwrap(model.native, tuple(model.features))
    except CannotFold as why:
        return _permutation(model, frame, background, place, seed, str(why))
    estimator = parts.estimator
    if is_linear(estimator):
        return _linear(model, parts, frame, background, place)
    if is_tree(estimator):
        return _tree(model, parts, frame, place)
    return _permutation(
        model, frame, background, place, seed, f"{type(estimator).__name__} is neither linear nor trees"
    )


def _favourable_class(model: Model, favourable: frozenset[str]) -> int:
    """Index of the favourable class; -1 for regression."""
    if not model.classes:
        return -1
    for place, label in enumerate(model.classes):
        if label in favourable:
            return place
    raise NotEvaluable("no class of the model is favourable", reference="explain-no-favourable")


def _linear(model: Model, parts: Unwrapped, frame: pd.DataFrame, background: pd.DataFrame, place: int) -> Explained:
    """Closed form: weight times distance from the background's mean (Lundberg and Lee 2017, corollary 1)."""
    import numpy as np

    x, rest = np.asarray(parts.transform(frame), float), np.asarray(parts.transform(background), float)
    coef, intercept = np.atleast_2d(parts.estimator.coef_), np.atleast_1d(parts.estimator.intercept_)
    sign = 1.0
    if place >= 0 and coef.shape[0] == 1 and len(model.classes) == 2:
        row, sign = 0, 1.0 if place == 1 else -1.0
    else:
        row = max(place, 0)
    weights, start = sign * coef[row], sign * float(intercept[row])
    mean = rest.mean(axis=0)
    # The margin is asked of the model itself, so that adding up is a check and no tautology.
    raw = np.asarray(parts.estimator.decision_function(x) if place >= 0 else parts.estimator.predict(x), float)
    return Explained(
        values=parts.fold((x - mean) * weights, len(model.features)),
        base=float(mean @ weights) + start,
        margin=sign * raw.reshape(len(x), -1)[:, row],
        family="linear",
        method=f"closed form for linear models over all {len(rest):,} background rows",
        unit="log-odds" if place >= 0 else "units of the label",
    )


def _tree(model: Model, parts: Unwrapped, frame: pd.DataFrame, place: int) -> Explained:
    import numpy as np
    import shap

    x = parts.transform(frame)
    explainer = shap.TreeExplainer(parts.estimator)
    values = np.asarray(explainer.shap_values(x, check_additivity=False), float)
    base = np.atleast_1d(np.asarray(explainer.expected_value, float))
    if values.ndim == 3:
        values, base_value = values[:, :, max(place, 0)], float(base[max(place, 0)])
        sign = 1.0
    else:
        sign = -1.0 if place == 0 and len(model.classes) == 2 else 1.0
        values, base_value = sign * values, sign * float(base[-1])
    margin, unit = _tree_margin(parts.estimator, x, place, sign)
    xgb = type(parts.estimator).__module__.startswith("xgboost")
    return Explained(
        values=parts.fold(values, len(model.features)),
        base=base_value,
        margin=margin,
        family="xgboost" if xgb else "tree",
        method="TreeExplainer, path-dependent: the trees' own training counts are the background",
        unit=unit,
    )


def _tree_margin(estimator: Any, x: Any, place: int, sign: float) -> tuple[np.ndarray, str]:
    """The output that TreeExplainer explains: probability for forests and single trees, log-odds for boosting."""
    import numpy as np

    if place < 0:
        return np.asarray(estimator.predict(x), float), "units of the label"
    if hasattr(estimator, "decision_function"):
        raw = np.asarray(estimator.decision_function(x), float)
        return (sign * raw if raw.ndim == 1 else raw[:, place]), "log-odds"
    module = type(estimator).__module__
    if module.startswith("xgboost"):
        raw = np.asarray(estimator.predict(x, output_margin=True), float)
        return (sign * raw if raw.ndim == 1 else raw[:, place]), "log-odds"
    if module.startswith("lightgbm"):
        raw = np.asarray(estimator.predict(x, raw_score=True), float)
        return (sign * raw if raw.ndim == 1 else raw[:, place]), "log-odds"
    return np.asarray(estimator.predict_proba(x), float)[:, place], "probability"


def is_linear(estimator: Any) -> bool:
    """Whether the margin is a weighted sum whose meaning is known: log-odds, or the label's own unit."""
    from sklearn.linear_model import (
        BayesianRidge,
        ElasticNet,
        ElasticNetCV,
        HuberRegressor,
        Lasso,
        LassoCV,
        LinearRegression,
        LogisticRegression,
        Ridge,
        RidgeCV,
        SGDClassifier,
        SGDRegressor,
    )

    if isinstance(estimator, SGDClassifier):
        return bool(estimator.loss == "log_loss")
    known = (
        BayesianRidge, ElasticNet, ElasticNetCV, HuberRegressor, Lasso, LassoCV, LinearRegression, LogisticRegression,
        Ridge, RidgeCV, SGDRegressor,
    )  # fmt: skip
    return isinstance(estimator, known)


def is_tree(estimator: Any) -> bool:
    """Whether shap's TreeExplainer reads the estimator."""
    from sklearn.ensemble import (
        ExtraTreesClassifier,
        ExtraTreesRegressor,
        GradientBoostingClassifier,
        GradientBoostingRegressor,
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
    )
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    known = (
        ExtraTreesClassifier, ExtraTreesRegressor, GradientBoostingClassifier, GradientBoostingRegressor,
        HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor,
        DecisionTreeClassifier, DecisionTreeRegressor,
    )  # fmt: skip
    return isinstance(estimator, known) or type(estimator).__module__.startswith(("xgboost", "lightgbm"))


def _permutation(
    model: Model, frame: pd.DataFrame, background: pd.DataFrame, place: int, seed: int, why: str
) -> Explained:
    """Shap's permutation explainer on the raw columns, through integer codes, so that text columns pass."""
    import numpy as np
    import pandas as pd
    import shap

    columns = list(model.features)
    both = pd.concat([background[columns], frame[columns]], ignore_index=True)
    coded, tables = np.empty(both.shape), []
    for number, name in enumerate(columns):
        codes, levels = pd.factorize(both[name], use_na_sentinel=False)
        coded[:, number] = codes
        tables.append((levels, both[name].dtype))

    def margin(codes: np.ndarray) -> np.ndarray:
        rows = {}
        for number, name in enumerate(columns):
            levels, kind = tables[number]
            rows[name] = pd.Series(levels.take(codes[:, number].astype(int)), name=name).astype(kind)
        found = pd.DataFrame(rows)
        proba = model.predict_proba(found) if place >= 0 else None
        return proba[:, place] if proba is not None else np.asarray(model.predict(found), float)

    own, rest = coded[len(background) :], coded[: len(background)]
    masker = shap.maskers.Independent(rest, max_samples=len(rest))
    explainer = shap.explainers.Permutation(margin, masker, seed=seed)
    found = explainer(own, max_evals=max(10, 2 * len(columns) + 1) * 2, silent=True)
    values = np.asarray(found.values, float)
    return Explained(
        values=values,
        base=float(np.mean(margin(rest))),
        margin=margin(own),
        family="permutation",
        method=f"permutation over {len(rest):,} background rows, because {why}",
        unit="probability" if place >= 0 else "units of the label",
    )
