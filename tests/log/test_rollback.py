"""The rollback matrix: what someone with full access to the store can do, and what gives it away.

Each attack is tried twice: without anything from outside, to show what cannot be noticed then, and with a checkpoint
that a report or a witness holds, where every attack must be noticed.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from raudit.errors import LogIntegrityError
from raudit.log import LogKey, open_log
from raudit.log.tree import merkle
from raudit.log.tree.checkpoint import Checkpoint, sign_checkpoint
from raudit.log.witness import witness

from .conftest import NOW, started

FORGED = b'{"forged":true}'


@pytest.fixture
def scene(tmp_path, key):
    """A log with two checkpoints; a report holds the second, and a backup was taken at the first."""
    path = tmp_path / "log.db"
    with open_log(path, key=key, create=True) as log:
        log.append([started(f"r{i}") for i in range(20)], clock=NOW)
        log.checkpoint(NOW)
    shutil.copy(path, tmp_path / "backup.db")
    with open_log(path, key=key) as log:
        log.append([started(f"s{i}") for i in range(17)], clock=NOW)
        held = log.checkpoint(NOW)
    return path, held, tmp_path / "backup.db"


def edit(path, *statements):
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for table in ("entry", "node", "note", "meta"):
            db.execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
            db.execute(f"DROP TRIGGER IF EXISTS {table}_no_delete")
        for statement in statements:
            db.execute(*statement)


def rebuild(path, key, entries):
    """What an insider with the key does: write other entries, all hashes, and a fresh checkpoint that fits."""
    tree = merkle.Frontier()
    nodes = [node for data in entries for node in tree.push(merkle.leaf_hash(data))]
    note = sign_checkpoint(Checkpoint(origin=key.name, size=tree.size, root=tree.root()), key)
    edit(path, ("DELETE FROM entry",), ("DELETE FROM node",), ("DELETE FROM note",))
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany("INSERT INTO entry VALUES (?, ?)", enumerate(entries))
        db.executemany("INSERT INTO node VALUES (?, ?)", enumerate(nodes))
        db.execute("INSERT INTO note (kind, size, note) VALUES ('signed', ?, ?)", (tree.size, note))


def entries_of(path):
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute("SELECT data FROM entry ORDER BY idx")]


def edited_entry(path, held, backup, key):
    edit(path, ("UPDATE entry SET data = ? WHERE idx = 11", (FORGED,)))


def edited_and_rebuilt(path, held, backup, key):
    entries = entries_of(path)
    entries[11] = entries[11].replace(b'"seed":7', b'"seed":8')
    rebuild(path, key, entries)


def truncated(path, held, backup, key):
    rebuild(path, key, entries_of(path)[:25])


def backup_restored(path, held, backup, key):
    shutil.copy(backup, path)


def backup_restored_then_appended(path, held, backup, key):
    shutil.copy(backup, path)
    with open_log(path) as log:
        log.append([started(f"t{i}") for i in range(30)], clock=NOW)


def swapped_key(path, held, backup, key):
    own = LogKey(name=key.name, seed=bytes(32))
    entries = [data.replace(key.vkey.encode(), own.vkey.encode()) for data in entries_of(path)]
    rebuild(path, own, entries)
    edit(path, ("UPDATE meta SET value = ? WHERE key = 'vkey'", (own.vkey,)))


def split_view(path, held, backup, key):
    """The report's reader was shown one history; this store shows another of the same length."""
    entries = entries_of(path)
    rebuild(
        path,
        key,
        [*entries[:21], *(data.replace(b'"run":"s', b'"run":"z') for data in entries[21:])],
    )


ATTACKS = [
    (edited_entry, True),
    (edited_and_rebuilt, False),
    (truncated, False),
    (backup_restored, False),
    (backup_restored_then_appended, False),
    (swapped_key, False),
    (split_view, False),
]
"""Each attack, and whether the store gives it away by itself."""
EACH = pytest.mark.parametrize(
    ("attack", "by_itself"), ATTACKS, ids=[attack.__name__ for attack, _ in ATTACKS]
)


@EACH
def test_with_a_checkpoint_from_a_report_every_attack_is_noticed(scene, key, attack, by_itself):
    path, held, backup = scene
    with open_log(path) as log:
        assert not log.verify([held], vkey=key.vkey).failed
    attack(path, held, backup, key)
    with open_log(path) as log:
        report = log.verify([held], vkey=key.vkey)
        assert report.failed
        assert report.exit_status == 6


