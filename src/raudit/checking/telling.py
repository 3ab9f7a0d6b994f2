"""What a verdict owes the log."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from raudit.checking.options import SERVICE
from raudit.policy import (
    Growth,
    approval_sha256,
    baseline_sha256,
)
from raudit.record import Record

if TYPE_CHECKING:
    from raudit.log import Event, Log


def append_decisions(
    log: Log, record: Record, growth: Growth | None, now: datetime, actor: str
) -> None:
    """Append what people decided: waivers that were held against findings, and an approval.

    An approval counts only under a signed checkpoint, so one is signed at once.
    """
    events = log_events(record, growth, actor=actor)
    if events:
        log.append(events, clock=now)
    if growth is not None and growth.approval is not None:
        log.checkpoint(now)


def log_events(
    record: Record, growth: Growth | None = None, *, actor: str = SERVICE
) -> tuple[Event, ...]:
    """Events that a verdict owes the log."""
    from raudit.emit.judging import waiver_events
    from raudit.log import Event, EventType

    events = list(waiver_events(record, actor=actor))
    if growth is not None and growth.approval is not None:
        body: dict[str, Any] = {
            "approval": approval_sha256(growth.approval),
            "baseline": baseline_sha256(growth.baseline),
            "added": len(growth.added),
            "record": growth.approval.record_sha256,
            "by": growth.approval.approver,
        }
        events.append(Event(type=EventType.BASELINE_APPROVED, actor=actor, body=body))
    return tuple(events)
