"""Whether the trees of an XGBoost file stay within themselves and the features they take.

XGBoost follows children and reads features without looking at bounds: a tree of a file that points outside reads
whatever memory is there, and decides by it without a word, or ends the process.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from raudit.model.formats.harmless import crooked


def refuse_wild_trees(booster: Any, path: Path) -> None:
    """Refuse a booster of which a tree points outside itself.

    Raises
    ------
    ModelError
        If a child is no node or the child of two, or a split asks for a feature or categories that are not there.
    """
    width = booster.num_features()
    if not all(_within(tree, width) for tree in _trees(booster)):
        raise crooked(path)


def _trees(booster: Any) -> Iterator[Mapping[str, Any]]:
    """Every tree as XGBoost writes it; none of a linear booster."""
    found = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]
    model = found.get("gbtree", found).get("model", {})  # dart keeps its trees one level deeper
    yield from model.get("trees", ())


def _within(tree: Mapping[str, Any], width: int) -> bool:
    import numpy as np

    left, right = (
        np.asarray(tree[side], dtype=np.int64) for side in ("left_children", "right_children")
    )
    if not left.size or left.shape != right.shape:
        return False
    inner = left >= 0
    children = np.concatenate([left[inner], right[inner]])
    # A leaf of several numbers keeps their place among those of all leaves as its right child.
    if (left[~inner] != -1).any() or (np.abs(right[~inner]) >= max(left.size, 2)).any():
        return False
    # Each node at most once and the root never: then nothing that begins at the root comes back to it.
    if children.size and (children.min() < 1 or children.max() >= left.size):
        return False
    if np.unique(children).size != children.size:
        return False
    asked = np.asarray(tree["split_indices"], dtype=np.int64)[inner]
    ends = np.asarray(tree["categories_segments"], dtype=np.int64) + np.asarray(
        tree["categories_sizes"], dtype=np.int64
    )
    known = len(tree["categories"])
    return bool(
        (asked.min(initial=0) >= 0)
        and (asked.max(initial=0) < max(width, 1))
        and (ends.max(initial=0) <= known)
    )
