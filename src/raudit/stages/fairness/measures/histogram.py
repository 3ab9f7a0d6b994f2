"""Score metrics from the histogram of scores in each group, each with a bound on what the bins can have hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raudit.data.cells import BIN, FAVOURABLE, LABEL, CellTable, unique_rows
from raudit.data.fixed import exact_variance
from raudit.stats import Bounds, effective_n, wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Histograms:
    """Scores by group, class and bin; arrays of shape (n_groups, 2, n_bins), negatives first."""

    names: tuple[tuple[str, ...], ...]
    bins: NDArray[np.int64]
    """Numbers of the bins that occur, ascending."""
    n: Floats
    weight: Floats
    weight2: Floats
    score: Floats
    """Sum of weighted scores."""
    score2: Floats
    tied: NDArray[np.bool_]
    """Bins of shape (n_bins,) that can hold one score only."""
    labelled: bool
    left_out: int = 0
    """Groups that are large enough, and of whose people too few outcomes are known for them to be here."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of each group."""
        return np.asarray(self.n.sum(axis=(1, 2)), dtype=np.int64)

    def take(self, keep: NDArray[np.bool_]) -> Histograms:
        """Keep some groups."""
        picked = np.flatnonzero(keep)
        return Histograms(
            names=tuple(self.names[i] for i in picked),
            bins=self.bins,
            n=self.n[picked],
            weight=self.weight[picked],
            weight2=self.weight2[picked],
            score=self.score[picked],
            score2=self.score2[picked],
            tied=self.tied,
            labelled=self.labelled,
            left_out=self.left_out,
        )

    @property
    def probability(self) -> bool:
        """Whether all scores lie in 0..1, so that they can be read as probabilities."""
        rows = self.n.sum(axis=(0, 1))
        mean = np.divide(
            self.score.sum(axis=(0, 1)),
            self.weight.sum(axis=(0, 1)),
            out=np.zeros_like(rows),
            where=rows > 0,
        )
        return bool(rows.size and mean.min() >= 0 and mean.max() <= 1)


