"""Readiness and drift side by side with Evidently: what each finds, false alarms, processor time and memory.

    python benchmarks/readiness.py                      # raudit
    PEER=/path/to/python python benchmarks/readiness.py # and Evidently, in an environment of its own

Evidently is no dependency, not even of this benchmark's group: it pins libraries that raudit needs in other versions.
Both see the same Parquet files, made here with a seed. A table is called drifted where the tool says so of a column.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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
        [os.environ["PEER"], "-c", PEER, str(old), str(new)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-800:])
    return list(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Measure and print."""
    rng = np.random.default_rng(7)
    tools = {
        "raudit": raudit_drift,
        **({"evidently": peer_drift} if os.environ.get("PEER") else {}),
    }
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        old = folder / "old.parquet"
        table(rng).to_parquet(old)
        for tool, measure in tools.items():
            before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            draws = np.random.default_rng(8)
            alarms = tables = 0
            for _ in range(FALSE_RUNS):
                new = folder / "new.parquet"
                table(draws).to_parquet(new)
                wrong = measure(old, new)
                alarms += len(wrong)
                tables += bool(wrong)
            print(
                f"{tool}: unchanged data: {alarms} of {FALSE_RUNS * 21} columns, {tables} of {FALSE_RUNS} tables"
            )
            for name, frame in shifted(table(draws), draws).items():
                new = folder / "new.parquet"
                frame.to_parquet(new)
                moved = measure(old, new)
                print(
                    f"  {name:12} {'found' if name.split()[0] in moved else 'MISSED'}; also {len(moved) - 1}"
                )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            runs = FALSE_RUNS + 6
            cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / runs
            print(
                f"  {cpu:.1f} s of processor and {(time.perf_counter() - started) / runs:.1f} s by the clock a run, "
                f"at most {after.ru_maxrss / 2**10:,.0f} MiB"
            )


if __name__ == "__main__":
    main()
