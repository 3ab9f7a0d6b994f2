"""Every shipped checklist is complete, reachable, in our own words, and maps to requirements that exist."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from raudit.checklists import Checklist, assess, shipped_checklists
from raudit.checklists.form.expressions import BY_QUESTION
from raudit.checklists.form.load import shipped
from raudit.checklists.form.schema import Kind, Question

TODAY = date(2026, 11, 21)
EVERY = pytest.mark.parametrize("name", shipped_checklists())
LONGEST = 600
"""Characters of a text; what is longer is not read."""

NIST = {
    "GOVERN": {1: 7, 2: 3, 3: 2, 4: 3, 5: 2, 6: 2},
    "MAP": {1: 6, 2: 3, 3: 5, 4: 2, 5: 2},
    "MEASURE": {1: 3, 2: 13, 3: 3, 4: 3},
    "MANAGE": {1: 4, 2: 4, 3: 2, 4: 3},
}
ISO = {
    "2": (2, 4),
    "3": (2, 3),
    "4": (2, 6),
    "5": (2, 5),
    "6.1": (2, 3),
    "6.2": (2, 8),
    "7": (2, 6),
    "8": (2, 5),
} | {
    "9": (2, 4),
    "10": (2, 4),
}
GOALS = {
    f"{letter}{n}"
    for letter, count in {"A": 5, "T": 3, "F": 3, "RS": 3, "PS": 2, "I": 1}.items()
    for n in range(1, count + 1)
}
ANNEXES = {"I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII"}
CATALOGUES = {
    "nist-ai-rmf": {
        f"{f}-{c}.{n}"
        for f, cs in NIST.items()
        for c, count in cs.items()
        for n in range(1, count + 1)
    },
    "iso-42001": {
        f"A.{clause}.{n}" for clause, (first, last) in ISO.items() for n in range(first, last + 1)
    },
    "ms-rai": GOALS,
    "nist-ai-600-1": {f"2.{n}" for n in range(1, 13)},
    "owasp-llm-2025": {f"LLM{n:02d}" for n in range(1, 11)},
    "google-ai-principles": {"2025.1", "2025.2", "2025.3"},
}


def _texts(checklist: Checklist) -> Iterator[tuple[str, str]]:
    """Every text that a person may read, and where it stands."""
    file = checklist.file
    yield from (("title", file.title), ("about", file.about), ("note", file.source.note))
    for section in file.sections:
        yield from ((section.id, section.title), (section.id, section.intro))
        for q in section.questions:
            yield from ((q.id, q.text), (q.id, q.why), (q.id, q.help))
            for option in (*q.options, *(o for c in q.columns for o in c.options)):
                yield from ((q.id, option.text), (q.id, option.help))
            yield from ((q.id, column.text) for column in q.columns)
            yield from ((q.id, rule.because) for rule in q.evidence.contradicted_if)
    yield from ((rule.outcome, rule.because) for rule in file.scoring.rules)
    yield from (("block_if", blocker.because) for blocker in file.block_if)
    if file.scoring.level:
        yield from ((band.id, band.because) for band in file.scoring.level.bands)


def test_the_catalogues_have_their_published_sizes():
    assert len(CATALOGUES["nist-ai-rmf"]) == 72
    assert len(CATALOGUES["iso-42001"]) == 38
    assert len(CATALOGUES["ms-rai"]) == 17


@EVERY
def test_every_question_says_why_and_how(name):
    for question in shipped(name).questions.values():
        why, how = question.why.strip(), question.help.strip()
        assert len(why.split()) >= 3, f"{question.id} hardly says why"
        assert len(how.split()) >= 3, f"{question.id} hardly says how"
        assert len({question.text, why, how}) == 3, question.id


@EVERY
def test_reasons_and_help_are_written_for_their_question(name):
    questions = shipped(name).questions.values()
    for part in ("why", "text"):
        common, times = Counter(getattr(q, part) for q in questions).most_common(1)[0]
        assert times <= max(2, len(questions) // 12), (
            f"{times} questions have the {part} {common!r}"
        )
    common, times = Counter(q.help for q in questions).most_common(1)[0]
    assert times <= max(2, len(questions) // 10), f"{times} questions have the help {common!r}"


@EVERY
def test_no_text_is_too_long_or_left_unfinished(name):
    for where, text in _texts(shipped(name)):
        assert len(text) <= LONGEST, f"{where}: {len(text)} characters"
        assert not re.search(r"\b(TODO|TBD|FIXME|lorem)\b", text), where
        assert "  " not in text.strip(), f"{where}: {text}"


@EVERY
def test_no_text_promises_what_nobody_can(name):
    for where, text in _texts(shipped(name)):
        assert not re.search(
            r"\b(is|are|be) (now )?(fully )?(compliant|unbiased|debiased)\b", text
        ), f"{where}: {text}"


@EVERY
def test_every_outcome_band_and_blocker_has_its_sentence(name):
    checklist = shipped(name)
    for where, text in [
        *((r.outcome, r.because) for r in checklist.file.scoring.rules),
        *((b.when, b.because) for b in checklist.file.block_if),
        *(
            (band.id, band.because)
            for band in (checklist.file.scoring.level.bands if checklist.file.scoring.level else ())
        ),
    ]:
        assert text.endswith((".", ".)")), f"{where}: {text!r} is no sentence"


@EVERY
def test_every_id_is_used_once(name):
    checklist = shipped(name)
    sections = [s.id for s in checklist.file.sections]
    assert len(set(sections)) == len(sections)
    asked = [q.id for s in checklist.file.sections for q in s.questions]
    assert len(set(asked)) == len(asked)
    assert not set(checklist.file.scoring.values) & set(asked), (
        "a value and a question share a name"
    )


@EVERY
def test_every_expression_names_what_is_there(name):
    """Loading checks this too; here it is read from the compiled expressions, so that either check can fail alone."""
    checklist = shipped(name)
    outcomes = {rule.outcome for rule in checklist.file.scoring.rules}
    for expression in checklist.expressions.values():
        for function, words in expression.calls():
            if function in BY_QUESTION:
                assert words[0] in checklist.questions, expression.text
            if function == "outcome":
                assert words[0] in outcomes, expression.text
            if function == "any_row":
                columns = {column.id for column in checklist.questions[words[0]].columns}
                assert words[1] in columns, expression.text


def _exists(requirement: str) -> bool:
    catalogue, _, number = requirement.partition(":")
    if catalogue in CATALOGUES:
        return number in CATALOGUES[catalogue]
    if catalogue == "gdpr":
        article = re.fullmatch(r"(\d+)(\.\d+)?(\.[a-z])?", number)
        return bool(article) and 1 <= int(article[1]) <= 99
    if catalogue == "eu-ai-act":
        annex = re.fullmatch(r"annex-([IVX]+)(\.\d+)?(\.[a-z])?", number)
        if annex:
            return annex[1] in ANNEXES
        article = re.fullmatch(r"(\d+)(a?)(\.\d+)?(\.[a-z]{1,2})?", number)
        return (
            bool(article) and 1 <= int(article[1]) <= 113 and (not article[2] or article[1] == "4")
        )
    if catalogue == "ca-aia":
        return bool(re.fullmatch(r"[A-Za-z]+[0-9]*[A-Z]?", number))
    return catalogue in {"stride", "mitre-atlas", "owasp-llm"} and bool(number)


@EVERY
def test_every_mapping_names_a_requirement_that_exists(name):
    for question in shipped(name).questions.values():
        for requirement in question.maps_to:
            assert _exists(requirement), f"{question.id}: {requirement}"


@pytest.mark.parametrize(
    "requirement",
    [
        "gdpr:100",
        "gdpr:0",
        "eu-ai-act:114",
        "eu-ai-act:5a",
        "eu-ai-act:annex-XIV",
        "nist-ai-rmf:MEASURE-2.14",
        "iso-42001:A.2.1",
        "iso-42001:A.11.2",
        "ms-rai:I2",
        "law:1",
    ],
)
def test_a_mapping_to_nothing_is_noticed(requirement):
    assert not _exists(requirement)


def _candidates(question: Question) -> list[Any]:
    match question.type:
        case Kind.YES_NO:
            return ["yes", "no"]
        case Kind.CHOICE:
            return [option.id for option in question.options]
        case Kind.MULTI:
            ids = [o.id for o in question.options]
            return [[i] for i in ids] + [[i for i in ids if i != question.none_option]]
        case Kind.NUMBER:
            return ["0", "1", "1000000"]
        case Kind.DATE:
            return ["2026-11-21"]
        case Kind.ROWS:
            plain = {"number": "1", "date": "2026-11-21"}
            return [
                [
                    {
                        c.id: c.options[at].id if c.options else plain.get(c.type, "x")
                        for c in question.columns
                    }
                ]
                for at in (0, -1)
            ]
        case _:
            return ["x"]


Way = tuple[dict[str, Any], frozenset[str]]
"""Answers, and the questions that they show."""


def _shown(checklist: Checklist, fill: Any, values: dict[str, Any]) -> Way:
    return values, frozenset(assess(checklist, fill(checklist, values), today=TODAY).visible)


def _reach(checklist: Checklist, name: str, fill: Any, ways: list[Way]) -> bool:
    """Whether some answers show a question: known answers, with two or three more of those its conditions look at."""
    if any(name in visible for _values, visible in ways):
        return True
    conditions = [
        c for c in (checklist.section_of[name].show_if, checklist.questions[name].show_if) if c
    ]
    asked = dict.fromkeys(
        w[0] for c in conditions for f, w in checklist.expressions[c].calls() if f in BY_QUESTION
    )
    for size in (1, 2, 3) if len(asked) <= 4 else (1, 2):
        for (start, _visible), refs in itertools.product(
            reversed(ways), itertools.combinations(asked, size)
        ):
            for values in itertools.product(
                *(_candidates(checklist.questions[ref]) for ref in refs)
            ):
                way = _shown(checklist, fill, start | dict(zip(refs, values, strict=True)))
                if name in way[1]:
                    ways.append(way)
                    return True
    return False


@EVERY
def test_every_question_can_be_reached(name, fill):
    """A question may wait for others of its checklist, wherever they stand; each is tried until nothing is gained."""
    checklist = shipped(name)
    ways, lost = [_shown(checklist, fill, {})], list(checklist.questions)
    while lost:
        still = [question for question in lost if not _reach(checklist, question, fill, ways)]
        if len(still) == len(lost):
            break
        lost = still
    assert lost == []


@EVERY
def test_an_empty_file_is_neither_finished_nor_harmless(name, judged):
    result = judged(name, {})
    assert not result.complete
    assert result.missing_roles
    if result.checklist.file.scoring.level:
        assert (
            result.level_worst == result.checklist.file.scoring.level.bands[-1].id
            or result.level_worst != result.level_best
        )


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9']+", re.sub(r"<[^>]+>", " ", text.lower()))
    return {tuple(words[i : i + 8]) for i in range(len(words) - 7)}


def _english(node: Any) -> Iterator[str]:
    match node:
        case {"en": str(text)}:
            yield text
        case {}:
            for key, value in node.items():
                if key in {"title", "description", "html", "text", "default"} and isinstance(
                    value, str
                ):
                    yield value
                yield from _english(value)
        case list():
            for item in node:
                yield from _english(item)


@EVERY
def test_no_run_of_eight_words_is_the_official_survey_s(name, vectors):
    official: set[tuple[str, ...]] = set()
    for text in _english(json.loads((vectors / "aia" / "survey-enfr.json").read_text())):
        official |= _runs(text)
    assert len(official) > 1000
    copied = {
        (where, " ".join(run))
        for where, text in _texts(shipped(name))
        for run in _runs(text) & official
    }
    assert not copied


@pytest.mark.parametrize("name", shipped_checklists())
def test_levels_and_outcomes_are_called_by_words(name: str) -> None:
    checklist = shipped(name)
    scoring = checklist.file.scoring
    for band in scoring.level.bands if scoring.level else ():
        assert band.title, band.id
        assert "_" not in checklist.level_title(band.id)
    outcomes = {rule.outcome for rule in scoring.rules}
    assert outcomes == set(scoring.titles)
    assert not [title for title in scoring.titles.values() if "_" in title]


def test_answers_on_drift_rest_on_facts() -> None:
    saved = shipped("launch-readiness").questions["data.drift_reference"].evidence
    assert saved.suggest
    assert saved.contradicted_if
    watched = shipped("nist-ai-rmf").questions["measure.2.4"].evidence
    assert watched.fact == "drift.measured"
    assert watched.contradicted_if
