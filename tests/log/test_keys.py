"""Key files: never world-readable, never overwritten, and errors that say what to do."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from raudit.errors import EnvironmentFault, KeyFileError, LogError, LogIntegrityError
from raudit.log import create_log_key, load_log_key, open_log
from raudit.log.keys import read_vkey
from raudit.log.stores.filesystem import filesystem_of, refuse_network

from .conftest import NOW, started


def test_a_key_round_trips_and_is_private(tmp_path):
    made = create_log_key(tmp_path / "k", "example.org/log")
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    assert load_log_key(tmp_path / "k") == made
    assert "seed" not in repr(made)


def test_an_encrypted_key_needs_its_passphrase(tmp_path):
    made = create_log_key(tmp_path / "k", "example.org/log", passphrase="correct horse")
    assert load_log_key(tmp_path / "k", passphrase="correct horse") == made
    assert "PRIVATE+KEY" not in (tmp_path / "k").read_text()
    with pytest.raises(KeyFileError, match="RAUDIT_LOG_KEY_PASSPHRASE"):
        load_log_key(tmp_path / "k")
    with pytest.raises(KeyFileError, match="does not open"):
        load_log_key(tmp_path / "k", passphrase="wrong")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_an_open_key_file_is_refused(tmp_path, mode):
    create_log_key(tmp_path / "k", "example.org/log")
    (tmp_path / "k").chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_log_key(tmp_path / "k")


def test_a_key_is_never_overwritten(tmp_path):
    create_log_key(tmp_path / "k", "example.org/log")
    before = (tmp_path / "k").read_text()
    with pytest.raises(KeyFileError, match="never overwritten"):
        create_log_key(tmp_path / "k", "example.org/log")
    assert (tmp_path / "k").read_text() == before


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u2003b", "\ud800"])
def test_names_that_no_key_may_have(tmp_path, name):
    with pytest.raises(KeyFileError, match="may not have this name"):
        create_log_key(tmp_path / "k", name)
    assert not (tmp_path / "k").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PRIVATE+KEY+x",
        b"PRIVATE+KEY+n+00000000+AAAA",
        b"name: x\nnot pem",
        b"\xff\xfe",
        b"a" * 20_000,
        b"-----BEGIN PRIVATE KEY-----\n",
    ],
)
def test_what_is_no_key_is_refused(tmp_path, content):
    (tmp_path / "k").write_bytes(content)
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(KeyFileError):
        load_log_key(tmp_path / "k", passphrase="x")


def test_a_missing_key_says_how_to_make_one(tmp_path):
    with pytest.raises(KeyFileError, match="raudit log key"):
        load_log_key(tmp_path / "none")


def test_verifier_keys_come_as_text_or_file(tmp_path, key):
    (tmp_path / "vkey").write_text(key.vkey + "\n")
    assert read_vkey(str(tmp_path / "vkey")) == read_vkey(key.vkey) == key.verifier
    with pytest.raises(KeyFileError):
        read_vkey(str(tmp_path / "none"))


def test_opening_needs_a_log_a_fitting_key_and_one_name(tmp_path, key, make_key):
    with pytest.raises(LogError, match="raudit log init"):
        open_log(tmp_path / "none.db")
    with pytest.raises(KeyFileError, match="made with its key"):
        open_log(tmp_path / "new.db", create=True)
    with pytest.raises(KeyFileError, match="one name"):
        open_log(tmp_path / "new.db", key=key, create=True, origin="another.example")
    open_log(tmp_path / "new.db", key=key, create=True, origin=key.name).close()
    with pytest.raises(LogError, match="another log"):
        open_log(tmp_path / "new.db", key=make_key("another.example", "k2"))
    (tmp_path / "text.db").write_text("no database at all, but a text of some length")
    with pytest.raises(LogIntegrityError, match="damaged or no log"):
        open_log(tmp_path / "text.db")


def test_a_log_without_its_key_appends_and_does_not_sign(tmp_path, key):
    open_log(tmp_path / "log.db", key=key, create=True).close()
    with open_log(tmp_path / "log.db") as log:
        log.append([started()], clock=NOW)
        with pytest.raises(LogError, match="without its key"):
            log.checkpoint(NOW)


def test_a_key_in_a_folder_that_cannot_be_written_remembers_elsewhere(tmp_path, make_key):
    made = make_key()
    with open_log(
        tmp_path / "log.db", key=replace(made, memory=tmp_path / "gone" / "x"), create=True
    ) as log:
        with pytest.raises(EnvironmentFault, match="RAUDIT_LOG_KEY_MEMORY"):
            log.checkpoint(NOW)
        assert log.store.notes("signed") == []
    key = load_log_key(tmp_path / "log.key", memory=tmp_path / "memory")
    with open_log(tmp_path / "log.db", key=key) as log:
        assert log.checkpoint(NOW) == (tmp_path / "memory").read_text()


def test_an_empty_log_passes_nothing(log):
    report = log.verify()
    assert not any(step.status == "passed" for step in report.steps if "entry" in step.title)


def test_a_read_only_file_can_be_read(tmp_path, key):
    folder = tmp_path / "media"
    folder.mkdir()
    with open_log(folder / "log.db", key=key, create=True) as log:
        log.append([started()], clock=NOW)
    (folder / "log.db").chmod(0o444)
    folder.chmod(0o555)
    try:
        with open_log(folder / "log.db") as log:
            assert not log.verify().failed
    finally:
        folder.chmod(0o755)


MOUNTS = """\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /srv rw - nfs4 server:/export rw
31 30 0:27 / /srv/local rw shared:5 - xfs /dev/vdb rw
32 22 0:28 / /mnt/with\\040space rw - cifs //server/share rw
33 22 0:29 / /vm rw - virtiofs share rw
34 22 0:30 / /over rw - nfs a:/b rw
35 34 0:31 / /over rw - tmpfs tmpfs rw
36 22 0:32 / /home/me/cloud rw - fuse.sshfs me@host: rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/log.db", "ext4"),
        ("/srv/log.db", "nfs4"),
        ("/srv/local/log.db", "xfs"),
        ("/srvother/log.db", "ext4"),
        ("/mnt/with space/log.db", "cifs"),
        ("/over/log.db", "tmpfs"),
    ],
)
def test_the_file_system_of_a_path(path, kind):
    assert filesystem_of(Path(path), MOUNTS) == kind


