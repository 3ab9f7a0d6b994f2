"""Facts are declared, typed, and a checklist cannot name one that nobody gives."""

from __future__ import annotations

import pytest

from raudit.checklists import load_checklist, parse_checklist, shipped_checklists
from raudit.checklists.form.load import checklist_path
from raudit.errors import ChecklistError
from raudit.evidence import discover_stages
from raudit.facts import Fact, FactType, is_known, known_facts, misfits

CHECKLIST = """
schema: raudit.checklist/1
id: made
version: 1.0.0
title: Made
about: For a test.
source: {{basis: [ours]}}
sections:
  - id: s
    title: S
    questions:
      - id: s.a
        type: yes_no
        text: T
        why: W
        help: H
        evidence:
          fact: {fact}
          contradicted_if:
            - when: "size(fact('{when}')) > 0 and ans('s.a') == 'no'"
              because: "Found {{fact:{because}}}."
"""
RIGHT = "pii.columns_with_personal_data"
WRONG = "pii.columns_with_persnal_data"


def test_a_checklist_with_known_facts_loads():
    assert parse_checklist(CHECKLIST.format(fact=RIGHT, when=RIGHT, because=RIGHT)).id == "made"


@pytest.mark.parametrize("place", ["fact", "when", "because"])
def test_one_wrong_letter_is_refused_with_the_nearest(place):
    names = {"fact": RIGHT, "when": RIGHT, "because": RIGHT, place: WRONG}
    with pytest.raises(ChecklistError) as caught:
        parse_checklist(CHECKLIST.format(**names))
    assert caught.value.reference == "no-fact"
    assert f"did you mean '{RIGHT}'?" in str(caught.value)
    assert "line" in caught.value.where or ":" in caught.value.where


@pytest.mark.parametrize("name", shipped_checklists())
def test_shipped_checklists_name_known_facts(name):
    assert load_checklist(checklist_path(name)).id == name


def test_every_stage_declares_facts_of_its_own_once():
    names = [fact.name for fact in known_facts()]
    assert len(names) == len(set(names))
    for stage in discover_stages().values():
        for fact in stage.facts:
            assert fact.meaning.endswith("."), fact.name


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (True, FactType.TRUTH),
        (3, FactType.NUMBER),
        (0.5, FactType.NUMBER),
        ("x", FactType.TEXT),
        (["x"], FactType.LIST),
        ({"x": 1}, FactType.MAPPING),
    ],
)
def test_each_value_is_of_one_type_only(value, fits):
    assert [kind for kind in FactType if kind.fits(value)] == [fits]


def test_a_family_covers_its_members_and_nothing_else():
    family = Fact(name="a.b.*", type=FactType.NUMBER, meaning="")
    assert [n for n in ("a.b.c", "a.b.", "a.b", "a.bc", "a.b.c.d") if family.covers(n)] == [
        "a.b.c",
        "a.b.c.d",
    ]
    assert misfits((family,), {"a.b.c": 1, "a.b.d": "1", "x": 1}) == ("a.b.d", "x")
    assert is_known("fairness.ndkl.sex")
