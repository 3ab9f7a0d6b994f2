"""What becomes of reports: ``accept``, ``withdraw``, ``supersede``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from raudit.cli._log.options import ACTOR, KEY, LOCATION
from raudit.cli._shared.log_io import (
    content,
    opened,
    whoami,
)
from raudit.cli._shared.log_text import (
    printable,
)


@click.command(short_help="Take up counter-signatures made elsewhere.")
@click.argument("report", type=click.Path(path_type=Path))
@click.option(
    "--log", "location", metavar="LOG", required=True, help="The log that issued the report."
)
@click.option(
    "--key", "key_file", type=click.Path(path_type=Path), required=True, help="Key file of the log."
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Certificate of a signer, PEM or DER: signatures by others are then refused. May be repeated.",
)
@ACTOR
def accept(
    report: Path, location: str, key_file: Path, trust: tuple[Path, ...], actor: str
) -> None:
    """Log the counter-signatures in REPORT that the log does not know yet, and sign a checkpoint.

    For a report that somebody without the log's key has signed. Until then nobody would notice if the signature were
    cut off. A report that this log did not issue, or that was changed, is refused.
    """
    from raudit.verify.accept import accept_signatures

    with opened(location, key_file) as log:
        done = accept_signatures(
            content(report),
            log,
            actor=actor or whoami(),
            clock=datetime.now(UTC),
            trust=[content(path) for path in trust],
        )
    for item in done.signatures:
        role = f", who claims the role {item.role!r}" if item.role else ""
        click.echo(
            printable(f"logged: {item.field} by {item.signer}{role} (SHA-256 {item.fingerprint})")
        )
    if not done.signatures:
        click.echo("nothing to tell: the log knows every signature in this report")
    elif not done.trusted:
        click.echo(
            "the signers were held against no certificate of yours; --trust CERTIFICATE does that",
            err=True,
        )


@click.command(short_help="Say that a report is not to be relied on any more.")
@LOCATION
@click.argument("report")
@click.option("--reason", required=True, help="A word such as wrong-data.")
@KEY
@ACTOR
def withdraw(location: str, report: str, reason: str, key_file: Path | None, actor: str) -> None:
    """Write down that REPORT, a file or its SHA-256, is withdrawn; 'raudit verify' refuses it from now on."""
    from raudit.cli._shared.log_reports import digest_of
    from raudit.emit import withdraw as withdraw_report

    with opened(location, key_file) as log:
        withdraw_report(
            log, digest_of(report), reason=reason, actor=actor or whoami(), clock=datetime.now(UTC)
        )
    click.echo(f"withdrawn: {reason}")


@click.command(short_help="Say that a report is replaced by another.")
@LOCATION
@click.argument("report")
@click.argument("newer")
@KEY
@ACTOR
def supersede(location: str, report: str, newer: str, key_file: Path | None, actor: str) -> None:
    """Write down that REPORT is replaced by NEWER; each is a file or its SHA-256."""
    from raudit.cli._shared.log_reports import digest_of
    from raudit.emit import supersede as supersede_report

    with opened(location, key_file) as log:
        old, new = digest_of(report), digest_of(newer)
        supersede_report(log, old, new, actor=actor or whoami(), clock=datetime.now(UTC))
    click.echo(f"{old[:16]}… is superseded by {new[:16]}…")
