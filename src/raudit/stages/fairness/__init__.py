"""Fairness: groups of people compared, from one table of cells.

>>> from raudit.data.build import cells
>>> table = cells({"sex": ["F"] * 80 + ["M"] * 70, "hired": [1] * 48 + [0] * 32 + [1] * 56 + [0] * 14},
...               sensitive_features=["sex"], prediction="hired")
>>> from raudit.stages.fairness import compare_groups
>>> gap = compare_groups(table, "demographic_parity_difference", ["sex"])
>>> f"{gap.value:.2f} ({gap.low:.4f} to {gap.high:.4f})"
'0.20 (0.0524 to 0.3339)'
"""

from typing import TYPE_CHECKING, Any

from raudit.stages.fairness.options import FairnessOptions
from raudit.stages.fairness.stage import STAGE

if TYPE_CHECKING:
    from raudit.stages.fairness.api import GroupMeasurement, by_group, compare_groups, confusion
    from raudit.stages.fairness.callables import metric_by_group
    from raudit.stages.fairness.measures.disparity import DISPARITIES, Disparity
    from raudit.stages.fairness.measures.metrics import METRICS
    from raudit.stages.fairness.measures.verdict import Judgement, judge_gap
    from raudit.stages.fairness.nyc_ll144.check import CheckedTable, check_ll144_file
    from raudit.stages.fairness.nyc_ll144.impact_ratios import Category, impact_ratios
    from raudit.stages.fairness.slices import Slice, weak_slices

__all__ = [
    "DISPARITIES",
    "METRICS",
    "STAGE",
    "Category",
    "CheckedTable",
    "Disparity",
    "FairnessOptions",
    "GroupMeasurement",
    "Judgement",
    "Slice",
    "by_group",
    "check_ll144_file",
    "compare_groups",
    "confusion",
    "impact_ratios",
    "judge_gap",
    "metric_by_group",
    "weak_slices",
]

_LATER = {
    "Category": "nyc_ll144.impact_ratios",
    "CheckedTable": "nyc_ll144.check",
    "DISPARITIES": "measures.disparity",
    "Disparity": "measures.disparity",
    "GroupMeasurement": "api",
    "Judgement": "measures.verdict",
    "METRICS": "measures.metrics",
    "Slice": "slices",
    "by_group": "api",
    "check_ll144_file": "nyc_ll144.check",
    "compare_groups": "api",
    "confusion": "api",
    "impact_ratios": "nyc_ll144.impact_ratios",
    "judge_gap": "measures.verdict",
    "metric_by_group": "callables",
    "weak_slices": "slices",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(f"raudit.stages.fairness.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
