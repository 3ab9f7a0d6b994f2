"""Sums that do not depend on the order in which their parts were added.

A float sum changes with the order of rows, so a table merged from parts would not hash like the table of the whole.
Here every value is cut to a multiple of a power of two and the multiples are added as integers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
LIMB = 32
"""Bits of the lower half; the upper half holds the rest."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedSum:
    """Sums of shape (n_cells,), each worth ``(high * 2**32 + low) * 2**exponent`` with ``0 <= low < 2**32``."""

    high: Ints
    low: Ints
    exponent: int

    @property
    def values(self) -> NDArray[np.float64]:
        """The sums as floats."""
        values: NDArray[np.float64] = np.ldexp(np.ldexp(self.high.astype(float), LIMB) + self.low, self.exponent)
        return values

    def exact(self) -> list[int]:
        """The sums as whole multiples of ``2**exponent``."""
        pairs = zip(self.high.tolist(), self.low.tolist(), strict=True)
        return [(high << LIMB) + low for high, low in pairs]

    def take(self, order: NDArray[np.intp]) -> FixedSum:
        """Pick cells."""
        return FixedSum(high=self.high[order], low=self.low[order], exponent=self.exponent)

    def grouped(self, group: NDArray[np.intp], size: int) -> FixedSum:
        """Add up cells by group."""
        return normal(_add_by(self.high, group, size), _add_by(self.low, group, size), self.exponent)


def exponent_for(magnitude: float) -> int:
    """Exponent at which values up to ``magnitude`` fit 63 bits."""
    return (math.frexp(magnitude)[1] if magnitude > 0 else 0) - 63


def limbs(values: NDArray[np.float64], exponent: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cut values into an upper and a lower half, both whole numbers."""
    whole = np.floor(np.ldexp(values, -exponent))
    high = np.floor(np.ldexp(whole, -LIMB))
    return high, whole - np.ldexp(high, LIMB)


def normal(high: Ints, low: Ints, exponent: int) -> FixedSum:
    """Carry, so that equal sums have equal halves."""
    carry = low >> LIMB
    return FixedSum(high=high + carry, low=low - (carry << LIMB), exponent=exponent)


def from_exact(values: list[int], exponent: int) -> FixedSum:
    """The inverse of ``FixedSum.exact``."""
    return FixedSum(
        high=np.array([value >> LIMB for value in values], dtype=np.int64),
        low=np.array([value & (2**LIMB - 1) for value in values], dtype=np.int64),
        exponent=exponent,
    )


def _add_by(values: Ints, group: NDArray[np.intp], size: int) -> Ints:
    out = np.zeros(size, dtype=np.int64)
    np.add.at(out, group, values)
    return out
