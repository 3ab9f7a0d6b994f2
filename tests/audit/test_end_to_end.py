"""The whole story on a small audit: signed report, log, proofs; verified, tampered with, interrupted, repeated."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.command_line import raudit

from raudit.audit import run_audit
from raudit.canonical import sha256
from raudit.emit.keys import first_keys, log_of, signer_of
from raudit.errors import EnvironmentFault, RauditError
from raudit.log import open_log
from raudit.plan import load_plan
from raudit.record import parse_record, record_bytes
from raudit.signing import check_pdf
from raudit.verify import StepStatus, verify_report

from .conftest import CLOCK, PLAN, audit


def failed(verification):
    return [step.number for step in verification.steps if step.status is StepStatus.FAILED]


def test_the_report_verifies_with_what_a_stranger_holds(folder, given):
    pdf, trust = given
    with open_log(folder / "log.db") as log:
        found = verify_report(pdf, **trust, log=log, remake=True)
    assert [step.status for step in found.steps] == [StepStatus.OK] * 10
    assert found.exit_status == 0


def test_what_is_not_given_is_not_passed(given):
    pdf, _trust = given
    found = verify_report(pdf)
    assert found.exit_status == 3
    assert {step.number for step in found.steps if step.status is StepStatus.NOT_CHECKED} == {
        2,
        4,
        6,
        7,
        8,
        9,
        10,
    }


def test_the_record_inside_is_the_record_beside(issued, given):
    found = verify_report(given[0], **given[1])
    assert record_bytes(found.record) == issued.record_file.read_bytes()
    assert (
        parse_record(issued.record_file.read_bytes()).verdict.exit_status
        == issued.record.verdict.exit_status
    )


def test_the_log_tells_the_story_in_order(folder, issued):
    with open_log(folder / "log.db") as log:
        types = [entry.type for entry in log.find(run=issued.record.run.id)]
    assert types == [
        "run.started",
        "stage.finished",
        "run.finished",
        "report.rendered",
        "report.issued",
    ]


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_flipped_byte_is_refused(given, place):
    pdf, trust = given
    broken = bytearray(pdf)
    broken[int(len(pdf) * place)] ^= 1
    assert verify_report(bytes(broken), **trust).exit_status == 6


def test_another_log_key_and_another_certificate_are_refused(tmp_path, given):
    pdf, trust = given
    _notice, other = first_keys(tmp_path / "keys", name="Other", log_name="test-log", clock=CLOCK)
    assert failed(verify_report(pdf, trust=trust["trust"], vkey=other.vkey)) == [7, 8]
    stranger = (tmp_path / "keys" / "raudit-signing.crt").read_bytes()
    untold = verify_report(pdf, trust=[stranger], vkey=trust["vkey"])
    assert (failed(untold), untold.exit_status) == ([], 3)


def test_a_log_that_lost_its_tail_contradicts_the_report(folder, given, tmp_path):
    pdf, trust = given
    plan = load_plan(folder / "raudit.yaml")
    empty = tmp_path / "empty.db"
    from raudit.log import load_log_key

    shutil.copy(folder / "keys" / "log-key.txt", tmp_path / "key.txt")
    with open_log(empty, key=load_log_key(tmp_path / "key.txt"), create=True) as log:
        log.checkpoint(CLOCK)
    with open_log(empty) as log:
        found = verify_report(pdf, **trust, log=log)
    assert plan.file.seed == 7
    assert failed(found) == [4, 9]


def test_same_inputs_seed_and_clock_give_the_same_record_and_pages(copy, issued):
    again = audit(copy, out="again")
    assert again.record_file.read_bytes() == issued.record_file.read_bytes()


def test_a_failed_run_is_in_the_log_and_leaves_the_old_report(copy):
    report = copy / "out" / "report.pdf"
    before = report.read_bytes()
    broken = copy / "broken.yaml"
    broken.write_text(PLAN.replace("column: p", "column: q"))
    plan = load_plan(broken)
    with log_of(plan) as log, pytest.raises(RauditError):
        run_audit(plan, out=copy / "out", clock=CLOCK, signer=signer_of(plan), log=log)
    with open_log(copy / "log.db") as log:
        last = list(log.entries())[-1]
    assert (last.type, last.body["error"]) == ("run.failed", "no-column")
    assert report.read_bytes() == before


def test_a_killed_run_leaves_the_old_report_whole_and_the_log_says_so(copy, issued):
    report = copy / "out" / "report.pdf"
    before = report.read_bytes()
    child = subprocess.Popen(
        [sys.executable, "-m", "raudit", "run", "raudit.yaml", "-o", "out"],
        cwd=copy,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    with open_log(copy / "log.db") as log:
        size = log.size
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        with open_log(copy / "log.db") as log:
            if log.size > size:
                break
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert report.read_bytes() == before
    with open_log(copy / "log.db") as log:
        runs = [entry.run for entry in log.find(type="run.started")]
        assert runs
        ends = {
            e.run
            for kind in ("run.finished", "run.failed", "run.aborted")
            for e in log.find(type=kind)
        }
    if child.returncode == -signal.SIGKILL:
        assert set(runs) - ends or runs.count(issued.record.run.id) > 1


def test_run_ends_with_the_verdict_and_prints_json(copy):
    clock = "2026-11-20T09:00:00Z"
    done = raudit("run", "--json", "--clock", clock, "-o", "proc", cwd=copy)
    said = json.loads(done.stdout)
    assert done.returncode == said["exit_status"]
    assert Path(copy / said["report"]).is_file()
    given = ("--trust", "keys/raudit-signing.crt", "--log-key", "keys/log-vkey.txt")
    check = raudit("verify", said["report"], *given, "--log", "log.db", "--json", cwd=copy)
    assert check.returncode == 0, check.stdout
    assert json.loads(check.stdout)["exit_status"] == 0


def test_a_key_that_others_may_read_is_refused(folder, tmp_path):
    shutil.copytree(folder / "keys", tmp_path / "keys")
    shutil.copy(folder / "data.csv", tmp_path)
    shutil.copy(folder / "raudit.yaml", tmp_path)
    (tmp_path / "keys" / "raudit-signing.key").chmod(0o644)
    done = raudit("run", cwd=tmp_path)
    assert done.returncode == 2
    assert "chmod" in done.stderr
    assert not (tmp_path / "report.pdf").exists()


def test_an_authority_that_does_not_answer_costs_the_stamp_and_not_the_report(copy):
    stamped = "signing: {timestamp_url: 'http://127.0.0.1:9/', level: b-t, "
    (copy / "stamped.yaml").write_text(PLAN.replace("signing: {", stamped))
    done = raudit("run", "stamped.yaml", "-o", "stamped", "-q", cwd=copy)
    assert "no time stamp" in done.stderr
    assert (copy / "stamped" / "report.pdf").is_file()
    (copy / "insists.yaml").write_text(
        PLAN.replace("signing: {", stamped + "require_timestamp: true, ")
    )
    done = raudit("run", "insists.yaml", "-o", "insists", "-q", cwd=copy)
    assert done.returncode == 4
    # What was measured is kept; a report without the stamp that the plan insists on is not.
    assert [path.name for path in (copy / "insists").iterdir()] == ["record.json"]


def test_a_checklist_is_added_with_one_file(folder, tmp_path):
    from raudit.pipeline import measure, prepare
    from raudit.plan import parse_plan

    (tmp_path / "mine.yaml").write_text(
        "schema: raudit.checklist/1\nid: mine\nversion: 1.0.0\ntitle: Mine\nabout: One question.\n"
        "source: {basis: [House rule 7]}\nsections:\n  - id: only\n    title: Only\n    questions:\n"
        "      - {id: ready, type: yes_no, text: Ready?, why: We must know., help: Say yes or no.}\n"
    )
    shutil.copy(folder / "data.csv", tmp_path)
    text = PLAN.replace(
        "stages: {fairness: {}}", "stages: {assessments: {}}\nassessments: [{checklist: mine.yaml}]"
    )
    record = measure(prepare(parse_plan(text, folder=tmp_path), clock=CLOCK))
    finding = next(f for f in record.findings if f.rule == "RA-ASMT-001")
    assert finding.statement == "Mine: 0 of 1 questions are answered; 1 are open."
    assert finding.status == "indeterminate"


def test_a_rendering_that_fails_leaves_record_and_log(copy, monkeypatch):
    def fails(*_args):
        raise EnvironmentFault("no memory left", reference="render-exhausted", hint="free some")

    monkeypatch.setattr("raudit.audit._render", fails)
    with pytest.raises(EnvironmentFault, match="no memory") as caught:
        audit(copy, out="unrendered")
    assert re.search(r"raudit report \S*unrendered/record\.json", caught.value.hint)
    content = (copy / "unrendered" / "record.json").read_bytes()
    assert parse_record(content).verdict is not None
    assert not (copy / "unrendered" / "report.pdf").exists()
    plan = load_plan(copy / "raudit.yaml")
    with log_of(plan) as log:
        last = [entry for entry in log.entries() if entry.type == "run.finished"][-1]
    assert last.body["record"] == sha256(content)


def test_a_run_that_ends_before_its_report_is_in_place_leaves_it_to_the_next(
    copy, issued, given, monkeypatch
):
    """The log was told of it, so it must be there, and whoever runs next is told where."""
    from raudit import audit as whole
    from raudit.emit.reports import UNPLACED, left_behind

    base = check_pdf(given[0], trust=given[1]["trust"]).base
    monkeypatch.setattr(whole, "_render", lambda *_given: base)
    real = whole.supersede_earlier

    def killed(*_given, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr(whole, "supersede_earlier", killed)
    before = issued.report.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        audit(copy, clock=CLOCK.replace(hour=9))
    out = copy / "out"
    pdf = sha256((out / UNPLACED).read_bytes())
    with open_log(copy / "log.db") as log:
        assert [e.body["pdf"] for e in log.find(type="report.issued")][-1] == pdf
    assert (out / "report.pdf").read_bytes() == before
    monkeypatch.setattr(whole, "supersede_earlier", real)
    made = audit(copy, clock=CLOCK.replace(hour=10))
    kept = out / f"report-{pdf[:12]}.pdf"
    assert sha256(kept.read_bytes()) == pdf
    assert str(kept) in made.notice
    assert "it is whole" in made.notice
    assert not (out / UNPLACED).exists()
    assert made.report.read_bytes() != kept.read_bytes()
    # One of which the log knows nothing was never promised to anybody.
    (out / UNPLACED).write_bytes(b"%PDF")
    with open_log(copy / "log.db") as log:
        assert left_behind(out, log) == left_behind(out, log) == ""
    assert not (out / UNPLACED).exists()
