"""A record as the file that an option names: its ending decides the format."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raudit.record import Record

PAGES = (".pdf", ".html", ".htm", ".md")
"""Endings of a page that a person reads."""


def record_file(record: Record, path: Path, *, template: str, language: str = "en") -> bytes:
    """Bytes of a page, or of the record itself where the name ends in ``.json``.

    Raises
    ------
    UsageError
        If the ending names no format.
    """
    from raudit.record import record_bytes

    check_ending(path, (*PAGES, ".json"))
    if path.suffix.lower() == ".json":
        return record_bytes(record)
    return page(record, path, template=template, language=language)


def check_ending(path: Path, endings: tuple[str, ...] = PAGES) -> None:
    """Refuse a name whose ending names no format, before anything is computed for it."""
    from raudit.errors import UsageError

    if path.suffix.lower() not in endings:
        shown = [ending for ending in endings if ending != ".htm"]
        raise UsageError(
            "the output file's ending names no format",
            reference="report-format",
            got=path.name,
            expected=f"a name that ends in {', '.join(shown[:-1])} or {shown[-1]}",
        )


def page(record: Record | bytes, path: Path, *, template: str, language: str = "en") -> bytes:
    """Bytes of a page a person reads, from a record or the bytes of a stored one."""
    from raudit.report import render_html, render_markdown, render_pdf

    match path.suffix.lower():
        case ".pdf":
            return render_pdf(record, template=template, language=language)
        case ".md":
            return render_markdown(record, template=template, language=language).encode()
        case _:
            return render_html(record, template=template, language=language).encode()
