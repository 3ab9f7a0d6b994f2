"""Markdown for a step summary or a merge request: the verdict, then the worst findings, then the rest in short."""

from __future__ import annotations

from collections.abc import Sequence

from raudit.findings import Measurement, written
from raudit.gate.anchors import PlanLines
from raudit.gate.view import GateFinding, findings_of, what_became
from raudit.printable import for_markdown
from raudit.record import Record

MAX_BYTES = 900_000
"""GitHub drops a summary near 1 MiB without a word."""
MAX_REASONS = 20

_HEADS = {
    "blocks": "Blocking",
    "undecided": "Could not be told",
    "noted": "Failed or undecided, without blocking",
    "known": "In the baseline",
    "waived": "Waived",
}
_VERDICT = {0: "Nothing blocks", 1: "Blocked", 3: "Could not tell", 5: "Nothing was evaluated"}


def step_summary(record: Record, anchors: PlanLines) -> bytes:
    """Make the summary; what does not fit is counted at the end."""
    verdict = record.verdict
    assert verdict is not None  # noqa: S101 -- findings_of looks too
    name = for_markdown(
        f"{record.system.get('name', 'system')} {record.system.get('version', '')}".strip()
    )
    rows = findings_of(record)
    parts = [
        f"## {_VERDICT[verdict.exit_status]}: {name}\n",
        _counts(record, rows),
        _reasons(verdict.because),
    ]
    parts += [
        _section(head, [i for i in rows if i.effect == effect], anchors)
        for effect, head in _HEADS.items()
    ]
    parts += [_stages(record), _waivers(record)]
    parts.append(
        f"Record {for_markdown(record.run.id)}, policy {for_markdown(str(verdict.policy.get('name', '')))}, "
        f"raudit {for_markdown(record.run.raudit)}.\n"
    )
    return _fit([part for part in parts if part])


def _counts(record: Record, rows: Sequence[GateFinding]) -> str:
    effects = {
        effect: sum(item.effect == effect for item in rows) for effect in (*_HEADS, "passed")
    }
    words = {"blocks": "blocking", "noted": "without consequence", "known": "in the baseline"}
    said = ", ".join(
        f"{count} {words.get(effect, effect)}" for effect, count in effects.items() if count
    )
    assert record.verdict is not None  # noqa: S101
    return f"Exit status {record.verdict.exit_status}. Findings: {said or 'none'}.\n"


def _reasons(because: Sequence[str]) -> str:
    lines = [f"- {for_markdown(reason)}" for reason in because[:MAX_REASONS]]
    if len(because) > MAX_REASONS:
        lines.append(f"- And {len(because) - MAX_REASONS} more, in the record.")
    return "\n".join(lines) + "\n"


def _section(head: str, items: Sequence[GateFinding], anchors: PlanLines) -> str:
    if not items:
        return ""
    lines = [
        f"### {head} ({len(items)})\n",
        "| Severity | Rule | Finding | Measured | Set at |",
        "|---|---|---|---|---|",
    ]
    for item in items:
        place = anchors.place(item.anchor)
        said = " ".join(x for x in (item.finding.statement, item.why, item.explanation) if x)
        cells = (
            str(item.severity),
            for_markdown(item.finding.rule),
            for_markdown(said),
            for_markdown(measured(item.finding.measurement)),
            f"{for_markdown(place.uri)}:{place.line}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _stages(record: Record) -> str:
    rest = [stage for stage in record.stages if stage.outcome != "completed"]
    if not rest:
        return ""
    lines = [f"- {for_markdown(what_became(stage))}" for stage in rest]
    return "### Not completed\n\n" + "\n".join(lines) + "\n"


def _waivers(record: Record) -> str:
    assert record.verdict is not None  # noqa: S101
    if not record.verdict.waivers:
        return ""
    lines = [
        f"- {for_markdown(use.explanation)}"
        + (f" {for_markdown(use.owner)}: {for_markdown(use.reason)}" if use.owner else "")
        for use in record.verdict.waivers
    ]
    return "### Waivers\n\n" + "\n".join(lines) + "\n"


def measured(measurement: Measurement | None) -> str:
    """A measurement in a few words: value, interval, n."""
    if measurement is None:
        return "—"
    if measurement.value is None:
        return f"undefined ({measurement.undefined_because or 'no value'})"
    said = written(measurement.value)
    span = measurement.interval
    if span is not None:
        low, high = written(span.low), written(span.high)
        said += f" ({span.level:.0%} interval {low} to {high})"
    return f"{said}, n = {measurement.n:,}"


def _fit(parts: Sequence[str]) -> bytes:
    """Keep whole lines up to the limit and say how many were left out."""
    lines = "\n".join(parts).splitlines()
    kept, size = [], 0
    for number, line in enumerate(lines):
        size += len(line.encode()) + 1
        if size > MAX_BYTES:
            kept.append(
                f"\n{len(lines) - number} more lines do not fit here; the JSON and SARIF outputs hold all."
            )
            break
        kept.append(line)
    return ("\n".join(kept) + "\n").encode()
