"""The stage ``NAME``: tells which columns miss too many values.

Replace what it measures by what you need to know. Keep three habits: a number says on how many rows it rests, a stage
that has nothing to measure raises ``NotEvaluable``, and no sentence holds a value of the data.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, StageResult
from raudit.facts import Fact, FactType
from raudit.findings import Finding, Measurement, Rule, Severity, Status, Subject, Threshold
from raudit.validate import Strict

RULE = Rule(
    id="RX-NAMEUPPER-001",  # RA- is raudit's own prefix; take another one
    title="Values are missing",
    why="A model learns from the rows that are complete; whoever is missing is not like the others.",
    how="Missing values are counted in every row of every column.",
    fix="Find out why the values are missing before you fill them in.",
    severity=Severity.MEDIUM,
)
COLUMNS_OVER = Fact(
    name="NAME.columns_over",
    type=FactType.NUMBER,
    meaning="Columns with more missing values than accepted.",
)


class Options(Strict):
    """What may stand under ``stages: {NAME: ...}`` in raudit.yaml."""

    max_missing: float = Field(default=0.1, ge=0, le=1)
    """Largest accepted share of missing values in a column."""


class Stage:
    """Counts the missing values of each column."""

    name: ClassVar[str] = "NAME"
    title: ClassVar[str] = "Missing values"
    options: ClassVar[type[Options]] = Options
    rules: ClassVar[tuple[Rule, ...]] = (RULE,)
    facts: ClassVar[tuple[Fact, ...]] = (COLUMNS_OVER,)
    reads_facts: ClassVar[bool] = False
    order: ClassVar[int] = 60

    def run(self, evidence: Evidence, options: Options) -> StageResult:
        """Measure; ``NotEvaluable`` if there is no row."""
        data = evidence.data
        if not data.n_rows:
            raise NotEvaluable("the data set has no rows", reference="NAME-empty", where=data.name)
        missing = dict.fromkeys(data.kinds, 0)
        for batch in data.batches():  # a data set may be larger than memory
            for column in missing:
                missing[column] += batch.column(column).null_count
        findings = tuple(
            _finding(column, count, data.n_rows, options) for column, count in missing.items()
        )
        over = sum(finding.status is Status.FAILED for finding in findings)
        return StageResult(
            summary=f"{over} of {len(findings)} columns miss more than {options.max_missing:.0%}.",
            findings=findings,
            facts={"NAME.columns_over": over},
        )


def _finding(column: str, missing: int, n: int, options: Options) -> Finding:
    share = missing / n
    return Finding(
        rule=RULE.id,
        subject=Subject(kind="column", name=column),
        status=Status.PASSED if share <= options.max_missing else Status.FAILED,
        severity=RULE.severity,
        statement=f"{missing:,} of {n:,} values of the column {column} are missing.",
        measurement=Measurement(metric="missing_share", value=share, n=n, events=missing),
        threshold=Threshold(high=options.max_missing, source="stages.NAME.max_missing"),
        anchor="stages.NAME.max_missing",
        remedy=RULE.fix,
    )


STAGE = Stage()
