"""What the commands that read a report and a log say of what lies beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.command_line import raudit
from tests.verify.conftest import NOW, A, Sealed, issue

from raudit.emit import UNPLACED


@pytest.fixture
def desk(copy: Sealed) -> Path:
    """A folder with the report, the certificate and the log's key, beside the log."""
    (copy.folder / "report.pdf").write_bytes(copy.pdf)
    (copy.folder / "issuer.crt").write_bytes(copy.trust)
    return copy.folder


def verify(desk: Path, *more: str, vkey: str) -> object:
    known = ["--trust", "issuer.crt", "--log-key", vkey, "--no-remake"]
    return raudit("verify", "report.pdf", *known, *more, cwd=desk)


def test_a_report_that_was_not_put_in_place_is_named(copy, desk):
    left = desk / UNPLACED
    before = verify(desk, "--log", "log.db", vkey=copy.vkey)
    assert (before.returncode, "beside it" in before.stdout) == (0, False)
    audit = raudit("log", "audit", "log.db", cwd=desk)
    assert (audit.returncode, "Not in place" in audit.stdout) == (0, False)
    left.write_bytes(b"%PDF of a run that was killed")
    with copy.opened() as log:
        log.append([issue(copy.record, "r9", left.read_bytes(), b"", A)], clock=NOW)
        log.checkpoint(NOW)
    after = verify(desk, "--log", "log.db", vkey=copy.vkey)
    said = f"{UNPLACED} is a report of a run that ended before it was put in place"
    assert after.returncode == 0
    assert f"beside it: {said}; the log was told of it (entry 4)" in after.stdout
    assert f"{said}; no log was asked about it" in verify(desk, vkey=copy.vkey).stdout
    shown = json.loads(verify(desk, "--log", "log.db", "--json", vkey=copy.vkey).stdout)
    assert said in shown["unplaced"][0]
    # The log's own folder and those in it, where a run writes.
    (desk / "out").mkdir()
    (desk / "out" / UNPLACED).write_bytes(b"%PDF of another")
    audit = raudit("log", "audit", "log.db", cwd=desk)
    assert f"Not in place: {said}; the log was told of it (entry 4)" in audit.stdout
    assert f"Not in place: out/{said}; the log was not told of it" in audit.stdout
    shown = json.loads(raudit("log", "audit", "log.db", "--json", cwd=desk).stdout)
    assert len(shown["unplaced"]) == 2
    assert raudit("log", "audit", "log.db", "--strict", cwd=desk).returncode == 1


def test_an_edited_log_is_not_asked_what_lies_beside_the_report(copy, desk):
    import sqlite3

    (desk / UNPLACED).write_bytes(b"%PDF")
    with sqlite3.connect(copy.log) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"):
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute(
            "UPDATE entry SET data = CAST(replace(data, 'issued', 'edited') AS BLOB) WHERE idx = 3"
        )
    db.close()
    done = verify(desk, "--log", "log.db", vkey=copy.vkey)
    assert (done.returncode, "no log was asked about it" in done.stdout) == (6, True)
    assert done.stderr == ""


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "report.pdf", "--trust", "issuer.crt", "--no-remake", "--log-key", ""),
        ("verify", "report.pdf", "--trust", "issuer.crt", "--no-remake", "--log", ""),
        ("verify", "report.pdf", "--trust", ""),
        ("verify", "report.pdf", "--trust", "issuer.crt", "--issuer", ""),
        ("verify", "report.pdf", "--trust", "issuer.crt", "--checkpoint", ""),
        ("verify", "report.pdf", "--trust", "issuer.crt", "--trust-tsa", ""),
        ("log", "verify", "log.db", "--vkey", ""),
        ("log", "verify", "log.db", "--checkpoint", ""),
        ("log", "verify", "log.db", "--witness", ""),
        ("log", "audit", ""),
    ],
    ids=lambda words: " ".join(words[:2]) + " " + words[-2],
)
def test_a_variable_that_is_not_set_is_not_passed_over(desk, words):
    """A script's `--log "$LOG"` must not verify less than it says."""
    done = raudit(*words, cwd=desk)
    assert done.returncode == 2, done.stdout
    assert "error[" in done.stderr or "Error:" in done.stderr
