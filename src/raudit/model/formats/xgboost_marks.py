"""What an XGBoost file tells of numbers that stood for a missing value: where trees split, how many rows went where.

XGBoost keeps no ``missing=``, and no word of cells that a sparse matrix left out. It keeps the weight of the training
rows in each leaf, though: rows that are led otherwise than in the training end in other leaves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from raudit.model.formats.boosters import Link, Marks

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ROUNDS = 100
"""Rounds whose leaves are compared; each needs a prediction by all rounds before it."""


def marks_of(
    booster: Any,
    features: Sequence[str],
    link: Link,
    encode: Callable[[pd.DataFrame, float], Any],
    declared: float | str | None,
) -> Marks:
    """See ``Marks``; a linear booster has no trees to compare."""
    return Marks(
        declared=declared,
        splits=lambda: _splits(booster, features),
        encode=encode,
        distance=lambda rows: _distance(booster, rows, link),
    )


def _splits(booster: Any, features: Sequence[str]) -> Mapping[str, Sequence[float]]:
    """The thresholds of all trees by feature; a linear booster has none."""
    found: dict[str, list[float]] = {}
    for tree in _dumped(booster):
        for node in _nodes(tree):
            threshold = node.get("split_condition")
            if isinstance(threshold, int | float):  # a list is of categories
                name = str(features[int(node["split"][1:])])
                found.setdefault(name, []).append(float(threshold))
    return found


def _distance(booster: Any, rows: Any, link: Link) -> tuple[float, float] | None:
    """See ``Marks.distance``: half of the absolute differences between two shares a leaf, as a mean over trees."""
    import numpy as np

    trees = [_covers(tree) for tree in _dumped(booster)]
    rounds = booster.num_boosted_rounds()
    if not trees or not all(trees) or len(trees) % rounds:
        return None
    each = len(trees) // rounds
    leaves = np.asarray(booster.predict(rows, pred_leaf=True)).reshape(rows.num_row(), -1)
    found = []
    for number in range(min(rounds, ROUNDS)):
        weights = _weights(booster, rows, link, number)
        alike = each // weights.shape[1]  # the trees of a round: so many for the first class, ...
        for place in range(each):
            tree = number * each + place
            ends = leaves[:, tree].astype(np.intp)
            found.append(_apart(trees[tree], ends, weights[:, place // alike]))
    return float(np.mean(found)), sum(trees[0].values())


def _dumped(booster: Any) -> list[Mapping[str, Any]]:
    """Every tree with the weights of its nodes, features called f0, f1, ...; none of a linear booster."""
    kind = json.loads(booster.save_config())["learner"]["gradient_booster"]["name"]
    if kind == "gblinear":
        return []
    plain = booster.copy()
    # The types stay: without them XGBoost takes its own categories for a fault.
    plain.feature_names = [f"f{place}" for place in range(booster.num_features())]
    return [json.loads(text) for text in plain.get_dump(with_stats=True, dump_format="json")]


def _nodes(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The nodes of a tree, which may be deep."""
    open_ = [tree]
    while open_:
        at = open_.pop()
        open_.extend(at.get("children", ()))
        yield at


def _covers(tree: Mapping[str, Any]) -> Mapping[int, float]:
    """The weight of the training rows by leaf; empty where the file keeps no such weights."""
    return {
        int(node["nodeid"]): float(node["cover"])
        for node in _nodes(tree)
        if "children" not in node and "cover" in node
    }


def _weights(booster: Any, rows: Any, link: Link, rounds: int) -> np.ndarray:
    """What each row weighs after some rounds: the loss's second derivative, of shape (n_rows, n_margins)."""
    import numpy as np

    if not rounds:  # all rows begin with one margin
        return np.ones((rows.num_row(), 1))
    margin = booster.predict(rows, output_margin=True, iteration_range=(0, rounds))
    found = link.inverse(np.asarray(margin, dtype=np.float64))
    if link in (Link.LOGISTIC, Link.SOFTMAX):
        found = found * (1 - found)
    elif link is not Link.EXPONENTIAL:
        found = np.ones_like(found)
    return found.reshape(rows.num_row(), -1)


def _apart(covers: Mapping[int, float], ends: np.ndarray, weights: np.ndarray) -> float:
    """How far the shares of one tree's leaves in the file are from those of some rows, from 0 to 1."""
    import numpy as np

    told = np.zeros(max(covers) + 1)
    told[list(covers)] = list(covers.values())
    here = np.bincount(ends, weights=weights, minlength=told.size)
    if not told.sum() or not here.sum():
        return 0.0
    return float(np.abs(here / here.sum() - told / told.sum()).sum()) / 2
