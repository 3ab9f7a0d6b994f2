"""The commands of the how-to page, run as they stand there; and other tools' judgement beside ours."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from raudit.canonical import sha256
from raudit.signing.attest import attest
from raudit.signing.certificates import to_pem
from raudit.signing.check import check_pdf
from raudit.signing.keys import SigningKey
from raudit.signing.sign import certify, countersign
from raudit.signing.timestamping import Level, TimeStamping

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/verify-without-raudit.md"
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
PATH = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"


def need(*tools: str) -> None:
    for tool in tools:
        if shutil.which(tool, path=PATH) is None:
            pytest.skip(f"{tool} is not installed")


def block(marker: str) -> str:
    found = [item for item in BLOCKS if marker in item]
    assert len(found) == 1, (marker, len(found))
    return found[0]


def sh(folder: Path, *blocks: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-eu", "-c", "\n".join(blocks)],
        cwd=folder,
        env={"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


SPLIT = block("rm -f signed.*")
PYHANKO = block("pyhanko sign validate --no-revocation-check --trust-replace")
CMS = next(item for item in BLOCKS if item.startswith("openssl cms -verify"))
TOKEN = block("token=$(")
DOCUMENT_STAMP = next(item for item in BLOCKS if "signature.2 -data signed.2" in item)
RECORD = block("qpdf --list-attachments")
LATER = block("$PROVEN_TIME")


@pytest.fixture(scope="module")
def archived(
    authority: Any, base_pdf: bytes, clock: datetime, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with a B-LTA report, certified, counter-signed and attested."""
    folder = tmp_path_factory.mktemp("archived")
    tsa = TimeStamping(url=authority.tsa(), level=Level.B_LTA, trust=(authority.root,))
    issuer = authority.signer("issuer")
    pdf = certify(base_pdf, issuer, reason="Issued", name="Issuer", clock=clock, tsa=tsa)
    attested = attest(
        "report.pdf", sha256(pdf), "https://example.org/verdict/v1", {"verdict": "passed"}, issuer
    )
    (folder / "report.intoto.jsonl").write_bytes(attested)
    (folder / "issued.pdf").write_bytes(pdf)
    pdf = countersign(
        pdf, authority.signer("reviewer"), role="dpo", name="Reviewer", clock=clock, tsa=tsa
    )
    (folder / "report.pdf").write_bytes(pdf)
    for name in ("issuer.pem", "tsa.pem"):
        (folder / name).write_bytes(to_pem(authority.root))
    return folder


def test_every_block_is_tested() -> None:
    assert len(BLOCKS) == 11


def test_pyhanko_and_pdfsig_agree(archived: Path) -> None:
    need("pyhanko", "pdfsig")
    done = sh(archived, PYHANKO)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    assert len(lines) == 2
    assert all(
        "INTACT:TRUSTED" in line and ("UNTOUCHED" in line or "ACCEPTABLE" in line) for line in lines
    )
    done = sh(archived, block("pdfsig -nocert report.pdf\n"))
    assert done.returncode == 0
    assert done.stdout.count("Signature is Valid") == 2
    assert "raudit-issuer" in done.stdout
    assert "Total document signed" in done.stdout


def test_openssl_agrees_on_signatures_and_time_stamps(archived: Path) -> None:
    need("pdfsig", "openssl", "basenc")
    done = sh(archived, BLOCKS[0], SPLIT, CMS, TOKEN, DOCUMENT_STAMP)
    assert done.returncode == 0, done.stderr
    assert "CAdES Verification successful" in done.stderr
    assert done.stdout.count("Verification: OK") == 2
    assert "Time stamp: " in done.stdout
    check = check_pdf(
        (archived / "report.pdf").read_bytes(), trust=[(archived / "issuer.pem").read_bytes()]
    )
    printed = set(re.findall(r"SHA-256 ([0-9a-f]{64})", done.stdout))
    assert printed <= {item.sha256 for item in check.revisions}
    assert check.revisions[-1].sha256 in printed
    reviewers = sh(archived, CMS.replace(".1", ".3"))
    assert "CAdES Verification successful" in reviewers.stderr


def test_the_record_comes_out_of_the_certified_revision(archived: Path) -> None:
    need("pdfsig", "qpdf", "basenc")
    done = sh(archived, SPLIT, RECORD)
    assert done.returncode == 0, done.stderr
    assert "No syntax or stream encoding errors" in done.stdout
    assert (archived / "record.json").read_bytes() == b'{"verdict":"passed"}'


