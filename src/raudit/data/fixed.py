"""Sums that do not depend on the order in which their parts were added, and lose nothing beside a large value.

A float sum changes with the order of rows, so a table merged from parts would not hash like the table of the whole,
and the square of 1 vanishes beside the square of 1e10. Here every value is a multiple of a power of two, 256 bits
below the largest (77 decimal digits), and the multiples are added as integers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
LIMB = 32
"""Bits of a limb, so that the limbs of 2**20 rows add up exactly as floats."""
LIMBS = 8
SPLIT = 134217729.0
"""2**27 + 1: a float times it falls apart into two halves of 26 bits (Dekker 1971)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedSum:
    """Sums of shape (n_cells,), each a whole multiple of ``2**exponent``."""

    limbs: Ints
    """Of shape (LIMBS, n_cells), lowest first; all but the last lie in 0..2**32 - 1, the last carries the sign."""
    exponent: int

    @property
    def values(self) -> NDArray[np.float64]:
        """The sums as floats."""
        negative = self.limbs[-1] < 0
        size = _carry(np.where(negative, -self.limbs, self.limbs)) if negative.any() else self.limbs
        total = np.zeros(negative.shape)
        for place in range(LIMBS):
            total += np.ldexp(size[place].astype(float), self.exponent + LIMB * place)
        return np.where(negative, -total, total)

    def exact(self) -> list[int]:
        """The sums as whole multiples of ``2**exponent``."""
        totals = [0] * self.limbs.shape[1]
        for place in reversed(range(LIMBS)):
            column = self.limbs[place].tolist()
            totals = [(total << LIMB) + limb for total, limb in zip(totals, column, strict=True)]
        return totals

    def reduced(self) -> tuple[list[int], int]:
        """The sums in the largest unit that divides them all, and that unit's exponent."""
        totals = self.exact()
        common = math.gcd(*totals)
        shift = (common & -common).bit_length() - 1 if common else 0
        return [total >> shift for total in totals], self.exponent + shift if common else 0

    def take(self, order: NDArray[np.intp]) -> FixedSum:
        """Pick cells."""
        return FixedSum(limbs=self.limbs[:, order], exponent=self.exponent)

    def grouped(self, group: NDArray[np.intp], size: int) -> FixedSum:
        """Add up cells by group."""
        out = np.zeros((LIMBS, size), dtype=np.int64)
        for place in range(LIMBS):
            if self.limbs[place].any():
                np.add.at(out[place], group, self.limbs[place])
        return normal(out, self.exponent)


def exponent_for(magnitude: float) -> int:
    """Exponent at which values up to ``magnitude`` fit all limbs."""
    return (math.frexp(magnitude)[1] if magnitude > 0 else 0) - LIMB * LIMBS


def cut(values: NDArray[np.float64], exponent: int) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Cut values into limbs that are not all zero: the place of each, and its whole numbers with the value's sign."""
    rest = np.ldexp(np.abs(values), -exponent - LIMB * (LIMBS - 1))
    for place in reversed(range(LIMBS)):
        whole = np.floor(rest)
        if whole.any():
            yield place, np.copysign(whole, values)
        rest = (rest - whole) * 2.0**LIMB
        if not rest.any():
            return


def normal(limbs: Ints, exponent: int) -> FixedSum:
    """Carry, so that equal sums have equal limbs."""
    return FixedSum(limbs=_carry(limbs), exponent=exponent)


def from_exact(values: Sequence[int], exponent: int) -> FixedSum:
    """The inverse of ``FixedSum.exact``.

    Raises
    ------
    OverflowError
        If a value does not fit.
    """
    limbs = np.zeros((LIMBS, len(values)), dtype=np.int64)
    for row, value in enumerate(values):
        rest = value
        for place in range(LIMBS - 1):
            limbs[place, row] = rest & (2**LIMB - 1)
            rest >>= LIMB
        limbs[-1, row] = rest
    return FixedSum(limbs=limbs, exponent=exponent)


def aligned(sums: Sequence[FixedSum]) -> list[FixedSum]:
    """The same sums in the smallest unit of them all.

    Raises
    ------
    OverflowError
        If they lie too far apart for that.
    """
    unit = min(total.exponent for total in sums)
    return [
        total
        if total.exponent == unit
        else from_exact([value << (total.exponent - unit) for value in total.exact()], unit)
        for total in sums
    ]


