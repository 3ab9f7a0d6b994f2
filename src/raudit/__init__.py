"""raudit: responsible-AI audits that end in a signed report a stranger can check.

The public API is what ``__all__`` lists; each name is loaded when it is first used, so that importing raudit is light.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.2.0"

_HOMES = {
    "Answers": "raudit.checklists",
    "Assessment": "raudit.checklists",
    "CellTable": "raudit.data",
    "CheckOptions": "raudit.checking",
    "CheckResult": "raudit.checking",
    "Checklist": "raudit.checklists",
    "Evidence": "raudit.evidence",
    "Finding": "raudit.findings",
    "Issued": "raudit.audit",
    "Measurement": "raudit.findings",
    "Plan": "raudit.plan",
    "RauditError": "raudit.errors",
    "Record": "raudit.record",
    "Rule": "raudit.findings",
    "Severity": "raudit.findings",
    "StageResult": "raudit.evidence",
    "Status": "raudit.findings",
    "answers_from_official": "raudit.checklists",
    "assess": "raudit.checklists",
    "by_group": "raudit.stages.fairness",
    "cells": "raudit.data.build",
    "check": "raudit.checking",
    "check_ll144_file": "raudit.stages.fairness",
    "check_pdf": "raudit.signing",
    "compare_groups": "raudit.stages.fairness",
    "compare_records": "raudit.policy.compare:compare",
    "confusion": "raudit.stages.fairness",
    "explain": "raudit.stages.explain.api",
    "impact_ratios": "raudit.stages.fairness",
    "judge_gap": "raudit.stages.fairness",
    "judge_plan": "raudit.audit",
    "k_anonymity": "raudit.scan.k_anonymity",
    "load_answers": "raudit.checklists",
    "load_checklist": "raudit.checklists",
    "load_plan": "raudit.plan",
    "merge_cells": "raudit.data",
    "metric_by_group": "raudit.stages.fairness",
    "open_data": "raudit.data",
    "open_log": "raudit.log",
    "parse_record": "raudit.record",
    "readiness": "raudit.scan.readiness",
    "record_bytes": "raudit.record",
    "render_html": "raudit.report",
    "render_markdown": "raudit.report",
    "render_pdf": "raudit.report",
    "run_audit": "raudit.audit",
    "scan_pii": "raudit.scan.sweep",
    "verify_report": "raudit.verify",
    "weak_slices": "raudit.stages.fairness",
    "what_would_change": "raudit.stages.explain.counterfactual",
    "wrap_table": "raudit.data",
}

_RENAMED = {"compare": "compare_groups", "judge": "judge_gap"}
"""Names of 0.1 that still work, with a warning, until 0.4."""

__all__ = ["__version__", *sorted(_HOMES)]  # noqa: PLE0604 -- names only, see _HOMES


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name in _RENAMED:
        import warnings

        new = _RENAMED[name]
        warnings.warn(
            f"raudit.{name} is called raudit.{new} now and goes with 0.4",
            DeprecationWarning,
            stacklevel=2,
        )
        name = new
    if name not in _HOMES:
        raise AttributeError(f"module 'raudit' has no attribute {name!r}")
    home, _, called = _HOMES[name].partition(":")
    return getattr(import_module(home), called or name)


def __dir__() -> list[str]:
    return sorted(__all__)
