"""Files as people have them: each is read as it is meant, or refused with its place and what to do."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raudit.data.open import open_data
from raudit.data.readers import Gap, ReadOptions, open_source
from raudit.data.readers.excel_marks import marks_of
from raudit.errors import DataError
from raudit.plan.schema import Numbers

BASE = "id,sex,score\n" + "".join(f"a{i},{'FM'[i % 2]},{i}.5\n" for i in range(8))
RUSSIAN = "имя;возраст\n" + "".join(f"Анна{i};{i}\n" for i in range(9))
PACKED = gzip.compress(BASE.encode())
GERMAN = Numbers(decimal=",", thousands=".")


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


FINDER = {"__MACOSX/._a.csv": b"\0\5\x16\7 attributes", ".DS_Store": b"\0\0\0\1Bud1..."}

READ = {
    "quoted_lf.csv": ('id,note\n1,"one\ntwo"\n2,"a ""b"""\n', [1, "one\ntwo"], {}),
    "quoted_cr.csv": ('id,note\r1,"x\ry"\r2,b\r', [1, "x\ry"], {}),
    "mark.csv": ("\ufeff" + BASE, ["a0", "F", 0.5], {}),
    "utf16_mark.csv": (b"\xff\xfe" + BASE.encode("utf-16-le"), ["a0", "F", 0.5], {}),
    "utf16_le.csv": (BASE.encode("utf-16-le"), ["a0", "F", 0.5], {}),
    "utf16_be.csv": (BASE.encode("utf-16-be"), ["a0", "F", 0.5], {}),
    "utf16_russian.csv": (RUSSIAN.encode("utf-16-le"), ["Анна0", 0], {}),
    "declared.csv": ("id,w\n1,weiß\n".encode("cp1252"), [1, "weiß"], {"encoding": "cp1252"}),
    "marks.csv": ("id;b\n1;1.234,50\n2;0,5\n", [1, 1234.5], {"numbers": GERMAN}),
    "marks_misfit.csv": ("id;b\n1;1.234,50\n2;0.5\n", [1, "1.234,50"], {"numbers": GERMAN}),
    "no_marks.csv": ("id;b\n1;1,50\n2;0,5\n", [1, "1,50"], {}),
    "no_names.csv": ("1,F,0.5\n2,M,0.7\n", [1, "F", 0.5], {"header": False}),
    "copy.csv": ("id,x,x\n1,2,2\n2,3,3\n", [1, 2], {}),
    "empty_column.csv": ("id,x,y\n1,,3\n4,,6\n", [1, None, 3], {}),
    "blank_lines.csv": ("\n\nid,x\n1,2\n\n4,5\n\n", [1, 2], {}),
    "nul.csv": (b"id,x\n1,a\0b\n2,c\n", [1, "a\0b"], {}),
    "sep.csv": ("sep=;\nid;x\n1;2\n2;3\n", [1, 2], {}),
    "bars.txt": (BASE.replace(",", "|"), ["a0", "F", 0.5], {}),
    "tabs.csv": (BASE.replace(",", "\t"), ["a0", "F", 0.5], {}),
    "one_column.csv": ("sex\nF\nM\nF\n", ["F"], {}),
    "nan.csv": ("id,x\n1,NaN\n2,inf\n", [1, "NaN"], {}),
    "codes.csv": ("id,plz,x\n1,00123,1e5\n2,04567,2\n", [1, "00123", 1e5], {}),
    "digits_20.csv": ("id,x\n12345678901234567890,1\n2,2\n", ["12345678901234567890", 1], {}),
    "digits_19.csv": ("id,x\n9223372036854775807,1\n2,2\n", ["9223372036854775807", 1], {}),
    "digits_18.csv": ("id,x\n922337203685477580,1\n2,2\n", [922337203685477580, 1], {}),
    "digits_marks.csv": (
        "id;x\n12.345.678.901.234.567.890;1,5\n2;2\n",
        ["12.345.678.901.234.567.890", 1.5],
        {"numbers": GERMAN},
    ),
    "large.csv": ("id,x\n1,12345678901234567890.5\n2,1e300\n", [1, 12345678901234567890.5], {}),
    "members.csv.gz": (PACKED + gzip.compress(b"b1,F,1\n"), ["a0", "F", 0.5], {}),
    "padded.csv.gz": (PACKED + b"\0" * 64, ["a0", "F", 0.5], {}),
    "one.zip": (zipped(**{"a.csv": BASE}), ["a0", "F", 0.5], {}),
    "finder.zip": (zipped(**{"a.csv": BASE}, **FINDER), ["a0", "F", 0.5], {}),
    "chosen.zip": (
        zipped(**{"a.csv": "x\n1\n", "b.csv": BASE}),
        ["a0", "F", 0.5],
        {"table": "b.csv"},
    ),
    "nested.jsonl": ('{"a": {"b": {"c": "07"}}, "l": [1]}\n{"l": []}\n', ["07", "[1]"], {}),
    "kinds.jsonl": ('{"a": 1}\n{"a": "x"}\n{"a": 1.50}\n', ["1"], {}),
    "digits.jsonl": ('{"a": 12345678901234567890}\n{"a": 2}\n', ["12345678901234567890"], {}),
    "clash.jsonl": ('{"a.b": 1, "a": {"b": 2}}\n', [1, 2], {}),
}

