"""What runs in a reader's own process: give up what is not needed, open the one file, give its tables in pieces."""

from __future__ import annotations

import contextlib
import importlib
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, TypeVar

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet

from raudit.data.interface import ColumnName
from raudit.data.readers import arrow_files  # noqa: F401
from raudit.data.readers.reader_task import ReaderTask
from raudit.data.readers.source import Gap, StreamedTable
from raudit.isolation.guard import close_files, close_network
from raudit.isolation.limits import limit_memory, limit_seconds
from raudit.isolation.messages import BrokenMessageError, describe_error, receive, send

Found = TypeVar("Found")

GRACE = 5
"""Seconds of processor time beyond the limit, so that the clock in raudit is the one that ends a reader."""


def serve(inward: IO[bytes], outward: IO[bytes]) -> None:
    """Open what is asked for, and read from it as often as asked, until nobody asks any more."""
    try:
        _head, content = receive(inward)
        task: ReaderTask = pickle.loads(content)  # noqa: S301 -- from raudit itself
        sources = _answer(outward, lambda: _opened(task))
        if sources is None:
            return
        send(outward, {"sources": [_described(source) for source in sources]})
        while True:
            request, _ = receive(inward)
            limit_seconds(task.options.limits.seconds + GRACE)
            source = sources[request["table"]]
            assert isinstance(source, StreamedTable)  # noqa: S101 -- gaps are not read
            _answer(outward, lambda: _read(inward, outward, source, request))  # noqa: B023 -- at once
    except (BrokenMessageError, BrokenPipeError):
        return


def _answer(outward: IO[bytes], work: Callable[[], Found]) -> Found | None:
    """What the work gives; None after telling its error."""
    try:
        return work()
    except (BrokenMessageError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 -- the other process decides what becomes of it
        send(outward, {"error": describe_error(error)})
        return None


def _opened(task: ReaderTask) -> list[StreamedTable | Gap]:
    close_network()  # before the libraries: some of them report on their own use
    for library in task.libraries:
        with contextlib.suppress(ImportError):  # the opener says what is missing
            importlib.import_module(library)
    module, _, function = task.opener.partition(":")
    opener = getattr(importlib.import_module(module), function)
    limit_memory(task.options.limits.memory_gib)
    limit_seconds(task.options.limits.seconds + GRACE)
    close_files([task.path])
    found = opener(task.path, task.name, task.options, **task.more)
    return [found] if isinstance(found, StreamedTable) else list(found)


def _described(source: StreamedTable | Gap) -> dict[str, Any]:
    if isinstance(source, Gap):
        return {"gap": source.name, "because": source.because, "offered": source.offered}
    return {
        "name": source.name,
        "kinds": {str(name): kind.value for name, kind in source.kinds.items()},
        "n_rows": source.n_rows,
        "header": list(source.header),
        "described": dict(source.described),
        "problems": source.problems,
        "beside": list(source.beside),
    }


def _read(
    inward: IO[bytes], outward: IO[bytes], source: StreamedTable, request: Mapping[str, Any]
) -> None:
    """Batches, one for each time that the next is asked for."""
    columns: Sequence[ColumnName] = [ColumnName(name) for name in request["columns"]]
    for batch in source.batches(columns, rows=request["rows"]):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        send(outward, {"batch": True}, sink.getvalue())
        if not receive(inward)[0]["more"]:
            return
    send(outward, {"batch": False, "problems": source.problems})
