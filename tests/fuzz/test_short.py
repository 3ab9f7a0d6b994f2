"""A second of broken files for each reader; the long run is ``python tests/fuzz/harness.py --seconds 600``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path(__file__).with_name("harness.py")
LIGHT = ("record", "verifier", "arrow", "sqlite", "eval")


@pytest.mark.parametrize("targets", [LIGHT, pytest.param((), marks=pytest.mark.slow)])
def test_only_errors_of_ours_come_out(targets):
    seconds = "1" if targets else "200"
    command = [
        sys.executable,
        str(HARNESS),
        *(["--plain"] if targets else []),
        "--seconds",
        seconds,
        *(f"--target={name}" for name in targets),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("refused") == len(targets or done.stdout.splitlines())
