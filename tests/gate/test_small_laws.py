"""Small laws of what a gate rests on, of which tests of whole commands would not tell that one is broken."""

from __future__ import annotations

import pytest

from raudit.policy.compare import _detectable
from raudit.policy.difference import Difference
from raudit.policy.drift import _level_rows, shifts
from raudit.policy.rates import Rate, _signed


def levels(pooled: int = 0, most: int | None = None, **counts: int) -> dict[str, object]:
    """A profile of levels, some of them pooled."""
    found = {"kind": "levels", "n": sum(counts.values()) + pooled, "missing": 0, "other": pooled}
    found |= {"levels": list(counts), "counts": list(counts.values())}
    return found if most is None else {**found, "other_most": most}


def test_a_level_that_one_record_pooled_is_given_no_more_than_makes_both_alike():
    """100 of 400 rows have b; among 200 rows that is 50, though the pool holds 80 and would allow 60 of one level."""
    old, new = levels(a=300, b=100), levels(a=120, pooled=80, most=60)
    assert _level_rows(old, new) == ([300, 100, 0, 0], [120, 50, 30, 0])
    assert _level_rows(old, {**new, "other_most": 40}) == ([300, 100, 0, 0], [120, 40, 40, 0])
    assert _level_rows(old, levels(a=160, pooled=40)) == ([300, 100, 0, 0], [160, 40, 0, 0])


def test_a_column_of_rare_levels_keeps_its_name():
    rare = levels(a=100, pooled=900, most=9)
    (found,) = shifts({"x": rare}, {"x": rare})
    assert (found.name, found.state, found.incomparable) == ("x", "unclear", True)


def test_what_is_known_exactly_has_no_change_that_would_have_shown():
    told = {"value": 0.0, "low": 0.0, "high": 0.0, "level": 0.95}
    assert _detectable(Difference(**told, method="exact"), 0.05) is None
    assert _detectable(Difference(**told, method="MOVER"), 0.05) == 0


def rate(value: float, low: float, high: float) -> Rate:
    return Rate(group=("a",), metric="m", value=value, n=100, effective=None, low=low, high=high)


def test_a_stored_interval_is_stretched_on_both_sides():
    z = 1.959963984540054
    assert rate(5, 4, 7).ends(z) == pytest.approx((4, 7))
    assert rate(5, 4, 7).ends(2 * z) == pytest.approx((3, 9))


def test_a_ratio_of_what_may_be_nothing_has_no_interval():
    assert _signed((rate(2, 1, 3), rate(2, 1, 3)), True, 2, 0.95) is not None
    for pair in ((rate(0, 0, 1), rate(2, 1, 3)), (rate(2, 1, 3), rate(0, 0, 1))):
        assert _signed(pair, True, 2, 0.95) is None
