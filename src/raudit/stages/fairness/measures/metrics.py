"""What is measured of each group: names, definitions, and values with intervals.

Names and definitions are fairlearn's and scikit-learn's; the positive class is the favourable one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.data.cells import FAVOURABLE, LABEL, PREDICTION, CellTable, unique_rows
from raudit.stats import Bounds, dirichlet_draws, effective_n, wilson

Floats = NDArray[np.float64]
TN, FP, FN, TP, UNLABELLED_DECLINED, UNLABELLED_SELECTED = range(6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of some rows of a group."""

    events: tuple[int, ...]
    """Cells that are counted."""
    among: tuple[int, ...]
    """Cells among which they are counted."""
    undefined: str
    """Why it may have no value."""


NO_ROWS, NO_POSITIVES, NO_NEGATIVES = (
    "no rows",
    "no favourable outcomes",
    "no unfavourable outcomes",
)
NO_SELECTED, NO_REJECTED = "no favourable decisions", "no unfavourable decisions"

RATES: Mapping[str, Rate] = {
    "selection_rate": Rate(
        events=(FP, TP, UNLABELLED_SELECTED),
        among=(TN, FP, FN, TP, UNLABELLED_DECLINED, UNLABELLED_SELECTED),
        undefined=NO_ROWS,
    ),
    "true_positive_rate": Rate(events=(TP,), among=(FN, TP), undefined=NO_POSITIVES),
    "false_positive_rate": Rate(events=(FP,), among=(TN, FP), undefined=NO_NEGATIVES),
    "true_negative_rate": Rate(events=(TN,), among=(TN, FP), undefined=NO_NEGATIVES),
    "false_negative_rate": Rate(events=(FN,), among=(FN, TP), undefined=NO_POSITIVES),
    "precision": Rate(events=(TP,), among=(FP, TP), undefined=NO_SELECTED),
    "negative_predictive_value": Rate(events=(TN,), among=(TN, FN), undefined=NO_REJECTED),
    "false_discovery_rate": Rate(events=(FP,), among=(FP, TP), undefined=NO_SELECTED),
    "false_omission_rate": Rate(events=(FN,), among=(TN, FN), undefined=NO_REJECTED),
    "accuracy": Rate(events=(TN, TP), among=(TN, FP, FN, TP), undefined=NO_ROWS),
    "base_rate": Rate(events=(FN, TP), among=(TN, FP, FN, TP), undefined=NO_ROWS),
}


