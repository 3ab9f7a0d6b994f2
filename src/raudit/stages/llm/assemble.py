"""Everything the stage measures, put together: findings, tables, facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from raudit.evidence import StageResult
from raudit.findings import Finding, Status, Subject
from raudit.record import Table
from raudit.sentences import joined, say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Frame
from raudit.stages.llm.layout import LAYOUTS, columns_at
from raudit.stages.llm.measures import (
    attacks,
    changes,
    counters,
    gaps,
    judges,
    leaks,
    people,
    rates,
    stereotypes,
    tables,
)
from raudit.stages.llm.measures.pairs import scores, shares, top
from raudit.stages.llm.options import LlmOptions, Outcome
from raudit.stages.llm.say import against, between, finding, held_back, percent, share
from raudit.stats import wilson
from raudit.turns import Reading, Turns

Rows = list[dict[str, Any]]


@dataclass(slots=True)
class Gathered:
    """What is gathered while the parts are measured."""

    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, Rows] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    audits: dict[str, judges.Audit] = field(default_factory=dict)
    """Audits of judges by what they label."""
    told: set[tuple[str, str]] = field(default_factory=set)
    """Fingerprints and statements of the findings."""

    def add(self, findings: list[Finding], name: str = "", rows: Rows | None = None) -> None:
        """Take findings and the rows of a table, once: two outcomes may rest on the same labels of the same turns."""
        for item in findings:
            if (key := (item.fingerprint, item.statement)) not in self.told:
                self.told.add(key)
                self.findings.append(item)
        if rows:
            kept = self.rows.setdefault(name, [])
            known = set(
                map(repr, kept)
            )  # a table of shares may have a row for every group and label
            kept += [row for row in rows if repr(row) not in known]

    def names(self, fact: str, more: list[str]) -> None:
        """Add to a fact that is a list of names."""
        self.facts[fact] = sorted({*self.facts.get(fact, ()), *more})

    def names_if_told(self, fact: str, more: list[str], findings: list[Finding]) -> None:
        """The same where a finding tells; an empty list where none could be told would say that there are none."""
        if {item.status for item in findings} & {Status.FAILED, Status.PASSED}:
            self.names(fact, more)


def assemble(turns: Turns, options: LlmOptions, *, seed: int) -> StageResult:
    """Measure what the options ask for."""
    frame, found = Frame(turns), Gathered()
    _reading(frame, options, found)
    _outcomes(frame, options, found, seed)
    _pairs(frame, options, found, seed)
    _changes(frame, options, found, seed)
    _attacks(frame, options, found, seed)
    _rest(frame, options, found, seed)
    found.facts |= _compared(found.findings)
    findings = held_back(found.findings, turns.partly)
    shown = [
        table for name, rows in found.rows.items() for table in _table(name, rows, options.level)
    ]
    n, failed = turns.table.num_rows, sum(item.status is Status.FAILED for item in findings)
    files = len(turns.readings)
    where = say("one file") if files == 1 else say("{files:,} files", files=files)
    said = say(
        "{n:,} recorded turns from {where}; findings that failed: {failed:,}.",
        n=n,
        where=where,
        failed=failed,
    )
    if found.facts.get("llm.judges_not_validated"):
        said += say(" At least one judge is not validated by people.")
    return StageResult(
        summary=said,
        findings=tuple(findings),
        tables=tuple(shown),
        facts=found.facts,
        notes=_notes(turns),
        artefacts={"turns": [reading.as_json() for reading in turns.readings]},
    )


def _table(name: str, rows: Rows, level: float) -> list[Table]:
    title, columns, caption = LAYOUTS[name]
    return tables.table(name, title, columns_at(columns, level), rows, caption)


def _notes(turns: Turns) -> tuple[str, ...]:
    notes = [
        "No model was called. Texts of turns are in no finding, table or log: turns are named by row and digest."
    ]
    for reading in turns.readings:
        notes += [say("{file}: {note}", file=reading.file, note=note) for note in reading.notes]
        notes += [
            say("{file}: no {name}: {why}", file=reading.file, name=name, why=why)
            for name, why in reading.lacking.items()
        ]
        if reading.not_judged:
            each = joined(
                ", ",
                (
                    say("{name} {count:,}", name=name, count=count)
                    for name, count in reading.not_judged.items()
                ),
            )
            notes.append(
                say(
                    "{file}: answers that a test did not judge, left out of its rates: {each}",
                    file=reading.file,
                    each=each,
                )
            )
        if reading.cancelled:
            notes.append(
                say(
                    "{file}: {cancelled:,} errors were caused by the failure of another attempt",
                    file=reading.file,
                    cancelled=reading.cancelled,
                )
            )
        if reading.repeated:
            notes.append(
                say(
                    "{file}: {repeated:,} rows stand again word for word and count once",
                    file=reading.file,
                    repeated=reading.repeated,
                )
            )
    return tuple(notes)


def _reading(frame: Frame, options: LlmOptions, found: Gathered) -> None:
    turns = frame.turns
    n, failed = turns.table.num_rows, sum(reading.errors for reading in turns.readings)
    found.add([_read(turns), _errors(turns, failed, options)])
    if not options.asks:
        found.add([_not_asked(n)])
    found.rows["files"] = [_file_row(reading) for reading in turns.readings]
    found.facts |= {
        "llm.turns": n,
        "llm.read_whole": not turns.partly,
        "llm.error_rate": failed / n if n else 0.0,
        "llm.models": _levels(frame, "model"),
        "llm.prompt_versions": _levels(frame, "prompt_version"),
        "llm.judges_not_validated": [],
        "llm.human_labels": 0,
    }


def _read(turns: Turns) -> Finding:
    n, bad = turns.table.num_rows, sum(reading.bad_rows for reading in turns.readings)
    return finding(
        rules.READ,
        Subject(kind="data", name="turns"),
        Status.INDETERMINATE if turns.partly else Status.PASSED,
        say(
            "{n:,} turns were read; rows that could not be read: {bad:,}. Files: {count:,}.",
            n=n,
            count=len(turns.readings),
            bad=bad,
        ),
        reason=turns.partly[:500],
        anchor="data.turns",
        measurement=share(
            "bad_rows",
            bad / max(n + bad, 1),
            n + bad,
            np.nan,
            np.nan,
            "exact count",
            events=bad,
        ),
    )


def _not_asked(n: int) -> Finding:
    """Turns that were read and of which nothing was asked are no evidence for anything."""
    return finding(
        rules.RATE,
        Subject(kind="model", name="answers"),
        Status.INDETERMINATE,
        say("Of the {n:,} turns nothing was asked but whether they could be read.", n=n),
        reason=say(
            "the plan declares no outcome, pair, change, attack or other measure under stages.llm"
        ),
        anchor="stages.llm",
    )


def _errors(turns: Turns, failed: int, options: LlmOptions) -> Finding:
    n = turns.table.num_rows
    low, high = (float(end) for end in wilson(failed, n, level=options.level))
    status, reason = against(low, high, most=options.max_error_rate)
    return finding(
        rules.ERRORS,
        Subject(kind="model", name="calls"),
        status,
        say(
            "{failed:,} of {n:,} calls gave no answer ({percent}, "
            "{between}), {blocked:,} of them withheld by the provider. "
            "They are in no other rate.",
            failed=failed,
            n=n,
            percent=percent(failed / n),
            between=between(low, high, options.level),
            blocked=sum(reading.blocked for reading in turns.readings),
        ),
        reason=reason,
        high=options.max_error_rate,
        source="plan" if "max_error_rate" in options.model_fields_set else "default",
        anchor="stages.llm.max_error_rate",
        measurement=share(
            "error_rate",
            failed / n,
            n,
            low,
            high,
            "wilson",
            events=failed,
            level=options.level,
        ),
    )


def _file_row(reading: Reading) -> dict[str, Any]:
    return {
        "file": reading.file,
        "format": reading.format,
        "tool_version": reading.tool_version,
        "attempts": reading.attempts,
        "errors": reading.errors,
        "blocked": reading.blocked,
        "bad": reading.bad_rows,
        "conflicts": reading.conflicts,
        "repeated": reading.repeated,
        "state": reading.partly or "read whole",
    }


def _compared(findings: list[Finding]) -> dict[str, list[str]]:
    """Groups of which a difference was measured, whether or not it could be told from its limit."""
    rule_ids = {rule.id for rule in (rules.GAP, rules.PAIRS, rules.NUMBER, rules.TOP)}
    names = {
        item.subject.name
        for item in findings
        if item.rule in rule_ids and item.measurement and item.measurement.value is not None
    }
    return {"llm.groups_compared": sorted(names)} if names else {}


def _levels(frame: Frame, name: str) -> list[str]:
    return sorted({str(v) for v in frame.texts(name).dropna().unique()}) if frame.has(name) else []


def _audited(
    frame: Frame, outcome: Outcome, options: LlmOptions, found: Gathered, seed: int, anchor: str
) -> judges.Audit | None:
    """Audit the judge of an outcome once; None if it rests on none."""
    if outcome.source() != "judge":
        agreed, rows = people.of_people(frame, outcome, options, seed=seed, anchor=anchor)
        found.add(agreed, "agreement", rows)
        return None
    key = outcome.model_dump_json(
        include={"name", "column", "positive", "negative", "human", "reference", "only"}
    )
    if key not in found.audits:
        audit = judges.audit(frame, outcome, options, seed=seed, anchor=anchor)
        found.audits[key] = audit
        found.add(list(audit.findings), "judges", list(audit.rows))
        agreed, rows = people.of_people(frame, outcome, options, seed=seed, anchor=anchor)
        found.add(agreed, "agreement", rows)
        found.facts["llm.human_labels"] = max(found.facts["llm.human_labels"], audit.labelled)
        if not audit.valid:
            found.names("llm.judges_not_validated", [outcome.name])
    return found.audits[key]


def _outcomes(frame: Frame, options: LlmOptions, found: Gathered, seed: int) -> None:
    for number, outcome in enumerate(options.outcomes):
        anchor = f"stages.llm.outcomes.{number}"
        audit = _audited(frame, outcome, options, found, seed, anchor)
        rate, said = rates.overall(frame, outcome, options, audit, seed=seed, anchor=anchor)
        apart, rows = gaps.by_group(frame, outcome, options, audit, seed=seed, anchor=anchor)
        found.add([said, *apart], "rates", rows)
        if not np.isnan(rate.settled.value):
            found.facts[f"llm.rate.{outcome.name}"] = rate.settled.value
        _told(outcome.name, {item.status for item in (said, *apart)}, found)
    for label in options.tabulate:
        by = (
            [*options.tabulate_by]
            or [f"group.{name}" for name in frame.groups(options.groups)]
            or [""]
        )
        for column in by:
            found.add([], "shares", tables.shares(frame, label, column, options.level))


def _told(name: str, statuses: set[Status], found: Gathered) -> None:
    """Keep what an outcome came to; a list of those over their limit is given only where one could be told."""
    if statuses & {Status.FAILED, Status.PASSED}:
        over = Status.FAILED in statuses
        found.names("llm.outcomes_over_limit", [name] if over else [])
    if Status.INDETERMINATE in statuses:
        found.names("llm.outcomes_untold", [name])


def _pairs(frame: Frame, options: LlmOptions, found: Gathered, seed: int) -> None:
    for number, asked in enumerate(options.pairs):
        anchor = f"stages.llm.pairs.{number}"
        if asked.outcome is not None:
            audit = _audited(frame, asked.outcome, options, found, seed, f"{anchor}.outcome")
            valid = audit is None or audit.valid
            findings, rows, broken = shares.correspondence(
                frame, asked, options, valid=valid, seed=seed, anchor=anchor
            )
            found.add(findings, "pairs", rows)
            found.names_if_told("llm.paired_gaps", broken, findings)
        findings, rows, broken = scores.scores(frame, asked, options, seed=seed, anchor=anchor)
        found.add(findings, "scores", rows)
        found.names_if_told("llm.paired_gaps", broken, findings)
        rows = top.top(frame, asked)
        found.add(top.ratios(rows, asked, options, anchor=anchor), "top", rows)


def _changes(frame: Frame, options: LlmOptions, found: Gathered, seed: int) -> None:
    for number, asked in enumerate(options.changes):
        anchor = f"stages.llm.changes.{number}"
        audit = _audited(frame, asked.outcome, options, found, seed, f"{anchor}.outcome")
        findings, rows, worse = changes.change(
            frame, asked, options, valid=audit is None or audit.valid, seed=seed, anchor=anchor
        )
        found.add(findings, "changes", rows)
        found.names_if_told("llm.regressions", worse, findings)
    for number, harm in enumerate(options.counters):
        findings, rows, over = counters.counter(
            frame, harm, options, anchor=f"stages.llm.counters.{number}"
        )
        found.add(findings, "counters", rows)
        found.names_if_told(
            "llm.counters_over_limit", [harm.outcome.name] if over else [], findings
        )


def _attacks(frame: Frame, options: LlmOptions, found: Gathered, seed: int) -> None:
    for number, asked in enumerate(options.attacks):
        anchor = f"stages.llm.attacks.{number}"
        audit = _audited(frame, asked.outcome, options, found, seed, f"{anchor}.outcome")
        result = attacks.attack(frame, asked, options, audit, seed=seed, anchor=anchor)
        found.add(result.findings, "attacks", result.rows)
        found.facts["llm.attacks"] = found.facts.get("llm.attacks", 0) + result.judged
        if result.judged:
            for fact, share in (("success", result.success), ("upper_bound", result.upper)):
                name = f"llm.attack_{fact}"
                found.facts[name] = max(found.facts.get(name, 0.0), share)
        found.names("llm.attacks_over_tolerance", result.over)
    findings, leaked = leaks.leaks(frame, options, anchor="stages.llm.system_prompt_words")
    found.add(findings)
    if leaked is not None:
        found.facts["llm.system_prompt_leaks"] = leaked


def _rest(frame: Frame, options: LlmOptions, found: Gathered, seed: int) -> None:
    for number, asked in enumerate(options.stereotypes):
        anchor = f"stages.llm.stereotypes.{number}"
        findings, rows = stereotypes.stereotyped(frame, asked, options, seed=seed, anchor=anchor)
        found.add(findings, "stereotypes", rows)
    for name, limit in options.numbers.items():
        findings, rows = tables.numbers(
            frame, name, limit, options, anchor=f"stages.llm.numbers.{name}"
        )
        found.add(findings, "numbers", rows)
