"""What a picture shows, as one closed set of kinds: stages make them, records hold them, the report draws them.

A record holds a picture as JSON beside the name of its kind, without what is at its default (``as_json``);
``read_picture`` reads that back. Whoever draws matches over ``Picture``, so that a kind that nobody draws does not pass
the type checker.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A row of dots or bars: a value, its interval, and on how many it rests."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int | float | None = None
    series: str = ""
    """What tells rows of one label apart, such as a group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """Estimates with their intervals, one row a label."""

    rows: Sequence[Estimate]
    x_label: str
    reference: float | None = None
    """A line that the values are held against."""
    band: tuple[float | None, float | None] | None = None
    """The accepted range."""
    percent: bool = False
    """Values are proportions and are written as percentages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Amounts from zero, with intervals if there are any."""

    rows: Sequence[Estimate]
    x_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through points, with a band; None where there is no value."""

    label: str
    x: Sequence[float | None]
    y: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place on the horizontal axis that has a name."""

    x: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines with bands, such as calibration, threshold sweeps and series."""

    series: Sequence[Line]
    x_label: str
    y_label: str
    diagonal: bool = False
    marks: Sequence[Mark] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one feature adds to a total."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """Steps that add up to a total."""

    steps: Sequence[Step]
    total: float
    x_label: str
    start_label: str = ""
    end_label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A row of a swarm: effects of one feature, and how high its values are, 0 to 1 (None of a category)."""

    label: str
    x: Sequence[float | None]
    color: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swarm:
    """A row of points a feature."""

    features: Sequence[Feature]
    x_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A line through a cloud of points."""

    x: Sequence[float] = ()
    y: Sequence[float] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """A cloud of points, such as those of one group."""

    label: str
    x: Sequence[float | None]
    y: Sequence[float | None]
    line: Trace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """Clouds of points over two quantities, or over names of one."""

    series: Sequence[Points]
    x_label: str
    y_label: str
    x_categories: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """A cell of a matrix; ``level`` is 0 to 4, and darker the higher it is."""

    text: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A grid of labelled cells, such as likelihood by impact."""

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[Square]]


Picture = Dots | Bars | Lines | Waterfall | Swarm | Scatter | Matrix
"""All there is to draw."""

KINDS: Mapping[str, type[Picture]] = {
    "dots": Dots,
    "bars": Bars,
    "lines": Lines,
    "waterfall": Waterfall,
    "swarm": Swarm,
    "scatter": Scatter,
    "matrix": Matrix,
}
"""Pictures by the name of their kind in a record."""


def kind_of(picture: Picture) -> str:
    """The name of a picture's kind."""
    return next(name for name, kind in KINDS.items() if type(picture) is kind)


def as_json(picture: Picture) -> dict[str, Any]:
    """A picture as a record holds it; sentences stay the messages that they are."""
    return _object(picture)


def read_picture(kind: str, data: Mapping[str, Any]) -> Picture | None:
    """Read what a record holds.

    Returns
    -------
    Picture or None
        None for a kind that is not known here, or data that do not have the shape of their kind: such a record may be
        of a newer version, and a report must still be made.
    """
    if kind not in KINDS:
        return None
    import pydantic

    try:
        found: Picture = _reader(kind).validate_python(data)
    except pydantic.ValidationError:
        return None
    if isinstance(found, Matrix) and len(found.cells) < len(found.rows):
        return None
    return found


@cache
def _reader(kind: str) -> Any:
    import pydantic

    return pydantic.TypeAdapter(KINDS[kind])


def _object(value: Any) -> dict[str, Any]:
    return {
        field.name: _json(getattr(value, field.name))
        for field in dataclasses.fields(value)
        if field.default is dataclasses.MISSING or getattr(value, field.name) != field.default
    }


def _json(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return _object(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_json(item) for item in value]
    return value
