"""``raudit check`` as a process: every status, every flag, and what may go wrong on a machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from raudit.canonical import sha256
from raudit.record import Input

FLAGS = (
    "--log",
    "--log-key",
    "--checkpoint",
    "--config",
    "--record",
    "--policy",
    "--fail-on",
    "--soft-fail-on",
    "--hard-fail-on",
    "--on-inconclusive",
    "--select",
    "--ignore",
    "--waivers",
    "--strict-waivers",
    "--show-waived",
    "--baseline",
    "--update-baseline",
    "--approver",
    "--reason",
    "--output",
    "--require-logged-approvals",
    "--exit-zero",
    "--offline",
    "--seed",
    "--today",
    "--json",
    "--quiet",
    "--clock",
    "--actor",
    "--no-log",
    "--cache",
    "--no-cache",
)


@pytest.fixture
def failing(make, stored):
    return str(
        stored(make.record(make.stage(make.finding(), make.finding(group="Male", status="passed"))))
    )


@pytest.fixture
def passing(make, stored):
    return str(stored(make.record(make.stage(make.finding(status="passed")))))


@pytest.fixture
def unsure(make, stored):
    return str(stored(make.record(make.stage(make.finding(status="indeterminate")))))


@pytest.fixture
def nothing(make, stored):
    return str(stored(make.record(make.stage())))


def test_0_nothing_blocks(process, passing):
    done = process("check", "--record", passing)
    assert done.status == 0
    assert "nothing blocks (exit status 0)" in done.out


def test_1_a_blocking_finding(process, failing):
    done = process("check", "--record", failing)
    assert done.status == 1
    assert "RA-FAIR-001 high: Selection rates differ by 20 points for Female." in done.out
    assert "raudit.yaml:9" in done.out


def test_2_wrong_usage_as_a_process(process, passing):
    done = process("check", "--record", "nowhere.json")
    assert (done.status, done.out) == (2, "")
    assert "error[file-unreadable]" in done.err


@pytest.mark.parametrize(
    "args",
    [
        ["--record", "nowhere.json"],
        ["--record", "record.json", "--fail-on", "hgih"],
        ["--record", "record.json", "--output", "pdf=x"],
        ["--record", "record.json", "--policy", "nowhere.yaml"],
        ["--record", "record.json", "--policy", "defualt"],
        ["--record", "record.json", "--waivers", "nowhere.yaml"],
        ["--record", "record.json", "--baseline", "nowhere.json"],
        ["--record", "record.json", "--select", "RA-FARI"],
        ["--record", "record.json", "--soft-fail-on", "hihg"],
        ["--record", "record.json", "--today", "tomorrow"],
        ["--record", "record.json", "--seed", "-1"],
        ["--record", "record.json", "--update-baseline"],
        ["--record", "record.json", "--approver", "me"],
        ["--record", "record.json", "--update-baseline", "--baseline", "b", "--approver", "me"],
        [
            "--record",
            "record.json",
            "--update-baseline",
            "--baseline",
            "b",
            "--approver",
            "me",
            "--reason",
            "x",
        ],
        ["--unknown"],
    ],
)
def test_2_wrong_usage(raudit, passing, args):
    done = raudit("check", *args)
    assert done.status == 2
    assert done.out == ""
    assert "Traceback" not in done.err
    assert done.err.strip()


def test_3_could_not_tell(process, unsure):
    done = process("check", "--record", unsure)
    assert done.status == 3
    assert "could not tell (exit status 3)" in done.out


def test_4_an_output_cannot_be_written(process, failing, folder):
    done = process(
        "check",
        "--record",
        failing,
        "--output",
        "json=no/such/folder/x.json",
        "--output",
        "sarif=s.sarif",
    )
    assert done.status == 4
    assert "error[cannot-write]" in done.err
    assert not (folder / "s.sarif").exists()


def test_5_nothing_evaluated(process, raudit, nothing):
    assert process("check", "--record", nothing).status == 5
    assert (
        raudit("check", "--record", nothing, "--exit-zero", "--on-inconclusive", "pass").status == 5
    )


def test_6_a_record_that_was_edited(process, failing):
    path = Path(failing)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    done = process("check", "--record", failing)
    assert done.status == 6
    assert "error[not-canonical]" in done.err


@pytest.mark.parametrize("kind", ["sarif", "junit", "json", "markdown", "github", "gitlab", "text"])
def test_the_format_never_changes_the_status(raudit, failing, passing, make, stored, kind):
    unsure = str(stored(make.record(make.stage(make.finding(status="indeterminate"))), "u.json"))
    failed = str(stored(make.record(make.stage(make.finding())), "f.json"))
    for record, status in ((unsure, 3), (failed, 1)):
        assert raudit("check", "--record", record, "--output", f"{kind}=-", "-q").status == status
        assert (
            raudit("check", "--record", record, "--output", f"{kind}=out.{kind}").status == status
        )


def test_several_outputs_at_once(raudit, failing, folder):
    kinds = ("sarif", "junit", "json", "md", "github", "gitlab")
    done = raudit(
        "check", "--record", failing, *(x for k in kinds for x in ("--output", f"{k}=o.{k}"))
    )
    assert done.status == 1
    assert all((folder / f"o.{kind}").stat().st_size > 0 for kind in kinds)
    assert sorted(path.name for path in folder.iterdir()) == [
        "o.github",
        "o.gitlab",
        "o.json",
        "o.junit",
        "o.md",
        "o.sarif",
        "raudit.yaml",
        "record.json",
    ]


def test_fail_on(raudit, failing):
    assert raudit("check", "--record", failing, "--fail-on", "critical").status == 0
    assert raudit("check", "--record", failing, "--fail-on", "high").status == 1
    assert raudit("check", "--record", failing, "--fail-on", "never").status == 0


def test_soft_and_hard(raudit, failing):
    assert raudit("check", "--record", failing, "--soft-fail-on", "RA-FAIR-001").status == 0
    assert (
        raudit(
            "check", "--record", failing, "--soft-fail-on", "high", "--hard-fail-on", "RA-FAIR"
        ).status
        == 1
    )


def test_on_inconclusive(raudit, unsure):
    status = {
        word: raudit("check", "--record", unsure, "--on-inconclusive", word).status
        for word in ("block", "review", "pass")
    }
    assert status == {"block": 1, "review": 3, "pass": 5}


def test_select_and_ignore(raudit, failing):
    assert raudit("check", "--record", failing, "--select", "RA-FAIR").status == 1
    assert raudit("check", "--record", failing, "--ignore", "RA-FAIR-001").status == 5


def test_exit_zero_says_so(raudit, failing, folder):
    done = raudit("check", "--record", failing, "--exit-zero", "--output", "json=o.json")
    assert done.status == 0
    assert "exit status 1 turned into 0 by --exit-zero" in done.err
    assert json.loads((folder / "o.json").read_text())["verdict"]["exit_status"] == 1


def test_policy_flag_and_json(raudit, failing, folder):
    (folder / "p.yaml").write_text(
        "extends: default\nrules:\n  RA-FAIR: {threshold: {high: 0.5}}\n"
    )
    done = raudit("check", "--record", failing, "--policy", "p.yaml", "--json")
    assert done.status == 0
    assert json.loads(done.out)["verdict"]["policy"]["extends"] == ["default"]


def test_policy_of_the_plan(raudit, failing, folder):
    with (folder / "raudit.yaml").open("a") as file:
        file.write("policy:\n  fail_on: critical\n")
    done = raudit("check", "--record", failing)
    assert done.status == 0
    assert "not the plan that the record was made from" in done.err


WAIVER = (
    "schema: raudit.waivers/1\nwaivers:\n- {id: W-1, rule: RA-FAIR-001, scope: {attribute: sex}, max_value: 0.3, "
    "reason: long enough, owner: a, approver: b, created: 2026-11-01, expires: 2026-12-31}\n"
)


@pytest.fixture
def stated(folder):
    """The plan lets names count without a signed statement."""
    with (folder / "raudit.yaml").open("a") as file:
        file.write("identity: stated\n")


def test_a_waiver_on_names_alone_counts_only_if_the_plan_says_so(raudit, failing, folder):
    (folder / "w.yaml").write_text(WAIVER)
    done = raudit("check", "--record", failing, "--waivers", "w.yaml", "--today", "2026-12-20")
    assert done.status == 1
    assert "identity: stated" in done.out


def test_waivers_and_today(raudit, failing, folder, stated):
    (folder / "w.yaml").write_text(WAIVER)
    args = ("check", "--record", failing, "--waivers", "w.yaml")
    done = raudit(*args, "--today", "2026-12-20", "--show-waived")
    assert done.status == 0
    assert "ends in 11 days" in done.out
    assert "waived: 1" in done.out
    assert "no log is open, so 1 waiver that counts may have been taken back before" in done.err
    late = raudit(*args, "--today", "2027-01-01")
    assert late.status == 1
    assert "Waiver W-1 expired on 2026-12-31" in late.out
    assert "Revocations not checked" not in late.err  # none counts
    early = raudit(*args, "--today", "1999-01-01")
    assert early.status == 1
    assert "set the clock right" in early.out


@pytest.mark.parametrize("flag", ["--policy", "--waivers", "--baseline"])
def test_what_an_audit_is_judged_by_is_read_before_it_is_made(raudit, folder, monkeypatch, flag):
    def made(*_args, **_more):
        pytest.fail("the audit was made first")

    monkeypatch.setattr("raudit.audit.judge_plan", made)
    done = raudit("check", flag, "none.yaml", "--no-log")
    assert done.status == 2
    assert "none.yaml" in done.err
    (folder / "bad.yaml").write_text("schema: [")
    assert raudit("check", flag, "bad.yaml", "--no-log").status == 2


def test_strict_waivers(raudit, passing, folder):
    (folder / "w.yaml").write_text(WAIVER)
    args = ("check", "--record", passing, "--waivers", "w.yaml", "--today", "2026-11-21")
    assert raudit(*args).status == 0
    assert raudit(*args, "--strict-waivers").status == 1


def test_waivers_of_nonsense(raudit, failing, folder):
    (folder / "w.yaml").write_text("schema: raudit.waivers/1\nwaivers:\n- 7\n- {id: W}\n- [a, b]\n")
    done = raudit("check", "--record", failing, "--waivers", "w.yaml")
    assert done.status == 1
    assert done.out.count("is malformed and does not count") == 3


@pytest.fixture
def logged(folder):
    """The plan with a log key."""
    from raudit.log import create_log_key

    create_log_key(folder / "log-key.txt", "audits.example.org/gate")
    with (folder / "raudit.yaml").open("a") as file:
        file.write("log: {path: log.db, key: log-key.txt}\n")


def events(folder, kind):
    from raudit.log import open_log

    with open_log(folder / "log.db") as log:
        return [entry.body for entry in log.find(type=kind)]


def test_baseline_grows_only_with_a_logged_approval(raudit, failing, folder, logged):
    args = ("check", "--record", failing, "--baseline", "b.json")
    approval = ("--update-baseline", "--approver", "ann", "--reason", "accepted until March")
    assert raudit(*args).status == 2
    pruned = raudit(*args, "--update-baseline")
    assert (pruned.status, json.loads((folder / "b.json").read_text())["entries"]) == (1, [])
    assert raudit(*args, *approval, "--no-log").status == 2
    grown = raudit(*args, *approval)
    assert grown.status == 0, grown.err
    assert "1 let in by ann: accepted until March" in grown.err
    (entry,) = events(folder, "baseline.approved")
    assert entry["added"] == 1
    assert entry["by"].startswith("salted:")
    assert raudit(*args).status == 0


def test_baseline_edited_to_hold_more_than_was_approved(raudit, failing, folder, logged):
    args = ("check", "--record", failing, "--baseline", "b.json")
    raudit(*args, "--update-baseline", "--approver", "ann", "--reason", "accepted until March")
    whole = (folder / "b.json").read_text()
    value = json.loads(whole)
    value["approvals"] = []
    (folder / "b.json").write_text(json.dumps(value))
    done = raudit(*args)
    assert done.status == 1
    assert "no approval let it in" in done.out
    (folder / "b.json").write_text(whole.replace("until March", "for all time"))
    assert raudit(*args).status == 1
    assert raudit(*args, "--no-log").status == 0


def test_the_use_of_a_waiver_is_logged(raudit, failing, folder, logged, stated):
    (folder / "w.yaml").write_text(WAIVER)
    args = ("check", "--record", failing, "--waivers", "w.yaml")
    done = raudit(*args, "--clock", "2026-11-21T10:00:00Z")
    assert done.status == 0
    assert "Revocations not checked" not in done.err
    assert (
        raudit(
            "check", "--record", failing, "--waivers", "w.yaml", "--clock", "2027-02-01T10:00:00Z"
        ).status
        == 1
    )
    (used,) = events(folder, "waiver.used")
    assert (used["waiver"], used["state"], used["rule"]) == ("W-1", "applied", "RA-FAIR-001")
    assert [body["waiver"] for body in events(folder, "waiver.expired")] == ["W-1"]


def test_a_missing_log_key_is_said(raudit, passing, folder, logged):
    (folder / "log-key.txt").unlink()
    done = raudit("check", "--record", passing)
    assert (done.status, "not logged" in done.err) == (0, True)
    assert "not logged" not in raudit("check", "--record", passing, "--no-log").err


def test_offline_contacts_no_log_server(raudit, passing, folder):
    with (folder / "raudit.yaml").open("a") as file:
        file.write("log: {path: 'postgresql+psycopg://127.0.0.1:9/none', key: log-key.txt}\n")
    (folder / "log-key.txt").write_text("x")
    done = raudit("check", "--record", passing, "--offline")
    assert (done.status, "--offline" in done.err) == (0, True)


@pytest.mark.parametrize(
    "text",
    [
        '{"schema": "raudit.baseline/2"}',
        "{}",
        "[",
        "null",
        '{"schema": "raudit.baseline/1", "entries": 3}',
        "\x00",
    ],
)
def test_baseline_of_another_version_or_none(raudit, failing, folder, text):
    (folder / "b.json").write_text(text)
    done = raudit("check", "--record", failing, "--baseline", "b.json")
    assert done.status == 2
    assert "Traceback" not in done.err
    assert (folder / "b.json").read_text() == text


def test_output_to_stdout_replaces_the_text(raudit, failing):
    done = raudit("check", "--record", failing, "--output", "github=-")
    assert done.status == 1
    assert done.out.startswith("::error file=raudit.yaml,line=9")


def test_quiet(raudit, failing):
    assert raudit("check", "--record", failing, "--quiet").out == ""


def test_closed_pipe(failing, folder):
    done = subprocess.run(
        f"{sys.executable} -m raudit check --record {failing} | true; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.stdout.strip() in {"1", "141"}
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_read_only_folder(raudit, failing, folder):
    (folder / "ro").mkdir(mode=0o500)
    assert raudit("check", "--record", failing, "--output", "json=ro/x.json").status == 4


def test_read_only_place(raudit, failing):
    done = raudit("check", "--record", failing, "--output", "json=/proc/x.json")
    assert done.status == 4
    assert "Traceback" not in done.err


def test_full_disk(raudit, failing, folder):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    code = (
        "import os,sys\nfrom raudit.cli import main\n"
        "real=os.fdopen\nos.fdopen=lambda fd,mode,*a:(os.close(fd),real(os.open('/dev/full',os.O_WRONLY),mode))[1]\n"
        "main(sys.argv[1:])"
    )
    (folder / "o.json").write_text("old")
    args = [sys.executable, "-c", code, "check", "--record", failing, "--output", "json=o.json"]
    done = subprocess.run(
        args, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 4
    assert "No space left on device" in done.stderr
    assert (folder / "o.json").read_text() == "old"
    assert not list(folder.glob(".*.tmp"))


@pytest.mark.parametrize(
    "place",
    [
        "raudit.checking.check",
        "raudit.checking.judging.read_record",
        "raudit.checking.judging.apply_policy",
        "raudit.checking.judging.render",
        "raudit.files.os.replace",
    ],
)
def test_ctrl_c_at_each_phase(failing, folder, place):
    module, name = place.rsplit(".", 1)
    code = (
        "import importlib,sys,os,signal\nfrom raudit.cli import main\n"
        # A job started in the background inherits an ignored SIGINT; a person's terminal does not.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "import raudit.checking, raudit.files\n"
        f"target = {module if module != 'raudit.files.os' else 'os'}\n"
        "def stop(*a, **k):\n    os.kill(os.getpid(), signal.SIGINT)\n    raise AssertionError('not interrupted')\n"
        f"setattr(target, {name!r}, stop)\nmain(sys.argv[1:])"
    )
    (folder / "o.json").write_text("old")
    args = [sys.executable, "-c", code, "check", "--record", failing, "--output", "json=o.json"]
    done = subprocess.run(
        args, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 130
    assert "interrupted; nothing was half-written" in done.stderr
    assert (folder / "o.json").read_text() == "old"
    assert not list(folder.glob(".*.tmp"))


def test_every_flag_is_in_help_and_docs(raudit):
    text = raudit("check", "--help").out
    page = (Path(__file__).parents[2] / "docs" / "reference" / "gate.md").read_text()
    for flag in FLAGS:
        assert flag in text
        assert f"`{flag}" in page


def test_every_flag_is_known_here():
    from raudit.cli.check import command

    assert {
        option for param in command.params for option in param.opts if option.startswith("--")
    } == set(FLAGS)


def test_a_record_of_what_the_plan_no_longer_names_says_so(raudit, make, stored, folder):
    record = make.record(make.stage(make.finding(status="passed")))
    (folder / "people.csv").write_bytes(b"a,b\n1,2\n")
    kept = sha256(b"a,b\n1,2\n")
    data = Input(role="data", name="people.csv", sha256=kept, bytes=8)
    path = str(stored(replace(record, inputs=(data,))))
    said = "people.csv is not the data that the record was made from"
    assert said not in raudit("check", "--record", path).err
    for now in (b"a,b\n1,3\n", b"a,b\n1,2\n3,4\n"):
        (folder / "people.csv").write_bytes(now)
        done = raudit("check", "--record", path)
        assert (done.status, said in done.err) == (0, True)
    other = str(stored(replace(record, system={**record.system, "name": "Mortgages"}), "o.json"))
    done = raudit("check", "--record", other)
    assert done.status == 2
    assert "record-of-another-system" in done.err
    assert raudit("check", "--record", other, "--config", "none.yaml").status == 0
