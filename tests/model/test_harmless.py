"""scikit-learn's own estimators are read without anything being called trusted."""

from __future__ import annotations

import warnings

import pytest
import skops.io
from sklearn.utils import all_estimators
from tests.model.conftest import make_frame

from raudit.errors import ModelError
from raudit.model import load_model
from raudit.plan import ModelSection

BY_TREE = ("KNeighbors", "RadiusNeighbors")
"""Estimators that keep raw memory of compiled search trees."""


def fitted_estimators(rows, labels):
    """Every classifier and regressor that fits two numbers and two labels with its defaults."""
    for name, kind in all_estimators(type_filter=["classifier", "regressor"]):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield name, kind().fit(rows, labels)
        except (TypeError, ValueError):
            continue


def test_forty_estimators_are_read(tmp_path):
    frame = make_frame(0, "number", 60)
    rows = frame[["x", "age"]]
    read, refused = [], []
    for name, model in fitted_estimators(rows, frame.y):
        path = tmp_path / f"{name}.skops"
        skops.io.dump(model, path)
        try:
            own = load_model(ModelSection(path=path.name), path, columns=("x", "age"))
        except ModelError as error:
            refused.append((name, error.reference))
            continue
        expected = model.predict(rows)
        got = own.predict(rows)
        assert got.tolist() == (
            [str(label) for label in expected] if own.classes else expected.tolist()
        ), name
        read.append(name)
    assert len(read) >= 40
    assert {why for _name, why in refused} <= {"model-untrusted-types"}
    assert all(name.startswith(BY_TREE) for name, _why in refused), refused


def test_no_type_outside_the_list_is_read(tmp_path):
    from sklearn.neighbors import KNeighborsClassifier

    frame = make_frame(1, "number", 60)
    skops.io.dump(
        KNeighborsClassifier(algorithm="kd_tree").fit(frame[["x", "age"]], frame.y),
        tmp_path / "m.skops",
    )
    with pytest.raises(ModelError, match="KDTree"):
        load_model(ModelSection(path="m.skops"), tmp_path / "m.skops", columns=("x", "age"))
