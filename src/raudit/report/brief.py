"""Page one: the verdict, the three worst things, and what could not be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from raudit.findings import Status
from raudit.record import Outcome, Record
from raudit.report.finding_view import FindingView
from raudit.report.views import Brief

_ORDER = {Status.FAILED: 0, Status.INDETERMINATE: 1, Status.PASSED: 2}


def worst_first(views: Iterable[FindingView]) -> tuple[FindingView, ...]:
    """Order findings: failed, then indeterminate, then passed; blocking before waived; by severity, then by excess.

    Among what could not be told, groups that differ beyond chance come before what nobody could measure.
    """
    return tuple(
        sorted(
            views,
            key=lambda v: (
                _ORDER[v.finding.status],
                not v.blocking,
                v.waiver is not None,
                not v.finding.beyond_chance,
                v.finding.severity.rank,
                -_excess(v),
                v.finding.rule,
                v.anchor,
            ),
        )
    )


def make_brief(record: Record, findings: Sequence[FindingView]) -> Brief:
    """Choose what page one says; ``findings`` come worst first."""
    verdict = record.verdict
    failed = [view for view in findings if view.finding.status is Status.FAILED]
    untold = [view for view in findings if view.finding.status is Status.INDETERMINATE]
    return Brief(
        state=verdict.status.value if verdict else "none",
        because=verdict.because if verdict else (),
        worst=_different([view for view in failed if view.waiver is None] or failed, 3),
        untold=_different(untold, 3),
        untold_total=len(untold),
        not_run=tuple(stage for stage in record.stages if stage.outcome is not Outcome.COMPLETED),
        acceptances=tuple(
            w
            for w in (verdict.waivers if verdict else ())
            if w.state in {"applied", "expires_soon"}
        ),
        failed=len(failed),
        indeterminate=len(untold),
        passed=len(findings) - len(failed) - len(untold),
        total=len(findings),
    )


def _different(views: Sequence[FindingView], count: int) -> tuple[FindingView, ...]:
    """Take the first of each stage, then of each rule and subject, then the others, in the order given.

    Three findings of one kind would hide from the reader of page one that other things are wrong too.
    """
    chosen: list[FindingView] = []
    for key in (_family, _kind, id):
        seen = {key(view) for view in chosen}
        for view in views:
            if view not in chosen and key(view) not in seen:
                seen.add(key(view))
                chosen.append(view)
    return tuple(view for view in views if view in chosen[:count])


def _family(view: FindingView) -> object:
    """The stage's part of a rule's id, such as ``RA-FAIR``."""
    return view.finding.rule.rpartition("-")[0]


def _kind(view: FindingView) -> object:
    return (view.finding.rule, view.finding.subject.name)


def _excess(view: FindingView) -> float:
    """How far the value is outside what is accepted, as a share of the limit."""
    measurement, threshold = view.finding.measurement, view.finding.threshold
    if measurement is None or measurement.value is None or threshold is None:
        return 0.0
    over = measurement.value - threshold.high if threshold.high is not None else 0.0
    under = threshold.low - measurement.value if threshold.low is not None else 0.0
    limit = threshold.high if over >= under else threshold.low
    return max(over, under) / (abs(limit or 0.0) or 1.0)
