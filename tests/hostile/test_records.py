"""A stranger's record: each part that is read has its form, and what else does not fit is the record's fault."""

import pytest
from tests.command_line import raudit
from tests.gate.conftest import Maker

from raudit.errors import EnvironmentFault, RecordIntegrityError
from raudit.kept import reading_stored
from raudit.record import Column, Table, parse_record, record_bytes
from raudit.report import render_markdown

MAKE = Maker()
RATE = {"by": ["sex"], "group": ["F"], "metric": "selection_rate", "value": 0.5, "n": 4}
COUNTS = {
    "threshold": 0.5,
    "true_positives": 1,
    "false_positives": 1,
    "false_negatives": 1,
    "true_negatives": 1,
}
GAP = {"attribute": "sex", "group": "F", "probability": {"total": 0.1, "parts": {"age": 0.1}}}
GOOD = {"estimates": [RATE], "thresholds": [COUNTS]}


def without(part, key):
    return {name: value for name, value in part.items() if name != key}


def stored(stage, part, value):
    made = MAKE.stage(MAKE.finding(), name=stage, **{part: value})
    return record_bytes(MAKE.record(made))


@pytest.mark.parametrize(
    ("stage", "part", "value", "place"),
    [
        ("fairness", "artefacts", {"estimates": "none"}, "estimates"),
        ("fairness", "artefacts", {"estimates": [None]}, "estimates.0"),
        ("fairness", "artefacts", {"estimates": [RATE | {"value": "x"}]}, "estimates.0.value"),
        ("fairness", "artefacts", {"estimates": [RATE | {"n": []}]}, "estimates.0.n"),
        (
            "fairness",
            "artefacts",
            {"estimates": [RATE | {"interval": [1]}]},
            "estimates.0.interval",
        ),
        ("fairness", "artefacts", {"estimates": [without(RATE, "group")]}, "estimates.0.group"),
        (
            "fairness",
            "artefacts",
            {"estimates": [RATE | {"method": "wilson", "value": 1e308}]},
            "estimates.0",
        ),
        ("fairness", "artefacts", {"thresholds": [{}]}, "thresholds.0"),
        ("fairness", "artefacts", {"thresholds": [COUNTS | {"threshold": None}]}, "threshold"),
        ("fairness", "options", {"costs": {"false_positive": "x"}}, "costs.false_positive"),
        ("explain", "artefacts", {"gaps": [without(GAP, "group")]}, "gaps.0.group"),
        ("explain", "artefacts", {"gaps": [GAP | {"probability": {"total": 1e308}}]}, "total"),
        ("assessments", "artefacts", {"answered": {"gdpr:5": 7}}, "answered.gdpr:5"),
        ("assessments", "artefacts", {"answered": {"gdpr:5": [{"state": []}]}}, "0.state"),
    ],
)
def test_a_free_part_of_another_form_is_refused_at_the_door(stage, part, value, place):
    """``raudit report`` ended in 4, or blamed its own template."""
    with pytest.raises(RecordIntegrityError, match="another form than raudit writes") as caught:
        parse_record(stored(stage, part, value))
    assert caught.value.reference == "record-artefacts"
    assert place in caught.value.where
    assert "1e308" not in str(caught.value)


def test_what_raudit_writes_is_let_in():
    parse_record(stored("fairness", "artefacts", GOOD))
    parse_record(stored("explain", "artefacts", {"gaps": [GAP, without(GAP, "probability")]}))


def test_what_no_form_names_is_the_fault_of_the_record_too(tmp_path):
    columns = (Column(key="contradicted", label="Contradicted"),)
    rows = ({"contradicted": [1, {"a": 2}]},)
    table = Table(id="overview", title="T", columns=columns, rows=rows)
    odd = MAKE.stage(MAKE.finding(), name="assessments", tables=(table,))
    (tmp_path / "record.json").write_bytes(record_bytes(MAKE.record(odd)))
    done = raudit("report", "record.json", "-o", "r.md", cwd=tmp_path)
    assert (done.returncode, done.stderr[:19]) == (6, "error[record-form]:")
    assert "raudit.report.one_liners" in done.stderr
    assert "if raudit wrote it so, the fault is raudit's" in done.stderr
    with pytest.raises(EnvironmentFault, match=r"TypeError in raudit\.report\.one_liners"):
        render_markdown(MAKE.record(odd))  # of this run: nobody else's fault
    with pytest.raises(RecordIntegrityError, match="KeyError") as caught, reading_stored():
        raise KeyError("a value that nobody may see")
    assert caught.value.reference == "record-form"
    assert "nobody may see" not in str(caught.value)
