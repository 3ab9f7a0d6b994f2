"""Recompute a published bias-audit table from its own counts.

A printed cell follows if it equals the recomputed value at the number of decimals it is printed with.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from raudit.data.cells import UNKNOWN
from raudit.errors import DataError
from raudit.stages.fairness.ll144 import Category, impact_ratios

HEADINGS: Mapping[str, tuple[str, ...]] = {
    "section": ("section", "table", "type", "dimension"),
    "sex": ("sex", "gender", "sex category", "sex categories"),
    "race": ("race", "race ethnicity", "ethnicity", "race ethnicity category", "race ethnicity categories"),
    "category": ("category", "group", "categories"),
    "assessed": ("assessed", "applicants", "of applicants", "number of applicants", "total applicants", "candidates",
                 "number of candidates", "total", "n", "count"),
    "selected": ("selected", "of selected", "number selected", "selected applicants", "above median",
                 "scored above median", "scored above the median", "number scored above median"),
    "rate": ("rate", "selection rate", "scoring rate"),
    "ratio": ("ratio", "impact ratio"),
}  # fmt: skip
_UNKNOWN = ("unknown", "not specified", "not disclosed", "declined", "decline to state", "missing", "n/a")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A printed number that does not follow."""

    line: int
    """Line of the file; 0 for a fault between lines."""
    section: str
    category: str
    what: str
    """``rate``, ``impact ratio``, ``assessed`` or ``selected``."""
    printed: str
    expected: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedTable:
    """What became of the check."""

    cells: int
    """Printed numbers that were recomputed."""
    faults: tuple[Fault, ...]
    sections: tuple[tuple[str, tuple[Category, ...]], ...]
    """The recomputed table."""

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "cells": self.cells,
            "faults": [asdict(fault) for fault in self.faults],
            "sections": [{"name": name, "rows": [asdict(row) for row in rows]} for name, rows in self.sections],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    line: int
    section: str
    name: tuple[str, ...]
    assessed: int
    selected: int
    rate: str
    ratio: str


def check_ll144_file(path: Path) -> CheckedTable:
    """Check a published table.

    Parameters
    ----------
    path
        ``.csv`` or ``.tsv`` with the columns applicants, selected and, where printed, selection (or scoring) rate and
        impact ratio; and sex and race/ethnicity, or section and category.

    Raises
    ------
    DataError
        If the file or a count cannot be read, or there is no row.
    """
    rows = _read(path)
    sections: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        sections[row.section].append(row)
    cells, faults, done = 0, list[Fault](), []
    for section, items in sections.items():
        table = _recompute(section, items, path)
        done.append((section, table))
        for row, category in zip(items, table, strict=True):
            found = _compare(row, category)
            cells += found[0]
            faults += found[1]
    sums = _sums(sections)
    return CheckedTable(cells=cells + sums[0], faults=(*faults, *sums[1]), sections=tuple(done))


def _recompute(section: str, items: Sequence[_Row], path: Path) -> tuple[Category, ...]:
    # A category that prints no ratio was left out by its publisher; it must not set the highest rate.
    prints = any(row.ratio for row in items)
    names = [(UNKNOWN,) if prints and not row.ratio else row.name for row in items]
    try:
        return impact_ratios(names, [row.assessed for row in items], [row.selected for row in items])
    except ValueError as error:
        worst = next(row for row in items if row.selected > row.assessed)
        raise DataError(
            f"more people were selected than assessed in {' / '.join(worst.name)}",
            reference="ll144-counts",
            where=f"{path.name}:{worst.line} ({section})",
            got=f"{worst.selected:,} of {worst.assessed:,}",
            hint="the columns may be swapped",
        ) from error


def _compare(row: _Row, category: Category) -> tuple[int, list[Fault]]:
    faults, cells = [], 0
    for what, printed, value in (("rate", row.rate, category.rate), ("impact ratio", row.ratio, category.impact_ratio)):
        if not printed:
            continue
        cells += 1
        if value is None:
            faults.append(_fault(row, what, printed, "none", f"no {what} follows: {category.left_out or 'no people'}"))
        elif not follows(printed, value):
            right = _like(printed, value)
            explanation = f"{row.selected:,} of {row.assessed:,} gives {right}"
            if what == "impact ratio":
                explanation = f"the rate over the highest rate of the section gives {right}"
            faults.append(_fault(row, what, printed, right, explanation))
    return cells, faults


def follows(printed: str, value: float) -> bool:
    """Whether a printed number is the value, rounded to as many decimals as are printed."""
    number, decimals, scale = _printed(printed)
    return bool(abs(number - value * scale) <= 0.5 * 10.0**-decimals + 1e-9)


def _like(printed: str, value: float) -> str:
    _, decimals, scale = _printed(printed)
    return f"{value * scale:.{decimals}f}{'%' if scale == 100 else ''}"


