"""Letters of other scripts: lent by the machine's fonts, named by digest, whole in pictures, and said to be missing."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from raudit.canonical import sha256_file
from raudit.report.attachments import Source
from raudit.report.letters import lend, letters_of
from raudit.report.pdf import _labels_in_one_piece
from raudit.report.render import render_text
from raudit.report.seals import Seals
from raudit.report.templates import find_template

from . import synthetic

FONTS = find_template("standard").font_folders()
HEBREW = "אבג"


def font_with(letters, file):
    """A font that draws each letter as a box."""
    pen = TTGlyphPen(None)
    for point in ((0, 0), (500, 0), (500, 700), (0, 700)):
        (pen.lineTo if point != (0, 0) else pen.moveTo)(point)
    pen.closePath()
    box = pen.glyph()
    names = {ord(letter): f"u{ord(letter):04X}" for letter in letters}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", *names.values()])
    builder.setupCharacterMap(names)
    builder.setupGlyf(dict.fromkeys([".notdef", *names.values()], box))
    builder.setupHorizontalMetrics(dict.fromkeys([".notdef", *names.values()], (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": file.stem, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(file)
    return file


def test_no_font_is_looked_for_where_the_shipped_ones_suffice(tmp_path):
    found = letters_of(["Äußerst gut, ναι, да"], FONTS, places=(tmp_path / "missing",))
    assert found.lent == ()
    assert found.missing == frozenset()


def test_a_font_of_the_machine_lends_its_letters_and_is_named_by_digest(tmp_path):
    file = font_with(HEBREW, tmp_path / "Some Hebrew.ttf")
    font_with(HEBREW, tmp_path / "A Hebrew Bold.ttf")
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    found = letters_of([f"Group {HEBREW}"], FONTS, places=(tmp_path,))
    assert [(font.file, font.sha256) for font in found.lent] == [(file, sha256_file(file))]
    assert {ord(c) for c in HEBREW} <= found.coverage
    assert found.missing == frozenset()
    assert (lend(found.lent, tmp_path / "lent") / file.name).read_bytes() == file.read_bytes()


def test_what_no_font_has_is_missing(tmp_path):
    found = letters_of([HEBREW], FONTS, places=(tmp_path,))
    assert found.missing == {ord(c) for c in HEBREW}


def test_what_is_never_printed_needs_no_font(tmp_path):
    assert letters_of(["a\u202eb\u200bc\n"], FONTS, places=(tmp_path,)).missing == frozenset()


@pytest.mark.parametrize(
    ("there", "said"),
    [(True, "Some Hebrew.ttf"), (False, "Letters that no font on that machine has")],
)
def test_the_page_says_which_fonts_it_was_lent_and_what_is_missing(
    tmp_path, monkeypatch, there, said
):
    if there:
        font_with(HEBREW, tmp_path / "Some Hebrew.ttf")
    monkeypatch.setattr(letters_of, "__defaults__", ((tmp_path,),))
    base = synthetic.make_record()
    record = replace(base, system={**base.system, "name": HEBREW})
    page = render_text(
        Source(record),
        template="standard",
        language="en",
        medium="pdf",
        seals=Seals(),
        templates_dir=None,
    )
    assert (HEBREW in page) is there
    assert ("⟨U+05D0⟩" in page) is not there
    assert said in page


def test_a_label_of_a_picture_is_one_piece():
    weasyprint = pytest.importorskip("weasyprint")
    _labels_in_one_piece()
    svg = '<svg viewBox="0 0 90 20" width="90" height="20"><text x="2" y="12">label</text></svg>'
    out = io.BytesIO()
    weasyprint.HTML(string=svg).write_pdf(out, uncompressed_pdf=True)
    assert len(re.findall(rb"\bTJ\b|\bTj\b", out.getvalue())) == 1
