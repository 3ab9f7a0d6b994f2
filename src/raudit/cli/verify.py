"""``raudit verify``: a report in hand, checked step by step, offline."""

from __future__ import annotations

import json
from pathlib import Path

import click

from raudit.cli._clock import Clock


@click.command(short_help="Verify a report, offline, step by step.")
@click.argument("report", type=click.Path(path_type=Path))
@click.option(
    "--trust",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Certificate to believe, PEM or DER. May be repeated.",
)
@click.option("--trust-tsa", multiple=True, type=click.Path(path_type=Path), help="Root of a time stamp authority.")
@click.option("--log-key", help="Verifier key of the log, or a file that holds it.")
@click.option("--log", "log_location", help="The log, a copy or an export of it, to compare with.")
@click.option(
    "--checkpoint",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Signed checkpoint from a witness or another report.",
)
@click.option("--remake", is_flag=True, help="Render the report again from its record and compare every byte.")
@click.option("--at", type=Clock(), help="A time at which the file is known to have existed.")
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON.")
def command(
    report: Path,
    trust: tuple[Path, ...],
    trust_tsa: tuple[Path, ...],
    log_key: str | None,
    log_location: str | None,
    checkpoint: tuple[Path, ...],
    remake: bool,
    at: object,
    as_json: bool,
) -> int:
    """Verify REPORT without any network.

    Exit status: 0 every needed step holds, 3 something needed was not given, 6 a step failed.
    """
    from contextlib import ExitStack
    from datetime import datetime

    from raudit.errors import KeyFileError, UsageError
    from raudit.log import open_log
    from raudit.log.keys import read_vkey
    from raudit.verify import verify_report

    def read(path: Path, kind: type[UsageError]) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise kind(
                "the file cannot be read",
                reference="file-unreadable",
                where=str(path),
                got=error.strerror or "",
                hint="check the path",
            ) from error

    with ExitStack() as stack:
        log = stack.enter_context(open_log(log_location)) if log_location else None
        found = verify_report(
            read(report, UsageError),
            trust=[read(path, KeyFileError) for path in trust],
            tsa_trust=[read(path, KeyFileError) for path in trust_tsa] or None,
            vkey=read_vkey(log_key).vkey if log_key else None,
            log=log,
            checkpoints=[read(path, UsageError).decode("utf-8", "replace") for path in checkpoint],
            remake=remake,
            at=at if isinstance(at, datetime) else None,
        )
    if as_json:
        steps = [
            {"number": s.number, "title": s.title, "status": str(s.status), "detail": s.detail, "needed": s.needed}
            for s in found.steps
        ]
        click.echo(
            json.dumps({"file": report.name, "sha256": found.sha256, "exit_status": found.exit_status, "steps": steps})
        )
        return found.exit_status
    click.echo(f"{report.name}  sha256 {found.sha256}")
    marks = {"ok": click.style("  ok  ", fg="green"), "failed": click.style("FAILED", fg="red", bold=True)}
    for step in found.steps:
        mark = marks.get(str(step.status), click.style("  --  ", fg="yellow" if step.needed else "white"))
        click.echo(f"{mark} {step.number}. {step.title}")
        click.echo(click.style(f"          {step.detail}", dim=True))
    said = {
        0: click.style("VERIFIED", fg="green", bold=True) + " with what was given",
        3: click.style("COULD NOT TELL", fg="yellow", bold=True)
        + ": nothing is wrong, but a needed step lacks what it needs",
        6: click.style("NOT VERIFIED", fg="red", bold=True) + ": do not rely on this file",
    }
    click.echo(said[found.exit_status])
    return found.exit_status
