"""Numbers that may stand for a missing value, where a model file does not keep what its training took for one.

XGBoost's estimators take ``missing=-999`` and save nothing of it. Such a number is taken for a value here, and decides.
What can be told: whether it stands apart in the data, whether any tree splits beyond the other values, as one does that
learnt it as a value, what the model predicts if the value is missing instead, and whether the audited rows then end in
the leaves more like the training rows did.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from raudit.data import ColumnName, DataSet, Kind
from raudit.findings import Finding, Measurement, Rule, Subject, written
from raudit.model.columns import number_column
from raudit.model.formats.boosters import Booster, Marks
from raudit.sentences import Sentence, say, term
from raudit.stats.apart import numbers_apart
from raudit.stats.tally import Tally, tally

if TYPE_CHECKING:
    import pandas as pd

TRIED = 2000
"""Rows that hold such a number and are predicted once more."""
LED = 4000
"""Rows of all kinds whose leaves are held against those of the training."""
ENOUGH = 1000
"""Rows of a column whose neighbouring values are taken for the training's."""
MOVED = 1e-6
"""Predictions that differ by less are equal."""
NEARER = 0.002
"""By how much shares in the leaves must be nearer to the training's, at least."""
CHANCE = 0.15
"""And by how much in parts of a share's standard error, since all but the rows that move are the same twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinel:
    """A number that may stand for a missing value."""

    columns: tuple[str, ...]
    """The columns that hold it."""
    number: float
    rows: int
    """Rows that hold it in one of them."""
    tried: int
    """How many of them were predicted once more, with a missing value in its place."""
    moved: int
    """How many of those then get another prediction."""
    leaves: tuple[float, float] | None
    """How far shares in the leaves are from the training's, as audited and otherwise; None where they tell nothing."""
    declared: bool
    """Whether the plan says what it is."""
    missing: bool
    """Whether it is audited as a missing value, since the plan says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The numbers of one column."""

    name: ColumnName
    counted: Tally
    thresholds: Sequence[float]
    """Where the trees split it."""

    @property
    def apart(self) -> dict[float, int]:
        """Numbers that stand apart from all others, each with its rows."""
        return dict(numbers_apart(self.counted.values, self.counted.counts))

    def learnt(self, number: float) -> bool:
        """Whether trees split between a number and its neighbours: the training saw it as one value among others.

        Where it was missing, values below and above it can be split from each other at one place between them; and of
        few rows the neighbours may not be the training's, unless no whole number lies between them.
        """
        values = self.counted.values
        place = int(values.searchsorted(number))
        gaps = [
            (float(values[one]), float(values[one + 1]))
            for one in (place - 1, place)
            if 0 <= one < values.size - 1
        ]
        whole = not (values % 1).any()
        known = self.counted.n >= ENOUGH or (whole and all(high - low == 1 for low, high in gaps))
        return known and bool(gaps) and all(self._split(*gap) for gap in gaps)

    def learnt_apart(self, number: float) -> bool:
        """Whether a tree splits between a number and all that stand not apart."""
        rest = [value for value in self.counted.values.tolist() if value not in self.apart]
        nearest = min(rest, key=lambda value: abs(value - number))
        return self._split(*sorted((number, nearest)))

    def _split(self, low: float, high: float) -> bool:
        return any(low < threshold <= high for threshold in self.thresholds)


def sentinels(model: Booster, data: DataSet) -> tuple[Sentinel, ...]:
    """Numbers of which a file leaves open whether they are values, and which decide; none for most libraries."""
    marks = model.marks
    if marks is None:
        return ()
    splits = marks.splits()
    columns = [
        Column(name=name, counted=_counted(data, name), thresholds=splits.get(str(name), ()))
        for name in model.features
        if data.kinds[name] in {Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN}
    ]
    leaves = _Leaves(model, marks, data)
    if marks.declared is not None:
        return _nearer(leaves, columns)
    apart = [
        _tried(leaves, (column,), number)
        for column in columns
        for number in column.apart
        if not column.learnt_apart(number) and leaves.gain(number) >= -leaves.enough
    ]
    found = tuple(one for one in apart if one.moved)
    return found or _nearer(leaves, columns)


def _counted(data: DataSet, name: ColumnName) -> Tally:
    return tally(number_column(data.frame([name])[name], data.name))


class _Leaves:
    """Where audited rows end, as they are audited and otherwise, held against the training's rows."""

    def __init__(self, model: Booster, marks: Marks, data: DataSet) -> None:
        self.model, self.marks, self.data = model, marks, data

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Rows from all parts of the data."""
        return _spread(self.model, self.data)

    @cached_property
    def own(self) -> tuple[float, float] | None:
        """The distance of what is audited, and the weight of the training's rows; None where the file keeps none."""
        return self.marks.distance(self.model.encode(self.rows))

    @property
    def enough(self) -> float:
        """What is more than chance between two distances."""
        trained = self.own[1] if self.own else 1.0
        return max(NEARER, CHANCE * math.sqrt(1 / len(self.rows) + 1 / max(trained, 1.0)))

    def gain(self, mark: float) -> float:
        """How much nearer rows end to the training's with a number as missing in place of what is audited."""
        found = self.marks.distance(self.marks.encode(self.rows, mark)) if self.own else None
        return self.own[0] - found[0] if self.own and found else 0.0


