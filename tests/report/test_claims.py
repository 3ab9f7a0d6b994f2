"""What the report claims: opinion, themes, rates, legal mapping, and the rules of the house."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from html import unescape
from itertools import pairwise

import pytest

from raudit.errors import NotEvaluable
from raudit.findings import Severity, Status, Threshold
from raudit.record import Column, Outcome, StageRecord, Table, Verdict
from raudit.report import render_html, render_markdown
from raudit.report.attachments import Source
from raudit.report.judged import as_judged
from raudit.report.language import load_language
from raudit.report.opinion import Form
from raudit.report.reading import faults_of
from raudit.report.render import render_text
from raudit.report.seals import Seals
from raudit.report.templates import find_template
from raudit.report.themes import MOST, family
from raudit.report.written_findings import view_findings

from . import synthetic
from .groups import with_groups

RECORD = synthetic.make_record()
FOLDERS = find_template("standard").language_folders()


def only(record, *names, **verdict):
    """The record with some stages and a verdict of its own."""
    stages = tuple(stage for stage in record.stages if stage.name in names)
    status = verdict.pop("status", Status.PASSED)
    return replace(
        record,
        stages=stages,
        verdict=Verdict(status=status, exit_status=0, because=(), **verdict),
    )


def declared(record, **system):
    return replace(record, system={**record.system, **system})


# -- themes --------------------------------------------------------------------------------------


def test_at_most_twelve_themes_hold_every_open_finding():
    rule = synthetic.FAIR
    rules = tuple(replace(rule, id=f"RA-NEW{i}-001") for i in range(20))
    findings = tuple(
        synthetic.finding(one, "sex", Status.FAILED, 0.5, statement=f"Statement {one.id}.")
        for one in rules
    )
    stage = StageRecord(
        name="new", title="New", outcome=Outcome.COMPLETED, rules=rules, findings=findings
    )
    page = render_markdown(replace(RECORD, stages=(stage,)))
    assert len(re.findall(r"^### \d+ ", page, re.MULTILINE)) == MOST
    assert "Further findings" in page


def test_a_difference_beyond_chance_stands_above_missing_columns():
    """Four times in a hundred thousand by chance: that its limit is undecided does not put it behind empty cells."""
    gap = synthetic.finding(
        synthetic.FAIR, "name", Status.INDETERMINATE, 0.12, interval=(0.08, 0.16),
        statement="Of 100, 7 and 10.", reason="both sides", data={"beyond_chance": True},
        threshold=Threshold(high=0.1, source="default"),
    )  # fmt: skip
    rule = replace(synthetic.FAIR, id="RA-DATA-001", severity=Severity.MEDIUM)
    gone = synthetic.finding(rule, "zip", Status.FAILED, statement="Half is missing.")
    parts = {"fairness": (synthetic.FAIR, gap), "data_readiness": (rule, gone)}
    stages = tuple(
        StageRecord(
            name=name, title=name, outcome=Outcome.COMPLETED, rules=(rule,), findings=(found,)
        )
        for name, (rule, found) in parts.items()
    )
    page = render_markdown(replace(RECORD, stages=stages))
    themes = re.findall(r"^### \d+ (.*)", page, re.MULTILINE)
    assert "equally often cannot be told" in themes[0]
    assert "data fall short" in themes[1]
    assert "Beyond chance; limit undecided." in page[: page.index("## 1 ")]


def test_rules_fall_into_the_theme_of_their_fact():
    assert family("RA-FAIR-001") == family("RA-FAIR-002") == "selection"
    assert family("RA-DATA-001") == "data"
    assert family("RA-OTHER-001") == "ra-other-001"


def test_management_answers_stand_beside_their_theme():
    answer = {"to": "selection", "response": "We wait.", "owner": "Lending", "due": "2027-01-10"}
    page = render_markdown(replace(RECORD, plan={**RECORD.plan, "responses": [answer]}))
    line = next(line for line in page.splitlines() if "We wait." in line)
    assert "Lending" in line
    assert "2027-01-10" in line


def test_the_table_of_stages_adds_up():
    page = render_markdown(RECORD)
    sums = [0, 0, 0]
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and cells[2].isdigit():
            if cells[0] == "Together":
                assert [int(cell) for cell in cells[2:]] == sums
                states = [f.status for f in RECORD.findings]
                assert sums[0] == states.count(Status.FAILED)
                return
            sums = [a + int(b) for a, b in zip(sums, cells[2:], strict=True)]
    pytest.fail("no line of sums")


# -- opinion -------------------------------------------------------------------------------------


def opinion_of(record):
    page = render_markdown(record, template="brief")
    return next(form for form in Form if f"**{WORDS[form]}.**" in page)


WORDS = {
    Form.UNQUALIFIED: "Unqualified opinion",
    Form.QUALIFIED: "Qualified opinion",
    Form.ADVERSE: "Adverse opinion",
    Form.DISCLAIMER: "Disclaimer of opinion",
}


def test_no_policy_gives_no_opinion():
    assert opinion_of(replace(RECORD, verdict=None)) is Form.DISCLAIMER


def test_nothing_that_blocks_is_unqualified_and_no_praise():
    record = only(RECORD, "fairness")
    assert opinion_of(record) is Form.UNQUALIFIED
    page = render_markdown(record, template="brief").lower()
    assert not re.search(r"\b(fair|safe|compliant|unbiased|trustworthy)\b", page)


def test_what_blocks_in_one_stage_is_qualified_and_in_two_adverse():
    fair = next(f for f in RECORD.stage("fairness").findings if f.status is Status.FAILED)
    blocked = {"status": Status.FAILED, "blocking": (fair.fingerprint,)}
    assert opinion_of(only(RECORD, "fairness", "pii", **blocked)) is Form.QUALIFIED
    pii = next(f for f in RECORD.stage("pii").findings if f.status is Status.FAILED)
    both = {"status": Status.FAILED, "blocking": (fair.fingerprint, pii.fingerprint)}
    assert opinion_of(only(RECORD, "fairness", "pii", **both)) is Form.ADVERSE


def test_something_critical_that_blocks_is_adverse():
    first = next(f for f in RECORD.stage("fairness").findings if f.status is Status.FAILED)
    stage = replace(
        RECORD.stage("fairness"), findings=(replace(first, severity=Severity.CRITICAL),)
    )
    record = replace(RECORD, stages=(stage,))
    record = only(record, "fairness", status=Status.FAILED, blocking=(first.fingerprint,))
    assert opinion_of(record) is Form.ADVERSE


def test_an_open_question_qualifies():
    record = only(RECORD, "fairness", status=Status.INDETERMINATE, undecided=("0" * 32,))
    assert opinion_of(record) is Form.QUALIFIED


def test_a_policy_that_judges_none_of_what_was_decided_gives_no_opinion():
    record = only(RECORD, "fairness", status=Status.INDETERMINATE)
    assert record.verdict is not None
    nothing = replace(record, verdict=replace(record.verdict, exit_status=5))
    assert opinion_of(nothing) is Form.DISCLAIMER
    assert opinion_of(record) is Form.QUALIFIED


def test_a_failure_that_a_baseline_accepts_is_still_a_failure():
    for held in (
        {"accepted": 2, "known": 5},
        {"known": 2},
    ):  # the second as written before they were counted
        record = only(RECORD, "fairness", baseline={"source": "b.json", **held})
        assert opinion_of(record) is Form.QUALIFIED
        assert "in the baseline: 2." in render_markdown(record, template="brief")
    record = only(RECORD, "fairness", baseline={"source": "b.json", "accepted": 0, "known": 3})
    assert opinion_of(record) is Form.UNQUALIFIED


def own(finding):
    """A finding's own limit as a verdict writes it."""
    limit = finding.threshold
    return {"low": limit.low, "high": limit.high, "source": limit.source}


