"""Widths of columns before the layout: nothing that fits is broken, and what cannot be known is left alone."""

from __future__ import annotations

import re

import pytest

from raudit.report.templates import find_template
from raudit.report.widths import Need, shared_out, with_widths
from raudit.resources import resource_dir

FONTS = find_template("standard").font_folders()


def table(*rows: tuple[str, ...], head: tuple[str, ...] = (), attributes: str = "") -> str:
    heading = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<table{attributes}><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>"
        if head
        else f"<table{attributes}><tbody>{body}</tbody></table>"
    )


def widths(html: str) -> list[float]:
    return [float(width) for width in re.findall(r'<col style="width:([\d.]+)%">', html)]


def test_widths_fill_the_table_in_the_proportion_of_its_text():
    narrow, wide = widths(with_widths(table(("a", "a longer text of seven words here")), FONTS))
    assert narrow + wide == pytest.approx(100, abs=0.02)
    assert wide > 5 * narrow


def test_where_everything_fits_nothing_is_broken():
    needs = [Need(least=10, body=90, most=100), Need(least=10, body=100, most=100)]
    assert shared_out(needs, 400) == (50, 50)


def test_a_heading_breaks_before_what_stands_below_it():
    first, second = shared_out(
        [Need(least=20, body=40, most=200), Need(least=20, body=150, most=150)], 250
    )
    assert first >= 40 / 2.5
    assert second >= 150 / 2.5
    assert first + second == pytest.approx(100)


def test_words_that_do_not_fit_side_by_side_are_left_to_the_layout():
    wide = Need(least=300, body=300, most=300)
    assert shared_out([wide, wide], 470) == ()
    word = "x" * 90
    assert "<col" not in with_widths(table((word, word)), FONTS)


@pytest.mark.parametrize(
    "html",
    [
        table(("a", "b"), attributes=' class="pairs"'),
        '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
        "<table><colgroup><col></colgroup><tbody><tr><td>a</td></tr></tbody></table>",
    ],
)
def test_what_is_declared_or_spans_is_left_alone(html):
    assert with_widths(html, FONTS) == html


def test_a_caption_stays_first():
    html = "<table><caption>What</caption><tbody><tr><td>a</td></tr></tbody></table>"
    assert with_widths(html, FONTS).index("<caption>") < with_widths(html, FONTS).index("<col")


def test_what_the_style_sheet_keeps_in_one_line_is_measured_so():
    """A rule's name has hyphens: measured as one that breaks at them, it ran under the cell beside it."""
    shared = resource_dir("report_templates") / "_shared"
    assert ".findings td, .register td { white-space: nowrap }" in (shared / "base.css").read_text()
    macro = (shared / "parts.html.j2").read_text().partition("macro findings_table")[2]
    cells = re.findall(r"<td([^>]*)>(.*?)</td>", macro.partition("endmacro")[0])
    assert len(cells) == 6
    for attributes, content in cells:
        assert re.search(r"nowrap|num|wide", attributes) or "chip(" in content
