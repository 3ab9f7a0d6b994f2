"""Statistics held against other implementations and against simulation."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from scipy import stats as scipy_stats

from raudit.stats.label_noise import confident_joint, label_noise
from raudit.stats.series import change_points, control_limits
from raudit.stats.shift import chi_square, homogeneity, ks, psi, wasserstein
from raudit.stats.unlabelled import calibration, delayed_bounds, estimated_performance

estimated = runpy.run_path(
    str(Path(__file__).parents[2] / "benchmarks" / "readiness_chance.py"), run_name="chance"
)["estimated"]
VECTOR = json.loads((Path(__file__).parent / "cleanlab.json").read_text())


def test_confident_joint_is_cleanlabs() -> None:
    labels, probabilities = np.array(VECTOR["labels"]), np.array(VECTOR["probabilities"])
    joint = confident_joint(labels, probabilities)
    assert joint.tolist() == VECTOR["confident_joint"]
    theirs = np.array(VECTOR["joint"])
    assert label_noise(labels, probabilities).contradicted_share == pytest.approx(
        theirs.sum() - np.trace(theirs), abs=1e-12
    )


def test_tests_are_scipys() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=400), rng.normal(0.1, 1, 300)
    theirs = scipy_stats.ks_2samp(a, b)
    assert ks(a, b).value == pytest.approx(theirs.statistic)
    assert ks(a, b).p_value == pytest.approx(theirs.pvalue, abs=0.03)
    for one, two in ((a, b), (np.round(a), np.round(b)), (a > 2.5, np.append(b, 1e6) > 3)):
        distance, bounds = wasserstein(one.astype(float), two.astype(float), rng=rng, draws=2)
        assert distance == pytest.approx(scipy_stats.wasserstein_distance(one, two))
        assert bounds.low <= distance <= bounds.high
    table = np.array([[30, 40, 50], [20, 60, 30]])
    expected = scipy_stats.chi2_contingency(table, correction=False)
    assert chi_square(*table) == pytest.approx((expected.statistic, expected.pvalue))


def test_the_tail_of_the_test_holds_its_level_where_cells_are_rare() -> None:
    """Pearson's statistic alone is over the line for one in a thousand twice as often, far out six times."""
    rng = np.random.default_rng(11)
    shares = [0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.04, 0.01]
    old, new = rng.multinomial(1000, shares, 20_000), rng.multinomial(125, shares, 20_000)
    far = [(a, b) for a, b in zip(old, new, strict=True) if chi_square(a, b)[1] < 0.001]
    assert len(far) > 28
    assert sum(homogeneity(a, b, expected=5)[1] < 0.001 for a, b in far) <= 20


def test_cells_are_joined_until_each_expects_enough() -> None:
    one, two = [100, 60, 9, 1, 1], [50, 30, 4, 1, 0]
    assert chi_square(one, two, expected=5) == pytest.approx(chi_square([100, 60, 11], [50, 30, 5]))
    assert chi_square([100, 60, 6], [50, 30, 2], expected=5) == pytest.approx(
        chi_square([100, 66], [50, 32])
    )


def test_psi_covers_and_is_quiet() -> None:
    rng = np.random.default_rng(1)
    p = np.ones(10) / 10
    q = p * np.linspace(0.7, 1.3, 10)
    q /= q.sum()
    true = float(((q - p) * np.log(q / p)).sum())
    covered = alarms = 0
    for _ in range(300):
        found = psi(rng.multinomial(2000, p), rng.multinomial(1000, q))
        covered += found.low <= true <= found.high
        alarms += psi(rng.multinomial(2000, p), rng.multinomial(1000, p)).low > 0
    assert 0.91 <= covered / 300 <= 0.98
    assert alarms / 300 <= 0.05


def _performance(seed: int, runs: int) -> list[float]:
    rng = np.random.default_rng(seed)
    covered = np.zeros(3)
    for _ in range(runs):
        scores = rng.beta(1.5, 1, 800)
        y, chosen = (rng.random(800) < scores).astype(int), (scores > 0.5).astype(int)
        real = [(y == chosen).mean(), y[chosen == 1].sum() / y.sum(), y[chosen == 1].mean()]
        found = estimated_performance(scores, chosen)
        covered += [e.low <= value <= e.high for e, value in zip(found, real, strict=True)]
    return (covered / runs).tolist()


def test_rates_of_a_handful_are_not_estimated() -> None:
    """Of few true positives, an interval of this kind holds the rate far more often than it says."""
    scores = np.concatenate([np.full(990, 0.02), np.full(10, 0.9)])
    few = estimated_performance(scores, (scores > 0.5).astype(np.int64))
    more = estimated_performance(np.append(scores, [0.9, 0.9]), np.append(scores > 0.5, [1, 1]))
    assert [item.metric for item in few] == ["accuracy"]
    assert [item.metric for item in more] == ["accuracy", "true_positive_rate", "precision"]


