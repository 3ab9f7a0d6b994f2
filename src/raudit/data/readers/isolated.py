"""Files whose readers are large native programs, each read in a process of its own that may open nothing else.

A crash, a loop or a demand for all memory ends that process and is one clear error here. What comes back is checked as
a stranger's: plain JSON, and Arrow batches that are validated in full.
"""

from __future__ import annotations

import contextlib
import pickle
import signal
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from raudit.data.interface import ColumnName, Kind
from raudit.data.readers.options import over_limit
from raudit.data.readers.plain import kind_of
from raudit.data.readers.reader_task import ReaderTask
from raudit.data.readers.source import Gap, StreamedTable, add_problems, unreadable
from raudit.data.readers.typing import type_written
from raudit.errors import DataError, RauditError
from raudit.isolation.deadline import deadline
from raudit.isolation.messages import BrokenMessageError, described_error, receive, send
from raudit.isolation.start import ForkServer, Worker
from raudit.plan.schema import DataLimits
from raudit.printable import printable

READERS = ForkServer(
    "raudit.data.readers.bound",
    # The limit on memory counts what is asked for; Arrow's own allocators ask for more than they use.
    {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
)
MOST_IDLE = 2


def isolated(task: ReaderTask) -> Iterator[StreamedTable | Gap]:
    """The tables of a file, read in a process of its own.

    Raises
    ------
    DataError
        If it cannot be read, or takes more than it may.
    """
    readers = _Readers(task)
    for number, said in enumerate(readers.sources()):
        match said:
            case {"gap": str(gap), "because": str(because), "offered": bool(offered)}:
                yield Gap(name=printable(gap), because=printable(because), offered=offered)
            case _:
                yield _table(readers, number, said)


def _table(readers: _Readers, number: int, said: Mapping[str, Any]) -> StreamedTable:
    """A table as its reader describes it; checked, since that has read a stranger's file."""
    options = readers.task.options
    try:
        name = printable(str(said["name"]))
        kinds = {ColumnName(str(column)): Kind(kind) for column, kind in said["kinds"].items()}
        problems = [printable(str(problem)) for problem in said["problems"]]
        table = StreamedTable(
            name=name,
            kinds=kinds,
            limits=options.limits,
            n_rows=int(said["n_rows"]),
            read=partial(_read, readers, number, name, kinds, problems),
            problems=problems,
            header=tuple(str(column) for column in said["header"]),
            described={str(key): value for key, value in said["described"].items()},
            beside=tuple(str(text) for text in said["beside"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise unreadable(readers.task.name, "its reader does not say what it holds") from error
    if table.described.get("format") != "excel":
        return table
    return replace(table, typed=lambda _name, column: type_written(column, options.numbers))


def _read(
    readers: _Readers,
    number: int,
    name: str,
    kinds: Mapping[ColumnName, Kind],
    problems: list[str],
    columns: Sequence[ColumnName],
    rows: int,
) -> Iterator[Any]:
    request = {"table": number, "columns": [str(column) for column in columns], "rows": rows}
    with readers.one() as reader:
        head, content = reader.ask(request, name)
        while head.get("batch") is True:
            try:
                yield _batch(content, columns, kinds, name)
            except GeneratorExit:  # whoever reads has seen enough
                reader.stop()
                raise
            head, content = reader.ask({"more": True}, name)
        add_problems(problems, [printable(str(problem)) for problem in head.get("problems", [])])
        reader.between_questions = True


def _batch(
    content: bytes, columns: Sequence[ColumnName], kinds: Mapping[ColumnName, Kind], name: str
) -> Any:
    """A batch that came from a reader, if it is whole and what was asked for."""
    import pyarrow as pa

    try:
        batch = pa.ipc.open_stream(content).read_next_batch()
        for column in batch.columns:
            # A decimal is as wide as its type says, whatever it holds; DuckDB's have more digits than Arrow's may.
            column.validate(full=not pa.types.is_decimal(column.type))
    except (pa.ArrowException, OSError, ValueError, StopIteration) as error:
        raise unreadable(name, "its reader gave what is no table") from error
    same = batch.schema.names == [str(column) for column in columns]
    if not same or any(kind_of(f.type) != kinds[ColumnName(f.name)] for f in batch.schema):
        raise unreadable(name, "its reader gave other columns than it said")
    return batch


class _Readers:
    """The processes that read one file: started when needed, kept for the next question."""

    def __init__(self, task: ReaderTask) -> None:
        self.task = task
        self._idle: list[_Reader] = []
        self._first: list[Any] | None = None
        weakref.finalize(self, _end_all, self._idle)

    def sources(self) -> list[Any]:
        """What the file holds, as its reader says."""
        reader = self._opened()
        self._idle.append(reader)
        return reader.sources

    @contextlib.contextmanager
    def one(self) -> Iterator[_Reader]:
        """A process that has opened the file and is not asked anything."""
        try:
            reader = self._idle.pop()
        except IndexError:
            reader = self._opened()
        reader.begin()
        try:
            yield reader
        finally:
            if reader.between_questions and len(self._idle) < MOST_IDLE:
                self._idle.append(reader)
            else:
                reader.worker.close()

    def _opened(self) -> _Reader:
        try:
            reader = _Reader(READERS.start(), self.task)
        except OSError as error:
            raise DataError(
                "no process can be started to read the file",
                reference="no-process",
                where=self.task.name,
                got=error.strerror or str(error),
                hint="end other programs, or raise the machine's limits (ulimit -u, -v)",
            ) from error
        try:
            reader.open()
        except BaseException:
            reader.worker.close()
            raise
        return reader


def _end_all(idle: list[_Reader]) -> None:
    while idle:
        idle.pop().worker.close()


class _Reader:
    """One process, one question at a time, and the clock that ends it."""

    def __init__(self, worker: Worker, task: ReaderTask) -> None:
        self.worker, self.task = worker, task
        self.limits: DataLimits = task.options.limits
        self.sources: list[Any] = []
        self.between_questions = True
        self._left = float(self.limits.seconds)

    def open(self) -> None:
        """Have it open the file."""
        head, _ = self.ask({}, self.task.name, pickle.dumps(self.task))
        sources = head.get("sources")
        if not isinstance(sources, list):
            raise unreadable(self.task.name, "its reader does not say what it holds")
        self.sources = sources

    def begin(self) -> None:
        """Start to count the time of another reading."""
        self._left = float(self.limits.seconds)
        self.between_questions = False

    def stop(self) -> None:
        """Have it give no further batch; it does not answer."""
        with contextlib.suppress(OSError, ValueError):  # ended, or garbage already
            send(self.worker.inward, {"more": False})
            self.between_questions = True

    def ask(
        self, head: Mapping[str, Any], name: str, content: bytes = b""
    ) -> tuple[dict[str, Any], bytes]:
        """Ask something and wait; what raudit does between two questions is not counted.

        Raises
        ------
        DataError
            Its error, or that it took too much or ended.
        """
        started = time.monotonic()
        try:
            with deadline(self._left, self.worker.kill):
                send(self.worker.inward, head, content)
                answer, rest = receive(self.worker.outward)
        except (BrokenMessageError, BrokenPipeError, MemoryError) as error:
            raise self._ended(name, time.monotonic() - started) from error
        self._left = max(0.001, self._left - (time.monotonic() - started))
        if "error" in answer:
            raise self._error(answer["error"], name)
        return answer, rest

    def _ended(self, name: str, seconds: float) -> DataError:
        """The error for a process that ended without an answer."""
        status = self.worker.close()
        if seconds >= self._left or status == -getattr(signal, "SIGXCPU", 24):
            most = f"{self.limits.seconds:,} seconds"
            return over_limit(name, "seconds", f"not done after {most}", most)
        how = f"with status {status}"
        if status is not None and status < 0:
            how = f"by {signal.Signals(-status).name}"
        return DataError(
            "the file crashes its reader, or takes more memory than it may",
            reference="data-broken",
            where=name,
            got=f"its process ended {how}",
            expected=f"at most {self.limits.memory_gib:g} GiB, data.limits.memory_gib",
            hint="repair it or leave it out; raise data.limits.memory_gib if you trust it and it is large",
        )

    def _error(self, said: object, name: str) -> RauditError:
        described = said if isinstance(said, Mapping) else {}
        if described.get("memory"):
            most = f"{self.limits.memory_gib:g} GiB"
            return over_limit(name, "memory_gib", "more memory", most)
        return described_error(described) or unreadable(
            name, f"a fault of its reader: {str(described.get('fault', ''))[:200]}"
        )
