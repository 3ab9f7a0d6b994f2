"""What a signed field shows: name, role, time and fingerprint, drawn so that PDF/A-3a and PDF/UA-1 still hold.

The drawing is a page of the field's size with its fonts embedded; `raudit.signing` puts it into the field that the
report prepared and tagged. It shows what the signer claims: only verification says whether the signature holds.
"""

from __future__ import annotations

import io
import logging
from datetime import UTC, datetime
from html import escape

from raudit.report.fonts import embedded_faces
from raudit.report.language import load_language
from raudit.report.letters import letters_of
from raudit.report.templates import find_template
from raudit.report.text import clean, is_right_to_left

FACES = ("SourceSans3-Regular", "SourceSans3-Semibold", "SourceCodePro-Regular")
MAX_NAME = 90
"""Characters of a name that are drawn; the certificate holds the rest."""


def render_stamp(
    *,
    name: str,
    role: str,
    clock: datetime,
    fingerprint: str,
    size: tuple[float, float],
    language: str = "en",
) -> bytes:
    """Draw a signature's appearance.

    Parameters
    ----------
    name
        Who signs, by the certificate.
    role
        The role that a counter-signer claims; empty for the issuer.
    clock
        The signer's time; aware.
    fingerprint
        SHA-256 of the certificate.
    size
        Width and height of the field, in points.
    language
        A shipped language; English if there is none of this name.

    Returns
    -------
    bytes
        A PDF of one page.
    """
    from raudit.report.drawing import weasyprint

    logging.getLogger("weasyprint").addHandler(logging.NullHandler())
    template = find_template("standard", None)
    folders = template.font_folders()
    known = any((folder / f"{language}.po").is_file() for folder in template.language_folders())
    words = load_language(language if known else "en", template.language_folders())
    coverage = letters_of([name, role], folders).coverage
    shown = clean(name, coverage)
    shown = shown if len(shown) <= MAX_NAME else f"{shown[: MAX_NAME - 1]}…"
    title = words("stamp-role", role=clean(role, coverage)) if role else words("stamp-issuer")
    time = words("stamp-time", time=f"{clock.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
    digits = " ".join(fingerprint[i : i + 8] for i in range(0, len(fingerprint), 8))
    direction = ' dir="rtl"' if is_right_to_left(shown) else ""
    body = (
        f"<p class=n{direction}>{escape(shown)}</p><p>{escape(title)}</p><p>{escape(time)}</p>"
        f"<p class=d>SHA-256 {digits}</p>"
    )
    width, height = size
    html = (
        f"<style>{embedded_faces(folders, body, FACES)}"
        f"@page{{size:{width:.2f}pt {height:.2f}pt;margin:4pt 6pt}}"
        '*{margin:0;padding:0}body{font:7.2pt/1.25 "Source Sans 3";color:#1d232b;overflow-wrap:anywhere}'
        '.n{font-weight:600;font-size:9pt}.d{font:5.6pt/1.25 "Source Code Pro";margin-top:2pt}</style>'
        f"<title>{escape(title)}</title>{body}"
    )
    fonts = weasyprint.text.fonts.FontConfiguration()
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    document = weasyprint.HTML(string=html, url_fetcher=fetcher).render(font_config=fonts)
    out = io.BytesIO()
    document.copy(document.pages[:1]).write_pdf(out)
    return out.getvalue()
