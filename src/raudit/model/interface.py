"""What the rest of raudit may know of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Model(Protocol):
    """A loaded model."""

    @property
    def format(self) -> str:
        """Such as ``skops``."""
        ...

    @property
    def sha256(self) -> Sha256:
        """Digest of the model file."""
        ...

    @property
    def features(self) -> tuple[ColumnName, ...]:
        """Columns it takes, in order."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels as text in the order of its outputs; empty for regression and ranking."""
        ...

    @property
    def native(self) -> Any:
        """The library's own object, for stages that look inside."""
        ...

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Predict labels as text (classification) or numbers, of shape (n_samples,)."""
        ...

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray | None:
        """Class probabilities of shape (n_samples, n_classes), or None if the model has none."""
        ...
