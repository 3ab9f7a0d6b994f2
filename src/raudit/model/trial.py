"""A model file is first read, and predicts a few rows, in a process of its own that may not take much.

Parsers of model formats are large native programs, and a file made to hurt them can crash, hang or take all memory. The
process has a limit on its address space, its processor time and the clock, and what it prints is not believed beyond
one line of JSON.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    import pyarrow as pa

    from raudit.plan import ModelSection

ANSWER = "raudit-trial "


def try_model(section: ModelSection, path: Path, *, columns: Sequence[str], sample: pa.Table) -> None:
    """Read a model and predict some rows, elsewhere.

    Raises
    ------
    ModelError
        If that fails, with the reader's own words; or if the process crashes or goes over a limit.
    MissingExtraError
        If the library is not installed.
    """
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, sample.schema) as writer:
        writer.write_table(sample)
    task = {
        "section": section.model_dump(mode="json"),
        "path": str(path.resolve()),
        "columns": list(columns),
        "sample": base64.b64encode(sink.getvalue().to_pybytes()).decode(),
    }
    limits = section.limits
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    seconds = 2 * limits.seconds + 30
    with subprocess.Popen(
        [sys.executable, "-m", "raudit.model.trial"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    ) as process:
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None  # noqa: S101 -- a pipe was asked for
            process.stdin.write(json.dumps(task).encode())
            process.stdin.close()
        process.stdin = None
        _import_first(section, path)  # needed here next, and there is time now
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise _over(path, f"not done after {seconds} s", section) from error
    lines = output.decode("utf-8", "replace").splitlines()
    answer = next((line.removeprefix(ANSWER) for line in reversed(lines) if line.startswith(ANSWER)), None)
    if answer is None:
        raise _over(path, f"its process ended with {process.returncode}", section)
    found = json.loads(answer)
    if found:
        kind = MissingExtraError if found.pop("kind") == "MissingExtraError" else ModelError
        raise kind(found.pop("message"), **found)


def _over(path: Path, got: str, section: ModelSection) -> ModelError:
    limits = section.limits
    return ModelError(
        "reading the model file crashed, or took more than it may",
        reference="model-limits",
        where=path.name,
        got=got,
        expected=f"at most {limits.memory_gib:g} GiB and {limits.seconds} s, model.limits",
        hint="if you trust the file and it is large, raise model.limits; else do not use it",
    )


def main() -> None:
    """Do the task on standard input under its limits, and print one line."""
    import resource

    from raudit.model.load import load_model
    from raudit.plan import ModelSection

    task = json.load(sys.stdin.buffer)
    section = ModelSection.model_validate(task["section"])
    _import_first(section, Path(task["path"]))
    memory = _address_space() + int(section.limits.memory_gib * 2**30)
    seconds = int(time.process_time()) + 1 + section.limits.seconds
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    found: dict[str, Any] = {}
    try:
        model = load_model(section, Path(task["path"]), columns=task["columns"])
        _predict(model, task["sample"])
    except (ModelError, MissingExtraError) as error:
        found = {name: getattr(error, name) for name in ("message", "reference", "where", "got", "expected", "hint")}
        found |= {"kind": type(error).__name__, "where": error.where or Path(task["path"]).name}
    except MemoryError:
        os._exit(137)
    sys.stdout.write(f"\n{ANSWER}{json.dumps(found)}\n")
    sys.stdout.flush()
    os._exit(0)  # not waiting for threads or destructors of a library that read a hostile file


LIBRARIES = {
    "skops": ("skops.io", "sklearn"),
    "xgboost": ("xgboost",),
    "lightgbm": ("lightgbm",),
    "catboost": ("catboost",),
    "onnx": ("onnx", "onnxruntime"),
}


def _import_first(section: ModelSection, path: Path) -> None:
    """Import what reads the format, so that the limits are the file's own."""
    import importlib

    import pandas as pd  # noqa: F401
    import pyarrow as pa  # noqa: F401

    from raudit.model.load import format_of

    with contextlib.suppress(ImportError, ModelError):
        for name in LIBRARIES.get(format_of(section, path), ()):
            importlib.import_module(name)


def _address_space() -> int:
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def _predict(model: Any, sample: str) -> None:
    import pyarrow as pa

    rows = pa.ipc.open_stream(base64.b64decode(sample)).read_all().to_pandas()
    if len(rows):
        from raudit.model.predict import predict_rows

        predict_rows(model, rows[list(model.features)])


if __name__ == "__main__":
    main()
