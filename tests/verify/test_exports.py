"""An exported log in a stranger's hands: whatever is done to it, verifier, gate and the log's own command refuse it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.command_line import raudit
from tests.verify.conftest import NOW, Sealed

from raudit.log import Event, create_log_key
from raudit.record import record_bytes

CHECKPOINT, ENTRIES, HASHES = "checkpoint", "tile/entries/000.p/4", "tile/0/000.p/4"


@pytest.fixture(scope="module")
def exported(sealed: Sealed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the report, its record, the certificate, the verifier key and an export of the log."""
    desk = tmp_path_factory.mktemp("exported")
    done = raudit("log", "export", str(sealed.log), str(desk / "export"))
    assert done.returncode == 0, done.stderr
    (desk / "report.pdf").write_bytes(sealed.pdf)
    (desk / "record.json").write_bytes(record_bytes(sealed.record))
    (desk / "issuer.crt").write_bytes(sealed.trust)
    (desk / "vkey.txt").write_text(sealed.vkey)
    return desk


def bits(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def attack(export: Path) -> None:
        path = export / name
        path.chmod(0o644)
        path.write_bytes(change(path.read_bytes()))

    return attack


def gone(name: str) -> Callable[[Path], None]:
    return lambda export: (export / name).unlink()


def a_folder(export: Path) -> None:
    (export / ENTRIES).unlink()
    (export / ENTRIES).mkdir()


def a_link_without_end(export: Path) -> None:
    (export / ENTRIES).unlink()
    (export / ENTRIES).symlink_to("/dev/zero")


def a_pipe(export: Path) -> None:
    (export / HASHES).unlink()
    os.mkfifo(export / HASHES)


def signed_by_another(export: Path) -> None:
    path = export / CHECKPOINT
    other = create_log_key(export.parent / "other.key", "example.org/log", seed=b"o" * 32)
    text = path.read_text().split("\n\n")[0] + "\n"
    path.write_text(text + "\n" + other.sign(text) + "\n")


def without_the_first(data: bytes) -> bytes:
    """Entries in another order: the first to the end."""
    size = int.from_bytes(data[:2], "big") + 2
    return data[size:] + data[:size]


EDITS: dict[str, Callable[[Path], None]] = {
    "an entry with another letter": bits(ENTRIES, lambda d: d.replace(b"issued", b"issuee", 1)),
    "entries in another order": bits(ENTRIES, without_the_first),
    "bytes behind the entries": bits(ENTRIES, lambda d: d + b"\0"),
    "an empty entry more": bits(ENTRIES, lambda d: d + b"\0\0"),
    "entries that end early": bits(ENTRIES, lambda d: d[:-1]),
    "no entries": gone(ENTRIES),
    "entries that are a folder": a_folder,
    "entries without end": a_link_without_end,
    "another hash": bits(HASHES, lambda d: bytes([d[0] ^ 1]) + d[1:]),
    "a hash more": bits(HASHES, lambda d: d + d[:32]),
    "half a hash": bits(HASHES, lambda d: d[:-16]),
    "hashes that are a pipe": a_pipe,
    "a checkpoint of more": bits(CHECKPOINT, lambda d: d.replace(b"\n4\n", b"\n5\n")),
    "a checkpoint of another log": bits(CHECKPOINT, lambda d: b"x" + d),
    "a checkpoint with one line more": bits(CHECKPOINT, lambda d: d.replace(b"\n\n", b"\nx\n\n")),
    "a checkpoint with Windows' line ends": bits(CHECKPOINT, lambda d: d.replace(b"\n", b"\r\n")),
    "a checkpoint by another key": signed_by_another,
    "an empty checkpoint": bits(CHECKPOINT, lambda _: b""),
    "no checkpoint": gone(CHECKPOINT),
}
MISSING = {"no checkpoint": 2}
"""What is no log at all is wrong usage, and no log that was edited."""


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_export_is_refused_by_whoever_reads_it(exported: Path, tmp_path: Path, name: str):
    desk = Path(shutil.copytree(exported, tmp_path / "desk"))
    EDITS[name](desk / "export")
    vkey = (desk / "vkey.txt").read_text()
    verify = ["verify", "report.pdf", "--trust", "issuer.crt", "--log-key", vkey, "--no-remake"]
    check = ["check", "--record", "record.json", "-q", "--log-key", "vkey.txt"]
    for words in (
        [*verify, "--log", "export"],
        [*check, "--log", "export"],
        ["log", "verify", "export", "--vkey", vkey],
    ):
        done = raudit(*words, cwd=desk)
        assert done.returncode == MISSING.get(name, 6), (words[0], done.stdout, done.stderr)


def test_a_genuine_export_is_believed_and_an_older_one_only_by_who_knows_no_later_one(
    exported: Path, copy: Sealed, tmp_path: Path
):
    with copy.opened() as log:
        log.append(
            [Event(type="run.aborted", run="r", actor="service:x", body={"reason": "x"})], clock=NOW
        )
        newest = log.checkpoint(NOW)
    (exported / "newest.txt").write_text(newest)
    check = ["check", "--record", "record.json", "--log", "export", "--log-key", "vkey.txt"]
    done = raudit(*check, cwd=exported)
    assert done.returncode == 5  # the record holds nothing that was evaluated
    assert "covers 4 of its 4 entries" in done.stderr
    older = raudit(*check, "--checkpoint", "newest.txt", cwd=exported)
    assert (older.returncode, "log-shorter" in older.stderr) == (6, True)
    unpinned = raudit("check", "--record", "record.json", "--log", "export", cwd=exported)
    assert "no verifier key of export is here; give it with --log-key" in unpinned.stderr
    nowhere = raudit(*check[:3], "--log", "nowhere", "--log-key", "vkey.txt", cwd=exported)
    assert nowhere.returncode == 2
    nothing = raudit(*check[:3], "--checkpoint", "newest.txt", cwd=exported)
    assert (nothing.returncode, "no log to hold a checkpoint against" in nothing.stderr) == (
        2,
        True,
    )
