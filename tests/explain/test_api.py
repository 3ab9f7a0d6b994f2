"""Explanations and counterfactuals as plain functions."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import raudit
from raudit.errors import UsageError


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {
            "income": rng.integers(10, 90, 500),
            "debt": rng.integers(0, 40, 500),
            "home": rng.choice(["own", "rent"], 500),
        }
    )
    margin = 0.1 * frame["income"] - 0.2 * frame["debt"] + (frame["home"] == "own") - 2
    return frame, np.where(margin + rng.logistic(size=500) > 0, "yes", "no")


@pytest.fixture(scope="module")
def model(data):
    frame, y = data
    words = make_column_transformer((OneHotEncoder(), ["home"]), remainder="passthrough")
    return make_pipeline(words, LogisticRegression(max_iter=2000)).fit(frame, y)


def test_an_explanation_adds_up_to_the_models_own_output(data, model):
    frame, _y = data
    found = raudit.explain(model, frame)
    assert (found.towards, found.unit) == ("yes", "log-odds")
    shown = found.to_frame()
    total = shown[["income", "debt", "home"]].sum(axis=1) + shown["base_value"]
    assert total.to_numpy() == pytest.approx(model.decision_function(frame))
    assert found.importance()["feature"].tolist()[-1] == "home"
    assert "<table>" in found._repr_html_()
    with pytest.raises(UsageError, match="none of the model's"):
        raudit.explain(model, frame, towards="maybe")


def test_the_smallest_change_is_the_one_that_trying_everything_finds(data, model):
    frame, _y = data
    chance = model.predict_proba(frame)[:, 1]
    row = int(np.flatnonzero(chance < 0.5)[np.argmax(chance[chance < 0.5])])
    found = raudit.what_would_change(
        model, frame, row, actionable={"income": "up", "debt": "down"}, wanted=["yes"]
    )
    assert found.decision == "no"
    assert found.ways
    for way in found.ways:
        changed = frame.iloc[[row]].copy()
        for name, (old, new) in way.features.items():
            assert old == frame[name].iloc[row]
            assert (new > old) == (name == "income")
            changed[name] = new
        assert model.predict(changed)[0] == "yes"
    incomes = np.unique(frame["income"][frame["income"] > frame["income"].iloc[row]])
    tried = pd.concat([frame.iloc[[row]]] * len(incomes)).assign(income=incomes)
    least = incomes[model.predict(tried) == "yes"].min()
    income = next(way for way in found.ways if set(way.features) == {"income"})
    assert income.features["income"][1] == least
    assert "the decision would be “yes”" in str(found)


def test_no_more_is_asked_than_is_enough(data, model):
    """Steps through many values are coarse; what is found by them is brought nearer, alone and with another feature."""
    frame = data[0].assign(income=np.random.default_rng(5).uniform(10, 90, 500).round(2))
    decided = model.predict(frame) == "no"
    for row in np.flatnonzero(decided)[:20]:
        asked = {"income": "up", "debt": "down"}
        for way in raudit.what_would_change(
            model, frame, int(row), actionable=asked, wanted="yes"
        ).ways:
            if "income" not in way.features:
                continue
            own, new = way.features["income"]
            between = np.unique(frame["income"][(frame["income"] > own) & (frame["income"] < new)])
            fixed = {name: pair[1] for name, pair in way.features.items()}
            tried = pd.concat([frame.iloc[[row]]] * len(between)).assign(**fixed)
            assert not len(between) or set(model.predict(tried.assign(income=between))) == {"no"}


def test_nothing_found_says_how_much_was_tried(data, model):
    frame, _y = data
    worst = int(np.argmin(model.predict_proba(frame)[:, 1]))
    found = raudit.what_would_change(model, frame, worst, actionable=["home"], wanted=["yes"])
    assert not found.ways
    assert "(1 tried)" in str(found)


@pytest.mark.parametrize(
    "asked",
    [
        {"row": 900},
        {"actionable": ["height"]},
        {"actionable": {"income": "sideways"}},
        {"wanted": ["maybe"]},
        {"most": 9},
    ],
)
def test_what_cannot_be_asked_is_refused(data, model, asked):
    said = {"row": 0, "actionable": ["income"], "wanted": ["yes"]} | asked
    with pytest.raises(UsageError):
        raudit.what_would_change(model, data[0], **said)


def test_old_names_warn_and_work():
    with pytest.warns(DeprecationWarning, match="compare_groups"):
        assert raudit.compare is raudit.compare_groups
    with pytest.warns(DeprecationWarning, match="judge_gap"):
        assert raudit.judge is raudit.judge_gap


def test_a_name_alone_is_one_feature_and_a_decision_that_is_wanted_needs_no_change(data, model):
    frame, _y = data
    worst = int(np.argmin(model.predict_proba(frame)[:, 1]))
    asked = {"actionable": "income", "wanted": "yes"}
    assert raudit.what_would_change(model, frame, worst, **asked).actionable == ("income",)
    best = int(np.argmax(model.predict_proba(frame)[:, 1]))
    found = raudit.what_would_change(model, frame, best, **asked)
    assert found.already
    assert str(found) == "The decision is “yes” already, as it is wanted."


def test_a_direction_needs_numbers(data, model):
    with pytest.raises(UsageError, match="no number") as caught:
        raudit.what_would_change(model, data[0], 0, actionable={"home": "up"}, wanted=["yes"])
    assert caught.value.got == "home"
