"""What the sections of a report print beyond findings, tables and figures of a stage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from raudit.findings import Finding, JsonObject, Status, Threshold
from raudit.pictures import Dots, Estimate
from raudit.record import Figure, Outcome, Record, StageRecord, Table
from raudit.report.finding_view import FindingView
from raudit.report.gaps import gap_figures
from raudit.report.language import Language
from raudit.report.rates import Comparison
from raudit.report.themes import family
from raudit.report.turns import LLM, turns_line

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


def conditions_of(record: Record, language: Language) -> tuple[Condition, ...]:
    """Collect the conditions of all sign-offs, each once, the first due first."""
    found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for finding in _findings(record, ASSESSMENTS):
        for one in _rows(finding.data.get("conditions")):
            key = (str(one.get("what", "")), str(one.get("owner", "")), str(one.get("due", "")))
            found.setdefault(key, []).append(one)
    made = [
        Condition(
            what=what,
            owner=owner,
            due=due,
            roles=tuple(dict.fromkeys(language.term(str(one.get("role", ""))) for one in ones)),
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
                    role=language.term(str(row.get("role", ""))),
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


def actions_of(record: Record, language: Language) -> tuple[Action, ...]:
    """The register without what a theme already tells, and with duplicates merged."""
    stage = record.stage(ASSESSMENTS)
    found: dict[str, Action] = {}
    for table in stage.tables if stage else ():
        if table.id == RISK_REGISTER:
            for row in table.rows:
                if row.get("source", row.get("level")) in {"contradicted", "blocker"}:
                    continue
                action = Action(
                    what=str(row.get("risk") or ""),
                    level=language.term(str(row.get("level") or "")),
                    residual=language.term(str(row.get("residual") or "")),
                    measure=str(row.get("measure") or ""),
                    owner=str(row.get("owner") or ""),
                    due=str(row.get("due") or ""),
                )
                found.setdefault(action.what.casefold(), action)
    return tuple(found.values())


def answers_to_look_at(record: Record, language: Language) -> tuple[Answer, ...]:
    """Answers that are open, unknown or not accepted; contradicted ones have a theme of their own."""
    stage = record.stage(ASSESSMENTS)
    return tuple(
        Answer(
            assessment=language.term(table.title.rpartition(":")[0]),
            question=language.term(str(row.get("question") or "")),
            answer=str(row.get("answer") or ""),
            state=language.term(str(row.get("review") or "")),
        )
        for table in (stage.tables if stage else ())
        if table.id.startswith("answers-")
        for row in table.rows
        if row.get("state", row.get("review")) not in {"accepted", "contradicted"}
    )


def limits_of(record: Record, language: Language) -> tuple[Limit, ...]:
    """Every comparison of groups that was held to a limit."""
    numbers = language.numbers
    found = []
    for finding in _findings(record, "fairness"):
        m, threshold = finding.measurement, finding.threshold
        if m is None or m.value is None or threshold is None or family(finding.rule) == "groups":
            continue
        low, high = (m.interval.low, m.interval.high) if m.interval else (None, None)
        found.append(
            Limit(
                by=finding.subject.name,
                metric=language.metric(m.metric),
                value=numbers.proportion(m.value),
                interval="" if low is None or high is None else _span(language, low, high),
                limit=_accepted(threshold, language),
                state=finding.status.value,
            )
        )
    return tuple(found)


def _accepted(threshold: Threshold, language: Language) -> str:
    """Write a limit without who set it."""
    bound = threshold.high if threshold.high is not None else threshold.low
    key = "at-most" if threshold.high is not None else "at-least"
    return language(key, value=language.numbers.number(bound))


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


def one_liners(
    record: Record, findings: Sequence[FindingView], language: Language
) -> tuple[tuple[str, str], ...]:
    """One line each on fairness, explanation, personal data and paperwork; before them on a language model, if any."""
    lines = [
        (language(f"line-{name}"), text)
        for name, text in (
            (
                "fairness",
                _of_turns(record, language)
                or _worst_and_tally(record, findings, "fairness", language),
            ),
            ("explanation", _worst_and_tally(record, findings, "explain", language)),
            ("personal-data", _personal(record, language)),
            ("paperwork", _paperwork(record, language)),
        )
    ]
    if (stage := record.stage(LLM)) is not None:
        line = _not_run(stage, language) or turns_line(stage, language)
        lines.insert(0, (language("line-language"), line))
    return tuple(lines)


def _of_turns(record: Record, language: Language) -> str:
    """Where groups were compared in what a language model answered, and in nothing else."""
    stage = record.stage(LLM)
    names = stage.facts.get("llm.groups_compared") if stage else None
    if not isinstance(names, list | tuple) or not names or record.stage("fairness"):
        return ""
    return language("line-fairness-turns", names=", ".join(map(str, names)))


def _worst_and_tally(
    record: Record, findings: Sequence[FindingView], name: str, language: Language
) -> str:
    """Say the number that weighs most, and how many checks came to what.

    Findings come worst first, so where all passed it is the number that came nearest to its limit. One that was held to
    a limit comes before one that was not.
    """
    tally = _tally(record, name, language)
    known = [
        view
        for view in findings
        if view.stage == name
        and view.interval
        # Only a metric that the catalogue can say in words is for this page.
        and view.finding.measurement is not None
        and language.has(f"metric-{view.finding.measurement.metric}")
    ]
    known.sort(key=lambda view: view.finding.threshold is None)
    return f"{_number(known[0], language)} {tally}" if known else tally


def _number(view: FindingView, language: Language) -> str:
    m, threshold = view.finding.measurement, view.finding.threshold
    said = {
        "metric": language.metric(m.metric if m else ""),
        "subject": view.subject_name,
        "value": view.value,
        "level": view.level,
        "interval": view.interval,
        "n": view.n,
    }
    if threshold is None:
        return language("line-measured", **said)
    return language("line-worst", **said, limit=_accepted(threshold, language))


def _tally(record: Record, name: str, language: Language) -> str:
    stage = record.stage(name)
    if (refused := _not_run(stage, language)) is not None:
        return refused
    states = [finding.status for finding in _findings(record, name)]
    if not states:
        return language("line-nothing")
    return language(
        "line-tally",
        total=len(states),
        failed=states.count(Status.FAILED),
        untold=states.count(Status.INDETERMINATE),
    )


def _not_run(stage: StageRecord | None, language: Language) -> str | None:
    if stage is None:
        return language("line-not-looked")
    if stage.outcome is not Outcome.COMPLETED:
        return language("line-not-run", outcome=language(f"outcome-{stage.outcome}"))
    return None


def _personal(record: Record, language: Language) -> str:
    stage = record.stage("pii")
    if (refused := _not_run(stage, language)) is not None:
        return refused
    facts: JsonObject = stage.facts if stage else {}
    columns = facts.get("pii.columns_with_personal_data")
    if not isinstance(columns, list | tuple):
        return _tally(record, "pii", language)
    text = (
        language("line-columns", count=len(columns), names=", ".join(map(str, columns[:6])))
        if columns
        else language("line-no-columns")
    )
    share, alone = facts.get("pii.rows_alone_share"), facts.get("pii.rows_alone")
    if isinstance(share, int | float) and isinstance(alone, int):
        numbers = language.numbers
        text += " " + language(
            "line-alone", count=numbers.count(alone), share=numbers.percent(share)
        )
    return text


def _paperwork(record: Record, language: Language) -> str:
    stage = record.stage(ASSESSMENTS)
    if (refused := _not_run(stage, language)) is not None:
        return refused
    overview = next((t for t in (stage.tables if stage else ()) if t.id == "overview"), None)
    rows: Sequence[Mapping[str, Any]] = overview.rows if overview else ()
    return language(
        "line-assessments",
        total=len(rows),
        blocked=sum(bool(row.get("blocking")) for row in rows),
        contradicted=sum(int(row.get("contradicted") or 0) for row in rows),
    )


def _findings(record: Record, stage: str) -> tuple[Finding, ...]:
    found = record.stage(stage)
    return found.findings if found else ()


def _rows(value: object) -> Iterable[Mapping[str, Any]]:
    return (
        [one for one in value if isinstance(one, Mapping)]
        if isinstance(value, list | tuple)
        else []
    )


def _span(language: Language, low: float, high: float) -> str:
    write = language.numbers.proportion
    return language("from-to", low=write(low), high=write(high))
