"""Workbooks from strangers that a command reads whole in its own process."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from raudit.checklists.exchange.workbook import checklist_of
from raudit.errors import AnswersError, DataError
from raudit.stages.fairness.nyc_ll144.read import read_grids
from raudit.turns.labels import _workbook
from raudit.workbooks import UnfitWorkbookError, load_bounded

SHEET = "xl/worksheets/sheet1.xml"
CELL = '<row r="9"><c r="A9" t="s"><v>{}</v></c></row></sheetData>'


def workbook() -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["a", "y"])
    book.active.append([1, "=1+1"])
    book.save(out)
    return out.getvalue()


def edited(name: str, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as before, zipfile.ZipFile(out, "w") as after:
        for part in before.namelist():
            text = before.read(part).decode()
            assert part != name or old in text
            after.writestr(part, text.replace(old, new) if part == name else text)
    return out.getvalue()


HOSTILE = {
    "cells merged up to the last": (
        (SHEET, "</sheetData>", '</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'),
        "17,179,869,184 merged cells",
    ),
    "a cell far away": (
        (SHEET, "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        "a sheet of 1,048,576 rows and",
    ),
    "a row beyond the last": (
        (SHEET, "</sheetData>", '<row r="99999999"/></sheetData>'),
        "a sheet of 99,999,999 rows",
    ),
    "a text that is not there": ((SHEET, "</sheetData>", CELL.format(999)), "IndexError"),
    "a long text": ((SHEET, "<t>a</t>", f"<t>{'x' * 32_768}</t>"), "more than 32,767 characters"),
    "a long text in pieces": (
        (SHEET, "<t>a</t>", "<r><t>xxxxxxxxxx</t></r>" * 4_000),
        "more than 32,767 characters",
    ),
    "another file": (
        (SHEET, "<worksheet", '<!DOCTYPE s [<!ENTITY a SYSTEM "file:///etc/passwd">]>&a;<worksheet'),
        "cannot be read",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_before_it_costs_anything(name, tmp_path):
    change, said = HOSTILE[name]
    content = edited(*change)
    with pytest.raises(UnfitWorkbookError, match=said):
        load_bounded(content, most_bytes=10**7)
    (tmp_path / "t.xlsx").write_bytes(content)
    with pytest.raises(AnswersError, match=said):
        checklist_of(content)
    with pytest.raises(DataError, match=said):
        read_grids(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match=said):
        list(_workbook(tmp_path / "t.xlsx"))


def test_what_unpacks_to_too_much_is_refused_unread():
    with pytest.raises(UnfitWorkbookError, match="bytes unpacked"):
        load_bounded(workbook(), most_bytes=1000)


def test_a_plain_workbook_gives_values_or_formulas():
    rows = load_bounded(workbook(), most_bytes=10**6, formulas=True).active
    assert [cell.value for cell in rows[2]] == [1, "=1+1"]
    values = load_bounded(workbook(), most_bytes=10**6).active
    assert values["A1"].value == "a"
    assert values["B2"].value is None  # never computed


TABLE = (
    "<table><tr><th>Sex</th><th># Applicants</th><th># Selected</th></tr>"
    "<tr><td{}>Male</td><td>100</td><td>50</td></tr>{}</table>"
)


@pytest.mark.parametrize("span", ["9" * 5000, "\u00b2", "-5", "0"])
def test_a_span_that_is_no_number_of_cells_is_one_or_the_most(span, tmp_path):
    (tmp_path / "t.html").write_text(TABLE.format(f' colspan="{span}"', ""))
    (grid,) = read_grids(tmp_path / "t.html")
    assert len(grid[1].cells) == (102 if len(span) > 1000 else 3)


def test_a_page_of_spans_is_refused_before_it_fills_the_memory(tmp_path):
    row = '<tr><td colspan="100" rowspan="100">x</td></tr>' * 10_000
    (tmp_path / "t.html").write_text(TABLE.format("", row))
    with pytest.raises(DataError, match="more than 500,000 cells"):
        read_grids(tmp_path / "t.html")


def test_a_long_table_is_read_in_time_that_grows_with_it(tmp_path):
    (tmp_path / "t.html").write_text(TABLE.format("", "<tr><td>x</td><td>1</td></tr>" * 40_000))
    (grid,) = read_grids(tmp_path / "t.html")
    assert len(grid) == 40_002
