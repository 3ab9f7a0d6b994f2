"""A first look at recorded turns: whether a file holds them, and which keys of its rows no field takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from raudit.errors import DataError
from raudit.turns.containers import Source, rows
from raudit.turns.detect import detected
from raudit.turns.formats import Format
from raudit.turns.mapping import known
from raudit.turns.reading import Tally

ROWS = 200
"""Rows whose keys are looked at."""
MOST_LEFT = 40
"""Keys that are named."""
TABLES = frozenset({"csv", "parquet", "turns-jsonl"})
"""Formats that any table fits: only its columns tell whether it holds turns."""
CHATS = frozenset({"chat", "conversations"})
"""Shapes whose rows are the owner's own, in lines or in one array."""
CHAT_KEYS = frozenset(
    {"id", "object", "created", "role", "custom_id", "completion", "response", "finish_reason"}
)
"""Keys that chat logs have and that hold no group, label or outcome."""


def turns_in(path: Path) -> Format | None:
    """The format of a file that holds recorded turns; None for any other file or folder."""
    if not path.is_file():
        return None
    try:
        found = detected(path)
        if found.id not in TABLES:
            return None if found.refuse else found
        columns = set(_keys(path, found))
    except DataError:
        return None
    return found if "output" in columns and columns & {"prompt", "turn_id"} else None


def keys_left(path: Path, format_: Format) -> tuple[str, ...]:
    """Keys of rows that hold a single value and that no field of turns takes, most frequent first.

    Returns
    -------
    tuple of str
        At most 40. Empty for a format that has names of its own for all that it holds.
    """
    plain = format_.container in ("jsonl", "csv", "parquet") or format_.shape in CHATS
    if not format_.canonical or not plain:
        return ()
    mapped = {part for spec in format_.fields.values() for part in spec.path}
    taken = {path.partition(".")[0] for path in mapped} | set(format_.recognise) | CHAT_KEYS
    counted = _keys(path, format_)
    left = [key for key in counted if not known(key) and key.partition(".")[0] not in taken]
    left.sort(key=lambda key: -counted[key])
    return tuple(left[:MOST_LEFT])


def _keys(path: Path, format_: Format) -> Counter[str]:
    source = Source(path, format_, Tally(file=path.name))
    return Counter(key for _, row in islice(rows(source), ROWS) for key in _scalars(row))


def _scalars(row: object) -> Iterator[str]:
    """Keys of single values, those one level down as paths."""
    for key, value in row.items() if isinstance(row, Mapping) else ():
        if isinstance(value, Mapping):
            yield from (f"{key}.{inner}" for inner, one in value.items() if _single(one))
        elif _single(value):
            yield str(key)


def _single(value: object) -> bool:
    return isinstance(value, str | int | float) and value != ""
