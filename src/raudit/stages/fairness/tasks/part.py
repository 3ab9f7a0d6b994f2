"""What one measurement of the stage adds to its result."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.data.cells import CellTable
from raudit.findings import Finding, Interval, Measurement, Status
from raudit.record import Figure, Table
from raudit.sentences import joined, say
from raudit.stages.fairness.measures.disparity import Disparity
from raudit.stages.fairness.measures.metrics import Estimates, Groups
from raudit.stages.fairness.options import FairnessOptions, Limit
from raudit.stages.fairness.words.sentences import Speech
from raudit.stats import Gap

_WHERE = {
    Status.PASSED: say("keeps to"),
    Status.FAILED: say("breaks"),
    Status.INDETERMINATE: say("reaches both sides of"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every measurement needs."""

    options: FairnessOptions
    speech: Speech
    cuts: tuple[tuple[str, ...], ...]
    """Attributes and their intersections."""
    controls: tuple[str, ...]
    seed: int
    level: float
    """Coverage of each finding's interval."""

    def rng(self, *name: str) -> np.random.Generator:
        """A generator for one measurement, which no other measurement disturbs."""
        return np.random.default_rng([self.seed, *"|".join(name).encode()])


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Findings, tables and the rest."""

    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()
    estimates: tuple[Mapping[str, Any], ...] = ()
    """Every number with n, events, interval and method, for the record."""
    metrics: tuple[str, ...] = ()
    """Names of what was measured."""
    facts: Mapping[str, Any] = field(default_factory=dict)


def join(parts: Iterable[Part]) -> Part:
    """Put parts one after the other."""
    every = list(parts)
    return Part(
        findings=tuple(item for part in every for item in part.findings),
        tables=tuple(item for part in every for item in part.tables),
        figures=tuple(item for part in every for item in part.figures),
        notes=tuple(dict.fromkeys(item for part in every for item in part.notes)),
        estimates=tuple(item for part in every for item in part.estimates),
        metrics=tuple(dict.fromkeys(item for part in every for item in part.metrics)),
        facts={key: value for part in every for key, value in part.facts.items()},
    )


def by_name(by: tuple[str, ...]) -> str:
    """An attribute's name, or ``race × sex``."""
    return joined(" × ", by)


def slug(*parts: str) -> str:
    """An id made of names."""
    text = "-".join(parts).lower().replace("×", "x")
    return "-".join("".join(c if c.isalnum() else " " for c in text).split()) or "all"


def number(value: float | np.floating[Any] | None) -> float | None:
    """A float for JSON; None for NaN and infinities."""
    return None if value is None or not np.isfinite(value) else float(value)


def named_pair(
    a: tuple[str, ...], b: tuple[str, ...], rate_a: float, rate_b: float
) -> dict[str, Any]:
    """Two groups in the order of their names with the signed gap, so that a gap that turns round changes its sign."""
    (first, one), (second, other) = sorted([(a, rate_a), (b, rate_b)])
    return {
        "first": list(first),
        "second": list(second),
        "rates": [number(one), number(other)],
        "first_less_second": number(one - other),
    }


def deciding_group(
    inside: NDArray[np.bool_], outside: NDArray[np.bool_], size: NDArray[np.float64]
) -> tuple[Status, int]:
    """Judge all groups together and pick the one to print: the worst of those that decide.

    The group with the worst estimate need not be one of them: its interval may be wide where that of a larger group
    already breaks the limit, and the sentence is about the interval that is printed.

    Parameters
    ----------
    inside, outside
        Whether each group's whole interval keeps to the limit, or breaks it; shape (n_groups,).
    size
        The estimate, smallest where it is worst; infinite where it is not known, which decides nothing.
    """
    known = np.isfinite(size)

    def worst_of(chosen: NDArray[np.bool_]) -> int:
        return int(np.argmin(np.where(chosen, size, np.inf)))

    if (broken := known & outside).any():
        return Status.FAILED, worst_of(broken)
    if (unsettled := known & ~inside).any():
        return Status.INDETERMINATE, worst_of(unsettled)
    return Status.PASSED, worst_of(known)


def unmeasured(
    table: CellTable, by: tuple[str, ...], measured: Collection[tuple[str, ...]], least: int
) -> int:
    """Count the groups of at least ``least`` people that are not among the measured ones.

    A table of the people whose outcome is known lacks a group of whom none is; a verdict on the others is not on it.
    """
    if not by:
        return 0
    kept = table.marginal(by)
    groups = (
        tuple(kept.levels[axis][int(code)] for axis, code in enumerate(row)) for row in kept.keys
    )
    return sum(n >= least and name not in measured for name, n in zip(groups, kept.n, strict=True))


def judge_ratio(gap: Gap, limit: float) -> Status:
    """Hold the interval of a smallest ratio against the smallest accepted one."""
    if gap.low >= limit:
        return Status.PASSED
    return Status.FAILED if gap.high < limit else Status.INDETERMINATE


def ratio_reason(gap: Gap, limit: Limit, status: Status, level: float) -> str:
    """Where the interval of a smallest ratio lies to its limit."""
    return say(
        "The {level:.3g} % interval {low:.2f} to {high:.2f} {where} the limit of {limit:.2f} ({source}).",
        level=level * 100,
        low=gap.low,
        high=gap.high,
        where=_WHERE[status],
        limit=limit.value,
        source=limit.source,
    )


def measured(found: Disparity) -> Measurement:
    """A disparity as a measurement."""
    interval = None
    if found.low is not None and found.high is not None:
        interval = Interval(
            low=number(found.low), high=number(found.high), level=found.level, method=found.method
        )
    return Measurement(
        metric=found.name,
        value=number(found.value),
        n=sum(found.n),
        interval=interval,
        method=f"{'smallest ratio' if found.ratio else 'largest difference'} over {found.compared:,} groups",
        undefined_because=found.undefined_because,
    )


def estimate_rows(
    groups: Groups, found: Estimates, level: float, suppress_below: int
) -> list[dict[str, Any]]:
    """One JSON object per group; groups under the suppression limit keep their name and nothing else."""
    rows: list[dict[str, Any]] = []
    for i, names in enumerate(groups.names):
        row: dict[str, Any] = {"by": list(groups.by), "group": list(names), "metric": found.metric}
        if groups.n[i] < suppress_below:
            rows.append(
                row
                | {
                    "suppressed": say(
                        "fewer than {suppress_below} rows", suppress_below=suppress_below
                    )
                }
            )
            continue
        value = number(found.value[i])
        row |= {"value": value, "n": int(found.n[i]), "method": found.method}
        if found.events is not None:
            row["events"] = int(found.events[i])
        if groups.weighted:
            row["effective_n"] = number(found.effective[i])
        if value is None:
            row["undefined_because"] = found.undefined
        else:
            row["interval"] = [number(found.bounds.low[i]), number(found.bounds.high[i])]
            row["level"] = level
        rows.append(row)
    return rows
