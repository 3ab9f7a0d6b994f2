"""Edits of a log by somebody who holds no key, held against every command that relies on the log.

A table of edits times a table of commands; what is expected is status 6 of each, and where a store
alone cannot tell (a checkpoint deleted, an older copy put back), of those that hold the log's key.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from raudit.cli import main
from raudit.emit.keys import first_keys
from raudit.log import open_log
from raudit.log.tree import merkle
from raudit.signing import PemFiles, check_pdf, countersign, load_signer

from .conftest import CLOCK

Database = sqlite3.Connection
Edit = Callable[[Database], None]
LAST = "(SELECT max(idx) FROM entry)"
AT = "2026-11-20T08:10:00Z"


def call(*arguments: object) -> int:
    """Run a command in this process and return its status."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(str(ended.value.code))


def sql(*statements: str) -> Edit:
    def edit(db: Database) -> None:
        for statement in statements:
            db.execute(statement)

    return edit


def body(kind: str, change: Callable[[dict], object]) -> Edit:
    """Edit the last entry of a type as data, and write it back canonically."""

    def edit(db: Database) -> None:
        index, data = last_of(db, kind)
        entry = json.loads(data)
        change(entry)
        text = json.dumps(entry, separators=(",", ":"), sort_keys=True).encode()
        assert text != data
        db.execute("UPDATE entry SET data = ? WHERE idx = ?", (text, index))

    return edit


def raw(kind: str, change: Callable[[bytes], bytes]) -> Edit:
    def edit(db: Database) -> None:
        index, data = last_of(db, kind)
        assert change(data) != data
        db.execute("UPDATE entry SET data = ? WHERE idx = ?", (change(data), index))

    return edit


def last_of(db: Database, kind: str) -> tuple[int, bytes]:
    row: tuple[int, bytes] = db.execute(
        "SELECT idx, data FROM entry WHERE instr(data, ?) ORDER BY idx DESC LIMIT 1",
        (f'"type":"{kind}"'.encode(),),
    ).fetchone()
    return row


def rebuilt(*edits: Edit) -> Edit:
    """Do the edits and rebuild every stored hash, as an insider would."""

    def both(db: Database) -> None:
        for edit in edits:
            edit(db)
        tree = merkle.Frontier()
        rows = db.execute("SELECT data FROM entry ORDER BY idx").fetchall()
        nodes = [node for (data,) in rows for node in tree.push(merkle.leaf_hash(data))]
        db.execute("DELETE FROM node")
        db.executemany("INSERT INTO node VALUES (?, ?)", enumerate(nodes))

    return both


def rolled_back(count: int) -> Edit:
    """Put back an older copy: entries, hashes and checkpoints of then."""
    return rebuilt(
        sql(
            f"DELETE FROM entry WHERE idx > {LAST} - {count}",
            f"DELETE FROM note WHERE size > {LAST} + 1",
        )
    )


def zeroed(name: str) -> Callable[[dict], object]:
    return lambda entry: entry["body"].update({name: "0" * 64})


