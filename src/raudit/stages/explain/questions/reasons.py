"""Reasons for single decisions, in the applicant's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from raudit.data.encode import level_text
from raudit.errors import PlanError
from raudit.record import Figure, Table
from raudit.sentences import joined, say
from raudit.stages.explain.amounts import signed
from raudit.stages.explain.questions.case_tables import (
    Case,
    Reason,
    case_figure,
    detail_rows,
    detail_table,
    sentences,
)
from raudit.stages.explain.questions.changes import changes_table, check_actionable
from raudit.stages.explain.shap_values.values import Explained
from raudit.stages.explain.survey.decisions import Decisions
from raudit.stages.explain.survey.groups import Group
from raudit.stages.explain.survey.sampling import Sample
from raudit.stages.explain.survey.setting import Setting
from raudit.stages.explain.survey.targets import Target
from raudit.stages.explain.survey.values_shown import NOT_SHOWN, SHARED, sharing, shown

if TYPE_CHECKING:
    import pandas as pd

MOST_AUTOMATIC = 8
"""Groups that cases are chosen from automatically."""
COUNTER = 2
"""Contributions the other way that are told too."""


KEYED = "Rows are numbered from 0 in the order of the SHA-256 of their keys, which no report shows."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What was found."""

    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    notes: tuple[str, ...] = ()


def check_rows(setting: Setting) -> None:
    """Refuse rows that are not in the data before anything is computed.

    Raises
    ------
    PlanError
        If there is one.
    """
    n_rows = setting.evidence.data.n_rows
    beyond = [row for row in setting.options.reasons.rows if row >= n_rows]
    if beyond:
        raise PlanError(
            "a row whose reasons are asked for is not in the data",
            reference="explain-no-such-row",
            where="stages.explain.reasons.rows",
            got=str(beyond[0]),
            expected=f"0 to {n_rows - 1}",
            hint="rows are counted from 0, without the heading",
        )
    if setting.options.reasons.rows and setting.evidence.roles.key:
        raise PlanError(
            "rows are named by number, and the plan gives them keys",
            reference="explain-rows-and-keys",
            where="stages.explain.reasons.rows",
            hint="name them under stages.explain.reasons.keys",
        )
    _named_rows(setting)
    check_actionable(setting)


def _named_rows(setting: Setting) -> list[int]:
    """Numbers of the rows that the plan names, by number or by key.

    Raises
    ------
    PlanError
        If a key is in no row, or rows have no key of one column.
    """
    import numpy as np

    options, column = setting.options.reasons, setting.evidence.roles.key
    if not options.keys:
        return list(options.rows)
    if len(column) != 1:
        raise PlanError(
            "rows are named by key, and the plan does not give them one of one column",
            reference="explain-no-key",
            where="stages.explain.reasons.keys",
            hint="declare data.key, or name rows by number under stages.explain.reasons.rows",
        )
    batches = setting.evidence.data.batches(list(column))
    texts = np.concatenate(
        [np.array([level_text(v) for v in batch.column(0).to_pylist()]) for batch in batches]
    )
    found = [np.flatnonzero(texts == key) for key in options.keys]
    absent = [place for place, rows in enumerate(found, 1) if not rows.size]
    if absent:
        raise PlanError(
            "a key whose reasons are asked for is in no row",
            reference="explain-no-such-row",
            where="stages.explain.reasons.keys",
            got=f"number {absent[0]} of the list",
            hint="write it exactly as it is in the data",
        )
    return [int(rows[0]) for rows in found]


