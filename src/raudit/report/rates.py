"""Rates by group, and of everyone together, from the counts that the fairness stage keeps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from raudit.record import Record, StageRecord

SHOWN = ("base_rate", "selection_rate", "true_positive_rate", "false_positive_rate")
"""Rates of the table of groups, in the order of its columns."""
OVERALL = (
    "accuracy",
    "precision",
    "true_positive_rate",
    "false_positive_rate",
    "selection_rate",
    "base_rate",
)
"""Rates that are printed for everyone together."""
UNKNOWN = "unknown"
"""Level of people whose group is not known; in the data it may be written otherwise, so case is not looked at."""
MOST_PAIRS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of people, with what it rests on."""

    events: int | None
    n: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRates:
    """The rates of one group."""

    name: str
    n: int
    rates: Mapping[str, Rate]
    ratio: float | None
    """Selection rate over that of the largest group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two groups held against each other in one rate."""

    first: str
    second: str
    metric: str
    first_rate: float
    second_rate: float
    first_n: int
    second_n: int
    difference: float
    low: float
    high: float
    z: float | None
    """Score statistic of the difference (pooled variance); None where both rates are 0 or 1."""
    why: str
    """``largest``: both are among the largest groups; ``extreme``: lowest and highest of the rates that limits see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """What a group and a rate must rest on to be held to a limit, as the stage ``fairness`` was told."""

    people: int = 1
    events: int = 1

    def bears(self, group: GroupRates, rate: Rate) -> bool:
        """Whether a limit is held against this rate of this group."""
        return group.n >= self.people and rate.n >= self.events


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One attribute, or one intersection of attributes."""

    by: str
    groups: tuple[GroupRates, ...]
    """Largest first; ``unknown`` last."""
    pairs: tuple[Pair, ...]
    level: float
    least: Least

    @property
    def told(self) -> tuple[str, ...]:
        """Which of the shown rates any group has."""
        return tuple(
            name
            for name in SHOWN
            if any(name in g.rates and g.rates[name].value is not None for g in self.groups)
        )


def comparisons(record: Record) -> tuple[Comparison, ...]:
    """Group what the stage ``fairness`` estimated, single attributes first.

    Returns
    -------
    tuple of Comparison
        Empty where no selection rates were counted, as in a regression.
    """
    stage = record.stage("fairness")
    found: dict[tuple[str, ...], dict[tuple[str, ...], dict[str, Rate]]] = {}
    level, least = 0.95, _least(stage)
    for one in _estimates(stage):
        by, group = tuple(map(str, one["by"])), tuple(map(str, one["group"]))
        found.setdefault(by, {}).setdefault(group, {})[str(one["metric"])] = _rate(one)
        level = one.get("level") or level
    return tuple(
        _comparison(" \u00d7 ".join(by), groups, level, least)
        for by, groups in sorted(found.items(), key=lambda item: len(item[0]))
        if any("selection_rate" in rates for rates in groups.values())
    )


def overall(compared: Sequence[Comparison]) -> Mapping[str, Rate]:
    """Add up the groups of the attribute that knows the most people.

    Returns
    -------
    mapping of str to Rate
        By metric, with Wilson intervals; empty where nothing was counted.
    """
    from raudit.stats import wilson

    if not compared:
        return {}
    best = max(compared, key=lambda c: sum(g.n for g in c.groups if g.rates))
    rates = {}
    for metric in OVERALL:
        parts = [g.rates[metric] for g in best.groups if metric in g.rates]
        if not parts or any(part.events is None for part in parts):
            continue
        events, n = sum(part.events or 0 for part in parts), sum(part.n for part in parts)
        if n:
            bounds = wilson([events], [n], level=best.level)
            rates[metric] = Rate(
                events=events,
                n=n,
                value=events / n,
                low=float(bounds.low[0]),
                high=float(bounds.high[0]),
            )
    return rates


