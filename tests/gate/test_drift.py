"""Profiles and drift: against scipy, and noise must not look like drift."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from raudit.data import Kind
from raudit.policy.drift import ks_distance, shifts
from raudit.stages.data_readiness.profile import profile


def prof(values, kind=Kind.NUMBER, **more):
    said = {"small_cell": 10, "bins": 50, "max_levels": 30} | more
    return profile(pd.Series(values), kind, **said)


def one(old, new):
    (shift,) = shifts({"x": old}, {"x": new})
    return shift


def test_exact_profiles_give_the_distance_and_chi_square_of_the_samples():
    rng = np.random.default_rng(0)
    a, b = rng.integers(17, 60, 5000), rng.integers(20, 63, 4000)
    smallest, likely = ks_distance(prof(a, Kind.INTEGER), prof(b, Kind.INTEGER))
    expected = stats.ks_2samp(a, b, method="asymp").statistic
    assert smallest == pytest.approx(expected)
    assert likely == pytest.approx(expected)
    x, y = (
        rng.choice(list("abc"), 3000, p=[0.5, 0.3, 0.2]),
        rng.choice(list("abc"), 2000, p=[0.4, 0.4, 0.2]),
    )
    shift = one(prof(x, Kind.TEXT), prof(y, Kind.TEXT))
    table = [[(x == level).sum() for level in "abc"], [(y == level).sum() for level in "abc"]]
    expected = stats.chi2_contingency(table, correction=False)
    assert shift.statistic == pytest.approx(expected.statistic)
    assert shift.p_value == pytest.approx(expected.pvalue)


def test_binned_distance_brackets_the_real_one():
    rng = np.random.default_rng(1)
    for move in (0.0, 0.1, 0.5, 2.0):
        a, b = rng.normal(0, 1, 4000), rng.normal(move, 1, 3000)
        smallest, likely = ks_distance(prof(a), prof(b))
        real = stats.ks_2samp(a, b, method="asymp").statistic
        assert smallest <= real + 1e-12
        assert likely == pytest.approx(real, abs=0.02)


def test_psi_by_hand():
    # ten equal bins; the new sample has twice the mass in the lowest one
    old = {
        "kind": "number",
        "n": 1000,
        "missing": 0,
        "edges": list(range(1, 10)),
        "counts": [100] * 10,
        "exact": False,
    }
    new = {**old, "counts": [200, *[800 / 9] * 9]}
    expected = (0.2 - 0.1) * np.log(2) + 9 * (0.8 / 9 - 0.1) * np.log(8 / 9)
    assert one(old, new).psi == pytest.approx(expected)


def test_noise_is_not_drift():
    rng = np.random.default_rng(2)
    called = 0
    for _ in range(100):
        old = {f"c{n}": prof(rng.normal(size=400)) for n in range(8)}
        new = {f"c{n}": prof(rng.normal(size=400)) for n in range(8)}
        called += any(shift.state in {"moderate", "large"} for shift in shifts(old, new))
    assert called <= 8  # 5 expected at most by Holm; the PSI line lowers it further


def test_a_real_shift_is_called():
    rng = np.random.default_rng(3)
    assert one(prof(rng.normal(size=2000)), prof(rng.normal(0.8, 1, 2000))).state == "large"
    assert one(prof(rng.normal(size=20000)), prof(rng.normal(0.4, 1, 20000))).state == "moderate"
    few = one(prof(rng.normal(size=60)), prof(rng.normal(0.3, 1.3, 60)))
    assert few.state in {"unclear", "stable"}


def test_a_column_that_starts_to_arrive_empty_has_moved():
    values = np.arange(1000.0)
    holes = values.copy()
    holes[::2] = np.nan
    assert one(prof(values), prof(holes)).state == "large"
    assert one(prof(values), prof(np.full(1000, np.nan))).state == "large"
    assert (
        one(prof(["a"] * 900 + ["b"] * 100, Kind.TEXT), prof([None] * 1000, Kind.TEXT)).state
        == "large"
    )


@pytest.mark.parametrize(("values", "shift"), [(52, 0.5), (30, 0.001), (5, 0.5), (15, 40.0)])
def test_values_of_which_none_is_left_have_moved_however_little(values, shift):
    """Whole ages that become half ones: no bin of like mass sees it, and chance does not explain it."""
    rng = np.random.default_rng(5)
    ages = rng.integers(18, 18 + values, 3000).astype(float)
    assert one(prof(ages), prof(ages + shift)).state == "large"
    assert one(prof(ages), prof(rng.permutation(ages)[:2000])).state == "stable"


def test_columns_of_another_kind_or_missing_are_unclear():
    number, text = prof(np.arange(100.0)), prof(["a"] * 100, Kind.TEXT)
    assert one(number, text).state == "unclear"
    found = {
        shift.name: shift.why
        for shift in shifts({"x": number, "y": text}, {"x": number, "z": text})
    }
    assert "only in the old record" in found["y"]
    assert "only in the new record" in found["z"]
    sides = shifts({"x": number, "y": text}, {"x": number, "z": text})
    assert {shift.name: shift.incomparable for shift in sides} == {"x": False, "y": True, "z": True}


def test_a_column_without_rows_and_without_a_count_of_missing_ones_is_no_shift():
    empty = {"kind": "number", "n": 0}
    shift = one(empty, empty)
    assert (shift.psi, shift.why) == (None, "one of the records has no rows for it")


def test_small_cells_do_not_show():
    levels = prof(["a"] * 500 + ["b"] * 11 + ["rare"] * 3, Kind.TEXT)
    assert "rare" not in levels["levels"]
    assert levels["other"] >= 10
    numbers = prof([*np.random.default_rng(0).normal(50, 5, 2000), 1e6])
    assert min(numbers["counts"]) >= 10
    assert max(numbers["edges"]) < 1e6
    tiny = prof([1.5, 2.5, 3.5])
    assert tiny["edges"] == []


def test_identifiers_and_free_text_are_left_out():
    assert prof([f"id{n}" for n in range(500)], Kind.TEXT)["kind"] == "omitted"
    assert prof(["x" * 80] * 500, Kind.TEXT)["kind"] == "omitted"


def test_counts_add_up():
    rng = np.random.default_rng(5)
    for values in (
        rng.normal(size=997),
        rng.integers(0, 5, 100).astype(float),
        np.array([np.inf, 1.0] * 50),
    ):
        found = prof(values)
        assert sum(found["counts"]) == found["n"]
        assert found["n"] + found["missing"] == len(values)
