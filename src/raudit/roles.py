"""Which column is what: the plan's names held against the data, and a model's predictions put beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from raudit.data import ColumnName, DataSet, Roles
from raudit.data.roles import Outcome
from raudit.errors import ModelError, PlanError, RauditError
from raudit.evidence import Progress
from raudit.model import BoundModel
from raudit.model.isolation.process import PREDICT
from raudit.model.predict import unknown_levels
from raudit.plan import LabelSection, Plan, Task
from raudit.yamltext import nearest

PREDICTION = ColumnName("raudit:prediction")
SCORE = ColumnName("raudit:score")
NOTHING: Mapping[str, tuple[int, int]] = {}
COUNTED_STAGES = frozenset({"assessments", "fairness"})
"""Stages that can work on a table whose rows stand for many people: the others look at people one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """The data with predictions beside it, and the role of each column."""

    data: DataSet
    roles: Roles
    model_error: ModelError | None = None
    """Why the model could not predict on this data; None if it could or there is none."""
    unknown_levels: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """By categorical column of the model: values in none of its categories, and values."""


def audited_data(
    plan: Plan, data: DataSet, model: BoundModel | None, progress: Progress
) -> Audited:
    """Check every column the plan names, and add a model's predictions as columns.

    Raises
    ------
    PlanError
        If a named column is not in the data, or decisions come from both a column and a model.
    """
    _check_columns(plan, data)
    section = plan.file.data
    label = _outcome(section.label)
    prediction, score, threshold = _outcome(section.prediction), None, None
    if section.score is not None:
        score, threshold = ColumnName(section.score.column), section.score.threshold
    model_error, unknown = None, NOTHING
    if model is not None:
        try:
            data, prediction, score, threshold, unknown = _predict(
                plan, data, model, label, progress
            )
        except ModelError as error:
            model_error = error
    roles = Roles(
        label=label,
        prediction=prediction,
        score=score,
        threshold=threshold,
        baseline=_outcome(section.baseline),
        weight=ColumnName(section.weight) if section.weight else None,
        count=ColumnName(section.count) if section.count else None,
        sensitive=plan.file.sensitive_features,
        control=plan.file.control_features,
        key=tuple(map(ColumnName, section.key)),
        features=model.features if model is not None else (),
    )
    if section.score is not None and not section.score.higher_is_favourable:
        data, roles = _turned(data, roles)
    return Audited(data=data, roles=roles, model_error=model_error, unknown_levels=unknown)


def reference_data(
    plan: Plan, data: DataSet, model: BoundModel | None, progress: Progress
) -> Audited:
    """The reference with those roles for which it has the columns; it may lack labels, decisions or groups."""
    known = set(data.kinds)
    section = plan.file.data
    roles = Roles(
        label=_outcome(section.label) if section.label and section.label.column in known else None,
        prediction=_outcome(section.prediction)
        if section.prediction and section.prediction.column in known
        else None,
        sensitive=tuple(a for a in plan.file.sensitive_features if a.column in known),
        features=model.features if model is not None else (),
    )
    if section.score is not None and section.score.column in known:
        score, threshold = ColumnName(section.score.column), section.score.threshold
        roles = replace(roles, score=score, threshold=threshold)
        if not section.score.higher_is_favourable:
            data, roles = _turned(data, roles)
    if model is not None and set(model.features) <= known:
        try:
            label = _outcome(section.label)
            data, prediction, found, threshold, _unknown = _predict(
                plan, data, model, label, progress
            )
        except ModelError as error:
            return Audited(data=data, roles=roles, model_error=error)
        roles = replace(roles, prediction=prediction, score=found, threshold=threshold)
    return Audited(data=data, roles=roles)


def _turned(data: DataSet, roles: Roles) -> tuple[DataSet, Roles]:
    """Turn scores around where high ones are bad, so that everyone after this may read them one way.

    A probability becomes that of the other outcome, so that it can still be held against what happened; any other
    number changes its sign, and so does a probability so near 0 that 1 less it would no longer be told from others.
    Who is at the threshold is among the high ones, as when a risk of 5 or more is called high.
    """
    import numpy as np
    import pandas as pd

    name = ColumnName(str(roles.score))
    column = pd.to_numeric(data.frame([name])[name], errors="coerce")
    # A threshold compares in the column's own precision: 0.7 is not the float32 nearest to it.
    own = column.dtype if column.dtype in (np.float32, np.float16) else np.dtype(float)
    scores = np.asarray(column, own).astype(float)
    edge = () if roles.threshold is None else (float(np.asarray(roles.threshold, own)),)
    known = np.unique(np.append(scores[np.isfinite(scores)], edge))
    share = known.size > 0 and known[0] >= 0 and known[-1] <= 1
    share = share and np.unique(1 - known).size == known.size
    turned, how = (1 - scores, f"1 - {name}") if share else (-scores, f"-{name}")
    threshold = next((float(np.nextafter(1 - at if share else -at, np.inf)) for at in edge), None)
    turned_roles = replace(roles, score=SCORE, threshold=threshold, score_turned=how)
    return data.with_columns({SCORE: turned}), turned_roles


