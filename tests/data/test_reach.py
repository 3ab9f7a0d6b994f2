"""Where the bits of sums' terms lie: rules held against exact fractions of random floats."""

from fractions import Fraction

import numpy as np
import pytest

from raudit.data.count import CellSpec, sum_exponents
from raudit.data.engine_limbs import LOWEST, Sizes, limbs, places
from raudit.data.fixed import LIMB, LIMBS, Reach, summed_terms
from raudit.data.interface import ColumnName


def lies_in(value, reach):
    exact = Fraction(float(value))
    whole = exact / Fraction(2) ** reach.low
    below = abs(exact) < Fraction(2) ** reach.high
    if reach.least is not None and exact:
        assert abs(exact) >= Fraction(2) ** reach.least
    return whole.denominator == 1 and (below or exact == 0) and (reach.signed or exact >= 0)


def sizes_of(**columns):
    absolute = {name: np.abs(values) for name, values in columns.items()}
    return Sizes(
        largest={name: float(values.max()) for name, values in absolute.items()},
        smallest={
            name: float(values[values > 0].min())
            for name, values in absolute.items()
            if (values > 0).any()
        },
    )


@pytest.mark.parametrize("spread", [0, 3, 20])
def test_every_term_lies_within_its_reach(spread):
    rng = np.random.default_rng(spread)
    scale = 10.0 ** rng.uniform(-spread, spread, size=400)
    weight, score, true = (
        np.abs(rng.normal(size=400)) * scale,
        rng.normal(size=400) * scale[::-1],
        np.where(rng.random(400) < 0.1, 0.0, rng.normal(size=400)),
    )
    sizes = sizes_of(w=weight, s=score, y=true)
    reaches = summed_terms(
        sizes.reach("w", signed=False),
        sizes.reach("s", signed=True),
        sizes.reach("y", signed=True),
        abs,
    )
    found = summed_terms(weight, score, true, np.abs)
    assert list(found) == list(reaches)
    for name, terms in found.items():
        for term, reach in zip(terms, reaches[name], strict=True):
            assert all(lies_in(value, reach) for value in term), name


def test_a_narrow_weight_needs_few_limbs_and_a_wide_one_all():
    spec = CellSpec(attributes=(), weight=ColumnName("w"))
    narrow = Sizes(largest={"w": 2.498}, smallest={"w": 0.5})
    wide = Sizes(largest={"w": 1e30}, smallest={"w": 1.0})
    count = {
        name: len(limbs(spec, sizes, sum_exponents(spec, sizes.largest)))
        for name, sizes in (("narrow", narrow), ("wide", wide))
    }
    assert count["narrow"] == 7 < count["wide"] <= 3 * LIMBS
    nothing = Sizes(largest={"w": 0.0}, smallest={})
    assert not nothing.tiny("w")


def test_places_cover_all_bits_and_no_more():
    unit = -256
    assert list(places(Reach(low=-2, high=1, signed=False), unit)) == [7]
    assert list(places(Reach(low=-33, high=-31, signed=True), unit)) == [6, 7]
    assert list(places(Reach(low=-999, high=-300, signed=True), unit)) == []
    assert places(Reach(low=unit, high=unit + LIMB * LIMBS + 1, signed=True), unit) == range(LIMBS)
    assert LOWEST == 2.0**-257
