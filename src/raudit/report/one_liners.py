"""Page one in one line each: fairness, explanation, personal data, paperwork, and a language model if there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from raudit.findings import JsonObject, Status
from raudit.record import Outcome, Record, StageRecord
from raudit.report.finding_view import FindingView
from raudit.report.language import Language
from raudit.report.points import counted
from raudit.report.sections import ASSESSMENTS, accepted, findings_of, signers_of
from raudit.report.turns import LLM, turns_line


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
    m = view.finding.measurement
    metric = language.metric(m.metric if m else "")
    said = {
        "metric": metric[:1].upper() + metric[1:],
        "subject": view.subject_name,
        "value": view.value,
        "level": view.level,
        "interval": view.interval,
        "n": view.n,
    }
    if view.finding.threshold is None:
        return language("line-measured", **said)
    limit = accepted(view.finding, lambda text: counted(text, m, language), language)
    line = language("line-worst", **said, limit=limit)
    return f"{line} {language('said-beyond-chance')}" if view.finding.beyond_chance else line


def _tally(record: Record, name: str, language: Language) -> str:
    stage = record.stage(name)
    if (refused := _not_run(stage, language)) is not None:
        return refused
    states = [finding.status for finding in findings_of(record, name)]
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
        rejected=sum(
            signer.holds and signer.decision == language.term("reject")
            for signer in signers_of(record, language)
        ),
    )
