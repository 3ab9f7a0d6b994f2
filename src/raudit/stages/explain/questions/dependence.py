"""How a feature's value and its effect go together, by group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raudit.pictures import Dots, Estimate, Points, Scatter, Trace
from raudit.record import Figure
from raudit.sentences import joined, say, term
from raudit.stages.explain.amounts import of_unit, signed
from raudit.stages.explain.survey.estimates import weighted_mean
from raudit.stages.explain.survey.groups import Group, Membership
from raudit.stages.explain.survey.sampling import Sample
from raudit.stages.explain.survey.setting import Setting

if TYPE_CHECKING:
    import pandas as pd

MOST_FEATURES = 4
MOST_GROUPS = 3
POINTS = 120
"""Points a group."""
BINS = 8
FEWEST = 10
"""Rows behind a mean that is drawn."""
MOST_LEVELS = 8
CELLS = 60
"""Quantile ranges among which points are moved."""


def dependence_figures(setting: Setting, sample: Sample) -> list[Figure]:
    """Draw the most important features against their effect, by the groups of the first sensitive feature."""
    figures = []
    one = setting.members[0] if setting.members else None
    for i in sample.order[:MOST_FEATURES]:
        if not sample.moves(i) or str(setting.features[i]) in setting.evidence.withheld:
            continue
        column = sample.frame[setting.features[i]]
        groups = _groups(sample, one)
        figure = (
            _points(setting, sample, i, groups)
            if _numeric(column)
            else _levels(setting, sample, i, groups)
        )
        figures += [figure] if figure else []
    return figures


def _numeric(column: pd.Series) -> bool:
    import pandas as pd

    number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return bool(number and column.nunique() > MOST_LEVELS)


def _groups(sample: Sample, one: Membership | None) -> list[Group]:
    import numpy as np

    found = [g for g in sample.sized if one is not None and g.attribute == one.attribute.column]
    found = sorted(found, key=lambda g: (-int(g.member.sum()), g.name))[:MOST_GROUPS]
    return found or [
        Group(
            attribute="",
            label="",
            name="everyone",
            member=np.ones(len(sample.positions), dtype=bool),
        )
    ]


def _points(setting: Setting, sample: Sample, i: int, groups: list[Group]) -> Figure | None:
    """Points and a line of means by quantile; far values stand at the edge, so that none is anybody's own."""
    import numpy as np

    x = sample.frame[setting.features[i]].to_numpy(dtype=float, na_value=np.nan)
    y = sample.found.values[:, i]
    there = np.isfinite(x)
    if there.sum() < 2 * FEWEST:
        return None
    low, high = np.quantile(x[there], [0.01, 0.99])
    if low == high:
        low, high = float(x[there].min()), float(x[there].max())
    edges = _edges(x[there])
    rng = np.random.default_rng([setting.evidence.seed, 6, i])
    series, said = [], []
    for group in groups:
        own = np.flatnonzero(group.member & there)
        if len(own) < FEWEST:
            continue
        chance = sample.weights[own] / sample.weights[own].sum()
        picked = np.sort(rng.choice(own, min(POINTS, len(own)), replace=False, p=chance))
        shaken = _among_others(x[there], x[picked], rng)
        shaken = np.clip(shaken, low, high)
        places = np.argsort(shaken, kind="stable")  # in no order of the rows
        line = _line(x[own], y[own], sample.weights[own], edges, (low, high))
        series.append(
            Points(
                label=group.name,
                x=[round(float(shaken[k]), 4) for k in places],
                y=[round(float(y[picked][k]), 4) for k in places],
                line=line,
            )
        )
        if line.y:
            said.append(
                say(
                    "{name} from {signed} to {signed_2}",
                    name=group.name,
                    signed=signed(line.y[0]),
                    signed_2=signed(line.y[-1]),
                )
            )
    if not series:
        return None
    name = setting.named(setting.features[i])
    return Figure.of(
        f"dependence-{setting.features[i]}",
        Scatter(
            series=series,
            x_label=name,
            y_label=say("effect ({unit})", unit=term(sample.unit)),
        ),
        title=say("Effect of {name} by its value", name=name),
        alt=say(
            "Effect of {name} on the output, from its low to its high values: {listed}.",
            name=name,
            listed=(
                joined("; ", said)
                or say("too few people of any group share a range of values for a mean")
            ),
        ),
        caption="One point a person, drawn at random and moved among the ten or more nearest; lines are means between "
        "quantiles.",
    )


