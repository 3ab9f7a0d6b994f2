"""Recompute a published bias-audit table from its own counts and rates.

A printed number follows if some value that rounds to it can come from the other printed numbers. Most audits print no
counts of the selected: there a ratio is held against the printed rates, each known only to its last digit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from raudit.errors import DataError
from raudit.findings import written
from raudit.stages.fairness.nyc_ll144.layout import Row, read_rows
from raudit.stages.fairness.nyc_ll144.printed import Printed
from raudit.stages.fairness.nyc_ll144.read import read_grids

Span = tuple[float, float]
"""Smallest and largest value a number can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A printed number that does not follow."""

    line: int
    """Line of the file, row of the sheet or of the page's table."""
    section: str
    category: str
    what: str
    """``rate``, ``impact ratio``, ``counts``, ``sum`` or ``unreadable``."""
    kind: str
    """``last digit`` if it is off by no more than one in its last digit, else ``number``."""
    printed: str
    expected: str
    explanation: str


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
    added, sums = _sums(sections, blamed)
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
            else _middle(rate) / max(_middle(best), 1e-300)
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
                    rate=None if rate is None else _middle(rate),
                    impact_ratio=ratio,
                    checked=checked,
                    follows=not faults,
                ),
                faults,
            )
        )
    return found


def _middle(span: Span) -> float:
    return (span[0] + span[1]) / 2


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
        return follow, -ahead, _middle(span)

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
            _fault(
                row, "unreadable", row.unreadable, "a number", "this cell is not a number", "number"
            )
        )
    if _impossible(row):
        text = f"{row.selected:,} selected of {row.assessed:,} assessed"
        faults.append(
            _fault(
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
            faults.append(_rate_fault(row, row.rate, counted))
        return faults, checked
    if rate_wrong and counted is not None and row.rate is not None:
        printed = (max(row.rate.low, 0.0), row.rate.high)
        by_counts, by_rate = _meets(row.ratio, counted, best), _meets(row.ratio, printed, best)
        if by_rate and not by_counts:
            faults.append(_count_fault(row, row.rate))
        else:
            faults.append(_rate_fault(row, row.rate, counted))
            if not by_counts:
                faults.append(_ratio_fault(row, row.ratio, counted, best))
    elif not _ratio_follows(row, best):
        span = _spans(row)[0]
        faults.append(_ratio_fault(row, row.ratio, span, best))
    elif row.ratio.low > 1 and not row.total:
        faults.append(
            _fault(
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


def _rate_fault(row: Row, rate: Printed, counted: Span) -> Fault:
    right = rate.like(counted[0])
    text = f"{row.selected:,} of {row.assessed:,} gives {right}"
    return _fault(row, "rate", rate.text, right, text, _kind(rate, counted))


def _count_fault(row: Row, rate: Printed) -> Fault:
    assert row.assessed is not None and row.selected is not None  # noqa: S101, PT018
    right = f"about {round(rate.value * row.assessed):,} of {row.assessed:,}"
    text = (
        f"the printed rate {rate.text} and the ratio agree with each other and not with the counts; {right} would "
        "give them, if the applicants are right"
    )
    kind = _kind(rate, (row.selected / row.assessed,) * 2) if row.assessed else "number"
    return _fault(row, "counts", f"{row.selected:,} of {row.assessed:,}", right, text, kind)


def _ratio_fault(row: Row, ratio: Printed, span: Span, best: Span) -> Fault:
    low, high = span[0] / max(best[1], 1e-12), span[1] / max(best[0], 1e-12)
    right = ratio.like(_middle(span) / _middle(best))
    wide = ratio.like(low), ratio.like(high)
    expected = right if wide[0] == wide[1] else f"{wide[0]} to {wide[1]}"
    text = (
        f"the rate over the highest rate of the section ({written(_middle(best))}) gives {expected}"
    )
    if span[0] != span[1]:
        text += ", whatever the rates were before rounding; the rate or the ratio is wrong"
    return _fault(row, "impact ratio", ratio.text, right, text, _kind(ratio, (low, high)))


def _kind(printed: Printed, span: Span) -> str:
    """A slip in the last digit (rounded down instead of up, or one off), or another number."""
    near = printed.low - printed.unit <= span[1] and span[0] <= printed.high + printed.unit
    return "last digit" if near else "number"


def _fault(row: Row, what: str, printed: str, expected: str, explanation: str, kind: str) -> Fault:
    return Fault(
        line=row.line,
        section=row.section,
        category=" / ".join(row.name) + (f" ({row.scope})" if row.scope else ""),
        what=what,
        kind=kind,
        printed=printed,
        expected=expected,
        explanation=explanation,
    )


def _sums(
    sections: Mapping[str, list[Row]], blamed: set[tuple[int, str]]
) -> tuple[int, list[Fault]]:
    """Add up parts and hold them against their wholes.

    People of unknown race or sex are in a whole and in none of its parts: what is missing must be no fewer than none,
    and no more of them selected than assessed.
    """
    pairs = [row for items in sections.values() for row in items if len(row.name) == 2]
    cells, broken = 0, []
    for items in sections.values():
        for row in items:
            if row.total:
                parts = [part for part in items if part is not row and not part.total]
            elif len(row.name) == 1 and not row.unknown:
                parts = [
                    part
                    for part in pairs
                    if part.key[0 if row.section == "sex" else -1] == row.key[0]
                ]
            else:
                continue
            found = _missing(row, parts)
            if found is None:
                continue
            cells += found[0]
            if found[1]:
                broken.append((row, parts, found[1]))
    return cells, _one_each(broken, blamed)


def _missing(row: Row, parts: Sequence[Row]) -> tuple[int, str] | None:
    """How many numbers were added up, and what is wrong with the sums; None if nothing can be."""
    if not parts or row.assessed is None or any(part.assessed is None for part in parts):
        return None
    total = sum(part.assessed or 0 for part in parts)
    away = row.assessed - total
    said = f"its {len(parts)} parts add up to {total:,} assessed"
    if row.selected is None or any(part.selected is None for part in parts):
        return 1, f"{said}, more than the {row.assessed:,} printed" if away < 0 else ""
    chosen = sum(part.selected or 0 for part in parts)
    gone = row.selected - chosen
    said += f" and {chosen:,} selected"
    if away < 0 or gone < 0:
        return 2, f"{said}, more than the {row.assessed:,} and {row.selected:,} printed"
    if gone > away:
        return (
            2,
            f"{said}; of the {away:,} people who are in no part, {gone:,} would have been selected",
        )
    return 2, ""


def _one_each(
    broken: Sequence[tuple[Row, Sequence[Row], str]], blamed: set[tuple[int, str]]
) -> list[Fault]:
    """One fault for one wrong number: a part that is in every sum that breaks is named instead of the sums."""
    open_ = [
        item
        for item in broken
        if not any((row.line, row.section) in blamed for row in (item[0], *item[1]))
    ]
    if not open_:
        return []
    if len(open_) > 1:
        common = [
            part
            for part in open_[0][1]
            if all(any(part is other for other in parts) for _, parts, _ in open_)
        ]
        if len(common) == 1:
            part = common[0]
            text = "; ".join(f"{' / '.join(row.name)}: {why}" for row, _, why in open_)
            return [
                _fault(
                    part,
                    "sum",
                    _counts(part),
                    "counts that add up",
                    f"it is in every sum that breaks: {text}",
                    "number",
                )
            ]
        wholes = [
            row
            for row, parts, _ in open_
            if all(any(row is part for part in other) or row is whole for whole, other, _ in open_)
        ]
        if len(wholes) == 1:
            open_ = [item for item in open_ if item[0] is wholes[0]]
    return [
        _fault(row, "sum", _counts(row), "parts that fit into it", why, "number")
        for row, _, why in open_
    ]


def _counts(row: Row) -> str:
    return (
        f"{row.selected:,} of {row.assessed:,}" if row.selected is not None else f"{row.assessed:,}"
    )


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
