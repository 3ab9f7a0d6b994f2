"""scikit-learn estimators around estimators, and graphs that decide by a rule of their own."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from tests.model.test_siblings import decided, drawn, linked, refused

from raudit.model import load_model
from raudit.model.formats.onnx_file import in_another_order
from raudit.plan import ModelSection
from raudit.stages.explain.shap_values.values import explain


def made(name: str) -> Any:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import (
        BaggingClassifier,
        GradientBoostingClassifier,
        HistGradientBoostingClassifier,
        RandomForestClassifier,
        StackingClassifier,
        VotingClassifier,
    )
    from sklearn.linear_model import LogisticRegression, RidgeClassifier
    from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV
    from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
    from sklearn.svm import LinearSVC
    from sklearn.tree import DecisionTreeClassifier

    log, tree = LogisticRegression(), DecisionTreeClassifier(max_depth=3, random_state=0)
    forest = RandomForestClassifier(5, random_state=0)
    pair = [("a", log), ("b", tree)]
    return {
        "exponential": GradientBoostingClassifier(
            loss="exponential", n_estimators=5, random_state=0
        ),
        "stacked": StackingClassifier(pair, cv=2),
        "stacked, passing on": StackingClassifier(
            [("a", log), ("b", LinearSVC())], final_estimator=forest, passthrough=True, cv=2
        ),
        "voting": VotingClassifier(pair, voting="soft", weights=[2, 1]),
        "voting by hands": VotingClassifier([*pair, ("c", RidgeClassifier())]),
        "isotonic": CalibratedClassifierCV(LinearSVC(), method="isotonic", cv=2),
        "calibrated once": CalibratedClassifierCV(forest, ensemble=False, cv=2),
        "bagged": BaggingClassifier(tree, n_estimators=4, random_state=0),
        "searched": GridSearchCV(log, {"C": [0.1, 1]}, cv=2, scoring="roc_auc"),
        "searched by a score with options": GridSearchCV(tree, {"max_depth": [2, 3]}, cv=2, scoring="f1_macro"),
        "tuned threshold": TunedThresholdClassifierCV(log, cv=2),
        "own categories": HistGradientBoostingClassifier(max_iter=5, categorical_features=[1]),
        "one against the rest": OneVsRestClassifier(log),
        "one against one": OneVsOneClassifier(LinearSVC()),
    }[name]  # fmt: skip


EVERY = (
    "exponential", "stacked", "stacked, passing on", "voting", "voting by hands", "isotonic",
    "calibrated once", "bagged", "searched", "searched by a score with options", "tuned threshold", "own categories",
    "one against the rest", "one against one",
)  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_estimators_around_estimators(tmp_path, name):
    import skops.io

    three = name.startswith("one against")
    frame = drawn("whole" if name == "own categories" else "number", 3 if three else 2)
    frame["y"] = frame.y.map({0: "no", 1: "yes", 2: "top"})
    plain = frame.drop(columns="y")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = made(name).fit(plain, frame.y)
    skops.io.dump(fitted, tmp_path / "m.skops")
    model, found = decided(
        frame, tmp_path, "m.skops", fitted.predict(plain), favourable=("yes", "top")
    )
    if hasattr(fitted, "predict_proba"):
        good = [place for place, label in enumerate(fitted.classes_) if label != "no"]
        np.testing.assert_allclose(
            found["y_score"], fitted.predict_proba(plain)[:, good].sum(axis=1), atol=1e-12
        )
    shown = explain(model, plain[:4], plain[:60], frozenset({"yes"}), 0)
    assert shown.additivity < 1e-9
    if shown.unit == "probability" and not shown.apart:
        place = list(fitted.classes_).index("yes")
        np.testing.assert_allclose(shown.margin, fitted.predict_proba(plain[:4])[:, place])


# -- ONNX


def graph(folder, frame, threshold=None):
    """A logistic regression as a graph, deciding from a probability on that the graph holds, if one is given."""
    onnx = pytest.importorskip("onnx")
    skl2onnx = pytest.importorskip("skl2onnx")
    from sklearn.linear_model import LogisticRegression

    inner = frame.drop(columns="y").to_numpy(np.float32)
    fitted = LogisticRegression(max_iter=500).fit(inner, frame.y)
    model = skl2onnx.to_onnx(
        fitted, inner[:1], options={id(fitted): {"zipmap": False}}, target_opset=15
    )
    if threshold is not None:
        inside = model.graph
        for name, value in (("one", np.array([1])), ("cut", np.array(threshold, np.float32))):
            inside.initializer.append(onnx.numpy_helper.from_array(value, name))
        node = onnx.helper.make_node
        inside.node.extend(
            [
                node("Gather", [inside.output[1].name, "one"], ["second"], axis=1),
                node("GreaterOrEqual", ["second", "cut"], ["above"]),
                node("Cast", ["above"], ["wide"], to=onnx.TensorProto.INT64),
                node("Squeeze", ["wide", "one"], ["decision"]),
            ]
        )
        del inside.output[0]
        told = onnx.helper.make_tensor_value_info("decision", onnx.TensorProto.INT64, [None])
        inside.output.insert(0, told)
    (folder / "m.onnx").write_bytes(model.SerializeToString())
    return fitted.predict_proba(inner)


NAMES = {"features": ("x", "key", "age")}


@pytest.mark.parametrize("threshold", [0.25, 0.75])
def test_a_graph_with_a_threshold_of_its_own(tmp_path, threshold):
    frame = drawn()
    chance = graph(tmp_path, frame, threshold)
    expected = (chance[:, 1] >= threshold).astype(int)
    model, _found = decided(frame, tmp_path, "m.onnx", expected, **NAMES)
    finding = linked(model, frame)["RA-MODEL-005"]
    assert finding.status == "passed"
    assert "not from one half" in finding.statement


@pytest.mark.parametrize("threshold", [None, 0.25, 0.75])
def test_classes_in_another_order_are_refused(tmp_path, threshold):
    frame = drawn()
    frame["y"] = frame.y.map({0: "no", 1: "yes"}) if threshold is None else frame.y
    graph(tmp_path, frame, threshold)
    classes = ("yes", "no") if threshold is None else ("1", "0")
    names = {"classes": classes, "favourable": classes[:1], **NAMES}
    error = refused(frame, tmp_path, "m.onnx", "of other classes", **names)
    assert "in the order of the probabilities" in error.hint


def test_labels_that_are_no_class_are_named(tmp_path):
    frame = drawn()
    frame["y"] = frame.y.map({0: "no", 1: "yes"})
    graph(tmp_path, frame)
    plan = ModelSection(path="m.onnx", classes=("0", "1"), **NAMES)
    from raudit.errors import ModelError

    with pytest.raises(ModelError, match="none of its classes") as caught:
        load_model(plan, tmp_path / "m.onnx", columns=tuple(frame.columns)).predict(frame)
    assert caught.value.got == "no, yes"


def test_the_order_of_probabilities():
    """By hand: thresholds, names turned round, decisions that follow no rule."""
    second = np.array([0.1, 0.3, 0.4, 0.6, 0.9])
    two = np.stack([1 - second, second], axis=1)
    asked = lambda decisions: in_another_order(np.array(decisions), two)  # noqa: E731
    assert not asked([0, 0, 0, 1, 1])  # the most probable
    assert not asked([0, 1, 1, 1, 1])  # from 0.3 on
    assert not asked([0, 0, 0, 0, 1])
    assert asked([1, 1, 1, 0, 0])  # turned round
    assert asked([1, 0, 0, 0, 0])  # turned round, with a threshold
    assert not asked([0, 1, 0, 1, 0])  # a rule of its own: audited, and said so
    assert not asked([1, 1, 1, 1, 1])  # everyone from 0.1 on
    three = np.eye(3) * 0.6 + 0.1
    asked = lambda decisions: in_another_order(np.array(decisions), three)  # noqa: E731
    assert not asked([0, 1, 2])
    assert asked([1, 2, 0])
    assert asked([0, 2, 1])
    assert not asked([0, 1, 1])
    assert not in_another_order(np.array([], dtype=int), np.empty((0, 2)))
    even = np.full((4, 2), 0.5)
    assert not in_another_order(np.array([0, 1, 0, 1]), even)
