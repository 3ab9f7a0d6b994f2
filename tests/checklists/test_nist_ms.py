"""The two self-assessments: the weakest outcome decides, nothing is averaged, claims need evidence."""

from __future__ import annotations

from decimal import Decimal

import pytest

from raudit.checklists.form.load import shipped

BOTH = pytest.mark.parametrize(("name", "total"), [("nist-ai-rmf", 72), ("ms-rai", 17)])
AUDITED = {
    "data.sha256": "0" * 64,
    "data.missing_share_max": 0.01,
    "fairness.metrics": ["selection_rate"],
    "fairness.groups_compared": ["sex"],
    "fairness.smallest_group": 400,
    "explain.available": True,
    "explain.method": "tree",
    "pii.assessed": True,
    "pii.columns_with_personal_data": [],
    "pii.secret_columns": [],
    "log.kept": True,
}


def _all(name, level):
    return dict.fromkeys(shipped(name).questions, level)


@BOTH
def test_every_number_is_asked_once(name, total):
    asked = [
        m for q in shipped(name).questions.values() for m in q.maps_to if m.startswith(f"{name}:")
    ]
    assert len(asked) == len(set(asked)) == total == len(shipped(name).questions)


def test_functions_have_their_counts():
    assert [len(s.questions) for s in shipped("nist-ai-rmf").file.sections] == [19, 18, 22, 13]
    assert [len(s.questions) for s in shipped("ms-rai").file.sections] == [5, 3, 3, 3, 2, 1]


@BOTH
@pytest.mark.parametrize(
    ("level", "band"),
    [
        ("none", "not_started"),
        ("started", "started"),
        ("documented", "documented"),
        ("reviewed", "reviewed"),
    ],
)
def test_the_level_is_the_answer_if_all_are_alike(judged, name, total, level, band):
    result = judged(name, _all(name, level))
    assert result.complete
    assert result.level == band
    written = sum(f.now for key, f in result.figures.items() if key.endswith(".written_down"))
    assert written == (total if level in {"documented", "reviewed"} else 0)


@BOTH
def test_one_weak_outcome_is_not_averaged_away(judged, name, total):
    weak = list(shipped(name).questions)[-1]
    result = judged(name, {**_all(name, "reviewed"), weak: "started"})
    assert result.level == "started"
    assert result.figures["steps_short"].now == Decimal(2)
    function = next(
        s.id for s in shipped(name).file.sections if any(q.id == weak for q in s.questions)
    )
    assert {r.id for r in result.outcomes} == {f"weakest_{function}"}


@BOTH
def test_nothing_answered_has_no_level_and_ends_anywhere(judged, name, total):
    result = judged(name, {})
    assert (result.level, result.level_best, result.level_worst) == ("", "reviewed", "not_started")
    assert len(result.open) == total
    assert result.missing_roles == ("risk",)


@BOTH
def test_a_claim_without_evidence_stays_open(judged, name, total):
    assert len(judged(name, _all(name, "documented"), evidence=False).open) == total
    assert judged(name, _all(name, "started"), evidence=False).complete


@BOTH
def test_setting_everything_aside_reaches_nothing(judged, name, total):
    result = judged(name, _all(name, ("not_applicable", "we are small")))
    assert result.level == "not_started"
    assert result.blockers


def test_an_outcome_set_aside_with_a_reason_does_not_lower_the_rest(judged):
    answers = {
        **_all("nist-ai-rmf", "reviewed"),
        "measure.2.2": ("not_applicable", "no people take part in tests"),
    }
    result = judged("nist-ai-rmf", answers)
    assert result.level == "reviewed"
    assert result.figures["measure.written_down"].now == 21  # 22 less the one set aside


def test_the_worst_answers_block_with_a_sentence_each(judged):
    nist = judged("nist-ai-rmf", _all("nist-ai-rmf", "none")).blockers
    assert [b.rsplit("(", 1)[1] for b in nist] == [
        "GOVERN 2.1).",
        "MAP 1.1).",
        "MEASURE 3.3).",
        "MANAGE 1.1).",
        "MANAGE 2.4).",
    ]
    ms = judged("ms-rai", _all("ms-rai", "none")).blockers
    assert [b.rsplit("(", 1)[1] for b in ms] == ["A1).", "A5).", "RS2).", "PS1)."]


@BOTH
def test_claims_that_a_full_audit_bears_out_are_not_contradicted(judged, name, total):
    assert judged(name, _all(name, "reviewed"), facts=AUDITED).contradictions == ()


@BOTH
def test_claims_about_an_audit_that_measured_nothing_are_contradicted(judged, name, total):
    facts = {"data.sha256": "0" * 64, "log.kept": False, "pii.secret_columns": ["token"]}
    found = {c.question for c in judged(name, _all(name, "reviewed"), facts=facts).contradictions}
    expected = {
        "nist-ai-rmf": {f"measure.2.{n}" for n in (1, 3, 4, 7, 8, 9, 10, 11)},
        "ms-rai": {"a3", "a4", "t1", "f1", "f2", "rs3", "ps1", "ps2"},
    }
    assert found == expected[name]


def test_setting_fairness_aside_is_refuted_by_a_comparison(judged):
    answers = {**_all("nist-ai-rmf", "started"), "measure.2.11": ("not_applicable", "no people")}
    found = judged("nist-ai-rmf", answers, facts=AUDITED).contradictions
    assert [c.because for c in found] == ["This audit compared groups of people by sex."]
    answers = {**_all("ms-rai", "started"), "f2": ("not_applicable", "allocates nothing")}
    found = judged("ms-rai", answers, facts=AUDITED).contradictions
    assert [(c.question, c.answer) for c in found] == [("f2", "not applicable: allocates nothing")]


def test_too_small_a_group_refutes_a_settled_comparison(judged):
    facts = {**AUDITED, "fairness.smallest_group": 12}
    found = judged("nist-ai-rmf", _all("nist-ai-rmf", "reviewed"), facts=facts).contradictions
    assert [(c.question, "12 people" in c.because) for c in found] == [("measure.2.11", True)]
