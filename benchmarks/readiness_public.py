"""Columns of public tables that readiness flags, each printed with its rule so that it can be judged: python benchmarks/readiness_public.py.

    python benchmarks/readiness_public.py [--shared ../shared/data] [--packages [--every 8]] [--rows 20000]

The five tables of scikit-learn and the shared tables known from fairness research always, each with its label;
``--packages`` adds the public tables of the benchmark group, without one. A column is flagged if it fails a rule of its
own: missing (001), placeholder (003), leak (007), constant (013), far outside (014).
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pii_public import FEWEST_ROWS, MOST_COLUMNS, public_tables

import raudit
from raudit.errors import RauditError

CLOCK = datetime(2026, 1, 1, tzinfo=UTC)
COLUMN_RULES = ("RA-DATA-001", "RA-DATA-003", "RA-DATA-007", "RA-DATA-013", "RA-DATA-014")
SHARED = {
    "fairness/adult/adult.parquet": "income",
    "fairness/acs_income/ACSIncome.test.parquet": None,
    "fairness/compas/compas-scores-two-years.csv": "two_year_recid",
    "fairness/compas/compas-scores-two-years-violent.csv": "two_year_recid",
    "fairness/aequitas_samples/compas_for_aequitas.csv": "label_value",
    "fairness/german/german_tailequy.csv": "class-label",
    "fairness/law_school/law_school_clean.csv": "pass_bar",
    "fairness/ucb_admissions/UCBAdmissions.csv": None,
    "experiment/cookie_cats.parquet": None,
}
BUNDLED = ("iris", "wine", "breast_cancer", "diabetes", "digits")

Named = tuple[str, Any, str | None]


def bundled() -> Iterator[Named]:
    from sklearn import datasets

    for name in BUNDLED:
        yield f"sklearn/{name}", getattr(datasets, f"load_{name}")(as_frame=True).frame, "target"


def shared(folder: Path) -> Iterator[Named]:
    for name, label in SHARED.items():
        path = folder / name
        if path.is_file():
            frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
            yield f"shared/{name.rsplit('/', 1)[-1]}", frame, label


def packages(every: int) -> Iterator[Named]:
    known = {f"sklearn/{name}" for name in BUNDLED}
    for key, load in islice(public_tables(), 0, None, every):
        try:
            frame = load()
        except (ValueError, KeyError, ImportError, AttributeError, TypeError):
            continue
        fits = isinstance(frame, pd.DataFrame) and len(frame) >= FEWEST_ROWS
        if fits and frame.shape[1] <= MOST_COLUMNS and key not in known:
            yield key, frame, None


def as_table(frame: pd.DataFrame, rows: int) -> pa.Table | None:
    frame = frame.sample(rows, random_state=1) if len(frame) > rows else frame
    frame = frame.reset_index(drop=True).set_axis([str(c) for c in frame.columns], axis=1)
    if frame.columns.duplicated().any() or not all(name.strip() for name in frame.columns):
        return None
    for name in frame.columns:
        if frame[name].dtype == object:
            frame[name] = frame[name].map(lambda value: None if pd.isna(value) else str(value))
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError):
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--packages", action="store_true")
    parser.add_argument(
        "--every", type=int, default=1, help="take every n-th table of the packages"
    )
    parser.add_argument("--rows", type=int, default=20_000)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    counts: dict[str, list[int]] = {}
    started = time.process_time()
    for part, tables in (
        ("scikit-learn", bundled()),
        ("shared", shared(chosen.shared)),
        ("packages", packages(chosen.every) if chosen.packages else iter(())),
    ):
        total = counts.setdefault(part, [0, 0, 0])
        for key, frame, label in tables:
            table = as_table(frame, chosen.rows)
            if table is None:
                continue
            try:
                result = raudit.readiness(table, label=label, clock=CLOCK)
            except RauditError as error:
                print(f"  {key}: {error}")
                continue
            flagged = {
                (f.subject.name, f.rule): f.statement
                for f in result.findings
                if f.status.value == "failed" and f.rule in COLUMN_RULES
            }
            total[0] += 1
            total[1] += table.num_columns
            total[2] += len({name for name, _rule in flagged})
            for (_name, rule), statement in flagged.items():
                print(f"  {key} | {rule} | {statement}", flush=True)
    for part, (tables_seen, columns, flagged_columns) in counts.items():
        if columns:
            print(
                f"{part}: {flagged_columns} of {columns:,} columns of {tables_seen} tables flagged "
                f"({flagged_columns / columns:.1%})"
            )
    print(f"  {time.process_time() - started:,.0f} s of processor", file=sys.stderr)


if __name__ == "__main__":
    main()
