"""A model's predictions on a data set, in batches, as columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raudit.data.interface import DataSet
from raudit.errors import ModelError
from raudit.model.interface import Model

BATCH = 65_536


def predict_columns(
    model: Model, data: DataSet, *, favourable: frozenset[str], threshold: float | None, progress: Any
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
            hint="write data.label.favourable as the model writes its classes",
        )
    good = [place for place, label in enumerate(model.classes) if label in favourable]
    labels: list[Any] = []
    scores: list[Any] = []
    with progress.task("predicting", data.n_rows) as step:
        for batch in data.batches(list(model.features), rows=BATCH):
            frame = pa.Table.from_batches([batch]).to_pandas()
            try:
                proba = model.predict_proba(frame) if good else None
                labels.append(model.predict(frame) if proba is None or threshold is None else None)
            except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
                raise ModelError(
                    "the model cannot predict on this data",
                    reference="model-data",
                    got=type(error).__name__,
                    expected="columns of the kinds it was fitted on",
                    hint="compare the data's columns with those the model was trained on",
                ) from error
            if proba is not None:
                scores.append(proba[:, good].sum(axis=1))
            step(len(frame))
    y_score = np.concatenate(scores) if scores else None
    if threshold is not None and y_score is not None:
        best = next(label for label in model.classes if label in favourable)
        other = next((label for label in model.classes if label not in favourable), "")
        y_pred = np.where(y_score >= threshold, best, other).astype(object)
    else:
        y_pred = np.concatenate(labels) if labels else np.array([], dtype=object)
    return {"y_pred": y_pred, "y_score": y_score}
