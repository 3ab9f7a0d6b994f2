"""``raudit init``: look at a data file and write a commented plan."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raudit.cli._shared.clock import clock_option, now_or
from raudit.cli._shared.reading import nameable, read_options, reading_options
from raudit.printable import many, pasted

if TYPE_CHECKING:
    from raudit.data import DataSet


@click.command(
    short_help="Look at a data file and write a commented raudit.yaml.",
    epilog="Exit status: 0 the plan is written, and the model predicts on the first rows if one is named; 2 wrong "
    "usage, or the plan is written and the model does not predict.",
)
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
@click.pass_context
def command(
    ctx: click.Context,
    /,
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
    from raudit.data import open_data
    from raudit.data.look import look_at
    from raudit.data.readers.options import declared, working
    from raudit.files import write_whole
    from raudit.plan.draft import write_draft

    _usable(output, (data, output, model or data), force=force)
    options = read_options(reading)
    folder = output.resolve().parent
    of_turns = None if model or declared(options) else _of_turns(data, folder, name)
    if of_turns is not None:
        text, looked_at = of_turns
        read_first = "declare what is asked of the turns"
    else:
        with working(data.name, options.limits):
            table = open_data(data, options=options)
            looks = look_at(table)
        text = write_draft(
            looks,
            data=_relative(data, folder),
            model=_relative(model, folder) if model else None,
            name=name,
            declared=declared(options),
        )
        looked_at = f"{many(table.n_rows, 'row')}, {many(len(table.kinds), 'column')}"
        read_first = "read the lines marked GUESS"
    write_whole(output, text.encode())
    _lay_schema(folder / ".raudit")
    click.echo(f"wrote {output}: {looked_at}")
    status = _try_model(model, table) if model is not None else 0
    click.echo(f"next: {read_first}, then  {pasted('run', output)}")
    if keys and not (folder / "keys").exists():
        from raudit.emit.keys import first_keys

        notice, _key = first_keys(
            folder / "keys", name=name, log_name="raudit-log", clock=now_or(clock)
        )
        click.echo("\n" + notice)
    ctx.exit(status)


def _of_turns(data: Path, folder: Path, name: str) -> tuple[str, str] | None:
    """The plan for recorded turns of a language model, and what was looked at; None for any other data."""
    from raudit.plan.draft_turns import write_turns_draft
    from raudit.turns import open_turns
    from raudit.turns.first import keys_left, turns_in

    try:
        format_ = turns_in(data)
    except OSError:  # what is no file that can be read is named by the reader of tables
        return None
    if format_ is None:
        return None
    turns = open_turns([data])
    text = write_turns_draft(
        data=_relative(data, folder),
        name=name,
        columns=list(turns.kinds),
        texts=turns.turns.texts,
        left=keys_left(data, format_),
    )
    return text, f"{many(turns.n_rows, 'recorded turn')} of a language model ({format_.id})"


def _usable(output: Path, named: Iterable[Path], *, force: bool) -> None:
    """Refuse to replace a plan, and files that no plan could name.

    Raises
    ------
    UsageError
        With what to do instead.
    """
    from raudit.errors import UsageError

    if output.exists() and not force:
        raise UsageError(
            "there is a plan already",
            reference="plan-exists",
            where=str(output),
            hint="name another with -o, or replace it with --force",
        )
    nameable(*named)


def _lay_schema(folder: Path) -> None:
    """Put the schema beside the plan, where an editor finds it."""
    from raudit.resources import resource_dir

    folder.mkdir(parents=True, exist_ok=True)
    name = "plan-1.schema.json"
    shutil.copyfile(resource_dir("schemas") / name, folder / name)


def _try_model(model: Path, table: DataSet) -> int:
    """Say at once whether the model loads and predicts on the first rows; the status to end with.

    The plan is written all the same: what is wrong may be the model's columns, which are named there.
    """
    from raudit.model.first import first_contact

    contact = first_contact(model, table)
    click.echo(contact.said, err=contact.error is not None)
    if contact.error is not None:
        click.echo(str(contact.error), err=True)
        return contact.error.exit_status
    return 0


def _relative(path: Path, folder: Path) -> str:
    resolved = path.resolve()
    return (
        resolved.relative_to(folder).as_posix()
        if resolved.is_relative_to(folder)
        else resolved.as_posix()
    )
