"""``raudit log`` as a process: results on stdout, narration on stderr, documented exit statuses, no traceback."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from tests import command_line

from raudit.log import load_log_key, open_log, verify_checkpoint

from .conftest import NOW, started
from .test_hunt import finished, waiver

HEAVY = "pandas numpy scipy sklearn fairlearn shap spacy presidio_analyzer weasyprint pyhanko matplotlib".split()  # noqa: SIM905


@pytest.fixture
def raudit(tmp_path):
    def run(*arguments, status=0, env=None):
        more = {**os.environ, **(env or {})}
        done = command_line.raudit("log", *arguments, cwd=tmp_path, env=more)
        assert done.returncode == status, (done.stdout, done.stderr)
        return done

    return run


@pytest.fixture
def filled(tmp_path, raudit):
    """A log that the command line made, with a few events."""
    vkey = raudit("key", "example.org/log", "log.key").stdout.strip()
    raudit("init", "log.db", "--key", "log.key")
    with open_log(tmp_path / "log.db") as log:
        log.append(
            [started("r1"), finished("r1", 1), started("r2"), finished("r2"), started("r3")],
            clock=NOW,
        )
        event = waiver("w1")
        log.append(
            [type(event)(type=event.type, body=event.body, actor="Eve\u202eEvil\x1b[31m")],
            clock=NOW,
        )
    return vkey


def test_show_filters_and_json(raudit, filled):
    done = raudit("show", "log.db", "--type", "run.started", "--json")
    shown = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(entry["index"], entry["run"]) for entry in shown] == [(1, "r1"), (3, "r2"), (5, "r3")]
    assert done.stderr == "3 of 7 entries\n"
    assert (
        json.loads(raudit("show", "log.db", "--json", "--last", "1").stdout)["type"]
        == "waiver.granted"
    )
    assert raudit("show", "log.db", "--until", "2026-03-01").stdout == ""
    assert (
        raudit("show", "log.db", "--since", "2026-03-01T09:30:00+00:00").stdout.count("run r") == 5
    )
    assert "waiver.granted" in raudit("show", "log.db", "--actor", "Eve\u202eEvil\x1b[31m").stdout
    assert "not a time" in raudit("show", "log.db", "--since", "yesterday", status=2).stderr


def test_entries_cannot_repaint_the_terminal(raudit, filled):
    out = raudit("show", "log.db").stdout
    assert "\\u202e" in out
    assert "\\u001b[31m" in out
    assert "\x1b" not in out


def test_verify_says_what_it_could_not_compare(raudit, filled, tmp_path):
    assert "compared with nothing from outside" in raudit("verify", "log.db").stdout
    raudit("verify", "log.db", "--strict", status=3)
    raudit("checkpoint", "log.db", "--key", "log.key", "--output", "held.txt")
    done = raudit("verify", "log.db", "--vkey", filled, "--checkpoint", "held.txt", "--strict")
    assert done.stdout.splitlines()[-1] == "The log verifies and extends 1 checkpoint from outside."
    assert [line[:2] for line in done.stdout.splitlines()[1::2]][:4] == ["1.", "2.", "3.", "4."]
    report = json.loads(
        raudit("verify", "log.db", "--vkey", filled, "--checkpoint", "held.txt", "--json").stdout
    )
    assert (report["verified"], report["compared"], report["size"]) == (True, 1, 7)


def test_a_cut_log_exits_with_six(raudit, filled, tmp_path):
    raudit("checkpoint", "log.db", "--key", "log.key", "--output", "held.txt")
    with closing(sqlite3.connect(tmp_path / "log.db")) as db, db:
        for table in ("entry", "node", "note"):
            db.execute(f"DROP TRIGGER {table}_no_delete")
        db.execute("DELETE FROM entry WHERE idx >= 4")
        db.execute("DELETE FROM node WHERE idx >= 7")
        db.execute("DELETE FROM note")
    assert raudit("verify", "log.db").returncode == 0
    done = raudit("verify", "log.db", "--checkpoint", "held.txt", status=6)
    assert "the log is shorter than this checkpoint" in done.stdout
    refused = raudit("checkpoint", "log.db", "--key", "log.key", status=6)
    assert (
        refused.stdout,
        "shorter than the checkpoint that the key remembers" in refused.stderr,
    ) == ("", True)
    assert "its end is missing" in raudit("diff", "log.db", "held.txt", status=6).stdout


def test_prove_and_verify_a_proof_offline(raudit, filled, tmp_path):
    raudit("checkpoint", "log.db", "--key", "log.key")
    raudit("prove", "log.db", "2", "--output", "two.tlog-proof")
    with open_log(tmp_path / "log.db") as log:
        (tmp_path / "two.json").write_bytes(log.entry(2).data)
        (tmp_path / "three.json").write_bytes(log.entry(3).data)
    (tmp_path / "log.vkey").write_text(filled)
    done = raudit("verify-proof", "two.tlog-proof", "--entry", "two.json", "--vkey", "log.vkey")
    assert done.stdout.startswith("The entry is number 2 of example.org/log at size 7, root ")
    raudit("verify-proof", "two.tlog-proof", "--entry", "three.json", "--vkey", filled, status=6)
    raudit("verify", "log.db", "--checkpoint", "two.tlog-proof")
    assert "not in this checkpoint" in raudit("prove", "log.db", "7", status=2).stderr


def test_export_import_diff(raudit, filled, tmp_path):
    raudit("export", "log.db", "tiles", "--key", "log.key")
    raudit("import", "tiles", "copy.db", "--vkey", filled)
    assert raudit("diff", "log.db", "copy.db").stdout == "The same log. Sizes 7 and 7.\n"
    with open_log(tmp_path / "log.db") as log:
        log.append([started("r4")], clock=NOW)
    assert (
        json.loads(raudit("diff", "tiles", "log.db", "--json").stdout)["relation"]
        == "first-is-prefix"
    )
    other = raudit("key", "example.org/log", "other.key").stdout.strip()
    assert (
        "does not verify" in raudit("import", "tiles", "bad.db", "--vkey", other, status=6).stderr
    )
    assert not (tmp_path / "bad.db").exists()
    assert (
        "without its key"
        in raudit("import", "tiles", "x.db", "--vkey", filled, "--recover", status=2).stderr
    )
    raudit(
        "import",
        "tiles",
        "on.db",
        "--vkey",
        filled,
        "--recover",
        "--key",
        "log.key",
        "--actor",
        "Ann",
    )
    assert "recovery.performed" in raudit("show", "on.db", "--last", "1").stdout
    assert "they differ from entry 7 on" in raudit("diff", "log.db", "on.db", status=6).stdout


def test_a_witness_on_another_machine(raudit, filled, tmp_path):
    raudit("export", "log.db", "tiles", "--key", "log.key")
    raudit("key", "witness.example", "witness.key")
    witness = load_log_key(tmp_path / "witness.key").cosigner.vkey
    told = ("witness", "tiles", "--state", "seen.txt", "--key", "witness.key", "--vkey", filled)
    assert "--first" in raudit(*told, status=2).stderr
    cosigned = raudit(*told, "--first").stdout
    assert verify_checkpoint(cosigned, filled).size == 7
    raudit("witness", "log.db", "--accept", "seen.txt", "--witness", witness)
    done = raudit(
        "verify", "log.db", "--vkey", filled, "--witness", witness, "--checkpoint", "seen.txt"
    )
    assert "cosigned by witness.example" in done.stdout
    assert "say what you are" in raudit("witness", "log.db", status=2).stderr


def test_audit_lists_an_interrupted_run(raudit, filled):
    out = raudit("audit", "log.db").stdout
    assert "run r3: started 2026-03-01T09:30:00.000000Z, never finished  [entry 5]" in out
    assert (
        "passed after 1 earlier run did not pass on the same data and model; changed since: nothing"
        in out
    )
    raudit("audit", "log.db", "--strict", status=1)
    leads = json.loads(raudit("audit", "log.db", "--json").stdout)["leads"]
    assert [lead["kind"] for lead in leads] == ["run-never-finished", "rerun-until-green"]


def test_rotate_and_forget(raudit, filled, tmp_path):
    raudit("key", "example.org/log", "new.key")
    raudit("rotate", "log.db", "--key", "log.key", "--new", "new.key", "--actor", "Ann")
    assert (
        "not the log's current one"
        in raudit("checkpoint", "log.db", "--key", "log.key", status=2).stderr
    )
    raudit("checkpoint", "log.db", "--key", "new.key")
    assert "rotated once" in raudit("verify", "log.db", "--vkey", filled).stdout
    with open_log(tmp_path / "log.db") as log:
        pseudonym = next(p for p, name in log.people().items() if name.startswith("Eve"))
    raudit("forget", "log.db", pseudonym)
    assert "Eve" not in raudit("show", "log.db").stdout
    assert "nothing is known" in raudit("forget", "log.db", pseudonym, status=2).stderr
    raudit("verify", "log.db")


def test_an_encrypted_key(raudit):
    secret = {"RAUDIT_LOG_KEY_PASSPHRASE": "correct horse"}
    raudit("key", "example.org/log", "log.key", env=secret)
    raudit("init", "log.db", "--key", "log.key", env=secret)
    raudit("checkpoint", "log.db", "--key", "log.key", env=secret)
    assert (
        "RAUDIT_LOG_KEY_PASSPHRASE"
        in raudit("checkpoint", "log.db", "--key", "log.key", status=2).stderr
    )


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["show", "none.db"], 2, "raudit log init"),
        (["show", "log.key"], 6, "damaged or no log"),
        (["show", "."], 2, "no exported log"),
        (["show", "/proc/self/mem"], 2, "the log cannot be read"),
        (["init", "/proc/self/mem", "--key", "log.key"], 2, "the log cannot be read"),
        (["diff", "log.db", "/proc/self/mem"], 2, "a file cannot be read"),
        (["show", "a" * 300], 2, "File name too long"),
        (["verify", "log.db", "--checkpoint", "none"], 2, "cannot be read"),
        (["verify", "log.db", "--checkpoint", "log.db"], 6, "not a signed note"),
        (["verify", "log.db", "--vkey", "nonsense"], 2, "not a verifier key"),
        (["prove", "log.db", "0"], 2, "signed no checkpoint"),
        (["prove", "log.db", "minus"], 2, "not a valid integer"),
        (["init", "log.db", "--key", "log.key", "--writer-role", "x"], 2, "PostgreSQL"),
        (["init", "nowhere/log.db", "--key", "log.key"], 2, "no such folder"),
        (["export", "log.db", "log.key", "--key", "log.key"], 4, "cannot be written"),
        (["show", "postgresql+psycopg://user:secret@127.0.0.1:1/none"], 4, "did not answer"),
    ],
)
def test_mistakes_are_answered_with_what_to_do(raudit, filled, arguments, status, says):
    done = raudit(*arguments, status=status)
    assert says in done.stdout + done.stderr
    assert "secret" not in done.stderr


def test_reading_is_light(tmp_path, filled):
    code = (
        "import sys; from raudit.cli import main\n"
        f"heavy = {[*HEAVY, 'pydantic', 'sqlalchemy', 'psycopg']}\n"
        "try: main(['log', 'show', 'log.db'])\n"
        "finally: print(*[m for m in heavy if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stderr.splitlines() == ["7 of 7 entries", ""]
