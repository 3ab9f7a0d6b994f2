"""Any callable by group, and weak slices that hold on rows where nothing was chosen."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import f1_score, roc_auc_score

import raudit
from raudit.errors import UsageError

RANDOM = np.random.default_rng(0)


def f1(truth, said):
    right = (truth * said).sum()
    return 2 * right / (truth.sum() + said.sum())


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(0)
    group = rng.choice(["a", "b"], 600)
    truth = rng.integers(0, 2, 600)
    score = truth * np.where(group == "a", 1.5, 0.5) + rng.normal(size=600)
    return group, truth, score


def test_a_callable_is_scikit_learns_number_with_scipys_interval(people):
    group, truth, score = people
    said = (score > 0.5).astype(int)
    found = raudit.metric_by_group(
        f1, truth, said, sensitive_features=group, resamples=1500, seed=1
    )
    assert [one.group for one in found] == [("a",), ("b",)]
    for one in found:
        rows = group == one.group[0]
        assert one.measurement.value == pytest.approx(f1_score(truth[rows], said[rows]))
        assert one.measurement.n == rows.sum()
        peer = bootstrap(
            (truth[rows], said[rows]),
            f1,
            paired=True,
            vectorized=False,
            method="percentile",
            n_resamples=1500,
            rng=np.random.default_rng(5),
        ).confidence_interval
        ends = one.measurement.interval
        assert (ends.low, ends.high) == pytest.approx((peer.low, peer.high), abs=0.012)
    again = raudit.metric_by_group(
        f1, truth, said, sensitive_features=group, resamples=1500, seed=1
    )
    assert again == found


def test_what_has_no_value_says_so(people):
    group, truth, score = people
    found = raudit.metric_by_group(
        roc_auc_score,
        np.where(group == "b", 1, truth),
        score,
        sensitive_features=group,
        resamples=200,
    )
    assert found[0].measurement.interval is not None
    assert found[1].measurement.value is None
    assert "no value" in found[1].measurement.undefined_because
    few = raudit.metric_by_group(
        f1_score, truth[:20], truth[:20], sensitive_features=["x"] * 20, resamples=200
    )
    assert few[0].measurement.undefined_because == "fewer than 30 rows"
    assert {one.measurement.method for one in (*found, *few)} == {"callable"}  # and no exact count


@pytest.mark.parametrize(
    ("metric", "reference"),
    [
        (lambda y, p: "good", "metric-number"),
        (lambda y, p: RANDOM.random(), "metric-random"),
    ],
)
def test_a_callable_that_is_no_metric_is_refused(people, metric, reference):
    group, truth, score = people
    with pytest.raises(UsageError) as caught:
        raudit.metric_by_group(metric, truth, score, sensitive_features=group, resamples=200)
    assert caught.value.reference == reference


def table(seed, planted):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"age": rng.integers(18, 80, 3000), "region": rng.choice(["north", "south"], 3000)}
    )
    weak = (frame["age"] < 30) & (frame["region"] == "north")
    return frame, rng.random(3000) < np.where(weak & planted, 0.45, 0.1), weak


def test_a_planted_slice_is_found():
    frame, wrong, weak = table(1, planted=True)
    best = raudit.weak_slices(frame, wrong, seed=2)[0]
    assert best.weak
    assert {text.split()[0] for text in best.conditions} == {"age", "region"}
    assert best.error_rate == pytest.approx(0.45, abs=0.1)
    assert best.interval.low < wrong[weak].mean() < best.interval.high
    assert str(best).count("wrong (n = ") == 1


def test_without_a_weak_slice_one_is_seldom_named():
    named = sum(
        any(one.weak for one in raudit.weak_slices(*table(seed, planted=False)[:2]))
        for seed in range(60)
    )
    assert named <= 7  # 3 expected at 5 %; more than 7 has a chance under 2 %


def test_nobody_is_refused():
    with pytest.raises(UsageError) as caught:
        raudit.metric_by_group(f1_score, [], [], sensitive_features=[], resamples=200)
    assert caught.value.reference == "metric-empty"


@pytest.mark.parametrize(
    ("change", "reference"),
    [
        ({"wrong": np.arange(3000)}, "slices-errors"),
        ({"depth": 0}, "slices-depth"),
        ({"twice": True}, "slices-columns"),
        ({"wrong": [True] * 7}, "slices-lengths"),
    ],
)
def test_what_no_slice_can_be_of_is_refused(change, reference):
    frame, wrong, _weak = table(1, planted=True)
    if change.pop("twice", False):
        frame = pd.concat([frame, frame[["age"]]], axis=1)
    with pytest.raises(UsageError) as caught:
        raudit.weak_slices(frame, **({"wrong": wrong} | change))
    assert caught.value.reference == reference


def test_infinite_values_are_the_largest():
    frame, wrong, _weak = table(1, planted=True)
    endless = frame.assign(age=frame.age.astype(float).where(frame.age < 79, np.inf))
    same = raudit.weak_slices(frame, wrong, seed=2)
    assert raudit.weak_slices(endless, wrong, seed=2)[0].conditions == same[0].conditions


def test_slices_of_missing_and_empty_values_are_told_as_they_are():
    """They were "above inf" and "at most 0.5", and missing values stood unnamed behind a bound."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=2000), "t": rng.choice(["", "a", "b"], 2000)})
    frame.loc[rng.random(2000) < 0.3, "x"] = np.nan
    gone, empty, luck = frame.x.isna(), frame.t == "", rng.random(2000) < 0.9

    def told(wrong):
        best = raudit.weak_slices(frame, (wrong & luck).to_numpy())[0]
        assert best.weak
        return best.conditions

    assert told(gone) == ("x is missing",)
    assert told(~gone) == ("x is not missing",)
    assert told(empty) == ("t is empty",)
    (bound,) = told((frame.x > 0) | gone)
    assert bound.startswith("x above 0.00")
    assert bound.endswith(" or missing")
    (bare,) = told(frame.x > 0)
    assert not bare.endswith("missing")
