"""Readiness and drift side by side with Evidently and Deepchecks: what each finds, false alarms, time and memory.

    python benchmarks/readiness.py
    DRIFT_PEER=/path/to/python CHECK_PEER=/path/to/python python benchmarks/readiness.py

The first peer is Evidently (0.7.23 with pandas below 3), the second Deepchecks (0.19.1 with scikit-learn 1.5), each in
an environment of its own: they are no dependencies, since they pin libraries that raudit needs in other versions. All
see the same Parquet files, made here with a seed. A table is called drifted, and a fault found, where the tool says so
by its own defaults.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FALSE_RUNS = 10
ROWS = 2_000


def table(rng: np.random.Generator, n: int = ROWS) -> pd.DataFrame:
    """Twenty features and a label of two classes."""
    numbers = {f"n{i}": rng.gamma(3, 10, n).round(2) for i in range(10)}
    levels = {
        f"l{i}": rng.choice(list("abcdef"), n, p=[0.4, 0.2, 0.2, 0.1, 0.06, 0.04])
        for i in range(10)
    }
    frame = pd.DataFrame(numbers | levels)
    score = (frame["n0"] - 30) / 20 + (frame["l0"] == "a") + rng.normal(0, 2, n)
    return frame.assign(label=np.where(score > 0.4, "yes", "no"))


def shifted(frame: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Copies in each of which one column moved."""
    n = len(frame)
    return {
        "n1 mean": frame.assign(n1=frame["n1"] + 12),
        "n2 spread": frame.assign(n2=(frame["n2"] - 30) * 1.6 + 30),
        "l1 share": frame.assign(l1=np.where(rng.random(n) < 0.25, "f", frame["l1"])),
        "l2 renamed": frame.assign(l2=frame["l2"].str.upper()),
        "n3 empty": frame.assign(n3=frame["n3"].where(rng.random(n) > 0.2)),
        "n4 unit": frame.assign(n4=frame["n4"] * 100),
    }


def raudit_drift(old: Path, new: Path) -> list[str]:
    """Columns that raudit says moved, or changed their levels."""
    command = [
        sys.executable,
        "-m",
        "raudit",
        "readiness",
        str(new),
        "--earlier",
        str(old),
        "--json",
        "--quiet",
    ]
    done = subprocess.run(
        [*command, "--label", "label"], capture_output=True, text=True, check=False
    )
    findings = json.loads(done.stdout)["findings"]
    return sorted(
        {
            f["subject"]
            for f in findings
            if f["status"] == "failed" and f["rule"].startswith("RA-DRIFT")
        }
    )


PEER = """
import sys, json, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset
old, new = (pd.read_parquet(p) for p in sys.argv[1:3])
report = Report([DataDriftPreset()]).run(new, old)
found = []
for metric in report.dict()["metrics"]:
    config = metric.get("config", {})
    if "column" in config and isinstance(metric["value"], (int, float)):
        name, value, method, line = config["column"], metric["value"], config.get("method", ""), config.get("threshold")
        distance = "distance" in method.lower() or "psi" in method.lower() or "divergence" in method.lower()
        if line is None:
            line = 0.1 if distance else 0.05
        if (value >= line) if distance else (value < line):
            found.append(name)
print(json.dumps(sorted(set(found))))
"""


def peer_drift(old: Path, new: Path) -> list[str]:
    """Columns that Evidently's preset for drift says moved, by its own thresholds."""
    done = subprocess.run(
        [os.environ["DRIFT_PEER"], "-c", PEER, str(old), str(new)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-800:])
    return list(json.loads(done.stdout.splitlines()[-1]))


