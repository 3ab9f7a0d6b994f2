"""``raudit init``: look at a data file and write a commented plan."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from raudit.cli._shared.clock import clock_option, now_or
from raudit.cli._shared.reading import read_options, reading_options


@click.command(short_help="Look at a data file and write a commented raudit.yaml.")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("raudit.yaml"),
    help="The plan to write.",
)
@click.option("--model", type=click.Path(path_type=Path), help="A model file to audit.")
@click.option("--name", default="My system", help="Name of the system.")
@click.option(
    "--keys/--no-keys", default=True, help="Make a signing key and a log key beside the plan."
)
@click.option("--force", is_flag=True, help="Replace an existing plan. Keys are never replaced.")
@reading_options
@clock_option
def command(
    data: Path,
    output: Path,
    model: Path | None,
    name: str,
    keys: bool,
    force: bool,
    clock: datetime | None,
    **reading: Any,
) -> None:
    """Look at DATA, a file or folder that a plan takes, and write a raudit.yaml whose guesses are marked as guesses."""
    from raudit.errors import UsageError
    from raudit.files import write_whole
    from raudit.plan.draft import write_draft
    from raudit.printable import printable
    from raudit.resources import resource_dir

    if output.exists() and not force:
        raise UsageError(
            "there is a plan already",
            reference="plan-exists",
            where=str(output),
            hint="name another with -o, or replace it with --force",
        )
    from raudit.data import open_data
    from raudit.data.look import look_at
    from raudit.data.readers.options import declared

    for path in (data, output, model or data):
        if printable(str(path)) != str(path):
            raise UsageError(
                "a plan cannot name this file: its path is not printable text",
                reference="name-not-text",
                where=str(path),
                hint="rename it, or its folder",
            )
    options = read_options(reading)
    table = open_data(data, options=options)
    folder = output.resolve().parent
    relative = _relative(model, folder) if model else None
    text = write_draft(
        look_at(table),
        data=_relative(data, folder),
        model=relative,
        name=name,
        declared=declared(options),
    )
    write_whole(output, text.encode())
    schema = folder / ".raudit" / "plan-1.schema.json"
    schema.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(resource_dir("schemas") / "plan-1.schema.json", schema)
    click.echo(f"wrote {output}: {table.n_rows:,} rows, {len(table.kinds)} columns")
    if model is not None:
        from raudit.model.first import first_contact

        contact = first_contact(model, table)
        click.echo(contact.said, err=contact.error is not None)
        if contact.error is not None:
            click.echo(str(contact.error), err=True)
    click.echo(f"next: read the lines marked GUESS, then  raudit run {output}")
    if keys and not (folder / "keys").exists():
        from raudit.emit.keys import first_keys

        notice, _key = first_keys(
            folder / "keys", name=name, log_name="raudit-log", clock=now_or(clock)
        )
        click.echo("\n" + notice)


def _relative(path: Path, folder: Path) -> str:
    resolved = path.resolve()
    return (
        resolved.relative_to(folder).as_posix()
        if resolved.is_relative_to(folder)
        else resolved.as_posix()
    )
