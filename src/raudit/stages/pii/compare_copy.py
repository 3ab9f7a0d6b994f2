"""Compare a redacted copy with its original: outside what stands for values, every byte must be the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from raudit.stages.pii.redact import STAND_IN
from raudit.stages.pii.rewrite import errors_of, form_of
from raudit.stages.pii.rewrite_delimited import Record, form, plain_encoding, records, value_of
from raudit.stages.pii.rewrite_json import is_json, leaves
from raudit.stages.pii.sources import StreamedTable
from raudit.stages.pii.texts import encoding_of


def differences_of(path: Path, _source: StreamedTable, out: Path) -> int:
    """Count the places in which a copy differs from its original and no stand-in explains it."""
    match form_of(path):
        case "delimited":
            return sum(_delimited(path, out))
        case "json":
            return sum(_json(path, out))
        case _:
            return _arrow(path, out)


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


def _delimited(path: Path, out: Path) -> Iterator[int]:
    encoding, delimiter = form(path)
    none = Record([], [])
    for old, new in zip_longest(records(path, encoding, delimiter), records(out, encoding, delimiter), fillvalue=none):
        if old.ends != new.ends:
            yield 1
            continue
        for before, after in zip(old.cells, new.cells, strict=True):
            quoted = before.startswith(chr(34)) == after.startswith(chr(34))
            yield not (before == after or (quoted and explained(value_of(before), value_of(after))))


def _json(path: Path, out: Path) -> Iterator[int]:
    encoding = plain_encoding(path, encoding_of(path))
    errors = errors_of(encoding)
    with (
        path.open(encoding=encoding, errors=errors, newline="") as old,
        out.open(encoding=encoding, errors=errors, newline="") as new,
    ):
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
    for a, b in zip_longest(leaves(old), leaves(new), fillvalue=("", "", "", False)):
        same = a[1] == b[1]
        if a[0] == "number" == b[0]:
            same = same or b[1] == "0" or sum(map(str.isdigit, a[1])) == sum(map(str.isdigit, b[1]))
        elif a[0] in {"key", "string"} and a[0] == b[0]:
            same = same or explained(a[1], b[1])
        yield not same


def _arrow(path: Path, out: Path) -> int:
    old, new = _table(path), _table(out)
    if not old.schema.equals(new.schema, check_metadata=False) or old.num_rows != new.num_rows:
        return 1
    count = 0
    for before, after in zip(old.columns, new.columns, strict=True):
        if not before.equals(after):
            count += sum(not _leaf(a, b) for a, b in zip(before.to_pylist(), after.to_pylist(), strict=True))
    return count


def _table(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.ipc as ipc
    import pyarrow.parquet as pq

    if form_of(path) == "parquet":
        return pq.ParquetFile(path).read()
    try:
        return ipc.open_file(pa.memory_map(str(path))).read_all()
    except pa.ArrowInvalid:
        return ipc.open_stream(pa.memory_map(str(path))).read_all()


def _leaf(old: Any, new: Any) -> bool:
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
