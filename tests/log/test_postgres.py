"""The PostgreSQL store on a real server, started here on loopback from the system's package."""

from __future__ import annotations

import pytest
from tests.postgres_server import postgres_server

from raudit.errors import EnvironmentFault, LogError, LogIntegrityError
from raudit.log import attest_log, open_log, verify_proof
from raudit.log.exchange import compare, export_log
from raudit.log.stores.postgres import PostgresStore
from raudit.log.tree.tiles import TileReader

from .conftest import NOW, started
from .test_crash import acknowledged, check  # noqa: F401
from .test_writers import WRITERS, race


@pytest.fixture(scope="module")
def server():
    with postgres_server() as address:
        yield address


@pytest.fixture
def database(server, request):
    """A fresh database and a role for the daily work; returns (owner's address, writer's address)."""
    import psycopg

    name = "db" + str(abs(hash(request.node.name)))[:12]
    with psycopg.connect(f"postgresql://owner@{server}/postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        admin.execute(f"CREATE ROLE w{name} LOGIN")
    return (
        f"postgresql+psycopg://owner@{server}/{name}",
        f"postgresql+psycopg://w{name}@{server}/{name}",
        f"w{name}",
    )


@pytest.fixture
def addresses(database, key):
    owner, writer, role = database
    PostgresStore(owner, create=True, writer_role=role).close()
    open_log(owner, key=key, create=True).close()
    return owner, writer


def test_append_checkpoint_prove_verify(addresses, key):
    with open_log(addresses[1], key=key) as log:
        assert log.append([started("r0"), started("r1")], clock=NOW).index_first == 1
        log.append([started(f"s{i}") for i in range(3000)], clock=NOW)
        held = log.checkpoint(NOW)
        entry = log.entry(2)
        assert verify_proof(log.prove(2, held), entry.data, key.vkey).index == 2
        assert [found.index for found in log.find(run="r1")] == [2]
        report = log.verify([held], vkey=key.vkey)
        assert (report.failed, report.compared, report.size) == (False, 1, 3003)


def test_sixteen_writers_lose_and_double_nothing(addresses, tmp_path):
    acked = race(addresses[1], 20, 1, tmp_path)
    assert sorted(acked.values()) == list(range(1, WRITERS * 20 + 1))
    check(addresses[1], acked)


@pytest.mark.parametrize("table", ["meta", "head", "entry", "node", "note", "person"])
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_the_daily_role_cannot_change_or_delete(addresses, table, verb):
    import psycopg

    column = {"entry": "idx", "node": "idx", "note": "size", "head": "one"}.get(
        table, "salt = NULL, value"
    )
    column = column if table == "person" else column.removeprefix("salt = NULL, ")
    statement = {
        "UPDATE": f"UPDATE raudit_log.{table} SET {column} = {column.split()[-1]}",
        "DELETE": f"DELETE FROM raudit_log.{table}",
        "TRUNCATE": f"TRUNCATE raudit_log.{table}",
    }[verb]
    address = addresses[1].replace("+psycopg", "")
    with (
        psycopg.connect(address) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_the_owner_is_stopped_from_accidents(addresses):
    import psycopg

    for statement in (
        "DELETE FROM raudit_log.entry",
        "TRUNCATE raudit_log.node",
        "UPDATE raudit_log.note SET size = 1",
    ):
        with (
            psycopg.connect(addresses[0].replace("+psycopg", "")) as connection,
            pytest.raises(psycopg.errors.RaiseException, match="append-only"),
        ):
            connection.execute(statement)


def test_truncation_by_the_owner_is_noticed(addresses, key):
    import psycopg

    with open_log(addresses[1], key=key) as log:
        log.append([started(f"r{i}") for i in range(20)], clock=NOW)
        held = log.checkpoint(NOW)
    with psycopg.connect(addresses[0].replace("+psycopg", "")) as connection:
        for table in ("entry", "node", "note"):
            connection.execute(f"ALTER TABLE raudit_log.{table} DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM raudit_log.entry WHERE idx >= 16")
        connection.execute("DELETE FROM raudit_log.node WHERE idx >= 31")
        connection.execute("DELETE FROM raudit_log.note")
    with open_log(addresses[1], key=key) as log:
        assert not log.verify().failed
        assert log.verify([held], vkey=key.vkey).failed
        with pytest.raises(
            LogIntegrityError, match="shorter than the checkpoint that the key remembers"
        ):
            log.checkpoint(NOW)


def test_the_same_export_as_from_sqlite(addresses, key, tmp_path):
    """Copy entries through an export into SQLite: one tree, whatever the store."""
    from raudit.log.exchange import import_log
    from raudit.log.stores.sqlite import SqliteStore

    with open_log(addresses[1], key=key) as log:
        log.append([started(f"r{i}") for i in range(600)], clock=NOW)
        held = log.checkpoint(NOW)
        export_log(log, tmp_path / "tiles", held)
        store = SqliteStore(tmp_path / "copy.db", create=True)
        import_log(tmp_path / "tiles", store, vkey=key.vkey, clock=NOW)
        assert compare(log.store, store).relation == "same"
        assert compare(log.store, TileReader(tmp_path / "tiles")).relation == "same"
        store.close()


def test_people_are_kept_beside_and_forgotten_by_the_owner(addresses):
    with open_log(addresses[1]) as log:
        event = started()
        log.append(
            [type(event)(type=event.type, run=event.run, body=event.body, actor="Ann Example")],
            clock=NOW,
        )
        (pseudonym,) = log.people()
        with pytest.raises(EnvironmentFault, match="refused"):
            log.forget(pseudonym)
    with open_log(addresses[0]) as log:
        assert log.forget(pseudonym)
        assert log.people() == {}
        assert not log.verify().failed


def test_messages_hide_the_password(server):
    with pytest.raises((EnvironmentFault, LogError)) as caught:
        open_log(
            f"postgresql+psycopg://owner:secret@{server.replace('127.0.0.1:', '127.0.0.1:1')[:11]}1/none"
        )
    assert "secret" not in str(caught.value)


def test_no_log_there(server):
    with pytest.raises(LogError, match="no log"):
        open_log(f"postgresql+psycopg://owner@{server}/postgres")


@pytest.mark.parametrize("url", ["postgresql://", "postgresql+psycopg://a b:c/d"])
def test_malformed_addresses(url):
    with pytest.raises((LogError, EnvironmentFault)):
        open_log(url)


EDITS = {
    "an entry": "UPDATE raudit_log.entry SET data = set_byte(data, 40, 65) WHERE idx = 1",
    "a hash": "UPDATE raudit_log.node SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1) WHERE idx = 1",
    "an entry removed": "DELETE FROM raudit_log.entry WHERE idx = 1",
    "a checkpoint's size": "UPDATE raudit_log.note SET size = size + 1",
    "the key it names": "UPDATE raudit_log.meta SET value = 'x+00000000+AAAA' WHERE key = 'vkey'",
}


@pytest.mark.parametrize("name", EDITS)
def test_what_the_owner_edited_is_neither_relied_on_nor_signed(addresses, key, name):
    import psycopg

    with open_log(addresses[1], key=key) as log:
        log.append([started("r0"), started("r1")], clock=NOW)
        log.checkpoint(NOW)
        assert attest_log(log).signed_size == 3
    with psycopg.connect(addresses[0].replace("+psycopg", "")) as connection:
        for table in ("entry", "node", "note", "meta"):
            connection.execute(f"ALTER TABLE raudit_log.{table} DISABLE TRIGGER append_only")
        connection.execute(EDITS[name])
    with open_log(addresses[1], key=key) as log:
        with pytest.raises(LogIntegrityError):
            attest_log(log)
        with pytest.raises(LogIntegrityError):
            log.checkpoint(NOW)
        assert log.verify(vkey=key.vkey).exit_status == 6


IGNORING = (
    "CREATE FUNCTION public.ignore() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
)
CHANGED = {
    "a trigger": f"{IGNORING}; CREATE TRIGGER more BEFORE INSERT ON raudit_log.entry "
    "FOR EACH ROW EXECUTE FUNCTION public.ignore()",
    "a rule": "CREATE RULE more AS ON INSERT TO raudit_log.note DO INSTEAD NOTHING",
    "a policy": "ALTER TABLE raudit_log.person ENABLE ROW LEVEL SECURITY",
    "a view": "ALTER TABLE raudit_log.meta RENAME TO old; "
    "CREATE VIEW raudit_log.meta AS SELECT * FROM raudit_log.old",
    "a type": "ALTER TABLE raudit_log.note ALTER COLUMN size TYPE text",
    "a table beside it": "CREATE TABLE raudit_log.more (a int)",
    "a table gone": "DROP TABLE raudit_log.person",
    "the lock on the head": "CREATE OR REPLACE FUNCTION raudit_log.lock_head() RETURNS void "
    "LANGUAGE sql AS 'SELECT 1'",
    "the refusal": f"{IGNORING}; CREATE OR REPLACE FUNCTION raudit_log.refuse() RETURNS trigger "
    "LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_schema_that_would_answer_otherwise_is_not_opened(addresses, name):
    import psycopg

    with psycopg.connect(addresses[0].replace("+psycopg", "")) as owner:
        owner.execute(CHANGED[name])
    with pytest.raises(LogIntegrityError, match="was changed, or something was put beside it"):
        open_log(addresses[0])


def test_notes_are_numbered_without_gaps_and_a_log_made_with_a_sequence_goes_on(addresses, key):
    import psycopg

    def numbers():
        with psycopg.connect(addresses[0].replace("+psycopg", "")) as owner:
            return [row[0] for row in owner.execute("SELECT seq FROM raudit_log.note ORDER BY seq")]

    with open_log(addresses[1], key=key) as log:
        for run in ("r1", "r2"):
            log.append([started(run)], clock=NOW)
            log.checkpoint(NOW)
    assert numbers() == [1, 2]
    with psycopg.connect(addresses[0].replace("+psycopg", "")) as owner:
        numbered = "ADD GENERATED ALWAYS AS IDENTITY (START WITH 40)"
        owner.execute(f"ALTER TABLE raudit_log.note ALTER seq {numbered}")
        owner.execute("ALTER TABLE raudit_log.note DISABLE TRIGGER append_only")
        owner.execute("UPDATE raudit_log.note SET seq = DEFAULT WHERE seq = 2")
    with open_log(addresses[1], key=key) as log:
        log.append([started("r3")], clock=NOW)
        log.checkpoint(NOW)
        assert not log.verify().failed
    assert numbers() == [1, 40, 41]