@EACH
def test_with_a_checkpoint_from_a_witness_every_attack_is_noticed(
    scene, key, make_key, tmp_path, attack, by_itself
):
    path, held, backup = scene
    other, state = make_key("witness.example", "witness.key"), tmp_path / "witness.state"
    with open_log(path) as log:
        witness(log, state, other, vkey=key.vkey, clock=NOW, first=True)
    attack(path, held, backup, key)
    cosigned = state.read_text()
    with open_log(path) as log:
        assert log.verify([cosigned], vkey=key.vkey, witnesses=[other.cosigner.vkey]).failed
        if (
            attack is not edited_entry
        ):  # whose stored hashes are as they were: the tree is, the entry is not
            with pytest.raises(LogIntegrityError):
                witness(log, state, other, vkey=key.vkey, clock=NOW)
    assert state.read_text() == cosigned


@EACH
def test_without_a_checkpoint_from_outside_only_careless_attacks_are_noticed(
    scene, key, attack, by_itself
):
    """Written down plainly: whoever has the store and the key can rebuild everything that is inside the store."""
    path, held, backup = scene
    attack(path, held, backup, key)
    with open_log(path) as log:
        report = log.verify()
    assert report.failed == by_itself
    if not by_itself:
        assert "compared with nothing from outside" in report.verdict


@EACH
def test_the_key_remembers_and_does_not_sign_a_log_that_lost_or_changed_anything(
    scene, key, attack, by_itself
):
    path, held, backup = scene
    attack(path, held, backup, key)
    if attack in {edited_entry, swapped_key}:
        return  # the first leaves the tree as signed (verify finds it); the second does not use this key
    with (
        open_log(path, key=key) as log,
        pytest.raises(LogIntegrityError, match=r"shorter than|differs from"),
    ):
        log.checkpoint(NOW)


def test_a_store_shorter_than_a_witnessed_size_is_never_signed(scene, key, tmp_path):
    """Even if the key's memory was rolled back together with the store."""
    path, held, backup = scene
    shutil.copy(backup, path)
    key.memory.unlink()
    with open_log(path, key=key) as log:
        with pytest.raises(LogIntegrityError, match="shorter than"):
            log.checkpoint(NOW, witnessed=[held])
        log.append([started(f"t{i}") for i in range(30)], clock=NOW)
        with pytest.raises(LogIntegrityError, match="differs from"):
            log.checkpoint(NOW, witnessed=[held])


def test_an_accepted_witness_is_remembered_in_the_store(scene, key, make_key, tmp_path):
    path = scene[0]
    other, state = make_key("witness.example", "witness.key"), tmp_path / "state"
    with open_log(path, key=key) as log:
        witness(log, state, other, vkey=key.vkey, clock=NOW, first=True)
        log.accept_witness(state.read_text(), other.cosigner.vkey, actor="service:ci", clock=NOW)
        event = list(log.find(type="checkpoint.witnessed"))
        assert [entry.index for entry in event] == [38]
        report = log.verify(vkey=key.vkey, witnesses=[other.cosigner.vkey])
        assert any("cosigned by witness.example" in step.detail for step in report.steps)
    key.memory.unlink()
    truncated_entries = entries_of(path)[:30]
    kept = [row for row in notes(path) if row[0] == "witnessed"]
    rebuild(path, key, truncated_entries)
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany("INSERT INTO note (kind, size, note) VALUES (?, ?, ?)", kept)
    with (
        open_log(path, key=key) as log,
        pytest.raises(LogIntegrityError, match="shorter than a witnessed"),
    ):
        log.checkpoint(NOW)


def notes(path):
    with closing(sqlite3.connect(path)) as db:
        return list(db.execute("SELECT kind, size, note FROM note"))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entry WHERE idx = 5",
        "DELETE FROM entry WHERE idx = 37",
        "DELETE FROM node WHERE idx = 9",
        "UPDATE node SET hash = zeroblob(32) WHERE idx = 9",
        "UPDATE node SET hash = zeroblob(32) WHERE idx = 0",
        "INSERT INTO node VALUES (4000, zeroblob(32))",
        "UPDATE note SET size = 3, note = replace(note, 'example.org/log', 'example.org/lag')",
    ],
)
def test_damage_inside_is_named(scene, key, statement):
    path, held, _ = scene
    edit(path, (statement,))
    with open_log(path) as log:
        report = log.verify([held], vkey=key.vkey)
    assert report.failed


def test_verification_names_the_edited_entry(scene, key):
    path, held, backup = scene
    edited_entry(path, held, backup, key)
    with open_log(path) as log:
        step = log.verify().steps[0]
    assert (step.status, step.detail.split(";")[0]) == (
        "failed",
        "entry 11 does not match its stored hash",
    )


def test_rows_cannot_be_changed_by_accident(scene):
    path, _, _ = scene
    with closing(sqlite3.connect(path)) as db:
        for statement in (
            "UPDATE entry SET data = x'00'",
            "DELETE FROM node",
            "DELETE FROM note",
            "DELETE FROM meta",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(statement)
