"""One page for whoever decides: what answers come to, goal and guardrails, risks, what stands against it, who signed.

Everything is read from the answers and their assessment; nothing is judged anew. Goal, guardrails and alerts are those
of ``launch-readiness``; of other checklists the page holds what they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from raudit.checklists.answers import Answers
from raudit.checklists.assess import Assessment
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.scope import row_level
from raudit.sentences import capital, role_words

MOST_RISKS = 3
MOST_GUARDRAILS = 3
MOST_CONTRADICTED = 3
CELL, NAME, PARAGRAPH = 90, 36, 260
"""Longest text of a cell, of a name in one and of the statement. The answers hold the rest; the page stays one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What should change, and what the experiment shows."""

    metric: str
    today: Decimal | None
    target: Decimal | None
    by: str
    gain: tuple[Decimal, Decimal] | None
    """95% interval of the gain; better is positive."""
    recorded: str
    results: str
    days_before: int | None
    """Days from recording to the first look at results."""

    @property
    def needed(self) -> Decimal | None:
        """The gain that the target asks for."""
        return None if self.today is None or self.target is None else abs(self.target - self.today)

    @property
    def verdict(self) -> str:
        """Whether the experiment's gain reaches what the target asks for, in a sentence."""
        if self.gain is None or self.needed is None:
            return "There is no interval to hold against the target."
        low, high = self.gain
        if low <= 0:
            return "The interval includes no gain at all."
        if low >= self.needed:
            return f"The target asks for {plain(self.needed)}; all of the interval reaches it."
        if high >= self.needed:
            return f"The target asks for {plain(self.needed)}; part of the interval reaches it."
        return f"The target asks for {plain(self.needed)}; the experiment shows less."


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """What must not get worse, and who watches it."""

    metric: str
    limit: str
    action: str
    owner: str
    alert: str
    """Who is called by the alert of the same name; empty if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """A risk from the register."""

    risk: str
    level: str
    measure: str
    owner: str
    due: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A role's decision, or that there is none."""

    role: str
    decision: str
    by: str
    on: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything on the page."""

    title: str
    project: str
    headline: str
    because: str
    tally: str
    statement: str
    launch: str
    goal: Goal | None
    guardrails: tuple[Guardrail, ...]
    held: str
    """Whether the guardrails held in the experiment, as answered."""
    blockers: tuple[str, ...]
    contradicted: tuple[str, ...]
    open: tuple[str, ...]
    sections: tuple[tuple[str, int], ...]
    """Title and percent of points, weakest first."""
    risks: tuple[Risk, ...]
    more_risks: int
    signatures: tuple[Signature, ...]
    source: str

    @property
    def against(self) -> tuple[str, ...]:
        """What stands against it: blockers, then contradictions."""
        more = len(self.contradicted) - MOST_CONTRADICTED
        rest = (f"and {more} more contradicted",) if more > 0 else ()
        return (*self.blockers, *self.contradicted[:MOST_CONTRADICTED], *rest)


def page(checklist: Checklist, answers: Answers, result: Assessment) -> Page:
    """Gather what the page says."""
    values = shown(answers, result)
    headline, because = _headline(checklist, result)
    risks = _risks(checklist, values)
    return Page(
        title=checklist.file.title,
        project=answers.file.subject.project or "Unnamed system",
        headline=headline,
        because=because,
        tally=_tally(result),
        statement=cut(str(values.get("problem.statement", "")), PARAGRAPH),
        launch=str(values.get("rollout.launch_on", "")),
        goal=_goal(values) if "problem.goal" in checklist.questions else None,
        guardrails=_guardrails(values),
        held=_option(checklist, "experiment.guardrails", values),
        blockers=(*result.blockers, *result.overdue),
        contradicted=tuple(
            f"\u201c{cut(item.answer)}\u201d is contradicted. {cut(item.because, 2 * CELL)}"
            for item in result.contradictions
        ),
        open=tuple(
            f"{checklist.questions[item.question].text} ({cut(item.reason)})"
            for item in result.open
        ),
        sections=_sections(checklist, result),
        risks=risks[:MOST_RISKS],
        more_risks=max(len(risks) - MOST_RISKS, 0),
        signatures=_signatures(result),
        source=f"{checklist.id} {checklist.file.version}, {answers.source}",
    )


def shown(answers: Answers, result: Assessment) -> Mapping[str, Any]:
    """Answers to questions that are shown; a hidden one says nothing."""
    return {name: answers.values[name] for name in result.visible if name in answers.values}


def plain(number: Decimal) -> str:
    """A number without needless zeros, never in powers of ten."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def cut(text: str, most: int = CELL) -> str:
    """A text of at most so many characters, cut between words.

    Examples
    --------
    >>> cut("one two three", 9)
    'one two …'
    """
    if len(text) <= most:
        return text
    head = text[: most - 1]
    return (head.rpartition(" ")[0] or head) + " \u2026"


