"""A reviewer looks at every answer in the terminal; each word is saved at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from raudit.cli._assess.prompts import OTHER, Drafts, line, pick, safe, wrapped
from raudit.errors import UsageError

if TYPE_CHECKING:
    from raudit.checklists.answers import Answers
    from raudit.checklists.form.checklist import Checklist


View = Callable[[str, str, str], None]
"""Writes down a view of an answer: question, state and note."""


def review_through(
    path: Path,
    checklist: Checklist,
    answers: Answers,
    left: Sequence[str],
    *,
    view: View,
) -> None:
    """Show a reviewer every answer that is not accepted yet, back and forth; ``view`` writes each view down."""
    drafts = Drafts(path.with_name(f".{path.name}.draft"))
    place = seen = 0
    try:
        while place < len(left):
            name = left[place]
            _present(checklist, answers, name, f"{place + 1} of {len(left)}")
            did = _view(name, drafts, view)
            if did == "stop":
                break
            place += {"back": -1 if place else 0, "again": 0}.get(did, 1)
            seen += did == "said"
    except (KeyboardInterrupt, EOFError):
        click.echo()
    click.echo(f"{seen} of {len(left)} answers were reviewed; every view is saved in {path}.")


def _present(checklist: Checklist, answers: Answers, name: str, place: str) -> None:
    from raudit.checklists.assess import answer_text

    question, answer = checklist.questions[name], answers.file.answers[name]
    click.echo("\n" + click.style(f"{place}  ·  {checklist.section_of[name].title}", bold=True))
    wrapped(question.text, bold=True)
    due = f" by {answer.due.isoformat()}" if answer.due else ""
    said = {
        "answered": answer_text(question, answers.values.get(name)),
        "unknown": f"nobody knows yet; {answer.owner or 'nobody'} finds out{due}",
        "not_applicable": "does not apply",
    }[answer.state]
    for part in said.split(" | ") if question.columns else [said]:
        wrapped(safe(part), indent="  ", fg="cyan")
    wrapped(
        f"said {safe(answer.by) or 'nobody named'}"
        + (f": {safe(answer.why)}" if answer.why else ""),
        indent="  ",
    )
    for link in answer.evidence:
        wrapped(f"shown by {safe(link.path or link.observed)}", indent="  ")
    if answer.review.state == "to_correct":
        wrapped(
            f"sent back by {safe(answer.review.by)}: {safe(answer.review.note)}",
            indent="  ",
            fg="yellow",
        )


def _view(name: str, drafts: Drafts, view: View) -> str:
    import questionary

    words = {
        "a": "Accept",
        "c": "Send back to be corrected",
        "l": "Later",
        "b": "Back",
        "s": "Stop here",
    }
    choices = [questionary.Choice(text, value=key, shortcut_key=key) for key, text in words.items()]
    did = pick("Your view", choices, told="arrows or a letter, then Enter")
    if did in ("l", "b", "s", OTHER):
        return {"l": "later", "b": "back", "s": "stop"}.get(did, "again")
    note = ""
    if did == "c":
        note = line(
            "What is to be corrected: ",
            drafts,
            f"{name}#review",
            "",
            below="Enter sends it back. Esc: back.",
        )
        if note == OTHER or not note.strip():
            return "again"
    try:
        view(name, "to_correct" if note else "accepted", note.strip())
    except UsageError as error:
        click.echo(click.style(f"  {error.message}", fg="red"))
        return "later"
    drafts.keep(f"{name}#review", "")
    return "said"
