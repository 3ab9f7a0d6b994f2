"""Who stands beside the rows is found: in a title, in a column's name, in who made a workbook."""

import base64
import json
from datetime import UTC, datetime

import openpyxl
import pytest
from tests.command_line import raudit

from raudit.data import Roles
from raudit.data.open import open_data
from raudit.evidence import Evidence
from raudit.plan import Task
from raudit.stages.pii import STAGE

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


def test_no_rows_are_nothing_searched(tmp_path):
    (tmp_path / "t.csv").write_text("id,amount\n")
    done = raudit("pii", "redact", tmp_path / "t.csv", "-o", tmp_path / "c.csv")
    assert "There are no rows, so nothing was searched." in done.stdout
    assert "finds nothing more" not in done.stdout
