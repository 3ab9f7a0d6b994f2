"""``raudit run``: a plan through to a signed report."""

from __future__ import annotations

import getpass
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from raudit.cli._shared.clock import clock_option, now_or
from raudit.printable import for_terminal

if TYPE_CHECKING:
    from raudit.audit import Issued


@click.command(short_help="Run an audit through to a signed report.")
@click.argument("plan", type=click.Path(path_type=Path), default=Path("raudit.yaml"))
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the report. Default: beside the plan.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Overrides the plan's seed.")
@clock_option
@click.option(
    "--actor",
    help="Who runs it, for the log, which keeps a salted digest. Default: the login name.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict and the files as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
def command(
    plan: Path,
    out: Path | None,
    seed: int | None,
    clock: datetime | None,
    actor: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run the audit that PLAN declares: every stage, the verdict, a signed report, and the log of it all.

    Ends with the verdict's exit status.
    """
    from raudit.audit import run_audit
    from raudit.cli._shared.progress import progress_bars
    from raudit.cli._shared.verifying import verify_command
    from raudit.emit.keys import log_of, signer_of, stamping_of
    from raudit.plan import load_plan

    declared = load_plan(plan)
    signer = signer_of(declared)
    with log_of(declared) as log, progress_bars(quiet=quiet or as_json) as progress:
        issued = run_audit(
            declared,
            out=out or declared.folder,
            clock=now_or(clock),
            signer=signer,
            log=log,
            seed=seed,
            tsa=stamping_of(declared),
            actor=actor or login_name(),
            progress=progress,
        )
        verify = verify_command(declared, issued.report, log)
    if issued.notice:
        click.echo(for_terminal(issued.notice), err=True)
    if as_json:
        click.echo(json.dumps(_as_json(issued)))
    elif not quiet:
        _print(issued, verify)
    return _status(issued)


def _status(issued: Issued) -> int:
    verdict = issued.record.verdict
    return verdict.exit_status if verdict else 4


def _files(issued: Issued) -> dict[str, Path]:
    return {
        "report": issued.report,
        "record": issued.record_file,
        "proof": issued.proof,
        "attestation": issued.attestation,
    }


def _as_json(issued: Issued) -> dict[str, str | int | None]:
    verdict = issued.record.verdict
    return {
        "exit_status": _status(issued),
        "verdict": str(verdict.status) if verdict else None,
        "run": issued.record.run.id,
        **{name: str(path) for name, path in _files(issued).items()},
    }


def _print(issued: Issued, verify: str) -> None:
    from raudit.cli._shared.summary import print_summary

    print_summary(issued.record)
    for name, path in _files(issued).items():
        click.echo(for_terminal(f"{name:12} {path}"))
    click.echo(for_terminal(f"\nVerify it:\n  {verify}"))


def login_name() -> str:
    """Login name of whoever runs the command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "service:unknown"
