"""Lines above a table are no rows of it, and are told from names of columns and from rows."""

import openpyxl
import pytest

from raudit.data import open_data
from raudit.data.readers import open_source
from raudit.data.readers.titles import MOST_LINES, lines_above

TABLE = [["id", "amount"], ["1", "3.5"], ["2", "4.5"], ["3", "5.5"]]


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([["Report for Anna Miller"], *TABLE], 1),
        ([["Report for Anna Miller", ""], ["", ""], ["as of May", ""], *TABLE], 3),
        ([["# made by a program"]] * MOST_LINES + TABLE, MOST_LINES),
        (TABLE, 0),
        ([["Report for Anna Miller"]], 0),
        ([["Report"], ["id", "amount"]], 0),
        # Names of one column under which commas stand in cells, and rows without names.
        ([["full name"], ["Smith", "Anna"], ["Miller", "Bob"]], 0),
        ([["Report"], ["1", "2"], ["3", "4"]], 0),
        # A row label without a name, as data frames write it, begins with a blank.
        ([["", "value"], ["1", "2"], ["3", "4"]], 0),
        # One name is missing, or most rows are otherwise.
        ([["Report"], ["id", ""], ["1", "2"]], 0),
        ([["Report"], ["id", "amount"], ["1", "2"], ["3"], ["4"]], 0),
    ],
)
def test_lines_above(rows, count):
    assert lines_above(rows) == count


TITLED = "Report for Anna Miller,,\r\n,,\r\n\r\nid,amount,city\r\n1,3,Riga\r\n2,4\r\n3,4,Oslo\r\n"


def test_a_titled_text_file_is_its_table(tmp_path):
    (tmp_path / "t.csv").write_bytes(TITLED.encode() + b"4,5,Oslo\n5,5,Oslo\n6,5,Oslo\n" * 9)
    (table,) = open_source(tmp_path / "t.csv")
    rows = [row for batch in table.batches() for row in batch.to_pylist()]
    assert rows[:2] == [
        {"id": "1", "amount": "3", "city": "Riga"},
        {"id": "3", "amount": "4", "city": "Oslo"},
    ]
    assert list(table.beside) == ["Report for Anna Miller"]
    assert table.described["lines_above"] == "2"
    assert table.problems == [
        "1 row was left out: row 5 has 2 columns, 3 expected (the header is row 3)"
    ]


def test_a_titled_sheet_is_its_table(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Report for Anna Miller"], [], ["id", "amount"], [1, 3], [2, 4]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    data = open_data(tmp_path / "t.xlsx")
    assert data.frame().to_dict("list") == {"id": [1, 2], "amount": [3, 4]}
    assert data.as_written().beside == ("Report for Anna Miller",)
    assert data.as_written().described["lines_above"] == "1"
