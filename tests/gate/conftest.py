"""Records made by hand, and the command line as a process."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from raudit.canonical import Sha256, sha256
from raudit.cli import main
from raudit.findings import (
    Finding,
    Interval,
    Measurement,
    Rule,
    Severity,
    Status,
    Subject,
    Threshold,
)
from raudit.record import Input, Outcome, Record, Run, StageRecord, record_bytes

PLAN = """\
schema: raudit.plan/1
system:
  name: Loan helper
  version: "2.1"
data:
  path: people.csv
stages:
  fairness:
    thresholds:
      selection_rate_difference: 0.1
  pii: {}
"""


@dataclass(frozen=True)
class Maker:
    """Makes findings, stages and records."""

    def finding(
        self,
        rule: str = "RA-FAIR-001",
        *,
        group: str = "Female",
        status: Status | str = Status.FAILED,
        severity: Severity | str = Severity.HIGH,
        value: float | None = 0.2,
        span: tuple[float, float] | None = (0.15, 0.25),
        high: float | None = 0.1,
        low: float | None = None,
        **more: Any,
    ) -> Finding:
        status = Status(status)
        measurement = None
        if value is not None:
            interval = span and Interval(low=span[0], high=span[1], method="wilson")
            measurement = Measurement(
                metric="selection_rate_difference", value=value, n=1000, interval=interval
            )
        return Finding(
            rule=rule,
            subject=more.pop(
                "subject", Subject(kind="attribute", name="sex", detail={"group": group})
            ),
            status=status,
            severity=Severity(severity),
            statement=more.pop("statement", f"Selection rates differ by 20 points for {group}."),
            reason=more.pop("reason", "too few rows" if status is Status.INDETERMINATE else ""),
            measurement=more.pop("measurement", measurement),
            threshold=Threshold(low=low, high=high, source="default"),
            anchor=more.pop("anchor", "stages.fairness.thresholds"),
            **more,
        )

    def rule(self, key: str = "RA-FAIR-001", **more: Any) -> Rule:
        said = {
            "title": "Selection rates differ between groups",
            "why": "One group is chosen less often.",
            "how": "Difference of selection rates, with Newcombe's interval.",
            "fix": "Look at the features that stand for the attribute.",
            "severity": Severity.HIGH,
            "requirements": ("eu-ai-act:10",),
        }
        return Rule(id=key, **(said | more))

    def stage(self, *findings: Finding, name: str = "fairness", **more: Any) -> StageRecord:
        said = {"title": name.title(), "outcome": Outcome.COMPLETED, "rules": (self.rule(),)}
        return StageRecord(name=name, findings=findings, **(said | more))

    def record(
        self, *stages: StageRecord, plan: dict[str, Any] | None = None, **more: Any
    ) -> Record:
        inputs = (
            Input(role="plan", name="raudit.yaml", sha256=sha256(PLAN.encode()), bytes=len(PLAN)),
            Input(role="model", name="m.skops", sha256=Sha256("9f2c" * 16), bytes=10),
        )
        said = {
            "run": Run(
                id="0123456789abcdef",
                clock="2026-11-21T12:00:00Z",
                seed=0,
                raudit="0.1.0",
                python="3.11",
                platform="Linux",
                packages={},
            ),
            "system": {"name": "Loan helper", "version": "2.1"},
            "plan": plan
            if plan is not None
            else {"schema": "raudit.plan/1", "stages": {"fairness": None}},
            "inputs": inputs,
        }
        return Record(stages=stages, **(said | more))


@pytest.fixture(scope="session")
def make() -> Maker:
    """Makes findings, stages and records."""
    return Maker()


@dataclass(frozen=True)
class Done:
    """A finished process."""

    status: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a plan in it."""
    (tmp_path / "raudit.yaml").write_text(PLAN)
    return tmp_path


@pytest.fixture
def process(folder: Path) -> Callable[..., Done]:
    """Run ``raudit`` in the folder as a process."""

    def run(*args: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "raudit", *args],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def raudit(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run the command line in the folder, within this process: the same code, without two seconds of imports."""
    monkeypatch.chdir(folder)

    def run(*args: str) -> Done:
        streams = [
            io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)
        ]
        status = 0
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            try:
                main(list(args))
            except SystemExit as stop:
                status = int(stop.code or 0)
        out, err = (stream.buffer.getvalue().decode() for stream in streams)
        return Done(status, out, err)

    return run


@pytest.fixture
def stored(folder: Path) -> Callable[..., Path]:
    """Store a record in the folder."""

    def store(record: Record, name: str = "record.json") -> Path:
        path = folder / name
        path.write_bytes(record_bytes(record))
        return path

    return store
