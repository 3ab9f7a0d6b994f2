"""``raudit schedule``: snippets that repeat an audit; written out, never installed."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="Write a snippet that repeats an audit.")
@click.argument("plan", type=click.Path(path_type=Path), default=Path("raudit.yaml"))
@click.option(
    "--kind",
    type=click.Choice(["cron", "systemd", "github", "gitlab"]),
    default="cron",
    show_default=True,
)
@click.option(
    "--every",
    type=click.Choice(["day", "week", "month", "quarter"]),
    default="week",
    show_default=True,
)
@click.option(
    "--out", default="audits", show_default=True, help="Folder that keeps one folder a run."
)
def command(plan: Path, kind: str, every: str, out: str) -> None:
    """Write, for the audit that PLAN declares, a line for cron, a systemd timer, or a job for GitHub or GitLab.

    Each repetition runs the audit into a folder of its day and then makes the series; the scheduler sees the
    audit's exit status, or the series' where that is 0. Nothing is installed: read it, change it, put it
    where it belongs.
    """
    from raudit.errors import PlanError
    from raudit.plan import load_plan
    from raudit.trend.schedule import KINDS

    if not plan.is_file():
        raise PlanError(
            "there is no plan",
            reference="no-plan",
            where=str(plan),
            hint="start with: raudit init DATA",
        )
    load_plan(plan)  # a plan with a fault would fail at night
    absolute = kind in {"cron", "systemd"}
    path, folder = (str(plan.resolve()), str(Path(out).resolve())) if absolute else (str(plan), out)
    click.echo(KINDS[kind](path, folder, every), nl=False)  # type: ignore[arg-type]