def faulty(clean: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Copies with one planted fault each; their training table is another draw."""
    n = len(clean)
    some = rng.random(n) < 0.06
    return {
        "duplicates": pd.concat([clean, clean.iloc[: n // 20]], ignore_index=True),
        "leak": clean.assign(n5=np.where(clean["label"] == "yes", 1, 0) + rng.normal(0, 0.1, n)),
        "placeholder": clean.assign(l1=np.where(some, "?", clean["l1"])),
        "constant": clean.assign(l3="a"),
        "wrong unit": clean.assign(n6=np.where(rng.random(n) < 0.003, 1e6, clean["n6"])),
    }


OURS = {
    "duplicates": "RA-DATA-004",
    "overlap": "RA-DATA-006",
    "leak": "RA-DATA-007",
    "placeholder": "RA-DATA-003",
    "constant": "RA-DATA-013",
    "wrong unit": "RA-DATA-014",
}
"""Rule that names each fault."""
THEIRS = {
    "duplicates": ["Data Duplicates"],
    "overlap": ["Train Test Samples Mix"],
    "leak": ["Feature-Label Correlation", "Feature Label Correlation Change"],
    "placeholder": ["Mixed Nulls", "Special Characters", "New Category Train Test"],
    "constant": ["Is Single Value"],
    "wrong unit": ["Outlier Sample Detection"],
}
"""Checks of Deepchecks that bear on each fault."""


def raudit_checks(train: Path, new: Path) -> list[str]:
    """Rules of readiness that fail."""
    command = [sys.executable, "-m", "raudit", "readiness", str(new), "--reference", str(train)]
    done = subprocess.run(
        [*command, "--label", "label", "--json", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    findings = json.loads(done.stdout)["findings"]
    failed = [f for f in findings if f["status"] == "failed" and f["rule"].startswith("RA-DATA")]
    return sorted(f["rule"] for f in failed)


CHECKS = """
import sys, json, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from deepchecks.tabular import Dataset
from deepchecks.tabular.suites import data_integrity, train_test_validation
train, new = (pd.read_parquet(p) for p in sys.argv[1:3])
levels = [c for c in train if c.startswith("l") and c != "label"]
sets = [Dataset(frame, label="label", cat_features=levels) for frame in (train, new)]
failed = []
for result in (data_integrity().run(sets[1]), train_test_validation().run(*sets)):
    failed += [check.header.split(" - ")[0] for check in result.get_not_passed_checks()]
print(json.dumps(sorted(failed)))
"""


def peer_checks(train: Path, new: Path) -> list[str]:
    """Checks of Deepchecks' suites for integrity and train-test that do not pass."""
    done = subprocess.run(
        [os.environ["CHECK_PEER"], "-c", CHECKS, str(train), str(new)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-800:])
    return list(json.loads(done.stdout.splitlines()[-1]))


def spent(run: Callable[[], int]) -> None:
    """Print what a number of runs cost."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    runs = run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / runs
    print(
        f"  {cpu:.1f} s of processor and {(time.perf_counter() - started) / runs:.1f} s by the clock a run; "
        f"so far at most {after.ru_maxrss / 2**10:,.0f} MiB",
        flush=True,
    )


def drift(tool: str, measure: Callable[[Path, Path], list[str]], folder: Path) -> int:
    """Print false alarms and what was found of the shifts; give the number of runs."""
    old, new, draws = folder / "old.parquet", folder / "new.parquet", np.random.default_rng(8)
    table(np.random.default_rng(7)).to_parquet(old)
    wrong = []
    for _ in range(FALSE_RUNS):
        table(draws).to_parquet(new)
        wrong.append(len(measure(old, new)))
    print(
        f"{tool}: unchanged data: {sum(wrong)} of {FALSE_RUNS * 21} columns, "
        f"{sum(map(bool, wrong))} of {FALSE_RUNS} tables"
    )
    cases = shifted(table(draws), draws)
    for name, frame in cases.items():
        frame.to_parquet(new)
        moved = measure(old, new)
        word = "found" if name.split()[0] in moved else "MISSED"
        print(f"  {name:12} {word}; also {len(moved) - (word == 'found')}", flush=True)
    return FALSE_RUNS + len(cases)


def checks(
    measure: Callable[[Path, Path], list[str]],
    names: Mapping[str, str | list[str]],
    folder: Path,
) -> int:
    """Print what was found of the faults and what is said of clean tables; give the number of runs."""
    train, new, draws = folder / "train.parquet", folder / "new.parquet", np.random.default_rng(9)
    learnt = table(draws)
    learnt.to_parquet(train)
    clean = table(draws)
    overlap = pd.concat([clean, learnt.iloc[:300]], ignore_index=True)
    cases = {
        "clean": clean,
        "clean again": table(draws),
        **faulty(clean, draws),
        "overlap": overlap,
    }
    for name, frame in cases.items():
        frame.to_parquet(new)
        failed = measure(train, new)
        wanted = names.get(name, [])
        hits = [f for f in failed if f in ([wanted] if isinstance(wanted, str) else wanted)]
        word = "found" if hits else "" if name.startswith("clean") else "MISSED"
        rest = sorted(set(failed) - set(hits))
        print(f"  {name:12} {word:7} also {len(rest)} {', '.join(rest)}", flush=True)
    return len(cases)


def main() -> None:
    """Measure and print."""
    drifts = {"raudit": raudit_drift}
    readiness: dict[str, tuple[Any, Any]] = {"raudit": (raudit_checks, OURS)}
    if os.environ.get("DRIFT_PEER"):
        drifts["evidently"] = peer_drift
    if os.environ.get("CHECK_PEER"):
        readiness["deepchecks"] = (peer_checks, THEIRS)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for tool, measure in drifts.items():
            spent(partial(drift, tool, measure, folder))
        for tool, (measure, names) in readiness.items():
            print(f"{tool}: planted faults")
            spent(partial(checks, measure, names, folder))


if __name__ == "__main__":
    main()
