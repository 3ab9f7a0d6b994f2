"""Which finding bears on which clause, and which clauses nothing bears on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from raudit.errors import TemplateError
from raudit.findings import Status
from raudit.record import Record
from raudit.report.views import FindingView, FrameworkView, RequirementView
from raudit.yamltext import read_yaml

ORDER = {Status.FAILED: 0, Status.INDETERMINATE: 1, Status.PASSED: 2}


def matrix(
    record: Record, findings: Sequence[FindingView], catalogue: Path
) -> tuple[FrameworkView, ...]:
    """Build the requirement matrix: every clause of the catalogue, and every other clause that a rule names."""
    known = read_yaml(catalogue, error=TemplateError).value
    by_clause: dict[str, list[FindingView]] = {}
    for view in findings:
        for requirement in dict.fromkeys(
            (*view.finding.requirements, *(view.rule.requirements if view.rule else ()))
        ):
            by_clause.setdefault(requirement, []).append(view)
    rules: dict[str, list[str]] = {}
    for stage in record.stages:
        for rule in stage.rules:
            for requirement in rule.requirements:
                rules.setdefault(requirement, []).append(rule.id)
    named = [*by_clause, *rules]
    frameworks = [*known, *dict.fromkeys(name.partition(":")[0] for name in named)]
    return tuple(
        _framework(name, known.get(name) or {}, named, by_clause, rules)
        for name in dict.fromkeys(frameworks)
    )


def _framework(
    name: str,
    known: Mapping[str, object],
    named: Iterable[str],
    by_clause: Mapping[str, list[FindingView]],
    rules: Mapping[str, list[str]],
) -> FrameworkView:
    clauses = known.get("clauses")
    titles: dict[str, str] = (
        {str(k): str(v) for k, v in clauses.items()} if isinstance(clauses, dict) else {}
    )
    ids = [f"{name}:{clause}" if clause != "-" else name for clause in titles]
    ids += [r for r in named if r.partition(":")[0] == name and r not in ids]
    prefix = str(known.get("prefix") or "")
    views = tuple(
        _requirement(one, prefix, titles, by_clause.get(one, []), rules.get(one, []))
        for one in dict.fromkeys(ids)
    )
    return FrameworkView(
        id=name,
        title=str(known.get("title") or name),
        source=str(known.get("source") or ""),
        requirements=views,
        covered=sum(1 for view in views if view.findings),
    )


def _requirement(
    one: str,
    prefix: str,
    titles: Mapping[str, str],
    found: Sequence[FindingView],
    rules: Sequence[str],
) -> RequirementView:
    clause = one.partition(":")[2]
    ordered = tuple(sorted(found, key=lambda v: (ORDER[v.finding.status], v.finding.severity.rank)))
    state = ordered[0].finding.status.value if ordered else "no-answer" if rules else "uncovered"
    return RequirementView(
        id=one,
        clause=f"{prefix}{clause}" if clause else "",
        title=titles.get(clause or "-", ""),
        findings=ordered,
        rules=tuple(dict.fromkeys(rules)),
        state=state,
    )
