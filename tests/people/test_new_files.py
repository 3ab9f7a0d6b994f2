"""Files that a command makes or replaces whole have a history, and the log is told of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from raudit.canonical import sha256
from raudit.checklists.history import read_lines
from raudit.cli import raudit
from raudit.errors import PeopleError
from raudit.log import open_log

from .conftest import CLOCK, NOW, answers_text

TIME = ("--clock", CLOCK)


@pytest.fixture
def run(room, monkeypatch, capsys):
    monkeypatch.chdir(room.folder)

    def call(*args: str, status: int = 0) -> str:
        got = raudit.main(args=[*args], prog_name="raudit", standalone_mode=False)
        out = capsys.readouterr()
        assert (got or 0) == status, out
        return out.out + out.err

    return call


def told(room, kind: str) -> list[dict]:
    with open_log(room.folder / "log.db") as log:
        return [dict(entry.body) for entry in log.find(type=kind)]


def test_a_form_that_is_started_is_in_history_and_log(room, run):
    room.answers.unlink()
    run("assess", "start", "small.yaml", "-o", "small-answers.yaml", "--file-only", *TIME)
    (line,) = [line for line in read_lines(room.answers) if line["kind"] == "change"]
    (event,) = told(room, "answers.changed")
    assert event["new"] == line["answers_after"]
    assert "old" not in event or event["old"] is None
    assert "told of every change" in run("assess", "status", "small-answers.yaml", *TIME, status=3)


def test_an_import_is_in_history_and_log_under_its_author(room, run):
    from raudit.checklists import load_answers
    from raudit.checklists.exchange.workbook import workbook

    keep = room.answers.read_text() + "  a: {value: x, by: ann, at: 2026-11-20T12:00:00Z}\n"
    room.answers.write_text(keep)
    found = load_answers(room.answers, room.checklist)
    Path("form.xlsx").write_bytes(workbook(room.checklist, found, at=NOW))
    room.answers.unlink()
    run(
        "assess",
        "import",
        "form.xlsx",
        "--checklist",
        "small.yaml",
        "-o",
        room.answers.name,
        "--by",
        "ann",
        *TIME,
    )
    assert [line["kind"] for line in read_lines(room.answers)] == ["change", "logged"]
    (event,) = told(room, "answers.changed")
    assert event["question"] == "a"


def test_a_migration_keeps_the_words_that_it_sets_aside(room, run):
    room.answers.write_text(
        answers_text(
            str(room.checklist.sha256),
            "answers:\n  a: {value: x, by: ann, at: 2026-11-20T12:00:00Z}\n",
        )
    )
    run("assess", "notes", room.answers.name, "a", "--say", "first", "--by", "ann", *TIME)
    newer = (room.folder / "small.yaml").read_text()
    newer = newer.replace("version: 1.0.0", "version: 2.0.0").replace("id: a,", "id: renamed,")
    (room.folder / "small.yaml").write_text(newer)
    run("assess", "migrate", room.answers.name, "--by", "ann", *TIME)
    change = [line for line in read_lines(room.answers) if line["kind"] == "change"][-1]
    assert change["after"]
    assert {item["what"] for item in change["changes"]} == {"set aside"}
    assert len(told(room, "answers.changed")) >= 1
    assert "told of every change" in run("assess", "status", room.answers.name, *TIME, status=3)


def test_a_note_is_by_a_person(room, run):
    said = ("assess", "notes", room.answers.name, "a", "--say", "why so?", *TIME)
    run(*said, "--by", "ann@example.org")
    assert "ann, 2026-11-20" in run("assess", "notes", room.answers.name)
    with pytest.raises(PeopleError):
        run(*said, "--by", "a stranger")


def test_evidence_by_a_bare_path_is_named(room, run):
    (room.folder / "plan.txt").write_text("x")
    entry = "{value: x, by: ann, at: 2026-11-20T12:00:00Z, evidence: [{path: plan.txt}]}"
    room.answers.write_text(answers_text(str(room.checklist.sha256), f"answers:\n  a: {entry}\n"))
    said = run("assess", "status", room.answers.name, *TIME, status=3)
    assert "the evidence for a is given without its digest" in said
    whole = entry.replace("plan.txt}", f"plan.txt, sha256: {sha256(b'x')}}}")
    room.answers.write_text(answers_text(str(room.checklist.sha256), f"answers:\n  a: {whole}\n"))
    for content, fault in ((b"x", ""), (b"y", " was changed"), (None, " is missing")):
        (room.folder / "plan.txt").unlink()
        if content is not None:
            (room.folder / "plan.txt").write_bytes(content)
        said = run("assess", "status", room.answers.name, *TIME, status=3)
        assert ("the evidence for a" in said) is bool(fault)
        assert f"the evidence for a{fault}" in said or not fault
