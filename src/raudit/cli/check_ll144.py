"""``raudit check-ll144``: whether a published New York City bias audit follows from its own numbers."""

from __future__ import annotations

from pathlib import Path

import click

from raudit.printable import json_text, printable, without_commands


@click.command(short_help="Recompute a published Local Law 144 audit.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--json", "as_json", is_flag=True, help="Print the recomputed table and every fault as JSON."
)
def command(file: Path, as_json: bool) -> None:
    """Recompute rates and impact ratios of a published Local Law 144 audit table.

    FILE is CSV, TSV, XLSX, HTML, Markdown or pasted text, with one or several tables. A table needs a heading line
    and at least two of applicants, selected, selection (or scoring) rate and impact ratio. Rates are held against
    counts; ratios against counts or, within what rounding leaves open, against the printed rates; and intersections
    and totals are added up, people of unknown race or sex allowed for. One wrong number is one fault.

    Exit status: 0 everything follows, 1 something does not, 2 the file cannot be used, 5 nothing to recompute.
    """
    from raudit.stages.fairness.nyc_ll144.check import check_ll144_file

    checked = check_ll144_file(file)
    if as_json:
        click.echo(json_text(checked.as_json(), indent=2))
    else:
        for fault in checked.faults:
            place = f"{file.name}:{fault.line}"
            slip = " (last digit)" if fault.kind == "last digit" else ""
            said = f"{place}: {fault.category}: {fault.what} {fault.printed}{slip}: {fault.explanation}"
            click.echo(without_commands(printable(said)))
        click.echo(printable(checked.summary))
    click.get_current_context().exit(5 if checked.cells == 0 else 1 if checked.faults else 0)
