"""Who stands beside the rows is found: in a title, in a column's name, in who made a workbook."""

import base64
import contextlib
import json
import sqlite3
import zipfile
from datetime import UTC, datetime

import duckdb
import openpyxl
import pytest
from tests.command_line import raudit

from raudit.data import Roles
from raudit.data.open import open_data
from raudit.evidence import Evidence
from raudit.plan import Task
from raudit.scan.sources import Gap, open_source
from raudit.stages.pii import STAGE
from raudit.stages.pii.assess import scan_beside
from raudit.stages.pii.options import Options
from raudit.stages.pii.scanner import prepare

ROWS = "id,amount\n" + "".join(f"{i},{3 * i}\n" for i in range(12))
FILES = {
    "title": f"Report for Anna Miller\n{ROWS}",
    "nothing else": "Report for Anna Miller\n",
    "columns": "month,Anna Miller,Bob Baker\nMay,3,4\nJune,4,5\n",
}


def scanned(path):
    done = raudit("pii", "scan", path, "--json")
    found = json.loads(done.stdout)
    kinds = {
        (column["column"], one["entity_type"])
        for table in found["tables"]
        for column in table["columns"]
        for one in (*column["found"], *column["unclear"])
    }
    return done, kinds


@pytest.mark.parametrize("case", FILES)
def test_a_person_beside_the_rows_is_counted_and_redacted(tmp_path, case):
    (tmp_path / "t.csv").write_text(FILES[case])
    done, kinds = scanned(tmp_path / "t.csv")
    assert kinds == {("texts beside the rows", "PERSON")}
    assert done.returncode == 3
    assert "Miller" not in done.stdout + done.stderr
    raudit("pii", "redact", tmp_path / "t.csv", "-o", tmp_path / "c.csv", "--check")
    copy = (tmp_path / "c.csv").read_text()
    assert "<PERSON>" in copy
    assert "Miller" not in copy
    assert copy.count("\n") == FILES[case].count("\n")
    assert not scanned(tmp_path / "c.csv")[1]


def test_what_is_not_read_is_named_wherever_it_stands(tmp_path):
    """In a title, and in one cell of thousands that no sample holds."""
    hidden = base64.b64encode(b"ask anna.miller@example.org").decode()
    words = "".join(f"{i},word {i}\n" for i in range(3000))
    for text, where in (
        (f"Report {hidden}\n{ROWS}", "texts beside the rows: text in base64 in at least 1 of 1"),
        (f"Report {'x' * 25_000}\n{ROWS}", "texts beside the rows: what stands behind the first"),
        (f"id,note\n{words}3000,{hidden}\n", "note: text in base64 in at least 1 of 3,001 filled"),
    ):
        (tmp_path / "t.csv").write_text(text)
        done = raudit("pii", "scan", tmp_path / "t.csv")
        assert where in " ".join(done.stdout.split())
        assert done.returncode == 3


def test_a_plain_title_is_nobody(tmp_path):
    (tmp_path / "t.csv").write_text(f"Sales by county in 2024\n{ROWS}")
    done, kinds = scanned(tmp_path / "t.csv")
    assert (done.returncode, kinds) == (0, set())


def test_who_made_a_workbook_is_counted_and_not_copied(tmp_path):
    book = openpyxl.Workbook()
    for row in (["id", "amount"], *([i, 3 * i] for i in range(12))):
        book.active.append(row)
    book.properties.creator = "Anna Miller"
    book.active.oddHeader.left.text = "ask anna.miller@example.org"
    book.save(tmp_path / "t.xlsx")
    done, kinds = scanned(tmp_path / "t.xlsx")
    assert ("texts beside the rows", "EMAIL_ADDRESS") in kinds
    assert "iller" not in done.stdout + done.stderr
    done = raudit("pii", "redact", tmp_path / "t.xlsx", "-o", tmp_path / "c.csv")
    assert "2 texts beside the rows are not in the copy" in " ".join(done.stdout.split())
    assert done.returncode == 3
    data = open_data(tmp_path / "t.xlsx")
    evidence = Evidence(
        system={},
        task=Task.BINARY,
        data=data,
        roles=Roles(),
        model=None,
        seed=0,
        clock=datetime(2026, 1, 1, tzinfo=UTC),
    )
    findings = STAGE.run(evidence, STAGE.options()).findings
    assert "texts beside the rows" in {finding.subject.name for finding in findings}


def sqlite_database(path):
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE t(n INT, \"it's\" TEXT DEFAULT 'Anna''s' /* ask Bob */)")
        db.execute("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 'for a@example.org'; END")
        db.execute("CREATE TABLE u(n INT)")


def duckdb_database(path):
    with contextlib.closing(duckdb.connect(str(path))) as db:
        db.execute("CREATE TYPE who AS ENUM ('Anna''s')")
        db.execute("CREATE TABLE t(n INT, w who DEFAULT NULL)")
        db.execute("COMMENT ON TABLE t IS 'ask Bob'")
        db.execute("COMMENT ON COLUMN t.n IS 'for a@example.org'")
        db.execute("CREATE TABLE u(n INT)")


@pytest.mark.parametrize(
    ("texts", "counted"),
    [
        (["Anna Miller", "see", "draft", "v2"], [("PERSON", 1, 4)]),
        (["see Madison Square", "draft", "Jordan River", "v2"], []),
    ],
)
def test_one_name_among_other_texts_is_counted(texts, counted):
    verdicts = scan_beside(texts, ["n", "x"], prepare(Options(), seed=0))
    found = [f for v in verdicts for f in (*v.found, *v.unclear)]
    assert [(f.entity_type, f.count.k, f.count.n) for f in found] == counted


@pytest.mark.parametrize("make", [sqlite_database, duckdb_database])
def test_what_a_database_says_of_a_table_stands_beside_its_rows(tmp_path, make):
    make(path := tmp_path / "d.db")
    said = {source.name.rpartition(":")[2]: source.beside for source in open_source(path)}
    assert sorted(said["t"]) == ["Anna's", "ask Bob", "for a@example.org"]
    assert said["u"] == ()


@pytest.mark.parametrize(("note", "gaps"), [(b"by a@example.org", 1), (b"0a" * 20, 0), (b"", 0)])
def test_notes_on_an_archive_are_named(tmp_path, note, gaps):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("t.csv", ROWS)
        archive.comment = note
    found = [s.because for s in open_source(tmp_path / "t.zip") if isinstance(s, Gap)]
    assert [because.endswith("1 note on the archive or its members") for because in found] == [
        True
    ] * gaps


def test_no_rows_are_nothing_searched(tmp_path):
    (tmp_path / "t.csv").write_text("id,amount\n")
    done = raudit("pii", "redact", tmp_path / "t.csv", "-o", tmp_path / "c.csv")
    assert "There are no rows, so nothing was searched." in done.stdout
    assert "finds nothing more" not in done.stdout
