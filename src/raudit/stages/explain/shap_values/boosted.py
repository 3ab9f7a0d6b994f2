"""XGBoost, LightGBM and CatBoost estimators as steps of a pipeline: their libraries compute TreeSHAP themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.model.formats.boosters import Link
from raudit.stages.explain.shap_values.task import CannotFold

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a library says of some rows."""

    values: np.ndarray
    """Of shape (n_samples, n_outputs, n_numbers)."""
    base: np.ndarray
    """Of shape (n_outputs,)."""
    margin: np.ndarray
    """Of shape (n_samples, n_outputs)."""


def library_of(estimator: object) -> str:
    """``xgboost``, ``lightgbm``, ``catboost``, or empty for anything else."""
    name = type(estimator).__module__.split(".")[0]
    return name if name in ("xgboost", "lightgbm", "catboost") else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """How an estimator's prediction is made of the sum over its trees."""

    link: Link
    scale: float = 1.0
    """What the sum, and each contribution to it, is multiplied with before the link."""
    no_shap: str = ""
    """Why the library computes no contributions; empty if it does."""


def meaning_of(estimator: object) -> Meaning:
    """Read from the estimator's own booster what its margin means, as the readers of files do.

    Raises
    ------
    CannotFold
        If its objective has no known link, so that the sum over its trees has no known unit.
    """
    match library_of(estimator):
        case "xgboost":
            link, scale, no_shap = _xgboost_link(estimator), 1.0, ""
        case "lightgbm":
            link, scale, no_shap = _lightgbm_link(estimator)
        case _:
            link, scale, no_shap = _catboost_link(estimator)
    if link is None:
        raise CannotFold(f"{type(estimator).__name__} has an objective whose link is not known")
    return Meaning(link=link, scale=scale, no_shap=no_shap)


def _xgboost_link(estimator: Any) -> Link | None:
    import json

    from raudit.model.formats.xgboost_file import OBJECTIVES

    if callable(getattr(estimator, "objective", None)):
        return None
    booster = estimator.get_booster() if hasattr(estimator, "get_booster") else estimator
    return OBJECTIVES.get(json.loads(booster.save_config())["learner"]["objective"]["name"])


def _lightgbm_link(estimator: Any) -> tuple[Link | None, float, str]:
    from raudit.model.formats.lightgbm_file import LINEAR, Header

    booster = getattr(estimator, "booster_", estimator)
    header = Header.of(booster.model_to_string(num_iteration=1))
    rounds = booster.best_iteration if booster.best_iteration > 0 else booster.current_iteration()
    return header.link, header.scale(rounds), LINEAR if header.linear else ""


def _catboost_link(estimator: Any) -> tuple[Link | None, float, str]:
    from raudit.model.formats.catboost_file import OBJECTIVES, no_shap

    objective = str(estimator.get_all_params().get("loss_function", "")).partition(":")[0]
    return OBJECTIVES.get(objective), 1.0, no_shap(estimator)


def margin_of(estimator: Any, x: Any, scale: float) -> np.ndarray:
    """The margin that the link takes, of shape (n_samples, n_outputs)."""
    import numpy as np

    match library_of(estimator):
        case "xgboost":
            found = estimator.predict(_rows(estimator, x), output_margin=True)
        case "lightgbm":
            found = estimator.predict(x, raw_score=True)
        case _:
            named = not hasattr(x, "columns") or isinstance(
                x.columns[0], str
            )  # places are no names to CatBoost
            found = estimator.predict(x if named else x.to_numpy(), prediction_type="RawFormulaVal")
    return scale * np.asarray(found, dtype=float).reshape(x.shape[0], -1)


def told_by_library(estimator: Any, x: Any) -> Told:
    """Ask the library for path-dependent SHAP values.

    Raises
    ------
    CannotFold
        If the booster is made of something else than trees, or the library computes none for it.
    """
    import numpy as np

    meaning = meaning_of(estimator)
    if meaning.no_shap:
        raise CannotFold(meaning.no_shap)

    match library_of(estimator):
        case "xgboost":
            found = _xgboost(estimator, x)
        case "lightgbm":
            found = estimator.booster_.predict(x, pred_contrib=True, validate_features=False)
        case _:
            from catboost import Pool

            pool = Pool(x, cat_features=estimator.get_cat_feature_indices())
            found = estimator.get_feature_importance(pool, type="ShapValues")
    margin = margin_of(estimator, x, meaning.scale)
    shaped = meaning.scale * np.asarray(found, dtype=float).reshape(x.shape[0], margin.shape[1], -1)
    base = shaped[0, :, -1] if x.shape[0] else np.zeros(margin.shape[1])
    return Told(values=shaped[:, :, :-1], base=base, margin=margin)


def _rows(estimator: Any, x: Any) -> Any:
    """Numbers as a booster from a file reads them; an estimator takes them as they are."""
    import numpy as np
    import xgboost as xgb

    if not isinstance(estimator, xgb.Booster):
        return x
    if "c" in (estimator.feature_types or ()):
        raise CannotFold("the booster splits on categories inside its own library")
    return xgb.DMatrix(
        np.asarray(x, dtype=float),
        feature_names=estimator.feature_names,
        feature_types=estimator.feature_types,
    )


def _xgboost(estimator: Any, x: Any) -> Any:
    import xgboost as xgb

    from raudit.model.formats.xgboost_file import NO_SHAP

    if estimator.booster == "gblinear":
        raise CannotFold("a booster of linear functions has no trees")
    rows = xgb.DMatrix(
        x,
        missing=estimator.missing,
        feature_types=estimator.feature_types,
        enable_categorical=bool(estimator.enable_categorical),
    )
    try:
        last = int(estimator.best_iteration) + 1
    except AttributeError:  # no early stopping
        last = 0
    booster = estimator.get_booster()
    try:
        return booster.predict(
            rows, pred_contribs=True, iteration_range=(0, last), validate_features=False
        )
    except xgb.core.XGBoostError as error:
        raise CannotFold(NO_SHAP) from error