def _ratio(a: Floats, b: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(b > 0, a / b, np.nan)


def _balanced_accuracy(c: Floats) -> Floats:
    return (
        _ratio(c[..., TP], c[..., TP] + c[..., FN]) + _ratio(c[..., TN], c[..., TN] + c[..., FP])
    ) / 2


def _f1_score(c: Floats) -> Floats:
    return _ratio(2 * c[..., TP], 2 * c[..., TP] + c[..., FP] + c[..., FN])


def _treatment_equality(c: Floats) -> Floats:
    return _ratio(c[..., FN], c[..., FP])


COMPOSITES: Mapping[str, tuple[Callable[[Floats], Floats], str]] = {
    "balanced_accuracy": (_balanced_accuracy, "one of the two outcomes does not occur"),
    "f1_score": (_f1_score, "no favourable outcomes or decisions"),
    "treatment_equality": (_treatment_equality, "no false positives"),
}
"""Metrics that are no share of rows, by name: how they come from the four cells, and why they may be undefined."""

METRICS: tuple[str, ...] = (*RATES, *COMPOSITES)
WITHOUT_LABEL = ("selection_rate",)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Confusion tables by group."""

    by: tuple[str, ...]
    """Attributes that form the groups."""
    names: tuple[tuple[str, ...], ...]
    """Levels of each group, in the order of ``by``."""
    counts: Floats
    """Rows, of shape (n_groups, 4): true negatives, false positives, false negatives, true positives. Where some people
    have no label, of shape (n_groups, 6): those of them who were declined, and who were selected."""
    weights: Floats
    weights2: Floats
    labelled: bool
    """False if nobody has a label; the rows then stand under negatives."""
    weighted: bool

    @property
    def n(self) -> NDArray[np.int64]:
        """Rows in each group."""
        total: NDArray[np.int64] = self.counts.sum(axis=1).astype(np.int64)
        return total

    @property
    def effective(self) -> Floats:
        """Counts that carry as much information as the weighted rows do, of the shape of ``counts``."""
        total, squares = (
            self.weights.sum(axis=1, keepdims=True),
            self.weights2.sum(axis=1, keepdims=True),
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(squares > 0, self.weights * total / squares, 0.0)

    def take(self, keep: NDArray[Any]) -> Groups:
        """Keep some groups."""
        picked = np.flatnonzero(keep) if keep.dtype == bool else keep
        return Groups(
            by=self.by,
            names=tuple(self.names[i] for i in picked),
            counts=self.counts[picked],
            weights=self.weights[picked],
            weights2=self.weights2[picked],
            labelled=self.labelled,
            weighted=self.weighted,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimates:
    """One metric of every group; arrays of shape (n_groups,)."""

    metric: str
    value: Floats
    """NaN where undefined."""
    bounds: Bounds
    n: NDArray[np.int64]
    """Rows among which was counted."""
    events: NDArray[np.int64] | None
    """Rows that were counted; None for metrics that count nothing."""
    effective: Floats
    """``n``, or Kish's effective sample size under weights."""
    method: str
    undefined: str
    """Why a value is NaN."""


def group_counts(table: CellTable, by: tuple[str, ...], *, positive: str = FAVOURABLE) -> Groups:
    """Confusion tables of the groups that some attributes form.

    Parameters
    ----------
    table
        Cells with ``@prediction`` and, for error rates, ``@label``.
    by
        Attributes; empty for the whole data set.
    positive
        Which of the two levels is the positive class.
    """
    unknown = table.unlabelled
    labelled = not unknown.all()
    width = 6 if labelled and unknown.any() else 4
    kept = table.marginal((*by, *((LABEL,) if labelled else ()), PREDICTION))
    cells, group = unique_rows(kept.keys[:, : len(by)])
    size = len(cells)
    decided = kept.is_level(PREDICTION, positive).astype(np.intp)
    actual = kept.is_level(LABEL, positive).astype(np.intp) if labelled else np.zeros_like(decided)
    if width == 6:
        actual[kept.unlabelled] = 2
    flat = group * width + actual * 2 + decided

    def fold(values: Any) -> Floats:
        return (
            np.bincount(flat, weights=values, minlength=size * width)
            .astype(float)
            .reshape(size, width)
        )

    names = tuple(
        tuple(kept.levels[axis][int(code)] for axis, code in enumerate(row)) for row in cells
    )
    return Groups(
        by=by,
        names=names,
        counts=fold(kept.n),
        weights=fold(kept.weights),
        weights2=fold(kept.weights2),
        labelled=labelled,
        weighted=kept.weighted,
    )


def estimate(
    groups: Groups,
    metric: str,
    *,
    level: float = 0.95,
    z: float | None = None,
    draws: int = 10_000,
    rng: np.random.Generator | None = None,
) -> Estimates:
    """Measure one metric of every group.

    Parameters
    ----------
    metric
        A key of ``RATES`` or ``COMPOSITES``.
    level
        Nominal coverage of each interval.
    z
        Multiplier that replaces the one of ``level``, for simultaneous intervals.

    Raises
    ------
    ValueError
        If the metric is unknown or needs labels that are not there.
    """
    if metric not in METRICS:
        raise ValueError(f"unknown metric {metric!r}; known: {', '.join(METRICS)}")
    if not groups.labelled and metric not in WITHOUT_LABEL:
        raise ValueError(f"{metric} needs labels")
    if metric in COMPOSITES:
        return _composite(groups, metric, level, z, draws, rng or np.random.default_rng(0))
    rate = RATES[metric]
    width = groups.counts.shape[1]
    among, events = (
        [place for place in places if place < width] for places in (rate.among, rate.events)
    )
    value = _ratio(groups.weights[:, events].sum(axis=1), groups.weights[:, among].sum(axis=1))
    size = effective_n(groups.weights[:, among].sum(axis=1), groups.weights2[:, among].sum(axis=1))
    return Estimates(
        metric=metric,
        value=value,
        bounds=wilson(np.where(size > 0, value * size, 0.0), size, level=level, z=z),
        n=groups.counts[:, among].sum(axis=1).astype(np.int64),
        events=groups.counts[:, events].sum(axis=1).astype(np.int64),
        effective=size,
        method="wilson, effective n" if groups.weighted else "wilson",
        undefined=rate.undefined,
    )


def _composite(
    groups: Groups, metric: str, level: float, z: float | None, draws: int, rng: np.random.Generator
) -> Estimates:
    from scipy.special import ndtr

    statistic, undefined = COMPOSITES[metric]
    value = statistic(groups.weights)
    if z is not None:
        level = float(2 * ndtr(z) - 1)
    tail = (1 - level) / 2
    # Enough draws that the tail quantile rests on about fifty of them, few enough that thousands of groups fit.
    draws = max(200, min(max(draws, int(50 / tail)), 40_000_000 // max(groups.counts.size, 1)))
    drawn = statistic(dirichlet_draws(groups.effective, draws, rng))
    # numpy gives no quantiles at all of no groups, instead of two empty rows.
    low, high = (
        np.nanquantile(drawn, [tail, 1 - tail], axis=0)
        if drawn.size
        else np.empty((2, drawn.shape[1]))
    )
    return Estimates(
        metric=metric,
        value=value,
        bounds=Bounds(np.fmin(low, value), np.fmax(high, value)),
        n=groups.counts[:, :4].sum(axis=1).astype(np.int64),
        events=None,
        effective=groups.effective[:, :4].sum(axis=1),
        method=f"dirichlet draws ({draws:,})",
        undefined=undefined,
    )
