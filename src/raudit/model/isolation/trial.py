"""A model file is first read, and predicts a few rows, in a process of its own that may not take much.

Parsers of model formats are large native programs, and a file made to hurt them can crash, hang or take all memory. The
process has a limit on its address space, its processor time and the clock, may open nothing but the file (``guard``),
and stays: every later prediction and explanation is computed there, under the same limits.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName
from raudit.errors import ModelError
from raudit.isolation.start import ForkServer, Worker
from raudit.model.isolation.libraries import readers_of, shared_by_all
from raudit.model.isolation.process import BoundModel, ModelProcess
from raudit.plan import ModelSection

if TYPE_CHECKING:
    import pyarrow as pa

THREADS = 4
"""Most threads of tree libraries, whose stacks and arenas count as memory; sums of matrices use one, in one order."""


def bound_model(
    section: ModelSection,
    path: Path,
    *,
    columns: Sequence[str],
    sample: pa.Table,
    libraries: Sequence[str] = (),
) -> BoundModel:
    """Read a model in a process of its own, predict some rows there, and keep the process.

    Parameters
    ----------
    section
        What the plan says of it.
    path
        The file.
    columns
        Columns of the data set.
    sample
        A few rows of the data set.
    libraries
        Modules to import before the limits hold, beyond those that read the format.

    Raises
    ------
    ModelError
        If that fails, with the reader's own words; or if the process crashes or goes over a limit, or the machine has
        none left.
    MissingExtraError
        If a library is not installed.
    """
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, sample.schema) as writer:
        writer.write_table(sample)
    at_once = shared_by_all([*readers_of(section, path), *libraries])
    process = ModelProcess(_started(at_once, path.name), file=path.name, limits=section.limits)
    task = {
        "section": section.model_dump(mode="json"),
        "path": str(path.resolve()),
        "columns": list(columns),
        "libraries": list(libraries),
    }
    try:
        answer, _ = process.ask(
            task,
            sink.getvalue().to_pybytes(),
            doing="reading the model file",
            seconds=2 * section.limits.seconds + 30,
            key="seconds",
        )
        return _described(answer["answer"], process)
    except BaseException:
        process.close()
        raise


def _started(libraries: tuple[str, ...], file: str) -> Worker:
    try:
        return _server(libraries).start()
    except OSError as error:
        raise ModelError(
            "no process can be started to read the model",
            reference="no-process",
            where=file,
            got=error.strerror or str(error),
            hint="end other programs, or raise the machine's limits (ulimit -u, -v)",
        ) from error


@cache
def _server(libraries: tuple[str, ...]) -> ForkServer:
    threads = str(min(os.cpu_count() or 1, THREADS))
    variables = {
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    return ForkServer("raudit.model.isolation.bound", variables, libraries)


def _described(said: object, process: ModelProcess) -> BoundModel:
    """What the process says of the model; checked, since it has read a stranger's file."""
    match said:
        case {
            "format": str(kind),
            "sha256": str(digest),
            "features": list(features),
            "classes": list(classes),
        }:
            return BoundModel(
                format=kind,
                sha256=Sha256(digest),
                features=tuple(ColumnName(str(name)) for name in features),
                classes=tuple(str(label) for label in classes),
                process=process,
            )
        case _:
            raise ModelError(
                "the model's process does not say what the model is",
                reference="model-broken",
                where=process.file,
            )
