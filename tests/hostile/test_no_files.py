"""Pipes and devices where a file should be: refused at once, by whatever command is given them."""

import contextlib
import os
from unittest import mock

import pytest

from raudit import ordinary
from raudit.cli import main
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
)


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [pipe, device])
def test_what_is_no_file_is_not_read(tmp_path, make):
    make(tmp_path / "f")
    with pytest.raises(OSError, match="pipe or a device"):
        read_file(tmp_path / "f")


@pytest.mark.parametrize("make", [pipe, device])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_so_at_once(tmp_path, capsys, make, command):
    path = tmp_path / "f.yaml"
    make(path)
    with pytest.raises(SystemExit) as ended:
        main([*command, str(path)])
    assert ended.value.code in {2, 6}
    said = capsys.readouterr().err
    assert "error[" in said
    assert "internal" not in said


@pytest.mark.parametrize("option", ["--ssh", "--passkey"])
def test_a_key_that_is_no_text_is_one_error(tmp_path, capsys, option):
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00" if option == "--ssh" else b"{")
    given = ["people", "enrol", "a@b", option, str(tmp_path / "key"), "--by", "c"]
    with pytest.raises(SystemExit) as ended:
        main([*given, "--people", str(tmp_path / "people.yaml")])
    assert ended.value.code == 2
    assert "error[enrol-key-file]" in capsys.readouterr().err


def test_what_says_to_be_a_file_and_has_nothing_to_read_is_refused(monkeypatch, tmp_path):
    """/proc/kmsg, read without waiting, gives None, over which every command ended in 4."""
    (tmp_path / "f").write_bytes(b"x")
    silent = mock.Mock(read=lambda: None)
    monkeypatch.setattr(ordinary, "open_file", lambda _path: contextlib.nullcontext(silent))
    with pytest.raises(OSError, match="nothing to read"):
        ordinary.read_file(tmp_path / "f")
