"""threat-model: the profile switches threats, tables rate them, what is planted is refuted."""

from __future__ import annotations

from typing import Any

import pytest
from tests.checklists.launch_answers import TODAY, assessed

from raudit.checklists import assess
from raudit.checklists.answers import empty_answers
from raudit.checklists.form.load import shipped

THREATS = shipped("threat-model")
SWITCHED = ("evasion", "poisoning", "extraction", "inversion", "membership", "prompt", "denial")
ALWAYS = ("supply", "pipeline", "traces")
QUIET: dict[str, Any] = {
    "profile.prize": "Nothing much.",
    "profile.reach": "batch",
    "profile.shaped": "no",
    "profile.answer": "nothing",
    "profile.sources": ["own"],
    "profile.retrained": "no",
    "profile.model_source": "trained_here",
    "profile.model_file": "data_only",
    "profile.personal": "no",
    "profile.prompts": "no",
}
ROW = {
    "risk": "Someone does something",
    "impact": "serious",
    "likelihood": "likely",
    "measure": "Look",
    "residual_impact": "minor",
    "residual_likelihood": "rare",
    "owner": "Kai",
    "due": "2027-01-01",
}


def full(**values: Any) -> dict[str, Any]:
    """A system with every threat, all treated; keywords replace answers."""
    answers = QUIET | {
        "profile.reach": "registered",
        "profile.shaped": "yes",
        "profile.sources": ["own", "users"],
        "profile.personal": "yes",
        "profile.prompts": "yes",
        "profile.tools": "no",
        "membership.groups": "hundred",
        "membership.alone": "hardly",
        "pipeline.secrets": "no",
        "traces.audits": "yes",
        "end.reported": "security@example.org",
        "end.again": "2027-01-01",
    }
    for name in (*SWITCHED, *ALWAYS):
        question = THREATS.questions[f"{name}.controls"]
        answers[f"{name}.controls"] = [
            o.id for o in question.options if o.id != question.none_option
        ]
        answers[f"{name}.scenarios"] = [ROW]
    return answers | {name.replace("__", "."): value for name, value in values.items()}


def asked(values: dict[str, Any]) -> set[str]:
    return {name.partition(".")[0] for name in assessed(THREATS, values).visible} - {
        "profile",
        "end",
    }


def test_a_quiet_system_is_asked_only_what_every_system_is() -> None:
    assert asked(QUIET) == set(ALWAYS)


@pytest.mark.parametrize(
    ("change", "threats"),
    [
        ({"profile.shaped": "yes"}, {"evasion"}),
        ({"profile.retrained": "yes"}, {"poisoning"}),
        ({"profile.sources": ["own", "public"]}, {"poisoning"}),
        ({"profile.reach": "anyone"}, {"extraction", "denial"}),
        ({"profile.reach": "staff"}, set()),
        ({"profile.personal": "yes"}, {"inversion", "membership"}),
        ({"profile.prompts": "yes"}, {"prompt"}),
    ],
)
def test_the_profile_switches_threats_on(change: dict[str, Any], threats: set[str]) -> None:
    assert asked(QUIET | change) == {*ALWAYS, *threats}


def test_tools_are_asked_only_of_what_reads_text() -> None:
    assert "profile.tools" not in assessed(THREATS, QUIET).visible
    assert "profile.tools" in assessed(THREATS, QUIET | {"profile.prompts": "yes"}).visible


def test_a_system_with_every_threat_treated() -> None:
    result = assessed(THREATS, full())
    assert result.complete
    assert (result.level, result.level_best, result.level_worst) == ("low", "low", "low")
    assert not result.blockers
    assert result.missing_roles == ("security",)


def test_an_empty_form_could_still_end_anywhere() -> None:
    result = assess(THREATS, empty_answers(THREATS), today=TODAY)
    assert (result.level, result.level_best, result.level_worst) == ("", "low", "very_high")


RATED = [
    # the table by hand: impact down, likelihood across
    ("minor", ("low", "low", "low", "medium")),
    ("moderate", ("low", "medium", "medium", "high")),
    ("serious", ("medium", "medium", "high", "very_high")),
    ("severe", ("high", "high", "very_high", "very_high")),
]


@pytest.mark.parametrize(("impact", "levels"), RATED)
def test_what_remains_is_read_from_the_table(impact: str, levels: tuple[str, ...]) -> None:
    for likelihood, level in zip(("rare", "possible", "likely", "expected"), levels, strict=True):
        row = ROW | {"residual_impact": impact, "residual_likelihood": likelihood}
        assert assessed(THREATS, full(supply__scenarios=[ROW, row])).level == level


def test_the_worst_threat_decides() -> None:
    worse = ROW | {"residual_impact": "moderate", "residual_likelihood": "likely"}
    assert assessed(THREATS, full(traces__scenarios=[worse])).level == "medium"


def test_a_threat_that_is_switched_off_does_not_count() -> None:
    worst = [ROW | {"residual_impact": "severe", "residual_likelihood": "expected"}]
    assert assessed(THREATS, full(evasion__scenarios=worst)).level == "very_high"
    assert assessed(THREATS, full(evasion__scenarios=worst, profile__shaped="no")).level == "low"


