"""A small audit that several tests look at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from raudit.audit import run_audit
from raudit.canonical import sha256
from raudit.emit.keys import first_keys, log_of, signer_of
from raudit.plan import load_plan

CLOCK = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PLAN = """schema: raudit.plan/1
system: {name: Small, version: "1"}
data:
  path: data.csv
  label: {column: y, favourable: "yes", unfavourable: "no"}
  prediction: {column: p, favourable: "yes", unfavourable: "no"}
sensitive_features: [sex]
stages: {fairness: {}}
signing: {key: keys/raudit-signing.key, certificate: keys/raudit-signing.crt}
log: {path: log.db, key: keys/log-key.txt}
seed: 7
"""


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    """An audit that is only looked at; a test that runs or edits anything takes a `copy`."""
    path = tmp_path_factory.mktemp("audit")
    rows = [
        f"{'yes' if i % 3 else 'no'},{'yes' if i % (2 if i % 2 else 5) else 'no'},{'f' if i % 2 else 'm'}"
        for i in range(400)
    ]
    (path / "data.csv").write_text("y,p,sex\n" + "\n".join(rows) + "\n")
    (path / "raudit.yaml").write_text(PLAN)
    first_keys(path / "keys", name="Tester", log_name="test-log", clock=CLOCK)
    return path


def audit(folder, out="out", clock=CLOCK):
    plan = load_plan(folder / "raudit.yaml")
    with log_of(plan) as log:
        return run_audit(plan, out=folder / out, clock=clock, signer=signer_of(plan), log=log)


@pytest.fixture(scope="package")
def issued(folder):
    return audit(folder)


@pytest.fixture(scope="package")
def given(folder, issued):
    """What a stranger holds: the file, the certificate, the log's key."""
    certificate = (folder / "keys" / "raudit-signing.crt").read_bytes()
    vkey = (folder / "keys" / "log-vkey.txt").read_text().strip()
    return issued.report.read_bytes(), {"trust": [certificate], "vkey": vkey}


@pytest.fixture
def copy(folder, issued, tmp_path) -> Path:
    """The audit with its report, for a test that appends to its log or writes beside it."""
    return Path(shutil.copytree(folder, tmp_path / "audit"))


@pytest.fixture(autouse=True)
def _left_as_found(request) -> Iterator[None]:
    """Which tests share the folder, and in what order, is chance: one that changes it fails here, not another later."""
    if "folder" not in request.fixturenames:
        yield
        return
    place = request.getfixturevalue("folder")
    before = _contents(place)
    yield
    assert _contents(place) == before, "this test changed the audit that others look at"


def _contents(place: Path) -> dict[str, str]:
    """Digests of all files; SQLite's own files beside a log come and go with its readers."""
    files = (path for path in place.rglob("*") if path.is_file())
    return {
        str(path.relative_to(place)): sha256(path.read_bytes())
        for path in files
        if not path.name.endswith(("-wal", "-shm"))
    }
