"""From parts of the margin to parts of the probability, adding up to the model's own probability on every row.

A row's SHAP values in log-odds are scaled by one factor, (probability less base probability) over (margin less base
margin), so that they sum to the row's distance in probability. This is the rescale rule for a function of one input:
the probability depends on the features through the margin alone.

References
----------
Shrikumar, Greenside and Kundaje 2017, section 3.5.1; Chen, Lundberg and Lee 2022, Explaining a series of models by
propagating Shapley values, Nature Communications 13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.stages.explain.shap_values.values import Explained
from raudit.stages.explain.survey.setting import PIECE, Setting
from raudit.stages.explain.survey.targets import Target

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ACCEPTED = 1e-4
"""Largest difference between the logistic of the margin and the model's probability; XGBoost computes in float32."""
METHOD = "each row's parts in log-odds scaled to its distance in probability (rescale rule, Shrikumar et al. 2017)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probability:
    """The same explanations in probability, or why there are none."""

    values: Any = None
    """Of shape (n_samples, n_features); None if there are none."""
    probability: Any = None
    """The model's probability, of shape (n_samples,)."""
    because: str = ""
    """Why there are none."""


def in_probability(
    setting: Setting, target: Target, frame: pd.DataFrame, found: Explained
) -> Probability:
    """Explain the probability of the target class."""
    import numpy as np

    if target.place < 0:
        return Probability(because="a regression has no probability")
    if found.unit == "probability":
        return Probability(because="the output that is explained is a probability already")
    pieces = [
        setting.model.predict_proba(frame.iloc[start : start + PIECE])
        for start in range(0, max(1, len(frame)), PIECE)
    ]
    known = [piece for piece in pieces if piece is not None]
    if len(known) < len(pieces):
        return Probability(because="the model gives no probability")
    proba = np.concatenate(known)[:, target.place].astype(float)
    if (
        found.unit != "log-odds"
        or np.max(np.abs(_logistic(found.margin) - proba), initial=0.0) > ACCEPTED
    ):
        return Probability(
            because="the model's probability is not the logistic function of this margin alone"
        )
    return Probability(values=rescaled(found.values, found.base, proba), probability=proba)


def rescaled(values: np.ndarray, base: float, probability: np.ndarray) -> np.ndarray:
    """Scale each row so that it sums to its probability less the base margin's probability."""
    import numpy as np

    start = float(_logistic(np.array(base)))
    distance = values.sum(axis=1)
    close = np.abs(distance) < 1e-8
    # Where the margin hardly moves the ratio is the slope of the logistic function at the base.
    factor = np.where(
        close, start * (1 - start), (probability - start) / np.where(close, 1.0, distance)
    )
    found: np.ndarray = values * factor[:, None]
    return found


def _logistic(margin: np.ndarray) -> Any:
    from scipy.special import expit

    return expit(margin)
