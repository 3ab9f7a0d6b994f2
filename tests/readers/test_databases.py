"""Database files are read whole, by themselves, and by nothing that they define."""

import sqlite3
import time

import pytest

from raudit.data.declared import open_declared
from raudit.data.interface import Kind
from raudit.data.open import open_data
from raudit.data.readers import Gap, ReadOptions, open_source
from raudit.errors import DataError
from raudit.plan.schema import DataLimits, DataSection


def read(path, options=None):
    """Rows by table, and gaps."""
    tables, gaps = {}, []
    for source in open_source(path, options):
        if isinstance(source, Gap):
            gaps.append(source)
        else:
            tables[source.name.partition(":")[2]] = source.frame().values.tolist()
    return tables, gaps


def sqlite(path, *statements):
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    return path


def test_every_table_of_sqlite_whatever_its_name(tmp_path):
    path = sqlite(
        tmp_path / "t.sqlite",
        "CREATE TABLE sqliteusers (mail)",
        "INSERT INTO sqliteusers VALUES ('a')",
        "CREATE TABLE sqlite3_users (mail, n INTEGER PRIMARY KEY AUTOINCREMENT)",
        "INSERT INTO sqlite3_users (mail) VALUES ('b')",
        'CREATE TABLE "x""y;--" (v)',
        'INSERT INTO "x""y;--" VALUES (\'c\')',
        "CREATE TABLE gen (a, b GENERATED ALWAYS AS (a || '@example.org') VIRTUAL, c AS (a || '!') STORED)",
        "INSERT INTO gen (a) VALUES ('d')",
        "CREATE VIEW v AS SELECT 'never'",
        "CREATE VIEW w AS SELECT mail FROM sqliteusers",
    )
    tables, gaps = read(path)
    assert tables == {
        "sqliteusers": [["a"]],
        "sqlite3_users": [["b", 1]],
        'x"y;--': [["c"]],
        "gen": [["d", "d@example.org", "d!"]],
    }
    assert [gap.because for gap in gaps] == [
        "2 views not read: v, w; to read one, name it as the table"
    ]
    assert read(path, ReadOptions(table="w"))[0] == {"w": [["a"]]}


def test_sqlite_that_never_ends_is_ended(tmp_path):
    path = sqlite(
        tmp_path / "t.sqlite",
        "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n",
    )
    begin = time.monotonic()
    options = ReadOptions(table="v", limits=DataLimits(seconds=1))
    (gap,) = open_source(path, options)
    assert "data.limits.seconds" in gap.because
    assert time.monotonic() - begin < 20


@pytest.fixture
def duck(tmp_path):
    duckdb = pytest.importorskip("duckdb", reason="the extra raudit[engines] is not installed")

    def write(*statements, name="t.duckdb"):
        with duckdb.connect(str(tmp_path / name)) as db:
            for statement in statements:
                db.execute(statement)
        return tmp_path / name

    return write


def test_every_table_of_every_schema_of_duckdb(duck):
    path = duck(
        "CREATE SCHEMA hr",
        "CREATE TABLE people AS SELECT 'main' AS v",
        "CREATE TABLE hr.people AS SELECT 'hr' AS v",
        'CREATE TABLE hr."x""y.z" AS SELECT 1 AS v',
        "CREATE TABLE gen (a INT, b VARCHAR GENERATED ALWAYS AS (a || '@example.org'))",
        "INSERT INTO gen VALUES (7)",
        "CREATE VIEW hr.w AS SELECT * FROM people",
    )
    tables, gaps = read(path)
    assert tables == {
        "people": [["main"]],
        "hr.people": [["hr"]],
        'hr.x"y.z': [[1]],
        "gen": [[7, "7@example.org"]],
    }
    assert [gap.because for gap in gaps] == [
        "1 view not read: w; to read one, name it as the table"
    ]


