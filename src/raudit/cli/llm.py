"""``raudit llm``: look at recorded turns of a language model, and draw a sample of them for people to label."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from raudit.printable import json_text, many


@click.group(short_help="Read recorded turns of a language model; draw a sample to label.")
def command() -> None:
    """Read what a language model answered, as some tool recorded it. No model is called."""


@command.command(short_help="Count turns, and say what was not read.")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--format",
    "layout",
    default="auto",
    show_default=True,
    help="Id of the format; see raudit llm formats.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def read(files: tuple[Path, ...], layout: str, *, as_json: bool) -> int:
    """Count the turns of FILES and say what could not be read.

    Exit status 0 if every file was read whole, 3 if one was read in part, 2 if one could not be read.
    """
    from raudit.printable import for_terminal
    from raudit.turns import open_turns
    from raudit.turns.first import keys_left

    data = open_turns(files, layout=layout)
    readings = data.turns.readings
    if as_json:
        click.echo(json_text([reading.as_json() for reading in readings], indent=2))
    else:
        for reading in readings:
            click.echo(
                f"{reading.file}: {reading.format}, {reading.attempts:,} calls, {reading.errors:,} without answer"
            )
            for line in (*reading.notes, *([reading.partly] if reading.partly else [])):
                click.echo(f"  {line}")
        click.echo("columns: " + ", ".join(data.turns.table.column_names))
        left = {key: None for file in data.files for key in keys_left(file.path, file.format)}
        if left:
            click.echo(for_terminal("not taken: " + ", ".join(left)))
            click.echo("  name what they are under data.turns.fields of a plan, such as group.NAME")
    return 3 if data.turns.partly else 0


@command.command(short_help="List the known formats of recorded turns.")
def formats() -> None:
    """List the formats of recorded turns that are known, with what they cannot hold."""
    from raudit.turns import known_formats

    for name, format_ in known_formats().items():
        lacking = f"  (no {', '.join(format_.lacking)})" if format_.lacking else ""
        click.echo(f"{name:20} {format_.title}{lacking}")


@command.command(short_help="Draw turns for people to label.")
@click.argument("plan", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "-n",
    "--size",
    type=click.IntRange(10, 100_000),
    default=80,
    show_default=True,
    help="Of each model.",
)
@click.option(
    "--by", multiple=True, metavar="COLUMN", help="Column of the judge's label (repeatable)."
)
@click.option("--rater", "raters", multiple=True, default=("first", "second"), show_default=True)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="New .xlsx or .csv file."
)
def sample(
    plan: Path, *, size: int, by: tuple[str, ...], raters: tuple[str, ...], seed: int, out: Path
) -> int:
    """Draw turns of PLAN's data for people to label, into a file with one empty column a rater.

    It shows prompts and answers and nothing of what a judge said. Fill it in, and name it under data.turns.labels.
    """
    from raudit.pipeline import opened_data
    from raudit.plan import load_plan
    from raudit.turns.dataset import TurnsDataSet
    from raudit.turns.sample import drawn, write_sample

    data: Any = opened_data(load_plan(plan))[0]
    if not isinstance(data, TurnsDataSet):
        raise click.UsageError("the plan's data are no recorded turns; add data.turns")
    rows = drawn(data, size=size, by=by, seed=seed)
    write_sample(data, rows, raters, out)
    click.echo(f"{many(len(rows), 'turn')} to label in {out}", err=True)
    click.echo(
        f"next: each person fills in one column, in the words of 'positive'; then name {out} as data.turns.labels",
        err=True,
    )
    return 0
