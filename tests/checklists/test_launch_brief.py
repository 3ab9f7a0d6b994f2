"""The one-page brief and the skeleton of requirements: what has to stand in them, and what must not get through."""

from __future__ import annotations

import re
import runpy
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from tests.checklists.launch_answers import READY, TODAY, answers_to, text_of

from raudit.checklists import assess, load_answers, parse_answers, shipped_checklists
from raudit.checklists.answers import empty_answers
from raudit.checklists.form.load import shipped
from raudit.checklists.prints.page_text import brief, brief_html
from raudit.checklists.prints.requirement_text import requirement_list, requirements
from raudit.checklists.writing import signed_off
from raudit.resources import resource_dir

LAUNCH = shipped("launch-readiness")
FONTS = resource_dir("report_templates") / "_shared" / "fonts"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "adult-income" / "answers"
UNKNOWN = {"state": "unknown", "owner": "sam@example.org", "due": "2026-12-01"}


def written(
    change: dict[str, Any] | None = None, drop: tuple[str, ...] = ()
) -> tuple[str, str, str]:
    """Brief as Markdown and HTML, and requirements."""
    answers = answers_to(
        LAUNCH, {k: v for k, v in (READY | (change or {})).items() if k not in drop}
    )
    result = assess(LAUNCH, answers, today=TODAY)
    return (
        brief(LAUNCH, answers, result),
        brief_html(LAUNCH, answers, result),
        requirements(LAUNCH, answers, result),
    )


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_the_brief_of_a_ready_system_that_nobody_signed() -> None:
    page, html, _doc = written()
    assert lines(page)[0] == "# Loans: ready, not signed"
    assert "The system owner and the risk officer have not decided yet." in page
    assert (
        "| Decided within a day, percent | 12 | 30 | 2027-06-30 | 9 to 21 (95% interval) |" in page
    )
    assert "The target asks for 18; part of the interval reaches it." in page
    assert "38 days before the first look at results on 2026-10-12" in page
    assert "| Ratio of rates | 0.8 | stop | Ines | Ana Ruiz |" in page
    assert "Nothing that was answered." in page
    assert "| Wrong for some | high | Look | Ines | 2027-01-01 |" in page
    assert "| owner | has not decided |" in page
    assert '<header class="wait">' in html


def test_what_blocks_comes_first() -> None:
    page, html, _doc = written({"risk.fairness": "unsettled", "experiment.guardrails": "crossed"})
    assert lines(page)[0] == "# Loans: blocked"
    assert "- A difference between groups of people is not settled." in lines(page)
    assert "- A guardrail was crossed in the experiment." in lines(page)
    assert page.index("Stands against it") < page.index("## Goal")
    assert '<header class="bad">' in html
    assert "A guardrail was crossed" in html


def test_an_open_question_is_on_the_page_and_with_its_owner_in_the_requirements() -> None:
    page, _html, doc = written({"problem.target": UNKNOWN}, drop=("rollout.shadow",))
    assert "What should the number be? (unknown; sam@example.org finds out by 2026-12-01)" in page
    assert "| 12 | OPEN | 2027-06-30 |" in page
    assert (
        "What should the number be? | OPEN: unknown; sam@example.org finds out by 2026-12-01 | sam@example.org |"
        in doc
    )
    assert (
        "It runs beside today's process before it decides. | OPEN: not answered | nobody yet |"
        in doc
    )


def test_nothing_answered_never_looks_good() -> None:
    answers = empty_answers(LAUNCH)
    result = assess(LAUNCH, answers, today=TODAY)
    page = brief(LAUNCH, answers, result)
    assert lines(page)[0] == "# Unnamed system: incomplete"
    assert "Nothing so far, with 46 open." in page
    assert "and 42 more" in page
    drafts = requirement_list(LAUNCH, answers, result)
    assert {item.now for item in drafts} == {"OPEN: not answered"}
    assert {item.owner for item in drafts} == {"nobody yet"}


