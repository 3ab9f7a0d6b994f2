"""Record to report: HTML in one file, Markdown, and PDF for the archive.

::

    render_html(record, *, template="standard", language="en", templates_dir=None) -> str
    render_markdown(record, *, template="standard", language="en", templates_dir=None) -> str
    render_pdf(record, *, template="standard", language="en", templates_dir=None, seals=None) -> bytes

All three run in a child process with limits of time and memory. The same record, template, language and seals give the
same bytes as long as the libraries that draw are the same; the PDF's producer names them.
"""

from __future__ import annotations

from pathlib import Path

from raudit.record import Record, record_bytes
from raudit.report.child import Limits, run_child
from raudit.report.job import Job
from raudit.report.seals import Seals
from raudit.report.templates import template_names

__all__ = ["Limits", "Seals", "render_html", "render_markdown", "render_pdf", "template_names"]


def render_html(
    record: Record,
    *,
    template: str = "standard",
    language: str = "en",
    templates_dir: Path | None = None,
    limits: Limits | None = None,
) -> str:
    """Render a record to one HTML file that works offline.

    Parameters
    ----------
    record
        The record; nothing else decides what is said.
    template
        A shipped template's name, or a folder.
    language
        Message catalogue to use.
    templates_dir
        Folder that a template's relative path starts from.
    limits
        Time and memory of the child process.

    Raises
    ------
    TemplateError
        If the template or language is missing or does what it may not, or the limits did not suffice.
    """
    return _render(record, "html", template, language, templates_dir, None, limits).decode()


def render_markdown(
    record: Record,
    *,
    template: str = "standard",
    language: str = "en",
    templates_dir: Path | None = None,
    limits: Limits | None = None,
) -> str:
    """Render a record to Markdown; parameters and errors as for ``render_html``."""
    return _render(record, "markdown", template, language, templates_dir, None, limits).decode()


def render_pdf(
    record: Record,
    *,
    template: str = "standard",
    language: str = "en",
    templates_dir: Path | None = None,
    seals: Seals | None = None,
    limits: Limits | None = None,
) -> bytes:
    """Render a record to a PDF (PDF/A-3a and PDF/UA-1) with empty signature fields and the record attached.

    Parameters and errors are those of ``render_html``; ``seals`` are printed and attached. Equal arguments give equal
    bytes.
    """
    return _render(record, "pdf", template, language, templates_dir, seals, limits)


def _render(
    record: Record,
    medium: str,
    template: str,
    language: str,
    templates_dir: Path | None,
    seals: Seals | None,
    limits: Limits | None,
) -> bytes:
    job = Job(
        record=record_bytes(record),
        medium=medium,
        template=template,
        language=language,
        templates_dir=templates_dir,
        seals=seals or Seals(),
        clock=record.run.clock,
    )
    return run_child(job, limits or Limits())
