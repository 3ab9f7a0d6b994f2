"""What answers come to: ``status``, ``show``, ``diff``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._assess.options import (
    FILE,
    books_options,
    measured,
    read_answers,
)
from raudit.cli._assess.prompts import tell
from raudit.cli._shared.clock import clock_option, now_or

if TYPE_CHECKING:
    from raudit.checklists import Assessment


@click.command(short_help="Say what answers come to and what is missing.")
@click.argument("answers", type=FILE)
@click.option("--record", type=FILE, help="Hold the answers against what this record measured.")
@books_options
@clock_option
def status(answers: Path, record: Path | None, clock: datetime | None, **books: Any) -> int:
    """Say what ANSWERS come to and what is missing, by line.

    Ends with 0 if they are complete, signed and uncontradicted, 1 if something blocks, else with 3.
    """
    from raudit.checklists import assess
    from raudit.cli._assess.books import checked_statements, opened_books, tell_further

    checklist, found = read_answers(answers)
    facts, sources = measured(record)
    with opened_books(answers, clock, "", **books) as held:
        result = assess(
            checklist,
            found,
            facts=facts,
            sources=sources,
            today=now_or(clock).date(),
            people=held.people,
            statements=checked_statements(answers, held),
        )
        _tell(result, answers)
        faults = tell_further(result, answers, held, today=now_or(clock).date())
    if result.against or result.contradictions:
        return 1
    settled = (
        result.complete and not result.missing_roles and not result.unowned and not result.expired
    )
    settled = settled and all(state.holds for state in result.signoffs)
    unproven = held.identity == "proven" and any(s.holds and not s.proven for s in result.signoffs)
    return 0 if settled and not faults and not unproven else 3


def _tell(result: Assessment, path: Path) -> None:
    from raudit.cli._assess.books import open_lines

    file = result.checklist.file
    tell(click.style(f"{file.title} {file.version}", bold=True))
    tell(
        f"answered {result.answered} of {len(result.visible)}, accepted by a reviewer {result.accepted}"
    )
    if file.scoring.level:
        tell(f"Standing: {result.standing}")
    for said in result.points:
        tell(f"  {said}")
    for reached in result.outcomes:
        tell(f"{reached.title}: {reached.because}")
    for line in open_lines(result, path):
        tell(line)
    for because in result.against:
        tell(f"{click.style('blocks', fg='red')}        {because}")
    for item in result.contradictions:
        who = f", said {item.by} on {item.at}" if item.by and item.at else ""
        place = f"{path.name}:{item.line} {item.question}"
        tell(f"{click.style('contradicted', fg='red')}  {place} = {item.answer}{who}")
        tell(f"              {item.because}")
        for fact in item.places:
            tell(f"              see {fact.said}")
            for finding in fact.findings:
                tell(f"              and {finding.said}")
    for state in result.signoffs:
        word = click.style("signed", fg="green") if state.holds else click.style("void", fg="red")
        decision = state.signoff.decision.replace("_", " ")
        why = f": {state.because}" if state.because else ""
        tell(
            f"{word}        {state.signoff.role}, {state.signoff.by}, {decision}{why} ({state.identity})"
        )
        for condition in result.conditions:
            if state.holds and condition.role == state.signoff.role:
                colour = {"met": "green", "overdue": "red"}.get(condition.state, "yellow")
                tell(
                    f"  {click.style('condition', fg=colour)} {condition.number}  {condition.said}"
                )
    decided = {state.signoff.role for state in result.signoffs if state.holds}
    for role in (role for role in result.missing_roles if role not in decided):
        tell(f"{click.style('unsigned', fg='yellow')}      {role}")
    if result.expired:
        tell(f"{click.style('expired', fg='red')}       {result.expired}")


@click.command(short_help="Print every question with its answer.")
@click.argument("answers", type=FILE)
def show(answers: Path) -> None:
    """Print every shown question with its answer, and why it is asked."""
    from datetime import date

    from raudit.checklists import assess
    from raudit.checklists.assess import answer_text

    checklist, found = read_answers(answers)
    result = assess(checklist, found, today=date.max)
    section = ""
    for name in result.visible:
        question = checklist.questions[name]
        if checklist.section_of[name].title != section:
            section = checklist.section_of[name].title
            click.echo()
            tell(click.style(section, bold=True))
        tell(f"  {question.text}")
        tell(click.style(f"    why we ask: {question.why}", dim=True))
        tell(f"    {answer_text(question, found.values.get(name))}")


@click.command(short_help="Say what changed, between files or since signing.")
@click.argument("answers", type=FILE)
@click.argument("newer", type=FILE, required=False)
def diff(answers: Path, newer: Path | None) -> int:
    """Say what changed from ANSWERS to NEWER; with one file, what changed since it was signed.

    Ends with 0 if nothing did, else with 1.
    """
    from raudit.checklists.compare import differences, since_signed

    checklist, before = read_answers(answers)
    if newer is None:
        from raudit.cli._assess.books import tell_since_signed

        signed = since_signed(before)
        if not signed:
            tell("nobody has signed this file")
        for role, names in signed.items():
            tell(
                f"{role}: {', '.join(names) if names else 'no answer changed since it was signed'}"
            )
            tell_since_signed(answers, before, role, names)
        return 1 if any(signed.values()) else 0
    _same, after = read_answers(newer)
    found = differences(checklist, before, after)
    for change in found:
        where = (
            f"{newer.name}:{after.line(change.question)}"
            if change.question in checklist.questions
            else newer.name
        )
        tell(f"{click.style(change.question, bold=True)}  {change.what}  ({where})")
        tell(f"  {click.style('-', fg='red')} {change.before or '(nothing)'}")
        tell(f"  {click.style('+', fg='green')} {change.after or '(nothing)'}")
    if not found:
        tell("nothing changed")
    return 1 if found else 0
