"""Ways to have rows or columns that nobody reads: each is read, or named as not read."""

import json
import struct
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.readers.hostile_files import zipped

from raudit.data import open_data
from raudit.data.readers import Gap, open_source
from raudit.errors import DataError

PEOPLE = b"e,y\n" + b"".join(b"p%d@example.org,1\n" % i for i in range(40))
FINE = b"a,y\n1,2\n"


def read(path):
    """Rows by name of the table; what was not read, by name; every value."""
    rows, gaps, values = {}, {}, []
    for source in open_source(path):
        if isinstance(source, Gap):
            gaps[source.name] = source.because
        else:
            batches = list(source.batches())
            rows[source.name] = sum(batch.num_rows for batch in batches)
            values += [str(batch.to_pylist()) for batch in batches]
            if source.problems:
                gaps[source.name] = "; ".join(source.problems)
    return rows, gaps, "".join(values)


def patched(path, place, content):
    held = bytearray(path.read_bytes())
    held[place : place + len(content)] = content
    path.write_bytes(held)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_whose_size_is_said_to_be_none_is_named(tmp_path, method):
    path = tmp_path / "t.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.csv", FINE)
        archive.writestr("people.csv", PEOPLE)
        archive.writestr("empty.csv", b"")
    place = path.read_bytes().index(b"people.csv", path.read_bytes().index(b"PK\1\2"))
    patched(path, place - 46 + 24, bytes(4))
    rows, gaps, _ = read(path)
    assert rows == {"t.zip/a.csv": 1}
    assert list(gaps) == ["t.zip/people.csv"]
    with pytest.raises(DataError, match=r"people\.csv"):
        open_data(path)


def test_a_folder_of_an_archive_that_holds_a_table_is_read(tmp_path):
    zipped(tmp_path / "t.zip", {"a.csv": FINE, "people.csv/": PEOPLE, "empty/": b""})
    rows, gaps, _ = read(tmp_path / "t.zip")
    assert rows == {"t.zip/a.csv": 1, "t.zip/people.csv/": 40}
    assert gaps == {}


@pytest.mark.parametrize("listed", ["a.csv", "people.csv"])
def test_a_member_that_the_directory_leaves_out_is_named(tmp_path, listed):
    path = tmp_path / "t.zip"
    zipped(path, {"a.csv": FINE, "people.csv": PEOPLE})
    content = path.read_bytes()
    first, second, end = (
        content.index(b"PK\1\2"),
        content.rindex(b"PK\1\2"),
        content.index(b"PK\5\6"),
    )
    entry = content[first:second] if listed == "a.csv" else content[second:end]
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry), first, 0)
    path.write_bytes(content[:first] + entry + tail)
    rows, gaps, _ = read(path)
    assert list(rows) == [f"t.zip/{listed}"]
    assert gaps == {"t.zip": "1 file inside, which its directory leaves out"}


def test_what_is_put_before_or_into_an_archive_hides_no_other(tmp_path):
    """A member that is an archive itself, and bytes between members that are none, are no members left out."""
    zipped(tmp_path / "in.zip", {"people.csv": PEOPLE})
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_STORED) as archive:
        archive.write(tmp_path / "in.zip", "in.zip")
        archive.writestr("a.csv", FINE)
    rows, gaps, _ = read(tmp_path / "t.zip")
    assert (sorted(rows.values()), gaps) == ([1, 40], {})


@pytest.mark.parametrize("name", ["_SUCCESS", "_metadata", "_common_metadata", ".people.csv.crc"])
def test_the_name_of_a_marker_hides_no_table(tmp_path, name):
    (tmp_path / "people.csv").write_bytes(PEOPLE)
    (tmp_path / name).write_bytes(PEOPLE)
    rows, gaps, _ = read(tmp_path)
    assert (rows, gaps) == ({"people.csv": 40, name: 40}, {})


