"""The same edits of a log by somebody without a key, in PostgreSQL, held against the same commands.

Each edit is made in a copy of the SQLite log, whose rows then replace those of the database: what its
owner can do who drops the triggers. What PostgreSQL itself refuses to hold is no edit.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgres_server import postgres_server

from raudit.log.stores.postgres import PostgresStore

from .test_attack_matrix import (  # noqa: F401 -- fixtures
    DELETED,
    EDITS,
    KEYLESS,
    call,
    checked,
    commands,
    edited,
    quick,
    whole,
)

QUICK = (
    "the issued file's digest, rebuilt",
    "an empty entry",
    "the largest of all numbers",
    "a checkpoint's size",
    "the name behind a pseudonym",
)
"""Edits of each kind of row for the quick suite; all of them are slow."""
COLUMNS = {
    "meta": "key, value",
    "entry": "idx, data",
    "node": "idx, hash",
    "note": "seq, kind, size, note",
    "person": "pseudonym, salt, value",
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """An empty log in a fresh database."""
    with postgres_server() as address:
        import psycopg

        with psycopg.connect(f"postgresql://owner@{address}/postgres", autocommit=True) as admin:
            admin.execute("CREATE DATABASE matrix")
        made = f"postgresql+psycopg://owner@{address}/matrix"
        PostgresStore(made, create=True).close()
        yield made


def pour(source: Path, url: str) -> None:
    """Replace every row of the database by those of an SQLite file, as its owner can."""
    import psycopg

    with sqlite3.connect(source) as rows, psycopg.connect(url.replace("+psycopg", "")) as database:
        for table, columns in COLUMNS.items():
            if table != "person":
                database.execute(f"ALTER TABLE raudit_log.{table} DISABLE TRIGGER append_only")
            database.execute(f"DELETE FROM raudit_log.{table}")
            marks = ", ".join(["%s"] * (columns.count(",") + 1))
            insert = f"INSERT INTO raudit_log.{table} ({columns})"
            for row in rows.execute(f"SELECT {columns} FROM {table}"):
                database.execute(f"{insert} VALUES ({marks})", row)
            if table != "person":
                database.execute(f"ALTER TABLE raudit_log.{table} ENABLE TRIGGER append_only")
    rows.close()


def statuses(whole: Path, tmp_path: Path, url: str, edit) -> dict[str, int]:  # noqa: F811
    """Run every command on the edited log, as the plan and the command line name it by its address."""
    source = edited(whole, tmp_path / "as edited", edit) / "log.db"
    plan = tmp_path / "as edited" / "raudit.yaml"
    text = plan.read_text()
    assert "path: log.db" in text
    plan.write_text(text.replace("path: log.db", f"path: {url}"))
    found = {}
    for name in commands(tmp_path, ""):
        place = tmp_path / "copy"
        shutil.copytree(tmp_path / "as edited", place)
        pour(source, url)
        found[name] = call(*commands(place, url)[name])
        assert not (place / "o.pdf").exists() or found[name] == 0
        shutil.rmtree(place)
    return found


def test_the_log_as_it_is_passes(whole, tmp_path, quick, url):  # noqa: F811
    found = statuses(whole, tmp_path, url, lambda db: None)
    assert found.pop("baseline") in {0, 3}
    assert found == dict.fromkeys(found, 0)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in EDITS],
)
def test_every_command_notices_every_edit(whole, tmp_path, quick, url, name):  # noqa: F811
    found = statuses(whole, tmp_path, url, EDITS[name])
    assert found == dict.fromkeys(found, 6)


@pytest.mark.slow
@pytest.mark.parametrize("name", DELETED)
def test_what_was_deleted_is_noticed_by_whoever_holds_the_key_or_a_checkpoint(
    whole,  # noqa: F811
    tmp_path,
    quick,  # noqa: F811
    url,
    name,
):
    found = statuses(whole, tmp_path, url, DELETED[name])
    assert {command for command, status in found.items() if status != 6} <= KEYLESS
    assert call("log", "verify", url, "--checkpoint", whole / "outside.txt") == 6
