"""Numbers as audits print them: counts, shares, ratios, both in one cell, marks and words beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from raudit.errors import DataError

COUNTS = ("assessed", "selected")
MARKS = r"(?:[*†‡§¶#^¹²³⁰⁴-⁹]+|\[\w{1,2}\]|\((?:\d{1,2}|[a-z]|i{1,3}|\*+)\))"
"""Footnote marks after a text or number."""
ABOUT = r"[<>≤≥~≈]|(?:about|approx(?:imately|\.)?|ca\.?|circa)\s"
"""What stands before a number that is a bound or an estimate, which proves nothing."""
REFERENCE = re.compile(
    r"(?:the )?(?:reference|ref|baseline|comparator|comparison|benchmark|highest|most selected)\b.*",
    re.IGNORECASE,
)
"""What stands in place of a ratio of 1, or beside it."""
NOT_GIVEN = (
    r"not (?:calculated|calculable|computed|applicable|available|reported|included|shown|displayed|provided)|"
    r"excluded|omitted|suppressed|redacted|insufficient(?: (?:data|sample(?: size)?))?|too (?:few|small)|"
    r"(?:less than|below|under) \d+(?:\.\d+)? ?%|n/?[ac]|#n/a|#div/0!"
)
"""Words in place of a number that is left out."""
_NOT_GIVEN = re.compile(rf"(?:{NOT_GIVEN})(?:\W*\([^()]*\)|\W.*)?", re.IGNORECASE)
_SHARE = re.compile(r"\d{0,3}[.,]\d{1,2}|[01]?\.\d+|0,\d+")
"""A bare number that is no count beside one: ``0.31`` and ``19.8``, and not ``1,390``."""
_BOTH = re.compile(r"(?P<first>[^()]*\d[^()]*?)\s*\((?P<second>[^()]*\d[^()]*)\)")
"""Two numbers in one cell, such as ``667 (48%)``."""
_FRACTION = re.compile(r"(?P<part>\d[\d,]*)\s*(?:/|out of|of)\s*(?P<whole>\d[\d,]*)")
BLANK = (
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
            or (self.value != 0 and abs(number_of(self.text) - self.value) > 1e-9 * abs(self.value))
            else 1
        )
        places = max(0, round(-math.log10(self.unit * scale)))
        return f"{value * scale:.{places}f}{'%' if percent else ''}"


PER_CENT = re.compile(r"(?<=\d)\s*(?:%|％|per ?cent\b|pct\b\.?)", re.IGNORECASE)
"""What is written after a number of hundredths."""


def is_blank(text: str) -> bool:
    """Whether a cell says that there is no number."""
    return text.lower() in BLANK or bool(_NOT_GIVEN.fullmatch(text))


def digits_of(text: str) -> str:
    """A number without marks and words beside it; empty where there is none."""
    text = re.sub(rf"\s*{MARKS}+\s*$", "", text.strip()).strip()
    text = re.sub(
        r"(?<=\d)(?:\s*:\s*1(?:\.0+)?|\s+to 1|\s?x)$", "", text
    )  # 0.97:1 and 0.97x are 0.97
    beside = re.fullmatch(r"([\d.,]+\s*%?)\s*[(\[]([^()\[\]]*)[)\]]", text)
    if beside is not None and REFERENCE.fullmatch(beside[2].strip()):
        text = beside[1]
    return "" if is_blank(text) else PER_CENT.sub("%", text)


def number_of(text: str) -> float:
    """A number, whatever parts thousands and decimals; raises ValueError."""
    digits = text.removesuffix("%").strip()
    if "," in digits and "." not in digits:
        digits = digits.replace(",", ".")
    digits = digits.replace(",", "")
    if not re.fullmatch(r"\d*\.?\d+|\d+\.", digits):
        raise ValueError(text)
    return float(digits)


def places_of(text: str) -> int:
    """Decimals that are printed."""
    digits = digits_of(text).removesuffix("%")
    return len(re.split(r"[.,]", digits)[1]) if re.search(r"[.,]\d", digits) else 0


def value_of(text: str, key: str, scale: Mapping[str, float], whole: int) -> Printed | int | None:
    """A cell's number as its column means it: a count, or a share or ratio with its last digit; raises ValueError.

    Parameters
    ----------
    scale
        Worth of a bare number, by column.
    whole
        Decimals of the other ratios, since spreadsheets print 1.00 as 1.
    """
    digits = digits_of(text)
    if key == "ratio" and REFERENCE.fullmatch(digits.strip(" ()[]-–—")):
        digits = "1"
    if not digits or re.match(ABOUT, digits):
        return None
    if key in COUNTS:
        digits = re.sub(
            r"\s+(?:applicants|candidates|people|persons|employees|individuals)$",
            "",
            digits,
            flags=re.IGNORECASE,
        )
        thousands = re.fullmatch(r"\d{1,3}(?:[,.' ’]\d{3})+(?:[.,]0+)?", digits)
        plain = re.sub(r"(?<=\d)[,.' ’](?=\d{3}(?!\d))", "", digits) if thousands else digits
        plain = re.sub(r"[.,]0+$", "", plain)
        if not plain.isdigit():
            raise ValueError(text)
        return int(plain)
    value, places = number_of(digits), places_of(digits)
    worth = 0.01 if digits.endswith("%") else scale[key]
    # A ratio printed as 1 among ratios with decimals is 1.00: spreadsheets drop the zeros.
    if key == "ratio" and places == 0 and value * worth in (0.0, 1.0):
        places = whole
    return Printed(text=digits, value=value * worth, unit=10.0**-places * worth)


def thousands_joined(cells: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every way to read neighbouring cells as one number whose thousands are parted by spaces: ``1 390`` as 1390."""
    if not cells:
        yield ()
        return
    for end in range(1, len(cells) + 1):
        if end > 1 and not (
            re.fullmatch(r"\d{1,3}", cells[0]) and re.fullmatch(r"\d{3}", cells[end - 1])
        ):
            return
        for rest in thousands_joined(cells[end:]):
            yield ("".join(cells[:end]), *rest)


