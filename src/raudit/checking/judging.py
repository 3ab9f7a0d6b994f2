"""Judge a record and write what was asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from raudit.canonical import Sha256
from raudit.checking.flags import check_flags
from raudit.checking.inputs import (
    about_plan,
    baseline_path,
    load_decisions,
    load_plan_of,
    load_policy_of,
    load_waivers_of,
    look_first,
    plan_lines,
    read_record,
    with_flags,
)
from raudit.checking.options import SERVICE, CheckOptions, CheckResult
from raudit.checking.telling import append_decisions
from raudit.errors import UsageError
from raudit.files import write_or_refuse
from raudit.findings import Status
from raudit.gate.outputs import parse_output, render
from raudit.plan import Plan
from raudit.policy import (
    Baseline,
    Growth,
    Policy,
    apply_policy,
    baseline_bytes,
    grown,
    judge,
    load_baseline,
    vouched,
)
from raudit.record import Record, record_sha256

if TYPE_CHECKING:
    from raudit.evidence import Progress
    from raudit.log import ReadableLog


def check(
    options: CheckOptions,
    *,
    clock: datetime | None = None,
    log: ReadableLog | None = None,
    actor: str = SERVICE,
    progress: Progress | None = None,
) -> CheckResult:
    """Judge a record, or run the audit and judge what it established, and write what was asked for.

    In a notebook: ``raudit.check(raudit.CheckOptions(config=Path("raudit.yaml"), fail_on="high"))``.

    Parameters
    ----------
    clock
        The time; aware. By default the machine's.
    log
        An open log, which approvals, the order of enrolment and the last word of each decision are held against. To a
        `raudit.log.Log` the run, every waiver that is held against a finding, and approvals are appended; one of
        `raudit.log.read_log` is only asked.
    actor
        Who runs it; the log keeps a salted digest.
    progress
        Where long work says how far it is.

    Raises
    ------
    UsageError
        For flags, policy, waivers or baseline that cannot be used.
    EnvironmentFault
        If an output cannot be written; then none is.
    IntegrityError
        If the record is not as raudit wrote it.
    """
    outputs = [parse_output(text) for text in options.outputs]
    from raudit.log import Log

    kept = log if isinstance(log, Log) else None
    check_flags(options, [path for _kind, path in outputs], kept)
    now = (clock or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    today = options.today or now.date()
    plan = load_plan_of(options)
    notices: list[str] = []
    if options.record is not None:
        record = read_record(options.record)
        notices += about_plan(plan, record, options.config) if plan is not None else []
    else:
        record, said = _run(options, plan, now, log, actor, progress)
        notices += said
    notices += _unchecked_approvals(options, plan, record, log)
    if log is not None and kept is None:
        notices.append(_asked(log))
    record, growth = _judge(record, options, plan, today, log)
    notices += _unchecked_revocations(record, log)
    anchors = plan_lines(plan, options, record)
    rendered = {path: render(record, kind, anchors=anchors) for kind, path in outputs}
    standard = rendered.pop(Path("-"), None)
    files = dict(rendered)
    if growth is not None:
        path = baseline_path(options, plan, record.plan, must_exist=False)
        assert path is not None  # noqa: S101 -- _judge has looked
        files[path] = baseline_bytes(growth.baseline)
        notices.append(_growth_notice(growth))
    if kept is not None:
        append_decisions(kept, record, growth, now, actor)
    write_or_refuse(files)
    return CheckResult(
        record=record,
        anchors=anchors,
        notices=tuple(notices),
        growth=growth,
        standard_output=standard,
    )


def _judge(
    record: Record, options: CheckOptions, plan: Plan | None, today: date, log: ReadableLog | None
) -> tuple[Record, Growth | None]:
    policy = with_flags(load_policy_of(options, plan, record.plan), options, record)
    waivers = load_waivers_of(options, plan, record, log)
    path = baseline_path(options, plan, record.plan, must_exist=not options.update_baseline)
    baseline = load_baseline(path) if path is not None and path.exists() else None
    approved = _approved(log)
    if baseline is not None and approved is not None:
        baseline = vouched(baseline, approved)
    if options.update_baseline and path is None:
        raise UsageError(
            "there is no baseline to update",
            reference="no-baseline",
            where="--update-baseline",
            hint="name one with --baseline FILE, or as 'baseline' in raudit.yaml",
        )
    growth = (
        _grow(record, policy, baseline or Baseline(), options, today)
        if options.update_baseline
        else None
    )
    after = growth.baseline if growth is not None else baseline
    decisions = load_decisions(options, plan, record, log)
    verdict = apply_policy(
        record, policy, waivers=waivers, baseline=after, today=today, decisions=decisions
    )
    return record.with_verdict(verdict), growth


def _asked(log: ReadableLog) -> str:
    """How far a log that is only read was there to be asked."""
    from raudit.log import attest_log

    held = attest_log(log)
    return (
        f"Asked, not told: the log {log.store.location}, read with its verifier key alone; a signed checkpoint covers "
        f"{held.signed_size:,} of its {held.size:,} entries, and what lies beyond speaks for nothing."
    )


def _grow(
    record: Record, policy: Policy, baseline: Baseline, options: CheckOptions, today: date
) -> Growth:
    judged = [judge(finding, policy) for finding in record.findings if policy.judges(finding.rule)]
    failed = [(item.finding, item.threshold) for item in judged if item.status is Status.FAILED]
    return grown(
        baseline,
        record,
        failed,
        record_sha256=record_sha256(replace(record, verdict=None)),
        today=today,
        approver=options.approver,
        reason=options.reason,
    )


def _growth_notice(growth: Growth) -> str:
    said = f"Baseline: {len(growth.removed)} gone"
    if growth.approval is not None:
        return f"{said}, {len(growth.added)} let in by {growth.approval.approver}: {growth.approval.reason}"
    return f"{said}, none let in (that takes --approver and --reason)."


def _run(
    options: CheckOptions,
    plan: Plan | None,
    now: datetime,
    log: ReadableLog | None,
    actor: str,
    progress: Progress | None,
) -> tuple[Record, list[str]]:
    from raudit.audit import judge_plan
    from raudit.cache import StageCache
    from raudit.emit.running import code_sha256

    assert plan is not None  # noqa: S101 -- without a record the plan was loaded
    look_first(options, plan)
    cache = StageCache(options.cache, code=code_sha256()) if options.cache is not None else None
    record = judge_plan(
        plan,
        clock=now,
        seed=options.seed,
        log=log,
        actor=actor,
        progress=progress,
        today=options.today,
        cache=cache,
    )
    hits = cache.hits if cache is not None else ()
    return record, [f"Unchanged, taken from {options.cache}: {', '.join(hits)}."] if hits else []


def _approved(log: ReadableLog | None) -> frozenset[Sha256] | None:
    """Digests of the approvals that the log holds; None without a log."""
    if log is None:
        return None
    from raudit.emit.judging import approvals_in

    return approvals_in(log)


def _unchecked_approvals(
    options: CheckOptions, plan: Plan | None, record: Record, log: ReadableLog | None
) -> list[str]:
    """Say, or refuse, that a baseline's approvals count without a log that holds them: anyone can write one."""
    path = baseline_path(options, plan, record.plan, must_exist=False)
    if log is not None or path is None or not path.exists():
        return []
    count = len(load_baseline(path).approvals)
    if not count:
        return []
    if options.require_logged_approvals:
        raise UsageError(
            "the baseline has approvals, and no log is open to check them against",
            reference="approvals-not-checked",
            where=str(path),
            got=f"{count} not checked",
            hint="name the log and its key in the plan (log.path, log.key), and leave out --no-log",
        )
    noun = "approval" if count == 1 else "approvals"
    notice = (
        f"Approvals not checked: no log is open, so {count} {noun} in {path} may have been written by hand "
        "(--require-logged-approvals refuses that)."
    )
    return [notice]


def _unchecked_revocations(record: Record, log: ReadableLog | None) -> list[str]:
    """Say that waivers counted without a log that would tell of their revocation: a line can be put back by hand."""
    uses = record.verdict.waivers if record.verdict is not None else ()
    count = len({use.id for use in uses if use.state in {"applied", "expires_soon"}})
    if log is not None or not count:
        return []
    what = "1 waiver that counts" if count == 1 else f"{count} waivers that count"
    return [f"Revocations not checked: no log is open, so {what} may have been taken back before."]
