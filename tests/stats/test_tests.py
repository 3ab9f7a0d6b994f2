"""Tests, draws and power against second implementations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, chi2_contingency, studentized_range

from raudit.stats import (
    detectable_gap,
    dirichlet_draws,
    holm,
    max_gap_test,
    mcnemar,
    multinomial_draws,
    range_quantile,
    range_tail,
    rows_to_settle,
)


@pytest.mark.parametrize("groups", [2, 10, 50])
def test_the_max_gap_test_keeps_its_level(groups):
    rng = np.random.default_rng(100 + groups)
    sizes = rng.integers(300, 900, groups)
    rejected = [
        max_gap_test(rng.binomial(sizes, 0.3), sizes, rng=rng, draws=400) < 0.05 for _ in range(800)
    ]
    assert 0.03 <= np.mean(rejected) <= 0.07


def test_the_max_gap_test_sees_a_gap():
    assert max_gap_test([30, 60], [100, 100], rng=np.random.default_rng(0)) < 0.001
    assert max_gap_test([0, 0], [10, 10], rng=np.random.default_rng(0)) == 1.0
    assert max_gap_test([3], [10], rng=np.random.default_rng(0)) == 1.0


def test_mcnemar_mid_p():
    exact = binomtest(3, 15).pvalue
    assert mcnemar(3, 12) == pytest.approx(exact - binomtest(3, 15).statistic * 0 - _pmf(3, 15))
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 5) == 1.0


def _pmf(x, n):
    from math import comb

    return comb(n, x) / 2**n


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, np.nan]) == pytest.approx(
        [0.03, 0.06, 0.06, np.nan], nan_ok=True
    )


def test_draws_keep_totals_and_means():
    rng = np.random.default_rng(1)
    counts = np.array([[10, 20, 30, 40], [0, 5, 0, 5]])
    drawn = multinomial_draws(counts, 4000, rng)
    assert (drawn.sum(axis=-1) == [100, 10]).all()
    assert drawn.mean(axis=0) == pytest.approx(counts, abs=0.5)
    shares = dirichlet_draws(counts, 4000, rng)
    assert shares.sum(axis=-1) == pytest.approx(1)
    assert (shares > 0).all()


def test_power_against_simulation():
    gap = detectable_gap(0.3, 400, 600)
    rng = np.random.default_rng(2)
    a, b = (
        rng.binomial(400, 0.3 + gap / 2, 20_000) / 400,
        rng.binomial(600, 0.3 - gap / 2, 20_000) / 600,
    )
    pooled = (a * 400 + b * 600) / 1000
    found = np.abs(a - b) > 1.96 * np.sqrt(pooled * (1 - pooled) * (1 / 400 + 1 / 600))
    assert found.mean() == pytest.approx(0.8, abs=0.02)


def test_rows_to_settle():
    assert rows_to_settle(0.05, 0.0, 0.15, 0.1, 100) == 400
    assert rows_to_settle(0.1, 0.0, 0.2, 0.1, 100) is None
    assert rows_to_settle(0.05, 0.04, 0.06, 0.1, 100) is None


@pytest.mark.parametrize(
    ("sizes", "rate"),
    [
        ((5000, 200), 0.3),
        ((40, 40), 0.2),
        ((3000, 3000, 60, 45), 0.04),
        ((2000, 1000, 500, 250, 125, 60), 0.5),
        ((30,) * 12, 0.1),
    ],
)
def test_even_rates_are_rejected_at_the_level(sizes, rate):
    rng = np.random.default_rng(len(sizes))
    sizes = np.array(sizes)
    p = [max_gap_test(rng.binomial(sizes, rate), sizes, rng=rng, draws=600) for _ in range(1000)]
    print(f"{sizes.tolist()} at {rate}: {np.mean(np.array(p) < 0.05):.3f}")
    assert 0.03 <= np.mean(np.array(p) < 0.05) <= 0.07


def test_small_groups_do_not_drown_the_gap_between_large_ones():
    """Two large groups differ at p = .0005; eight small ones stray further by chance."""
    events, sizes = [800, 920, 12, 13, 9, 11, 14, 10, 12, 11], [4000, 4000] + [50] * 8
    raw = chi2_contingency([[800, 920], [3200, 3080]], correction=False).pvalue
    assert raw < 0.002
    assert max_gap_test(events, sizes, rng=np.random.default_rng(0)) < 45 * raw
    two = max_gap_test(events[:2], sizes[:2], rng=np.random.default_rng(0))
    assert two == pytest.approx(raw, rel=0.6)


def test_tiny_p_values_go_below_what_draws_can_show():
    raw = chi2_contingency([[100, 300], [900, 700]], correction=False).pvalue
    assert max_gap_test([100, 300], [1000, 1000], rng=np.random.default_rng(0)) == pytest.approx(
        raw, rel=1e-6
    )


@pytest.mark.parametrize("groups", [2, 3, 10, 200])
def test_the_tail_of_the_range_inverts_its_quantile(groups):
    assert range_tail(groups, range_quantile(groups, 0.95)) == pytest.approx(0.05, abs=1e-6)
    if groups == 10:
        assert range_tail(10, 3.0) == pytest.approx(
            studentized_range.sf(3.0 * np.sqrt(2), 10, np.inf), rel=1e-3
        )
