"""What the cells of a published audit table are: categories, counts, rates and impact ratios, section by section."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from raudit.data.cells import UNKNOWN
from raudit.errors import DataError
from raudit.stages.fairness.nyc_ll144.read import Grid, Line, filled

NUMBERS = ("assessed", "selected", "rate", "ratio")
NAMES = ("section", "sex", "race", "category")
MARKS = r"(?:[*†‡§¶#^¹²³⁰⁴-⁹]+|\[\w{1,2}\]|\((?:\d{1,2}|[a-z]|i{1,3}|\*+)\))"
_UNKNOWN = re.compile(
    r"unknown|undisclosed|unspecified|unidentified|missing|blank|declin|prefer|refus|withheld|"
    r"\b(?:not|no|did not|didn't|chose not|choose not|wish not|without)\b.*"
    r"(?:specif|disclos|report|provid|stat|answer|respon|identif|indicat|available|data|self|say|appl)|^n/?a$",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"^(?:grand |sub ?-?)?totals?\b|^overall\b|^all(?: (?:applicants|candidates|people|employees|categories))?$",
    re.IGNORECASE,
)
_SEX = re.compile(r"\b(fe)?(?:males?|m[ae]n)\b|\b(wo)m[ae]n\b", re.IGNORECASE)
_BLANK = (
    "",
    "-",
    "--",
    "---",
    "–",
    "—",
    "n/a",
    "na",
    "none",
    "null",
    "nan",
    "*",
    "**",
    ".",
    "not applicable",
    "n.a.",
    "x",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A printed number with what its last digit leaves open."""

    text: str
    value: float
    """As a share or ratio, 0.48 for ``48%``."""
    unit: float
    """Worth of the last printed digit."""

    @property
    def low(self) -> float:
        """Smallest value that rounds to it."""
        return self.value - self.unit / 2 - 1e-9

    @property
    def high(self) -> float:
        """Largest value that rounds to it."""
        return self.value + self.unit / 2 + 1e-9

    def like(self, value: float) -> str:
        """Another value, printed the same way."""
        percent = self.text.endswith("%")
        scale = (
            100
            if percent
            or (self.value != 0 and abs(_number(self.text) - self.value) > 1e-9 * abs(self.value))
            else 1
        )
        places = max(0, round(-_log10(self.unit * scale)))
        return f"{value * scale:.{places}f}{'%' if percent else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One category of a published table."""

    line: int
    section: str
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
    blocks = [block for grid in grids for block in _blocks(grid)]
    if not blocks:
        raise DataError(
            "no line names the columns of an audit table",
            reference="ll144-columns",
            where=path.name,
            expected="columns such as: sex, race/ethnicity, applicants, selected, selection rate, impact ratio",
            hint="add a heading line that names at least two of applicants, selected, rate and ratio",
        )
    rows = [row for block in blocks for row in _rows(block, path)]
    if not rows:
        raise DataError(
            "the table has no rows",
            reference="ll144-empty",
            where=path.name,
            hint="check the export",
        )
    return rows


def _blocks(grid: Grid) -> Iterator[_Block]:
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
        elif len(texts) == 1 and not re.search(r"\d", texts[0]) and texts[0].lower() not in _BLANK:
            title = texts[0]
            for block in current:
                block.under = texts[0]
        else:
            for block in current:
                cells = {
                    key: line.cells[at] if at < len(line.cells) else ""
                    for key, at in block.columns.items()
                }
                if block.unnamed:
                    cells = {key: cells[key] for key in cells if key not in NAMES}
                    cells["category"] = _merged_name(block, line)
                if any(cells.get(key) for key in NUMBERS):
                    block.rows.append((line, cells, block.under))
        above = line if texts else above
    yield from current


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
        line.cells
        if len(line.cells) > 1
        else _words_of_heading(line.cells[0] if line.cells else "")
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
        label = over if len(groups) > 1 and _SEX.search(over) and not heading(over) else ""
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
            )
        )
    return found


_WORDS = (
    ("section", r"section|table|dimension"),
    ("ratio", r"(?:adverse\s+)?impact(?:\s+ratios?)?|ratios?"),
    ("rate", r"(?:selection|scoring|pass|hire|hiring)?\s*rates?(?:\s*\(%\))?"),
    (
        "selected",
        r"(?:#|no\.?|number)?\s*(?:of\s+)?(?:applicants\s+|candidates\s+)?(?:selected|scored above (?:the )?median)",
    ),
    (
        "assessed",
        r"(?:#|no\.?|number|total)?\s*(?:of\s+)?(?:applicants|candidates|assessed|employees)",
    ),
)


