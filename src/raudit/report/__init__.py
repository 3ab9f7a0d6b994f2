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
    record: Record | bytes,
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
        The record; nothing else decides what is said. Bytes are those of a stored one, as ``parse_record`` reads them.
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
    RecordIntegrityError
        If the bytes are no record.
    TemplateError
        If the template or language is missing or does what it may not, or the limits did not suffice.
    """
    return _render(record, "html", template, language, templates_dir, None, limits).decode()


def render_markdown(
    record: Record | bytes,
    *,
    template: str = "standard",
    language: str = "en",
    templates_dir: Path | None = None,
    limits: Limits | None = None,
) -> str:
    """Render a record to Markdown; parameters and errors as for ``render_html``."""
    return _render(record, "markdown", template, language, templates_dir, None, limits).decode()


def render_pdf(
    record: Record | bytes,
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
    record: Record | bytes,
    medium: str,
    template: str,
    language: str,
    templates_dir: Path | None,
    seals: Seals | None,
    limits: Limits | None,
) -> bytes:
    job = Job(
        record=record if isinstance(record, bytes) else record_bytes(record),
        stored=isinstance(record, bytes),
        medium=medium,
        template=template,
        language=language,
        templates_dir=templates_dir,
        seals=seals or Seals(),
    )
    return run_child(job, limits or Limits())
