"""What a log says: ``show``, ``audit``, ``diff``."""

from __future__ import annotations

import json
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

import click

from raudit.cli._log.options import JSON, LOCATION
from raudit.cli._shared.log_io import (
    checkpoint_in,
    is_database,
    opened,
    utc,
)
from raudit.cli._shared.log_text import (
    entry_json,
    entry_lines,
    lead_lines,
    printable,
)
from raudit.printable import json_text


@click.command(short_help="Show entries, oldest first.")
@LOCATION
@click.option(
    "--type", "type_", metavar="TYPE", help="Only events of this type, such as run.started."
)
@click.option("--run", metavar="RUN", help="Only events of this run.")
@click.option(
    "--actor", metavar="ACTOR", help="Only events by this person, pseudonym or service:NAME."
)
@click.option("--since", metavar="TIME", help="Only from this time on, ISO 8601.")
@click.option("--until", metavar="TIME", help="Only before this time, ISO 8601.")
@click.option("--last", type=click.IntRange(1), help="Only the last so many of them.")
@JSON
def show(
    location: str,
    type_: str | None,
    run: str | None,
    actor: str | None,
    since: str | None,
    until: str | None,
    last: int | None,
    as_json: bool,
) -> None:
    """Show entries, oldest first. Exits with 6 if the log was edited."""
    from raudit.log import attest_log

    start, stop = utc(since), utc(until)
    with opened(location) as log:
        people = log.people()
        pseudonyms = {name: pseudonym for pseudonym, name in people.items()}
        found = (
            entry
            for entry in log.find(type=type_, run=run, actor=pseudonyms.get(actor or "", actor))
            if (not start or entry.time >= start) and (not stop or entry.time < stop)
        )
        shown = 0
        for entry in found if last is None else deque(found, maxlen=last):
            shown += 1
            if as_json:
                click.echo(json_text(entry_json(entry, people)))
            else:
                for line in entry_lines(entry, people):
                    click.echo(line)
        click.echo(f"{shown:,} of {log.size:,} entries", err=True)
        attest_log(log)  # an edited log is shown, since it is evidence, but never without a word


@click.command(short_help="List what a reviewer asks about.")
@LOCATION
@click.option("--strict", is_flag=True, help="Exit with 1 if there is anything to ask about.")
@JSON
def audit(location: str, strict: bool, as_json: bool) -> None:
    """List what a reviewer hunts for: unfinished runs, re-runs until green, renewed waivers, orphaned reports."""
    from raudit.emit import unplaced
    from raudit.log import attest_log
    from raudit.log.review import KINDS, hunt, not_recorded

    with opened(location) as log:
        attest_log(log)  # of an edited log nothing is to be said
        leads = hunt(log.entries(), today=datetime.now(UTC).date().isoformat())
        unrecorded = not_recorded(log.entries())
        left = unplaced(_around(location), log)
        if as_json:
            shown = [
                {"kind": x.kind, "run": x.run, "entries": x.entries, "text": x.text} for x in leads
            ]
            found = {"size": log.size, "leads": shown, "not_recorded": unrecorded}
            click.echo(json_text(found | {"unplaced": left}, indent=2))
        else:
            told = [printable(f"Not in place: {text}") for text in left]
            told += lead_lines(leads, KINDS, log.size, unrecorded=unrecorded)
            click.echo("\n".join(told))
    sys.exit(1 if strict and (leads or left) else 0)


def _around(location: str) -> list[Path]:
    """The folder of a log's file and those in it: where runs write that tell this log."""
    if not is_database(Path(location)):
        return []
    folder = Path(location).parent
    return [folder, *(path for path in folder.iterdir() if path.is_dir())]


@click.command(short_help="Compare two logs or checkpoints.")
@click.argument("first", metavar="LOG")
@click.argument("second", metavar="OTHER")
@JSON
def diff(first: str, second: str, as_json: bool) -> None:
    """Compare two logs, exports or checkpoint files of one log: same, one longer, or two histories (exit 6)."""
    from raudit.log.exchange import compare, compare_checkpoint

    with opened(first) as log:
        other = Path(second)
        if other.is_file() and not is_database(other):
            found = compare_checkpoint(log.store, checkpoint_in(other))
        else:
            with opened(second) as there:
                found = compare(log.store, there.store)
    if as_json:
        shown = {
            "relation": found.relation,
            "sizes": found.sizes,
            "first_difference": found.first_difference,
        }
        click.echo(json.dumps(shown))
    else:
        where = (
            f" from entry {found.first_difference} on" if found.first_difference is not None else ""
        )
        says = {
            "same": "The same log.",
            "first-is-prefix": "The second is the first, and goes on.",
            "second-is-prefix": "The first is the second, and goes on.",
            "first-is-shorter": "The log is shorter than the checkpoint: its end is missing.",
            "diverged": f"Two histories under one name: they differ{where}.",
        }
        click.echo(f"{says[found.relation]} Sizes {found.sizes[0]:,} and {found.sizes[1]:,}.")
    sys.exit(6 if found.relation in {"diverged", "first-is-shorter"} else 0)
