"""The verdict and every finding as one JSON object, for scripts."""

from __future__ import annotations

from typing import Any

from raudit.gate.anchors import PlanLines
from raudit.gate.view import GateFinding, findings_of
from raudit.printable import json_text
from raudit.record import Record, record_to_json

SCHEMA = "raudit.gate/1"


def gate_json(record: Record, anchors: PlanLines) -> bytes:
    """Make the JSON output; its schema is ``schemas/gate-1.schema.json``."""
    verdict = record_to_json(record)["verdict"]
    rows = findings_of(record)
    said: dict[str, Any] = {
        "schema": SCHEMA,
        "system": {
            "name": record.system.get("name", ""),
            "version": record.system.get("version", ""),
        },
        "run": {
            "id": record.run.id,
            "clock": record.run.clock,
            "seed": record.run.seed,
            "raudit": record.run.raudit,
        },
        "verdict": verdict,
        "counts": _counts(rows),
        "stages": [
            {
                "name": stage.name,
                "title": stage.title,
                "outcome": str(stage.outcome),
                "reason": stage.reason,
            }
            for stage in record.stages
        ],
        "findings": [_row(item, anchors) for item in rows],
    }
    return (json_text(said, indent=1, sort_keys=True) + "\n").encode()


def _counts(rows: tuple[GateFinding, ...]) -> dict[str, int]:
    effects = ("blocks", "undecided", "noted", "known", "waived", "passed", "ignored")
    return {effect: sum(item.effect == effect for item in rows) for effect in effects}


def _row(item: GateFinding, anchors: PlanLines) -> dict[str, Any]:
    place = anchors.place(item.anchor)
    m = item.finding.measurement
    return {
        "rule": item.finding.rule,
        "title": item.rule.title if item.rule else item.finding.rule,
        "stage": item.stage,
        "subject": {
            "kind": item.finding.subject.kind,
            "name": item.finding.subject.name,
            "detail": dict(item.finding.subject.detail),
        },
        "fingerprint": item.finding.fingerprint,
        "status": str(item.status),
        "severity": str(item.severity),
        "effect": item.effect,
        "statement": item.finding.statement,
        "reason": item.reason,
        "explanation": item.explanation,
        "remedy": item.finding.remedy,
        "requirements": list(item.requirements),
        "adjusted_by_policy": item.adjusted,
        "measurement": None
        if m is None
        else {
            "metric": m.metric,
            "value": m.value,
            "n": m.n,
            "low": m.interval.low if m.interval else None,
            "high": m.interval.high if m.interval else None,
            "level": m.interval.level if m.interval else None,
        },
        "place": {"file": place.uri, "line": place.line},
    }