def _printed(text: str) -> tuple[float, int, int]:
    percent = text.endswith("%")
    digits = text.removesuffix("%").strip().replace(",", "")
    _, _, decimals = digits.partition(".")
    return float(digits), len(decimals), 100 if percent else 1


def _fault(row: _Row, what: str, printed: str, expected: str, explanation: str) -> Fault:
    return Fault(
        line=row.line,
        section=row.section,
        category=" / ".join(row.name),
        what=what,
        printed=printed,
        expected=expected,
        explanation=explanation,
    )


def _sums(sections: Mapping[str, Sequence[_Row]]) -> tuple[int, list[Fault]]:
    """Intersections must add up to the rows of the single attributes."""
    crossed = sections.get("sex x race", ())
    cells, faults = 0, []
    for position, section in enumerate(("sex", "race")):
        for row in sections.get(section, ()):
            parts = [item for item in crossed if item.name[position] == row.name[0]]
            if not parts:
                continue
            for what in ("assessed", "selected"):
                total, printed = sum(getattr(item, what) for item in parts), getattr(row, what)
                cells += 1
                if total != printed:
                    text = f"the {len(parts)} intersections of {row.name[0]} add up to {total:,}"
                    faults.append(_fault(row, what, f"{printed:,}", f"{total:,}", text))
    return cells, faults


def _read(path: Path) -> list[_Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            "the table cannot be read",
            reference="ll144-unreadable",
            where=str(path),
            got=getattr(error, "strerror", None) or "not UTF-8 text",
            hint="save the published table as CSV in UTF-8",
        ) from error
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    lines = list(csv.reader(text.splitlines(), delimiter=delimiter))
    start = next((i for i, line in enumerate(lines) if {"assessed", "selected"} <= set(_columns(line))), None)
    if start is None:
        raise DataError(
            "no line names the columns of an audit table",
            reference="ll144-columns",
            where=path.name,
            expected="columns such as: sex, race/ethnicity, applicants, selected, selection rate, impact ratio",
            hint="add a heading line with at least applicants and selected",
        )
    columns = _columns(lines[start])
    rows = []
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        if any(cell.strip() for cell in line) and set(_columns(line)) < {"assessed", "selected"}:
            rows.append(_row(number, {k: line[i].strip() if i < len(line) else "" for k, i in columns.items()}, path))
    if not rows:
        raise DataError("the table has no rows", reference="ll144-empty", where=path.name, hint="check the export")
    return rows


def _columns(line: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for position, cell in enumerate(line):
        plain = " ".join(re.sub(r"[^a-z]+", " ", cell.lower()).split())
        for key, names in HEADINGS.items():
            if plain in names:
                found.setdefault(key, position)
    return found


def _row(line: int, cells: Mapping[str, str], path: Path) -> _Row:
    sex, race = cells.get("sex", ""), cells.get("race", "")
    section: str
    name: tuple[str, ...]
    if sex and race:
        section, name = "sex x race", (sex, race)
    elif sex or race:
        section, name = ("sex", (sex,)) if sex else ("race", (race,))
    else:
        category = cells.get("category", "") or "unnamed"
        section, name = cells.get("section") or _guess(category), (category,)
    if any(part.lower() in _UNKNOWN for part in name):
        name = tuple(UNKNOWN if part.lower() in _UNKNOWN else part for part in name)
    for key in ("rate", "ratio"):
        _check_number(cells.get(key, ""), key, line, path)
    return _Row(
        line=line,
        section=section.lower(),
        name=name,
        assessed=_count(cells["assessed"], "applicants", line, path),
        selected=_count(cells["selected"], "selected", line, path),
        rate=_blank(cells.get("rate", "")),
        ratio=_blank(cells.get("ratio", "")),
    )


def _guess(category: str) -> str:
    return "sex" if category.lower() in ("male", "female", "men", "women") else "race"


def _blank(text: str) -> str:
    return "" if text.lower() in ("", "-", "–", "n/a", "na", "none", "*") else text


def _check_number(text: str, key: str, line: int, path: Path) -> None:
    if _blank(text):
        try:
            _printed(text)
        except ValueError as error:
            raise DataError(
                f"the {'impact ratio' if key == 'ratio' else key} is not a number",
                reference="ll144-number",
                where=f"{path.name}:{line}",
                got=repr(text[:40]),
                expected="such as 0.97 or 48%",
                hint="leave the cell empty if the category has none",
            ) from error


def _count(text: str, what: str, line: int, path: Path) -> int:
    digits = text.replace(",", "").replace(" ", "")
    if not digits.isdigit():
        raise DataError(
            f"the count of {what} is not a whole number",
            reference="ll144-count",
            where=f"{path.name}:{line}",
            got=repr(text[:40]),
            hint="counts are needed to recompute anything",
        )
    return int(digits)
