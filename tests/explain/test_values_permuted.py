"""Models that only predict: any column type, any kind of output, equal to shap where the values are exact."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from raudit.errors import NotEvaluable
from raudit.stages.explain.shap_values.values import explain

GOOD = frozenset({"yes"})


@dataclass
class Spoken:
    """A model that is nothing but its answers."""

    features: tuple[str, ...]
    classes: tuple[str, ...]
    answer: Any
    chance: Any = None
    native: Any = None
    format: str = "onnx"
    sha256: str = "0" * 64

    def predict(self, frame):
        return self.answer(frame)

    def predict_proba(self, frame):
        return None if self.chance is None else self.chance(frame)


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(2)
    n = 120
    return pd.DataFrame(
        {
            "age": pd.array(rng.integers(18, 80, n), dtype="Int64"),
            "member": rng.random(n) < 0.5,
            "maybe": pd.array(rng.choice([True, False, None], n), dtype="boolean"),
            "town": pd.Categorical(rng.choice([f"t{i}" for i in range(50)], n)),
            "job": pd.array(rng.choice(["clerk", "cook", None], n), dtype="str"),
            "income": np.where(rng.random(n) < 0.2, np.nan, rng.normal(50, 9, n)),
            "mixed": pd.Series(rng.choice(np.array([1, "x", None], dtype=object), n), dtype=object),
        }
    )


def score(frame):
    """Adds up, so that every order of the features gives the same values."""
    return (
        0.1 * frame["age"].astype(float)
        + 2.0 * frame["member"]
        + frame["maybe"].isna().astype(float)
        + frame["town"].isin(["t1", "t2"])
        + 3.0 * (frame["job"] == "cook")
        + 0.02 * frame["income"].fillna(30)
        + frame["mixed"].isna()
    ).to_numpy(dtype=float)


def test_every_column_keeps_its_type_and_its_missing_values(table):
    seen = []

    def answer(frame):
        seen.append(frame.dtypes.astype(str).to_dict())
        return score(frame)

    model = Spoken(tuple(table.columns), (), answer)
    found = explain(model, table[:10], table, frozenset(), seed=1)
    assert found.additivity < 1e-9
    assert all(kinds == table.dtypes.astype(str).to_dict() for kinds in seen)
    own = 2.0 * table["member"][:10].astype(float) - 2.0 * table["member"].mean()
    assert np.allclose(found.values[:, 1], own)
    jobs = 3.0 * (table["job"] == "cook")
    assert np.allclose(found.values[:, 4], jobs[:10] - jobs.mean())


def test_two_orders_forwards_and_backwards_are_exact_for_pairs(table):
    few = table[["age", "income"]].astype(float).fillna(40)

    def answer(frame):
        return (frame["age"] * frame["income"] / 1000).to_numpy(dtype=float)

    model = Spoken(tuple(few.columns), (), answer)
    found = explain(model, few[:30], few, frozenset(), seed=1)
    for i in range(30):
        age, income = few.iloc[i]
        first = (answer(few.assign(age=age)).mean(), answer(few.assign(income=income)).mean())
        empty, full = answer(few).mean(), age * income / 1000
        want = ((first[0] - empty + full - first[1]) / 2, (first[1] - empty + full - first[0]) / 2)
        assert np.allclose(found.values[i], want)


def test_a_classifier_without_probabilities_is_explained_by_its_decisions(table):
    model = Spoken(
        tuple(table.columns), ("no", "yes"), lambda f: np.where(score(f) > 8, "yes", "no")
    )
    found = explain(model, table[:10], table, GOOD, seed=1)
    assert found.unit == "share of favourable decisions"
    assert set(found.margin) <= {0.0, 1.0}
    assert found.additivity < 1e-9


def test_several_favourable_classes_count_together(table):
    def chance(frame):
        p = 1 / (1 + np.exp(8 - score(frame)))
        return np.stack([1 - p, p / 4, 3 * p / 4], axis=1)

    model = Spoken(tuple(table.columns), ("no", "yes", "maybe"), None, chance)
    found = explain(model, table[:5], table, frozenset({"yes", "maybe"}), seed=1)
    assert np.allclose(found.margin, chance(table[:5])[:, 1:].sum(axis=1))


def test_the_same_seed_gives_the_same_values(table):
    model = Spoken(tuple(table.columns), (), lambda f: score(f) ** 2)
    one, two = (explain(model, table[:5], table[:40], frozenset(), seed=7).values for _ in range(2))
    assert (one == two).all()


def test_a_model_that_cannot_be_asked_says_what_stands_in_the_way(table):
    def answer(frame):
        raise ValueError("the tokenizer is not loaded")

    with pytest.raises(NotEvaluable, match="neither linear nor trees") as caught:
        explain(Spoken(tuple(table.columns), (), answer), table[:5], table, frozenset(), seed=1)
    assert "tokenizer" in caught.value.got


@pytest.mark.parametrize("favourable", [frozenset({"other"}), frozenset({"yes", "no"})])
def test_without_a_difference_between_classes_there_is_nothing_to_explain(table, favourable):
    model = Spoken(tuple(table.columns), ("no", "yes"), None, lambda f: np.ones((len(f), 2)) / 2)
    with pytest.raises(NotEvaluable, match="class of the model is favourable"):
        explain(model, table[:5], table, favourable, seed=1)
