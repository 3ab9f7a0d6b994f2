"""A standalone cluster of two workers on loopback, of which one is killed in the middle of a count."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tests.data.test_cells import SPEC, arrow, frame
from tests.postgres_server import free_port

import raudit
from raudit.data import count_cells, wrap_table

from .test_same_record import applicants, as_parquet, as_parts, recorded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_000), pytest.mark.filterwarnings("ignore")]
MASTER, WORKER = (f"org.apache.spark.deploy.{name}" for name in ("master.Master", "worker.Worker"))
PARTS = 48


@contextmanager
def process(home, name, *arguments):
    """One of Spark's processes with whatever it starts; all of them are killed in the end."""
    import pyspark

    program = Path(pyspark.__file__).parent / "bin" / "spark-class"
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_DIR": str(home)}
    with (home / f"{arguments[-1][-5:]}.log").open("w") as log:
        started = subprocess.Popen(
            ["bash", str(program), name, "--host", "127.0.0.1", "--webui-port", "0", *arguments],
            env={**environment, "PYSPARK_PYTHON": sys.executable},
            cwd=home,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield started
    finally:
        kill(started)


def kill(started):
    if started.poll() is None:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()


@pytest.fixture
def cluster(tmp_path):
    """Address of the master, and the process of the second worker."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (pip install 'raudit[spark]')")
    if shutil.which("java") is None:
        pytest.skip("Java is not installed (Debian: apt-get install openjdk-17-jre-headless)")
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(process(tmp_path, MASTER, "--port", str(port)))
        size = ("--cores", "1", "--memory", "1g")
        workers = [stack.enter_context(process(tmp_path, WORKER, *size, address)) for _ in "12"]
        yield address, workers[1]


def test_a_killed_worker_changes_nothing(cluster, tmp_path):
    address, worker = cluster
    import pyarrow.parquet as pq

    pq.write_table(arrow(frame()), tmp_path / "t.parquet")
    table = applicants(600)
    (tmp_path / "one").mkdir()
    expected = recorded(tmp_path / "one", as_parquet(tmp_path / "one", table, None))
    asked = {**as_parts(tmp_path, table, None), "engine": "spark", "connection": address}
    asked["copy"] = {"max_rows": 20_000}
    (tmp_path / "asked.json").write_text(json.dumps(asked))
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path), str(worker.pid)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((tmp_path / "found.json").read_text())
    cells = count_cells(wrap_table(arrow(frame())), SPEC)
    alone = raudit.k_anonymity(table, ["race", "sex", "workclass"], sensitive=["income"])
    assert found["executors"] == [2, 1]
    assert 0 < found["tasks"] < PARTS
    assert found["cells"] == json.loads(json.dumps(cells.as_json()))
    assert found["alone"] == [finding.statement for finding in alone.findings]
    assert found["record"] == json.loads(json.dumps(expected))


ELSEWHERE = f"""
import json, os, signal, sys, threading, time
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).resolve().parents[2])!r})
from pyspark.sql import SparkSession, functions
import raudit
from raudit.data.engine import count_in_engine
from tests.data.test_cells import SPEC
from tests.engines.test_same_record import recorded

folder, worker = Path(sys.argv[1]), int(sys.argv[2])
asked = json.loads((folder / "asked.json").read_text())
builder = SparkSession.builder.master(asked["connection"]).config("spark.ui.enabled", "false")
builder = builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
builder = builder.config("spark.executor.memory", "512m").config("spark.sql.adaptive.enabled", "false")
session = builder.config("spark.sql.shuffle.partitions", "{PARTS}").getOrCreate()
context = session.sparkContext
context.setLogLevel("OFF")
executors = lambda: context._jsc.sc().getExecutorMemoryStatus().size() - 1
while executors() < 2:
    time.sleep(0.2)
found = {{"executors": [executors()], "tasks": 0}}

def watch():
    tracker = context.statusTracker()
    while True:
        for stage in tracker.getActiveStageIds():
            info = tracker.getStageInfo(stage)
            if info and info.numTasks == {PARTS} and 3 <= info.numCompletedTasks < {PARTS}:
                os.killpg(worker, signal.SIGKILL)
                found["tasks"] = info.numCompletedTasks
                return
        time.sleep(0.005)

watcher = threading.Thread(target=watch, daemon=True)
watcher.start()
native = session.read.parquet(str(folder / "t.parquet")).repartition({PARTS})
found["cells"] = count_in_engine(native, SPEC).as_json()
watcher.join(30)
while executors() > 1:
    time.sleep(0.2)
found["executors"].append(executors())
people = session.read.parquet(str(folder / "parts"))
alone = raudit.k_anonymity(people, ["race", "sex", "workclass"], sensitive=["income"])
found["alone"] = [finding.statement for finding in alone.findings]
found["record"] = recorded(folder, asked)
(folder / "found.json").write_text(json.dumps(found))
session.stop()
"""
