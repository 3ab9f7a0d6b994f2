"""Risk assessments: what people answered, who signed it, and whether the evidence agrees."""

from raudit.stages.assessments.stage import STAGE

__all__ = ["STAGE"]