def test_pages_tell_a_finding_as_the_policy_judged_it():
    """What passed under the stage's limit and fails under the policy's is not called passed on the page."""
    stage = RECORD.stage("fairness")
    first = next(f for f in stage.findings if f.status is Status.PASSED and f.measurement)
    record = replace(RECORD, stages=(replace(stage, findings=(first,)),))
    change = {
        "fingerprint": first.fingerprint,
        "status": "failed",
        "severity": "critical",
        "reason": "",
        "threshold": {"low": None, "high": 0.001, "source": "strict"},
    }
    judged = {"policy": {"adjusted": [change]}, "blocking": (first.fingerprint,)}
    record = only(record, "fairness", status=Status.FAILED, **judged)
    assert opinion_of(record) is Form.ADVERSE
    page = render_markdown(record, template="brief")
    assert "failed: 1; that passed: 0" in page
    assert "Checks: 1; failed: 1" in page
    english, german = (load_language(code, FOLDERS) for code in ("en", "de"))
    (view,) = view_findings(as_judged(record, english), english, cards=1)
    assert (view.threshold, view.finding.reason) == (
        "at most 0.1 percentage points (the policy)",
        "",
    )
    untold = {**change, "status": "indeterminate", "reason": "0 to 1 reaches over"}
    record = only(record, "fairness", status=Status.INDETERMINATE, policy={"adjusted": [untold]})
    (view,) = view_findings(as_judged(record, german), german, cards=1)
    assert view.finding.reason == "Das Intervall reicht über die Grenze der Richtlinie."
    changes = (
        (
            {"threshold": {"low": 0.0, "high": None, "source": "strict"}},
            "open on the side on which",
        ),
        ({"threshold": own(first)}, "reaches over the limit of the policy."),
    )
    for other, reason in changes:
        held = only(record, "fairness", policy={"adjusted": [{**untold, **other}]})
        (view,) = view_findings(as_judged(held, english), english, cards=1)
        assert reason in view.finding.reason, other
    assert "(the policy)" not in view.threshold  # the policy changed the severity alone
    blank = replace(first, measurement=replace(first.measurement, value=None, interval=None))
    held = replace(held, stages=(replace(held.stage("fairness"), findings=(blank,)),))
    (view,) = view_findings(as_judged(held, english), english, cards=1)
    assert view.finding.reason == "There is no value to hold against the limit of the policy."


