"""Placeholders: values that are written where there is none."""

from __future__ import annotations

from typing import Any

from raudit.data import ColumnName
from raudit.data.alone import stays
from raudit.data.missing_words import MISSING_WORDS
from raudit.findings import Finding, Measurement, Status
from raudit.record import Column, Table
from raudit.sentences import joined, n_columns, n_rows, say
from raudit.stages.data_readiness.part import Part, Setting, answer, listed
from raudit.stages.data_readiness.placeholder_values import (
    DAYS,
    DOUBTFUL,
    Placeholder,
    find_placeholders,
)
from raudit.stages.data_readiness.rules import PLACEHOLDER
from raudit.stats.apart import NUMBERS


def placeholders_of(setting: Setting, name: ColumnName) -> tuple[Placeholder, ...]:
    """Placeholders of a column, those included that the plan knows to be none; none of a computed column."""
    if name not in setting.data.kinds or stays(setting.data, name):
        return ()
    if name not in setting.seen:
        setting.seen[name] = find_placeholders(setting.alone(name), setting.data.kinds[name])
    return setting.seen[name]


def unknown_placeholders(setting: Setting, name: ColumnName) -> tuple[Placeholder, ...]:
    """Placeholders of a column that the plan does not know to be none."""
    known = setting.options.known_placeholders
    return tuple(item for item in placeholders_of(setting, name) if item.shown not in known)


def missing_texts(setting: Setting, name: ColumnName) -> int:
    """Cells that hold an unmistakable placeholder."""
    return sum(item.cells for item in unknown_placeholders(setting, name) if item.certain)


def placeholders(setting: Setting) -> Part:
    """Count placeholders in every column."""
    n = setting.data.n_rows
    findings, rows, columns, doubtful, cells = [], [], [], [], 0
    names = [
        name
        for name in setting.data.kinds
        if name != setting.evidence.roles.weight and not stays(setting.data, name)
    ]
    for name in names:
        found = unknown_placeholders(setting, name)
        if not found:
            continue
        rows += [_row(name, item) for item in found]
        certain = sum(item.cells for item in found if item.certain)
        if not certain:
            total = sum(item.cells for item in found)
            doubtful.append(say("{name} ({total:,})", name=name, total=total))
            continue
        columns.append(str(name))
        cells += certain
        findings.append(_finding(setting, name, found))
    facts = {"data.placeholder_cells": cells, "data.placeholder_columns": columns}
    return Part(
        findings=tuple(findings),
        facts=facts,
        tables=_table(rows, n),
        notes=(_searched(len(names), doubtful),),
    )


def _finding(setting: Setting, name: ColumnName, found: tuple[Placeholder, ...]) -> Finding:
    """What stands in one column; it passes if the plan declares all of it as unknown."""
    n, total = setting.data.n_rows, sum(item.cells for item in found)
    told = _attribute_unknowns(setting, name)
    failed = any(item.certain for item in found if item.shown not in told)
    shown = joined(
        ", ",
        (say("“{shown}” in {cells:,}", shown=item.shown, cells=item.cells) for item in found),
    )
    return answer(
        PLACEHOLDER,
        kind="column",
        name=name,
        status=Status.FAILED if failed else Status.PASSED,
        statement=say(
            "Column “{name}” is not missing but holds a placeholder in {total:,} "
            "of {n:,} rows ({total_2:.1%}): {shown}.",
            name=name,
            total=total,
            n=n,
            total_2=total / n,
            shown=shown,
        )
        + ("" if failed else say(" The plan declares it as unknown.")),
        measurement=Measurement(metric="placeholder_share", value=total / n, n=n, events=total),
        anchor="known_placeholders",
    )


def _searched(count: int, doubtful: list[str]) -> str:
    searched = say(
        "Placeholders were looked for in {columns}: {count_2} "
        "words, {count_3} numbers where they stand apart, {count_4} "
        "days.",
        columns=n_columns(count),
        count_2=len(MISSING_WORDS) + len(DOUBTFUL),
        count_3=len(NUMBERS),
        count_4=len(DAYS),
    )
    if doubtful:
        searched += say(
            " Words such as none, which can be an answer, stand in cells of {listed}.",
            listed=listed(doubtful),
        )
    return searched


def _row(name: ColumnName, item: Placeholder) -> dict[str, Any]:
    sure = say("yes") if item.certain else say("may be an answer")
    return {"name": str(name), "value": item.shown, "cells": item.cells, "sure": sure}


def _attribute_unknowns(setting: Setting, name: ColumnName) -> frozenset[str]:
    roles = setting.evidence.roles
    return frozenset(
        value for a in (*roles.sensitive, *roles.control) if a.column == name for value in a.unknown
    )


def _table(rows: list[dict[str, Any]], n: int) -> tuple[Table, ...]:
    if not rows:
        return ()
    columns = (
        Column(key="name", label="Column"),
        Column(key="value", label="Placeholder"),
        Column(key="cells", label="Cells", kind="count"),
        Column(key="sure", label="Is it one"),
    )
    caption = say("Counted on all {rows}.", rows=n_rows(n))
    return (
        Table(
            id="placeholders",
            title="Placeholders",
            columns=columns,
            rows=tuple(rows),
            caption=caption,
        ),
    )
