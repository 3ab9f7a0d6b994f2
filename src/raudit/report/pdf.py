"""HTML to PDF/A-3a and PDF/UA-1: WeasyPrint draws, ``finish`` puts right what it leaves open.

1. Lay out with a fetcher that knows ``data:`` only.
2. Write as PDF/A-3a with the record, the tables and the seals attached, metadata naming PDF/UA-1 as well.
3. Finish: attachments once, header scopes, tagged signature fields, plain metadata, a digest as identifier.
"""

from __future__ import annotations

import functools
import io
import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from raudit.errors import EnvironmentFault
from raudit.report.attachments import AttachedFile, Source, attached_files
from raudit.report.finish import Box, finish
from raudit.report.seals import Seals

FIELDS = (
    "raudit-issuer",
    "raudit-reviewer-1",
    "raudit-reviewer-2",
    "raudit-reviewer-3",
    "raudit-reviewer-4",
)
"""Signature fields; each is where an element with ``id="field-NAME"`` is."""

_EXTENSION = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" \
xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<pdfuaid:part>1</pdfuaid:part><pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of PDF/UA</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property>\
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""


def make_pdf(
    html: str, *, source: Source, seals: Seals, renderer: str, annexes: bytes = b""
) -> bytes:
    """Make the finished, unsigned PDF of a rendered page; ``annexes`` are attached, ``renderer`` is named in it."""
    from raudit.report.shortcuts import shortcuts

    logging.getLogger("weasyprint").addHandler(logging.NullHandler())
    _labels_in_one_piece()
    try:
        with shortcuts(html):
            data, boxes = _drawn(html, attached_files(source, seals, annexes=annexes), source.epoch)
    except RecursionError as error:
        raise EnvironmentFault(
            "the template nests elements too deeply",
            reference="render-depth",
            hint="flatten the template",
        ) from error
    return finish(data, boxes=boxes, renderer=renderer)


def _drawn(html: str, files: Sequence[AttachedFile], epoch: int) -> tuple[bytes, tuple[Box, ...]]:
    """Lay out and write a page with its attachments; the boxes are where fields for signatures go."""
    from raudit.report.drawing import weasyprint

    clock = datetime.fromtimestamp(epoch, tz=UTC)
    fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    document = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url=None).render(
        pdf_variant="pdf/a-3a", pdf_tags=True
    )
    metadata = document.metadata
    metadata.created = metadata.modified = clock.strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata.attachments = [
        weasyprint.Attachment(
            string=file.data,
            name=file.name,
            description=file.description,
            relationship=file.relationship,
            created=clock,
            modified=clock,
            url_fetcher=fetcher,
        )
        for file in files
    ]
    original = metadata.generate_rdf_metadata

    def with_pdfua(*args: Any, **kwargs: Any) -> bytes:
        """Put PDF/UA's identification into the first ``rdf:RDF``; validators read no second one."""
        rdf: bytes = original(*args, **kwargs)
        return rdf.replace(b"</rdf:RDF>", _EXTENSION)

    metadata.generate_rdf_metadata = with_pdfua
    out = io.BytesIO()
    # ``finish`` gives the identifier; asked for one here, every object would be written twice to compute it.
    document.write_pdf(out, pdf_identifier=False, pdf_variant="pdf/a-3a", pdf_tags=True)
    return out.getvalue(), _boxes(document)


class _Whole(str):
    """A label that counts as one letter."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        """Give the label, not its letters."""
        yield str(self)


@functools.cache
def _labels_in_one_piece() -> None:
    """Let pictures set each label as a whole.

    WeasyPrint sets the text of a picture letter by letter: Arabic falls apart, Hebrew runs the wrong way, and marks of
    Devanagari stand alone. No label of ours has a letter with a place of its own, so each can be one piece.
    """
    from weasyprint import svg

    letter_by_letter = svg.text

    def text(image: Any, node: Any, font_size: float) -> None:
        if node.text:
            node._etree_node.text = _Whole(node.text)
        letter_by_letter(image, node, font_size)

    svg.text = svg.TAGS["text"] = text


def _boxes(document: Any) -> tuple[Box, ...]:
    """Where the elements for the signature fields are, in points from the lower left corner."""
    from weasyprint.formatting_structure import boxes as kinds

    found: dict[str, Box] = {}
    for number, page in enumerate(document.pages):
        height = page.height
        stack = [page._page_box]
        while stack:
            box = stack.pop()
            name = box.element.get("id") if getattr(box, "element", None) is not None else None
            if (
                name
                and name.startswith("field-")
                and name not in found
                and isinstance(box, kinds.BlockBox)
            ):
                x, y = box.border_box_x(), box.border_box_y()
                right, bottom = x + box.border_width(), y + box.border_height()
                rect = (x * 0.75, (height - bottom) * 0.75, right * 0.75, (height - y) * 0.75)
                tooltip = box.element.get("title") or name
                found[name] = Box(
                    name=name.removeprefix("field-"), page=number, rect=rect, tooltip=tooltip
                )
            stack.extend(getattr(box, "children", ()))
    return tuple(found[f"field-{name}"] for name in FIELDS if f"field-{name}" in found)