# -- law -----------------------------------------------------------------------------------------


def test_without_a_jurisdiction_no_law_is_listed():
    page = render_markdown(declared(RECORD, jurisdictions=[], sector="credit"))
    assert "no jurisdiction" in page
    assert "Regulation (EU)" not in page


def test_only_the_declared_jurisdiction_and_sector_are_listed():
    credit = render_markdown(declared(RECORD, jurisdictions=["us"], sector="credit"))
    assert "Equal Credit Opportunity Act" in credit
    assert "SR 26-2" in credit
    assert "Uniform Guidelines" not in credit
    assert "GDPR" not in credit
    work = render_markdown(declared(RECORD, jurisdictions=["us-nyc"], sector="employment"))
    assert "Local Law 144" in work
    assert "Uniform Guidelines" in work  # the city lies in the United States
    assert "Equal Credit" not in work


def test_no_clause_is_called_passed():
    page = render_markdown(declared(RECORD, jurisdictions=["eu", "us"], sector="credit"))
    law = page[page.index("Legal mapping") : page.index("Risks, actions")]
    assert not re.search(r"\bpassed\b|\bmet\b|compliant", law.replace("is met is for people", ""))
    assert "no evidence" in law
    assert "evidence against" in law or "evidence for and against" in law


def test_answers_of_people_are_called_that_and_contradicted_ones_count_against():
    given = {
        "gdpr:35.9": [{"checklist": "x", "question": "a", "state": "accepted"}],
        "gdpr:6.1": [{"checklist": "x", "question": "b", "state": "contradicted"}],
    }
    stage = StageRecord(
        name="assessments",
        title="Assessments",
        outcome=Outcome.COMPLETED,
        artefacts={"answered": given},
    )
    page = render_markdown(
        declared(replace(RECORD, stages=(stage,)), jurisdictions=["eu"], sector="credit")
    )
    rows = {line.split("|")[1].strip(): line for line in page.splitlines() if "Art. " in line}
    assert "answered by people" in rows["Art. 35(9)"]
    assert "evidence against" in rows["Art. 6"]
    assert "no evidence" in rows["Art. 13"]


