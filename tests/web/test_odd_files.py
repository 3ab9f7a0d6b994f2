"""A new system from a file as people have it: letters of Windows, commas for points, names that are not English."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

FORM = {
    "name": "Kredit Köln",
    "purpose": "Rates applications.",
    "people": "yes",
    "source": "upload",
}
HEAD = "Fall;Alter;Note;Entscheidung;Zahlungsausfall"
ROWS = [
    f"{i};{20 + i % 50};{i % 7},{i % 10};{'bewilligt' if i % 3 else 'abgelehnt'};{'ja' if i % 4 else 'nein'}"
    for i in range(120)
]
PLAIN = "\n".join([HEAD, *ROWS])
ODD = PLAIN.replace("Note", "Prüfung")
ROLES = {"role:2": "score", "role:3": "prediction", "favourable:prediction": "bewilligt"}


def sent(client: Any, content: bytes | None, **more: str) -> str:
    file = {} if content is None else {"data": SimpleUploadedFile("kredit.csv", content)}
    return html.unescape(client.post("/new/", {**FORM, **file, **more}).content.decode())


def test_a_file_from_excel_is_read_once_its_letters_are_said(as_: Any, workspace: Path) -> None:
    adam = as_("adam")
    refused = sent(adam, ODD.encode("cp1252"), step="suggest")
    assert "Choose how it writes letters and numbers" in refused
    assert "role:0" not in refused
    how = {"letters": "cp1252", "marks": ","}
    read = sent(adam, None, step="suggest", **how)  # the file that was chosen is kept
    assert ">Prüfung<" in read
    assert "number, 70 different values" in read
    made = adam.post("/new/", {**FORM, **how, **ROLES, "step": "make"})
    assert made.status_code == 302, made.content.decode()
    from raudit.plan import load_plan

    plan = load_plan(workspace / "kredit-koln/raudit.yaml")
    assert (plan.file.data.encoding, plan.file.data.numbers.decimal) == ("cp1252", ",")
    assert (workspace / "kredit-koln/data/decisions.csv").read_bytes() == ODD.encode("cp1252")


def test_numbers_with_a_comma_are_seen_and_are_no_score_until_it_is_said(as_: Any) -> None:
    adam = as_("adam")
    seen = sent(adam, PLAIN.encode(), step="suggest")
    assert "if a comma is the mark of the fraction: Note." in seen
    refused = sent(adam, None, step="plan", **ROLES)
    assert "Note is read as text, so it cannot be a score" in refused
    again = sent(adam, None, step="suggest", marks=",")
    assert "if a comma is the mark of the fraction" not in again
    assert 'numbers: {decimal: ","}' in sent(adam, None, step="plan", marks=",", **ROLES)


def test_what_is_missing_is_said_of_its_column(as_: Any) -> None:
    adam = as_("adam")
    seen = sent(adam, PLAIN.encode(), step="suggest")
    assert seen.count("a guess from the name") == 2  # Alter and Entscheidung
    refused = sent(
        adam, None, step="plan", **{"role:3": "prediction", "favourable:prediction": "x"}
    )
    assert "x does not occur in Entscheidung" in refused


@pytest.mark.parametrize("name", ["default", "fraud", "Risk"])
def test_what_is_bad_for_a_person_is_never_filled_in_as_good(as_: Any, name: str) -> None:
    rows = "\n".join(f"{i},{i % 2}" for i in range(60))
    adam = as_("adam")
    sent(adam, f"id,{name}\n{rows}\n".encode(), step="suggest")
    assert f"Say which value of {name} is good" in sent(
        adam, None, step="plan", **{"role:1": "label"}
    )
