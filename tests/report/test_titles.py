"""A title says what failed, and only where it failed; a page says one thing of the model."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from raudit.evidence import discover_stages
from raudit.findings import Status
from raudit.report.attachments import Source
from raudit.report.language import load_language
from raudit.report.reading import faults_of
from raudit.report.render import render_text
from raudit.report.seals import Seals
from raudit.report.templates import find_template
from raudit.report.themes import FAMILIES

from . import synthetic

RECORD = synthetic.make_record()
FAILURE = re.compile(
    r"\b(not|no|never|nobody|cannot|less|fewer|too|only|without|against|differ\w*|different\w*|missing|wrong|late|old|"
    r"rarer|unknown|empty|repeat|copies|overlap|breaks?|contradict\w*|stops|open|outside|gaps|moved|new or gone|"
    r"dropped|off by|costs?|hardly|worse|succeed|stereotypes|stand in|stands? alone|singles|gives?( .*)? away|links|"
    r"holds|identifies|belongs|has personal data|is fed|shares one|overlooked|fails|is code|fires|left its|exchanged|"
    r"depends on|repeat the standing|more often|ended without|below the limit|written as values|inside)\b",
    re.IGNORECASE,
)
PRAISE = re.compile(
    r"\b(complete|correct|fair|equal|sound|valid|passes|fits?|agrees?|enough)\b",
    re.IGNORECASE,
)
NEGATED = re.compile(r"\b(not|no|never|fewer|too|less|does not fit|do not)\b", re.IGNORECASE)


def page_of(record, medium="markdown", template="standard"):
    return render_text(
        Source(record),
        template=template,
        language="en",
        medium=medium,
        seals=Seals(),
        templates_dir=None,
        fonts=False,
    )


def rules():
    return [rule for stage in discover_stages().values() for rule in stage.rules]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rules_title_says_the_failure(rule):
    assert FAILURE.search(rule.title), "a title is printed where its rule failed"
    assert not PRAISE.search(rule.title) or NEGATED.search(rule.title)


def of_one(rule, status):
    """A record whose only finding is of this rule."""
    one = replace(synthetic.FAIR, id=rule, title="It Broke")
    finding = synthetic.finding(one, "sex", status, 0.5, statement="It is said here.")
    stage = replace(RECORD.stages[0], rules=(one,), findings=(finding,), tables=(), figures=())
    return replace(RECORD, stages=(stage,), verdict=None)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_theme_can_say_that_it_failed_and_that_it_cannot_be_told(language):
    words = load_language(language, find_template("standard").language_folders())
    for theme in FAMILIES:
        failed, untold = words(f"theme-{theme}"), words(f"theme-{theme}-untold")
        assert failed != untold
        assert re.search("cannot be told|nicht zu sagen|nicht sagen", untold)


@pytest.mark.parametrize("rule", ["RA-DATA-006", "RA-DATA-007", "RA-PII-007", "RA-NEW-001"])
def test_what_could_not_be_told_has_no_title_of_a_failure(rule):
    titles = {
        status: re.findall(r"^### 1 (.*)$", page_of(of_one(rule, status)), re.MULTILINE)
        for status in (Status.FAILED, Status.INDETERMINATE)
    }
    ((failed,), (untold,)) = titles.values()
    assert re.search("cannot be told|Could not be told", untold)
    assert not re.search("be told", failed)


def test_a_failed_overlap_is_no_leak_and_a_file_of_code_no_misfit():
    page = page_of(of_one("RA-DATA-006", Status.FAILED))
    assert "gives the outcome away" not in page
    page = page_of(of_one("RA-DATA-002", Status.FAILED))
    assert "do not fit each other" not in page


KINDS = {"linear": "linear", "boosted": "boosted decision trees", "tree": "decision trees"}


@pytest.mark.parametrize("template", ["standard", "model-card", "us-sr-26-2"])
@pytest.mark.parametrize("method", KINDS)
def test_every_page_says_the_one_kind_of_model_that_the_record_knows(template, method):
    stages = tuple(
        replace(stage, facts={**stage.facts, "explain.method": method})
        if stage.name == "explain"
        else stage
        for stage in RECORD.stages
    )
    page = page_of(replace(RECORD, stages=stages), "html", template)
    body = re.sub(r"(?s)<(style|script)\b.*?</\1>", "", page)
    told = set(re.findall(r"\b(linear|boosted decision trees|(?<!boosted )decision trees)\b", body))
    assert told <= {KINDS[method]}
    if template == "standard":
        assert f"kind of model: {KINDS[method]}" in body


def test_a_number_with_dots_is_one_sentence_and_two_alike_are_seen():
    alone = (
        "<p>Spalte „{}“ enthält eine Nummer in 16.281 von 16.281 gefüllten Zellen insgesamt.</p>"
    )
    assert faults_of(alone.format("a") + alone.format("b")) == ()
    assert faults_of(alone.format("a") * 2)