def alert_for(metric: str, alerts: Sequence[Mapping[str, str]]) -> Mapping[str, str] | None:
    """The alert on the metric of this name."""
    wanted = " ".join(metric.casefold().split())
    found = [
        row
        for row in alerts
        if wanted and " ".join(row.get("metric", "").casefold().split()) == wanted
    ]
    return found[0] if found else None


def _headline(checklist: Checklist, result: Assessment) -> tuple[str, str]:
    """The worst that is so, in a word and a sentence."""
    stated = {blocker.because for blocker in checklist.file.block_if}
    against = sum(1 for because in result.blockers if because in stated) + len(
        result.contradictions
    )
    decided = " ".join(part for part in (_refusal(result), _late(result)) if part)
    if against:
        what = "answer stands" if against == 1 else "answers stand"
        return "Blocked", f"{against} {what} against it. {decided}".rstrip()
    if result.open:
        first = checklist.questions[result.open[0].question].text
        many = f"{len(result.open)} questions are" if len(result.open) > 1 else "One question is"
        return "Incomplete", f"{many} open, first: {first} {decided}".rstrip()
    if result.expired:
        return "Expired", f"It does not hold any more: {result.expired}."
    word = checklist.level_title(result.level) or "Answered"
    level = checklist.file.scoring.level
    because = next((b.because for b in level.bands if b.id == result.level), "") if level else ""
    if decided:
        return "Not approved", f"{decided} By the answers: {word.lower()}."
    if result.missing_roles:
        return (
            f"{word}, not signed",
            f"{because} {_undecided(result.missing_roles)} decided yet.".strip(),
        )
    return word, because


def _refusal(result: Assessment) -> str:
    """Who decided against it, by each role's last word."""
    last = {state.signoff.role: state.signoff.decision for state in result.signoffs if state.holds}
    return " ".join(
        f"The {role_words(role)} decided to {decision}."
        for role, decision in last.items()
        if decision in {"reject", "refer"}
    )


def _late(result: Assessment) -> str:
    """That a condition of an approval should have been met by now."""
    late = len(result.overdue)
    return (
        f"{late} {'condition' if late == 1 else 'conditions'} of its approval overdue."
        if late
        else ""
    )


def _tally(result: Assessment) -> str:
    asked, open_ = len(result.visible), len(result.open)
    parts = [
        f"{result.answered} of {asked} answered",
        f"{result.accepted} accepted by a reviewer",
        f"{open_} open",
    ]
    return " \u00b7 ".join(
        [*parts, f"{len(result.blockers)} blocking", f"{len(result.contradictions)} contradicted"]
    )


def _goal(values: Mapping[str, Any]) -> Goal:
    low, high = (values.get(f"experiment.gain_{end}") for end in ("low", "high"))
    recorded, results = (
        str(values.get(name, "")) for name in ("problem.recorded_on", "experiment.results_on")
    )
    return Goal(
        metric=cut(str(values.get("problem.goal", "")), 2 * CELL),
        today=values.get("problem.baseline"),
        target=values.get("problem.target"),
        by=str(values.get("problem.target_by", "")),
        gain=(min(low, high), max(low, high)) if low is not None and high is not None else None,
        recorded=recorded,
        results=results,
        days_before=_days(recorded, results) if recorded and results else None,
    )


