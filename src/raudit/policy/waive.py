"""Write a waiver: what it would cover, its text, and the waivers file with it at the end."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from raudit.errors import PolicyError
from raudit.findings import Finding, Status, Threshold
from raudit.policy.judge import judge
from raudit.policy.model import Policy
from raudit.policy.waived import matches
from raudit.policy.waivers import Waiver, load_waivers
from raudit.record import Record
from raudit.yamltext import nearest, parse_yaml, read_yaml

HEAD = "schema: raudit.waivers/1\nwaivers:\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A failed finding that a waiver would cover."""

    finding: Finding
    threshold: Threshold | None
    bound: float | None
    """The worst value its interval still holds, so that noise alone does not outgrow the waiver."""
    too_low: bool


def covered(record: Record, policy: Policy, waiver: Waiver) -> tuple[Covered, ...]:
    """Failed findings that a waiver's rule and scope fit."""
    found = []
    for finding in record.findings:
        if not matches(waiver, finding, record):
            continue
        seen = judge(finding, policy)
        if seen.status is Status.FAILED:
            found.append(_covered(finding, seen.threshold))
    return tuple(found)


def _covered(finding: Finding, limit: Threshold | None) -> Covered:
    measured = finding.measurement
    if measured is None or measured.value is None:
        return Covered(finding=finding, threshold=limit, bound=None, too_low=False)
    too_low = limit is not None and limit.low is not None and measured.value < limit.low
    span = measured.interval
    worst = (span.low if too_low else span.high) if span is not None else measured.value
    bound = measured.value if worst is None else worst
    return Covered(
        finding=finding, threshold=limit, bound=_outward(bound, down=too_low), too_low=too_low
    )


def _outward(value: float, *, down: bool) -> float:
    """Round to four decimals, away from the accepted range."""
    step = 10_000
    scaled = value * step
    whole = int(scaled)
    if down:
        return (whole - (scaled < whole)) / step
    return (whole + (scaled > whole)) / step


def next_id(path: Path) -> str:
    """The first free id of the form W-001."""
    taken = {entry.id for entry in load_waivers(path).entries} if path.exists() else set()
    number = 1
    while f"W-{number:03}" in taken:
        number += 1
    return f"W-{number:03}"


def waiver_text(waiver: Waiver) -> str:
    """One entry of a waivers file, as YAML."""
    scope = ", ".join(f"{key}: {_quoted(value)}" for key, value in waiver.scope)
    lines = [
        f"- id: {_quoted(waiver.id)}",
        f"  rule: {waiver.rule}",
        f"  scope: {{{scope}}}",
        f"  reason: {_quoted(waiver.reason)}",
        f"  owner: {_quoted(waiver.owner)}",
        f"  approver: {_quoted(waiver.approver)}",
    ]
    if waiver.ticket:
        lines.append(f"  ticket: {_quoted(waiver.ticket)}")
    lines += [f"  created: {waiver.created}", f"  expires: {waiver.expires}"]
    for name in ("max_value", "min_value"):
        bound = getattr(waiver, name)
        if bound is not None:
            lines.append(
                f"  {name}: {bound:g}" if float(f"{bound:g}") == bound else f"  {name}: {bound!r}"
            )
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Plain where YAML cannot misread it, else in double quotes, which are JSON's."""
    return (
        text
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_.@-]*", text)
        else json.dumps(text, ensure_ascii=False)
    )


def appended(path: Path, waiver: Waiver) -> bytes:
    """The waivers file with one more entry; what stands in it, comments too, stays as it is.

    Raises
    ------
    PolicyError
        If the file is no waivers file, the id is taken, or its layout leaves no place to append.
    """
    if not path.exists():
        return (HEAD + waiver_text(waiver)).encode()
    before = load_waivers(path)
    if any(entry.id == waiver.id for entry in before.entries):
        raise PolicyError(
            f"there is a waiver {waiver.id} already",
            reference="waiver-id-taken",
            where=str(path),
            hint="leave out --id, or give another",
        )
    text = path.read_text(encoding="utf-8-sig")
    for indent in ("", "  ", "    "):
        after = (
            text.rstrip()
            + "\n"
            + "".join(indent + line + "\n" for line in waiver_text(waiver).splitlines())
        )
        if _adds_one(text, after):
            return after.encode()
    raise PolicyError(
        "the file's layout leaves no place to append a waiver",
        reference="waivers-layout",
        where=str(path),
        expected="'waivers:' as the last key, with one entry a dash",
        hint="add this by hand:\n" + waiver_text(waiver),
    )


def without(path: Path, waiver: str) -> tuple[Waiver, bytes]:
    """One waiver of a file, and the file without it; everything else in it stays as it is.

    Raises
    ------
    PolicyError
        If there is no such waiver, or its layout does not let one entry be taken out.
    """
    found = named(path, waiver)
    text = path.read_text(encoding="utf-8-sig")
    lines = text.splitlines(keepends=True)
    yaml = read_yaml(path, error=PolicyError)
    starts = [yaml.line(("waivers", n)) - 1 for n in range(len(yaml.value["waivers"]))]
    index = [str(item.get("id")) for item in yaml.value["waivers"]].index(waiver)
    end = starts[index + 1] if index + 1 < len(starts) else len(lines)
    after = "".join([*lines[: starts[index]], *lines[end:]])
    kept = [item for item in yaml.value["waivers"] if str(item.get("id")) != waiver]
    try:
        now = parse_yaml(after, source="waivers", error=PolicyError).value
    except PolicyError:
        now = {}
    if not isinstance(now, dict) or (now.get("waivers") or []) != kept:
        raise PolicyError(
            "the file's layout does not let one waiver be taken out",
            reference="waivers-layout",
            where=str(path),
            hint=f"take {waiver} out by hand; the next run tells the log",
        )
    return found, after.encode()


def named(path: Path, waiver: str) -> Waiver:
    """One waiver of a file, by its id.

    Raises
    ------
    PolicyError
        If there is none.
    """
    entries = {entry.id: entry for entry in load_waivers(path).entries}
    if waiver not in entries:
        raise PolicyError(
            f"there is no waiver {waiver}",
            reference="no-waiver",
            where=str(path),
            hint=nearest(waiver, list(entries)) if entries else "the file holds none",
        )
    return entries[waiver]


def _adds_one(before: str, after: str) -> bool:
    """Whether the new text reads as the old one with one more waiver."""
    try:
        old = parse_yaml(before, source="waivers", error=PolicyError).value
        new = parse_yaml(after, source="waivers", error=PolicyError).value
    except PolicyError:
        return False
    was: Sequence[object] = old.get("waivers") or []
    now = new.get("waivers") if isinstance(new, dict) else None
    return (
        isinstance(now, list)
        and now[:-1] == list(was)
        and {**new, "waivers": None} == {**old, "waivers": None}
    )


def parsed_day(text: str, flag: str) -> date:
    """A day written as 2027-01-31.

    Raises
    ------
    PolicyError
        For anything else.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise PolicyError(
            "not a date",
            reference="bad-date",
            where=flag,
            got=text,
            expected="a date such as 2027-01-31",
        ) from fault
