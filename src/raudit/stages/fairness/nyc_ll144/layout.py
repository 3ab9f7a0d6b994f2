"""What the cells of a published audit table are: categories, counts, rates and impact ratios, section by section."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from raudit.data.cells import UNKNOWN
from raudit.errors import DataError
from raudit.stages.fairness.nyc_ll144.blocks import Block, headed
from raudit.stages.fairness.nyc_ll144.categories import (
    SEX_NAME,
    TOTAL_NAME,
    UNKNOWN_NAME,
    is_race,
    sex_and_race,
    topic_of,
)
from raudit.stages.fairness.nyc_ll144.headings import NAMES, NUMBERS, heading
from raudit.stages.fairness.nyc_ll144.printed import (
    COUNTS,
    MARKS,
    Printed,
    digits_of,
    fractional,
    is_blank,
    no_number,
    number_of,
    parted,
    places_of,
    thousands_joined,
    value_of,
)
from raudit.stages.fairness.nyc_ll144.read import Grid, Line, filled
from raudit.stages.fairness.nyc_ll144.rearranged import piled, rejoined, turned


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One category of a published table."""

    line: int
    section: str
    scope: str = ""
    """Which of several audits in one file, such as a position; empty where there is one."""
    name: tuple[str, ...]
    assessed: int | None
    selected: int | None
    rate: Printed | None
    ratio: Printed | None
    total: bool = False
    unreadable: str = ""
    """A cell that is no number, as printed."""

    @property
    def unknown(self) -> bool:
        """Whether it is about people whose category is not known."""
        return UNKNOWN in self.name

    @property
    def subtotal(self) -> bool:
        """Whether it is everybody who is not Hispanic or Latino: one group of two, or the sum of other rows."""
        return bool(NOT_HISPANIC.fullmatch(self.name[-1]))

    @property
    def key(self) -> tuple[str, ...]:
        """The name in a form in which two sections spell it alike."""
        return tuple(
            re.sub(r"[^a-z0-9]+", "", part.lower().replace("&", "and")) for part in self.name
        )


MOST_JOINED = 12
"""Cells of a pasted line among which thousands are looked for."""
WAYS: tuple[Callable[[Grid], Grid], ...] = (lambda grid: grid, turned, piled, rejoined)
"""How a table may stand; the first way in which it can be read is taken."""
NOT_HISPANIC = re.compile(r"(?:not|non)[- ]hispanic(?: (?:or|/) latin\w+)?", re.IGNORECASE)
SUBTOTAL = re.compile(r"(?!grand\b|all\b|overall\b)(\w.*?)[ :,-]+(?:sub ?-?)?total", re.IGNORECASE)
MOST_ROWS = 1_000
"""Rows of one table; of sex by race by job a published audit has some hundreds."""


def read_rows(grids: Sequence[Grid], path: Path) -> list[Row]:
    """Rows of all tables.

    Raises
    ------
    DataError
        If no line names columns, no row follows, a table is too long, or most cells of a column are no numbers.
    """
    blocks = [
        block
        for grid in grids
        for block in next(filter(None, (_blocks(way(grid)) for way in WAYS)), [])
    ]
    if not blocks:
        raise DataError(
            "no line names the columns of an audit table",
            reference="ll144-columns",
            where=path.name,
            expected="columns such as: sex, race/ethnicity, applicants, selected, selection rate, impact ratio",
            hint="add a heading line that names at least two of applicants, selected, rate and ratio",
        )
    longest = max(len(block.rows) for block in blocks)
    if longest > MOST_ROWS:
        raise DataError(
            "this is no audit's table: it has more rows than categories of people",
            reference="ll144-too-long",
            where=path.name,
            got=f"{longest:,} rows",
            expected=f"at most {MOST_ROWS:,}",
            hint="give the published table; rows of single people are audited with raudit init and raudit run",
        )
    rows = _scoped([_rows(block, path) for block in blocks])
    if not rows:
        raise DataError(
            "the table has no rows",
            reference="ll144-empty",
            where=path.name,
            hint="check the export",
        )
    return rows


