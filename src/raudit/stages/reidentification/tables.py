"""The tables of an attack in one encoding: numbers as they are, everything else as codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from raudit.data import ColumnName, DataSet

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
CHUNK = 4_000_000
"""Distances that are held at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A table of numbers of shape (n_rows, n_columns); missing is NaN."""

    values: Floats
    columns: tuple[str, ...]
    numeric: frozenset[str]

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.values)

    def of(self, columns: Sequence[str]) -> Floats:
        """Some columns, of shape (n_rows, len(columns))."""
        return self.values[:, [self.columns.index(name) for name in columns]]

    def rows(self, places: NDArray[np.int64]) -> Encoded:
        """Some rows."""
        return Encoded(values=self.values[places], columns=self.columns, numeric=self.numeric)

    def unique(self) -> Encoded:
        """Each row once, in the order of first occurrence."""
        _, first = np.unique(self.values, axis=0, return_index=True)
        return self.rows(np.sort(first))


def encoded(tables: Sequence[DataSet], columns: Sequence[str]) -> list[Encoded]:
    """Encode several tables alike, so that equal values have equal codes."""
    frames = [table.frame([ColumnName(name) for name in columns]) for table in tables]
    return encoded_frames(frames, columns)


def encoded_frames(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> list[Encoded]:
    """Encode frames alike: a column that is a number in all of them stays one."""
    import pandas as pd

    parts: list[list[Floats]] = [[] for _ in frames]
    numeric = set()
    for name in columns:
        series = [frame[name] for frame in frames]
        if all(_is_number(one) for one in series):
            numeric.add(name)
            codes = [np.asarray(one.astype(float), dtype=float) for one in series]
        else:
            text = pd.concat([one.astype("string") for one in series], ignore_index=True)
            found, _ = pd.factorize(text, use_na_sentinel=True, sort=True)
            whole = np.where(found < 0, np.nan, found.astype(float))
            codes = list(np.split(whole, np.cumsum([len(one) for one in series])[:-1]))
        for part, code in zip(parts, codes, strict=True):
            part.append(code)
    names = tuple(columns)
    return [
        Encoded(values=np.column_stack(part), columns=names, numeric=frozenset(numeric))
        for part in parts
    ]


def _is_number(series: pd.Series) -> bool:
    import pandas as pd

    return bool(
        pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype)
    )


def nearest(queries: Encoded, candidates: Encoded, columns: Sequence[str]) -> NDArray[np.int64]:
    """The nearest candidate of each query in some columns; the first of equally near ones.

    Numbers differ by their distance over the range of both tables, other values by 0 or 1; a missing value is like
    another missing one and unlike any other.

    References
    ----------
    Gower (1971), A general coefficient of similarity and some of its properties.
    """
    ours, theirs = queries.of(columns), candidates.of(columns)
    scale = np.array([_range(name, queries, candidates) for name in columns])
    found = np.empty(len(ours), dtype=np.int64)
    step = max(1, CHUNK // max(len(theirs), 1))
    for start in range(0, len(ours), step):
        block = ours[start : start + step]
        distance = np.zeros((len(block), len(theirs)))
        for place, name in enumerate(columns):
            a, b = block[:, place][:, None], theirs[:, place][None, :]
            numeric = name in queries.numeric
            part = np.abs(a - b) / scale[place] if numeric else (a != b).astype(float)
            missing = np.isnan(a) | np.isnan(b)
            distance += np.where(missing, ~(np.isnan(a) & np.isnan(b)), part)
        found[start : start + step] = distance.argmin(axis=1)
    return found


def _range(name: str, one: Encoded, two: Encoded) -> float:
    both = np.concatenate([one.of([name]), two.of([name])])
    if name not in one.numeric or np.isnan(both).all():
        return 1.0
    return float(np.nanmax(both) - np.nanmin(both)) or 1.0


def shared_columns(tables: Sequence[DataSet]) -> list[str]:
    """Columns that all tables have, in the order of the first."""
    return [str(name) for name in tables[0].kinds if all(name in one.kinds for one in tables)]
