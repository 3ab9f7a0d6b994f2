"""Model files made to hurt: refused with one clear error, and nothing in them runs."""

from __future__ import annotations

import json
import os
import pickle
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.command_line import raudit

from raudit.canonical import sha256_file
from raudit.errors import ModelError
from raudit.model import load_model
from raudit.model.isolation.trial import bound_model
from raudit.model.lot import predicted_alike
from raudit.plan import ModelSection

COLUMNS = ("a", "b")


class Bomb:
    """Leaves a mark if it is ever unpickled."""

    def __init__(self, mark):
        self.mark = str(mark)

    def __reduce__(self):
        return os.mkdir, (self.mark,)


def read(path, *, tried=False, **section):
    declared = ModelSection(path=path.name, **section)
    if tried:
        sample = pa.table({"a": [1.0, 2.0], "b": [0.5, 0.25]})
        bound_model(declared, path, columns=COLUMNS, sample=sample).process.close()
    return load_model(declared, path, columns=COLUMNS)


def reference(path, **section):
    with pytest.raises(ModelError) as error:
        read(path, **section)
    assert error.value.where == path.name
    return error.value.reference


@pytest.fixture
def fitted():
    rng = np.random.default_rng(0)
    x = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)})
    return x, (x.a > 0).astype(int)


@pytest.mark.parametrize("suffix", [".skops", ".ubj", ".json", ".txt", ".cbm", ".onnx"])
def test_a_pickle_under_another_name_is_not_run(suffix, tmp_path):
    path = tmp_path / f"m{suffix}"
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "mark")))
    assert reference(path) == "model-broken"
    assert not (tmp_path / "mark").exists()


def test_a_pickle_inside_a_skops_archive_is_not_run(tmp_path):
    path = tmp_path / "m.skops"
    with zipfile.ZipFile(path, "w") as archive:
        node = {
            "__class__": "Bomb",
            "__module__": "nowhere",
            "__loader__": "ObjectNode",
            "content": {},
            "__id__": 1,
        }
        archive.writestr(
            "schema.json", json.dumps(node | {"protocol": 2, "_skops_version": "0.13"})
        )
        archive.writestr("1.pkl", pickle.dumps(Bomb(tmp_path / "mark")))
    assert reference(path) in ("model-untrusted-types", "model-broken")
    assert not (tmp_path / "mark").exists()


def test_a_custom_class_is_named(fitted, tmp_path, monkeypatch):
    import skops.io
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    module = tmp_path / "own_steps.py"
    module.write_text(
        "import pathlib\npathlib.Path(__file__).with_name('mark').mkdir(exist_ok=True)\n"
        "def twice(x):\n    return 2 * x\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import own_steps
    from sklearn.linear_model import LogisticRegression

    x, y = fitted
    skops.io.dump(
        make_pipeline(FunctionTransformer(own_steps.twice), LogisticRegression()).fit(x, y),
        tmp_path / "m.skops",
    )
    (tmp_path / "mark").rmdir()
    with pytest.raises(ModelError, match="not known to be harmless") as error:
        read(tmp_path / "m.skops")
    assert "own_steps.twice" in error.value.got
    assert not (tmp_path / "mark").exists()


def test_a_zip_bomb_is_refused(tmp_path):
    path = tmp_path / "m.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", "{}")
        archive.infolist()[0].file_size = 3 * 2**30  # what the directory of a real bomb would say
    assert reference(path) == "model-broken"


