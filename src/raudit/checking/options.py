"""What a check is asked to do, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from raudit.frames import as_html
from raudit.gate import PlanLines
from raudit.policy import (
    Growth,
)
from raudit.record import Record

if TYPE_CHECKING:
    import pandas as pd


SERVICE = "service:raudit"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What a check is asked to do; every field has a flag of ``raudit check``."""

    config: Path = Path("raudit.yaml")
    """The plan."""
    record: Path | None = None
    """A record to judge; None runs the audit."""
    policy: str | None = None
    """A policy file or preset; None takes the plan's."""
    fail_on: str | None = None
    soft_fail_on: tuple[str, ...] = ()
    hard_fail_on: tuple[str, ...] = ()
    on_inconclusive: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    waivers: Path | None = None
    strict_waivers: bool = False
    baseline: Path | None = None
    update_baseline: bool = False
    require_logged_approvals: bool = False
    """Refuse to judge by a baseline whose approvals no log could be asked about."""
    approver: str = ""
    reason: str = ""
    outputs: tuple[str, ...] = ()
    """``kind=path``; the path ``-`` is standard output."""
    offline: bool = False
    seed: int | None = None
    cache: Path | None = None
    """Folder that keeps stages, so that one whose inputs did not change need not run again; None runs every stage."""
    today: date | None = None
    """Date in UTC against which waivers expire; None takes the clock's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check came to."""

    record: Record
    """With its verdict."""
    anchors: PlanLines
    notices: tuple[str, ...] = ()
    """What the person should know besides the verdict, one sentence each."""
    growth: Growth | None = None
    """The baseline as it was updated; None if that was not asked for."""
    standard_output: bytes | None = None
    """The output that was asked for on ``-``."""

    def to_frame(self) -> pd.DataFrame:
        """One row a finding of the record, with its measurement."""
        return self.record.to_frame()

    def _repr_html_(self) -> str:
        assert self.record.verdict is not None  # noqa: S101 -- check always sets it
        rows = [finding.as_row() for finding in self.record.findings]
        return as_html(f"Exit status {self.exit_status}: {len(rows):,} findings", rows)

    @property
    def exit_status(self) -> int:
        """0, 1, 3 or 5; see the table in ``docs/reference/exit-status.md``."""
        assert self.record.verdict is not None  # noqa: S101 -- check always sets it
        return self.record.verdict.exit_status