def _days(first: str, second: str) -> int:
    from datetime import date

    return (date.fromisoformat(second) - date.fromisoformat(first)).days


def _guardrails(values: Mapping[str, Any]) -> tuple[Guardrail, ...]:
    alerts = values.get("monitoring.alerts", ())
    found = []
    for row in values.get("problem.guardrails", ()):
        alert = alert_for(row.get("metric", ""), alerts)
        cells = {key: cut(row.get(key, "")) for key in ("metric", "limit", "action")}
        cells["owner"] = cut(row.get("owner", ""), NAME)
        found.append(Guardrail(**cells, alert=cut(alert.get("on_call", ""), NAME) if alert else ""))
    return tuple(found)


def _option(checklist: Checklist, name: str, values: Mapping[str, Any]) -> str:
    if name not in checklist.questions or name not in values:
        return ""
    return {option.id: option.text for option in checklist.questions[name].options}.get(
        values[name], ""
    )


def _sections(checklist: Checklist, result: Assessment) -> tuple[tuple[str, int], ...]:
    found = []
    for section in checklist.file.sections:
        figure = result.figures.get(f"share.{section.id}")
        if figure is not None and figure.now is not None:
            found.append((section.title, int(figure.now.to_integral_value(rounding=ROUND_HALF_UP))))
    return tuple(sorted(found, key=lambda item: item[1]))


def _risks(checklist: Checklist, values: Mapping[str, Any]) -> tuple[Risk, ...]:
    """Every risk with its level before and, where that is rated, after its measures; what remains worst comes first."""
    ranked = []
    for question in checklist.file.register_from:
        for row in values.get(question, ()):
            ranks, words = _levels(checklist, row)
            cells = {key: cut(row.get(key, "")) for key in ("risk", "measure", "due")}
            cells["owner"] = cut(row.get("owner", ""), NAME)
            ranked.append((*ranks, Risk(level=words, **cells)))
    return tuple(
        risk for _after, _before, risk in sorted(ranked, key=lambda item: (-item[0], -item[1]))
    )


def _levels(checklist: Checklist, row: Mapping[str, str]) -> tuple[tuple[int, int], str]:
    """Ranks after and before measures, and both in words."""
    found: dict[bool, tuple[int, str]] = {}
    for name, table in checklist.file.tables.items():
        level = row_level(checklist, name, row)
        if level is not None:
            found[table.row.startswith("residual")] = (
                table.order.index(level),
                level.replace("_", " "),
            )
    before, after = found.get(False, (-1, "not rated")), found.get(True)
    words = before[1] if after is None else f"{before[1]} \u2192 {after[1]}"
    return ((after or before)[0], before[0]), words


def _signatures(result: Assessment) -> tuple[Signature, ...]:
    found = []
    for state in result.signoffs:
        signoff = state.signoff
        conditions = "; ".join(c.said for c in result.conditions if c.role == signoff.role)
        note = cut(conditions if state.holds else f"void: {state.because}", 3 * CELL)
        words = signoff.decision.replace("_", " ")
        on = signoff.at.date().isoformat()
        found.append(Signature(role=signoff.role, decision=words, by=signoff.by, on=on, note=note))
    signed = {item.role for item in found}
    found += [
        Signature(role=role, decision="has not decided", by="", on="", note="")
        for role in result.missing_roles
        if role not in signed
    ]
    return tuple(found)


def _undecided(roles: Sequence[str]) -> str:
    """Who has yet to decide, as far as the verb: "The system owner and the risk officer have not"."""
    *others, last = [f"the {role_words(role)}" for role in roles]
    listed = f"{', '.join(others)} and {last}" if others else last
    return f"{capital(listed)} {'have' if others else 'has'} not"
