"""Sentences and acceptance criteria of ``launch-readiness``: for each guardrail, alert, step, risk and choice."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from raudit.checklists.answers import Answers
from raudit.checklists.assess import Assessment
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.prints.page import alert_for, plain

OPEN = "OPEN"


@dataclass(frozen=True, slots=True)
class Known:
    """What templates look at."""

    checklist: Checklist
    answers: Answers
    result: Assessment
    values: Mapping[str, Any]

    @property
    def is_launch(self) -> bool:
        """Whether the questions are those of ``launch-readiness`` or of a checklist made from it."""
        return {"problem.goal", "problem.guardrails", "monitoring.alerts"} <= set(
            self.checklist.questions
        )

    def filled(self, text: str) -> tuple[str, tuple[str, ...]]:
        """Replace ``{question.id}`` by its answer, and say which are missing."""
        missing: list[str] = []

        def words(match: re.Match[str]) -> str:
            name = match.group(1)
            answer, value = self.answers.file.answers.get(name), self.values.get(name)
            if answer is not None and answer.state == "not_applicable":
                return "(does not apply)"
            if value is None:
                missing.append(name)
                return OPEN
            unit = self.checklist.questions[name].unit
            return f"{plain(value)} {unit}".rstrip() if isinstance(value, Decimal) else str(value)

        return re.sub(r"\{([a-z][a-z0-9_.]*)\}", words, text), tuple(missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A requirement before it has a number."""

    shall: str
    criteria: tuple[str, ...] = ()
    now: str = "To do"
    owner: str = ""
    missing: tuple[str, ...] = ()
    """What has to be answered before it is a requirement at all."""
    row: bool = False
    """Whether it comes from one row of a list, so that gaps of other rows are not its own."""


def _guardrail(known: Known, row: Mapping[str, str]) -> Draft:
    at = _Cells(row)
    alert = alert_for(row.get("metric", ""), known.values.get("monitoring.alerts", ()))
    called = _Cells(alert or {})
    watched = f"The alert of the same name calls {called['on_call']} when: {called['threshold']}."
    if alert is None:
        at.missing.append("an alert of the same name")
        watched = f"An alert of the same name watches it: {OPEN}."
    criteria = (
        "Measured before each step of the rollout and all the time afterwards, and within the limit.",
        f"When it is crossed: {at['action']}. {at['owner']} decides.",
        watched,
    )
    return at.draft(
        f"{at['metric']} stays within its limit: {at['limit']}.", criteria, owner="owner"
    )


def _source(_known: Known, row: Mapping[str, str]) -> Draft:
    at = _Cells(row)
    criteria = (
        f"{at['owner']} answers for it.",
        f"May be used under: {at['licence']}.",
        f"Renewed: {at['refresh']}.",
    )
    return at.draft(f"Source, with an owner: {at['source']}.", criteria, owner="owner")


def _labels(_known: Known, row: Mapping[str, str]) -> Draft:
    at = _Cells(row)
    shall = f"There are at least {at['need']} labelled cases of the kind \u201c{at['kind']}\u201d by {at['by']}."
    try:
        met = Decimal(row.get("have", "")) >= Decimal(row.get("need", ""))
    except InvalidOperation:
        met = False
    now = f"{'Met' if met else 'Not met'}: there are {at['have']}"
    return at.draft(shall, (f"How: {at['plan']}.",), now=now)


def _step(_known: Known, row: Mapping[str, str]) -> Draft:
    at = _Cells(row)
    criteria = (f"Goes on when: {at['next_if']}.", f"Goes back when: {at['stop_if']}.")
    return at.draft(f"{at['step']}: it decides about {at['share']} percent of people.", criteria)


def _alert(_known: Known, row: Mapping[str, str]) -> Draft:
    at = _Cells(row)
    criteria = (
        f"It arrives at: {at['channel']}.",
        f"{at['on_call']} acts on it.",
        "It was made to fire once.",
    )
    return at.draft(
        f"{at['metric']}: an alert fires when: {at['threshold']}.", criteria, owner="on_call"
    )


def _risk(_known: Known, row: Mapping[str, str]) -> Draft:
    at = _Cells(row)
    return at.draft(f"Treated by {at['due']}: {at['risk']}.", (f"{at['measure']}.",), owner="owner")


