"""``raudit waive``: let a finding stand until a date, after showing what that covers."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from raudit.cli._shared.clock import clock_option, now_or
from raudit.cli._shared.waivers import USUAL, people_options

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    short_help="Write a waiver after showing what it covers.",
    epilog="Exit status: 0 written or shown, 2 wrong usage or nothing covered, 4 the file cannot be written.",
)
@click.argument("rule")
@click.option("--record", type=FILE, required=True, help="The record whose findings it is about.")
@click.option(
    "--waivers",
    type=FILE,
    default=USUAL,
    show_default=True,
    help="File to write it to.",
)
@click.option(
    "--policy", help="A policy file or preset that judges the record (default: 'default')."
)
@click.option("--attribute", help="Cover findings on this sensitive feature.")
@click.option("--group", help="Cover findings on this group.")
@click.option("--column", help="Cover findings on this column.")
@click.option("--question", help="Cover findings on this question.")
@click.option("--assessment", help="Cover findings on this checklist.")
@click.option("--metric", help="Cover findings on this metric.")
@click.option("--fingerprint", help="Cover exactly this finding.")
@click.option(
    "--model-sha256", help="Cover findings on this model only (at least 12 digits of its digest)."
)
@click.option("--reason", required=True, help="Why the finding may stand for now.")
@click.option("--owner", required=True, help="Who answers for it.")
@click.option("--approver", required=True, help="Who agreed to it.")
@click.option("--ticket", default="", help="Where the work on it is tracked.")
@click.option(
    "--expires", required=True, metavar="DATE", help="Last day, in UTC, on which it counts."
)
@click.option(
    "--max-value",
    type=float,
    help="Largest value it covers (default: the upper end of the interval).",
)
@click.option(
    "--min-value",
    type=float,
    help="Smallest value it covers (default: the lower end of the interval).",
)
@click.option("--id", "name", help="Its id (default: the next free W-001).")
@click.option(
    "--key", type=FILE, help="The owner's private key: the request becomes a signed statement."
)
@people_options
@click.option("--dry-run", is_flag=True, help="Show what it covers and its text; write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Write without asking.")
@clock_option
def command(
    rule: str,
    dry_run: bool,
    yes: bool,
    waivers: Path,
    key: Path | None,
    plan: Path | None,
    people: Path | None,
    clock: datetime | None,
    **options: Any,
) -> None:
    """Write a waiver for RULE, such as RA-FAIR-001, after showing which findings it covers.

    It takes two people: the owner asks, and the approver agrees with 'raudit waive-approve'.
    """
    from raudit.checking import waiver_for
    from raudit.cli._shared.waivers import opened_books, say_what_is_missing, write_waiver
    from raudit.emit.waivers import two_people
    from raudit.policy.waive import appended, waiver_text

    with opened_books(waivers, clock, options["owner"], plan=plan, people=people) as books:
        options |= two_people(books, owner=options["owner"], approver=options["approver"])
        waiver, found = waiver_for(rule, waivers, today=now_or(clock).date(), **options)
        click.echo(
            f"{waiver.id} covers {len(found)} finding{'s' if len(found) > 1 else ''}, until {waiver.expires}:"
        )
        for item in found:
            measured = item.finding.measurement
            value = (
                f" ({measured.metric} {measured.value:.4g})"
                if measured and measured.value is not None
                else ""
            )
            click.echo(
                f"  {item.finding.rule} {item.finding.fingerprint}{value}\n    {item.finding.statement}"
            )
        click.echo("\n" + waiver_text(waiver))
        appended(waivers, waiver)
        if dry_run:
            click.echo("nothing written (--dry-run)", err=True)
            return
        if not yes:
            if not sys.stdin.isatty():
                raise click.UsageError(
                    "nobody is there to ask; add --yes to write, or --dry-run to look"
                )
            click.confirm(f"Write it to {waivers}?", abort=True, err=True)
        known = write_waiver(books, waivers, waiver, key)
        click.echo(f"written to {waivers} ({known})", err=True)
        elsewhere = None if waivers == USUAL else waivers
        say_what_is_missing(books, waiver, waivers=elsewhere, plan=plan, people=people)
