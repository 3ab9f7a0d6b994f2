"""The table of turns: rows of every file in one set of columns, each call once, texts only for who asks for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.plan.schema import DataLimits
from raudit.printable import many
from raudit.turns.containers import Row, Source, rows
from raudit.turns.formats import FieldMap, Format
from raudit.turns.front import LIMITS, Limits, Unreadable, refused
from raudit.turns.leaks import SystemPrompts
from raudit.turns.mapping import NUMBERS, TEXTS, TOLD, TRUTHS, Mapper
from raudit.turns.reading import Reading, Tally
from raudit.turns.shapes import (
    chats,
    garak_report,
    inspect_log,
    joined,
    log_records,
    pyrit_memory,
    spans,
)

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "raudit.turns/1"
SHAPES: Mapping[str, Callable[[Source], Iterator[Row]]] = {
    "rows": rows,
    "chat": chats.chat,
    "conversations": chats.conversations,
    "garak": garak_report.garak,
    "inspect-archive": inspect_log.inspect_archive,
    "inspect-document": inspect_log.inspect_document,
    "lm-eval": joined.documents,
    "promptfoo-wide": joined.promptfoo_wide,
    "pyrit-attacks": pyrit_memory.pyrit_attacks,
    "pyrit-database": pyrit_memory.pyrit_database,
    "pyrit-pieces": pyrit_memory.pyrit_pieces,
    "span-console": spans.console,
    "spans": spans.spans,
    "log-records": log_records.log_records,
    "with-root": joined.with_root,
}
"""Code that puts rows together, by the name a format file gives it."""
BATCH = 20_000
MOST_COLUMNS = 300
"""Fields of all rows of a file together: a column takes room in every row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnsFile:
    """One file of recorded turns, and how it is read."""

    path: Path
    format: Format
    fields: Mapping[str, FieldMap]
    """The plan's fields by name of the table's."""
    budget: DataLimits = field(default_factory=DataLimits)
    """What the process of a native library may take."""


Earlier = set[tuple[int, int]]
"""Digests of id and content of the turns of files that were read before."""


def turns_of(
    file: TurnsFile, tally: Tally, limits: Limits = LIMITS, earlier: Earlier | None = None
) -> Iterator[dict[str, Any]]:
    """Read turns one after the other; what cannot be read is told to the tally.

    Each call comes once: a row that stands again word for word is counted as repeated, one with the id of another and
    other content as a conflict. An id may stand in two files, which are two runs; a row that stands word for word in
    an ``earlier`` file is repeated too.

    Raises
    ------
    DataError
        If nothing of the file can be read.
    """
    tally.format = file.format.id
    tally.lacking = dict(file.format.lacking)
    if file.format.refuse:
        raise refused(
            file.path, "turns-none", file.format.refuse, "give the file that holds the turns"
        )
    mapper = Mapper(file.format, file.fields, tally)
    seen: dict[int, int] = {}
    source = Source(file.path, file.format, tally, limits, file.budget)
    names: set[str] = set()
    for place, row in SHAPES[file.format.shape](source):
        try:
            turn = mapper.turn(row, place)
            names.update(_few(names, turn or {}))
        except Unreadable as reason:
            tally.bad_row(place, str(reason))
            continue
        if turn is None:
            continue
        name = turn.get("turn_id")
        if name is not None and not _new(seen, str(name), turn, tally, place, earlier or set()):
            continue
        turn.setdefault(
            "turn_id",
            f"row {place}" if file.format.shape == "rows" else f"row {place}.{tally.attempts}",
        )
        turn["row"] = place
        if isinstance(row, dict) and row.get("cancelled") is True:
            tally.cancelled += 1
        _count(tally, turn)
        yield turn
    if tally.cached:
        tally.notes.append(
            f"{many(tally.cached, 'answer')} from a cache: without latency or cost, and no repeat of anything"
        )
    if earlier is not None:
        earlier.update(seen.items())


def _few(names: set[str], turn: dict[str, Any]) -> set[str]:
    """The fields of a turn that no turn before had, if the file still has few then."""
    new = turn.keys() - names
    if len(names) + len(new) > MOST_COLUMNS:
        raise Unreadable(f"fields of which the file has more than {MOST_COLUMNS}")
    return new


def _new(
    seen: dict[int, int],
    name: str,
    turn: dict[str, Any],
    tally: Tally,
    place: int,
    earlier: Earlier,
) -> bool:
    key = int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest())
    content = hash(tuple(sorted((k, v) for k, v in turn.items())))
    if key not in seen and (key, content) not in earlier:
        seen[key] = content
        return True
    if seen.get(key, content) == content:
        tally.repeated += 1
    else:
        tally.conflicts += 1
        tally.note(place, "the id of another row with other content")
    return False