def _among_others(values: Any, x: Any, rng: Any) -> Any:
    """Move each value anywhere among at least ``FEWEST`` rows around it, so that no point is anybody's own."""
    import numpy as np

    edges = np.quantile(values, np.linspace(0, 1, max(1, min(CELLS, len(values) // FEWEST)) + 1))
    place = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, len(edges) - 2)
    return rng.uniform(edges[place], edges[place + 1])


def _edges(x: Any) -> Any:
    """Quantiles; where one value is most of the column, that value alone and the quantiles of the rest."""
    import numpy as np

    edges = np.unique(np.quantile(x, np.linspace(0, 1, BINS + 1)))
    if len(edges) > BINS // 2:
        return edges
    levels, counts = np.unique(x, return_counts=True)
    rest = x[x != levels[counts.argmax()]]
    more = np.quantile(rest, np.linspace(0, 1, BINS // 2 + 1)) if len(rest) else edges
    return np.unique(np.concatenate([edges, more]))


def _line(x: Any, y: Any, weights: Any, edges: Any, ends: tuple[float, float]) -> Trace:
    import numpy as np

    place = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, max(len(edges) - 2, 0))
    middles: list[float] = []
    means: list[float] = []
    for bin_ in range(max(len(edges) - 1, 1)):
        rows = place == bin_
        if rows.sum() >= FEWEST:
            centre = float(np.average(np.clip(x[rows], *ends), weights=weights[rows]))
            middles.append(round(centre, 4))
            means.append(round(float(np.average(y[rows], weights=weights[rows])), 4))
    return Trace(x=middles, y=means)


def _levels(setting: Setting, sample: Sample, i: int, groups: list[Group]) -> Figure | None:
    """Mean effect of the most frequent levels, one dot a group."""
    import pandas as pd

    column = sample.frame[setting.features[i]]
    texts = column.astype(str).where(column.notna(), "missing").reset_index(drop=True)
    counts = texts.value_counts()
    frequent = [
        str(level) for level in counts.index if counts[level] >= FEWEST and len(str(level)) <= 60
    ]
    if len(counts) > 200:
        return None
    frequent = sorted(frequent, key=lambda level: (-int(counts[level]), level))[:MOST_LEVELS]
    effect = pd.Series(sample.found.values[:, i])
    frequent.sort(key=lambda level: (-float(effect[texts == level].mean()), level))
    rows: list[Estimate] = []
    for level in frequent:
        for group in groups:
            own = (texts == level).to_numpy() & group.member
            if own.sum() < FEWEST:
                continue
            found = weighted_mean(sample.found.values[own][:, [i]], sample.weights[own])
            value, half = float(found.mean[0]), float(found.half[0])
            rows.append(
                Estimate(
                    label=level,
                    series=group.name,
                    value=value,
                    low=value - half,
                    high=value + half,
                    n=found.n,
                )
            )
    if not rows:
        return None
    name = setting.named(setting.features[i])
    ends = [
        say("{row} {signed}", row=row.label, signed=signed(row.value or 0.0))
        for row in (rows[0], rows[-1])
    ]
    return Figure.of(
        f"dependence-{setting.features[i]}",
        Dots(
            rows=rows,
            x_label=say("mean effect ({unit})", unit=term(sample.unit)),
            reference=0.0,
        ),
        title=say("Effect of {name} by its value", name=name),
        alt=say(
            "Mean effect of {name} on the output by value and group, from {ends} to {ends_2}.",
            name=name,
            ends=ends[0],
            ends_2=of_unit(ends[1], sample.unit),
        ),
        caption=say(
            "The {count} most frequent values; lines are 95 % intervals; "
            "at least {FEWEST} rows a dot.",
            count=len(frequent),
            FEWEST=FEWEST,
        ),
    )
