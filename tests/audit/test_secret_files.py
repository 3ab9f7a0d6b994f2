"""A secret in a file is not repeated, whatever it is given as to a command that has all else it needs."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.command_line import raudit
from tests.people.conftest import make_room
from tests.report.synthetic import make_record

from raudit.log import load_log_key, open_log
from raudit.record import record_bytes

from .test_secrets import ALL, pieces, refuse_to_serve

FILLED = {
    "answers": "small-answers.yaml",
    "checklist": "small.yaml",
    "data": "data.csv",
    "file": "data.csv",
    "files": "data.csv",
    "workbook": "data.csv",
    "record": "record.json",
    "records": "record.json",
    "old": "record.json",
    "new": "record.json",
    "plan": "raudit.yaml",
    "report": "report.pdf",
    "newer": "report.pdf",
    "location": "log.db",
    "first": "log.db",
    "second": "log.db",
    "folder": "export",
    "proof": "data.csv",
    "person": "ann",
    "question": "a",
    "waiver_id": "W-001",
    "rule": "RA-FAIR-001",
    "fingerprint": "ab" * 32,
    "pseudonym": "ab" * 32,
    "index": "0",
    "name": "example.org/x",
    "kind": "stage",
    "--by": "bob",
    "--role": "dpo",
    "--condition": "1",
    "-o": "made.out",
    "--name": "N",
    "--log": "log.db",
    "--key": "keys/log-key.txt",
    "--new": "keys/log-key.txt",
    "--record": "record.json",
    "--vkey": "keys/log-vkey.txt",
    "--entry": "data.csv",
    "--reason": "wrong-data",
    "--owner": "ann",
    "--approver": "bob",
    "--expires": "2027-01-01",
}
"""What a command is given besides the secret, so that it does not end for want of something else."""

QUICK = {"verify", "sign", "log verify", "people enrol", "waive-approve", "assess sign"}
"""Commands that judge or sign, tried by every suite; the others are slow."""
KEEPS = ("assess evidence",)
"""Commands that are asked to keep the file itself."""
CANARIES = {
    name: f"canary{n}-Xk29fQp7" * 3
    for n, name in enumerate(
        ("RAUDIT_KEY_PASSPHRASE", "RAUDIT_LOG_KEY_PASSPHRASE", "RAUDIT_PKCS11_PIN", "PGPASSWORD")
    )
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every command finds what it needs."""
    folder = tmp_path_factory.mktemp("desk")
    make_room(folder)
    key = load_log_key(folder / "keys" / "log-key.txt")
    open_log(folder / "log.db", key=key, create=True).close()
    (folder / "report.pdf").write_bytes(b"%PDF-1.7\n")
    (folder / "record.json").write_bytes(record_bytes(make_record()))
    return folder


@pytest.fixture(scope="module")
def secret_files(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, list[str]]:
    """Files that hold secrets, each with what of it must not be seen."""
    folder = tmp_path_factory.mktemp("hidden")
    key = Ed25519PrivateKey.from_private_bytes(b"secretsecretsecretsecretsecretse")
    ssh = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    half = (desk / "keys" / "log-key.txt").read_text().removeprefix("PRIVATE+KEY+")
    mini = base64.b64encode(b"EdSc" + bytes(range(154))).decode()
    texts = {
        "log.key": (desk / "keys" / "log-key.txt").read_text(),
        "signing.key": (desk / "keys" / "raudit-signing.key").read_text(),
        "ssh.key": ssh.decode(),
        "unmarked.yaml": f"untrusted comment: minisign secret key\n{mini}\n{half}\n"
        "log: postgresql://u:aVeryLongPasswordOfTheDatabase@db/x\n",
    }
    found = {}
    for name, text in texts.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        found[path] = [word for word in pieces(path) if "canary" not in word]
    # A key may end in a plus, so the longest part between two of them stands for it.
    found[path] = [mini, max(half.split("+"), key=len).strip(), "aVeryLongPasswordOfTheDatabase"]
    return found


def takes_text(parameter: click.Parameter) -> bool:
    if isinstance(parameter, click.Option) and parameter.is_flag:
        return False
    return isinstance(parameter.type, (click.Path, click.types.StringParamType, click.File))


def named(parameter: click.Parameter) -> str:
    own = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.name
    return own or ""


def filled(command: click.Command, tried: click.Parameter, secret: str) -> list[str]:
    words = []
    for parameter in command.params:
        if parameter is not tried and not parameter.required:
            continue
        value = secret if parameter is tried else FILLED[named(parameter)]
        option = [named(parameter)] if isinstance(parameter, click.Option) else []
        words += [*option, *[value] * (parameter.nargs if parameter.nargs > 0 else 1)]
    return words


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[] if " ".join(path) in QUICK else [pytest.mark.slow])
        for path in ALL
    ],
    ids=" ".join,
)
def test_no_file_with_a_secret_is_repeated(path, desk, secret_files, tmp_path, monkeypatch):
    monkeypatch.setattr("raudit.web.serving.set_up", refuse_to_serve)
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    place = Path(shutil.copytree(desk, tmp_path / "desk"))
    there = {file for file in place.rglob("*") if file.is_file()}
    for secret, hidden in secret_files.items():
        assert hidden
        for parameter in filter(takes_text, ALL[path].params):
            words = [*path, *filled(ALL[path], parameter, str(secret))]
            done = raudit(*words, cwd=place)
            assert done.returncode in range(7), words
            assert done.returncode != 4 or "in raudit itself" not in done.stderr, (
                words,
                done.stderr,
            )
            for piece in (*hidden, *CANARIES.values()):
                assert piece not in done.stdout + done.stderr, f"{words} printed a secret"
    if " ".join(path) not in KEEPS:
        made = {file for file in place.rglob("*") if file.is_file()} - there
        held = {word for pieces_of in secret_files.values() for word in pieces_of}
        for file in made:
            data = file.read_bytes()
            assert not [word for word in held if word.encode() in data], f"{path} wrote {file.name}"
