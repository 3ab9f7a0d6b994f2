"""What the commands about waivers share: two people, statements, and the log."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._assess.books import STATED, nonce, opened_books
from raudit.printable import for_terminal, pasted, printable

if TYPE_CHECKING:
    from raudit.emit import Books
    from raudit.policy import Waiver
    from raudit.statements import Kind, Outcome


FILE = click.Path(path_type=Path, dir_okay=False)
USUAL = Path("waivers.yaml")


def people_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that name the plan with the log, and who people are."""
    plan = "The plan with the log. Default: the raudit.yaml that names the file."
    people = "Who people are. Default: the plan's, or a people.yaml beside."
    function = click.option("--people", type=FILE, help=people)(function)
    return click.option("--plan", type=FILE, help=plan)(function)


def decision_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What both decisions about a waiver take: which one, who decides, and with what key."""
    key = "Private key that signs it; without, it is stated and not proven."
    where = "The file it is in."
    function = people_options(function)
    function = click.option("--key", type=FILE, help=key)(function)
    function = click.option("--by", required=True, help="Who does it.")(function)
    function = click.option("--waivers", type=FILE, default=USUAL, show_default=True, help=where)(
        function
    )
    return click.argument("waiver_id", metavar="ID")(function)


def say_what_is_missing(books: Books, waiver: Waiver, **files: Path | None) -> None:
    """Say what it takes for a waiver that was just written to count; ``files`` are options it was written with."""
    if books.people or books.identity == "stated":
        named = [word for name, file in files.items() if file for word in (f"--{name}", file)]
        signed = () if books.identity == "stated" else ("--key", "FILE")
        agree = pasted("waive-approve", waiver.id, "--by", waiver.approver, *named, *signed)
        click.echo(for_terminal(f"next: {printable(waiver.approver)} agrees:  {agree}"), err=True)
    else:
        click.echo(
            "it does not count yet: the plan names no people, so nobody is proven to have approved it; add "
            "people: people.yaml to the plan and let the approver sign, or write identity: stated in it",
            err=True,
        )


def write_waiver(books: Books, path: Path, waiver: Waiver, key: Path | None) -> str:
    """Add a waiver to its file, with its owner's statement, and tell the log."""
    from raudit.emit.waivers import request_waiver
    from raudit.statements import Kind

    envelope = signed_with(books, waiver, kind=Kind.WAIVER, by=waiver.owner, key=key)
    outcome = request_waiver(books, path, waiver, envelope)
    say_unrecorded(books)
    return in_words(outcome)


def in_words(outcome: Outcome | None) -> str:
    """How the person is known."""
    return STATED if outcome is None else f"proven: {outcome.detail}"


def signed_with(
    books: Books, waiver: Waiver, *, kind: Kind, by: str, key: Path | None
) -> bytes | None:
    """A statement about a waiver, signed with a key; None without a key."""
    from raudit.emit.decisions import signed
    from raudit.emit.waivers import waiver_statement
    from raudit.statements import load_person_key
    from raudit.statements.private import PASSPHRASE_VARIABLE

    if key is None:
        return None
    statement = waiver_statement(books, waiver, kind=kind, by=by, nonce=nonce())
    private = load_person_key(key, passphrase=os.environ.get(PASSPHRASE_VARIABLE))
    return signed(statement, private, books.people)


def stated(
    books: Books, path: Path, waiver: Waiver, *, kind: Kind, by: str, key: Path | None
) -> tuple[str, str | None]:
    """Keep a signed statement beside the file; in words how the person is known, and its digest."""
    from raudit.statements import add_statement, check_statement

    envelope = signed_with(books, waiver, kind=kind, by=by, key=key)
    if envelope is None:
        return STATED, None
    add_statement(path, envelope)
    outcome = check_statement(envelope, books.people)
    return in_words(outcome), outcome.sha256


def say_unrecorded(books: Books) -> None:
    """Say that nobody recorded it, where there is no log."""
    if books.log is None:
        click.echo(for_terminal(f"not recorded in a log: {books.no_log}"), err=True)


__all__ = [
    "decision_options",
    "in_words",
    "opened_books",
    "people_options",
    "say_unrecorded",
    "say_what_is_missing",
    "signed_with",
    "stated",
    "write_waiver",
]