def _scoped(blocks: Sequence[list[Row]]) -> list[Row]:
    """Rows with the audit they belong to: where a table's categories come a second time, another audit begins."""
    found: list[Row] = []
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    number = 1
    for rows in blocks:
        again = [row for row in rows if not row.total and (row.scope, row.section, row.key) in seen]
        if len(again) > 1:
            number, seen = number + 1, set()
        seen |= {(row.scope, row.section, row.key) for row in rows}
        mark = f"table {number}" if number > 1 else ""
        found += [replace(row, scope=" ".join(filter(None, (row.scope, mark)))) for row in rows]
    return found


def _blocks(grid: Grid) -> list[Block]:
    return list(_read_blocks(grid))


def _read_blocks(grid: Grid) -> Iterator[Block]:
    current: list[Block] = []
    title, above = "", Line(0, ())
    for place, line in enumerate(grid):
        texts = filled(line.cells)
        below = next((one for one in grid[place + 1 :] if one.cells), Line(0, ()))
        header = headed(line, above, title, len(below.cells))
        if header:
            yield from (block for block in current if block.rows)
            current = header
        elif len(texts) < 2 or _is_band(line, below, title):
            # nothing, a title, words over the whole width or over the next headings
            if texts and not re.search(r"\d", texts[0]) and not is_blank(texts[0]):
                title = texts[0]
                for block in current:
                    block.under = texts[0]
        else:
            for block in current:
                _take(block, _named_with_numbers(line, block))
        above = line if texts else above
    yield from current


def _is_band(line: Line, below: Line, title: str) -> bool:
    """Whether a line without numbers stands over the headings of the next table."""
    return not re.search(r"\d", " ".join(line.cells)) and bool(headed(below, line, title, 0))


def _take(block: Block, line: Line) -> None:
    """Keep a line under its headings, if any of its numbers is there."""
    cells = {
        key: line.cells[at] if at < len(line.cells) else "" for key, at in block.columns.items()
    }
    if block.unnamed:
        cells = {key: cells[key] for key in cells if key not in NAMES}
        first = line.cells[block.unnamed[0]] if block.unnamed[0] < len(line.cells) else ""
        if _says_what_is_compared(first):
            cells["section"] = first
            line = Line(line.number, tuple("" if cell == first else cell for cell in line.cells))
        cells["category"] = _merged_name(block, line)
    if any(cells.get(key) for key in NUMBERS):
        block.rows.append((line, parted(cells), block.under))


def _says_what_is_compared(text: str) -> bool:
    """Whether a cell names an attribute, such as ``Race/Ethnicity``, and no group of one."""
    named = heading(text) in ("sex", "race", "category") or "intersect" in text.lower()
    return named and not SEX_NAME.search(text) and not UNKNOWN_NAME.search(text)


def _named_with_numbers(line: Line, block: Block) -> Line:
    """A pasted line whose name holds numbers, such as ``18 - 39``: what comes before the last cells is the name."""
    more = len(line.cells) - block.pasted
    if not block.pasted or more <= 0:
        return line
    short = len(line.cells) <= MOST_JOINED  # there are as many ways as subsets of cells
    found = thousands_joined(line.cells) if short else ()
    ways = [cells for cells in found if _is_possible(cells, block)]
    if len(ways) == 1 and (SEX_NAME.search(line.cells[0]) or is_race(line.cells[0])):
        return Line(line.number, ways[0])
    return Line(line.number, (" ".join(line.cells[: more + 1]), *line.cells[more + 1 :]))


def _is_possible(cells: tuple[str, ...], block: Block) -> bool:
    """Whether a line has a cell under each heading, and no more people selected than assessed."""
    if len(cells) != block.pasted or not set(COUNTS) <= set(block.columns):
        return False
    assessed, selected = (digits_of(cells[block.columns[key]]) for key in COUNTS)
    both = assessed.isdecimal() and selected.isdecimal()
    return both and int(selected) <= int(assessed)


