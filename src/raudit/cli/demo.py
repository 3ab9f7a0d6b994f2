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
    from raudit.emit.keys import LOG_VKEY, SIGNING_CERTIFICATE, first_keys, log_of, signer_of
    from raudit.errors import EnvironmentFault
    from raudit.plan import load_plan
    from raudit.resources import resource_dir
    from raudit.verify import verify_report

    copy = folder / "audit"
    shutil.copytree(resource_dir("examples") / example, copy, dirs_exist_ok=True, ignore=_made_here)
    keys = copy / "keys"
    if not keys.exists():
        notice, _key = first_keys(
            keys, name="raudit demo", log_name="raudit-demo", clock=now_or(clock)
        )
        click.echo(notice, err=True)
    with progress_bars(quiet=quiet) as progress:
        if (copy / "train.py").exists() and not (copy / "model.skops").exists():
            with progress.task("training the example's model"):
                done = subprocess.run(  # noqa: S603 -- our own script, by its own path
                    [sys.executable, str(copy / "train.py")], check=False, stdin=subprocess.DEVNULL
                )
            if done.returncode:
                raise EnvironmentFault(
                    "the example's model could not be trained",
                    reference="demo-training",
                    where=str(copy / "train.py"),
                    hint="see what it printed above",
                )
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
            certificate = (keys / SIGNING_CERTIFICATE).read_bytes()
            checked = verify_report(
                issued.report.read_bytes(), trust=[certificate], vkey=log.vkey, log=log
            )
    if not quiet:
        print_summary(issued.record)
    click.echo(
        f"report   {issued.report}  ({'verified' if checked.exit_status == 0 else 'NOT VERIFIED'})"
    )
    click.echo(f"record   {issued.record_file}")
    click.echo(f"log      {copy / plan.file.log.path}")
    click.echo("\nVerify it yourself:")
    click.echo(
        f"  {_own_name()} verify {issued.report} --trust {keys / SIGNING_CERTIFICATE} --log-key {keys / LOG_VKEY}"
        f" --log {copy / plan.file.log.path}"
    )
    return checked.exit_status


def _own_name() -> str:
    """How this command is called from here."""
    return "raudit" if shutil.which("raudit") else sys.argv[0]


def _made_here(_folder: str, names: list[str]) -> set[str]:
    """Leave out what a run in the example's own folder may have left there."""
    return {
        name
        for name in names
        if name in {"keys", "model.skops", "__pycache__"}
        or name.startswith(("raudit-log", "report."))
    }
