"""Speed of the cell table against fairlearn on rows and DuckDB's bare GROUP BY, as ratios in one run.

python benchmarks/fairness.py [--rows 10000000] [--fairlearn-rows 100000]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RACES = ("asian", "black", "hispanic", "other", "white")
SEXES = ("female", "male")


def write(path: Path, rows: int) -> None:
    import pyarrow.parquet as pq

    rng = np.random.default_rng(7)
    with pq.ParquetWriter(path, _table(rng, 1).schema) as writer:
        for start in range(0, rows, 1_000_000):
            writer.write_table(_table(rng, min(1_000_000, rows - start)), row_group_size=1_000_000)


def _table(rng, rows):
    import pyarrow as pa

    race, sex = rng.integers(0, 5, rows).astype(np.int32), rng.integers(0, 2, rows).astype(np.int32)
    y = rng.random(rows) < 0.3
    p = rng.random(rows) < np.where(y, 0.7, 0.2) + 0.02 * race
    return pa.table(
        {
            "race": pa.DictionaryArray.from_arrays(race, list(RACES)).cast(pa.string()),
            "sex": pa.DictionaryArray.from_arrays(sex, list(SEXES)).cast(pa.string()),
            "y": y.astype(np.int8),
            "p": p.astype(np.int8),
        }
    )


def spec():
    from raudit.data.count import CellSpec
    from raudit.data.roles import Outcome
    from raudit.plan import Attribute

    one = frozenset({"1"})
    return CellSpec(
        attributes=(Attribute(column="race"), Attribute(column="sex")),
        label=Outcome(column="y", favourable=one),
        prediction=Outcome(column="p", favourable=one),
    )


def timed(work, repeats=3):
    best_wall, best_cpu, value = float("inf"), float("inf"), None
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        value = work()
        best_cpu = min(best_cpu, time.process_time() - cpu)
        best_wall = min(best_wall, time.perf_counter() - wall)
    return best_wall, best_cpu, value


METRICS = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "true_negative_rate",
    "false_negative_rate",
    "precision",
    "negative_predictive_value",
    "false_discovery_rate",
    "false_omission_rate",
    "accuracy",
    "balanced_accuracy",
    "f1_score",
)


def all_metrics(data):
    """12 metrics by 4 cuts (all, race, sex, both), each with intervals, from the rows on."""
    from raudit.data.count import count_cells
    from raudit.stages.fairness.measures.metrics import estimate, group_counts

    table = count_cells(data, spec())
    rng = np.random.default_rng(0)
    return [
        estimate(groups, metric, rng=rng, draws=1000)
        for groups in (group_counts(table, by) for by in ((), ("race",), ("sex",), ("race", "sex")))
        for metric in METRICS
    ]


def fairlearn_rows(table):
    import fairlearn.metrics as fm
    from sklearn import metrics as sk

    def negative(metric):
        return lambda y_true, y_pred: metric(1 - y_true, 1 - y_pred)

    functions = {
        "selection_rate": fm.selection_rate,
        "tpr": fm.true_positive_rate,
        "fpr": fm.false_positive_rate,
        "tnr": fm.true_negative_rate,
        "fnr": fm.false_negative_rate,
        "precision": sk.precision_score,
        "npv": negative(sk.precision_score),
        "fdr": lambda a, b: 1 - sk.precision_score(a, b),
        "for": lambda a, b: 1 - sk.precision_score(1 - a, 1 - b),
        "accuracy": sk.accuracy_score,
        "balanced": sk.balanced_accuracy_score,
        "f1": sk.f1_score,
    }
    frame = table.to_pandas()
    for features in (["race"], ["sex"], ["race", "sex"]):
        fm.MetricFrame(
            metrics=functions, y_true=frame.y, y_pred=frame.p, sensitive_features=frame[features]
        ).by_group


def count_memory(path: Path) -> tuple[float, float]:
    """Peak memory of a fresh process that counts the file, and of one that only imports what it needs, in MB."""
    status = "open('/proc/self/status')"
    code = (
        "import sys; sys.path.insert(0, 'benchmarks'); from fairness import spec; from pathlib import Path;"
        "from raudit.data import open_data; from raudit.data.count import count_cells\n"
        "import numpy, pyarrow.parquet, pyarrow.compute\n"
        "if len(sys.argv) > 1: count_cells(open_data(Path(sys.argv[1])), spec())\n"
        f"print(next(int(s.split()[1]) for s in {status} if s.startswith('VmHWM')) / 1024)"
    )
    runs = [[sys.executable, "-c", code, *rest] for rest in ([str(path)], [])]
    return tuple(
        float(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
        for run in runs
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--fairlearn-rows", type=int, default=1_000_000)
    args = parser.parse_args()
    from raudit.data import open_data, wrap_table
    from raudit.data.count import count_cells
    from raudit.stats import dirichlet_draws

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.parquet"
        write(path, args.rows)
        data = open_data(path)
        import duckdb

        query = f"SELECT race, sex, y, p, count(*) FROM '{path}' GROUP BY ALL"
        duckdb.sql("SET threads=2")
        ours = timed(lambda: count_cells(data, spec()))
        theirs = timed(lambda: duckdb.sql(query).fetchall())
        assert ours[2].total == args.rows
        print(
            f"{args.rows:,} rows, Parquet: raudit {ours[0]:.2f} s, DuckDB {theirs[0]:.2f} s wall: "
            f"{ours[0] / theirs[0]:.2f} x (CPU {ours[1]:.2f}, {theirs[1]:.2f}: {ours[1] / theirs[1]:.2f} x)"
        )
        peak, idle = count_memory(path)
        print(f"peak memory {peak:.0f} MB, of which {idle:.0f} MB are imports")
    table = _table(np.random.default_rng(3), 1_000_000)
    ours = timed(lambda: all_metrics(wrapped), 5) if (wrapped := wrap_table(table)) else None
    draws = timed(lambda: _draws(dirichlet_draws))
    print(f"12 metrics x 4 cuts with intervals on 1e6 rows of strings: {ours[0] * 1e3:.0f} ms")
    coded = wrap_table(
        table.set_column(0, "race", table["race"].dictionary_encode()).set_column(
            1, "sex", table["sex"].dictionary_encode()
        )
    )
    codes = timed(lambda: all_metrics(coded), 5)
    print(f"the same on dictionary codes: {codes[0] * 1e3:.0f} ms")
    print(f"10,000 draws of 12 metrics x 4 cuts: {draws[0]:.3f} s")
    part = table.slice(0, args.fairlearn_rows)
    peer = timed(lambda: fairlearn_rows(part), 1)
    scale = 1_000_000 / args.fairlearn_rows
    print(
        f"fairlearn MetricFrame, 12 metrics x 3 frames on {args.fairlearn_rows:,} rows: {peer[0]:.1f} s"
        f"{f' (times {scale:.0f} for 1e6)' if scale != 1 else ''}"
    )
    for name, time_ in (("strings", ours), ("codes", codes)):
        print(
            f"ratio on {name}: {peer[0] * scale / time_[0]:,.0f} x wall, {peer[1] * scale / time_[1]:,.0f} x CPU"
        )
    print(
        f"this process peaked at {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


def _draws(dirichlet_draws):
    rng = np.random.default_rng(0)
    for groups in (1, 5, 2, 10):
        c = dirichlet_draws(np.full((groups, 4), 250.0), 10_000, rng)
        tn, fp, fn, tp = np.moveaxis(c, -1, 0)
        values = np.stack(
            [
                fp + tp,
                tp / (tp + fn),
                fp / (fp + tn),
                tn / (fp + tn),
                fn / (tp + fn),
                tp / (tp + fp),
                tn / (tn + fn),
                fp / (tp + fp),
                fn / (tn + fn),
                tn + tp,
                (tp / (tp + fn) + tn / (tn + fp)) / 2,
                2 * tp / (2 * tp + fp + fn),
            ]
        )
        low, high = int(0.025 * 10_000), int(0.975 * 10_000)
        np.partition(values, (low, high), axis=1)[:, (low, high)]


if __name__ == "__main__":
    main()
