"""What explanations add up to, held against the model's own prediction on rows of this data.

The margin that an adapter reads may be another model's than the one that decides: other rounds, another scale, another
class. So the sum of an explanation is led through the link that its unit implies, and must be what the model answers
to the raw columns through the one entrance that everybody uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.model import Model
from raudit.model.formats.boosters import Link
from raudit.sentences import say, term
from raudit.stages.explain.shap_values.task import REGRESSION_UNITS, Aim
from raudit.stages.explain.shap_values.values import Explained, as_read

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from raudit.stages.explain.survey.sampling import Sample
    from raudit.stages.explain.survey.setting import Setting

ROWS = 2000
"""Rows that are predicted once more."""
CLASS_ROWS = 200
"""Rows that are explained toward every class, where a probability needs all of them."""
ACCEPTED = {"linear": 1e-5, "tree": 1e-5, "xgboost": 1e-4, "permutation": 1e-5}
"""Largest difference in probability, or as a part of the largest prediction; XGBoost computes in 32 bits."""

ALL_CLASSES = "probabilities of all classes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How near explanations come to predictions."""

    what: str
    """What was held against what, such as ``probability``."""
    rows: int
    accepted: float
    error: float | None = None
    """Largest difference; None where there is nothing to hold the sums against."""
    because: str = ""
    """Why the sums are no function of the prediction, or cannot be held against it; empty if they can."""

    @property
    def good(self) -> bool:
        """Whether the sums lead to the prediction."""
        return self.error is not None and self.error <= self.accepted


def agreement_of(setting: Setting, sample: Sample) -> Agreement:
    """Predict some of the explained rows by the model itself and compare."""
    import numpy as np

    found = sample.found
    chosen = np.unique(
        np.linspace(0, len(sample.frame) - 1, min(ROWS, len(sample.frame))).astype(int)
    )
    frame = sample.frame.iloc[chosen]
    sums = found.base + found.values[chosen].sum(axis=1)
    what, error = _compared(setting, sample, frame, sums, chosen)
    because = found.apart
    if error is None and not because:
        because = say(
            "the model tells nothing that a sum in {unit} could be held against",
            unit=term(found.unit),
        )
    rows = min(CLASS_ROWS, len(chosen)) if what == ALL_CLASSES else len(chosen)
    return Agreement(
        what=what, rows=rows, accepted=ACCEPTED[found.family], error=error, because=because
    )


def _compared(
    setting: Setting, sample: Sample, frame: pd.DataFrame, sums: np.ndarray, chosen: np.ndarray
) -> tuple[str, float | None]:
    model, target, unit = setting.model, sample.target, sample.found.unit
    if target.place < 0:
        return "prediction", _regression(model, frame, sums, unit)
    match unit:
        case "probability" | "log-odds":
            return "probability", _probability(
                model, frame, target.place, sums, logarithm=unit == "log-odds"
            )
        case "score before softmax":
            few = chosen[:: max(1, len(chosen) // CLASS_ROWS)][:CLASS_ROWS]
            return ALL_CLASSES, _softmax(setting, sample, few)
        case "share of favourable decisions":
            decided = (model.predict(frame).astype(str) == target.label).astype(float)
            return "decision", _largest(sums - decided)
        case _:
            return "decision function", _decision(model, frame, target.place, sums)


def _regression(model: Model, frame: pd.DataFrame, sums: np.ndarray, unit: str) -> float | None:
    import numpy as np

    link = next((link for link, name in REGRESSION_UNITS.items() if name == unit), None)
    if link is None:
        return None
    own = np.asarray(model.predict(frame), dtype=float)
    return _largest(link.inverse(sums) - own) / max(1.0, _largest(own))


def _probability(
    model: Model, frame: pd.DataFrame, place: int, sums: np.ndarray, *, logarithm: bool
) -> float | None:
    own = model.predict_proba(frame)
    if own is None:
        return None
    return _largest((Link.LOGISTIC.inverse(sums) if logarithm else sums) - own[:, place])


def _softmax(setting: Setting, sample: Sample, few: np.ndarray) -> float | None:
    """Explain the rows toward every class; a softmax of one class alone says nothing."""
    import numpy as np

    from raudit.stages.explain.survey.targets import Target

    model = setting.model
    own = model.predict_proba(sample.frame.iloc[few])
    if own is None:
        return None
    sums = []
    for place, label in enumerate(model.classes):
        if place == sample.target.place:
            part: Explained = sample.found
            sums.append(part.base + part.values[few].sum(axis=1))
        else:
            part = setting.explain(sample.positions[few], Target(label=str(label), place=place))
            sums.append(part.base + part.values.sum(axis=1))
    return _largest(Link.SOFTMAX.inverse(np.stack(sums, axis=1)) - own)


def _decision(model: Model, frame: pd.DataFrame, place: int, sums: np.ndarray) -> float | None:
    """The decision function of the whole model, from the raw columns on."""
    decide = getattr(model.native, "decision_function", None)
    if decide is None:
        return None
    own = Aim(places=(place,), n_classes=len(model.classes)).of(decide(as_read(model, frame)))
    return _largest(sums - own) / max(1.0, _largest(own))


def _largest(difference: Any) -> float:
    import numpy as np

    return float(np.max(np.abs(difference), initial=0.0))