@pytest.mark.parametrize(
    ("decision", "first_line", "says"),
    [
        ("approve", "# Loans: ready", "Every section has at least four fifths of its points."),
        (
            "reject",
            "# Loans: not approved",
            "The risk officer decided to reject. By the answers: ready.",
        ),
    ],
)
def test_who_signed_is_on_the_page(decision: Any, first_line: str, says: str) -> None:
    text = text_of(LAUNCH, READY)
    for role, by, words in (
        ("owner", "ines@example.org", "approve"),
        ("risk", "tom@example.org", decision),
    ):
        text = signed_off(
            text, LAUNCH, role=role, decision=words, by=by, at=datetime(2026, 11, 20, tzinfo=UTC)
        )
    answers = parse_answers(text, LAUNCH)
    page = brief(LAUNCH, answers, assess(LAUNCH, answers, today=TODAY))
    assert lines(page)[0] == first_line
    assert says in page
    assert f"| risk | {decision} | tom@example.org | 2026-11-20 |" in page
    edited = parse_answers(text.replace("value: '30'", "value: '31'"), LAUNCH)
    void = brief(LAUNCH, edited, assess(LAUNCH, edited, today=TODAY))
    assert lines(void)[0] == "# Loans: ready, not signed"
    assert "void: these answers changed after it: problem.target" in void


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [
        ("18", "25", "all of the interval reaches it"),
        ("9", "18", "part of the interval reaches it"),
        ("9", "17.9", "the experiment shows less"),
        ("-1", "40", "includes no gain"),
    ],
)
def test_the_gain_is_held_against_what_the_target_asks_for(low: str, high: str, says: str) -> None:
    assert says in written({"experiment.gain_low": low, "experiment.gain_high": high})[0]


def test_each_guardrail_alert_step_and_risk_is_a_numbered_requirement() -> None:
    doc = written()[2]
    assert "### PROBLEM-2. Ratio of rates stays within its limit: 0.8." in doc
    assert "- [ ] PROBLEM-2.3 The alert of the same name calls Ana Ruiz when: under 0.85." in doc
    assert "### MONITORING-2. Drift: an alert fires when: over 0.2." in doc
    assert "- [ ] MONITORING-2.2 Mara Lindt acts on it." in doc
    assert "### ROLLOUT-2. Canary: it decides about 5 percent of people." in doc
    assert "### RISK-1. Treated by 2027-01-01: Wrong for some." in doc
    assert "- [ ] TRADEOFFS-1.1 A wrong yes counts 900, a wrong no 280." in doc
    assert "95 of 100 answers come within 240 ms." in doc
    assert "nist-ai-rmf:MEASURE-2.4" in doc
    assert "Open points" not in doc


def test_numbers_are_unique_and_every_one_says_what_is_so_and_who_answers() -> None:
    answers = answers_to(LAUNCH, READY)
    found = requirement_list(LAUNCH, answers, assess(LAUNCH, answers, today=TODAY))
    assert len({item.id for item in found}) == len(found) > 35
    assert all(item.owner and item.now and item.maps_to for item in found)


def test_a_guardrail_without_an_alert_is_open() -> None:
    other = {"metric": "Unpaid credits", "limit": "3 percent", "action": "stop", "owner": "Tom"}
    page, _html, doc = written({"problem.guardrails": [other]})
    assert "| Unpaid credits | 3 percent | stop | Tom | nobody: no alert has this name |" in page
    assert "OPEN: an alert of the same name missing | Tom |" in doc


def test_a_cell_that_is_missing_is_open_in_its_row_alone() -> None:
    alerts = [
        {"metric": "Drift", "threshold": "over 0.2", "channel": "mail"},
        READY["monitoring.alerts"][0],
    ]
    doc = written({"monitoring.alerts": alerts})[2]
    assert "**OPEN**: on call missing" in doc
    assert len(re.findall(r"\*\*OPEN\*\*", doc)) == 1


def test_what_does_not_apply_is_not_open() -> None:
    change = {"tradeoffs.false_negative": {"state": "not_applicable", "why": "It ranks."}}
    doc = written(change)[2]
    assert "A wrong yes counts 900, a wrong no (does not apply)." in doc
    assert "Open points" not in doc


HOSTILE = (
    "<script>alert(1)</script> | a *b* [x](http://y) `c` {problem.target} \u202e\x07 OPEN\n# head"
)


def test_text_of_answers_cannot_change_the_page() -> None:
    page, html, doc = written({"problem.goal": HOSTILE, "problem.statement": HOSTILE})
    assert "<script>" not in page + html + doc
    assert "\u202e" not in page + html + doc
    assert not [line for line in lines(page + doc) if line.startswith("# head")]
    assert "{problem.target}" in doc  # what somebody wrote is not taken for a place to fill in
    assert "\\|" in page
    assert "**OPEN**" not in doc


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [value or "" for name, value in attrs if name in {"src", "href"}]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_html_is_whole_and_loads_nothing() -> None:
    parser = _Links()
    parser.feed(written()[1])
    assert not parser.open
    assert not parser.loads


