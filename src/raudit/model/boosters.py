"""Gradient-boosted trees in their libraries' own files: XGBoost JSON and UBJ, LightGBM text, CatBoost cbm.

Each library parses its own format, which holds trees and no code. Categories that a model learnt are looked up in what
the file says; a category that the model never saw counts as missing, as far as the library knows missing values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName
from raudit.errors import ModelError
from raudit.model.columns import text_column

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

BATCH = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """What each feature added to a margin."""

    values: np.ndarray
    """Path-dependent SHAP values, of shape (n_samples, n_features)."""
    base: float
    margin: np.ndarray
    """The model's own margin, of shape (n_samples,)."""


@runtime_checkable
class Explaining(Protocol):
    """A model whose library computes SHAP values itself."""

    @property
    def family(self) -> str:
        """Such as ``xgboost``."""
        ...

    def contributions(self, frame: pd.DataFrame, place: int) -> Contributions:
        """SHAP values of the margin toward the class at ``place``; of the prediction for a regressor."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Booster:
    """A boosted ensemble of trees."""

    format: str
    sha256: Sha256
    features: tuple[ColumnName, ...]
    classes: tuple[str, ...]
    native: Any
    family: str
    encode: Callable[[pd.DataFrame], Any]
    """Makes of columns what the library reads."""
    raw: Callable[[Any], np.ndarray]
    """Margins, of shape (n_samples,) or (n_samples, n_classes)."""
    shap: Callable[[Any], np.ndarray]
    """Contributions and base value, of shape (n_samples, n_features + 1) or (n_samples, n_classes, n_features + 1)."""
    output: Callable[[Any], np.ndarray]
    """The library's own prediction: of a regressor, or probabilities of the second class or of every class."""

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Predict labels as text, or numbers for a regressor."""
        import numpy as np

        proba = self.predict_proba(frame)
        if proba is None:
            return np.asarray(self.output(self.encode(frame[list(self.features)])), dtype=np.float64)
        named: np.ndarray = np.array(self.classes, dtype=object)[proba.argmax(axis=1)]
        return named

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray | None:
        """Class probabilities of shape (n_samples, n_classes), or None for a regressor."""
        import numpy as np

        if not self.classes:
            return None
        chance = np.asarray(self.output(self.encode(frame[list(self.features)])), dtype=np.float64)
        return np.stack([1 - chance, chance], axis=1) if chance.ndim == 1 else chance

    def contributions(self, frame: pd.DataFrame, place: int) -> Contributions:
        """SHAP values as the library computes them, in batches."""
        import numpy as np

        values, margins = [], []
        for start in range(0, max(len(frame), 1), BATCH):
            rows = self.encode(frame[list(self.features)].iloc[start : start + BATCH])
            values.append(np.asarray(self.shap(rows), dtype=np.float64))
            margins.append(np.asarray(self.raw(rows), dtype=np.float64))
        found, margin = np.concatenate(values), np.concatenate(margins)
        sign = 1.0
        if found.ndim == 3:
            found, margin = found[:, max(place, 0)], margin[:, max(place, 0)]
        elif place == 0:
            sign = -1.0  # of two classes, the margin points toward the second
        base = float(found[0, -1]) if len(found) else 0.0
        return Contributions(values=sign * found[:, :-1], base=sign * base, margin=sign * margin)


def category(column: pd.Series[Any], levels: Sequence[Any] | None) -> Any:
    """A column as the model's own categories; others and missing values are missing."""
    import pandas as pd

    if levels is None:
        return pd.Categorical(column)
    known = list(levels)
    texts = not known or isinstance(known[0], str)
    values = text_column(column) if texts else pd.to_numeric(column, errors="coerce").to_numpy(dtype=object)
    index = pd.Index(known, dtype=object if texts else None)
    return pd.Categorical.from_codes(index.get_indexer(values), categories=index)


def refuse_scores(objective: str, path: Path, kinds: Sequence[str], *, allowed: Sequence[str] = ()) -> None:
    """Refuse objectives whose output is neither a probability nor a prediction in the label's unit."""
    if objective.startswith(tuple(kinds)) and objective not in allowed:
        raise ModelError(
            f"a model with the objective '{objective}' gives scores without a class or a unit",
            reference="model-objective",
            where=path.name,
            hint="audit its output: give data.score (task: ranking) or data.prediction and no model",
        )


def broken(path: Path, why: str) -> ModelError:
    """The error for a file that its library cannot read."""
    return ModelError(
        "the model file cannot be read",
        reference="model-broken",
        where=path.name,
        got=why,
        expected="a whole file as its library saves it",
        hint="save the model again, or name the format under model.format",
    )