def _count(tally: Tally, turn: dict[str, Any]) -> None:
    tally.attempts += 1
    tally.counted["attempts"] += 1
    status, told = turn["status"], turn.pop(TOLD, None)
    tally.errors += status != "answered"
    tally.blocked += status == "blocked"
    tally.cached += turn.get("cached") is True
    # The tool's totals are held against its own verdicts: it counts an answer that was withheld as passed or failed.
    if told is not None and status != "error":
        tally.counted["passes" if told else "fails"] += 1
    elif status != "answered":
        tally.counted["errors"] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Recorded turns without their texts."""

    table: pa.Table
    """One row a turn: ids, labels, numbers, digests and lengths of the texts."""
    readings: tuple[Reading, ...]
    texts: tuple[str, ...]
    """Names of the texts that the files hold."""

    @property
    def partly(self) -> str:
        """Why nothing may pass on these turns; empty if every file was read whole."""
        return "; ".join(
            f"{reading.file}: {reading.partly}" for reading in self.readings if reading.partly
        )

    def names(self, family: str) -> tuple[str, ...]:
        """Columns of a family, such as ``group``, in order."""
        return tuple(name for name in self.table.column_names if name.startswith(f"{family}."))


def read_turns(
    files: tuple[TurnsFile, ...], *, system_prompt: str | None = None, limits: Limits = LIMITS
) -> Turns:
    """Read files of recorded turns into one table without texts.

    Raises
    ------
    DataError
        If one of them cannot be read at all.
    """
    import pyarrow as pa

    tables, readings, texts = [], [], set[str]()
    leaks = SystemPrompts(system_prompt)
    earlier: Earlier | None = set() if len(files) > 1 else None
    for number, file in enumerate(files):
        tally = Tally(file=file.path.name)
        for batch in _batches(turns_of(file, tally, limits, earlier)):
            leaks.measure(batch)
            texts |= {name for name in TEXTS for turn in batch if name in turn}
            tables.append(_columns(batch, number, with_texts=False))
        readings.append(tally.finished())
    if not tables:
        tables = [_columns([], 0, with_texts=False)]
    table = pa.concat_tables(tables, promote_options="default")
    return Turns(table=table, readings=tuple(readings), texts=tuple(sorted(texts)))


def text_batches(files: tuple[TurnsFile, ...], *, limits: Limits = LIMITS) -> Iterator[pa.Table]:
    """Read the files again with their texts, in pieces."""
    earlier: Earlier | None = set() if len(files) > 1 else None
    for number, file in enumerate(files):
        for batch in _batches(turns_of(file, Tally(file=file.path.name), limits, earlier)):
            yield _columns(batch, number, with_texts=True)


def _batches(turns: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for turn in turns:
        batch.append(turn)
        size += sum(len(turn[name]) for name in TEXTS if name in turn)
        if len(batch) >= BATCH or size > 16 * 2**20:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _columns(batch: list[dict[str, Any]], number: int, *, with_texts: bool) -> pa.Table:
    import pyarrow as pa

    names = list(dict.fromkeys(name for turn in batch for name in turn))
    columns: dict[str, Any] = {"source": pa.array([number] * len(batch), pa.int32())}
    for name in names:
        values = [turn.get(name) for turn in batch]
        if name not in TEXTS:
            columns[name] = _array(name, values)
        elif with_texts:
            columns[name] = pa.array(values, pa.large_string())
        elif name in ("prompt", "output"):
            columns[f"{name}_sha256"] = pa.array(
                [_digest(value) for value in values], pa.binary(32)
            )
            columns[f"{name}_chars"] = pa.array(
                [None if v is None else len(v) for v in values], pa.int64()
            )
    return pa.table(columns)


def _array(name: str, values: list[Any]) -> Any:
    import pyarrow as pa

    if name in TRUTHS or name.startswith("passed."):
        return pa.array(values, pa.bool_())
    if name in NUMBERS or name.startswith("test."):
        return pa.array(values, pa.float64())
    if name in ("row", "system_prompt_words"):
        return pa.array(values, pa.int64())
    if name in ("turn_id", "conversation_id", "pair_id", "item_id", "time"):
        return pa.array(values, pa.large_string())
    return pa.array(values, pa.string()).dictionary_encode()


def _digest(text: str | None) -> bytes | None:
    return None if text is None else hashlib.sha256(text.encode("utf-8", "replace")).digest()
