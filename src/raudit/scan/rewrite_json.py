"""JSON lines: strings are exchanged in place; keys, types, nesting, numbers and blanks stay."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO

from raudit.data.readers.encodings import find_form
from raudit.data.readers.json_rows import one_a_line
from raudit.errors import DataError
from raudit.scan.copies import Copied, Original, Piece, counted, errors_of, number_for, put_pieces
from raudit.scan.redact import Redactor, Redactors
from raudit.scan.sources import StreamedTable

TOKENS = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>-?\d[-+.0-9eE]*)|(?P<mark>[{}\[\],:])|(?P<other>[^"{}\[\],:\d-]+|.)',
    re.DOTALL,
)
BLANK = re.compile(r"[\ufeff \t\r\n]*")
LONGEST = 256 * 2**20
"""Characters of an array, which is held in memory; lines are not."""
KEYS = "{n} keys held an identifier and were replaced"
LINES = "lines that are no JSON: {n}; they are copied as text in which everything that is recognised was replaced"


def copy(original: Original, source: StreamedTable, file: IO[bytes], columns: Redactors) -> Copied:
    """Copy JSON; see ``rewrite``."""
    text = find_form(original.contents, original.reading)
    copied, notes = Copied(notes=[text.problem] if text.problem else []), Counter[str]()
    encoding = text.encoding
    known = {str(name) for name in source.kinds}
    by_line = one_a_line(original.contents, text, original.reading)

    def pieces() -> Iterator[Piece]:
        with original.path.open(encoding=encoding, errors=errors_of(encoding), newline="") as lines:
            if not by_line:
                copied.rows = source.n_rows
                yield from _pieces(
                    _document(lines.read(LONGEST + 1), source.name), columns, known, copied, notes
                )
                return
            for line in lines:
                body = line.strip("\ufeff \t\r\n")
                begin = line.find(body) if body else len(line)
                yield Piece(line[:begin])
                if not body:
                    continue
                copied.rows += 1
                if is_json(body):
                    yield from _pieces(body, columns, known, copied, notes)
                else:
                    notes[LINES] += 1
                    yield Piece(body, body, columns.anywhere)
                yield Piece(line[begin + len(body) :])

    put_pieces(pieces(), file, encoding, copied)
    copied.notes += counted(notes)
    return copied


def _document(text: str, name: str) -> str:
    """The text of an array, or of objects that go over several lines, once it is known to be JSON to its end."""
    at = 0
    try:
        while len(text) <= LONGEST and (at := BLANK.match(text, at).end()) < len(text):  # type: ignore[union-attr]
            _, at = json.JSONDecoder().raw_decode(text, at)
    except (ValueError, RecursionError):
        at = -1
    if at < len(text):
        raise DataError(
            "this JSON cannot be copied in its own form",
            reference="copy-json",
            where=name,
            got=f"more than {LONGEST:,} characters"
            if len(text) > LONGEST
            else "a text that is broken",
            hint="write one object a line",
        )
    return text


def is_json(text: str) -> bool:
    """Whether a line is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def leaves(text: str) -> Iterator[tuple[str, str, str, bool]]:
    """Every token of a valid JSON text: what it is (``key``, ``string``, ``number`` or empty), raw text, column.

    The column is the dotted path of keys; a list adds nothing to it, and the last value says whether there is one.
    """
    stack: list[tuple[str, str]] = []
    """Open brackets, and the path at each; an array around all objects is no list of a column."""
    path, key_next = "", False
    for match in TOKENS.finditer(text):
        raw = match[0]
        match match.lastgroup:
            case "string" if key_next:
                base = stack[-1][1]
                path = f"{base}.{json.loads(raw)}" if base else str(json.loads(raw))
                key_next = False
                yield "key", raw, path, False
            case "string" | "number" as kind:
                yield kind, raw, path, any(opened == "[" for opened, _ in stack[1:])
            case _:
                if raw in {"{", "["}:
                    stack.append((raw, path))
                    key_next = raw == "{"
                elif raw in {"}", "]"}:
                    path = stack.pop()[1]
                    key_next = False
                elif raw == ",":
                    opened, path = stack[-1]
                    key_next = opened == "{"
                yield "", raw, path, False


def _pieces(
    text: str, columns: Redactors, known: set[str], copied: Copied, notes: Counter[str]
) -> Iterator[Piece]:
    used: list[set[str]] = []
    """Keys that stand in for others, by open object."""
    for kind, raw, column, listed in leaves(text):
        if not kind:
            used += [set()] if raw == "{" else []
            del used[len(used) - (raw == "}") :]
            yield Piece(raw)
            continue
        if kind == "key":
            yield Piece(raw, json.loads(raw), columns.names, _key(used[-1], notes))
            continue
        redactor = columns.inside(column) if listed else columns.of(column)
        if redactor is None and not _left_out(column, known):
            redactor = columns.anywhere
        if kind == "number":
            yield _number(raw, redactor, column, copied)
        else:
            yield Piece(raw, json.loads(raw), redactor, _string)


def _left_out(column: str, known: set[str]) -> bool:
    """Whether a column was there to be scanned and somebody asked for others only."""
    parts = column.split(".")
    return any(".".join(parts[:n]) in known for n in range(1, len(parts) + 1))


def _number(raw: str, redactor: Redactor | None, column: str, copied: Copied) -> Piece:
    if redactor is None:
        return Piece(raw)

    def write(_new: str) -> str:
        copied.typed.add(column)
        return number_for(redactor.operate, redactor.whole or "NUMBER", raw)

    return Piece(raw, raw, redactor, write)


def _key(used: set[str], notes: Counter[str]) -> Callable[[str], str]:
    """Writes a key that held an identifier; two of one object stay two."""

    def write(new: str) -> str:
        notes[KEYS] += 1
        name, n = new, 1
        while name in used:
            n += 1
            name = f"{new[:-1]} {n}>" if new.endswith(">") else f"{new} {n}"
        used.add(name)
        return _string(name)

    return write


def _string(new: str) -> str:
    # Lone surrogates have no form in any encoding but their escape.
    text = json.dumps(new, ensure_ascii=False)
    return text if not re.search("[\ud800-\udfff]", text) else json.dumps(new)
