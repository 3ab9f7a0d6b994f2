"""Change people.yaml and tell the log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from raudit.printable import for_terminal


def change(
    path: Path, edit: Callable[[Any], None], *, plan: Path | None, by: str, clock: datetime
) -> None:
    """Edit the file under its lock, tell the plan's log, and say where none was told."""
    from raudit.cli.run import login_name
    from raudit.emit.books import PLAN_NAME, log_for
    from raudit.emit.people import change_people
    from raudit.plan import load_plan

    path = path.resolve()
    beside = path.parent / PLAN_NAME
    declared = load_plan(plan) if plan else load_plan(beside) if beside.is_file() else None
    log, why = log_for(declared)
    with log or nullcontext():
        change_people(path, edit, log, actor=by or login_name(), clock=clock)
    if log is None:
        click.echo(for_terminal(f"not recorded in a log: {why}"), err=True)
