"""The margin of every row, read from the predictions that the audit has already made.

Explaining all rows may be too dear; predicting them is done. Where a known link leads from margin to prediction, its
inverse gives the margin of all rows, and a gap's total need not be estimated from a sample.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raudit.model import favourable_places
from raudit.model.formats.boosters import Link
from raudit.stages.explain.shap_values.task import REGRESSION_UNITS
from raudit.stages.explain.shap_values.values import Explained
from raudit.stages.explain.survey.setting import Setting
from raudit.stages.explain.survey.targets import Target

if TYPE_CHECKING:
    import numpy as np

AGREED = 1e-3
"""Largest difference from the margins of explained rows, in standard deviations; predictions may have 32 bits."""


def margins_of_all(setting: Setting, target: Target) -> dict[str, np.ndarray]:
    """Margins of shape (n_rows,) by the unit that an explanation may turn out to have; finite ones only."""
    import numpy as np
    from scipy.special import logit

    predicted = _predicted(setting, target)
    if predicted is None:
        return {}
    with np.errstate(divide="ignore", invalid="ignore"):
        if target.place >= 0:
            found = {"probability": predicted, "log-odds": logit(predicted)}
        else:
            found = {
                REGRESSION_UNITS[Link.IDENTITY]: predicted,
                REGRESSION_UNITS[Link.EXPONENTIAL]: np.log(predicted),
                REGRESSION_UNITS[Link.LOGISTIC]: logit(predicted),
            }
    return {unit: margin for unit, margin in found.items() if np.isfinite(margin).all()}


def fitting(known: dict[str, np.ndarray], positions: Any, found: Explained) -> Any:
    """The margins of all rows in the explanation's unit; None unless they are those of the explained rows."""
    import numpy as np

    whole = known.get(found.unit)
    if whole is None or found.apart:
        return None
    off = float(np.max(np.abs(whole[positions] - found.margin), initial=0.0))
    scale = float(np.std(found.margin)) or 1.0
    return whole if off <= AGREED * scale else None


def _predicted(setting: Setting, target: Target) -> Any:
    """Probability of the target alone, or a regressor's prediction, of shape (n_rows,); None if no column holds it."""
    import numpy as np

    from raudit.data.encode import numbers

    roles, classes = setting.evidence.roles, setting.model.classes
    if target.place >= 0:
        good = favourable_places(classes, roles.label.favourable) if roles.label else ()
        column = roles.score if tuple(good) == (target.place,) else None
    else:
        column = roles.prediction.column if roles.prediction is not None else None
    if column is None:
        return None
    pieces = [
        numbers(batch.column(0), str(column)) for batch in setting.evidence.data.batches([column])
    ]
    return np.concatenate(pieces).astype(float) if pieces else None
