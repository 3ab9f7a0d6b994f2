"""A comparison of two records as text, Markdown or JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from raudit.findings import chance, written
from raudit.policy.compare import Change, Comparison
from raudit.policy.difference import Difference
from raudit.policy.drift import Shift
from raudit.policy.rates import PairChange, RateChange
from raudit.printable import for_markdown, for_terminal, json_text, printable

SCHEMA = "raudit.comparison/1"
_HEADS = {
    "newly failed": "Newly failed",
    "turned": "Turned round: the group that was ahead is behind now",
    "worse": "Worse",
    "lost": "Measured before, not now",
    "now unclear": "Could be told before, not now",
    "other unit": "Measured in another unit now",
    "better": "Better",
    "no longer failed": "No longer failed",
    "new": "New",
}


def comparison_text(compared: Comparison, *, width: int = 100) -> str:
    """For a terminal."""
    lines = [_title(compared), ""]
    for state, head in _HEADS.items():
        changes = compared.of(state)
        if changes:
            lines.append(f"{head}: {len(changes)}")
            for change in changes:
                said = printable(
                    f"{change.rule} {change.severity} {change.subject}: {change.sentence}"
                )
                lines += textwrap.wrap(said, width, initial_indent="  ", subsequent_indent="    ")
    lines.append(f"No clear change: {len(compared.of('same'))}{_power(compared)}")
    if compared.rates:
        lines += ["", *_rate_lines(compared)]
    if compared.drift:
        lines += ["", *_drift_lines(compared)]
    lines += ["", *(line for note in compared.notes for line in textwrap.wrap(note, width))]
    return for_terminal("\n".join(lines)) + "\n"


def _power(compared: Comparison) -> str:
    """What would have shown where nothing did."""
    found = [change.detectable for change in compared.of("same") if change.detectable is not None]
    if not found:
        return ""
    least, most = written(min(found), digits=2), written(max(found), digits=2)
    size = least if least == most else f"{least} to {most}, depending on the finding,"
    return f"; a change of {size} would have shown in four of five comparisons"


def comparison_markdown(compared: Comparison) -> str:
    """For a step summary or a merge request."""
    lines = [f"## {for_markdown(_title(compared))}", ""]
    for state, head in _HEADS.items():
        changes = compared.of(state)
        if changes:
            lines += [
                f"### {head} ({len(changes)})",
                "",
                "| Severity | Rule | About | Change |",
                "|---|---|---|---|",
            ]
            lines += [
                f"| {c.severity} | {c.rule} | {for_markdown(c.subject)} | {for_markdown(c.sentence)} |"
                for c in changes
            ]
            lines.append("")
    lines += [f"No clear change: {len(compared.of('same'))}{_power(compared)}.", ""]
    if compared.rates:
        lines += [
            "### Rates of groups",
            "",
            *(f"- {for_markdown(line.strip())}" for line in _rate_lines(compared)),
            "",
        ]
    if compared.drift:
        lines += [
            "### Data",
            "",
            *(f"- {for_markdown(line.strip())}" for line in _drift_lines(compared)),
            "",
        ]
    lines += [f"- {for_markdown(note)}" for note in compared.notes]
    return "\n".join(lines) + "\n"


def comparison_json(compared: Comparison) -> str:
    """For scripts; its schema is ``schemas/comparison-1.schema.json``."""
    said = {
        "schema": SCHEMA,
        "old": _run(compared, "old"),
        "new": _run(compared, "new"),
        "counts": {state: len(compared.of(state)) for state in (*_HEADS, "same")},
        "changes": [_change(change) for change in compared.changes],
        "rates": [_rate(rate) for rate in compared.rates],
        "drift": [
            {
                "attribute": part.attribute,
                "group": part.group,
                "shifts": [_shift(shift) for shift in part.shifts],
            }
            for part in compared.drift
        ],
        "notes": list(compared.notes),
    }
    return json_text(said, indent=1, sort_keys=True) + "\n"


def _title(compared: Comparison) -> str:
    def name(record: Any) -> str:
        return f"{record.system.get('name', 'system')} {record.system.get('version', '')} (run {record.run.id})"

    return f"{name(compared.old)} to {name(compared.new)}"


def _rate_lines(compared: Comparison) -> Sequence[str]:
    """Rates that moved beyond chance, after a count of all that were compared."""
    moved = [rate for rate in compared.rates if rate.clear]
    lines = [f"Rates of groups: {len(moved)} of {len(compared.rates)} moved beyond chance"]
    for rate in moved:
        d = rate.difference
        lines.append(
            f"  {rate.by[0]} {rate.group[0]}: {rate.metric} {rate.old.value:.4f} (n = {rate.old.n:,}) to "
            f"{rate.new.value:.4f} (n = {rate.new.n:,}), {d.level:.0%} interval of the change {d.low:+.4f} to "
            f"{d.high:+.4f}"
        )
    return lines


def _drift_lines(compared: Comparison) -> Sequence[str]:
    """Columns that moved or might have, then a count of those that did not."""
    lines: list[str] = []
    for part in compared.drift:
        who = f"{part.attribute} {part.group}".strip() or "all rows"
        moved = [shift for shift in part.shifts if shift.state != "stable"]
        lines.append(
            f"Data, {who}: {len(moved)} of {len(part.shifts)} columns moved or could not be told"
        )
        lines += [
            f"  {_shift_words(shift)}" for shift in sorted(moved, key=lambda s: -(s.psi or 0))
        ]
    return lines


def _shift_words(shift: Shift) -> str:
    if shift.psi is None:
        return f"{shift.name}: could not be told, {shift.why}"
    test = f"KS {shift.statistic:.3f}" if shift.test == "ks" else f"Cramér's V {shift.effect:.3f}"
    words = {
        "unclear": "chance could explain it",
        "moderate": "moderate shift",
        "large": "large shift",
    }
    p = chance(shift.p_value) if shift.p_value is not None else "p unknown"
    return f"{shift.name}: {words[shift.state]} (PSI {shift.psi:.3f}, {test}, {p})"


def _run(compared: Comparison, side: str) -> dict[str, Any]:
    record = compared.old if side == "old" else compared.new
    return {"run": record.run.id, "clock": record.run.clock, "system": dict(record.system)}


def _change(change: Change) -> dict[str, Any]:
    d, r = change.difference, change.ratio
    return {
        "fingerprint": change.fingerprint,
        "rule": change.rule,
        "subject": change.subject,
        "severity": str(change.severity),
        "state": change.state,
        "detectable": change.detectable,
        "clear": change.clear,
        "sentence": change.sentence,
        "old_status": str(change.old.status) if change.old else None,
        "new_status": str(change.new.status) if change.new else None,
        "difference": d and _difference(d),
        "ratio": r
        and {"value": r.value, "low": r.low, "high": r.high, "level": r.level, "method": r.method},
        "pair": change.pair and _pair(change.pair),
    }


def _difference(found: Difference) -> dict[str, Any]:
    names = ("value", "low", "high", "level", "method")
    return {name: getattr(found, name) for name in names}


def _pair(pair: PairChange) -> dict[str, Any]:
    return {
        "metric": pair.metric,
        "measure": "second over first" if pair.ratio else "first less second",
        "groups": [list(pair.first), list(pair.second)],
        "old": {
            "rates": [rate.value for rate in pair.old],
            "n": [rate.n for rate in pair.old],
            "gap": pair.gaps[0],
        },
        "new": {
            "rates": [rate.value for rate in pair.new],
            "n": [rate.n for rate in pair.new],
            "gap": pair.gaps[1],
        },
        "turned": pair.turned,
    }


def _rate(rate: RateChange) -> dict[str, Any]:
    return {
        "attribute": rate.by[0],
        "group": rate.group[0],
        "metric": rate.metric,
        "old": rate.old.value,
        "new": rate.new.value,
        "n_old": rate.old.n,
        "n_new": rate.new.n,
        "difference": _difference(rate.difference),
        "clear": rate.clear,
    }


def _shift(shift: Shift) -> dict[str, Any]:
    names = (
        "name",
        "test",
        "n_old",
        "n_new",
        "psi",
        "statistic",
        "p_value",
        "effect",
        "state",
        "why",
    )
    return {name: getattr(shift, name) for name in names}