# -- templates -----------------------------------------------------------------------------------


def test_a_new_york_summary_is_refused_without_its_tables():
    with pytest.raises(NotEvaluable, match="cannot be filled") as refused:
        render_markdown(RECORD, template="nyc-ll144")
    assert refused.value.exit_status == 3
    assert "Impact ratios" in render_markdown(
        synthetic.for_template("nyc-ll144"), template="nyc-ll144"
    )


@pytest.mark.parametrize("template", ["us-sr-26-2", "eu-annex-iv", "eu-fria", "model-card"])
def test_a_gap_is_marked_open_with_whose_it_is(template):
    bare = replace(RECORD, system={"name": "X", "version": "1"})
    page = render_markdown(bare, template=template)
    assert "**OPEN** to be given by: " in page
    german = render_markdown(bare, template=template, language="de")
    assert "**OFFEN** zu liefern von: " in german


@functools.cache
def of_two_jurisdictions():
    return with_groups(declared(RECORD, jurisdictions=["eu", "us"], sector="credit"))


@functools.cache
def heads_in_full(language):
    """Headings of the sections and parts of the full report."""
    page = render_html(of_two_jurisdictions(), language=language)
    return {*heads_of(page, "h2"), *heads_of(page, "h3")}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("template", ["us-sr-26-2", "eu-annex-iv", "eu-fria"])
def test_a_form_points_at_sections_that_are_there(template, language):
    """In the same document, or in the full report, as it says; a page and its Markdown alike."""
    whole = of_two_jurisdictions()
    here, there = (
        (r"see “([^”]+)”(?! in the full)", r"see “([^”]+)” in the full report")
        if language == "en"
        else (r"siehe „([^“]+)“(?! im vollen)", r"siehe „([^“]+)“ im vollen Bericht")
    )
    found = 0
    for page, heads in (
        (html := render_html(whole, template=template, language=language), heads_of(html, "h2")),
        (
            text := render_markdown(whole, template=template, language=language),
            re.findall(r"^## (.+)$", text, re.MULTILINE),
        ),
    ):
        plain = unescape(re.sub(r"<[^>]+>", "", page))
        assert set(re.findall(here, plain)) <= set(heads)
        assert set(re.findall(there, plain)) <= heads_in_full(language)
        found += len(re.findall(f"{here}|{there}", plain))
    assert found > 2


def heads_of(page, tag):
    """Headings without their numbers."""
    heads = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", page, re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", head)).strip().lstrip("0123456789 ") for head in heads]


def test_technical_documentation_asks_all_points_of_annex_iv():
    """Regulation (EU) 2024/1689, Annex IV: 1(a) to (h), 2(a) to (h), 3 to 9; what a record cannot know is OPEN."""
    page = render_markdown(RECORD, template="eu-annex-iv")
    asked = re.findall(r"^- (\S+) \*\*", page, re.MULTILINE)
    letters = [f"{point}({letter})" for point in (1, 2) for letter in "abcdefgh"]
    assert list(dict.fromkeys(asked)) == [*letters, *"3456789"]
    assert "**Name of the provider (the organisation that the plan names)**: Example Bank" in page
    for point in ("1(c)", "1(f)", "8", "2(b)"):
        assert re.search(rf"^- {re.escape(point)} \*\*[^*]+\*\*: \*\*OPEN\*\*", page, re.MULTILINE)


def test_an_assessment_of_rights_leaves_to_the_deployer_what_a_plan_cannot_know():
    """Regulation (EU) 2024/1689, Article 27(1)(a) and (f): a purpose is no process, and a register no complaint."""
    page = render_markdown(RECORD, template="eu-fria")
    gaps = re.findall(r"^- (\S+) \*\*([^*]+)\*\*: \*\*OPEN\*\*", page, re.MULTILINE)
    assert ("27(1)(a)", "Processes of the deployer in which the system is used") in gaps
    assert ("27(1)(f)", "Internal governance, and the way to complain") in gaps


