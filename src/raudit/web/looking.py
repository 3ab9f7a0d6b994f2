"""Look at the columns of a file that somebody uploaded, in a process of its own with little memory and time.

``python -m raudit.web.looking FILE LETTERS MARKS`` prints one JSON object: the columns, or what is wrong with the file.
A hostile file takes down nothing but that process, and the server never loads what reads data.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from raudit.errors import DataError
from raudit.isolation.limits import limit_process
from raudit.plan.look import ColumnLook

if TYPE_CHECKING:
    from raudit.data.readers.options import ReadOptions

SECONDS = 60
MEMORY = 3 << 30
"""Bytes of address space; the libraries that read files take a third of it before they read anything."""
MOST_COLUMNS = 400


LETTERS = ("", "cp1252", "iso-8859-2", "cp1251", "shift_jis")
"""Encodings that a text file may be declared to have; empty for UTF-8 or what its mark says."""
MARKS = (".", ",", ",.")
"""Marks by which a text file writes numbers: of the fraction, then of groups of three digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How a text file is written, as somebody said."""

    letters: str = ""
    """One of ``LETTERS``."""
    marks: str = "."
    """One of ``MARKS``."""

    def lines(self) -> list[str]:
        """What a plan says of it under ``data``."""
        said = [f"  encoding: {self.letters}"] if self.letters else []
        more = f', thousands: "{self.marks[1:]}"' if self.marks[1:] else ""
        if self.marks != ".":
            said.append(f'  numbers: {{decimal: "{self.marks[:1]}"{more}}}')
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A file at a glance."""

    rows: int
    columns: tuple[ColumnLook, ...]
    written: Written = Written()
    by_comma: tuple[str, ...] = ()
    """Columns that are text as they are read, and numbers if a comma is the mark of the fraction."""


def look(path: Path, written: Written) -> Look:
    """Look at a file.

    Raises
    ------
    DataError
        If it cannot be read as a table, or takes more than it may.
    """
    how = [written.letters, written.marks]
    command = [sys.executable, "-m", "raudit.web.looking", str(path), *how]
    try:
        done = subprocess.run(  # noqa: S603 -- our own program, a list, no shell
            command, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise DataError(
            "the file takes more memory or time to read than an upload may",
            reference="upload-too-heavy",
            hint="put it where the plan says, or use Parquet",
        ) from error
    if "error" in answer:
        raise DataError(answer["error"], reference="upload-unreadable", hint=answer["hint"])
    return loaded(answer)


def dumped(found: Look) -> str:
    """A look as text, to be kept beside its file."""
    return json.dumps(asdict(found))


def loaded(answer: dict[str, object]) -> Look:
    """A look from what ``dumped`` wrote."""
    columns: list[dict[str, object]] = answer["columns"]  # type: ignore[assignment]
    return Look(
        rows=int(str(answer["rows"])),
        columns=tuple(
            ColumnLook(**{**item, "levels": tuple(item["levels"])})  # type: ignore[arg-type]
            for item in columns
        ),
        written=Written(**answer["written"]),  # type: ignore[arg-type] # as dumped() wrote it
        by_comma=tuple(answer["by_comma"]),  # type: ignore[arg-type] # likewise
    )


def main(path: Path, written: Written) -> int:
    """Print what the file holds."""
    limit_process(SECONDS, MEMORY >> 20)
    from raudit.data import open_data
    from raudit.data.look import look_at
    from raudit.errors import RauditError

    try:
        table = open_data(path, options=_options(written))
        if len(table.kinds) > MOST_COLUMNS:
            raise DataError(
                f"the file has more than {MOST_COLUMNS} columns",
                reference="upload-columns",
                hint="write the plan by hand: raudit init DATA",
            )
        if not table.n_rows:
            raise DataError(
                "the file holds no rows", reference="upload-empty", hint="choose another"
            )
        columns = look_at(table)
        comma = _by_comma(path, written, columns)
        sys.stdout.write(
            dumped(Look(rows=table.n_rows, columns=columns, written=written, by_comma=comma))
        )
    except RauditError as error:
        place = str(path.parent)
        text = ": ".join(part for part in (error.message, error.expected) if part)
        where = error.where.replace(place + "/", "")
        sys.stdout.write(
            json.dumps({"error": f"{text} ({where})" if where else text, "hint": error.hint})
        )
    return 0


def _options(written: Written) -> ReadOptions:
    from raudit.data.readers.options import ReadOptions
    from raudit.plan.schema import Numbers

    decimal, thousands = written.marks[:1], written.marks[1:]
    numbers = Numbers.model_validate({"decimal": decimal, "thousands": thousands})
    return ReadOptions(encoding=written.letters or None, numbers=numbers)


def _by_comma(path: Path, written: Written, columns: tuple[ColumnLook, ...]) -> tuple[str, ...]:
    """Columns that turn from text into numbers once a comma is the mark of the fraction."""
    from raudit.data import Kind, open_data

    text = {column.name for column in columns if column.kind == str(Kind.TEXT)}
    if path.suffix != ".csv" or written.marks != "." or not text:
        return ()
    kinds = open_data(path, options=_options(replace(written, marks=","))).kinds
    return tuple(name for name, kind in kinds.items() if name in text and kind == Kind.NUMBER)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Written(letters=sys.argv[2], marks=sys.argv[3])))
