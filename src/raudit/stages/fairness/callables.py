"""Any metric by group: a callable of outcomes and predictions, checked, with bootstrap intervals."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from raudit.errors import UsageError
from raudit.findings import Interval, Measurement
from raudit.sentences import say
from raudit.stages.fairness.api import GroupMeasurement

FEWEST = 200
"""Resamples under which a tail is a guess."""


def metric_by_group(
    metric: Callable[..., Any],
    y_true: object,
    y_pred: object,
    *,
    sensitive_features: object,
    level: float = 0.95,
    resamples: int = 2_000,
    min_group: int = 30,
    seed: int = 0,
) -> tuple[GroupMeasurement, ...]:
    """Measure any metric in every group, with a percentile interval over resamples of the group's rows.

    Parameters
    ----------
    metric
        Called with outcomes and predictions of a group's rows, of shape (n_rows,) each; gives one finite number, the
        same one for the same rows. Any metric of scikit-learn will do.
    y_true, y_pred
        Of shape (n_samples,); predictions may be labels, scores or amounts.
    sensitive_features
        The group of each row, of shape (n_samples,).
    level
        Nominal coverage of each interval.
    resamples
        Resamples with replacement within each group, at least 200.
    min_group
        Groups with fewer rows get no value.
    seed
        Of the resamples; the same seed gives the same intervals.

    Returns
    -------
    tuple of GroupMeasurement
        In the order of the groups' names. A resample for which the metric has no value is left out and counted; where
        more than one in twenty has none, there is no interval.

    Raises
    ------
    UsageError
        If lengths differ, the metric gives no finite number, or not the same one twice.

    References
    ----------
    Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 13.
    """
    truth, said = np.asarray(y_true), np.asarray(y_pred)
    groups = np.asarray(sensitive_features, dtype=object).astype(str)
    if not len(truth) == len(said) == len(groups):
        raise UsageError(
            "outcomes, predictions and groups differ in length",
            reference="metric-lengths",
            got=f"{len(truth):,}, {len(said):,} and {len(groups):,} rows",
            hint="give one of each for every row",
        )
    if not len(truth):
        raise UsageError(
            "there is nobody to measure",
            reference="metric-empty",
            got="0 rows",
            hint="an empty table says nothing about any group",
        )
    if resamples < FEWEST:
        raise UsageError(
            "too few resamples for an interval",
            reference="metric-resamples",
            got=f"{resamples:,}",
            expected=f"at least {FEWEST}",
        )
    name = getattr(metric, "__name__", type(metric).__name__)
    found = []
    for number, group in enumerate(sorted(set(groups.tolist()))):
        rows = np.flatnonzero(groups == group)
        rng = np.random.default_rng([seed, number])
        measured = _measured(
            metric, name, truth[rows], said[rows], level, resamples, min_group, rng
        )
        found.append(GroupMeasurement(group=(group,), measurement=measured))
    return tuple(found)


def _measured(
    metric: Callable[..., Any],
    name: str,
    truth: np.ndarray,
    said: np.ndarray,
    level: float,
    resamples: int,
    min_group: int,
    rng: np.random.Generator,
) -> Measurement:
    n = len(truth)
    if n < min_group:
        return Measurement(
            metric=name,
            value=None,
            n=n,
            method="callable",
            undefined_because=say("fewer than {min_group} rows", min_group=min_group),
        )
    value = _number(metric, name, truth, said)
    if value is None:
        return Measurement(
            metric=name,
            value=None,
            n=n,
            method="callable",
            undefined_because="the metric has no value on these rows",
        )
    if _number(metric, name, truth, said) != value:
        raise UsageError(
            f"{name} gives another number for the same rows",
            reference="metric-random",
            hint="give it a seed of its own; an interval would mix its chance with that of the sample",
        )
    drawn = (
        _number(metric, name, truth[rows], said[rows])
        for rows in rng.integers(0, n, (resamples, n))
    )
    known = [one for one in drawn if one is not None]
    if len(known) < 0.95 * resamples:
        lost = resamples - len(known)
        return Measurement(
            metric=name,
            value=value,
            n=n,
            method=f"no interval: no value on {lost:,} of {resamples:,} resamples",
        )
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Measurement(
        metric=name,
        value=value,
        n=n,
        interval=Interval(
            low=float(low), high=float(high), level=level, method=f"bootstrap ({len(known):,})"
        ),
        method="callable",
    )


def _number(
    metric: Callable[..., Any], name: str, truth: np.ndarray, said: np.ndarray
) -> float | None:
    """One number, or None where the metric says that it has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # a metric without a value warns; it is said in the result
            found = metric(truth, said)
    except (ValueError, ZeroDivisionError):
        return None  # such as an AUC of one class
    try:
        value = float(found)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{name} gives no number",
            reference="metric-number",
            got=type(found).__name__,
            expected="one number for the rows of a group",
        ) from error
    return value if np.isfinite(value) else None
