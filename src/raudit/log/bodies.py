"""What the body of each event type must hold. Loaded when something is appended, not when a log is read.

Digests are SHA-256 in 64 hexadecimal digits, or `raudit.log.events.salted_digest` for anything that could be guessed
or is about a person. People are written as salted digests only; the log replaces their names before it validates.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

from raudit.errors import LogError
from raudit.log.events import SALTED, SERVICE, Event, EventType
from raudit.validate import Strict

Digest = Annotated[str, Field(pattern=r"^(salted:)?[0-9a-f]{64}$")]
"""A SHA-256 digest, or a salted one."""
Person = Annotated[str, Field(pattern=r"^(salted:[0-9a-f]{64}|service:[A-Za-z0-9._/@:+-]{1,200})$")]
"""A person by salted digest, or a service by name."""
Short = Annotated[str, Field(min_length=1, max_length=200)]
"""A name that is no personal datum."""
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
"""A kebab-case word, such as an error's reference."""
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
"""A day, ISO 8601."""
NoteText = Annotated[str, Field(min_length=1, max_length=20_000)]
"""A signed note."""


class LogOpened(Strict):
    """The first entry of every log."""

    origin: Short
    vkey: Short
    """Verifier key of the key that opened it."""
    continues: NoteText | None = None
    """Last checkpoint of the log that this one takes over from, if any."""


class RunStarted(Strict):
    """Logged before any data is read, so that a run that is not to anyone's liking cannot be left out."""

    plan: Digest
    data: Digest | dict[Short, Digest]
    """Digest of the data set, or one a part."""
    model: Digest | None = None
    """None if predictions are audited."""
    code: Digest
    environment: Digest
    seed: int
    system: Short | None = None
    """Name of what is audited."""
    policy: Digest | None = None
    answers: Digest | None = None


class StageFinished(Strict):
    """A stage has ended."""

    stage: Short
    outcome: Literal["completed", "skipped", "failed"]
    result: Digest | None = None
    """Digest of what it found; None if it found nothing because it did not complete."""
    reason: Code | None = None


class RunFinished(Strict):
    """A run has come to a verdict."""

    record: Digest
    verdict: Code
    exit_status: Annotated[int, Field(ge=0, le=255)]


class RunFailed(Strict):
    """A run has ended in an error."""

    error: Code
    """The error's reference."""
    exit_status: Annotated[int, Field(ge=0, le=255)]


class RunAborted(Strict):
    """A run was stopped by someone."""

    reason: Code


class AnswersChanged(Strict):
    """Answers to a checklist were written or changed."""

    checklist: Short
    question: Short | None = None
    old: Digest | None = None
    """None for the first answers."""
    new: Digest | None = None
    """None if they were removed."""
    by: Person


class AnswersSubmitted(Strict):
    """Their authors say that answers are ready to be reviewed."""

    checklist: Short
    answers: Digest
    """Of the answers as they were submitted."""
    by: Person


class WaiverGranted(Strict):
    """A finding may fail without blocking, until a day."""

    waiver: Short
    rule: Short
    scope: Short
    expires: Day
    approver: Person
    digest: Digest
    """Of the waiver's full text."""
    statement: Digest | None = None
    """Of the approver's signed statement; None if it is only stated."""
    system: Short | None = None
    """Name of the system whose findings it covers; None where no plan was at hand, as in earlier versions."""


class WaiverApproved(Strict):
    """Someone other than its owner has agreed to a waiver, in a signed statement."""

    waiver: Short
    digest: Digest
    """Of the waiver's full text."""
    by: Person
    statement: Digest | None = None


class WaiverRevoked(Strict):
    """A waiver was taken back before its day."""

    waiver: Short
    by: Person
    statement: Digest | None = None
    system: Short | None = None


class WaiverExpired(Strict):
    """A waiver reached its day; noticed by a run."""

    waiver: Short
    expires: Day
    system: Short | None = None


class WaiverUsed(Strict):
    """A run held a waiver against a finding."""

    waiver: Short
    state: Code
    """``applied``, ``expires-soon``, ``outgrown``, ``unproven`` or ``malformed``."""
    rule: Short
    finding: Annotated[str, Field(pattern="^([0-9a-f]{32})?$")] = ""
    """Fingerprint of the finding, which holds no value."""
    record: Digest
    """Of the record without its verdict."""