def test_duckdb_files_read_no_other_file(duck, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("mail\nsecret@example.org\n")
    path = duck(
        "CREATE SCHEMA s",
        f'CREATE TABLE s."{secret}" (i INT)',
        f"CREATE VIEW v AS SELECT * FROM read_csv('{secret}')",
        "CREATE TABLE s.v (i INT)",
        f"CREATE MACRO duckdb_tables() AS TABLE SELECT 'main' AS schema_name, '{secret}' AS table_name",
        "CREATE MACRO duckdb_settings() AS TABLE SELECT 'lock_configuration' AS name, 'true' AS value",
    )
    tables, gaps = read(path)
    assert set(tables) == {f"s.{secret}", "s.v"}
    assert all(rows == [] for rows in tables.values())
    assert len(gaps) == 1
    # Even a view that is asked for by name cannot leave the file.
    tables, gaps = read(path, ReadOptions(table="v"))
    assert "secret@example.org" not in str((tables, gaps))


def test_duckdb_that_never_ends_is_ended(duck):
    path = duck(
        "CREATE VIEW v AS SELECT count(*) AS c FROM range(10000000000) a, range(10000000000) b"
    )
    begin = time.monotonic()
    options = ReadOptions(table="v", limits=DataLimits(seconds=1))
    with pytest.raises(DataError, match=r"data\.limits\.seconds"):
        [list(source.batches()) for source in open_source(path, options)]
    assert time.monotonic() - begin < 60


def test_types_of_duckdb_that_arrow_cannot_write(duck):
    path = duck(
        "CREATE TABLE t AS SELECT INTERVAL 3 DAY AS i, 'a'::ENUM('a', 'b') AS e, uuid() AS u, '101'::BIT AS b, "
        "MAP {'k': 'x@example.org'} AS m, [1, 2] AS l, {'a': {'b': 'y'}} AS s, 170141183460469231731687303715884105727 "
        "::HUGEINT AS h, union_value(k := 'z') AS n, TIME '01:02:03' AS c, 'x'::BLOB AS o, NULL AS nothing, "
        "TIMESTAMPTZ '2020-01-01' AS z, array_value(1.5, 2.5) AS f"
    )
    (source,) = open_source(path)
    frame = source.frame()
    assert len(frame) == 1
    assert "x@example.org" in str(frame["m"][0])
    assert frame["s.a.b"][0] == "y"
    assert frame["e"][0] == "a"


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\0" + b"x" * 200, b"x" * 8 + b"DUCK" + b"\0" * 5000]
)
@pytest.mark.parametrize("suffix", ["sqlite", "duckdb"])
def test_what_is_no_database(tmp_path, content, suffix):
    pytest.importorskip("duckdb", reason="the extra raudit[engines] is not installed")
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError):
        list(open_source(path))


def test_sqlite_has_the_types_of_its_cells_with_and_without_a_query(tmp_path):
    """A column of numbers is numbers, whatever the table declares; one text among them makes it text."""
    path = sqlite(
        tmp_path / "t.sqlite",
        "CREATE TABLE u AS SELECT 3 AS whole, 'x' AS mixed, 2 AS fraction, '12' AS code, 4 AS some, NULL AS none",
        "INSERT INTO u VALUES (NULL, 5, 0.25, '007', NULL, NULL)",
    )
    given = open_data(path, options=ReadOptions(table="u"))
    section = DataSection(path=str(path), query="SELECT * FROM u")
    asked = open_declared(section, path).data
    for data in (given, given.as_written(), asked):
        kinds = [kind.value for kind in data.kinds.values()]
        assert kinds == ["integer", "text", "number", "text", "integer", "text"]
    rows = sorted(str(row) for row in asked.frame().astype(object).values.tolist())
    assert rows == sorted(str(row) for row in given.frame().astype(object).values.tolist())


@pytest.mark.parametrize("columns", [700, 2_000])
def test_a_wide_query_of_sqlite_is_read(tmp_path, columns):
    """SQLite gives at most 2,000 columns at once, whatever is asked about each."""
    cells = ", ".join(f"{n} AS c{n}" for n in range(columns))
    path = sqlite(tmp_path / "t.sqlite", f"CREATE TABLE t AS SELECT {cells}")
    found = open_declared(DataSection(path=str(path), query="SELECT * FROM t"), path)
    assert set(found.data.kinds.values()) == {Kind.INTEGER}
    assert len(found.data.kinds) == columns
