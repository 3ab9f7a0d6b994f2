"""Triage under the EU AI Act: hand-worked systems, and what must never look harmless."""

from __future__ import annotations

import re

import pytest

from raudit.checklists.form.load import shipped

NAME = "eu-ai-act"
QUESTIONS = shipped(NAME).questions
NOTHING = {
    "scope.law": "applies",
    "role.held": ["provider"],
    "role.change": ["none"],
    "scope.literacy": "done",
    **{name: "no" for name in QUESTIONS if name.startswith("banned.")},
    **{name: ["none"] for name in QUESTIONS if name.startswith("annex3.")},
    "annex1.product": "none",
    "open.cases": ["none"],
    "gpai.model": "none",
    "law.text": "Consolidated text of 27 July 2026",
    "law.dates": "hold",
    "law.unknown": ["literacy", "new_points", "registration", "annexes", "fria"],
}
"""A provider's spam filter: nothing applies."""
CREDIT = {
    **NOTHING,
    "role.held": ["provider", "deployer"],
    "annex3.services": ["credit"],
    "except.profiling": "yes",
}
"""Pre-approval of credit by predicted income: Annex III, point 5(b), and it profiles."""
DUTIES = {
    **{n: "done" for n in QUESTIONS if n.startswith(("provider.", "annex4.", "deployer."))},
    "timing.market": "after",
    "fria.who": ["credit"],
    **{
        f"fria.{part}": "Said in two sentences."
        for part in ("process", "period", "people", "harms", "oversight", "response")
    },
    "fria.notified": "done",
    "fria.update": "named",
    "fria.dpia": "builds",
}


def _outcomes(result):
    return {reached.id for reached in result.outcomes}


def test_a_system_to_which_nothing_applies_is_minimal(judged):
    result = judged(NAME, NOTHING)
    assert result.complete
    assert (result.level, result.level_best, result.level_worst) == (
        "minimal",
        "minimal",
        "minimal",
    )
    assert _outcomes(result) == {"minimal"}
    assert result.blockers == ()
    assert result.missing_roles == ("legal",)


def test_nothing_answered_could_still_be_anything(judged):
    result = judged(NAME, {})
    assert (result.level, result.level_best, result.level_worst) == ("", "minimal", "prohibited")
    assert result.outcomes == ()
    assert result.missing_roles == ("legal", "owner")


@pytest.mark.parametrize("name", [n for n in QUESTIONS if n.startswith(("banned.", "annex3."))])
def test_one_open_question_of_the_screens_keeps_the_class_open(judged, name):
    result = judged(NAME, {k: v for k, v in NOTHING.items() if k != name})
    assert result.level == ""
    assert "minimal" not in _outcomes(result)
    assert result.level_worst == ("prohibited" if name.startswith("banned.") else "unsettled")


@pytest.mark.parametrize("name", [n for n in QUESTIONS if n.startswith("banned.")])
def test_each_prohibited_practice_stops_it(judged, name):
    result = judged(NAME, {**NOTHING, name: "yes"})
    assert result.level == "prohibited"
    assert (
        next(r.because for r in result.outcomes if r.id == "prohibited").count("Article 5(1)(") == 1
    )
    assert result.blockers == ("At least one practice is prohibited by Article 5.",)


@pytest.mark.parametrize(
    "name",
    [n for n in QUESTIONS if n.startswith(("banned.", "annex3."))]
    + ["annex1.product", "open.cases"],
)
def test_a_question_of_the_triage_cannot_be_set_aside(judged, name):
    result = judged(NAME, {**NOTHING, name: ("not_applicable", "we are small")})
    assert result.level == "unsettled"
    assert any("set aside" in blocker for blocker in result.blockers)


POINTS = [
    (q.id, o.id)
    for q in QUESTIONS.values()
    if q.id.startswith("annex3.")
    for o in q.options
    if o.id != "none"
]


