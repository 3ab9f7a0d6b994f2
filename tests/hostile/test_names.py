"""What names hide: sheets that lie elsewhere or in no list, and names that nobody gave."""

import sqlite3
import zipfile

import openpyxl
import pytest

from raudit.data.readers import Gap, open_source
from raudit.errors import DataError

RELATIONS = "xl/_rels/workbook.xml.rels"


@pytest.fixture
def book(tmp_path):
    made = openpyxl.Workbook()
    made.active.append(["a"])
    made.active.append([1])
    made.create_sheet("people").append(["p@example.org"])
    made.save(tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def gaps(path, parts):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return [
        item.because for item in open_source(path) if isinstance(item, Gap) and not item.offered
    ]


def test_a_workbook_whose_list_is_whole_lacks_no_sheet(tmp_path, book):
    assert gaps(tmp_path / "t.xlsx", book) == []


def outside(book):
    book[RELATIONS] = book[RELATIONS].replace(
        b'Target="/xl/worksheets/sheet2.xml"', b'Target="http://example.org/s.xml"'
    )


def unlisted(book):
    text = book["xl/workbook.xml"]
    start = text.rindex(b"<sheet ")
    book["xl/workbook.xml"] = text[:start] + text[text.index(b"/>", start) + 2 :]


def gone(book):
    del book["xl/worksheets/sheet2.xml"]


@pytest.mark.parametrize("change", [outside, unlisted, gone])
def test_a_sheet_that_is_not_read_is_named(tmp_path, book, change):
    before = dict(book)
    change(book)
    assert book != before
    assert [text for text in gaps(tmp_path / "t.xlsx", book) if text.startswith("1 sheet is")]


def test_a_table_whose_name_nobody_gave_is_refused(tmp_path):
    db = sqlite3.connect(tmp_path / "t.sqlite")
    db.execute(f'CREATE TABLE "{"t" * 200_000}" (a, y)')
    db.commit()
    db.close()
    with pytest.raises(DataError, match="name of a table has 200,009 characters") as refused:
        list(open_source(tmp_path / "t.sqlite"))
    assert len(str(refused.value)) < 1000
