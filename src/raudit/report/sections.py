"""What the sections of a report print beyond findings, tables and figures of a stage."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from raudit.findings import Finding
from raudit.pictures import Dots, Estimate
from raudit.record import Figure, Record, StageRecord, Table
from raudit.report.gaps import gap_figures
from raudit.report.language import Language
from raudit.report.points import in_cell, limit_text, writer
from raudit.report.rates import Comparison
from raudit.report.themes import family
from raudit.sentences import role_words

ASSESSMENTS = "assessments"
RISK_REGISTER = "risk-register"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What somebody made their approval depend on."""

    what: str
    owner: str
    due: str
    roles: tuple[str, ...]
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Somebody who decided on an assessment."""

    assessment: str
    role: str
    by: str
    decision: str
    proven: bool
    """Whether a signed statement shows who it was."""
    at: str
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A number that was held to a limit."""

    by: str
    metric: str
    value: str
    interval: str
    limit: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A line of the one register: risks, contradicted answers, blockers and conditions."""

    what: str
    level: str
    residual: str
    measure: str
    owner: str
    due: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that is not simply accepted."""

    assessment: str
    question: str
    answer: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer that bears on clauses of laws and standards."""

    clauses: tuple[str, ...]
    """Such as ``eu-ai-act:14``."""
    assessment: str
    question: str
    answer: str
    contradicted: bool
    """Whether the evidence says otherwise."""

    def bears_on(self, clause: str) -> bool:
        """Whether it bears on a clause or on a part of it."""
        return any(one == clause or one.startswith(f"{clause}.") for one in self.clauses)


def conditions_of(record: Record, language: Language) -> tuple[Condition, ...]:
    """Collect the conditions of all sign-offs, each once, the first due first."""
    found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for finding in findings_of(record, ASSESSMENTS):
        for one in _rows(finding.data.get("conditions")):
            key = (str(one.get("what", "")), str(one.get("owner", "")), str(one.get("due", "")))
            found.setdefault(key, []).append(one)
    made = [
        Condition(
            what=what,
            owner=owner,
            due=due,
            roles=tuple(
                dict.fromkeys(language.term(role_words(str(one.get("role", "")))) for one in ones)
            ),
            met=all(one.get("state") == "met" for one in ones),
        )
        for (what, owner, due), ones in found.items()
    ]
    return tuple(sorted(made, key=lambda c: (c.met, c.due or "9999", c.what)))


def signers_of(record: Record, language: Language) -> tuple[Signer, ...]:
    """Who decided on which assessment."""
    stage = record.stage(ASSESSMENTS)
    found = []
    for table in stage.tables if stage else ():
        if table.id.startswith("signoffs-"):
            title = language.term(table.title.rpartition(":")[0])
            found += [
                Signer(
                    assessment=title,
                    role=language.term(role_words(str(row.get("role", "")))),
                    by=str(row.get("by", "")),
                    decision=language.term(str(row.get("decision", ""))),
                    proven=_told(row, "proven", str(row.get("identity", "")).startswith("signed")),
                    at=str(row.get("at", "")),
                    holds=_told(row, "stands", row.get("holds") == "holds"),
                )
                for row in table.rows
            ]
    return tuple(found)


def _told(row: Mapping[str, Any], key: str, before: bool) -> bool:
    """What a row says for programs; ``before`` of a record from before rows said so."""
    value = row.get(key)
    return value if isinstance(value, bool) else before


def actions_of(record: Record, spoken: Record, language: Language) -> tuple[Action, ...]:
    """The register without what a theme already tells, and with duplicates merged."""
    found: dict[str, Action] = {}
    for table, row, said in _rows_of(record, spoken):
        if table.id != RISK_REGISTER:
            continue
        if row.get("source", row.get("level")) in {"contradicted", "blocker"}:
            continue
        action = Action(
            what=str(said.get("risk") or ""),
            level=language.term(str(row.get("level") or "")),
            residual=language.term(str(row.get("residual") or "")),
            measure=str(said.get("measure") or ""),
            owner=str(row.get("owner") or ""),
            due=str(row.get("due") or ""),
        )
        found.setdefault(action.what.casefold(), action)
    return tuple(found.values())


def answers_to_look_at(record: Record, spoken: Record, language: Language) -> tuple[Answer, ...]:
    """Answers that are open, unknown or not accepted; contradicted ones have a theme of their own."""
    return tuple(
        Answer(
            assessment=language.term(table.title.rpartition(":")[0]),
            question=str(said.get("question") or ""),
            answer=str(said.get("answer") or ""),
            state=language.term(str(row.get("review") or "")),
        )
        for table, row, said in _rows_of(record, spoken)
        if table.id.startswith("answers-")
        and row.get("state", row.get("review")) not in {"accepted", "contradicted"}
    )


def answered_in(record: Record, spoken: Record, language: Language) -> tuple[Answered, ...]:
    """Answers that bear on a clause, each once, in the order of their assessments; open questions are none."""
    stage = record.stage(ASSESSMENTS)
    clauses: dict[tuple[str, str], list[str]] = {}
    for clause, given in (stage.artefacts.get("answered") or {}).items() if stage else ():
        for one in given:
            if one["state"] != "open":
                clauses.setdefault((one["checklist"], one["question"]), []).append(clause)
    return tuple(
        Answered(
            clauses=tuple(clauses[key]),
            assessment=language.term(table.title.rpartition(":")[0]),
            question=str(said.get("question") or ""),
            answer=str(said.get("answer") or ""),
            contradicted=row.get("state") == "contradicted",
        )
        for table, row, said in _rows_of(record, spoken)
        if (key := (table.id.removeprefix("answers-"), str(row.get("id", "")))) in clauses
    )


def _rows_of(
    record: Record, spoken: Record
) -> Iterator[tuple[Table, Mapping[str, Any], Mapping[str, Any]]]:
    """Rows of the assessments: as the record has them, for what programs ask, and as they are said."""
    stage, said = record.stage(ASSESSMENTS), spoken.stage(ASSESSMENTS)
    if stage is None or said is None:
        return
    for one, other in zip(stage.tables, said.tables, strict=True):
        for row, words in zip(one.rows, other.rows, strict=True):
            yield one, row, words


def limits_of(record: Record, language: Language) -> tuple[Limit, ...]:
    """Every comparison of groups that was held to a limit."""
    found = []
    for finding in findings_of(record, "fairness"):
        m, threshold = finding.measurement, finding.threshold
        if m is None or m.value is None or threshold is None or family(finding.rule) == "groups":
            continue
        low, high = (m.interval.low, m.interval.high) if m.interval else (None, None)
        write = writer(m, language)
        ends = None if low is None or high is None else (write(low), write(high))
        found.append(
            Limit(
                by=finding.subject.name,
                metric=language.metric(m.metric),
                value=in_cell(write(m.value), m, language),
                interval="" if ends is None else language("from-to", low=ends[0], high=ends[1]),
                limit=accepted(
                    finding, functools.partial(in_cell, m=m, language=language), language
                ),
                state=finding.status.value,
            )
        )
    return tuple(found)


def accepted(finding: Finding, count: Callable[[str], str], language: Language) -> str:
    """Write a finding's limit, counted in its unit, without who set it; empty where it has none."""
    threshold, m = finding.threshold, finding.measurement
    if threshold is None:
        return ""
    low, high = (limit_text(end, m, language) for end in (threshold.low, threshold.high))
    if threshold.low is None:
        return language("at-most", value=count(high))
    if threshold.high is None:
        return language("at-least", value=count(low))
    return language("at-least-at-most", low=low, high=count(high))