def test_annex_three_has_its_eight_areas_and_their_points():
    counts = [len(q.options) - 1 for q in QUESTIONS.values() if q.id.startswith("annex3.")]
    assert counts == [
        3,
        3,
        4,
        2,
        4,
        5,
        4,
        2,
    ]  # point 2 has no letters; its three kinds are one point


@pytest.mark.parametrize(("area", "point"), POINTS)
def test_each_point_of_annex_three_is_high_risk(judged, area, point):
    result = judged(NAME, {**NOTHING, area: [point], "except.profiling": "yes"})
    assert result.level == "high_risk"
    assert "Annex III, point" in next(r.because for r in result.outcomes if r.id == "high_risk")
    assert "no_exception" in _outcomes(result)


def test_credit_pre_approval_with_every_duty_done(judged):
    result = judged(NAME, {**CREDIT, **DUTIES, "provider.outside": "inside"})
    assert [o.question for o in result.open] == []
    assert result.level == "high_risk"
    assert result.figures["open_duties.score"].now == 0
    assert {"high_risk", "no_exception", "rights_assessment"} == _outcomes(result)
    assert result.blockers == ()
    assert result.missing_roles == ("legal", "owner")


def test_what_is_done_has_to_be_shown(judged):
    result = judged(NAME, {**CREDIT, **DUTIES, "provider.outside": "inside"}, evidence=False)
    lacking = {gap.question for gap in result.open}
    assert {
        "provider.risk",
        "annex4.development",
        "deployer.logs",
        "fria.notified",
        "scope.literacy",
    } <= lacking
    assert "fria.process" not in lacking


def test_a_missing_duty_blocks_unless_the_duties_do_not_reach_the_system(judged):
    bad = {
        **CREDIT,
        **DUTIES,
        "provider.outside": "inside",
        "provider.bias": "missing",
        "deployer.logs": "planned",
    }
    result = judged(NAME, bad)
    assert result.blockers == (
        "A duty of the provider of a high-risk system is not fulfilled, and nobody has it in hand.",
    )
    assert result.figures["open_duties.score"].now == 2  # one missing, one planned
    assert [r.because for r in result.outcomes if r.id == "duty_open"] == [
        "Still open: the examination for bias (Article 10(2)(f)).",
        "Still open: keeping the logs (Article 26(6)).",
    ]
    assert judged(NAME, {**bad, "timing.market": "before"}).blockers == ()


EXCEPTED = {
    **NOTHING,
    "annex3.work": ["hiring"],
    "except.profiling": "no",
    "except.which": ["procedural"],
    "except.harm": "no",
    "except.documented": "yes",
}


def test_an_exception_holds_only_with_all_its_conditions(judged):
    result = judged(NAME, EXCEPTED)
    assert result.level == "minimal"
    assert {"exception_claimed", "minimal"} == _outcomes(result)
    assert "only as long as" in next(r.because for r in result.outcomes if r.id == "minimal")
    assert result.missing_roles == ("legal", "owner")
    for change in ({"except.profiling": "yes"}, {"except.which": ["none"]}, {"except.harm": "yes"}):
        assert judged(NAME, {**EXCEPTED, **change}).level == "high_risk", change
    for name in ("except.profiling", "except.which", "except.harm"):
        skipped = judged(NAME, {**EXCEPTED, name: ("not_applicable", "no")})
        assert skipped.level == "high_risk", name


def test_an_exception_that_is_not_written_down_blocks(judged):
    assert judged(NAME, {**EXCEPTED, "except.documented": "no"}).blockers == (
        "An exception of Article 6(3) is claimed, and the reasoning is not written down.",
    )


def test_who_is_compared_by_group_is_profiled(judged):
    result = judged(NAME, EXCEPTED, facts={"fairness.groups_compared": ["sex", "race"]})
    assert [(c.question, "sex, race" in c.because) for c in result.contradictions] == [
        ("except.profiling", True)
    ]


