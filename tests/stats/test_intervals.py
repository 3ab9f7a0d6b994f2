"""Intervals against the tables of the papers that define them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, studentized_range

from raudit.stats import (
    Bounds,
    effective_n,
    katz,
    largest_difference,
    log_rates,
    newcombe,
    range_quantile,
    smallest_ratio,
    wilson,
    wilson_ratio,
)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_newcombe_1998a_table_1(x, n, low, high):
    bounds = wilson(x, n)
    assert (round(float(bounds.low), 4), round(float(bounds.high), 4)) == (low, high)


@pytest.mark.parametrize(
    ("a", "n_a", "b", "n_b", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0),
        (10, 10, 0, 10, 0.6075, 1.0),
    ],
)
def test_newcombe_is_newcombe_1998b_table_2_method_10(a, n_a, b, n_b, low, high):
    bounds = newcombe(a, n_a, b, n_b)
    assert (round(float(bounds.low), 4), round(float(bounds.high), 4)) == (low, high)


def test_katz_by_hand():
    log, se = (
        np.log((10.5 / 20.5) / (5.5 / 20.5)),
        np.sqrt(1 / 10.5 - 1 / 20.5 + 1 / 5.5 - 1 / 20.5),
    )
    bounds = katz(10, 20, 5, 20)
    assert bounds.low == pytest.approx(np.exp(log - 1.959964 * se), rel=1e-6)
    assert bounds.high == pytest.approx(np.exp(log + 1.959964 * se), rel=1e-6)


@pytest.mark.parametrize("groups", [2, 3, 10, 50])
def test_range_quantile_is_the_studentised_range(groups):
    assert range_quantile(groups, 0.95) == pytest.approx(
        studentized_range.ppf(0.95, groups, np.inf) / 2**0.5, abs=1e-8
    )


@pytest.mark.parametrize("n", [30, 100, 1000])
@pytest.mark.parametrize("p", [0.02, 0.1, 0.5])
def test_wilson_covers(n, p):
    x = np.arange(n + 1)
    low, high = wilson(x, n)
    assert 0.91 <= binom.pmf(x, n, p)[(low <= p) & (p <= high)].sum() <= 0.98


@pytest.mark.parametrize(
    ("a", "b"), [((10, 0.2), (1000, 0.5)), ((10, 0.02), (1000, 0.02)), ((100, 0.1), (100, 0.2))]
)
def test_ratio_covers_where_katz_does_not(a, b):
    x, y = np.meshgrid(np.arange(a[0] + 1), np.arange(b[0] + 1), indexing="ij")
    weight = binom.pmf(x, *a) * binom.pmf(y, *b)
    low, high = wilson_ratio(x, a[0], y, b[0])
    assert weight[(low <= a[1] / b[1]) & (a[1] / b[1] <= high)].sum() >= 0.91


counts = st.lists(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=2,
    max_size=8,
)


@given(counts)
def test_the_largest_difference_is_bounded_as_if_every_pair_were_tried(groups):
    x, n = (np.array(column, dtype=float) for column in zip(*groups, strict=True))
    z = range_quantile(len(groups), 0.95)
    bounds = wilson(x, n, z=z)
    gap = largest_difference(x / n, bounds)
    lows, highs = [], []
    for i in range(len(groups)):
        for j in set(range(len(groups))) - {i}:
            p, q = x[i] / n[i], x[j] / n[j]
            lows.append(p - q - np.hypot(p - bounds.low[i], bounds.high[j] - q))
            highs.append(p - q + np.hypot(bounds.high[i] - p, q - bounds.low[j]))
    assert gap.low == pytest.approx(min(max(0, *lows), gap.value), abs=1e-12)
    assert gap.high == pytest.approx(max(*highs, gap.value), abs=1e-12)
    assert gap.low <= gap.value <= gap.high


@given(counts)
def test_the_smallest_ratio_is_bounded_as_if_every_pair_were_tried(groups):
    x, n = (np.array(column, dtype=float) for column in zip(*groups, strict=True))
    if not x.any():
        return
    logs = log_rates(x, n, z=range_quantile(len(groups), 0.95))
    gap = smallest_ratio(x / n, logs)
    lows = [
        np.exp(
            logs.centre[i]
            - logs.centre[j]
            - np.hypot(logs.centre[i] - logs.low[i], logs.high[j] - logs.centre[j])
        )
        for i in range(len(groups))
        for j in range(len(groups))
        if i != j
    ]
    assert gap.low == pytest.approx(min(*lows, gap.value), abs=1e-12)
    assert gap.low <= gap.value <= gap.high


def test_two_groups_get_newcombe():
    z = range_quantile(2, 0.95)
    x, n = np.array([56.0, 48.0]), np.array([70.0, 80.0])
    gap = largest_difference(x / n, wilson(x, n, z=z))
    want = newcombe(56, 70, 48, 80)
    assert (gap.low, gap.high) == (pytest.approx(float(want.low)), pytest.approx(float(want.high)))


def test_kish():
    assert effective_n(10.0, 10.0) == 10
    assert effective_n(3 + 1, 9 + 1) == pytest.approx(1.6)
    assert effective_n(0, 0) == 0


def test_bounds_are_named():
    assert Bounds(np.array(0.1), np.array(0.2)).low == 0.1