def test_the_statement_verifies(archived: Path, tmp_path: Path, authority: Any) -> None:
    need("jq", "openssl")
    for name in ("report.intoto.jsonl",):
        shutil.copy(archived / name, tmp_path)
    shutil.copy(archived / "issued.pdf", tmp_path / "report.pdf")
    root_and_intermediate = to_pem(authority.root) + to_pem(authority.certificate("inter"))
    (tmp_path / "issuer.pem").write_bytes(root_and_intermediate)
    done = sh(tmp_path, block("signer.pem\n"))
    assert done.returncode == 0, done.stderr
    (tmp_path / "issuer.pem").write_bytes((tmp_path / "signer.pem").read_bytes())
    done = sh(tmp_path, block("statement.pae"))
    assert done.returncode == 0, done.stderr
    assert "Verified OK" in done.stdout


def test_years_later_as_of_a_proven_time(archived: Path, clock: datetime) -> None:
    need("pdfsig", "openssl", "pyhanko", "basenc")
    proven = (clock + timedelta(minutes=5)).isoformat()
    done = sh(archived, SPLIT, TOKEN, LATER, PROVEN_TIME=proven)
    assert done.returncode == 0, done.stderr
    assert "CAdES Verification successful" in done.stderr
    # as of a time at which the signer's certificate has ended, openssl refuses: the time must be proven, not today's
    ended = (clock + timedelta(days=2000)).isoformat()
    assert sh(archived, LATER, PROVEN_TIME=ended).returncode != 0


def test_a_self_signed_report_verifies_with_the_same_commands(
    countersigned: bytes, local_trust: list[bytes], tmp_path: Path
) -> None:
    need("pdfsig", "openssl", "pyhanko", "qpdf", "basenc")
    (tmp_path / "report.pdf").write_bytes(countersigned)
    (tmp_path / "issuer.pem").write_bytes(local_trust[0])
    done = sh(
        tmp_path,
        PYHANKO.replace(" --trust tsa.pem", ""),
        SPLIT,
        CMS,
        CMS.replace(".1", ".2"),
        RECORD,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("CAdES Verification successful") == 2


@pytest.fixture(scope="module")
def attacks() -> dict[str, Callable[[bytes], bytes]]:
    import importlib.util

    spec = importlib.util.spec_from_file_location(
        "attacks", Path(__file__).with_name("test_attacks.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names = ("overlay_page", "free_text", "swap_attachment", "open_action", "swap_stamp", "retitle")
    return {
        name: lambda pdf, name=name: module.update(pdf, getattr(module, name)) for name in names
    }


def test_the_table_of_the_page_holds_for_the_five_attacks(
    attacks: dict[str, Callable[[bytes], bytes]],
    certified: bytes,
    local_trust: list[bytes],
    tmp_path: Path,
) -> None:
    need("pdfsig", "openssl", "pyhanko", "basenc")
    (tmp_path / "issuer.pem").write_bytes(local_trust[0])
    for name, attack in attacks.items():
        (tmp_path / "report.pdf").write_bytes(attack(certified))
        status = sh(tmp_path, PYHANKO.replace(" --trust tsa.pem", "")).returncode
        assert (status == 0) == (name == "retitle"), name
        assert "Signature is Valid" in sh(tmp_path, "pdfsig -nocert report.pdf").stdout
        assert "CAdES Verification successful" in sh(tmp_path, SPLIT, CMS).stderr
        assert not check_pdf((tmp_path / "report.pdf").read_bytes(), trust=local_trust).intact


def test_the_table_of_the_page_holds_for_a_rogue_signer(
    base_pdf: bytes, authority: Any, clock: datetime, local_trust: list[bytes], tmp_path: Path
) -> None:
    need("pdfsig", "openssl", "pyhanko", "basenc")
    (tmp_path / "issuer.pem").write_bytes(local_trust[0])
    rogue = certify(
        base_pdf, authority.signer("rsa"), reason="Issued", name="Local Issuer", clock=clock
    )
    (tmp_path / "report.pdf").write_bytes(rogue)
    assert sh(tmp_path, PYHANKO.replace(" --trust tsa.pem", "")).returncode != 0
    assert "Signature is Valid" in sh(tmp_path, "pdfsig -nocert report.pdf").stdout
    assert sh(tmp_path, SPLIT, CMS).returncode != 0


def test_all_tools_refuse_a_changed_signed_byte(
    certified: bytes, local_trust: list[bytes], tmp_path: Path, local_key: SigningKey
) -> None:
    need("pdfsig", "openssl", "pyhanko", "basenc")
    (tmp_path / "issuer.pem").write_bytes(local_trust[0])
    changed = certified.replace(b"Audit report", b"Other report", 1)
    if changed == certified:
        changed = certified.replace(b"/MediaBox [ 0 0 612", b"/MediaBox [ 0 0 613", 1)
    assert changed != certified
    (tmp_path / "report.pdf").write_bytes(changed)
    assert sh(tmp_path, PYHANKO.replace(" --trust tsa.pem", "")).returncode != 0
    assert "Digest Mismatch" in sh(tmp_path, "pdfsig -nocert report.pdf").stdout
    assert sh(tmp_path, SPLIT, CMS).returncode != 0
