"""``raudit demo``: the bundled audit on real data, from keys to a verified report."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import click

from raudit.cli._shared.clock import clock_option, now_or

EXAMPLES = ("adult-income", "support-chatbot")
"""Bundled audits: of a model and its data, and of recorded turns of a language model."""


@click.command(short_help="Run the bundled audit through to a verified, signed report.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"))
@click.option(
    "--example",
    type=click.Choice(EXAMPLES),
    default=EXAMPLES[0],
    show_default=True,
    help="Which audit.",
)
@clock_option
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary.")
def command(folder: Path, example: str, clock: datetime | None, quiet: bool) -> int:
    """Run the bundled audit in FOLDER: copy the example, train its model, make keys, run, sign, verify.

    The audited model has real faults, so its verdict is that it is blocked; the command itself ends with 0 when the
    report has been made and verifies. A second run uses the model and the keys that are there.
    """
    from raudit.audit import run_audit
    from raudit.cli._shared.progress import progress_bars
    from raudit.cli._shared.summary import print_summary
    from raudit.cli._shared.verifying import from_here, verify_command
    from raudit.emit.keys import SIGNING_CERTIFICATE, log_of, signer_of
    from raudit.plan import load_plan
    from raudit.verify import verify_report

    copy = folder / "audit"
    _prepare(copy, example, now_or(clock))
    with progress_bars(quiet=quiet) as progress:
        if (copy / "train.py").exists() and not (copy / "model.skops").exists():
            with progress.task("training the example's model"):
                _train(copy / "train.py")
        plan = load_plan(copy / "raudit.yaml")
        with log_of(plan) as log:
            issued = run_audit(
                plan,
                out=folder,
                clock=now_or(clock),
                signer=signer_of(plan),
                log=log,
                progress=progress,
            )
            certificate = (copy / "keys" / SIGNING_CERTIFICATE).read_bytes()
            checked = verify_report(
                issued.report.read_bytes(),
                trust=[certificate],
                vkey=log.vkey,
                log=log,
                remake=None,
            )
            verify = verify_command(plan, issued.report, log)
    if not quiet:
        print_summary(issued.record)
    pages = "pages compared with the record" if checked.pages_compared else "pages not compared"
    verified = f"verified, {pages}" if checked.exit_status == 0 else "NOT VERIFIED"
    click.echo(f"report   {issued.report}  ({verified})")
    click.echo(f"record   {issued.record_file}")
    click.echo(f"log      {from_here(plan.path(plan.file.log.path))}")
    click.echo(f"\nVerify it yourself:\n  {verify}")
    return checked.exit_status


def _prepare(copy: Path, example: str, clock: datetime) -> None:
    """Copy the example, and make keys unless they are there."""
    from raudit.emit.keys import first_keys
    from raudit.resources import resource_dir

    source = resource_dir("examples") / example
    shutil.copytree(source, copy, dirs_exist_ok=True, ignore=_made_here)
    keys = copy / "keys"
    if not keys.exists():
        notice, _key = first_keys(keys, name="raudit demo", log_name="raudit-demo", clock=clock)
        click.echo(notice, err=True)


def _train(script: Path) -> None:
    """Run the example's own script that makes its model.

    Raises
    ------
    EnvironmentFault
        If it fails.
    """
    from raudit.errors import EnvironmentFault

    done = subprocess.run(  # noqa: S603 -- our own script, by its own path
        [sys.executable, str(script)], check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise EnvironmentFault(
            "the example's model could not be trained",
            reference="demo-training",
            where=str(script),
            hint="see what it printed above",
        )


def _made_here(_folder: str, names: list[str]) -> set[str]:
    """Leave out what a run in the example's own folder may have left there."""
    return {
        name
        for name in names
        if name in {"keys", "model.skops", "__pycache__"}
        or name.startswith(("raudit-log", "report."))
    }
