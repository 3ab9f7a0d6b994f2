"""``raudit waive-revoke``: take a waiver back before its day."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from raudit.cli._shared.clock import clock_option
from raudit.cli._shared.waivers import decision_options


@click.command(short_help="Take a waiver back before its day.")
@decision_options
@clock_option
def command(
    waiver_id: str,
    waivers: Path,
    by: str,
    key: Path | None,
    plan: Path | None,
    people: Path | None,
    clock: datetime | None,
) -> None:
    """Take waiver ID out of the file before its day; the finding blocks again from now on."""
    from raudit.cli._shared.waivers import opened_books, say_unrecorded, stated
    from raudit.emit.decisions import person_of
    from raudit.emit.waivers import revoked
    from raudit.files import locked, write_whole
    from raudit.policy.waive import without
    from raudit.statements import Kind

    path = waivers.resolve()
    with opened_books(waivers, clock, by, plan=plan, people=people) as books, locked(path):
        waiver, data = without(path, waiver_id)
        who = person_of(books, by)
        known, digest = stated(books, path, waiver, kind=Kind.REVOCATION, by=who, key=key)
        # The log first: whoever is cut short in between has taken it back, and a line by hand does not grant it again.
        revoked(books, waiver.id, by=who, statement=digest)
        write_whole(path, data)
        say_unrecorded(books)
    click.echo(f"{waiver_id} is revoked by {who} ({known})")
