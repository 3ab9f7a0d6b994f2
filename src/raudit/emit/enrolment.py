"""What a log knows of keys and statements, for checking statements against it."""

from __future__ import annotations

from raudit.emit.known import known_of
from raudit.log import Log
from raudit.log.tree.merkle import root_at
from raudit.statements import Enrolment, LogState


def enrolment_of(log: Log) -> Enrolment:
    """Collect from a log which keys it enrolled and withdrew, and which statements it was told of.

    It reads entries and judges none: whoever relies on it verifies the log first.
    """
    known = known_of(log)
    return Enrolment(
        origin=log.origin,
        size=known.size,
        enrolled=dict(known.enrolled),
        withdrawn=dict(known.withdrawn),
        statements=dict(known.statements),
        signed=dict(known.signed),
        reviewed=dict(known.reviewed),
        heard=dict(known.heard),
        root_at=lambda size: root_at(size, log.store.node).hex(),
    )


def log_state(log: Log) -> LogState:
    """The log as it is now, for a statement to name."""
    size = log.size
    return LogState(origin=log.origin, size=size, root=root_at(size, log.store.node).hex())