class BaselineApproved(Strict):
    """Someone let failed findings into a baseline."""

    approval: Digest
    """Of the approval's full text in the baseline file."""
    baseline: Digest
    """Of the baseline file as it then was."""
    added: Annotated[int, Field(ge=1)]
    record: Digest
    """Of the record whose findings were let in, without its verdict."""
    by: Person


class ReviewGiven(Strict):
    """Someone other than its author has looked at an answer."""

    checklist: Short
    question: Short
    answers: Digest
    """Digest of the answers as they then were."""
    state: Code
    by: Person
    statement: Digest | None = None
    matter: Digest | None = None
    """Digest of what the statement decides: system, checklist and question; a later one on it replaces an earlier."""


class ConditionMet(Strict):
    """A condition of an approval is met, says someone who does not answer for it."""

    checklist: Short
    role: Short
    condition: Annotated[int, Field(ge=1)]
    by: Person
    statement: Digest | None = None


class SignoffGiven(Strict):
    """Someone has signed off answers or a report."""

    checklist: Short
    answers: Digest
    """Digest of exactly what was signed off."""
    role: Short
    by: Person
    statement: Digest | None = None
    """Of the signed statement; None if the sign-off is only stated."""
    matter: Digest | None = None
    """Digest of what the statement decides: system, checklist and role; a later one on it replaces an earlier."""


class SignoffVoided(Strict):
    """A sign-off does not hold any more."""

    checklist: Short
    signoff: Annotated[int, Field(ge=0)]
    """Index of the sign-off's entry."""
    reason: Code


class ReportRendered(Strict):
    """A PDF was made, not yet signed."""

    record: Digest
    pdf: Digest
    template: Short | None = None


class ReportIssued(Strict):
    """A PDF was signed and given out."""

    pdf: Digest
    """Of the file as signed."""
    record: Digest
    certificate: Digest
    """SHA-256 fingerprint of the signer's certificate."""
    rendered: Digest | None = None
    """Of the file before it was signed."""


class ReportCountersigned(Strict):
    """A further signature was added; the digest is of the longer file."""

    pdf: Digest
    previous: Digest
    """Of the revision to which the signature was added."""
    certificate: Digest


class ReportSuperseded(Strict):
    """A report is replaced by another."""

    pdf: Digest
    by: Digest
    """Of the report that replaces it."""


class ReportWithdrawn(Strict):
    """A report is not to be relied on any more."""

    pdf: Digest
    reason: Code


class PolicyChanged(Strict):
    """Thresholds, waivers or what blocks were changed."""

    old: Digest | None = None
    new: Digest
    system: Short | None = None
    """The system that is judged by it."""
    by: Person


class PeopleChanged(Strict):
    """The file of people was changed; ``new`` is of its meaning."""

    old: Digest | None = None
    new: Digest
    enrolled: list[Digest] = []
    """Bindings of a key to a person that count from now on, see `raudit.people.binding`."""
    withdrawn: list[Digest] = []
    """Bindings that do not count any more."""
    by: Person


class KeyRotated(Strict):
    """The log goes on with another key."""

    note: NoteText
    """Statement signed by both keys, see `raudit.log.rotation`."""


class CheckpointWitnessed(Strict):
    """A witness has cosigned a checkpoint."""

    witness: Short
    """Verifier key of the witness."""
    note: NoteText
    """The checkpoint with the cosignature."""


class RecoveryPerformed(Strict):
    """The store was rebuilt; the log goes on in the rebuilt one."""

    source: Code
    """Where the entries came from, such as ``export``."""
    size: Annotated[int, Field(ge=0)]
    """Entries that were recovered."""
    checkpoint: NoteText | None = None
    """The checkpoint they were verified against."""
    by: Person


class FileDownloaded(Strict):
    """Somebody took a file out of the browser application."""

    name: Short
    """Of the file."""
    sha256: Digest
    system: Short | None = None
    by: Person


class SigninFailed(Strict):
    """Wrong passwords for one account, or from one address, one after the other; the account waits from then on."""

    attempts: Annotated[int, Field(ge=1)]
    account: Person
    """Whose account it is; ``service:unknown`` for an address that has none."""


