"""Edits of a log by somebody who can write the store and has no key: whatever relies on the log notices each."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from raudit.emit.judging import approvals_in
from raudit.emit.reports import supersede, withdraw
from raudit.errors import IntegrityError, LogError, LogIntegrityError
from raudit.log import (
    Event,
    EventType,
    Log,
    attest_log,
    create_log_key,
    load_log_key,
    open_log,
    verify_proof,
)
from raudit.log.exchange import Difference, compare, compare_checkpoint, export_log
from raudit.log.tree import merkle

from .conftest import NOW, A, B, started

Database = sqlite3.Connection


def entry_of(db: Database, kind: str) -> tuple[int, bytes]:
    return db.execute(
        "SELECT idx, data FROM entry WHERE instr(data, ?)", (f'"type":"{kind}"'.encode(),)
    ).fetchone()


def replace_in(kind: str, old: bytes, new: bytes) -> Callable[[Database], None]:
    def edit(db: Database) -> None:
        index, data = entry_of(db, kind)
        assert old in data
        db.execute("UPDATE entry SET data = ? WHERE idx = ?", (data.replace(old, new, 1), index))

    return edit


def rehash(db: Database) -> None:
    """Rebuild every stored hash, as an insider would."""
    tree = merkle.Frontier()
    rows = db.execute("SELECT data FROM entry ORDER BY idx").fetchall()
    nodes = [node for (data,) in rows for node in tree.push(merkle.leaf_hash(data))]
    db.execute("DELETE FROM node")
    db.executemany("INSERT INTO node VALUES (?, ?)", enumerate(nodes))


def rebuilt(edit: Callable[[Database], None]) -> Callable[[Database], None]:
    def both(db: Database) -> None:
        edit(db)
        rehash(db)

    return both


def swapped(db: Database) -> None:
    (one,), (two,) = (
        db.execute("SELECT data FROM entry WHERE idx = ?", (i,)).fetchone() for i in (1, 2)
    )
    db.execute("UPDATE entry SET data = ? WHERE idx = 1", (two,))
    db.execute("UPDATE entry SET data = ? WHERE idx = 2", (one,))


def inserted(db: Database) -> None:
    count = db.execute("SELECT count(*) FROM entry").fetchone()[0]
    data = db.execute("SELECT data FROM entry WHERE idx = 1").fetchone()[0]
    for index in range(count - 1, 0, -1):
        db.execute("UPDATE entry SET idx = ? WHERE idx = ?", (index + 1, index))
    db.execute("INSERT INTO entry VALUES (1, ?)", (data,))


def statement(sql: str) -> Callable[[Database], None]:
    def edit(db: Database) -> None:
        db.execute(sql)

    return edit


def other_key(db: Database) -> None:
    from raudit.log import LogKey

    db.execute(
        "UPDATE meta SET value = ? WHERE key = 'vkey'",
        (LogKey(name="example.org/log", seed=b"x" * 32).vkey,),
    )


def opened_with_no_key(db: Database) -> None:
    index, data = entry_of(db, "log.opened")
    entry = json.loads(data)
    entry["body"]["vkey"] = "x"
    text = json.dumps(entry, separators=(",", ":"), sort_keys=True).encode()
    db.execute("UPDATE entry SET data = ? WHERE idx = ?", (text, index))


def signed_elsewhere(db: Database) -> None:
    """A checkpoint over the edited log, by a key of the attacker's under the log's name."""
    from raudit.log import LogKey
    from raudit.log.tree.checkpoint import Checkpoint, sign_checkpoint

    replace_in("report.issued", A.encode(), b"c" * 64)(db)
    rehash(db)
    tree = merkle.Frontier()
    for (data,) in db.execute("SELECT data FROM entry ORDER BY idx").fetchall():
        tree.push(merkle.leaf_hash(data))
    own = Checkpoint(origin="example.org/log", size=tree.size, root=tree.root())
    text = sign_checkpoint(own, LogKey(name="example.org/log", seed=b"x" * 32))
    db.execute("UPDATE note SET note = ?", (text,))


EDITS: dict[str, Callable[[Database], None]] = {
    "digest of an issued report": replace_in("report.issued", A.encode(), b"c" * 64),
    "certificate of an issued report": replace_in("report.issued", B.encode(), b"c" * 64),
    "previous of a counter-signature": replace_in("report.countersigned", A.encode(), b"0" * 64),
    "an approval": replace_in("baseline.approved", A.encode(), b"d" * 64),
    "an approval taken out by its type": replace_in(
        "baseline.approved", b"baseline.approved", b"baseline.approveq"
    ),
    "data digest of a run": replace_in("run.started", A.encode(), b"e" * 64),
    "the opening entry": replace_in("log.opened", b"example.org/log", b"example.org/lug"),
    "a digest, tree rebuilt": rebuilt(replace_in("report.issued", A.encode(), b"c" * 64)),
    "an approval, tree rebuilt": rebuilt(replace_in("baseline.approved", A.encode(), b"d" * 64)),
    "the key that the log opens with, tree rebuilt": rebuilt(opened_with_no_key),
    "two entries swapped": swapped,
    "two entries swapped, tree rebuilt": rebuilt(swapped),
    "an entry put in": inserted,
    "an entry put in, tree rebuilt": rebuilt(inserted),
    "an entry removed": statement("DELETE FROM entry WHERE idx = 2"),
    "the last entry removed": statement(
        "DELETE FROM entry WHERE idx = (SELECT max(idx) FROM entry)"
    ),
    "the last entry removed, tree rebuilt": rebuilt(
        statement("DELETE FROM entry WHERE idx = (SELECT max(idx) FROM entry)")
    ),
    "a leaf's hash": statement("UPDATE node SET hash = zeroblob(32) WHERE idx = 0"),
    "an inner hash": statement("UPDATE node SET hash = zeroblob(32) WHERE idx = 2"),
    "a hash removed": statement("DELETE FROM node WHERE idx = 2"),
    "the key it names": other_key,
    "the name it has": statement(
        "UPDATE meta SET value = 'example.org/other' WHERE key = 'origin'"
    ),
    "a checkpoint's size": statement("UPDATE note SET size = size + 1"),
    "a checkpoint's text": statement(
        "UPDATE note SET note = replace(note, 'example.org/log', 'example.org/lug')"
    ),
    "a checkpoint of the attacker's": signed_elsewhere,
}


def fill(log: Log) -> None:
    issued = {"pdf": A, "record": A, "certificate": B}
    signed = {"pdf": B, "previous": A, "certificate": B}
    approved = {"approval": A, "baseline": B, "added": 1, "record": A, "by": "owner@example.org"}
    log.append(
        [
            started("r1"),
            Event(type="report.issued", run="r1", actor="service:ci", body=issued),
            Event(type="report.countersigned", run="r1", actor="dpo@example.org", body=signed),
            Event(type="baseline.approved", actor="owner@example.org", body=approved),
        ],
        clock=NOW,
    )
    log.checkpoint(NOW)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    key = create_log_key(folder / "log.key", "example.org/log", seed=b"s" * 32)
    with open_log(folder / "log.db", key=key, create=True) as log:
        fill(log)
        export_log(log, folder / "export", log.checkpoint(NOW))
    return folder


def edited(whole: Path, tmp_path: Path, edit: Callable[[Database], None]) -> Path:
    shutil.copytree(whole, tmp_path / "copy")
    path = tmp_path / "copy" / "log.db"
    with sqlite3.connect(path) as db:
        for (name,) in db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        edit(db)
    db.close()
    return path


def with_key(path: Path) -> Log:
    return open_log(path, key=load_log_key(path.parent / "log.key"))


@pytest.mark.parametrize("name", EDITS)
def test_no_reader_relies_on_an_edited_log(whole, tmp_path, name):
    path = edited(whole, tmp_path, EDITS[name])
    vkey = load_log_key(path.parent / "log.key").vkey
    with pytest.raises(LogIntegrityError), open_log(path) as log:
        attest_log(log, vkey=vkey, types=[EventType.REPORT_ISSUED])
    with open_log(path) as log:
        assert log.verify(vkey=vkey).exit_status == 6


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_log_is_not_signed_and_grants_nothing(whole, tmp_path, name):
    path = edited(whole, tmp_path, EDITS[name])
    with pytest.raises(IntegrityError) as refused, with_key(path) as log:
        log.checkpoint(NOW)
    assert refused.value.exit_status == 6
    with pytest.raises(LogIntegrityError), with_key(path) as log:
        approvals_in(log)
    with pytest.raises(LogIntegrityError), with_key(path) as log:
        withdraw(log, A, reason="wrong-data", actor="service:ci", clock=NOW)
    with pytest.raises(LogIntegrityError), with_key(path) as log:
        supersede(log, A, B, actor="service:ci", clock=NOW)


BESIDE_THE_TREE = {"the key it names", "a checkpoint's size", "a checkpoint's text"}
"""Edits of neither an entry nor a hash: what is told of the tree alone stays true."""


def told(how: Callable[..., Difference], *given: object) -> str:
    try:
        return how(*given).relation
    except (LogError, LogIntegrityError):
        return "refused"


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_log_is_not_the_same_log_and_proves_nothing_of_what_was_edited(
    whole, tmp_path, name
):
    path = edited(whole, tmp_path, EDITS[name])
    with open_log(path) as log, open_log(whole / "log.db") as first:
        checkpoint = first.store.notes("signed")[-1].note
        for one, two in ((log, first), (first, log)):
            assert (told(compare, one.store, two.store) == "same") is (name in BESIDE_THE_TREE)
        known = told(compare_checkpoint, log.store, checkpoint)
        assert (known == "same") is (name in BESIDE_THE_TREE)
        for index in range(first.size):
            try:
                proof = log.prove(index, checkpoint)
            except (LogError, LogIntegrityError):
                continue
            assert log.store.entry(index) == first.store.entry(index)
            verify_proof(proof, log.store.entry(index), first.vkey)


def test_checkpoints_that_were_removed_leave_nothing_to_rely_on(whole, tmp_path):
    path = edited(whole, tmp_path, statement("DELETE FROM note"))
    with open_log(path) as log:
        bare = attest_log(
            log, vkey=load_log_key(whole / "log.key").vkey, types=[EventType.REPORT_ISSUED]
        )
        assert (bare.of(EventType.REPORT_ISSUED), len(bare.beyond(EventType.REPORT_ISSUED))) == (
            (),
            1,
        )
        assert bare.describe_beyond == "5 entries lie beyond the last signed checkpoint (size 0)"
    with (
        with_key(path) as log,  # the key remembers what it signed
        pytest.raises(LogIntegrityError, match="lost a checkpoint that the log has signed"),
    ):
        attest_log(log)


@pytest.mark.parametrize("killed", ["before the store kept it", "after"])
def test_a_command_killed_while_it_signs_is_no_deletion(whole, tmp_path, monkeypatch, killed):
    from raudit.log import journal

    def die(*_args):
        raise KeyboardInterrupt

    path = edited(whole, tmp_path, lambda db: None)
    with with_key(path) as log, monkeypatch.context() as patch:
        log.append([started("r2")], clock=NOW)
        promise = journal.promise
        if killed == "after":
            patch.setattr(journal, "remember", die)
        else:
            patch.setattr(journal, "promise", lambda *args: (promise(*args), die()))
        with pytest.raises(KeyboardInterrupt):
            log.checkpoint(NOW)
    promised = path.with_name("log.key.signed.promised").read_text()
    assert promised.split("\n")[1] == "6"  # else nobody could tell this from a deletion
    with with_key(path) as log:
        log.checkpoint(NOW)
        assert attest_log(log).signed_size == 6
    assert not path.with_name("log.key.signed.promised").exists()


def test_a_deleted_last_checkpoint_is_healed_by_a_recovery_that_the_log_tells(whole, tmp_path):
    from raudit.log import open_store
    from raudit.log.exchange import import_log

    path = edited(whole, tmp_path, statement("DELETE FROM note"))
    remembered = (path.parent / "log.key.signed").read_text()
    key = load_log_key(path.parent / "log.key")
    with open_log(path) as log:
        export_log(log, tmp_path / "rescue", remembered)
    store = open_store(tmp_path / "new.db", create=True)
    import_log(
        tmp_path / "rescue", store, vkey=key.vkey, recover=key, actor="service:ci", clock=NOW
    )
    store.close()
    with open_log(tmp_path / "new.db", key=key) as log:
        assert attest_log(log).signed_size == 5
        assert [entry.index for entry in log.find(type="recovery.performed")] == [5]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE person SET value = 'mallory@example.org'",
        "UPDATE person SET salt = zeroblob(32)",
        "UPDATE person SET salt = x'00'",
        "UPDATE note SET kind = 'unsigned'",
        "UPDATE note SET seq = seq + 1",
        "INSERT INTO person VALUES ('salted:00', zeroblob(32), 'mallory@example.org')",
    ],
)
def test_names_and_notes_beside_the_tree_are_checked_too(whole, tmp_path, sql):
    path = edited(whole, tmp_path, statement(sql))
    with open_log(path) as log:
        assert log.verify().exit_status == 6
        with pytest.raises(LogIntegrityError):
            attest_log(log)


def test_an_entry_appended_without_the_key_counts_for_nothing(whole, tmp_path):
    def forge(db: Database) -> None:
        _, data = entry_of(db, "baseline.approved")
        db.execute("INSERT INTO entry VALUES (5, ?)", (data.replace(A.encode(), b"f" * 64),))
        rehash(db)

    path = edited(whole, tmp_path, forge)
    with with_key(path) as log:
        assert approvals_in(log) == frozenset({A})


FILES = {
    "a bundle of entries": ("tile/entries/000.p/5", 40),
    "a tile of hashes": ("tile/0/000.p/5", 40),
    "the checkpoint's root": ("checkpoint", 22),
    "the checkpoint's signature": ("checkpoint", -8),
}


@pytest.mark.parametrize("name", FILES)
def test_an_edited_export_is_not_relied_on(whole, tmp_path, name):
    shutil.copytree(whole / "export", tmp_path / "export")
    file, place = FILES[name]
    data = bytearray((tmp_path / "export" / file).read_bytes())
    data[place] = ord("A") if data[place] != ord("A") else ord("B")
    (tmp_path / "export" / file).write_bytes(data)
    with pytest.raises(LogIntegrityError), open_log(tmp_path / "export") as log:
        attest_log(log, vkey=load_log_key(whole / "log.key").vkey, types=[EventType.REPORT_ISSUED])


def test_a_log_of_another_key_is_not_relied_on(whole, tmp_path):
    stranger = create_log_key(tmp_path / "other.key", "example.org/log", seed=b"o" * 32)
    with (
        open_log(whole / "log.db") as log,
        pytest.raises(LogIntegrityError, match="not signed by the key"),
    ):
        attest_log(log, vkey=stranger.vkey)


def test_a_retired_key_may_sign_its_own_size_and_no_further(tmp_path):
    from raudit.log.rotation import open_spanned, spans_of
    from raudit.log.tree.checkpoint import Checkpoint, sign_checkpoint

    old = create_log_key(tmp_path / "old.key", "example.org/log", seed=b"1" * 32)
    new = create_log_key(tmp_path / "new.key", "example.org/log", seed=b"2" * 32)
    with open_log(tmp_path / "log.db", key=old, create=True) as log:
        log.append([started()], clock=NOW)
        log.rotate(new, actor="service:ci", clock=NOW)
        log.append([started("r2")], clock=NOW)
        keys = spans_of(log)
        retired_at = next(log.find(type="key.rotated")).index
        for size, allowed in ((retired_at, True), (retired_at + 1, False), (retired_at + 2, False)):
            root = merkle.root_at(size, log.store.node)
            text = sign_checkpoint(Checkpoint(origin=log.origin, size=size, root=root), old)
            if allowed:
                assert open_spanned(text, keys).size == size
            else:
                with pytest.raises(LogIntegrityError, match="not the log's at that size"):
                    open_spanned(text, keys)
                with pytest.raises(LogIntegrityError, match="not the log's at that size"):
                    attest_log(log, checkpoints=[text])


def test_an_empty_log_has_the_key_that_its_store_names(tmp_path):
    from raudit.log.rotation import keys_of, spans_of

    key = create_log_key(tmp_path / "log.key", "example.org/log", seed=b"1" * 32)
    with open_log(tmp_path / "log.db", key=key, create=True) as log:
        assert attest_log(log).size == 0
        assert keys_of(log) == (key.verifier,)
        (span,) = spans_of(log)
        assert (span.first_size, span.last_size) == (0, None)


def test_a_rotation_to_a_key_of_another_name_is_refused_though_both_signed_it(tmp_path):
    from raudit.log import LogKey
    from raudit.log.rotation import rotation_event, spans

    old = create_log_key(tmp_path / "old.key", "example.org/log", seed=b"1" * 32)
    other = LogKey(name="example.org/other", seed=b"2" * 32)
    with open_log(tmp_path / "log.db", key=old, create=True) as log:
        log._append((rotation_event(old, other, actor="service:ci"),), NOW)
        with pytest.raises(LogIntegrityError, match="not signed by both keys"):
            spans(list(log.entries()))


def test_a_key_whose_folder_cannot_be_written_promises_and_signs_nothing(tmp_path, monkeypatch):
    from raudit.errors import EnvironmentFault
    from raudit.log.stores import memory

    def full(path, text):
        raise OSError(28, "No space left on device")

    key = create_log_key(tmp_path / "log.key", "example.org/log", seed=b"1" * 32)
    with open_log(tmp_path / "log.db", key=key, create=True) as log:
        log.append([started()], clock=NOW)
        monkeypatch.setattr(memory, "write_whole", full)
        with pytest.raises(EnvironmentFault, match="cannot be remembered") as refused:
            log.checkpoint(NOW)
        assert refused.value.where == str(tmp_path / "log.key.signed")
        assert log.store.notes("signed") == []


@pytest.mark.parametrize("size", [1023, 1024, 1025, 2048, 3000])
def test_recomputing_in_blocks_gives_the_tree_of_entry_by_entry(size):
    from raudit.log.recompute import recompute

    entries = [str(number).encode() for number in range(size)]
    tree = merkle.Frontier()
    nodes = [node for data in entries for node in tree.push(merkle.leaf_hash(data))]
    assert recompute(iter(entries), iter(nodes)) == tree.root()
    for place in (0, 700, size - 1, len(nodes) - 1):
        wrong = [*nodes[:place], bytes(32), *nodes[place + 1 :]]
        with pytest.raises(LogIntegrityError, match="does not match its stored hash"):
            recompute(iter(entries), iter(wrong))
    for index in (0, 1023 if size > 1023 else 5, size - 1):
        edited_ones = [*entries[:index], b"edited", *entries[index + 1 :]]
        with pytest.raises(LogIntegrityError, match=f"entry {index} does not match"):
            recompute(iter(edited_ones), iter(nodes))
