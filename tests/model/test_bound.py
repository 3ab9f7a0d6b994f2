"""A model's own process: what it may open, how long and how much it may take, and what is believed of what it says."""

from __future__ import annotations

import io
import os
import re
import resource
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.command_line import raudit

from raudit.errors import ModelError
from raudit.isolation.guard import MACHINES, program
from raudit.isolation.messages import BrokenMessageError, receive, send
from raudit.model import load_model
from raudit.model.isolation import trial
from raudit.model.isolation.arrays import pack_columns, unpack_columns
from raudit.model.isolation.libraries import QUIET
from raudit.model.isolation.process import PREDICT, PREDICT_ROWS
from raudit.model.isolation.trial import bound_model
from raudit.model.predict import predict_columns
from raudit.plan import ModelSection

onnx = pytest.importorskip("onnx")
h, kind = onnx.helper, onnx.TensorProto
linux = pytest.mark.skipif(sys.platform != "linux", reason="the guard is the Linux kernel's")

FRAME = pd.DataFrame({"a": np.linspace(-1, 1, 200), "b": np.linspace(2, -2, 200)})


class Run:
    """A line of Python that runs in the process that unpickles this."""

    def __init__(self, line):
        self.line = line

    def __reduce__(self):
        return exec, (f"from raudit.errors import ModelError\n{self.line}",)


def classifier(path, *nodes, result="x", **more):
    """A graph whose probabilities are the softmax of ``result``."""
    tail = [
        h.make_node("Softmax", [result], ["p"], axis=1),
        h.make_node("ArgMax", ["p"], ["label"], axis=1, keepdims=0),
    ]
    made = h.make_graph(
        [*nodes, *tail],
        "g",
        [h.make_tensor_value_info("x", kind.FLOAT, [None, 2])],
        [
            h.make_tensor_value_info("label", kind.INT64, [None]),
            h.make_tensor_value_info("p", kind.FLOAT, [None, 2]),
        ],
        **more,
    )
    path.write_bytes(
        h.make_model(made, ir_version=8, opset_imports=[h.make_opsetid("", 17)]).SerializeToString()
    )
    return path


def cubic(path, products):
    """Takes the cube of the number of rows in time, and its square in memory."""
    nodes = [
        h.make_node("Transpose", ["x"], ["xt"], perm=[1, 0]),
        h.make_node("MatMul", ["x", "xt"], ["q0"]),
        *(h.make_node("MatMul", [f"q{i}", "q0"], [f"q{i + 1}"]) for i in range(products)),
        h.make_node("ReduceSum", [f"q{products}"], ["sum"], keepdims=0),
        h.make_node("Mul", ["sum", "zero"], ["nothing"]),
        h.make_node("Add", ["x", "nothing"], ["x2"]),
    ]
    return classifier(
        path, *nodes, result="x2", initializer=[h.make_tensor("zero", kind.FLOAT, [], [0.0])]
    )


def bound(path, *, features=("a", "b"), **limits):
    section = ModelSection(path=path.name, features=features, limits=limits)
    return bound_model(section, path, columns=["a", "b"], sample=pa.Table.from_pandas(FRAME[:10]))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    found = bound(classifier(tmp_path_factory.mktemp("model") / "m.onnx"))
    yield found
    found.process.close()


def run(model, line):
    """Run a line there; it gives something back by raising an error."""
    with pytest.raises(ModelError) as error:
        model.columns(PREDICT_ROWS, {"frame": FRAME, "what": Run(line)})
    return error.value


def test_it_predicts_what_the_model_predicts_here(model):
    path = Path(model.process.file)
    assert (model.format, model.features, model.classes) == ("onnx", ("a", "b"), ("0", "1"))
    expected = FRAME.assign(b=FRAME.b).to_numpy(np.float32).argmax(axis=1).astype(str)
    np.testing.assert_array_equal(model.predict(FRAME), expected)
    assert model.predict_proba(FRAME).shape == (200, 2)
    assert path.name == "m.onnx"
    with pytest.raises(ModelError, match="cannot be looked into"):
        _ = model.native


