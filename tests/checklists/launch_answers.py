"""A set of answers with which launch-readiness has nothing against a launch, for tests to spoil one at a time."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from raudit.checklists import Answers, Assessment, assess, parse_answers
from raudit.checklists.form.checklist import Checklist

TODAY = date(2026, 11, 21)
GUARDRAIL = {"metric": "Ratio of rates", "limit": "0.8", "action": "stop", "owner": "Ines"}
ALERTS = [
    {
        "metric": "ratio  of RATES",
        "threshold": "under 0.85",
        "channel": "pager",
        "on_call": "Ana Ruiz",
    },
    {"metric": "Drift", "threshold": "over 0.2", "channel": "mail", "on_call": "Mara Lindt"},
]
RISK = {
    "risk": "Wrong for some",
    "severity": "serious",
    "likelihood": "likely",
    "measure": "Look",
    "owner": "Ines",
    "due": "2027-01-01",
}
READY: dict[str, Any] = {
    "problem.statement": "People wait.",
    "problem.goal": "Decided within a day, percent",
    "problem.baseline": "12",
    "problem.target": "30",
    "problem.target_by": "2027-06-30",
    "problem.guardrails": [GUARDRAIL],
    "problem.recorded": "dated",
    "problem.recorded_on": "2026-09-04",
    "data.sources": [
        {"source": "Records", "owner": "Mara", "licence": "own", "refresh": "nightly"}
    ],
    "data.labels": "outcome",
    "data.label_plan": [
        {"kind": "yes", "have": "900", "need": "500", "plan": "two people", "by": "2026-12-01"}
    ],
    "data.split": "by_unit",
    "data.drift_reference": "saved",
    "data.sensitivity": ["people"],
    "data.redaction": "checked",
    "data.basis": "Contract",
    "experiment.baseline": "measured",
    "experiment.size": "before",
    "experiment.results_on": "2026-10-12",
    "experiment.gain_low": "9",
    "experiment.gain_high": "21",
    "experiment.guardrails": "held",
    "tradeoffs.unit": "euros",
    "tradeoffs.false_positive": "900",
    "tradeoffs.false_negative": "280",
    "tradeoffs.threshold": "from_costs",
    "tradeoffs.latency": "240",
    "tradeoffs.running_cost": "6.50",
    "tradeoffs.explanation": "staff",
    "rollout.shadow": "done",
    "rollout.steps": [
        {"step": "Canary", "share": "5", "next_if": "four weeks", "stop_if": "an appeal is upheld"}
    ],
    "rollout.rollback": "rehearsed",
    "rollout.rehearsed_on": "2026-11-03",
    "rollout.launch_on": "2027-01-18",
    "monitoring.alerts": ALERTS,
    "monitoring.truth_after": "weeks",
    "monitoring.tested": "every",
    "risk.list": [RISK],
    "risk.fairness": "settled",
    "risk.proxies": "yes",
    "risk.privacy": "approved",
    "risk.threats": "treated",
    "risk.transparency": "told_before",
    "risk.prohibited": "none_found",
    "risk.high_risk": "yes",
    "risk.log": "plain",
    "language.used": "no",
    "adoption.trained": "all_trained",
    "adoption.override": "recorded",
    "adoption.appeal": "decided_anew",
    "adoption.success": "After 30 days, 80 percent use it.",
}


def text_of(checklist: Checklist, values: dict[str, Any]) -> str:
    """An answers file; a mapping is taken as the whole answer, such as a state."""
    pin = {"id": checklist.id, "version": checklist.file.version, "sha256": str(checklist.sha256)}
    entries = {
        name: deepcopy(value)
        if isinstance(value, dict)
        else {"value": deepcopy(value), "by": "pm@example.org"}
        for name, value in values.items()
    }
    file = {
        "schema": "raudit.answers/1",
        "checklist": pin,
        "subject": {"project": "Loans"},
        "answers": entries,
    }
    out = StringIO()
    YAML().dump(file, out)
    return out.getvalue()


def answers_to(checklist: Checklist, values: dict[str, Any]) -> Answers:
    """Answers as they would be read from a file."""
    return parse_answers(text_of(checklist, values), checklist)


def assessed(
    checklist: Checklist, values: dict[str, Any], facts: dict[str, Any] | None = None
) -> Assessment:
    """What the values come to."""
    return assess(checklist, answers_to(checklist, values), facts=facts, today=TODAY)
