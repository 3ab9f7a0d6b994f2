"""SHAP values of a model's margin toward the favourable class, in the columns that people know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from raudit.errors import NotEvaluable
from raudit.model import Model, favourable_places
from raudit.model.formats.boosters import Link, NoContributions
from raudit.stages.explain.shap_values.linear import explain_linear, is_linear
from raudit.stages.explain.shap_values.permuted import explain_permuted
from raudit.stages.explain.shap_values.task import (
    REGRESSION_UNITS,
    Aim,
    Asked,
    CannotFold,
    Part,
    Perturbation,
    Space,
    margin_unit,
)
from raudit.stages.explain.shap_values.trees import explain_trees, is_tree
from raudit.stages.explain.shap_values.unwrap import Unwrapped
from raudit.stages.explain.shap_values.wrappers import join, open_model

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["TOLERANCE", "Explained", "explain", "is_fast", "is_linear", "is_tree"]

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
    """``log-odds``, ``probability``, the label's own unit, or another that it names."""
    background: int = 0
    """Background rows that were used; 0 where the trees' training weights are the background."""
    space: Space = Space.MARGIN
    """Whether the values add up to the margin or to the probability."""
    apart: str = ""
    """Why the margin does not lead to the model's prediction; empty if it does."""
    label_unit: str = ""
    """What the plan calls the label's own unit, such as ``dollars``."""

    @property
    def shown_unit(self) -> str:
        """The unit as people read it."""
        own = self.unit == REGRESSION_UNITS[Link.IDENTITY]
        return self.label_unit if own and self.label_unit else self.unit

    @property
    def additivity(self) -> float:
        """Largest difference between base value plus SHAP values and the margin."""
        import numpy as np

        return float(np.max(np.abs(self.base + self.values.sum(axis=1) - self.margin), initial=0.0))


def explain(
    model: Model,
    frame: pd.DataFrame,
    background: pd.DataFrame,
    favourable: frozenset[str],
    seed: int,
    *,
    perturbation: str = "path",
    space: str = "margin",
) -> Explained:
    """Compute SHAP values.

    Parameters
    ----------
    model
        The model.
    frame
        Rows to explain, with the model's features as columns.
    background
        Rows that stand for "not known"; all of them are used but for models without an adapter.
    favourable
        Classes toward which the margin points.
    seed
        For the permutation fallback.
    perturbation
        ``path`` or ``interventional``: what trees take an unknown feature for.
    space
        ``margin`` or ``probability``: in which unit the values add up.

    Raises
    ------
    NotEvaluable
        If no class or every class is favourable, or the model cannot be explained in any way; it says which part
        stands in the way.
    """
    asked = Asked(
        frame=as_read(model, frame),
        background=as_read(model, background),
        aim=_aim(model, favourable),
        seed=seed,
        perturbation=Perturbation(perturbation),
        space=Space(space),
    )
    try:
        found = _known(model, asked)
    except CannotFold as why:
        found = explain_permuted(model, asked, str(why))
    return Explained(
        values=found.values,
        base=found.base,
        margin=found.margin,
        family=found.family,
        method=found.method,
        unit=found.unit,
        background=found.background,
        apart=found.apart,
        space=asked.space if found.unit != "probability" else Space.PROBABILITY,
    )


def as_read(model: Model, frame: pd.DataFrame) -> pd.DataFrame:
    """The model's columns, in the writing that its own encoders read."""
    rows = getattr(model, "rows", None)
    found: pd.DataFrame = rows(frame) if rows is not None else frame[list(model.features)]
    return found


def is_fast(model: Model) -> bool:
    """Whether thousands of rows can be explained: the model has an adapter and needs no permutation."""
    if hasattr(model, "contributions"):
        return not getattr(model, "no_shap", "")
    try:
        opened = open_model(model.native, tuple(model.features))
    except CannotFold:
        return False
    return all(is_linear(m.parts.estimator) or is_tree(m.parts.estimator) for m in opened.members)


def _aim(model: Model, favourable: frozenset[str]) -> Aim:
    if not model.classes:
        return Aim(places=(), n_classes=0)
    places = favourable_places(model.classes, favourable)
    if not places:
        raise NotEvaluable("no class of the model is favourable", reference="explain-no-favourable")
    if len(places) == len(model.classes):
        raise NotEvaluable(
            "every class of the model is favourable", reference="explain-no-favourable"
        )
    return Aim(places=places, n_classes=len(model.classes))


def _known(model: Model, asked: Asked) -> Part:
    """Explain by what is known of the model's inside.

    Raises
    ------
    CannotFold
        If a part of it has no adapter.
    """
    if hasattr(model, "contributions"):
        return _by_file(model, asked)
    return join(open_model(model.native, tuple(model.features)), asked, _adapter)


def _adapter(parts: Unwrapped, asked: Asked) -> Part:
    if is_linear(parts.estimator):
        return explain_linear(parts, asked)
    if is_tree(parts.estimator):
        return explain_trees(parts, asked)
    raise CannotFold(f"{type(parts.estimator).__name__} is neither linear nor trees")


def _by_file(model: Any, asked: Asked) -> Part:
    """Boosted trees in their library's own file, which know their columns' categories."""
    import numpy as np

    if asked.space is Space.PROBABILITY or asked.perturbation is Perturbation.INTERVENTIONAL:
        if model.scale != 1 or model.no_shap:
            raise CannotFold(
                model.no_shap
                or f"{model.family}'s margin is scaled before it becomes a probability"
            )
        return explain_trees(_numbers_only(model), _as_numbers(asked, model.family))
    try:
        found = [model.contributions(asked.frame, place) for place in asked.aim.places or (-1,)]
    except NoContributions as why:
        raise CannotFold(str(why)) from why
    margin = np.mean([one.margin for one in found], axis=0)
    return Part(
        values=np.mean([one.values for one in found], axis=0),
        base=float(np.mean([one.base for one in found])),
        margin=margin,
        family="xgboost" if model.family == "xgboost" else "tree",
        method=f"{model.family}'s own TreeSHAP, path-dependent: the trees' training weights are the background",
        unit=margin_unit(model.link, asked.aim.n_classes),
    )


def _numbers_only(model: Any) -> Unwrapped:
    return Unwrapped(
        transformer=None, estimator=model.native, sources=tuple(range(len(model.features)))
    )


def _as_numbers(asked: Asked, family: str) -> Asked:
    """The same request with numbers instead of columns, as trees without categories see them."""
    import pandas as pd

    def numbers(frame: pd.DataFrame) -> pd.DataFrame:
        if not all(pd.api.types.is_numeric_dtype(kind) for kind in frame.dtypes):
            raise CannotFold(f"the trees split on categories that only {family} reads")
        return pd.DataFrame(frame.to_numpy(dtype=float, na_value=float("nan")))

    return replace(asked, frame=numbers(asked.frame), background=numbers(asked.background))
