"""``raudit report``: make a report again from a record, without data or model."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(short_help="Make a report from a record.")
@click.argument("record", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; its ending decides the format: .pdf, .html or .md. Default: RECORD with the ending .pdf.",
)
@click.option(
    "--template",
    default="standard",
    show_default=True,
    help="standard, brief, model-card, nyc-ll144, us-sr-26-2, eu-annex-iv, eu-fria, annexes, or a folder of your own.",
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    help="en, de, or a language your template brings.",
)
@click.option(
    "--annexes", is_flag=True, help="Also write the annexes, beside the report, as NAME-annexes."
)
def command(record: Path, output: Path | None, template: str, language: str, annexes: bool) -> None:
    """Make a report from RECORD, a record.json that an audit wrote.

    Needs neither the data nor the model. The same record gives the same bytes. The PDF is not signed.
    """
    from raudit.cli._shared.given import read_given
    from raudit.cli._shared.pages import check_ending, page
    from raudit.files import write_or_refuse

    target = output or record.with_suffix(".pdf")
    check_ending(target)
    stored = read_given(record)
    wanted = [(target, template)]
    if annexes:
        wanted.append((target.with_name(f"{target.stem}-annexes{target.suffix}"), "annexes"))
    made = [(path, page(stored, path, template=name, language=language)) for path, name in wanted]
    write_or_refuse(dict(made))
    run = json.loads(stored)["run"]["id"]  # its schema held when the pages were made
    for path, data in made:
        click.echo(f"{path}: {len(data):,} bytes, from record {run}", err=True)
