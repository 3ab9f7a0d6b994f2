"""Where the columns of an audit table stand: its heading lines, read into groups of columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from raudit.stages.fairness.nyc_ll144.categories import SEX_NAME, topic_of
from raudit.stages.fairness.nyc_ll144.headings import NAMES, NUMBERS, heading, words_of_heading
from raudit.stages.fairness.nyc_ll144.read import Line


@dataclass(slots=True)
class Block:
    """Columns of one table and what has been read under them."""

    columns: dict[str, int]
    label: str
    """Words above the columns, such as a sex over its own columns."""
    percent: frozenset[str]
    title: str
    unnamed: tuple[int, ...] = ()
    """Columns before the numbers whose headings say nothing, as over merged cells."""
    pasted: int = 0
    """Cells of a heading that was pasted with single spaces; 0 where cells are told apart."""
    topic: str = ""
    """An attribute beside sex and race that the heading names."""
    held: list[str] = field(default_factory=list)
    under: str = ""
    """A line with a single text among the rows, such as a sex over its races."""
    rows: list[tuple[Line, dict[str, str], str]] = field(default_factory=list)


def headed(line: Line, above: Line, title: str, width: int) -> list[Block]:
    """Column groups of a heading line; none if it is none.

    Parameters
    ----------
    above
        The line before it, which may name the sex over its columns.
    title
        The words before the table.
    width
        Cells of the line below.
    """
    cells = (
        line.cells
        if len(line.cells) > 1
        else words_of_heading(line.cells[0] if line.cells else "", width)
    )
    keys = [heading(cell) for cell in cells]
    if sum(key in NUMBERS for key in keys) < 2 or any(
        re.fullmatch(r"[\d.,%\s]+", cell) for cell in cells if cell
    ):
        return []
    groups = _grouped(keys)
    first = {key: at for key, at in groups[0].items() if key in NAMES}
    if not first and cells and not keys[0]:
        first = {"category": 0}
    pasted = len(cells) if len(line.cells) == 1 else 0
    return [
        Block(
            columns=columns,
            label=_over(columns, above) if len(groups) > 1 else "",
            percent=frozenset(
                key for key, at in columns.items() if key in NUMBERS and "%" in cells[at]
            ),
            title=title,
            unnamed=_unnamed(group, keys) if group is groups[0] else (),
            pasted=pasted,
            topic=topic_of(title, *(cells[at] for at in range(_left(group)))),
        )
        for group, columns in _with_names(groups, first)
    ]


def _grouped(keys: Sequence[str]) -> list[dict[str, int]]:
    """Columns that belong together: where names follow numbers, or a number comes again, a group begins."""
    groups: list[dict[str, int]] = [{}]
    for at, key in enumerate(keys):
        if not key:
            continue
        begins = key in NAMES and any(number in groups[-1] for number in NUMBERS)
        if begins or (key in groups[-1] and key in NUMBERS):
            groups.append({})
        if key == "category" and "category" in groups[-1] and "section" not in groups[-1]:
            groups[-1]["section"] = groups[-1].pop("category")  # what is compared, then the group
        inner = key == "race" and key in groups[-1]
        groups[-1].setdefault("inner" if inner else key, at)
    if len(groups) > 1 and not set(groups[-1]) & set(NUMBERS):
        last = groups.pop()  # names to the right of their numbers
        if not set(groups[0]) & (set(NAMES) - {"scope"}):
            groups[0] |= last
    return groups


def _with_names(
    groups: Sequence[dict[str, int]], first: dict[str, int]
) -> Iterator[tuple[dict[str, int], dict[str, int]]]:
    """Groups of at least two numbers with their columns; one without names has those of the first group."""
    for group in groups:
        numbers = {key: at for key, at in group.items() if key in NUMBERS}
        if len(numbers) >= 2:
            own = {key: at for key, at in group.items() if key in NAMES}
            yield group, {**(own or first or {"category": 0}), **numbers}


def _left(group: dict[str, int]) -> int:
    return min(at for key, at in group.items() if key in NUMBERS)


def _over(columns: dict[str, int], above: Line) -> str:
    """The sex that stands over a group's numbers."""
    numbers = [at for key, at in columns.items() if key in NUMBERS and at < len(above.cells)]
    over = next((above.cells[at] for at in numbers if above.cells[at]), "")
    return over if SEX_NAME.search(over) and not heading(over) else ""


def _unnamed(group: dict[str, int], keys: Sequence[str]) -> tuple[int, ...]:
    """Columns before the numbers, where some heading over them says nothing and none names a section."""
    before = range(_left(group))
    silent = len(before) > 1 and any(not keys[at] for at in before) and "section" not in group
    return tuple(before) if silent else ()
