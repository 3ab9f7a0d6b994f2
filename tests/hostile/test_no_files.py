"""Pipes and devices where a file should be: refused at once, by whatever command is given them."""

import os

import pytest

from raudit import ordinary
from raudit.cli import main
from raudit.data.readers.contents import file_contents
from raudit.ordinary import read_file

COMMANDS = (
    ("check", "--config"),
    ("run",),
    ("assess", "status"),
    ("people", "list", "--people"),
    ("check", "--record"),
    ("report",),
    ("verify-data",),
    ("verify",),
    ("trend",),
    ("keys", "show"),
    ("check-ll144",),
    ("log", "verify"),
    ("init", "--no-keys"),
    ("readiness",),
    ("pii", "scan"),
    ("llm", "read"),
)


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def circle(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [pipe, device])
def test_what_is_no_file_is_not_read(tmp_path, make):
    make(tmp_path / "f")
    with pytest.raises(OSError, match="pipe or a device"):
        read_file(tmp_path / "f")


@pytest.mark.parametrize("make", [pipe, device, circle])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_so_at_once(tmp_path, capsys, make, command):
    path = tmp_path / "f.yaml"
    make(path)
    with pytest.raises(SystemExit) as ended:
        main([*command, str(path)])
    assert ended.value.code in {2, 6}
    said = capsys.readouterr().err
    assert "error[" in said or "does not exist" in said  # the latter is click's
    assert "internal" not in said


def test_a_name_that_no_plan_can_hold_is_said_to_be_that(tmp_path, capsys):
    """It was an invalid ``name``, which nobody had given."""
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_bytes(b"a,y\n1,1\n")
    with pytest.raises(SystemExit) as ended:
        main(["readiness", str(path)])
    assert ended.value.code == 2
    assert "error[name-not-text]" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--ssh", "--passkey"])
def test_a_key_that_is_no_text_is_one_error(tmp_path, capsys, option):
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00" if option == "--ssh" else b"{")
    given = ["people", "enrol", "a@b", option, str(tmp_path / "key"), "--by", "c"]
    with pytest.raises(SystemExit) as ended:
        main([*given, "--people", str(tmp_path / "people.yaml")])
    assert ended.value.code == 2
    assert "error[enrol-key-file]" in capsys.readouterr().err


def test_what_says_to_be_an_empty_file_and_would_be_waited_for_is_no_file(monkeypatch, tmp_path):
    """As /proc/kmsg is: it gave None, over which commands ended in 4, or was waited for."""

    def nothing_yet(*_asked: object) -> bytes:
        raise BlockingIOError

    (tmp_path / "empty.csv").write_bytes(b"")
    assert ordinary.read_file(tmp_path / "empty.csv") == b""
    monkeypatch.setattr(ordinary.os, "pread", nothing_yet)
    with pytest.raises(OSError, match="and no file"):
        ordinary.read_file(tmp_path / "empty.csv")
    with pytest.raises(OSError, match="and no file"):
        file_contents(tmp_path / "empty.csv", "empty.csv").start()
    (tmp_path / "one.csv").write_bytes(b"x")  # only what says to be empty is asked
    assert ordinary.read_file(tmp_path / "one.csv") == b"x"
