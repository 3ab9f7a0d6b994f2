"""Several classes: each against the rest, and the worst of them named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from raudit.data.cells import LABEL, PREDICTION, CellTable, unique_rows
from raudit.findings import Finding, Subject, Threshold
from raudit.record import Column, Table
from raudit.sentences import say
from raudit.stages.fairness.measures.disparity import DISPARITIES, Disparity, disparity
from raudit.stages.fairness.measures.metrics import group_counts
from raudit.stages.fairness.measures.verdict import judge_gap
from raudit.stages.fairness.options import Limit
from raudit.stages.fairness.rules import MULTICLASS
from raudit.stages.fairness.tasks.part import Context, Part, by_name, join, measured, number, slug
from raudit.stages.fairness.words.sentences import describe, say_disparity, say_reason
from raudit.stats import wilson


def class_accuracy(
    table: CellTable, by: tuple[str, ...]
) -> tuple[list[tuple[str, ...]], np.ndarray, np.ndarray]:
    """Names, correct weight share and rows of each group, where the predicted class is the true one."""
    kept = table.marginal((*by, LABEL, PREDICTION))
    cells, group = unique_rows(kept.keys[:, : len(by)])
    truth = np.array(kept.levels[kept.axis(LABEL)])[kept.codes(LABEL)]
    said = np.array(kept.levels[kept.axis(PREDICTION)])[kept.codes(PREDICTION)]
    right = np.bincount(group, weights=kept.weights * (truth == said), minlength=len(cells))
    total = np.bincount(group, weights=kept.weights, minlength=len(cells))
    rows = np.bincount(group, weights=kept.n, minlength=len(cells)).astype(np.int64)
    names = [tuple(kept.levels[axis][int(code)] for axis, code in enumerate(row)) for row in cells]
    return names, right / total, rows


def measure_multiclass(table: CellTable, context: Context) -> Part:
    """Gaps of every class by every cut."""
    limits = {
        name: limit for name, limit in context.options.limits().items() if name in DISPARITIES
    }
    labelled = table.labelled() if LABEL in table.dims else None
    limits = {
        name: limit
        for name, limit in limits.items()
        if labelled is not None or _needs_no_label(name) or limit.source == "plan"
    }
    classes = table.levels[table.axis(PREDICTION)]
    parts = [_by(table, by, classes, limits, context) for by in context.cuts]
    if labelled is not None:
        parts += [_accuracy(labelled, by, context) for by in context.cuts if len(by) == 1]
    return join([*parts, Part(metrics=tuple(limits))])


def _needs_no_label(name: str) -> bool:
    return DISPARITIES[name].metrics == ("selection_rate",)


def _by(
    table: CellTable,
    by: tuple[str, ...],
    classes: tuple[str, ...],
    limits: dict[str, Limit],
    context: Context,
) -> Part:
    level = 1 - (1 - context.level) / len(
        classes
    )  # Bonferroni over classes: their counts depend on one another
    findings, rows = [], []
    for name, limit in limits.items():
        found: list[tuple[str, Disparity]] = []
        for one in classes:
            groups = group_counts(table, by, positive=one)
            groups = groups.take(groups.n >= context.options.min_group)
            gap = disparity(
                groups,
                name,
                level=level,
                min_events=context.options.min_events,
                rng=context.rng(name, one, *by),
            )
            found.append((one, gap))
            rows.append(_row(one, gap, context))
        findings.append(_finding(found, name, limit, context))
    columns = (
        Column(key="one", label="Class"),
        Column(key="name", label="Disparity"),
        Column(key="value", label="Value", kind="number"),
        Column(key="interval", label="interval", kind="interval"),
        Column(key="pair", label="Lowest and highest"),
    )
    shown = Table(
        id=slug("classes", *by),
        title=say("Classes by {by_name}", by_name=by_name(by)),
        columns=columns,
        rows=tuple(rows),
    )
    return Part(findings=tuple(findings), tables=(shown,))


def _row(one: str, gap: Disparity, context: Context) -> dict[str, Any]:
    row: dict[str, Any] = {"one": one, "name": describe(gap.name), "value": number(gap.value)}
    if gap.value is None:
        return row | {"pair": gap.undefined_because}
    pair = say(
        "{group} / {group_2}",
        group=context.speech.group(gap.lowest),
        group_2=context.speech.group(gap.highest),
    )
    return row | {"interval": [number(gap.low), number(gap.high)], "pair": pair}


def _finding(
    found: list[tuple[str, Disparity]], name: str, limit: Limit, context: Context
) -> Finding:
    ratio = DISPARITIES[name].ratio
    order = {"failed": 0, "indeterminate": 1, "passed": 2}
    judged = [(one, gap, judge_gap(gap, limit.value)) for one, gap in found]

    def badness(item: Any) -> tuple[int, float]:
        value = item[1].value if item[1].value is not None else (1.0 if ratio else 0.0)
        return order[str(item[2].status)], value if ratio else -value

    one, gap, judgement = min(judged, key=badness)
    speech = replace(
        context.speech,
        selected=say("were given the class {one}", one=one),
        rejected=say("were not given the class {one}", one=one),
        deserving=say("whose true class was {one}", one=one),
        undeserving=say("whose true class was not {one}", one=one),
    )
    reason = judgement.because or say_reason(
        gap,
        limit.value,
        limit.source,
        judgement.status,
        detectable=judgement.detectable,
        rows=judgement.rows,
    )
    return MULTICLASS.finding(
        judgement.status,
        Subject(kind="attribute", name=by_name(gap.by), detail={"metric": name}),
        say_disparity(gap, speech),
        reason=say("Only the class {one} is given. {reason}", one=one, reason=reason)
        if len(found) == 1
        else say(
            "Of {count} classes, {one} decides. {reason}",
            count=len(found),
            one=one,
            reason=reason,
        ),
        measurement=measured(gap),
        threshold=Threshold(
            low=limit.value if ratio else None,
            high=None if ratio else limit.value,
            source=limit.source,
        ),
        anchor="stages.fairness",
        remedy=MULTICLASS.fix if str(judgement.status) != "passed" else "",
        data={"class": one, "by": list(gap.by)}
        | (
            {
                "highest": {"group": list(gap.highest), "rate": gap.rates[0], "n": gap.n[0]},
                "lowest": {"group": list(gap.lowest), "rate": gap.rates[1], "n": gap.n[1]},
            }
            if gap.value is not None
            else {}
        ),
    )


def _accuracy(table: CellTable, by: tuple[str, ...], context: Context) -> Part:
    names, share, rows = class_accuracy(table, by)
    bounds = wilson(share * rows, rows, level=context.options.confidence)
    shown = Table(
        id=slug("accuracy", *by),
        title=say("Share classified correctly by {by_name}", by_name=by_name(by)),
        columns=(
            Column(key="group", label="Group"),
            Column(key="n", label="n", kind="count"),
            Column(key="accuracy", label="Accuracy", kind="proportion"),
            Column(key="interval", label="interval", kind="interval"),
        ),
        rows=tuple(
            {
                "group": context.speech.group(name),
                "n": int(rows[i]),
                "accuracy": float(share[i]),
                "interval": [float(bounds.low[i]), float(bounds.high[i])],
            }
            for i, name in enumerate(names)
            if rows[i] >= context.options.suppress_below
        ),
    )
    return Part(tables=(shown,), metrics=("accuracy",))