BODIES: Mapping[EventType, type[Strict]] = {
    EventType.LOG_OPENED: LogOpened,
    EventType.RUN_STARTED: RunStarted,
    EventType.STAGE_FINISHED: StageFinished,
    EventType.RUN_FINISHED: RunFinished,
    EventType.RUN_FAILED: RunFailed,
    EventType.RUN_ABORTED: RunAborted,
    EventType.ANSWERS_CHANGED: AnswersChanged,
    EventType.ANSWERS_SUBMITTED: AnswersSubmitted,
    EventType.WAIVER_GRANTED: WaiverGranted,
    EventType.WAIVER_APPROVED: WaiverApproved,
    EventType.WAIVER_REVOKED: WaiverRevoked,
    EventType.WAIVER_EXPIRED: WaiverExpired,
    EventType.WAIVER_USED: WaiverUsed,
    EventType.BASELINE_APPROVED: BaselineApproved,
    EventType.REVIEW_GIVEN: ReviewGiven,
    EventType.SIGNOFF_GIVEN: SignoffGiven,
    EventType.SIGNOFF_VOIDED: SignoffVoided,
    EventType.CONDITION_MET: ConditionMet,
    EventType.REPORT_RENDERED: ReportRendered,
    EventType.REPORT_ISSUED: ReportIssued,
    EventType.REPORT_COUNTERSIGNED: ReportCountersigned,
    EventType.REPORT_SUPERSEDED: ReportSuperseded,
    EventType.REPORT_WITHDRAWN: ReportWithdrawn,
    EventType.POLICY_CHANGED: PolicyChanged,
    EventType.PEOPLE_CHANGED: PeopleChanged,
    EventType.KEY_ROTATED: KeyRotated,
    EventType.CHECKPOINT_WITNESSED: CheckpointWitnessed,
    EventType.RECOVERY_PERFORMED: RecoveryPerformed,
    EventType.FILE_DOWNLOADED: FileDownloaded,
    EventType.SIGNIN_FAILED: SigninFailed,
}
"""Body of each type; a type without a body here cannot be logged."""

_OF_A_RUN = ("run.", "stage.", "report.")
_RUN = re.compile(r"[A-Za-z0-9._:-]{0,100}\Z")


def is_pseudonym(actor: str) -> bool:
    """Tell whether an actor is already a salted digest or a service."""
    return actor.startswith(SERVICE) or bool(re.fullmatch(SALTED + "[0-9a-f]{64}", actor))


def validated_body(event: Event, pseudonym: Callable[[str], str]) -> dict[str, Any]:
    """Check an event against its type and replace names of people.

    Parameters
    ----------
    event
        The event.
    pseudonym
        Turns a person's name into the salted digest that is logged.

    Raises
    ------
    LogError
        If the type is unknown, a run is missing, or the body is not of the type's form.
    """
    if event.type not in BODIES:
        raise LogError(
            "unknown event type",
            reference="log-event-type",
            got=repr(str(event.type)[:60]),
            expected=", ".join(sorted(BODIES)),
        )
    if not _RUN.match(event.run) or (not event.run and str(event.type).startswith(_OF_A_RUN)):
        raise LogError(
            f"{event.type} needs the run it belongs to",
            reference="log-event-run",
            got=repr(event.run[:60]),
            expected="letters, digits, dot, colon, underscore or hyphen, at most 100",
        )
    model = BODIES[EventType(event.type)]
    body = dict(event.body)
    for name in _people(model):
        if isinstance(body.get(name), str) and not is_pseudonym(body[name]):
            body[name] = pseudonym(body[name])
    try:
        return model.model_validate(body).model_dump(mode="json", exclude_none=True)
    except pydantic.ValidationError as problem:
        fault = problem.errors()[0]
        raise LogError(
            f"the body of {event.type} is not of its form: {fault['msg']}",
            reference="log-event",
            where=".".join(str(part) for part in fault["loc"]),
            got=repr(fault["input"])[:80],
            expected=", ".join(model.model_fields),
        ) from problem


@functools.cache
def _people(model: type[Strict]) -> tuple[str, ...]:
    return tuple(
        name
        for name, field in model.model_fields.items()
        if field.metadata and _is_person(field.metadata)
    )


def _is_person(metadata: list[Any]) -> bool:
    return any("service:" in str(getattr(item, "pattern", "")) for item in metadata)
