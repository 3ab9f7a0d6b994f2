"""Texts beside the cells of a workbook: who made it, page headers, comments, words in drawings and formulas, links.

All of it is XML (ECMA-376, 15.2.12, 18.3.1.46, 18.7 and 18.10) that a person or a program wrote texts into. Such texts
are searched as cells are; pictures and embedded files are no texts, and are counted as not read.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

UNREAD = {
    "pictures": re.compile(r"xl/media/."),
    "embedded files": re.compile(r"xl/(embeddings|activeX)/."),
}
"""Parts of a workbook that are not read, by what they are called."""
TEXT_OF = rb"<(?:\w+:)?(?:%b)(?:\s[^<>]*)?>([^<]*)</"
LITERAL = rb'<(?:\w+:)?%b(?:\s[^<>]*)?>[^<"]*"([^<"]{3,})"'
"""The first text in a formula."""
READ = (
    (
        re.compile(r"docProps/(core|app)\.xml"),
        TEXT_OF
        % b"creator|lastModifiedBy|title|subject|description|keywords|category|Manager|Company",
    ),
    (re.compile(r"docProps/custom\.xml"), TEXT_OF % rb"lpw?str"),
    (
        re.compile(r"xl/(worksheets|chartsheets)/[^/]+\.xml"),
        TEXT_OF % b"(?:odd|even|first)(?:Header|Footer)",
    ),
    (
        re.compile(r"xl/worksheets/[^/]+\.xml"),
        rb'\b(?:prompt|promptTitle|error|errorTitle)="([^"<]*)"',
    ),
    (re.compile(r"xl/worksheets/[^/]+\.xml"), TEXT_OF % b"formula[12]?"),
    (re.compile(r"xl/worksheets/[^/]+\.xml"), LITERAL % b"f"),
    (re.compile(r"xl/workbook\.xml"), LITERAL % b"definedName"),
    (re.compile(r"xl/.+\.rels"), rb'\bTarget="(?:mailto:|tel:)([^"<]*)"'),
    (re.compile(r"xl/styles\.xml"), rb'\bformatCode="[^"<]*?&quot;([^"<&]{3,})&quot;'),
    (re.compile(r"xl/(comments|threadedComments).*\.xml"), TEXT_OF % b"author|t|text"),
    (re.compile(r"xl/persons/.+\.xml"), rb'\bdisplayName="([^"<]*)"'),
    (re.compile(r"xl/(drawings|charts)/.+\.xml"), TEXT_OF % b"t"),
    (re.compile(r"xl/pivotCache/.+\.xml"), rb'<(?:\w+:)?s\s(?:[^<>]*\s)?v="([^"<]*)"'),
)
"""Parts that hold texts, and where in them."""
CODES = re.compile(r'&(?:"[^"]*"|K[0-9A-F]{6}|\d+|[A-Z])')
"""Fonts, places and fields of a page header: ``&L&"Arial"&P``."""
PIECE = 2**20
LONGEST = 32_767
"""Characters of a text of a workbook, and as many bytes that two pieces share."""
MOST_TEXTS = 20_000
EMPTY = frozenset({"openpyxl", "Microsoft Office User", "Apache POI", "xlsxwriter", "None"})
"""What programs write where a person's name would stand."""


def texts_beside(path: Path) -> tuple[tuple[str, ...], bool]:
    """Different texts beside the cells of a workbook, and whether there are more than are read."""
    found: dict[str, None] = {}
    with zipfile.ZipFile(path) as archive:
        for item in archive.infolist():
            for parts, texts in READ:
                if not parts.fullmatch(item.filename):
                    continue
                for text in _texts(archive, item, re.compile(texts)):
                    found[text] = None
                    if len(found) > MOST_TEXTS:
                        return tuple(found)[:MOST_TEXTS], True
    return tuple(found), False


def _texts(
    archive: zipfile.ZipFile, item: zipfile.ZipInfo, pattern: re.Pattern[bytes]
) -> Iterator[str]:
    pages = b"Header" in pattern.pattern
    with archive.open(item) as part:
        rest = b""
        while piece := part.read(PIECE):
            rest += piece
            end = 0
            for match in pattern.finditer(rest):
                end = match.end()
                text = html.unescape(match[1].decode("utf-8", "replace"))
                text = (CODES.sub(" ", text) if pages else text).strip()
                if text and text not in EMPTY:
                    yield text
            rest = rest[max(end, len(rest) - 4 * LONGEST) :]


def unread_beside(path: Path) -> str:
    """What a workbook holds beside its cells that is not read, with its count; empty if nothing."""
    with zipfile.ZipFile(path) as archive:
        parts = archive.namelist()
    counted = ((what, sum(bool(of.match(part)) for part in parts)) for what, of in UNREAD.items())
    return ", ".join(f"{count:,} of {what}" for what, count in counted if count)
