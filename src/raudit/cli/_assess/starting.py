"""Begin answers and carry them over: ``list``, ``lint``, ``start``, ``migrate``, ``import``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._assess.options import (
    FILE,
    books_options,
    checklist_called,
    measured,
    named,
)
from raudit.cli._assess.prompts import tell
from raudit.cli._shared.clock import clock_option, now_or
from raudit.ordinary import read_file
from raudit.printable import pasted

if TYPE_CHECKING:
    from raudit.checklists import Checklist


@click.command(name="list", short_help="List the shipped checklists.")
def list_() -> None:
    """List the shipped checklists."""
    from raudit.checklists import shipped_checklists
    from raudit.checklists.form.load import shipped

    for name in shipped_checklists():
        found = shipped(name)
        click.echo(
            f"{name:20} {found.file.version:8} {len(found.questions):4} questions  {found.file.title}"
        )


@click.command(short_help="List all that is wrong with a checklist.")
@click.argument("checklist", type=FILE)
def lint(checklist: Path) -> int:
    """List all that is wrong with the file CHECKLIST, each with its line and what to do.

    Ends with 0 if nothing is, else with 2.
    """
    from raudit.checklists.form.load import lint_checklist
    from raudit.printable import for_terminal

    found, faults = lint_checklist(checklist)
    for fault in faults:
        click.echo(for_terminal(str(fault)))
    if found is None:
        click.echo(
            f"{len(faults)} faults in the shape of the file; what questions refer to is looked at once it fits",
            err=True,
        )
    elif faults:
        click.echo(f"{len(faults)} faults", err=True)
    else:
        click.echo(
            f"nothing wrong found in {len(found.questions)} questions and {len(found.expressions)} expressions: "
            "keys, ids, options, references, order, tables, bands and facts were looked at"
        )
    return 2 if faults else 0


@click.command(short_help="Answer a checklist question by question.")
@click.argument("checklist")
@click.option(
    "-o", "--output", type=FILE, help="The answers file. Default: answers/CHECKLIST.yaml."
)
@click.option("--project", default="", help="What the answers are about.")
@click.option("--by", default="", help="Who answers. Default: asked, or whoever answered last.")
@click.option(
    "--record", type=FILE, help="Suggest answers from this record, and hold them against it."
)
@click.option("--file-only", is_flag=True, help="Write the file and ask nothing.")
@books_options
@clock_option
def start(
    checklist: str,
    output: Path | None,
    project: str,
    by: str,
    record: Path | None,
    file_only: bool,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Answer CHECKLIST (an id or a file) question by question; go on where you stopped.

    Every answer is saved before the next question. Without a terminal, or with --file-only, it writes a file with every
    question explained in it, to be filled in with an editor.
    """
    from raudit.checklists.document import skeleton
    from raudit.cli._assess.books import opened_books
    from raudit.emit import write_new
    from raudit.errors import UsageError

    asked = not file_only and sys.stdin.isatty() and sys.stdout.isatty()
    target = output or Path("answers") / f"{Path(checklist).stem}.yaml"
    if target.exists() and not asked:
        raise UsageError(
            "there are answers already",
            reference="answers-exist",
            where=str(target),
            hint="name another file with -o",
        )
    found = checklist_called(checklist)
    if not target.exists():
        if asked and not project:
            project = click.prompt("Which system are the answers about (its name)").strip()
        with opened_books(target, clock, by, **books) as held:
            write_new(target, skeleton(found, project=project), found, held)
        tell(f"wrote {target}")
    if not asked:
        click.echo(f"next: fill it in, then  {pasted('assess', 'status', target)}")
        return
    from raudit.checklists.walk import Walk
    from raudit.cli._assess.walk import introduce, walk_through
    from raudit.emit import keep

    introduce(found)
    with opened_books(target, clock, by, **books) as held:
        if held.people and by:
            by = held.people.known(by).id

        def saved(path: Path, change: Callable[[str], str], checklist: Checklist) -> str:
            return keep(path, change, checklist, held)

        facts = measured(record)[0]
        walk_through(
            Walk(target, found, by=by, clock=lambda: now_or(clock), facts=facts, save=saved)
        )


