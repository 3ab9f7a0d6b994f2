"""Gradient-boosted trees in their libraries' own files: XGBoost JSON and UBJ, LightGBM text, CatBoost cbm.

Each library parses its own format, which holds trees and no code. Categories that a model learnt are looked up in what
the file says, and go to the library as the codes they had; a category that the model never saw counts as missing, as
far as the library knows missing values, and is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName
from raudit.errors import ModelError
from raudit.sentences import say

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

BATCH = 8192


class Link(StrEnum):
    """What makes the library's prediction of a margin."""

    IDENTITY = "identity"
    LOGISTIC = "logistic"
    SOFTMAX = "softmax"
    EXPONENTIAL = "exponential"
    SIGNED_SQUARE = "signed square"
    SIGN = "sign"

    def inverse(self, margin: np.ndarray) -> np.ndarray:
        """The prediction, of the margin's shape.

        Of LOGISTIC the probability of the second class, or of each class against all others; of SIGN 1 for the second
        class and 0 for the first.
        """
        import numpy as np
        from scipy.special import expit, softmax

        match self:
            case Link.LOGISTIC:
                return np.asarray(expit(margin))
            case Link.SOFTMAX:
                return np.asarray(softmax(margin, axis=1))
            case Link.EXPONENTIAL:
                return np.asarray(np.exp(margin))
            case Link.SIGNED_SQUARE:
                return np.asarray(np.sign(margin) * margin**2)
            case Link.SIGN:
                return np.asarray(margin > 0, dtype=np.float64)
            case Link.IDENTITY:
                return margin


