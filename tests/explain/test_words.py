"""Every sentence about a model, read against what may not be said."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tests.grammar import FORBIDDEN, sentences

from raudit.evidence import discover_stages

MODELS = {
    "logistic": (LogisticRegression(max_iter=20_000), "y", ("yes",)),
    "boosted": (HistGradientBoostingClassifier(max_iter=10), "y", ("yes",)),
    "margin only": (LinearSVC(max_iter=200_000), "y", ("yes",)),
    "folds": (CalibratedClassifierCV(LogisticRegression(max_iter=20_000), cv=3), "y", ("yes",)),
    "votes": (
        VotingClassifier([("a", LogisticRegression()), ("b", DecisionTreeClassifier(max_depth=2))]),
        "y",
        ("yes",),
    ),
    "classes": (LogisticRegression(max_iter=20_000), "kind", ("high",)),
    "large amounts": (LinearRegression(), "amount", ()),
    "small amounts": (LinearRegression(), "trace", ()),
    "trees of amounts": (RandomForestRegressor(n_estimators=5, random_state=0), "amount", ()),
}


@pytest.fixture(scope="module", params=[90, 700])
def frame(request):
    rng = np.random.default_rng(request.param)
    size = request.param
    x = rng.normal(size=size)
    data = pd.DataFrame({"x": x * 1000, "z": rng.normal(size=size) * 0.01})
    data["town"], data["sex"] = rng.choice(["n", "s"], size), rng.choice(["f", "m"], size)
    data["y"] = np.where(x + 0.5 * (data["sex"] == "m") + rng.logistic(size=size) > 0, "yes", "no")
    data["kind"] = np.select([x > 0.6, x < -0.6], ["high", "low"], "middle")
    return data.assign(amount=105_200 + 40_000 * x, trace=3e-7 * x)


def check(result):
    read = list(sentences(result))
    for text in read:
        for name, pattern in FORBIDDEN.items():
            assert not pattern.search(text), f"{name}: {text}"
    return len(read)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_said_of_a_model(frame, run, name):
    last, target, good = MODELS[name]
    options = {"rows": 100, "slow_rows": 50, "resamples": 50, "interaction_rows": 20}
    result = run(last, frame, ["x", "z", "town", "sex"], target=target, good=good, options=options)
    assert check(result) > 10
    for finding in result.findings:
        if "most of that comes from" in finding.statement:
            gap = next(
                g for g in result.artefacts["gaps"] if g["group"] == finding.subject.detail["group"]
            )
            named = [
                name for name, part in gap["parts"].items() if f"{name} (" in finding.statement
            ]
            whole = sum(map(abs, gap["parts"].values()))
            assert sum(abs(gap["parts"][name]) for name in named) > whole / 2


def test_every_unit_is_said_in_every_language():
    from raudit.model.formats.boosters import Link
    from raudit.report.language import load_language
    from raudit.resources import resource_dir
    from raudit.stages.explain.amounts import SHARES
    from raudit.stages.explain.shap_values.task import REGRESSION_UNITS, SIDE, margin_unit

    units = {*SHARES, SIDE, *REGRESSION_UNITS.values()}
    units |= {margin_unit(link, classes) for link in Link for classes in (2, 3)}
    folder = resource_dir("report_templates") / "_shared" / "languages"
    german = load_language("de", [folder])
    assert [unit for unit in sorted(units) if not german.knows(unit)] == []


@pytest.mark.parametrize("stage", ["data_readiness", "pii"])
def test_what_other_stages_say(frame, stage):
    from tests.explain.conftest import evidence_of, pipeline

    features = ["x", "z", "town", "sex"]
    native = pipeline(LogisticRegression(), frame, features).fit(frame[features], frame["y"])
    found = discover_stages()[stage]
    options = found.options(model="none") if stage == "pii" else found.options()
    assert check(found.run(evidence_of(native, frame, features), options)) >= 2


def test_amounts_are_explained_in_the_plans_own_unit(frame, run):
    last, target, good = MODELS["large amounts"]
    options = {"rows": 100, "slow_rows": 50, "resamples": 50, "interaction_rows": 0}
    features = ["x", "z", "town", "sex"]
    result = run(
        last, frame, features, target=target, good=good, options=options | {"unit": "dollars"}
    )
    read = " ".join(sentences(result))
    assert "dollars" in read
    assert "units of the label" not in read
