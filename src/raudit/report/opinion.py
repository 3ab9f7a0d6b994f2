"""The opinion of page one, by declared rules, in the forms that auditors use (ISA 700 and 705).

1. No policy, or nothing decided that the policy judges: **disclaimer**. So it is where more than half of the stages did
   not run.
2. A finding that blocks and is critical, or findings that block in two stages or more: **adverse**.
3. Anything else that blocks, must still be settled, was required and did not run, or does not block only because it
   was accepted, by a waiver or in the baseline: **qualified**. A failure that somebody accepted is still a failure.
4. None of these: **unqualified**. It says that nothing of what was looked at blocks, and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from raudit.findings import Severity, Status
from raudit.record import Outcome, Record, Verdict
from raudit.report.finding_view import FindingView


class Form(StrEnum):
    """Form of an opinion."""

    UNQUALIFIED = "unqualified"
    QUALIFIED = "qualified"
    ADVERSE = "adverse"
    DISCLAIMER = "disclaimer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """The opinion and the counts it rests on."""

    form: Form
    why: str
    """Name of the rule that gave it, for the sentence: ``no-policy``, ``nothing-decided``, ``mostly-not-run``,
    ``critical``, ``widespread``, ``blocked``, ``unsettled``, ``not-run``, ``accepted`` or ``nothing-blocks``."""
    blocking: int
    unsettled: int
    not_run: int
    accepted: int
    decided: int
    """Findings that passed or failed."""


def make_opinion(record: Record, findings: Sequence[FindingView]) -> Opinion:
    """Apply the rules of this module to a record."""
    verdict = record.verdict
    blocking = [view for view in findings if view.blocking]
    decided = [view for view in findings if view.finding.status is not Status.INDETERMINATE]
    not_run = [stage for stage in record.stages if stage.outcome is not Outcome.COMPLETED]
    unsettled = verdict.undecided if verdict else ()
    accepted = _accepted(verdict)
    form, why = _rule(
        policy=verdict is not None,
        blocking=blocking,
        decided=len(decided),
        unsettled=len(unsettled),
        required=len(verdict.not_run) if verdict else 0,
        not_run=len(not_run),
        stages=len(record.stages),
        accepted=accepted,
        refused=verdict is not None and verdict.status is not Status.PASSED,
        evaluated=verdict is None or verdict.exit_status != 5,
    )
    return Opinion(
        form=form,
        why=why,
        blocking=len(blocking),
        unsettled=len(unsettled),
        not_run=len(not_run),
        accepted=accepted,
        decided=len(decided),
    )


def _accepted(verdict: Verdict | None) -> int:
    """Failed findings that do not block because a waiver, or else the baseline, accepts them."""
    if verdict is None:
        return 0
    waived = [w for w in verdict.waivers if w.state in {"applied", "expires_soon"}]
    # Records from before the baseline's were counted say only which it knows.
    known = verdict.baseline.get("accepted", verdict.baseline.get("known", 0))
    return len(waived) + (known if isinstance(known, int) else 0)


def _rule(
    *,
    policy: bool,
    blocking: Sequence[FindingView],
    decided: int,
    unsettled: int,
    required: int,
    not_run: int,
    stages: int,
    accepted: int,
    refused: bool,
    evaluated: bool,
) -> tuple[Form, str]:
    if not policy:
        return Form.DISCLAIMER, "no-policy"
    if not decided or not evaluated:
        return Form.DISCLAIMER, "nothing-decided"
    if not_run * 2 > stages:
        return Form.DISCLAIMER, "mostly-not-run"
    if any(view.finding.severity is Severity.CRITICAL for view in blocking):
        return Form.ADVERSE, "critical"
    if len({view.stage for view in blocking}) > 1:
        return Form.ADVERSE, "widespread"
    if blocking:
        return Form.QUALIFIED, "blocked"
    if unsettled:
        return Form.QUALIFIED, "unsettled"
    if required or not_run or refused:
        return Form.QUALIFIED, "not-run"
    if accepted:
        return Form.QUALIFIED, "accepted"
    return Form.UNQUALIFIED, "nothing-blocks"