EDITS: dict[str, Edit] = {
    "the issued file's digest": body("report.issued", zeroed("pdf")),
    "the issued file's digest, rebuilt": rebuilt(body("report.issued", zeroed("pdf"))),
    "the issuer's certificate, rebuilt": rebuilt(body("report.issued", zeroed("certificate"))),
    "the counter-signed file's predecessor": body("report.countersigned", zeroed("previous")),
    "the data's digest, rebuilt": rebuilt(body("run.started", zeroed("data"))),
    "the seed": body("run.started", lambda e: e["body"].update(seed=8)),
    "the verdict, rebuilt": rebuilt(
        body("run.finished", lambda e: e["body"].update(exit_status=0))
    ),
    "a time": body("report.issued", lambda e: e.update(ts="2026-11-19T08:00:00.000000Z")),
    "an actor": body("baseline.approved", lambda e: e.update(actor="service:ci")),
    "an approval, rebuilt": rebuilt(body("baseline.approved", zeroed("approval"))),
    "an approval's type": raw("baseline.approved", lambda d: d.replace(b"approved", b"approveq")),
    "white space behind an entry": raw("report.issued", lambda d: d + b" "),
    "a line end behind an entry, rebuilt": rebuilt(raw("run.finished", lambda d: d + b"\n")),
    "the order of keys": raw(
        "run.started",
        lambda d: json.dumps(dict(reversed(json.loads(d).items())), separators=(",", ":")).encode(),
    ),
    "an empty entry": sql("UPDATE entry SET data = x'' WHERE idx = 2"),
    "bytes that are no text": sql("UPDATE entry SET data = x'ff00' WHERE idx = 2"),
    "a gap in the numbers": sql(f"UPDATE entry SET idx = idx + 5 WHERE idx = {LAST}"),
    "an entry before the first": sql("INSERT INTO entry SELECT -1, data FROM entry WHERE idx = 1"),
    "the last entry twice": sql(
        f"INSERT INTO entry SELECT {LAST} + 1, data FROM entry WHERE idx = {LAST}"
    ),
    "the first entry removed, rebuilt": rebuilt(sql("DELETE FROM entry WHERE idx = 0")),
    "the last entry removed": sql(f"DELETE FROM entry WHERE idx = {LAST}"),
    "two entries swapped, rebuilt": rebuilt(
        sql(
            "UPDATE entry SET idx = -2 WHERE idx = 2",
            "UPDATE entry SET idx = 2 WHERE idx = 3",
            "UPDATE entry SET idx = 3 WHERE idx = -2",
        )
    ),
    "a hash too many": sql("INSERT INTO node SELECT max(idx) + 1, zeroblob(32) FROM node"),
    "a short hash": sql("UPDATE node SET hash = x'00' WHERE idx = 1"),
    "all hashes removed": sql("DELETE FROM node"),
    "a checkpoint's size": sql("UPDATE note SET size = size - 1"),
    "a checkpoint's kind": sql("UPDATE note SET kind = 'x'"),
    "a checkpoint cut short": sql("UPDATE note SET note = substr(note, 1, length(note) - 10)"),
    "the order of checkpoints": sql("UPDATE note SET seq = -seq"),
    "an older checkpoint as the newest": sql(
        "INSERT INTO note SELECT (SELECT max(seq) + 1 FROM note), kind, size, note FROM note "
        "WHERE seq = 1"
    ),
    "the largest of all numbers": sql(
        f"UPDATE entry SET idx = 9223372036854775807 WHERE idx = {LAST}"
    ),
    "the first checkpoint removed": sql("DELETE FROM note WHERE seq = 1"),
    "the log's key removed": sql("DELETE FROM meta WHERE key = 'vkey'"),
    "the log's name": sql("UPDATE meta SET value = 'other' WHERE key = 'origin'"),
    "a word about the log": sql("INSERT INTO meta VALUES ('x', 'y')"),
    "the name behind a pseudonym": sql("UPDATE person SET value = 'Mallory'"),
    "the salt of a pseudonym": sql("UPDATE person SET salt = zeroblob(32)"),
}

DELETED: dict[str, Edit] = {
    "the last checkpoint": sql("DELETE FROM note WHERE seq = (SELECT max(seq) FROM note)"),
    "all checkpoints but the first": sql("DELETE FROM note WHERE seq > 1"),
    "the end, with its checkpoints": rolled_back(1),
}
"""What a store alone cannot tell: whoever holds the key, or a checkpoint from outside, can."""


@pytest.fixture(scope="module")
def whole(folder, issued, tmp_path_factory) -> Path:
    """An audit whose report is counter-signed and whose findings a baseline lets in, all logged."""
    place = tmp_path_factory.mktemp("matrix") / "audit"
    shutil.copytree(folder, place)
    first_keys(place / "dpo", name="Dora DPO", log_name="unused", clock=CLOCK)
    files = PemFiles(
        key=place / "dpo" / "raudit-signing.key", certificate=place / "dpo" / "raudit-signing.crt"
    )
    with load_signer(files) as signer:
        signed = countersign(
            issued.report.read_bytes(), signer, role="dpo", name="Dora", clock=CLOCK
        )
    (place / "signed.pdf").write_bytes(signed)
    let_in = ("--update-baseline", "--approver", "Olga", "--reason", "known at the launch")
    call(*check(place), *let_in)
    key = place / "keys" / "log-key.txt"
    assert call("log", "accept", place / "signed.pdf", "--log", place / "log.db", "--key", key) == 0
    (place / "outside.txt").write_text(newest(place))
    return place


def newest(place: Path) -> str:
    with open_log(place / "log.db") as log:
        return log.store.notes("signed")[-1].note


def check(place: Path) -> list[object]:
    paths = ("--config", place / "raudit.yaml", "--record", place / "out" / "record.json")
    return ["check", *paths, "--baseline", place / "baseline.json", "--clock", AT, "-q"]


def commands(place: Path, log: Path | str) -> dict[str, list[object]]:
    """Every command that relies on a log. The first three hold no key of it."""
    keys, signed = place / "keys", place / "signed.pdf"
    trusted = ("--trust", keys / "raudit-signing.crt", "--trust", place / "dpo/raudit-signing.crt")
    own = ("--key", keys / "raudit-signing.key", "--cert", keys / "raudit-signing.crt")
    key = keys / "log-key.txt"
    signing = ["sign", signed, "--role", "risk", *own, "-o", place / "o.pdf"]
    return {
        "verify": [
            "verify",
            "--no-remake",
            signed,
            *trusted,
            "--log-key",
            keys / "log-vkey.txt",
            "--log",
            log,
        ],
        "log verify": ["log", "verify", log, "--vkey", keys / "log-vkey.txt"],
        "log audit": ["log", "audit", log],
        "log show": ["log", "show", log],
        "sign": [*signing, "--log", log, "--log-key", key],
        "log checkpoint": ["log", "checkpoint", log, "--key", key],
        "log accept": ["log", "accept", signed, "--log", log, "--key", key],
        "baseline": check(place),
    }


