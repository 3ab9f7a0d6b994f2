"""The gate on a whole audit: one verdict however it is called, and unchanged stages give the same bytes."""

import functools
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.command_line import raudit

from raudit.cache import StageCache, _name_and_version
from raudit.canonical import Sha256
from raudit.checking import CheckOptions, check
from raudit.record import parse_record

from .test_integrations import by_action, by_pytest

CLOCK = ("--clock", "2026-11-21T10:00:00Z")
PLAN = """\
schema: raudit.plan/1
system: {name: Loans, version: "1"}
data:
  path: people.csv
  label: {column: repaid, favourable: "yes"}
  prediction: {column: granted, favourable: "yes"}
sensitive_features: [sex]
stages:
  fairness: {}
  data_profile: {max_missing: 0.5}
"""


@pytest.fixture
def audit(tmp_path, monkeypatch):
    """A small audit whose data and plan may be changed."""
    rng = np.random.default_rng(0)
    n = 1200
    sex = rng.choice(["F", "M"], n)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 70, n),
            "sex": sex,
            "repaid": rng.choice(["yes", "no"], n),
            "granted": np.where(rng.random(n) < np.where(sex == "M", 0.6, 0.3), "yes", "no"),
        }
    )
    frame.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "raudit.yaml").write_text(PLAN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args):
    done = raudit("check", "--no-log", *CLOCK, "-q", "--output", "record=r.json", *args)
    return done, Path("r.json").read_bytes()


def test_unchanged_stages_give_the_same_bytes(audit):
    fresh, first = run("--no-cache")
    assert not Path(".raudit-cache").exists()
    _cold, second = run()
    warm, third = run()
    assert first == second == third
    assert fresh.returncode == warm.returncode == 1
    assert "taken from .raudit-cache: data_readiness, fairness" in warm.stderr
    assert "taken from" not in fresh.stderr


def test_the_cache_knows_every_package_by_name_and_version():
    """Read without their descriptions, as the library reads them whole."""
    found = list(metadata.distributions())
    assert len(found) > 50
    assert [_name_and_version(one) for one in found] == [
        (one.metadata["Name"], one.version) for one in found
    ]


@pytest.mark.parametrize(
    ("what", "again"),
    [
        ("policy", []),
        ("option", ["data_readiness"]),
        ("data", ["data_readiness", "fairness"]),
        ("seed", ["data_readiness", "fairness"]),
        ("code", ["data_readiness", "fairness"]),
    ],
)
def test_what_changed_is_run_again(audit, what, again):
    clock = datetime(2026, 11, 21, tzinfo=UTC)
    cache = Path(".raudit-cache")
    check(CheckOptions(cache=cache), clock=clock)
    seed = 7 if what == "seed" else None
    if what == "policy":
        Path("raudit.yaml").write_text(PLAN + "policy: strict\n")
    if what == "option":
        Path("raudit.yaml").write_text(PLAN.replace("0.5", "0.4"))
    if what == "data":
        Path("people.csv").write_text(Path("people.csv").read_text() + "30,F,yes,yes\n")
    with pytest.MonkeyPatch.context() as patch:
        if what == "code":
            patch.setattr("raudit.emit.running.code_sha256", lambda: Sha256("0" * 64))
        warm = check(CheckOptions(cache=cache, seed=seed), clock=clock)
        cold = check(CheckOptions(seed=seed), clock=clock)
    taken = [name for name in ("data_readiness", "fairness") if name not in again]
    said = [notice for notice in warm.notices if "taken from" in notice]
    assert (said == []) if not taken else all(name in said[0] for name in taken)
    assert not any(name in "".join(said) for name in again)
    assert warm.record == cold.record


@pytest.mark.slow
def test_a_spoiled_entry_is_not_used(audit):
    _done, good = run()
    for path in Path(".raudit-cache").glob("*.json"):
        path.write_bytes(path.read_bytes().replace(b"0.", b"1.", 1))
    done, again = run()
    assert again == good
    assert "taken from" not in done.stderr


@pytest.mark.slow
def test_a_cache_that_cannot_be_written_costs_nothing(audit):
    Path(".raudit-cache").write_text("in the way")
    done, _record = run("--cache", "/proc/nowhere")
    assert done.returncode == 1


def test_load_of_nothing(tmp_path):
    cache = StageCache(tmp_path / "none", code=Sha256("0" * 64))
    assert cache.load(Sha256("0" * 64)) is None
    assert cache.load_stage(Sha256("0" * 64)) is None


@pytest.mark.slow
def test_the_same_audit_gives_one_verdict_everywhere(audit):
    python = check(CheckOptions(), clock=datetime(2026, 11, 21, tzinfo=UTC)).record
    done, stored = run()
    assert done.returncode == python.verdict.exit_status == 1
    assert parse_record(stored).verdict == python.verdict
    status, verdict = by_action(audit, None)
    assert status == 1
    assert verdict["blocking"] == list(python.verdict.blocking)
    status, verdict = by_pytest(audit, None)
    assert status == 1
    assert verdict["because"] == list(python.verdict.because)


@pytest.mark.slow
def test_sarif_lines_of_a_real_audit(audit):
    run("--output", "sarif=o.sarif")
    lines = Path("raudit.yaml").read_text().splitlines()
    results = json.loads(Path("o.sarif").read_text())["runs"][0]["results"]
    assert results
    for result in results:
        line = result["locations"][0]["physicalLocation"]["region"]["startLine"]
        stage = {"RA-FAIR": "fairness", "RA-DATA": "data_profile"}[
            result["ruleId"].rsplit("-", 1)[0]
        ]
        assert (
            stage in lines[line - 1] or "sensitive" in lines[line - 1] or "data" in lines[line - 1]
        )


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.2, 1.0, 2.5])
def test_ctrl_c_while_the_audit_runs(audit, after):
    import time

    Path("o.json").write_text("old")
    args = [sys.executable, "-m", "raudit", "check", "--no-log", "-q", "--output", "json=o.json"]
    restore = functools.partial(
        signal.signal, signal.SIGINT, signal.SIG_DFL
    )  # a background job ignores it
    running = subprocess.Popen(args, stderr=subprocess.PIPE, text=True, preexec_fn=restore)
    time.sleep(after)
    running.send_signal(signal.SIGINT)
    _out, err = running.communicate(timeout=120)
    assert running.returncode in {
        130,
        1,
        -2,
    }  # interrupted, done before, or before Python could listen
    assert "Traceback" not in err or running.returncode == -2 or after < 1
    text = Path("o.json").read_text()
    assert text == "old" or json.loads(text)["verdict"]["exit_status"] == 1
    assert not list(Path().glob(".*.part"))
