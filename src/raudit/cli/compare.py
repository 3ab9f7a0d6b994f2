"""``raudit compare``: what changed between two records, and whether chance explains it."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    short_help="Tell what changed between two records.",
    epilog="Exit status: 0 nothing named by --fail-on happened, 1 it did, 2 wrong usage, 3 something could be told "
    "before and cannot now, 5 the records share no finding, 6 a record does not verify.",
)
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option(
    "--fail-on",
    type=click.Choice(["worse", "drift", "any", "never"]),
    default="worse",
    show_default=True,
    help="End in 1 on newly failed or clearly worse findings, on drift, on either, or never.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="What to print.",
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    help="Language of text and Markdown: en or de. JSON is English.",
)
@click.option("-o", "--output", type=FILE, help="Write it to a file instead of stdout.")
@click.option(
    "--level",
    type=click.FloatRange(0.5, 0.9999),
    default=0.95,
    show_default=True,
    help="Confidence.",
)
@click.pass_context
def command(
    ctx: click.Context,
    old: Path,
    new: Path,
    fail_on: str,
    kind: str,
    language: str,
    output: Path | None,
    level: float,
) -> None:
    """Tell what changed from the record OLD to the record NEW, finding by finding, and in the data."""
    from raudit.checking import read_record
    from raudit.files import write_or_refuse
    from raudit.gate.comparison import comparison_json, comparison_markdown, comparison_text
    from raudit.kept import reading_stored
    from raudit.policy.compare import compare
    from raudit.report.language import ENGLISH, load_language
    from raudit.report.templates import find_template
    from raudit.report.translate import in_language, speaker

    records = read_record(old), read_record(new)
    spoken = load_language(language, find_template("standard").language_folders())
    with reading_stored():
        if kind != "json" and spoken.code != ENGLISH:
            old_record, new_record = (in_language(record, spoken)[0] for record in records)
            records = old_record, new_record
        compared, speak = compare(*records, level=level), speaker(spoken)
        if kind == "json":
            text = comparison_json(compared)
        else:
            make = comparison_text if kind == "text" else comparison_markdown
            text = make(compared, speak=speak)
    if output is not None:
        write_or_refuse({output: text.encode()})
    else:
        click.echo(text, nl=False)
    ctx.exit(compared.exit_status(fail_on))
