"""A small audit that several tests look at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from raudit.audit import run_audit
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
