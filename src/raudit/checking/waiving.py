"""A waiver for one finding, written by hand or by a command."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.checking.inputs import read_record
from raudit.errors import PolicyError
from raudit.findings import Status
from raudit.policy import (
    Waiver,
    load_policy,
    policy_source,
)
from raudit.yamltext import nearest

if TYPE_CHECKING:
    from raudit.policy.waive import Covered


def waiver_for(
    rule: str,
    path: Path,
    *,
    record: Path,
    policy: str | None,
    expires: str,
    today: date,
    name: str | None,
    **said: Any,
) -> tuple[Waiver, tuple[Covered, ...]]:
    """Make a waiver from what a person typed, and find what it covers.

    Raises
    ------
    PolicyError
        If a field is malformed, or it covers nothing.
    """
    from raudit.policy.waive import covered, next_id, parsed_day
    from raudit.policy.waivers import waiver_from

    held = read_record(record)
    judged_by = load_policy(policy_source(policy, Path()) if policy else None)
    bounds = {key: said.pop(key) for key in ("max_value", "min_value")}
    fields = {key: said.pop(key) for key in ("reason", "owner", "approver", "ticket")}
    scope = {key: value for key, value in said.items() if value}
    raw = {
        **fields,
        "id": name or next_id(path),
        "rule": rule,
        "scope": scope,
        "created": today.isoformat(),
        "expires": parsed_day(expires, "--expires").isoformat(),
        **{key: value for key, value in bounds.items() if value is not None},
    }
    waiver = waiver_from(raw)
    found = covered(held, judged_by, waiver)
    if not found:
        failed = [finding for finding in held.findings if finding.status is Status.FAILED]
        known = sorted({finding.rule for finding in failed})
        about = sorted({f"{f.subject.kind} {f.subject.name}" for f in failed if f.rule == rule})
        raise PolicyError(
            "the waiver would cover no failed finding of this record",
            reference="waiver-covers-nothing",
            where=rule,
            got=", ".join(f"{key} {value}" for key, value in scope.items()),
            hint=f"{rule} failed for: {', '.join(about)}"
            if about
            else nearest(rule, known)
            if known
            else "nothing failed",
        )
    for key, too_low in (("max_value", False), ("min_value", True)):
        ends = [item.bound for item in found if item.too_low is too_low and item.bound is not None]
        if ends and getattr(waiver, key) is None:
            raw[key] = min(ends) if too_low else max(ends)
    return waiver_from(raw), found
