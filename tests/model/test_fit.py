"""What is said of data that a model was not made for: strange values, columns it cannot read, files that harm."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.model.conftest import make_frame, typed, write

from raudit.cli import main
from raudit.data import open_data
from raudit.data.types import with_types
from raudit.errors import ModelError
from raudit.evidence import Quiet
from raudit.model import load_model, predict_columns
from raudit.plan import ModelSection

lgb = pytest.importorskip("lightgbm")


@pytest.fixture
def fitted(tmp_path):
    frame = make_frame(1, "text", 300)
    model = lgb.LGBMClassifier(n_estimators=5, verbose=-1).fit(typed(frame, "text"), frame.y)
    model.booster_.save_model(tmp_path / "m.txt")
    return frame


def predicted(folder, frame, name="m.txt", types=None):
    data = with_types(open_data(write(frame, folder, "csv")), types or {})
    model = load_model(ModelSection(path=name), folder / name, columns=tuple(data.kinds))
    return predict_columns(
        model, data, favourable=frozenset({"1"}), threshold=None, progress=Quiet()
    )


def test_unknown_values_are_counted(fitted, tmp_path):
    strange = fitted.assign(key=fitted.key.where(fitted.index >= 30, "smith"))
    assert predicted(tmp_path, strange)["unknown_levels"] == {"key": (30, 300)}


def test_a_column_of_unknown_values_is_refused(fitted, tmp_path):
    with pytest.raises(ModelError, match="'key'") as caught:
        predicted(tmp_path, fitted.assign(key="Q-" + fitted.key))
    assert caught.value.reference == "model-levels"


def test_catboost_refuses_a_column_it_reacts_to_in_no_way(tmp_path):
    cb = pytest.importorskip("catboost")
    frame = make_frame(3, "text", 300)
    model = cb.CatBoostClassifier(
        iterations=8, verbose=0, cat_features=["key"], allow_writing_files=False
    )
    model.fit(frame.drop(columns="y"), frame.y).save_model(tmp_path / "m.cbm")
    with pytest.raises(ModelError, match="'key'"):
        predicted(tmp_path, frame.assign(key="Q-" + frame.key), "m.cbm")


def test_a_column_read_as_numbers_can_be_called_text(tmp_path):
    frame = make_frame(4, "whole", 300)
    import skops.io
    from sklearn.compose import make_column_transformer
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = frame.assign(key=frame.key.astype(str))
    read = CountVectorizer(token_pattern=r"\d+")
    model = make_pipeline(
        make_column_transformer((read, "key"), remainder="passthrough"), LogisticRegression()
    )
    skops.io.dump(model.fit(words.drop(columns="y"), words.y), tmp_path / "m.skops")
    with pytest.raises(ModelError, match=r"data\.types: \{\w+: text\}") as caught:
        predicted(tmp_path, frame, "m.skops")
    assert caught.value.reference == "model-data"
    found = predicted(tmp_path, frame, "m.skops", {"key": "text"})
    assert found["y_pred"].tolist() == model.predict(words.drop(columns="y")).astype(str).tolist()


def test_a_failed_prediction_names_the_column_and_no_value(tmp_path):
    import skops.io
    from sklearn.linear_model import LogisticRegression

    frame = make_frame(5, "number", 100)
    skops.io.dump(LogisticRegression().fit(frame.drop(columns="y"), frame.y), tmp_path / "m.skops")
    with pytest.raises(ModelError, match="'key'") as caught:
        predicted(tmp_path, frame.assign(key="Anna Sommer"), "m.skops")
    assert "Anna" not in str(caught.value)
    assert "could not convert" in str(caught.value)


def test_lightgbm_names_with_underscores_mean_columns_with_spaces(tmp_path):
    frame = make_frame(6, "number", 100).rename(columns={"age": "age in years"})
    model = lgb.LGBMClassifier(n_estimators=3, verbose=-1).fit(frame.drop(columns="y"), frame.y)
    model.booster_.save_model(tmp_path / "m.txt")
    assert "age_in_years" in (tmp_path / "m.txt").read_text()
    found = predicted(tmp_path, frame)["y_pred"]
    assert found.tolist() == model.predict(frame.drop(columns="y")).astype(str).tolist()


def test_a_tree_that_points_outside_is_refused(tmp_path):
    import skops.io
    from sklearn.ensemble import RandomForestClassifier

    frame = make_frame(7, "number", 100)
    model = RandomForestClassifier(3, random_state=0).fit(frame.drop(columns="y"), frame.y)
    tree = model.estimators_[1].tree_
    state = tree.__getstate__()
    nodes = np.array(state["nodes"])
    nodes["feature"][0] = 40_000
    state["nodes"] = nodes
    tree.__setstate__(state)
    skops.io.dump(model, tmp_path / "m.skops")
    with pytest.raises(ModelError, match="points outside"):
        load_model(ModelSection(path="m.skops"), tmp_path / "m.skops", columns=tuple(frame.columns))


def test_custom_objectives_are_refused(fitted, tmp_path):
    model = lgb.LGBMClassifier(
        n_estimators=2, verbose=-1, objective=lambda y, p: (p - y, y * 0 + 1.0)
    )
    model.fit(typed(fitted, "text"), fitted.y.astype(float)).booster_.save_model(tmp_path / "m.txt")
    with pytest.raises(ModelError) as caught:
        predicted(tmp_path, fitted)
    assert caught.value.reference == "model-objective"


def test_the_record_tells_the_share_of_unknown_values(fitted, tmp_path, monkeypatch, capsys):
    strange = fitted.assign(
        key=fitted.key.where(fitted.index >= 30, "smith"), g=pd.Series(["a", "b"] * 150)
    )
    write(strange, tmp_path, "parquet")
    (tmp_path / "raudit.yaml").write_text(
        "schema: raudit.plan/1\nsystem: {name: s, version: '1'}\ndata:\n  path: data.parquet\n"
        "  label: {column: y, favourable: '1'}\nstages:\n  fairness: {}\nmodel: {path: m.txt}\n"
        "sensitive_features: [g]\n"
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["check", "--no-log", "--no-cache", "--output", "record=record.json"])
    stages = {
        stage["name"]: stage
        for stage in json.loads((tmp_path / "record.json").read_text())["stages"]
    }
    findings = {finding["rule"]: finding for finding in stages["model_fit"]["findings"]}
    assert findings["RA-MODEL-001"]["status"] == "failed"
    assert findings["RA-MODEL-001"]["measurement"]["value"] == pytest.approx(0.1)
    assert findings["RA-MODEL-002"]["status"] == "passed"


def fitted_xgboost(folder, frame, **more):
    xgb = pytest.importorskip("xgboost")
    model = xgb.XGBClassifier(n_estimators=4, max_depth=2, **more)
    model.fit(frame[["x", "age"]], frame.y).save_model(folder / "m.json")
    return model


def logistic(y, margin):
    chance = 1 / (1 + np.exp(-margin))
    return chance - y, chance * (1 - chance)


@pytest.mark.parametrize(
    ("more", "doubtful"),
    [({}, False), ({"base_score": 0.5}, False), ({"objective": logistic}, True)],
)
def test_an_objective_of_somebodys_own_leaves_a_doubt(tmp_path, more, doubtful):
    frame = make_frame(8, "number", 150)
    fitted_xgboost(tmp_path, frame, **more)
    model = load_model(ModelSection(path="m.json"), tmp_path / "m.json", columns=("x", "age"))
    assert bool(model.doubt) is doubtful


def test_margins_in_place_of_probabilities_are_refused(tmp_path):
    onnx = pytest.importorskip("skl2onnx")
    from sklearn.linear_model import LogisticRegression

    frame = make_frame(9, "number", 150)
    inner = frame[["x", "age"]].to_numpy(np.float32)
    fitted = LogisticRegression().fit(inner, frame.y)
    made = onnx.to_onnx(fitted, inner[:1], options={"zipmap": False, "raw_scores": True})
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    data = open_data(write(frame, tmp_path, "csv"))
    section = ModelSection(path="m.onnx", features=("x", "age"))
    model = load_model(section, tmp_path / "m.onnx", columns=tuple(data.kinds))
    with pytest.raises(ModelError, match="no probabilities"):
        predict_columns(model, data, favourable=frozenset({"1"}), threshold=None, progress=Quiet())


@pytest.mark.parametrize("text", ["", "nan", "None", "missing"])
def test_catboost_reads_a_missing_category_as_the_training_wrote_it(tmp_path, text):
    cb = pytest.importorskip("catboost")
    frame = make_frame(10, "whole", 200)
    frame["key"] = frame.key.astype("Int64").mask(frame.index % 5 == 0)
    frame.loc[frame.index % 5 == 0, "y"] = 1
    inner = frame.drop(columns="y").assign(key=frame.key.astype(object).fillna(text).astype(str))
    model = cb.CatBoostClassifier(
        iterations=8, depth=3, verbose=0, cat_features=["key"], allow_writing_files=False
    ).fit(inner, frame.y)
    model.save_model(tmp_path / "m.cbm")
    found = predicted(tmp_path, frame, "m.cbm")["y_score"]
    np.testing.assert_allclose(found, model.predict_proba(inner)[:, 1], atol=1e-12)


def judged(model, frame, threshold=None):
    """The findings of the stage without a process of its own."""
    from types import SimpleNamespace

    import pyarrow as pa

    from raudit.data import wrap_table
    from raudit.stages.model_fit import STAGE, Options

    data = wrap_table(pa.Table.from_pandas(frame, preserve_index=False))
    evidence = SimpleNamespace(
        model=model,
        data=data,
        unknown_levels={},
        roles=SimpleNamespace(threshold=threshold),
        no_model_because="",
    )
    return {finding.rule: finding for finding in STAGE.run(evidence, Options()).findings}


def skops_model(folder, fitted, frame):
    import skops.io

    skops.io.dump(fitted.fit(frame[["x", "age"]], frame.y), folder / "m.skops")
    return load_model(
        ModelSection(path="m.skops"), folder / "m.skops", columns=tuple(frame.columns)
    )


def test_decisions_are_held_against_probabilities(tmp_path):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import FixedThresholdClassifier
    from sklearn.svm import LinearSVC

    frame = make_frame(11, "number", 300)
    plain = judged(skops_model(tmp_path, LogisticRegression(), frame), frame)
    assert plain["RA-MODEL-005"].status == "passed"
    assert "most probable class" in plain["RA-MODEL-005"].statement
    cut = FixedThresholdClassifier(LogisticRegression(), threshold=0.8)
    moved = judged(skops_model(tmp_path, cut, frame), frame)["RA-MODEL-005"]
    assert moved.status == "passed"
    assert "not from one half" in moved.statement
    sided = judged(skops_model(tmp_path, LinearSVC(), frame), frame)
    assert sided["RA-MODEL-002"].status == "passed"
    assert "RA-MODEL-005" not in sided
    for threshold, words in ((0.5, "not from 0;"), (1e9, "from a decision function between")):
        cut = FixedThresholdClassifier(
            LinearSVC(), threshold=threshold, response_method="decision_function"
        )
        moved = judged(skops_model(tmp_path, cut, frame), frame)["RA-MODEL-002"]
        assert moved.status == "passed"
        assert words in moved.statement
        assert moved.measurement.events > 0


def test_sides_that_no_threshold_gives_are_another_model(tmp_path):
    from types import SimpleNamespace

    from sklearn.svm import LinearSVC

    frame = make_frame(11, "number", 300)
    model = skops_model(tmp_path, LinearSVC(), frame)
    turned = SimpleNamespace(
        predict=model.native.predict,
        decision_function=lambda rows: -model.native.decision_function(rows),
    )
    finding = judged(replace(model, native=turned), frame)["RA-MODEL-002"]
    assert finding.status == "failed"


def test_decisions_that_no_threshold_gives_are_said(tmp_path):
    frame = make_frame(12, "number", 100)

    class Odd:
        features, classes, format = ("x",), ("0", "1"), "test"

        def predict(self, rows):
            return np.where(np.arange(len(rows)) % 3 == 0, "1", "0")

        def predict_proba(self, rows):
            return np.stack([rows.x * 0 + 0.6, rows.x * 0 + 0.4], axis=1)

    finding = judged(Odd(), frame)["RA-MODEL-005"]
    assert finding.status == "indeterminate"
    assert finding.measurement.events == 34
    assert "RA-MODEL-005" not in judged(Odd(), frame, threshold=0.5)


def test_a_model_that_cannot_be_audited_is_a_finding_where_others_speak(tmp_path, monkeypatch):
    frame = make_frame(13, "number", 120).assign(g=["a", "b"] * 60)
    write(frame, tmp_path, "parquet")
    model = lgb.LGBMRegressor(
        n_estimators=2, verbose=-1, objective=lambda y, p: (p - y, y * 0 + 1.0)
    )
    model.fit(frame[["x", "age"]], frame.y).booster_.save_model(tmp_path / "m.txt")
    plan = (
        "schema: raudit.plan/1\nsystem: {name: s, version: '1'}\ndata:\n  path: data.parquet\n"
        "  label: {column: y, favourable: '1'}\nstages: STAGES\nmodel: {path: m.txt}\n"
        "sensitive_features: [g]\n"
    )
    monkeypatch.chdir(tmp_path)
    codes = []
    for stages in ("{fairness: {}, data_readiness: {}}", "{fairness: {}}"):
        (tmp_path / "raudit.yaml").write_text(plan.replace("STAGES", stages))
        with pytest.raises(SystemExit) as ended:
            main(["check", "--no-log", "--no-cache", "--output", "record=record.json"])
        codes.append(ended.value.code)
        if len(codes) == 1:
            stages = json.loads((tmp_path / "record.json").read_text())["stages"]
            (finding,) = next(s["findings"] for s in stages if s["name"] == "model_fit")
            assert (finding["rule"], finding["status"]) == ("RA-MODEL-003", "indeterminate")
            assert "objective" in finding["reason"]
            (tmp_path / "record.json").unlink()
    assert codes[0] in (1, 3)  # 1 where the data itself has a finding
    assert codes[1] == 2
    assert not (tmp_path / "record.json").exists()


def test_a_graph_without_a_probability_for_each_class_is_refused(tmp_path):
    onnx = pytest.importorskip("skl2onnx")
    from sklearn.svm import LinearSVC

    frame = make_frame(14, "number", 150)
    inner = frame[["x", "age"]].to_numpy(np.float32)
    made = onnx.to_onnx(LinearSVC().fit(inner, frame.y), inner[:1])
    (tmp_path / "m.onnx").write_bytes(made.SerializeToString())
    section = ModelSection(path="m.onnx", features=("x", "age"))
    model = load_model(section, tmp_path / "m.onnx", columns=("x", "age"))
    with pytest.raises(ModelError, match="no probability for each"):
        model.predict(frame)
