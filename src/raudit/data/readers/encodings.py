"""Which encoding a text file has: declared, or by its mark, or UTF-8; what is neither is said and never guessed away.

The whole file is decoded once before anything is read from it, so that a byte in the last block counts like one in the
first.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from raudit.data.readers.contents import Contents
from raudit.data.readers.options import ReadOptions, over_limit
from raudit.errors import DataError

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
FALLBACK = "cp1252"
"""What text that is not UTF-8 is read as until somebody says better; every such reading leaves a gap."""
PIECE = 2**20
LONG_LINE = 8 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class TextForm:
    """How the bytes of a file are text."""

    encoding: str
    mark: int = 0
    """Bytes of the byte-order mark."""
    problem: str = ""
    """Why the text may not be what it was; empty if it is certain."""
    quotes: bool = False
    """Whether a double quote occurs at all."""
    strange: bool = False
    """Whether there is a NUL, or a line too long for a reader that works in blocks."""

    @property
    def declared_name(self) -> str:
        """Name for the record."""
        return f"{self.encoding} with a mark" if self.mark else self.encoding


def find_form(contents: Contents, options: ReadOptions) -> TextForm:
    """Decode the file once and say how.

    Raises
    ------
    DataError
        If a declared encoding is unknown.
    """
    start = contents.start()
    declared = _known(options.encoding, contents.name) if options.encoding else ""
    mark, by_mark = next(((m, e) for m, e in MARKS if start.startswith(m)), (b"", ""))
    told = by_mark or declared
    # Zeros at fixed places are a guess, which one byte that is no such text disproves.
    guessed = "" if told else _by_zeros(start)
    if guessed and not (found := _decoded(contents, guessed, 0)).problem:
        return found
    found = _decoded(contents, told or "utf-8", len(mark))
    if not found.problem or told:
        return found
    fallback = _decoded(contents, FALLBACK, 0)
    problem = f"{found.problem}; it is read as {FALLBACK} until its encoding is declared"
    return TextForm(
        encoding=FALLBACK, problem=problem, quotes=fallback.quotes, strange=fallback.strange
    )


def _known(name: str, source: str) -> str:
    try:
        known = codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise DataError(
            "unknown encoding",
            reference="data-encoding",
            where=source,
            got=repr(name)[:40],
            hint="write a name such as utf-8, utf-16-le, cp1252, iso-8859-2 or shift_jis",
        ) from error
    if not known._is_text_encoding:
        raise DataError(
            "not an encoding of text", reference="data-encoding", where=source, got=name[:40]
        )
    return {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}.get(
        known.name, known.name
    )


def _by_zeros(start: bytes) -> str:
    """UTF-16 or UTF-32 without a mark: every character of a delimiter or digit leaves zeros at fixed places."""
    zeros = [index for index, byte in enumerate(start) if not byte]
    if len(zeros) < 2:
        return ""
    places = {index % 4 for index in zeros}
    share = len(zeros) / len(start)
    if share > 0.6 and len(start) % 4 == 0:
        return (
            "utf-32-le"
            if 3 in places and start[3:4] == b"\0" and start[0:1] != b"\0"
            else "utf-32-be"
        )
    sides = {index % 2 for index in zeros}
    if len(sides) > 1 or share < 0.02:
        return ""
    encoding = "utf-16-le" if sides == {1} else "utf-16-be"
    try:
        text = start[: len(start) // 2 * 2].decode(encoding)
    except UnicodeDecodeError:
        return ""
    return encoding if "\n" in text or "\r" in text or len(start) < 4096 else ""


def _decoded(contents: Contents, encoding: str, mark: int) -> TextForm:
    decoder = codecs.getincrementaldecoder(encoding)()
    quotes = strange = False
    problem = ""
    at = since = 0
    with contents.open() as file:
        file.read(mark)
        at = mark
        while block := file.read(4 * PIECE):
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                problem = f"byte {at - (len(error.object) - len(block)) + error.start + 1:,} is not {_shown(encoding)}"
                decoder = codecs.getincrementaldecoder(encoding)("replace")
                text = decoder.decode(block)
            at += len(block)
            quotes = quotes or '"' in text
            strange = strange or "\0" in text or _long(text, since)
            last = text.rfind("\n")
            since = len(text) - last if last >= 0 else since + len(text)
        if not problem:
            try:
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                problem = f"the last bytes are not {_shown(encoding)}"
    return TextForm(encoding=encoding, mark=mark, problem=problem, quotes=quotes, strange=strange)


def _shown(encoding: str) -> str:
    return encoding.upper() if encoding.startswith("utf") else encoding


def _long(text: str, since: int) -> bool:
    first = text.find("\n")
    if first < 0:
        return since + len(text) > LONG_LINE
    if since + first > LONG_LINE:
        return True
    if len(text) <= LONG_LINE // 4:
        return False
    return max(map(len, text.split("\n"))) > LONG_LINE // 4


def characters(contents: Contents, form: TextForm) -> Iterator[str]:
    """The text of a file, piece by piece; what is broken becomes a mark and is still read around it."""
    decoder = codecs.getincrementaldecoder(form.encoding)("replace")
    with contents.open() as file:
        file.read(form.mark)
        while block := file.read(PIECE):
            if text := decoder.decode(block):
                yield text
        if text := decoder.decode(b"", final=True):
            yield text


class _Utf8(io.RawIOBase):
    """Text as a stream of UTF-8."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read some bytes."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece.encode("utf-8", "replace")
        data, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def utf8(contents: Contents, form: TextForm) -> BinaryIO:
    """The file as UTF-8 without a mark."""
    if form.encoding == "utf-8" and not form.problem:
        file = contents.open()
        file.read(form.mark)
        return file
    return io.BufferedReader(_Utf8(characters(contents, form)), 2**20)


def lines(contents: Contents, form: TextForm, longest: int) -> Iterator[str]:
    """Lines of the text with their ends, whichever they are.

    Raises
    ------
    DataError
        If a line is longer than ``longest`` characters.
    """
    with io.TextIOWrapper(
        utf8(contents, form), encoding="utf-8", errors="replace", newline=""
    ) as file:
        while line := file.readline(longest):
            if len(line) >= longest:
                raise over_limit(
                    contents.name, "cell_bytes", "a longer line", f"{longest:,} characters"
                )
            yield line
