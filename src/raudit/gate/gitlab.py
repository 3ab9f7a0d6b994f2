"""GitLab code quality: the JSON that a merge request shows."""

from __future__ import annotations

from raudit.findings import Severity
from raudit.gate.anchors import Place, PlanLines
from raudit.gate.view import findings_of, unsettled
from raudit.printable import json_text, printable
from raudit.record import Record

_SEVERITY = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def code_quality(record: Record, anchors: PlanLines) -> bytes:
    """Make the list of issues: what blocks, what could not be told, what did not run, what failed without blocking."""
    assert record.verdict is not None  # noqa: S101 -- findings_of looks too
    issues = []
    for open_one in unsettled(record):
        place = anchors.place(open_one.anchor)
        key = open_one.fingerprint
        issues.append(_issue("RA-GATE-001", open_one.text, key, "critical", place))
    for item in findings_of(record):
        if item.effect in {"blocks", "undecided", "noted"}:
            text = item.finding.statement + (f" {item.why}" if item.why else "")
            severity = "info" if item.effect == "noted" else _SEVERITY[item.severity]
            place = anchors.place(item.anchor)
            issues.append(
                _issue(item.finding.rule, text, item.finding.fingerprint, severity, place)
            )
    return (json_text(issues, indent=1, sort_keys=True) + "\n").encode()


def _issue(
    rule: str, text: str, fingerprint: str, severity: str, place: Place
) -> dict[str, object]:
    return {
        "check_name": rule,
        "description": printable(text),
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": place.uri, "lines": {"begin": place.line}},
    }
