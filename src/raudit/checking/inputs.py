"""What a check reads: record, plan, policy, waivers, baseline, and which of them was named where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import sha256, sha256_file
from raudit.checking.options import CheckOptions
from raudit.errors import PolicyError, UsageError
from raudit.findings import Severity
from raudit.gate import PlanLines
from raudit.ordinary import read_file
from raudit.people import NOBODY, load_people
from raudit.plan import Plan, load_plan
from raudit.policy import (
    OnInconclusive,
    Policy,
    Waivers,
    load_baseline,
    load_policy,
    load_waivers,
    policy_source,
)
from raudit.policy.model import NEVER, RULE_ID, covers
from raudit.policy.proof import Decision, answers_of, decisions_in, judged_again
from raudit.record import Input, Record, parse_record
from raudit.spelling import spelling
from raudit.statements import check_statements, whole_statements
from raudit.yamltext import nearest

if TYPE_CHECKING:
    from raudit.log import ReadableLog


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
        data = read_file(path)
    except OSError as fault:
        raise UsageError(
            "the record cannot be read",
            reference="file-unreadable",
            where=str(path),
            got=fault.strerror or str(fault),
            hint="check the path; raudit run writes record.json",
        ) from fault
    return parse_record(data)


def load_plan_of(options: CheckOptions) -> Plan | None:
    """The plan; with a record it may be absent."""
    if options.record is not None and not options.config.exists():
        return None
    return load_plan(options.config)


def is_plan_of(plan: Plan, record: Record) -> bool:
    """Whether a record was made from a plan."""
    return any(item.role == "plan" and item.sha256 == plan.sha256 for item in record.inputs)


HASHED_BYTES = 256 << 20
"""Files up to this size are hashed to see whether a record is of them; a check of a stored record is quick."""


def about_plan(plan: Plan, record: Record, config: Path) -> list[str]:
    """Say where a stored record is not of what the plan names today.

    Raises
    ------
    UsageError
        If it is of another system.
    """
    of = str(record.system.get("name", ""))
    if spelling(of) != spelling(plan.file.system.name):
        raise UsageError(
            "the record is of another system than the plan",
            reference="record-of-another-system",
            where="--record",
            got=of or "no name",
            expected=plan.file.system.name,
            hint="name the record of this system, or its own plan with --config",
        )
    said = []
    if not is_plan_of(plan, record):
        said.append(
            f"{config} is not the plan that the record was made from; its lines may not fit."
        )
    model = plan.file.model
    named = (("data", plan.file.data and plan.file.data.path), ("model", model and model.path))
    for role, path in named:
        if path and _moved_on(plan.path(path), [i for i in record.inputs if i.role == role]):
            said.append(
                f"{path} is not the {role} that the record was made from: its findings are about the other. "
                "Without --record, the audit is made anew."
            )
    return said


def _moved_on(path: Path, made_from: Sequence[Input]) -> bool:
    """Whether a file is there and is none of those that a record was made from."""
    sizes = {item.bytes for item in made_from}
    if not made_from or None in sizes or not path.is_file():
        return False
    size = path.stat().st_size
    if size not in sizes or size > HASHED_BYTES:
        return size not in sizes
    return sha256_file(path) not in {item.sha256 for item in made_from}


def look_first(options: CheckOptions, plan: Plan) -> None:
    """Read policy, people, waivers and baseline, so that what is wrong with them costs no audit.

    Raises
    ------
    PolicyError, PeopleError
        As reading them does.
    """
    load_policy_of(options, plan, {})
    people = _file(None, "people", options, plan, {})
    known = load_people(people) if people is not None else NOBODY
    load_waivers(_file(options.waivers, "waivers", options, plan, {}), people=known)
    baseline = baseline_path(options, plan, {}, must_exist=not options.update_baseline)
    if baseline is not None and baseline.exists():
        load_baseline(baseline)


def load_policy_of(options: CheckOptions, plan: Plan | None, recorded: Mapping[str, Any]) -> Policy:
    """The policy that holds: the options' own, else the plan's, else that of the plan that a record holds."""
    if options.policy is not None:
        return load_policy(policy_source(options.policy, Path()))
    folder = plan.folder if plan is not None else _record_folder(options)
    said = plan.file.policy if plan is not None else recorded.get("policy")
    if isinstance(said, Mapping):
        return load_policy(inline=said, yaml=plan.yaml if plan is not None else None, folder=folder)
    return load_policy(policy_source(str(said), folder) if said else None)


def with_flags(policy: Policy, options: CheckOptions, record: Record) -> Policy:
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


def load_waivers_of(
    options: CheckOptions, plan: Plan | None, record: Record, log: ReadableLog | None
) -> Waivers:
    """Waivers that the options or the plan name."""
    from raudit.emit import enrolment_of, revocations_in

    people = _file(None, "people", options, plan, record.plan)
    system = plan.file.system.name if plan is not None else str(record.system.get("name", ""))
    return load_waivers(
        _file(options.waivers, "waivers", options, plan, record.plan),
        people=load_people(people) if people is not None else NOBODY,
        identity=plan.file.identity
        if plan is not None
        else str(record.plan.get("identity", "proven")),
        enrolment=enrolment_of(log) if log is not None else None,
        revoked=revocations_in(log, system) if log is not None else None,
        system=system,
    )


def load_decisions(
    options: CheckOptions, plan: Plan | None, record: Record, log: ReadableLog | None
) -> tuple[Decision, ...] | None:
    """The record's decisions, asked again under another people.yaml than it was made with, or of a log."""
    from raudit.emit import enrolment_of

    made = decisions_in(record)
    path = _file(None, "people", options, plan, record.plan)
    people = load_people(path) if path is not None else NOBODY
    then = {item.sha256 for item in record.inputs if item.role == "people"}
    now = {sha256(read_file(path))} if path is not None else set()
    if made is None or options.record is None or (then == now and log is None):
        return made
    answers = (
        [plan.path(section.answers) for section in plan.file.assessments if section.answers]
        if plan is not None
        else [_record_folder(options) / name for name in answers_of(record)]
    )
    envelopes = [envelope for file in answers for envelope in whole_statements(file)]
    known = enrolment_of(log) if log is not None else None
    return judged_again(made, people, check_statements(envelopes, people, enrolment=known))


def baseline_path(
    options: CheckOptions, plan: Plan | None, recorded: Mapping[str, Any], *, must_exist: bool
) -> Path | None:
    """Where the baseline is; None if none is named."""
    path = _file(options.baseline, "baseline", options, plan, recorded)
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
    given: Path | None,
    key: str,
    options: CheckOptions,
    plan: Plan | None,
    recorded: Mapping[str, Any],
) -> Path | None:
    """A file by its flag, else as the plan names it, else as that of a record does."""
    if given is not None:
        return given
    if plan is not None:
        said = getattr(plan.file, key)
        return plan.path(said) if said else None
    said = recorded.get(key)
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
