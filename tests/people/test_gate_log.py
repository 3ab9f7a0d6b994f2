"""A gate that holds the log's verifier key alone is told no lies: put back, forged, older or edited."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.command_line import raudit

from raudit.audit import statement_files
from raudit.log import Event, load_log_key, open_log
from raudit.people import binding, load_people
from raudit.pipeline import prepare
from raudit.plan import load_plan
from raudit.statements import load_person_key

from .conftest import NOW, private_pem
from .test_proof import ADVISORY, WANTED, decided, judged, run  # noqa: F401 -- fixtures

FILES = ("small-answers.yaml", "small-answers.statements.jsonl", "small-answers.history.jsonl")
LATER = ["--clock", "2026-11-22T12:00:00Z"]
PLAN = "raudit.yaml"


def gate(*options: object, status: int) -> str:
    """What a gate says that runs where the log's own key is not."""
    done = raudit(
        "check", "--clock", "2026-11-23T12:00:00Z", "-q", "--output", "json=g.json", *options
    )
    said = done.stderr + (Path("g.json").read_text() if Path("g.json").exists() else "")
    assert done.returncode == status, done.stderr
    return said


def keep() -> dict[str, bytes]:
    return {name: Path(name).read_bytes() for name in (*FILES, "people.yaml", "log.db")}


def put_back(files: dict[str, bytes]) -> None:
    for name, data in files.items():
        for end in ("-wal", "-shm") if name == "log.db" else ():
            Path(name + end).unlink(missing_ok=True)
        Path(name).write_bytes(data)


@pytest.fixture
def away(room, run, decided):  # noqa: F811
    """Decided, logged and under a checkpoint; then the log's key is carried off."""
    text = Path(PLAN).read_text()
    Path(PLAN).write_text(text.replace(ADVISORY, WANTED))
    judged(run, status=0)
    return room


def test_a_gate_with_the_verifier_key_alone_asks_the_log(away):
    key = Path("keys/log-key.txt")
    genuine = keep()
    by = {name: ["--by", name, "--key", path, *LATER] for name, path in away.keys.items()}
    # The DPO takes the approval back; so does a reviewer. The log is told of both.
    raudit("assess", "review", FILES[0], "--send-back", "c=no", *by["bob"])
    raudit("assess", "sign", FILES[0], "--role", "dpo", "--decision", "reject", *by["dee"])
    raudit("log", "checkpoint", "log.db", "--key", str(key))
    newer = keep()
    with open_log("log.db", key=load_log_key(key)) as log:
        checkpoint = log.store.notes("signed", last=1)[0].note
    Path("newest.txt").write_text(checkpoint)
    shutil.move(key, "elsewhere.txt")

    put_back(genuine)
    said = gate(status=0)
    assert "not logged: the log key keys/log-key.txt is not here" in said
    assert "Asked, not told: the log" in said
    # Decisions put back as they were; the log is the one of today.
    put_back({name: data for name, data in genuine.items() if name != "log.db"})
    put_back({"log.db": newer["log.db"]})
    said = gate(status=3)
    assert "c accepted by bob" in said
    assert "a later decision replaced it" in said
    # And the log with them: whoever knows of a later checkpoint sees it.
    put_back(genuine)
    assert "log-shorter" in gate("--checkpoint", "newest.txt", status=6)
    gate("--no-log", "--checkpoint", "newest.txt", status=6)

    forged(away)
    said = gate(status=0)  # this policy blocks on nothing that could not be told
    assert "Small: the sign-off by dee as data protection officer is stated, not proven." in said
    assert "no signed checkpoint of the log covers the entry that enrolled the key" in said
    put_back(genuine)
    not_statements()
    put_back(genuine)
    edit = sqlite3.connect("log.db")
    edit.execute("DROP TRIGGER entry_no_update")
    edit.execute("UPDATE entry SET data = CAST(data || ' ' AS BLOB) WHERE idx = 3")
    edit.commit()
    edit.close()
    gate(status=6)


def not_statements() -> None:
    """What lies among the statements and is none, or is false, is named and is not given away as somebody's word."""
    path = Path("small-answers.statements.jsonl")
    whole = path.read_bytes()
    first, *rest = whole.splitlines()
    path.write_bytes(whole + b"junk\n")
    said = gate(status=3)
    assert f"failed: line {len(rest) + 2} of {path} is no signed statement" in said
    assert "take the line out" in said
    last = json.loads(rest[-1])
    last["signatures"][0]["sig"] = json.loads(first)["signatures"][0]["sig"]
    path.write_bytes(whole + json.dumps(last).encode() + b"\n")
    said = gate(status=0)
    assert f"Small: statement {len(rest) + 2} in {path} is false." in said
    assert "the signature does not fit the statement" in said
    given = statement_files(prepare(load_plan(Path(PLAN)), clock=NOW))
    assert given["statements.jsonl"] == whole


def forged(room) -> None:
    """Whoever may write the files and the log, and holds neither key, signs as the DPO with a key of their own."""
    pem, _kind, public = private_pem("ed25519")
    (room.folder / "mallory.key").write_bytes(pem)
    people = Path("people.yaml").read_text()
    Path("people.yaml").write_text(people.replace("  - id: dee\n", "  - id: dee\n    name: D\n", 1))
    text = Path("people.yaml").read_text()
    start = text.index("  - id: dee")
    keys = text.index("    keys:\n", start) + len("    keys:\n")
    Path("people.yaml").write_text(f"{text[:keys]}      - ssh: {public}\n{text[keys:]}")
    held = load_people(Path("people.yaml"))
    bound = binding("dee", load_person_key(room.folder / "mallory.key").fingerprint)
    body = {"old": None, "new": str(held.sha256), "enrolled": [bound], "withdrawn": [], "by": "dee"}
    with open_log("log.db") as log:  # appending takes no key
        log.append([Event(type="people.changed", actor="dee", body=body)], clock=NOW)
    before, dpo = Path(FILES[0]).read_text().split("  - role: dpo")
    Path(FILES[0]).write_text(before + dpo[dpo.index("  - role: owner") :])
    done = raudit(
        *("assess", "sign", FILES[0], "--role", "dpo", "--decision", "approve", "--by", "dee"),
        *("--key", "mallory.key", *LATER),
    )
    assert done.returncode == 0, done.stderr
