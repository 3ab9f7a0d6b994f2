"""What the commands about waivers share: two people, statements, and the log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from raudit.cli._assess.books import STATED, nonce, opened_books

if TYPE_CHECKING:
    from raudit.emit import Books
    from raudit.policy import Waiver
    from raudit.statements import Kind


def two_people(books: Books, *, owner: str, approver: str) -> dict[str, str]:
    """Owner and approver by id; refused if they are one person, or unknown to people.yaml."""
    from raudit.emit.decisions import person_of
    from raudit.errors import PolicyError

    people = {"owner": person_of(books, owner), "approver": person_of(books, approver)}
    if books.people.id_of(owner) == books.people.id_of(approver):
        raise PolicyError(
            "a waiver takes two people, and its owner is its approver",
            reference="waiver-one-person",
            where="--approver",
            got=approver,
            hint="let someone else approve it",
        )
    return people


def write_waiver(books: Books, path: Path, waiver: Waiver, key: Path | None) -> str:
    """Add a waiver to its file, with its owner's statement, and tell the log."""
    from raudit.emit.waivers import granted
    from raudit.files import locked, write_whole
    from raudit.policy.waive import appended
    from raudit.statements import Kind

    path = path.resolve()
    with locked(path):
        data = appended(path, waiver)  # read anew: someone may have added one meanwhile
        known, _digest = stated(books, path, waiver, kind=Kind.WAIVER, by=waiver.owner, key=key)
        write_whole(path, data)
        granted(books, path, waiver)
    say_unrecorded(books)
    return known


def stated(
    books: Books, path: Path, waiver: Waiver, *, kind: Kind, by: str, key: Path | None
) -> tuple[str, str | None]:
    """Sign a statement about a waiver and keep it beside the file; in words how the person is known, and its digest."""
    from raudit.canonical import sha256
    from raudit.emit.decisions import signed
    from raudit.emit.waivers import waiver_statement
    from raudit.statements import add_statement, check_statement, load_person_key
    from raudit.statements.private import PASSPHRASE_VARIABLE

    if key is None:
        return STATED, None
    statement = waiver_statement(books, waiver, kind=kind, by=by, nonce=nonce())
    private = load_person_key(key, passphrase=os.environ.get(PASSPHRASE_VARIABLE))
    envelope = signed(statement, private, books.people)
    add_statement(path, envelope)
    return f"proven: {check_statement(envelope, books.people).detail}", str(
        sha256(statement.payload())
    )


def say_unrecorded(books: Books) -> None:
    """Say that nobody recorded it, where there is no log."""
    if books.log is None:
        click.echo(f"not recorded in a log: {books.no_log}", err=True)


__all__ = ["opened_books", "say_unrecorded", "stated", "two_people", "write_waiver"]
