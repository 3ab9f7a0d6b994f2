"""Tables and pictures of the rates of every group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raudit.data.cells import UNKNOWN
from raudit.record import Column, ColumnKind, Table
from raudit.sentences import capital, say
from raudit.stages.fairness.measures.membership import (
    alike,
    small_groups,
    unknown_members,
)
from raudit.stages.fairness.measures.metrics import (
    METRICS,
    WITHOUT_LABEL,
    Groups,
    estimate,
)
from raudit.stages.fairness.tasks.coverage import numbered
from raudit.stages.fairness.tasks.part import (
    Context,
    Part,
    by_name,
    estimate_rows,
    number,
    slug,
)
from raudit.stages.fairness.words.pictures import dots, extremes
from raudit.stages.fairness.words.sentences import (
    PLAIN,
)

LONG = 24
"""Groups beyond which a cut gets no table: the worst pair is named instead."""


def rates_part(by: tuple[str, ...], groups: Groups, context: Context) -> Part:
    """Rates of one cut: estimates for the record, a table and a picture for single attributes, small groups named."""
    options = context.options
    names = METRICS if groups.labelled else WITHOUT_LABEL
    findings = [small_groups(by, groups, context)]
    if len(by) == 1 and UNKNOWN in [group[0] for group in groups.names]:
        findings.append(unknown_members(by[0], groups))
    if len(by) == 1 and (same := alike(by[0], groups)) is not None:
        findings.append(same)
    if len(by) == 1 and (single := numbered(by[0], groups)) is not None:
        findings.append(single)
    if len(groups.names) > LONG:
        return Part(findings=tuple(findings), figures=(extremes(by, groups, context),))
    found = {
        name: estimate(
            groups,
            name,
            level=options.confidence,
            draws=min(options.draws, 2_000),
            rng=context.rng(name, *by),
        )
        for name in names
    }
    rows = [
        row
        for e in found.values()
        for row in estimate_rows(groups, e, options.confidence, options.suppress_below)
    ]
    if len(by) > 1:
        return Part(findings=tuple(findings), estimates=tuple(rows))
    figures = [dots(by, groups, found[name], context) for name in _pictured(groups)]
    return Part(
        findings=tuple(findings),
        tables=_rate_tables(by, groups, found, context),
        figures=tuple(figures),
        estimates=tuple(rows),
    )


def _pictured(groups: Groups) -> tuple[str, ...]:
    return (
        ("selection_rate", "true_positive_rate", "false_positive_rate")
        if groups.labelled
        else ("selection_rate",)
    )


def _rate_tables(
    by: tuple[str, ...], groups: Groups, found: Mapping[str, Any], context: Context
) -> tuple[Table, ...]:
    main = _pictured(groups)
    tables = [
        _rate_table(
            "rates",
            say("Decisions by {by_name}", by_name=by_name(by)),
            by,
            groups,
            {n: found[n] for n in main},
            context,
            True,
        )
    ]
    rest = {name: found[name] for name in found if name not in main}
    if rest:
        tables.append(
            _rate_table(
                "more",
                say("Further rates by {by_name}", by_name=by_name(by)),
                by,
                groups,
                rest,
                context,
                False,
            )
        )
    return tuple(tables)


def _rate_table(
    prefix: str,
    title: str,
    by: tuple[str, ...],
    groups: Groups,
    found: Mapping[str, Any],
    context: Context,
    intervals: bool,
) -> Table:
    columns = [Column(key="group", label="Group"), Column(key="n", label="n", kind="count")]
    for name in found:
        kind: ColumnKind = "number" if name == "treatment_equality" else "proportion"
        columns.append(Column(key=name, label=_label(name), kind=kind))
        if intervals:
            columns.append(Column(key=f"{name}_interval", label="interval", kind="interval"))
    rows = []
    for i, group in enumerate(groups.names):
        row: dict[str, Any] = {"group": context.speech.group(group)}
        if groups.n[i] < context.options.suppress_below:
            row["group"] += say(
                " (fewer than {suppress_below})", suppress_below=context.options.suppress_below
            )
            rows.append(row)
            continue
        row["n"] = int(groups.n[i])
        for name, values in found.items():
            row[name] = number(values.value[i])
            if intervals and row[name] is not None:
                row[f"{name}_interval"] = [
                    number(values.bounds.low[i]),
                    number(values.bounds.high[i]),
                ]
        rows.append(row)
    level = say("{confidence:.3g} %", confidence=context.options.confidence * 100)
    how = (
        say(
            "Intervals are {level} Wilson intervals of each group by "
            "itself; they are not for comparing groups.",
            level=level,
        )
        if intervals
        else ""
    )
    return Table(
        id=slug(prefix, *by), title=title, columns=tuple(columns), rows=tuple(rows), caption=how
    )


def _label(name: str) -> str:
    return capital("FN / FP" if name == "treatment_equality" else PLAIN[name])
