"""Findings with all their numbers written out, worst first."""

from __future__ import annotations

from dataclasses import replace

from raudit.findings import Finding, Measurement, Rule, Status
from raudit.record import Record
from raudit.report.brief import worst_first
from raudit.report.finding_view import FindingView
from raudit.report.language import Language
from raudit.report.numbers import DASH, MINUS, exact, exact_interval
from raudit.report.points import counted, limit_text, writer


def view_findings(record: Record, language: Language, cards: int) -> tuple[FindingView, ...]:
    """Write out all findings, worst first; anchors are unique even where fingerprints are not."""
    blocking = frozenset(record.verdict.blocking if record.verdict else ())
    applied = {
        w.fingerprint: w
        for w in (record.verdict.waivers if record.verdict else ())
        if w.state in {"applied", "expires_soon"}
    }
    views: list[FindingView] = []
    seen: dict[str, int] = {}
    for stage in record.stages:
        rules = {rule.id: rule for rule in stage.rules}
        for finding in stage.findings:
            count = seen[finding.fingerprint] = seen.get(finding.fingerprint, 0) + 1
            anchor = finding.fingerprint[:16] + (f"-{count}" if count > 1 else "")
            view = _finding(finding, rules.get(finding.rule), stage.name, anchor, language)
            views.append(
                replace(
                    view,
                    blocking=finding.fingerprint in blocking,
                    waiver=applied.get(finding.fingerprint),
                )
            )
    ordered = worst_first(views)
    explained: set[str] = set()
    carded: list[FindingView] = []
    for i, view in enumerate(ordered):
        shown = view.finding.status is not Status.PASSED and i < cards
        carded.append(replace(view, card=shown, first_of_rule=view.finding.rule not in explained))
        explained.add(view.finding.rule)
    return tuple(carded)


def _finding(
    finding: Finding, rule: Rule | None, stage: str, anchor: str, language: Language
) -> FindingView:
    m = finding.measurement
    numbers = language.numbers
    interval = m.interval if m else None
    return FindingView(
        finding=finding,
        rule=rule,
        stage=stage,
        anchor=anchor,
        card=False,
        first_of_rule=False,
        title=rule.title if rule else finding.rule,
        subject=_subject(finding),
        subject_name=finding.subject.name,
        level=numbers.percent(interval.level, 0) if interval else "",
        value=_value(m, language) if m else "",
        interval=_interval(finding, language),
        coverage=f"{numbers.percent(interval.level, 0)} {interval.method}" if interval else "",
        n=numbers.count(m.n) if m else "",
        threshold=_threshold(finding, language),
        exact_value=exact(m.value) if m else "",
        exact_interval=exact_interval(interval),
        exact_n=exact(m.n) if m else "",
        blocking=False,
        waiver=None,
    )


def _value(m: Measurement, language: Language) -> str:
    return DASH if m.value is None else counted(writer(m, language)(m.value), m, language)


def _interval(finding: Finding, language: Language) -> str:
    m = finding.measurement
    if m is None or m.interval is None:
        return ""
    write = writer(m, language)
    low = MINUS + "∞" if m.interval.low is None else write(m.interval.low)
    high = "∞" if m.interval.high is None else write(m.interval.high)
    return language("from-to", low=low, high=high)


def _threshold(finding: Finding, language: Language) -> str:
    threshold, m = finding.threshold, finding.measurement
    if threshold is None:
        return ""
    low, high = (limit_text(end, m, language) for end in (threshold.low, threshold.high))
    match threshold.low, threshold.high:
        case None, None:
            return ""
        case _, None:
            text = language("at-least", value=counted(low, m, language))
        case None, _:
            text = language("at-most", value=counted(high, m, language))
        case _:
            text = language("between", low=low, high=counted(high, m, language))
    return f"{text} ({threshold.source})" if threshold.source else text


def _subject(finding: Finding) -> str:
    """Name the subject and what narrows it; a metric is named elsewhere."""
    detail = [f"{key} {value}" for key, value in finding.subject.detail.items()]
    return ", ".join([f"{finding.subject.kind} {finding.subject.name}", *detail])
