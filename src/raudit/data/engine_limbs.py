"""Exact sums in an engine: every term of a row is cut into limbs of 32 bits, which the engine adds up as integers.

Which limbs a term can have at all follows from the largest and the smallest number of its columns, which are measured
first; the others are never asked for. A weight between .5 and 2.5 has 3 limbs of 8.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raudit.data.count import CellSpec
from raudit.data.engine_frame import EngineFrame
from raudit.data.fixed import LIMB, LIMBS, Ints, Reach, summed_terms
from raudit.data.interface import ColumnName

if TYPE_CHECKING:
    import narwhals as nw
    import pyarrow as pa

WHOLE = 62
"""Bits of a number whose fraction an engine takes off by itself: some engines' ``floor`` ends at 2**63."""
EXACT = 2.0**53
FAR = 900
"""A power of two beyond this may be no float where the product with it is one."""
LOWEST = 2.0 ** -(LIMB * LIMBS + 1)
"""Numbers below this part of the largest count as 0 in every sum; in some engines their squares are an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large the numbers of each summed column are."""

    largest: Mapping[str, float]
    """Largest absolute value by name of the column, of the whole data set where the table is a part of one."""
    smallest: Mapping[str, float]
    """Smallest absolute value other than 0, in this table; absent where all are 0."""

    def tiny(self, name: str) -> bool:
        """Whether some numbers count as 0."""
        return self.smallest.get(name, math.inf) < self.largest[name] * LOWEST

    def reach(self, name: str, *, signed: bool) -> Reach:
        """Where the bits of the column's numbers lie."""
        most = self.largest[name]
        least = max(self.smallest.get(name, most), most * LOWEST)
        return Reach(low=math.frexp(least)[1] - 53, high=math.frexp(most)[1], signed=signed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limb:
    """One limb of one term."""

    term: str
    place: int
    unit: int
    """Exponent of two of the term's lowest limb."""
    reach: Reach

    @property
    def name(self) -> str:
        """What the column is called."""
        return f"{self.term}_{self.place}"

    @property
    def topmost(self) -> bool:
        """Whether no higher limb can have anything."""
        return self.place == places(self.reach, self.unit)[-1]


def places(reach: Reach, unit: int) -> range:
    """Limbs that can be other than 0."""
    low, high = ((bit - unit) // LIMB for bit in (reach.low, reach.high - 1))
    return range(min(max(low, 0), LIMBS - 1), min(max(high, -1), LIMBS - 1) + 1)


def terms(table: EngineFrame, spec: CellSpec, sizes: Sizes) -> list[nw.Expr]:
    """Every term of every sum, as a column."""
    import narwhals as nw

    def value(name: ColumnName | None) -> Any:
        if name is None:
            return None
        number = table.number(name)
        if not sizes.tiny(name):
            return number
        return nw.when(number.abs() < sizes.largest[name] * LOWEST).then(0.0).otherwise(number)

    parts = (value(spec.weight), value(spec.score), value(spec.numeric_label))
    sums = summed_terms(*parts, lambda number: number.abs())
    return [term.alias(f"{name}_{i}") for name, made in sums.items() for i, term in enumerate(made)]


def limbs(spec: CellSpec, sizes: Sizes, exponents: Mapping[str, int]) -> list[Limb]:
    """Every limb that a term can have."""
    weight, score, true = (
        None if name is None else sizes.reach(name, signed=name != spec.weight)
        for name in (spec.weight, spec.score, spec.numeric_label)
    )
    sums = summed_terms(weight, score, true, abs)
    return [
        Limb(term=f"{name}_{i}", place=place, unit=exponents[name], reach=reach)
        for name, reaches in sums.items()
        for i, reach in enumerate(reaches)
        for place in places(reach, exponents[name])
    ]


def with_limbs(
    table: EngineFrame, frame: nw.LazyFrame[Any], found: Iterable[Limb]
) -> nw.LazyFrame[Any]:
    """Cut every term into limbs: the bits above one power of two, less those above the next.

    Powers of two scale without error, cutting bits off leaves a float, and so does the difference of two such cuts.
    In few steps, since some databases write each step out wherever the next one names it.
    """
    found = list(found)
    if not found:
        return frame
    frame = table.fenced(frame).with_columns(*map(_scaled, found))
    frame = frame.with_columns(*map(_whole, found))
    return frame.with_columns(*map(_limb, found))


def _scaled(limb: Limb) -> nw.Expr:
    import narwhals as nw

    bits = -limb.unit - LIMB * limb.place
    value = nw.col(limb.term).abs() if limb.reach.signed else nw.col(limb.term)
    for power in [bits] if abs(bits) < FAR else [bits // 2, bits - bits // 2]:
        value = value * math.ldexp(1.0, power)
    return value.alias(f"{limb.name}_scaled")


def _whole(limb: Limb) -> nw.Expr:
    """A number without its fraction; above 2**53 every float is whole."""
    import narwhals as nw

    value = nw.col(f"{limb.name}_scaled")
    if limb.reach.high - limb.unit - LIMB * limb.place <= WHOLE:
        whole = value.floor().cast(nw.Float64)
    else:
        small = nw.when(value < EXACT).then(value).otherwise(0.0).floor().cast(nw.Float64)
        whole = nw.when(value < EXACT).then(small).otherwise(value)
    return whole.alias(f"{limb.name}_whole")


def _limb(limb: Limb) -> nw.Expr:
    import narwhals as nw

    size = nw.col(f"{limb.name}_whole")
    if not limb.topmost:
        size = size - nw.col(f"{limb.term}_{limb.place + 1}_whole") * 2.0**LIMB
    if limb.reach.signed:
        size = size * nw.when(nw.col(limb.term) < 0).then(-1.0).otherwise(1.0)
    return size.cast(nw.Int64).alias(limb.name)


def added(cells: pa.Table, name: str) -> Ints:
    """Limbs of one sum, its terms together, of shape (LIMBS, n_cells)."""
    total = np.zeros((LIMBS, cells.num_rows), dtype=np.int64)
    for place in range(LIMBS):
        for column in cells.column_names:
            sum_of, _, rest = column.rpartition("_")[0].rpartition("_")
            if sum_of == name and rest.isdigit() and column.endswith(f"_{place}"):
                total[place] += cells.column(column).to_numpy().astype(np.int64)
    return total
