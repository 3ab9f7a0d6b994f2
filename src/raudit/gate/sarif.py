"""SARIF 2.1.0, in the part that GitHub code scanning reads.

Passed, waived and known findings are left out: GitHub does not read ``suppressions``, so they would show as open
alerts. JSON, JUnit, the report and the log hold them.
"""

from __future__ import annotations

import gzip
import re
from typing import Any

from raudit.findings import Rule, Severity, Status
from raudit.gate.anchors import Place, PlanLines
from raudit.gate.view import GateFinding, Unsettled, catalogue, findings_of, unsettled
from raudit.printable import json_text, printable
from raudit.record import Outcome, Record

SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
MAX_RESULTS = 5_000
"""GitHub shows the first 5,000 results; more than 25,000 are refused."""
MAX_GZIP_BYTES = 10_000_000
MAX_TAGS = 10
MAX_NAME = 255
MAX_DESCRIPTION = 1024

_LEVEL = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_PROBLEM = {"error": "error", "warning": "warning", "note": "recommendation"}
_SECURITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "1.0",
}
NOT_RUN = Rule(
    id="RA-GATE-001",
    title="What the audit had to show is not there",
    why="What was not measured cannot be relied on; a gate that stays silent about it would show green for nothing.",
    how="A stage that the plan or the policy asks for was skipped or failed, an assessment or a proof that the policy "
    "asks for is not there, a waiver lies around that a strict policy does not let lie, or nothing was evaluated.",
    fix="Read the reason, mend the plan, the data or the policy, and run the audit again.",
    severity=Severity.HIGH,
)


