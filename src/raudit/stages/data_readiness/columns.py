"""Columns that never change, and values that lie far outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from raudit.data import ColumnName, Kind
from raudit.data.alone import stays
from raudit.findings import Finding, Measurement, Status
from raudit.sentences import say
from raudit.stages.data_readiness.part import Part, Setting, answer
from raudit.stages.data_readiness.placeholders import placeholders_of
from raudit.stages.data_readiness.rules import CONSTANT, OUTLIER
from raudit.stats.tally import Tally, tally

if TYPE_CHECKING:
    import pandas as pd

SPREADS = 10.0
"""Robust spreads from the median beyond which a value is far outside."""
DISTINCT = 10
"""Distinct values that a column of measurements has at least."""


def constants(setting: Setting) -> Part:
    """Columns with one value only."""
    names = [name for name in setting.data.kinds if name != setting.evidence.roles.weight]
    if setting.data.n_rows < 2:
        return Part(facts={"data.constant_columns": []})
    found = {
        name: filled
        for name in names
        if setting.data.kinds[name] is not Kind.OTHER
        and (filled := _filled_of_constant(setting, name)) is not None
    }
    findings = [_constant(setting, name, filled) for name, filled in found.items()]
    if not found:
        findings.append(
            answer(
                CONSTANT,
                kind="data",
                name=setting.data.name,
                status=Status.PASSED,
                statement=say("Each of {count} columns has at least two values.", count=len(names))
                if len(names) > 1
                else say("The only column has at least two values."),
                measurement=Measurement(
                    metric="constant_columns", value=0.0, n=len(names), events=0
                ),
            )
        )
    return Part(
        findings=tuple(findings), facts={"data.constant_columns": [str(name) for name in found]}
    )


def _filled_of_constant(setting: Setting, name: ColumnName) -> int | None:
    """Rows in which a column that never changes is filled; None if it changes."""
    if stays(setting.data, name):
        return None
    values = setting.alone(name).dropna()
    return None if _changes(values) else len(values)


def _changes(values: pd.Series[Any]) -> bool:
    return len(values) > 0 and bool((values != values.iloc[0]).any())


def _should_change(setting: Setting, name: ColumnName, filled: int) -> tuple[Status, str]:
    """Whether a column ought to have more values than one, and how that is known."""
    reference = setting.evidence.reference
    if not filled:
        return Status.FAILED, ""
    if reference is None or name not in reference.data.kinds:
        return Status.INDETERMINATE, say(
            "nothing says whether it should change; a reference in which it does would"
        )
    if _changes(reference.data.frame([name])[name].dropna()):
        return Status.FAILED, say("it changes in the reference")
    return Status.PASSED, say("it never changes in the reference either")


def _constant(setting: Setting, name: ColumnName, filled: int) -> Finding:
    n = setting.data.n_rows
    told = (
        say("has one value in all {count:,} rows in which it is filled", count=filled)
        if filled > 1
        else say("is filled in one row only")
        if filled
        else say("is always empty")
    )
    status, reason = _should_change(setting, name, filled)
    return answer(
        CONSTANT,
        kind="column",
        name=name,
        status=status,
        reason=reason,
        statement=say(
            "Column “{name}” {told}; {n:,} of {n_2:,} rows are missing.",
            name=name,
            told=told,
            n=n - filled,
            n_2=n,
        ),
        measurement=Measurement(metric="distinct_values", value=float(min(filled, 1)), n=n),
    )


def outliers(setting: Setting) -> Part:
    """Numbers far outside the robust bounds of their column."""
    looked = [
        name
        for name, kind in setting.data.kinds.items()
        if kind in {Kind.NUMBER, Kind.INTEGER}
        and name not in setting.identifiers
        and not stays(setting.data, name)
    ]
    findings = [item for name in looked if (item := _far(setting, name)) is not None]
    found = [item.subject.name for item in findings]
    if looked and not found:
        findings.append(
            answer(
                OUTLIER,
                kind="data",
                name=setting.data.name,
                status=Status.PASSED,
                statement=say(
                    "Of {looked} columns of numbers none has values far outside all others.",
                    looked=len(looked),
                )
                if len(looked) > 1
                else say("The only column of numbers has no value far outside all others."),
                measurement=Measurement(
                    metric="outlier_columns", value=0.0, n=len(looked), events=0
                ),
            )
        )
    return Part(findings=tuple(findings), facts={"data.outlier_columns": found})


def _far(setting: Setting, name: ColumnName) -> Finding | None:
    shown = [float(item.shown) for item in placeholders_of(setting, name)]
    values = setting.alone(name).dropna().to_numpy(dtype=float)
    values = values[np.isfinite(values) & ~np.isin(values, shown)]
    far = far_outside(values)
    if far == 0:
        return None
    return answer(
        OUTLIER,
        kind="column",
        name=name,
        status=Status.FAILED,
        statement=say(
            "Column “{name}” has {far:,} of {size:,} values far outside all others.",
            name=name,
            far=far,
            size=values.size,
        ),
        measurement=Measurement(
            metric="outlier_share", value=far / values.size, n=values.size, events=far
        ),
    )


def far_outside(values: NDArray[np.float64]) -> int:
    """How many values lie far outside: beyond robust bounds, and apart from all others.

    A long tail has values beyond any bound, but each near the next; an error stands alone. Beyond the bounds, values
    after the first gap that is wider than the middle 90 percent of all values are counted.
    """
    counted = tally(values)
    if counted.values.size <= DISTINCT:
        return 0
    low, middle, high = counted.quantiles([0.05, 0.5, 0.95])
    width = float(high) - float(low)
    if width <= 0:
        return 0
    with np.errstate(over="ignore"):  # farther than any number is far, all the same
        distances = counted.values - middle
        upper = _beyond(distances, counted.counts, width)
        return upper + _beyond(-distances[::-1], counted.counts[::-1], width)


def _beyond(distances: NDArray[np.float64], counts: NDArray[np.int64], width: float) -> int:
    """How many values lie far outside on one side; distances from the median, ascending."""
    far = Tally(values=distances[distances > 0], counts=counts[distances > 0], missing=0)
    if far.n < 2:
        return 0
    spread = float(far.quantiles(0.5)) * 1.4826
    # A heavy tail has wide gaps too, among its last few values; but there values grow step by step.
    gaps = np.flatnonzero(
        (np.diff(far.values) > width)
        & (far.values[1:] > SPREADS * spread)
        & (far.values[1:] > 3 * far.values[:-1])
    )
    if not gaps.size:
        return 0
    apart = int(far.counts[gaps[0] + 1 :].sum())
    return apart if apart <= 0.01 * int(counts.sum()) + 1 else 0