def rates_figure(compared: Comparison, language: Language) -> Figure:
    """Selection rates of one attribute in the order of its groups, with intervals."""
    rows = []
    for group in compared.groups[:15]:
        rate = group.rates.get("selection_rate")
        if rate is not None:
            rows.append(
                Estimate(label=group.name, value=rate.value, low=rate.low, high=rate.high, n=rate.n)
            )
    numbers = language.numbers
    alt = "; ".join(f"{row.label} {numbers.percent(row.value)}" for row in rows)
    return Figure.of(
        f"rates-{compared.by}",
        Dots(rows=rows, x_label=language("metric-selection_rate"), percent=True),
        title=language("figure-rates", by=compared.by),
        alt=f"{language('figure-rates', by=compared.by)}: {alt}",
    )


def drivers_of(
    stage: StageRecord | None, language: Language
) -> tuple[tuple[Figure, ...], tuple[Table, ...]]:
    """Figures and tables that say what the model rests on and what carries the gaps; never the case of one person."""
    if stage is None:
        return (), ()
    figures: Sequence[Figure] = gap_figures(stage, language)
    if not figures:
        figures = [figure for figure in stage.figures if figure.id.startswith("gap-")]
    tables = [t for t in stage.tables if t.id == "importance" or t.id.startswith("proxies-")]
    seen: set[str] = set()
    return (
        tuple(replace(one, caption=unsaid(one.caption, seen)) for one in figures[:2]),
        tuple(
            replace(one, caption=unsaid(one.caption, seen))
            for one in (*tables[:3], *_without_cases(stage))
        ),
    )


def _without_cases(stage: StageRecord) -> tuple[Table, ...]:
    """What would have to change for another decision, without saying in whose case."""
    return tuple(
        replace(
            one,
            columns=tuple(column for column in one.columns if column.key == "change"),
            rows=tuple(
                {"change": change} for change in dict.fromkeys(r["change"] for r in one.rows)
            ),
        )
        for one in stage.tables
        if one.id == "what-would-change" and all("change" in row for row in one.rows)
    )


def unsaid(caption: str, seen: set[str]) -> str:
    """The sentences of a caption that no caption before it has."""
    sentences = re.split(r"(?<=[.!?])\s+", caption)
    new = [sentence for sentence in sentences if sentence not in seen]
    seen.update(new)
    return " ".join(new)


def findings_of(record: Record, stage: str) -> tuple[Finding, ...]:
    """Findings of one part of the audit; none if it did not run."""
    found = record.stage(stage)
    return found.findings if found else ()


def _rows(value: object) -> Iterable[Mapping[str, Any]]:
    return (
        [one for one in value if isinstance(one, Mapping)]
        if isinstance(value, list | tuple)
        else []
    )