def test_all_rows_are_predicted_there_from_batches(model, tmp_path):
    from raudit.data import wrap_table
    from raudit.evidence import Quiet

    path = classifier(tmp_path / "same.onnx")
    here = load_model(ModelSection(path=path.name, features=("a", "b")), path, columns=["a", "b"])
    data = wrap_table(pa.Table.from_pandas(FRAME, preserve_index=False))
    asked = {"favourable": frozenset({"1"}), "threshold": 0.4}
    there = model.columns(PREDICT, asked, data=data, progress=Quiet())
    expected = predict_columns(here, data, progress=Quiet(), **asked)
    for name in ("y_pred", "y_score"):
        assert there[name].dtype == expected[name].dtype
        np.testing.assert_array_equal(there[name], expected[name])


@linux
@pytest.mark.parametrize(
    "line",
    [
        "open('/etc/passwd').read()",
        "open({other!r}).read()",
        "open({other!r}, 'w')",
        "__import__('os').listdir({folder!r})",
        "__import__('os').unlink({other!r})",
        "__import__('socket').socket()",
        "__import__('socket').socketpair()",
        "__import__('os').fork()",
        "__import__('os').execv('/bin/true', ['true'])",
        "__import__('os').kill(__import__('os').getppid(), 9)",
    ],
)
def test_what_the_process_may_not_do(model, line, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("secret")
    code = line.format(other=str(other), folder=str(tmp_path))
    told = run(
        model, f"try: {code}\nexcept PermissionError: raise ModelError('no', reference='refused')"
    )
    assert told.reference == "refused"
    assert other.read_text() == "secret"


@linux
def test_it_sees_no_password_of_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_PASSWORD", "tulip")
    found = bound(classifier(tmp_path / "m.onnx"))
    try:
        told = run(
            found, "raise ModelError('x', reference='x', got=repr(dict(__import__('os').environ)))"
        )
    finally:
        found.process.close()
    assert "tulip" not in told.got
    assert "'ORT_DISABLE_TELEMETRY': '1'" in told.got


NOISE = (
    "[__import__('os').write(n, b'x' * 400) for n in range(3, 20)"
    " if __import__('os').path.exists(f'/proc/self/fd/{n}')"
    " and __import__('fcntl').fcntl(n, 3) & 1]"
)
"""Writes to every pipe of the process; 3 is F_GETFL, and 1 is O_WRONLY."""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("__import__('time').sleep(60)", "at most 2 s, model.limits.predict_seconds"),
        ("while True: pass", "at most 2 s, model.limits.predict_seconds"),
        ("bytearray(3 * 2**30)", "at most 1 GiB, model.limits.memory_gib"),
        ("__import__('os')._exit(0)", "its process ended with 0"),
        ("__import__('ctypes').string_at(0)", "SIGSEGV"),
        (NOISE, "model.limits"),
    ],
)
def test_what_takes_too_much_is_ended(line, said, tmp_path):
    found = bound(classifier(tmp_path / "m.onnx"), memory_gib=1, predict_seconds=2)
    try:
        told = run(found, line)
    finally:
        found.process.close()
    assert (told.reference, told.where) == ("model-limits", "m.onnx")
    assert said in f"{told.got} {told.expected}"


def test_a_low_limit_of_the_machine_is_taken_and_told(tmp_path):
    """As after ``ulimit -v``: the process lowers itself to it, and the message names it."""
    path = cubic(tmp_path / "m.onnx", 1)
    code = (
        "import resource, sys, test_limits\n"
        "from pathlib import Path\n"
        "resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30, 4 * 2**30))\n"
        "found = test_limits.bound(Path(sys.argv[1]))\n"
        "print(test_limits.run(found, 'bytearray(5 * 2**30)'))\n"
    )
    (tmp_path / "test_limits.py").write_text(Path(__file__).read_text())
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the machine's own limit (ulimit -v)" in done.stdout, done.stderr
    assert "raising model.limits would change nothing" in done.stdout
    assert resource.getrlimit(resource.RLIMIT_AS)[1] == resource.RLIM_INFINITY


PLAN = """
schema: raudit.plan/1
system: {{name: T, version: "1"}}
data: {{path: d.csv, label: {{column: y, favourable: ["1"]}}}}
model: {{path: m.onnx, features: [a, b], limits: {limits}}}
sensitive_features: [g]
stages: {stages}
"""