@pytest.mark.parametrize(
    ("kind", "keep"),
    [
        ("ubj", 1),
        ("ubj", 0.3),
        ("ubj", 0.9),
        ("json", 0.5),
        ("txt", 0.9),
        ("cbm", 0.4),
        ("cbm", 0.9),
        ("onnx", 0.5),
    ],
)
def test_a_truncated_file(kind, keep, fitted, tmp_path):
    """Some of these crash the parser, which is why a file is first read elsewhere."""
    path = tmp_path / f"m.{kind}"
    _save(kind, *fitted, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    assert reference(path, tried=True) in ("model-broken", "model-limits")


def test_no_cut_of_a_catboost_file_loads(fitted, tmp_path):
    """The library's own check lets through a few lengths out of a thousand."""
    from raudit.model.formats.catboost_file import read_catboost

    path = tmp_path / "m.cbm"
    _save("cbm", *fitted, path)
    content = path.read_bytes()
    for length in range(0, len(content), 101):
        path.write_bytes(content[:length])
        with pytest.raises(ModelError) as error:
            read_catboost(
                path, sha256="0" * 64, section=ModelSection(path=path.name), columns=["a", "b"]
            )
        assert error.value.reference == "model-broken", length


def _save(kind, x, y, path):
    if kind in ("ubj", "json"):
        pytest.importorskip("xgboost").XGBClassifier(n_estimators=30).fit(x, y).save_model(path)
    elif kind == "txt":
        pytest.importorskip("lightgbm").LGBMClassifier(verbose=-1).fit(x, y).booster_.save_model(
            path
        )
    elif kind == "cbm":
        maker = pytest.importorskip("catboost").CatBoostClassifier
        maker(iterations=10, verbose=0, allow_writing_files=False).fit(x, y).save_model(path)
    else:
        from sklearn.linear_model import LogisticRegression

        convert = pytest.importorskip("skl2onnx").to_onnx
        found = LogisticRegression().fit(x, y)
        path.write_bytes(convert(found, x.to_numpy(np.float32)[:1]).SerializeToString())


def graph(node, **more):
    onnx = pytest.importorskip("onnx")
    h, kind = onnx.helper, onnx.TensorProto
    return h.make_model(
        h.make_graph(
            [node],
            "g",
            [h.make_tensor_value_info("x", kind.FLOAT, [None, 2])],
            [h.make_tensor_value_info("y", kind.FLOAT, [None, 2])],
            **more,
        ),
        opset_imports=[h.make_opsetid("", 17), h.make_opsetid("com.example", 1)],
    )


def test_an_onnx_custom_operator_is_named(tmp_path):
    onnx = pytest.importorskip("onnx")
    node = onnx.helper.make_node("Shell", ["x"], ["y"], domain="com.example")
    (tmp_path / "m.onnx").write_bytes(graph(node).SerializeToString())
    with pytest.raises(ModelError, match="not part of the ONNX standard") as error:
        read(tmp_path / "m.onnx", features=COLUMNS)
    assert error.value.got == "com.example.Shell"


def test_onnx_weights_in_other_files_are_refused(tmp_path):
    onnx = pytest.importorskip("onnx")
    weight = onnx.TensorProto(name="w", data_type=1, dims=[2], data_location=1)
    weight.external_data.add(key="location", value="../../etc/passwd")
    model = graph(onnx.helper.make_node("Add", ["x", "w"], ["y"]), initializer=[weight])
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert reference(tmp_path / "m.onnx", features=COLUMNS) == "model-external-data"


def test_an_onnx_loop_is_refused(tmp_path):
    onnx = pytest.importorskip("onnx")
    h, kind = onnx.helper, onnx.TensorProto
    body = h.make_graph(
        [h.make_node("Identity", ["go"], ["on"]), h.make_node("Identity", ["v"], ["w"])],
        "b",
        [
            h.make_tensor_value_info("i", kind.INT64, []),
            h.make_tensor_value_info("go", kind.BOOL, []),
            h.make_tensor_value_info("v", kind.FLOAT, None),
        ],
        [
            h.make_tensor_value_info("on", kind.BOOL, []),
            h.make_tensor_value_info("w", kind.FLOAT, None),
        ],
    )
    (tmp_path / "m.onnx").write_bytes(
        graph(h.make_node("Loop", ["", "", "x"], ["y"], body=body)).SerializeToString()
    )
    assert reference(tmp_path / "m.onnx", features=COLUMNS) == "model-loops"


@pytest.mark.parametrize("operator", ["RandomNormalLike", "Bernoulli", "Dropout"])
def test_an_onnx_graph_that_draws_at_random_is_refused(tmp_path, operator):
    onnx = pytest.importorskip("onnx")
    h = onnx.helper
    given = ["x", "", "on"] if operator == "Dropout" else ["x"]
    on = h.make_tensor("on", onnx.TensorProto.BOOL, [], [True])
    model = graph(h.make_node(operator, given, ["y"]), initializer=[on])
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert reference(tmp_path / "m.onnx", features=COLUMNS) == "model-random"


def test_a_model_of_any_format_that_predicts_otherwise_when_asked_again_is_refused():
    class ByLot:
        classes = ("0", "1")

        def __init__(self, seeds):
            self.seeds = iter(seeds)

        def predict_proba(self, frame):
            low = np.random.default_rng(next(self.seeds)).random((len(frame), 1))
            return np.hstack([low, 1 - low])

        def predict(self, frame):
            return np.full(len(frame), "0", dtype=object)

    rows = pd.DataFrame({"a": [1.0, 2.0], "b": [0.5, 0.25]})
    predicted_alike(ByLot([1, 1]), rows, where="m")
    with pytest.raises(ModelError, match="2 of 2 rows") as caught:
        predicted_alike(ByLot([1, 2]), rows, where="m")
    assert caught.value.reference == "model-random"


def test_memory_is_bounded(tmp_path):
    """A graph of a few hundred bytes that asks for 64 GB."""
    onnx = pytest.importorskip("onnx")
    h, kind = onnx.helper, onnx.TensorProto
    size = h.make_tensor("size", kind.INT64, [3], [8_000_000_000, 1, 2])
    nodes = [
        h.make_node("Expand", ["x0", "size"], ["big"]),
        h.make_node("ReduceMax", ["big"], ["y"], keepdims=0),
    ]
    nodes.insert(0, h.make_node("ReduceMax", ["x"], ["x0"], keepdims=1))
    made = h.make_graph(
        nodes,
        "g",
        [h.make_tensor_value_info("x", kind.FLOAT, [None, 2])],
        [h.make_tensor_value_info("y", kind.FLOAT, [])],
        initializer=[size],
    )
    (tmp_path / "m.onnx").write_bytes(
        h.make_model(made, ir_version=8, opset_imports=[h.make_opsetid("", 17)]).SerializeToString()
    )
    assert reference(tmp_path / "m.onnx", features=COLUMNS, tried=True) == "model-limits"


def test_time_is_bounded(tmp_path):
    """A graph that multiplies matrices of 12,000 × 12,000: a minute of work, without a loop."""
    onnx = pytest.importorskip("onnx")
    h, kind = onnx.helper, onnx.TensorProto
    size = h.make_tensor("size", kind.INT64, [2], [12_000, 12_000])
    nodes = [
        h.make_node("ReduceMax", ["x"], ["x0"], keepdims=1),
        h.make_node("Expand", ["x0", "size"], ["big"]),
        h.make_node("MatMul", ["big", "big"], ["more"]),
        h.make_node("ReduceMax", ["more"], ["y"], keepdims=0),
    ]
    made = h.make_graph(
        nodes,
        "g",
        [h.make_tensor_value_info("x", kind.FLOAT, [None, 2])],
        [h.make_tensor_value_info("y", kind.FLOAT, [])],
        initializer=[size],
    )
    (tmp_path / "m.onnx").write_bytes(
        h.make_model(made, ir_version=8, opset_imports=[h.make_opsetid("", 17)]).SerializeToString()
    )
    assert (
        reference(tmp_path / "m.onnx", features=COLUMNS, limits={"seconds": 1}, tried=True)
        == "model-limits"
    )


def test_a_model_that_kills_its_process_is_refused(tmp_path, monkeypatch):
    """What a crash in a native parser looks like from outside."""
    from raudit.model.isolation import trial

    started = trial._started

    def killed(*asked):
        worker = started(*asked)
        worker.kill()
        return worker

    monkeypatch.setattr(trial, "_started", killed)
    (tmp_path / "m.ubj").write_bytes(b"{}")
    assert reference(tmp_path / "m.ubj", tried=True) == "model-limits"


PLAN = """
schema: raudit.plan/1
system: {{name: T, version: "1"}}
data: {{path: d.csv, label: {{column: y, favourable: ["1"]}}}}
model: {{path: {model}{more}}}
sensitive_features: [g]
stages: {{data_profile: , fairness: , explain: }}
"""


@pytest.mark.parametrize("case", ["truncated", "renamed", "unpinned", "other data"])
def test_the_command_line_says_it_and_ends_as_documented(case, fitted, tmp_path):
    x, y = fitted
    x = x.assign(g=np.where(np.arange(80) % 2, "u", "v"), y=y)
    model, more, status, said = "m.ubj", "", 1, "model file"
    if case == "truncated":
        _save("ubj", x[["a", "b"]], y, tmp_path / model)
        (tmp_path / model).write_bytes((tmp_path / model).read_bytes()[:300])
    elif case == "renamed":
        model, said = "m.skops", "cannot be read"
        (tmp_path / model).write_bytes(pickle.dumps(Bomb(tmp_path / "mark")))
    elif case == "unpinned":
        model, more, status, said = "m.pkl", ", format: unsafe-pickle", 2, "model.sha256"
        (tmp_path / model).write_bytes(b"x")
    else:
        _save("ubj", x[["a", "b"]], y, tmp_path / model)
        x = x.rename(columns={"b": "c"})
        said = "lacks 1 of the model's 2 columns"
    x.to_csv(tmp_path / "d.csv", index=False)
    (tmp_path / "raudit.yaml").write_text(PLAN.format(model=model, more=more))
    done = raudit("check", cwd=tmp_path)
    assert not (tmp_path / "mark").exists()
    assert "Traceback" not in done.stdout
    assert said in " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    if status == 2:
        assert done.returncode == 2


def test_the_unsafe_format_leaves_a_finding(fitted, tmp_path):
    from sklearn.linear_model import LogisticRegression

    x, y = fitted
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(LogisticRegression().fit(x, y)))
    x.assign(g=np.where(np.arange(80) % 2, "u", "v"), y=y).to_csv(tmp_path / "d.csv", index=False)
    digest = sha256_file(tmp_path / "m.pkl")
    text = PLAN.format(model="m.pkl", more=f", format: unsafe-pickle, sha256: {digest}")
    (tmp_path / "raudit.yaml").write_text(text)
    done = raudit("check", "--json", cwd=tmp_path)
    assert "RA-DATA-002" in done.stdout
    (tmp_path / "raudit.yaml").write_text(text.replace("data_profile: , ", ""))
    done = raudit("check", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert "needs the stage data_readiness" in done.stdout + done.stderr


def test_another_order_of_a_sum_is_no_lot():
    class Threads:
        classes = ("0", "1")
        times = 0

        def predict_proba(self, frame):
            self.times += 1
            low = np.full((len(frame), 1), 0.25, np.float32) * np.float32(1 + 1e-7 * self.times)
            return np.hstack([low, 1 - low])

        def predict(self, frame):
            return np.full(len(frame), "0", dtype=object)

    model, rows = Threads(), pd.DataFrame({"a": [1.0, 2.0]})
    before = model.predict_proba(rows)
    predicted_alike(model, rows, where="m")
    assert model.times == 3  # asked twice, and each answer is another one in its last bits
    assert (before != model.predict_proba(rows)).any()