ANSWERS = Table(
    id="answers-dpia",
    title="Impact assessment: answers",
    columns=(Column(key="question", label="Question"), Column(key="answer", label="Answer")),
    rows=(
        {
            "question": "Who may overrule it?",
            "answer": "A clerk.",
            "id": "who",
            "state": "accepted",
        },
        {"question": "Is it logged?", "answer": "yes", "id": "log", "state": "contradicted"},
        {"question": "Is it rehearsed?", "answer": "", "id": "try", "state": "open"},
        {"question": "Is it fast?", "answer": "yes", "id": "fast", "state": "accepted"},
    ),
)


def test_a_form_prints_the_answers_that_bear_on_its_point():
    """Each once, though it bears on two parts of the clause; open questions and those on other clauses are none."""
    said = [("who", "14.4", "accepted"), ("who", "14.1", "accepted"), ("log", "14", "contradicted")]
    said += [("try", "14", "open"), ("fast", "140", "accepted")]
    answered: dict[str, list[dict[str, str]]] = {}
    for question, clause, state in said:
        one = {"checklist": "dpia", "question": question, "state": state}
        answered.setdefault(f"eu-ai-act:{clause}", []).append(one)
    stage = replace(
        RECORD.stage("assessments"), tables=(ANSWERS,), artefacts={"answered": answered}
    )
    stages = tuple(stage if one.name == "assessments" else one for one in RECORD.stages)
    page = render_markdown(replace(RECORD, stages=stages), template="eu-fria")
    (line,) = re.findall(r"^- 27\(1\)\(e\).*$", page, re.MULTILINE)
    assert line.endswith(
        "Answers in the assessments: 2; contradicted by the evidence: 1. “Who may overrule it?” A clerk "
        "(Impact assessment). “Is it logged?” yes (Impact assessment)."
    )


@pytest.mark.parametrize("template", ["standard", "annexes", "model-card", "nyc-ll144"])
def test_tables_in_markdown_are_tables(template):
    """A blank line between a head and its rows, or a row of another width, and a reader shows bars and dashes."""
    page = render_markdown(with_groups(synthetic.for_template(template)), template=template)
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        head, line, *rows = block.splitlines()
        assert re.fullmatch(r"\|[ :|-]*", line), block
        assert rows, block
        assert {row.replace(r"\|", "").count("|") for row in (line, *rows)} == {head.count("|")}
    assert "| ---" in page
    if template in {"standard", "model-card"}:  # an estimate carries its interval, and its own n
        assert re.search(r"\| [\d.]+\s% \([\d.]+\s% to [\d.]+\s%(; n = \d+)?\) \|", page)


# -- rules of the house --------------------------------------------------------------------------


AUDITS = {
    "whole": with_groups(declared(RECORD, jurisdictions=["eu", "us"], sector="credit")),
    "regression or ranking": only(RECORD, "fairness"),
    "personal data only": only(RECORD, "pii"),
    "nothing ran": only(RECORD),
}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("audit", list(AUDITS))
def test_no_sentence_twice_no_long_table_no_word_of_the_program(audit, language):
    page = render_text(
        Source(AUDITS[audit]),
        template="standard",
        language=language,
        medium="pdf",
        seals=Seals(),
        templates_dir=None,
    )
    assert faults_of(page) == ()


def test_the_baseline_is_told_in_words_and_what_is_new_comes_first():
    pages = {}
    for code in ("en", "de"):
        html = re.sub(r"(?s)<(style|script|svg)\b.*?</\1>", "", render_html(RECORD, language=code))
        pages[code] = " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
        assert RECORD.findings[0].fingerprint not in pages[code]
    for page in pages.values():
        assert not re.search(r"\b(?:entries|unapproved|fingerprint|explanation)\b", page)
    told = pages["en"].partition("Failed findings against the baseline")
    assert "Let stand by it findings that would block: 1" in told[0]
    assert "New since failed findings: 1 of 2" in told[0]
    assert "Fail no longer findings: 2" in told[0]
    assert told[2].index(" new ") < told[2].index(" known ")
    assert "(−2.0 to 2.6)" in told[2]
    assert "Neu seither nicht bestandene Befunde: 1 von 2" in pages["de"]


