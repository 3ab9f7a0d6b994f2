"""GitHub workflow commands: annotations on the lines of raudit.yaml that set the rules."""

from __future__ import annotations

from raudit.findings import Severity, Status
from raudit.gate.anchors import PlanLines
from raudit.gate.view import GateFinding, findings_of, unsettled
from raudit.printable import for_workflow
from raudit.record import Record

MAX_EACH = 10
"""GitHub shows ten errors and ten warnings a step, and drops the rest without a word."""


def workflow_commands(record: Record, anchors: PlanLines) -> bytes:
    """Make workflow commands, worst first, and say how many did not fit."""
    assert record.verdict is not None  # noqa: S101 -- findings_of looks too
    kinds: dict[str, list[str]] = {"error": [], "warning": []}
    for open_one in unsettled(record):
        place = anchors.place(open_one.anchor)
        title = f"raudit {open_one.name}"
        kinds["error"].append(_command("error", place.uri, place.line, title, open_one.text))
    for item in findings_of(record):
        kind = _kind(item)
        if kind:
            place = anchors.place(item.anchor)
            text = item.finding.statement + (f" {item.why}" if item.why else "")
            title = f"{item.finding.rule} ({item.severity})"
            kinds[kind].append(_command(kind, place.uri, place.line, title, text))
    lines: list[str] = []
    for commands in kinds.values():
        lines += commands[:MAX_EACH]
    left = sum(max(len(commands) - MAX_EACH, 0) for commands in kinds.values())
    if left:
        lines.append(
            f"::notice title=raudit::{left} more findings are in the step summary and the SARIF file"
        )
    if not lines:
        lines = [f"::notice title=raudit::{for_workflow(record.verdict.because[0])}"]
    return ("\n".join(lines) + "\n").encode()


def _kind(item: GateFinding) -> str:
    if item.effect == "blocks":
        return "error"
    failed = (
        item.status is Status.FAILED
        and item.effect == "noted"
        and item.severity.rank <= Severity.MEDIUM.rank
    )
    return "warning" if item.effect == "undecided" or failed else ""


def _command(kind: str, file: str, line: int, title: str, text: str) -> str:
    return f"::{kind} file={_property(file)},line={line},title={_property(title)}::{for_workflow(text)}"


def _property(text: str) -> str:
    return for_workflow(text).replace(":", "%3A").replace(",", "%2C")
