"""The rules of the house, held against whole reports of audits of four kinds in both languages."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from tests.command_line import raudit

from raudit import stages
from raudit.record import parse_record
from raudit.report.attachments import Source
from raudit.report.language import load_language
from raudit.report.pages import page_faults, pages_of
from raudit.report.reading import faults_of
from raudit.report.render import render_text
from raudit.report.seals import Seals
from raudit.report.templates import find_template
from raudit.report.translate import in_language

from .audits import PLANS, audit_of


@pytest.fixture(scope="module", params=sorted(PLANS))
def record(request, tmp_path_factory):
    return audit_of(request.param, tmp_path_factory.mktemp(request.param))


def page_of(record, language, template="standard"):
    return render_text(
        Source(record),
        template=template,
        language=language,
        medium="pdf",
        seals=Seals(),
        templates_dir=None,
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_nothing_tires_or_misleads_a_reader(record, language):
    page = page_of(record, language)
    assert faults_of(page) == ()
    assert page_faults(page) == ()


FORMS = ("standard", "brief", "model-card", "us-sr-26-2", "eu-annex-iv", "eu-fria")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The record of the demo, made as everybody makes it."""
    folder = tmp_path_factory.mktemp("demo")
    done = raudit("demo", "demo", cwd=folder)
    assert done.returncode == 0, done.stderr
    return parse_record((folder / "demo" / "record.json").read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("template", FORMS)
def test_nothing_tires_or_misleads_a_reader_of_the_demo(demo, template, language):
    page = page_of(demo, language, template)
    assert faults_of(page) == ()
    assert page_faults(page) == ()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
def test_nothing_tires_or_misleads_a_reader_of_a_form(record, request, language):
    """Each audit with another form, so that every form is read and none twice."""
    kind = request.node.callspec.params["record"]
    form = {"regression": "us-sr-26-2", "ranking": "model-card", "ll144": "nyc-ll144"}.get(
        kind, "eu-fria"
    )
    page = page_of(record, language, form)
    assert faults_of(page) == ()
    assert page_faults(page) == ()


def test_german_is_whole(record):
    german = load_language("de", find_template("standard").language_folders())
    _, lacking = in_language(record, german)
    assert lacking == frozenset()


def html(body):
    style = "@page { size: A6; margin: 10mm } body { font-size: 10pt; margin: 0 }"
    return f"<html><head><style>{style}</style></head><body>{body}</body></html>"


def test_an_empty_page_is_seen_unless_it_ends_a_part():
    page = '<p>a</p><{tag} style="break-before: page">x</{tag}><p style="break-before: page">b</p>'
    first = page_faults(html(page.format(tag="p")))
    assert [re.match(r"page \d", fault)[0] for fault in first] == ["page 1", "page 2"]
    part = page.format(tag="p").replace("<p style", '<p class="section-head" style')
    assert page_faults(html(part)) == ()


def test_a_decision_of_two_pages_is_seen():
    page = '<section class="brief"><p>a</p><p style="break-before: page">b</p></section>'
    faults = page_faults(html(page + '<p class="section-head" style="break-before: page">c</p>'))
    assert "page 2 goes on with the page of the decision" in faults


def test_a_broken_identifier_is_seen_and_a_broken_line_is_not():
    narrow = '<div style="width: 20mm; overflow-wrap: anywhere">{}</div>'
    word = "demographic_parity_difference"
    (page,) = pages_of(html(narrow.format(word)))
    assert page.broken
    (page,) = pages_of(html(narrow.format("one two three four five six seven")))
    assert not page.broken


def test_a_cut_label_is_seen():
    assert faults_of('<svg viewBox="0 0 1 1"><text x="1">A long na…</text></svg>')
    assert faults_of('<svg viewBox="0 0 1 1"><text x="1">A lo…ame</text></svg>')
    assert faults_of('<svg viewBox="0 0 1 1"><text x="1">whole</text></svg>') == ()


def text_of(page):
    bare = re.sub(r"<(style|svg).*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def test_german_has_the_quotes_and_words_of_german(record):
    text = text_of(page_of(record, "de"))
    assert re.findall(r"(?:^|[\s(])“\w.{40}", text) == []
    assert re.findall(r".{30}\b(?:reaches|breaks|keeps|does not|fewer than)\b.{20}", text) == []
    assert re.findall(r".{30}\d,\d{3} von \d.{20}", text) == []
    assert (
        re.findall(r"\. (?:Abstand|Verhältnis) der [\w ]*?\b(?:fehler|vorhersagen|quoten)\b", text)
        == []
    )


def test_a_metric_has_words_in_german():
    source = Path(stages.__file__).parent
    named = r'"([a-z0-9_]+_(?:difference|ratio))"|metric="([a-z0-9_]+)"'
    files = [*source.rglob("*.py")]
    found = {a or b for file in files for a, b in re.findall(named, file.read_text("utf-8"))}
    german = load_language("de", find_template("standard").language_folders())
    found = {name for name in found if not name.startswith(("max_", "min_"))}  # limits of a plan
    assert len(found) > 50
    assert sorted(m for m in found if german.metric(m) == m.replace("_", " ")) == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_only_a_share_of_people_is_a_percentage(record, language):
    """A mean error of 700 in units of the data is not 70,000 %."""
    percents = re.findall(
        r"([\d.,]+)\N{NARROW NO-BREAK SPACE}%", text_of(page_of(record, language))
    )
    mark = "," if language == "de" else "."
    assert [text for text in percents if len(text.partition(mark)[0]) > 3] == []


GIVEN = {
    "regression": "predictions were given in the data; no model file was audited",
    "ranking": "scores were given in the data; no model file was audited",
    "ll144": "decisions were given in the data; no model file was audited",
    "personal": "none; neither a model nor decisions were audited",
}


def test_the_report_says_what_was_given_instead_of_a_model(record, request):
    kind = request.node.callspec.params["record"]
    assert GIVEN[kind] in text_of(page_of(record, "en"))


def test_page_one_gives_the_number_of_fairness_that_weighs_most(record, request):
    """Also where everything passed, and where nothing was held to a limit."""
    kind = request.node.callspec.params["record"]
    first = text_of(page_of(record, "en", "brief"))
    said = {
        "regression": r"Difference of mean errors \(Sex\): \S+ \(95 % interval \S+ to \S+; no limit is set; n = \d+\)",
        "ranking": r"Ratio of mean exposure \(Sex\): 0\.\d+ \(95 % interval \S+ to \S+; "
        r"accepted is at least 0\.8; n = 600\)",
        "ll144": r"Impact ratio \(Sex",
        "personal": r"Fairness This audit did not look at it",
    }[kind]
    assert re.search(said, " ".join(first.split()).replace("\u202f", " "))


def test_a_gap_without_a_limit_is_called_that(record, request):
    if request.node.callspec.params["record"] != "regression":
        return
    text = text_of(page_of(record, "en"))
    assert "Beyond chance; no limit is set." in text
    assert "May be chance; no limit is set." in text
    assert "Cannot be told." not in text
    german = text_of(page_of(record, "de"))
    assert "Mittlerer Fehler nach" in german
    assert "Mean error" not in german


def test_groups_stand_in_one_order(record, request):
    """Largest first, in tables and in pictures."""
    if request.node.callspec.params["record"] not in ("regression", "ranking"):
        return
    stage = record.stage("fairness")
    tables = [t.rows for t in stage.tables if t.id.startswith(("errors-", "ranking-"))]
    rows = [
        [dict(row) for row in figure.data["rows"]]
        for figure in stage.figures
        if "rows" in figure.data
    ]
    assert len(tables) >= 2
    assert len(rows) >= 2
    for counted in (*tables, *rows):
        sizes = [row["n"] for row in counted]
        assert sizes == sorted(sizes, reverse=True)


def test_people_of_unknown_category_are_counted_and_set_no_ratio(record):
    """6 RCNY 5-302: their number is published, and nobody's ratio is over theirs."""
    table = next(
        (t for s in record.stages for t in s.tables if t.id == "ll144-race-ethnicity"), None
    )
    if table is None:
        return
    rows = {row["category"]: row for row in table.rows}
    assert rows["Unknown"]["ratio"] is None
    assert rows["Unknown"]["note"] == "unknown category"
    assert max(row["ratio"] or 0 for row in table.rows) == 1
    for language, said in (("en", "of unknown category"), ("de", "unbekannter Kategorie")):
        text = text_of(page_of(record, language, "nyc-ll144"))
        assert f"{said}: {rows['Unknown']['assessed']}" in text
        assert ("unknown category" in text.replace("of unknown category", "")) == (language == "en")
