"""What a baseline holds of a run, in words: how many findings, and which are new, worse or not approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from raudit.record import Column, StageRecord, Table
from raudit.report.finding_view import FindingView
from raudit.report.language import Language
from raudit.report.maker import MOST_ROWS
from raudit.report.numbers import DASH
from raudit.report.points import GAPS, counted
from raudit.report.views import Pair

STATES = ("new", "worse", "unapproved", "known")
"""What a failed finding can be against a baseline, what matters first."""


def held_pairs(baseline: Mapping[str, Any], language: Language) -> tuple[Pair, ...]:
    """The file and its counts, each with what it counts."""
    if not baseline:
        return ()
    count = language.numbers.count
    failed = count(sum(_many(baseline.get(state)) for state in STATES))
    named = [("entries", "held-count", baseline.get("entries"))]
    named += [(state, "held-count-of", baseline.get(state)) for state in STATES]
    named += [("accepted", "held-count-blocking", baseline.get("accepted"))]
    named += [("gone", "held-count", baseline.get("gone"))]
    pairs = [Pair(name=language("held-source"), value=str(baseline.get("source") or DASH))]
    for name, words, n in named:
        of = {"total": failed} if words == "held-count-of" else {}
        value = language(words, count=count(_many(n)), **of)
        pairs.append(Pair(name=language(f"held-{name}"), value=value))
    return tuple(pairs)


def _many(value: object) -> int:
    return len(value) if isinstance(value, list | tuple) else value if isinstance(value, int) else 0


def held_tables(
    baseline: Mapping[str, Any],
    findings: Sequence[FindingView],
    assessed: StageRecord | None,
    language: Language,
) -> tuple[Table, ...]:
    """The failed findings against the baseline, at most fifteen, with how far each moved."""
    asked = {
        str(row.get("id")): str(row.get("question"))
        for table in (assessed.tables if assessed else ())
        if table.id.startswith("answers-")
        for row in table.rows
    }
    views = {view.finding.fingerprint: view for view in findings}
    held = [
        item
        for item in baseline.get("findings") or ()
        if item.get("fingerprint") in views and item.get("state") in STATES
    ]
    held.sort(key=lambda item: STATES.index(item["state"]))  # stable: the record's order within
    if not held:
        return ()
    rows = [_row(item, views[item["fingerprint"]], asked, language) for item in held[:MOST_ROWS]]
    columns = ("finding", "subject", "state", "value", "change")
    cut = language("held-cut", shown=len(rows), total=len(held)) if len(held) > len(rows) else ""
    return (
        Table(
            id="held",
            title=language("held-title"),
            caption=cut,
            columns=tuple(Column(key=key, label=language(f"held-col-{key}")) for key in columns),
            rows=tuple(rows),
        ),
    )


def _row(
    item: Mapping[str, Any], view: FindingView, asked: Mapping[str, str], language: Language
) -> dict[str, str]:
    return {
        "finding": view.title,
        "subject": _about(view, asked, language),
        "state": language(f"held-state-{item['state']}"),
        "value": view.value or DASH,
        "change": _change(item.get("difference"), view, language),
    }


def _about(view: FindingView, asked: Mapping[str, str], language: Language) -> str:
    """What it is about, in words: a question as it was asked, an assessment by its title."""
    finding, m = view.finding, view.finding.measurement
    if finding.subject.kind == "question":
        return asked.get(finding.subject.name, finding.subject.name)
    if finding.subject.kind == "assessment":
        return finding.statement.partition(":")[0]
    if m is not None and language.has(f"metric-{m.metric}"):
        return f"{view.subject_name}, {language.metric(m.metric)}"
    return view.subject_name


def _change(change: Mapping[str, Any] | None, view: FindingView, language: Language) -> str:
    """By how much it moved since the baseline, with the interval of that."""
    if change is None:
        return DASH
    m, numbers = view.finding.measurement, language.numbers
    low, high = change.get("low"), change.get("high")
    in_points = m is not None and m.metric in GAPS
    write = numbers.points if in_points else numbers.column([change["value"], low, high])
    value = counted(write(change["value"]), m, language)
    if low is None or high is None:
        return value
    return f"{value} ({language('from-to', low=write(low), high=write(high))})"
