"""Findings by theme: the same fact once, at most twelve themes, worst first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from raudit.findings import Severity, Status
from raudit.report.finding_view import FindingView

MOST = 12
"""Themes that are printed by themselves; what is left goes into the last."""
MOST_LINES = 4
"""Findings of a theme that are told one by one; the annex holds all."""

FAMILIES: Mapping[str, tuple[str, ...]] = {
    "stopped": ("RA-ASMT-003",),
    "contradicted": ("RA-ASMT-002",),
    "selection": ("RA-FAIR-001", "RA-FAIR-002", "RA-FAIR-016"),
    "errors": ("RA-FAIR-003", "RA-FAIR-004", "RA-FAIR-005", "RA-FAIR-006", "RA-XPL-006"),
    "scores": ("RA-FAIR-009", "RA-FAIR-010"),
    "groups": ("RA-FAIR-007", "RA-FAIR-008", "RA-FAIR-019"),
    "direct": ("RA-PII-001", "RA-PII-002", "RA-PII-004", "RA-PII-005"),
    "special": ("RA-PII-003", "RA-PII-006"),
    "alone": ("RA-PII-007", "RA-PII-008"),
    "search": ("RA-PII-009", "RA-PII-010", "RA-PII-011", "RA-PII-012"),
    "proxies": ("RA-XPL-002",),
    "explained": ("RA-XPL-001", "RA-XPL-003", "RA-XPL-004", "RA-XPL-005"),
    "signed": ("RA-ASMT-001", "RA-ASMT-004"),
    "file": ("RA-DATA-002", "RA-MODEL-003", "RA-MODEL-004"),
    "model": ("RA-MODEL",),
    "overlap": ("RA-DATA-006",),
    "leaks": ("RA-DATA-007",),
    "data": ("RA-DATA",),
    "drift": ("RA-DRIFT",),
    "language-model": ("RA-LLM",),
}
"""Rules, or the beginnings of their ids, by theme. A rule in none of them is a theme of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """One thing that is wrong or open, whatever number of rules notice it."""

    id: str
    number: int
    title: str
    """A rule's title where the report has no sentence of its own; else empty."""
    findings: tuple[FindingView, ...]
    """Failed and indeterminate findings, worst first."""
    lines: tuple[FindingView, ...]
    """Those that are told one by one."""
    failed: int
    untold: int
    severity: Severity
    blocking: bool
    waived: bool
    owner: str = ""
    due: str = ""
    response: str = ""
    """What management answers, from the plan."""

    @property
    def reasons(self) -> frozenset[str]:
        """Anchors of the lines whose reason no line before them gives."""
        first: dict[str, str] = {}
        for view in self.lines:
            first.setdefault(view.finding.reason, view.anchor)
        return frozenset(first.values())

    @property
    def anchor(self) -> str:
        """Where links to it go."""
        return f"theme-{self.id}"

    @property
    def state(self) -> str:
        """``failed`` if anything failed."""
        return "failed" if self.failed else "indeterminate"


def themes_of(
    findings: Sequence[FindingView], responses: Sequence[Mapping[str, Any]]
) -> tuple[Theme, ...]:
    """Group what failed or could not be told.

    Parameters
    ----------
    findings
        All findings, worst first.
    responses
        What the plan gives under ``responses``.
    """
    grouped: dict[str, list[FindingView]] = {}
    for view in findings:
        if view.finding.status is not Status.PASSED:
            grouped.setdefault(family(view.finding.rule), []).append(view)
    made = sorted((_theme(name, views) for name, views in grouped.items()), key=_rank)
    if len(made) > MOST:
        rest = [view for theme in made[MOST - 1 :] for view in theme.findings]
        made = [*made[: MOST - 1], _theme("further", rest)]
    return tuple(
        _answered(replace(theme, number=number), responses)
        for number, theme in enumerate(made, start=1)
    )


def family(rule: str) -> str:
    """Name the theme that a rule belongs to."""
    for name, rules in FAMILIES.items():
        if any(
            rule == one or (one.count("-") == 1 and rule.startswith(f"{one}-")) for one in rules
        ):
            return name
    return rule.lower()


def _theme(name: str, views: Sequence[FindingView]) -> Theme:
    failed = sum(view.finding.status is Status.FAILED for view in views)
    known = name in FAMILIES or name == "further"
    return Theme(
        id=name,
        number=0,
        title="" if known else views[0].title,
        findings=tuple(views),
        lines=_different(views),
        failed=failed,
        untold=len(views) - failed,
        severity=min((view.finding.severity for view in views), key=lambda s: s.rank),
        blocking=any(view.blocking for view in views),
        waived=all(view.waiver is not None for view in views),
    )


def _different(views: Sequence[FindingView]) -> tuple[FindingView, ...]:
    """No sentence twice: two rules that tell one fact in the same words are told once."""
    kept: dict[object, FindingView] = {}
    for view in views:
        kept.setdefault(_told(view), view)
    subjects: dict[object, FindingView] = {}
    for view in kept.values():
        subjects.setdefault((view.finding.subject.kind, view.finding.subject.name), view)
    rest = [view for view in kept.values() if view not in subjects.values()]
    return tuple([*subjects.values(), *rest][:MOST_LINES])


def _told(view: FindingView) -> object:
    """What a finding tells: two limits on one gap between the same groups tell the same."""
    apart = view.finding.apart
    if apart is None:
        return view.finding.statement
    return (view.finding.subject.name, apart.metric, apart.lowest, apart.highest)


def _rank(theme: Theme) -> tuple[object, ...]:
    """Blocking themes first; a difference beyond chance stands with what failed, though its limit is undecided."""
    settled = theme.failed > 0 or any(view.finding.beyond_chance for view in theme.findings)
    return (not theme.blocking, not settled, theme.severity.rank, -theme.failed, theme.id)


def _answered(theme: Theme, responses: Sequence[Mapping[str, Any]]) -> Theme:
    for one in responses:
        to = str(one.get("to", ""))
        if to == theme.id or any(
            to == view.finding.rule or (len(to) >= 8 and view.finding.fingerprint.startswith(to))
            for view in theme.findings
        ):
            return replace(
                theme,
                owner=str(one.get("owner") or ""),
                due=str(one.get("due") or ""),
                response=str(one.get("response") or ""),
            )
    return theme
