"""Differences and ratios of two measurements: published numbers, and coverage by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from raudit.findings import Interval, Measurement, Threshold
from raudit.policy.difference import difference, ratio, worsened


def proportion(events, n):
    return Measurement(metric="selection_rate", value=events / n, n=n, events=events)


def normal(value, error):
    span = Interval(
        low=value - 1.959963984540054 * error, high=value + 1.959963984540054 * error, method="wald"
    )
    return Measurement(metric="m", value=value, n=100, interval=span)


@pytest.mark.parametrize(
    ("new", "old", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, Table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((0, 10), (0, 20), -0.1611, 0.2775),
    ],
)
def test_newcombe(new, old, low, high):
    found = difference(proportion(*old), proportion(*new))
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_normal_intervals_give_the_textbook_difference():
    found = difference(normal(1.0, 0.3), normal(2.0, 0.4))
    assert (found.low, found.high) == (
        pytest.approx(1 - 1.96 * 0.5, abs=1e-3),
        pytest.approx(1 + 1.96 * 0.5, abs=1e-3),
    )


def test_exact_counts_differ_exactly():
    old, new = (Measurement(metric="columns", value=v, n=14, unit="columns") for v in (2.0, 3.0))
    found = difference(old, new)
    assert (found.value, found.low, found.high, found.method) == (1, 1, 1, "exact")


def test_undefined_has_no_difference():
    assert difference(proportion(1, 2), Measurement(metric="m", value=None, n=0)) is None


def test_unbounded_ends_stay_unbounded():
    one_sided = Measurement(
        metric="m", value=1.0, n=9, interval=Interval(low=None, high=2.0, method="x", level=0.95)
    )
    found = difference(normal(1.0, 0.1), one_sided)
    assert found.low is None
    assert found.high is not None


def test_ratio_covers_its_nominal_rate():
    # against simulation: two independent normal estimates with ratio 0.5
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(2000):
        found = ratio(normal(rng.normal(0.2, 0.02), 0.02), normal(rng.normal(0.1, 0.02), 0.02))
        hits += found is not None and found.low <= 0.5 <= found.high
    assert 0.935 <= hits / 2000 <= 0.965


def test_ratio_equals_fieller_for_normal_estimates():
    # for symmetric intervals MOVER-R is Fieller's theorem
    a, b, sa, sb, z = 0.1, 0.2, 0.02, 0.03, stats.norm.ppf(0.975)
    found = ratio(normal(b, sb), normal(a, sa))
    g = b**2 - (z * sb) ** 2
    root = np.sqrt((a * b) ** 2 - (a**2 - (z * sa) ** 2) * g)
    assert found.low == pytest.approx((a * b - root) / g)
    assert found.high == pytest.approx((a * b + root) / g)


def test_ratio_is_refused_where_it_means_nothing():
    assert (
        ratio(normal(0.02, 0.02), normal(0.1, 0.02)) is None
    )  # the old value is not clear of zero
    assert ratio(normal(0.2, 0.02), normal(-0.1, 0.02)) is None


def test_noise_is_rarely_called_worse():
    rng = np.random.default_rng(1)
    limit = Threshold(high=0.1)
    called = sum(
        worsened(proportion(int(a), 1000), proportion(int(b), 1000), limit, level=0.95)
        for a, b in zip(rng.binomial(1000, 0.2, 4000), rng.binomial(1000, 0.2, 4000), strict=True)
    )
    assert called / 4000 <= 0.06


def test_worse_goes_away_from_the_range():
    low, high = Threshold(low=0.8), Threshold(high=0.1)
    assert worsened(normal(0.2, 0.01), normal(0.3, 0.01), high, level=0.95)
    assert not worsened(normal(0.3, 0.01), normal(0.2, 0.01), high, level=0.95)
    assert worsened(normal(0.7, 0.01), normal(0.6, 0.01), low, level=0.95)
    assert not worsened(normal(0.6, 0.01), normal(0.7, 0.01), low, level=0.95)
