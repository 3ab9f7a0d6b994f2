"""Trees and ensembles of trees: their library's own TreeSHAP, raudit's tables checked against shap, or shap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.model.formats.boosters import Link
from raudit.sentences import say
from raudit.stages.explain.amounts import small
from raudit.stages.explain.shap_values.boosted import (
    Meaning,
    library_of,
    margin_of,
    meaning_of,
    told_by_library,
)
from raudit.stages.explain.shap_values.forest import Forest, forest_of, forest_of_shap
from raudit.stages.explain.shap_values.patterns import Patterns
from raudit.stages.explain.shap_values.task import (
    Asked,
    CannotFold,
    Part,
    Perturbation,
    Space,
    margin_unit,
)
from raudit.stages.explain.shap_values.unwrap import Unwrapped

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MAX_LEAVES = 60_000
"""Above this shap's compiled code is faster than tables of leaves."""
CHECKED = 200
"""Rows on which the tables must agree with shap."""
AGREE = 1e-6
TABLE = (
    "trees",
    "values",
    "children_left",
    "children_right",
    "children_default",
    "features",
    "thresholds",
    "threshold_types",
    "node_sample_weight",
    "num_stacked_models",
    "base_offset",
    "input_dtype",
    "tree_limit",
)
"""What is read of shap's own table of an ensemble, which is no part of its promises; without it shap explains."""
REFERENCE = 100
"""Background rows where only shap itself can explain, at a cost for each of them."""


def is_tree(estimator: object) -> bool:
    """Whether it is a tree or an ensemble of trees with an adapter."""
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
        ExtraTreesClassifier,
        ExtraTreesRegressor,
        GradientBoostingClassifier,
        GradientBoostingRegressor,
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
        DecisionTreeClassifier,
        DecisionTreeRegressor,
    )
    if getattr(estimator, "loss", None) == "exponential":
        return False  # its margin is half the log-odds, which no adapter knows
    return isinstance(estimator, known) or library_of(estimator) != ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """An estimator of trees behind the columns' transformers."""

    parts: Unwrapped
    asked: Asked
    n_outputs: int
    unit: str
    meaning: Meaning

    @property
    def weights(self) -> np.ndarray:
        """How much each output counts, of shape (n_outputs,)."""
        return self.asked.aim.weights(self.n_outputs, probability=self.unit == "probability")[0]

    @property
    def sources(self) -> tuple[int, ...]:
        """Like ``Unwrapped.sources``, for the numbers that the trees see."""
        import numpy as np

        mask = getattr(self.parts.estimator, "is_categorical_", None)
        if mask is None:
            return self.parts.sources
        order = [
            *np.flatnonzero(mask),
            *np.flatnonzero(~np.asarray(mask)),
        ]  # histogram boosting moves categories first
        return tuple(self.parts.sources[int(i)] for i in order)

    def numbers(self, x: object) -> np.ndarray:
        """What the trees see, of shape (n_samples, n_numbers).

        Raises
        ------
        CannotFold
            If they see categories that only their library can read.
        """
        import numpy as np

        estimator = self.parts.estimator
        if hasattr(estimator, "_preprocess_X"):
            return np.asarray(estimator._preprocess_X(x, reset=False), dtype=float)
        try:
            if hasattr(x, "tocoo"):
                return _dense(x, absent=np.nan if library_of(estimator) == "xgboost" else 0.0)
            if hasattr(x, "to_numpy"):
                return np.asarray(x.to_numpy(dtype=float, na_value=np.nan))
            return np.asarray(x, dtype=float)
        except (ValueError, TypeError) as error:
            raise CannotFold(
                f"{type(estimator).__name__} splits on categories inside its own library"
            ) from error

    def fold(self, values: np.ndarray) -> np.ndarray:
        """Add up by the column each number came from."""
        import numpy as np

        found = np.zeros((len(values), self.asked.n_features))
        for number, feature in enumerate(self.sources):
            found[:, feature] += values[:, number]
        return found

    def margin(self, x: object) -> np.ndarray:
        """The estimator's own output toward the aim, of shape (n_samples,)."""
        return self.asked.aim.of(
            output_of(self.parts.estimator, x, self.meaning), probability=self.unit == "probability"
        )


def _dense(x: Any, *, absent: float) -> np.ndarray:
    """A sparse matrix in full; XGBoost takes what is not stored for missing, all others take it for zero."""
    import numpy as np

    cells = x.tocoo()
    found = np.full(x.shape, absent)
    found[cells.row, cells.col] = cells.data
    return found


