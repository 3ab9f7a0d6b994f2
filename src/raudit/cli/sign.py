"""``raudit sign``: counter-sign a report in a role, as an incremental revision."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._shared.given import read_given
from raudit.errors import UsageError

if TYPE_CHECKING:
    from raudit.log import Log
    from raudit.signing.countersigning import CounterSigned
    from raudit.signing.timestamping import TimeStamping

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Counter-sign a certified report.")
@click.argument("report", type=FILE)
@click.option("--role", required=True, help="What you sign as, such as dpo or model-owner.")
@click.option("--name", help="Your name; by default the certificate's subject.")
@click.option("--reason", default="", help="Why you sign; by default your role.")
@click.option(
    "--key",
    type=FILE,
    help="Private key (PEM, .p12); by default RAUDIT_KEY_FILE or RAUDIT_PKCS11_MODULE.",
)
@click.option(
    "--cert",
    type=FILE,
    help="Certificate; by default RAUDIT_CERT_FILE, or the file beside the key.",
)
@click.option(
    "--tsa", metavar="URL", help="Time stamp authority (RFC 3161); by default none, so B-B."
)
@click.option(
    "--level", type=click.Choice(["B-T", "B-LT", "B-LTA"]), default="B-T", show_default=True
)
@click.option(
    "--tsa-trust",
    type=FILE,
    multiple=True,
    help="Roots to store for B-LT and B-LTA: authority's, signer's.",
)
@click.option(
    "--log",
    "log_location",
    help="The log that holds this report's digests; it will hold the new one too.",
)
@click.option("--log-key", type=FILE, help="Key of the log; by default RAUDIT_LOG_KEY_FILE.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="By default REPORT.ROLE.pdf.",
)
@click.option("--force", is_flag=True, help="Replace OUTPUT if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def command(
    *,
    report: Path,
    role: str,
    name: str | None,
    reason: str,
    key: Path | None,
    cert: Path | None,
    tsa: str | None,
    level: str,
    tsa_trust: tuple[Path, ...],
    log_location: str | None,
    log_key: Path | None,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Counter-sign REPORT, which must be certified by its issuer.

    The report is checked first; a tampered one is not signed. Your signature is appended, nothing before it changes.
    Secrets come from RAUDIT_KEY_PASSPHRASE or RAUDIT_PKCS11_PIN, or are asked for.
    """
    from raudit.cli._shared.signing_key import open_key
    from raudit.files import write_whole
    from raudit.signing.countersigning import countersign_checked
    from raudit.verify.accept import accept_signatures

    target = output or report.with_name(f"{report.stem}.{_file_part(role)}.pdf")
    if target.exists() and not force and target.resolve() != report.resolve():
        raise UsageError(
            "the output exists already",
            reference="output-exists",
            where=str(target),
            hint="add --force",
        )
    stamping = _stamping(tsa, level, tsa_trust)
    pdf, clock = read_given(report), datetime.now(UTC)
    with (
        _log_to_tell(log_location, log_key) as log,  # first: an edited log is not signed for
        open_key(key, cert) as signing_key,
    ):
        own_name = signing_key.common_name
        done = countersign_checked(
            pdf,
            signing_key,
            role=role,
            name=name or own_name,
            reason=reason,
            clock=clock,
            tsa=stamping,
            draw=partial(
                _draw,
                name=own_name,
                role=role,
                clock=clock,
                fingerprint=signing_key.fingerprint,
                pdf=pdf,
            ),
        )
        if log is not None:
            accept_signatures(done.pdf, log, actor=name or own_name, clock=datetime.now(UTC))
    write_whole(target, done.pdf)
    if log_location is None:
        click.echo(
            "the log was not told: without --log, nobody can notice that this signature was cut off",
            err=True,
        )
    _tell(done, target, as_json=as_json)


def _draw(size: tuple[float, float], *, pdf: bytes, **shown: Any) -> bytes:
    """Draw the signature in the report's language; called once the report was checked."""
    from raudit.report.stamp import render_stamp
    from raudit.signing.sign import document_language

    return render_stamp(size=size, language=document_language(pdf), **shown)


def _stamping(url: str | None, level: str, trust: tuple[Path, ...]) -> TimeStamping | None:
    from raudit.signing.timestamping import Level, TimeStamping

    if url is None:
        if level != "B-T" or trust:
            raise UsageError(
                "a level needs an authority", reference="tsa-missing", hint="add --tsa URL"
            )
        return None
    return TimeStamping(url=url, level=Level(level), trust=tuple(map(read_given, trust)))


def _file_part(role: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in role) or "signed"


@contextmanager
def _log_to_tell(location: str | None, key_file: Path | None) -> Iterator[Log | None]:
    """Open the log that is to know of the signature, so that a copy of the report without it is noticed.

    Raises
    ------
    UsageError
        If there is no key for its checkpoint.
    LogIntegrityError
        If it was edited.
    """
    from raudit.cli._shared.log_io import opened
    from raudit.emit.keys import LOG_KEY_VARIABLE
    from raudit.log import attest_log

    if location is None:
        yield None
        return
    named = key_file or (
        Path(os.environ[LOG_KEY_VARIABLE]) if LOG_KEY_VARIABLE in os.environ else None
    )
    if named is None:
        raise UsageError(
            "the log is to be told, and there is no key to sign its checkpoint with",
            reference="no-log-key",
            where="--log",
            hint=f"add --log-key FILE, or set {LOG_KEY_VARIABLE}",
        )
    with opened(location, named) as log:
        attest_log(log)
        yield log


def _tell(done: CounterSigned, target: Path, *, as_json: bool) -> None:
    own = done.signature
    stamp = own.timestamp
    for item in done.before.signatures:
        click.echo(
            f"already signed: {item.role or item.kind} {item.signer} (SHA-256 {item.fingerprint})",
            err=True,
        )
    when = (
        f"time stamp {stamp.time:%Y-%m-%dT%H:%M:%SZ} by {stamp.authority}"
        if stamp
        else "no time stamp"
    )
    click.echo(f"signed as {own.role} by {own.signer}, {when}, field {own.field}", err=True)
    if as_json:
        shown = {
            "file": str(target),
            "sha256": done.sha256,
            "previous_sha256": done.previous_sha256,
            "field": own.field,
            "role": own.role,
            "signer": own.signer,
            "certificate_sha256": own.fingerprint,
            "claimed_time": own.claimed_time.isoformat() if own.claimed_time else None,
            "time_stamp": stamp.time.isoformat() if stamp else None,
        }
        click.echo(json.dumps(shown, indent=2))
        return
    click.echo(f"{done.sha256}  {target}")
