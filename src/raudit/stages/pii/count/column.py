"""What is gathered of one column while its table streams by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from raudit.stages.pii.count.as_text import (
    as_strings,
    bounded,
    cut_in_dictionary,
    empty_cells,
    pieces,
)
from raudit.stages.pii.count.sample import BottomK
from raudit.stages.pii.recognise.digits import in_digits, whole_numbers
from raudit.stages.pii.recognise.encoded import encoded_cells
from raudit.stages.pii.recognise.native import PatternCount, Search, count_patterns
from raudit.stages.pii.vocabulary.names_of_columns import Hint

if TYPE_CHECKING:
    import pyarrow as pa

TOKEN = r"^⟦[A-Z_]+:[0-9a-f]{16}⟧$"  # noqa: S105 -- the shape of a token, not one
"""Shape of the tokens that ``redact`` puts in place of values."""


@dataclass(slots=True)
class ColumnScan:
    """What is gathered of one column while the table streams by."""

    name: str
    kind: str
    hints: Mapping[str, Hint]
    searches: Mapping[str, Search]
    sample: BottomK
    n_rows: int = 0
    n_empty: int = 0
    cut: int = 0
    encoded: int = 0
    """Cells that hold text in base64."""
    fractional: bool = False
    """Whether a column of numbers holds a fraction; it is not read then."""
    counts: dict[str, PatternCount] = field(default_factory=dict)

    def add(self, column: pa.Array) -> None:
        """Take the next cells of the column."""
        for piece in pieces(column):
            self._add(piece)

    def _add(self, column: pa.Array) -> None:
        self.n_rows += len(column)
        text = self.as_text(column)
        if text is None:
            self.n_empty += empty_cells(column)
            return
        self.n_empty += text.null_count
        self.sample.add(text)
        if self.kind in {"text", "other"}:
            self.encoded += encoded_cells(text)
        if self.searches:
            count_patterns(
                text.drop_null() if text.null_count else text, self.searches, self.counts
            )

    def merged(self, other: ColumnScan) -> ColumnScan:
        """The scan of both parts of the column together."""
        names = {*self.counts, *other.counts}
        none = PatternCount()
        return replace(
            self,
            sample=self.sample.merged(other.sample),
            n_rows=self.n_rows + other.n_rows,
            n_empty=self.n_empty + other.n_empty,
            cut=self.cut + other.cut,
            encoded=self.encoded + other.encoded,
            fractional=self.fractional or other.fractional,
            counts={
                n: self.counts.get(n, none).merged(other.counts.get(n, none)) for n in sorted(names)
            },
        )

    def as_text(self, column: pa.Array) -> pa.Array | None:
        """Cells as bounded text with blanks as null; None for kinds whose values are not read."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.kind == "boolean" or (self.kind in {"integer", "number"} and not self.searches):
            return None
        if self.kind == "number":
            column = None if self.fractional else whole_numbers(column)
            self.fractional = column is None
            if column is None:
                return None
        self.cut += cut_in_dictionary(column)
        column, cut = bounded(as_strings(column))
        self.cut += cut
        column = in_digits(column)
        dull = pc.equal(pc.binary_length(column), 0)
        if len(column) and str(column[0])[:1] == "⟦":
            # Tokens of our own redaction are no personal data.
            dull = pc.or_(dull, pc.match_substring_regex(column, TOKEN))
        return (
            pc.if_else(dull, pa.scalar(None, pa.large_string()), column)
            if pc.any(dull).as_py()
            else column
        )