def explain_trees(parts: Unwrapped, asked: Asked) -> Part:
    """TreeSHAP (Lundberg et al. 2020), folded back to columns."""
    estimator = parts.estimator
    meaning = _meaning(estimator)
    unit = _unit(estimator, asked, meaning)
    first = output_of(estimator, parts.encode(asked.frame.iloc[:1]), meaning)
    grown = Grown(parts=parts, asked=asked, n_outputs=first.shape[1], unit=unit, meaning=meaning)
    chance = asked.space is Space.PROBABILITY and bool(asked.aim.places) and unit != "probability"
    if (meaning.scale != 1 or meaning.no_shap) and (
        chance or asked.perturbation is not Perturbation.PATH
    ):
        raise CannotFold(
            meaning.no_shap
            or f"{library_of(estimator)}'s margin is scaled before it becomes a probability"
        )
    if chance and unit != "log-odds":
        raise CannotFold(
            "the model's margin is no log-odds of two classes, so it has no closed form in probability"
        )
    if chance:
        return _by_shap(grown, probability=True)
    if library_of(estimator) and asked.perturbation is Perturbation.PATH:
        return _by_library(grown)
    return _by_tables(grown)


def output_of(estimator: Any, x: Any, meaning: Meaning) -> np.ndarray:
    """What the trees add up to, of shape (n_samples, n_outputs): probability for forests, margin for boosting."""
    import numpy as np

    if library_of(estimator):
        return margin_of(estimator, x, meaning.scale)
    if not hasattr(estimator, "classes_"):
        found = estimator.predict(x)
        logarithm = meaning.link is Link.EXPONENTIAL
        return np.asarray(np.log(found) if logarithm else found, dtype=float).reshape(
            x.shape[0], -1
        )
    if hasattr(estimator, "decision_function"):
        return np.asarray(estimator.decision_function(x), dtype=float).reshape(x.shape[0], -1)
    return np.asarray(estimator.predict_proba(x), dtype=float)


def _meaning(estimator: Any) -> Meaning:
    from sklearn.ensemble import HistGradientBoostingRegressor

    if library_of(estimator):
        return meaning_of(estimator)
    log = isinstance(estimator, HistGradientBoostingRegressor) and estimator.loss in (
        "poisson",
        "gamma",
    )
    return Meaning(link=Link.EXPONENTIAL if log else Link.IDENTITY)


def _unit(estimator: object, asked: Asked, meaning: Meaning) -> str:
    if library_of(estimator) or not asked.aim.places:
        return margin_unit(meaning.link, asked.aim.n_classes)
    return asked.unit if hasattr(estimator, "decision_function") else "probability"


def _by_library(grown: Grown) -> Part:
    import numpy as np

    parts, asked = grown.parts, grown.asked
    values, margin, base = [], [], 0.0
    for x in parts.batches(asked.frame):
        told = told_by_library(parts.estimator, x)
        values.append(grown.fold(np.tensordot(told.values, grown.weights, axes=(1, 0))))
        margin.append(told.margin @ grown.weights)
        base = float(told.base @ grown.weights)
    name = library_of(parts.estimator)
    return Part(
        values=np.concatenate(values),
        base=base,
        margin=np.concatenate(margin),
        family="xgboost" if name == "xgboost" else "tree",
        method=f"{name}'s own TreeSHAP, path-dependent: the trees' training weights are the background",
        unit=grown.unit,
    )


def _by_tables(grown: Grown) -> Part:
    """Tables of leaves where they agree with shap, else shap."""
    import numpy as np

    parts, asked = grown.parts, grown.asked
    path = asked.perturbation is Perturbation.PATH
    forest = _forest(grown)
    if forest is None or forest.n_leaves > MAX_LEAVES:
        return _by_shap(grown)
    rest = (
        None
        if path
        else np.concatenate([grown.numbers(x) for x in parts.batches(asked.background)])
    )
    compared = _compare(grown, forest, rest)
    if compared is None:
        return _by_shap(grown)
    engine = Patterns(forest, rest)
    values, margin = [], []
    for x in parts.batches(asked.frame):
        values.append(grown.fold(engine.values(grown.numbers(x))))
        margin.append(grown.margin(x))
    kind = "path-dependent: the trees' training weights are the background"
    if rest is not None:
        kind = say("interventional over all {count:,} background rows", count=len(rest))
    return Part(
        values=np.concatenate(values),
        base=engine.base,
        margin=np.concatenate(margin),
        family="xgboost" if library_of(parts.estimator) == "xgboost" else "tree",
        method=f"TreeSHAP, {kind}; {compared}",
        unit=grown.unit,
        background=0 if rest is None else len(rest),
    )


def _forest(grown: Grown) -> Forest | None:
    estimator = grown.parts.estimator
    if not library_of(estimator):
        return forest_of(estimator, grown.weights)
    table = _explainer(estimator).model
    if not all(hasattr(table, name) for name in TABLE):
        return None
    stopped = (
        hasattr(estimator, "get_booster") and table.tree_limit
    )  # stopped early: later trees do not predict
    return forest_of_shap(table, grown.weights, limit=int(stopped or 0))


