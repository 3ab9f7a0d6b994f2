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
    status, limit = Status(change["status"]), _limit(finding, change, language)
    return replace(
        finding,
        status=status,
        severity=Severity(change["severity"]),
        reason=_reason(finding, change["reason"], limit, language)
        if status is Status.INDETERMINATE
        else "",
        threshold=limit,
    )


def _limit(finding: Finding, change: Mapping[str, Any], language: Language) -> Threshold | None:
    """The policy's limit; the finding's own where the policy changed the severity alone."""
    own, limit = finding.threshold, change["threshold"]
    if limit is None:
        return own
    judged = Threshold(low=limit["low"], high=limit["high"], source=limit["source"])
    return own if judged == own else replace(judged, source=language("policy-limit"))


def _reason(finding: Finding, told: str, limit: Threshold | None, language: Language) -> str:
    """Why the policy could not tell, in the words of the page: the verdict keeps its own in English."""
    if told == finding.reason or limit is None:
        return finding.reason
    if finding.measurement is None or finding.measurement.value is None:
        return finding.reason or language("policy-no-value")
    if not limit.ends_where(finding.threshold):
        return language("policy-open-side")
    return language("policy-untold")
