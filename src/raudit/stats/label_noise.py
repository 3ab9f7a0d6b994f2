"""How many labels are wrong, by confident learning from out-of-fold class probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raudit.stats.intervals import Floats, wilson
from raudit.stats.judged import clopper_pearson

Ints = NDArray[np.int64]
MARGIN = 1e-6
"""A probability this little below its threshold counts as at it."""
UNSURE = 0.05
"""Largest share of rows without a clear class, beyond which noise cannot be told from overlap of classes."""
CLEAR = 0.75
"""Probability from which a class is clearly the most probable."""
CLEAREST = 0.8
"""Share of the rows of each predicted class, the most probable ones, from which the rate is estimated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseEstimate:
    """Share of labels that are wrong, where the features tell the classes apart."""

    rate: float
    """Share of labels that the classifier contradicts among the clearest rows."""
    low: float
    high: float
    n: int
    """Rows with a label."""
    clearest: int
    """Rows from which the rate is estimated."""
    events: int
    """How many of them have another label than the predicted one."""
    contradicted: int
    """Rows of all whose label another class contradicts, by confident learning."""
    unsure: float
    """Share of rows whose most probable class is not clearly so: there classes overlap."""

    @property
    def identified(self) -> bool:
        """Whether what contradicts the labels can be called noise."""
        return self.unsure <= UNSURE

    @property
    def contradicted_share(self) -> float:
        """The estimate of confident learning, which counts the classifier's own errors as wrong labels."""
        return self.contradicted / self.n


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


def label_noise(
    labels: Ints, probabilities: Floats, folds: Ints | None = None, *, level: float = 0.95
) -> NoiseEstimate:
    """Share of wrong labels, with the exact interval of that share.

    A classifier errs where classes meet, and there its errors would be counted as wrong labels. So the rate is taken
    from the rows whose class it tells best: there the label differs from the prediction because it is wrong. Rows are
    chosen without a look at their own label (within a fold, by a classifier that did not see them, and by the
    predicted class), so the count among them is binomial, and the same share of every class keeps them in proportion.
    It estimates the chance of a wrong label among all rows, if hard rows are labelled no worse than easy ones. What is
    left of the classifier's own errors adds a few rows to the count; Wilson's interval, which misses in as many runs as
    it may where a count is small, then misses in more, and the exact one does not.

    Where classes overlap (``identified`` is false) some labels are contradicted that are right, and some are wrong that
    nothing contradicts. The interval then runs from 0 to what the classifier gets wrong: as long as fewer than half of
    each class are mislabelled, no classifier disagrees with the labels less often than they are wrong.

    Parameters
    ----------
    labels
        Classes 0 to n_classes - 1, of shape (n_rows,), each of which occurs.
    probabilities
        Out-of-fold class probabilities, of shape (n_rows, n_classes).
    folds
        Fold of every row, of shape (n_rows,); None if one classifier gave all probabilities.

    References
    ----------
    Liu and Tao 2016, "Classification with noisy labels by importance reweighting", on rates of noise from the rows
    that are surest of their class; Northcutt, Jiang and Chuang 2021 for ``contradicted``; Clopper and Pearson 1934.
    """
    joint = confident_joint(labels, probabilities)
    contradicted = int(joint.sum() - np.trace(joint))
    n = labels.size
    guess = probabilities.argmax(axis=1)
    kept = _clearest(probabilities, guess, np.zeros_like(guess) if folds is None else folds)
    events, clearest = int((guess != labels)[kept].sum()), int(kept.sum())
    low, high = clopper_pearson(events, clearest, level=level)
    unsure = float(np.mean(probabilities.max(axis=1) < CLEAR))
    if unsure > UNSURE:
        errors = max(int((guess != labels).sum()), contradicted)
        low, high = 0.0, max(high, float(wilson(errors, n, level=level).high))
    return NoiseEstimate(
        rate=events / clearest,
        low=low,
        high=high,
        n=n,
        clearest=clearest,
        events=events,
        contradicted=contradicted,
        unsure=unsure,
    )


def _clearest(probabilities: Floats, guess: Ints, folds: Ints) -> NDArray[np.bool_]:
    """Rows of the highest probability within each fold and predicted class, of shape (n_rows,).

    Between folds probabilities are not compared: a fold whose training rows happen to hold less noise is surer, and
    holds more noise itself.
    """
    top = probabilities.max(axis=1)
    order = np.lexsort((-top, guess, folds))
    starts = np.flatnonzero(
        np.diff(folds[order], prepend=-1).astype(bool)
        | np.diff(guess[order], prepend=-1).astype(bool)
    )
    sizes = np.diff(np.append(starts, order.size))
    place = np.arange(order.size) - np.repeat(starts, sizes)
    kept = np.zeros(order.size, dtype=bool)
    kept[order] = place < np.repeat(np.ceil(CLEAREST * sizes), sizes)
    return kept
