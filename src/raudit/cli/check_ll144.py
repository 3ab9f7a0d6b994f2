"""``raudit check-ll144``: whether a published New York City bias audit follows from its own counts."""

from __future__ import annotations

from pathlib import Path

import click

from raudit.printable import json_text, printable, without_commands


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the recomputed table and every fault as JSON.")
def command(file: Path, as_json: bool) -> None:
    """Recompute rates and impact ratios of a published Local Law 144 audit table.

    FILE is CSV or TSV with the columns sex and/or race/ethnicity (or section and category), applicants, selected, and
    the printed selection rate (or scoring rate) and impact ratio. Every printed number that does not follow from the
    counts is listed, and intersections are added up against the single categories.

    Exit status: 0 everything follows, 1 something does not, 2 the file cannot be used, 5 nothing to recompute.
    """
    from raudit.stages.fairness.ll144_check import check_ll144_file

    checked = check_ll144_file(file)
    if as_json:
        click.echo(json_text(checked.as_json(), indent=2))
    else:
        for fault in checked.faults:
            place = f"{file.name}:{fault.line}"
            said = f"{place}: {fault.category}: {fault.what} {fault.printed}: {fault.explanation}"
            click.echo(without_commands(printable(said)))
        count = len(checked.faults)
        verdict = (
            "all follow from the counts" if count == 0 else f"{count:,} {'does' if count == 1 else 'do'} not follow"
        )
        click.echo(f"{checked.cells:,} numbers recomputed; {verdict}.")
    click.get_current_context().exit(5 if checked.cells == 0 else 1 if checked.faults else 0)