def _explainer(estimator: object, background: object = None, **options: Any) -> Any:
    import shap

    if background is not None:
        options |= {"data": background, "feature_perturbation": "interventional"}
    try:
        return shap.TreeExplainer(estimator, **options)
    except (
        Exception
    ) as error:  # shap raises all kinds while it reads a model, Exception itself among them
        said = str(error).split("\n")[0][:160] or type(error).__name__
        raise CannotFold(f"shap does not read this {type(estimator).__name__} ({said})") from error


def _compare(grown: Grown, forest: Forest, rest: np.ndarray | None) -> str | None:
    """How the tables and shap agree on a few rows; None if they do not, and shap's values add up."""
    import numpy as np

    few = grown.asked.frame.iloc[: CHECKED if rest is None else CHECKED // 5]
    inner = grown.parts.encode(few)
    x = grown.numbers(inner)
    margin = grown.margin(inner)
    reference = None if rest is None else rest[:REFERENCE]
    if any(tree.sets for tree in forest.trees):
        return "shap does not read splits on categories, so only adding up was checked"
    try:
        explainer = _explainer(grown.parts.estimator, reference)
        peer = _toward(explainer.shap_values(x, check_additivity=False), grown.weights)
        base = np.atleast_1d(np.asarray(explainer.expected_value, dtype=float))
    except CannotFold as why:
        return say("{why}, so only adding up was checked", why=why)
    start = float(base @ grown.weights) if len(base) == grown.n_outputs else float(base[-1])
    own = Patterns(forest, reference)
    off = float(np.max(np.abs(own.values(x) - peer), initial=0.0))
    if off <= AGREE:
        return say(
            "within {off} of shap.TreeExplainer on {count:,} rows", off=small(off), count=len(x)
        )
    lost = float(np.max(np.abs(start + peer.sum(axis=1) - margin), initial=0.0))
    if lost > AGREE * 100:
        return say(
            "not compared with shap.TreeExplainer, whose values miss this model's output by {lost}",
            lost=small(lost),
        )
    return None


def _toward(values: object, weights: np.ndarray) -> np.ndarray:
    import numpy as np

    found = np.asarray(values, dtype=float)
    return np.asarray(found @ weights if found.ndim == 3 else found * weights[-1])


def _by_shap(grown: Grown, *, probability: bool = False) -> Part:
    """Shap itself: trees too many for tables, and values in probability."""
    import numpy as np

    parts, asked = grown.parts, grown.asked
    estimator = parts.estimator
    options: dict[str, Any] = {"model_output": "probability"} if probability else {}
    if probability and asked.aim.n_classes != 2:
        raise CannotFold("values in probability are known for two classes only")
    path = asked.perturbation is Perturbation.PATH and not probability
    rest = None if path else grown.numbers(parts.encode(_spread(asked.background)))
    explainer = _explainer(estimator, rest, **options)
    weights, added = asked.aim.weights(
        1 if probability else grown.n_outputs, probability=probability
    )
    if grown.unit == "probability" or probability:
        weights = weights if probability else grown.weights
    values, margin = [], []
    for x in parts.batches(asked.frame):
        found = np.asarray(
            explainer.shap_values(grown.numbers(x), check_additivity=False), dtype=float
        )
        if probability and found.ndim == 3:
            found = found[:, :, -1]
        values.append(grown.fold(_toward(found, weights)))
        margin.append(_chance(estimator, x, asked) if probability else grown.margin(x))
    base = np.atleast_1d(np.asarray(explainer.expected_value, dtype=float))
    start = float(base @ weights) if len(base) == len(weights) else float(base[-1] * weights[-1])
    if rest is None:
        kind = "path-dependent: the trees' training weights are the background"
    else:
        kind = say("interventional over {count:,} background rows", count=len(rest))
    return Part(
        values=np.concatenate(values),
        base=start + added,
        margin=np.concatenate(margin),
        family="xgboost" if library_of(estimator) == "xgboost" else "tree",
        method=f"shap.TreeExplainer{' of the probability' if probability else ''}, {kind}",
        unit="probability" if probability else grown.unit,
        background=0 if rest is None else len(rest),
    )


def _spread(background: pd.DataFrame) -> pd.DataFrame:
    """At most ``REFERENCE`` rows, evenly spread."""
    import numpy as np

    if len(background) <= REFERENCE:
        return background
    return background.iloc[np.linspace(0, len(background) - 1, REFERENCE).astype(int)]


def _chance(estimator: object, x: object, asked: Asked) -> np.ndarray:
    import numpy as np
    from scipy.special import expit

    if not hasattr(estimator, "predict_proba"):  # a booster from a file, whose margin is a log-odds
        chance = expit(margin_of(estimator, x, 1.0))[:, 0]
        return np.asarray(chance if 1 in asked.aim.places else 1 - chance)
    found = np.asarray(estimator.predict_proba(x), dtype=float)
    return np.asarray(found[:, list(asked.aim.places)].sum(axis=1))
