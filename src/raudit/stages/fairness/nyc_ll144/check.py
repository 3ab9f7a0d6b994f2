"""Recompute a published bias-audit table from its own counts and rates.

A printed number follows if some value that rounds to it can come from the other printed numbers. Most audits print no
counts of the selected: there a ratio is held against the printed rates, each known only to its last digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from raudit.errors import DataError
from raudit.stages.fairness.nyc_ll144.faults import (
    Fault,
    Span,
    count_fault,
    fault_of,
    middle,
    rate_fault,
    ratio_fault,
)
from raudit.stages.fairness.nyc_ll144.layout import Row, read_rows
from raudit.stages.fairness.nyc_ll144.printed import Printed
from raudit.stages.fairness.nyc_ll144.read import read_grids
from raudit.stages.fairness.nyc_ll144.sums import broken_sums


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """One category with what its numbers should be."""

    line: int
    section: str
    name: tuple[str, ...]
    assessed: int | None
    selected: int | None
    rate: float | None
    """Recomputed from counts, else as printed."""
    impact_ratio: float | None
    """Recomputed."""
    checked: int
    """Printed numbers of the row that could be recomputed."""
    follows: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTable:
    """What became of the check."""

    cells: int
    """Printed numbers that were recomputed."""
    faults: tuple[Fault, ...]
    rows: tuple[CheckedRow, ...]

    @property
    def summary(self) -> str:
        """One sentence on rows and one on numbers."""
        able = [row for row in self.rows if row.checked]
        wrong = sum(not row.follows for row in able)
        alone = len(self.rows) - len(able)
        slips = sum(fault.kind == "last digit" for fault in self.faults)
        text = f"{len(self.rows):,} rows read: {len(able) - wrong:,} follow, {wrong:,} do not"
        text += f", {alone:,} cannot be recomputed" if alone else ""
        if not self.cells and not self.faults:
            none = "Nothing could be recomputed: no row holds two numbers of which one follows."
            return f"{len(self.rows):,} rows read. {none}"
        verdict = (
            "all follow"
            if not self.faults
            else f"{len(self.faults):,} {_do(len(self.faults))} not follow"
        )
        if slips:
            verdict += f" ({slips:,} only in the last digit)"
        return f"{text}. {self.cells:,} numbers recomputed; {verdict}."

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "cells": self.cells,
            "faults": [asdict(fault) for fault in self.faults],
            "rows": [asdict(row) for row in self.rows],
            "summary": self.summary,
        }


def check_ll144_file(path: Path) -> CheckedTable:
    """Check the published tables of a file.

    Parameters
    ----------
    path
        CSV, TSV, semicolons, XLSX, HTML, Markdown or pasted text, with a heading line for each table and at least two
        of applicants, selected, selection (or scoring) rate and impact ratio.

    Raises
    ------
    DataError
        If the file or most of a column cannot be read, there is no row, or columns seem swapped.
    """
    return check_rows(read_rows(read_grids(path), path), path.name)


def check_rows(rows: Sequence[Row], name: str) -> CheckedTable:
    """Check rows that are read already."""
    scopes: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        scopes[row.scope].append(row)
    checked = [_check_scope(items, name) for items in scopes.values()]
    order = {id(row): place for place, row in enumerate(rows)}
    places = [order[id(row)] for items in scopes.values() for row in items]
    table = [row for one in checked for row in one.rows]
    return CheckedTable(
        cells=sum(one.cells for one in checked),
        faults=tuple(fault for one in checked for fault in one.faults),
        rows=tuple(row for _, row in sorted(zip(places, table, strict=True), key=lambda at: at[0])),
    )


def _check_scope(rows: Sequence[Row], name: str) -> CheckedTable:
    """Check the rows of one audit."""
    sections: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        sections[row.section].append(row)
    done: dict[int, CheckedRow] = {}
    faults: list[Fault] = []
    cells = 0
    for section, items in sections.items():
        _refuse_swapped(section, items, name)
        for row, checked, found in _section(items):
            done[id(row)] = checked
            faults += found
            cells += checked.checked
    blamed = {(fault.line, fault.section) for fault in faults}
    added, sums = broken_sums(sections, blamed)
    wrong = {(fault.line, fault.section) for fault in sums}
    table = [
        replace(done[id(row)], follows=False, checked=max(done[id(row)].checked, 1))
        if (row.line, row.section) in wrong
        else done[id(row)]
        for row in rows
    ]
    return CheckedTable(cells=cells + added, faults=(*faults, *sums), rows=tuple(table))


def _refuse_swapped(section: str, items: Sequence[Row], name: str) -> None:
    worse = [row for row in items if _impossible(row)]
    if (
        len(worse) * 2
        >= len([row for row in items if row.assessed is not None and row.selected is not None])
        > 0
    ):
        raise DataError(
            f"more people were selected than assessed in {' / '.join(worse[0].name)}",
            reference="ll144-counts",
            where=f"{name}:{worse[0].line} ({section})",
            got=f"{worse[0].selected:,} of {worse[0].assessed:,}",
            hint="the columns may be swapped",
        )


def _impossible(row: Row) -> bool:
    return row.assessed is not None and row.selected is not None and row.selected > row.assessed


def _from_counts(row: Row) -> Span | None:
    if row.assessed and row.selected is not None and not _impossible(row):
        return row.selected / row.assessed, row.selected / row.assessed
    return None


def _spans(row: Row) -> list[Span]:
    """What the rate of a row can be.

    With counts it is the exact rate, or the printed one, from which some publishers go on; without counts, or where
    the two contradict each other, whatever rounds to the printed one.
    """
    counted = _from_counts(row)
    if row.rate is None:
        return [] if counted is None else [counted]
    rounded = max(row.rate.low, 0.0), row.rate.high
    if counted is None:
        return [rounded]
    return [counted, rounded if _spans_apart(row) else (row.rate.value, row.rate.value)]


def _section(items: Sequence[Row]) -> list[tuple[Row, CheckedRow, list[Fault]]]:
    best = _reference(items)
    found = []
    for row in items:
        faults, checked = _row(row, best)
        rate = _spans(row)[0] if _spans(row) else None
        ratio = (
            None
            if rate is None or best is None or row.ratio is None
            else middle(rate) / max(middle(best), 1e-300)
        )
        found.append(
            (
                row,
                CheckedRow(
                    line=row.line,
                    section=row.section,
                    name=row.name,
                    assessed=row.assessed,
                    selected=row.selected,
                    rate=None if rate is None else middle(rate),
                    impact_ratio=ratio,
                    checked=checked,
                    follows=not faults,
                ),
                faults,
            )
        )
    return found


def _reference(items: Sequence[Row]) -> Span | None:
    """The rate that the ratios of a section are held against.

    It is the highest rate by which most ratios follow: one wrong rate, even the highest, is then one fault and not
    one in every row.
    """
    rows = [row for row in items if row.ratio is not None and not row.total]
    spans = [span for row in items if not row.total for span in _spans(row) if span[1] > 0]
    if not rows or not spans:
        return None

    lows = [_spans(row)[0][0] for row in rows if _spans(row) and not _spans_apart(row)]

    def worth(span: Span) -> tuple[int, float, float]:
        follow = sum(_ratio_follows(row, span) for row in rows)
        ahead = sum(span[1] < low for low in lows)
        return follow, -ahead, middle(span)

    best = max(spans, key=worth)
    implied = _implied(rows)
    # Where the highest rate itself is wrong and nothing else tells what it was, the other ratios do.
    return implied if implied is not None and worth(implied)[0] > worth(best)[0] + 1 else best


def _implied(rows: Sequence[Row]) -> Span | None:
    """The highest rate that most rows agree on: each row's rate over its ratio."""
    ranges = [
        (spans[0][0] / row.ratio.high, spans[0][1] / row.ratio.low)
        for row in rows
        if row.ratio is not None and row.ratio.low > 0 and (spans := _spans(row))
    ]
    if not ranges:
        return None
    agreed = max(([r for r in ranges if r[0] <= low <= r[1]] for low, _ in ranges), key=len)
    return max(low for low, _ in agreed), min(high for _, high in agreed)


