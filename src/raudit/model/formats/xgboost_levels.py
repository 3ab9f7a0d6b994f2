"""The categories in an XGBoost file, whose texts XGBoost 3 cuts by characters where it should cut by bytes.

It keeps all texts of a column in one UTF-8 buffer, with offsets that count characters. Beyond ASCII each text therefore
begins too early, and the end of the last ones is lost. The counts are right, so the texts are cut again here.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from raudit.model.formats.levels import Levels

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class CutLevels(Levels):
    """Texts as the file cuts them, or as they are when cut by characters: whichever the data knows."""

    def __init__(self, parts: list[bytes]) -> None:
        super().__init__([part.decode("utf-8", "replace") for part in parts])
        whole = b"".join(parts).decode("utf-8", "ignore")
        self.sizes = [len(part) for part in parts]
        ends = [0, *accumulate(self.sizes)]
        self.cut = [whole[start:end] for start, end in pairwise(ends)]

    def codes(self, column: pd.Series[Any]) -> np.ndarray:
        """See ``Levels``."""
        as_stored = super().codes(column)
        again = Levels(self._completed(column)).codes(column)
        return as_stored if (as_stored >= 0).sum() > (again >= 0).sum() else again

    def _completed(self, column: pd.Series[Any]) -> list[str]:
        """The texts cut by characters; one whose end is lost is the only value of the data that it can be."""
        values = [value for value in column.dropna().unique() if isinstance(value, str)]
        found = []
        for text, size in zip(self.cut, self.sizes, strict=True):
            meant = [value for value in values if len(value) == size and value.startswith(text)]
            lost = len(text) < size
            found.append(meant[0] if lost and text and len(meant) == 1 else text)
        return found


def levels_of_array(values: Any) -> Levels:
    """The categories of one column, as XGBoost exports them to Arrow."""
    import numpy as np
    import pyarrow as pa

    if not pa.types.is_string(values.type):
        return Levels(values.to_pylist())
    _valid, offsets, content = values.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    raw = content.to_pybytes() if content is not None else b""
    parts = [raw[start:end] for start, end in pairwise(ends.tolist())]
    if all(part.isascii() for part in parts):
        return Levels([part.decode("ascii") for part in parts])
    return CutLevels(parts)
