"""The risk register against numbers worked by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from raudit.checklists import assess, parse_answers, parse_checklist, risk_register
from raudit.errors import AnswersError

TODAY = date(2026, 11, 21)
CHECKLIST = parse_checklist("""
schema: raudit.checklist/1
id: t
version: 1.0.0
title: T
about: T
source: {basis: [own], wording: own}
tables:
  before: {row: severity, col: likelihood, rows: [low, high], cols: [rare, often], order: [small, large],
           cells: [[small, small], [small, large]]}
  after: {row: residual_severity, col: residual_likelihood, rows: [low, high], cols: [rare, often],
          order: [small, large], cells: [[small, small], [small, large]]}
register_from: [risks]
sections:
- id: s
  title: S
  questions:
  - {id: risks, type: rows, text: Which?, why: because, help: say, columns: [{id: risk, text: R},
     {id: severity, text: S, options: [{id: low, text: L}, {id: high, text: H}]},
     {id: likelihood, text: L, options: [{id: rare, text: R}, {id: often, text: O}]}]}
  - {id: who, type: text, text: Who pays?, why: because, help: say}
  - {id: stop, type: yes_no, text: Stop?, why: because, help: say}
block_if: [{when: "ans('stop') == 'yes'", because: It has to stop.}]
""")
HEAD = (
    "schema: raudit.answers/1\nchecklist: {id: t, version: 1.0.0, sha256: "
    + "0" * 64
    + "}\nanswers:\n"
)
EFFORT = (
    "effort_labelling: '5', effort_retraining: '10', effort_monitoring: '4', effort_review: '1'"
)
FULL = f"reach: '3000', confidence: medium, {EFFORT}"


def registered(text):
    answers = parse_answers(HEAD + text, CHECKLIST)
    return risk_register([assess(CHECKLIST, answers, today=TODAY)])


def test_the_priority_is_reach_times_impact_times_confidence_over_effort():
    rows = (
        f"  risks: {{value: [{{risk: A, severity: high, likelihood: often, {FULL}}},"
        f" {{risk: B, severity: low, likelihood: rare, {FULL}}},"
        " {risk: C, severity: high, likelihood: often}]}\n"
    )
    found = registered(rows)
    assert [(r.risk, r.level, r.priority) for r in found] == [
        ("A", "large", Decimal("360.0")),  # 3000 × 3 × 0.8 / 20
        ("C", "large", None),
        ("B", "small", Decimal("240.0")),  # 3000 × 2 × 0.8 / 20
    ]
    assert "effort for labelling" in found[1].not_rated
    assert sum(found[0].effort.values()) == 20


def test_nothing_known_is_not_nothing_to_do():
    free = (
        FULL.replace("'5'", "'0'")
        .replace("'10'", "'0'")
        .replace("'4'", "'0'")
        .replace("'1'", "'0'")
    )
    (risk,) = registered(
        f"  risks: {{value: [{{risk: A, severity: high, likelihood: often, {free}}}]}}\n"
    )
    assert risk.priority is None
    assert "effort" in risk.not_rated


def test_blockers_and_what_nobody_knows_stand_in_it():
    found = registered(
        "  stop: {value: 'yes'}\n  who: {state: unknown, owner: Bo, due: 2027-01-01}\n"
        "  risks: {value: [{risk: A, severity: high, likelihood: often}]}\n"
    )
    assert [(r.source, r.owner, r.due) for r in found] == [
        ("blocker", "", ""),
        ("risk", "", ""),
        ("unknown", "Bo", "2027-01-01"),
    ]
    assert found[0].risk == "It has to stop."


def test_a_number_of_a_priority_is_a_number():
    with pytest.raises(AnswersError, match="does not answer 'risks'") as told:
        registered("  risks: {value: [{risk: a, effort_labelling: two days}]}\n")
    assert told.value.expected == "effort_labelling: a number such as 12.5"
