"""Whether the trees of a LightGBM file stay within themselves and the features they take.

LightGBM follows children and reads features without looking at bounds, as XGBoost does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from raudit.model.formats.harmless import crooked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CATEGORICAL = 1
"""Bit of a decision's type that says that its threshold is a place among sets of categories."""


def refuse_wild_trees(text: str, path: Path) -> None:
    """Refuse a model's text of which a tree points outside itself, before LightGBM follows it.

    Raises
    ------
    ModelError
        If a child is no node or leaf or the child of two, a split asks for a feature or categories that are not there,
        or trees do not lie where the head says.
    """
    head, *trees = text.split("\nTree=")
    told = _fields(head)
    width = len(told.get("feature_names", "").split(" ")) if told is not None else 0
    blocks = [_fields(tree.split("\nend of trees")[0]) for tree in trees]
    try:
        good = told is not None and _as_told(text, told.get("tree_sizes"), len(trees))
        good = good and all(block is not None and _within(block, width) for block in blocks)
    except (ValueError, KeyError):
        good = False
    if not good:
        raise crooked(path)


def _fields(lines: str) -> Mapping[str, str] | None:
    """Keys and values; None where a key stands twice, of which nobody knows which counts."""
    found: dict[str, str] = {}
    for line in lines.splitlines():
        key, told, value = line.partition("=")
        if told and key in found:
            return None
        if told:
            found[key] = value
    return found


def _as_told(text: str, sizes: str | None, trees: int) -> bool:
    """Whether LightGBM, which goes by the sizes in the head, finds the same trees."""
    if sizes is None:
        return True
    at = text.find("\nTree=") + 1
    given = [int(size) for size in sizes.split()]
    for size in given:
        block = text[at : at + size]
        if not block.startswith("Tree=") or "\nTree=" in block or size < 1:
            return False
        at += size
    return len(given) == trees


def _within(tree: Mapping[str, str], width: int) -> bool:
    import numpy as np

    leaves = int(tree["num_leaves"])
    if leaves == 1:
        return True
    left, right, asked, kinds = (
        _whole(tree, key) for key in ("left_child", "right_child", "split_feature", "decision_type")
    )
    inner = leaves - 1
    if not left.size == right.size == asked.size == kinds.size == inner:
        return False
    # Each node and each leaf has one parent and the root none: nothing that begins at the root comes back to it.
    children = np.sort(np.concatenate([left, right]))
    if not np.array_equal(children, np.r_[np.arange(-leaves, 0), np.arange(1, inner)]):
        return False
    asked = np.concatenate([asked, _whole(tree, "leaf_features")])  # of linear leaves
    if asked.min() < 0 or asked.max() >= width:
        return False
    sets = np.array(tree["threshold"].split(), dtype=np.float64)[kinds & CATEGORICAL > 0]
    ends = _whole(tree, "cat_boundaries")
    if not sets.size:
        return True
    return bool(
        sets.min() >= 0
        and sets.max() < ends.size - 1
        and (np.diff(ends) >= 0).all()
        and ends[0] >= 0
        and ends[-1] <= _whole(tree, "cat_threshold").size
    )


def _whole(tree: Mapping[str, str], key: str) -> NDArray[np.int64]:
    import numpy as np

    return np.array(tree.get(key, "").split(), dtype=np.int64)