def reasons_part(
    setting: Setting, sample: Sample, decisions: Decisions, survey: pd.DataFrame
) -> Reasons:
    """Explain the chosen decisions.

    Parameters
    ----------
    survey
        Rows of the model's features, to know which values are shared by many.
    """
    cases = _cases(setting, sample, decisions)
    if not cases:
        why = decisions.no_score_because or "no declined case has a group to stand for"
        return Reasons(
            notes=(
                say(
                    "No single decision is explained: none is named in the plan, and {why}.",
                    why=why,
                ),
            )
        )
    texts, details = [], []
    figures: list[Figure] = []
    for target, members in _by_target(setting, sample, decisions, cases).items():
        rows = sorted({case.row for case in members})
        positions = _array(rows)
        found, frame = setting.explain(positions, target), setting.rows(positions)
        for case in members:
            place = rows.index(case.row)
            told = _reasons(
                setting, found, frame, place, survey, _side(decisions, case, found, place)
            )
            texts.append((case, _sentence(decisions, case, target, told)))
            details += detail_rows(setting, case, found, place, told)
            if not figures:
                figures.append(case_figure(case, found, place, told))
    changes = changes_table(setting, (case.row for case in cases), decisions, survey)
    tables = (sentences(texts), detail_table(sample, details), *changes)
    notes = (KEYED,) if setting.evidence.roles.key else ()
    return Reasons(tables=tables, figures=tuple(figures), notes=notes)


def _cases(setting: Setting, sample: Sample, decisions: Decisions) -> list[Case]:
    import numpy as np

    cases = [
        Case(row=row, chosen="named in the plan") for row in dict.fromkeys(_named_rows(setting))
    ]
    wanted = setting.options.reasons.per_group
    if decisions.score is None or decisions.declined is None or not wanted:
        return cases
    whole: list[tuple[str, Any]] = [
        (group.title, group.member) for group in _groups(setting, sample)
    ]
    whole = whole or [("everyone", np.ones(len(decisions.declined), dtype=bool))]
    for title, member in whole:
        rows = np.flatnonzero(decisions.declined & member)
        nearest = rows[np.argsort(-decisions.score[rows], kind="stable")][:wanted]
        chosen = say("{title}, declined with the highest score", title=title)
        cases += [Case(row=int(row), chosen=chosen) for row in nearest]
    merged: dict[int, Case] = {}
    for case in cases:
        first = merged.get(case.row)
        both = (
            case if first is None else Case(row=case.row, chosen=_joined(first.chosen, case.chosen))
        )
        merged[case.row] = both
    return list(merged.values())


def _groups(setting: Setting, sample: Sample) -> list[Group]:
    """Up to two groups of each sensitive feature: the one that the model puts lowest, and the largest of the others."""
    found = []
    gaps = {
        (group.attribute, group.name): gap.total
        for group, gap in zip(sample.groups, sample.gaps, strict=True)
    }
    for number, one in enumerate(setting.members):
        ranked = sorted(
            one.large,
            key=lambda g: (gaps.get((g.attribute, g.name), 0.0), -int(g.member.sum()), g.name),
        )
        found += ranked[:1]
        others = sorted(ranked[1:], key=lambda g: (-int(g.member.sum()), g.name))
        found += others[:1] if number == 0 else []
    return found[:MOST_AUTOMATIC]


def _joined(first: str, second: str) -> str:
    tail = ", declined with the highest score"
    if first.endswith(tail) and second.endswith(tail):
        return say(
            "{removesuffix} and {second}", removesuffix=first.removesuffix(tail), second=second
        )
    return say("{first}; {second}", first=first, second=second)


def _by_target(
    setting: Setting, sample: Sample, decisions: Decisions, cases: list[Case]
) -> dict[Target, list[Case]]:
    """Each case with the output that explains it: the favourable class, or the class that was predicted."""
    found: dict[Target, list[Case]] = {}
    classes = [str(label) for label in setting.model.classes]
    for case in cases:
        target = sample.target
        if len(classes) > 2 and decisions.declined is None and decisions.predicted is not None:
            label = str(decisions.predicted[case.row])
            target = Target(label=label, place=classes.index(label)) if label in classes else target
        found.setdefault(target, []).append(case)
    return found


def _array(rows: list[int]) -> Any:
    import numpy as np

    return np.array(rows, dtype=np.int64)


def _side(decisions: Decisions, case: Case, found: Explained, place: int) -> float:
    """Which way the decision went: a declined case is asked what lowered it, wherever it stands against the mean."""
    if decisions.declined is not None:
        return -1.0 if decisions.declined[case.row] else 1.0
    return -1.0 if found.values[place].sum() < 0 else 1.0


