"""Answers as a Word document: the same headings and lines as the Markdown, in OOXML's plainest form (ECMA-376).

Written without a library: a document of headings and paragraphs is four small parts in a zip, and the same answers
give the same bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from xml.sax.saxutils import escape

from raudit.checklists.assess import Assessment
from raudit.checklists.exchange.pages import Speak, markdown
from raudit.sentences import term

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_STYLES = (
    ("Title", "Title", '<w:b/><w:sz w:val="40"/>', '<w:outlineLvl w:val="0"/>'),
    ("Heading1", "heading 1", '<w:b/><w:sz w:val="30"/>', '<w:outlineLvl w:val="0"/>'),
    ("Heading2", "heading 2", '<w:b/><w:sz w:val="24"/>', '<w:outlineLvl w:val="1"/>'),
    ("Quote", "Quote", "", '<w:ind w:left="400"/>'),
    ("Note", "Note", '<w:i/><w:color w:val="4D565F"/>', '<w:ind w:left="400"/>'),
    ("Line", "Line", "", '<w:ind w:left="200"/>'),
)
_LINES = (
    (re.compile(r"# (.*)"), "Title"),
    (re.compile(r"## (.*)"), "Heading1"),
    (re.compile(r"\*\*(.*)\*\* `[^`]*`"), "Heading2"),
    (re.compile(r"> (.*)"), "Quote"),
    (re.compile(r"\*(.*)\*"), "Note"),
    (re.compile(r"- (.*)"), "Line"),
)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")


def word(result: Assessment, speak: Speak = str) -> bytes:
    """Every shown question with its answer, as a Word document."""
    body = "".join(_paragraph(style, text) for style, text in _lines(markdown(result, speak)))
    named = speak(term(result.checklist.file.title))
    title = escape(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", named))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_R}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="r2" Type="{_PACKAGE}/relationships/metadata/core-properties" '
        'Target="docProps/core.xml"/></Relationships>',
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title>'
        "</cp:coreProperties>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_R}/styles" Target="styles.xml"/></Relationships>',
        "word/styles.xml": f'<w:styles xmlns:w="{_W}">{_styles()}</w:styles>',
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{body}'
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:body></w:document>',
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            # A fixed time, so that the same answers are the same bytes.
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), _HEAD + text)
    return out.getvalue()


def _styles() -> str:
    return "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{shown}"/>'
        f"<w:pPr>{placed}</w:pPr><w:rPr>{looks}</w:rPr></w:style>"
        for name, shown, looks, placed in _STYLES
    )


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        found = next(
            ((style, match[1]) for pattern, style in _LINES if (match := pattern.fullmatch(line))),
            ("", line),
        )
        if found[1].strip():
            yield found[0], _ESCAPED.sub(r"\1", unescape(found[1]))


def _paragraph(style: str, text: str) -> str:
    kind = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    plain = escape(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text))
    return f'<w:p>{kind}<w:r><w:t xml:space="preserve">{plain}</w:t></w:r></w:p>'
