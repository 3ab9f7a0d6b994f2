"""What copies of every form are made of: the original, its pieces, and what could not be kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from raudit.data.readers import ReadOptions
from raudit.data.readers.contents import Contents, file_contents
from raudit.data.readers.formats import SUFFIXES, format_of
from raudit.scan.redact import STAND_IN, Redactor

FORMS = frozenset({"csv", "json", "parquet", "arrow"})
"""Formats that can be copied in their own form; csv stands for every text with delimiters."""
TOGETHER = 50_000
"""Pieces of text that are redacted together."""


@dataclass(slots=True)
class Copied:
    """What was written, and what could not be kept as it was."""

    rows: int = 0
    changed: int = 0
    """Cells, keys and names in which something was replaced."""
    notes: list[str] = field(default_factory=list)
    """What is different beyond the masks, or could not be told, in plain words; each ends the command in 3."""
    converted: str = ""
    """What it means that the copy is of another format; empty if it is of the same."""
    typed: set[str] = field(default_factory=set)
    """Columns of numbers and dates whose values were replaced; what stands there now looks like a value."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text file."""

    raw: str
    """As it stands in the file; all pieces together are the file."""
    value: str | None = None
    """The text that a cell means; None for what is no cell."""
    redactor: Redactor | None = None
    """What redacts it; None if it is copied."""
    write: Callable[[str], str] = str
    """From another value to what stands in the file for it."""


@dataclass(frozen=True, slots=True)
class Original:
    """The file that is copied, and how it is read: the copy must read what the scan reads."""

    path: Path
    reading: ReadOptions

    @property
    def contents(self) -> Contents:
        """Its bytes."""
        return file_contents(self.path, self.path.name)

    @property
    def form(self) -> str:
        """Format by its bytes or by declaration; empty if a copy cannot be of it."""
        found = format_of(self.contents, self.reading)
        return found if found in FORMS else ""


def form_named(path: Path) -> str:
    """Format that the name of a copy asks for; empty if a copy cannot be of it."""
    found = SUFFIXES.get(path.suffix.lower(), "")
    return found if found in FORMS else ""


def put_pieces(pieces: Iterator[Piece], file: IO[bytes], encoding: str, copied: Copied) -> None:
    """Write pieces, redacted many at a time."""
    held: list[Piece] = []
    for piece in pieces:
        held.append(piece)
        if len(held) >= TOGETHER:
            _put(held, file, encoding, copied)
            held = []
    _put(held, file, encoding, copied)


def _put(held: Sequence[Piece], file: IO[bytes], encoding: str, copied: Copied) -> None:
    texts: dict[int, tuple[Redactor, list[str]]] = {}
    for piece in held:
        if piece.redactor is not None and piece.value:
            texts.setdefault(id(piece.redactor), (piece.redactor, []))[1].append(piece.value)
    for redactor, values in texts.values():
        redactor.cells(values)
    out = []
    for piece in held:
        if piece.redactor is None or not piece.value:
            out.append(piece.raw)
            continue
        (new,) = piece.redactor.cells([piece.value])
        assert new is not None  # noqa: S101 -- the value is not None
        out.append(piece.raw if new == piece.value else piece.write(fitting(new, encoding)))
        copied.changed += new != piece.value
    file.write("".join(out).encode(encoding, errors_of(encoding)))


def errors_of(encoding: str) -> str:
    """How bytes that are no text of an encoding come through reading and writing unchanged."""
    return "surrogatepass" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"


def fitting(text: str, encoding: str) -> str:
    """A text whose tokens the encoding can hold."""
    if encoding.startswith("utf"):
        return text
    return STAND_IN.sub(lambda m: m[0].replace("⟦", "{").replace("⟧", "}"), text)


def counted(notes: Counter[str]) -> list[str]:
    """Notes with their number: ``{n} lines ...``."""
    return [text.format(n=f"{n:,}") for text, n in notes.items() if n]


def number_for(how: Callable[[str, str], str], kind: str, text: str) -> str:
    """What stands for a number: one of as many digits that the key draws, else 0, which is a number too."""
    token = re.search(r":([0-9a-f]{16})", how(kind, text))
    digits = sum(c.isdigit() for c in text)
    if token is None or not digits:
        return "0"
    width = min(digits, 18)
    low = 10 ** (width - 1)
    return str(low + int(token[1], 16) % (9 * low))
