"""Decision trees as arrays, read from scikit-learn's estimators and from shap's tables of other libraries' trees.

Scikit-learn's histogram boosting splits on sets of categories, and its gradient boosting has several classes; shap
reads neither, so raudit reads them itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One tree; node 0 is its root."""

    left: np.ndarray
    """Index of the left child, of shape (n_nodes,); negative for a leaf."""
    right: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    """A value at or below it goes left."""
    missing_left: np.ndarray
    """Whether a missing value goes left, of shape (n_nodes,)."""
    weight: np.ndarray
    """Training weight that reached each node."""
    value: np.ndarray
    """Output of each node, of shape (n_nodes,)."""
    sets: Mapping[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    """Of a node that splits on categories: which codes go left, and which codes are known; others count as missing."""

    def goes_left(self, node: int, column: np.ndarray) -> np.ndarray:
        """Whether each value of the node's feature goes left."""
        import numpy as np

        gone = np.isnan(column)
        if node in self.sets:
            left, known = self.sets[node]
            code = np.where(gone | (column < 0) | (column >= len(left)), 0, column).astype(np.intp)
            lost = gone | (column < 0) | (column >= len(left)) | ~known[code]
            return np.where(lost, self.missing_left[node], left[code])
        found = column <= self.threshold[node]
        if self.missing_left[node]:
            found |= gone
        return np.asarray(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """Trees whose outputs add up."""

    trees: tuple[Tree, ...]
    offset: float
    """Added to the sum of the trees."""
    precision: Any = float
    """Numbers are rounded to this type before they are compared."""

    @property
    def n_leaves(self) -> int:
        """Leaves of all trees together."""
        return int(sum((tree.left < 0).sum() for tree in self.trees))


def forest_of(estimator: object, weights: np.ndarray) -> Forest | None:
    """Read a scikit-learn estimator.

    Parameters
    ----------
    estimator
        A fitted tree, forest or boosted ensemble.
    weights
        How much each of its outputs counts, of shape (n_outputs,).

    Returns
    -------
    Forest or None
        None if it is of another kind, or starts from a model that is not constant.
    """
    import numpy as np
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

    match estimator:
        case HistGradientBoostingClassifier() | HistGradientBoostingRegressor():
            return _histogram(estimator, weights)
        case GradientBoostingClassifier() | GradientBoostingRegressor():
            return _gradient(estimator, weights)
        case DecisionTreeClassifier() | DecisionTreeRegressor():
            members = [estimator]
        case (
            RandomForestClassifier()
            | RandomForestRegressor()
            | ExtraTreesClassifier()
            | ExtraTreesRegressor()
        ) if estimator.n_outputs_ == 1:
            members = list(estimator.estimators_)
        case _:
            return None
    if members[0].n_outputs_ != 1:
        return None
    trees = []
    for member in members:
        value = np.asarray(member.tree_.value, dtype=float)[:, 0, :]
        if hasattr(estimator, "classes_"):
            value = value / value.sum(axis=1, keepdims=True)
        trees.append(_sklearn(member.tree_, value @ weights / len(members)))
    return Forest(trees=tuple(trees), offset=0.0, precision=np.float32)


def _sklearn(tree: Any, value: np.ndarray) -> Tree:
    import numpy as np

    kept = (
        tree.missing_go_to_left
        if hasattr(tree, "missing_go_to_left")
        else np.zeros(tree.node_count)
    )
    return Tree(
        left=tree.children_left,
        right=tree.children_right,
        feature=tree.feature,
        threshold=tree.threshold,
        missing_left=np.asarray(kept).astype(bool),
        weight=np.asarray(tree.weighted_n_node_samples, dtype=float),
        value=value,
    )


def _gradient(estimator: Any, weights: np.ndarray) -> Forest | None:
    import numpy as np
    from sklearn.dummy import DummyClassifier, DummyRegressor

    start = np.zeros(len(weights))
    if isinstance(estimator.init_, DummyClassifier | DummyRegressor):
        # The first guess is constant: ask for it once, at any row.
        rows = np.zeros((1, estimator.n_features_in_), dtype=np.float32)
        start = np.asarray(estimator._raw_predict_init(rows), dtype=float)[0]
    elif estimator.init_ != "zero":
        return None
    rate = float(estimator.learning_rate)
    trees = tuple(
        _sklearn(
            member.tree_, np.asarray(member.tree_.value, dtype=float)[:, 0, 0] * rate * weights[k]
        )
        for stage in estimator.estimators_
        for k, member in enumerate(stage)
        if weights[k] != 0
    )
    return Forest(trees=trees, offset=float(start @ weights), precision=np.float32)


def _histogram(estimator: Any, weights: np.ndarray) -> Forest:
    import numpy as np

    known, places = estimator._bin_mapper.make_known_categories_bitsets()
    trees = []
    for stage in estimator._predictors:
        for k, predictor in enumerate(stage):
            if weights[k] == 0:
                continue
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(bool)
            sets = {}
            for node in np.flatnonzero(nodes["is_categorical"].astype(bool) & ~leaf):
                left = _bits(predictor.raw_left_cat_bitsets[nodes["bitset_idx"][node]])
                sets[int(node)] = (left, _bits(known[places[nodes["feature_idx"][node]]]))
            trees.append(
                Tree(
                    left=np.where(leaf, -1, nodes["left"].astype(np.int64)),
                    right=np.where(leaf, -1, nodes["right"].astype(np.int64)),
                    feature=nodes["feature_idx"].astype(np.int64),
                    threshold=nodes["num_threshold"].astype(float),
                    missing_left=nodes["missing_go_to_left"].astype(bool),
                    weight=nodes["count"].astype(float),
                    value=nodes["value"].astype(float) * weights[k],
                    sets=sets,
                )
            )
    start = np.asarray(estimator._baseline_prediction, dtype=float).reshape(-1)
    return Forest(trees=tuple(trees), offset=float(start @ weights))


def _bits(words: np.ndarray) -> np.ndarray:
    """The first 256 codes of a bit set of eight 32-bit words, as booleans."""
    import numpy as np

    return np.unpackbits(np.asarray(words, dtype="<u4").view(np.uint8), bitorder="little").astype(
        bool
    )


def forest_of_shap(table: Any, weights: np.ndarray, *, limit: int = 0) -> Forest | None:
    """Take the trees, or the first ``limit``, out of shap's own table; None where they are not plain thresholds."""
    import numpy as np

    if table.trees is None or np.any(table.threshold_types > 0):
        return None
    n_outputs = table.values.shape[2]
    stacked = table.num_stacked_models
    outputs = max(n_outputs, stacked)
    if outputs != len(weights):
        return None
    trees = []
    for i in range(limit or table.values.shape[0]):
        value = (
            table.values[i] @ weights
            if n_outputs > 1
            else table.values[i, :, 0] * weights[i % stacked]
        )
        trees.append(
            Tree(
                left=table.children_left[i],
                right=table.children_right[i],
                feature=table.features[i],
                threshold=table.thresholds[i],
                missing_left=table.children_default[i] == table.children_left[i],
                weight=np.asarray(table.node_sample_weight[i], dtype=float),
                value=np.asarray(value, dtype=float),
            )
        )
    start = np.broadcast_to(np.asarray(table.base_offset, dtype=float).reshape(-1), (outputs,))
    return Forest(trees=tuple(trees), offset=float(start @ weights), precision=table.input_dtype)
