"""A model at the threshold: both certain verdicts together stay within the stated error rate."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from raudit.findings import Status

BENCH = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "gate_flip.py"))


@pytest.mark.parametrize("gap", [0.10, 0.09, 0.11])
def test_certain_verdicts_at_and_near_the_threshold(gap):
    counts = BENCH["draws"](np.random.default_rng(1), gap, 4000)
    verdicts = [BENCH["judged"](pair)[0] for pair in counts]
    passed, failed = verdicts.count(Status.PASSED) / 4000, verdicts.count(Status.FAILED) / 4000
    if gap == BENCH["LIMIT"]:
        assert passed + failed <= 0.05 + 0.011
    assert min(passed, failed) <= 0.025 + 0.008