def sarif_log(record: Record, anchors: PlanLines) -> bytes:
    """Make a SARIF log with one run."""
    shown = [
        item for item in findings_of(record) if item.effect in {"blocks", "undecided", "noted"}
    ]
    every = [item for item in shown if item.status is not Status.PASSED]
    shown = every[:MAX_RESULTS]
    while True:
        data = _bytes(record, shown, anchors, left_out=len(every) - len(shown))
        if len(gzip.compress(data, mtime=0)) <= MAX_GZIP_BYTES or not shown:
            return data
        shown = shown[: len(shown) // 2]  # worst first, so the worst stay


def _bytes(record: Record, shown: list[GateFinding], anchors: PlanLines, *, left_out: int) -> bytes:
    assert record.verdict is not None  # noqa: S101 -- findings_of has looked
    missing = unsettled(record)
    rules = _rules(record, shown, bool(missing))
    index = {rule.id: number for number, rule in enumerate(rules)}
    results = [_open_result(item, anchors, index) for item in missing]
    results += [_result(item, anchors, index) for item in shown]
    run = {
        "tool": {
            "driver": {
                "name": "raudit",
                "semanticVersion": _semantic(record.run.raudit),
                "version": record.run.raudit,
                "rules": [_descriptor(rule) for rule in rules],
            }
        },
        "automationDetails": {"id": f"raudit/{_slug(record)}/{record.run.id}"},
        "columnKind": "utf16CodeUnits",
        "invocations": [
            {
                "executionSuccessful": not any(
                    stage.outcome is Outcome.FAILED for stage in record.stages
                ),
                "exitCode": record.verdict.exit_status,
                "endTimeUtc": record.run.clock,
            }
        ],
        "results": results,
        "properties": {
            "verdict": str(record.verdict.status),
            "policy": record.verdict.policy.get("name", ""),
            **({"findingsLeftOut": left_out} if left_out else {}),
        },
    }
    log = {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}
    return (json_text(log, indent=1, sort_keys=True) + "\n").encode()


def _rules(record: Record, shown: list[GateFinding], with_gate: bool) -> list[Rule]:
    """Catalogue of the record, and a stand-in for any rule that a stage answered without declaring it."""
    rules = {rule.id: rule for rule in catalogue(record)}
    for item in shown:
        rules.setdefault(
            item.finding.rule,
            Rule(
                id=item.finding.rule,
                title=item.finding.rule,
                why=item.finding.statement,
                how=f"Measured by the stage {item.stage}.",
                fix=item.finding.remedy or "Read the report's section on it.",
                severity=item.finding.severity,
            ),
        )
    if with_gate:
        rules[NOT_RUN.id] = NOT_RUN
    return [rules[key] for key in sorted(rules)]


def _descriptor(rule: Rule) -> dict[str, Any]:
    level = _LEVEL[rule.severity]
    properties: dict[str, Any] = {
        "tags": ["responsible-ai", *rule.requirements][:MAX_TAGS],
        "precision": "high",
        "problem.severity": _PROBLEM[level],
    }
    if rule.id.startswith("RA-PII"):
        # GitHub files a result with this property under security; only exposed personal data belongs there
        properties["security-severity"] = _SECURITY[rule.severity]
        properties["tags"] = ["security", *properties["tags"]][:MAX_TAGS]
    return {
        "id": rule.id,
        "name": _cut(_pascal(rule.title) or rule.id, MAX_NAME),
        "shortDescription": {"text": _cut(rule.title or rule.id, MAX_DESCRIPTION)},
        "fullDescription": {"text": _cut(rule.why or rule.title or rule.id, MAX_DESCRIPTION)},
        "help": {
            "text": f"Why: {rule.why}\nHow it is measured: {rule.how}\nHow to fix it: {rule.fix}",
            "markdown": f"**Why.** {_md(rule.why)}\n\n**How it is measured.** {_md(rule.how)}\n\n"
            f"**How to fix it.** {_md(rule.fix)}",
        },
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }


def _result(item: GateFinding, anchors: PlanLines, index: dict[str, int]) -> dict[str, Any]:
    message = item.finding.statement or item.finding.rule
    if item.status is Status.INDETERMINATE:
        message = f"Could not be told: {message} {item.why}"
    if item.finding.remedy:
        message += f" {item.finding.remedy}"
    level = _LEVEL[item.severity]
    if item.effect == "noted" or item.status is Status.INDETERMINATE:
        level = "note" if item.effect == "noted" else "warning"
    return {
        "ruleId": item.finding.rule,
        "ruleIndex": index[item.finding.rule],
        "level": level,
        "kind": "fail",
        "message": {"text": _plain(message.strip())},
        "locations": [_location(anchors.place(item.anchor))],
        "partialFingerprints": {"primaryLocationLineHash": item.finding.fingerprint},
        "properties": {
            "status": str(item.status),
            "severity": str(item.severity),
            "effect": item.effect,
            "requirements": list(item.requirements),
        },
    }


def _open_result(item: Unsettled, anchors: PlanLines, index: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": NOT_RUN.id,
        "ruleIndex": index[NOT_RUN.id],
        "level": "error",
        "kind": "fail",
        "message": {"text": _plain(item.text)},
        "locations": [_location(anchors.place(item.anchor))],
        "partialFingerprints": {"primaryLocationLineHash": item.fingerprint},
        "properties": {
            "status": "indeterminate",
            "severity": "high",
            "effect": "undecided",
            "requirements": [],
        },
    }


def _plain(text: str) -> str:
    """Text without the links that a plain message may hold (SARIF 2.1.0, 3.11.6)."""
    return printable(text).replace("](", "] (")


def _location(place: Place) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(place.uri), "uriBaseId": "%SRCROOT%"},
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.line,
                "endColumn": place.end_column,
            },
        }
    }


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path)


def _slug(record: Record) -> str:
    name = f"{record.system.get('name', 'system')}"
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-")[:100] or "system"


def _semantic(version: str) -> str:
    """``0.1.0rc1`` and the like become Semantic Versioning 2.0."""
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?[.-]?(.*)", version)
    if match is None:
        return "0.0.0"
    rest = re.sub(r"[^0-9A-Za-z-]", "-", match[4])
    return f"{match[1]}.{match[2]}.{match[3] or 0}" + (f"-{rest}" if rest else "")


def _pascal(title: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", title))


def _md(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", text)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
