"""A comparison of two records as text, Markdown or JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from raudit.findings import chance, written
from raudit.policy.compare import Change, Comparison
from raudit.policy.difference import Difference
from raudit.policy.drift import Shift
from raudit.policy.rates import PairChange, RateChange
from raudit.printable import for_markdown, for_terminal, json_text, printable
from raudit.record import Record
from raudit.sentences import joined, metric_words, say, term

SCHEMA = "raudit.comparison/1"
_HEADS = {
    "newly failed": say("Newly failed"),
    "turned": say("Turned round: the group that was ahead is behind now"),
    "worse": say("Worse"),
    "lost": say("Measured before, not now"),
    "now unclear": say("Could be told before, not now"),
    "other unit": say("Measured in another unit now"),
    "better": say("Better"),
    "no longer failed": say("No longer failed"),
    "new": say("New"),
}
Speak = Callable[[str], str]
"""Says a sentence in the reader's language."""


def comparison_text(compared: Comparison, *, width: int = 100, speak: Speak = str) -> str:
    """For a terminal."""
    lines = [speak(_title(compared)), ""]
    for state, head in _HEADS.items():
        changes = compared.of(state)
        if changes:
            lines.append(f"{speak(head)}: {len(changes)}")
            for change in changes:
                about = f"{change.rule} {speak(term(str(change.severity)))} {speak(_about(change))}"
                said = printable(f"{about}: {speak(change.sentence)}")
                lines += textwrap.wrap(said, width, initial_indent="  ", subsequent_indent="    ")
    lines.append(speak(_no_change(compared)))
    if compared.rates:
        lines += ["", *map(speak, _rate_lines(compared))]
    if compared.drift:
        lines += ["", *map(speak, _drift_lines(compared))]
    notes = map(speak, compared.notes)
    lines += ["", *(line for note in notes for line in textwrap.wrap(note, width))]
    return for_terminal("\n".join(lines)) + "\n"


def _no_change(compared: Comparison) -> str:
    """How many findings stayed, and what would have shown where nothing did."""
    same = compared.of("same")
    said = say("No clear change: {count}", count=len(same))
    found = [change.detectable for change in same if change.detectable is not None]
    if not found:
        return said
    least, most = written(min(found), digits=2), written(max(found), digits=2)
    if least == most:
        return say(
            "{said}; a change of {size} would have shown in four of five comparisons",
            said=said,
            size=least,
        )
    return say(
        "{said}; a change of {least} to {most}, depending on the finding, would have shown in four of five "
        "comparisons",
        said=said,
        least=least,
        most=most,
    )


def comparison_markdown(compared: Comparison, *, speak: Speak = str) -> str:
    """For a step summary or a merge request."""

    def listed(lines: Sequence[str]) -> list[str]:
        return [f"- {for_markdown(speak(line).strip())}" for line in lines]

    heads = " | ".join(map(speak, (say("Severity"), say("Rule"), say("About"), say("Change"))))
    lines = [f"## {for_markdown(speak(_title(compared)))}", ""]
    for state, head in _HEADS.items():
        changes = compared.of(state)
        if changes:
            lines += [
                f"### {speak(head)} ({len(changes)})",
                "",
                f"| {heads} |",
                "|---|---|---|---|",
            ]
            lines += [
                f"| {speak(term(str(c.severity)))} | {c.rule} | {for_markdown(speak(_about(c)))} | "
                f"{for_markdown(speak(c.sentence))} |"
                for c in changes
            ]
            lines.append("")
    lines += [f"{speak(_no_change(compared))}.", ""]
    if compared.rates:
        lines += [f"### {speak(say('Rates of groups'))}", "", *listed(_rate_lines(compared)), ""]
    if compared.drift:
        lines += [f"### {speak(say('Data'))}", "", *listed(_drift_lines(compared)), ""]
    return "\n".join([*lines, *listed(compared.notes)]) + "\n"


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


def _about(change: Change) -> str:
    """What a change is about, its metric as people say it."""
    some = change.new or change.old
    if some is None:
        return change.subject
    words = (
        metric_words(value) if key == "metric" else value
        for key, value in some.subject.detail.items()
    )
    return joined(" ", (term(some.subject.kind), some.subject.name, *words))


def _title(compared: Comparison) -> str:
    def name(record: Record) -> str:
        return say(
            "{name} {version} (run {run})",
            name=record.system.get("name", "system"),
            version=record.system.get("version", ""),
            run=record.run.id,
        )

    return say("{old} to {new}", old=name(compared.old), new=name(compared.new))


def _rate_lines(compared: Comparison) -> Sequence[str]:
    """Rates that moved beyond chance, after a count of all that were compared."""
    moved = [rate for rate in compared.rates if rate.clear]
    lines = [
        say(
            "Rates of groups: {moved} of {count} moved beyond chance",
            moved=len(moved),
            count=len(compared.rates),
        )
    ]
    for rate in moved:
        d = rate.difference
        lines.append(
            say(
                "  {by} {group}: {metric} {old:.4f} (n = {old_n:,}) to {new:.4f} (n = {new_n:,}), {level:.0%} interval "
                "of the change {low:+.4f} to {high:+.4f}",
                by=rate.by[0],
                group=rate.group[0],
                metric=metric_words(rate.metric),
                old=rate.old.value,
                old_n=rate.old.n,
                new=rate.new.value,
                new_n=rate.new.n,
                level=d.level,
                low=d.low,
                high=d.high,
            )
        )
    return lines


def _drift_lines(compared: Comparison) -> Sequence[str]:
    """Columns that moved or might have, then a count of those that did not."""
    lines: list[str] = []
    for part in compared.drift:
        who = f"{part.attribute} {part.group}".strip() or say("all rows")
        moved = [shift for shift in part.shifts if shift.state != "stable"]
        lines.append(
            say(
                "Data, {who}: {moved} of {count} columns moved or could not be told",
                who=who,
                moved=len(moved),
                count=len(part.shifts),
            )
        )
        lines += [
            say("  {said}", said=_shift_words(shift))
            for shift in sorted(moved, key=lambda s: -(s.psi or 0))
        ]
    return lines


def _shift_words(shift: Shift) -> str:
    if shift.psi is None:
        return say("{name}: could not be told, {why}", name=shift.name, why=shift.why)
    test = (
        say("KS {statistic:.3f}", statistic=shift.statistic)
        if shift.test == "ks"
        else say("Cramér's V {effect:.3f}", effect=shift.effect)
    )
    words = {
        "unclear": say("chance could explain it"),
        "moderate": say("moderate shift"),
        "large": say("large shift"),
    }
    p = chance(shift.p_value) if shift.p_value is not None else say("p unknown")
    return say(
        "{name}: {state} (PSI {psi:.3f}, {test}, {chance})",
        name=shift.name,
        state=words[shift.state],
        psi=shift.psi,
        test=test,
        chance=p,
    )


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
