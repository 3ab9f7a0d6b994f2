"""Statistics of paired answers, raters and judges, against published numbers, other libraries and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from raudit.stats import (
    Stratum,
    agreement,
    clopper_pearson,
    mcnemar_exact,
    paired_newcombe,
    prediction_powered,
    rogan_gladen,
    upper_bound,
    wilson,
)


def test_newcombes_paired_interval_is_the_published_one():
    found = paired_newcombe(36, 12, 2, 0)
    assert [round(float(x), 4) for x in found[:3]] == [0.2, 0.0569, 0.3404]
    swapped = paired_newcombe(36, 2, 12, 0)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))
    assert paired_newcombe(0, 0, 0, 50).low < 0 < paired_newcombe(0, 0, 0, 50).high
    assert np.isnan(paired_newcombe(0, 0, 0, 0).value)


def test_newcombes_paired_interval_covers():
    rng = np.random.default_rng(1)
    covered = 0
    for counts in rng.multinomial(198, [0.2, 0.1, 0.05, 0.65], size=1500):
        found = paired_newcombe(*(int(x) for x in counts))
        covered += found.low <= 0.05 <= found.high
    assert 0.93 <= covered / 1500 <= 0.975


@pytest.mark.parametrize(("b", "c"), [(0, 0), (5, 5), (12, 2), (0, 7), (24, 3)])
def test_exact_mcnemar_is_a_binomial_test(b, c):
    wanted = binomtest(b, b + c).pvalue if b + c else 1.0
    assert mcnemar_exact(b, c) == pytest.approx(wanted)


@pytest.mark.parametrize(("x", "n"), [(0, 80), (3, 40), (40, 40), (17, 300)])
def test_exact_intervals_are_scipys(x, n):
    wanted = binomtest(x, n).proportion_ci(method="exact")
    assert clopper_pearson(x, n) == pytest.approx((wanted.low, wanted.high))
    one_sided = binomtest(x, n, alternative="less").proportion_ci(method="exact").high
    assert upper_bound(x, n) == pytest.approx(one_sided)


def test_krippendorffs_alpha_is_the_published_one():
    """Krippendorff 2011, example C: nominal data of four observers with missing values, alpha 0.743."""
    table = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    rows = [[None if v is None else str(v) for v in item] for item in zip(*table, strict=True)]
    found = agreement(rows, seed=0)
    assert found.n == 11
    assert round(found.alpha[0], 3) == 0.743
    assert found.alpha[1] < 0.743 < found.alpha[2]


def test_fleiss_kappa_of_two_raters_by_hand():
    rows = [["a", "a"]] * 40 + [["b", "b"]] * 30 + [["a", "b"]] * 30
    found = agreement(rows, seed=0)
    p = (2 * 40 + 30) / 200
    chance = p**2 + (1 - p) ** 2
    assert found.raw[0] == pytest.approx(0.7)
    assert found.kappa[0] == pytest.approx((0.7 - chance) / (1 - chance))
    assert np.isnan(agreement([["a", "a"]] * 5, seed=0).kappa[0])
    assert agreement([["a", None]] * 5, seed=0).n == 0


def test_rogan_gladen_gives_the_truth_back_and_says_when_it_cannot():
    found = rogan_gladen(188, 1000, hits=80, positives=100, rejections=380, negatives=400, seed=0)
    assert found.value == pytest.approx((0.188 + 0.95 - 1) / (0.8 + 0.95 - 1))
    assert found.low < found.value < found.high
    assert np.isnan(
        rogan_gladen(50, 100, hits=1, positives=10, rejections=5, negatives=20, seed=0).value
    )
    assert np.isnan(
        rogan_gladen(50, 100, hits=0, positives=0, rejections=5, negatives=20, seed=0).value
    )


def test_a_rate_that_everybody_labelled_is_the_rate():
    found = prediction_powered([Stratum(60, 60, 50), Stratum(40, 40, 4)], seed=0)
    assert found == pytest.approx((0.54, 0.54, 0.54))
    beyond = prediction_powered([Stratum(60, 60, 50), Stratum(40, 40, 4)], seed=0, beyond=100)
    assert beyond.low < 0.45 < 0.54 < 0.62 < beyond.high + 0.01


def coverage(people, judge, draws, labels=80):
    """How often the corrected interval holds the truth, how wide it is, and how wide people alone would be."""
    rng = np.random.default_rng(7)
    n, judged = people.size, int(judge.sum())
    known, covered, wide, alone = {}, 0, 0.0, 0.0
    more = labels * (n - 1) / (n - labels)
    for _ in range(draws):
        rows = rng.permutation(n)[:labels]
        h, j = people[rows], judge[rows]
        key = int(j.sum()), int((h & j).sum()), int((h & ~j).sum())
        if key not in known:
            known[key] = prediction_powered(
                [Stratum(judged, key[0], key[1]), Stratum(n - judged, labels - key[0], key[2])],
                seed=1,
            )
        found = known[key]
        covered += found.low - 1e-9 <= people.mean() <= found.high + 1e-9
        wide += found.high - found.low
        low, high = wilson(h.mean() * more, more)
        alone += float(high - low)
    return covered / draws, wide / draws, alone / draws


@pytest.fixture
def fewer_draws(monkeypatch):
    """A fifth of the draws from the predictive distribution: its quantiles are near enough to count covers by."""
    monkeypatch.setattr("raudit.stats.judged.DRAWS", 4_000)


@pytest.mark.usefixtures("fewer_draws")
@pytest.mark.parametrize("rate", [0.02, 0.05, 0.3])
@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.7, 0.96), (0.2, 0.87), (0.5, 0.5)])
def test_corrected_rates_cover_where_errors_are_rare(rate, sensitivity, specificity):
    """A good judge, a weak one, and one that tosses a coin."""
    n = 450
    people, judge = np.zeros(n, bool), np.zeros(n, bool)
    positives = round(rate * n)
    people[:positives] = True
    judge[: round(sensitivity * positives)] = True
    judge[positives : positives + round((1 - specificity) * (n - positives))] = True
    covered, wide, alone = coverage(people, judge, 800)
    assert 0.925 <= covered <= 0.985
    assert wide < (1.02 if sensitivity + specificity <= 1 else 1.0) * alone


@pytest.mark.usefixtures("fewer_draws")
@pytest.mark.parametrize("rate", [0.02, 0.05])
@pytest.mark.parametrize(
    ("missed", "false_alarms", "most"), [(0.0, 0.02, 0.97), (0.1, 0.01, 0.989), (0.1, 0.02, 0.97)]
)
def test_a_nearly_perfect_judge_makes_the_interval_neither_too_sure_nor_too_wide(
    rate, missed, false_alarms, most
):
    """Hardly a positive among what the judge rejects: the truth lies near the end of what may be."""
    n = 450
    people, judge = np.zeros(n, bool), np.zeros(n, bool)
    positives = round(rate * n)
    people[:positives] = True
    judge[round(missed * positives) : positives + round(false_alarms * (n - positives))] = True
    covered, wide, alone = coverage(people, judge, 4_000)
    assert 0.93 <= covered <= most
    assert wide < 0.7 * alone


@pytest.mark.usefixtures("fewer_draws")
def test_corrected_refusal_rates_of_xstest_cover_the_human_truth(shared):
    import pandas as pd

    turns = pd.read_parquet(shared("data/llm/xstest/turns.parquet"))
    naive_misses = 0
    for _, part in turns.groupby("model"):
        people = (part["human_final"] != "1_full_compliance").to_numpy(bool)
        judge = (part["judge_gpt4"] != "1_full_compliance").to_numpy(bool)
        covered, wide, alone = coverage(people, judge, 4000)
        assert 0.93 <= covered <= 0.97
        assert wide <= alone
        low, high = wilson(judge.sum(), judge.size)
        naive_misses += not low <= people.mean() <= high
    assert naive_misses >= 2
