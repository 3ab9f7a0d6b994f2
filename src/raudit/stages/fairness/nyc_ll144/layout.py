"""What the cells of a published audit table are: categories, counts, rates and impact ratios, section by section."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from raudit.data.cells import UNKNOWN
from raudit.errors import DataError
from raudit.stages.fairness.nyc_ll144.categories import (
    SEX_NAME,
    TOTAL_NAME,
    UNKNOWN_NAME,
    is_race,
    sex_and_race,
    topic_of,
)
from raudit.stages.fairness.nyc_ll144.headings import NAMES, NUMBERS, heading, words_of_heading
from raudit.stages.fairness.nyc_ll144.printed import (
    BLANK,
    COUNTS,
    MARKS,
    Printed,
    digits_of,
    fractional,
    no_number,
    number_of,
    parted,
    places_of,
    value_of,
)
from raudit.stages.fairness.nyc_ll144.read import Grid, Line, filled


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
    def key(self) -> tuple[str, ...]:
        """The name in a form in which two sections spell it alike."""
        return tuple(
            re.sub(r"[^a-z0-9]+", "", part.lower().replace("&", "and")) for part in self.name
        )


@dataclass(slots=True)
class _Block:
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


def read_rows(grids: Sequence[Grid], path: Path) -> list[Row]:
    """Rows of all tables.

    Raises
    ------
    DataError
        If no line names columns, no row follows, or most cells of a column are no numbers.
    """
    blocks = [block for grid in grids for block in _blocks(grid) or _blocks(turned(grid))]
    if not blocks:
        raise DataError(
            "no line names the columns of an audit table",
            reference="ll144-columns",
            where=path.name,
            expected="columns such as: sex, race/ethnicity, applicants, selected, selection rate, impact ratio",
            hint="add a heading line that names at least two of applicants, selected, rate and ratio",
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


def turned(grid: Grid) -> Grid:
    """Tables whose rows are the numbers and whose columns are the categories, turned round."""
    found: list[Line] = []
    for table in _apart_by_gaps(grid):
        numbers = {heading(line.cells[0]) for line in table if line.cells} & set(NUMBERS)
        if len(numbers) < 2:
            continue
        width = max(len(line.cells) for line in table)
        for place in range(width):
            cells = [line.cells[place] if place < len(line.cells) else "" for line in table]
            if place == 0:  # over the categories stands what they are, or nothing
                cells = [cell if heading(cell) in NUMBERS else "category" for cell in cells]
            found.append(Line(table[0].number, tuple(cells)))
    return tuple(found)


def _apart_by_gaps(grid: Grid) -> Iterator[list[Line]]:
    """Lines that stand together, with neither a blank line nor a title between them."""
    table: list[Line] = []
    for line in (*grid, Line(0, ())):
        if len(filled(line.cells)) > 1:
            table.append(line)
        elif table:
            yield table
            table = []


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


def _blocks(grid: Grid) -> list[_Block]:
    return list(_read_blocks(grid))


def _read_blocks(grid: Grid) -> Iterator[_Block]:
    current: list[_Block] = []
    title, above = "", Line(0, ())
    for line in grid:
        texts = filled(line.cells)
        header = _header(line, above, title)
        if header:
            yield from (block for block in current if block.rows)
            current = header
        elif not texts:
            pass
        elif len(texts) == 1 and not re.search(r"\d", texts[0]) and texts[0].lower() not in BLANK:
            title = texts[0]
            for block in current:
                block.under = texts[0]
        else:
            for block in current:
                _take(block, _namedsex_and_race(line, block))
        above = line if texts else above
    yield from current


def _take(block: _Block, line: Line) -> None:
    """Keep a line under its headings, if any of its numbers is there."""
    cells = {
        key: line.cells[at] if at < len(line.cells) else "" for key, at in block.columns.items()
    }
    if block.unnamed:
        cells = {key: cells[key] for key in cells if key not in NAMES}
        cells["category"] = _merged_name(block, line)
    if any(cells.get(key) for key in NUMBERS):
        block.rows.append((line, parted(cells), block.under))


def _namedsex_and_race(line: Line, block: _Block) -> Line:
    """A pasted line whose name holds numbers, such as ``18 - 39``: what comes before the last cells is the name."""
    more = len(line.cells) - block.pasted
    if not block.pasted or more <= 0:
        return line
    return Line(line.number, (" ".join(line.cells[: more + 1]), *line.cells[more + 1 :]))


def _merged_name(block: _Block, line: Line) -> str:
    """A name in several columns; an empty cell left of a filled one goes on with what stood above it."""
    parts = [_clean(line.cells[at]) if at < len(line.cells) else "" for at in block.unnamed]
    held = block.held or [""] * len(parts)
    last = max((at for at, part in enumerate(parts) if part), default=-1)
    block.held = [part or (held[at] if at < last else "") for at, part in enumerate(parts)]
    return " - ".join(dict.fromkeys(part for part in block.held if part))


def _header(line: Line, above: Line, title: str) -> list[_Block]:
    """Column groups of a heading line; none if it is none."""
    cells = (
        line.cells if len(line.cells) > 1 else words_of_heading(line.cells[0] if line.cells else "")
    )
    keys = [heading(cell) for cell in cells]
    if sum(key in NUMBERS for key in keys) < 2 or any(
        re.fullmatch(r"[\d.,%\s]+", cell) for cell in cells if cell
    ):
        return []
    groups: list[dict[str, int]] = [{}]
    for at, key in enumerate(keys):
        if not key:
            continue
        begins = key in NAMES and any(number in groups[-1] for number in NUMBERS)
        if begins or (key in groups[-1] and key in NUMBERS):
            groups.append({})
        groups[-1].setdefault(key, at)
    if len(groups) > 1 and not set(groups[-1]) & set(
        NUMBERS
    ):  # names to the right of their numbers
        last = groups.pop()
        if not set(groups[0]) & (set(NAMES) - {"scope"}):
            groups[0] |= last
    first = {key: at for key, at in groups[0].items() if key in NAMES}
    if not first and cells and not keys[0]:
        first = {"category": 0}
    found = []
    for group in groups:
        numbers = [at for key, at in group.items() if key in NUMBERS]
        if len(numbers) < 2:
            continue
        named = {key: at for key, at in group.items() if key in NAMES} or first or {"category": 0}
        percent = frozenset(key for key, at in group.items() if key in NUMBERS and "%" in cells[at])
        over = next(
            (above.cells[at] for at in numbers if at < len(above.cells) and above.cells[at]), ""
        )
        label = over if len(groups) > 1 and SEX_NAME.search(over) and not heading(over) else ""
        columns = {**named, **{key: at for key, at in group.items() if key in NUMBERS}}
        before = range(min(numbers)) if group is groups[0] else range(0)
        silent = any(not keys[at] for at in before) and len(before) > 1 and "section" not in named
        found.append(
            _Block(
                columns=columns,
                label=label,
                percent=percent,
                title=title,
                unnamed=tuple(before) if silent else (),
                pasted=len(cells) if len(line.cells) == 1 else 0,
                topic=topic_of(title, *(cells[at] for at in range(min(numbers)))),
            )
        )
    return found


def _rows(block: _Block, path: Path) -> list[Row]:
    found: list[Row] = []
    seen: set[tuple[str, ...]] = set()
    held = {"sex": "", "race": ""}
    scale = {key: _scale(block, key) for key in ("rate", "ratio")}
    _leave_out_fractions(block)
    whole = max((places_of(cells.get("ratio", "")) for _, cells, _ in block.rows), default=0)
    unreadable = 0
    for line, cells, under in block.rows:
        names = {key: _clean(cells.get(key, "")) for key in NAMES}
        if not any(names[key] for key in NAMES) and not under and not block.label:
            continue
        _fill_merged(names, held, seen, under)
        section, name = _name(block, names, under)
        values, bad = _values(cells, scale, whole)
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
        if not names[empty] and names[other] and held[empty] and held[other] and not under:
            name = (held[empty], names[other]) if empty == "sex" else (names[other], held[empty])
            if name not in seen:
                names[empty] = held[empty]
    held["sex"], held["race"] = names["sex"], names["race"]


def _name(block: _Block, names: Mapping[str, str], under: str) -> tuple[str, tuple[str, ...]]:
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
    given = names["section"].lower() or block.topic or ("" if sex else topic_of(race))
    section = given or ("sex x race" if len(parts) == 2 else "sex" if sex else "race")
    if len(parts) == 1 and (TOTAL_NAME.match(parts[0]) or parts[0] == UNKNOWN):
        section = given or _section_of(block)
    return section, parts


def _section_of(block: _Block) -> str:
    """Section of a total or an unknown: that of the rows it stands among."""
    for _, cells, under in block.rows:
        names = {key: _clean(cells.get(key, "")) for key in NAMES}
        text = names["sex"] or names["race"] or names["category"]
        if text and not TOTAL_NAME.match(text) and not UNKNOWN_NAME.search(text):
            return _name(block, names, under)[0]
    return "race"


def _clean(text: str) -> str:
    return re.sub(rf"\s*{MARKS}+\s*$", "", text).strip(" :")


def _leave_out_fractions(block: _Block) -> None:
    """Take no column for counts in which many are fractions: they were made from the rates and prove nothing."""
    for key in COUNTS:
        texts = [cells.get(key, "") for _, cells, _ in block.rows]
        if sum(map(fractional, texts)) * 3 >= len(texts) > 0:
            for _, cells, _ in block.rows:
                cells.pop(key, None)


def _scale(block: _Block, key: str) -> float:
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