def test_what_engines_leave_beside_their_data_is_no_table(tmp_path):
    table = pa.table({"a": [1, 2]})
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_metadata(table.schema, tmp_path / "_common_metadata")
    found: list = []
    pq.write_to_dataset(table, tmp_path / "other", metadata_collector=found)
    pq.write_metadata(table.schema, tmp_path / "_metadata", found)
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / ".a.parquet.crc").write_bytes(b"crc\0\0\0\2\0" + bytes(4))
    rows, gaps, _ = read(tmp_path)
    assert (len(rows), gaps) == (2, {})


HIDING = {
    "keys.jsonl": '{"a": 1, "a (3)": "p@example.org", "a": 2}\n' * 3,
    "dotted.jsonl": '{"a.b": 1, "a.b (3)": "p@example.org", "a": {"b": 2}}\n' * 3,
    "names.csv": "a,a (3),a\n1,p@example.org,2\n",
    "named.csv": "a,a (4),a (4),a\n1,2,p@example.org,3\n",
}


@pytest.mark.parametrize("name", HIDING)
def test_a_name_given_to_a_doubled_column_hides_no_other(tmp_path, name):
    (tmp_path / name).write_text(HIDING[name])
    _, _, values = read(tmp_path / name)
    assert "p@example.org" in values


def test_a_name_given_to_a_doubled_field_hides_no_other(tmp_path):
    fields = pa.array([{"b": 2}])
    table = pa.Table.from_arrays(
        [pa.array([1]), pa.array(["p@example.org"]), fields], names=["a.b", "a.b (3)", "a"]
    )
    pq.write_table(table, tmp_path / "t.parquet")
    assert "p@example.org" in read(tmp_path / "t.parquet")[2]


@pytest.mark.parametrize("depth", [199, 201, 940, 3000])
def test_json_is_read_as_deep_as_a_fixed_number_of_brackets(tmp_path, depth):
    """And not as deep as Python's stack happens to be free, which two readings may see differently."""
    deep = '{"a": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
    for name, text in (
        ("t.jsonl", f'{{"a": 1}}\n{deep}\n'),
        ("t.json", f'[{{"a": 1}},{deep}]'),
    ):
        (tmp_path / name).write_text(text)
        rows, gaps, _ = read(tmp_path / name)
        assert rows == {name: 2 if depth < 200 else 1}
        assert ("nested more than 200 deep" in gaps.get(name, "")) is (depth > 200)


def test_brackets_in_a_text_are_no_depth(tmp_path):
    (tmp_path / "t.jsonl").write_text(json.dumps({"a": '"[{' * 2000}) + "\n")
    assert read(tmp_path / "t.jsonl")[:2] == ({"t.jsonl": 1}, {})


def test_a_name_that_nobody_gave_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("x" * 5000 + ",y\n1,2\n")
    with pytest.raises(DataError, match="name of a column has 5,000 characters"):
        list(open_source(tmp_path / "t.csv"))


def test_columns_cost_no_more_than_their_number(tmp_path):
    """Arrow makes the list of names anew each time: 15,000 columns of two rows took half a minute."""
    from raudit.data.readers.arrow_files import parquet
    from raudit.data.readers.options import ReadOptions

    path = tmp_path / "t.parquet"
    one = pa.array([1], pa.int8())
    pq.write_table(pa.table({f"c{i}": one for i in range(8000)}), path)
    before = time.process_time()
    assert sum(b.num_rows for b in parquet(path, "t", ReadOptions()).batches()) == 1
    assert time.process_time() - before < 3


def test_long_lines_are_not_all_held_to_find_the_delimiter(tmp_path, monkeypatch):
    from raudit.data.readers import delimited

    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + ("x" * 3_000_000 + ",1\n") * 8)
    held = []
    monkeypatch.setattr(delimited, "_delimiter", lambda _c, sample, _r: held.append(sample) or ",")
    (table,) = open_source(path)
    assert len(held[0]) == 3
    assert sum(batch.num_rows for batch in table.batches()) == 8


