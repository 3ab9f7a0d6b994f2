"""How well one coding of a feature predicts the label: out-of-fold area, and the rows whose label it settles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
FOLDS = 5
ROWS = 50
"""Fewest rows of each of two classes."""
SURE = 20
"""Fewest rows of a code in the other folds from which its rate is taken to leave no doubt."""
SETTLED = 0.2
"""Share of rows whose label a feature settles, in both classes, from which it is a leak, silent on the rest."""
ALONE = 0.88
"""Lower bound of the area from which a feature is a leak where all others stay far below."""
CHANCE = 1e-6
"""Largest chance that the label of the few rows that a column speaks of is settled by nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """How well one coding of a feature predicts the label."""

    feature: str
    how: str
    auc: float
    low: float
    high: float
    settled: float
    """Share of rows for which it leaves no doubt; 0 unless there are such rows of both classes."""
    spoken: float = 1.0
    """Share of rows that have another code than the commonest: where the column says anything."""
    tells: bool = False
    """Whether the rows it speaks of are few, and it leaves no doubt about the label of nearly all of them."""


def _cells(codes: Ints, y: Ints, folds: Ints) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows and positives by fold and code, each of shape (n_folds, n_codes)."""
    size = int(codes.max()) + 1
    flat = folds * size + codes
    rows = np.bincount(flat, minlength=FOLDS * size).reshape(FOLDS, size).astype(float)
    good = np.bincount(flat, weights=y, minlength=FOLDS * size).reshape(FOLDS, size)
    return rows, good.astype(float)


def auc_of(codes: Ints, y: Ints, folds: Ints) -> float:
    """Out-of-fold area under the curve of codes that predict with the rate in the other folds."""
    rows, good = _cells(codes, y, folds)
    base = good.sum() / rows.sum()
    others, wins = rows.sum(axis=0) - rows, good.sum(axis=0) - good
    score = ((wins + base) / (others + 1)).ravel()
    plus, minus = good.ravel(), (rows - good).ravel()
    order = np.argsort(score, kind="stable")
    _values, tie = np.unique(score[order], return_inverse=True)
    wins_at = np.bincount(tie, weights=plus[order])
    losses_at = np.bincount(tie, weights=minus[order])
    below = np.cumsum(losses_at) - losses_at
    total = wins_at.sum() * losses_at.sum()
    return float((wins_at * (below + losses_at / 2)).sum() / total) if total else 0.5


def area_of(name: str, how: str, codes: Ints, y: Ints, folds: Ints) -> Area:
    """Measure one coding of a feature."""
    auc = auc_of(codes, y, folds)
    half = 1.96 * _error(auc, int(y.sum()), int(y.size - y.sum()))
    return Area(
        feature=name,
        how=how,
        auc=auc,
        low=max(auc - half, 0.0),
        high=min(auc + half, 1.0),
        settled=_settled(codes, y, folds),
        spoken=1 - float(np.bincount(codes).max()) / codes.size,
        tells=_tells(codes, y, folds),
    )


def _sure(
    rows: NDArray[np.float64], good: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells whose code left no doubt in the other folds: that the label is 1, and that it is 0."""
    others, wins = rows.sum(axis=0) - rows, good.sum(axis=0) - good
    rate = wins / np.maximum(others, 1)
    return (rate > 0.99) & (others >= SURE), (rate < 0.01) & (others >= SURE)


def _settled(codes: Ints, y: Ints, folds: Ints) -> float:
    """Share of rows whose code left no doubt in the other folds, and none here; 0 unless both classes have some."""
    rows, good = _cells(codes, y, folds)
    share = 0.0
    for sure, right in zip(_sure(rows, good), (good, rows - good), strict=True):
        n = float(rows[sure].sum())
        if n < ROWS or float(right[sure].sum()) < 0.99 * n:
            return 0.0
        share += n / float(rows.sum())
    return share


def _tells(codes: Ints, y: Ints, folds: Ints) -> bool:
    """Whether a column that mostly says one thing settles the label of nearly all rows in which it says another.

    So does a copy of the label that is filled in for a few rows only. Both classes must be among them, since a rare
    level whose rows are all of one class is common.
    """
    spoken = codes != np.bincount(codes).argmax()
    if not 0 < 2 * int(spoken.sum()) < codes.size:
        return False
    rows, good = _cells(codes[spoken], y[spoken], folds[spoken])
    yes, no = _sure(rows, good)
    ones, zeros = float(good[yes].sum()), float((rows - good)[no].sum())
    base = float(y.mean())
    if min(ones, zeros) < SURE or ones + zeros < 0.97 * float(rows.sum()):
        return False
    return bool(ones * np.log(base) + zeros * np.log1p(-base) < np.log(CHANCE))


def _error(auc: float, plus: int, minus: int) -> float:
    """Standard error of an area (Hanley and McNeil 1982, equation 1)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (plus - 1) * (q1 - auc**2) + (minus - 1) * (q2 - auc**2)
    return float(np.sqrt(max(variance, 0.0) / (plus * minus)))
