"""Score answers: what is shown, points, values, level, outcomes, blockers, contradictions, what is open.

Conditions cascade: an answer that is hidden counts nowhere, and what it would have shown is hidden too. The score so
far never stands alone; the best and the worst case of what is still open stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from raudit.checklists.answers import Answer, Answers, EvidenceLink
from raudit.checklists.conditions import ConditionState, condition_states
from raudit.checklists.form import lattice
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.faults import IN_SENTENCE
from raudit.checklists.form.lattice import MISSING, Range, Truth, Value
from raudit.checklists.form.schema import Kind, Question
from raudit.checklists.form.scope import AnswerScope, point_range, row_level
from raudit.checklists.signoff import SignOffState, signoff_state
from raudit.checklists.sources import Place, Sources, listed
from raudit.checklists.spoken import place_of, template_of
from raudit.people import NOBODY, People
from raudit.sentences import joined, say, term
from raudit.statements import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number so far, and where it can still end."""

    now: Decimal | None
    best: Decimal | None
    worst: Decimal | None
    """Smallest and largest value over all ways to answer what is open; for points of risk, less is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A question that is not answered."""

    question: str
    reason: str
    """``not answered``, ``unknown, NAME finds out by DAY`` or what a row lacks."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradicted:
    """An answer that what was measured contradicts."""

    question: str
    answer: str
    """The answer, in words."""
    because: str
    """What was measured, as a sentence."""
    fact: str
    line: int
    by: str = ""
    at: str = ""
    """Who answered, and on which day."""
    places: tuple[Place, ...] = ()
    """Each fact that contradicts it: where it stands in the record, and what it says there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """An outcome and why."""

    id: str
    title: str
    """How it is called for people."""
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What answers come to."""

    checklist: Checklist
    answers: Answers
    visible: tuple[str, ...]
    """Ids of the questions that are shown, in order."""
    answered: int
    accepted: int
    """Answers that a reviewer accepted and the evidence does not contradict."""
    open: tuple[Open, ...]
    figures: Mapping[str, Figure]
    """Pools and values by name."""
    level: str
    """The level of what is answered; empty if there is none or it cannot be told."""
    level_best: str
    level_worst: str
    outcomes: tuple[Reached, ...]
    blockers: tuple[str, ...]
    """What must not be and is, one sentence each."""
    turned_down: tuple[str, ...]
    """Who rejected it or referred it to someone else, one sentence each."""
    contradictions: tuple[Contradicted, ...]
    facts_used: tuple[str, ...]
    """Facts that were measured and that some shown question is held against."""
    hidden: tuple[str, ...]
    """Questions that are answered and not shown any more; they are set aside when the file is next written."""
    signoffs: tuple[SignOffState, ...]
    conditions: tuple[ConditionState, ...]
    """Conditions of the approvals that hold."""
    missing_roles: tuple[str, ...]
    """Roles whose sign-off is needed and does not hold."""
    expired: str
    """Why the answers do not hold any more, or nothing."""

    suggestions: Mapping[str, tuple[str, ...]]
    """Answers that what was measured suggests, by question; option ids for questions with options."""

    @property
    def standing(self) -> str:
        """Level so far and where it can still end, in words; empty if the checklist has no level."""
        if self.checklist.file.scoring.level is None:
            return ""
        names = (self.level, self.level_best, self.level_worst)
        here, best, worst = (term(self.checklist.level_title(name)) for name in names)
        if here and self.complete and self.contradictions:
            refuted = len({item.question for item in self.contradictions})
            return say(
                "{here} on answers of which the evidence contradicts {refuted}",
                here=here,
                refuted=refuted,
            )
        if here and self.complete:
            return here
        if here and best == worst == here:
            return say("{here} so far, with {count} open", here=here, count=len(self.open))
        ends = (
            say("could still end from “{best}” to “{worst}”", best=best, worst=worst)
            if best and worst
            else say("nothing is settled")
        )
        if not self.answered:  # a level of nothing would look like low risk
            return say("nothing is answered yet; {ends}", ends=ends)
        if here:
            return say("{here} so far; {ends}", here=here, ends=ends)
        return say("not settled yet; {ends}", ends=ends)

    @property
    def points(self) -> tuple[str, ...]:
        """Points of each pool and value that has a title, of how many, and where they can still end, one line each."""
        scoring, found = self.checklist.file.scoring, []
        named = [(pool.replace("_", " "), f"{pool}.score", f"{pool}.max") for pool in scoring.pools]
        named += [(value.title, name, "") for name, value in scoring.values.items() if value.title]
        for title, name, limit in named:
            score, most = self.figures.get(name), self.figures.get(limit)
            if score is None or score.now is None:
                continue
            of = (
                f" of {most.now.normalize():f}" if most is not None and most.now is not None else ""
            )
            ends = (
                f"; could still end from {score.best:f} to {score.worst:f}"
                if score.best != score.worst
                else ""
            )
            found.append(f"{title}: {score.now:f}{of} points{ends}")
        return tuple(found)

    @property
    def overdue(self) -> tuple[str, ...]:
        """Conditions of an approval that should have been met by now, one sentence each."""
        return tuple(
            say(
                "A condition of {role} is overdue: {what} ({owner}, {due}).",
                role=term(c.role),
                what=c.condition.what,
                owner=c.condition.owner,
                due=c.condition.due,
            )
            for c in self.conditions
            if c.state == "overdue"
        )

    @property
    def unowned(self) -> tuple[ConditionState, ...]:
        """Conditions of an approval that nobody answers for, or by no day."""
        return tuple(c for c in self.conditions if c.state == "unowned")

    @property
    def against(self) -> tuple[str, ...]:
        """All that stands against it apart from contradictions: blockers, refusals, conditions that are overdue."""
        return (*self.blockers, *self.turned_down, *self.overdue)

    @property
    def complete(self) -> bool:
        """Whether every shown question that must be answered is."""
        return not self.open


def assess(
    checklist: Checklist,
    answers: Answers,
    *,
    facts: Mapping[str, Any] | None = None,
    sources: Sources | None = None,
    today: date,
    people: People = NOBODY,
    statements: Sequence[Outcome] = (),
) -> Assessment:
    """Score answers and hold them against facts.

    Parameters
    ----------
    checklist, answers
        The checklist and answers that fit it.
    facts
        What was measured, by dotted name; a fact that is not there was not measured and contradicts nothing.
    sources
        Where in the record each fact stands; a contradiction points there.
    today
        Day against which review dates are held.
    people
        Who people are.
    statements
        The signed statements beside the answers, checked; see ``statements.check_statements``.
    """
    facts = facts or {}
    now = _scope(checklist, answers, facts, possible=False)
    later = _scope(checklist, answers, facts, possible=True)
    for scope in (now, later):
        _show(scope)
        _compute(scope)
    visible = tuple(name for name in checklist.questions if now.visible[name] is True)
    states = _signoffs(checklist, answers, people, statements)
    contradictions = _contradictions(checklist, answers, now, visible, sources or Sources())
    refuted = {item.question for item in contradictions}
    level = _level(now, now.name(_of(checklist)))
    best, worst = _around(checklist, level, *_level_ends(later, _of(checklist)))
    return Assessment(
        checklist=checklist,
        answers=answers,
        visible=visible,
        answered=sum(1 for name in visible if now.has_answer(name)),
        accepted=sum(
            1 for name in visible if name not in refuted and accepted(answers, name, people)
        ),
        open=_open(checklist, answers, now, visible, today),
        figures=_figures(now, later),
        level=level,
        level_best=best,
        level_worst=worst,
        outcomes=tuple(
            Reached(
                id=rule.outcome,
                title=term(checklist.outcome_title(rule.outcome)),
                because=term(rule.because),
            )
            for rule in checklist.file.scoring.rules
            if lattice.is_true(now.evaluate(rule.when))
        ),
        blockers=tuple(
            term(b.because)
            for b in checklist.file.block_if
            if lattice.is_true(now.evaluate(b.when))
        ),
        turned_down=_turned_down(states),
        contradictions=contradictions,
        facts_used=tuple(
            sorted(
                {
                    q.evidence.fact
                    for n, q in checklist.questions.items()
                    if n in visible and q.evidence.fact in facts
                }
            )
        ),
        hidden=tuple(name for name in answers.file.answers if now.visible.get(name) is not True),
        signoffs=states,
        conditions=condition_states(states, today),
        missing_roles=_missing_roles(checklist, now, states),
        expired=_expired(checklist, answers, facts, today),
        suggestions=_suggestions(checklist, now, visible),
    )


def _scope(
    checklist: Checklist, answers: Answers, facts: Mapping[str, Any], *, possible: bool
) -> AnswerScope:
    states = {name: answer.state for name, answer in answers.file.answers.items()}
    return AnswerScope(
        checklist=checklist,
        values=answers.values,
        not_applicable=frozenset(
            name for name, state in states.items() if state == "not_applicable"
        ),
        unknown=frozenset(name for name, state in states.items() if state == "unknown"),
        facts=facts,
        possible=possible,
    )


def _show(scope: AnswerScope) -> None:
    """Decide what is shown, until nothing changes: hiding an answer may hide what depended on it."""
    checklist = scope.checklist
    scope.visible = dict.fromkeys(checklist.questions, True)
    for _round in range(len(checklist.questions) + 1):
        shown: dict[str, bool | Truth] = {}
        for name, question in checklist.questions.items():
            conditions = [c for c in (checklist.section_of[name].show_if, question.show_if) if c]
            truth = lattice.both([scope.evaluate(c) for c in conditions])
            shown[name] = False if truth is MISSING else truth
        if shown == scope.visible:
            return
        scope.visible = shown


def _compute(scope: AnswerScope) -> None:
    """Fill in pools, then values in the order of the file, then outcomes."""
    checklist, scoring = scope.checklist, scope.checklist.file.scoring
    for pool, rules in scoring.pools.items():
        members = [q for q in checklist.questions.values() if checklist.pool_of(q) == pool]
        total: Value = Decimal(0)
        for question in members:
            total = lattice.add(total, scope.points_of(question.id))
        scope.computed[f"{pool}.score"] = total
        scope.computed[f"{pool}.max"] = _most(scope, members, declared=rules.max == "declared")
    for name, value in scoring.values.items():
        scope.computed[name] = (
            scope.evaluate(value.expr) if value.expr else _looked_up(scope, value.table, value.keys)
        )
    for rule in scoring.rules:
        truth = lattice.truth(scope.evaluate(rule.when))
        scope.outcomes[rule.outcome] = lattice.either(
            [scope.outcomes.get(rule.outcome, False), truth]
        )


def _most(scope: AnswerScope, members: Sequence[Question], *, declared: bool) -> Value:
    """Most points of a pool: of all its questions, or of those that are shown, between the two where some may be."""

    def total(questions: Iterable[Question]) -> Decimal:
        return sum((point_range(question)[1] for question in questions), Decimal(0))

    if declared:
        return total(members)
    return lattice.number(
        total(q for q in members if scope.visible[q.id] is True),
        total(q for q in members if scope.visible[q.id] is not False),
    )


def _looked_up(scope: AnswerScope, table: str, keys: Sequence[str]) -> Value:
    rules = scope.checklist.file.tables[table]
    found = [scope.call("ans", (key,)) for key in keys]
    if all(isinstance(item, str) for item in found):
        level = row_level(
            scope.checklist, table, {rules.row: str(found[0]), rules.col: str(found[1])}
        )
        return Decimal(rules.order.index(level)) if level else MISSING
    return Range(Decimal(0), Decimal(len(rules.order) - 1)) if MISSING not in found else MISSING


def _of(checklist: Checklist) -> str:
    level = checklist.file.scoring.level
    return level.of if level else ""


def _level(scope: AnswerScope, value: Value) -> str:
    """The first band that a number fits into."""
    rules = scope.checklist.file.scoring.level
    if rules is None or not isinstance(value, Decimal):
        return ""
    for band in rules.bands:
        limit = scope.evaluate(band.upto) if band.upto else None
        if limit is None or (isinstance(limit, Decimal) and value <= limit):
            return band.id
    return ""


def _level_ends(scope: AnswerScope, name: str) -> tuple[str, str]:
    low, high = _ends(scope.name(name)) if name else (None, None)
    return (
        _level(scope, low) if low is not None else "",
        _level(scope, high) if high is not None else "",
    )


def _around(checklist: Checklist, level: str, best: str, worst: str) -> tuple[str, str]:
    """Widen the levels that can still be reached so that the level so far lies between them."""
    rules = checklist.file.scoring.level
    order = [band.id for band in rules.bands] if rules else []
    if not (level and best and worst):
        return best, worst
    return min(best, level, key=order.index), max(worst, level, key=order.index)


def _ends(value: Value) -> tuple[Decimal | None, Decimal | None]:
    match value:
        case bool():
            return None, None
        case Decimal():
            return value, value
        case Range(low, high):
            return low, high
        case _:
            return None, None


def _figures(now: AnswerScope, later: AnswerScope) -> Mapping[str, Figure]:
    found = {}
    for name, value in now.computed.items():
        best, worst = _ends(later.computed[name])
        figure = value if isinstance(value, Decimal) and not isinstance(value, bool) else None
        if figure is not None and best is not None and worst is not None:
            # An open question has no points yet, and each of its answers may have some: the span holds both.
            best, worst = min(best, figure), max(worst, figure)
        if figure is not None or best is not None:
            found[name] = Figure(now=figure, best=best, worst=worst)
    return found


def accepted(answers: Answers, name: str, people: People = NOBODY) -> bool:
    """Whether someone other than its author accepted an answer."""
    answer = answers.file.answers.get(name)
    if answer is None or answer.review.state != "accepted":
        return False
    author, reviewer = answer.by.strip(), answer.review.by.strip()
    return bool(author and reviewer) and people.id_of(author) != people.id_of(reviewer)


def _open(
    checklist: Checklist, answers: Answers, scope: AnswerScope, visible: Sequence[str], today: date
) -> tuple[Open, ...]:
    found = []
    for name in visible:
        question = checklist.questions[name]
        answer = answers.file.answers.get(name)
        reason = ""
        if answer is not None and answer.state == "unknown":
            reason = _unknown(answer, today)
        elif question.required and not scope.has_answer(name):
            reason = say("not answered")
        elif answer is not None and answer.review.state == "to_correct":
            note = answer.review.note
            reason = say("to be corrected: {note}", note=note) if note else say("to be corrected")
        elif answer is not None and _unshown(question, answers.values.get(name), answer.evidence):
            reason = say("this answer needs evidence; link under 'evidence' what shows it")
        else:
            reason = _row_gap(question, answers.values.get(name))
        if reason:
            found.append(Open(question=name, reason=reason, line=answers.line(name)))
    return tuple(found)


def _unshown(question: Question, value: Any, evidence: Sequence[EvidenceLink]) -> bool:
    """Whether an answer claims what has to be shown, and links nothing."""
    chosen = value if isinstance(value, tuple) else (value,)
    claimed = any(option.needs_evidence for option in question.options if option.id in chosen)
    return claimed and not any(link.path.strip() for link in evidence)


def _unknown(answer: Answer, today: date) -> str:
    if not answer.owner:
        return say("unknown, and nobody is to find out")
    if answer.due is None:
        return say("unknown; {owner} finds out, and no day is set", owner=answer.owner)
    day = answer.due.isoformat()
    if answer.due < today:
        return say(
            "unknown; {owner} was to find out by {day}, which has passed",
            owner=answer.owner,
            day=day,
        )
    return say("unknown; {owner} finds out by {day}", owner=answer.owner, day=day)


def _row_gap(question: Question, value: Any) -> str:
    if question.type is not Kind.ROWS or value is None:
        return ""
    for number, row in enumerate(value, 1):
        lacking = [
            column.id for column in question.columns if column.required and not row.get(column.id)
        ]
        if lacking:
            return say("row {number} lacks {columns}", number=number, columns=", ".join(lacking))
    return ""


def _contradictions(
    checklist: Checklist,
    answers: Answers,
    scope: AnswerScope,
    visible: Sequence[str],
    sources: Sources,
) -> tuple[Contradicted, ...]:
    found = []
    for name in visible:
        question = checklist.questions[name]
        said = answers.file.answers.get(name)
        for rule in question.evidence.contradicted_if:
            if lattice.is_true(scope.evaluate(rule.when)):
                found.append(
                    Contradicted(
                        question=name,
                        answer=(
                            say("not applicable: {why}", why=said.why)
                            if said is not None and said.state == "not_applicable"
                            else answer_text(question, answers.values.get(name))
                        ),
                        because=fill_in(rule.because, scope.facts),
                        fact=question.evidence.fact,
                        line=answers.line(name),
                        by=said.by if said else "",
                        at=said.at.date().isoformat() if said and said.at else "",
                        places=_places(checklist, rule.when, scope.facts, sources),
                    )
                )
                break
    return tuple(found)


def _places(
    checklist: Checklist, when: str, facts: Mapping[str, Any], sources: Sources
) -> tuple[Place, ...]:
    """Where the facts stand that a condition looks at; one that is only asked whether it was measured comes last."""
    calls = [(name, words[0]) for name, words in checklist.expressions[when].calls() if words]
    named = [fact for name, fact in calls if name == "fact"]
    named += [
        fact for name, fact in calls if name == "measured" and (fact not in facts or not named)
    ]
    return tuple(sources.place(fact, facts) for fact in dict.fromkeys(named))


def _suggestions(
    checklist: Checklist, scope: AnswerScope, visible: Sequence[str]
) -> Mapping[str, tuple[str, ...]]:
    found = {
        name: tuple(
            rule.because
            for rule in checklist.questions[name].evidence.suggest
            if lattice.is_true(scope.evaluate(rule.when))
        )
        for name in visible
    }
    return {name: given for name, given in found.items() if given}


def answer_text(question: Question, value: Any) -> str:
    """An answer in words."""
    texts = {option.id: term(option.text) for option in question.options}
    if question.type is Kind.YES_NO:
        texts = {"yes": term("yes"), "no": term("no")}
    match value:
        case None:
            return say("no answer")
        case tuple() if question.type is Kind.ROWS:
            return joined(" | ", (row_text(question, row) for row in value)) or say("none")
        case tuple():
            return joined("; ", (texts.get(item, str(item)) for item in value))
        case _:
            return texts.get(value, str(value))


def row_text(question: Question, row: Mapping[str, str]) -> str:
    """One row of a list in words, in the order of its columns."""
    texts = {
        (column.id, option.id): term(option.text)
        for column in question.columns
        for option in column.options
    }
    return joined("; ", (texts.get((key, cell), cell) for key, cell in row.items() if cell))


def fill_in(sentence: str, facts: Mapping[str, Any]) -> str:
    """Replace ``{fact:NAME}`` by what was measured, in words."""

    def words(value: Any) -> str:
        if isinstance(value, Mapping):
            return ", ".join(f"{key} ({listed(item)})" for key, item in value.items())
        return listed(value)

    named = {place_of(name): words(facts.get(name)) for name in IN_SENTENCE.findall(sentence)}
    return say(template_of(sentence), **named)


def _signoffs(
    checklist: Checklist, answers: Answers, people: People, statements: Sequence[Outcome]
) -> tuple[SignOffState, ...]:
    strict = {rule.role: rule.not_author for rule in checklist.file.signoff}
    return tuple(
        signoff_state(
            answers,
            signoff,
            not_author=strict.get(signoff.role, True),
            people=people,
            statements=statements,
        )
        for signoff in answers.file.signoffs
    )


def _turned_down(states: Sequence[SignOffState]) -> tuple[str, ...]:
    """Whoever rejects or refers stands against approval, also in a role that need not sign."""
    last = {state.signoff.role: state.signoff for state in states if state.holds}
    words = {
        "reject": "{by} ({role}) rejected this on {day}.",
        "refer": "{by} ({role}) referred this to someone else on {day}.",
    }
    return tuple(
        say(
            words[signoff.decision],
            by=signoff.by,
            role=term(role),
            day=signoff.at.date().isoformat(),
        )
        for role, signoff in last.items()
        if signoff.decision in words
    )


def _missing_roles(
    checklist: Checklist, scope: AnswerScope, states: Sequence[SignOffState]
) -> tuple[str, ...]:
    decided = {
        s.signoff.role: s.signoff.decision for s in states if s.holds
    }  # a role's last word counts
    approved = {role for role, decision in decided.items() if decision.startswith("approve")}
    return tuple(
        rule.role
        for rule in checklist.file.signoff
        if rule.role not in approved
        and (not rule.required_if or lattice.truth(scope.evaluate(rule.required_if)) is not False)
    )


def _expired(checklist: Checklist, answers: Answers, facts: Mapping[str, Any], today: date) -> str:
    file = answers.file
    if file.review_by is not None and today > file.review_by:
        return say("the review was due on {day}", day=file.review_by.isoformat())
    signed = [signoff.at.date() for signoff in file.signoffs]
    if (
        file.review_by is None
        and signed
        and today > _after(max(signed), checklist.file.review.valid_for)
    ):
        return say(
            "signed on {day}, and valid for {period}",
            day=max(signed).isoformat(),
            period=checklist.file.review.valid_for,
        )
    subject = {"model_sha256": "model.sha256", "data_sha256": "data.sha256"}
    for key, fact in subject.items():
        declared = getattr(file.subject, key)
        measured = facts.get(fact)
        if (
            key in checklist.file.review.invalidate_on
            and declared
            and measured
            and declared != measured
        ):
            return say(
                "written for another {thing} ({declared}…), this one is {measured}…",
                thing=term(key.split("_")[0]),
                declared=declared[:12],
                measured=str(measured)[:12],
            )
    return ""


def turning_days(checklist: Checklist, answers: Answers) -> tuple[date, ...]:
    """Days after which an assessment of the same answers may come to something else: what is due, and what expires."""
    file = answers.file
    found = {answer.due for answer in file.answers.values() if answer.state == "unknown"}
    found |= {condition.due for signoff in file.signoffs for condition in signoff.conditions}
    found.add(file.review_by)
    if file.signoffs:
        last = max(signoff.at.date() for signoff in file.signoffs)
        found.add(_after(last, checklist.file.review.valid_for))
    return tuple(sorted(day for day in found if day is not None))


def _after(day: date, period: str) -> date:
    count = int(period[1:-1])
    if period.endswith("D"):
        return day + timedelta(days=count)
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    last = (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))


__all__ = [
    "Assessment",
    "Contradicted",
    "Figure",
    "Open",
    "Reached",
    "answer_text",
    "assess",
    "fill_in",
]
