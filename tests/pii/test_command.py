"""The commands as a process: exit status, output, and that no value leaks into any of it."""

import csv
import json
import sqlite3
import subprocess
import sys

import pytest

from raudit.cli import main

PEOPLE = [
    "Angela Jones",
    "Robert Miller",
    "Maria Garcia",
    "James Smith",
    "Linda Brown",
    "Carlos Lopez",
    "Emma Wilson",
]


@pytest.fixture
def raudit(capsys):
    """Run the command in this process, where the language model is loaded once; one test below starts a real one."""

    def run(*args):
        with pytest.raises(SystemExit) as stop:
            main(["pii", *map(str, args)])
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return run


def process(*args):
    done = subprocess.run(
        [sys.executable, "-m", "raudit", "pii", *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def rows(n=60):
    for i in range(n):
        name = PEOPLE[i % 7]
        mail = f"{name.split()[0].lower()}.{i}@firma-planted.example.org"
        yield [
            name,
            mail,
            f"4539 1488 0343 {6467 + i}",
            f"Please write to {mail} or ask {name} at noon",
            "lamp",
        ]


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "people.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["full_name", "email", "card_number", "notes", "product"])
        writer.writerows(rows())
    return path


def assert_no_value(*outputs):
    text = "\n".join(outputs).lower()
    planted = (
        {p.lower() for p in PEOPLE}
        | {p.split()[1].lower() for p in PEOPLE}
        | {"planted", "4539", "1488"}
    )
    assert not [value for value in planted if value in text]


def test_scan_redact_and_scan_again_without_a_leak(raudit, people, tmp_path):
    status, out, err = raudit("scan", people, "--json")
    found = {c["column"]: c for c in json.loads(out)["tables"][0]["columns"]}
    assert status == 1
    assert {n for n, c in found.items() if c["personal"]} == {
        "full_name",
        "email",
        "card_number",
        "notes",
    }
    assert_no_value(out, err)

    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    copy = tmp_path / "copy.parquet"
    status, out, err = raudit("redact", people, "-o", copy, "--how", "pseudonymise", "--key", key)
    assert (status, "The same search finds nothing more." in out) == (0, True)
    assert_no_value(out, err)

    import pyarrow.parquet as pq

    table = pq.read_table(copy).to_pydict()
    assert_no_value(json.dumps(table, ensure_ascii=False))
    assert len(set(table["full_name"])) == 7
    assert set(table["product"]) == {"lamp"}


def test_a_table_for_people(people):
    status, out, err = process("scan", people)
    assert status == 1
    assert "payment card number" in out
    assert_no_value(out, err)


def test_tokens_need_a_real_key(raudit, people, tmp_path):
    status, _, err = raudit("redact", people, "-o", tmp_path / "x.csv", "--how", "pseudonymise")
    assert status == 2
    assert "pseudonym-key" in err


def test_an_unreadable_file_among_readable_ones_is_a_gap(raudit, people, tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 Angela Jones PAR1")
    with sqlite3.connect(tmp_path / "more.sqlite") as db:
        db.execute("CREATE TABLE people (email TEXT, n INTEGER)")
        db.executemany(
            "INSERT INTO people VALUES (?, ?)", [(r[1], i) for i, r in enumerate(rows())]
        )
    db.close()
    (tmp_path / "lines.jsonl").write_text(
        "\n".join(json.dumps({"who": {"email": r[1]}}) for r in rows()) + "\n{bad\n"
    )
    status, out, err = raudit("scan", tmp_path, "--json")
    result = json.loads(out)
    assert status == 1
    assert {t["name"] for t in result["tables"]} == {
        "people.csv",
        "more.sqlite:people",
        "lines.jsonl",
    }
    assert {g["name"] for g in result["gaps"]} == {"broken.parquet", "lines.jsonl"}
    assert [(j["column"], len(j["tables"])) for j in result["joins"]] == [("email = who.email", 3)]
    assert_no_value(out, err)


def test_no_model_cannot_pass(raudit, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("product\nlamp\ntable\n")
    assert raudit("scan", path, "--model", "none")[0] == 3
    assert raudit("scan", path)[0] == 0


@pytest.mark.parametrize(("name", "status"), [("none.csv", 2), ("x.docx", 2)])
def test_what_cannot_be_scanned_is_one_clear_message(raudit, tmp_path, name, status):
    if name == "x.docx":
        (tmp_path / name).write_bytes(b"x")
    code, _, err = raudit("scan", tmp_path / name)
    assert code == status
    assert "Traceback" not in err
    assert "try:" in err


def test_what_a_file_holds_beside_its_rows_is_named_and_cannot_pass(raudit, tmp_path):
    import pyarrow as pa
    import pyarrow.ipc as ipc
    import pyarrow.parquet as pq

    rows = pa.table({"v": range(50)})
    noted = rows.cast(rows.schema.with_metadata({"author": "Anna Planted"}))
    pq.write_table(noted, tmp_path / "noted.parquet")
    with ipc.new_file(tmp_path / "noted.arrow", noted.schema) as file:
        file.write_table(noted)
    rows.to_pandas().to_parquet(
        tmp_path / "plain.parquet"
    )  # pandas writes down its types, and nothing else
    for name in ("noted.parquet", "noted.arrow"):
        status, out, err = raudit("scan", tmp_path / name)
        assert (status, "1 note beside the rows" in out) == (3, True)
        assert "Planted" not in out + err
    status, out, _err = raudit("scan", tmp_path / "plain.parquet")
    assert (status, "beside the rows" in out) == (0, False)


def test_a_virtual_table_is_called_one(raudit, tmp_path):
    with sqlite3.connect(tmp_path / "d.sqlite") as db:
        db.execute("CREATE VIRTUAL TABLE notes USING fts5(body)")
        db.execute("INSERT INTO notes VALUES ('lamp')")
    _status, out, _err = raudit("scan", tmp_path / "d.sqlite")
    assert "d.sqlite:notes: a virtual table" in " ".join(out.split())
    assert "SQLITE_ERROR" not in out


def test_of_no_rows_nothing_is_said_to_be_absent(raudit, tmp_path):
    (tmp_path / "empty.csv").write_text("name,age\n")
    status, out, _err = raudit("scan", tmp_path / "empty.csv")
    assert status == 5
    assert "no rows, so nothing was searched" in out
    assert "found" not in out
