"""A log and others: ``export``, ``import``, ``witness``, ``stamp``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from raudit.cli._log.options import ACTOR, KEY, LOCATION, VKEY
from raudit.cli._shared.log_io import (
    checkpoint_in,
    content,
    discarding,
    give_bytes,
    key_from,
    last_checkpoint,
    opened,
    whoami,
)
from raudit.cli._shared.log_text import (
    printable,
)
from raudit.errors import LogError


@click.command(short_help="Write the log as C2SP tlog-tiles.")
@LOCATION
@click.argument("folder", type=click.Path(path_type=Path))
@KEY
@click.option(
    "--checkpoint",
    "file",
    type=click.Path(path_type=Path),
    help="Signed checkpoint to write up to, such as one that the store lost.",
)
def export(location: str, folder: Path, key_file: Path | None, file: Path | None) -> None:
    """Write the log as C2SP tlog-tiles, up to a new checkpoint if --key is given, else up to the last one signed."""
    from raudit.log.exchange import export_log

    with opened(location, key_file) as log:
        if file is not None:
            text = checkpoint_in(file)
        else:
            text = log.checkpoint(datetime.now(UTC)) if key_file else last_checkpoint(log)
        written = export_log(log, folder, text)
    click.echo(
        f"{printable(str(folder))}: {written.checkpoint.describe()}, {written.files:,} new files"
    )


@click.command("import", short_help="Verify an export and copy it into a log.")
@click.argument("folder", type=click.Path(path_type=Path))
@LOCATION
@click.option(
    "--vkey",
    metavar="VKEY",
    required=True,
    help="Verifier key you know for the log: text or a file.",
)
@click.option("--recover", is_flag=True, help="The copy takes over as the log; needs --key.")
@KEY
@ACTOR
def import_(
    folder: Path, location: str, vkey: str, recover: bool, key_file: Path | None, actor: str
) -> None:
    """Verify an export and copy it into a new log file: read-only, or with --recover to go on with."""
    from raudit.log import open_store
    from raudit.log.exchange import import_log
    from raudit.log.keys import read_vkey

    if recover and key_file is None:
        raise LogError(
            "a log cannot take over without its key", reference="log-no-key", hint="--key FILE"
        )
    key = key_from(key_file) if recover and key_file else None
    with discarding(location):
        store: Any = open_store(location, create=True)
        try:
            state = import_log(
                folder,
                store,
                vkey=read_vkey(vkey).vkey,
                recover=key,
                actor=actor or whoami(),
                clock=datetime.now(UTC),
            )
        finally:
            store.close()
    role = "takes over as the log" if recover else "is a copy to read"
    click.echo(f"{printable(location)} {role}: {state.describe()}")


@click.command(short_help="Cosign, or take a cosignature back.")
@LOCATION
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    help="As a witness: file with the last checkpoint you saw.",
)
@KEY
@VKEY
@click.option("--first", is_flag=True, help="As a witness: you have never seen this log.")
@click.option(
    "--accept", type=click.Path(path_type=Path), help="As the log: take back a cosigned checkpoint."
)
@click.option(
    "--witness", "witness_vkey", metavar="VKEY", help="As the log: verifier key of that witness."
)
@ACTOR
def witness(
    location: str,
    state: Path | None,
    key_file: Path | None,
    vkey: str | None,
    first: bool,
    accept: Path | None,
    witness_vkey: str | None,
    actor: str,
) -> None:
    """Cosign the log's last checkpoint if it extends the one you saw before; or take a cosigned one back.

    As a witness: --state FILE --key YOUR-KEY --vkey LOG-VKEY. As the log: --accept FILE --witness VKEY.
    """
    from raudit.log.keys import read_vkey
    from raudit.log.witness import witness as cosign

    if accept is not None and witness_vkey is not None:
        with opened(location) as log:
            log.accept_witness(
                checkpoint_in(accept),
                read_vkey(witness_vkey).vkey,
                actor=actor or whoami(),
                clock=datetime.now(UTC),
            )
        click.echo("accepted; the log can never again be signed shorter than this checkpoint")
    elif state is not None and key_file is not None and vkey is not None:
        with opened(location) as log:
            key = key_from(key_file)
            text = cosign(
                log, state, key, vkey=read_vkey(vkey).vkey, clock=datetime.now(UTC), first=first
            )
        click.echo(text, nl=False)
    else:
        raise LogError(
            "say what you are",
            reference="log-witness-usage",
            expected="--state, --key and --vkey as a witness, or --accept and --witness as the log",
        )


@click.command(short_help="Have an authority time-stamp a checkpoint.")
@LOCATION
@click.option(
    "--request",
    type=click.Path(path_type=Path),
    help="File to write: the request to send to an authority.",
)
@click.option("--accept", type=click.Path(path_type=Path), help="File with the authority's answer.")
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    multiple=True,
    help="PEM certificate that you trust.",
)
def stamp(
    location: str, request: Path | None, accept: Path | None, trust: tuple[Path, ...]
) -> None:
    """Have an authority time-stamp the last checkpoint (RFC 3161): write the request, later accept the answer.

    Send the request yourself: curl -H 'Content-Type: application/timestamp-query' --data-binary @REQUEST URL
    """
    from secrets import randbits

    from raudit.log.stamp import stamp_request

    if (request is None) == (accept is None):
        raise LogError("say --request FILE or --accept FILE", reference="log-stamp-usage")
    with opened(location) as log:
        held = last_checkpoint(log)
        if request is not None:
            give_bytes(stamp_request(held, nonce=randbits(63)), request)
        elif accept is not None:
            found = log.accept_stamp(held, content(accept), trust=[content(path) for path in trust])
            click.echo(
                f"stamped {found.time:%Y-%m-%d %H:%M:%S} UTC by {printable(found.authority)}"
            )
