"""What runs in a model's own process: import the libraries, give up what is not needed, read the file, answer."""

from __future__ import annotations

import contextlib
import importlib
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName, DataSet, Kind
from raudit.isolation.guard import close_files, close_network
from raudit.isolation.limits import limit_memory, limit_seconds
from raudit.isolation.messages import BrokenMessageError, describe_error, receive, send
from raudit.model.interface import Model
from raudit.model.isolation.arrays import pack_columns
from raudit.model.isolation.libraries import readers_of
from raudit.model.load import load_model
from raudit.model.lot import predicted_alike
from raudit.plan import ModelSection

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Channel:
    """Both ends of the pipes to raudit."""

    inward: IO[bytes]
    outward: IO[bytes]

    @contextlib.contextmanager
    def task(self, description: str, total: int | None = None) -> Iterator[Any]:
        """Progress, shown by raudit."""
        send(self.outward, {"task": description, "total": total})
        yield lambda steps: send(self.outward, {"step": int(steps)})
        send(self.outward, {"done": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedDataSet:
    """A data set that raudit holds, whose batches come when they are asked for."""

    name: str
    sha256: Sha256
    n_rows: int
    kinds: Mapping[ColumnName, Kind]
    channel: Channel = field(repr=False)

    def batches(
        self, columns: Sequence[ColumnName] | None = None, *, rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """Read columns in pieces."""
        import pyarrow as pa

        asked = None if columns is None else [str(name) for name in columns]
        send(self.channel.outward, {"batches": asked, "rows": rows})
        pending = True
        try:
            while True:
                head, content = receive(self.channel.inward)
                pending = bool(head["batch"])
                if not pending:
                    return
                yield from pa.ipc.open_stream(content)
        finally:
            while pending:  # who stops early leaves the rest in the pipe
                pending = bool(receive(self.channel.inward)[0]["batch"])

    def frame(self, columns: Sequence[ColumnName] | None = None) -> pd.DataFrame:
        """Read columns as pandas."""
        frame: pd.DataFrame = self._table(columns).to_pandas(integer_object_nulls=False)
        return frame

    def with_columns(self, columns: Mapping[ColumnName, Any]) -> DataSet:
        """Add computed columns, to a copy held here."""
        from raudit.data.table import ArrowDataSet

        return ArrowDataSet(
            name=self.name, sha256=self.sha256, table=self._table(None)
        ).with_columns(columns)

    def _table(self, columns: Sequence[ColumnName] | None) -> Any:
        import pyarrow as pa

        return pa.Table.from_batches(list(self.batches(columns)))


def serve(inward: IO[bytes], outward: IO[bytes]) -> None:
    """Read the model that is asked for, and compute with it until nobody asks any more."""
    channel = Channel(inward, outward)
    with contextlib.suppress(BrokenMessageError, BrokenPipeError):
        task, sample = receive(channel.inward)
        model: list[Model] = []
        _answer(channel, lambda: (_describe(_loaded(model, task, sample)), b""))
        while model:
            head, content = receive(channel.inward)
            _answer(channel, lambda: _called(channel, model[0], head, content))  # noqa: B023 -- called at once


def _answer(channel: Channel, work: Any) -> None:
    try:
        answer, content = work()
        send(channel.outward, {"answer": answer}, content)
    except (BrokenMessageError, BrokenPipeError):
        raise
    except Exception as error:  # noqa: BLE001 -- the other process decides what becomes of it
        send(channel.outward, {"error": describe_error(error)})


def _loaded(model: list[Model], task: Mapping[str, Any], sample: bytes) -> Model:
    section, path = ModelSection.model_validate(task["section"]), Path(task["path"])
    trusted = section.format.startswith(
        "unsafe"
    )  # a file that may run code may open what its code needs
    if not trusted:
        close_network()  # before the libraries: some of them report on their own use
    _import_first(section, path, task["libraries"])
    limit_memory(section.limits.memory_gib)
    limit_seconds(section.limits.seconds)
    if not trusted:
        close_files([path, *(Path(place) for place in sys.path if section.trusted_types)])
    found = load_model(section, path, columns=task["columns"])
    _predict(found, sample, path.name)
    limit_seconds(None)
    model.append(found)
    return found


def _describe(model: Model) -> dict[str, Any]:
    return {
        "format": model.format,
        "sha256": model.sha256,
        "features": list(model.features),
        "classes": list(model.classes),
    }


def _import_first(section: ModelSection, path: Path, libraries: Sequence[str]) -> None:
    """Import what reads the format, so that the limits are the file's own."""
    for name in (*readers_of(section, path), *libraries):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _predict(model: Model, sample: bytes, file: str) -> None:
    import pyarrow as pa

    rows = pa.ipc.open_stream(sample).read_all().to_pandas()
    if len(rows):
        predicted_alike(model, rows[list(model.features)], where=file)


def _called(
    channel: Channel, model: Model, head: Mapping[str, Any], content: bytes
) -> tuple[dict[str, Any] | bool, bytes]:
    """Call a function of raudit by its name, ``module:function``, with the model, the data and the channel."""
    module, _, name = head["call"].partition(":")
    function = getattr(importlib.import_module(module), name)
    arguments = pickle.loads(content)  # noqa: S301 -- from raudit itself
    about = head["data"]
    if about is None:
        found = function(model, **arguments)
    else:
        kinds = {ColumnName(column): Kind(kind) for column, kind in about["kinds"].items()}
        data = ServedDataSet(**{**about, "kinds": kinds}, channel=channel)
        found = function(model, data, progress=channel, **arguments)
    return (True, found) if isinstance(found, bytes) else pack_columns(found)
