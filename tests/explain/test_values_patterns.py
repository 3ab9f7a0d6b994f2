"""Values from tables of leaves, against sums over all subsets and against shap."""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
import shap
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.tree import DecisionTreeRegressor
from threadpoolctl import threadpool_limits

from raudit.stages.explain.shap_values import patterns
from raudit.stages.explain.shap_values.forest import forest_of
from raudit.stages.explain.shap_values.patterns import Patterns

ONE = np.array([1.0])


@pytest.fixture(autouse=True)
def one_thread():
    """Many small fits on a busy machine wait for one another's threads."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def numbers():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(900, 6))
    x[:, 1] = rng.integers(0, 12, 900)
    y = (x[:, 0] * x[:, 2] + (x[:, 1] % 3 == 0) + rng.normal(size=900) > 0.3).astype(int)
    return x, y


def by_subsets(game, n):
    """Shapley values by their definition: a sum over all subsets of the other players."""
    found = np.zeros(n)
    for player in range(n):
        others = [i for i in range(n) if i != player]
        for size in range(n):
            for subset in combinations(others, size):
                weight = factorial(size) * factorial(n - size - 1) / factorial(n)
                found[player] += weight * (game({*subset, player}) - game(set(subset)))
    return found


def interventional_game(output, row, background):
    """The mean output over the background for every subset of known features, asked for in one call."""
    n = len(row)
    subsets = [frozenset(s) for size in range(n + 1) for s in combinations(range(n), size)]
    rows = np.concatenate([np.where([i in s for i in range(n)], row, background) for s in subsets])
    means = dict(zip(subsets, output(rows).reshape(len(subsets), -1).mean(axis=1), strict=True))
    return lambda known: means[frozenset(known)]


@pytest.mark.parametrize("wide", [patterns.WIDE, 2])
def test_interventional_values_are_the_shapley_values_of_the_definition(numbers, wide, monkeypatch):
    monkeypatch.setattr(patterns, "WIDE", wide)
    x, y = numbers
    model = HistGradientBoostingClassifier(
        max_iter=8, categorical_features=[1], random_state=0
    ).fit(x, y)
    order = [1, 0, 2, 3, 4, 5]  # the library moves categories to the front
    seen, background = np.asarray(model._preprocess_X(x[:4], reset=False), float), x[100:140]
    engine = Patterns(
        forest_of(model, ONE), np.asarray(model._preprocess_X(background, reset=False), float)
    )
    found = engine.values(seen)
    for i in range(2):
        want = by_subsets(interventional_game(model.decision_function, x[i], background), 6)
        assert np.allclose(found[i], want[order], atol=1e-10)
    assert engine.base == pytest.approx(model.decision_function(background).mean(), abs=1e-10)


@pytest.mark.parametrize("wide", [patterns.WIDE, 2])
def test_path_dependent_values_are_the_shapley_values_of_the_definition(numbers, wide, monkeypatch):
    monkeypatch.setattr(patterns, "WIDE", wide)
    x, y = numbers
    model = DecisionTreeRegressor(max_depth=6, random_state=0).fit(x, y)
    tree = model.tree_

    def expected(row, known, node=0):
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            return tree.value[node, 0, 0]
        if tree.feature[node] in known:
            goes_left = np.float32(row[tree.feature[node]]) <= tree.threshold[node]
            return expected(row, known, left if goes_left else right)
        weight = tree.weighted_n_node_samples
        both = weight[left] * expected(row, known, left) + weight[right] * expected(
            row, known, right
        )
        return both / weight[node]

    found = Patterns(forest_of(model, ONE), None).values(x[:3])
    for i in range(3):
        want = by_subsets(lambda known, i=i: expected(x[i], known), 6)
        assert np.allclose(found[i], want, atol=1e-12)


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        (HistGradientBoostingClassifier(max_iter=15, random_state=0), [1.0]),
        (HistGradientBoostingRegressor(max_iter=15, random_state=0), [1.0]),
        (RandomForestClassifier(5, random_state=0), [0.0, 1.0]),
        (ExtraTreesRegressor(5, max_depth=7, random_state=0), [1.0]),
        (GradientBoostingClassifier(n_estimators=15, random_state=0), [1.0]),
    ],
)
def test_both_kinds_equal_shap(numbers, model, weights):
    x, y = numbers
    model.fit(x, y)
    forest = forest_of(model, np.array(weights))

    def peer(explainer):
        found = np.asarray(explainer.shap_values(x[:60], check_additivity=False))
        return found[:, :, 1] if found.ndim == 3 else found

    assert np.allclose(
        Patterns(forest, None).values(x[:60]), peer(shap.TreeExplainer(model)), atol=1e-9
    )
    if (
        "Hist" not in type(model).__name__
    ):  # shap compares histogram boosting's numbers as float32 there
        explainer = shap.TreeExplainer(model, x[100:200], feature_perturbation="interventional")
        assert np.allclose(Patterns(forest, x[100:200]).values(x[:60]), peer(explainer), atol=1e-6)


def test_missing_values_and_unknown_categories_go_where_the_model_sends_them(numbers):
    x, y = numbers
    rng = np.random.default_rng(0)
    table = pd.DataFrame(x).astype({1: "category"})
    table = table.mask(rng.random(x.shape) < 0.1)
    model = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(table, y)
    other = table.assign(**{"1": None}).drop(columns="1")
    other[1] = pd.Categorical(np.where(np.arange(900) % 2, 77, 3))
    engine = Patterns(forest_of(model, ONE), None)
    for rows in (table, other):
        seen = np.asarray(model._preprocess_X(rows, reset=False), float)
        assert np.allclose(
            engine.values(seen).sum(axis=1) + engine.base, model.decision_function(rows), atol=1e-9
        )


def test_forests_with_missing_values_add_up(numbers):
    x, y = numbers
    holes = np.where(np.random.default_rng(1).random(x.shape) < 0.15, np.nan, x)
    model = RandomForestClassifier(5, random_state=0).fit(holes, y)
    engine = Patterns(forest_of(model, np.array([0.0, 1.0])), None)
    assert np.allclose(
        engine.values(holes).sum(axis=1) + engine.base, model.predict_proba(holes)[:, 1], atol=1e-12
    )


def test_several_classes_of_gradient_boosting_add_up(numbers):
    x, y = numbers
    model = GradientBoostingClassifier(n_estimators=8, random_state=0).fit(x, y + (x[:, 3] > 1))
    engine = Patterns(forest_of(model, np.array([0.0, 1.0, 0.0])), None)
    assert np.allclose(
        engine.values(x).sum(axis=1) + engine.base, model.decision_function(x)[:, 1], atol=1e-9
    )