def test_a_sheet_whose_cells_come_late_is_a_table(tmp_path):
    import openpyxl

    from raudit.data.readers.excel import sheets
    from raudit.data.readers.options import ReadOptions

    book = openpyxl.Workbook()
    book.active.append(["a"])
    late = book.create_sheet("late")
    for row, value in enumerate(["e", "p@example.org", "q@example.org"], 1500):
        late.cell(row, 1, value)
    book.create_sheet("empty")
    book.save(tmp_path / "t.xlsx")
    found = {
        s.name: sum(b.num_rows for b in s.batches())
        for s in sheets(tmp_path / "t.xlsx", "t", ReadOptions())
    }
    assert found == {"t:Sheet": 0, "t:late": 2}


def test_a_row_of_millions_of_cells_is_not_parsed_to_be_counted(tmp_path):
    (tmp_path / "t.csv").write_text("," * 3_000_000 + "\n1,2\n")
    before = time.process_time()
    with pytest.raises(DataError, match=r"data\.limits\.columns"):
        list(open_source(tmp_path / "t.csv"))
    assert time.process_time() - before < 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"g,y\n" + b"u,1\n" * 50 + bytes(5000) + b"\nv,0\n", "1 row was left out: row 52"),
        ("a,y\n\u00e9,1\n".encode() + "x,1\n".encode("utf-16"), "is not UTF-8"),
    ],
    ids=["zeros", "mixed"],
)
def test_zeros_in_a_text_do_not_make_it_another_encoding(tmp_path, content, problem):
    (tmp_path / "t.csv").write_bytes(content)
    assert problem in read(tmp_path / "t.csv")[1]["t.csv"]


def test_a_date_that_python_cannot_hold_is_an_error_about_the_file(tmp_path):
    days = pa.array([2**31 - 1, 0], pa.date32())
    pq.write_table(pa.table({"d": days}), tmp_path / "t.parquet")
    with pytest.raises(DataError, match="beyond the years 1 to 9999"):
        open_data(tmp_path / "t.parquet").frame()


def test_texts_beside_cells_are_read_and_pictures_are_named(tmp_path):
    from openpyxl import Workbook
    from openpyxl.comments import Comment
    from openpyxl.workbook.defined_name import DefinedName
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    for row in (["a", "b"], ["1", "x"], ["2", "y"]):
        book.active.append(row)
    plain, noted = tmp_path / "plain.xlsx", tmp_path / "noted.xlsx"
    book.save(plain)
    book.active["A2"].comment = Comment("Anna Miller, 1980-02-03", "Dora")
    book.active.oddFooter.left.text = "for Bob Baker"
    book.properties.creator, book.properties.lastModifiedBy = "Carla Jordan", "Emma Hughes"
    book.active["B2"].hyperlink = "mailto:gil@example.org"
    book.active["C2"], book.active["A2"].number_format = '=IF(A2>1,"for Kim","")', '0" by Lea"'
    rule = DataValidation(type="list", formula1='"Ida,Jo"', prompt="ask Hal")
    book.active.add_data_validation(rule)
    rule.add("C3")
    book.defined_names["boss"] = DefinedName("boss", attr_text='"Fay Dean"')
    book.save(noted)
    with zipfile.ZipFile(noted, "a") as archive:
        archive.writestr("xl/pivotCache/pivotCacheDefinition1.xml", '<a><s v="Eve &amp; Co"/></a>')
        archive.writestr("xl/media/image1.png", "")
    (table,) = open_source(plain)
    assert not table.beside
    table, gap = open_source(noted)
    texts = {"Anna Miller, 1980-02-03", "Dora", "for Bob Baker", "Carla Jordan", "Emma Hughes"}
    texts |= {"Eve & Co", "gil@example.org", "for Kim", "by Lea", '"Ida,Jo"', "ask Hal", "Fay Dean"}
    assert set(table.beside) == texts
    assert gap.because == "parts of the file that are not read: 1 of pictures"
    assert gap.offered  # an audit of the cells goes on; a scan does not call the file searched