class NoContributions(Exception):  # noqa: N818 -- caught where another method is at hand, never shown as it is
    """The library computes no SHAP values for this model; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """What each feature added to a margin."""

    values: np.ndarray
    """Path-dependent SHAP values, of shape (n_samples, n_features)."""
    base: float
    margin: np.ndarray
    """The model's own margin, of shape (n_samples,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a file tells of numbers that may have stood for a missing value in the training."""

    declared: float | str | None
    """What the plan says of it: the number, ``none`` that there was none, or None where it is silent."""
    splits: Callable[[], Mapping[str, Sequence[float]]]
    """Thresholds of the trees by feature."""
    encode: Callable[[pd.DataFrame, float], Any]
    """Makes of columns what the library reads, where a number is missing in every column; with NaN all are values."""
    distance: Callable[[Any], tuple[float, float] | None]
    """How far the shares of rows in the leaves are from those that the file keeps of its training, from 0 to 1, as a
    mean over trees; and the weight of all training rows. None where the file keeps none."""


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
    unknown: Callable[[pd.DataFrame], Mapping[str, tuple[int, int]]]
    """By categorical column: values in none of the model's categories, and values; columns that nobody can tell are
    left out."""
    raw: Callable[[Any], np.ndarray]
    """Margins, of shape (n_samples,) or (n_samples, n_classes)."""
    shap: Callable[[Any], np.ndarray]
    """Contributions and base value, of shape (n_samples, n_features + 1) or (n_samples, n_classes, n_features + 1)."""
    output: Callable[[Any], np.ndarray]
    """The library's own prediction: of a regressor, or probabilities of the second class or of every class."""
    link: Link
    scale: float = 1.0
    """What ``raw`` and ``shap`` are multiplied with to give the margin that ``link`` takes."""
    chances: bool = True
    """Whether ``output`` of a classifier are probabilities that add up to 1; if not, only decisions are audited."""
    decide: Callable[[Any], np.ndarray] | None = None
    """Places of the classes that the library decides for, where that is not the most probable one."""
    no_shap: str = ""
    """Why the library computes no SHAP values; empty if it does."""
    notes: tuple[str, ...] = ()
    """What a reader must know of how the file was read."""
    doubt: str = ""
    """Why the file does not prove what its output means; empty if it does."""
    marks: Marks | None = None
    """Of a library whose files do not keep which number the training took for a missing value; None of others."""

    def unknown_levels(self, frame: pd.DataFrame) -> Mapping[str, tuple[int, int]]:
        """By categorical column: values in none of the model's categories, and values."""
        return self.unknown(frame)

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Predict labels as text, or numbers for a regressor."""
        import numpy as np

        if not self.classes:
            return np.asarray(
                self.output(self.encode(frame[list(self.features)])), dtype=np.float64
            )
        rows = self.encode(frame[list(self.features)])
        places = (self.decide or self._most_probable)(rows)
        named: np.ndarray = np.array(self.classes, dtype=object)[places]
        return named

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray | None:
        """Class probabilities of shape (n_samples, n_classes), or None for a regressor and where there are none."""
        if not self.classes or not self.chances:
            return None
        return self._each_class(self.encode(frame[list(self.features)]))

    def _each_class(self, rows: object) -> np.ndarray:
        """The library's number for each class, of shape (n_samples, n_classes)."""
        import numpy as np

        chance = np.asarray(self.output(rows))
        return np.stack([1 - chance, chance], axis=1) if chance.ndim == 1 else chance

    def _most_probable(self, rows: object) -> np.ndarray:
        places: np.ndarray = self._each_class(rows).argmax(axis=1)
        return places

    def contributions(self, frame: pd.DataFrame, place: int) -> Contributions:
        """SHAP values as the library computes them, in batches."""
        import numpy as np

        if self.no_shap:
            raise NoContributions(self.no_shap)
        values, margins = [], []
        for start in range(0, max(len(frame), 1), BATCH):
            rows = self.encode(frame[list(self.features)].iloc[start : start + BATCH])
            values.append(np.asarray(self.shap(rows), dtype=np.float64))
            margins.append(np.asarray(self.raw(rows), dtype=np.float64))
        found, margin = np.concatenate(values), np.concatenate(margins)
        sign = self.scale
        if found.ndim == 3:
            found, margin = found[:, max(place, 0)], margin[:, max(place, 0)]
        elif place == 0:
            sign = -self.scale  # of two classes, the margin points toward the second
        base = float(found[0, -1]) if len(found) else 0.0
        return Contributions(values=sign * found[:, :-1], base=sign * base, margin=sign * margin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strange:
    """What some objectives leave instead of a prediction."""

    begins: tuple[str, ...]
    """How their names begin."""
    gives: str
    """What the model's output is."""
    hint: str
    """What to do."""


SEVERAL = "audit the output you act on: give it as data.prediction or data.score, and no model"
ONE_AGAINST_ALL = say(
    "The model judges each class against all others. Its probabilities do not add up to 1, so its decisions are "
    "audited and no scores."
)
"""A note of such a model."""
ORDERED = "give its output as data.score (task: ranking) and no model"


def refuse_objective(
    objective: str, path: Path, known: Mapping[str, Link], strange: Sequence[Strange] = ()
) -> Link:
    """The link of an objective; refuses one whose output is no probability and no prediction in the label's unit.

    The list is of what is known, since an objective of somebody's own, or none at all, leaves a score whose meaning no
    file tells.
    """
    if objective in known:
        return known[objective]
    named = (
        f"the objective '{objective}'"
        if objective
        else "an objective of its own, which the file does not name,"
    )
    kind = next((kind for kind in strange if objective and objective.startswith(kind.begins)), None)
    gives = kind.gives if kind else "scores without a class or a unit"
    raise ModelError(
        f"a model with {named} gives {gives}",
        reference="model-objective",
        where=path.name,
        expected=", ".join(known),
        hint=kind.hint
        if kind
        else "audit its output: give data.score (task: ranking) or data.prediction and no model",
    )


def refuse_outputs(count: int, path: Path) -> None:
    """Refuse a model that predicts several numbers a row, of which none is the prediction."""
    if count > 1:
        raise ModelError(
            "the model predicts several numbers for each row",
            reference="model-objective",
            where=path.name,
            got=f"{count} outputs",
            expected="one prediction a row, or one probability a class",
            hint=SEVERAL,
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
