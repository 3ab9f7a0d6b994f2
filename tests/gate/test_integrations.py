"""One engine behind Python, command line, pytest plugin, the Action's script and MLflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from raudit.checking import CheckOptions, check
from raudit.errors import MissingExtraError, UsageError
from raudit.record import parse_record

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def records(make, stored):
    return {
        0: stored(make.record(make.stage(make.finding(status="passed"))), "r0.json"),
        1: stored(
            make.record(make.stage(make.finding(), make.finding(group="x", status="passed"))),
            "r1.json",
        ),
        3: stored(make.record(make.stage(make.finding(status="indeterminate"))), "r3.json"),
        5: stored(make.record(make.stage()), "r5.json"),
    }


def by_action(folder: Path, record: Path | None) -> tuple[int, dict]:
    env = {
        **os.environ,
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "RAUDIT_RECORD": record.name if record else "",
        "RAUDIT_CONFIG": "raudit.yaml",
        "RAUDIT_PYTHON": sys.executable,
        "RAUDIT_OUT": "out",
    }
    done = subprocess.run(
        ["bash", str(ROOT / "integrations" / "github" / "entry.sh")],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (folder / "summary").read_text().startswith("## ")
    assert f"exit-status={done.returncode}" in (folder / "output").read_text()
    return done.returncode, json.loads((folder / "out" / "raudit.json").read_text())["verdict"]


def by_cli(folder: Path, record: Path) -> tuple[int, dict]:
    args = [sys.executable, "-m", "raudit", "check", "--record", record.name, "--json"]
    done = subprocess.run(
        args, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, json.loads(done.stdout)["verdict"]


def by_pytest(folder: Path, record: Path | None) -> tuple[int, dict]:
    name = record.name if record else None
    (folder / "test_gate.py").write_text(
        f"def test_model(raudit):\n    raudit.check('raudit.yaml', record={name!r}, outputs=('record=judged.json',))\n"
    )
    args = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        "test_gate.py",
    ]
    done = subprocess.run(
        args, cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    verdict = parse_record((folder / "judged.json").read_bytes()).verdict
    assert (done.returncode == 0) == (verdict.exit_status == 0), done.stdout
    if verdict.exit_status == 1:
        assert "RA-FAIR-001" in done.stdout
    return verdict.exit_status, {
        "blocking": list(verdict.blocking),
        "because": list(verdict.because),
    }


def test_the_same_verdict_everywhere(records, folder, monkeypatch):
    monkeypatch.chdir(folder)
    for status, record in records.items():
        python = check(CheckOptions(record=record)).record.verdict
        assert python.exit_status == status
        # Each way is a process; what blocks and what cannot be told show that they pass the status on.
        for way in (by_cli, by_pytest, by_action) if status in (1, 3) else (by_cli,):
            seen, verdict = way(folder, record)
            assert seen == status, way
            assert verdict["blocking"] == list(python.blocking)
            assert verdict["because"] == list(python.because)


def test_pytest_fails_a_subtest_for_each_finding(pytester, folder, records):
    pytester.makepyfile(
        f"def test_model(raudit):\n    raudit.check({str(folder / 'raudit.yaml')!r}, record={str(records[1])!r})\n"
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(
        ["*RA-FAIR-001 (high) failed: Selection rates differ by 20 points for Female.*"]
    )
    assert result.ret == 1


class FakeMlflow:
    """The four functions of MLflow's fluent interface that are used, with its limits on names."""

    def __init__(self):
        self.tags, self.metrics, self.dicts, self.artifacts = {}, {}, {}, []

    def set_tags(self, tags):
        self.tags |= tags

    def log_metrics(self, metrics, step=None):
        assert all(
            set(key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. /")
            for key in metrics
        )
        self.metrics |= metrics

    def log_dict(self, dictionary, artifact_file):
        json.dumps(dictionary)
        self.dicts[artifact_file] = dictionary

    def log_artifact(self, local_path, artifact_path=None):
        assert Path(local_path).is_file()
        self.artifacts.append((Path(local_path).name, artifact_path))


def test_mlflow_gets_record_report_and_verdict(records, folder, monkeypatch):
    from raudit.mlflow_plugin import log_to_mlflow

    monkeypatch.chdir(folder)
    check(CheckOptions(record=records[1], outputs=("record=judged.json",)))
    (folder / "report.pdf").write_bytes(b"%PDF-")
    fake = FakeMlflow()
    log_to_mlflow("judged.json", report="report.pdf", mlflow=fake)
    assert fake.tags["raudit.verdict"] == "failed"
    assert fake.tags["raudit.exit_status"] == "1"
    assert fake.metrics["raudit.blocks"] == 1.0
    assert fake.artifacts == [("judged.json", "raudit"), ("report.pdf", "raudit")]
    assert fake.dicts["raudit/gate.json"]["verdict"]["exit_status"] == 1


def test_mlflow_needs_a_verdict_and_says_if_it_is_not_installed(records, monkeypatch):
    from raudit.mlflow_plugin import log_to_mlflow

    with pytest.raises(UsageError):
        log_to_mlflow(records[1], mlflow=FakeMlflow())
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingExtraError):
        log_to_mlflow(records[1])


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", "action.yml"),
        ("vendor.gitlab-ci", "integrations/gitlab/raudit.gitlab-ci.yml"),
        ("vendor.github-workflows", "integrations/github/example-workflow.yml"),
    ],
)
def test_shipped_files_fit_their_schemas(schema, file):
    args = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / file)]
    done = subprocess.run(args, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_action_is_composite_and_pins_what_it_uses():
    from ruamel.yaml import YAML

    action = YAML(typ="safe").load((ROOT / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        uses = step.get("uses", "")
        assert not uses or len(uses.partition("@")[2].split()[0]) == 40, uses
        assert "${{" not in step.get("run", ""), "an input in a script can be made to run"


def test_pre_commit_hook_names_a_real_command():
    from ruamel.yaml import YAML

    (hook,) = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "raudit check"
    assert hook["pass_filenames"] is False
