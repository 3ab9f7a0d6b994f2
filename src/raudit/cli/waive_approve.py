"""``raudit waive-approve``: agree to a waiver, as its approver."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from raudit.cli._shared.clock import clock_option
from raudit.cli._shared.waivers import decision_options


@click.command(short_help="Agree to a waiver, as its approver.")
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
    """Agree to waiver ID as its approver, in a signed statement over exactly what it says."""
    from raudit.cli._shared.waivers import in_words, opened_books, say_unrecorded, signed_with
    from raudit.emit.waivers import approve_waiver, to_approve
    from raudit.policy.waive import named
    from raudit.statements import Kind

    path = waivers.resolve()
    with opened_books(waivers, clock, by, plan=plan, people=people) as books:
        waiver = named(path, waiver_id)
        who = to_approve(books, waiver, by)
        envelope = signed_with(books, waiver, kind=Kind.APPROVAL, by=who, key=key)
        known = in_words(approve_waiver(books, path, waiver_id, by=who, envelope=envelope))
        say_unrecorded(books)
    click.echo(f"{waiver_id} is approved by {who} ({known})")
