"""SHAP values of trees from tables over each leaf's conditions, for all rows at once.

A leaf whose path asks ``d`` features sees a row as a pattern of ``d`` bits: bit ``i`` is set if the row satisfies every
condition the path puts on feature ``i``. The leaf's share of a row's SHAP values depends on that pattern and on how
the background is spread over patterns, so it is computed once per leaf and looked up per row:

(1) Against one background row with pattern ``b``, the leaf's game over features is the product of ``o_i`` (feature
    ``i`` taken from the row) or ``b_i`` (taken from the background). Where neither satisfies some condition it is
    nothing. Otherwise let ``p`` be the features that only the row satisfies and ``q`` those that only the background
    row satisfies: each of the first gets (p-1)! q! / (p+q)!, each of the second -p! (q-1)! / (p+q)!.
(2) *Interventional* values average (1) over the background's patterns.
(3) *Path-dependent* values average it over independent features, each satisfied with the share of training weight
    that the path's splits on it keep.

References
----------
Lundberg et al. 2020, "From local explanations to global understanding with explainable AI for trees", algorithms 2
and 3; the look-up by patterns follows the idea of Yang 2021, "Fast TreeSHAP" (v2), and of Nadel and Wettenstein 2025
(Woodelf).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import factorial
from typing import TYPE_CHECKING, Any

from raudit.stages.explain.shap_values.forest import Forest, Tree

if TYPE_CHECKING:
    import numpy as np

BATCH = 4096
WIDE = 7
"""Leaves with more features than this have no table for every pattern, only for those that occur."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A leaf and its path."""

    features: tuple[int, ...]
    shares: tuple[float, ...]
    """Share of training weight that the path keeps, by feature."""
    value: float


class Patterns:
    """Explains a forest.

    Parameters
    ----------
    forest
        The trees.
    background
        Numbers of shape (n_background, n_numbers), or None for path-dependent values.
    """

    def __init__(self, forest: Forest, background: np.ndarray | None) -> None:
        import numpy as np

        self._forest = forest
        self._leaves = [_leaves(tree) for tree in forest.trees]
        self._spread: list[list[dict[int, float]]] | None = None
        if background is not None:
            self._spread = self._count(background)
        self._tables = self._build()
        self.base = forest.offset + float(
            np.sum(
                [
                    leaf.value * self._full(t, i)
                    for t, one in enumerate(self._leaves)
                    for i, leaf in enumerate(one)
                ]
            )
        )
        """Mean output over the background."""

    def values(self, x: np.ndarray) -> np.ndarray:
        """SHAP values of shape (n_samples, n_numbers)."""
        import numpy as np

        found = np.empty(x.shape)
        for start in range(0, len(x), BATCH):
            found[start : start + BATCH] = self._batch(x[start : start + BATCH])
        return found

    def _batch(self, x: np.ndarray) -> np.ndarray:
        import numpy as np

        columns = _columns(x, self._forest)
        found = np.zeros((x.shape[1], len(x)))
        for t, tree in enumerate(self._forest.trees):
            leaves, tables = self._leaves[t], self._tables[t]
            for i, pattern in enumerate(_patterns(tree, columns)):
                features, table = leaves[i].features, tables[i]
                if table is None:
                    seen, where = np.unique(pattern, return_inverse=True)
                    table = self._table(t, i, seen)
                    pattern = where  # noqa: PLW2901 -- patterns by their place in the table
                for place, feature in enumerate(features):
                    found[feature] += table[place].take(pattern)
        return found.T

    def _full(self, t: int, i: int) -> float:
        """Weight of the background that reaches the leaf."""
        import numpy as np

        leaf = self._leaves[t][i]
        if self._spread is None:
            return float(np.prod(leaf.shares))
        return self._spread[t][i].get((1 << len(leaf.features)) - 1, 0.0)

    def _count(self, background: np.ndarray) -> list[list[dict[int, float]]]:
        """Share of the background by pattern, for every leaf of every tree."""
        found: list[list[dict[int, float]]] = [[{} for _ in leaves] for leaves in self._leaves]
        for start in range(0, len(background), BATCH):
            columns = _columns(background[start : start + BATCH], self._forest)
            for t, tree in enumerate(self._forest.trees):
                for i, pattern in enumerate(_patterns(tree, columns)):
                    counts = _counted(pattern, len(self._leaves[t][i].features))
                    spread = found[t][i]
                    for key, n in counts:
                        spread[key] = spread.get(key, 0.0) + n / len(background)
        return found

    def _build(self) -> list[list[np.ndarray | None]]:
        import numpy as np

        return [
            [
                self._table(t, i, np.arange(1 << len(leaf.features)))
                if len(leaf.features) <= WIDE
                else None
                for i, leaf in enumerate(leaves)
            ]
            for t, leaves in enumerate(self._leaves)
        ]

    def _table(self, t: int, i: int, seen: np.ndarray) -> np.ndarray:
        """The leaf's part of SHAP values of shape (n_features_of_leaf, n_patterns)."""
        import numpy as np

        leaf = self._leaves[t][i]
        d = len(leaf.features)
        if self._spread is None:
            return leaf.value * _independent(_bits(seen, d), np.asarray(leaf.shares))
        spread = self._spread[t][i]
        keys, weight = np.array(list(spread), dtype=np.int64), np.array(list(spread.values()))
        if d <= WIDE:
            kernel = _kernel(d)  # (n_features_of_leaf, n_background_patterns, n_patterns)
            return leaf.value * np.tensordot(weight, kernel[:, keys], axes=(0, 1))
        return leaf.value * _against(np.asarray(seen), keys, weight, d)


