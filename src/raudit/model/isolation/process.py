"""A model that stays in the process that read it: what raudit knows of it, and how raudit has it compute.

The process is bound (``limits``, ``guard``) and watched: whatever it is asked, a clock on this side ends it when the
time is up, and what it says is not believed beyond plain arrays and JSON (``messages``).
"""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName, DataSet
from raudit.errors import ModelError, RauditError
from raudit.isolation.deadline import deadline
from raudit.isolation.messages import BrokenMessageError, described_error, receive, send
from raudit.isolation.start import Worker
from raudit.model.isolation.arrays import unpack_columns
from raudit.model.isolation.limits import ended, over_memory, over_time
from raudit.plan import ModelLimits

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

PREDICT = "raudit.model.predict:predict_arrays"
PREDICT_ROWS = "raudit.model.predict:predict_frame"


class ModelProcess:
    """The process, and one question at a time.

    Parameters
    ----------
    worker
        The running process.
    file
        Name of the model file, for messages.
    limits
        What it may take.
    """

    def __init__(self, worker: Worker, *, file: str, limits: ModelLimits) -> None:
        self.file, self.limits = file, limits
        self._worker = worker
        self._gone: ModelError | None = None

    def ask(
        self,
        head: Mapping[str, Any],
        content: bytes = b"",
        *,
        doing: str,
        seconds: float,
        key: str,
        data: DataSet | None = None,
        progress: object = None,
    ) -> tuple[dict[str, Any], bytes]:
        """Have it do something, and wait for the answer.

        Parameters
        ----------
        head, content
            What is asked.
        doing
            What that is, for messages: "predicting".
        seconds
            Time after which the process is ended.
        key
            Where in ``model.limits`` that time is set.
        data
            The data set whose batches it may ask for while it works.
        progress
            Where it may say how far it is.

        Raises
        ------
        ModelError
            With reference ``model-limits``, if it takes too much or ends; the process has ended then, and whoever
            asks again is told the same.
        RauditError
            Whatever error the asked function raised.
        """
        if self._gone is not None:
            raise self._gone
        late = threading.Event()

        def end() -> None:
            late.set()
            self._worker.kill()

        try:
            with deadline(seconds, end):
                answer, rest = self._answer(head, content, data, progress)
        except (BrokenMessageError, BrokenPipeError, MemoryError) as error:
            status = self._worker.close()
            if late.is_set():
                self._gone = over_time(doing, self.file, seconds, key)
            else:
                self._gone = ended(doing, self.file, status, self.limits)
            raise self._gone from error
        except BaseException:
            self.close()  # what it would say next is the answer to a question that nobody asks any more
            raise
        if "error" in answer:
            raise self._error(answer["error"], doing)
        return answer, rest

    def _answer(
        self, head: Mapping[str, Any], content: bytes, data: DataSet | None, progress: Any
    ) -> tuple[dict[str, Any], bytes]:
        """Serve what the process asks for until it answers."""
        inward, outward = self._worker.inward, self._worker.outward
        send(inward, head, content)
        with contextlib.ExitStack() as bars:
            steps: list[Any] = []
            while True:
                said, rest = receive(outward)
                if "batches" in said and data is not None:
                    for batch in _batches(data, said):
                        send(inward, {"batch": True}, batch)
                    send(inward, {"batch": False})
                elif "task" in said and progress is not None:
                    steps.append(
                        bars.enter_context(
                            progress.task(str(said["task"])[:100], _whole(said.get("total")))
                        )
                    )
                elif "step" in said and steps:
                    steps[-1](_whole(said["step"]) or 0)
                elif "done" in said and steps:
                    steps.pop()
                elif "answer" in said or "error" in said:
                    return said, rest
                else:
                    raise BrokenMessageError

    def _error(self, said: object, doing: str) -> RauditError:
        """The error that the asked function raised, with only text taken from it."""
        said = said if isinstance(said, Mapping) else {}
        if said.get("memory"):
            return over_memory(doing, self.file, self.limits)
        error = described_error(said)
        if error is None:
            return ModelError(
                f"{doing} failed",
                reference="model-broken",
                where=self.file,
                got=str(said.get("fault", ""))[:200],
                hint="save the model again; or audit its predictions: give data.prediction and no model",
            )
        error.where = error.where or self.file
        return error

    def close(self) -> None:
        """End the process."""
        self._worker.close()


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _batches(data: DataSet, said: Mapping[str, Any]) -> Iterator[Any]:
    """Each batch as an Arrow stream, in a buffer."""
    import pyarrow as pa

    columns = said["batches"]
    if columns is not None and not all(isinstance(name, str) for name in columns):
        raise BrokenMessageError
    for batch in data.batches(columns, rows=max(1, _whole(said.get("rows")) or 65_536)):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        yield sink.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundModel:
    """A model that computes elsewhere, under its limits."""

    format: str
    sha256: Sha256
    features: tuple[ColumnName, ...]
    classes: tuple[str, ...]
    process: ModelProcess

    @property
    def native(self) -> Any:
        """Nothing: the library's own object never leaves the process.

        Raises
        ------
        ModelError
            Always.
        """
        raise ModelError(
            "the model is in a process of its own, and cannot be looked into from here",
            reference="model-bound",
            where=self.process.file,
            hint="a stage that looks inside says so by model_libraries, and then runs there",
        )

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Predict labels as text, or numbers for a regressor."""
        found = self._rows(frame, "labels")
        assert found is not None  # noqa: S101 -- every model has labels or numbers
        return found

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray | None:
        """Class probabilities of shape (n_samples, n_classes), or None."""
        return self._rows(frame, "proba")

    def _rows(self, frame: pd.DataFrame, what: str) -> np.ndarray | None:
        return self.columns(PREDICT_ROWS, {"frame": frame, "what": what})["rows"]

    def columns(
        self,
        function: str,
        arguments: Mapping[str, Any],
        *,
        data: DataSet | None = None,
        progress: object = None,
    ) -> dict[str, np.ndarray | None]:
        """Call a function in the process that gives arrays by name.

        Raises
        ------
        ModelError
            As ``ModelProcess.ask``.
        """
        answer, content = self._call(function, arguments, "predicting", data, progress)
        try:
            return unpack_columns(answer["answer"], content)
        except (BrokenMessageError, AttributeError) as error:
            self.process.close()
            raise ended("predicting", self.process.file, None, self.process.limits) from error

    def content(
        self,
        function: str,
        arguments: Mapping[str, Any],
        *,
        doing: str,
        data: DataSet,
        progress: object,
    ) -> bytes:
        """Call a function in the process that gives bytes.

        Raises
        ------
        ModelError
            As ``ModelProcess.ask``.
        """
        return self._call(function, arguments, doing, data, progress)[1]

    def _call(
        self,
        function: str,
        arguments: Mapping[str, Any],
        doing: str,
        data: DataSet | None,
        progress: object,
    ) -> tuple[dict[str, Any], bytes]:
        about = None
        if data is not None:
            kinds = {str(name): kind.value for name, kind in data.kinds.items()}
            about = {
                "name": data.name,
                "sha256": data.sha256,
                "n_rows": data.n_rows,
                "kinds": kinds,
            }
        return self.process.ask(
            {"call": function, "data": about},
            pickle.dumps(dict(arguments)),
            doing=doing,
            seconds=self.process.limits.predict_seconds,
            key="predict_seconds",
            data=data,
            progress=progress,
        )
