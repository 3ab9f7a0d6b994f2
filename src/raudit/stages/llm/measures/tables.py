"""Shares of labels, numbers by group, and the tables of this stage's section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raudit.findings import Finding, Status, Subject, written
from raudit.record import Column, ColumnKind, Table
from raudit.sentences import joined, say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Floats, Frame, mean_error
from raudit.stages.llm.options import LlmOptions
from raudit.stages.llm.say import against, between, finding, percent, share
from raudit.stats import Bounds, largest_difference, range_quantile, wilson

MOST_LEVELS = 200


def shares(frame: Frame, label: str, by: str, level: float) -> list[dict[str, Any]]:
    """Share of each value of a label among the answered turns of each level of another column (and of each model)."""
    import pandas as pd

    names = {
        "level": frame.texts(by)
        if by
        else pd.Series("all", index=range(frame.turns.table.num_rows))
    }
    if frame.has("model"):
        names["model"] = frame.texts("model")
    table = pd.DataFrame({**names, "value": frame.texts(label)})[frame.answered()].dropna()
    keys = [name for name in ("model", "level") if name in table]
    counts = table.groupby([*keys, "value"], observed=True).size()
    totals = table.groupby(keys, observed=True).size()
    rows = []
    for key, n in totals.items():
        place = key if isinstance(key, tuple) else (key,)
        for value in sorted(table["value"].unique())[:MOST_LEVELS]:
            events = int(counts.get((*place, value), 0))
            low, high = wilson(events, n, level=level)
            rows.append(
                {
                    "label": label,
                    "by": by or "all",
                    **dict(zip(keys, map(str, place), strict=True)),
                    "value": str(value),
                    "events": events,
                    "n": int(n),
                    "share": events / int(n),
                    "interval": [float(low), float(high)],
                }
            )
    return rows


def numbers(
    frame: Frame, name: str, limit: float, options: LlmOptions, *, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]]]:
    """Means of a number by group, and the largest difference as a share of the overall mean."""
    values, clusters = frame.numbers(name), frame.clusters(options.cluster)
    overall = float(np.nanmean(values)) if (~np.isnan(values)).any() else float("nan")
    findings: list[Finding] = []
    rows: list[dict[str, Any]] = []
    groupings = frame.groups(options.groups)
    if not groupings:
        findings.append(_not_compared(name, "", {}, options, anchor))
    for grouping, groups in groupings.items():
        levels = sorted({v for v in groups[~np.isnan(values)] if isinstance(v, str)})
        inside = {level: np.asarray(groups == level) & ~np.isnan(values) for level in levels}
        rows += [_number_row(name, grouping, level, values[mask]) for level, mask in inside.items()]
        large = {
            level: _Mean.of(values[mask], clusters[mask])
            for level, mask in inside.items()
            if mask.sum() >= options.min_group
        }
        if len(large) < 2 or not overall > 0:
            findings.append(_not_compared(name, grouping, large, options, anchor))
            continue
        answered = frame.answered() & np.array(groups.notna())
        compared = _Numbers(
            name=name,
            grouping=grouping,
            large=large,
            small=tuple(level for level in levels if level not in large),
            lacking={
                level: int((answered & np.asarray(groups == level) & np.isnan(values)).sum())
                for level in sorted(set(groups[answered]))
            },
            overall=overall,
            spread=float(np.ptp(values[~np.isnan(values)])),
        )
        findings.append(_number_gap(compared, limit, options, anchor))
    return findings, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbers:
    """Means of a number by group of one kind."""

    name: str
    grouping: str
    large: Mapping[str, _Mean]
    """Groups with enough values."""
    small: tuple[str, ...]
    """Groups without."""
    lacking: Mapping[str, int]
    """Answered turns without a value, by group."""
    overall: float
    spread: float
    """From the smallest value to the largest: how far off a turn may be that has none."""

    @property
    def lack(self) -> int:
        """Answered turns of any group without a value."""
        return sum(self.lacking.values())

    @property
    def beyond(self) -> float:
        """How much further apart two groups may be for the values they lack, as a share of the overall mean."""
        shares = sorted(
            self.lacking[level] / (part.n + self.lacking[level])
            for level, part in self.large.items()
        )
        return sum(shares[-2:]) * self.spread / self.overall


class _Mean(NamedTuple):
    """Mean of a number in one group."""

    n: int
    value: float
    error: float
    """Standard error over clusters."""

    @classmethod
    def of(cls, values: Floats, clusters: NDArray[np.int64]) -> _Mean:
        return cls(values.size, float(values.mean()), mean_error(values, clusters))


def _number_row(name: str, grouping: str, level: str, part: Floats) -> dict[str, Any]:
    return {
        "number": name,
        "grouping": grouping,
        "group": level,
        "n": part.size,
        "mean": float(part.mean()),
        "median": float(np.median(part)),
        "p95": float(np.quantile(part, 0.95)),
    }


def _not_compared(
    name: str, grouping: str, large: Mapping[str, _Mean], options: LlmOptions, anchor: str
) -> Finding:
    few = say(
        "fewer than two groups have {min_group:,} turns with a value", min_group=options.min_group
    )
    if not grouping:
        few = say("no turn records a group; data.turns.fields says where in a row group.NAME is")
    return finding(
        rules.NUMBER,
        Subject(kind="attribute", name=grouping or "groups", detail={"metric": name}),
        Status.INDETERMINATE,
        say("“{name}” was not compared between groups of {grouping}.", name=name, grouping=grouping)
        if grouping
        else say("“{name}” was not compared between groups.", name=name),
        reason=few
        if len(large) < 2
        else say("its mean is not above zero, so there is no share of it"),
        anchor=anchor,
    )


def _number_gap(compared: _Numbers, limit: float, options: LlmOptions, anchor: str) -> Finding:
    name, grouping = compared.name, compared.grouping
    large, overall = compared.large, compared.overall
    z = range_quantile(len(large), options.level)
    means = np.array([part.value for part in large.values()]) / overall
    half = z * np.array([part.error for part in large.values()]) / overall
    gap = largest_difference(means, Bounds(means - half, means + half))
    status, reason = against(gap.low, gap.high, most=limit)
    if status is Status.PASSED:
        status, reason = _unseen(compared, gap.high, limit)
    names = list(large)
    n = sum(large[names[place]].n for place in (gap.highest, gap.lowest))
    return finding(
        rules.NUMBER,
        Subject(kind="attribute", name=grouping, detail={"metric": name}),
        status,
        say(
            "The mean {name} of {names} is higher than that of {names_2} "
            "by {percent} of the overall mean of {overall} ({between}), on {n:,} turns.",
            name=name,
            names=names[gap.highest],
            names_2=names[gap.lowest],
            percent=percent(gap.value),
            overall=written(overall, digits=4),
            between=between(gap.low, gap.high, options.level),
            n=n,
        )
        + (
            say(" {lack:,} more answered turns have no value.", lack=compared.lack)
            if compared.lack
            else ""
        ),
        reason=reason,
        high=limit,
        anchor=anchor,
        measurement=share(
            "relative_difference",
            gap.value,
            n,
            gap.low,
            gap.high,
            "normal, simultaneous",
            level=options.level,
        ),
    )


def _unseen(compared: _Numbers, high: float, limit: float) -> tuple[Status, str]:
    """Neither groups that are too small to be compared nor turns without a value let a number pass."""
    few = [*compared.small, *(v for v in compared.lacking if v not in compared.large)]
    if few:
        return Status.INDETERMINATE, say(
            "too few turns with a value in: {listed}", listed=joined(", ", sorted(set(few))[:5])
        )
    if high + compared.beyond > limit:
        return Status.INDETERMINATE, say(
            "the {lack:,} turns without a value could carry it over the limit", lack=compared.lack
        )
    return Status.PASSED, ""


def table(
    name: str,
    title: str,
    columns: Sequence[tuple[str, str, ColumnKind | Literal[""]]],
    rows: Sequence[dict[str, Any]],
    caption: str = "",
) -> list[Table]:
    """A table, or none without rows."""
    if not rows:
        return []
    shown = tuple(
        Column(key=key, label=label, kind=kind) if kind else Column(key=key, label=label)
        for key, label, kind in columns
    )
    return [Table(id=name, title=title, columns=shown, rows=tuple(rows), caption=caption)]
