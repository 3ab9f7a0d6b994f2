"""Engines that hold a table: each a function from an Arrow table to what the engine gives for it."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pytest
from tests.postgres_server import free_port, postgres_server

POSTGRES_TYPES = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_float32, "real"),
    (pa.types.is_floating, "double precision"),
    (pa.types.is_decimal, "numeric(20,4)"),
    (pa.types.is_date, "date"),
    (lambda kind: pa.types.is_timestamp(kind) and kind.tz, "timestamptz"),
    (pa.types.is_timestamp, "timestamp"),
)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


@pytest.fixture(scope="session")
def postgres():
    """The address of a PostgreSQL server on loopback, started for the session."""
    with postgres_server() as address:
        yield f"owner@{address}/postgres"


def into_postgres(address, table, name="t"):
    import psycopg

    columns = []
    for field in table.schema:
        kind = next((sql for fits, sql in POSTGRES_TYPES if fits(field.type)), "text")
        columns.append(f"{quoted(field.name)} {kind}")
    with psycopg.connect(f"postgresql://{address}", autocommit=True) as db:
        db.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
        db.execute(f"CREATE TABLE {quoted(name)} ({', '.join(columns)})")
        with db.cursor() as cursor, cursor.copy(f"COPY {quoted(name)} FROM STDIN") as copy:
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                copy.write_row(row)


def into_sqlite(path, table, name="t"):
    kinds = (
        (pa.types.is_boolean, "BOOLEAN"),
        (pa.types.is_integer, "INTEGER"),
        (pa.types.is_floating, "REAL"),
    )
    columns = []
    for field in table.schema:
        kind = next((sql for fits, sql in kinds if fits(field.type)), "TEXT")
        columns.append(f"{quoted(field.name)} {kind}")
    db = sqlite3.connect(path)
    db.execute(f"CREATE TABLE {quoted(name)} ({', '.join(columns)})")
    marks = ", ".join("?" * table.num_columns)
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    db.executemany(f"INSERT INTO {quoted(name)} VALUES ({marks})", rows)
    db.commit()
    db.close()
    return path


@pytest.fixture(scope="session")
def spark():
    """A local Spark session."""
    sql = pytest.importorskip(
        "pyspark.sql", reason="pyspark is not installed (pip install 'raudit[spark]')"
    )
    if shutil.which("java") is None:
        pytest.skip("Java is not installed (Debian: apt-get install openjdk-17-jre-headless)")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = sql.SparkSession.builder.master("local[2]").config(
        "spark.driver.bindAddress", "127.0.0.1"
    )
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "4").config(
        "spark.driver.memory", "1g"
    )
    session = builder.config("spark.sql.caseSensitive", "true").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


@pytest.fixture(scope="session")
def connect_server():
    """The address of a Spark Connect server on loopback."""
    pyspark = pytest.importorskip(
        "pyspark", reason="pyspark is not installed (pip install 'raudit[spark]')"
    )
    pytest.importorskip("grpc", reason="grpcio is not installed (pip install 'pyspark[connect]')")
    script = Path(pyspark.__file__).parent / "sbin" / "start-connect-server.sh"
    if shutil.which("java") is None or not script.exists():
        pytest.skip("Java or Spark's server is not installed (pip install 'raudit[spark]')")
    port = free_port()
    settings = {"binding.address": "127.0.0.1", "binding.port": port}
    options = [
        part
        for key, value in settings.items()
        for part in ("--conf", f"spark.connect.grpc.{key}={value}")
    ]
    home = tempfile.mkdtemp(prefix="raudit-connect-")
    environment = {
        **os.environ,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_NO_DAEMONIZE": "1",
        "SPARK_LOG_DIR": home,
    }
    command = [
        "bash",
        str(script),
        "--master",
        "local[2]",
        "--conf",
        "spark.ui.enabled=false",
        *options,
    ]
    with subprocess.Popen(
        command,
        env=environment,
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as server:
        try:
            wait_for(port, 120)
            yield f"sc://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, 15)
            server.wait(60)
            shutil.rmtree(home, ignore_errors=True)


def wait_for(port, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    pytest.skip(f"Spark's server did not start in {seconds} s")


ENGINES = (
    "arrow",
    "polars",
    "duckdb",
    "sqlite",
    "postgres",
    "ibis-duckdb",
    pytest.param("spark", marks=pytest.mark.slow),
)


@pytest.fixture
def engine(request, tmp_path):
    """What holds a table, by name of the engine; the parameter of the test."""
    return request.getfixturevalue("held_by")(request.param)


@pytest.fixture
def held_by(request, tmp_path):
    """A function from an engine's name to a function from an Arrow table to that engine's table."""
    opened = []

    def table_in(connect):
        def hold(table):
            opened.append(connect(table))
            return opened[-1].table("t")

        return hold

    def find(name):
        if name == "arrow":
            return lambda table: table
        if name == "polars":
            polars = pytest.importorskip(
                "polars", reason="polars is not installed (pip install 'raudit[engines]')"
            )
            return lambda table: polars.from_arrow(table).lazy()
        if name == "duckdb":
            return duckdb_holds
        if name == "spark":
            session = request.getfixturevalue("spark")
            return lambda table: session.createDataFrame(table)
        ibis = pytest.importorskip(
            "ibis", reason="ibis is not installed (pip install 'raudit[warehouse]')"
        )
        if name == "sqlite":
            return table_in(
                lambda table: ibis.sqlite.connect(into_sqlite(tmp_path / "t.sqlite", table))
            )
        if name == "postgres":
            address = request.getfixturevalue("postgres")
            return table_in(lambda table: postgres_holds(ibis, address, table))
        return table_in(lambda table: ibis_duckdb_holds(ibis, tmp_path, table))

    yield find
    for connection in opened:
        connection.disconnect()


def duckdb_holds(table):
    duckdb = pytest.importorskip(
        "duckdb", reason="DuckDB is not installed (pip install 'raudit[engines]')"
    )
    db = duckdb.connect()
    db.execute("SET TimeZone = 'America/New_York'")
    db.register("t", table)
    return db.table("t")


def postgres_holds(ibis, address, table):
    into_postgres(address, table)
    return ibis.connect(f"postgres://{address}")


def ibis_duckdb_holds(ibis, folder, table):
    db = ibis.duckdb.connect(folder / "t.duckdb")
    db.con.register("view", table)
    db.con.execute("CREATE TABLE t AS SELECT * FROM view")
    return db