def checked(folder, stages, **limits):
    rng = np.random.default_rng(0)
    n = 3000
    table = pd.DataFrame(
        {"a": rng.normal(size=n), "b": rng.normal(size=n), "g": rng.choice(["u", "v"], n)}
    )
    table.assign(y=(table.a > table.b).astype(int)).to_csv(folder / "d.csv", index=False)
    told = str(limits).replace("'", "")
    (folder / "raudit.yaml").write_text(PLAN.format(limits=told, stages=stages))
    done = raudit("check", "--no-log", "--no-cache", cwd=folder)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize(
    ("products", "limits", "key"),
    [(400, {"predict_seconds": 2}, "predict_seconds"), (1, {"memory_gib": 0.05}, "memory_gib")],
)
def test_the_limits_hold_for_all_rows(products, limits, key, tmp_path):
    """The trial of 64 rows is within them, the 3,000 rows are not."""
    cubic(tmp_path / "m.onnx", products)
    status, said = checked(tmp_path, "{fairness: }", **limits)
    assert status == 2
    assert "error[model-limits]" in said
    assert "m.onnx" in said
    assert f"model.limits.{key}" in said


def test_who_asks_a_process_that_ended_is_told_the_same_again(tmp_path):
    """A stage may go on without the answer, and the next one asks again."""
    found = bound(classifier(tmp_path / "m.onnx"), predict_seconds=30)
    first = run(found, "__import__('os')._exit(3)")
    assert first.reference == "model-limits"
    assert run(found, "1 + 1") is first


def test_explaining_is_within_the_limits_and_the_rest_of_the_run_is_kept(tmp_path):
    """A call takes a moment whatever it is asked; predicting is two calls, explaining is hundreds."""
    size = h.make_tensor("size", kind.INT64, [2], [2500, 2500])
    nodes = [
        h.make_node("ReduceMax", ["x"], ["top"], keepdims=1),
        h.make_node("Expand", ["top", "size"], ["big"]),
        h.make_node("MatMul", ["big", "big"], ["product"]),
        h.make_node("ReduceSum", ["product"], ["sum"], keepdims=0),
        h.make_node("Mul", ["sum", "zero"], ["nothing"]),
        h.make_node("Add", ["x", "nothing"], ["x2"]),
    ]
    zero = h.make_tensor("zero", kind.FLOAT, [], [0.0])
    classifier(tmp_path / "m.onnx", *nodes, result="x2", initializer=[size, zero])
    status, said = checked(tmp_path, "{fairness: , explain: }", predict_seconds=6)
    assert status in (1, 3)
    # On a slow machine the stage before it is over the limit already, which ends the process for both.
    assert re.search(r"rests on failed: m\.onnx: the stage (explain|model_fit) takes longer", said)
    assert "model.limits.predict_seconds" in said
    assert re.search(r"passed: [45]\b", said)


# -- what is believed of what the process says


def test_messages_are_read_whole_or_not_at_all():
    stream = io.BytesIO()
    send(stream, {"answer": 1}, b"abc")
    whole = stream.getvalue()
    assert receive(io.BytesIO(whole)) == ({"answer": 1}, b"abc")
    for end in range(len(whole)):
        with pytest.raises(BrokenMessageError):
            receive(io.BytesIO(whole[:end]))


@pytest.mark.parametrize(
    "values",
    [
        np.array(["a", "b", None, "a"], dtype=object),
        np.array([1.5, np.nan]),
        np.arange(3),
        np.array([True, False]),
        np.zeros((3, 2), dtype=np.float32),
        np.array([], dtype=object),
        None,
    ],
)
def test_columns_come_back_as_they_went(values):
    head, content = pack_columns({"y": values})
    back = unpack_columns(head, content)["y"]
    if values is None:
        assert back is None
    else:
        assert back.dtype == values.dtype
        np.testing.assert_array_equal(back, values)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "object", "levels": None, "shape": [1]},
        {"type": "float64", "levels": None, "shape": [2]},
        {"type": "float64", "levels": None, "shape": [-1]},
        {"type": "int32", "levels": [], "shape": [2]},
        {"type": "int32", "levels": [["x"]], "shape": [2]},
        {"type": "int32", "levels": 3, "shape": [2]},
        {"type": "float64", "levels": None, "shape": [2**62, 8]},
        {},
        7,
    ],
)
def test_columns_that_do_not_fit_are_refused(part):
    with pytest.raises(BrokenMessageError):
        unpack_columns({"y": part}, b"\0" * 8)


def test_the_filter_of_every_machine_is_whole():
    """Each jump of the program lands inside it, and it ends in a verdict."""
    for machine in MACHINES.values():
        code = program(machine)
        steps = [
            (int.from_bytes(code[i : i + 2], "little"), code[i + 2], code[i + 3])
            for i in range(0, len(code), 8)
        ]
        for at, (_kind, then, otherwise) in enumerate(steps):
            assert at + 1 + max(then, otherwise) <= len(steps)
        assert steps[-1][0] == 0x06


