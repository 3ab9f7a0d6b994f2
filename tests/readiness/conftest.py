"""Small data sets, audited."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from raudit.findings import Finding
from raudit.pipeline import measure, prepare
from raudit.plan import parse_plan
from raudit.record import Outcome, StageRecord

CLOCK = datetime(2026, 11, 26, tzinfo=UTC)


def people(n: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Rows whose label depends on the features as much as labels of people do."""
    rng = np.random.default_rng(seed)
    income = rng.gamma(4, 800, n).round(2)
    years = rng.integers(0, 30, n)
    score = (income - 3200) / 1600 + (years - 15) / 20 + rng.normal(0, 1.5, n)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "income": income,
            "years": years,
            "balance": rng.normal(1000, 400, n).round(2),
            "region": rng.choice(["north", "south", "east", "west"], n),
            "sex": rng.choice(["Female", "Male"], n),
            "approved": np.where(score > 0, "yes", "no"),
        }
    )


@pytest.fixture
def audit(tmp_path: Path) -> Callable[..., StageRecord]:
    """Run one stage over frames."""

    def run(
        frame: pd.DataFrame,
        reference: pd.DataFrame | None = None,
        *,
        stage: str = "data_readiness",
        data: dict[str, Any] | None = None,
        plan: dict[str, Any] | None = None,
        **options: Any,
    ) -> StageRecord:
        frame.to_parquet(tmp_path / "data.parquet")
        section: dict[str, Any] = {"path": "data.parquet"}
        if "approved" in frame:
            section["label"] = {"column": "approved", "favourable": "yes"}
        if reference is not None:
            reference.to_parquet(tmp_path / "reference.parquet")
            section["reference"] = {"path": "reference.parquet"}
        text = {
            "schema": "raudit.plan/1",
            "system": {"name": "Loans", "version": "1"},
            "data": section | (data or {}),
            "sensitive_features": ["sex"] if "sex" in frame else [],
            "stages": {stage: options},
            **(plan or {}),
        }
        loaded = parse_plan(json.dumps(text), folder=tmp_path)
        record = measure(prepare(loaded, clock=CLOCK)).stages[0]
        assert record.outcome is Outcome.COMPLETED, record.reason
        return record

    return run


def of(record: StageRecord, rule: str, name: str = "", **detail: str) -> list[Finding]:
    """Findings of a rule, about a subject."""
    return [
        f
        for f in record.findings
        if f.rule == rule
        and (not name or f.subject.name == name)
        and detail.items() <= dict(f.subject.detail).items()
    ]
