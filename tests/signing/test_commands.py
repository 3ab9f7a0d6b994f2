"""``raudit keys`` and ``raudit sign`` as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from asn1crypto import cms
from tests import command_line

from raudit.canonical import sha256
from raudit.signing.check import check_pdf
from raudit.signing.selfsigned import KeyPaths


def raudit(
    *arguments: str | Path, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAUDIT_")}
    return command_line.raudit(*arguments, cwd=cwd, env={**clean, **environment})


def test_init_then_show_then_sign(
    tmp_path: Path, certified: bytes, local_trust: list[bytes]
) -> None:
    made = raudit("keys", "init", "--name", "Ada", "--json", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "does not prove" in made.stderr
    paths = json.loads(made.stdout)
    shown = raudit("keys", "show", paths["certificate"], "--json", cwd=tmp_path)
    assert json.loads(shown.stdout)["sha256"] == paths["fingerprint"]
    assert "itself" in raudit("keys", "show", cwd=tmp_path, RAUDIT_KEY_FILE=paths["key"]).stdout

    (tmp_path / "report.pdf").write_bytes(certified)
    done = raudit(
        "sign", "report.pdf", "--role", "dpo", "--json", cwd=tmp_path, RAUDIT_KEY_FILE=paths["key"]
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    signed = (tmp_path / "report.dpo.pdf").read_bytes()
    assert told["sha256"] == sha256(signed)
    assert told["previous_sha256"] == sha256(certified)
    assert told["certificate_sha256"] == paths["fingerprint"]
    assert signed.startswith(certified)
    trust = [*local_trust, (tmp_path / paths["certificate"]).read_bytes()]
    check = check_pdf(signed, trust=trust)
    assert check.holds
    assert [item.role for item in check.signatures] == ["", "dpo"]
    assert "already signed: certification CN=Local Issuer" in done.stderr

    again = raudit(
        "sign", "report.pdf", "--role", "dpo", cwd=tmp_path, RAUDIT_KEY_FILE=paths["key"]
    )
    assert again.returncode == 2
    assert "output-exists" in again.stderr
    in_place = raudit(
        "sign",
        "report.dpo.pdf",
        "--role",
        "owner",
        "-o",
        "report.dpo.pdf",
        cwd=tmp_path,
        RAUDIT_KEY_FILE=paths["key"],
    )
    assert in_place.returncode == 0, in_place.stderr
    assert len(check_pdf((tmp_path / "report.dpo.pdf").read_bytes(), trust=trust).signatures) == 3
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_tampered_report_is_not_signed(tmp_path: Path, certified: bytes, local: KeyPaths) -> None:
    place = certified.index(b"/MediaBox")
    (tmp_path / "report.pdf").write_bytes(certified[:place] + b"/MediaBoy" + certified[place + 9 :])
    done = raudit("sign", "report.pdf", "--role", "dpo", "--key", local.key, cwd=tmp_path)
    assert done.returncode == 6
    assert "digest-mismatch" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.pdf"]


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [(b"hello", 6, "unreadable"), ("base", 6, "not-signed")],
    ids=["garbage", "unsigned"],
)
def test_what_cannot_be_counter_signed(
    content: bytes | str, status: int, said: str, tmp_path: Path, base_pdf: bytes, local: KeyPaths
) -> None:
    (tmp_path / "report.pdf").write_bytes(base_pdf if isinstance(content, str) else content)
    done = raudit("sign", "report.pdf", "--role", "dpo", "--key", local.key, cwd=tmp_path)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_mistakes_are_status_two(tmp_path: Path, certified: bytes, local: KeyPaths) -> None:
    (tmp_path / "report.pdf").write_bytes(certified)
    for arguments in (
        ["sign", "report.pdf", "--role", "dpo"],
        ["sign", "report.pdf", "--role", "", "--key", local.key],
        ["sign", "report.pdf", "--role", "dpo", "--key", local.key, "--level", "B-LT"],
        ["sign", "report.pdf", "--role", "dpo", "--key", local.key, "--tsa", "nonsense"],
        ["sign", "report.pdf", "--role", "dpo", "--key", "missing.key"],
        ["sign", "report.pdf"],
        ["keys", "show", "report.pdf"],
        ["keys", "show"],
        ["keys", "init"],
    ):
        done = raudit(*arguments, cwd=tmp_path)
        assert done.returncode == 2, (arguments, done.stderr)
        assert "Traceback" not in done.stderr


def test_a_role_is_claimed_in_a_process_that_has_read_a_stamp_before(
    tmp_path: Path, certified: bytes, local: KeyPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = cms.CMSAttributeType._map.items()
    older = {name: number for number, name in names if not name.startswith("signer_attributes")}
    monkeypatch.setattr(cms.CMSAttributeType, "_reverse_map", older)
    (tmp_path / "report.pdf").write_bytes(certified)
    done = raudit("sign", "report.pdf", "--role", "dpo", "--key", local.key, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_an_encrypted_key_without_a_terminal_says_which_variable(
    tmp_path: Path, certified: bytes
) -> None:
    made = raudit(
        "keys", "init", "--name", "Ada", "--folder", "k", cwd=tmp_path, RAUDIT_KEY_PASSPHRASE="hush"
    )
    assert "encrypted" in made.stdout
    (tmp_path / "report.pdf").write_bytes(certified)
    arguments = ["sign", "report.pdf", "--role", "dpo", "--key", "k/raudit-signing.key"]
    refused = raudit(*arguments, cwd=tmp_path)
    assert refused.returncode == 2
    assert "RAUDIT_KEY_PASSPHRASE" in refused.stderr
    assert raudit(*arguments, cwd=tmp_path, RAUDIT_KEY_PASSPHRASE="hush").returncode == 0


def test_no_option_takes_a_secret(tmp_path: Path) -> None:
    for arguments in (["sign", "--help"], ["keys", "init", "--help"]):
        options = [
            line.split()[0]
            for line in raudit(*arguments, cwd=tmp_path).stdout.splitlines()
            if "--" in line[:12]
        ]
        assert not [
            name for name in options if any(word in name for word in ("pass", "pin", "secret"))
        ]


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    script = "import sys\nfrom raudit.cli import main\n"
    script += "try:\n    main([{0!r}, '--help'])\nexcept SystemExit:\n    pass\n"
    script += "print([m for m in ('pyhanko', 'cryptography', 'asn1crypto', 'aiohttp', 'pikepdf') if m in sys.modules])"
    for name in ("keys", "sign"):
        done = subprocess.run(
            [sys.executable, "-c", script.format(name)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
