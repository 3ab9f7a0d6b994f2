"""Pages and words in the table of claims are those that the command writes."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from raudit.report.pages import Page, pages_of

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location(
    "write_report_pages", ROOT / "scripts" / "write_report_pages.py"
)
written = importlib.util.module_from_spec(spec)
spec.loader.exec_module(written)


def page(number, *heads, headed=False):
    return Page(
        number=number,
        fill=1.0,
        begins_part=False,
        decides=False,
        broken=(),
        heads=heads,
        headed=headed,
    )


def test_a_section_ends_where_the_next_begins():
    pages = (page(1), page(2, "A"), page(3, "B", headed=True), page(4, "C", "D"), page(5))
    assert written.spans(pages) == {"A": (2, 2), "B": (3, 4), "C": (4, 4), "D": (4, 5)}


def test_headings_of_a_page_are_in_the_order_of_reading():
    (only,) = pages_of("<h2>1 First</h2><p>a</p><h2>2 Second</h2><div><h2>Third</h2></div>")
    assert only.heads == ("First", "Second", "Third")
    assert only.headed


def test_every_page_that_is_named_was_written_by_the_command():
    text = written.CLAIMS.read_text("utf-8")
    rows = text[
        text.index("## Where what the law demands stands") : text.index("## What is not claimed")
    ]
    cells = [
        line.rstrip("|").rpartition("|")[2].strip() for line in rows.splitlines() if line[:1] == "|"
    ]
    numbered = [cell for cell in cells if re.search(r"\d", cell) and not cell.startswith("page of")]
    assert len(numbered) > 30
    assert all(re.fullmatch(r"<!-- [\w -]+ -->[1-9][\d, to]*", cell) for cell in numbered)


@pytest.mark.slow
def test_pages_of_the_made_up_audit_of_new_york_are_those_of_now(tmp_path):
    """The demo's own take an audit: the command writes them."""
    record = written.audit_of("ll144", tmp_path)
    _, pages = written.laid_out(record, "nyc-ll144", "en")
    text = written.CLAIMS.read_text("utf-8")
    assert f"where in `nyc-ll144` | page of {len(pages)} |" in text
