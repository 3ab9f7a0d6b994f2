"""A workbook that people have edited: what they meant is read, and nothing is lost in silence."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook

from raudit.checklists import assess, load_answers, parse_answers
from raudit.checklists.answers import EvidenceLink
from raudit.checklists.exchange import from_workbook, oscal, workbook
from raudit.checklists.form.load import shipped
from raudit.errors import AnswersError
from raudit.resources import resource_dir

AT = datetime(2026, 11, 21, tzinfo=UTC)
DPIA = shipped("gdpr-dpia")
FILE = resource_dir("examples") / "adult-income" / "answers" / "gdpr-dpia.yaml"
ANSWERS = load_answers(FILE, DPIA)
CONTENT = workbook(DPIA, ANSWERS, at=AT)
ROW = list(DPIA.questions).index("need.basis") + 2


def edited(sheet, row, column, value):
    book, out = load_workbook(io.BytesIO(CONTENT)), io.BytesIO()
    book[sheet].cell(row, column).value = value
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("sheet", "row", "column", "value", "where"),
    [
        ("Answers", ROW, 1, "nonsense", f"Answers, row {ROW}, id"),
        ("Answers", ROW, 1, next(iter(DPIA.questions)), f"Answers, row {ROW}, id"),
        ("Answers", 1, 6, "why", "Answers, row 1"),
        ("Answers", ROW, 14, "accepted", f"Answers, row {ROW}, review"),
        ("Lists", 2, 1, "riskz", "Lists, row 2, question"),
        ("Lists", 2, 2, "one", "Lists, row 2, row"),
        ("Lists", 3, 3, "risk", "Lists, row 3, column"),
        ("File", 2, 2, "{", "File, row 2"),
    ],
)
def test_an_edit_that_would_lose_something_is_refused_by_sheet_and_row(
    sheet, row, column, value, where
):
    with pytest.raises(AnswersError) as caught:
        from_workbook(edited(sheet, row, column, value), DPIA)
    assert where in str(caught.value)


def test_evidence_in_plain_words_is_a_document():
    found = parse_answers(
        from_workbook(edited("Answers", ROW, 13, "the form of May"), DPIA), DPIA
    ).file
    assert [link.path for link in found.answers["need.basis"].evidence] == ["the form of May"]


@pytest.mark.parametrize("typed", ["json:hello", "=1+1", "+1", "-1", "@now"])
def test_what_a_person_types_stays_text(typed):
    found = parse_answers(from_workbook(edited("Answers", ROW, 8, typed), DPIA), DPIA).file
    assert found.answers["need.basis"].why == typed


def test_a_broken_or_huge_part_is_no_workbook():
    for part in (b"<broken", b" " * 100_000_001):
        out = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(CONTENT)) as old,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for name in old.namelist():
                new.writestr(name, part if "sheet1" in name else old.read(name))
        with pytest.raises(AnswersError, match="no workbook"):
            from_workbook(out.getvalue(), DPIA)


@pytest.mark.parametrize("odd", ["a\x85b", "a\u2028b", "\x85", "\ufeffx"])
def test_breaks_that_yaml_would_fold_survive(odd):
    file = ANSWERS.file.model_copy(deep=True)
    changed = file.answers["need.basis"].model_copy(update={"why": odd})
    file = file.model_copy(update={"answers": {**file.answers, "need.basis": changed}})
    again = from_workbook(workbook(DPIA, type(ANSWERS)(file, {}, None), at=AT), DPIA)
    assert parse_answers(again, DPIA).file.answers["need.basis"].why == odd


def test_oscal_names_have_no_odd_spaces_and_references_are_encoded():
    file = ANSWERS.file
    changed = file.answers["need.basis"].model_copy(
        update={"by": " Ann \nB", "evidence": (EvidenceLink(path="my form.pdf"),)}
    )
    file = file.model_copy(update={"answers": {**file.answers, "need.basis": changed}})
    result = assess(DPIA, type(ANSWERS)(file, ANSWERS.values, None), today=AT.date())
    made = oscal(result, at=AT)["assessment-results"]
    assert "Ann B" in [party["name"] for party in made["metadata"]["parties"]]
    links = [
        link["href"]
        for item in made["results"][0]["observations"]
        for link in item.get("relevant-evidence", [])
    ]
    assert "my%20form.pdf" in links
