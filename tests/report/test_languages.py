"""Every sentence of the program in every shipped language, with the numbers and names of English."""

from __future__ import annotations

import importlib.util
import string
from dataclasses import replace
from pathlib import Path

import pytest

from raudit.findings import Status, Subject
from raudit.record import Column, Outcome, StageRecord, Table, parse_record, record_bytes
from raudit.report import render_html
from raudit.report.language import load_language
from raudit.report.translate import in_language
from raudit.sentences import messages_in, say

from . import synthetic

SCRIPT = Path(__file__).parents[2] / "scripts" / "missing_sentences.py"
spec = importlib.util.spec_from_file_location("missing_sentences", SCRIPT)
sentences = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sentences)
CODES = sorted({file.stem for file in sentences.LANGUAGES.glob("*.po")} - {"en"})


def language(code="de"):
    return load_language(code, [sentences.LANGUAGES])


def stage_of(*statements, cells=()):
    findings = tuple(
        synthetic.FAIR.failed(Subject(kind="group", name=f"{i}"), statement, remedy="")
        for i, statement in enumerate(statements)
    )
    columns = (Column(key="a", label="Rows"),)
    table = Table(id="t", title="Labels", columns=columns, rows=tuple({"a": c} for c in cells))
    messages = messages_in((findings, table))
    return StageRecord(
        name="fairness",
        title="Fairness",
        outcome=Outcome.COMPLETED,
        findings=findings,
        tables=(table,),
        messages=messages,
    )


def spoken(stage, code="de"):
    record = parse_record(record_bytes(replace(synthetic.make_record(), stages=(stage,))))
    made, lacking = in_language(record, language(code))
    return made.stages[0], lacking


@pytest.mark.parametrize("code", CODES)
def test_no_sentence_of_the_program_is_missing(code):
    assert sentences.missing(code) == ()


@pytest.mark.parametrize("code", CODES)
def test_a_translation_has_no_place_that_english_has_not(code):
    def places(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    known = language(code).messages
    for text in sentences.all_sentences():
        assert places(known[text]) <= places(text), text


def test_the_list_sees_each_way_of_saying_something():
    source = 'say("a {b}", b=1)\njoined(" or ", c)\nColumn(label="D")\nf(reason="e" if g else "h")'
    assert set(sentences.sentences_of(source)) == {"a {b}", " or ", "D", "e", "h"}


def test_a_sentence_is_said_again_with_the_marks_of_the_language():
    statement = say(
        "{count:,} labelled rows are too few to test calibration; it takes {ROWS}",
        count=1234,
        ROWS=-5,
    )
    stage, lacking = spoken(stage_of(statement))
    assert stage.findings[0].statement == (
        "1.234 Zeilen mit Zielwert sind zu wenige, um die Kalibrierung zu prüfen; nötig sind \u22125"
    )
    assert stage.tables[0].title == "Zielwerte"
    assert stage.tables[0].columns[0].label == "Zeilen"
    assert not lacking


def test_a_name_of_the_data_is_never_translated():
    statement = say("Column “{name}” holds no times in one of the data sets.", name="every row")
    stage, _ = spoken(stage_of(statement, cells=("sample", "Rows")))
    assert stage.findings[0].statement.startswith("Die Spalte „every row“ enthält")
    assert [row["a"] for row in stage.tables[0].rows] == ["sample", "Rows"]


def test_a_word_of_the_program_in_a_cell_is():
    stage, _ = spoken(stage_of("x", cells=(say("every row"),)))
    assert stage.tables[0].rows[0]["a"] == "jede Zeile"


def test_what_the_catalogue_lacks_is_listed_and_marked_as_english():
    stage = stage_of(say("{n:,} frobs were grokked.", n=1234))
    said, lacking = spoken(stage)
    assert lacking == {"1.234 frobs were grokked."}
    page = render_html(replace(synthetic.make_record(), stages=(stage,)), language="de")
    assert '<span lang="en">1.234 frobs were grokked.</span>' in page
    assert said.findings[0].status is Status.FAILED


def test_english_has_typographic_minus_signs():
    stage, lacking = spoken(stage_of(say("it fell by {x:.1f} points", x=-1.25)), "en")
    assert stage.findings[0].statement == "it fell by \u22121.2 points"
    assert not lacking


def test_percentages_and_numbers_of_rows_are_spaced_one_way_and_names_are_not_touched():
    sentence = say(
        "{name}: {share:.1%} (95 % interval {low:.0%}), n = {n:,}, § 5",
        name="a 5 %b",
        share=0.5,
        low=0.1,
        n=12,
    )
    for code, said in (
        ("en", "a 5 %b: 50.0\u202f% (95\u202f% interval 10\u202f%), n\u00a0=\u00a012, §\u00a05"),
        ("de", "a 5 %b: 50,0\u202f% (95\u202f% interval 10\u202f%), n\u00a0=\u00a012, §\u00a05"),
    ):
        assert language(code).sentence(sentence) == said
