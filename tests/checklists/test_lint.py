"""``raudit assess lint`` lists every fault of a checklist, not the first one, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from raudit.checklists import load_checklist
from raudit.checklists.form.load import checklist_path, lint_checklist, shipped_checklists
from raudit.cli.assess import command
from raudit.errors import ChecklistError

GOOD = """\
schema: raudit.checklist/1
id: small
version: 1.0.0
title: Small
about: A small checklist.
source: {basis: [none]}
sections:
  - id: s
    title: The only section
    questions:
      - {id: a, type: text, text: "What?", why: because, help: say}
"""
WRONG = """\
      - {id: a, type: text, text: "Again?", why: because, help: say}
      - {id: b, type: choice, text: "Which?", why: because, help: say}
      - {id: c, type: text, text: "How?", why: w, help: h, show_if: "answered('nowhere')"}
      - {id: d, type: text, text: "When?", why: w, help: h, show_if: "answered("}
      - {id: e, type: text, text: "Who?", why: w, help: h, show_if: "answered('f')"}
      - {id: f, type: text, text: "Why?", why: w, help: h, evidence: {fact: no.such.fact}}
"""


def listed(text: str, folder: Path) -> list[str]:
    path = folder / "c.yaml"
    path.write_text(text)
    done = CliRunner().invoke(command, ["lint", str(path)], standalone_mode=False)
    assert done.exception is None, done.exception
    assert done.return_value == (2 if "error[" in done.output else 0)
    return [line.strip() for line in done.output.splitlines()]


def test_all_faults_are_listed_with_their_lines(tmp_path):
    lines = listed(GOOD + WRONG, tmp_path)
    errors = [line for line in lines if line.startswith("error[")]
    kinds = {line.split("]")[0].removeprefix("error[") for line in errors}
    assert {
        "question-doubled",
        "options-missing",
        "no-question",
        "condition-ahead",
        "no-fact",
    } <= kinds
    assert len(errors) == 6
    assert sum("c.yaml:" in line for line in lines) == 6


def test_a_wrong_shape_lists_all_of_it(tmp_path):
    text = GOOD.replace("title: Small", "titel: Small").replace("why: because", "wy: because")
    lines = listed(text, tmp_path)
    assert sum(line.startswith("error[unknown-key]") for line in lines) == 2
    assert any("faults in the shape of the file" in line for line in lines)


def test_nothing_wrong_says_what_was_looked_at(tmp_path):
    assert listed(GOOD, tmp_path)[0].startswith(
        "nothing wrong found in 1 questions and 0 expressions"
    )


def test_loading_names_the_first_and_how_many_more(tmp_path):
    (tmp_path / "c.yaml").write_text(GOOD + WRONG)
    with pytest.raises(ChecklistError, match="and 5 more: raudit assess lint CHECKLIST lists them"):
        load_checklist(tmp_path / "c.yaml")


@pytest.mark.parametrize("name", shipped_checklists())
def test_shipped_checklists_have_none(name):
    path = checklist_path(name)
    assert path is not None
    assert lint_checklist(path)[1] == ()