def histograms(table: CellTable, by: tuple[str, ...]) -> Histograms:
    """Fold a cell table with score bins into one histogram per group and class; unlabelled rows count as negatives."""
    labelled = LABEL in table.dims
    kept = table.marginal((*by, *((LABEL,) if labelled else ()), BIN))
    cells, group = unique_rows(kept.keys[:, : len(by)])
    bins, place = np.unique(kept.codes(BIN), return_inverse=True)
    positive = (
        kept.is_level(LABEL, FAVOURABLE).astype(np.intp)
        if labelled
        else np.zeros(kept.n.size, dtype=np.intp)
    )
    shape = (len(cells), 2, bins.size)
    flat = (group * 2 + positive) * bins.size + place

    def fold(values: NDArray[np.float64] | NDArray[np.int64]) -> Floats:
        return (
            np.bincount(flat, weights=values, minlength=int(np.prod(shape)))
            .astype(float)
            .reshape(shape)
        )

    names = tuple(
        tuple(kept.levels[axis][int(code)] for axis, code in enumerate(row)) for row in cells
    )
    return Histograms(
        names=names,
        bins=bins,
        n=fold(kept.n),
        weight=fold(kept.weights),
        weight2=fold(kept.weights2),
        score=fold(kept.sums["s"].values),
        score2=fold(kept.sums["s2"].values),
        tied=np.zeros(bins.size, dtype=bool) if table.bins is None else table.bins.one_score(bins),
        labelled=labelled,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Auc:
    """Area under the ROC curve; arrays of shape (n_groups,)."""

    value: Floats
    """NaN for a group with one class only."""
    bound: Floats
    """Largest possible error from treating scores in one bin as ties."""
    variance: Floats
    """By DeLong."""


def auc(found: Histograms) -> Auc:
    """AUC of each group with DeLong's variance.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988.
    """
    neg, pos = found.weight[:, 0, :], found.weight[:, 1, :]
    n, p = neg.sum(axis=1, keepdims=True), pos.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        neg, pos = neg / n, pos / p
        below = (
            np.cumsum(neg, axis=1) - neg + neg / 2
        )  # where a positive of this bin stands among negatives
        above = 1 - (
            np.cumsum(pos, axis=1) - pos / 2
        )  # how many positives stand above a negative of this bin
        value = (pos * below).sum(axis=1)
        bound = (pos * neg)[:, ~found.tied].sum(axis=1) / 2
        size_p = _kish(found, 1)
        size_n = _kish(found, 0)
        spread_p = (pos * (below - value[:, None]) ** 2).sum(axis=1)
        spread_n = (neg * (above - value[:, None]) ** 2).sum(axis=1)
        variance = spread_p / np.maximum(size_p - 1, 1) + spread_n / np.maximum(size_n - 1, 1)
        # Where the classes do not overlap at all DeLong's variance is zero on any number of rows, and would make ten
        # rows look certain: there the AUC is taken as a share of as many pairs as the smaller class has rows.
        rows = np.minimum(size_p, size_n)
        ends = wilson(value * rows, rows, z=1.0)
        variance = np.where(
            variance > 1e-20, variance, np.maximum(value - ends.low, ends.high - value) ** 2
        )
    return Auc(value=value, bound=bound, variance=variance)


def auc_bounds(found: Auc, z: float) -> Bounds:
    """Interval on the logit scale, which keeps within 0..1, widened by what the bins can have hidden."""
    inner = np.clip(found.value, 1e-6, 1 - 1e-6)
    half = z * np.sqrt(found.variance) / (inner * (1 - inner))
    logit = np.log(inner / (1 - inner))
    with np.errstate(over="ignore"):
        low, high = 1 / (1 + np.exp(-(logit - half))), 1 / (1 + np.exp(-(logit + half)))
    ends = z * np.sqrt(found.variance)
    low = np.where(found.value >= 1 - 1e-6, 1 - ends, np.where(found.value <= 1e-6, 0.0, low))
    high = np.where(found.value <= 1e-6, ends, np.where(found.value >= 1 - 1e-6, 1.0, high))
    return Bounds(np.clip(low - found.bound, 0, 1), np.clip(high + found.bound, 0, 1))


def ks(found: Histograms) -> tuple[Floats, Floats]:
    """Kolmogorov-Smirnov distance between the classes' scores, and the most that bins can hide."""
    with np.errstate(divide="ignore", invalid="ignore"):
        neg = found.weight[:, 0, :] / found.weight[:, 0, :].sum(axis=1, keepdims=True)
        pos = found.weight[:, 1, :] / found.weight[:, 1, :].sum(axis=1, keepdims=True)
    apart = np.cumsum(neg - pos, axis=1)
    value = np.abs(apart).max(axis=1, initial=0.0)
    # Inside a bin the distance can at most reach all negatives of the bin before any positive, or the reverse.
    before = apart - (neg - pos)
    inside = np.maximum(np.abs(before + neg), np.abs(before - pos))[:, ~found.tied]
    return value, np.maximum(inside.max(axis=1, initial=0.0) - value, 0.0)


def brier(found: Histograms) -> Floats:
    """Mean squared distance of score and outcome (1 for favourable); exact up to rounding, whatever the bins."""
    total = (
        found.score2.sum(axis=(1, 2))
        - 2 * found.score[:, 1].sum(axis=1)
        + found.weight[:, 1].sum(axis=1)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.maximum(total, 0) / found.weight.sum(axis=(1, 2)))


def class_means(
    table: CellTable, by: tuple[str, ...], names: Sequence[tuple[str, ...]]
) -> tuple[Floats, Floats]:
    """Mean score of each class of some groups, of shape (n_groups, 2), and the variance of the mean.

    From exact sums: the spread of scores near 1e9 is lost in the float form of their squares.
    """
    kept = table.marginal((*by, LABEL))
    spread = exact_variance(
        kept.sums["w"] if kept.weighted else kept.n, kept.sums["s"], kept.sums["s2"]
    )
    size = effective_n(kept.weights, kept.weights2)
    mean, variance = np.full((len(names), 2), np.nan), np.full((len(names), 2), np.nan)
    place = {name: i for i, name in enumerate(names)}
    positive = kept.is_level(LABEL, FAVOURABLE).astype(int)
    totals, weights = kept.sums["s"].values, kept.weights
    for cell, codes in enumerate(kept.keys[:, : len(by)].tolist()):
        group = place.get(tuple(kept.levels[axis][code] for axis, code in enumerate(codes)))
        if group is not None and weights[cell] > 0:
            mean[group, positive[cell]] = totals[cell] / weights[cell]
            variance[group, positive[cell]] = spread[cell] / max(size[cell] - 1, 1)
    return mean, variance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """Mean score and share of favourable outcomes by equal-width bin, of shape (n_groups, n_edges - 1)."""

    mean_score: Floats
    share: Floats
    n: Floats
    effective: Floats
    ece: Floats
    """Expected calibration error, of shape (n_groups,)."""
    chance: Floats
    """What a calibrated score would show on average on so few rows, of shape (n_groups,)."""
    in_the_large: Floats
    """Share of favourable outcomes less mean score, of shape (n_groups,)."""
    in_the_large_variance: Floats


def calibration(
    found: Histograms, table: CellTable, edges: tuple[float, ...], rng: np.random.Generator
) -> Calibration:
    """Calibration in equal-width bins whose edges are bins' edges, so that nothing is approximated.

    Parameters
    ----------
    edges
        Inner edges; all must be cuts of the table's bins.
    """
    if table.bins is None:
        raise ValueError("the table has no score bins")
    place = np.searchsorted(
        np.array([table.bins.begins(edge) for edge in edges]), found.bins, side="right"
    )
    weight, score, size2 = (
        _fold(a, place, len(edges) + 1) for a in (found.weight, found.score, found.weight2)
    )
    rows = _fold(found.n, place, len(edges) + 1).sum(axis=1)
    both = weight.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, share = score.sum(axis=1) / both, weight[:, 1] / both
        size = both**2 / size2.sum(axis=1)
    size = np.nan_to_num(size)
    total = both.sum(axis=1)
    apart = np.nan_to_num(np.abs(mean - share))
    drawn = rng.binomial(
        np.rint(size).astype(np.int64), np.clip(np.nan_to_num(mean), 0, 1), size=(500, *size.shape)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.nan_to_num(np.abs(drawn / np.rint(size) - np.nan_to_num(mean)))
    at = score.sum(axis=(1, 2)) / total
    large = weight[:, 1].sum(axis=1) / total - at
    kish = total**2 / found.weight2.sum(axis=(1, 2))
    return Calibration(
        mean_score=mean,
        share=share,
        n=rows,
        effective=size,
        ece=(both * apart).sum(axis=1) / total,
        chance=((both * off).sum(axis=2) / total).mean(axis=0),
        in_the_large=large,
        in_the_large_variance=_off_variance(brier(found), large, at, kish),
    )


def _off_variance(squares: Floats, off: Floats, at: Floats, n: Floats) -> Floats:
    """Variance of the mean of y - s, E[(y-s)²] - (E[y-s])², with two rows more of each outcome, at the mean score.

    Without them forty rows of which none had the outcome would look certain: where one in fifty has it, the interval
    would hold the truth in 55 of 100 samples.

    References
    ----------
    Agresti and Coull 1998, who add two of each.
    """
    squares = (squares * n + 2 * ((1 - at) ** 2 + at**2)) / (n + 4)
    off = (off * n + 2 * (1 - 2 * at)) / (n + 4)
    return np.maximum(squares - off**2, 0) / np.maximum(n - 1, 1)


def at_least(found: Histograms, table: CellTable, thresholds: tuple[float, ...]) -> Floats:
    """Weight at or above each threshold, of shape (n_groups, 2, n_thresholds); exact, as thresholds are cuts."""
    if table.bins is None:
        raise ValueError("the table has no score bins")
    tail = np.concatenate(
        [
            np.cumsum(found.weight[:, :, ::-1], axis=2)[:, :, ::-1],
            np.zeros((*found.weight.shape[:2], 1)),
        ],
        axis=2,
    )
    first = np.searchsorted(
        found.bins, [table.bins.begins(threshold) for threshold in thresholds], side="left"
    )
    return np.asarray(tail[:, :, first])


def _fold(values: Floats, place: NDArray[np.intp], size: int) -> Floats:
    out = np.zeros((size, *values.shape[:2]))
    np.add.at(out, place, np.moveaxis(values, 2, 0))
    return np.moveaxis(out, 0, 2)


def _kish(found: Histograms, label: int) -> Floats:
    weight, squares = found.weight[:, label, :].sum(axis=1), found.weight2[:, label, :].sum(axis=1)
    return np.asarray(weight**2 / squares)