KEYLESS = {"verify", "log verify", "log audit", "log show"}


def edited(whole: Path, place: Path, edit: Edit) -> Path:
    shutil.copytree(whole, place)
    with sqlite3.connect(place / "log.db") as db:
        triggers = db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        edit(db)
    db.close()
    return place


@pytest.fixture(scope="module")
def checked() -> dict:
    """Reports that were checked already."""
    return {}


@pytest.fixture
def quick(monkeypatch, checked):
    """Check the one report once for each set of certificates: it is the same file, the log alone differs.

    The time at which it is judged is not one of these tests' questions: no certificate here ends within years.
    """

    def check_once(pdf, *, trust=(), at=None, **_others):
        if (pdf, tuple(trust)) not in checked:
            checked[pdf, tuple(trust)] = check_pdf(pdf, trust=trust, at=at)
        return checked[pdf, tuple(trust)]

    monkeypatch.setattr("raudit.verify.check_pdf", check_once)
    monkeypatch.setattr("raudit.verify.accept.check_pdf", check_once)


def statuses(whole: Path, tmp_path: Path, edit: Edit) -> dict[str, int]:
    """Run every command on a fresh copy of the edited log, and check that none of them mends it."""
    found = {}
    edited(whole, tmp_path / "as edited", edit)
    for name in commands(tmp_path, ""):
        place = tmp_path / "copy"
        shutil.copytree(tmp_path / "as edited", place)
        found[name] = call(*commands(place, place / "log.db")[name])
        assert not (place / "o.pdf").exists() or found[name] == 0
        shutil.rmtree(place)
    return found


def test_the_log_as_it_is_passes(whole, tmp_path, quick):
    found = statuses(whole, tmp_path, lambda db: None)
    assert found.pop("baseline") in {0, 3}
    assert set(found.values()) == {0}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if place % 3 == 0 else pytest.mark.slow)
        for place, name in enumerate(EDITS)
    ],
)
def test_every_command_notices_every_edit(whole, tmp_path, quick, name):
    found = statuses(whole, tmp_path, EDITS[name])
    assert found == dict.fromkeys(found, 6)


@pytest.mark.parametrize("name", DELETED)
def test_what_was_deleted_is_noticed_by_whoever_holds_the_key_or_a_checkpoint(
    whole, tmp_path, quick, name
):
    found = statuses(whole, tmp_path, DELETED[name])
    assert {command for command, status in found.items() if status != 6} <= KEYLESS
    log, outside = tmp_path / "as edited" / "log.db", whole / "outside.txt"
    assert call("log", "verify", log, "--checkpoint", outside) == 6
    signed, keys = whole / "signed.pdf", whole / "keys"
    given = ("--log-key", keys / "log-vkey.txt", "--checkpoint", outside)
    assert call("verify", signed, "--log", log, *given) == 6


def test_entries_that_no_checkpoint_covers_are_counted_aloud(whole, tmp_path, quick, capsys):
    place = edited(whole, tmp_path / "copy", DELETED["all checkpoints but the first"])
    listed = commands(place, place / "log.db")
    for name, words in (
        ("log verify", "entries lie beyond it, signed by nobody"),
        ("verify", "lie beyond the last signed checkpoint"),
    ):
        call(*listed[name])
        assert words in capsys.readouterr().out


EXPORTED = {
    "a bundle of entries": ("tile/entries/000.p/*", 40),
    "the length of an entry": ("tile/entries/000.p/*", 0),
    "a tile of hashes": ("tile/0/000.p/*", 40),
    "the checkpoint's size": ("checkpoint", 9),
    "the checkpoint's root": ("checkpoint", 14),
    "the checkpoint's signature": ("checkpoint", -8),
    "the checkpoint's name": ("checkpoint", 0),
}


@pytest.mark.parametrize("name", EXPORTED)
def test_every_command_that_reads_an_export_notices_every_edit(whole, tmp_path, quick, name):
    export = tmp_path / "export"
    assert call("log", "export", whole / "log.db", export) == 0
    pattern, place = EXPORTED[name]
    (path,) = export.glob(pattern)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    listed = commands(whole, export)
    found = {command: call(*listed[command]) for command in KEYLESS - {"log show"}}
    assert found == dict.fromkeys(found, 6)
    vkey = whole / "keys" / "log-vkey.txt"
    assert call("log", "import", export, tmp_path / "new.db", "--vkey", vkey) == 6
