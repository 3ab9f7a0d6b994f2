"""Walk through a checklist question by question; every answer is on disk before the next question is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from raudit.checklists.answers import Answer, Answers, parse_answers
from raudit.checklists.assess import Assessment, assess
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.schema import Question, Section
from raudit.checklists.writing import entry_digest, record_answer, save, withdraw_answer
from raudit.errors import AnswerConflict, AnswersError
from raudit.yamltext import read_yaml

Save = Callable[[Path, Callable[[str], str], Checklist], str]
"""Writes a change to an answers file, and gives the text that is on disk then."""


def save_with_history(path: Path, change: Callable[[str], str], checklist: Checklist) -> str:
    """Write a change into the file and its history."""
    return save(path, change, checklist=checklist)


StepState = Literal[
    "open", "optional", "answered", "unknown", "not_applicable", "to_correct", "contradicted"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A question that is shown, and where it stands."""

    question: Question
    section: Section
    number: int
    """From 1."""
    total: int
    """How many questions are shown now."""
    answer: Answer | None
    value: Any
    """The typed answer: text, Decimal, tuple of option ids or of rows; None if there is none."""
    state: StepState
    gap: str
    """What is lacking, in words; empty if nothing is."""
    suggestions: tuple[str, ...]
    """Answers that what was measured suggests."""
    because: str
    """What contradicts the answer, as a sentence; empty if nothing does."""


class Walk:
    """One person answering one file.

    Parameters
    ----------
    path
        The answers file; it must be there.
    checklist
        The checklist it answers.
    by
        Who answers; written beside each answer.
    clock
        Tells the time; called once an answer.
    facts
        What was measured, to suggest answers from and hold them against.
    save
        How a change is written: by default into the file and its history; with a log, also told to it.

    Raises
    ------
    AnswerConflict
        From whatever writes, if someone else changed the same answer since it was read here. The walk then holds
        theirs; to write mine over it is to answer again.

    Examples
    --------
    ::

        walk = Walk(path, checklist, by="ann@example.org", clock=now)
        step = walk.next_open()
        while step is not None:
            walk.answer(step.question.id, "yes", why="...")       # saved here
            print(walk.answered, "of", walk.total, walk.standing)
            step = walk.next_open(after=step.question.id)
    """

    def __init__(
        self,
        path: Path,
        checklist: Checklist,
        *,
        by: str,
        clock: Callable[[], datetime],
        facts: Mapping[str, Any] | None = None,
        save: Save = save_with_history,
    ) -> None:
        self.path, self.checklist, self.by, self.clock = path, checklist, by, clock
        self.save = save
        self.facts = dict(facts or {})
        self.reload()

    def reload(self) -> None:
        """Read the file again, after someone else wrote into it."""
        self._take(read_yaml(self.path, error=AnswersError).text)

    def _take(self, text: str) -> None:
        self.text = text
        self.answers: Answers = parse_answers(text, self.checklist, source=self.path.name)
        self.assessment: Assessment = assess(
            self.checklist, self.answers, facts=self.facts, today=self.clock().date()
        )

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every question that is shown now, in order."""
        result = self.assessment
        gaps = {gap.question: gap.reason for gap in result.open}
        against = {item.question: item.because for item in result.contradictions}
        return tuple(
            self._step(name, number, gaps.get(name, ""), against.get(name, ""))
            for number, name in enumerate(result.visible, 1)
        )

    def _step(self, name: str, number: int, gap: str, because: str) -> Step:
        question, answer = self.checklist.questions[name], self.answers.file.answers.get(name)
        return Step(
            question=question,
            section=self.checklist.section_of[name],
            number=number,
            total=len(self.assessment.visible),
            answer=answer,
            value=self.answers.values.get(name),
            state=_state(question, answer, gap, because),
            gap=gap,
            suggestions=self.assessment.suggestions.get(name, ()),
            because=because,
        )

    def step(self, question: str) -> Step | None:
        """The step of a question; None if it is not shown."""
        return next((step for step in self.steps if step.question.id == question), None)

    def next_open(self, *, after: str = "") -> Step | None:
        """The next question that lacks something, from the top again if there is none after; None if all is done."""
        steps = self.steps
        place = list(self.checklist.questions)
        start = place.index(after) if after in place else -1
        lacking = [step for step in steps if step.gap]
        later = [step for step in lacking if place.index(step.question.id) > start]
        return next(iter(later or lacking), None)

    @property
    def total(self) -> int:
        """How many questions are shown now."""
        return len(self.assessment.visible)

    @property
    def answered(self) -> int:
        """How many of them are answered."""
        return self.assessment.answered

    @property
    def standing(self) -> str:
        """Level so far and where it can still end, in words."""
        return self.assessment.standing

    def answer(
        self,
        question: str,
        value: object,
        *,
        why: str | None = None,
        evidence: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        """Save an answer; see ``record_answer``."""
        self._save(question, value=value, why=why, evidence=evidence)

    def unknown(
        self, question: str, *, owner: str, due: date | None = None, why: str | None = None
    ) -> None:
        """Save that nobody knows yet, and who finds out by when."""
        self._save(question, state="unknown", owner=owner, due=due, why=why)

    def not_applicable(self, question: str, *, why: str) -> None:
        """Save that a question does not apply, and why."""
        self._save(question, state="not_applicable", why=why)

    def withdraw(self, question: str) -> None:
        """Take an answer back; it is set aside, and the question is open again."""
        at = self.clock()
        seen = entry_digest(self.text, question)
        self._keep(
            lambda text: withdraw_answer(text, self.checklist, question, at=at, made_from=seen)
        )

    def _save(self, question: str, **given: Any) -> None:
        at = self.clock()
        seen = entry_digest(self.text, question)
        self._keep(
            lambda text: record_answer(
                text, self.checklist, question, by=self.by, at=at, made_from=seen, **given
            )
        )

    def _keep(self, change: Callable[[str], str]) -> None:
        """Write; if someone else changed the same answer meanwhile, read theirs and let the caller show both."""
        try:
            self._take(self.save(self.path, change, self.checklist))
        except AnswerConflict:
            self.reload()
            raise


def _state(question: Question, answer: Answer | None, gap: str, because: str) -> StepState:
    if because:
        return "contradicted"
    if answer is not None and answer.state != "answered":
        return answer.state
    if answer is not None and answer.review.state == "to_correct":
        return "to_correct"
    if gap:
        return "open"
    return "answered" if answer is not None else "optional" if not question.required else "open"