def _words_of_heading(text: str) -> tuple[str, ...]:
    """Headings of a pasted line, where one space separates them as well as their words."""
    at: list[tuple[int, str]] = []
    taken = [False] * len(text)
    for key, pattern in _WORDS[1:]:
        for match in re.finditer(rf"\b(?:{pattern})|(?:#\s*)(?:{pattern})", text, re.IGNORECASE):
            if not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                at.append(
                    (
                        match.start(),
                        {
                            "ratio": "impact ratio",
                            "rate": match.group(),
                            "selected": "selected",
                        }.get(key, "applicants"),
                    )
                )
    if len(at) < 2 or re.search(r"\d", text):
        return ()
    at.sort()
    return (text[: at[0][0]].strip(" #") or "category", *(word for _, word in at))


def heading(text: str) -> str:
    """Which column a heading names; empty for none that is used."""
    words = re.sub(rf"{MARKS}\s*$", "", text.lower().replace("%", " % "))
    plain = " ".join(re.sub(r"[^a-z%]+", " ", words.replace("#", " number ")).split())
    bare = plain.replace("%", "").strip()
    if not bare and not plain:
        return ""
    if re.search(r"\bratios?\b|^impact$|\bimpact\b.*\b(?:score|index)\b|^(?:air|ir)$", bare):
        return "ratio"
    picked = re.search(
        r"\b(?:selected|selections|hired|hires|passed|advanced|above|successful|recommended|promoted|qualified)\b",
        bare,
    )
    share = "%" in plain or re.search(r"\b(?:percent|percentage|share|proportion)\b", bare)
    if re.search(r"\brates?\b", bare) or (share and picked):
        return "rate"
    if share:
        return ""
    if picked:
        return "selected"
    both = re.search(r"\b(?:race|ethnicity|racial)\b", bare), re.search(r"\b(?:sex|gender)\b", bare)
    if all(both):
        return "category"
    if re.search(
        r"\b(?:applicants?|candidates?|assessed|applied|evaluated|scored|employees|individuals|people|persons|assessments)\b",
        bare,
    ):
        return "assessed"
    if both[0]:
        return "race"
    if both[1]:
        return "sex"
    if re.search(r"^(?:section|table|type|dimension)$", bare):
        return "section"
    if re.search(
        r"\b(?:category|categories|group|groups|subgroup|demographic|demographics|class)\b", bare
    ):
        return "category"
    return (
        "assessed"
        if re.fullmatch(r"(?:total|n|count|number|total number|total count|number of)", bare)
        else ""
    )


def _rows(block: _Block, path: Path) -> list[Row]:
    found: list[Row] = []
    seen: set[tuple[str, ...]] = set()
    held = {"sex": "", "race": ""}
    scale = {key: _scale(block, key) for key in ("rate", "ratio")}
    whole = max((_places(cells.get("ratio", "")) for _, cells, _ in block.rows), default=0)
    unreadable = 0
    for line, cells, under in block.rows:
        names = {key: _clean(cells.get(key, "")) for key in NAMES}
        if not any(names[key] for key in NAMES) and not under and not block.label:
            continue
        _fill_merged(names, held, seen, under)
        section, name = _name(block, names, under)
        bad = ""
        values: dict[str, Printed | int | None] = {}
        for key in NUMBERS:
            try:
                values[key] = _value(cells.get(key, ""), key, scale, whole)
            except ValueError:
                bad, values[key] = cells.get(key, ""), None
                what = {"assessed": "applicants", "selected": "selected", "rate": "rate"}.get(
                    key, "impact ratio"
                )
                unreadable += 1
                refused = _no_number(what, bad, line, path, counts=key in ("assessed", "selected"))
        if not bad and all(value is None for value in values.values()):
            continue
        seen.add(name)
        found.append(
            Row(
                line=line.number,
                section=section,
                name=name,
                assessed=values["assessed"],  # type: ignore[arg-type]
                selected=values["selected"],  # type: ignore[arg-type]
                rate=values["rate"],  # type: ignore[arg-type]
                ratio=values["ratio"],  # type: ignore[arg-type]
                total=len(name) == 1 and bool(_TOTAL.match(name[0])),
                unreadable=bad,
            )
        )
    if unreadable * 2 >= max(len(found), 1):
        raise refused
    return found


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
    if not sex and not race:
        sex, race = _apart(names["category"] or "unnamed")
    for words in (block.label, under):
        outer = _apart(words) if words and not heading(words) else ("", "")
        if outer[0] and not outer[1] and not sex:
            sex = outer[0]
        elif outer[1] and not outer[0] and sex and not race and _is_category(outer[1]):
            race = outer[1]
    parts = tuple(UNKNOWN if _UNKNOWN.search(part) else part for part in (sex, race) if part)
    given = names["section"].lower()
    section = given or ("sex x race" if len(parts) == 2 else "sex" if sex else "race")
    if len(parts) == 1 and (_TOTAL.match(parts[0]) or parts[0] == UNKNOWN):
        section = given or _section_of(block)
    return section, parts


