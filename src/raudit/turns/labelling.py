"""Labels given one by one into a drawn sample: the file is, byte for byte, what filling in its cells would make it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from raudit.errors import DataError
from raudit.files import locked, write_whole
from raudit.ordinary import read_file
from raudit.turns.sample import HEAD, inert

PEOPLES = "human."
LONGEST_WORD = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample as ``write_sample`` drew it, in CSV, filled in or not."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that people fill in."""
        return tuple(name for name in self.head if name.startswith(PEOPLES))

    def left(self, column: str) -> tuple[int, ...]:
        """Rows that have no label in a column yet."""
        place = self.head.index(column)
        return tuple(number for number, row in enumerate(self.rows) if not row[place])

    def cell(self, row: int, column: str) -> str:
        """What a row holds; nothing if there is no such column."""
        return self.rows[row][self.head.index(column)] if column in self.head else ""


def read_sample(path: Path) -> Sample:
    """Read a sample.

    Raises
    ------
    DataError
        If it is none, or another program saved it in another form, which writing into it would change.
    """
    return _parsed(read_file(path), path)


def give_label(path: Path, *, row: int, turn: str, column: str, word: str) -> None:
    """Write one label down.

    Parameters
    ----------
    path
        The sample.
    row, turn
        Which turn: its row, and the id that stood there when it was read.
    column, word
        Whose column, and the label.

    Raises
    ------
    DataError
        If the turn is not there any more, or the label is none.
    """
    word = word.strip()
    if not word or len(word) > LONGEST_WORD or not word.isprintable():
        raise _wrong(path, "no label", f"one line of at most {LONGEST_WORD} characters")
    with locked(path):
        found = read_sample(path)
        known = row < len(found.rows) and found.cell(row, "turn_id") == turn
        if not known or column not in found.columns:
            raise _wrong(path, "another turn at that place", "the sample as it was read")
        rows = [list(cells) for cells in found.rows]
        rows[row][found.head.index(column)] = inert(word)
        write_whole(path, _written([found.head, *rows]))


def _parsed(content: bytes, path: Path) -> Sample:
    try:
        rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _wrong(
            path, "a file that cannot be read as CSV", "a .csv from raudit llm sample"
        ) from error
    head = rows[0] if rows else []
    drawn = set(HEAD) <= set(head) and len(set(head)) == len(head)
    if not drawn or any(len(row) != len(head) for row in rows) or _written(rows) != content:
        raise _wrong(path, "a file in another form", "a .csv as raudit llm sample drew it")
    return Sample(head=head, rows=rows[1:])


def _written(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _wrong(path: Path, got: str, expected: str) -> DataError:
    return DataError(
        "the label is not written",
        reference="label",
        where=path.name,
        got=got,
        expected=expected,
        hint="fill the file in with the program that saved it, or draw a sample anew",
    )