def _nearer(leaves: _Leaves, columns: Sequence[Column]) -> tuple[Sentinel, ...]:
    """Of 0, -1 and numbers that stand apart the one with which rows end most like the training's, if it decides.

    Of a number that the plan calls missing, that it is a value is one answer more.
    """
    declared = leaves.marks.declared
    marks = [
        number
        for number in sorted({0.0, -1.0}.union(*(column.apart for column in columns)))
        if number != declared and _is_open(number, columns)
    ]
    if isinstance(declared, float) and _holding(columns, declared):
        marks.append(math.nan)
    gains = [(leaves.gain(mark), mark) for mark in marks]
    gain, mark = max(gains, key=lambda one: one[0], default=(0.0, 0.0))
    if gain <= leaves.enough:
        return ()
    tried = _tried(leaves, columns, mark, gain)
    return (tried,) if tried.moved else ()


def _holding(columns: Sequence[Column], number: float) -> list[Column]:
    return [column for column in columns if number in column.counted.values]


def _is_open(number: float, columns: Sequence[Column]) -> bool:
    """Whether a number is in use, as 0 or at an end of a column, and no column's trees learnt it as a value."""
    holding = _holding(columns, number)
    if any(column.learnt(number) for column in holding):
        return False
    return any(
        number == 0 or number in (column.counted.values[0], column.counted.values[-1])
        for column in holding
        if column.counted.counts[column.counted.values.searchsorted(number)] > 1
    )


def _tried(
    leaves: _Leaves, columns: Sequence[Column], mark: float, gain: float | None = None
) -> Sentinel:
    """Predict the first rows that hold a number twice: as they are audited, and with ``mark`` for missing."""
    import numpy as np

    model, marks = leaves.model, leaves.marks
    is_value = math.isnan(mark)  # and the plan calls it missing
    number = float(marks.declared or 0) if is_value else mark
    holding = _holding(columns, number)
    held, frame = _rows_with(model, leaves.data, holding, number)
    own = np.asarray(model.output(model.encode(frame)), dtype=np.float64)
    other = np.asarray(model.output(marks.encode(frame, mark)), dtype=np.float64)
    off = np.abs(own - other).reshape(len(frame), -1).max(axis=1, initial=0.0)
    scale = max(1.0, float(np.abs(own).max(initial=0.0)))
    return Sentinel(
        columns=tuple(str(column.name) for column in holding),
        number=number,
        declared=marks.declared is not None,
        missing=is_value,
        rows=held,
        tried=len(frame),
        moved=int((off > MOVED * scale).sum()),
        leaves=(leaves.own[0], leaves.own[0] - gain) if leaves.own and gain else None,
    )


def _rows_with(
    model: Booster, data: DataSet, columns: Sequence[Column], number: float
) -> tuple[int, pd.DataFrame]:
    """How many rows hold a number in one of some columns, and the first of them."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    names = [column.name for column in columns]
    parts: list[pd.DataFrame] = []
    rows, left = 0, TRIED
    for batch in data.batches(list(model.features)):
        frame = pa.Table.from_batches([batch]).to_pandas()
        holds = np.logical_or.reduce(
            [number_column(frame[name], data.name) == number for name in names]
        )
        rows += int(holds.sum())
        parts.append(frame[holds].iloc[:left])
        left -= len(parts[-1])
    return rows, pd.concat(parts, ignore_index=True)[list(model.features)]


def _spread(model: Booster, data: DataSet) -> pd.DataFrame:
    """Rows at even distances over all of the data, which may be sorted."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    step = max(1, data.n_rows // LED)
    parts: list[pd.DataFrame] = []
    before = 0
    for batch in data.batches(list(model.features)):
        chosen = np.arange(-before % step, batch.num_rows, step)
        parts.append(pa.Table.from_batches([batch.take(pa.array(chosen))]).to_pandas())
        before += batch.num_rows
    return pd.concat(parts, ignore_index=True)[list(model.features)]


def finding_of(found: Sentinel, rule: Rule) -> Finding:
    """What is said of such a number: it cannot be told."""
    number = written(found.number)
    several = len(found.columns) > 1
    subject = Subject(
        kind="model" if several else "column",
        name="model" if several else found.columns[0],
        detail={"number": number},
    )
    return rule.indeterminate(
        subject,
        say(
            "Whether {number} in {name} is a value or stands for a missing one cannot be told; it is audited as "
            "{what}. {rows:,} rows hold it, and {moved:,} of the {tried:,} of them that were tried are predicted "
            "otherwise if it is {other}.",
            number=number,
            name=", ".join(found.columns),
            what=term("a missing one" if found.missing else "a value"),
            other=_otherwise(found),
            rows=found.rows,
            moved=found.moved,
            tried=found.tried,
        ),
        reason=_why_open(found),
        measurement=Measurement(
            metric="predicted_otherwise",
            value=found.moved / found.tried,
            n=found.tried,
            events=found.moved,
        ),
        anchor="model.missing",
        remedy="Ask how the model was trained: with missing=, or on a sparse matrix that left out its zeros? If so, "
        "write the number under model.missing; if it was a value, write model.missing: none.",
    )


def _otherwise(found: Sentinel) -> str:
    return term("a value" if found.missing else "missing")


def _why_open(found: Sentinel) -> Sentence | str:
    if found.leaves is None:
        return (
            "The file does not keep which number the training took for a missing value, and no tree splits this one "
            "off from all others, as after training on it."
        )
    told = say(
        "The file does not keep which number the training took for a missing value, but how many rows of the training "
        "ended in each leaf: {own:.1%} of the audited rows would have to end elsewhere for the same shares, and "
        "{share:.1%} if the number is {other}.",
        own=found.leaves[0],
        share=found.leaves[1],
        other=_otherwise(found),
    )
    return (
        told + say(" What the plan says under model.missing fits that less.")
        if found.declared
        else told
    )
