"""Compare a redacted copy with its original: outside what stands for values, every byte must be the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from raudit.data.readers.delimited import find_layout
from raudit.data.readers.encodings import find_form
from raudit.data.readers.json_rows import one_a_line
from raudit.scan.copies import Original, errors_of
from raudit.scan.redact import STAND_IN
from raudit.scan.rewrite_delimited import Record, records, value_of
from raudit.scan.rewrite_json import is_json, leaves


def differences_of(original: Original, out: Path) -> int:
    """Count the places in which a copy differs from its original and no stand-in explains it."""
    match original.form:
        case "csv":
            return sum(_delimited(original, out))
        case "json":
            return sum(_json(original, out))
        case form:
            return _arrow(_table(original.path, form), _table(out, form))


def explained(old: str, new: str) -> bool:
    """Whether a text is another one with parts of it replaced or masked."""
    if old == new:
        return True
    if len(old) == len(new) and "*" in new:
        return all(a == b or b == "*" for a, b in zip(old, new, strict=True))
    kept = STAND_IN.split(new)
    if len(kept) < 2:
        return False
    first, *middle, last = kept
    place = len(first)
    for part in middle:
        at = old.find(part, place + 1)  # each stand-in stands for at least one character
        if at < 0:
            return False
        place = at + len(part)
    return old.startswith(first) and old.endswith(last) and len(old) - len(last) > place


def _delimited(original: Original, out: Path) -> Iterator[int]:
    layout = find_layout(original.contents, original.reading)
    none = Record([], [])
    for old, new in zip_longest(
        records(original.path, layout), records(out, layout), fillvalue=none
    ):
        if old.ends != new.ends:
            yield 1
            continue
        for before, after in zip(old.cells, new.cells, strict=True):
            quoted = before.startswith(chr(34)) == after.startswith(chr(34))
            cells = (value_of(before), value_of(after)) if layout.quoted else (before, after)
            yield not (before == after or (quoted and explained(*cells)))


def _json(original: Original, out: Path) -> Iterator[int]:
    text = find_form(original.contents, original.reading)
    encoding, errors = text.encoding, errors_of(text.encoding)
    with (
        original.path.open(encoding=encoding, errors=errors, newline="") as old,
        out.open(encoding=encoding, errors=errors, newline="") as new,
    ):
        if not one_a_line(original.contents, text, original.reading):
            yield from _leaves(old.read(), new.read())
            return
        for before, after in zip_longest(old, new, fillvalue=""):
            yield from _line(before, after)


def _line(before: str, after: str) -> Iterator[int]:
    if before == after:
        return
    old, new = (text.strip("\ufeff \t\r\n") for text in (before, after))
    if not is_json(old) or not is_json(new):
        yield not explained(before, after)
        return
    yield before.replace(old, "", 1) != after.replace(new, "", 1)
    yield from _leaves(old, new)


def _leaves(old: str, new: str) -> Iterator[int]:
    for a, b in zip_longest(leaves(old), leaves(new), fillvalue=("", "", "", False)):
        same = a[1] == b[1]
        if a[0] == "number" == b[0]:
            same = same or b[1] == "0" or sum(map(str.isdigit, a[1])) == sum(map(str.isdigit, b[1]))
        elif a[0] in {"key", "string"} and a[0] == b[0]:
            same = same or explained(a[1], b[1])
        yield not same


def _arrow(old: Any, new: Any) -> int:
    if not old.schema.equals(new.schema, check_metadata=False) or old.num_rows != new.num_rows:
        return 1
    count = 0
    for before, after in zip(old.columns, new.columns, strict=True):
        if not before.equals(after):
            count += sum(
                not _leaf(a, b) for a, b in zip(before.to_pylist(), after.to_pylist(), strict=True)
            )
    return count


def _table(path: Path, form: str) -> Any:
    import pyarrow as pa
    import pyarrow.ipc as ipc
    import pyarrow.parquet as pq

    if form == "parquet":
        return pq.ParquetFile(path).read()
    try:
        return ipc.open_file(pa.memory_map(str(path))).read_all()
    except pa.ArrowInvalid:
        return ipc.open_stream(pa.memory_map(str(path))).read_all()


def _leaf(old: object, new: object) -> bool:
    match old, new:
        case dict(), dict():
            return list(old) == list(new) and all(_leaf(old[key], new[key]) for key in old)
        case (list() | tuple(), list() | tuple()):
            return len(old) == len(new) and all(map(_leaf, old, new))
        case str(), str():
            return explained(old, new)
        case bytes(), bytes():
            return explained(old.decode("latin-1"), new.decode("latin-1")) or not new.strip(b"*\0")
        case _:
            # A typed value is drawn anew or missing, and nothing at all appears where nothing was.
            return old == new or (old is not None and (new is None or type(old) is type(new)))
