"""Parts of a table held against their wholes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from raudit.stages.fairness.nyc_ll144.faults import Fault, fault_of
from raudit.stages.fairness.nyc_ll144.layout import Row


def broken_sums(
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
            found = _missing(row, _without_subtotals(parts))
            if found is None:
                continue
            cells += found[0]
            if found[1]:
                broken.append((row, parts, found[1]))
    return cells, _one_each(broken, blamed)


def _without_subtotals(parts: Sequence[Row]) -> Sequence[Row]:
    """Parts of which none is the sum of others: beside races, those who are not Hispanic are counted twice."""
    single = [part for part in parts if not part.subtotal]
    return single if len(single) > 2 else parts


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
                fault_of(
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
        fault_of(row, "sum", _counts(row), "parts that fit into it", why, "number")
        for row, _, why in open_
    ]


def _counts(row: Row) -> str:
    return (
        f"{row.selected:,} of {row.assessed:,}" if row.selected is not None else f"{row.assessed:,}"
    )