def test_products_of_annex_one(judged):
    toy = {**NOTHING, "annex1.product": "section_a", "annex1.third": "yes"}
    assert judged(NAME, toy).level == "high_risk"
    assert "provider.risk" in judged(NAME, toy).visible
    assert judged(NAME, {**toy, "annex1.third": "no"}).level == "minimal"
    car = judged(NAME, {**toy, "annex1.product": "section_b"})
    assert car.level == "high_risk"
    assert "provider.risk" not in car.visible  # its duties come through the law of that product


def test_a_chat_is_a_matter_of_transparency(judged):
    result = judged(NAME, {**NOTHING, "open.cases": ["interacts"], "open.interacts": "missing"})
    assert result.level == "transparency"
    assert result.blockers == (
        "A duty of transparency under Article 50 is not fulfilled, and nobody has it in hand.",
    )
    assert (
        judged(NAME, {**NOTHING, "open.cases": ["interacts"], "open.interacts": "done"}).blockers
        == ()
    )


def test_whoever_renames_a_system_has_the_duties_of_its_provider(judged):
    deployer = {**CREDIT, "role.held": ["deployer"]}
    assert "provider.risk" not in judged(NAME, deployer).visible
    renamed = judged(NAME, {**deployer, "role.change": ["name"]})
    assert "provider.risk" in renamed.visible
    assert "acts_as_provider" in _outcomes(renamed)


def test_credit_scoring_cannot_say_that_article_27_leaves_it_out(judged):
    result = judged(NAME, {**CREDIT, **DUTIES, "provider.outside": "inside", "fria.who": ["none"]})
    assert result.blockers == (
        "The system judges creditworthiness, and the answer on Article 27 does not say so.",
    )


def test_article_27_asks_for_its_six_points():
    asked = {m for q in QUESTIONS.values() for m in q.maps_to if m.startswith("eu-ai-act:27.1.")}
    assert asked == {f"eu-ai-act:27.1.{letter}" for letter in "abcdef"}


def test_every_named_article_of_the_duties_is_asked_about():
    asked = {
        m.split(":")[1] for q in QUESTIONS.values() for m in q.maps_to if m.startswith("eu-ai-act:")
    }
    articles = {m.split(".")[0] for m in asked}
    wanted = {4, 5, 6, *range(9, 16), *range(16, 28), 43, 47, 48, 49, 50, 53, 55, 72, 73} - {8}
    assert {str(n) for n in wanted} <= articles
    assert {
        f"5.1.{point}" for point in ["a", "b", "ba", "bb", "c", "d", "e", "f", "g", "h"]
    } <= asked
    assert {f"annex-IV.{n}" for n in range(1, 10)} <= asked


def test_no_date_without_its_source():
    dated = re.compile(
        r"\b\d{1,2} (January|February|March|April|May|June|July|August|September|October|November|December) 20\d\d"
    )
    file = shipped(NAME).file
    texts = [file.about, *file.source.basis, *(s.intro for s in file.sections)]
    texts += [
        t for q in QUESTIONS.values() for t in (q.text, q.why, q.help, *(o.text for o in q.options))
    ]
    texts += [r.because for r in file.scoring.rules] + [b.because for b in file.block_if]
    found = [text for text in texts if dated.search(text)]
    assert len(found) >= 10
    for text in found:
        assert (
            "Regulation (EU) 2024/1689" in text
            or "as amended by Regulation (EU) 2026/1744" in text
            or "NIST" in text
        ), text


def test_the_audit_is_held_against_the_duties(judged):
    claims = {**CREDIT, **DUTIES, "provider.outside": "inside"}
    facts = {"data.sha256": "0" * 64, "log.kept": False}
    found = {c.question for c in judged(NAME, claims, facts=facts).contradictions}
    assert found == {
        "provider.data",
        "provider.bias",
        "provider.logs",
        "provider.instructions",
        "provider.accuracy",
        "annex4.development",
        "annex4.operation",
        "annex4.metrics",
        "annex4.changes",
        "deployer.logs",
        "deployer.explain",
    }
