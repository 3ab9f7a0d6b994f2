"""The verdict for people at a terminal: why first, then the findings that matter."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from raudit.gate.anchors import PlanLines
from raudit.gate.markdown import measured
from raudit.gate.view import GateFinding, findings_of, what_became
from raudit.printable import printable, without_commands
from raudit.record import Record

_HEADS = {
    "blocks": "blocks",
    "undecided": "could not be told",
    "noted": "noted, does not block",
    "known": "in the baseline",
    "waived": "waived",
    "passed": "passed",
    "ignored": "not judged (select, ignore)",
}
_VERDICT = {0: "nothing blocks", 1: "blocked", 3: "could not tell", 5: "nothing was evaluated"}
_SHORT = ("passed", "ignored")


def plain_text(
    record: Record, anchors: PlanLines, *, width: int = 100, full: bool = False
) -> bytes:
    """Make the text.

    Parameters
    ----------
    full
        True prints passed, waived, known and ignored findings one by one; False counts them.
    """
    verdict = record.verdict
    assert verdict is not None  # noqa: S101 -- findings_of looks too
    rows = findings_of(record)
    lines: list[str] = []
    for effect, head in _HEADS.items():
        items = [item for item in rows if item.effect == effect]
        if not items:
            continue
        if not full and effect in (*_SHORT, "known", "waived"):
            lines.append(f"{head}: {len(items)}")
            continue
        lines.append(f"{head}: {len(items)}")
        for item in items:
            lines += _finding(item, anchors, width)
    for stage in record.stages:
        if stage.outcome != "completed":
            lines += _wrap(what_became(stage), width, "")
    for use in verdict.waivers:
        if use.state != "applied" or full:
            lines += _wrap(use.explanation, width, "")
    for word in verdict.policy.get("unmatched", ()):
        lines += _wrap(
            f"The policy names {word}, and no stage of this audit has such a rule.", width, ""
        )
    lines.append("")
    name = f"{record.system.get('name', 'system')} {record.system.get('version', '')}".strip()
    lines.append(
        f"{printable(name)}: {_VERDICT[verdict.exit_status]} (exit status {verdict.exit_status})"
    )
    shown: Sequence[str] = () if verdict.exit_status == 1 and lines else verdict.because
    for reason in shown[:10]:
        lines += _wrap(reason, width, "  ")
    return ("\n".join(map(without_commands, lines)) + "\n").encode()


def _finding(item: GateFinding, anchors: PlanLines, width: int) -> list[str]:
    place = anchors.place(item.anchor)
    lines = _wrap(f"{item.finding.rule} {item.severity}: {item.finding.statement}", width, "  ")
    if item.finding.measurement is not None:
        m = item.finding.measurement
        lines += _wrap(f"{m.metric} {measured(m)}", width, "    ")
    for more in (item.reason, item.explanation, item.finding.remedy):
        if more:
            lines += _wrap(more, width, "    ")
    lines.append(f"    {printable(place.uri)}:{place.line}  {item.finding.fingerprint}")
    return lines


def _wrap(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        printable(" ".join(text.split())),
        width=width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_on_hyphens=False,
    ) or [indent]