REFUSED = {
    "short.csv": (BASE + "a9,F\n", "row 10 has 2 columns, 3 expected"),
    "shorter.csv": (BASE + "total\n", "row 10 has 1 column, 3 expected"),
    "long.csv": (BASE.replace("a3,M,3.5\n", "a3,M,3.5,x\n"), "row 5 has 4 columns, 3 expected"),
    "quote.csv": ('id,note\n1,"never\n2,b\n3,c\n', "a quote in row 2"),
    "mixed.csv": (BASE.encode() + "a9,weiß,1\n".encode("cp1252") + b"a10,\xc3\xbc,2\n", "byte 92"),
    "names.csv": ("1,F,0.5\n2,M,0.7\n3,F,0.1\n", "first row looks like data"),
    "doubled.csv": ("id,x,x\n1,2,3\n2,3,4\n", "two columns have the same name"),
    "unnamed.csv": ("id,,y\n1,2,3\n4,5,6\n", "a column has no name"),
    "trailing.csv": ("id,x,\n1,2,\n4,5,\n", "a column has no name"),
    "comma_in_commas.csv": ("id,b\n1,1,50\n2,0,5\n", "row 2 has 3 columns, 2 expected"),
    "title.csv": ("Report\n\nid,x,y\na,b,c\nd,e,f\n", "row 2 has 3 columns, 1 expected"),
    "nothing.csv": ("", "empty"),
    "tail.csv.gz": (PACKED + b"tail", "other bytes behind its end"),
    "cut.csv.gz": (PACKED[:-12], "ends too early"),
    "sum.csv.gz": (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "checksum does not fit"),
    "two.zip": (zipped(**{"a.csv": BASE, "b.csv": BASE}), "holds several tables"),
    "hidden.zip": (zipped(**{"a.csv": BASE, "__MACOSX/._b.csv": BASE}), "holds several tables"),
    "no.zip": (zipped(), "empty"),
    "line.jsonl": ('{"a": 1}\n{"a": 2\n{"a": 3}\n', "1 line is not a JSON object and was left out: line 2"),
    "lines.jsonl": ('{"a": 1}\n2\n\n{"a": 2\n', "2 lines are not JSON objects and were left out, the first"),
    "item.json": ('[{"a": 1},\n 7, {"a": 2}]', "1 item is not a JSON object and was left out: item 2"),
    "after.json": ('[{"a": 1}] more', "what follows the array"),
    "scalars.jsonl": ("1\n2\n", "no JSON object that can be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_read_as_it_is_meant(tmp_path, name):
    content, first, options = READ[name]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    batch = next(iter(open_data(path, options=ReadOptions(**options)).batches()))
    assert list(batch.to_pylist()[0].values()) == first


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_its_place(tmp_path, name):
    content, said = REFUSED[name]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        open_data(path)
    assert said in str(caught.value)
    assert caught.value.hint


def workbook(path, fill):
    book = openpyxl.Workbook()
    fill(book.active)
    book.save(path)
    return path


def merged(sheet):
    for row in (["id", "group", "x"], *([i, "A" if i % 3 == 0 else None, i] for i in range(6))):
        sheet.append(row)
    sheet.merge_cells("B5:B7")
    sheet.merge_cells("B2:B4")


def merged_elsewhere(sheet):
    sheet.append(["Report of the year"])
    sheet.merge_cells("A1:C1")
    merged_names(sheet)


def merged_names(sheet):
    sheet.append(["id", "group", "x"])
    sheet.append([1, "A", 2])
    sheet["F9"] = "a note beside the table"
    sheet.merge_cells("F9:G9")


def formulas(sheet):
    sheet.append(["id", "x", "twice"])
    for i in range(3):
        sheet.append([i, i, f"=B{i + 2}*2"])


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        (merged, "2 ranges of cells are merged, first B2:B4: only one cell of each holds the value"),
        (formulas, "3 formulas have no computed value, first C2: open the file in Excel and save it"),
    ],
)  # fmt: skip
def test_cells_that_look_missing_and_are_not(tmp_path, fill, said):
    path = workbook(tmp_path / "t.xlsx", fill)
    with pytest.raises(DataError) as caught:
        open_data(path)
    assert said in str(caught.value)


