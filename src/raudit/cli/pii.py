"""``raudit pii``: look for personal data in a file, folder or database, and write a redacted copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from raudit.cli._shared.reading import read_options, reading_options
from raudit.printable import json_text


@click.group()
def command() -> None:
    """Find personal data in data sets, without a plan."""


def _shared(function: Any) -> Any:
    options = (
        click.option(
            "--columns", multiple=True, metavar="NAME", help="Scan only these columns (repeatable)."
        ),
        click.option(
            "--mode", type=click.Choice(["profile", "full"]), default="profile", show_default=True
        ),
        click.option(
            "--sample", type=click.IntRange(100, 1_000_000), default=1_000, show_default=True
        ),
        click.option(
            "--workers",
            type=click.IntRange(1, 256),
            default=1,
            show_default=True,
            help="Processes.",
        ),
        click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True),
        click.option(
            "--language",
            type=click.Choice(["en", "de", "fr", "es"]),
            default="en",
            help="Of the values.",
        ),
        click.option(
            "--model",
            metavar="FOLDER|none",
            help="A spaCy model instead of the best installed one.",
        ),
        click.option(
            "--second-opinion", is_flag=True, help="Ask a second model about names and addresses."
        ),
        click.option("--rules", metavar="FOLDER", type=click.Path(exists=True, file_okay=False)),
        click.option(
            "--recognizers", type=click.Path(exists=True, dir_okay=False), help="Presidio YAML."
        ),
        click.option(
            "--allow", multiple=True, metavar="VALUE", help="Never report this value (repeatable)."
        ),
        click.option(
            "--deny", multiple=True, metavar="VALUE", help="Always report this value (repeatable)."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return reading_options(function)


@command.command(short_help="Search a data set for personal data.")
@click.argument("data")
@_shared
@click.option(
    "--k",
    type=click.IntRange(2, 10_000),
    default=5,
    show_default=True,
    help="Smallest accepted group.",
)
@click.option(
    "--quasi",
    multiple=True,
    metavar="COLUMN",
    help="Quasi-identifiers; found by name if not given.",
)
@click.option(
    "--small-count",
    type=click.IntRange(0, 1_000),
    default=0,
    help="Print counts up to this as a bound.",
)
@click.option("--no-examples", is_flag=True, help="Leave out the masked shapes.")
@click.option("--json", "form", flag_value="json", help="Print JSON.")
@click.option("--sarif", "form", flag_value="sarif", help="Print SARIF 2.1.0.")
def scan(data: str, *, form: str | None, **given: Any) -> None:
    """Scan DATA: CSV, TSV, JSON, Parquet, Arrow, Excel, SQLite, DuckDB, gzip, zip, a folder, or an SQLAlchemy URL.

    Exit status 1 if personal data was found, 3 if names could not be looked for or something could not be read, 0 if
    nothing was found, 5 if there was nothing to scan.
    """
    from raudit.scan.show import print_result, progress
    from raudit.scan.sweep import sweep, to_json

    reading = read_options(given)
    options = _options(given)
    with progress() as told:
        result = sweep(data, options, seed=given["seed"], progress=told, reading=reading)
    if form == "json":
        click.echo(json_text(to_json(result), indent=2))
    elif form == "sarif":
        from raudit import __version__
        from raudit.scan.sarif import to_sarif

        click.echo(json_text(to_sarif(result, options, __version__), indent=1))
    else:
        print_result(result)
    raise SystemExit(result.exit_status)


@command.command(short_help="Write a copy with what was found masked.")
@click.argument("data", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(),
    help="New file; with the suffix of DATA it keeps its form.",
)
@click.option(
    "--how",
    type=click.Choice(["mask", "replace", "pseudonymise"]),
    default="replace",
    show_default=True,
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False),
    help="Key file for pseudonymise, 32 bytes or more.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Compare what is outside the masks byte for byte; an OUT that is there already is compared and not written.",
)
@_shared
def redact(data: str, out: str, *, how: Any, key: str | None, check: bool, **given: Any) -> None:
    """Write a copy of DATA to OUT with what was found masked, replaced or pseudonymised, then search the copy.

    A copy of the same format keeps rows, keys, types, nesting, quotes, encoding and line ends. Exit status 1 if the
    copy still holds something, 3 if something could not be kept or told, 6 if --check finds a difference.
    """
    from raudit.cli._shared.given import read_given
    from raudit.scan.redact_file import redact_file
    from raudit.scan.show import print_redaction, progress

    reading = read_options(given)
    with progress() as told:
        done = redact_file(
            Path(data),
            Path(out),
            how=how,
            key=read_given(Path(key)) if key else None,
            options=_options(given),
            seed=given["seed"],
            progress=told,
            check=check,
            reading=reading,
        )
    print_redaction(done)
    raise SystemExit(done.exit_status)


def _options(given: dict[str, Any]) -> Any:
    from raudit.stages.pii.options import Options
    from raudit.stages.pii.recognise.recognizers import read_recognizers

    return Options(
        mode=given["mode"],
        columns=given["columns"],
        sample=given["sample"],
        workers=given["workers"],
        model=given["model"],
        model_language=given["language"],
        second_opinion="installed" if given["second_opinion"] else None,
        rules=given["rules"],
        recognizers=read_recognizers(Path(given["recognizers"])) if given["recognizers"] else (),
        allow=given["allow"],
        deny=given["deny"],
        k=given.get("k", 5),
        quasi_identifiers=given.get("quasi", ()),
        small_count=given.get("small_count", 0),
        examples=not given.get("no_examples", False),
    )
