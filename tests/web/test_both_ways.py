"""One way to write a thing down: the browser and the command line leave the same bytes and tell the log the same.

Each step is taken in the browser, and then by the command line on a copy of the workspace from before, at the time that
the browser wrote. What is random, a statement's nonce and what follows from it, is left out of the comparison.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from raudit.log import open_log

from .test_pages import A, digest_on, fresh, reviewed, statement_on, write

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
LEFT_OUT = ("raudit-log.db", "keys", "runs", "record.json")


def twin_of(workspace: Path, folder: Path) -> Path:
    """A copy of the workspace as it is, its log included."""
    twin = folder / "twin"
    ignored = shutil.ignore_patterns(".raudit-web*", "*.lock", "*-wal", "*-shm")
    with open_log(workspace / "raudit-log.db"):
        shutil.copytree(workspace, twin, ignore=ignored)
    return twin


def tree(folder: Path) -> dict[str, str]:
    """Texts of all files of the system, without what is random."""
    found = {}
    for path in sorted((folder / "credit").rglob("*")):
        name = path.relative_to(folder / "credit").as_posix()
        if path.is_file() and not name.endswith(".lock") and not name.startswith(LEFT_OUT):
            text = path.read_text("utf-8")
            text = re.sub(r'("nonce": ?|nonce: )"?[0-9a-f]{32}"?', r"\1NONCE", text)
            found[re.sub(r"[0-9a-f]{64}\.json", "STATEMENT.json", name)] = text
    return found


def told(folder: Path, after: int) -> list[tuple[str, str]]:
    """Entries of the log from a place on, without what is salted or random."""
    with open_log(folder / "raudit-log.db") as log:
        entries = [(str(e.type), json.dumps(e.body, sort_keys=True)) for e in log.entries()]
    return [(kind, re.sub(r"salted:[0-9a-f]+", "salted", body)) for kind, body in entries[after:]]


def entries(folder: Path) -> int:
    with open_log(folder / "raudit-log.db") as log:
        return len(list(log.entries()))


def time_told(folder: Path) -> str:
    """Time of the newest entry, of a step that leaves no time in a file."""
    with open_log(folder / "raudit-log.db") as log:
        return str(list(log.entries())[-1].time)


def by_command(*arguments: str) -> None:
    from click.testing import CliRunner

    from raudit.cli import raudit

    result = CliRunner().invoke(raudit, list(arguments), standalone_mode=False)
    assert result.exception is None, (result.output, result.exception)


def last_time(text: str) -> str:
    return max(re.findall(TIME, text))


@pytest.fixture
def both(workspace: Path, tmp_path: Path) -> Callable[..., None]:
    """Take a step both ways and compare."""

    def compare(
        step: Callable[[], Any], written: str, command: Callable[[Path, str], list[str]]
    ) -> None:
        twin, before = twin_of(workspace, tmp_path), entries(workspace)
        done = step()
        assert done.status_code == 302, done.content.decode()
        place = workspace / "credit" / written
        clock = last_time(place.read_text("utf-8")) if written else time_told(workspace)
        by_command(*command(twin / "credit", clock), "--clock", clock)
        assert tree(twin) == tree(workspace)
        assert told(twin, before) == told(workspace, before)

    return compare


def test_a_note(as_: Any, both: Callable[..., None]) -> None:
    ann = as_("ann")
    write(ann, "first.what", "It decides")
    words = "Who knows, @rex?\nTwo lines: “quoted”, and a colon"
    both(
        lambda: ann.post(A + "q/first.what/note/", {"words": words}),
        "answers/small.history.jsonl",
        lambda place, _clock: [
            "assess", "notes", str(place / "answers/small.yaml"), "first.what",
            "--say", words, "--by", "ann",
        ],
    )  # fmt: skip


def test_evidence(as_: Any, both: Callable[..., None], tmp_path: Path) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    ann, content = as_("ann"), b"measured on 2,000 rows\n"
    write(ann, "first.what", "It decides")
    (tmp_path / "proof.txt").write_bytes(content)
    file = SimpleUploadedFile("proof.txt", content)
    both(
        lambda: ann.post(
            A + "q/first.what/evidence/", {"file": file, "observed": "what it shows"}
        ),
        "answers/small.yaml",
        lambda place, _clock: [
            "assess", "evidence", str(place / "answers/small.yaml"), "first.what",
            str(tmp_path / "proof.txt"), "--by", "ann", "--observed", "what it shows",
        ],
    )  # fmt: skip


def test_a_condition_that_is_met(as_: Any, both: Callable[..., None]) -> None:
    reviewed(as_)
    form = {
        "answers": digest_on(as_("olga").get(A + "sign/")),
        "role": "owner",
        "decision": "approve_with_conditions",
        "what": "Look again in spring",
        "owner": "ann",
        "due": "2027-03-01",
    }
    client = fresh(as_, "olga")
    shown = statement_on(client.post(A + "sign/", form))
    signed = client.post(A + "sign/finish/", {"statement": shown, "without": "proof"})
    assert signed.status_code == 302, signed.content.decode()
    rex = as_("rex")
    both(
        lambda: rex.post(A + "met/", {"role": "owner", "number": "1", "how": "Looked in March"}),
        "answers/small.yaml",
        lambda place, _clock: [
            "assess", "met", str(place / "answers/small.yaml"), "--role", "owner",
            "--condition", "1", "--by", "rex", "--how", "Looked in March",
        ],
    )  # fmt: skip


def test_a_waiver(as_: Any, workspace: Path, finding: str, both: Callable[..., None]) -> None:
    from raudit.web.reading import record_at

    record = next((workspace / "credit/runs").glob("*/record.json"))
    found = next(f for f in record_at(record).findings if f.fingerprint == finding)
    opal, form = (
        as_("opal"),
        {"reason": "Known, and being mended", "approver": "olga", "expires": "2027-01-31"},
    )
    twin_record = record.relative_to(workspace / "credit")
    both(
        lambda: opal.post(f"/s/credit/findings/{finding}/waive/", {**form, "step": "write"}),
        twin_record.as_posix(),
        lambda place, _clock: [
            "waive", found.rule, "--fingerprint", finding, "--record", str(place / twin_record),
            "--waivers", str(place / "waivers.yaml"), "--reason", "Known, and being mended", "--owner", "opal",
            "--approver", "olga", "--expires", "2027-01-31", "--yes",
        ],
    )  # fmt: skip


def test_an_approval_of_a_waiver(
    as_: Any, workspace: Path, finding: str, both: Callable[..., None]
) -> None:
    from raudit.policy import load_waivers

    form = {"reason": "Known, and being mended", "approver": "olga", "expires": "2027-01-31"}
    asked = as_("opal").post(f"/s/credit/findings/{finding}/waive/", {**form, "step": "write"})
    assert asked.status_code == 302, asked.content.decode()
    (waiver,) = load_waivers(workspace / "credit/waivers.yaml").entries
    olga = fresh(as_, "olga")
    both(
        lambda: olga.post(f"/s/credit/waivers/{waiver.id}/approve/", {}),
        "",
        lambda place, _clock: [
            "waive-approve", waiver.id, "--waivers", str(place / "waivers.yaml"), "--by", "olga",
        ],
    )  # fmt: skip
    with open_log(workspace / "raudit-log.db") as log:
        assert list(log.entries())[-1].type == "waiver.approved"
