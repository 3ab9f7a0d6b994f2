"""What bears on which clause, for the frameworks of the declared jurisdictions and sector, and never whether it is met.

A framework is a file of ``report_templates/frameworks``: its clauses are data, with source and the month it was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from raudit.errors import TemplateError
from raudit.findings import Status
from raudit.record import Record
from raudit.report.finding_view import FindingView
from raudit.report.themes import Theme
from raudit.report.views import AnswerCounts, FrameworkView, RequirementView
from raudit.yamltext import read_yaml

ARTICLE = "Art. "
"""Prefix of European clauses, whose paragraphs and letters are cited in a way of their own."""


def frameworks_of(
    record: Record,
    findings: Sequence[FindingView],
    themes: Sequence[Theme],
    folder: Path,
    language: str,
) -> tuple[FrameworkView, ...]:
    """Lay out the clauses of every framework that applies.

    Parameters
    ----------
    record
        Its system names ``jurisdictions``, ``sector`` and ``standards``; without jurisdiction no law is listed.
    findings, themes
        What was established.
    folder
        Folder of framework files.
    language
        Language of the clauses; English where a file lacks it.
    """
    answers = _answers(record)
    views = []
    for file in sorted(folder.glob("*.yaml")):
        known = read_yaml(file, error=TemplateError).value or {}
        if _applies(known, record.system):
            views.append(_framework(known, findings, themes, answers, language))
    return tuple(views)


def _applies(known: Mapping[str, Any], system: Mapping[str, Any]) -> bool:
    declared = set(_list(system.get("jurisdictions")))
    declared |= {one.rpartition("-")[0] for one in declared if "-" in one}
    if known.get("voluntary"):
        return known["id"] in _list(system.get("standards"))
    sectors = _list(known.get("sectors"))
    in_sector = not sectors or system.get("sector") in sectors
    return in_sector and bool(declared & set(_list(known.get("jurisdictions"))))


def _list(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _answers(record: Record) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    stage = record.stage("assessments")
    found = stage.artefacts.get("answered") if stage else None
    return found if isinstance(found, Mapping) else {}


def _framework(
    known: Mapping[str, Any],
    findings: Sequence[FindingView],
    themes: Sequence[Theme],
    answers: Mapping[str, Sequence[Mapping[str, Any]]],
    language: str,
) -> FrameworkView:
    name = str(known["id"])
    clauses: Mapping[str, Mapping[str, Any]] = known["clauses"]
    listed = [f"{name}:{clause}" for clause in clauses]
    by_clause: dict[str, list[FindingView]] = {}
    for view in findings:
        bearing = {_listed(one, listed) for one in (*view.finding.requirements,)}
        bearing |= {
            f"{name}:{clause}"
            for clause, about in clauses.items()
            if view.finding.rule in _list(about.get("rules"))
        }
        for one in bearing & set(listed):
            by_clause.setdefault(one, []).append(view)
    answered: dict[str, list[Mapping[str, Any]]] = {}
    for requirement, given in answers.items():
        answered.setdefault(_listed(requirement, listed), []).extend(given)
    return FrameworkView(
        id=name,
        title=_in(known.get("title"), language),
        source=_in(known.get("source"), language),
        as_of=str(known.get("as_of") or ""),
        note=_in(known.get("note"), language),
        requirements=tuple(
            _requirement(
                one,
                _in(about.get("called"), language)
                or _clause(str(known.get("prefix") or ""), one.partition(":")[2], language),
                _in(about.get("asks"), language),
                by_clause.get(one, []),
                themes,
                answered.get(one, []),
            )
            for one, about in zip(listed, clauses.values(), strict=True)
        ),
    )


def _listed(requirement: str, listed: Sequence[str]) -> str:
    """The nearest listed clause that holds a requirement, such as ``gdpr:35.7`` for ``gdpr:35.7.a``."""
    while requirement not in listed and "." in requirement.partition(":")[2]:
        requirement = requirement.rpartition(".")[0]
    return requirement


def _clause(prefix: str, number: str, language: str) -> str:
    """A clause as lawyers cite it: an article's parts in brackets, in German by what they are."""
    article, *parts = number.split(".")
    if prefix != ARTICLE or not parts:
        return f"{prefix}{number}"
    if language != "de":
        return prefix + article + "".join(f"({part})" for part in parts)
    kinds = ("Abs." if part.isdigit() else "Buchst." for part in parts)
    return prefix + " ".join(
        [article, *(f"{k}\u00a0{p}" for k, p in zip(kinds, parts, strict=True))]
    )


def _in(value: object, language: str) -> str:
    if isinstance(value, Mapping):
        return str(value.get(language) or value.get("en") or "")
    return str(value or "")


def _requirement(
    one: str,
    clause: str,
    asks: str,
    found: Sequence[FindingView],
    themes: Sequence[Theme],
    given: Sequence[Mapping[str, Any]],
) -> RequirementView:
    states = [view.finding.status for view in found]
    against, supporting, untold = (
        states.count(status) for status in (Status.FAILED, Status.PASSED, Status.INDETERMINATE)
    )
    states_of = {id(view): view.finding.status for view in found}
    bearing = [(t, {states_of[id(v)] for v in t.findings if id(v) in states_of}) for t in themes]
    answers = AnswerCounts(
        answered=sum(item.get("state") in {"accepted", "answered"} for item in given),
        contradicted=sum(item.get("state") == "contradicted" for item in given),
        open=sum(item.get("state") == "open" for item in given),
    )
    return RequirementView(
        id=one,
        clause=clause,
        title=asks,
        themes=tuple((t.number, t.anchor, Status.FAILED in held) for t, held in bearing if held),
        supporting=supporting,
        against=against,
        untold=untold,
        answers=answers,
        state=_state(supporting, against, untold, answers),
    )


def _state(supporting: int, against: int, untold: int, answers: AnswerCounts) -> str:
    if against or answers.contradicted:
        return "mixed" if supporting else "against"  # what people answer is no evidence
    if supporting:
        return "part" if untold else "for"
    if untold:
        return "untold"
    return "answered" if answers.answered else "none"
