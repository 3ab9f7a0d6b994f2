"""A model that decides by lot: an audit of it is true of no other day."""

from __future__ import annotations

from typing import Any

from raudit.errors import ModelError
from raudit.model.interface import Model
from raudit.model.predict import predict_rows


def by_lot(where: str, got: str) -> ModelError:
    """The error for a model that draws at random."""
    return ModelError(
        "the model decides by lot: the same rows get other predictions each time",
        reference="model-random",
        where=where,
        got=got,
        expected="the same predictions for the same rows",
        hint="export the model for prediction and not for training; or audit the decisions that were made, as "
        "data.prediction and no model",
    )


def predicted_alike(model: Model, frame: Any, *, where: str) -> None:
    """Predict some rows twice.

    Raises
    ------
    ModelError
        If that fails, or the two differ.
    """
    import numpy as np

    first, again = predict_rows(model, frame), predict_rows(model, frame)
    for one, two in zip(first, again, strict=True):
        if one is None:
            continue
        # Threads may add up in another order: that moves the last bits of a 32-bit sum and is no lot.
        near = one.dtype.kind == "f"
        other = ~np.isclose(one, two, rtol=1e-5, atol=1e-8, equal_nan=True) if near else one != two
        if other.any():
            rows = int(other.reshape(len(frame), -1).any(axis=1).sum())
            raise by_lot(where, f"{rows:,} of {len(frame):,} rows")
