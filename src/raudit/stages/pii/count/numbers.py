"""Numbers without a telling form: believed where nearly every cell of a column holds one that passes the same check."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from raudit.stages.pii.recognise.checksums import validator
from raudit.stages.pii.recognise.native import compiled, matches
from raudit.stages.pii.vocabulary.rulebook import NumberRule, Rulebook

LEAST_NUMBERS = 10
"""Different numbers that must be there: a check that one random number in ten passes is passed by all of them less
often than once in 10 ** 10 columns."""
ALIKE = 0.9
"""Share of the cells that must be of one kind of number."""
MOST_NUMBERS = 3
"""Numbers in a cell of which one may pass; of more, one passes too often by chance."""
LONGEST_CELL = 240
"""Characters of a cell that is read as a number with something around it."""
_LONG_ENOUGH = re.compile(r"\d(?:[ ./-]{0,2}\d){6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Cells of a column that hold one kind of number."""

    k: int
    n: int
    """Cells that were looked at."""
    finder: tuple[str, str] = ("", "")
    """Pattern and check by which the numbers are cut out of cells that hold more; empty if they are the whole cells."""


def numbers_of_one_kind(cells: Sequence[str], rulebook: Rulebook) -> dict[str, Numbers]:
    """Count the cells of each kind of plain number whose check nearly every cell passes, by entity type."""
    stripped = [cell.strip() for cell in cells]
    first = list(dict.fromkeys(stripped))[:LEAST_NUMBERS]
    if sum(bool(_LONG_ENOUGH.search(cell)) for cell in first) < ALIKE * LEAST_NUMBERS:
        return {}
    found: dict[str, Numbers] = {}
    for entity, rule in rulebook.entities.items():
        numbers = _first(_whole_cells, rule.numbers, first, stripped)
        numbers = numbers or _first(_inside_cells, rule.numbers, first, stripped)
        if numbers is not None:
            found[entity] = numbers
    return found


Reading = Callable[[NumberRule, Sequence[str]], tuple[int, tuple[str, str]]]


def _first(
    reading: Reading, rules: Sequence[NumberRule], first: Sequence[str], cells: Sequence[str]
) -> Numbers | None:
    """The first rule whose check nearly all cells pass: the first few are asked before the others."""
    for rule in rules:
        if reading(rule, first)[0] >= ALIKE * LEAST_NUMBERS:
            k, finder = reading(rule, cells)
            if k >= ALIKE * len(cells):
                return Numbers(k=k, n=len(cells), finder=finder)
    return None


def _whole_cells(rule: NumberRule, cells: Sequence[str]) -> tuple[int, tuple[str, str]]:
    form = compiled(f"(?:{rule.regex})(?:\\.0)?", any_case=True)
    valid = validator(rule.validator)
    passed = (form.fullmatch(cell) and valid(cell.removesuffix(".0")) for cell in cells)
    return sum(map(bool, passed)), ("", "")


def _inside_cells(rule: NumberRule, cells: Sequence[str]) -> tuple[int, tuple[str, str]]:
    """Cells that hold such a number and more; few different numbers in many cells are no numbers of persons."""
    finder = (rf"(?<![^\W_]|[.,+]|\d-)(?:{rule.regex})(?![^\W_]|[.,-]\d)", rule.validator)
    k, different = 0, set[str]()
    for cell in cells:
        if len(cell) > LONGEST_CELL:
            continue
        read = [
            (cell[begin:end], passes)
            for begin, end, passes in matches([finder], cell)
            if end - begin < len(cell)
        ]
        passed = [text for text, passes in read if passes] if len(read) <= MOST_NUMBERS else []
        k += bool(passed)
        different.update(passed)
    return (k if len(different) >= ALIKE * LEAST_NUMBERS else 0), finder