def test_estimated_performance_covers() -> None:
    assert all(0.92 <= share <= 0.98 for share in _performance(2, 300))


@pytest.mark.slow
def test_estimated_performance_covers_closely() -> None:
    assert all(0.93 <= share <= 0.97 for share in _performance(3, 4000))


def test_calibration_tells_scores_from_probabilities() -> None:
    rng = np.random.default_rng(4)
    refused = 0
    for _ in range(200):
        scores = rng.random(1000)
        refused += calibration((rng.random(1000) < scores).astype(np.int64), scores).p_value < 0.01
    assert refused <= 6
    y = (rng.random(1000) < scores).astype(np.int64)
    assert calibration(y, scores**2).p_value < 1e-6
    assert calibration(y, scores * 3 - 1).p_value == 0


def test_delayed_labels_bound_every_outcome() -> None:
    assert delayed_bounds(30, 80, 20) == (0.3, 0.5)
    assert delayed_bounds(0, 0, 0) == (0.0, 1.0)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_label_noise_is_covered() -> None:
    """200 runs at each rate: about 95 of 100 intervals hold it, and the planted share itself strays as much."""
    covered = []
    for rate in (0.02, 0.05, 0.10):
        estimates = [estimated(seed, "one", rate) for seed in range(200)]
        assert np.mean([found.identified for found in estimates]) >= 0.97
        covered.append(np.mean([found.low <= rate <= found.high for found in estimates]))
        assert 0.92 <= covered[-1] <= 0.98
        assert np.mean([found.high - found.low for found in estimates]) < 0.04
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.parametrize("kind", ["one", "three", "rare", "four"])
def test_label_noise_on_some_draws(kind: str) -> None:
    for seed in range(2):
        found = estimated(seed, kind, 0.05)
        assert found.identified
        assert found.rate == pytest.approx(0.05, abs=0.02)
        assert found.low < found.rate < found.high
        assert found.contradicted_share >= found.rate - 0.01


def test_errors_of_the_classifier_where_classes_meet_are_no_noise() -> None:
    """Right labels only; the classifier errs in some of the rows that it is not sure of."""
    rng = np.random.default_rng(2)
    score = np.concatenate([rng.uniform(0.9, 1, 1900), rng.uniform(0.76, 0.8, 100)])
    labels = np.zeros(2000, dtype=np.int64)
    labels[:1000] = 1
    wrong = np.flatnonzero(score < 0.85)[::4]
    right = np.where(labels == 1, score, 1 - score)
    right[wrong] = 1 - right[wrong]
    assert ((right > 0.5) != labels).sum() == 25
    found = label_noise(labels, np.column_stack([1 - right, right]))
    assert (found.identified, found.events, found.low) == (True, 0, 0.0)


def test_overlapping_classes_give_an_upper_bound_only() -> None:
    rng = np.random.default_rng(0)
    scores = rng.beta(2, 2, 2000)
    labels = (rng.random(2000) < scores).astype(np.int64)
    found = label_noise(labels, np.column_stack([1 - scores, scores]))
    assert not found.identified
    assert found.low == 0.0
    assert (
        found.high > 0.3
    )  # half-sure scores are wrong so often that nothing smaller can be promised


def test_control_limits_keep_their_promise() -> None:
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(400):
        values = rng.normal(0.3, 0.02, 60)
        alarms += control_limits(
            values, np.full(60, 0.02), base=8, alpha=0.05, looks=52
        ).outside.any()
    assert alarms / 400 <= 0.06


def test_a_step_leaves_the_limits_at_once() -> None:
    rng = np.random.default_rng(6)
    values = rng.normal(0.3, 0.01, 30)
    values[20:] += 0.08
    limits = control_limits(values, np.full(30, 0.01), base=12, alpha=0.05, looks=52)
    assert np.flatnonzero(limits.outside)[0] == 20


def test_change_points_are_where_they_are_and_rare_elsewhere() -> None:
    rng = np.random.default_rng(7)
    values = rng.normal(0.3, 0.01, 40)
    assert (
        sum(bool(change_points(rng.normal(0.3, 0.01, 40), np.full(40, 0.01))) for _ in range(200))
        <= 14
    )
    values[15:] += 0.04
    values[30:] -= 0.07
    found = change_points(values, np.full(40, 0.01))
    assert [change.index for change in found] == [15, 30]
    assert found[0].low <= 0.04 <= found[0].high
