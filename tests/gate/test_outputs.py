"""JUnit, Markdown, annotations, code quality, JSON and text."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raudit.cli._shared.summary import print_summary
from raudit.errors import EnvironmentFault, PlanError, UsageError
from raudit.files import write_or_refuse
from raudit.findings import Threshold
from raudit.gate import KINDS, PlanLines, parse_output, render, write_outputs
from raudit.gate.view import unsettled
from raudit.policy import Policy, RulePolicy, Waivers, apply_policy
from raudit.policy.model import WaiverTerms
from raudit.policy.waivers import Malformed, Waiver
from raudit.record import Outcome
from raudit.yamltext import parse_yaml

from .conftest import PLAN, Maker

XSD = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "jenkins-junit-10.xsd"))
LINES = PlanLines(plan=parse_yaml(PLAN, source="raudit.yaml", error=PlanError))


def judged(record, **policy):
    verdict = apply_policy(
        record,
        Policy(name="p").changed(**policy),
        waivers=Waivers(),
        baseline=None,
        today=date(2026, 11, 21),
    )
    return record.with_verdict(verdict)


@pytest.fixture
def rich(make):
    return make.record(
        make.stage(
            make.finding(),
            make.finding(group="Male", status="indeterminate"),
            make.finding(group="x", severity="low"),
            make.finding(group="ok", status="passed"),
        ),
        make.stage(
            name="explain", outcome=Outcome.FAILED, reason="the model cannot be read", rules=()
        ),
        make.stage(name="pii", outcome=Outcome.SKIPPED, reason="no text", rules=()),
    )


def suites(record):
    data = render(record, "junit", anchors=LINES)
    assert list(XSD.iter_errors(data.decode())) == []
    root = ET.fromstring(data)
    return {suite.attrib["name"]: suite for suite in root}


def test_junit_fits_the_jenkins_schema(rich):
    found = suites(judged(rich))
    assert list(found) == ["raudit.coverage", "raudit.fairness", "raudit.explain", "raudit.pii"]
    fairness = found["raudit.fairness"].attrib
    assert [fairness[k] for k in ("tests", "failures", "errors", "skipped")] == ["4", "1", "1", "1"]
    assert found["raudit.explain"].attrib["errors"] == "1"
    assert found["raudit.pii"].attrib["skipped"] == "1"


def test_junit_of_nothing_is_red(make):
    coverage = suites(judged(make.record(make.stage())))["raudit.coverage"]
    assert coverage.attrib["failures"] == "1"
    assert coverage.find("testcase/failure").attrib["message"] == "nothing was evaluated"


def test_junit_of_a_clean_run_is_green(make):
    found = suites(judged(make.record(make.stage(make.finding(status="passed")))))
    assert all(
        suite.attrib["failures"] == suite.attrib["errors"] == "0" for suite in found.values()
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60))
def test_any_text_fits_every_output(text):
    make = Maker()
    record = judged(make.record(make.stage(make.finding(group=text, statement=text, reason=text))))
    assert list(XSD.iter_errors(render(record, "junit", anchors=LINES).decode())) == []
    for kind in KINDS:
        data = render(record, kind, anchors=LINES)
        assert data.decode()
    commands = render(record, "github", anchors=LINES).decode().split("\n")
    assert [line[:2] for line in commands] == ["::", ""]


def test_annotations_sit_on_the_line_and_cannot_be_injected(make):
    evil = make.finding(statement="a%\r\n::set-output name=x::1", group="a,b:c")
    text = render(judged(make.record(make.stage(evil))), "github", anchors=LINES).decode()
    assert text == (
        "::error file=raudit.yaml,line=9,title=RA-FAIR-001 (high)::a%25\\r\\n::set-output name=x::1\n"
    )


def test_at_most_ten_annotations_of_each_kind(make):
    findings = [make.finding(group=f"g{n}") for n in range(15)]
    findings += [make.finding(group=f"i{n}", status="indeterminate") for n in range(12)]
    lines = (
        render(judged(make.record(make.stage(*findings))), "github", anchors=LINES)
        .decode()
        .splitlines()
    )
    assert sum(line.startswith("::error") for line in lines) == 10
    assert sum(line.startswith("::warning") for line in lines) == 10
    assert "7 more findings" in lines[-1]


def test_annotations_of_a_clean_run_say_so(make):
    text = render(
        judged(make.record(make.stage(make.finding(status="passed")))), "github", anchors=LINES
    ).decode()
    assert text.startswith("::notice title=raudit::Nothing blocks")


def test_code_quality_has_what_gitlab_asks_for(rich):
    issues = json.loads(render(judged(rich), "gitlab", anchors=LINES))
    assert len(issues) == 4
    for issue in issues:
        assert {"description", "check_name", "fingerprint", "severity", "location"} <= set(issue)
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["lines"]["begin"] >= 1
        assert not issue["location"]["path"].startswith("./")


def test_summary_names_verdict_and_worst_first(rich):
    text = render(judged(rich), "markdown", anchors=LINES).decode()
    assert text.startswith("## Blocked: Loan helper 2.1\n")
    assert text.index("### Blocking (1)") < text.index("### Could not be told (1)")
    assert "Explain failed: the model cannot be read" in text
    assert "0.2 (95% interval 0.15 to 0.25), n = 1,000" in text


def test_summary_stays_under_the_limit_and_says_what_is_missing(make):
    findings = [make.finding(group=f"g{n}", statement="s" * 900) for n in range(1500)]
    data = render(judged(make.record(make.stage(*findings))), "markdown", anchors=LINES)
    assert len(data) < 1_000_000
    assert b"more lines do not fit here" in data


def test_summary_escapes_markup(make):
    finding = make.finding(statement="a|b <img src=x> @team [x](y) `z`")
    text = render(judged(make.record(make.stage(finding))), "markdown", anchors=LINES).decode()
    assert "<img" not in text
    assert "@team" not in text
    assert "a\\|b" in text


def test_json_counts_and_places(rich):
    said = json.loads(render(judged(rich), "json", anchors=LINES))
    assert said["schema"] == "raudit.gate/1"
    assert said["verdict"]["exit_status"] == 1
    assert said["counts"] == {
        "blocks": 1,
        "undecided": 1,
        "noted": 1,
        "known": 0,
        "waived": 0,
        "passed": 1,
        "ignored": 0,
    }
    assert said["findings"][0]["place"] == {"file": "raudit.yaml", "line": 9}


def test_every_kind_agrees_on_the_verdict(make):
    # a tool whose SARIF path returned 0 while its text path returned 1 is the warning
    for finding, status in (("failed", 1), ("passed", 0), ("indeterminate", 3)):
        record = judged(make.record(make.stage(make.finding(status=finding))))
        assert json.loads(render(record, "json", anchors=LINES))["verdict"]["exit_status"] == status
        assert (
            json.loads(render(record, "sarif", anchors=LINES))["runs"][0]["invocations"][0][
                "exitCode"
            ]
            == status
        )
        assert f"exit status {status}" in render(record, "text", anchors=LINES).decode()
        assert f"Exit status {status}." in render(record, "markdown", anchors=LINES).decode()
        red = sum(
            int(s.attrib["failures"]) + int(s.attrib["errors"]) for s in suites(record).values()
        )
        assert (red > 0) == (status != 0)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("pdf=x", "unknown-output"),
        ("sarif", "output-without-path"),
        ("junit=", "output-without-path"),
    ],
)
def test_bad_output_words(text, reference):
    with pytest.raises(UsageError) as caught:
        parse_output(text)
    assert caught.value.reference == reference


def test_md_is_markdown():
    assert parse_output("md=a=b.md") == ("markdown", Path("a=b.md"))


def test_two_outputs_to_one_file(rich, tmp_path):
    with pytest.raises(UsageError):
        write_outputs(
            judged(rich), [("json", tmp_path / "x"), ("sarif", tmp_path / "x")], anchors=LINES
        )


def test_all_or_none(tmp_path):
    old = tmp_path / "a"
    old.write_bytes(b"old")
    with pytest.raises(EnvironmentFault):
        write_or_refuse({old: b"new", tmp_path / "no" / "such" / "b": b"x"})
    assert old.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("when", ["write", "fsync", "replace"])
def test_a_full_disk_or_ctrl_c_leaves_the_old_files(tmp_path, monkeypatch, when):
    import os

    old = tmp_path / "a"
    old.write_bytes(b"old")
    for fault, expected in (
        (OSError(28, "No space left on device"), EnvironmentFault),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ):

        def broken(*_args, fault=fault, **_more):
            raise fault

        with monkeypatch.context() as patch:
            if when == "write":
                patch.setattr(os, "fdopen", broken)
            else:
                patch.setattr(os, when, broken)
            with pytest.raises(expected):
                write_or_refuse({old: b"new"})
        assert old.read_bytes() == b"old"
        assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_an_output_that_is_a_pipe_is_written_to_and_stays_a_pipe(tmp_path):
    import os
    import threading

    pipe, beside = tmp_path / "pipe", tmp_path / "a.json"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_or_refuse({pipe: b"said", beside: b"kept"})
    reader.join(timeout=10)
    assert (read, beside.read_bytes()) == ([b"said"], b"kept")
    assert pipe.is_fifo()


def test_an_output_to_an_open_file_of_the_process_leaves_its_name_in_place(tmp_path):
    import os

    with (tmp_path / "out").open("wb") as file:
        file.write(b"before ")
        file.flush()
        name = Path(f"/proc/self/fd/{file.fileno()}")
        write_or_refuse({name: b"said"})
        assert name.is_symlink()
        assert os.fstat(file.fileno()).st_size == len(b"before said")
    assert (tmp_path / "out").read_bytes() == b"before said"


@pytest.mark.parametrize("kind", ["github", "gitlab", "junit", "sarif", "markdown", "text"])
@pytest.mark.parametrize(
    ("policy", "status", "said"),
    [
        ({"required_assessments": ("dpia",)}, 3, "assessment dpia is required"),
        ({"waivers": WaiverTerms(strict=True)}, 1, "Waiver W-1 is malformed"),
        ({"select": ("RA-PII",)}, 5, "No finding is left after select and ignore"),
    ],
)
def test_what_stands_against_passing_without_a_finding_is_red_in_every_output(
    make, kind, policy, status, said
):
    record = make.record(make.stage(make.finding(status="passed")))
    bad = Waivers(malformed=(Malformed(id="W-1", rule="RA-FAIR-001", fault="not a mapping"),))
    judged_by = Policy(name="p").changed(**policy)
    verdict = apply_policy(record, judged_by, waivers=bad, baseline=None, today=date(2026, 11, 21))
    assert verdict.exit_status == status
    text = render(record.with_verdict(verdict), kind, anchors=LINES).decode()
    assert said in text
    if kind == "github":
        assert text.startswith("::error")
    elif kind == "gitlab":
        assert [issue["severity"] for issue in json.loads(text)] == ["critical"]
    elif kind == "sarif":
        (result,) = json.loads(text)["runs"][0]["results"]
        assert (result["ruleId"], result["level"]) == ("RA-GATE-001", "error")
    elif kind == "junit":
        root = ET.fromstring(text)
        assert int(root.attrib["failures"]) + int(root.attrib["errors"]) > 0


def test_a_reason_that_many_findings_push_out_is_still_told_and_none_is_told_twice(make):
    """The verdict lists fifty reasons; what was required and not done keeps its own beyond them."""
    names = [f"g{n}" for n in range(60)]
    record = make.record(make.stage(*(make.finding(group=name) for name in names)))
    bad = Waivers(malformed=(Malformed(id="W-1", rule="RA-FAIR-001", fault="not a mapping"),))
    policy = Policy(name="p").changed(
        required_assessments=("dpia",), waivers=WaiverTerms(strict=True)
    )
    verdict = apply_policy(record, policy, waivers=bad, baseline=None, today=date(2026, 11, 21))
    judged = record.with_verdict(verdict)
    assert (verdict.exit_status, len(verdict.blocking)) == (1, 60)
    assert not any("dpia" in reason for reason in verdict.because)
    assert {item.text for item in unsettled(judged)} >= {
        "The assessment dpia is required and was not answered"
    }
    text = " ".join(render(judged, "text", anchors=LINES).decode().split())
    assert text.count("Waiver W-1 is malformed") == 1
    assert text.count("The assessment dpia is required") == 1


def test_two_findings_of_one_fingerprint_are_not_waived_by_the_better_of_them(make):
    better, worse = make.finding(value=0.15), make.finding(value=0.9, span=(0.85, 0.95))
    assert better.fingerprint == worse.fingerprint
    waiver = Waiver(
        id="W-1",
        rule="RA-FAIR-001",
        scope=(("group", "Female"),),
        reason="agreed for a while",
        owner="ann",
        approver="olu",
        created=date(2026, 11, 1),
        expires=date(2026, 12, 31),
        max_value=0.2,
    )

    def status(*findings):
        record = make.record(make.stage(*findings))
        waivers = Waivers(entries=(waiver,))
        day = date(2026, 11, 21)
        policy = Policy(name="p")
        return apply_policy(record, policy, waivers=waivers, baseline=None, today=day).exit_status

    assert status(better) == 0
    assert status(better, worse) == 1


def test_a_run_is_summed_up_as_the_policy_judged_it(make, capsys):
    limit = Threshold(high=0.05, source="policy")
    policy = Policy(name="p").changed(rules={"RA-FAIR-001": RulePolicy(threshold=limit)})
    record = make.record(make.stage(make.finding(status="passed", high=0.4)))
    verdict = apply_policy(
        record, policy, waivers=Waivers(), baseline=None, today=date(2026, 11, 21)
    )
    assert verdict.exit_status == 1
    print_summary(record.with_verdict(verdict))
    said = capsys.readouterr().out
    assert "What failed" in said
    assert "RA-FAIR-001" in said.partition("What failed")[2]