def _merged_name(block: Block, line: Line) -> str:
    """A name in several columns; an empty cell left of a filled one goes on with what stood above it."""
    parts = [_clean(line.cells[at]) if at < len(line.cells) else "" for at in block.unnamed]
    held = block.held or [""] * len(parts)
    last = max((at for at, part in enumerate(parts) if part), default=-1)
    block.held = [part or (held[at] if at < last else "") for at, part in enumerate(parts)]
    return " - ".join(dict.fromkeys(part for part in block.held if part))


def _rows(block: Block, path: Path) -> list[Row]:
    found: list[Row] = []
    seen: set[tuple[str, ...]] = set()
    held = {"sex": "", "race": "", "section": ""}
    scale = {key: _scale(block, key) for key in ("rate", "ratio")}
    _leave_out_fractions(block)
    whole = max((places_of(cells.get("ratio", "")) for _, cells, _ in block.rows), default=0)
    unreadable = 0
    for line, cells, under in block.rows:
        names = {key: _clean(cells.get(key, "")) for key in NAMES}
        names["race"] = names["inner"] or names["race"]
        if not any(names[key] for key in NAMES) and not under and not block.label:
            continue
        _fill_merged(names, held, seen, under)
        _read_section(names, held)
        section, name = _name(block, names, under)
        values, bad = _values(cells, scale, whole)
        if bad and all(value is None for value in values) and _is_prose(line, block):
            continue
        if bad:
            unreadable += 1
            words = {"assessed": "applicants", "ratio": "impact ratio"}.get(bad, bad)
            at = line.number
            refused = no_number(words, cells[bad], at, path, counts=bad in COUNTS)
        elif all(value is None for value in values):
            continue
        seen.add(name)
        assessed, selected, rate, ratio = values
        found.append(
            Row(
                line=line.number,
                section=section,
                scope=names["scope"],
                name=name,
                assessed=assessed,
                selected=selected,
                rate=rate,
                ratio=ratio,
                total=len(name) == 1 and bool(TOTAL_NAME.match(name[0])),
                unreadable=cells[bad] if bad else "",
            )
        )
    if unreadable * 2 >= max(len(found), 1):
        raise refused
    return found


def _is_prose(line: Line, block: Block) -> bool:
    """Whether a line is a sentence with commas under the table: too few cells, and no group's name before them."""
    filled = [cell for cell in line.cells if cell.strip()]
    named = SEX_NAME.search(line.cells[0]) or is_race(line.cells[0])
    worded = any(len(cell.split()) > 2 for cell in filled[1:])
    return worded and not named and len(filled) < len(block.columns)


Values = tuple[int | None, int | None, Printed | None, Printed | None]


def _values(cells: Mapping[str, str], scale: Mapping[str, float], whole: int) -> tuple[Values, str]:
    """Assessed, selected, rate and ratio, and the last column whose cell is no number."""
    bad = ""
    counts: list[int | None] = [None, None]
    shares: list[Printed | None] = [None, None]
    for place, key in enumerate(NUMBERS):
        try:
            value = value_of(cells.get(key, ""), key, scale, whole)
        except ValueError:
            bad = key
            continue
        if isinstance(value, Printed):
            shares[place - len(COUNTS)] = value
        else:
            counts[place % len(COUNTS)] = value if key in COUNTS else counts[place % len(COUNTS)]
    return (counts[0], counts[1], shares[0], shares[1]), bad


def _fill_merged(
    names: dict[str, str], held: dict[str, str], seen: set[tuple[str, ...]], under: str
) -> None:
    """A sex (or race) that stands once for several rows below it, as merged cells are exported."""
    for empty, other in (("sex", "race"), ("race", "sex")):
        total = SUBTOTAL.fullmatch(names[other])
        if total is not None and not names[empty]:  # of the rows above, and no group of theirs
            names[other] = total[1]
            break
        if not names[empty] and names[other] and held[empty] and held[other] and not under:
            name = (held[empty], names[other]) if empty == "sex" else (names[other], held[empty])
            if name not in seen:
                names[empty] = held[empty]
    held["sex"], held["race"] = names["sex"], names["race"]