def test_a_scan_goes_on_over_merged_cells(tmp_path):
    (source,) = open_source(workbook(tmp_path / "t.xlsx", merged))
    assert source.frame().shape == (6, 3)
    assert source.problems == []


def test_times_and_days_of_a_workbook(tmp_path):
    def fill(sheet):
        sheet.append(["day", "time", "length", "code"])
        sheet.append([dt.date(2026, 1, 1), dt.time(8, 5), dt.timedelta(hours=30, minutes=1), "007"])

    (batch,) = open_data(workbook(tmp_path / "t.xlsx", fill)).batches()
    assert list(batch.to_pylist()[0].values()) == ["2026-01-01", "08:05:00", "30:01:00", "007"]


@pytest.mark.parametrize("pieces", [7, 64, 10_000])
def test_marks_of_a_sheet_in_pieces(monkeypatch, pieces):
    monkeypatch.setattr("raudit.data.readers.excel_marks.PIECE", max(pieces, 64))
    xml = b"".join(
        (
            b'<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>A1</f><v></v></c>',
            b'<c r="C1" t="str"><f>""</f><v></v></c><c s="1" r="AA10"><f t="shared" si="0"/></c>',
            b'<c r="D1"><f>A1</f><v>3</v></c></row></sheetData>',
            b'<mergeCells count="2"><mergeCell ref="A2:B9"/><mergeCell ref="C2:C2"/></mergeCells>',
        )
    )
    found = marks_of(io.BytesIO(xml))
    assert found.merged == [("A2:B9", 9, 1)]
    assert found.uncomputed == [("B1", 1, 2), ("AA10", 10, 27)]


def test_a_field_of_a_structure_keeps_its_own_name(tmp_path):
    """As many columns as fields: the names of the columns are not those of the fields."""
    table = pa.table({"s": [{"x": 1, "y": 2}], "t": [{}], "u": [{"z": Decimal("1.5")}]})
    table = table.append_column("v", pa.array([[]], pa.list_(pa.struct([]))))
    feather = tmp_path / "t.arrow"
    with pa.ipc.new_file(feather, table.schema) as writer:
        writer.write_table(table)
    data = open_data(feather)
    (source,) = open_source(feather)
    assert list(data.kinds) == list(source.kinds)
    pq.write_table(pa.table({"a": [{"b": 2}], "c": [1]}), tmp_path / "t.parquet")
    assert list(open_data(tmp_path / "t.parquet").kinds) == ["a.b", "c"]


def test_a_folder_whose_files_differ_names_the_first(tmp_path):
    (tmp_path / "f").mkdir()
    pq.write_table(pa.table({"x": [1]}), tmp_path / "f" / "a.parquet")
    pq.write_table(pa.table({"x": [1], "y": [2]}), tmp_path / "f" / "b.parquet")
    with pytest.raises(DataError, match=r"1 of 2 files lacks .* first a.parquet the column 'y'"):
        open_data(tmp_path / "f")
    assert not [source for source in open_source(tmp_path / "f") if isinstance(source, Gap)]


@pytest.mark.parametrize(
    ("beside", "kind"),
    [("_delta_log/00000000000000000000.json", "Delta"), ("metadata/v1.metadata.json", "Iceberg")],
)
def test_a_table_with_versions_is_refused(tmp_path, beside, kind):
    """Read as it lies, its folder holds deleted rows too."""
    pq.write_table(pa.table({"x": [1]}), tmp_path / "a.parquet")
    (tmp_path / beside).parent.mkdir()
    (tmp_path / beside).write_text("{}")
    with pytest.raises(DataError, match=f"a table of {kind}") as caught:
        open_data(tmp_path)
    assert "write one version to Parquet" in caught.value.hint
