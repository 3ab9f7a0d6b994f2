"""``raudit verify-data``: say whether data is the table that a record is about."""

from __future__ import annotations

import json
from pathlib import Path

import click

from raudit.cli._shared.progress import progress_bars


@click.command(
    short_help="Say whether data is the table that was audited.",
    epilog="Exit status: 0 the same content, 6 other content, 2 the data or the record cannot be read.",
)
@click.argument("record", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("data", type=click.Path(path_type=Path), required=False)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The plan, whose query holds values that a record does not.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout instead of text.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def command(
    record: Path, data: Path | None, config: Path | None, as_json: bool, quiet: bool
) -> int:
    """Compute the content digest of DATA again and hold it against RECORD, a record.json that an audit wrote.

    The digest is that of what the table says: order of rows, partitioning and file format do not matter, kinds of
    columns do. Without DATA it is what the recorded plan names, taken relative to the record's folder, or the
    database, with the secret from where the plan says.
    """
    from raudit.cli._shared.given import read_given
    from raudit.data.verify import data_section, verify_data
    from raudit.kept import reading_stored
    from raudit.plan import load_plan
    from raudit.record import parse_record

    parsed = parse_record(read_given(record))
    with reading_stored():
        section = load_plan(config).file.data if config is not None else data_section(parsed)
    beside = record if config is None else config
    path = (
        data
        if data is not None
        else None
        if section.path is None
        else beside.resolve().parent / section.path
    )
    with (
        reading_stored(),
        progress_bars(quiet=quiet or as_json) as progress,
        progress.task("reading data") as tick,
    ):
        found = verify_data(parsed, path, tick, section=section)
    if as_json:
        told = {
            "recorded": found.recorded,
            "found": found.found,
            "same": found.same,
            "same_file": found.same_file,
        }
        click.echo(json.dumps({**told, "differences": list(found.differences)}))
        return 0 if found.same else 6
    word = (
        click.style("same content", fg="green")
        if found.same
        else click.style("OTHER CONTENT", fg="red", bold=True)
    )
    click.echo(f"{word}  {found.found}")
    if not found.same:
        click.echo(f"  the record says {found.recorded}")
        for difference in found.differences:
            click.echo(f"  {difference}")
    elif found.same_file is False:
        click.echo("  in another file than was audited: order, partitioning or format differ")
    return 0 if found.same else 6
