"""Every number a reader sees is written here, and nowhere else.

Rounding is half to even on the shortest decimal form of the number. A number that is not zero never looks like zero,
and one below 1 never looks like 1: 0.0004 prints as ``<0.001``, and 0.9996 as ``>0.999``. One that can be negative
keeps its first digit instead: -0.0004 of a share, and 0.04 or -0.04 points; one a thousand times too small is ≈0.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import rfc8785

from raudit.findings import Interval

DASH = "\u2013"
MINUS = "\u2212"
LONG = 15
"""Power of ten from which on digits are no longer written out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How a language writes numbers."""

    decimal: str = "."
    """Decimal mark."""
    group: str = ","
    """Mark between groups of three digits."""
    to: str = "to"
    """Word between the ends of an interval."""
    points_word: str = "points"
    """What the difference of two percentages is counted in."""

    def count(self, value: object) -> str:
        """Write a whole number, such as ``48,842``."""
        if not _is_number(value):
            return self._other(value)
        assert isinstance(value, int | float)  # noqa: S101 -- it is a number
        if value != int(value):
            return self.number(value)
        return self._mark(f"{abs(int(value)):,}", value < 0)

    def proportion(self, value: object, places: int = 3) -> str:
        """Write a number between -1 and 1 with three decimals, such as ``0.196``."""
        return self._fixed(value, places)

    def percent(self, value: Any, places: int = 1) -> str:
        """Write a proportion as a percentage, such as ``19.6 %``."""
        if not _is_number(value):
            return self._other(value)
        scaled = Decimal(repr(float(value))) * 100
        return self._decimal(scaled, places) + "\u202f%"

    def points(self, value: Any) -> str:
        """Write a difference of two proportions in percentage points, such as ``19.6``; never with a percent sign."""
        if not _is_number(value):
            return self._other(value)
        return self._decimal(Decimal(repr(float(value))) * 100, 1, signed=True)

    def p_value(self, value: Any) -> str:
        """Write a p-value with three decimals; below 0.001 as ``<0.001``."""
        return self._fixed(value, 3)

    def score(self, value: Any) -> str:
        """Write a standard score with one decimal, such as ``2.9``; whole from ten on."""
        if not _is_number(value):
            return self._other(value)
        rounded = round(float(value), 0 if abs(value) >= 9.95 else 1)
        return self._decimal(Decimal(repr(rounded)), 0 if abs(value) >= 9.95 else 1)

    def number(self, value: Any, digits: int = 4) -> str:
        """Write a number with four significant digits, whole numbers in full."""
        if not _is_number(value):
            return self._other(value)
        if float(value) == int(value) and abs(value) < 1e15:
            return self.count(value)
        exact = Decimal(repr(float(value)))
        exponent = exact.adjusted()
        if exponent >= LONG or exponent < -6:
            return self._power(exact, digits)
        places = max(0, digits - 1 - exponent)
        return self._decimal(exact, places, strip=True)

    def interval(self, value: object, kind: str = "number", places: int = 3) -> str:
        """Write an interval in the manner of what it is of, such as ``0.151 to 0.248`` or ``15.1 % to 24.8 %``."""
        low, high = _ends(value)
        if low is None and high is None:
            return DASH
        write: Callable[[Any], str]
        match kind:
            case "proportion":
                write = self.percent
            case "points":
                write = self.points
            case _:
                write = functools.partial(self._end, places=places)
        left = MINUS + "∞" if low is None else write(low)
        right = "∞" if high is None else write(high)
        return f"{left} {self.to} {right}"

    def column(self, values: Sequence[Any]) -> Callable[[Any], str]:
        """Choose how to write a column of numbers: with as many decimals each as give the largest four digits.

        Whole numbers alone stay whole; a column of amounts below one has three decimals at least.
        """
        known = [float(value) for value in values if _is_number(value)]
        largest = max(map(abs, known), default=0.0)
        if not known or all(value == int(value) for value in known) or not 1e-3 <= largest < 1e6:
            return self.number
        return functools.partial(
            self._fixed, places=min(3, max(0, 3 - math.floor(math.log10(largest))))
        )

    def cell(self, value: object, kind: str) -> str:
        """Write a table cell of a column's kind."""
        match kind:
            case "count":
                return self.count(value)
            case "proportion":
                return self.percent(value)
            case "points":
                return (
                    f"{self.points(value)} {self.points_word}"
                    if _is_number(value)
                    else self._other(value)
                )
            case "number":
                return self.number(value)
            case "p_value":
                return self.p_value(value)
            case "interval":
                return self.interval(value)
            case _:
                return self._other(value)

    def _end(self, value: float, places: int) -> str:
        return self._fixed(value, places) if abs(value) < 100 else self.number(value)

    def _fixed(self, value: Any, places: int) -> str:
        if not _is_number(value):
            return self._other(value)
        return self._decimal(Decimal(repr(float(value))), places)

    def _power(self, exact: Decimal, digits: int = 4) -> str:
        """A number as a multiple of a power of ten."""
        exponent = exact.adjusted()
        mantissa = self._decimal(exact.scaleb(-exponent), digits - 1, strip=True)
        return f"{mantissa}\u202f\u00d7\u202f10^{exponent}".replace("-", MINUS)

    def _decimal(
        self, value: Decimal, places: int, *, strip: bool = False, signed: bool = False
    ) -> str:
        if value.adjusted() >= LONG:
            return self._power(value)
        step = Decimal(1).scaleb(-places)
        rounded = value.quantize(step, rounding=ROUND_HALF_EVEN)
        if rounded == 0 and value != 0:
            if signed or value < 0:  # "<0.1" would hold every negative number too
                near = abs(value) * 1000 >= step
                return self.number(float(value), digits=1) if near else "\u22480"
            return "<" + self._mark(f"{step:f}", False)
        if abs(rounded) == 1 and abs(value) < 1 and places >= 2:
            sign = "<" + MINUS if value < 0 else ">"
            return sign + self._mark(f"{1 - step:f}", False)
        text = f"{abs(rounded):,f}"
        if strip and "." in text:
            text = text.rstrip("0").rstrip(".")
        return self._mark(text, rounded < 0)

    def marked(self, text: str) -> str:
        """Give a number that was written in the English manner this language's marks, such as ``-1,234.5``."""
        swapped = text.translate({ord(","): self.group, ord("."): self.decimal, ord("-"): MINUS})
        return swapped.replace("%", "\u202f%")

    def _mark(self, text: str, negative: bool) -> str:
        marked = text.translate({ord(","): self.group, ord("."): self.decimal})
        return (MINUS if negative else "") + marked

    def _other(self, value: object) -> str:
        match value:
            case None:
                return DASH
            case bool():
                return "yes" if value else "no"
            case float() if math.isnan(value):
                return DASH
            case float() if math.isinf(value):
                return "∞" if value > 0 else MINUS + "∞"
            case int() | float():
                return self.number(value)
            case str():
                return value
            case list() | tuple():
                return ", ".join(self._other(item) for item in value)
            case _:
                return str(value)


def exact(value: float | None) -> str:
    """Write a number exactly as the record's canonical JSON does (RFC 8785, ECMAScript's shortest form).

    >>> exact(0.1)
    '0.1'
    >>> exact(12.0)
    '12'
    """
    return "null" if value is None else rfc8785.dumps(value).decode()


def exact_interval(interval: Interval | None) -> str:
    """Write an interval's ends exactly as in the record, such as ``[0.1512, 0.2477]``."""
    return "" if interval is None else f"[{exact(interval.low)}, {exact(interval.high)}]"


def _is_number(value: object) -> bool:
    """Whether it has digits: what a record's numbers add up to need not be finite."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _ends(value: Any) -> tuple[float | None, float | None]:
    match value:
        case Interval():
            return value.low, value.high
        case [low, high] if isinstance(value, Sequence):
            return low, high
        case _:
            return None, None