class _Cells:
    """Cells of a row; one that is missing reads OPEN and is remembered."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self.row = row
        self.missing: list[str] = []

    def __getitem__(self, key: str) -> str:
        text = self.row.get(key, "").rstrip(". ")
        if not text and key not in self.missing:
            self.missing.append(key)
        return text or f"{OPEN} ({key.replace('_', ' ')})"

    def draft(
        self, shall: str, criteria: tuple[str, ...], *, owner: str = "", now: str = "To do"
    ) -> Draft:
        """The requirement of this row."""
        missing = tuple(word.replace("_", " ") for word in self.missing)
        return Draft(
            shall=shall,
            criteria=criteria,
            now=now,
            owner=self.row.get(owner, ""),
            missing=missing,
            row=True,
        )


ROWS = {
    "problem.guardrails": _guardrail,
    "data.sources": _source,
    "data.label_plan": _labels,
    "rollout.steps": _step,
    "monitoring.alerts": _alert,
    "risk.list": _risk,
}
"""Requirements from rows of ``launch-readiness``."""

SINGLE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "problem.goal": (
        "{problem.goal}: from {problem.baseline} to {problem.target} by {problem.target_by}.",
        (
            (
                "On {problem.target_by}, measured as today\u2019s {problem.baseline} was, "
                "it is {problem.target} or better."
            ),
        ),
    ),
    "problem.recorded_on": (
        "Goal and guardrails are older than the results they are held against.",
        ("Recorded on {problem.recorded_on}, results first looked at on {experiment.results_on}.",),
    ),
    "tradeoffs.unit": (
        "Errors are weighed in one unit: {tradeoffs.unit}.",
        ("A wrong yes counts {tradeoffs.false_positive}, a wrong no {tradeoffs.false_negative}.",),
    ),
    "tradeoffs.latency": (
        "95 of 100 answers come within {tradeoffs.latency}.",
        ("Measured under the load of launch.",),
    ),
    "tradeoffs.running_cost": (
        "1,000 answers cost at most {tradeoffs.running_cost}.",
        ("Counted each month, in: {tradeoffs.unit}.",),
    ),
    "experiment.gain_low": (
        "The experiment shows a gain.",
        (
            "The 95% interval, from {experiment.gain_low} to {experiment.gain_high}, lies above zero.",
        ),
    ),
    "rollout.launch_on": (
        "It decides about the first person on {rollout.launch_on}.",
        ("Nothing stands against it by then, and everyone who has to has signed.",),
    ),
    "data.basis": ("Data about people is used on a legal basis.", ("{data.basis}",)),
    "adoption.success": ("Use is looked at after 30 and after 90 days.", ("{adoption.success}",)),
}
"""Requirements from single answers of ``launch-readiness``: sentence and criteria."""

CHECKS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "experiment.gain_low": lambda values: (
        min(values["experiment.gain_low"], values["experiment.gain_high"]) > 0
    ),
    "problem.recorded_on": lambda values: (
        date.fromisoformat(values["problem.recorded_on"])
        < date.fromisoformat(values["experiment.results_on"])
    ),
}
"""Whether a single answer meets its requirement already; the values it looks at are there."""

BEST: Mapping[str, tuple[str, ...]] = {
    "monitoring.truth_after": ("days", "weeks", "months"),
    "risk.privacy": ("approved", "not_required"),
    "risk.prohibited": ("none_found",),
}
"""What is good enough where points do not say it."""

SHALL: Mapping[str, str] = {
    "problem.recorded": "Goal and guardrails are written down where their date shows.",
    "data.labels": "The right answers that it learns from are known to be right.",
    "data.split": "It is judged on data kept apart from what it learned from.",
    "data.drift_reference": "A picture of the data at launch is kept, to compare later data with.",
    "data.redaction": "Data that it does not need is taken out.",
    "experiment.baseline": "It is compared with what would be done without it, on the same cases.",
    "experiment.size": "The number of cases is decided before the experiment.",
    "experiment.guardrails": "All guardrails hold in the experiment.",
    "tradeoffs.threshold": "The line between yes and no follows from what both errors cost.",
    "tradeoffs.explanation": "Reasons are given for each case.",
    "rollout.shadow": "It runs beside today's process before it decides.",
    "rollout.rollback": "The way back to the process before has been rehearsed.",
    "monitoring.truth_after": "It becomes known whether answers were right.",
    "monitoring.tested": "Every alert has been made to fire.",
    "risk.fairness": "Decisions and errors are compared between groups of people, and every difference is settled.",
    "risk.privacy": "The privacy assessment is approved, or is shown not to be required.",
    "risk.threats": "Attacks and misuse are thought through, and high threats have measures with owners.",
    "risk.transparency": "People know that it is used on them and how to object.",
    "risk.prohibited": "It does nothing that Article 5 of the EU AI Act forbids.",
    "risk.log": "Answers and audits can be looked into later.",
    "adoption.trained": "Everyone who works with it is trained, also in when not to trust it.",
    "adoption.override": "It can be overruled, and each time is recorded and read.",
    "adoption.appeal": "Whoever thinks the answer about them is wrong can have it decided anew.",
}
"""What the choices of ``launch-readiness`` ask for."""
