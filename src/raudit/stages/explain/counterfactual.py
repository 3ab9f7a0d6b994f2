"""What would have to change for another decision: the smallest change of features that a person can act on.

Only values that occur in the data are tried, of features that the caller declares actionable and in the direction
declared; every answer is what the model itself decides on the changed row. It says how the model decides, not that the
change is possible for this person, nor that the outcome would follow.

References
----------
Wachter, Mittelstadt and Russell 2017, Counterfactual explanations without opening the black box; Ustun, Spangher and
Liu 2019, Actionable recourse in linear classification.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, Literal

from raudit.errors import UsageError
from raudit.findings import written
from raudit.sentences import joined, say
from raudit.stages.explain.api import listed, opened_model

if TYPE_CHECKING:
    import pandas as pd

    from raudit.model import Model

Direction = Literal["any", "up", "down"]
STEPS = 24
"""Values of each of several features that are tried: quantiles of the data beyond the row's own value, or frequent
levels."""
ALONE = 500
"""Values that are tried of a number that changes alone, or of one while the others stay as they were found."""
MOST_TRIED = 200_000
"""Changed rows that are predicted at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One way to another decision."""

    features: Mapping[str, tuple[Any, Any]]
    """By feature: the row's value, and the value that it would have to be."""
    cost: float
    """Sum over features of the share of people who lie between the two values; 1 for another category."""
    decision: str
    """What the model decides on the changed row."""

    def __str__(self) -> str:
        parts = [
            say("{name} {said} instead of {said_2}", name=name, said=_said(new), said_2=_said(old))
            for name, (old, new) in self.features.items()
        ]
        return say(
            "With {listed}, the decision would be “{decision}”.",
            listed=joined(" and ", parts),
            decision=self.decision,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What was found for one row."""

    decision: str
    """What the model decides on the row as it is."""
    ways: tuple[Change, ...]
    """The cheapest way for each set of features, cheapest first; none of them needs a feature that it can spare."""
    tried: int
    """Changed rows that the model was asked about."""
    actionable: tuple[str, ...]
    already: bool = False
    """Whether the decision is one of the wanted ones as it is, so that nothing was tried."""

    def __str__(self) -> str:
        if self.already:
            return say(
                "The decision is “{decision}” already, as it is wanted.", decision=self.decision
            )
        if self.ways:
            return say(
                "The decision is “{decision}”. {ways}", decision=self.decision, ways=self.ways[0]
            )
        return say(
            "The decision is “{decision}”. No change of {listed} to "
            "values in the data was found that alters it ({tried:,} "
            "tried).",
            decision=self.decision,
            listed=joined(", ", self.actionable),
            tried=self.tried,
        )


def what_would_change(
    model: object,
    data: pd.DataFrame,
    row: int,
    *,
    actionable: Mapping[str, Direction] | Iterable[str],
    wanted: Iterable[str],
    threshold: float | None = None,
    most: int = 2,
) -> Changes:
    """Find the smallest changes of actionable features after which the model decides as wanted.

    Parameters
    ----------
    model
        As ``explain`` takes it.
    data
        Rows of the data, with the model's features as columns; they say which values occur.
    row
        Place of the row in ``data``, from 0.
    actionable
        Features that a person can change, with the direction: ``any``, ``up`` or ``down``.
    wanted
        Decisions that are looked for, as text.
    threshold
        Probability of the wanted decisions from which they are given; by default the model's own ``predict``.
    most
        Most features changed at once, 1 to 3.

    Raises
    ------
    UsageError
        If the row, a feature or a decision is unknown.
    """
    opened = opened_model(model, data)
    asked = _directions(actionable)
    good = frozenset([wanted] if isinstance(wanted, str) else map(str, wanted))
    _check(opened, data, row, asked, good, most)
    own = data.iloc[[row]][list(opened.features)]
    decision = _decide(opened, own, good, threshold)[0]
    if decision in good:
        return Changes(decision=decision, ways=(), tried=0, actionable=tuple(asked), already=True)
    ways: list[Change] = []
    tried = 0
    for size in range(1, most + 1):
        for names in combinations(asked, size):
            if any(set(way.features) <= set(names) for way in ways):
                continue  # fewer features do it already
            steps = ALONE if size == 1 else STEPS
            found = [_options(data[name], own[name].iloc[0], asked[name], steps) for name in names]
            combos = list(product(*found))[: max(MOST_TRIED - tried, 0)]
            tried += len(combos)
            best = _cheapest(opened, own, names, combos, good, threshold)
            if best is not None and size > 1:
                best, more = _nearer(opened, data, own, best, asked, good, threshold)
                tried += more
            ways += [best] if best is not None else []
    ways.sort(key=lambda way: (len(way.features), way.cost, tuple(way.features)))
    return Changes(decision=decision, ways=tuple(ways), tried=tried, actionable=tuple(asked))


def _directions(actionable: Mapping[str, Direction] | Iterable[str]) -> dict[str, Direction]:
    """By feature where it may go; a single name is one feature and no list of letters."""
    if isinstance(actionable, Mapping):
        return dict(actionable)
    return dict.fromkeys([actionable] if isinstance(actionable, str) else actionable, "any")


def _undirected(data: pd.DataFrame, asked: Mapping[str, str]) -> list[str]:
    """Features with a direction whose values have no order."""
    import pandas as pd

    return [
        name
        for name, way in asked.items()
        if way != "any"
        and name in data
        and (
            not pd.api.types.is_numeric_dtype(data[name]) or pd.api.types.is_bool_dtype(data[name])
        )
    ]


def _cheapest(
    model: Model,
    own: pd.DataFrame,
    names: tuple[str, ...],
    combos: list[tuple[tuple[Any, float], ...]],
    good: frozenset[str],
    threshold: float | None,
) -> Change | None:
    import pandas as pd

    if not combos:
        return None
    rows = pd.concat([own] * len(combos), ignore_index=True)
    for place, name in enumerate(names):
        values = [combo[place][0] for combo in combos]
        rows[name] = pd.Series(values, index=rows.index).astype(own[name].dtype)
    decisions = _decide(model, rows, good, threshold)
    costs = [sum(cost for _value, cost in combo) for combo in combos]
    hits = [place for place, decision in enumerate(decisions) if decision in good]
    if not hits:
        return None
    best = min(hits, key=lambda place: costs[place])
    changed = {
        name: (own[name].iloc[0], combo[0]) for name, combo in zip(names, combos[best], strict=True)
    }
    return Change(features=changed, cost=costs[best], decision=decisions[best])


def _nearer(
    model: Model,
    data: pd.DataFrame,
    own: pd.DataFrame,
    best: Change,
    asked: Mapping[str, Direction],
    good: frozenset[str],
    threshold: float | None,
) -> tuple[Change, int]:
    """Bring one feature after the other nearer to the row's own value; also how many rows that asked about."""
    names = tuple(best.features)
    tried = 0
    for moved in names:
        kept = {
            name: (new, _apart(data[name], old, new)) for name, (old, new) in best.features.items()
        }
        combos = [
            tuple(option if name == moved else kept[name] for name in names)
            for option in _options(data[moved], own[moved].iloc[0], asked[moved], ALONE)
            if option[1] < kept[moved][1]
        ]
        tried += len(combos)
        found = _cheapest(model, own, names, combos, good, threshold)
        best = found if found is not None else best
    return best, tried


def _options(column: pd.Series[Any], value: Any, way: str, steps: int) -> list[tuple[Any, float]]:
    """Other values that occur, each with what it costs."""
    import numpy as np

    known = column.dropna()
    if not _is_amount(column):
        levels = [level for level in known.value_counts().index[:STEPS] if level != value]
        return [(level, 1.0) for level in levels]
    ordered = np.sort(known.to_numpy())
    beyond = {
        "up": ordered[ordered > value],
        "down": ordered[ordered < value],
        "any": ordered[ordered != value],
    }[way]
    if not len(beyond):
        return []
    distinct = np.unique(beyond)
    places = np.unique(np.linspace(0, len(beyond) - 1, steps).astype(int))
    chosen = distinct if distinct.size <= steps else np.unique(beyond[places])
    first, lasts = np.searchsorted(ordered, value), np.searchsorted(ordered, chosen)
    costs = np.abs(lasts.astype(int) - int(first)) / len(ordered)
    return list(zip(chosen.tolist(), costs.tolist(), strict=True))


def _is_amount(column: pd.Series[Any]) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _apart(column: pd.Series[Any], value: Any, other: Any) -> float:
    """Share of people who lie between two values; 1 between two categories."""
    import numpy as np

    if not _is_amount(column):
        return 1.0
    ordered = np.sort(column.dropna().to_numpy())
    first, last = np.searchsorted(ordered, [value, other])
    return abs(int(last) - int(first)) / len(ordered)


def _decide(
    model: Model, rows: pd.DataFrame, good: frozenset[str], threshold: float | None
) -> list[str]:
    import numpy as np

    if threshold is None:
        return [str(one) for one in model.predict(rows)]
    chances = model.predict_proba(rows)
    if chances is None:
        raise UsageError(
            "a threshold needs probabilities",
            reference="change-no-probability",
            hint="leave the threshold out",
        )
    classes = [str(label) for label in model.classes]
    places = [place for place, label in enumerate(classes) if label in good]
    other = next(label for label in classes if label not in good)
    given = np.asarray(chances)[:, places].sum(axis=1) >= threshold
    return [classes[places[0]] if one else other for one in given]


def _check(
    model: Model,
    data: pd.DataFrame,
    row: int,
    asked: Mapping[str, str],
    good: frozenset[str],
    most: int,
) -> None:
    known = [str(name) for name in model.features]
    classes = [str(label) for label in model.classes]
    faults = [
        (
            not 0 <= row < len(data),
            "the row is not in the data",
            str(row),
            say("0 to {count}", count=len(data) - 1),
        ),
        (not asked, "no feature is declared actionable", "", listed(known)),
        (
            not set(asked) <= set(known),
            "a feature is none of the model's",
            listed(set(asked) - set(known)),
            listed(known),
        ),
        (
            not set(asked.values()) <= {"any", "up", "down"},
            "a direction is unknown",
            listed(set(asked.values()) - {"any", "up", "down"}),
            "any, up or down",
        ),
        (
            bool(_undirected(data, asked)),
            "a direction is given for a feature that is no number",
            listed(_undirected(data, asked)),
            "any, for categories",
        ),
        (not classes, "the model decides nothing", "a regression", "a classifier"),
        (
            bool(classes) and not (good and good < set(classes)),
            "the wanted decisions are not some of the model's",
            listed(good),
            listed(classes),
        ),
        (not 1 <= most <= 3, "so many features cannot be changed at once", str(most), "1 to 3"),
    ]
    for wrong, message, got, expected in faults:
        if wrong:
            raise UsageError(message, reference="change-asked", got=got, expected=expected)


def _said(value: object) -> str:
    return (
        written(float(value))
        if isinstance(value, int | float) and not isinstance(value, bool)
        else str(value)
    )
