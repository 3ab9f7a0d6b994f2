"""A scan without a plan as SARIF 2.1.0, for tools that collect findings."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from raudit.findings import Finding, Rule, Severity, Status
from raudit.printable import printable
from raudit.scan.sweep import SweepResult, TableResult
from raudit.stages.pii.options import Options
from raudit.stages.pii.report import outcome
from raudit.stages.pii.report.catalogue import GAP, RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning"}


def to_sarif(result: SweepResult, options: Options, version: str) -> dict[str, Any]:
    """One run with a result for every finding that did not pass and everything that could not be read."""
    results = [
        _result(table, finding)
        for table in result.tables
        for finding in (
            *outcome.findings(table.verdicts, (), options),
            outcome.names_searched(table.verdicts, result.model or None),
        )
        if finding.status is not Status.PASSED
    ]
    results += [
        _told(GAP, gap.name, "", f"{gap.name} could not be read: {gap.because}.", f"gap:{gap.name}")
        for gap in result.gaps
    ]
    driver = {
        "name": "raudit",
        "version": version,
        "rules": [_descriptor(rule) for rule in RULES],
    }
    invocation = {"executionSuccessful": not result.gaps, "exitCode": result.exit_status}
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _descriptor(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": f"How it is measured: {rule.how}\nHow to fix it: {rule.fix}"},
        "defaultConfiguration": {"level": LEVELS.get(rule.severity, "note")},
        "properties": {"tags": ["personal-data", *rule.requirements]},
    }


def _result(table: TableResult, finding: Finding) -> dict[str, Any]:
    rule = next(rule for rule in RULES if rule.id == finding.rule)
    column = finding.subject.name if finding.subject.kind == "column" else ""
    text = " ".join(part for part in (finding.statement, finding.remedy) if part)
    told = _told(rule, table.name, column, text, f"{table.name}:{finding.fingerprint}")
    told["level"] = LEVELS.get(finding.severity, "note")
    return told


def _told(rule: Rule, table: str, column: str, text: str, fingerprint: str) -> dict[str, Any]:
    file, _, inner = table.partition(":")
    logical = ".".join(part for part in (inner, column) if part)
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": quote(file)}, "region": {"startLine": 1}}
    }
    if logical:
        location["logicalLocations"] = [
            {"name": column or inner, "fullyQualifiedName": logical, "kind": "member"}
        ]
    return {
        "ruleId": rule.id,
        "ruleIndex": RULES.index(rule),
        "level": LEVELS.get(rule.severity, "note"),
        "message": {"text": printable(text).replace("](", "] (")},
        "locations": [location],
        "partialFingerprints": {"raudit/v1": fingerprint},
    }