HIGH = [ROW | {"residual_impact": "severe", "residual_likelihood": "rare"}]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"supply__scenarios": HIGH, "end__accepted": "not_accepted"},
            "nobody who may do so has accepted it",
        ),
        (
            {"supply__scenarios": HIGH, "end__accepted": {"state": "unknown", "owner": "sam"}},
            "nobody who may do so has accepted it",
        ),
        ({"profile__model_file": "code", "profile__model_source": "public"}, "can run code"),
        ({"profile__model_file": "not_known", "profile__model_source": "vendor"}, "can run code"),
        (
            {"profile__reach": "anyone", "extraction__controls": ["coarse"]},
            "Anyone may ask the model",
        ),
        (
            {"profile__tools": "yes", "prompt__controls": ["apart", "tested"]},
            "A language model that reads text",
        ),
        (
            {"profile__retrained": "yes", "poisoning__controls": ["none_yet"]},
            "It learns from its own use",
        ),
        ({"pipeline__secrets": "yes"}, "Passwords, keys or tokens"),
    ],
)
def test_each_blocker_blocks_with_its_own_sentence(change: dict[str, Any], sentence: str) -> None:
    blockers = assessed(THREATS, full(**change)).blockers
    assert len(blockers) == 1
    assert sentence in blockers[0]


def test_a_very_high_threat_blocks_even_if_it_is_accepted() -> None:
    worst = [ROW | {"residual_impact": "severe", "residual_likelihood": "expected"}]
    result = assessed(THREATS, full(supply__scenarios=worst, end__accepted="accepted"))
    assert result.blockers == ("A threat remains very high after its measures.",)
    assert assessed(THREATS, full(supply__scenarios=HIGH, end__accepted="accepted")).blockers == ()


def test_a_high_threat_needs_the_owner_too() -> None:
    assert "end.accepted" not in assessed(THREATS, full()).visible
    result = assessed(THREATS, full(supply__scenarios=HIGH, end__accepted="accepted"))
    assert result.missing_roles == ("security", "owner")


@pytest.mark.parametrize(
    ("change", "facts", "question", "says"),
    [
        (
            {"supply__controls": ["pinned"]},
            {"model.format": "unsafe-pickle"},
            "profile.model_file",
            "read as unsafe-pickle, which runs code",
        ),
        (
            {"profile__model_file": "code"},
            {"model.format": "unsafe-joblib"},
            "supply.controls",
            "runs code",
        ),
        (
            {"profile__model_file": "code"},
            {"model.format": "skops"},
            "profile.model_file",
            "holds data only",
        ),
        (
            {"profile__personal": "no"},
            {"pii.columns_with_personal_data": ["email"]},
            "profile.personal",
            "email",
        ),
        (
            {"profile__personal": "no"},
            {"fairness.groups_compared": ["sex"]},
            "profile.personal",
            "sex",
        ),
        ({}, {"fairness.smallest_group": 12}, "membership.groups", "has 12 people"),
        (
            {"membership__groups": "thirty"},
            {"fairness.smallest_group": 12},
            "membership.groups",
            "has 12 people",
        ),
        (
            {},
            {
                "pii.rows_alone_share": 0.5,
                "pii.rows_alone": 9077,
                "pii.quasi_identifiers": ["age", "work"],
            },
            "membership.alone",
            "9077 rows that are alone in their combination of age, work",
        ),
        ({}, {"pii.secret_columns": ["notes"]}, "pipeline.secrets", "notes"),
        ({}, {"log.kept": False}, "traces.audits", "keeps no log"),
    ],
)
def test_an_answer_that_the_measurements_refute_is_named(
    change: dict[str, Any], facts: dict[str, Any], question: str, says: str
) -> None:
    found = {
        item.question: item.because
        for item in assessed(THREATS, full(**change), facts).contradictions
    }
    assert list(found) == [question]
    assert says in found[question]


def test_true_answers_are_not_refuted() -> None:
    facts = {
        "model.format": "skops",
        "pii.columns_with_personal_data": ["email"],
        "fairness.groups_compared": ["sex"],
        "fairness.smallest_group": 135,
        "pii.rows_alone_share": 0.01,
        "pii.secret_columns": [],
        "log.kept": True,
    }
    result = assessed(THREATS, full(), facts)
    assert not result.contradictions
    assert len(result.facts_used) == 6  # one of them bears on two questions


def test_every_stride_category_and_every_attack_is_asked_about() -> None:
    maps = {one for question in THREATS.questions.values() for one in question.maps_to}
    assert len([one for one in maps if one.startswith("stride:")]) == 6
    for technique in (
        "T0015",
        "T0020",
        "T0024.000",
        "T0024.001",
        "T0024.002",
        "T0051",
        "T0010",
        "T0018",
        "T0029",
    ):
        assert f"mitre-atlas:AML.{technique}" in maps
    intros = " ".join(section.intro for section in THREATS.file.sections)
    for tactic in (
        "AI Model Access",
        "AI Attack Staging",
        "Defense Evasion",
        "Exfiltration",
        "Persistence",
        "Impact",
    ):
        assert tactic in intros