def exact_variance(
    weight: FixedSum | Ints, first: FixedSum, second: FixedSum
) -> NDArray[np.float64]:
    """Weighted variance of each cell, ``Σwx²/Σw - (Σwx/Σw)²``, without loss where the mean dwarfs the spread.

    Parameters
    ----------
    weight
        Sums of weights, or counts.
    first, second
        Sums of the weighted values and of their weighted squares.

    Returns
    -------
    ndarray of shape (n_cells,)
        NaN where there is no weight.
    """
    weights = weight.exact() if isinstance(weight, FixedSum) else [int(n) for n in weight]
    unit = weight.exponent if isinstance(weight, FixedSum) else 0
    scale = second.exponent + unit - 2 * first.exponent  # of w·x² against x·x, in powers of two
    up, down = max(scale, 0), max(-scale, 0)
    found = []
    for w, x, xx in zip(weights, first.exact(), second.exact(), strict=True):
        # Squares rest on 106 bits: without any spread, the rest of two large numbers may fall below zero.
        spread = Fraction(max((w * xx << up) - (x * x << down), 0), w * w) if w else None
        found.append(
            math.nan if spread is None else _scaled(spread, 2 * first.exponent - down - 2 * unit)
        )
    return np.array(found)


def _scaled(value: Fraction, exponent: int) -> float:
    return float(value * Fraction(2) ** exponent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Between which powers of two the bits of a float lie, and of all that sums and products round it to.

    Rounding to fewer bits leaves a multiple of the same power, and no float below 2**high rounds up to it.
    """

    low: int
    """It is a whole multiple of ``2**low``."""
    high: int
    """Its absolute value is below ``2**high``."""
    signed: bool
    """Whether it may be negative."""
    least: int | None = None
    """Its absolute value is at least ``2**least`` unless it is 0; None where that is not known."""

    def __sub__(self, other: Reach) -> Reach:
        return Reach(low=min(self.low, other.low), high=max(self.high, other.high) + 1, signed=True)

    def __mul__(self, other: Reach | float) -> Reach:
        if not isinstance(other, Reach):  # a power of two
            power = math.frexp(other)[1] - 1
            other = Reach(low=power, high=power + 1, signed=False, least=power)
        low, least = self.low + other.low, None
        if self.least is not None and other.least is not None:
            least = self.least + other.least
            low = max(low, least - 52)  # of the 53 bits of a float
        signed = self.signed or other.signed
        return Reach(low=low, high=self.high + other.high, signed=signed, least=least)

    def __abs__(self) -> Reach:
        return Reach(low=self.low, high=self.high, signed=False, least=self.least)

    def lost(self, other: Reach) -> Reach:
        """What rounding takes from the product of both: at most half of its last bit."""
        return Reach(low=self.low + other.low, high=self.high + other.high - 53, signed=True)


def two_product(a: Any, b: Any) -> tuple[Any, Any]:
    """A product and what rounding took from it; of arrays, of an engine's expressions, or how far both reach.

    References
    ----------
    Dekker 1971; exact unless a factor passes 1e300 or the product falls below 1e-290.
    """
    product = a * b
    if isinstance(product, Reach):
        return product, a.lost(b)
    a_high = a * SPLIT - (a * SPLIT - a)
    b_high = b * SPLIT - (b * SPLIT - b)
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


def summed_terms(
    weight: Any, score: Any, true: Any, absolute: Callable[[Any], Any]
) -> dict[str, tuple[Any, ...]]:
    """Terms whose sum over rows makes each quantity of a cell, to about 106 bits; None for what is not there.

    They are ``w`` and ``w2`` of weights, ``s`` and ``s2`` of scores, and with true values ``y``, ``y2`` and, of
    errors, ``e``, ``abs_e``, ``e2`` and ``e4``, each times the weight.
    """
    found: dict[str, tuple[Any, ...]] = {}
    if weight is not None:
        found |= {"w": (weight,), "w2": two_product(weight, weight)}
    if score is None:
        return found
    found |= {"s": _weighted(weight, score), "s2": _weighted_square(weight, score)}
    if true is not None:
        error = score - true
        found |= {"y": _weighted(weight, true), "y2": _weighted_square(weight, true)}
        found |= {"e": _weighted(weight, error), "abs_e": _weighted(weight, absolute(error))}
        found |= {"e2": _weighted_square(weight, error), "e4": _weighted_fourth(weight, error)}
    return found


def _weighted(weight: Any, value: Any) -> tuple[Any, ...]:
    return (value,) if weight is None else two_product(weight, value)


def _weighted_square(weight: object, value: object) -> tuple[Any, ...]:
    if weight is None:
        return two_product(value, value)
    product, lost = two_product(weight, value)
    return (*two_product(product, value), lost * value)


def _weighted_fourth(weight: object, value: object) -> tuple[Any, ...]:
    square, lost = two_product(value, value)
    if weight is None:
        return (*two_product(square, square), square * lost * 2.0)
    # Associated as in _weighted_square: Spark takes w * (v * v) and (w * v) * v for one expression and computes one.
    product, rest = two_product(weight, value)
    weighted, left = two_product(product, value)
    return (*two_product(weighted, square), left * square, rest * value * square, weighted * lost)


def _carry(limbs: Ints) -> Ints:
    out = np.array(limbs, dtype=np.int64, order="C")
    for place in range(LIMBS - 1):
        if out[place].any():
            carry = out[place] >> LIMB
            out[place] &= 2**LIMB - 1
            out[place + 1] += carry
    return out
