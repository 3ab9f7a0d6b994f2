"""The gate: a record, its policy, waivers and baseline become a verdict, outputs and one exit status.

The command line, ``raudit.check``, the pytest plugin, the MLflow logger and the CI actions all call ``check``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256, sha256
from raudit.errors import PolicyError, UsageError
from raudit.findings import Severity, Status
from raudit.frames import as_html
from raudit.gate import PlanLines, write_atomically
from raudit.gate.outputs import parse_output, render
from raudit.people import NOBODY, load_people
from raudit.plan import Plan, load_plan
from raudit.policy import (
    Baseline,
    Growth,
    OnInconclusive,
    Policy,
    Waiver,
    Waivers,
    apply_policy,
    approval_sha256,
    baseline_bytes,
    baseline_sha256,
    grown,
    judge,
    load_baseline,
    load_policy,
    load_waivers,
    policy_source,
)
from raudit.policy.model import NEVER, RULE_ID, covers
from raudit.policy.proof import Decision, answers_of, decisions_in, judged_again
from raudit.record import Record, parse_record, record_sha256
from raudit.statements import check_statements, read_statements
from raudit.yamltext import nearest

if TYPE_CHECKING:
    import pandas as pd

    from raudit.evidence import Progress
    from raudit.log import Event, Log
    from raudit.policy.waive import Covered

MIN_REASON = 8
SERVICE = "service:raudit"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What a check is asked to do; every field has a flag of ``raudit check``."""

    config: Path = Path("raudit.yaml")
    """The plan."""
    record: Path | None = None
    """A record to judge; None runs the audit."""
    policy: str | None = None
    """A policy file or preset; None takes the plan's."""
    fail_on: str | None = None
    soft_fail_on: tuple[str, ...] = ()
    hard_fail_on: tuple[str, ...] = ()
    on_inconclusive: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    waivers: Path | None = None
    strict_waivers: bool = False
    baseline: Path | None = None
    update_baseline: bool = False
    require_logged_approvals: bool = False
    """Refuse to judge by a baseline whose approvals no log could be asked about."""
    approver: str = ""
    reason: str = ""
    outputs: tuple[str, ...] = ()
    """``kind=path``; the path ``-`` is standard output."""
    offline: bool = False
    seed: int | None = None
    cache: Path | None = None
    """Folder that keeps stages, so that one whose inputs did not change need not run again; None runs every stage."""
    today: date | None = None
    """Date in UTC against which waivers expire; None takes the clock's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check came to."""

    record: Record
    """With its verdict."""
    anchors: PlanLines
    notices: tuple[str, ...] = ()
    """What the person should know besides the verdict, one sentence each."""
    growth: Growth | None = None
    """The baseline as it was updated; None if that was not asked for."""
    standard_output: bytes | None = None
    """The output that was asked for on ``-``."""

    def to_frame(self) -> pd.DataFrame:
        """One row a finding of the record, with its measurement."""
        return self.record.to_frame()

    def _repr_html_(self) -> str:
        assert self.record.verdict is not None  # noqa: S101 -- check always sets it
        rows = [finding.as_row() for finding in self.record.findings]
        return as_html(f"Exit status {self.exit_status}: {len(rows):,} findings", rows)

    @property
    def exit_status(self) -> int:
        """0, 1, 3 or 5; see the table in ``docs/reference/exit-status.md``."""
        assert self.record.verdict is not None  # noqa: S101 -- check always sets it
        return self.record.verdict.exit_status


