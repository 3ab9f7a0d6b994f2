"""Slices of the data in which a system errs more than elsewhere, found by trees and confirmed on other rows.

Whoever looks at many slices finds a bad one by chance. So slices are drawn up on one half of the rows, and tested on
the other half, where nothing was chosen, with Holm's correction over all that were drawn up.

References
----------
Chung et al. 2019, Slice Finder, ICDE; Holm 1979.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raudit.errors import UsageError
from raudit.findings import Interval, chance, written
from raudit.sentences import joined, say
from raudit.stats import holm, wilson

if TYPE_CHECKING:
    import pandas as pd

LARGEST = 3e38
"""Numbers beyond it, infinite ones among them, count as this; trees split on 32-bit numbers."""
MOST_LEVELS = 30
"""Values of a text column that may bound a slice; rarer ones are one value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Rows that share ranges or values of a few features, held against all other rows."""

    conditions: tuple[str, ...]
    """Such as ``age at most 25`` and ``region is north``."""
    error_rate: float
    """Share of its confirming rows on which the system erred."""
    rest_rate: float
    """The same of all other confirming rows."""
    interval: Interval
    """Of ``error_rate``."""
    n: int
    """Confirming rows in it."""
    p_value: float
    """Chance of so high a rate if it erred as elsewhere; one-sided Fisher test, Holm-adjusted over all slices."""
    drawn_up: int
    """Slices that were tested together."""

    @property
    def weak(self) -> bool:
        """Whether chance is ruled out at the interval's level."""
        return self.p_value < 1 - self.interval.level

    def __str__(self) -> str:
        return say(
            "{listed}: {error_rate:.1%} wrong (n = {n:,}), elsewhere "
            "{rest_rate:.1%}; {chance} among {drawn_up:,} slices",
            listed=joined(" and ", self.conditions),
            error_rate=self.error_rate,
            n=self.n,
            rest_rate=self.rest_rate,
            chance=chance(self.p_value),
            drawn_up=self.drawn_up,
        )