def _spans_apart(row: Row) -> bool:
    """Whether counts and printed rate contradict each other."""
    counted = _from_counts(row)
    return (
        counted is not None
        and row.rate is not None
        and not row.rate.low <= counted[0] <= row.rate.high
    )


def _ratio_follows(row: Row, best: Span) -> bool:
    return row.ratio is not None and any(_meets(row.ratio, span, best) for span in _spans(row))


def _meets(ratio: Printed, span: Span, best: Span) -> bool:
    """Whether some rate over some highest rate rounds to the printed ratio."""
    if best[1] <= 0:
        return False
    low, high = span[0] / best[1], span[1] / max(best[0], 1e-12)
    return low <= ratio.high and high >= ratio.low


def _row(row: Row, best: Span | None) -> tuple[list[Fault], int]:
    """Faults of one row, one for each number that must be wrong, and how many numbers were recomputed."""
    counted = _from_counts(row)
    faults = []
    if row.unreadable:
        faults.append(
            fault_of(
                row, "unreadable", row.unreadable, "a number", "this cell is not a number", "number"
            )
        )
    if _impossible(row):
        text = f"{row.selected:,} selected of {row.assessed:,} assessed"
        faults.append(
            fault_of(
                row,
                "counts",
                text,
                f"at most {row.assessed:,}",
                "more people selected than assessed",
                "number",
            )
        )
    checked = int(counted is not None and row.rate is not None)
    ratio_known = row.ratio is not None and best is not None and bool(_spans(row))
    checked += int(ratio_known)
    rate_wrong = _spans_apart(row)
    assert row.rate is not None or not rate_wrong  # noqa: S101
    if not ratio_known or row.ratio is None or best is None:
        if rate_wrong and counted is not None and row.rate is not None:
            faults.append(rate_fault(row, row.rate, counted))
        return faults, checked
    if rate_wrong and counted is not None and row.rate is not None:
        printed = (max(row.rate.low, 0.0), row.rate.high)
        by_counts, by_rate = _meets(row.ratio, counted, best), _meets(row.ratio, printed, best)
        if by_rate and not by_counts:
            faults.append(count_fault(row, row.rate))
        else:
            faults.append(rate_fault(row, row.rate, counted))
            if not by_counts:
                faults.append(ratio_fault(row, row.ratio, counted, best))
    elif not _ratio_follows(row, best):
        span = _spans(row)[0]
        faults.append(ratio_fault(row, row.ratio, span, best))
    elif row.ratio.low > 1 and not row.total:
        faults.append(
            fault_of(
                row,
                "impact ratio",
                row.ratio.text,
                row.ratio.like(1.0),
                "it is held against a rate that is not the highest of its section: the most selected category has "
                "ratio 1",
                "number",
            )
        )
    return faults, checked


def _do(count: int) -> str:
    return "does" if count == 1 else "do"


def follows(printed: str, value: float) -> bool:
    """Whether a printed number is the value, rounded to as many decimals as are printed."""
    percent = printed.endswith("%")
    digits = printed.removesuffix("%").strip().replace(",", "")
    decimals = len(digits.partition(".")[2])
    return bool(
        abs(float(digits) - value * (100 if percent else 1)) <= 0.5 * 10.0**-decimals + 1e-9
    )
