"""What a printed page should not have, seen once it is laid out: emptiness, and identifiers broken in the middle."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LEAST = 0.4
"""Share of a page that must be filled, unless it is the last of its part."""
_HEADS = frozenset({"section-head", "signing"})
"""Classes of what begins a part: a section, or the block of signatures, which stays whole."""
_DECISION = frozenset({"brief", "one-field"})
"""Classes of the page of the decision, which is one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One laid-out page."""

    number: int
    """From 1."""
    fill: float
    """How far down its lowest content reaches, from 0 to 1."""
    begins_part: bool
    """Whether a part of the document begins at its head."""
    decides: bool
    """Whether it holds something of the page of the decision."""
    broken: tuple[str, ...]
    """Identifiers that a line's end cuts in two."""
    heads: tuple[str, ...]
    """Headings of sections that begin here, without their numbers."""
    headed: bool
    """Whether the first of them stands at its head, so that nothing of the section before is on it."""


def pages_of(html: str) -> tuple[Page, ...]:
    """Lay a document out as the PDF would, in the shipped fonts, and look at its pages."""
    from raudit.report.drawing import weasyprint
    from raudit.report.fonts import whole_faces
    from raudit.report.shortcuts import shortcuts
    from raudit.report.templates import find_template

    folders = find_template("standard").font_folders()
    html = html.replace("/*fonts*/", whole_faces(folders), 1)

    fetcher = weasyprint.urls.URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
    with shortcuts(html):
        document = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url=None).render(
            font_config=weasyprint.text.fonts.FontConfiguration()
        )
    return tuple(_page(number, page) for number, page in enumerate(document.pages, start=1))


def page_faults(html: str) -> tuple[str, ...]:
    """List half-empty pages, a decision that takes more than one, and broken identifiers, one line each."""
    pages = pages_of(html)
    last = {page.number - 1 for page in pages if page.begins_part} | {len(pages)}
    empty = [
        f"page {page.number} is filled to {page.fill:.0%}"
        for page in pages
        if page.fill < LEAST and page.number not in last
    ]
    decided = [
        f"page {page.number} goes on with the page of the decision"
        for page in pages
        if page.decides and page.number > 1
    ]
    broken = [f"page {page.number} breaks {word}" for page in pages for word in page.broken]
    return (*empty, *decided, *broken)


def _page(number: int, page: Any) -> Page:
    from weasyprint.formatting_structure import boxes as kinds

    box = page._page_box
    top, height = box.content_box_y(), box.height
    lowest: float = top
    heads: list[float] = []
    broken: list[str] = []
    decides = False
    titles: dict[Any, float] = {}
    for child in _content(box, kinds):
        if isinstance(child, kinds.LineBox | kinds.ReplacedBox):
            lowest = max(lowest, child.position_y + child.height)
        decides = decides or bool(_class(child) & _DECISION)
        if _class(child) & _HEADS:
            heads.append(child.position_y)
        if child.element_tag == "h2" and isinstance(child, kinds.BlockContainerBox):
            titles[child.element] = child.position_y
        if isinstance(child, kinds.BlockContainerBox):
            broken += _broken(child, kinds)
    begins = bool(heads) and min(heads) - top < height / 10
    return Page(
        number=number,
        fill=min((lowest - top) / height, 1.0),
        begins_part=begins,
        decides=decides,
        broken=tuple(broken),
        heads=tuple(
            " ".join("".join(element.itertext()).split()).lstrip("0123456789 ")
            for element in sorted(titles, key=titles.__getitem__)
        ),
        headed=bool(titles) and min(titles.values()) - top < height / 10,
    )


def _content(box: Any, kinds: Any) -> Iterator[Any]:
    """Every box of the flow, without what stands in the margins."""
    stack = [child for child in box.children if not isinstance(child, kinds.MarginBox)]
    while stack:
        child = stack.pop()
        yield child
        stack.extend(getattr(child, "children", ()))


def _class(box: Any) -> frozenset[str]:
    element = getattr(box, "element", None)
    return frozenset((element.get("class") or "").split() if element is not None else ())


def _broken(block: Any, kinds: Any) -> Iterator[str]:
    """Words of a block that go on in the next line though nothing in them allows a break."""
    lines = [child for child in block.children if isinstance(child, kinds.LineBox)]
    element = getattr(block, "element", None)
    if len(lines) < 2 or element is None:
        return
    whole = " ".join("".join(element.itertext()).split())
    for first, second in itertools.pairwise(lines):
        head = re.search(r"[\w.@]+$", _text(first, kinds))
        tail = re.match(r"[\w.@]+", _text(second, kinds))
        if head and tail and head[0] + tail[0] in whole and f"{head[0]} {tail[0]}" not in whole:
            yield head[0] + tail[0]


def _text(line: Any, kinds: Any) -> str:
    parts = []
    stack = list(reversed(line.children))
    while stack:
        child = stack.pop()
        if isinstance(child, kinds.TextBox):
            parts.append(child.text)
        stack.extend(reversed(getattr(child, "children", ())))
    return "".join(parts).rstrip("\u00ad")