def test_a_page_speaks_of_the_fields_that_it_has():
    for template, fields in (("brief", 1), ("standard", 5)):
        page = render_text(
            Source(RECORD),
            template=template,
            language="en",
            medium="pdf",
            seals=Seals(),
            templates_dir=None,
        )
        assert len(re.findall(r'id="field-raudit-', page)) == fields
        assert ("up to 4 reviewers" in page) == (fields > 1)


@pytest.mark.parametrize("template", ["standard", "brief"])
@pytest.mark.parametrize("medium", ["pdf", "markdown"])
def test_page_one_says_that_nobody_is_proven_where_names_count(template, medium):
    told = "Who signed off is stated, not proven. The plan says"
    for identity in ("stated", "proven"):
        record = replace(RECORD, plan={**RECORD.plan, "identity": identity})
        page = unescape(
            render_text(
                Source(record),
                template=template,
                language="en",
                medium=medium,
                seals=Seals(),
                templates_dir=None,
            )
        )
        assert (told in page) is (identity == "stated")
        assert "No decision on an assessment is recorded." in page


def test_the_rules_find_what_they_are_for():
    sentence = "This sentence is long enough to be noticed when it stands twice."
    rows = "<tr><td>x</td></tr>" * 16
    page = (
        f"<p>{sentence}</p><li>{sentence}</li><table><tbody>{rows}</tbody></table><p>newcombe</p>"
    )
    found = " ".join(faults_of(page))
    assert "stands 2 times" in found
    assert "16 rows" in found
    assert "newcombe" in found
    assert faults_of("<p>Short. Short.</p>") == ()
    assert faults_of("<p>95\u202f% of n\u00a0=\u00a012, 21 rows, 1 row, 1,001 rows</p>") == ()
    odd = faults_of(
        "<p>95 % of 1 rows, n = 12</p><td>Difference of selection rates 0.170 (95\u202f%)</td>"
    )
    assert [fault.partition(":")[0] for fault in odd] == [
        "spaced otherwise",
        "spaced otherwise",
        "one of many",
        "a gap that is not in points",
    ]
    assert faults_of('<svg><text x="1">A long n…me</text></svg>')
    assert faults_of("<li>sex is empty.</li>") == ("begins small: sex is empty.",)
    assert faults_of("<li>not tested</li><li>“sex” is empty.</li><td>what people wrote.</td>") == ()


def test_page_one_says_that_a_signer_rejected():
    from raudit.record import Column, Table
    from raudit.report.language import load_language
    from raudit.report.one_liners import one_liners
    from raudit.report.templates import find_template

    def signed(decision, stands):
        return {"role": "owner", "by": "ann", "decision": decision, "stands": stands}

    rows = (signed("reject", True), signed("approve", True), signed("reject", False))
    table = Table(
        id="signoffs-dpia",
        title="DPIA: sign-offs",
        columns=(Column(key="by", label="By"),),
        rows=rows,
    )
    record = synthetic.make_record()
    stages = tuple(
        replace(stage, tables=(*stage.tables, table)) if stage.name == "assessments" else stage
        for stage in record.stages
    )
    for code, said in (("en", "rejections by signers: 1."), ("de", "durch Unterzeichnende: 1.")):
        language = load_language(code, find_template("standard").language_folders())
        lines = one_liners(replace(record, stages=stages), (), language)
        assert any(said in text for _, text in lines), lines


@pytest.mark.parametrize("template", ["us-sr-26-2", "eu-annex-iv", "eu-fria", "model-card"])
def test_no_level_of_a_heading_is_left_out(template):
    """PDF/UA-1, 7.4.2: who hears the page goes from heading to heading."""
    page = render_html(synthetic.for_template(template), template=template)
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", page)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
