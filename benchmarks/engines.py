"""What the cell table costs in an engine beside the engine's own GROUP BY: python benchmarks/engines.py --rows 10000000.

Each measurement is a process of its own: CPU seconds of it and its children (Spark's Java among them) once the libraries
are loaded, and the largest resident memory of one process. Compare only what one run prints.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from raudit.data.count import CellSpec
from raudit.data.engine import count_in_engine
from raudit.data.interface import ColumnName
from raudit.data.roles import Outcome
from raudit.plan.schema import Attribute

ROWS = """
    SELECT ['f', 'm'][(1 + hash(i) % 2)::BIGINT] AS sex, 'r' || hash(i + 1) % 5 AS race, 'g' || hash(i + 2) % 20 AS region,
           (17 + hash(i + 3) % 70)::INTEGER AS age, (hash(i + 4) % 4 = 0)::INTEGER AS y,
           (hash(i + 5) % 3 = 0)::INTEGER AS decided, 0.5 + (hash(i + 6) % 1000) / 500 AS w
    FROM range({rows}) t(i)
"""
RANGES = "(age >= 30)::INT + (age >= 45)::INT + (age >= 60)::INT"
KEYS = f"sex, race, region, {RANGES}, y, decided"
BARE = {
    "counts": f"SELECT {KEYS}, count(*) FROM t GROUP BY ALL",
    "weights": f"SELECT {KEYS}, count(*), sum(w), sum(w * w) FROM t GROUP BY ALL",
}


def spec(weighted: bool) -> CellSpec:
    """What is counted: 16,800 cells at most."""
    attributes = [Attribute(column=name) for name in ("sex", "race", "region")]
    return CellSpec(
        attributes=(*attributes, Attribute(column="age", edges=(30, 45, 60))),
        label=Outcome(column=ColumnName("y"), favourable=frozenset({"1"})),
        prediction=Outcome(column=ColumnName("decided"), favourable=frozenset({"1"})),
        weight=ColumnName("w") if weighted else None,
    )


def in_duckdb(what: str, kind: str, path: Path) -> int:
    import duckdb

    with duckdb.connect(str(path), read_only=True, config={"threads": "2"}) as db:
        if what == "bare":
            return len(db.execute(BARE[kind]).fetchall())
        return int(count_in_engine(db.table("t"), spec(kind == "weights")).n.size)


def in_spark(what: str, kind: str, path: Path) -> int:
    from pyspark.sql import SparkSession

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder: Any = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.driver.memory", "1g").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        frame = session.read.parquet(str(path.with_suffix(".parquet")))
        if what == "bare":
            frame.createOrReplaceTempView("t")
            ranges = " + ".join(f"int(age >= {edge})" for edge in (30, 45, 60))
            query = BARE[kind].replace(RANGES, ranges)
            return len(session.sql(query).collect())
        return int(count_in_engine(frame, spec(kind == "weights")).n.size)
    finally:
        session.stop()


ENGINES: dict[str, Callable[[str, str, Path], int]] = {"duckdb": in_duckdb, "spark": in_spark}


def used() -> tuple[float, float]:
    """CPU seconds and peak MB of this process and its children."""
    every = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in every)
    return cpu, max(one.ru_maxrss for one in every) / 1024


def measured(engine: str, what: str, kind: str, path: Path) -> tuple[float, float, int]:
    """CPU seconds, peak MB and cells of one process."""
    command = [sys.executable, __file__, "--one", engine, what, kind, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    cpu, peak, cells = done.stdout.split()[-3:]
    return float(cpu), float(peak), int(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        engine, what, kind, place = asked.one
        import duckdb
        import narwhals  # noqa: F401 -- loaded before the clock starts
        import pandas as pd  # noqa: F401 -- pyarrow loads it with the first array; the time of that is nobody's rows'
        import pyarrow.compute  # noqa: F401 -- the same

        before, _ = used()
        cells = ENGINES[engine](what, kind, Path(place))
        after, peak = used()
        print(after - before, peak, cells)
        return
    import duckdb

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "t.duckdb"
        with duckdb.connect(str(path)) as db:
            db.execute("CREATE TABLE t AS " + ROWS.format(rows=asked.rows))
            if "spark" in (asked.engine or ()):
                db.execute(f"COPY t TO '{path.with_suffix('.parquet')}'")
        for engine in asked.engine or ["duckdb"]:
            for kind in BARE:
                bare, _, _ = measured(engine, "bare", kind, path)
                own, peak, cells = measured(engine, "cells", kind, path)
                print(
                    f"{engine}, {asked.rows:,} rows, {kind}: bare GROUP BY {bare:.2f} CPU s, cell table {own:.2f} "
                    f"({own / bare:.1f} times), {cells:,} cells, peak {peak:,.0f} MB",
                    flush=True,
                )


if __name__ == "__main__":
    main()