def _section_of(block: _Block) -> str:
    """Section of a total or an unknown: that of the rows it stands among."""
    for _, cells, under in block.rows:
        names = {key: _clean(cells.get(key, "")) for key in NAMES}
        text = names["sex"] or names["race"] or names["category"]
        if text and not _TOTAL.match(text) and not _UNKNOWN.search(text):
            return _name(block, names, under)[0]
    return "race"


def _is_category(text: str) -> bool:
    return bool(
        re.search(
            r"hispanic|latin|white|black|african|asian|native|islander|indian|alaska|races",
            text,
            re.IGNORECASE,
        )
    )


def _apart(text: str) -> tuple[str, str]:
    """A name as sex and race: ``Female - Asian`` and ``Asian females`` are both."""
    text = re.sub(r"^non[- ]?hispanic(?: or latin\w+)?\s*[-,–:]\s*", "", text, flags=re.IGNORECASE)
    match = _SEX.search(text)
    if match is None:
        return "", text
    sex = "Female" if match.group(1) or match.group(2) else "Male"
    rest = re.sub(
        r"^[\s,;:/&×x()\-–—|]+|[\s,;:/&×()\-–—|]+$", "", text[: match.start()] + text[match.end() :]
    )
    return (
        (sex, "")
        if re.fullmatch(r"(?:s|applicants|candidates|only|total)?", rest.strip(), re.IGNORECASE)
        else (sex, rest.strip())
    )


def _clean(text: str) -> str:
    return re.sub(rf"\s*{MARKS}+\s*$", "", text).strip(" :")


def _scale(block: _Block, key: str) -> float:
    """Worth of a bare number in a column: a hundredth if its heading says per cent, or its numbers can be no shares."""
    if key in block.percent:
        return 0.01
    numbers = []
    for _, cells, _ in block.rows:
        text = _digits(cells.get(key, ""))
        if text and not text.endswith("%"):
            try:
                numbers.append(_number(text))
            except ValueError:
                continue
    return 0.01 if numbers and max(numbers) > (1.5 if key == "rate" else 5) else 1.0


def _digits(text: str) -> str:
    text = re.sub(rf"\s*{MARKS}+\s*$", "", text.strip()).strip()
    return "" if text.lower() in _BLANK else text.replace(" %", "%")


def _number(text: str) -> float:
    digits = text.removesuffix("%").strip()
    if "," in digits and "." not in digits:
        digits = digits.replace(",", ".")
    digits = digits.replace(",", "")
    if not re.fullmatch(r"\d*\.?\d+|\d+\.", digits):
        raise ValueError(text)
    return float(digits)


def _places(text: str) -> int:
    digits = _digits(text).removesuffix("%")
    return len(re.split(r"[.,]", digits)[1]) if re.search(r"[.,]\d", digits) else 0


def _value(text: str, key: str, scale: Mapping[str, float], whole: int) -> Printed | int | None:
    digits = _digits(text)
    if not digits or digits.startswith(("<", ">", "≤", "≥", "~")):
        return None
    if key in ("assessed", "selected"):
        digits = re.sub(
            r"\s+(?:applicants|candidates|people|persons|employees|individuals)$",
            "",
            digits,
            flags=re.IGNORECASE,
        )
        plain = re.sub(r"(?<=\d)[,.' ’](?=\d{3}(?!\d))", "", digits)
        plain = re.sub(r"[.,]0+$", "", plain)
        if not plain.isdigit():
            raise ValueError(text)
        return int(plain)
    value, places = _number(digits), _places(digits)
    worth = 0.01 if digits.endswith("%") else scale[key]
    # A ratio printed as 1 among ratios with decimals is 1.00: spreadsheets drop the zeros.
    if key == "ratio" and places == 0 and value * worth in (0.0, 1.0):
        places = whole
    return Printed(text=digits, value=value * worth, unit=10.0**-places * worth)


def _no_number(what: str, text: str, line: Line, path: Path, *, counts: bool) -> DataError:
    return DataError(
        f"the count of {what} is not a whole number" if counts else f"the {what} is not a number",
        reference="ll144-count" if counts else "ll144-number",
        where=f"{path.name}:{line.number}",
        got=repr(text[:40]),
        expected="such as 1,390" if counts else "such as 0.97 or 48%",
        hint="leave a cell empty, or write N/A, where there is no number",
    )


def _log10(value: float) -> float:
    import math

    return math.log10(value)
