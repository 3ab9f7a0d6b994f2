"""The verdict for people at a terminal: why first, then the findings that matter."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Sequence

from raudit.gate.anchors import PlanLines
from raudit.gate.markdown import measured
from raudit.gate.view import GateFinding, findings_of, unsettled, what_became
from raudit.printable import printable, without_commands
from raudit.record import Record, Verdict

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
MAX_REASONS = 10
_COUNTED = ("passed", "ignored", "known", "waived")
"""Effects whose findings are counted unless all are asked for."""


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
    because = _because(record, verdict)
    lines = [
        *_by_effect(record, anchors, width, full=full),
        *_coverage(record, verdict, width, full=full, said=because),
        "",
        *_conclusion(record, verdict, because, width),
    ]
    return ("\n".join(map(without_commands, lines)) + "\n").encode()


def _by_effect(record: Record, anchors: PlanLines, width: int, *, full: bool) -> Iterator[str]:
    """Every finding under what it does to the verdict, or how many there are."""
    rows = findings_of(record)
    for effect, head in _HEADS.items():
        items = [item for item in rows if item.effect == effect]
        if items:
            yield f"{head}: {len(items)}"
        if full or effect not in _COUNTED:
            for item in items:
                yield from _finding(item, anchors, width)


def _coverage(
    record: Record, verdict: Verdict, width: int, *, full: bool, said: Collection[str]
) -> Iterator[str]:
    """Say what did not run, which waivers matter, and which words of the policy meet nothing."""
    for stage in record.stages:
        if stage.outcome != "completed":
            yield from _wrap(what_became(stage), width, "")
    for use in verdict.waivers:
        if (use.state != "applied" or full) and use.explanation not in said:
            yield from _wrap(use.explanation, width, "")
    for word in verdict.policy.get("unmatched", ()):
        unmatched = f"The policy names {word}, and no stage of this audit has such a rule."
        yield from _wrap(unmatched, width, "")


def _because(record: Record, verdict: Verdict) -> list[str]:
    """Reasons; the findings that block stand above already, and what blocks without a finding is said here."""
    if verdict.exit_status == 1 and verdict.blocking:
        return [f"{item.text}." for item in unsettled(record) if item.kind != "stage"]
    return list(verdict.because)


def _conclusion(
    record: Record, verdict: Verdict, because: Sequence[str], width: int
) -> Iterator[str]:
    name = f"{record.system.get('name', 'system')} {record.system.get('version', '')}".strip()
    word = _VERDICT[verdict.exit_status]
    yield f"{printable(name)}: {word} (exit status {verdict.exit_status})"
    for reason in because[:MAX_REASONS]:
        yield from _wrap(reason, width, "  ")
    if len(because) > MAX_REASONS:
        yield f"  And {len(because) - MAX_REASONS} more, in the record."


def _finding(item: GateFinding, anchors: PlanLines, width: int) -> list[str]:
    place = anchors.place(item.anchor)
    lines = _wrap(f"{item.finding.rule} {item.severity}: {item.finding.statement}", width, "  ")
    if item.finding.measurement is not None:
        m = item.finding.measurement
        lines += _wrap(f"{m.metric} {measured(m)}", width, "    ")
    for more in (item.why, item.explanation, item.finding.remedy):
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