@click.command(short_help="Carry answers over to a newer checklist.")
@click.argument("answers", type=FILE)
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--by", default="", help="Who does it, for the log.  [default: you]")
@books_options
@clock_option
def migrate(answers: Path, dry_run: bool, by: str, clock: datetime | None, **books: Any) -> None:
    """Carry ANSWERS over to the checklist's present version; what does not fit is set aside."""
    from raudit.checklists.form.migrate import migrate as carry
    from raudit.cli._assess.books import opened_books
    from raudit.emit import migrate_answers
    from raudit.errors import AnswersError
    from raudit.yamltext import read_yaml

    yaml = read_yaml(answers, error=AnswersError)
    checklist = checklist_called(named(yaml), answers)
    text, moved = carry(yaml.text, checklist, at=now_or(clock))
    for item in moved:
        tell(f"{item.question}: {item.did}, {item.because}")
    if text == yaml.text:
        click.echo(f"these are answers to {checklist.id} {checklist.file.version} already")
    elif not dry_run:
        with opened_books(answers, clock, by, **books) as held:
            migrate_answers(
                answers, lambda old: carry(old, checklist, at=now_or(clock))[0], checklist, held
            )
        click.echo(
            f"wrote {answers}, now for {checklist.id} {checklist.file.version}; sign-offs have to be given again"
        )


@click.command(name="import", short_help="Read a filled-in workbook back.")
@click.argument("workbook", type=FILE)
@click.option(
    "--checklist",
    help="Id or file of the checklist it answers. Default: the one the workbook names.",
)
@click.option(
    "-o",
    "--output",
    type=FILE,
    required=True,
    help="Answers file to write; it must not be there yet.",
)
@click.option(
    "--by",
    default="",
    help="Author of the answers for which the workbook names none; needed if there are any.",
)
@books_options
@clock_option
def import_(
    workbook: Path,
    checklist: str | None,
    output: Path,
    by: str,
    clock: datetime | None,
    **books: Any,
) -> None:
    """Read an Excel WORKBOOK back into an answers file; compare it with the old one by 'raudit assess diff'."""
    from raudit.checklists import exchange
    from raudit.cli._assess.books import opened_books
    from raudit.emit import write_new
    from raudit.emit.decisions import person_of
    from raudit.errors import UsageError

    if output.exists():
        raise UsageError(
            "there are answers already",
            reference="answers-exist",
            where=str(output),
            hint="name another file with -o",
        )
    try:
        content = read_file(workbook)
    except OSError as error:
        raise UsageError(
            "the workbook cannot be read",
            reference="file-unreadable",
            where=str(workbook),
            got=error.strerror or "",
            hint="check the path",
        ) from error
    asked = checklist_called(checklist or exchange.checklist_of(content), workbook)
    with opened_books(output, clock, by, **books) as held:
        text = _imported(workbook, content, asked, by=person_of(held, by) if by else "")
        write_new(output, text, asked, held)
    tell(f"wrote {output}")


def _imported(workbook: Path, content: bytes, asked: Checklist, *, by: str) -> str:
    """Turn a workbook into answers, each of which names an author."""
    from raudit.checklists import exchange
    from raudit.checklists.answers import parse_answers
    from raudit.checklists.signoff import authorless
    from raudit.errors import AnswersError

    text = exchange.from_workbook(content, asked, by=by)
    nameless = authorless(parse_answers(text, asked))
    if nameless:
        raise AnswersError(
            f"{len(nameless)} answers of the workbook name no author",
            reference="answer-no-author",
            where=f"{workbook}, {nameless[0]}",
            hint="say who answered them with --by",
        )
    return text
