"""What is to be explained: which rows, against which background, toward which class, and in which space."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from raudit.model.formats.boosters import Link

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

BATCH = 16_384
"""Rows that are turned into numbers at a time, so that a million rows need no more memory than their values."""


class Perturbation(StrEnum):
    """What a tree takes a feature for that is not known."""

    PATH = "path"
    """The training weight that the path's splits keep (path-dependent)."""
    INTERVENTIONAL = "interventional"
    """The background's rows."""


class Space(StrEnum):
    """In which unit the values add up."""

    MARGIN = "margin"
    PROBABILITY = "probability"


REGRESSION_UNITS = {
    Link.IDENTITY: "units of the label",
    Link.EXPONENTIAL: "log of the label's unit",
    Link.LOGISTIC: "log-odds of the label",
    Link.SIGNED_SQUARE: "signed square root of the label's unit",
}
"""Unit of a regressor's margin."""
SIDE = "units of the decision function"
"""Unit of a margin of which only the sign decides."""


def margin_unit(link: Link, n_classes: int) -> str:
    """Unit of a margin that a link makes a prediction of; ``n_classes`` is 0 for a regressor."""
    if not n_classes:
        return REGRESSION_UNITS[link]
    match link:
        case Link.LOGISTIC:
            return "log-odds" if n_classes == 2 else "log-odds against all other classes"
        case Link.SOFTMAX:
            return "score before softmax"
        case _:
            return SIDE


class CannotFold(Exception):  # noqa: N818 -- caught by ``explain``, never shown as it is
    """A part of the model cannot be explained by itself; the message says which part and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """Toward which outputs of the model the values point."""

    places: tuple[int, ...]
    """Favourable classes among the model's outputs; empty for a regressor."""
    n_classes: int
    """0 for a regressor."""

    def weights(self, n_outputs: int, *, probability: bool = False) -> tuple[np.ndarray, float]:
        """How much each output counts, of shape (n_outputs,), and what is added.

        The margin of several favourable classes is their mean, their probability is their sum. Where two classes have
        one output, it speaks for the second.
        """
        import numpy as np

        if not self.places or (n_outputs == 1 and self.n_classes != 2):
            return np.ones(n_outputs), 0.0
        if n_outputs == 1:
            sign = 1.0 if 1 in self.places else -1.0
            return np.array([sign]), 1.0 if probability and sign < 0 else 0.0
        found = np.zeros(n_outputs)
        found[list(self.places)] = 1.0 if probability else 1 / len(self.places)
        return found, 0.0

    def of(self, outputs: object, *, probability: bool = False) -> np.ndarray:
        """One number a row from a model's outputs of shape (n_samples,) or (n_samples, n_outputs)."""
        import numpy as np

        found = np.asarray(outputs, dtype=float)
        found = found.reshape(len(found), -1)
        weights, added = self.weights(found.shape[1], probability=probability)
        return np.asarray(found @ weights + added)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    frame: pd.DataFrame
    """Rows to explain, with the model's features as columns, in order."""
    background: pd.DataFrame
    aim: Aim
    seed: int
    perturbation: Perturbation = Perturbation.PATH
    space: Space = Space.MARGIN

    @property
    def n_features(self) -> int:
        """Columns of the data."""
        return self.frame.shape[1]

    @property
    def unit(self) -> str:
        """Unit of a margin that is a log-odds for two classes."""
        return {0: "units of the label", 2: "log-odds"}.get(
            self.aim.n_classes, "score before softmax"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Values of one estimator."""

    values: np.ndarray
    """Of shape (n_samples, n_features)."""
    base: float
    margin: np.ndarray
    """The estimator's own output, of shape (n_samples,)."""
    family: str
    method: str
    unit: str
    background: int = 0
    """Background rows that were used."""
    apart: str = ""
    """Why the margin does not lead to the model's prediction; empty if it does."""
