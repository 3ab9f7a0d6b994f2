"""``raudit report``: make a report again from a record, without data or model."""

from __future__ import annotations

from pathlib import Path

import click

MEDIA = {".pdf": "pdf", ".html": "html", ".htm": "html", ".md": "markdown"}


@click.command()
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
    help="standard, brief, nyc-ll144, model-card, or a folder with your own.",
)
@click.option(
    "--language",
    default="en",
    show_default=True,
    help="en, de, or a language your template brings.",
)
def command(record: Path, output: Path | None, template: str, language: str) -> None:
    """Make a report from RECORD, a record.json that an audit wrote.

    Needs neither the data nor the model. The same record gives the same bytes. The PDF is not signed.
    """
    from raudit.errors import UsageError
    from raudit.record import parse_record
    from raudit.report import render_html, render_markdown, render_pdf
    from raudit.report.write import write_atomically

    target = output or record.with_suffix(".pdf")
    medium = MEDIA.get(target.suffix.lower())
    if medium is None:
        raise UsageError(
            "the output file's ending names no format",
            reference="report-format",
            got=target.name,
            expected="a name that ends in .pdf, .html or .md",
        )
    parsed = parse_record(record.read_bytes())
    match medium:
        case "pdf":
            data = render_pdf(parsed, template=template, language=language)
        case "html":
            data = render_html(parsed, template=template, language=language).encode()
        case _:
            data = render_markdown(parsed, template=template, language=language).encode()
    write_atomically(target, data)
    click.echo(f"{target}: {len(data):,} bytes, from record {parsed.run.id}", err=True)
