"""Values an expression can have when some answers are still missing: exact, missing, or somewhere in a range.

The same expression is evaluated twice. With *what is answered* it gives the score so far, and a missing answer
makes every comparison missing, which never counts as true. With *what could still be answered* it gives the best
and the worst case: an open question stands for all its options at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import Enum
from itertools import product
from typing import Final

INFINITY: Final = Decimal("Infinity")


class Truth(Enum):
    """What a condition can be apart from True and False."""

    MISSING = "missing"
    """It looks at an answer that is not there; it never counts as true, nor does its negation."""
    MAYBE = "maybe"
    """True or false, depending on answers that are still open; in a sum it counts for nothing or one."""
    ANY = "anything"
    """A value that depends on answers that are still open and of which nothing else is known."""


MISSING: Final = Truth.MISSING
MAYBE: Final = Truth.MAYBE
ANY: Final = Truth.ANY


@dataclass(frozen=True, slots=True)
class Range:
    """A number that will lie between two numbers."""

    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class OneOf:
    """A word that will be one of these."""

    options: frozenset[str]


Value = bool | Decimal | str | tuple["Value", ...] | Truth | Range | OneOf
"""What an expression evaluates to."""


def is_true(value: Value) -> bool:
    """Whether a value counts as true now: missing and maybe do not."""
    return truth(value) is True


def truth(value: Value) -> bool | Truth:
    """Reduce a value to true, false, missing or maybe."""
    match value:
        case bool():
            return value
        case Truth():
            return MAYBE if value is ANY else value
        case Decimal():
            return value != 0
        case Range(low, high):
            return True if low > 0 or high < 0 else (False if low == high == 0 else MAYBE)
        case OneOf():
            return True
        case _:
            return bool(value)


def both(values: Iterable[Value]) -> bool | Truth:
    """Conjunction (Kleene's strong logic with two kinds of not knowing)."""
    seen = {truth(v) for v in values}
    for absorbing in (False, MAYBE, MISSING):
        if absorbing in seen:
            return absorbing
    return True


def either(values: Iterable[Value]) -> bool | Truth:
    """Disjunction."""
    seen = {truth(v) for v in values}
    for absorbing in (True, MAYBE, MISSING):
        if absorbing in seen:
            return absorbing
    return False


def negate(value: Value) -> bool | Truth:
    """Negation; missing stays missing."""
    reduced = truth(value)
    return not reduced if isinstance(reduced, bool) else reduced


def _ends(value: Value) -> tuple[Decimal, Decimal] | Truth:
    match value:
        case bool():
            return Decimal(value), Decimal(value)
        case Decimal():
            return value, value
        case Range(low, high):
            return low, high
        case Truth.MAYBE:
            return Decimal(0), Decimal(1)
        case Truth():
            return value
        case _:
            return MISSING


def number(low: Decimal, high: Decimal) -> Decimal | Range:
    """A range, or the number itself if both ends agree."""
    return low if low == high else Range(low, high)


def arithmetic(
    left: Value, right: Value, do: Callable[[Decimal, Decimal], Decimal | None]
) -> Value:
    """Apply +, -, × or ÷ to numbers or ranges; the ends of the result are among the ends of the operands.

    Division by zero, or by a range that holds zero, is missing.
    """
    a, b = _ends(left), _ends(right)
    if isinstance(a, Truth) or isinstance(b, Truth):
        return ANY if ANY in (a, b) else MISSING
    corners = [do(x, y) for x, y in product(set(a), set(b))]
    exact = [c for c in corners if c is not None and not c.is_nan()]
    if len(exact) < len(corners):
        return MISSING
    return number(min(exact), max(exact))


def add(left: Value, right: Value) -> Value:
    """Sum."""
    return arithmetic(left, right, lambda x, y: x + y)


def subtract(left: Value, right: Value) -> Value:
    """Difference."""
    return arithmetic(left, right, lambda x, y: x - y)


def multiply(left: Value, right: Value) -> Value:
    """Product; zero times an open end is zero."""
    return arithmetic(left, right, lambda x, y: Decimal(0) if 0 in (x, y) else x * y)


def divide(left: Value, right: Value) -> Value:
    """Quotient; missing if the divisor is or may be zero."""
    ends = _ends(right)
    if not isinstance(ends, Truth) and ends[0] <= 0 <= ends[1]:
        return MISSING
    return arithmetic(left, right, lambda x, y: x / y)


def round_half_up(value: Value, places: int = 0) -> Value:
    """Round to so many decimals, a half always towards plus infinity as in ``Math.round`` (2.5 → 3, -2.5 → -2)."""
    ends = _ends(value)
    if isinstance(ends, Truth):
        return ends
    return number(*(_round(end, places) for end in ends))


def _round(value: Decimal, places: int) -> Decimal:
    if value.is_infinite():
        return value
    step = Decimal(1).scaleb(-places)
    if value >= 0:
        return value.quantize(step, rounding=ROUND_HALF_UP)
    return (value / step + Decimal("0.5")).to_integral_value(rounding=ROUND_FLOOR) * step


def lowest(values: Iterable[Value]) -> Value:
    """Minimum; missing if any is missing."""
    return _extreme(values, min)


def highest(values: Iterable[Value]) -> Value:
    """Maximum; missing if any is missing."""
    return _extreme(values, max)


def _extreme(values: Iterable[Value], pick: Callable[[Iterable[Decimal]], Decimal]) -> Value:
    ends = [_ends(v) for v in values]
    for kind in (MISSING, ANY):
        if kind in ends:
            return kind
    pairs = [e for e in ends if not isinstance(e, Truth)]
    return number(pick(e[0] for e in pairs), pick(e[1] for e in pairs)) if pairs else MISSING


def hull(left: Value, right: Value) -> Value:
    """The smallest value that holds both; used where a condition is still open."""
    if left == right and type(left) is type(right):
        return left
    match left, right:
        case (bool() | Truth.MAYBE, bool() | Truth.MAYBE):
            return MAYBE
        case (Truth.ANY | Truth.MISSING, _) | (_, Truth.ANY | Truth.MISSING):
            return ANY
        case (str() | OneOf(), str() | OneOf()):
            return OneOf(_words(left) | _words(right))
        case _:
            a, b = _ends(left), _ends(right)
            if isinstance(a, Truth) or isinstance(b, Truth):
                return ANY
            return number(min(a[0], b[0]), max(a[1], b[1]))


def _words(value: Value) -> frozenset[str]:
    return value.options if isinstance(value, OneOf) else frozenset({str(value)})


def equal(left: Value, right: Value) -> bool | Truth:
    """Equality; a word never equals a number."""
    if isinstance(left, Truth) or isinstance(right, Truth):
        return MAYBE if {MAYBE, ANY} & {left, right} else MISSING
    if isinstance(left, str | OneOf) and isinstance(right, str | OneOf):
        a, b = _words(left), _words(right)
        return a == b if len(a) == len(b) == 1 else (MAYBE if a & b else False)
    if isinstance(left, Range) or isinstance(right, Range):
        a_ends, b_ends = _ends(left), _ends(right)
        if isinstance(a_ends, Truth) or isinstance(b_ends, Truth):
            return False
        return MAYBE if a_ends[0] <= b_ends[1] and b_ends[0] <= a_ends[1] else False
    return type(left) is type(right) and left == right


def ordered(left: Value, right: Value, *, strict: bool) -> bool | Truth:
    """``left < right`` if strict, else ``left <= right``; words and lists have no order, so they are missing."""
    a, b = _ends(left), _ends(right)
    if isinstance(a, Truth) or isinstance(b, Truth):
        return MAYBE if ANY in (a, b) else MISSING
    sure = a[1] < b[0] if strict else a[1] <= b[0]
    never = a[0] >= b[1] if strict else a[0] > b[1]
    return True if sure else (False if never else MAYBE)


def contains(item: Value, group: Value) -> bool | Truth:
    """Whether a value is one of a list, or a list shares an item with it."""
    if isinstance(group, Truth) or isinstance(item, Truth):
        return MAYBE if {MAYBE, ANY} & {item, group} else MISSING
    if not isinstance(group, tuple):
        return equal(item, group)
    if isinstance(item, OneOf):
        inside = {word in group for word in item.options}
        return inside.pop() if len(inside) == 1 else MAYBE
    if isinstance(item, tuple):
        return either(contains(part, group) for part in item)
    return either(equal(item, member) for member in group)
