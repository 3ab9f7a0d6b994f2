"""How many labels are wrong, by confident learning from out-of-fold class probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raudit.stats.intervals import Floats, wilson

Ints = NDArray[np.int64]
MARGIN = 1e-6
"""A probability this little below its threshold counts as at it."""
UNSURE = 0.05
"""Largest share of rows without a clear class, beyond which noise cannot be told from overlap of classes."""
CLEAR = 0.75
"""Probability from which a class is clearly the most probable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseEstimate:
    """Share of labels that the features contradict."""

    rate: float
    low: float
    high: float
    n: int
    contradicted: int
    """Rows whose label another class contradicts with confidence."""
    unsure: float
    """Share of rows whose most probable class is not clearly so: there classes overlap."""

    @property
    def identified(self) -> bool:
        """Whether what contradicts the labels can be called noise."""
        return self.unsure <= UNSURE


def confident_joint(labels: Ints, probabilities: Floats) -> Floats:
    """Counts of (given label, confident class), calibrated to the labels' totals.

    Parameters
    ----------
    labels
        Classes 0 to n_classes - 1, of shape (n_rows,), each of which occurs.
    probabilities
        Out-of-fold class probabilities, of shape (n_rows, n_classes).

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        Rows sum to the labels' counts.

    References
    ----------
    Northcutt, Jiang and Chuang 2021, "Confident learning", section 3.1.
    """
    joint = _raw_joint(labels, probabilities)
    totals = np.bincount(labels, minlength=probabilities.shape[1])
    exact = joint / joint.sum(axis=1)[:, None] * totals[:, None]
    return np.vstack([_whole(row, int(total)) for row, total in zip(exact, totals, strict=True)])


def _whole(row: Floats, total: int) -> Floats:
    """Round to whole rows and keep the sum: the largest remainders are rounded up."""
    rounded = np.floor(row + 1e-9)
    short = total - int(rounded.sum())
    rounded[np.argsort(rounded - row, kind="stable")[:short]] += 1
    return rounded


def _raw_joint(labels: Ints, probabilities: Floats) -> Floats:
    classes = probabilities.shape[1]
    limits = np.array([probabilities[labels == k, k].mean() for k in range(classes)])
    reached = probabilities >= limits[None, :] - MARGIN
    confident = reached.any(axis=1)
    # Where several classes are confident, the most probable of all is taken.
    guess = np.where(reached.sum(axis=1) > 1, probabilities.argmax(axis=1), reached.argmax(axis=1))
    cells = labels[confident] * classes + guess[confident]
    joint = np.bincount(cells, minlength=classes * classes).reshape(classes, classes).astype(float)
    np.fill_diagonal(joint, np.maximum(np.diag(joint), 1.0))
    return joint


def label_noise(labels: Ints, probabilities: Floats, *, level: float = 0.95) -> NoiseEstimate:
    """Share of wrong labels, with the Wilson interval of that share.

    Where classes overlap (``identified`` is false) some labels are contradicted that are right, and some are wrong that
    nothing contradicts. The interval then runs from 0 to what the classifier gets wrong: as long as fewer than half of
    each class are mislabelled, no classifier disagrees with the labels less often than they are wrong.
    """
    joint = confident_joint(labels, probabilities)
    n = labels.size
    events = int(joint.sum() - np.trace(joint))
    bounds = wilson(events, n, level=level)
    unsure = float(np.mean(probabilities.max(axis=1) < CLEAR))
    low, high = float(bounds.low), float(bounds.high)
    if unsure > UNSURE:
        errors = int((probabilities.argmax(axis=1) != labels).sum())
        low, high = 0.0, max(high, float(wilson(errors, n, level=level).high))
    return NoiseEstimate(
        rate=events / n, low=low, high=high, n=n, contradicted=events, unsure=unsure
    )
