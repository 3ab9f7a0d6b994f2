"""What a log knows of keys and statements, for checking statements against it."""

from __future__ import annotations

from raudit.log import EventType, Log
from raudit.log.tree.merkle import root_at
from raudit.statements import Enrolment, LogState


def enrolment_of(log: Log) -> Enrolment:
    """Collect from a log which keys it enrolled and withdrew, and which statements it was told of.

    It reads entries and judges none: whoever relies on it verifies the log first.
    """
    enrolled: dict[str, int] = {}
    withdrawn: dict[str, int] = {}
    statements: dict[str, int] = {}
    for entry in log.entries():
        if entry.type == EventType.PEOPLE_CHANGED:
            for name in entry.body.get("enrolled", ()):
                enrolled.setdefault(str(name), entry.index)
                withdrawn.pop(str(name), None)
            for name in entry.body.get("withdrawn", ()):
                withdrawn.setdefault(str(name), entry.index)
        statement = entry.body.get("statement")
        if statement:
            statements.setdefault(str(statement), entry.index)
    return Enrolment(
        origin=log.origin,
        size=log.size,
        enrolled=enrolled,
        withdrawn=withdrawn,
        statements=statements,
        root_at=lambda size: root_at(size, log.store.node).hex(),
    )


def log_state(log: Log) -> LogState:
    """The log as it is now, for a statement to name."""
    size = log.size
    return LogState(origin=log.origin, size=size, root=root_at(size, log.store.node).hex())
