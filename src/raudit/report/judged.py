"""A record as its policy judged it: under the policy's thresholds and severities, where these differ from a stage's.

A page that told a finding as the stage did would contradict its own opinion, which rests on what the policy blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from raudit.findings import Finding, Severity, Status, Threshold
from raudit.record import Record
from raudit.report.language import Language


def as_judged(record: Record, language: Language) -> Record:
    """Give each finding the status, severity and limit that the policy saw it with; for reading, never for a digest."""
    changes = record.verdict.policy.get("adjusted") if record.verdict else None
    judged = {str(change["fingerprint"]): change for change in changes or ()}
    if not judged:
        return record
    stages = tuple(
        replace(
            stage,
            findings=tuple(
                _changed(finding, judged[finding.fingerprint], language)
                if finding.fingerprint in judged
                else finding
                for finding in stage.findings
            ),
        )
        for stage in record.stages
    )
    return replace(record, stages=stages)


def _changed(finding: Finding, change: Mapping[str, Any], language: Language) -> Finding:
    status, limit, reason = Status(change["status"]), change["threshold"], finding.reason
    if status is not Status.INDETERMINATE:
        reason = ""
    elif change["reason"] != finding.reason:
        reason = language("policy-untold")
    threshold = finding.threshold
    if limit is not None:
        threshold = Threshold(low=limit["low"], high=limit["high"], source=language("policy-limit"))
    return replace(
        finding,
        status=status,
        severity=Severity(change["severity"]),
        reason=reason,
        threshold=threshold,
    )