def weak_slices(
    frame: pd.DataFrame,
    wrong: ArrayLike,
    *,
    depth: int = 3,
    min_rows: int = 50,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[Slice, ...]:
    """Find slices of the features in which errors are more frequent than elsewhere.

    Parameters
    ----------
    frame
        Features, of shape (n_samples, n_features): numbers, truth values or text.
    wrong
        Whether the system erred on each row, of shape (n_samples,).
    depth
        Most conditions of a slice.
    min_rows
        Fewest rows of a slice in the half in which it is drawn up; half as many in the other.
    level
        1 less the accepted chance of naming any slice wrongly.
    seed
        Of the halves.

    Returns
    -------
    tuple of Slice
        Every slice that was drawn up, surest first; ask ``weak`` which of them chance does not explain.

    Raises
    ------
    UsageError
        If lengths differ, there are too few rows, ``wrong`` holds anything but truth values, two columns have one name,
        or ``depth`` is below 1.
    """
    from scipy.stats import hypergeom
    from sklearn.tree import DecisionTreeClassifier

    erred = _erred(wrong)
    _check(frame, depth)
    if len(frame) != len(erred):
        raise UsageError(
            "features and errors differ in length",
            reference="slices-lengths",
            got=f"{len(frame):,} and {len(erred):,} rows",
        )
    if len(frame) < 4 * min_rows:
        raise UsageError(
            "too few rows to look for slices",
            reference="slices-too-few",
            got=f"{len(frame):,} rows",
            expected=f"at least {4 * min_rows:,}: two halves of at least two slices of {min_rows}",
        )
    numbers, names = _numbers(frame)
    half = np.random.default_rng(seed).permutation(len(frame)) % 2 == 0
    if erred[half].all() or not erred[half].any():
        return ()
    tree = DecisionTreeClassifier(
        max_depth=depth, min_samples_leaf=min_rows, random_state=seed % 2**32
    )
    tree.fit(numbers[half], erred[half])
    overall = erred[half].mean()
    reached = tree.decision_path(numbers).toarray().astype(bool)
    nodes = [
        node
        for node in range(1, tree.tree_.node_count)
        if erred[half & reached[:, node]].mean() > overall
        and (reached[:, node] & ~half).sum() >= min_rows // 2
    ]
    if not nodes:
        return ()
    test, total, bad = ~half, int((~half).sum()), int(erred[~half].sum())
    counts = [
        (int((reached[test, node]).sum()), int(erred[test & reached[:, node]].sum()))
        for node in nodes
    ]
    p_values = holm([float(hypergeom.sf(events - 1, total, bad, n)) for n, events in counts])
    slices = [
        _slice(
            _conditions(tree.tree_, node, names), n, events, total, bad, float(p), len(nodes), level
        )
        for node, (n, events), p in zip(nodes, counts, p_values, strict=True)
    ]
    return tuple(sorted(slices, key=lambda one: (one.p_value, -one.error_rate, one.conditions)))


def _slice(
    conditions: tuple[str, ...],
    n: int,
    events: int,
    total: int,
    bad: int,
    p: float,
    tested: int,
    level: float,
) -> Slice:
    ends = wilson(np.array([float(events)]), np.array([float(n)]), level=level)
    return Slice(
        conditions=conditions,
        error_rate=events / n,
        rest_rate=(bad - events) / max(total - n, 1),
        interval=Interval(
            low=float(ends.low[0]), high=float(ends.high[0]), level=level, method="wilson"
        ),
        n=n,
        p_value=p,
        drawn_up=tested,
    )


def _erred(wrong: ArrayLike) -> NDArray[np.bool_]:
    """Which rows were decided wrongly; counts or amounts of errors are no truth values."""
    given = np.asarray(wrong)
    if given.dtype != bool and not np.isin(given, (0, 1)).all():
        raise UsageError(
            "errors are told by something else than truth values",
            reference="slices-errors",
            got=str(given.dtype),
            expected="true or false, or 1 and 0, for every row",
        )
    return given.astype(bool)


def _check(frame: pd.DataFrame, depth: int) -> None:
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise UsageError(
            "two columns have one name",
            reference="slices-columns",
            got=str(twice[0]),
            hint="rename one of them: a slice is told by names",
        )
    if depth < 1:
        raise UsageError(
            "a slice needs a condition",
            reference="slices-depth",
            got=str(depth),
            expected="a depth of 1 or more",
        )


class Split(NamedTuple):
    """What a column of numbers that a tree splits stands for."""

    feature: str
    level: str | None
    """The value of a text that it marks; None for a number."""
    holed: bool
    """Whether the number is missing in some rows."""


def _numbers(frame: pd.DataFrame) -> tuple[NDArray[np.float64], list[Split]]:
    """Columns that a tree splits, and for each the feature and, where it is one of its values, which."""
    import pandas as pd

    columns: list[Any] = []
    names: list[Split] = []
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            values = column.to_numpy(dtype=float, na_value=np.nan)
            columns.append(np.clip(values, -LARGEST, LARGEST))
            names.append(Split(str(name), None, bool(np.isnan(values).any())))
            continue
        texts = column.astype(object).where(column.notna(), "missing").astype(str)
        for level in texts.value_counts().index[:MOST_LEVELS]:
            columns.append((texts == level).to_numpy(dtype=float))
            names.append(Split(str(name), str(level), False))
    return np.stack(columns, axis=1), names


def _conditions(tree: Any, node: int, names: Sequence[Split]) -> tuple[str, ...]:
    """The way from the root: for each feature its narrowest bounds, and whether missing values are among the rows."""
    parents = {int(child): (at, "left") for at, child in enumerate(tree.children_left)}
    parents |= {int(child): (at, "right") for at, child in enumerate(tree.children_right)}
    parents.pop(-1, None)  # leaves have no children
    bounds: dict[int, dict[str, float]] = {}
    missing: dict[int, bool] = {}
    while node in parents:
        node, side = parents[node]
        place, threshold = int(tree.feature[node]), float(tree.threshold[node])
        # The nearest bound to the leaf is the narrowest.
        bounds.setdefault(place, {}).setdefault(side, threshold)
        here = bool(tree.missing_go_to_left[node]) == (side == "left")
        missing[place] = missing.get(place, True) and here
    said = [
        text
        for place in reversed(bounds)
        for text in _said(names[place], bounds[place], missing=missing[place])
    ]
    return tuple(said)


def _said(split: Split, bounds: dict[str, float], *, missing: bool) -> list[str]:
    """One feature's conditions."""
    feature = split.feature
    if split.level is not None:
        no = say("not ") if "left" in bounds else ""
        level = split.level or say("empty")
        return [say("{feature} is {part}{value}", feature=feature, part=no, value=level)]
    above, most = bounds.get("right", -np.inf), bounds.get("left", np.inf)
    if above == np.inf or most == -np.inf:
        return [say("{feature} is missing", feature=feature)]
    found = [
        say("{feature} {part} {threshold}", feature=feature, part=part, threshold=written(end))
        for part, end in ((say("above"), above), (say("at most"), most))
        if np.isfinite(end)
    ]
    if not found:
        return [say("{feature} is not missing", feature=feature)]
    if split.holed and missing:
        return [say("{conditions} or missing", conditions=joined(" and ", found))]
    return found
