"""Made-up counts of three groups in the record that most tests use."""

from __future__ import annotations

from dataclasses import replace

from . import synthetic

RECORD = synthetic.make_record()
COUNTS = {  # people, chosen, true outcomes favourable, of them chosen
    "White": (13946, 2789, 3486, 2080),
    "Black": (1561, 137, 179, 87),
    "Other": (135, 14, 25, 10),
}


def estimate(group, metric, events, n):
    return {
        "by": ["Race"],
        "group": [group],
        "metric": metric,
        "events": events,
        "n": n,
        "value": events / n,
        "interval": [max(0.0, events / n - 0.02), min(1.0, events / n + 0.02)],
        "level": 0.95,
    }


def estimates():
    found = []
    for group, (n, chosen, good, hit) in reversed(COUNTS.items()):
        found += [
            estimate(group, "selection_rate", chosen, n),
            estimate(group, "base_rate", good, n),
            estimate(group, "true_positive_rate", hit, good),
            estimate(group, "false_positive_rate", chosen - hit, n - good),
            estimate(group, "accuracy", hit + n - good - (chosen - hit), n),
        ]
    return found


def with_groups(record=RECORD):
    stages = tuple(
        replace(stage, artefacts={"estimates": estimates()}) if stage.name == "fairness" else stage
        for stage in record.stages
    )
    return replace(record, stages=stages)
