"""Numbers that may stand for a missing value, where a model file does not keep what its training took for one.

XGBoost's estimators take ``missing=-999`` and save nothing of it. Such a number is taken for a value here, and decides.
What can be told: whether it stands apart in the data, whether any tree splits beyond the other values, as one does that
learnt it as a value, and what the model predicts if the value is missing instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raudit.data import ColumnName, DataSet, Kind
from raudit.model.formats.boosters import Booster
from raudit.stats.apart import numbers_apart
from raudit.stats.tally import tally

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

TRIED = 2000
"""Rows that hold such a number and are predicted once more."""
MOVED = 1e-6
"""Predictions that differ by less are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinel:
    """A number that may stand for a missing value in one column."""

    column: str
    number: float
    rows: int
    """Rows that hold it."""
    tried: int
    """How many of them were predicted once more, with a missing value in its place."""
    moved: int
    """How many of those then get another prediction."""


def sentinels(model: Booster, data: DataSet) -> tuple[Sentinel, ...]:
    """Numbers of which a file leaves open whether they are values, and which decide; none for most libraries."""
    if model.splits is None:
        return ()
    open_ = [
        found
        for name in model.features
        if data.kinds[name] in {Kind.INTEGER, Kind.NUMBER}
        for found in _apart(data, name)
    ]
    if not open_:
        return ()
    splits = model.splits()
    return tuple(
        found
        for name, number, rows, nearest in open_
        if not _learnt(splits.get(str(name), ()), number, nearest)
        and (found := _tried(model, data, name, number, rows)).moved
    )


def _apart(data: DataSet, name: ColumnName) -> list[tuple[ColumnName, float, int, float]]:
    """Each such number of a column with its rows and the nearest other value."""
    import numpy as np
    import pandas as pd

    column = pd.to_numeric(data.frame([name])[name], errors="coerce")
    counted = tally(column.to_numpy(dtype=float, na_value=np.nan))
    apart = dict(numbers_apart(counted.values, counted.counts))
    rest = counted.values[~np.isin(counted.values, list(apart))]
    return [
        (name, number, rows, float(rest[np.argmin(np.abs(rest - number))]))
        for number, rows in apart.items()
    ]


def _learnt(thresholds: Sequence[float], number: float, nearest: float) -> bool:
    """Whether a tree splits between a number and all other values: its training saw values on both sides."""
    low, high = sorted((number, nearest))
    return any(low < threshold <= high for threshold in thresholds)


def _tried(model: Booster, data: DataSet, name: ColumnName, number: float, rows: int) -> Sentinel:
    import numpy as np

    frame = _rows(model, data, name, number)
    gone = frame.assign(**{str(name): np.nan})
    own, other = (_predicted(model, part) for part in (frame, gone))
    off = np.abs(own - other).reshape(len(frame), -1).max(axis=1, initial=0.0)
    scale = max(1.0, float(np.abs(own).max(initial=0.0)))
    return Sentinel(
        column=str(name),
        number=number,
        rows=rows,
        tried=len(frame),
        moved=int((off > MOVED * scale).sum()),
    )


def _predicted(model: Booster, frame: pd.DataFrame) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(model.output(model.encode(frame[list(model.features)])), dtype=np.float64)


def _rows(model: Booster, data: DataSet, name: ColumnName, number: float) -> pd.DataFrame:
    """The first rows that hold the number."""
    import pandas as pd
    import pyarrow as pa

    parts: list[pd.DataFrame] = []
    left = TRIED
    for batch in data.batches(list(model.features)):
        frame = pa.Table.from_batches([batch]).to_pandas()
        holding = frame[pd.to_numeric(frame[name], errors="coerce") == number].iloc[:left]
        parts.append(holding)
        left -= len(holding)
        if not left:
            break
    return pd.concat(parts, ignore_index=True)
