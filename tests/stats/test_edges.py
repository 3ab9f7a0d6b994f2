"""Edges of the statistics: nothing counted, nullable columns, a group to hold others against, exact draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from raudit.stats import (
    Bounds,
    detectable_gap,
    differences_from,
    dirichlet_draws,
    draw_bounds,
    holm,
    katz,
    log_rates,
    max_gap_test,
    multinomial_draws,
    newcombe,
    range_tail,
    ratios_to,
    smallest_ratio,
    wilson,
    wilson_ratio,
)


def test_nobody_has_no_interval_and_warns_of_nothing():
    low, high = wilson([0, 5], [0, 10])
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert low[1] == pytest.approx(0.2366, abs=1e-4)


def test_counts_may_come_from_a_nullable_column():
    """``Int64`` columns become arrays of objects, on which roots and divisions fail or round."""
    x, n = pd.array([81, 15], dtype="Int64"), pd.array([263, 148], dtype="Int64")
    np.testing.assert_array_equal(wilson(x, n), wilson([81, 15], [263, 148]))
    four = [pd.array([count], dtype="Int64") for count in (56, 70, 48, 80)]
    np.testing.assert_array_equal(katz(*four), katz([56], [70], [48], [80]))
    rngs = (np.random.default_rng(0), np.random.default_rng(0))
    np.testing.assert_array_equal(
        multinomial_draws(x, 9, rngs[0]), multinomial_draws([81, 15], 9, rngs[1])
    )
    assert max_gap_test(x, n, rng=rngs[0], draws=300) == max_gap_test(
        [81, 15], [263, 148], rng=rngs[1], draws=300
    )
    known = pd.array([0.01, 0.04, None], dtype="Float64").to_numpy(na_value=np.nan, dtype=object)
    np.testing.assert_allclose(holm(known)[:2], [0.02, 0.04])


def test_an_empty_group_draws_nothing():
    drawn = multinomial_draws([[0, 0, 0], [2, 1, 1]], 50, np.random.default_rng(1))
    assert not drawn[:, 0].any()
    assert (drawn[:, 1].sum(axis=-1) == 4).all()


def test_no_ratio_where_nobody_is_selected():
    logs = log_rates(np.array([0, 0]), np.array([20, 30]), z=1.96)
    gap = smallest_ratio(np.array([0.0, 0.0]), logs)
    assert np.isnan(gap.value)
    assert 0 <= gap.low < gap.high <= 1
    assert np.isnan(ratios_to(np.array([0.0, 0.0]), logs, 0).value)


def test_differences_from_one_group_are_newcombes():
    """The group that strays most from the reference, whichever side it is on, with the widest ends."""
    x, n = np.array([30, 70, 55]), np.array([100, 100, 100])
    bounds = wilson(x, n)
    gap = differences_from(x / n, Bounds(*bounds), 2)
    assert (gap.highest, gap.lowest) == (2, 0)
    assert gap.value == pytest.approx(0.25)
    low, high = newcombe(55, 100, 30, 100)
    assert (gap.low, gap.high) == pytest.approx((float(low), float(high)))
    turned = differences_from(x[[1, 2]] / n[:2], Bounds(bounds.low[1:], bounds.high[1:]), 1)
    assert (turned.highest, turned.lowest) == (0, 1)
    low, high = newcombe(70, 100, 55, 100)
    assert (turned.low, turned.high) == pytest.approx((float(low), float(high)))
    level = differences_from(np.array([0.5, 0.5]), wilson([50, 50], n[:2]), 0)
    assert level.value == level.low == 0
    assert level.high == pytest.approx(float(newcombe(50, 100, 50, 100)[1]))


def test_ratios_to_one_group_are_those_of_pairs():
    x, n = np.array([40, 30, 60]), np.array([100, 100, 100])
    logs = log_rates(x, n, z=1.959963984540054)
    gap = ratios_to(x / n, logs, 0)
    assert (gap.highest, gap.lowest) == (0, 1)
    assert gap.value == pytest.approx(0.75)
    low, high = wilson_ratio(30, 100, 40, 100)
    assert (gap.low, gap.high) == pytest.approx((float(low), float(high)))


def test_draws_of_a_share_have_betas_quantiles():
    counts, rng = np.array([12.0, 30.0]), np.random.default_rng(5)
    found = draw_bounds(counts, lambda cells: cells[..., 0], draws=40_000, rng=rng, level=0.9)
    assert (float(found.low), float(found.high)) == pytest.approx(
        beta.ppf([0.05, 0.95], 12.5, 30.5), abs=3e-3
    )
    cells = dirichlet_draws(counts, 20_000, np.random.default_rng(6), prior=2.0)
    assert cells[:, 0].mean() == pytest.approx(14 / 46, abs=3e-3)


def test_the_max_gap_test_counts_its_draws():
    """By hand from the same draws: more count whole, ties half, and the observed table half a draw."""
    events, n = np.array([5, 1, 3]), np.array([8, 8, 8])
    rate = 9 / 24

    def largest(rates):
        pooled = rates.mean(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.ptp(rates, axis=1) / np.sqrt(2 / 8 * pooled * (1 - pooled))
        return np.nan_to_num(found)

    drawn = np.random.default_rng(7).binomial(n, rate, size=(200, 3)) / 8
    seen, observed = largest(drawn), largest(events[None, :] / 8)[0]
    ties = int((np.abs(seen - observed) < 1e-9).sum())
    more = int((seen > observed + 1e-9).sum())
    assert ties > 2  # or the test would not tell ties from more
    found = max_gap_test(events, n, rng=np.random.default_rng(7), draws=200)
    assert found == pytest.approx((more + ties / 2 + 0.5) / 201)
    fewer = max_gap_test(events, n, rng=np.random.default_rng(7), draws=199)
    assert fewer == range_tail(3, observed)


def test_two_people_alone_show_no_gap():
    assert detectable_gap(0.5, 1, 1) == 1.0
    assert detectable_gap(0.5, 0, 50) == 1.0
    assert 0.25 < detectable_gap(0.5, 50, 50) < 0.3
