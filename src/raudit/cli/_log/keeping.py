"""Make a log, change its key, forget a name: ``key``, ``init``, ``rotate``, ``forget``."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from raudit.cli._log.options import ACTOR, LOCATION
from raudit.cli._shared.log_io import (
    key_from,
    opened,
    whoami,
)
from raudit.cli._shared.log_text import (
    printable,
)
from raudit.errors import LogError


@click.command("key", short_help="Create a key and print its verifier keys.")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def make_key(name: str, file: Path) -> None:
    """Create a key called NAME in FILE, for a log or a witness, and print its verifier keys.

    NAME becomes the log's origin, such as audit.example.org/credit.
    """
    from raudit.log import PASSPHRASE_VARIABLE, create_log_key

    key = create_log_key(file, name, passphrase=os.environ.get(PASSPHRASE_VARIABLE))
    click.echo(key.vkey)
    click.echo(
        f"written to {file}, for you alone to read; the line above is what others need to verify",
        err=True,
    )
    click.echo(f"as a witness's key, give out this line instead: {key.cosigner.vkey}", err=True)


@click.command(short_help="Make a new, empty log.")
@LOCATION
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    required=True,
    help="Key file of the new log.",
)
@click.option(
    "--writer-role", metavar="ROLE", help="PostgreSQL: existing role that may read and append only."
)
def init(location: str, key_file: Path, writer_role: str | None) -> None:
    """Make a new, empty log."""
    from raudit.log import open_log

    if writer_role is not None:
        from raudit.log.stores.postgres import PostgresStore, is_postgres

        if not is_postgres(location):
            raise LogError(
                "only PostgreSQL has roles", reference="log-role", hint="leave --writer-role out"
            )
        PostgresStore(location, create=True, writer_role=writer_role).close()
    with open_log(location, key=key_from(key_file), create=True) as log:
        click.echo(f"{log.origin} at {printable(log.store.location)}, {log.size:,} entries")


@click.command(short_help="Let another key take over.")
@LOCATION
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path),
    required=True,
    help="The log's current key file.",
)
@click.option(
    "--new",
    "new_file",
    type=click.Path(path_type=Path),
    required=True,
    help="Key file that takes over.",
)
@ACTOR
def rotate(location: str, key_file: Path, new_file: Path, actor: str) -> None:
    """Let another key take over, in a statement that both keys sign."""
    with opened(location, key_file) as log:
        click.echo(
            log.rotate(key_from(new_file), actor=actor or whoami(), clock=datetime.now(UTC)),
            nl=False,
        )


@click.command(short_help="Delete the name behind a pseudonym.")
@LOCATION
@click.argument("pseudonym")
def forget(location: str, pseudonym: str) -> None:
    """Delete for good the name behind a salted digest; all entries stay and still verify."""
    with opened(location) as log:
        gone = log.forget(pseudonym)
    if not gone:
        raise LogError(
            "nothing is known about this pseudonym",
            reference="log-forget",
            expected="salted: and 64 hex digits",
        )
    click.echo("deleted; copies in backups are yours to delete")
