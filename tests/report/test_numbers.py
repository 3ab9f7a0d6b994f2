"""Numbers as they are printed, against hand-worked roundings."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raudit.findings import Interval
from raudit.report.numbers import Numbers, exact, exact_interval

EN = Numbers()
DE = Numbers(decimal=",", group=".", to="bis", points_word="Punkte")


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
        (-0.0001, "−0.0001"),
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


def test_a_number_of_any_size_is_written():
    power = "\u202f\u00d7\u202f10^"
    assert EN.percent(1e308) == f"1{power}310\u202f%"
    assert EN.points(-2.5e20) == f"\u22122.5{power}22"
    assert EN.proportion(1.5e30) == f"1.5{power}30"
    assert DE.number(1.25e18) == f"1,25{power}18"
    assert EN.percent(1e12) == "100,000,000,000,000.0\u202f%"


def test_standard_scores_have_one_decimal():
    shown = [EN.score(z) for z in (3.0, 2.04, -0.038, 0.038, 26.4, -12.0, 9.97)]
    assert shown == ["3.0", "2.0", "0.0", "0.0", "26", "−12", "10"]


def test_percentages():
    assert EN.percent(0.19649) == "19.6\u202f%"
    assert DE.percent(0.0004, 1) == "<0,1\u202f%"


def test_intervals_say_where_they_are_unbounded():
    assert EN.interval([0.1, 0.24777]) == "0.100 to 0.248"
    assert EN.interval([None, 0.2]) == "−∞ to 0.200"
    assert EN.interval(None) == "–"
    assert EN.interval(Interval(low=-0.5, high=None, method="x")) == "−0.500 to ∞"
    assert DE.interval([0.1, 0.2]) == "0,100 bis 0,200"


def test_an_interval_is_written_as_what_it_is_of():
    assert EN.interval([0.1, 0.24777], "proportion") == "10.0\u202f% to 24.8\u202f%"
    assert EN.interval([-0.02, 0.24777], "points") == "−2.0 to 24.8"


def test_a_gap_is_in_points_and_has_no_percent_sign():
    assert EN.points(0.24043) == "24.0"
    assert EN.cell(-0.24043, "points") == "−24.0 points"
    assert DE.cell(0.00001, "points") == "0,001 Punkte"
    assert EN.cell(None, "points") == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0004, "−0.04"),
        (0.0004, "0.04"),
        (-0.00049, "−0.05"),
        (-3e-6, "−0.0003"),
        (-1e-17, "≈0"),
        (1e-17, "≈0"),
    ],
)
def test_a_gap_near_zero_says_how_near_and_on_which_side(value, text):
    assert EN.points(value) == text
    assert EN.interval([value, 0.05], "points") == f"{text} to 5.0"


@pytest.mark.parametrize(
    ("column", "shown"),
    [
        ([1.16, 0.6666, -0.0003, None], ["1.160", "0.667", "−0.0003", "–"]),
        ([1023.4, 37.928], ["1,023", "38"]),
        ([83.25, 0.5], ["83.25", "0.50"]),
        ([1, 2, 30], ["1", "2", "30"]),
        ([0.00021, 0.0001], ["0.00021", "0.0001"]),
    ],
)
def test_a_column_has_as_many_decimals_in_every_row(column, shown):
    write = EN.column(column)
    assert [write(value) for value in column] == shown


def test_exact_numbers_are_those_of_the_canonical_json():
    assert exact(0.1) == "0.1"
    assert exact(1e21) == "1e+21"
    assert exact(-0.0) == "0"
    assert exact_interval(Interval(low=0.1512, high=None, method="x")) == "[0.1512, null]"


@given(st.floats(min_value=-1, max_value=1, allow_nan=False))
def test_a_printed_proportion_is_within_half_a_unit(value):
    text = EN.proportion(value).replace("−", "-")
    if text == "≈0":
        assert abs(value) < 1e-6
    elif text[0] in "<>":
        assert abs(value) < 0.001 or abs(value) > 0.999
    else:
        assert abs(Decimal(text) - Decimal(repr(value))) <= Decimal("0.0005")
