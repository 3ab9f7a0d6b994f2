"""What had to be done before a policy's verdict says anything: stages and assessments, and which were not."""

from __future__ import annotations

from collections.abc import Mapping

from raudit.findings import Status
from raudit.policy.model import Policy
from raudit.record import Outcome, Record, StageRecord


def not_run(record: Record, policy: Policy) -> dict[str, str]:
    """Stages and assessments that had to be done and were not, with the reason."""
    declared = record.plan.get("stages")
    named = set(declared) if isinstance(declared, Mapping) else set()
    required = (named if policy.require_declared_stages else set()) | set(policy.required_stages)
    missing: dict[str, str] = {}
    for stage in record.stages:
        if stage.outcome is Outcome.COMPLETED or not _in_selection(stage, policy):
            continue
        if stage.name in required or stage.outcome is Outcome.FAILED:
            missing[stage.name] = (
                f"{stage.title} {'failed' if stage.outcome is Outcome.FAILED else 'was skipped'}"
                + (f": {stage.reason}" if stage.reason else "")
            )
    present = {stage.name for stage in record.stages}
    for name in sorted(required - present):
        missing[name] = f"The stage {name} is required and is not in the record"
    for name in policy.required_assessments:
        if not _answered(record, name):
            missing[f"assessment {name}"] = (
                f"The assessment {name} is required and was not answered"
            )
    return missing


def _in_selection(stage: StageRecord, policy: Policy) -> bool:
    return not stage.rules or any(policy.judges(rule.id) for rule in stage.rules)


def _answered(record: Record, name: str) -> bool:
    """Whether an assessment is answered in full: its stage says so, or all findings about it are decided."""
    done = next(
        (
            stage.facts["assessments.done"]
            for stage in record.stages
            if "assessments.done" in stage.facts
        ),
        None,
    )
    if done is not None:
        return name in done
    about = [
        finding
        for finding in record.findings
        if (finding.subject.kind == "assessment" and finding.subject.name == name)
        or finding.subject.detail.get("assessment") == name
    ]
    return bool(about) and all(finding.status is not Status.INDETERMINATE for finding in about)
