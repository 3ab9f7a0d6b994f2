"""JSON as rows: one object a line, an array of objects, or objects one after another.

Every key of every object is a column, wherever it first occurs; objects inside objects become dotted columns, lists
stay JSON. Numbers keep the digits they are written with, and their type is kept beside them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from raudit.data.interface import ColumnName, Kind
from raudit.data.readers.contents import Contents
from raudit.data.readers.encodings import TextForm, characters, find_form, lines
from raudit.data.readers.options import Budget, ReadOptions, check_columns
from raudit.data.readers.rows import as_batches
from raudit.data.readers.source import (
    StreamedTable,
    add_problems,
    free_name,
    timed,
    unreadable,
)

DEEPEST = 8
MOST_BRACKETS = 200
MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
"""Texts, which may hold any brackets, and brackets."""
BLANK = " \t\r\n\ufeff"


class _Int(int):
    """A whole number and how it is written."""

    text: str


class _Float(float):
    """A number and how it is written."""

    text: str


def _int(text: str) -> Any:
    if len(text) > 4_000:  # Python refuses longer ones
        return text
    number = _Int(text)
    number.text = text
    return number


def _float(text: str) -> _Float:
    number = _Float(text)
    number.text = text
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a key that occurs twice keeps both values."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found = {}
    for place, (key, value) in enumerate(pairs, 1):
        found[free_name(key, place, found)] = value
    return found


DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_int, parse_float=_float, parse_constant=str
)


@dataclass(slots=True)
class _Survey:
    """What one pass over all objects finds."""

    types: dict[str, set[str]] = field(default_factory=dict)
    rows: int = 0


def json_rows(contents: Contents, options: ReadOptions) -> StreamedTable:
    """A file of JSON objects.

    Raises
    ------
    DataError
        If there is no object in it, or it has too many keys.
    """
    form = find_form(contents, options)
    problems: list[str] = [form.problem] if form.problem else []
    survey = _surveyed(contents, form, options, problems)
    if not survey.types:
        hint = "write one object a line, or one array of objects"
        got = "; ".join(["no JSON object that can be read", *problems])
        raise unreadable(contents.name, got, hint)

    def read(columns: Sequence[ColumnName], rows: int) -> Iterator[Any]:
        def cells() -> Iterator[list[str | None]]:
            for entry in _objects(contents, form, options, problems):
                flat = flattened(entry)
                yield [_text(flat.get(column)) for column in columns]

        yield from as_batches(cells(), columns, rows, Budget(contents.name, options.limits))

    return StreamedTable(
        name=contents.name,
        kinds={ColumnName(name): Kind.TEXT for name in survey.types},
        n_rows=survey.rows,
        read=read,
        problems=problems,
        limits=options.limits,
        header=tuple(survey.types),
        typed=lambda name, column: _typed(column, survey.types[name]),
        described={"format": "json", "encoding": form.declared_name},
    )


def _surveyed(
    contents: Contents, form: TextForm, options: ReadOptions, problems: list[str]
) -> _Survey:
    survey, seconds = _Survey(), options.limits.seconds
    for entry in timed(_objects(contents, form, options, problems), contents.name, seconds):
        survey.rows += 1
        for key, value in flattened(entry).items():
            kinds = survey.types.setdefault(key, set())
            if value is not None:
                kinds.add(_type(value))
        if len(survey.types) > options.limits.columns:
            check_columns(contents.name, len(survey.types), options.limits)
    return survey


def _type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, _Int):
        return "integer"
    return "number" if isinstance(value, _Float) else "text"


def _typed(column: Any, kinds: set[str]) -> Any:
    """A column in the type that all of its JSON values have."""
    import pyarrow as pa

    wanted = None
    if kinds == {"boolean"}:
        wanted = pa.bool_()
    elif kinds == {"integer"}:
        wanted = pa.int64()
    elif kinds and kinds <= {"integer", "number"}:
        wanted = pa.float64()
    try:
        return column if wanted is None else column.cast(wanted)
    except pa.ArrowInvalid:  # whole numbers beyond 64 bits stay as they are written
        return column


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (_Int, _Float)):
        return value.text
    return json.dumps(value, ensure_ascii=False)


def flattened(value: Mapping[str, Any]) -> dict[str, Any]:
    """An object of objects as one flat object with dotted keys."""
    flat: dict[str, Any] = {}
    stack: list[tuple[str, Any, int]] = [(str(k), v, 0) for k, v in reversed(list(value.items()))]
    while stack:
        key, item, depth = stack.pop()
        if isinstance(item, dict) and item and depth < DEEPEST:
            stack += [(f"{key}.{k}", v, depth + 1) for k, v in reversed(list(item.items()))]
            continue
        flat[free_name(key, len(flat) + 1, flat)] = item
    return flat


def _objects(
    contents: Contents, form: TextForm, options: ReadOptions, problems: list[str]
) -> Iterator[dict[str, Any]]:
    """Every object; what is none is counted."""
    if not one_a_line(contents, form, options):
        array = _first(contents, form, options) == "["
        yield from _one_after_another(contents, form, options, problems, array=array)
        return
    bad: list[int] = []
    deep: list[int] = []
    for number, line in enumerate(lines(contents, form, options.limits.cell_bytes), 1):
        text = line.strip(BLANK)
        if not text:
            continue
        if too_deep(text):
            deep.append(number)
            continue
        try:
            value = DECODER.decode(text)
        except ValueError:
            value = None
        if isinstance(value, dict):
            yield value
        else:
            bad.append(number)
    add_problems(problems, _left_out("line", bad, deep))


def too_deep(text: str) -> bool:
    """Whether brackets stand in more than ``MOST_BRACKETS`` others.

    Python's own limit depends on how deep raudit's calls are, so that a line could be read once and not again.
    """
    if text.count("[") + text.count("{") <= MOST_BRACKETS:
        return False
    depth = 0
    for mark in MARKS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
        if depth > MOST_BRACKETS:
            return True
    return False


def _left_out(what: str, bad: Sequence[int], deep: Sequence[int]) -> list[str]:
    """What to say of lines or items that are no row."""
    nested = f"nested more than {MOST_BRACKETS} deep"
    said = []
    for places, one, many in (
        (bad, "is not a JSON object", "are not JSON objects"),
        (deep, f"is {nested}", f"are {nested}"),
    ):
        if len(places) == 1:
            said.append(f"1 {what} {one} and was left out: {what} {places[0]:,}")
        elif places:
            said.append(
                f"{len(places):,} {what}s {many} and were left out, the first of them {what} {places[0]:,}"
            )
    return said


def one_a_line(contents: Contents, form: TextForm, options: ReadOptions) -> bool:
    """Whether each line is an object; if not, the file is an array, or objects that go over several lines."""
    start = _first(contents, form, options)
    return not (start == "[" or (start and _goes_on(contents, form, options)))


def _first(contents: Contents, form: TextForm, options: ReadOptions) -> str:
    """The first character that is not blank."""
    for line in lines(contents, form, options.limits.cell_bytes):
        if text := line.lstrip(BLANK):
            return text[0]
    return ""


def _goes_on(contents: Contents, form: TextForm, options: ReadOptions) -> bool:
    """Whether the first object goes over several lines."""
    for line in lines(contents, form, options.limits.cell_bytes):
        text = line.strip(BLANK)
        if not text:
            continue
        try:
            if too_deep(text):
                return False
            DECODER.decode(text)
        except ValueError:
            return text in {"{", "{ "} or text.endswith((",", ":", "{", "["))
        return False
    return False


def _one_after_another(
    contents: Contents, form: TextForm, options: ReadOptions, problems: list[str], *, array: bool
) -> Iterator[dict[str, Any]]:
    """Objects of an array, or objects that go over several lines, with a piece of the text in memory."""
    pieces = characters(contents, form)
    between = BLANK + ("," if array else "")
    text, at, number = _opening(pieces) if array else "", 0, 0
    bad: list[int] = []
    nested: list[int] = []
    while True:
        at = _past(text, at, between)
        if array and text[at : at + 1] == "]":
            if text[at + 1 :].strip(BLANK) or any(piece.strip(BLANK) for piece in pieces):
                add_problems(problems, ["what follows the array was left out"])
            break
        start = at
        try:
            value, at = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            text, at = text[at:], 0
            deep = isinstance(error, RecursionError)
            ends = deep or len(text) > options.limits.cell_bytes
            piece = "" if ends else _more(pieces, len(text))
            text += piece
            if piece:
                continue
            if array or text.strip(BLANK):
                why = (
                    f"is nested more than {MOST_BRACKETS} deep"
                    if deep
                    else "breaks off or is broken"
                )
                add_problems(problems, [f"the JSON {why}, and what follows was left out"])
            break
        number += 1
        if too_deep(text[start:at]):
            nested.append(number)
        elif isinstance(value, dict):
            yield value
        else:
            bad.append(number)
    add_problems(problems, _left_out("item", bad, nested))


def _opening(pieces: Iterator[str]) -> str:
    """The first text after the bracket that opens an array."""
    for piece in pieces:
        if text := piece.lstrip(BLANK):
            return text[1:]
    return ""


def _past(text: str, at: int, blanks: str) -> int:
    """Where the next value begins."""
    while at < len(text) and text[at] in blanks:
        at += 1
    return at


def _more(pieces: Iterator[str], held: int) -> str:
    """The next pieces: as much again as is held, so that a long object is not tried once a piece."""
    found: list[str] = []
    size = 0
    while size <= held and (piece := next(pieces, "")):
        found.append(piece)
        size += len(piece)
    return "".join(found)
