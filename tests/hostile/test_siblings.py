"""Siblings of the hostile files: the same ways to hide or hurt, in other forms."""

import sqlite3

import pytest

from raudit.data.readers import Gap, ReadOptions, open_source
from raudit.errors import DataError
from raudit.plan.schema import DataLimits

PEOPLE = (
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 40) "
    "SELECT 'p' || n || '@example.org', n % 2 FROM r"
)


def database(path, *statements):
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    return path


def read(path):
    """Rows by name of the table; what was not read, by name."""
    rows, gaps = {}, {}
    for source in open_source(path):
        if isinstance(source, Gap):
            gaps[source.name] = source.because
        else:
            rows[source.name.partition(":")[2]] = sum(b.num_rows for b in source.batches())
    return rows, gaps


RENAMED = (
    "PRAGMA writable_schema = 1",
    "UPDATE sqlite_master SET name = '{0}', tbl_name = '{0}', sql = 'CREATE TABLE {0}(e, y)'",
)


@pytest.mark.parametrize("name", ["sqlite_evil", "SQLite_sequence", "sqlite_stat1", "sqlite_stat9"])
def test_a_name_that_sqlite_keeps_for_itself_hides_no_table(tmp_path, name):
    """SQLite gives no table such a name, but takes one from whoever writes the list of tables by hand."""
    path = database(
        tmp_path / "t.sqlite",
        "CREATE TABLE people (e, y)",
        f"INSERT INTO people {PEOPLE}",
        *(statement.format(name) for statement in RENAMED),
    )
    assert read(path) == ({name: 40}, {})


@pytest.mark.parametrize("kind", ["TABLE", "Table"])
def test_a_type_in_another_case_hides_no_table(tmp_path, kind):
    path = database(
        tmp_path / "t.sqlite",
        "CREATE TABLE people (e, y)",
        f"INSERT INTO people {PEOPLE}",
        "CREATE TABLE fine (a)",
        "INSERT INTO fine VALUES (1)",
        "PRAGMA writable_schema = 1",
        f"UPDATE sqlite_master SET type = '{kind}' WHERE name = 'people'",
    )
    assert read(path) == ({"fine": 1, "people": 40}, {})


def test_what_sqlite_keeps_for_itself_is_no_table_until_somebody_writes_there(tmp_path):
    made = (
        "CREATE TABLE people (n INTEGER PRIMARY KEY AUTOINCREMENT, e)",
        "CREATE INDEX by_e ON people (e)",
        "INSERT INTO people (e) VALUES ('a'), ('b')",
        "ANALYZE",
    )
    assert read(database(tmp_path / "own.sqlite", *made)) == ({"people": 2}, {})
    hidden = "INSERT INTO {} VALUES ('p@example.org', {})"
    path = database(
        tmp_path / "written.sqlite",
        *made,
        hidden.format("sqlite_sequence", "1"),
        hidden.format("sqlite_stat1", "'x', '1'"),
    )
    rows, gaps = read(path)
    assert rows == {"people": 2, "sqlite_sequence": 2, "sqlite_stat1": 2}
    assert gaps == {}


@pytest.mark.parametrize(
    "made",
    [
        ("CREATE TABLE t (e TEXT PRIMARY KEY, y) WITHOUT ROWID", f"INSERT INTO t {PEOPLE}"),
        ("CREATE TABLE t (e TEXT, y INTEGER) STRICT", f"INSERT INTO t {PEOPLE}"),
        ("PRAGMA encoding = 'UTF-16le'", "CREATE TABLE t (e, y)", f"INSERT INTO t {PEOPLE}"),
        (
            "CREATE TABLE t (a, y, e AS (a || '') STORED)",
            f"INSERT INTO t (a, y) {PEOPLE}",
        ),
        ("CREATE TABLE t (e, y) /* CREATE VIEW */", f"INSERT INTO t {PEOPLE}"),
    ],
    ids=["without-rowid", "strict", "utf-16", "stored", "comment"],
)
def test_every_form_of_table_is_read(tmp_path, made):
    path = database(tmp_path / "t.sqlite", *made)
    assert read(path) == ({"t": 40}, {})
    (table,) = open_source(path)
    assert "p7@example.org" in table.frame()["e"].tolist()


DUCKDB = {
    "macro": (
        "CREATE TABLE t AS {people}",
        "CREATE MACRO duckdb_views() AS TABLE SELECT 1",
        "CREATE MACRO count(x) AS 0",
    ),
    "schema": ('CREATE SCHEMA "pg_catalog.x"', 'CREATE TABLE "pg_catalog.x".t AS {people}'),
    "quoted": ('CREATE TABLE "t; DROP TABLE x--" AS {people}',),
    "generated": (
        "CREATE TABLE t (a VARCHAR, b VARCHAR GENERATED ALWAYS AS (a || '@example.org'))",
        "INSERT INTO t SELECT 'p' || range FROM range(40)",
    ),
}


@pytest.mark.parametrize("name", DUCKDB)
def test_no_form_of_a_duckdb_table_is_passed_over(tmp_path, name):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    people = "SELECT 'p' || range || '@example.org' AS e, range % 2 AS y FROM range(40)"
    with duckdb.connect(tmp_path / "t.duckdb") as db:
        for statement in DUCKDB[name]:
            db.execute(statement.format(people=people))
    rows, gaps = read(tmp_path / "t.duckdb")
    assert (list(rows.values()), gaps) == ([40], {})


OUTSIDE = (
    "SELECT * FROM read_blob('{}')",
    "SELECT * FROM glob('{}*')",
    "SELECT * FROM sniff_csv('{}')",
    "SELECT content FROM read_text('{}')",
    "SELECT * FROM duckdb_secrets()",
)


@pytest.mark.parametrize("view", OUTSIDE)
def test_a_view_asked_for_by_name_reads_no_other_file(tmp_path, view):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    (tmp_path / "other.csv").write_text("a,b\nsecret@example.org,1\n")
    with duckdb.connect(tmp_path / "t.duckdb") as db:
        db.execute("CREATE VIEW v AS " + view.format(tmp_path / "other.csv"))
    found = []
    try:
        for source in open_source(tmp_path / "t.duckdb", ReadOptions(table="v")):
            if not isinstance(source, Gap):
                found += [str(batch.to_pylist()) for batch in source.batches()]
    except DataError as error:
        found.append(str(error))
    assert "secret@" not in "".join(found)
    assert "other.csv" not in "".join(found)


def test_a_scan_over_a_limit_names_the_limit_and_its_key(tmp_path):
    from raudit.evidence import Quiet
    from raudit.scan.sweep import sweep
    from raudit.stages.pii.options import Options

    database(tmp_path / "t.sqlite", "CREATE TABLE t (e, y)", f"INSERT INTO t {PEOPLE}")
    reading = ReadOptions(limits=DataLimits(rows=10))
    options = Options(model="none")
    with pytest.raises(DataError, match=r"data\.limits\.rows") as caught:
        sweep(str(tmp_path / "t.sqlite"), options, seed=0, progress=Quiet(), reading=reading)
    assert caught.value.reference == "data-limit"
    assert "raise data.limits.rows" in caught.value.hint