def _reasons(
    setting: Setting,
    found: Explained,
    frame: pd.DataFrame,
    place: int,
    survey: pd.DataFrame,
    side: float,
) -> list[Reason]:
    """The contributions that are told: first those on the side of the decision, then a few of the other side."""
    values = found.values[place]
    order = sorted(range(len(values)), key=lambda i: -side * values[i])
    with_it = [i for i in order if side * values[i] > 0][: setting.options.reasons.top]
    against = [i for i in reversed(order) if side * values[i] < 0][:COUNTER]
    told = [
        Reason(
            feature=setting.named(setting.features[i]),
            value=_value(setting, setting.features[i], survey, frame, place),
            part=float(values[i]),
        )
        for i in [*with_it, *against]
    ]
    return _shared_by_many(
        told, {setting.named(name): name for name in setting.features}, survey, frame.iloc[place]
    )


def _shared_by_many(
    told: list[Reason], columns: Mapping[str, Any], survey: pd.DataFrame, row: pd.Series
) -> list[Reason]:
    """Print values, the most important first, only while at least ten rows share all that is printed.

    Values that many share one by one can still single a person out together.
    """
    import numpy as np

    alike = np.ones(len(survey), dtype=bool)
    kept = []
    for reason in told:
        column = columns[reason.feature]
        closer = alike & sharing(survey[column], row[column], reason.value)
        enough = int(closer.sum()) >= SHARED
        alike = closer if enough else alike
        kept.append(reason if enough else replace(reason, value=NOT_SHOWN))
    return kept


def _value(
    setting: Setting, feature: str, survey: pd.DataFrame, frame: pd.DataFrame, place: int
) -> str:
    if str(feature) in setting.evidence.withheld:
        return NOT_SHOWN
    return shown(survey[feature], frame[feature].iloc[place], setting.options.reasons.values)


def _sentence(decisions: Decisions, case: Case, target: Target, told: list[Reason]) -> str:
    head = _decided(decisions, case, target)
    below = [reason for reason in told if reason.part < 0]
    above = [reason for reason in told if reason.part > 0]
    side = [(say("What lowered it most: "), below), (say("What raised it most: "), above)]
    if told and told[0].part > 0:
        side.reverse()
    parts = [
        say("{words}{listed}.", words=words, listed=joined("; ", map(_told, found)))
        for words, found in side
        if found
    ]
    return say(
        "{head} {listed}", head=head, listed=(joined(" ", parts) or say("No feature moves it."))
    )


def _decided(decisions: Decisions, case: Case, target: Target) -> str:
    if decisions.predicted is None:
        return "The predicted value, held against the mean of the background."
    decision = str(decisions.predicted[case.row])
    text = say("Decision “{decision}”", decision=decision)
    if decisions.score is not None:
        score = float(decisions.score[case.row])
        text += say(" with a score of {score:.3f}", score=score)
        if (
            decisions.declined is not None
            and decisions.declined[case.row]
            and not decisions.declined.all()
        ):
            lowest = float(decisions.score[~decisions.declined].min())
            text += _against(score, lowest, decisions.threshold)
    elif target.label and target.label != decision:
        text += say(", explained {towards}", towards=target.towards)
    return say("{text}.", text=text)


def _against(score: float, lowest: float, threshold: float | None) -> str:
    """How far off it was: from the threshold only where the plan names one, else from what was accepted here."""
    what, value = (
        (say("threshold"), threshold)
        if threshold is not None
        else (say("lowest accepted score"), lowest)
    )
    if f"{value:.3f}" == f"{score:.3f}":
        side = say("below") if score < value else say("at")
        return say(", just {side} the {what}", side=side, what=what)
    return say("; the {what} is {value:.3f}", what=what, value=value)


def _told(reason: Reason) -> str:
    value = "" if reason.value == NOT_SHOWN else say(" {value}", value=reason.value)
    return say(
        "{feature}{value} ({signed})",
        feature=reason.feature,
        value=value,
        signed=signed(reason.part),
    )