def _predict(
    plan: Plan, data: DataSet, model: BoundModel, label: Outcome | None, progress: Progress
) -> tuple[DataSet, Outcome | None, ColumnName | None, float | None, Mapping[str, tuple[int, int]]]:
    section = plan.file.model
    threshold = section.threshold if section is not None else None
    favourable = label.favourable if label is not None else frozenset[str]()
    asked = {"favourable": favourable, "threshold": threshold}
    columns: Mapping[str, Any] = model.columns(PREDICT, asked, data=data, progress=progress)
    named = {PREDICTION: columns["y_pred"]}
    if columns.get("y_score") is not None:
        named[SCORE] = columns["y_score"]
    outcome = Outcome(column=PREDICTION, favourable=favourable)
    score = SCORE if SCORE in named else None
    return data.with_columns(named), outcome, score, threshold, unknown_levels(columns)


def as_sentence(error: RauditError) -> str:
    """An error as one sentence for the record."""
    model = isinstance(error, ModelError)  # of the inputs, the one that some stages can do without
    parts = [f"{error.where}: {error.message}" if model and error.where else error.message]
    if error.got:
        parts.append(f"got {error.got}")
    if error.expected:
        parts.append(f"expected {error.expected}")
    text = ", ".join(parts) + (f" ({error.reference})" if model else "")
    return f"{text}; {error.hint}" if error.hint else text


def _outcome(section: LabelSection | None) -> Outcome | None:
    if section is None:
        return None
    return Outcome(
        column=ColumnName(section.column),
        favourable=frozenset(section.favourable),
        unfavourable=frozenset(section.unfavourable),
    )


def _check_columns(plan: Plan, data: DataSet) -> None:
    _check_counted(plan)
    section = plan.file.data
    if plan.file.model is not None and (
        section.prediction is not None or section.score is not None
    ):
        raise PlanError(
            "decisions are given twice: by a model and by a column",
            reference="decisions-twice",
            where=plan.yaml.where(("data", "prediction" if section.prediction else "score")),
            hint="keep either 'model' or the column; to compare the two, declare the column as data.baseline",
        )
    if plan.file.model is not None and section.label is None and plan.file.task is Task.BINARY:
        raise PlanError(
            "a binary model needs data.label, to know which of its classes is favourable",
            reference="label-missing",
            where=plan.yaml.where(("data",)),
            hint="add data.label with column and favourable",
        )
    named: list[tuple[tuple[str | int, ...], str]] = []
    for key in ("label", "prediction", "score", "baseline"):
        part = getattr(section, key)
        if part is not None:
            named.append((("data", key, "column"), part.column))
    numbers = (("weight", section.weight), ("count", section.count))
    named += [(("data", key), column) for key, column in numbers if column]
    for key in ("sensitive_features", "control_features"):
        named += [
            ((key, number), item.column) for number, item in enumerate(getattr(plan.file, key))
        ]
    known = [str(name) for name in data.kinds]
    for path, name in named:
        if name not in known:
            raise PlanError(
                f"the data has no column '{name}'",
                reference="no-column",
                where=plan.yaml.where(path),
                hint=nearest(name, known[:200]),
            )


def _check_counted(plan: Plan) -> None:
    """Refuse what looks at people one by one, of a table whose rows stand for many."""
    if plan.file.data.count is None:
        return
    where = plan.yaml.where(("data", "count"))
    if plan.file.task not in {Task.BINARY, Task.MULTICLASS}:
        raise PlanError(
            f"counted people cannot be audited as {plan.file.task}",
            reference="count-task",
            where=where,
            expected="task: binary or multiclass",
            hint="remove data.count, and give one row for each person",
        )
    if plan.file.model is not None:
        raise PlanError(
            "a model predicts people one by one, and a row stands for many",
            reference="count-with-model",
            where=where,
            hint="remove data.count, and give one row for each person; or declare decisions as data.prediction",
        )
    stages = plan.file.stages
    others = ["all of them"] if stages is None else sorted(set(stages) - COUNTED_STAGES)
    if others:
        raise PlanError(
            "stages look at people one by one, and a row stands for many",
            reference="count-with-stages",
            where=where,
            got=", ".join(others),
            expected=f"under stages: {' or '.join(sorted(COUNTED_STAGES))}",
            hint="write stages: {fairness: {}}, or give one row for each person",
        )
