"""The stage ``llm``: what a language model answered, from recorded turns, with the judge of the answers audited too."""

from __future__ import annotations

from typing import ClassVar

from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, StageResult
from raudit.facts import Fact
from raudit.findings import Rule
from raudit.stages.llm.facts import FACTS
from raudit.stages.llm.options import LlmOptions
from raudit.stages.llm.rules import RULES


class LanguageModel:
    """Measures recorded turns; it never calls a model."""

    name: ClassVar[str] = "llm"
    title: ClassVar[str] = "Language model"
    options: ClassVar[type[LlmOptions]] = LlmOptions
    rules: ClassVar[tuple[Rule, ...]] = RULES
    facts: ClassVar[tuple[Fact, ...]] = FACTS
    reads_facts: ClassVar[bool] = False
    with_turns: ClassVar[bool] = True
    """Where a plan names no stages, this one runs only on recorded turns."""
    order: ClassVar[int] = 15

    def run(self, evidence: Evidence, options: LlmOptions) -> StageResult:
        """Measure.

        Raises
        ------
        NotEvaluable
            If the plan's data are no recorded turns.
        PlanError
            If an option names a column that the turns do not have.
        """
        if evidence.turns is None:
            raise NotEvaluable(
                "the data are no recorded turns of a language model",
                reference="no-turns",
                hint="add data.turns, which says how the file's rows are read",
            )
        from raudit.stages.llm.assemble import assemble

        with evidence.progress.task("recorded turns"):
            return assemble(evidence.turns, options, seed=evidence.seed)


STAGE = LanguageModel()
