"""What the model rests on, for whom, and which features carry the gap between groups (shap)."""

from raudit.stages.explain.stage import STAGE

__all__ = ["STAGE"]