def group_places(compared: Sequence[Comparison]) -> Mapping[str, int]:
    """Give each group its place, the largest first, so that its colour and shape are the same everywhere."""
    places: dict[str, int] = {}
    for comparison in compared:
        for place, group in enumerate(comparison.groups):
            places.setdefault(group.name, place)
    return places


def _least(stage: StageRecord | None) -> Least:
    options = stage.options if stage else {}
    people, events = options.get("min_group"), options.get("min_events")
    return Least(
        people=people if isinstance(people, int) else 1,
        events=events if isinstance(events, int) else 1,
    )


def _estimates(stage: StageRecord | None) -> Iterable[Mapping[str, Any]]:
    found = stage.artefacts.get("estimates") if stage else None
    return found if isinstance(found, list | tuple) else ()


def _rate(one: Mapping[str, Any]) -> Rate:
    low, high = one.get("interval") or (None, None)
    return Rate(
        events=one.get("events"),
        n=int(one.get("n") or 0),
        value=one.get("value"),
        low=low,
        high=high,
    )


def _comparison(
    by: str, groups: Mapping[tuple[str, ...], Mapping[str, Rate]], level: float, least: Least
) -> Comparison:
    sizes = {name: max((r.n for r in rates.values()), default=0) for name, rates in groups.items()}
    order = sorted(groups, key=lambda name: (_unknown(name), -sizes[name], name))
    known = [name for name in order if not _unknown(name)]
    reference = _value(groups[known[0]]) if known else None
    views = tuple(
        GroupRates(
            name=", ".join(name),
            n=sizes[name],
            rates=groups[name],
            ratio=_ratio(_value(groups[name]), reference),
        )
        for name in order
    )
    pairs = _pairs(views[: len(known)], level, least)
    return Comparison(by=by, groups=views, pairs=pairs, level=level, least=least)


def _unknown(name: Sequence[str]) -> bool:
    return any(part.casefold() == UNKNOWN for part in name)


def _value(rates: Mapping[str, Rate]) -> float | None:
    rate = rates.get("selection_rate")
    return rate.value if rate else None


def _ratio(value: float | None, reference: float | None) -> float | None:
    return value / reference if value is not None and reference else None


def _pairs(known: Sequence[GroupRates], level: float, least: Least) -> tuple[Pair, ...]:
    """The largest group against the next largest, then the extremes, for each rate that harms by differing.

    Extremes are sought where limits are: among groups of the least size, in rates that rest on enough people. A group
    of five would be farthest apart by chance.
    """
    found: list[Pair] = []
    for metric in ("selection_rate", "true_positive_rate", "false_positive_rate"):
        told = [g for g in known if metric in g.rates and g.rates[metric].value is not None]
        if len(told) < 2:
            continue
        chosen = [(told[0], other, "largest") for other in told[1:MOST_PAIRS]]
        borne = [g for g in told if least.bears(g, g.rates[metric])]
        ordered = sorted(borne, key=lambda g: (g.rates[metric].value or 0.0, g.name))
        if len(ordered) > 1 and not any(
            {a.name, b.name} == {ordered[-1].name, ordered[0].name} for a, b, _ in chosen
        ):
            chosen.append((ordered[-1], ordered[0], "extreme"))
        found += [_pair(a, b, metric, why, level) for a, b, why in chosen]
    return tuple(found)


def _pair(a: GroupRates, b: GroupRates, metric: str, why: str, level: float) -> Pair:
    from raudit.stats import newcombe

    first, second = a.rates[metric], b.rates[metric]
    x, y = first.events or 0, second.events or 0
    bounds = newcombe([x], [first.n], [y], [second.n], level=level)
    pooled = (x + y) / (first.n + second.n)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / first.n + 1 / second.n))
    difference = x / first.n - y / second.n
    return Pair(
        first=a.name,
        second=b.name,
        metric=metric,
        first_rate=x / first.n,
        second_rate=y / second.n,
        first_n=first.n,
        second_n=second.n,
        difference=difference,
        low=float(bounds.low[0]),
        high=float(bounds.high[0]),
        z=difference / spread if spread else None,
        why=why,
    )
