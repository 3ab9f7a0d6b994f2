"""Hold a record against its plan's policy, waivers and baseline, with what the log vouches for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from raudit.canonical import Sha256, sha256
from raudit.emit.enrolment import enrolment_of
from raudit.emit.waivers import revocations_in
from raudit.log import Event, EventType, ReadableLog, attest_log
from raudit.people import NOBODY, load_people
from raudit.plan import Plan
from raudit.policy import (
    Policy,
    apply_policy,
    load_baseline,
    load_policy,
    load_waivers,
    policy_source,
    vouched,
)
from raudit.record import Record, record_bytes


def judge_record(
    plan: Plan, record: Record, *, today: date, log: ReadableLog | None = None
) -> Record:
    """Apply the plan's policy, waivers and baseline to a record.

    With a log, only approvals that it holds let findings into the baseline.
    """
    file = plan.file
    waivers = load_waivers(
        plan.path(file.waivers) if file.waivers else None,
        people=load_people(plan.path(file.people)) if file.people else NOBODY,
        identity=file.identity,
        enrolment=enrolment_of(log) if log is not None else None,
        revoked=revocations_in(log, file.system.name) if log is not None else None,
        system=file.system.name,
    )
    baseline = load_baseline(plan.path(file.baseline)) if file.baseline else None
    if baseline is not None and log is not None:
        baseline = vouched(baseline, approvals_in(log))
    return record.with_verdict(
        apply_policy(record, plan_policy(plan), waivers=waivers, baseline=baseline, today=today)
    )


def approvals_in(log: ReadableLog) -> frozenset[Sha256]:
    """Digests of the baseline approvals that a log vouches for: hashed, and covered by a checkpoint it signed.

    Raises
    ------
    LogIntegrityError
        If the log was edited.
    """
    held = attest_log(log, types=[EventType.BASELINE_APPROVED])
    return frozenset(
        Sha256(str(entry.body.get("approval"))) for entry in held.of(EventType.BASELINE_APPROVED)
    )


def plan_policy(plan: Plan) -> Policy:
    """Read the policy that the plan names or holds."""
    given = plan.file.policy
    if isinstance(given, Mapping):
        return load_policy(None, given, yaml=plan.yaml, folder=plan.folder)
    return load_policy(policy_source(given, plan.folder) if given else None)


def waiver_events(record: Record, *, actor: str) -> tuple[Event, ...]:
    """What the log must keep of the waivers that were held against findings."""
    bare = sha256(record_bytes(replace(record, verdict=None)))
    system = str(record.system.get("name", ""))
    events: list[Event] = []
    for use in record.verdict.waivers if record.verdict is not None else ():
        if use.state == "unused":
            continue
        if use.state == "expired" and use.expires:
            kind = EventType.WAIVER_EXPIRED
            body = {"waiver": use.id, "expires": use.expires}
            body |= {"system": system[:200]} if system else {}
        else:
            kind = EventType.WAIVER_USED
            body = {
                "waiver": use.id[:200],
                "state": use.state.replace("_", "-"),
                "rule": use.rule[:200] or "none",
                "finding": use.fingerprint,
                "record": bare,
            }
        events.append(Event(type=kind, run=record.run.id, actor=actor, body=body))
    return tuple(events)
