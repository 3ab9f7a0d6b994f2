"""A stage run without a plan file."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from raudit.data import Roles, wrap_table
from raudit.data.roles import Outcome
from raudit.evidence import Evidence
from raudit.plan import Attribute, Task
from raudit.stages.fairness import STAGE


@pytest.fixture(scope="session")
def run():
    def go(table, *, task="binary", sensitive=("g",), control=(), options=None, **roles):
        outcomes = {}
        for name in ("label", "prediction", "baseline"):
            if name in roles:
                column, *good = roles.pop(name)
                outcomes[name] = Outcome(column=column, favourable=frozenset(good))
        attributes = tuple(
            a if isinstance(a, Attribute) else Attribute(column=a) for a in sensitive
        )
        evidence = Evidence(
            system={},
            task=Task(task),
            data=wrap_table(table if isinstance(table, pa.Table) else pa.table(table)),
            roles=Roles(
                sensitive=attributes,
                control=tuple(Attribute(column=name) for name in control),
                **outcomes,
                **roles,
            ),
            model=None,
            seed=3,
            clock=datetime(2026, 1, 2, tzinfo=UTC),
        )
        return STAGE.run(evidence, STAGE.options.model_validate(options or {}))

    return go


@pytest.fixture(scope="session")
def finding():
    def pick(result, rule, subject=None, metric=None):
        found = [
            f
            for f in result.findings
            if f.rule == rule
            and subject in (None, f.subject.name)
            and metric in (None, f.subject.detail.get("metric"))
        ]
        assert len(found) == 1, [
            (f.rule, f.subject.name, f.subject.detail) for f in result.findings
        ]
        return found[0]

    return pick
