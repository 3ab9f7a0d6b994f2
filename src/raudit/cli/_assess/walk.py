"""A person answers a checklist in the terminal: one question at a time, every answer on disk before the next.

Half-typed text is kept beside the answers file when someone stops in the middle of a line, and offered again.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from raudit.cli._assess.asking import Stopped, ask, option_text
from raudit.cli._assess.prompts import (
    OTHER,
    Drafts,
    pick,
    safe,
    shortened,
    width,
    wrapped,
)
from raudit.errors import AnswerConflict
from raudit.printable import pasted

if TYPE_CHECKING:
    from raudit.checklists.form.checklist import Checklist
    from raudit.checklists.walk import Step, Walk

WHO = "#who"
MARKS = {"answered": "✓", "open": "·", "optional": "·", "contradicted": "!", "to_correct": "!"}


def walk_through(walk: Walk) -> None:
    """Ask every shown question that lacks something, until all is done or the person stops."""
    drafts = Drafts(walk.path.with_name(f".{walk.path.name}.draft"))
    trail: list[str] = []
    try:
        step = walk.next_open() or _again(walk)
        if step is None:
            return
        if not walk.by:
            walk.by = _who(walk, drafts)
        while step is not None:
            _present(walk, step)
            try:
                went = ask(walk, step, drafts)
            except AnswerConflict as conflict:
                show_conflict(conflict)
                step = walk.step(step.question.id) or walk.next_open()
                continue
            if went == "back":
                step = _before(walk, step, trail)
                continue
            if walk.answered:
                drafts.keep(WHO, "")  # the answers say it from now on
            trail.append(step.question.id)
            if went == "goto":
                step = _chosen(walk) or step
                continue
            _held_against(walk, step.question.id)
            step = _after(walk, step)
    except (Stopped, KeyboardInterrupt, EOFError):
        _tell_how_to_go_on(walk)
        return
    _finish(walk)


def show_conflict(conflict: AnswerConflict) -> None:
    """Someone else wrote the same answer meanwhile: show theirs and mine, and ask again."""
    click.echo(
        click.style(
            "Someone else changed this answer while you wrote; nothing was overwritten.",
            fg="yellow",
        )
    )
    for whose, entry in (("theirs", conflict.theirs), ("yours", conflict.mine)):
        said = "; ".join(f"{key}: {value}" for key, value in entry.items() if value)
        wrapped(f"{whose}: {safe(said) or 'no answer'}", indent="  ")


def introduce(checklist: Checklist) -> None:
    """Say what the questions are about."""
    click.echo(click.style(checklist.file.title, bold=True))
    wrapped(checklist.file.about)


def _tell_how_to_go_on(walk: Walk) -> None:
    usual = f"answers/{walk.checklist.id}.yaml"
    where = () if str(walk.path) == usual else ("-o", walk.path)
    click.echo(f"\nEverything you entered is saved in {walk.path}.")
    click.echo(f"Go on with:  {pasted('assess', 'start', walk.checklist.id, *where)}")


def _who(walk: Walk, drafts: Drafts) -> str:
    """Who answers: by default whoever gave the last answer, or said so and then stopped."""
    given = [a for a in walk.answers.file.answers.values() if a.by and a.at]
    last = max(given, key=lambda a: str(a.at)).by if given else drafts.read().get(WHO, "")
    who = ""
    while not who:
        who = str(
            click.prompt(
                "Who answers (your name or address)", default=last, show_default=bool(last)
            )
        ).strip()
        if not who:
            click.echo("  It is written beside each answer, so that a reviewer knows whom to ask.")
    drafts.keep(WHO, "" if given else who)
    return who


def _again(walk: Walk) -> Step | None:
    """Everything is answered already: the person may still change something."""
    _finish(walk)
    import questionary

    if questionary.confirm("Change an answer?", default=False).unsafe_ask():
        return _chosen(walk)
    return None


def _chosen(walk: Walk) -> Step | None:
    """Any shown question, by section; None if the person thinks better of it."""
    import questionary

    sections = [
        (title, list(steps))
        for title, steps in groupby(walk.steps, key=lambda step: step.section.title)
    ]
    while True:
        choices = [
            questionary.Choice(
                f"{title}  ({sum(not s.gap for s in steps)} of {len(steps)} done)", value=i
            )
            for i, (title, steps) in enumerate(sections)
        ]
        place = pick("Which section", choices, told="Enter takes it, Esc goes back")
        if place == OTHER:
            return None
        found = pick(
            sections[place][0],
            [
                questionary.Choice(
                    f"{MARKS.get(s.state, '?')} {shortened(s.question.text, width() - 8)}",
                    value=s.question.id,
                )
                for s in sections[place][1]
            ],
            told="Enter takes it, Esc goes back",
        )
        if found != OTHER:
            return walk.step(found)


def _before(walk: Walk, step: Step, trail: list[str]) -> Step:
    while trail:
        earlier = walk.step(trail.pop())
        if earlier is not None:
            return earlier
    steps = walk.steps
    return steps[max(0, step.number - 2)] if steps else step


def _after(walk: Walk, step: Step) -> Step | None:
    """The next question that lacks something; from the top again only for what was left for later."""
    steps = walk.steps
    place = next((i for i, item in enumerate(steps) if item.question.id == step.question.id), -1)
    later = next(
        (item for item in steps[place + 1 :] if item.gap or item.state == "optional"), None
    )
    if later is not None:
        return later
    again = [item for item in steps if item.gap]
    if not again:
        return None
    click.echo(f"\nThat was the last question. Still open: {len(again)}")
    for item in again:
        wrapped(f"{item.number}. {shortened(item.question.text, 60)} ({item.gap})", indent="  ")
    import questionary

    if not questionary.confirm("Go through them now?", default=False).unsafe_ask():
        raise Stopped
    return again[0]


def _present(walk: Walk, step: Step) -> None:
    head = f"{step.section.title}  ·  {step.number} of {step.total}"
    click.echo("\n" + click.style("─" * width(), dim=True))
    click.echo(
        click.style(head, bold=True) + click.style(f"  ·  answered {walk.answered}", dim=True)
    )
    if walk.standing:
        wrapped(f"Standing: {walk.standing}", dim=True)
    click.echo()
    wrapped(safe(step.question.text), bold=True)
    wrapped(f"Why we ask: {step.question.why}", indent="  ")
    wrapped(f"How to answer: {step.question.help}", indent="  ")
    if step.answer is not None:
        wrapped(f"So far: {said(step)}", indent="  ", fg="cyan")
        if step.answer.review.state == "to_correct":
            wrapped(
                f"{safe(step.answer.review.by)} asks to correct it: {safe(step.answer.review.note)}",
                indent="  ",
                fg="yellow",
            )
    for text in step.suggestions:
        fact = step.question.evidence.fact
        wrapped(
            f"The audit suggests: {option_text(step, text)}  (measured: {fact})",
            indent="  ",
            fg="cyan",
        )
    if step.because:
        wrapped(f"The audit measured otherwise: {step.because}", indent="  ", fg="red")
    click.echo()


def said(step: Step) -> str:
    """The answer so far, in words."""
    from raudit.checklists.assess import answer_text

    answer = step.answer
    if answer is None:
        return "nothing"
    if answer.state == "unknown":
        due = f" by {answer.due.isoformat()}" if answer.due else ""
        return f"nobody knows yet; {answer.owner or 'nobody'} finds out{due}"
    if answer.state == "not_applicable":
        return safe(f"does not apply: {answer.why}")
    return safe(answer_text(step.question, step.value)) + (
        f" ({safe(answer.why)})" if answer.why else ""
    )


def _held_against(walk: Walk, name: str) -> None:
    step = walk.step(name)
    if step is not None and step.because:
        wrapped(f"The audit measured otherwise: {step.because}", indent="  ", fg="red")
        click.echo("  The answer is saved, and blocks until one of the two changes.")


def _finish(walk: Walk) -> None:
    result = walk.assessment
    click.echo("\n" + click.style("All questions are answered.", bold=True))
    if walk.standing:
        click.echo(f"Standing: {walk.standing}")
    for because in (*result.against, *(item.because for item in result.contradictions)):
        wrapped(f"blocks: {because}", fg="red")
    click.echo("Look at it as a list, or on one page:")
    click.echo("  " + pasted("assess", "status", walk.path))
    click.echo("  " + pasted("assess", "brief", walk.path))
    if result.accepted < result.answered or result.missing_roles:
        click.echo("Then somebody other than whoever answered reviews and signs:")
    if result.accepted < result.answered:
        click.echo("  " + pasted("assess", "review", walk.path, "--by", "NAME"))
    for role in result.missing_roles:
        click.echo("  " + pasted("assess", "sign", walk.path, "--role", role, "--by", "NAME"))
