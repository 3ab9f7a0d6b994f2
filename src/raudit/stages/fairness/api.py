"""The stage's measurements as plain functions on a cell table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from raudit.data.cells import FAVOURABLE, CellTable
from raudit.findings import Interval, Measurement
from raudit.stages.fairness.measures.disparity import DISPARITIES, Disparity, disparity
from raudit.stages.fairness.measures.metrics import METRICS, estimate, group_counts
from raudit.yamltext import nearest


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMeasurement:
    """One metric of one group."""

    group: tuple[str, ...]
    """Levels of the attributes, in the order asked for; empty for everybody."""
    measurement: Measurement


def confusion(
    table: CellTable, by: Sequence[str] = (), *, positive: str = FAVOURABLE
) -> dict[tuple[str, ...], Mapping[str, int]]:
    """Rows by group whose outcome is known: ``tn``, ``fp``, ``fn``, ``tp``."""
    groups = group_counts(table, tuple(by), positive=positive)
    names = ("tn", "fp", "fn", "tp")
    return {
        group: {name: int(n) for name, n in zip(names, row[:4], strict=True)}
        for group, row in zip(groups.names, groups.counts, strict=True)
    }


def by_group(
    table: CellTable,
    metric: str,
    by: Sequence[str] = (),
    *,
    positive: str = FAVOURABLE,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[GroupMeasurement, ...]:
    """Measure one metric of every group, with n, events, interval and method.

    Parameters
    ----------
    metric
        One of ``METRICS``, under fairlearn's or scikit-learn's name.
    by
        Attributes that form the groups; none for everybody.
    positive
        ``favourable`` or ``unfavourable``.

    Raises
    ------
    ValueError
        If the metric is unknown, or needs labels that were not counted.
    """
    if metric not in METRICS:
        raise ValueError(f"unknown metric {metric!r}; {nearest(metric, list(METRICS))}")
    groups = group_counts(table, tuple(by), positive=positive)
    found = estimate(groups, metric, level=level, rng=np.random.default_rng(seed))
    rows = []
    for i, group in enumerate(groups.names):
        value = float(found.value[i])
        known = not np.isnan(value)
        interval = None
        if known:
            low, high = float(found.bounds.low[i]), float(found.bounds.high[i])
            interval = Interval(low=low, high=high, level=level, method=found.method)
        rows.append(
            GroupMeasurement(
                group=group,
                measurement=Measurement(
                    metric=metric,
                    value=value if known else None,
                    n=int(found.n[i]),
                    events=None if found.events is None else int(found.events[i]),
                    interval=interval,
                    method=_method(groups.weighted, found.events is not None),
                    undefined_because="" if known else found.undefined,
                ),
            )
        )
    return tuple(rows)


def _method(weighted: bool, counted: bool) -> str:
    """How a value came about: a share of rows that were counted, or a formula over such counts."""
    if weighted:
        return "share of weights" if counted else "from weighted counts"
    return "share of counted rows" if counted else "from counted rows"


def compare_groups(
    table: CellTable,
    name: str,
    by: Sequence[str],
    *,
    positive: str = FAVOURABLE,
    level: float = 0.95,
    min_group: int = 1,
    min_events: int = 1,
    draws: int = 10_000,
    seed: int = 0,
) -> Disparity:
    """Compare groups: the disparity, its interval for the worst pair, and which pair it is.

    Parameters
    ----------
    name
        One of ``DISPARITIES``, such as ``demographic_parity_difference``.
    min_group, min_events
        Groups with fewer rows are left out; rates on fewer rows count as not estimable.

    Raises
    ------
    ValueError
        If the disparity is unknown.
    """
    if name not in DISPARITIES:
        raise ValueError(f"unknown disparity {name!r}; {nearest(name, list(DISPARITIES))}")
    groups = group_counts(table, tuple(by), positive=positive)
    kept = groups.take(groups.n >= min_group)
    return disparity(
        kept, name, level=level, min_events=min_events, draws=draws, rng=np.random.default_rng(seed)
    )