def check(
    options: CheckOptions,
    *,
    clock: datetime | None = None,
    log: Log | None = None,
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
        An open log: the run, every waiver that is held against a finding, and approvals are appended to it, and the
        approvals of the baseline must be in it.
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
    _check_flags(options, [path for _kind, path in outputs], log)
    now = (clock or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    today = options.today or now.date()
    plan = _plan(options)
    notices: list[str] = []
    if options.record is not None:
        record = read_record(options.record)
        if plan is not None and not _is_plan_of(plan, record):
            notices.append(
                f"{options.config} is not the plan that the record was made from; its lines may not fit."
            )
    else:
        record, said = _run(options, plan, now, log, actor, progress)
        notices += said
    notices += _unchecked_approvals(options, plan, record, log)
    record, growth = _judge(record, options, plan, today, log)
    anchors = plan_lines(plan, options, record)
    rendered = {path: render(record, kind, anchors=anchors) for kind, path in outputs}
    standard = rendered.pop(Path("-"), None)
    files = {path.resolve(): data for path, data in rendered.items()}
    if growth is not None:
        path = _baseline_path(options, plan, record, must_exist=False)
        assert path is not None  # noqa: S101 -- _judge has looked
        files[path] = baseline_bytes(growth.baseline)
        notices.append(_growth_notice(growth))
    if log is not None:
        _log(log, record, growth, now, actor)
    write_atomically(files)
    return CheckResult(
        record=record,
        anchors=anchors,
        notices=tuple(notices),
        growth=growth,
        standard_output=standard,
    )


def _judge(
    record: Record, options: CheckOptions, plan: Plan | None, today: date, log: Log | None
) -> tuple[Record, Growth | None]:
    policy = _overridden(_policy(options, plan, record), options, record)
    waivers = _waivers(options, plan, record, log)
    path = _baseline_path(options, plan, record, must_exist=not options.update_baseline)
    baseline = load_baseline(path) if path is not None and path.exists() else None
    approved = _approved(log)
    if baseline is not None and approved is not None:
        baseline = baseline.approved_by(approved)
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
    decisions = _decisions(options, plan, record, log)
    verdict = apply_policy(
        record, policy, waivers=waivers, baseline=after, today=today, decisions=decisions
    )
    return record.with_verdict(verdict), growth


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
    log: Log | None,
    actor: str,
    progress: Progress | None,
) -> tuple[Record, list[str]]:
    from raudit.audit import code_sha256, judge_plan
    from raudit.cache import StageCache

    assert plan is not None  # noqa: S101 -- without a record the plan was loaded
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


def _approved(log: Log | None) -> frozenset[Sha256] | None:
    """Digests of the approvals that the log holds; None without a log."""
    if log is None:
        return None
    from raudit.audit import approvals_in

    return approvals_in(log)


def _unchecked_approvals(
    options: CheckOptions, plan: Plan | None, record: Record, log: Log | None
) -> list[str]:
    """Say, or refuse, that a baseline's approvals count without a log that holds them: anyone can write one."""
    path = _baseline_path(options, plan, record, must_exist=False)
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


def _log(log: Log, record: Record, growth: Growth | None, now: datetime, actor: str) -> None:
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
    from raudit.audit import waiver_events
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


def read_record(path: Path) -> Record:
    """Read a stored record.

    Raises
    ------
    UsageError
        If the file cannot be read.
    RecordIntegrityError
        If it is not as raudit wrote it.
    """
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise UsageError(
            "the record cannot be read",
            reference="file-unreadable",
            where=str(path),
            got=fault.strerror or str(fault),
            hint="check the path; raudit audit writes record.json",
        ) from fault
    return parse_record(data)


def _check_flags(options: CheckOptions, paths: list[Path], log: Log | None) -> None:
    if options.update_baseline and bool(options.approver) != bool(options.reason):
        raise UsageError(
            "an approval needs who and why",
            reference="approval-incomplete",
            where="--approver, --reason",
            hint="give both, or neither to prune only",
        )
    if options.approver and log is None:
        raise UsageError(
            "an approval must be logged, and no log is open",
            reference="approval-without-log",
            where="--approver",
            hint="name a log key in the plan (log.key) and leave out --no-log",
        )
    if options.reason and len(options.reason) < MIN_REASON:
        raise UsageError(
            "the reason is too short to be one",
            reference="reason-too-short",
            where="--reason",
            got=options.reason,
            expected=f"at least {MIN_REASON} characters",
        )
    if (options.approver or options.reason) and not options.update_baseline:
        raise UsageError(
            "there is nothing to approve",
            reference="approval-without-update",
            where="--approver, --reason",
            hint="add --update-baseline",
        )
    places = [path if path == Path("-") else path.resolve() for path in paths]
    if len(set(places)) < len(places):
        raise UsageError(
            "two outputs go to the same place",
            reference="output-twice",
            where="--output",
            hint="give each output a path of its own",
        )


def _plan(options: CheckOptions) -> Plan | None:
    """The plan; with a record it may be absent."""
    if options.record is not None and not options.config.exists():
        return None
    return load_plan(options.config)


def _is_plan_of(plan: Plan, record: Record) -> bool:
    return any(item.role == "plan" and item.sha256 == plan.sha256 for item in record.inputs)


def _policy(options: CheckOptions, plan: Plan | None, record: Record) -> Policy:
    if options.policy is not None:
        return load_policy(policy_source(options.policy, Path()))
    folder = plan.folder if plan is not None else _record_folder(options)
    said = plan.file.policy if plan is not None else record.plan.get("policy")
    if isinstance(said, Mapping):
        return load_policy(inline=said, yaml=plan.yaml if plan is not None else None, folder=folder)
    return load_policy(policy_source(str(said), folder) if said else None)


def _overridden(policy: Policy, options: CheckOptions, record: Record) -> Policy:
    """Lay the flags over the policy; a flag that names no rule of this audit is a slip, not a wish."""
    known = sorted(
        {rule.id for stage in record.stages for rule in stage.rules}
        | {f.rule for f in record.findings}
    )
    severities = [str(severity) for severity in Severity]
    for flag, words, also in (
        ("--soft-fail-on", options.soft_fail_on, severities),
        ("--hard-fail-on", options.hard_fail_on, severities),
        ("--select", options.select, []),
        ("--ignore", options.ignore, []),
    ):
        for word in words:
            fits = word in also or (
                RULE_ID.fullmatch(word) and any(covers(word, rule) for rule in known)
            )
            if not fits:
                raise UsageError(
                    f"{flag} names no rule of this audit",
                    reference="unknown-rule",
                    where=flag,
                    got=word,
                    expected="a rule id, a prefix of one" + (", or a severity" if also else ""),
                    hint=nearest(word, [*known, *also]),
                )
    changes: dict[str, Any] = {}
    if options.fail_on is not None:
        changes["fail_on"] = None if options.fail_on == NEVER else Severity(options.fail_on)
    if options.on_inconclusive is not None:
        changes["on_inconclusive"] = OnInconclusive(options.on_inconclusive)
    for key in ("soft_fail_on", "hard_fail_on"):
        if getattr(options, key):
            changes[key] = (*getattr(policy, key), *getattr(options, key))
    for key in ("select", "ignore"):
        if getattr(options, key):
            changes[key] = getattr(options, key)
    if options.strict_waivers:
        changes["waivers"] = replace(policy.waivers, strict=True)
    return policy.changed(**changes)


def _waivers(options: CheckOptions, plan: Plan | None, record: Record, log: Log | None) -> Waivers:
    from raudit.emit import enrolment_of, revocations_in

    people = _file(None, "people", options, plan, record)
    return load_waivers(
        _file(options.waivers, "waivers", options, plan, record),
        people=load_people(people) if people is not None else NOBODY,
        identity=plan.file.identity
        if plan is not None
        else str(record.plan.get("identity", "proven")),
        enrolment=enrolment_of(log) if log is not None else None,
        revoked=revocations_in(log) if log is not None else None,
    )


def _decisions(
    options: CheckOptions, plan: Plan | None, record: Record, log: Log | None
) -> tuple[Decision, ...] | None:
    """The record's decisions, asked again where people.yaml is not the one that the record was made with."""
    from raudit.emit import enrolment_of

    made = decisions_in(record)
    path = _file(None, "people", options, plan, record)
    people = load_people(path) if path is not None else NOBODY
    then = {item.sha256 for item in record.inputs if item.role == "people"}
    now = {sha256(path.read_bytes())} if path is not None else set()
    if made is None or options.record is None or then == now:
        return made
    answers = (
        [plan.path(section.answers) for section in plan.file.assessments if section.answers]
        if plan is not None
        else [_record_folder(options) / name for name in answers_of(record)]
    )
    envelopes = [envelope for file in answers for envelope in read_statements(file)]
    known = enrolment_of(log) if log is not None else None
    return judged_again(made, people, check_statements(envelopes, people, enrolment=known))


def _baseline_path(
    options: CheckOptions, plan: Plan | None, record: Record, *, must_exist: bool
) -> Path | None:
    path = _file(options.baseline, "baseline", options, plan, record)
    if path is not None and must_exist and not path.exists():
        raise PolicyError(
            "the baseline cannot be read",
            reference="file-unreadable",
            where=str(path),
            got="no such file",
            hint="write it with --update-baseline --approver NAME --reason TEXT",
        )
    return path.resolve() if path is not None else None


def _file(
    given: Path | None, key: str, options: CheckOptions, plan: Plan | None, record: Record
) -> Path | None:
    """A file by its flag, else as the plan names it."""
    if given is not None:
        return given
    if plan is not None:
        said = getattr(plan.file, key)
        return plan.path(said) if said else None
    said = record.plan.get(key)
    return _record_folder(options) / str(said) if said else None


def _record_folder(options: CheckOptions) -> Path:
    return options.record.resolve().parent if options.record is not None else Path.cwd()


def plan_lines(plan: Plan | None, options: CheckOptions, record: Record) -> PlanLines:
    """Where the rules are set, for outputs; paths are relative to the current folder, as CI has it."""
    uri = _relative(options.config)
    if plan is None:
        named = next((item.name for item in record.inputs if item.role == "plan"), "raudit.yaml")
        return PlanLines(plan_uri=named)
    files = {}
    for section in plan.file.assessments:
        if section.answers:
            path = plan.path(section.answers)
            if path.exists():
                files[section.answers] = (_relative(path), _yaml(path))
    said = options.policy or plan.file.policy
    source = (
        policy_source(said, Path() if options.policy else plan.folder)
        if isinstance(said, str)
        else None
    )
    if isinstance(source, Path) and source.exists():
        files[source.name] = (_relative(source), _yaml(source))
    return PlanLines(
        plan_uri=uri, plan=plan.yaml, files={k: v for k, v in files.items() if v[1] is not None}
    )


def _yaml(path: Path) -> Any:
    from raudit.errors import AnswersError
    from raudit.yamltext import read_yaml

    try:
        return read_yaml(path, error=AnswersError)
    except AnswersError:
        return None  # the assessments stage has reported it; here it only means no line


def _relative(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.name


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


__all__ = ["CheckOptions", "CheckResult", "check", "log_events", "plan_lines", "waiver_for"]
