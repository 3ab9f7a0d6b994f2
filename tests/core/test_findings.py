"""A rule answers in one voice."""

from __future__ import annotations

import pytest

from raudit.findings import Measurement, Rule, Severity, Status, Subject

RULE = Rule(
    id="RX-1",
    title="T",
    why="W",
    how="H",
    fix="Mend it.",
    severity=Severity.LOW,
    requirements=("x:1",),
)
SUBJECT = Subject(kind="column", name="a")


def test_what_passed_has_nothing_left_to_do():
    finding = RULE.passed(
        SUBJECT, "All is there.", measurement=Measurement(metric="n", value=1, n=1)
    )
    assert (finding.status, finding.remedy, finding.requirements) == (Status.PASSED, "", ("x:1",))
    assert (finding.rule, finding.severity, finding.measurement.n) == ("RX-1", Severity.LOW, 1)


def test_what_failed_has_the_rules_remedy_or_a_better_one():
    assert RULE.failed(SUBJECT, "S").remedy == "Mend it."
    assert RULE.failed(SUBJECT, "S", remedy="Ask Ann.").remedy == "Ask Ann."


def test_what_could_not_be_told_needs_its_reason():
    assert RULE.indeterminate(SUBJECT, "S", reason="too few").remedy == "Mend it."
    with pytest.raises(ValueError, match="reason"):
        RULE.indeterminate(SUBJECT, "S", reason="")
