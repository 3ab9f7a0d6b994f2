"""raudit.yaml becomes a validated Plan, with a line number for every error."""

from raudit.plan.load import Plan, load_plan, parse_plan
from raudit.plan.schema import (
    AssessmentSection,
    Attribute,
    AuditorSection,
    DataSection,
    LabelSection,
    LogSection,
    ModelLimits,
    ModelSection,
    PlanFile,
    ReportLimits,
    ReportSection,
    ResponseEntry,
    SigningSection,
    SystemSection,
    Task,
)

__all__ = [
    "AssessmentSection",
    "Attribute",
    "AuditorSection",
    "DataSection",
    "LabelSection",
    "LogSection",
    "ModelLimits",
    "ModelSection",
    "Plan",
    "PlanFile",
    "ReportLimits",
    "ReportSection",
    "ResponseEntry",
    "SigningSection",
    "SystemSection",
    "Task",
    "load_plan",
    "parse_plan",
]