def _columns(x: np.ndarray, forest: Forest) -> list[np.ndarray]:
    import numpy as np

    rounded = np.asarray(x, dtype=float).astype(forest.precision).astype(float)
    return list(np.ascontiguousarray(rounded.T))


def _leaves(tree: Tree) -> list[Leaf]:
    """Leaves from left to right, with the features of their paths in the order they are first asked."""
    found = []
    stack: list[tuple[int, tuple[int, ...], tuple[float, ...]]] = [(0, (), ())]
    while stack:
        node, features, shares = stack.pop()
        if tree.left[node] < 0:
            found.append(Leaf(features=features, shares=shares, value=float(tree.value[node])))
            continue
        feature, weight = int(tree.feature[node]), float(tree.weight[node])
        for child in (int(tree.right[node]), int(tree.left[node])):
            share = float(tree.weight[child]) / weight if weight else 0.0
            if feature in features:
                place = features.index(feature)
                kept = (*shares[:place], shares[place] * share, *shares[place + 1 :])
                stack.append((child, features, kept))
            else:
                stack.append((child, (*features, feature), (*shares, share)))
    return found


def _patterns(tree: Tree, columns: list[np.ndarray]) -> Iterator[np.ndarray]:
    """For every leaf from left to right, the rows' patterns of shape (n_samples,)."""
    import numpy as np

    stack: list[tuple[int, tuple[int, ...], Any]] = [
        (0, (), np.zeros(len(columns[0]), dtype=np.int64))
    ]
    while stack:
        node, features, pattern = stack.pop()
        if tree.left[node] < 0:
            yield pattern
            continue
        feature = int(tree.feature[node])
        left = tree.goes_left(node, columns[feature])
        for child, goes in ((int(tree.right[node]), ~left), (int(tree.left[node]), left)):
            if feature in features:
                bit = 1 << features.index(feature)
                stack.append((child, features, pattern & (goes * bit | ~bit)))
            else:
                stack.append(
                    (child, (*features, feature), pattern | goes.astype(np.int64) << len(features))
                )


def _counted(pattern: np.ndarray, d: int) -> list[tuple[int, int]]:
    import numpy as np

    if d <= 12:
        counts = np.bincount(pattern, minlength=1)
        keys = np.flatnonzero(counts)
        return list(zip(keys.tolist(), counts[keys].tolist(), strict=True))
    found, n = np.unique(pattern, return_counts=True)
    return list(zip(found.tolist(), n.tolist(), strict=True))


def _bits(patterns: np.ndarray, d: int) -> np.ndarray:
    import numpy as np

    return (np.asarray(patterns, dtype=np.int64)[:, None] >> np.arange(d) & 1).astype(bool)


def _independent(own: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(3): of shape (d, n_patterns), with the sum over subsets as an integral that Gauss and Legendre give exactly.

    The weight of a subset of size s among d - 1 others is the integral of t^s (1-t)^(d-1-s), so the sum over subsets
    is the integral of a product of d - 1 linear factors.
    """
    import numpy as np

    d = len(shares)
    if not d:
        return np.zeros((0, len(own)))
    nodes, weights = _quadrature(d)
    factor = (
        own.T[:, :, None] * nodes + (shares[:, None] * (1 - nodes))[:, None, :]
    )  # (d, n_patterns, n_nodes)
    before = np.ones_like(factor)
    after = np.ones_like(factor)
    for i in range(1, d):
        before[i] = before[i - 1] * factor[i - 1]
        after[d - 1 - i] = after[d - i] * factor[d - i]
    return np.asarray((own.T - shares[:, None]) * ((before * after) @ weights))


@lru_cache(maxsize=64)
def _quadrature(d: int) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    nodes, weights = np.polynomial.legendre.leggauss((d + 1) // 2)
    return (nodes + 1) / 2, weights / 2


@lru_cache(maxsize=WIDE + 1)
def _kernel(d: int) -> np.ndarray:
    """(1) for every pair of patterns, of shape (d, n_background_patterns, n_patterns)."""
    import numpy as np

    every = np.arange(1 << d)
    return np.stack([_against(every, every[b : b + 1], np.ones(1), d) for b in every], axis=1)


@lru_cache(maxsize=64)
def _factorials(d: int) -> tuple[np.ndarray, np.ndarray]:
    """What (1) gives features of the row and of the background row, by p and q."""
    import numpy as np

    plus, minus = np.zeros((d + 1, d + 1)), np.zeros((d + 1, d + 1))
    for p in range(d + 1):
        for q in range(d + 1 - p):
            if p:
                plus[p, q] = factorial(p - 1) * factorial(q) / factorial(p + q)
            if q:
                minus[p, q] = -factorial(p) * factorial(q - 1) / factorial(p + q)
    return plus, minus


def _against(own: np.ndarray, rest: np.ndarray, weight: np.ndarray, d: int) -> np.ndarray:
    """(1) summed over weighted background patterns, of shape (d, n_patterns); few pairs meet on a long path."""
    import numpy as np

    mine, theirs = np.nonzero((own[:, None] | rest) == (1 << d) - 1)
    gain, loss = own[mine] & ~rest[theirs], rest[theirs] & ~own[mine]
    plus, minus = _factorials(d)
    p, q = np.bitwise_count(gain), np.bitwise_count(loss)
    up, down = weight[theirs] * plus[p, q], weight[theirs] * minus[p, q]
    return (
        np.stack(
            [
                np.bincount(mine, (gain >> i & 1) * up + (loss >> i & 1) * down, minlength=len(own))
                for i in range(d)
            ]
        )
        if d
        else np.zeros((0, len(own)))
    )
