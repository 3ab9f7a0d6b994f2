"""ONNX models: graphs of standard operators without loops, run on the CPU by onnxruntime.

Before onnxruntime sees a file, every message in it is looked at, wherever it hangs: graphs in branches, functions,
sparse and training initialisers. Whatever names another file is refused, so that the digest covers all that is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName
from raudit.errors import ModelError
from raudit.extras import require
from raudit.model.columns import classes_of, features_of, number_column, text_column
from raudit.model.lot import by_lot
from raudit.ordinary import read_file
from raudit.plan import ModelSection

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
UNBOUNDED = ("Loop", "Scan")
DRAWING = {
    *("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"),
    *("Multinomial", "Bernoulli"),
}
"""Operators that draw at random; also with a seed of their own, each prediction goes on where the last one ended."""
CLEAR = 1e-6
"""Two probabilities that differ by less are equal: either class may be called the more probable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxModel:
    """An ONNX graph."""

    format: str
    sha256: Sha256
    features: tuple[ColumnName, ...]
    classes: tuple[str, ...]
    native: Any
    """The onnxruntime session; no stage can look inside."""
    source: str
    """File name, for messages."""
    outputs: tuple[str, ...]
    """Label and probabilities of a classifier, or the one output of a regressor."""

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Predict labels as text, or numbers for a regressor."""
        import numpy as np

        inputs = self._inputs(frame)
        if not self.classes:
            (found,) = self.native.run([self.outputs[0]], inputs)
            return np.asarray(found, dtype=np.float64).reshape(len(frame))
        label, proba = self.native.run(list(self.outputs), inputs)
        return self._named(np.asarray(label).reshape(-1), self._chances(proba, len(frame)))

    def _named(self, labels: np.ndarray, proba: np.ndarray) -> np.ndarray:
        """The graph's own decisions as classes; refuses classes that are in another order than the probabilities.

        A graph may hold a threshold of its own, so that decisions are not those for the most probable class.
        """
        import numpy as np

        known = np.array(self.classes, dtype=object)
        texts = labels.astype(str).astype(object)
        if not set(texts) <= set(self.classes) and np.issubdtype(labels.dtype, np.integer):
            inside = (labels >= 0) & (labels < len(known))
            texts = np.where(inside, known[np.where(inside, labels, 0)], texts)
        strange = sorted(set(texts) - set(self.classes))
        if strange:
            raise ModelError(
                "the model decides for labels that are none of its classes",
                reference="model-classes",
                where=self.source,
                got=", ".join(strange)[:200],
                expected=", ".join(self.classes)[:200],
                hint="list the labels under model.classes in the order of the probabilities",
            )
        places = np.searchsorted(np.sort(known), texts.astype(known.dtype))
        places = np.argsort(known)[places]
        if in_another_order(places, proba):
            raise ModelError(
                "the model decides as if its probabilities were those of other classes",
                reference="model-classes",
                where=self.source,
                got=", ".join(self.classes)[:200],
                hint="list the labels under model.classes in the order of the probabilities; if that is their order, "
                "the graph decides by a rule of its own: give its decisions as data.prediction and no model",
            )
        return texts

    def _chances(self, found: object, rows: int) -> np.ndarray:
        import numpy as np

        if isinstance(found, list):  # one mapping from label to probability for each row
            found = [list(row.values()) for row in found]
        numbers = np.asarray(found, dtype=np.float64)
        if numbers.size != rows * len(self.classes):
            raise ModelError(
                "the model gives no probability for each of its classes",
                reference="model-objective",
                where=self.source,
                got=f"{numbers.size:,} numbers for {rows:,} rows",
                expected=f"{len(self.classes)} probabilities a row",
                hint="export a classifier with probabilities; or give its decisions as data.prediction and no model",
            )
        return numbers.reshape(rows, len(self.classes))

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray | None:
        """Class probabilities of shape (n_samples, n_classes), or None for a regressor."""
        if not self.classes:
            return None
        (found,) = self.native.run([self.outputs[-1]], self._inputs(frame))
        return self._chances(found, len(frame))

    def _inputs(self, frame: pd.DataFrame) -> dict[str, np.ndarray]:
        import numpy as np

        inputs = self.native.get_inputs()
        if len(inputs) == 1 and len(self.features) > 1:
            columns = [self._column(frame[name], inputs[0].type) for name in self.features]
            return {inputs[0].name: np.stack(columns, axis=1)}
        return {
            put.name: self._column(frame[name], put.type).reshape(
                (-1, 1) if len(put.shape) > 1 else (-1,)
            )
            for put, name in zip(inputs, self.features, strict=True)
        }

    def _column(self, column: pd.Series[Any], kind: str) -> np.ndarray:
        import numpy as np

        if kind == "tensor(string)":
            texts = text_column(column)
            return np.array(["" if text is None else text for text in texts], dtype=object)
        numbers = number_column(column, self.source)
        if kind == "tensor(int64)":
            if np.isnan(numbers).any():
                raise ModelError(
                    f"the model takes whole numbers in column {column.name!r}, and some are missing",
                    reference="model-data",
                    where=self.source,
                    hint="an ONNX integer cannot be missing: fill the values as the training did",
                )
            return numbers.astype(np.int64)
        return numbers.astype(np.float64 if kind == "tensor(double)" else np.float32)


def in_another_order(places: np.ndarray, proba: np.ndarray) -> bool:
    """Whether decisions are explained by other names of the probabilities, and not by the names they have.

    Parameters
    ----------
    places
        Of shape (n_samples,): the class that each row was given.
    proba
        Of shape (n_samples, n_classes).

    Returns
    -------
    bool
        Of two classes, whether people are given the second below some probability of it and not above, where neither
        the most probable class nor a threshold from which the second is given explains that. Of more, whether every
        class was given where one probability is the largest, and for some class that is another's.
    """
    import numpy as np

    clear = np.ptp(np.sort(proba, axis=1)[:, -2:], axis=1) > CLEAR
    chosen, chance = places[clear], proba[clear]
    if not len(chosen) or (chance.argmax(axis=1) == chosen).all():
        return False
    if proba.shape[1] > 2:
        pairs = set(zip(chosen.tolist(), chance.argmax(axis=1).tolist(), strict=True))
        return len(pairs) == len({one for one, _ in pairs}) == len({best for _, best in pairs})
    second = chosen == 1
    if second.all() or not second.any():
        return bool((chance.argmax(axis=1) != chosen).all())
    low, high = chance[second, 1], chance[~second, 1]
    return bool(low.max() <= high.min())


def read_onnx(
    path: Path, *, sha256: Sha256, section: ModelSection, columns: Sequence[str]
) -> OnnxModel:
    """Read an ONNX file; see ``load_model``."""
    onnx = require("onnx", extra="onnx", purpose="check ONNX models")
    ort = require("onnxruntime", extra="onnx", purpose="run ONNX models")
    content = read_file(path)
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:
        raise _broken(path, type(error).__name__) from error
    _check_graph(model, path)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = False
    # What was checked is what runs: without this, four bytes in the right place make it another format.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.intra_op_num_threads = 1  # sums in one order: same inputs, same bytes
    try:
        session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise _broken(path, str(error).split("\n")[0][:160]) from error
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if not inputs or not outputs:
        raise _broken(path, "it has no inputs or no outputs")
    single = inputs[0].shape[-1] if len(inputs) == 1 and len(inputs[0].shape) == 2 else None
    width = len(inputs) if len(inputs) > 1 else single if isinstance(single, int) else None
    told = [put.name for put in inputs] if len(inputs) > 1 or width == 1 else []
    features = features_of(section, told, columns, where=path.name, width=width)
    classes: tuple[str, ...] = ()
    if len(outputs) > 1:
        labels = list(section.classes) or _labels(model)
        if not labels and outputs[0].type == "tensor(string)":
            raise ModelError(
                "the model does not say what its classes are called",
                reference="model-classes",
                where=path.name,
                hint="list the labels under model.classes in the order of the probabilities",
            )
        last = outputs[-1].shape[-1] if outputs[-1].shape else None
        size = last if isinstance(last, int) and last > 1 else len(labels) or 2
        classes = classes_of(section, labels, width=size, where=path.name)
    return OnnxModel(
        format="onnx",
        sha256=sha256,
        features=features,
        classes=classes,
        native=session,
        source=path.name,
        outputs=tuple(put.name for put in outputs[:2]),
    )


def _messages(message: Any) -> Iterator[Any]:
    """A protobuf message and every one inside it, found by the schema and not by a list of places."""
    waiting = [message]
    while waiting:
        one = waiting.pop()
        yield one
        for field, value in one.ListFields():
            if field.message_type is not None:
                waiting.extend([value] if hasattr(value, "ListFields") else value)


def _of_type(model: Any, name: str) -> Iterator[Any]:
    return (message for message in _messages(model) if message.DESCRIPTOR.name == name)


def _check_graph(model: object, path: Path) -> None:
    """Refuse what is not the standard's own operators, could run for ever, or reads other files."""
    nodes = list(_of_type(model, "NodeProto"))
    foreign = {f"{node.domain}.{node.op_type}" for node in nodes if node.domain not in DOMAINS}
    foreign |= {f"{item.domain}.{item.name}" for item in _of_type(model, "FunctionProto")}
    if foreign:
        raise ModelError(
            "the model uses operators that are not part of the ONNX standard",
            reference="model-custom-op",
            where=path.name,
            got=", ".join(sorted(foreign))[:200],
            expected="operators of ai.onnx and ai.onnx.ml",
            hint="such operators are native code of somebody's own; export the model without them",
        )
    outside = _in_other_files(model)
    if outside:
        raise ModelError(
            "the model keeps weights in other files",
            reference="model-external-data",
            where=path.name,
            got=", ".join(outside)[:200],
            expected="one file, whose digest covers everything",
            hint="save the model with its weights inside",
        )
    loops = sorted({node.op_type for node in nodes if node.op_type in UNBOUNDED})
    if loops:
        raise ModelError(
            "the model holds loops, which nothing bounds",
            reference="model-loops",
            where=path.name,
            got=", ".join(loops),
            expected="a graph without Loop and Scan",
            hint="export the model without them, or audit its predictions",
        )
    drawing = {node.op_type for node in nodes if node.op_type in DRAWING}
    # The third input of a dropout says that it is training; only a constant could say that it is not.
    drawing |= {node.op_type for node in nodes if node.op_type == "Dropout" and node.input[2:]}
    if drawing:
        raise by_lot(path.name, ", ".join(sorted(drawing)))


def _in_other_files(model: Any) -> list[str]:
    """Names of tensors whose values, or a part of them, are not in this file."""
    inside = model.DESCRIPTOR.file.message_types_by_name["TensorProto"].enum_types_by_name[
        "DataLocation"
    ]
    default = inside.values_by_name["DEFAULT"].number
    return sorted(
        {
            tensor.name or "a tensor without a name"
            for tensor in _of_type(model, "TensorProto")
            if tensor.data_location != default or tensor.external_data
        }
    )


def _labels(model: object) -> list[str]:
    """Class labels as a classifier node keeps them."""
    for node in _of_type(model, "NodeProto"):
        for attribute in node.attribute:
            if attribute.name == "classlabels_strings" and attribute.strings:
                return [text.decode("utf-8", "replace") for text in attribute.strings]
            if attribute.name in ("classlabels_ints", "classlabels_int64s") and attribute.ints:
                return [str(number) for number in attribute.ints]
    return []


def _broken(path: Path, why: str) -> ModelError:
    return ModelError(
        "the model file cannot be read",
        reference="model-broken",
        where=path.name,
        got=why,
        expected="a whole ONNX file",
        hint="export the model again",
    )
