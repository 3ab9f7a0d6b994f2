"""Shortcuts through the layout: the same bytes as WeasyPrint's own way, and none where a page needs that way."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from raudit.report import pdf, shortcuts
from raudit.report.attachments import Source
from raudit.report.fonts import whole_faces
from raudit.report.render import render_text
from raudit.report.seals import Seals
from raudit.report.templates import find_template

from . import synthetic

# WeasyPrint leaves the file of its colour profile to the collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)

ODD = """<html lang="de"><style>@page {{ size: A5 }} .n {{ {note} }} p {{ text-align: justify }}
b {{ letter-spacing: 1pt }} u {{ word-spacing: 3pt }} .a {{ overflow-wrap: anywhere }}
.c {{ width: calc(50% - 10pt); max-height: 40%; box-sizing: padding-box; padding: 1em }}
.f {{ display: flex }} .f div {{ width: 30% }} .g {{ display: grid; grid-template-columns: 1fr 2fr }}
p::first-line {{ font-size: 14pt }} p::first-letter {{ font-size: 20pt }}</style>
<p lang="de">Eine lange Zeile mit <b>weiten</b> Buchstaben, <u>einem Strich und mehr</u>,
<span lang="he" dir="rtl">שלום</span> und noch so vielen Worten, dass sie umbricht und Blocksatz braucht.
<span class="n">Eine Anmerkung.</span></p>
<div class="c">Ein Kasten</div><div class="f"><div>a</div><div>b</div></div><div class="g"><p>c</p><p>d</p></div>
<table style="border-collapse: collapse"><tr><td style="border: 2pt solid">x</td><td style="border: 1pt solid">y</td>
</tr></table>
<svg viewBox="0 0 90 20" width="90" height="20"><text x="1" y="9">label</text></svg>
<ul><li>eins<li>zwei</ul><p class="a">{long}</p><pre>a\tb\nc</pre>"""


def drawn(html, monkeypatch, *, plain):
    with monkeypatch.context() as patch:
        if plain:
            patch.setattr(shortcuts, "shortcuts", lambda page: nullcontext())
        with shortcuts.shortcuts(html):
            data, _ = pdf._drawn(html, (), 0)
    return data


def page(template):
    html = render_text(
        Source(synthetic.for_template(template)),
        template=template,
        language="en",
        medium="pdf",
        seals=Seals(),
        templates_dir=None,
    )
    folders = find_template(template).font_folders()
    return html.replace("/*fonts*/", whole_faces(folders), 1)


def test_a_report_has_the_same_bytes_either_way(monkeypatch):
    html = page("brief")
    assert shortcuts.fits(html)
    assert drawn(html, monkeypatch, plain=False) == drawn(html, monkeypatch, plain=True)


@pytest.mark.parametrize("note", ["", "float: footnote", r"float: foo\74 note"])
def test_an_odd_page_of_somebodys_own_has_the_same_bytes_either_way(monkeypatch, note):
    html = ODD.format(note=note, long="lang" * 60)
    assert shortcuts.fits(html) is (note == "")
    assert drawn(html, monkeypatch, plain=False) == drawn(html, monkeypatch, plain=True)


def test_what_was_replaced_is_put_back():
    from raudit.report.drawing import weasyprint

    own = weasyprint.text.line_break.Layout.setup
    with shortcuts.shortcuts("<p>a</p>"):
        assert weasyprint.text.line_break.Layout.setup is not own
    assert weasyprint.text.line_break.Layout.setup is own


def test_a_module_for_later_is_loaded_when_something_of_it_is_used():
    from fontTools import subset

    from raudit.report.drawing import Later

    stand_in = Later("fontTools.subset")
    assert isinstance(stand_in.Options(flavor="woff2"), subset.Options)
    assert not hasattr(stand_in, "__wrapped__")
