"""What stands beside an answer: ``evidence``, ``notes``, ``history``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from raudit.cli._assess.options import (
    FILE,
    books_options,
    read_answers,
)
from raudit.cli._assess.prompts import tell
from raudit.cli._shared.clock import clock_option, now_or


@click.command(short_help="Keep a document that an answer rests on.")
@click.argument("answers", type=FILE)
@click.argument("question")
@click.argument("file", type=FILE)
@click.option("--by", required=True, help="Who links it: the author of the answer from now on.")
@click.option("--observed", default="", help="What it shows, in a sentence.")
@books_options
@clock_option
def evidence(
    answers: Path,
    question: str,
    file: Path,
    by: str,
    observed: str,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Keep FILE under its digest beside ANSWERS, and link it to the answer to QUESTION."""
    from raudit.cli._assess.books import link_document, opened_books

    checklist, _found = read_answers(answers)
    with opened_books(answers, clock, by, **books) as held:
        link = link_document(answers, checklist, held, question, file, by=by, observed=observed)
    tell(f"{question} rests on {link['path']}")


@click.command(short_help="Print notes on answers, or add one.")
@click.argument("answers", type=FILE)
@click.argument("question", required=False)
@click.option("--say", default="", help="Add a note with these words.")
@click.option("--by", default="", help="Who says it.")
@click.option(
    "--reply-to", default="", metavar="NOTE", help="The note that it answers, as printed."
)
@books_options
@clock_option
def notes(
    answers: Path,
    question: str | None,
    say: str,
    by: str,
    reply_to: str,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Print the thread of notes on QUESTION, or on all; with --say, add one."""
    from raudit.cli._assess.books import note_thread, opened_books, say_note
    from raudit.emit.decisions import person_of

    checklist, _found = read_answers(answers)
    if say:
        with opened_books(answers, clock, by, **books) as held:
            say_note(
                answers,
                checklist,
                question or "",
                words=say,
                by=person_of(held, by),
                reply_to=reply_to,
                at=now_or(clock),
            )
    for line in note_thread(answers, question or ""):
        tell(line)


@click.command(short_help="Print what an answer said before.")
@click.argument("answers", type=FILE)
@click.argument("question", required=False)
def history(answers: Path, question: str | None) -> None:
    """Print what the answer to QUESTION said before, oldest first; of every question if none is named."""
    from raudit.cli._assess.books import history_lines

    checklist, _found = read_answers(answers)
    for line in history_lines(answers, checklist, question or ""):
        tell(line)
