"""A column's values held against the categories that a model learnt, however each of them is written.

A truth value is ``True`` in Parquet, ``true`` in CSV and ``false`` in JSON; a whole number is ``3``, ``3.0`` or
``"3"``. A model that meets another writing than its own takes the value for one it never saw, and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

TRUTH = {"true": True, "false": False}
"""Texts of truth values, in lower case."""


def truth_of(value: object) -> bool | None:
    """The truth value that a cell holds as such or as text; None for anything else."""
    import numpy as np

    if isinstance(value, bool | np.bool_):
        return bool(value)
    return TRUTH.get(value.lower()) if isinstance(value, str) else None


def normal(value: object) -> str:
    """One text for all writings of a value: ``3`` for 3, 3.0, "3" and "3.0"; ``True`` for True and "true"."""
    import numpy as np

    truth = truth_of(value)
    if truth is not None:
        return str(truth)
    number = _number(value)
    if number is None:
        return str(value)
    if isinstance(value, int | np.integer):
        return str(int(value))
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def _number(value: object) -> float | None:
    import numpy as np

    if isinstance(value, np.floating) and not isinstance(value, float):
        return float(str(value))  # 0.1 kept in 32 bits is 0.1, not 0.10000000149
    if isinstance(value, int | float | np.integer):
        return float(value)
    if (
        not isinstance(value, str)
        or not value[-1:].isdigit()
        or value.strip() != value
        or "_" in value
    ):
        return None
    digits = value.lstrip("-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        return None  # 007 is a code and no number
    try:
        return float(value)
    except ValueError:
        return None


class Levels:
    """The categories of one column of a model, in the order of their codes.

    ``none_is_missing`` tells that the training wrote a missing value as None, which encoders tell from NaN.
    """

    def __init__(self, known: Sequence[Any], *, none_is_missing: bool = False) -> None:
        self.known = tuple(known)
        self.none_is_missing = none_is_missing
        self._exact = {
            value: code for code, value in enumerate(self.known) if isinstance(value, str)
        }
        self._normal: dict[str, int] = {}
        doubled = set()
        for code, value in enumerate(self.known):
            text = normal(value)
            if text in self._normal:
                doubled.add(text)
            self._normal.setdefault(text, code)
        for text in doubled:  # "1" and "1.0" are two categories: only the exact text tells which
            del self._normal[text]
        if self.known and all(isinstance(value, bool) for value in self.known):
            self._normal |= {str(int(value)): code for code, value in enumerate(self.known)}
        elif {normal(value) for value in self.known} <= {"0", "1"}:
            self._normal |= {str(value == "1"): code for value, code in list(self._normal.items())}

    def code(self, value: object) -> int:
        """Its code; -1 for a value that the model never saw."""
        if isinstance(value, str) and value in self._exact:
            return self._exact[value]
        return self._normal.get(normal(value), -1)

    def codes(self, column: pd.Series[Any]) -> np.ndarray:
        """Codes of a column, of shape (n_rows,); -1 for values that the model never saw and for missing ones."""
        import numpy as np
        import pandas as pd

        places, values = pd.factorize(column, use_na_sentinel=True)
        lookup = np.array([*(self.code(value) for value in values), -1], dtype=np.int64)
        found: np.ndarray = lookup[places]
        return found

    def unknown(self, column: pd.Series[Any]) -> np.ndarray:
        """Which values are there and in none of the categories, of shape (n_rows,)."""
        return (self.codes(column) < 0) & column.notna().to_numpy()

    def translated(self, column: pd.Series[Any]) -> pd.Series[Any]:
        """The column in the model's own writing; what it never saw stays as it is."""
        import numpy as np
        import pandas as pd

        codes = self.codes(column)
        inside = codes >= 0
        own = column.to_numpy(dtype=object)
        made = np.array([*self.known, None], dtype=object)[codes]
        made[~inside] = own[~inside]
        if self.none_is_missing and column.isna().any():
            made[column.isna().to_numpy()] = None
            return pd.Series(made, index=column.index, name=column.name, dtype=object)
        if all(
            type(a) is type(b) and a == b for a, b in zip(made[inside], own[inside], strict=True)
        ):
            return column
        texts = any(isinstance(value, str) for value in made)
        kind = object if texts or not inside.all() else None
        return pd.Series(made.tolist(), index=column.index, name=column.name, dtype=kind)


def truths_as_numbers(column: pd.Series[Any]) -> pd.Series[Any] | None:
    """A column of texts that are all truth values as 1 and 0, missing ones as NaN; None if it holds anything else."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype):
        return None
    found = column.map(truth_of, na_action="ignore")
    if column.isna().all() or found[column.notna()].isna().any():
        return None
    return found.astype(float)


def count_unknown(levels: Mapping[str, Levels], frame: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """For each column with known categories: how many values are in none of them, and how many there are."""
    return {
        name: (int(known.unknown(frame[name]).sum()), int(frame[name].notna().sum()))
        for name, known in levels.items()
    }
