"""What a log knows of keys and statements, for checking statements against it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

from raudit.emit.known import KnownEntries, known_of, known_until
from raudit.log import ReadableLog, attest_held
from raudit.log.tree.merkle import root_at
from raudit.statements import Enrolment, LogState, Word

K = TypeVar("K", bound=Hashable)


def enrolment_of(log: ReadableLog, *, vouched: int | None = None) -> Enrolment:
    """Collect from a log which keys it enrolled and withdrew, and which statements it was told of.

    It reads entries and judges none: whoever relies on it verifies the log first. Of a log that was opened with its
    verifier key, that is done here.

    Parameters
    ----------
    vouched
        Only so many first entries speak for anything; the others are heard as doubts. By default those that a signed
        checkpoint covers, if all that is known of the log is its verifier key, else all.
    """
    with log.store.snapshot():
        size = log.size
        if vouched is None and log.pinned is not None:
            vouched = attest_held(log, size).signed_size
        if vouched is None or vouched >= size:
            known = known_of(log)
            return _enrolment(log, known, known, None)
        return _enrolment(log, known_until(log, vouched), known_until(log, size), vouched)


def _enrolment(
    log: ReadableLog, sure: KnownEntries, all_of_it: KnownEntries, vouched: int | None
) -> Enrolment:
    return Enrolment(
        origin=log.origin,
        size=all_of_it.size,
        vouched=vouched,
        enrolled=dict(all_of_it.enrolled),
        withdrawn={**all_of_it.withdrawn, **sure.withdrawn},
        statements=dict(all_of_it.statements),
        last=_both(sure.last, all_of_it.last),
        unnamed=_both(sure.unnamed, all_of_it.unnamed),
        places=dict(all_of_it.places),
        revoked=dict(all_of_it.revoked),
        heard=dict(all_of_it.heard),
        root_at=lambda size: root_at(size, log.store.node).hex(),
    )


def _both(sure: Mapping[K, Word], all_of_it: Mapping[K, Word]) -> dict[K, tuple[Word, ...]]:
    """The last words that are vouched for, and those after them: neither takes the other's place."""
    return {
        key: tuple(dict.fromkeys((sure.get(key, word), word))) for key, word in all_of_it.items()
    }


def log_state(log: ReadableLog) -> LogState:
    """The log as it is now, for a statement to name."""
    size = log.size
    return LogState(origin=log.origin, size=size, root=root_at(size, log.store.node).hex())
