"""``raudit keys``: make a local signing key, and show what a certificate says."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click


@click.group(short_help="Make a signing key, or show a certificate.")
def command() -> None:
    """Make a signing key for first use, or show a certificate and its fingerprint."""


@command.command(short_help="Make a key and a certificate for it.")
@click.option(
    "--name",
    required=True,
    help="Who signs: a person or an organisation; goes into the certificate.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("raudit-keys"),
    show_default=True,
    help="Where to put the pair; nothing there is overwritten.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=1095,
    show_default=True,
    help="How long it is valid.",
)
@click.option("--json", "as_json", is_flag=True, help="Print paths and fingerprint as JSON.")
def init(*, name: str, folder: Path, days: int, as_json: bool) -> None:
    """Make an ECDSA P-256 key and a certificate that it signs itself.

    The key file is encrypted if RAUDIT_KEY_PASSPHRASE is set. A certificate from an authority that your readers
    already trust is better: see the signing reference.
    """
    from raudit.signing.selfsigned import init_keys

    passphrase = os.environ.get("RAUDIT_KEY_PASSPHRASE") or None
    made = init_keys(folder, name=name, clock=datetime.now(UTC), days=days, passphrase=passphrase)
    click.echo(made.notice, err=True)
    if as_json:
        shown = {
            "key": str(made.key),
            "certificate": str(made.certificate),
            "fingerprint": made.fingerprint,
        }
        click.echo(json.dumps({**shown, "not_after": made.not_after.isoformat()}, indent=2))
        return
    click.echo(
        f"key          {made.key}  (keep secret; {'encrypted' if passphrase else 'not encrypted'})"
    )
    click.echo(f"certificate  {made.certificate}  (hand out)")


@command.command(short_help="Show a certificate, and what it may sign.")
@click.argument(
    "certificate", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(*, certificate: Path | None, as_json: bool) -> None:
    """Show CERTIFICATE, or that of the key named by the environment: subject, dates, fingerprint, what it proves."""
    from raudit.cli._shared.given import read_given
    from raudit.cli._shared.signing_key import open_key
    from raudit.signing.certificates import facts, read_certificates

    if certificate is not None:
        der = read_certificates(read_given(certificate), where=str(certificate))[0]
    else:
        with open_key(None, None) as key:
            der = key.certificate
    found = facts(der)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    width = max(len(label) for label in found)
    for label, value in found.items():
        click.echo(f"{label.replace('_', ' '):<{width}}  {value}")
