"""Decisions at other thresholds are counted as replaying them row by row would."""

from __future__ import annotations

import numpy as np
import pytest

from raudit.pipeline import measure, prepare
from raudit.plan import load_plan

PLAN = """schema: raudit.plan/1
system: {name: Small, version: "1"}
data:
  path: data.csv
  label: {column: y, favourable: "1", unfavourable: "0"}
  score: {column: s, threshold: 0.5}
sensitive_features: [sex]
stages: {fairness: {}}
"""


def test_thresholds_are_those_of_the_rows(tmp_path):
    from datetime import UTC, datetime

    draw = np.random.default_rng(3)
    score = np.round(draw.random(400), 3)
    good = draw.random(400) < score
    rows = [f"{int(y)},{s},{'fm'[i % 2]}" for i, (y, s) in enumerate(zip(good, score, strict=True))]
    (tmp_path / "data.csv").write_text("y,s,sex\n" + "\n".join(rows) + "\n")
    (tmp_path / "raudit.yaml").write_text(PLAN)
    plan = load_plan(tmp_path / "raudit.yaml")
    record = measure(prepare(plan, clock=datetime(2026, 11, 26, tzinfo=UTC)))
    counted = record.stage("fairness").artefacts["thresholds"]
    assert [row["threshold"] for row in counted] == pytest.approx([t / 10 for t in range(1, 10)])
    for row in counted:
        chosen = score >= row["threshold"]
        assert row["true_positives"] == (chosen & good).sum()
        assert row["false_positives"] == (chosen & ~good).sum()
        assert row["false_negatives"] == (~chosen & good).sum()
        assert row["true_negatives"] == (~chosen & ~good).sum()
