"""Answers in other forms: ``brief``, ``requirements``, ``register``, ``export``."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import click

from raudit.cli._assess.options import (
    FILE,
    measured,
    read_answers,
)
from raudit.cli._assess.prompts import tell
from raudit.cli._shared.clock import clock_option, now_or


@click.command(short_help="Print answers on one page.")
@click.argument("answers", type=FILE)
@click.option(
    "-o", "--output", type=FILE, help="File to write, .md or .html. Default: print Markdown."
)
@click.option("--record", type=FILE, help="Hold the answers against what this record measured.")
@clock_option
def brief(answers: Path, output: Path | None, record: Path | None, clock: datetime | None) -> None:
    """Print ANSWERS on one page: standing, goal and guardrails, blockers, risks, who signed."""
    from raudit import checklists

    checklist, found = read_answers(answers)
    facts, sources = measured(record)
    result = checklists.assess(
        checklist, found, facts=facts, sources=sources, today=now_or(clock).date()
    )
    html = output is not None and output.suffix.lower() in (".html", ".htm")
    _put((checklists.brief_html if html else checklists.brief)(checklist, found, result), output)


@click.command(short_help="Print the skeleton of a requirements document.")
@click.argument("answers", type=FILE)
@click.option("-o", "--output", type=FILE, help="File to write. Default: print Markdown.")
@clock_option
def requirements(answers: Path, output: Path | None, clock: datetime | None) -> None:
    """Print the skeleton of a requirements document from ANSWERS; what is not answered is marked OPEN."""
    from raudit import checklists

    checklist, found = read_answers(answers)
    result = checklists.assess(checklist, found, today=now_or(clock).date())
    _put(checklists.requirements(checklist, found, result), output)


@click.command(short_help="Print the risk register.")
@click.argument("answers", type=FILE, nargs=-1, required=True)
@click.option("--record", type=FILE, help="Hold the answers against what this record measured.")
@clock_option
def register(answers: tuple[Path, ...], record: Path | None, clock: datetime | None) -> None:
    """Print the risk register of one or more ANSWERS files: what blocks first, then worst first."""
    from raudit import checklists
    from raudit.cli._assess.register import lines

    (facts, sources), today = measured(record), now_or(clock).date()
    results = [
        checklists.assess(*read_answers(path), facts=facts, sources=sources, today=today)
        for path in answers
    ]
    for line in lines(
        checklists.risk_register(results), min(100, shutil.get_terminal_size().columns)
    ):
        click.echo(line)


FORMS = {
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xlsx": "xlsx",
    ".docx": "word",
    ".pdf": "pdf",
    ".oscal.json": "oscal",
    ".intoto.json": "in-toto",
}


@click.command(short_help="Write answers as PDF, Word, Excel, HTML or OSCAL.")
@click.argument("answers", type=FILE)
@click.option(
    "-o", "--output", type=FILE, required=True, help="File to write; its ending tells the form."
)
@click.option(
    "--form",
    type=click.Choice(["markdown", "html", "xlsx", "word", "pdf", "oscal", "in-toto"]),
    help="By default told by the ending: .md, .html, .xlsx, .docx, .pdf, .oscal.json, .intoto.json.",
)
@click.option("--record", type=FILE, help="Hold the answers against what this record measured.")
@click.option("--language", default="en", show_default=True, help="Language: en or de.")
@clock_option
def export(
    answers: Path,
    output: Path,
    form: str | None,
    record: Path | None,
    language: str,
    clock: datetime | None,
) -> None:
    """Write ANSWERS as Markdown, HTML, PDF, Word, an Excel workbook, OSCAL results or an in-toto statement."""
    import json

    from raudit.canonical import sha256_file
    from raudit.checklists import assess, exchange
    from raudit.errors import UsageError
    from raudit.files import write_whole
    from raudit.report.language import load_language
    from raudit.report.templates import find_template
    from raudit.report.translate import speaker

    speak = speaker(load_language(language, find_template("standard").language_folders()))
    form = form or next(
        (name for ending, name in FORMS.items() if output.name.lower().endswith(ending)), None
    )
    if form is None:
        raise UsageError(
            "the ending tells no form",
            reference="export-form",
            where=str(output),
            expected=", ".join(FORMS),
            hint="name the form with --form",
        )
    checklist, found = read_answers(answers)
    now = now_or(clock)
    facts, sources = measured(record)
    result = assess(checklist, found, facts=facts, sources=sources, today=now.date())
    match form:
        case "xlsx":
            content = exchange.workbook(checklist, found, at=now, speak=speak)
        case "oscal":
            content = json.dumps(
                exchange.oscal(result, at=now), indent=2, ensure_ascii=False
            ).encode()
        case "in-toto":
            statement = exchange.in_toto(result, name=answers.name, sha256=sha256_file(answers))
            content = json.dumps(statement, indent=2, ensure_ascii=False).encode()
        case "html":
            content = exchange.html(result, speak, code=language).encode()
        case "word":
            content = exchange.word(result, speak)
        case "pdf":
            from raudit.report.printing import pdf_of

            content = pdf_of(exchange.html(result, speak, code=language))
        case _:
            content = exchange.markdown(result, speak).encode()
    write_whole(output, content)
    tell(f"wrote {output}")


def _put(text: str, output: Path | None) -> None:
    from raudit.files import write_whole

    if output is None:
        click.echo(text)
        return
    write_whole(output, text.encode())
    tell(f"wrote {output}")
