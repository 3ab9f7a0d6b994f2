"""Numbers as they are printed, against hand-worked roundings."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.findings import Interval, Measurement
from raudit.report.numbers import Numbers, exact, exact_interval

EN = Numbers()
DE = Numbers(decimal=",", group=".")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.19628431, "0.196"),
        (0.0625, "0.062"),
        (0.1875, "0.188"),
        (0.0005, "<0.001"),
        (0.00051, "0.001"),
        (0.0, "0.000"),
        (1.0, "1.000"),
        (0.9996, ">0.999"),
        (-0.0001, ">−0.001"),
        (-0.2, "−0.200"),
        (None, "–"),
    ],
)
def test_proportions_round_half_to_even_and_never_look_like_zero_or_one(value, text):
    assert EN.proportion(value) == text


def test_small_p_values_stay_above_zero():
    assert EN.p_value(1e-9) == "<0.001"
    assert DE.p_value(1e-9) == "<0,001"
    assert EN.p_value(0.0496) == "0.050"


def test_counts_are_grouped_by_language():
    assert EN.count(48842) == "48,842"
    assert DE.count(-48842) == "−48.842"
    assert EN.count(2.5) == "2.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5678, "1,235"),
        (0.35771, "0.3577"),
        (2, "2"),
        (1e-9, "1\u202f×\u202f10^−9"),
        (12.3456, "12.35"),
        (-0.5, "−0.5"),
    ],
)
def test_numbers_have_four_significant_digits(value, text):
    assert EN.number(value) == text


def test_standard_scores_have_one_decimal():
    shown = [EN.score(z) for z in (3.0, 2.04, -0.038, 0.038, 26.4, -12.0, 9.97)]
    assert shown == ["3.0", "2.0", "0.0", "0.0", "26", "−12", "10"]


def test_percentages():
    assert EN.percent(0.19649) == "19.6\u202f%"
    assert DE.percent(0.0004, 1) == "<0,1\u202f%"


def test_intervals_say_where_they_are_unbounded():
    assert EN.interval([0.1, 0.24777]) == "[0.100, 0.248]"
    assert EN.interval([None, 0.2]) == "[−∞, 0.200]"
    assert EN.interval(None) == "–"
    assert EN.interval(Interval(low=-0.5, high=None, method="x")) == "[−0.500, ∞]"


def test_measurements_carry_their_unit():
    assert (
        EN.measurement(Measurement(metric="rows", value=1200, n=1200, unit="rows"))
        == "1,200\u202frows"
    )
    assert EN.measurement(Measurement(metric="m", value=None, n=0)) == "–"


def test_exact_numbers_are_those_of_the_canonical_json():
    assert exact(0.1) == "0.1"
    assert exact(1e21) == "1e+21"
    assert exact(-0.0) == "0"
    assert exact_interval(Interval(low=0.1512, high=None, method="x")) == "[0.1512, null]"


@given(st.floats(min_value=-1, max_value=1, allow_nan=False))
def test_a_printed_proportion_is_within_half_a_unit(value):
    text = EN.proportion(value).replace("−", "-")
    if text[0] in "<>":
        assert abs(value) < 0.001 or abs(value) > 0.999
    else:
        assert abs(Decimal(text) - Decimal(repr(value))) <= Decimal("0.0005")
