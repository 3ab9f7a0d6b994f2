"""The fairness stage: count once, measure everything from the cells."""

from __future__ import annotations

from typing import ClassVar

from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, StageResult
from raudit.facts import Fact
from raudit.findings import Rule
from raudit.sentences import say
from raudit.stages.fairness.facts import FACTS
from raudit.stages.fairness.options import FairnessOptions
from raudit.stages.fairness.rules import RULES


class FairnessStage:
    """Compare groups of people."""

    name: ClassVar[str] = "fairness"
    title: ClassVar[str] = "Fairness"
    options: ClassVar[type[FairnessOptions]] = FairnessOptions
    rules: ClassVar[tuple[Rule, ...]] = RULES
    facts: ClassVar[tuple[Fact, ...]] = FACTS
    reads_facts: ClassVar[bool] = False
    order: ClassVar[int] = 10

    def run(self, evidence: Evidence, options: FairnessOptions) -> StageResult:
        """Measure.

        Raises
        ------
        NotEvaluable
            If there is no sensitive feature, or neither a decision nor a score.
        DataError
            If the columns do not hold what the plan says.
        RauditError
            If fairlearn disagrees with a number.
        """
        roles = evidence.roles
        if not roles.sensitive:
            raise NotEvaluable(
                "the plan names no sensitive features",
                reference="no-sensitive-features",
                hint="list the columns whose groups should be compared under sensitive_features",
            )
        if roles.prediction is None and roles.score is None:
            why = (
                say(" ({no_model_because})", no_model_because=evidence.no_model_because)
                if evidence.no_model_because
                else ""
            )
            raise NotEvaluable(
                f"there is no decision and no score to compare{why}",
                reference="no-predictions",
                hint="declare data.prediction, data.score or a model",
            )
        from raudit.data.build import counted_cells
        from raudit.stages.fairness.tasks.measure import assemble, spec_for

        with evidence.progress.task("counting cells"):
            table = counted_cells(evidence.data, spec_for(evidence, options))
        return assemble(table, evidence, options)


STAGE = FairnessStage()