@pytest.mark.parametrize(
    "path", ["/srv/log.db", "/mnt/with space/l.db", "/vm/x/log.db", "/home/me/cloud/log.db"]
)
def test_network_file_systems_are_refused_with_the_way_out(tmp_path, path):
    (tmp_path / "mounts").write_text(MOUNTS)
    with pytest.raises(LogError, match=r"postgresql\+psycopg"):
        refuse_network(Path(path), mounts=tmp_path / "mounts")


def test_where_the_kernel_does_not_tell_nothing_is_refused(tmp_path):
    refuse_network(Path("/srv/log.db"), mounts=tmp_path / "none")


def test_a_file_system_without_shared_memory_is_refused(tmp_path, key, monkeypatch):
    """What SQLite answers where WAL cannot be: it keeps the old mode and says so."""
    import sqlite3

    class Stubborn(sqlite3.Connection):
        def execute(self, statement, *parameters):
            return super().execute(
                statement.replace("journal_mode = WAL", "journal_mode = DELETE"), *parameters
            )

    real = sqlite3.connect
    monkeypatch.setattr(
        "raudit.log.stores.sqlite.sqlite3.connect", lambda *a, **k: real(*a, factory=Stubborn, **k)
    )
    with pytest.raises(LogError, match="cannot hold a log"):
        open_log(tmp_path / "log.db", key=key, create=True)
