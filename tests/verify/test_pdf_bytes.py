"""An issued report whose bytes are edited by hand: cross-references that hide, byte ranges that leave gaps."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from tests.verify.steps import outcome


def last_reference(pdf: bytes) -> int:
    return int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])


def trailer_of(pdf: bytes) -> bytes:
    root = re.findall(rb"/Root (\d+ 0 R)", pdf)[-1]
    size = max(int(n) for n in re.findall(rb"/Size (\d+)", pdf))
    return b"/Root %b /Size %d" % (root, size)


def appended(
    pdf: bytes,
    number: int,
    body: bytes,
    *,
    at: int | None = None,
    prev: int | None = None,
    section: bool = True,
    more: bytes = b"",
) -> bytes:
    """Append an object, and a cross-reference section by which it replaces another."""
    place = len(pdf)
    out = pdf + body
    if not section:
        return out + b"\n%%EOF\n"
    start = len(out)
    where = place if at is None else at
    previous = last_reference(pdf) if prev is None else prev
    out += b"xref\n%d 1\n%010d 00000 n \n" % (number, where)
    out += b"trailer\n<< %b /Prev %d %b>>\n" % (trailer_of(pdf), previous, more)
    return out + b"startxref\n%d\n%%%%EOF\n" % start


def contents(pdf: bytes) -> int:
    """The object that a reader draws the first page from."""
    target = PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"][0]
    return int(target.raw_get("/Contents").idnum)


def redrawn(pdf: bytes, words: bytes = b"BT /F1 18 Tf 72 700 Td (passed) Tj ET") -> bytes:
    number = contents(pdf)
    return b"%d 0 obj\n<< /Length %d >>\nstream\n%b\nendstream\nendobj\n" % (
        number,
        len(words),
        words,
    )


def written_plainly(pdf: bytes) -> bytes:
    return appended(pdf, contents(pdf), redrawn(pdf))


def written_twice(pdf: bytes) -> bytes:
    return appended(pdf, contents(pdf), redrawn(pdf) + redrawn(pdf, b"BT ET"))


def without_a_section(pdf: bytes) -> bytes:
    return appended(pdf, contents(pdf), redrawn(pdf), section=False)


def behind_a_false_reference(pdf: bytes) -> bytes:
    """A section whose predecessor is that of the base, so that the signature is passed over."""
    first = int(re.findall(rb"startxref\s+(\d+)", pdf)[0])
    return appended(pdf, contents(pdf), redrawn(pdf), prev=first)


def in_a_loop(pdf: bytes) -> bytes:
    body = redrawn(pdf)
    return appended(pdf, contents(pdf), body, prev=len(pdf) + len(body))


def one_object_for_another(pdf: bytes) -> bytes:
    """No new object at all: the page's contents are read from where another page's stand."""
    second = PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"][1]
    other = int(second.raw_get("/Contents").idnum)
    number = contents(pdf)
    match = re.search(rb"(?<!\d)%d 0 obj" % other, pdf)
    assert match is not None
    return appended(pdf, number, b"", at=match.start())


def an_object_taken_away(pdf: bytes) -> bytes:
    out = appended(pdf, contents(pdf), b"")
    return re.sub(
        rb"(\d{10}) 00000 n (\ntrailer\n<<[^>]*>>\nstartxref\n\d+\n%%EOF\n)\Z",
        rb"0000000000 65535 f \2",
        out,
    )


def another_catalogue(pdf: bytes) -> bytes:
    root = re.findall(rb"/Root (\d+) 0 R", pdf)[-1]
    pages = re.search(rb"/Pages (\d+ 0 R)", pdf)
    assert pages is not None
    body = b"900 0 obj\n<< /Type /Catalog /Pages %b >>\nendobj\n" % pages[1]
    out = appended(pdf, 900, body)
    head, tail = out[: len(pdf)], out[len(pdf) :]
    return head + tail.replace(b"/Root %b 0 R" % root, b"/Root 900 0 R")


def hybrid(pdf: bytes) -> bytes:
    """A table that says nothing, and a stream beside it that old readers do not read."""
    number = contents(pdf)
    body = redrawn(pdf)
    place, start = len(pdf), len(pdf) + len(body)
    row = b"\x01" + place.to_bytes(4, "big") + b"\x00"
    xref = b"901 0 obj\n<< /Type /XRef /W [1 4 1] /Index [%d 1] %b /Length 6 >>\nstream\n%b\n"
    xref = xref % (number, trailer_of(pdf), row) + b"endstream\nendobj\n"
    table = len(pdf) + len(body) + len(xref)
    out = (
        pdf
        + body
        + xref
        + b"xref\n0 0\ntrailer\n<< %b /Prev %d /XRefStm %d >>\n"
        % (
            trailer_of(pdf),
            last_reference(pdf),
            start,
        )
    )
    return out + b"startxref\n%d\n%%%%EOF\n" % table


def the_end_moved(pdf: bytes) -> bytes:
    """Signature wrapping: the second part of the byte range is moved back, and the gap is filled."""
    match = re.search(rb"/ByteRange \[\s*0 (\d+) (\d+) (\d+)", pdf)
    assert match is not None
    first, second, length = (int(group) for group in match.groups())
    gap = b"\n" + redrawn(pdf) + b" " * 40
    moved = b"/ByteRange [0 %d %d %d" % (first, second + len(gap), length)
    out = pdf[:second] + gap + pdf[second:]
    return out.replace(match[0], moved.ljust(len(match[0])), 1)


def a_gap_inside(pdf: bytes) -> bytes:
    match = re.search(rb"/ByteRange \[\s*0 (\d+) (\d+) (\d+)", pdf)
    assert match is not None
    first, second, length = (int(group) for group in match.groups())
    wider = b"/ByteRange [0 %d %d %d" % (first - 9, second + 9, length - 9)
    return pdf.replace(match[0], wider.ljust(len(match[0]))[: len(match[0])], 1)


def a_head_before_the_head(pdf: bytes) -> bytes:
    return b"%PDF-1.7\n" + pdf


def a_comment_in_the_middle(pdf: bytes) -> bytes:
    place = pdf.index(b"%%EOF") + 6
    return pdf[:place] + b"% seen and approved\n" + pdf[place:]


def half_an_update(pdf: bytes) -> bytes:
    return written_plainly(pdf)[:-40]


NOTHING = {1, 5, 7, 8}
"""No certified PDF can be read, so nothing inside it either."""
BYTES: dict[Callable[[bytes], bytes], set[int]] = {
    written_plainly: {3},
    written_twice: {3},
    without_a_section: NOTHING,
    behind_a_false_reference: {1},
    in_a_loop: NOTHING,
    one_object_for_another: {1, 2},
    an_object_taken_away: {3},
    another_catalogue: NOTHING,
    hybrid: {2},
    the_end_moved: NOTHING,
    a_gap_inside: {2},
    a_head_before_the_head: NOTHING,
    a_comment_in_the_middle: NOTHING,
    half_an_update: {3},
}


@pytest.mark.parametrize("attack", BYTES, ids=lambda attack: attack.__name__)
def test_cross_references_written_by_hand_hide_nothing(sealed, attack):
    changed = attack(sealed.pdf)
    assert changed != sealed.pdf
    assert outcome(sealed, changed) == (BYTES[attack], 6)