def _read_section(names: dict[str, str], held: dict[str, str]) -> None:
    """What a column says is compared, written once for the rows below it; a sex or race there is a part of the name."""
    text = names["section"]
    outer = sex_and_race(text) if text and not heading(text) else ("", "")
    if outer[0] or is_race(outer[1]):
        names["category"], names["section"] = f"{text} - {names['category']}", ""
        return
    held["section"] = names["section"] = text or held["section"]


def _named_section(text: str) -> str:
    """A section in the words of this room, so that sums over sections can be held against one another."""
    key = heading(text)
    crossed = key == "category" or "intersect" in text.lower()
    return "sex x race" if crossed else key if key in ("sex", "race") else text.lower()


def _name(block: Block, names: Mapping[str, str], under: str) -> tuple[str, tuple[str, ...]]:
    """Section and category of a row: a sex, a race, or both."""
    sex, race = names["sex"], names["race"]
    if sex and race and bool(TOTAL_NAME.match(sex)) != bool(TOTAL_NAME.match(race)):
        sex, race = ("" if TOTAL_NAME.match(part) else part for part in (sex, race))
    if not sex and not race:
        sex, race = sex_and_race(names["category"] or "unnamed")
    for words in (block.label, under):
        outer = sex_and_race(words) if words and not heading(words) else ("", "")
        if outer[0] and not outer[1] and not sex:
            sex = outer[0]
        elif outer[1] and not outer[0] and sex and not race and is_race(outer[1]):
            race = outer[1]
    parts = tuple(UNKNOWN if UNKNOWN_NAME.search(part) else part for part in (sex, race) if part)
    given = _named_section(names["section"]) or block.topic or ("" if sex else topic_of(race))
    section = given or ("sex x race" if len(parts) == 2 else "sex" if sex else "race")
    alone = not sex and not names["race"] and not is_race(race)
    if len(parts) == 1 and (TOTAL_NAME.match(parts[0]) or parts[0] == UNKNOWN or alone):
        section = given or _section_of(block, parts[0])
    return section, parts


def _section_of(block: Block, name: str) -> str:
    """Section of a total, an unknown, or a name that tells none: that of the row before it, else of the first one."""
    found = ""
    for _, cells, under in block.rows:
        names = {key: _clean(cells.get(key, "")) for key in NAMES}
        text = names["sex"] or names["race"] or names["category"]
        if found and text == name:
            break
        tells = names["sex"] or names["race"] or SEX_NAME.search(text) or is_race(text)
        if tells and not TOTAL_NAME.match(text) and not UNKNOWN_NAME.search(text):
            found = _name(block, names, under)[0]
    return found or "race"


def _clean(text: str) -> str:
    return re.sub(rf"\s*{MARKS}+\s*$", "", text).strip(" :")


def _leave_out_fractions(block: Block) -> None:
    """Take no column for counts in which many are fractions: they were made from the rates and prove nothing."""
    for key in COUNTS:
        texts = [cells.get(key, "") for _, cells, _ in block.rows]
        if sum(map(fractional, texts)) * 3 >= len(texts) > 0:
            for _, cells, _ in block.rows:
                cells.pop(key, None)


def _scale(block: Block, key: str) -> float:
    """Worth of a bare number in a column: a hundredth if its heading says per cent, or its numbers can be no shares."""
    if key in block.percent:
        return 0.01
    numbers = []
    for _, cells, _ in block.rows:
        text = digits_of(cells.get(key, ""))
        if text and not text.endswith("%"):
            try:
                numbers.append(number_of(text))
            except ValueError:
                continue
    return 0.01 if numbers and max(numbers) > (1.5 if key == "rate" else 5) else 1.0
