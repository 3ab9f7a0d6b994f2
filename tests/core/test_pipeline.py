"""Stages are found by being there, and whatever happens to one is in the record."""

import textwrap
from datetime import UTC, datetime

import pytest

import raudit.stages
from raudit.errors import DataError, PlanError
from raudit.evidence import discover_stages
from raudit.pipeline import measure, prepare
from raudit.plan import parse_plan
from raudit.record import Outcome, parse_record, record_bytes

CLOCK = datetime(2026, 11, 21, tzinfo=UTC)
STAGE = """
from typing import ClassVar

from raudit.errors import DataError, NotEvaluable
from raudit.evidence import StageResult
from raudit.facts import Fact, FactType
from raudit.findings import Finding, Severity, Status, Subject
from raudit.validate import Strict


class Options(Strict):
    loud: bool = False


class Made:
    name: ClassVar[str] = "{name}"
    title: ClassVar[str] = "Made for a test"
    options = Options
    rules: ClassVar[tuple] = ()
    facts: ClassVar[tuple] = tuple(Fact(name=n, type=FactType.NUMBER, meaning="") for n in ("made.rows", "made.n", "x"))
    reads_facts: ClassVar[bool] = {reads}
    order: ClassVar[int] = 5

    def run(self, evidence, options):
        {body}


STAGE = Made()
"""


@pytest.fixture
def add_stage(tmp_path, monkeypatch):
    folder = tmp_path / "stages"
    folder.mkdir()
    monkeypatch.setattr(raudit.stages, "__path__", [str(folder)])
    import sys

    def add(name, body, reads=False):
        monkeypatch.delitem(sys.modules, f"raudit.stages.{name}", raising=False)
        (folder / f"{name}.py").write_text(
            textwrap.dedent(STAGE).format(name=name, body=body, reads=reads)
        )

    yield add
    for name in [name for name in sys.modules if name.startswith("raudit.stages.made")]:
        del sys.modules[name]


@pytest.fixture
def run(tmp_path):
    def go(extra="", data="y,sex\n1,a\n0,b\n", limits=""):
        (tmp_path / "d.csv").write_text(data)
        text = (
            'schema: raudit.plan/1\nsystem: {name: s, version: "1"}\n'
            f'data: {{path: d.csv, label: {{column: y, favourable: "1"}}, {limits}}}\n{extra}'
        )
        return measure(prepare(parse_plan(text, folder=tmp_path), clock=CLOCK))

    return go


def test_a_stage_is_added_in_one_place(add_stage, run):
    add_stage(
        "made_one", 'return StageResult(summary="ran", facts={"made.rows": evidence.data.n_rows})'
    )
    assert list(discover_stages()) == ["made_one"]
    record = run()
    assert [(s.name, s.outcome, s.summary) for s in record.stages] == [
        ("made_one", Outcome.COMPLETED, "ran")
    ]


def test_stages_that_judge_run_last_and_see_the_facts(add_stage, run):
    add_stage("made_a", 'return StageResult(summary=str(evidence.facts.get("made.n")))', reads=True)
    add_stage(
        "made_b", 'return StageResult(facts={"made.n": 7}, summary=str(dict(evidence.facts)))'
    )
    record = run()
    assert record.stage("made_a").summary == "7"
    assert record.stage("made_b").summary == "{}"


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        ('raise NotEvaluable("no score", reference="x")', Outcome.SKIPPED, "no score"),
        ('raise DataError("bad", reference="x", hint="mend it")', Outcome.FAILED, "bad; mend it"),
        ('raise ValueError("secret value")', Outcome.FAILED, "ValueError"),
        ("raise MemoryError", Outcome.FAILED, "not enough memory"),
        (
            'return StageResult(facts={"made.other": 1})',
            Outcome.FAILED,
            "facts that it does not declare",
        ),
        (
            'return StageResult(facts={"made.n": "7"})',
            Outcome.FAILED,
            "facts that it does not declare",
        ),
        ('return StageResult(facts={"x": float("nan")})', Outcome.FAILED, "no canonical JSON form"),
    ],
)
def test_what_happens_to_a_stage_is_in_the_record(add_stage, run, body, outcome, reason):
    add_stage("made_bad", body)
    add_stage("made_good", 'return StageResult(summary="fine")')
    record = run()
    bad = record.stage("made_bad")
    assert bad.outcome is outcome
    assert reason in bad.reason
    assert "secret" not in record_bytes(record).decode()
    assert record.stage("made_good").outcome is Outcome.COMPLETED


def test_same_inputs_same_bytes_and_the_record_reads_back(add_stage, run):
    add_stage("made_one", 'return StageResult(summary="ran")')
    first, second = record_bytes(run()), record_bytes(run())
    assert first == second
    assert record_bytes(parse_record(first)) == first


def test_unknown_stages_options_and_columns_are_named(add_stage, run):
    add_stage("made_one", "return StageResult()")
    with pytest.raises(PlanError, match="no stage 'made_on'"):
        run("stages: {made_on: {}}\n")
    with pytest.raises(PlanError, match="unknown key 'laud'"):
        run("stages: {made_one: {laud: true}}\n")
    with pytest.raises(PlanError, match="no column 'gender'"):
        run("sensitive_features: [gender]\n")
    with pytest.raises(PlanError, match="cannot be read"):
        run("model: {path: m.skops}\nwaivers: none.yaml\n")


def test_a_broken_data_file_ends_the_run(add_stage, run):
    add_stage("made_one", "return StageResult()")
    with pytest.raises(DataError):
        run(data="y,sex\n1\n")


def test_an_unreadable_model_is_a_reason_and_not_an_end(add_stage, run, tmp_path):
    add_stage("made_one", "return StageResult(summary=evidence.no_model_because)")
    (tmp_path / "m.skops").write_bytes(b"\x80\x04cos\nsystem\n")
    assert "cannot be read" in run("model: {path: m.skops}\n").stage("made_one").summary


LATE = "import time; time.sleep(20)"


def test_a_stage_that_works_longer_than_it_may_has_failed_and_the_others_go_on(add_stage, run):
    add_stage("made_bad", LATE)
    add_stage("made_good", 'return StageResult(summary="fine")')
    record = run("", limits="limits: {work_seconds: 1}")
    assert record.stage("made_bad").outcome is Outcome.FAILED
    assert (
        "d.csv takes more than data.limits.work_seconds allows" in record.stage("made_bad").reason
    )
    assert record.stage("made_good").outcome is Outcome.COMPLETED


@pytest.mark.parametrize(
    ("body", "said"),
    [(LATE, "work_seconds"), ("raise MemoryError", "more memory than this machine")],
)
def test_where_nothing_else_was_established_the_fault_of_the_file_is_the_error(
    add_stage, run, body, said
):
    add_stage("made_bad", body)
    with pytest.raises(DataError, match=said):
        run("", limits="limits: {work_seconds: 1}")
