"""How the log's entries, steps and leads look in a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raudit.log.events import Entry
    from raudit.log.review import Lead
    from raudit.log.verification import VerifyReport

_MARKS = {"passed": "ok  ", "failed": "FAIL", "indeterminate": "?   "}


def printable(text: str) -> str:
    """Escape whatever is no printable character, so that an entry cannot repaint the terminal or turn text around."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def entry_lines(entry: Entry, people: Mapping[str, str]) -> Iterator[str]:
    """Show one entry as a heading and one line a field of its body."""
    who = people.get(entry.actor, short(entry.actor))
    run = f"  run {entry.run}" if entry.run else ""
    yield printable(f"{entry.index:>7}  {entry.time[:19]}Z  {entry.type:<22}{run}  by {who}")
    for name, value in entry.body.items():
        yield printable(f"{'':9}{name}: {_value(value, people)}")


def entry_json(entry: Entry, people: Mapping[str, str]) -> dict[str, Any]:
    """Show one entry as data; ``actor`` stays what was hashed."""
    shown = {
        "index": entry.index,
        "id": entry.id,
        "ts": entry.time,
        "type": entry.type,
        "run": entry.run,
        "actor": entry.actor,
        "tool": entry.tool,
        "body": dict(entry.body),
    }
    return shown | ({"actor_name": people[entry.actor]} if entry.actor in people else {})


def short(value: str) -> str:
    """Shorten digests and notes; leave the rest."""
    if "\n" in value:
        return f"({len(value)} characters)"
    name, separator, digest = value.rpartition(":")
    if len(digest) == 64 and all(c in "0123456789abcdef" for c in digest):
        return f"{name}{separator}{digest[:12]}…"
    return value


def _value(value: object, people: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return people.get(value, short(value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={_value(item, people)}" for name, item in value.items())
    return json.dumps(value, ensure_ascii=False)


def report_lines(report: VerifyReport) -> Iterator[str]:
    """Show a verification as numbered steps and a verdict."""
    yield printable(f"{report.origin}  ({report.location})")
    width = len(str(len(report.steps)))
    for step in report.steps:
        yield printable(f"{step.number:>{width}}. {_MARKS[step.status]}  {step.title}")
        yield printable(f"{'':{width + 8}}{step.detail}")
    yield report.verdict


def report_json(report: VerifyReport) -> dict[str, Any]:
    """Show a verification as data."""
    return {
        "location": report.location,
        "origin": report.origin,
        "size": report.size,
        "root": report.root.hex(),
        "verified": not report.failed,
        "compared": report.compared,
        "verdict": report.verdict,
        "steps": [
            {"number": s.number, "title": s.title, "status": str(s.status), "detail": s.detail}
            for s in report.steps
        ],
    }


def lead_lines(
    leads: Sequence[Lead], kinds: Mapping[str, str], size: int, *, unrecorded: Sequence[str] = ()
) -> Iterator[str]:
    """Show what a reviewer should ask about, by kind; kinds without a lead, or without a record, are named too."""
    for kind, heading in kinds.items():
        of_kind = [lead for lead in leads if lead.kind == kind]
        if of_kind:
            yield f"{heading} ({len(of_kind)})"
        for lead in of_kind:
            run = f"run {lead.run}: " if lead.run else ""
            yield printable(
                f"  {run}{lead.text}  [entr{'y' if len(lead.entries) == 1 else 'ies'} {_list(lead)}]"
            )
    clean = [k for k in kinds if k not in unrecorded and all(lead.kind != k for lead in leads)]
    if clean:
        yield f"Nothing found for: {', '.join(clean)}"
    if unrecorded:
        yield f"Not recorded here, so that nothing can be said: {', '.join(unrecorded)}"
    yield f"{len(leads)} to ask about in {size:,} entries. Each is a question, not a verdict."


def _list(lead: Lead) -> str:
    shown = ", ".join(str(index) for index in lead.entries[:6])
    return shown + (f" and {len(lead.entries) - 6} more" if len(lead.entries) > 6 else "")
