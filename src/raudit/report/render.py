"""Record to HTML and Markdown, in this process."""

from __future__ import annotations

from pathlib import Path

from raudit.report.attachments import Source
from raudit.report.charts import Ink
from raudit.report.context import ANNEXES, make_context
from raudit.report.language import load_language
from raudit.report.markdown import markdown_text
from raudit.report.seals import Seals
from raudit.report.tables import slug
from raudit.report.templates import Template, find_template, run_template
from raudit.report.text import clean, coverage_of, has_long_word, is_right_to_left, shorten
from raudit.report.widths import with_widths


def render_text(
    source: Source,
    *,
    template: str,
    language: str,
    medium: str,
    seals: Seals,
    templates_dir: Path | None,
    fonts: bool = True,
) -> str:
    """Run a template over a record.

    Returns
    -------
    str
        HTML for the media ``html`` and ``pdf``, else Markdown. Text from the record is fit to print and escaped.
    """
    from markupsafe import Markup

    chosen = find_template(template, templates_dir)
    coverage = coverage_of(chosen.font_folders()) if medium == "pdf" else None
    words = load_language(language, chosen.language_folders())
    ink = Ink(
        clean=lambda text: clean(text, coverage),
        numbers=words.numbers,
        edge=words("points-beyond"),
    )
    chosen.check_needs(source.record, words)
    context = make_context(
        source,
        template=template,
        medium=medium,
        language=words,
        ink=ink,
        frameworks=chosen.frameworks(),
        seals=seals,
    )

    def finalize(value: object) -> object:
        if isinstance(value, Markup):
            return value
        if medium == "markdown":
            return Markup(markdown_text(shorten(clean(str(value)))))  # noqa: S704 -- escaped for Markdown
        return shorten(clean(str(value), coverage))

    def drawing(svg: str | None) -> Markup:
        """The one place where drawn markup becomes trusted; charts escape their own text."""
        return Markup(svg or "")  # noqa: S704

    values = {
        "report": context,
        "record": source.record,
        "t": words,
        "num": words.numbers,
        "drawing": drawing,
        "anchor": slug,
        "rtl": is_right_to_left,
        "long": has_long_word,
        "css": Markup(_css(chosen, medium)),  # noqa: S704 -- shipped or the user's own file, no data in it
        "script": Markup(chosen.script() if medium == "html" else ""),  # noqa: S704
    }
    text = run_template(chosen, medium, values, finalize)
    if medium == "pdf":
        return with_widths(text, chosen.font_folders())
    return _with_fonts(text, chosen) if medium == "html" and fonts else text


def render_annexes(source: Source, *, language: str, seals: Seals) -> str:
    """The annexes as one HTML file, in the reader's own fonts; in English where the language is a template's own."""
    from raudit.errors import TemplateError

    def made(code: str) -> str:
        return render_text(
            source,
            template=ANNEXES,
            language=code,
            medium="html",
            seals=seals,
            templates_dir=None,
            fonts=False,
        )

    try:
        return made(language)
    except TemplateError:
        return made("en")


def _css(template: Template, medium: str) -> str:
    return template.css(medium).replace("</", "<\\/")


def _with_fonts(html: str, template: Template) -> str:
    from raudit.report.fonts import embedded_faces

    return html.replace("/*fonts*/", embedded_faces(template.font_folders(), html), 1)
