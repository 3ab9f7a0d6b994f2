"""The whole gate on the bundled audit, first with nothing kept and then with everything unchanged.

Copies the example, trains its model if it is not there, runs ``raudit check`` three times (nothing kept, kept, kept
again) and prints CPU and wall times, their ratios, and whether the records have the same bytes. Ends in 1 if the
second run is not at least five times as fast, or a byte differs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from raudit.resources import resource_dir

CLOCK = "2026-11-21T10:00:00Z"


def main() -> int:
    """Run it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "audit"
        shutil.copytree(resource_dir("examples") / "adult-income", folder)
        if not (folder / "model.skops").exists():
            subprocess.run([sys.executable, "train.py"], cwd=folder, check=True)
        runs = [timed(folder, f"r{number}.json") for number in range(3)]
        same = len({(folder / f"r{number}.json").read_bytes() for number in range(3)}) == 1
    cold, warm = runs[0], min(runs[1:], key=lambda run: run[0])
    print(f"nothing kept: {cold[0]:.2f} s CPU, {cold[1]:.2f} s wall")
    print(f"unchanged:    {warm[0]:.2f} s CPU, {warm[1]:.2f} s wall")
    print(f"ratio:        {cold[0] / warm[0]:.1f} x CPU, {cold[1] / warm[1]:.1f} x wall (bar: 5 x)")
    print(f"records have the same bytes: {'yes' if same else 'NO'}")
    return int(not same or cold[0] / warm[0] < 5)


def timed(folder: Path, record: str) -> tuple[float, float]:
    """CPU and wall seconds of one check."""
    args = [
        sys.executable,
        "-m",
        "raudit",
        "check",
        "--no-log",
        "--clock",
        CLOCK,
        "-q",
        "--output",
        f"record={record}",
    ]
    before, start = os.times(), time.perf_counter()
    done = subprocess.run(args, cwd=folder, check=False, capture_output=True, text=True)
    after, end = os.times(), time.perf_counter()
    if not (folder / record).exists():
        raise SystemExit(done.stderr)
    cpu = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    return cpu, end - start


if __name__ == "__main__":
    sys.exit(main())
