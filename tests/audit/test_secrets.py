"""No private key is printed, whatever option it is given to, as text or as a file."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from raudit.cli import main, raudit
from raudit.emit.keys import first_keys
from raudit.errors import UsageError
from raudit.log import create_log_key

from .conftest import CLOCK


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))
    else:
        yield path, command


ALL = dict(commands(raudit))


@pytest.fixture(scope="module")
def secrets(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("secrets")
    first_keys(folder / "keys", name="Tester", log_name="example.org/log", clock=CLOCK)
    create_log_key(folder / "sealed.txt", "example.org/log", passphrase="a passphrase of mine")
    half = folder / "half.txt"
    half.write_text((folder / "keys" / "log-key.txt").read_text().removeprefix("PRIVATE+KEY+"))
    return {
        "log key": folder / "keys" / "log-key.txt",
        "encrypted log key": folder / "sealed.txt",
        "signing key": folder / "keys" / "raudit-signing.key",
        "log key without its mark": half,
    }


def pieces(path: Path) -> list[str]:
    """What must not appear: every long word of base64 in the secret, which may hold a plus anywhere."""
    words = [word for word in path.read_text().split() if not word.startswith("-")]
    keys = [word.partition("example.org/log+")[2].partition("+")[2] or word for word in words]
    return [key for key in keys if len(key) > 24]


def run(arguments: list[str], capsys) -> str:
    with pytest.raises(SystemExit):
        main(arguments)
    said = capsys.readouterr()
    return said.out + said.err


def refuse(arguments: list[str], hidden: list[str], capsys) -> str:
    said = run(arguments, capsys)
    for piece in hidden:
        assert piece not in said, f"{arguments[:3]} printed a secret"
    return said


def refuse_to_serve(*_arguments):
    raise UsageError("not here", reference="test")


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_no_option_of_a_command_repeats_a_secret(path, secrets, capsys, tmp_path, monkeypatch):
    if "serve" in path:
        # Django is set up once in a process; the pages' own tests do that with a workspace of theirs.
        monkeypatch.setattr("raudit.web.serving.set_up", refuse_to_serve)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some.db").write_bytes(b"no log")
    for name, file in secrets.items():
        hidden = pieces(file)
        assert hidden
        for parameter in ALL[path].params:
            if isinstance(parameter, click.Option):
                if parameter.is_flag:
                    continue
                given = [[parameter.opts[0], file.read_text()], [parameter.opts[0], str(file)]]
            else:
                given = [[file.read_text()], [str(file)]]
            for arguments in given:
                if name == "log key without its mark" and arguments[-1] != str(file):
                    continue  # nothing marks that text as a secret; where a verifier key belongs, see below
                refuse([*path, *arguments], hidden, capsys)


@pytest.mark.parametrize("form", ["text", "file"])
def test_a_private_key_for_a_verifier_key_is_named_and_not_repeated(
    secrets, capsys, tmp_path, form
):
    from raudit.log import load_log_key, open_log

    key = load_log_key(secrets["log key"])
    open_log(tmp_path / "log.db", key=key, create=True).close()
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7\n")
    log = str(tmp_path / "log.db")
    places = [
        ["verify", str(tmp_path / "report.pdf"), "--log-key"],
        ["log", "verify", log, "--vkey"],
        ["log", "verify", log, "--witness"],
        ["log", "import", str(tmp_path), str(tmp_path / "new.db"), "--vkey"],
        ["log", "witness", log, "--accept", log, "--witness"],
        ["log", "witness", log, "--state", "s", "--key", str(secrets["log key"]), "--vkey"],
    ]
    for name, file in secrets.items():
        for place in places:
            said = refuse(
                [*place, file.read_text() if form == "text" else str(file)], pieces(file), capsys
            )
            if name != "log key without its mark":
                assert "this is the private key; give the verifier key" in said, (name, place)


def test_a_secret_in_an_error_of_ours_is_left_out(secrets):
    from raudit.cli._shared.secrets import HIDDEN, without_secrets

    for name in ("log key", "encrypted log key", "signing key"):
        text = f"error[x]: got {secrets[name].read_text()!r}, expected y"
        assert HIDDEN in without_secrets(text)
        assert not any(piece in without_secrets(text) for piece in pieces(secrets[name]))
    plain = "error[x]: got name+0123abcd+" + base64.b64encode(b"public").decode()
    assert without_secrets(plain) == plain
