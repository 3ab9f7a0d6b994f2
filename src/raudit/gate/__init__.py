"""Gate outputs: a record with its verdict becomes SARIF, JUnit, Markdown, annotations, JSON or text."""

from raudit.gate.anchors import Place, PlanLines
from raudit.gate.outputs import KINDS, parse_output, render, write_outputs
from raudit.gate.view import GateFinding, findings_of

__all__ = [
    "KINDS",
    "GateFinding",
    "Place",
    "PlanLines",
    "findings_of",
    "parse_output",
    "render",
    "write_outputs",
]
