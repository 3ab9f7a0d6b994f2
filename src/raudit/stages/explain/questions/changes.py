"""What would have to change in a declined case for another decision, among features that a person can change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from raudit.data import ColumnName, Kind
from raudit.errors import PlanError
from raudit.record import Column, Table
from raudit.sentences import joined, say
from raudit.stages.explain.counterfactual import Change, Changes, what_would_change
from raudit.stages.explain.survey.decisions import Decisions
from raudit.stages.explain.survey.setting import Setting
from raudit.stages.explain.survey.values_shown import NOT_SHOWN, shown

if TYPE_CHECKING:
    import pandas as pd


def check_actionable(setting: Setting) -> None:
    """Refuse features that the model does not take, and directions of what has no order.

    Raises
    ------
    PlanError
        If the plan names one.
    """
    known = [str(name) for name in setting.features]
    kinds = setting.evidence.data.kinds
    for name, way in setting.options.reasons.actionable.items():
        if way != "any" and kinds.get(ColumnName(name)) not in (Kind.INTEGER, Kind.NUMBER, None):
            raise PlanError(
                f"a direction is given for '{name}', which holds no numbers",
                reference="explain-direction",
                where="stages.explain.reasons.actionable",
                got=f"{name}: {way}",
                expected="any, for categories",
            )
        if name not in known:
            raise PlanError(
                f"the model takes no feature '{name}'",
                reference="explain-actionable",
                where="stages.explain.reasons.actionable",
                expected=", ".join(known)[:200],
            )


def changes_table(
    setting: Setting, rows: Iterable[int], decisions: Decisions, survey: pd.DataFrame
) -> tuple[Table, ...]:
    """What would have to change in each declined case; nothing where the plan declares no feature.

    Parameters
    ----------
    rows
        Numbers of the rows whose reasons are printed.
    survey
        Rows of the model's features, which say what values occur.
    """
    actionable, label = setting.options.reasons.actionable, setting.evidence.roles.label
    if not actionable or decisions.declined is None or label is None:
        return ()
    declined = [row for row in dict.fromkeys(rows) if decisions.declined[row]]
    told = [
        {
            "case": say("row {row}", row=row),
            "change": _told(_changes(setting, row, survey), survey, setting),
        }
        for row in declined
    ]
    if not told:
        return ()
    table = Table(
        id="what-would-change",
        title="What would have to change",
        columns=(
            Column(key="case", label="Case"),
            Column(key="change", label="With this change the decision would be another"),
        ),
        rows=tuple(told),
        caption=say(
            "The smallest changes that were found, to values that occur in the data, after which the model decides "
            "otherwise. Only the model is asked: whether such a change has that effect in the world "
            "is not known."
        ),
    )
    return (table,)


def _changes(setting: Setting, row: int, survey: pd.DataFrame) -> Changes:
    import numpy as np
    import pandas as pd

    own = setting.rows(np.array([row], dtype=np.int64))
    frame = pd.concat([survey, own.astype(survey.dtypes.to_dict())], ignore_index=True)
    label = setting.evidence.roles.label
    return what_would_change(
        setting.model,
        frame,
        len(frame) - 1,
        actionable=setting.options.reasons.actionable,
        wanted=label.favourable if label is not None else (),
        threshold=setting.evidence.roles.threshold,
    )


def _told(changes: Changes, survey: pd.DataFrame, setting: Setting) -> str:
    if changes.already:
        return str(changes)
    if not changes.ways:
        return say(
            "No change of {listed} to values in the data was found that alters it ({tried:,} tried).",
            listed=joined(", ", changes.actionable),
            tried=changes.tried,
        )
    return joined("; or ", (_way(way, survey, setting) for way in changes.ways[:3]))


def _way(way: Change, survey: pd.DataFrame, setting: Setting) -> str:
    """The new values as the report may print values; the case's own are with its reasons."""
    return joined(
        " and ", (_part(name, new, survey, setting) for name, (_, new) in way.features.items())
    )


def _part(name: str, new: object, survey: pd.DataFrame, setting: Setting) -> str:
    withheld: Mapping[str, Any] | frozenset[Any] = setting.evidence.withheld
    value = (
        NOT_SHOWN if name in withheld else shown(survey[name], new, setting.options.reasons.values)
    )
    if value == NOT_SHOWN:
        return say("another value of {feature}", feature=setting.named(name))
    return say("{feature} {value}", feature=setting.named(name), value=value)