def fractional(text: str) -> bool:
    """Whether a count is none, but a share of one: made by whoever printed it, from a rounded rate."""
    digits = digits_of(text).replace(",", "")
    return bool(re.fullmatch(r"\d*\.\d*[1-9]\d*", digits)) and not re.fullmatch(
        r"\d{1,3}(?:\.\d{3})+", digits
    )


def parted(cells: Mapping[str, str]) -> dict[str, str]:
    """Cells of a row with counts and shares that share a cell given to their own columns.

    Of ``667 (48%)`` among the selected the share is the rate; among the assessed it is a share of everybody, which no
    other number is held against.
    """
    found = dict(cells)
    for key in (*COUNTS, "rate"):
        _part_fraction(found, key)
        both = _BOTH.fullmatch(found.get(key, "").strip())
        if both is None:
            continue
        texts = [both["first"].strip(), both["second"].strip()]
        shares = [text for text in texts if text.endswith("%") or _SHARE.fullmatch(text)]
        counts = [text for text in texts if text not in shares]
        if len(shares) != 1:
            continue
        if key == "assessed":
            found[key] = counts[0]
            continue
        found["selected"] = counts[0]
        if key == "rate" or not found.get("rate"):
            found["rate"] = shares[0]
        _part_fraction(found, "selected")
    return found


def _part_fraction(cells: dict[str, str], key: str) -> None:
    """Give ``96 of 213`` or ``96/213`` to the selected and the assessed, which no column of their own holds."""
    whole = _FRACTION.fullmatch(cells.get(key, "").strip())
    if whole is None or (key == "assessed" and cells.get("selected")):
        return
    if key == "rate":
        cells["rate"] = ""
    cells["selected"] = whole["part"]
    if key == "assessed" or not cells.get("assessed"):
        cells["assessed"] = whole["whole"]


def no_number(what: str, text: str, line: int, path: Path, *, counts: bool) -> DataError:
    """The error for a cell that is no number."""
    return DataError(
        f"the count of {what} is not a whole number" if counts else f"the {what} is not a number",
        reference="ll144-count" if counts else "ll144-number",
        where=f"{path.name}:{line}",
        got=repr(text[:40]),
        expected="such as 1,390" if counts else "such as 0.97 or 48%",
        hint="leave a cell empty, or write N/A, where there is no number",
    )
