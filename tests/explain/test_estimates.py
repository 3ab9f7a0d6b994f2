"""Sampling, means, ranks, associations and probabilities against hand-worked numbers, scipy and laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr, t

from raudit.stages.explain.questions.association import associations
from raudit.stages.explain.survey.estimates import weighted_mean
from raudit.stages.explain.survey.groups import difference
from raudit.stages.explain.survey.probability import rescaled
from raudit.stages.explain.survey.proxies import proxies
from raudit.stages.explain.survey.sampling import inclusion
from raudit.stages.explain.survey.stability import stability_of
from raudit.stages.explain.survey.values_shown import NOT_SHOWN, shown


def test_an_unweighted_mean_has_students_interval():
    found = weighted_mean(np.array([[1.0], [2.0], [3.0], [6.0]]), np.ones(4))
    # mean 3, variance (4 + 1 + 0 + 9) / 3, standard error sqrt(14 / 12)
    assert found.mean[0] == pytest.approx(3)
    assert found.half[0] == pytest.approx(t.ppf(0.975, 3) * (14 / 12) ** 0.5)


def test_weights_bring_back_the_population():
    rng = np.random.default_rng(0)
    big, small = rng.normal(0, 1, 20_000), rng.normal(5, 1, 100)
    drawn = np.concatenate([big[:100], small])
    found = weighted_mean(drawn[:, None], np.repeat([200.0, 1.0], 100))
    assert abs(found.mean[0] - np.concatenate([big, small]).mean()) < found.half[0]


@given(st.lists(st.floats(0.01, 100), min_size=3, max_size=40), st.integers(1, 40))
def test_chances_of_being_drawn_sum_to_the_size(rates, size):
    found = inclusion(np.array(rates), size)
    assert found.max() <= 1
    assert found.sum() == pytest.approx(min(size, len(rates)), rel=1e-6)


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_parts_in_probability_add_up_on_every_row_and_in_every_gap(seed, features):
    rng = np.random.default_rng(seed)
    values, base = rng.normal(0, 2, (40, features)), rng.normal()
    margin = base + values.sum(axis=1)
    chance = 1 / (1 + np.exp(-margin))
    found = rescaled(values, base, chance)
    assert np.allclose(found.sum(axis=1), chance - 1 / (1 + np.exp(-base)), atol=1e-12)
    member, weights = np.arange(40) % 3 == 0, rng.uniform(1, 5, 40)
    parts = difference(found, member, weights).mean.sum()
    assert parts == pytest.approx(difference(chance[:, None], member, weights).mean[0], abs=1e-12)
    order = rng.permutation(40)
    again = difference(found[order], member[order], weights[order])
    assert np.allclose(again.mean.sum(), parts, atol=1e-12), "the order of the rows says nothing"


def test_equal_features_are_tied_and_different_ones_are_not():
    rng = np.random.default_rng(1)
    values = np.column_stack(
        [rng.normal(0, 3, 500), rng.normal(0, 1, 500), rng.normal(0, 1, 500), np.zeros(500)]
    )
    found = stability_of(values, np.ones(500), k=1, resamples=100, seed=0)
    assert found.rank.tolist()[0] == 1
    assert sorted(found.rank[1:3].tolist()) == [2, 2]
    assert found.tied.tolist() == [False, True, True, False]
    assert (found.low[0], found.high[0], found.in_top[0], found.same_top) == (1, 1, 1.0, 1.0)
    assert found.rank[3] == 4


def test_associations_against_scipy_and_a_planted_copy():
    rng = np.random.default_rng(2)
    x = rng.normal(size=400)
    frame = pd.DataFrame({"x": x, "y": x + rng.normal(size=400), "flat": 1.0, "none": np.nan})
    frame["letter"] = np.where(x > 0, "a", "b")
    frame["copy"] = frame["letter"].map({"a": "A", "b": "B"})
    frame["coin"] = rng.choice(["k", "z"], 400)
    found = {(p.first, p.second): p for p in associations(frame)}
    assert found["x", "y"].strength == pytest.approx(
        abs(spearmanr(frame["x"], frame["y"]).statistic)
    )
    assert found["letter", "copy"].strength == pytest.approx(1, abs=1e-3)
    assert found["letter", "coin"].strength < 0.15
    assert found["x", "letter"].strength > 0.8
    assert not any("flat" in pair or "none" in pair for pair in found)


def test_without_features_or_members_there_are_no_proxies():
    assert proxies(pd.DataFrame(index=range(50)), np.arange(50) < 25, seed=0) == []
    assert proxies(pd.DataFrame({"a": range(50)}), np.zeros(50, dtype=bool), seed=0) == []
    assert (
        len(
            proxies(
                pd.DataFrame({"a": [np.inf, 1.0, np.nan, -np.inf, 3.0] * 10}),
                np.arange(50) < 25,
                seed=0,
            )
        )
        == 2
    )


@pytest.mark.parametrize(
    ("value", "mode", "said"),
    [
        (30, "coarse", "30"),
        (77.123, "coarse", "71 or over"),
        (77.123, "exact", "77.123"),
        (77.123, "none", NOT_SHOWN),
        (None, "coarse", "missing"),
    ],
)
def test_numbers_are_printed_as_ranges_unless_many_share_them(value, mode, said):
    column = pd.Series([30.0] * 20 + np.linspace(0, 80, 180).round(3).tolist())
    assert shown(column, value, mode) == said


def test_rare_and_long_texts_are_kept_back():
    column = pd.Series(["clerk"] * 50 + ["duke"] * 2)
    assert shown(column, "clerk", "coarse") == "clerk"
    assert shown(column, "duke", "coarse") == "(a rare value)"
    assert shown(column, "duke", "exact") == "duke"
    assert shown(pd.Series([f"n{i}" for i in range(500)]), "n1", "exact") == NOT_SHOWN