# -- seen from outside

LOADERS = ("skops", "ubj", "json", "txt", "cbm", "onnx")
CALLS = "trace=open,openat,openat2,%network,execve,fork,vfork,landlock_restrict_self"


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """Calls of the fork server, and of the process of each format, as strace sees them; one server for all."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed: apt-get install strace")
    folder = tmp_path_factory.mktemp("traced")
    log, wrapper = folder / "log", folder / "python"
    wrapper.write_text(
        f'#!/bin/sh\nexec {strace} -f -qq -o {log} -e {CALLS} {sys.executable} "$@"\n'
    )
    wrapper.chmod(0o755)
    server = trial._server.__wrapped__(tuple(sorted(QUIET)))
    paths = {suffix: saved(suffix, folder / f"m.{suffix}") for suffix in LOADERS}
    pids = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(wrapper))
        patch.setattr(trial, "_server", lambda libraries: server)
        for (
            path
        ) in paths.values():  # one after the other, so that their calls are one after the other
            found = bound(path)
            found.predict(FRAME)
            pids.append(str(found.process._worker.pid))
            found.process.close()
    server.end()
    lines = [line.split(maxsplit=1) for line in log.read_text().splitlines()]
    done = [(pid, call) for pid, call in lines if not re.search(r"= -1 |resumed", call)]
    own = done[0][0]
    begins = [next(at for at, (pid, _) in enumerate(done) if pid == each) for each in pids]
    calls = {
        suffix: [call for pid, call in done[start:end] if pid != own]
        for suffix, start, end in zip(LOADERS, begins, [*begins[1:], None], strict=True)
    }
    return {"": [call for pid, call in done if pid == own], **calls}, paths


@linux
def test_the_server_of_all_loaders_makes_no_socket_and_starts_no_program(traced):
    calls, _paths = traced
    assert not [call for call in calls[""] if re.match(r"(socket|connect|bind)\(", call)]
    starts = [call for call in calls[""] if call.startswith(("execve", "fork", "vfork"))]
    assert len(starts) == 1  # its own


@linux
@pytest.mark.parametrize("suffix", LOADERS)
def test_no_loader_opens_another_file_or_makes_a_socket(traced, suffix):
    calls, path = traced[0][suffix], traced[1][suffix]
    kinds = r"(socket|connect|bind|send\w+|recv\w+|execve|fork|vfork)\("
    assert not [call for call in calls if re.match(kinds, call)]
    at = next((at for at, c in enumerate(calls) if c.startswith("landlock_restrict_self")), None)
    if at is None:
        pytest.skip("this kernel has no Landlock")
    opened = {call.split('"')[1] for call in calls[at:] if call.startswith("open")}
    strangers = {name for name in opened if not name.startswith(OWN)}
    assert strangers == {str(path)}


OWN = (
    sys.prefix,
    sys.base_prefix,
    sysconfig.get_path("stdlib"),
    str(Path(__file__).resolve().parents[2] / "src"),
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/lib",
    "/usr/lib",
    "/dev/null",
    "/dev/urandom",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
)


def saved(suffix, path):
    y = (FRAME.a > 0.1).astype(int)
    match suffix:
        case "skops":
            import skops.io
            from sklearn.linear_model import LogisticRegression

            skops.io.dump(LogisticRegression().fit(FRAME, y), path)
        case "ubj" | "json":
            pytest.importorskip("xgboost").XGBClassifier(n_estimators=3).fit(FRAME, y).save_model(
                path
            )
        case "txt":
            lightgbm = pytest.importorskip("lightgbm")
            lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(FRAME, y).booster_.save_model(
                path
            )
        case "cbm":
            maker = pytest.importorskip("catboost").CatBoostClassifier
            maker(iterations=3, verbose=0, allow_writing_files=False).fit(FRAME, y).save_model(path)
        case _:
            classifier(path)
    return path


def test_a_module_beside_the_model_is_not_imported(tmp_path, monkeypatch):
    """The folder of a stranger's model may hold a ``pandas.py``."""
    (tmp_path / "pandas.py").write_text("import os\nos.mkdir('mark')\n")
    path = classifier(tmp_path / "m.onnx")
    monkeypatch.chdir(tmp_path)
    bound(path).process.close()
    assert not (tmp_path / "mark").exists()
