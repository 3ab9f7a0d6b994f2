"""What a log proves: ``checkpoint``, ``verify``, ``prove``, ``verify-proof``."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from raudit.cli._log.options import JSON, KEY, LOCATION, VKEY
from raudit.cli._shared.log_io import (
    bundle_of,
    checkpoint_in,
    content,
    give,
    last_checkpoint,
    opened,
)
from raudit.cli._shared.log_text import (
    printable,
    report_json,
    report_lines,
)


@click.command(short_help="Sign the log as it is now.")
@LOCATION
@KEY
@click.option(
    "--witnessed",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Checkpoint that others hold: checked first.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="File to write; otherwise it is printed."
)
def checkpoint(
    location: str, key_file: Path | None, witnessed: tuple[Path, ...], output: Path | None
) -> None:
    """Sign the log's present size and root, unless it lost or changed anything signed before."""
    with opened(location, key_file) as log:
        held = [checkpoint_in(path) for path in witnessed]
        give(log.checkpoint(datetime.now(UTC), witnessed=held), output)


@click.command(short_help="Recompute all and compare with what others hold.")
@LOCATION
@VKEY
@click.option(
    "--checkpoint",
    "checkpoints",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Checkpoint, .tlog-proof or export from outside, to compare with. May be repeated.",
)
@click.option(
    "--witness", "witnesses", metavar="VKEY", multiple=True, help="Verifier key of a witness."
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    multiple=True,
    help="PEM certificate behind time stamps.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Exit with 3 if there was no checkpoint from outside to compare with.",
)
@JSON
def verify(
    location: str,
    vkey: str | None,
    checkpoints: tuple[Path, ...],
    witnesses: tuple[str, ...],
    trust: tuple[Path, ...],
    strict: bool,
    as_json: bool,
) -> None:
    """Recompute everything and compare with checkpoints that others hold. Exits with 6 if anything contradicts."""
    from raudit.log.keys import read_vkey

    outside = [(path.name, checkpoint_in(path)) for path in checkpoints]
    with opened(location) as log:
        report = log.verify(
            outside,
            vkey=read_vkey(vkey).vkey if vkey is not None else None,
            witnesses=[read_vkey(w).vkey for w in witnesses],
            trust=[content(path) for path in trust],
        )
    if as_json:
        click.echo(json.dumps(report_json(report), indent=2))
    else:
        click.echo("\n".join(report_lines(report)))
    sys.exit(report.exit_status or (3 if strict and not report.compared else 0))


@click.command(short_help="Prove that an entry is in the log.")
@LOCATION
@click.argument("index", type=click.IntRange(0))
@click.option(
    "--checkpoint",
    "file",
    type=click.Path(path_type=Path),
    help="Checkpoint to prove it in, not the last.",
)
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    help="Instead prove that this older checkpoint is a prefix.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="File to write; otherwise it is printed."
)
def prove(
    location: str, index: int, file: Path | None, since: Path | None, output: Path | None
) -> None:
    """Prove that entry INDEX is in the log, as a .tlog-proof that verifies offline.

    With --since, print a JSON bundle that also proves that an older checkpoint is a prefix of the newer one.
    """
    with opened(location) as log:
        now = checkpoint_in(file) if file else last_checkpoint(log)
        if since is None:
            give(log.prove(index, now), output)
        else:
            give(
                json.dumps(bundle_of(log, index, checkpoint_in(since), now), indent=2) + "\n",
                output,
            )


@click.command("verify-proof", short_help="Verify a proof offline.")
@click.argument("proof", type=click.Path(path_type=Path))
@click.option(
    "--entry",
    type=click.Path(path_type=Path),
    required=True,
    help="File with the entry's exact bytes.",
)
@click.option(
    "--vkey",
    metavar="VKEY",
    required=True,
    help="Verifier key you know for the log: text or a file.",
)
def check_proof(proof: Path, entry: Path, vkey: str) -> None:
    """Verify a .tlog-proof offline, without the log."""
    from raudit.log import verify_proof
    from raudit.log.keys import read_vkey

    proven = verify_proof(content(proof), content(entry), read_vkey(vkey).vkey)
    where = proven.checkpoint
    click.echo(
        f"The entry is number {proven.index} of {printable(where.origin)} at {where.describe()}."
    )
