"""A model's predictions on a data set, in batches, as columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from raudit.data.interface import DataSet
from raudit.errors import ModelError
from raudit.model.columns import favourable_places
from raudit.model.interface import Model
from raudit.model.unfit import unpredictable
from raudit.model.unknown import LevelCensus

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

BATCH = 65_536
CLOSE = 1e-3
"""How far off probabilities may be; some libraries compute in 32 bits."""


def predict_columns(
    model: Model,
    data: DataSet,
    *,
    favourable: frozenset[str],
    threshold: float | None,
    progress: Any,
) -> Mapping[str, Any]:
    """Predict every row.

    Parameters
    ----------
    model
        The model.
    data
        The data set; only the model's features are read.
    favourable
        Classes, as text, that are good for the person; empty for regression and ranking.
    threshold
        Scores at or above it are favourable decisions; None leaves the decision to the model's own ``predict``.
    progress
        Where long work says how far it is.

    Returns
    -------
    dict
        ``y_pred`` of shape (n_rows,): labels as text, or numbers for regression; ``y_score`` of shape (n_rows,): the
        probability of the favourable classes together, in the model's own type, or None if it has no probabilities;
        ``unknown_levels``: by categorical column, how many values are in none of the model's categories, and how many
        there are.

    Raises
    ------
    ModelError
        If the model cannot predict on this data, a favourable class is none of its classes, or a column holds no
        value that the model learnt.
    """
    import numpy as np
    import pyarrow as pa

    good = list(favourable_places(model.classes, favourable))
    if model.classes and favourable and not good:
        raise ModelError(
            "no favourable label is a class of the model",
            reference="model-classes",
            got=", ".join(model.classes)[:200],
            expected=", ".join(sorted(favourable)),
            hint="write data.label.favourable as the model writes its classes, or name them under model.classes",
        )
    census = LevelCensus(model)
    labels: list[Any] = []
    scores: list[Any] = []
    with progress.task("predicting", data.n_rows) as step:
        for batch in data.batches(list(model.features), rows=BATCH):
            frame = pa.Table.from_batches([batch]).to_pandas()
            proba, found = predict_rows(
                model, frame, proba=bool(good), labels=not good or threshold is None
            )
            labels.append(found)
            census.add(frame)
            if proba is not None:
                scores.append(proba[:, good].sum(axis=1))
            step(len(frame))
    census.refuse()
    y_score = np.concatenate(scores) if scores else None
    if threshold is not None and y_score is not None:
        best = model.classes[good[0]]
        other = next((label for place, label in enumerate(model.classes) if place not in good), "")
        y_pred = np.where(y_score >= threshold, best, other).astype(object)
    else:
        y_pred = np.concatenate(labels) if labels else np.array([], dtype=object)
    if favourable and not model.classes:
        _refuse_amounts(y_pred)
    return {"y_pred": y_pred, "y_score": y_score, "unknown_levels": census.unknown}


def predict_arrays(model: Model, data: DataSet, **asked: Any) -> dict[str, Any]:
    """Do as ``predict_columns`` and give arrays only, which can be sent; see ``unknown_levels``."""
    import numpy as np

    columns = dict(predict_columns(model, data, **asked))
    unknown = columns.pop("unknown_levels")
    columns["unknown_columns"] = np.array([*unknown], dtype=object)
    columns["unknown_counts"] = np.array([*unknown.values()], dtype=np.int64).reshape(-1, 2)
    return columns


def unknown_levels(columns: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Read ``unknown_levels`` of ``predict_columns`` back from the arrays of ``predict_arrays``."""
    names, counts = columns["unknown_columns"], columns["unknown_counts"]
    return {str(name): (int(row[0]), int(row[1])) for name, row in zip(names, counts, strict=True)}


def _refuse_amounts(y_pred: Any) -> None:
    """A model without classes may still predict labels, such as 0 and 1; amounts are no decisions."""
    import numpy as np

    if y_pred.dtype.kind == "f" and (y_pred != np.floor(y_pred)).any():
        raise ModelError(
            "the model predicts amounts, and the plan asks for decisions",
            reference="model-objective",
            expected="a classifier, since data.label.favourable is given",
            hint="set task: regression; or give the decisions as data.prediction and no model",
        )


def predict_frame(model: Model, *, frame: pd.DataFrame, what: str) -> dict[str, Any]:
    """Predict some rows, as ``predict_rows``: ``what`` is ``labels`` or ``proba``."""
    proba, labels = predict_rows(model, frame, proba=what == "proba", labels=what == "labels")
    return {"rows": proba if what == "proba" else labels}


def predict_rows(
    model: Model, frame: pd.DataFrame, *, proba: bool = True, labels: bool = True
) -> tuple[Any, Any]:
    """Probabilities and labels of some rows; None for what was not asked for or is not there.

    Raises
    ------
    ModelError
        If the model cannot predict them.
    """
    try:
        chances = model.predict_proba(frame) if proba else None
        found = model.predict(frame) if labels else None
        _refuse_shapes(model, frame, chances, found)
        if chances is not None:
            _refuse_margins(chances)
        return chances, found
    except ModelError:
        raise
    except (
        Exception
    ) as error:  # whatever a model's library raises, it is the model that does not fit
        if isinstance(error, MemoryError) or "alloc" in str(error):
            raise ModelError(
                "predicting takes more memory than there is",
                reference="model-limits",
                got=f"{len(frame):,} rows",
            ) from error
        raise unpredictable(error, frame) from error


def _refuse_shapes(model: Model, frame: pd.DataFrame, chances: object, found: Any) -> None:
    """Hold what a library gave against one prediction a row and one probability a class."""
    rows, width = len(frame), len(model.classes)
    shapes: list[tuple[Any, tuple[int, ...]]] = (
        [] if chances is None else [(getattr(chances, "shape", None), (rows, width))]
    )
    shapes += [] if found is None else [(found.shape, (rows,))]
    for got, expected in shapes:
        if got != expected:
            raise ModelError(
                "the model predicts several numbers for each row",
                reference="model-objective",
                got=f"the shape {got}",
                expected=f"the shape {expected}",
                hint="audit the output you act on: give it as data.prediction or data.score, and no model",
            )


def _refuse_margins(chances: NDArray[np.float64]) -> None:
    """Refuse scores that stand where probabilities should, such as an exported classifier's raw margins."""
    import numpy as np

    outside = bool(((chances < -CLOSE) | (chances > 1 + CLOSE)).any())
    if outside or bool((np.abs(chances.sum(axis=1) - 1) > CLOSE).any()):
        raise ModelError(
            "the numbers that the model gives for its classes are no probabilities",
            reference="model-objective",
            got="numbers below 0 or above 1" if outside else "numbers that do not add up to 1",
            expected="one probability a class, which add up to 1",
            hint="export the model with probabilities; or give its decisions as data.prediction and no model",
        )
