"""CPU seconds of every stage of an audit, without the report: python benchmarks/whole_audit.py --rows 1000000.

The table is the example's applicants repeated and changed, with a key, an address and a note for each row, 15 columns
and a model of XGBoost. Compare only what one run prints.

``--by-hand`` sets beside it what a team would write: fairlearn's MetricFrame with bootstrapped intervals, shap's
TreeExplainer on as many rows as raudit explains, presidio's analyzer on as many cells as raudit samples of each column
(the cost of all of them is reckoned from these), and the rows counted by pandas.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from raudit.data.readers.isolated import READERS
from raudit.pipeline import measure, prepare
from raudit.plan import parse_plan

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "adult-income"
FEATURES = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
KEPT = [
    *FEATURES,
    "workclass",
    "marital-status",
    "occupation",
    "relationship",
    "native-country",
    "sex",
    "race",
    "income",
]


def table(rows: int) -> pa.Table:
    rng = np.random.default_rng(0)
    base = pq.read_table(EXAMPLE / "data" / "applicants.parquet", columns=KEPT)
    taken = base.take(pa.array(rng.integers(0, base.num_rows, rows)))
    ages = np.clip(taken["age"].to_numpy() + rng.integers(-3, 4, rows), 17, 95)
    taken = taken.set_column(0, "age", pa.array(ages))
    taken = taken.append_column("id", pa.array([f"A-{n:08d}" for n in range(rows)]))
    return taken.append_column("mail", pa.array([f"user{n}@example.org" for n in range(rows)]))


def model(path: Path, data: pa.Table) -> None:
    import xgboost

    frame = data.slice(0, 20_000).select(FEATURES).to_pandas().astype(float)
    target = np.asarray(data.slice(0, 20_000)["income"].to_pylist()) == ">50K"
    booster = xgboost.train(
        {"objective": "binary:logistic"}, xgboost.DMatrix(frame, target), num_boost_round=50
    )
    booster.save_model(path)


EXPLAINED, SAMPLED, RESAMPLES = 8_000, 1_000, 100


def by_hand(folder: Path) -> None:
    """Print what the libraries' own calls cost on the same rows."""
    import pandas as pd
    import shap
    import xgboost
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate
    from pii_peer import engine

    last = cpu()

    def told(what: str) -> None:
        nonlocal last
        print(f"  by hand, {what}: {cpu() - last:.1f}", flush=True)
        last = cpu()

    frame = pd.read_parquet(folder / "data.parquet")
    booster = xgboost.Booster(model_file=folder / "model.json")
    features = frame[FEATURES].astype(float)
    chosen = booster.predict(xgboost.DMatrix(features)) >= 0.5
    told("reading and predicting")
    MetricFrame(
        metrics={"selected": selection_rate, "false positives": false_positive_rate},
        y_true=frame["income"] == ">50K",
        y_pred=chosen,
        sensitive_features=frame[["sex", "race"]],
        n_boot=RESAMPLES,
        ci_quantiles=[0.025, 0.975],
        random_state=0,
    )
    told(f"fairlearn with {RESAMPLES} resamples")
    shap.TreeExplainer(booster).shap_values(features.sample(EXPLAINED, random_state=0))
    told(f"shap on {EXPLAINED:,} rows")
    texts = frame.select_dtypes(exclude="number").columns
    analyzer, cells = engine(), 0
    for name in texts:
        sampled = frame[name].sample(SAMPLED, random_state=0).astype(str).tolist()
        cells += sum(1 for _found in analyzer.analyze_iterator(sampled, language="en"))
    every = len(frame) * len(texts)
    spent = cpu() - last
    told(f"presidio on {cells:,} cells ({spent * every / cells:,.0f} for all {every:,}, reckoned)")
    frame.isna().sum(), frame.duplicated().sum(), frame.nunique()
    frame.groupby([name for name in texts if name not in {"id", "mail"}]).size().value_counts()
    told("missing, duplicates, distinct values and group sizes by pandas")


def cpu() -> float:
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--key", action="store_true", help="name the rows by their key")
    parser.add_argument("--by-hand", action="store_true", help="and what a team would write")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = table(asked.rows)
        pq.write_table(data, folder / "data.parquet", row_group_size=131_072)
        model(folder / "model.json", data)
        plan = {
            "schema": "raudit.plan/1",
            "system": {"name": "benchmark", "version": "1"},
            "data": {"path": "data.parquet", "label": {"column": "income", "favourable": ">50K"}},
            "model": {"path": "model.json", "classes": ["<=50K", ">50K"], "features": FEATURES},
            "sensitive_features": ["sex", "race"],
        }
        if asked.key:
            plan["data"]["key"] = "id"
        del data
        begin, clock, last = cpu(), time.monotonic(), cpu()
        marks = {}

        def ended(stage) -> None:
            nonlocal last
            marks[f"{stage.name} ({stage.outcome})"] = round(cpu() - last, 1)
            last = cpu()

        prepared = prepare(
            parse_plan(json.dumps(plan), folder=folder), clock=datetime(2026, 1, 1, tzinfo=UTC)
        )
        measure(prepared, on_stage=ended)
        READERS.end()  # the kernel counts a process when it has ended
        print(
            f"{asked.rows:,} rows: {cpu() - begin:.1f} CPU s, {time.monotonic() - clock:.1f} s by the clock"
        )
        print("\n".join(f"  {name}: {seconds}" for name, seconds in marks.items()))
        print("  the first stage includes reading, the content digest and predicting;")
        print("  the sum includes the processes that read files, which end last")
        peak = max(
            resource.getrusage(who).ru_maxrss
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        print(f"  peak {peak / 1024:.0f} MB")
        if asked.by_hand:
            by_hand(folder)


if __name__ == "__main__":
    main()
