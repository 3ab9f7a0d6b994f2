"""What the model decided about every row, and what really happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from raudit.data import ColumnName
from raudit.errors import UsageError
from raudit.model import favourable_places
from raudit.sentences import say
from raudit.stages.explain.survey.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Scores, decisions and outcomes of all rows, as far as there are any."""

    score: Any = None
    """Probability of the favourable outcome, of shape (n_rows,)."""
    no_score_because: str = ""
    threshold: float | None = None
    """Scores at or above it are favourable decisions; None where the model's own ``predict`` decides."""
    declined: Any = None
    """Whether the decision is not the favourable one, booleans of shape (n_rows,)."""
    predicted: Any = None
    """The decision as text, of shape (n_rows,)."""
    good: Any = None
    """Whether the true outcome is favourable, booleans of shape (n_rows,)."""
    outcome: Any = None
    """The true outcome as text, of shape (n_rows,)."""
    known: Any = None
    """Whether there is a true outcome, booleans of shape (n_rows,); None without labels."""
    no_label_because: str = ""


def decisions_of(setting: Setting) -> Decisions:
    """Read scores, decisions and outcomes."""
    import numpy as np

    from raudit.data.encode import numbers

    roles = setting.evidence.roles
    classes = setting.model.classes
    good = favourable_places(classes, roles.label.favourable) if roles.label else ()
    known: dict[str, Any] = {"threshold": roles.threshold}
    if not setting.model.classes:
        known["no_score_because"] = "a regression gives no score between the decisions"
    elif roles.score is None:
        known["no_score_because"] = "the model gives no probability of a favourable outcome"
    else:
        known["score"] = np.concatenate(
            [numbers(batch, str(roles.score)) for batch in _column(setting, roles.score)]
        )
    if roles.prediction is not None and setting.model.classes:
        known["predicted"] = _texts(setting, roles.prediction.column)
        if good:
            known["declined"] = ~np.isin(known["predicted"], [classes[place] for place in good])
    return Decisions(**known, **_outcomes(setting))


def _outcomes(setting: Setting) -> dict[str, Any]:
    import numpy as np

    from raudit.data.cells import UNLABELLED
    from raudit.data.encode import OutcomeEncoder

    label = setting.evidence.roles.label
    if label is None:
        return {"no_label_because": "the plan names no column with the true outcomes"}
    if not setting.model.classes:
        return {"no_label_because": "a regression is not right or wrong"}
    try:
        encoder = OutcomeEncoder(label, "label")
        codes = [encoder(batch) for batch in _column(setting, label.column)]
    except UsageError as error:
        return {
            "no_label_because": say(
                "the true outcomes cannot be used: {message}", message=error.message
            )
        }
    found = np.concatenate(codes) if codes else np.zeros(0, dtype=np.int64)
    levels = np.array(encoder.levels, dtype=object)[found] if len(found) else found.astype(object)
    known = levels != UNLABELLED
    if not known.any():
        return {"no_label_because": "every true outcome is missing"}
    if label.favourable:
        return {"good": found == 1, "known": known}
    return {"outcome": levels, "known": known}


def _column(setting: Setting, name: ColumnName) -> list[Any]:
    return [batch.column(0) for batch in setting.evidence.data.batches([name])]


def _texts(setting: Setting, name: ColumnName) -> Any:
    import numpy as np

    from raudit.data.encode import dictionary, level_text

    pieces = []
    for column in _column(setting, name):
        codes, values = dictionary(column)
        pieces.append(np.array([*map(level_text, values), ""], dtype=object)[codes])
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=object)