def sheets(weasyprint: Any, page: str) -> int:
    """Sheets of paper in the face that the page names first: what else a machine has is wider or narrower."""
    from weasyprint.text.fonts import FontConfiguration

    faces = "".join(
        f'@font-face {{ font-family: "Source Sans 3"; font-weight: {weight}; src: url("{path.as_uri()}") }}'
        for path, weight in (
            (FONTS / "SourceSans3-Regular.ttf", 400),
            (FONTS / "SourceSans3-Semibold.ttf", 600),
        )
    )
    fonts = FontConfiguration()
    style = weasyprint.CSS(string=faces, font_config=fonts)
    document = weasyprint.HTML(string=page).render(stylesheets=[style], font_config=fonts)
    return len(document.pages)


@pytest.mark.parametrize("name", ["launch-readiness", "threat-model", "gdpr-dpia"])
def test_the_examples_fit_one_sheet(name: str) -> None:
    weasyprint = pytest.importorskip("weasyprint")
    checklist = shipped(name)
    answers = load_answers(EXAMPLES / f"{name}.yaml", checklist)
    page = brief_html(checklist, answers, assess(checklist, answers, today=TODAY))
    assert sheets(weasyprint, page) == 1


def test_the_worst_and_longest_answers_still_fit_one_sheet() -> None:
    weasyprint = pytest.importorskip("weasyprint")
    long = "a rather long explanation that goes on " * 30
    row = {"metric": long, "limit": long, "action": long, "owner": long}
    risk = {
        "risk": long,
        "severity": "severe",
        "likelihood": "expected",
        "measure": long,
        "owner": long,
        "due": "2027-01-01",
    }
    bad = {
        "problem.statement": long,
        "problem.goal": "w" * 500,
        "problem.target": "12",
        "problem.recorded": "nowhere",
        "problem.recorded_on": "2026-12-01",
        "problem.guardrails": [dict(row) for _ in range(9)],
        "data.split": "not_apart",
        "experiment.gain_low": "-1",
        "experiment.guardrails": "crossed",
        "rollout.rollback": "described",
        "risk.list": [dict(risk) for _ in range(9)],
        "risk.fairness": "unsettled",
        "risk.privacy": "draft",
        "risk.prohibited": "not_checked",
        "risk.log": "nothing",
        "monitoring.alerts": UNKNOWN,
        "data.basis": {"state": "not_applicable", "why": long},
    }
    facts = {
        "pii.columns_with_personal_data": [f"column_{n}" for n in range(200)],
        "model.sha256": "x",
        "data.sha256": "y",
    }
    answers = answers_to(
        LAUNCH, {k: v for k, v in (READY | bad).items() if not k.startswith("adoption")}
    )
    result = assess(LAUNCH, answers, facts=facts, today=TODAY)
    assert len(result.blockers) >= 12
    assert len(result.contradictions) >= 3
    assert sheets(weasyprint, brief_html(LAUNCH, answers, result)) == 1


def test_the_example_is_blocked_and_says_why() -> None:
    answers = load_answers(EXAMPLES / "launch-readiness.yaml", LAUNCH)
    result = assess(LAUNCH, answers, today=TODAY)
    page = brief(LAUNCH, answers, result)
    assert lines(page)[0] == "# Income pre-approval: blocked"
    assert "| owner | reject | head-of-lending@example.org | 2026-11-20 |" in page
    assert "A difference between groups of people is not settled." in page


@pytest.mark.parametrize("name", ["launch-readiness", "threat-model"])
def test_the_examples_are_complete_and_signed_as_they_stand(name: str) -> None:
    path, checklist = EXAMPLES / f"{name}.yaml", shipped(name)
    again = runpy.run_path(str(EXAMPLES.parents[2] / "scripts" / "sign_example.py"))["signed"](
        path.read_text()
    )
    assert again == path.read_text(), "run scripts/sign_example.py"
    result = assess(checklist, load_answers(path, checklist), today=TODAY)
    assert result.complete
    assert all(state.holds for state in result.signoffs)


@pytest.mark.parametrize("name", shipped_checklists())
def test_every_checklist_has_a_page_and_requirements(name: str) -> None:
    checklist = shipped(name)
    answers = empty_answers(checklist)
    result = assess(checklist, answers, today=TODAY)
    assert "incomplete" in lines(brief(checklist, answers, result))[0]
    assert "OPEN" in requirements(checklist, answers, result)


@pytest.mark.parametrize("name", ["launch-readiness", "threat-model"])
def test_the_reference_names_every_blocker_and_every_question_that_evidence_can_refute(
    name: str,
) -> None:
    page = (EXAMPLES.parents[2] / "docs" / "reference" / f"{name}.md").read_text()
    checklist = shipped(name)
    assert not [
        blocker.because for blocker in checklist.file.block_if if f"- {blocker.because}" not in page
    ]
    refutable = [q.id for q in checklist.questions.values() if q.evidence.contradicted_if]
    assert not [name for name in refutable if f"`{name}`" not in page]
