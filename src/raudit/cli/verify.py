"""``raudit verify``: a report in hand, checked step by step, offline."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from raudit.cli._shared.clock import Clock
from raudit.cli._shared.log_text import printable
from raudit.ordinary import read_file
from raudit.sentences import say

if TYPE_CHECKING:
    from raudit.verify import Verification


@click.command(short_help="Verify a report, offline, step by step.")
@click.argument("report", type=click.Path(path_type=Path))
@click.option(
    "--trust",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Certificate to believe, PEM or DER. May be repeated.",
)
@click.option(
    "--issuer",
    multiple=True,
    metavar="CERTIFICATE",
    help="The issuer's certificate, which is then believed too, or its SHA-256 fingerprint. May be repeated.",
)
@click.option(
    "--trust-tsa",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Root of a time stamp authority.",
)
@click.option("--log-key", help="Verifier key of the log, or a file that holds it.")
@click.option("--log", "log_location", help="The log, a copy or an export of it, to compare with.")
@click.option(
    "--checkpoint",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Signed checkpoint from a witness or another report.",
)
@click.option(
    "--remake/--no-remake",
    default=None,
    help="Render the report again from its record and compare every byte. Default: if all else holds.",
)
@click.option("--at", type=Clock(), help="A time at which the file is known to have existed.")
@click.option(
    "--language",
    default="en",
    show_default=True,
    help="Language of what is found, as in the reports: en, de.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON.")
def command(
    report: Path,
    trust: tuple[Path, ...],
    issuer: tuple[str, ...],
    trust_tsa: tuple[Path, ...],
    log_key: str | None,
    log_location: str | None,
    checkpoint: tuple[Path, ...],
    remake: bool | None,
    at: object,
    language: str,
    as_json: bool,
) -> int:
    """Verify REPORT without any network.

    Exit status: 0 every needed step holds, 3 something needed was not given, 6 a step failed.
    """
    from contextlib import ExitStack
    from datetime import datetime

    from raudit.cli._shared.given import read_given
    from raudit.emit import UNPLACED, unplaced
    from raudit.errors import KeyFileError
    from raudit.log import open_log
    from raudit.log.keys import read_vkey
    from raudit.verify import verify_report

    speak = _speaker(language)
    fingerprints, believed = _issuers(issuer)
    with ExitStack() as stack:
        log = stack.enter_context(open_log(log_location)) if log_location is not None else None
        found = verify_report(
            read_given(report),
            trust=[*(read_given(path, KeyFileError) for path in trust), *believed],
            tsa_trust=[read_given(path, KeyFileError) for path in trust_tsa] or None,
            vkey=read_vkey(log_key).vkey if log_key is not None else None,
            log=log,
            checkpoints=[read_given(path).decode("utf-8", "replace") for path in checkpoint],
            remake=remake,
            issuer=fingerprints,
            at=at if isinstance(at, datetime) else None,
        )
        trusted = log if found.exit_status != 6 else None  # what an edited log says is no word
        left = unplaced([report.parent], trusted) if report.name != UNPLACED else ()
    if as_json:
        beside = {"unplaced": [speak(text) for text in left]}
        click.echo(json.dumps(_json(report.name, found, speak) | beside))
    else:
        _print(report.name, found, speak)
        for text in left:
            said = speak(say("beside it: {text}", text=text))
            click.echo(click.style(printable(said), fg="yellow"))
    return found.exit_status


def _speaker(language: str) -> Callable[[str], str]:
    from raudit.report.language import load_language
    from raudit.report.templates import find_template
    from raudit.report.translate import speaker

    return speaker(load_language(language, find_template("standard").language_folders()))


def _issuers(given: tuple[str, ...]) -> tuple[list[str], list[bytes]]:
    """Read the issuer's certificates or fingerprints; a certificate is believed as well."""
    from raudit.canonical import sha256
    from raudit.errors import KeyFileError
    from raudit.signing import read_certificates

    fingerprints: list[str] = []
    believed: list[bytes] = []
    for text in given:
        digits = text.replace(" ", "").replace(":", "").lower()
        if len(digits) == 64 and not set(digits) - set("0123456789abcdef"):
            fingerprints.append(digits)
            continue
        try:
            certificates = read_certificates(read_file(Path(text)), where=text)
        except OSError as error:
            raise KeyFileError(
                "the issuer's certificate cannot be read",
                reference="certificate-unreadable",
                where="--issuer",
                got=error.strerror or "",
                expected="a certificate file, or 64 hexadecimal digits",
            ) from error
        fingerprints.append(sha256(certificates[0]))
        believed.append(certificates[0])
    return fingerprints, believed


def _json(name: str, found: Verification, speak: Callable[[str], str]) -> dict[str, object]:
    steps = [
        {
            "number": step.number,
            "title": speak(step.title),
            "status": str(step.status),
            "detail": speak(step.detail),
            "needed": step.needed,
            "warnings": [speak(warning) for warning in step.warnings],
        }
        for step in found.steps
    ]
    return {
        "file": name,
        "sha256": found.sha256,
        "exit_status": found.exit_status,
        "verdict": speak(found.verdict),
        "pages_compared": found.pages_compared,
        "steps": steps,
    }


def _print(name: str, found: Verification, speak: Callable[[str], str]) -> None:
    click.echo(f"{printable(name)}  sha256 {found.sha256}")
    marks = {
        "ok": click.style("  ok  ", fg="green"),
        "failed": click.style(speak(say("FAILED")), fg="red", bold=True),
    }
    for step in found.steps:
        mark = marks.get(
            str(step.status), click.style("  --  ", fg="yellow" if step.needed else "white")
        )
        click.echo(f"{mark} {step.number}. {speak(step.title)}")
        click.echo(click.style(f"          {printable(speak(step.detail))}", dim=True))
        for warning in step.warnings:
            click.echo(
                click.style(
                    f"          {printable(speak(say('warning: {text}', text=warning)))}",
                    fg="yellow",
                )
            )
    colour = {0: "green", 3: "yellow", 6: "red"}[found.exit_status]
    click.echo(click.style(speak(found.verdict), fg=colour, bold=True))
