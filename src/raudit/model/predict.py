"""A model's predictions on a data set, in batches, as columns."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from raudit.data.interface import DataSet
from raudit.errors import ModelError
from raudit.model.interface import Model

if TYPE_CHECKING:
    import pandas as pd

BATCH = 65_536


def predict_columns(
    model: Model,
    data: DataSet,
    *,
    favourable: frozenset[str],
    threshold: float | None,
    progress: Any,
    seconds: int | None = None,
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
    seconds
        Longest time, looked at after each batch; None for no limit.

    Returns
    -------
    dict
        ``y_pred`` of shape (n_rows,): labels as text, or numbers for regression; ``y_score`` of shape (n_rows,): the
        probability of the favourable classes together, or None if the model has no probabilities.

    Raises
    ------
    ModelError
        If the model cannot predict on this data, or a favourable class is none of its classes.
    """
    import numpy as np
    import pyarrow as pa

    if model.classes and favourable and not favourable & set(model.classes):
        raise ModelError(
            "no favourable label is a class of the model",
            reference="model-classes",
            got=", ".join(model.classes)[:200],
            expected=", ".join(sorted(favourable)),
            hint="write data.label.favourable as the model writes its classes, or name them under model.classes",
        )
    good = [place for place, label in enumerate(model.classes) if label in favourable]
    deadline = None if seconds is None else time.monotonic() + seconds
    labels: list[Any] = []
    scores: list[Any] = []
    with progress.task("predicting", data.n_rows) as step:
        for batch in data.batches(list(model.features), rows=BATCH):
            frame = pa.Table.from_batches([batch]).to_pandas()
            proba, found = predict_rows(model, frame, proba=bool(good), labels=not good or threshold is None)
            labels.append(found)
            if proba is not None:
                scores.append(proba[:, good].sum(axis=1))
            step(len(frame))
            if deadline is not None and time.monotonic() > deadline:
                raise ModelError(
                    "predicting takes longer than it may",
                    reference="model-limits",
                    got=f"{sum(map(len, labels)):,} of {data.n_rows:,} rows done",
                    expected=f"at most {seconds} s, model.limits.predict_seconds",
                    hint="raise the limit, or give the predictions as data.prediction and data.score",
                )
    y_score = np.concatenate(scores) if scores else None
    if threshold is not None and y_score is not None:
        best = next(label for label in model.classes if label in favourable)
        other = next((label for label in model.classes if label not in favourable), "")
        y_pred = np.where(y_score >= threshold, best, other).astype(object)
    else:
        y_pred = np.concatenate(labels) if labels else np.array([], dtype=object)
    return {"y_pred": y_pred, "y_score": y_score}


def predict_frame(model: Model, *, frame: pd.DataFrame, what: str) -> dict[str, Any]:
    """Predict some rows, as ``predict_rows``: ``what`` is ``labels`` or ``proba``."""
    proba, labels = predict_rows(model, frame, proba=what == "proba", labels=what == "labels")
    return {"rows": proba if what == "proba" else labels}


def predict_rows(model: Model, frame: pd.DataFrame, *, proba: bool = True, labels: bool = True) -> tuple[Any, Any]:
    """Probabilities and labels of some rows; None for what was not asked for or is not there.

    Raises
    ------
    ModelError
        If the model cannot predict them.
    """
    try:
        return model.predict_proba(frame) if proba else None, model.predict(frame) if labels else None
    except ModelError:
        raise
    except Exception as error:  # whatever a model's library raises, it is the model that does not fit
        if isinstance(error, MemoryError) or "alloc" in str(error):
            raise ModelError(
                "predicting takes more memory than there is", reference="model-limits", got=f"{len(frame):,} rows"
            ) from error
        raise ModelError(
            "the model cannot predict on this data",
            reference="model-data",
            got=type(error).__name__,
            expected="columns of the kinds it was fitted on",
            hint="compare the data's columns with those the model was trained on",
        ) from error
