"""``raudit waive-approve``: agree to a waiver, as its approver."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from raudit.cli._shared.clock import clock_option

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Agree to a waiver, as its approver.")
@click.argument("waiver_id", metavar="ID")
@click.option(
    "--waivers",
    type=FILE,
    default=Path("waivers.yaml"),
    show_default=True,
    help="The file it is in.",
)
@click.option("--by", required=True, help="Who does it.")
@click.option(
    "--key", type=FILE, help="Private key that signs it; without, it is stated and not proven."
)
@click.option(
    "--plan", type=FILE, help="The plan with the log. Default: the raudit.yaml that names the file."
)
@click.option(
    "--people", type=FILE, help="Who people are. Default: the plan's, or a people.yaml beside."
)
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
    from raudit.cli._shared.waivers import opened_books, say_unrecorded, stated, two_people
    from raudit.emit.decisions import person_of
    from raudit.emit.waivers import approved
    from raudit.errors import PolicyError
    from raudit.files import locked
    from raudit.policy.waive import named
    from raudit.statements import Kind

    path = waivers.resolve()
    with opened_books(waivers, clock, by, plan=plan, people=people) as books, locked(path):
        waiver = named(path, waiver_id)
        who = person_of(books, by)
        if books.people.id_of(who) != books.people.id_of(waiver.approver):
            raise PolicyError(
                f"{waiver_id} names another approver",
                reference="waiver-approver",
                where=str(waivers),
                got=by,
                expected=waiver.approver,
                hint="let that person approve it, or ask for another waiver",
            )
        two_people(books, owner=waiver.owner, approver=waiver.approver)
        known, digest = stated(books, path, waiver, kind=Kind.APPROVAL, by=who, key=key)
        approved(books, waiver, by=who, statement=digest)
        say_unrecorded(books)
    click.echo(f"{waiver_id} is approved by {who} ({known})")
