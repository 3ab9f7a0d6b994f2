"""Every error raudit raises on purpose, and the exit status each one ends in.

::

    RauditError
    ├── UsageError                 2  what the user gave cannot be used
    │   ├── PlanError                 raudit.yaml
    │   ├── DataError                 a data set
    │   ├── ModelError                a model file, or its predictions
    │   ├── ChecklistError            a checklist file
    │   ├── AnswersError              an answers file
    │   │   └── AnswerConflict            an answer changed since it was read
    │   ├── PeopleError               people.yaml, or a person who may not do this
    │   ├── StatementError            a review, sign-off or approval cannot be signed as asked
    │   ├── PolicyError               policy, waivers, baseline
    │   ├── TemplateError             a report template
    │   ├── KeyFileError              a signing or log key
    │   ├── LogError                  a log cannot be opened, or used as asked
    │   ├── ExtensionError            what another package brings
    │   └── MissingExtraError         a library that is not installed
    ├── NotEvaluable               3  a stage has nothing it could measure
    ├── EnvironmentFault           4  disk full, no permission, out of memory
    │   └── TimeStampError            a time stamp authority does not answer as it should
    └── IntegrityError             6  a digest, signature or log does not verify
        ├── RecordIntegrityError
        ├── SignatureIntegrityError
        └── LogIntegrityError

Every message has three parts: what happened, where, and what to do about it.
"""

from __future__ import annotations

from typing import ClassVar

from raudit.printable import printable


class RauditError(Exception):
    """The root of the tree.

    Parameters
    ----------
    message
        What happened, in one line, without a full stop.
    reference
        A kebab-case name for this kind of error, stable over releases.
    where
        File, line, column or key at which it happened; empty if it has no place.
    got, expected
        What was found, and what would have been accepted.
    hint
        Something the reader can do next.
    """

    exit_status: ClassVar[int] = 4

    def __init__(
        self,
        message: str,
        *,
        reference: str,
        where: str = "",
        got: str = "",
        expected: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reference = reference
        self.where = where
        self.got = got
        self.expected = expected
        self.hint = hint

    def lines(self) -> tuple[str, ...]:
        """Say what, where and what to do, each on its own line; empty parts are left out."""
        what = self.message
        if self.got:
            what += f": got {self.got}"
        if self.expected:
            what += f", expected {self.expected}"
        where = f"  at: {self.where}" if self.where else ""
        hint = f"  try: {self.hint}" if self.hint else ""
        return tuple(
            printable(line) for line in (f"error[{self.reference}]: {what}", where, hint) if line
        )

    def __str__(self) -> str:
        return "\n".join(self.lines())


class UsageError(RauditError):
    """Wrong usage: a command, plan, data set, answers file or key that cannot be used as given."""

    exit_status = 2


class PlanError(UsageError):
    """raudit.yaml does not say what it must, or says something it may not."""


class DataError(UsageError):
    """A data set cannot be read, or does not hold what the plan says it holds."""


class ModelError(UsageError):
    """A model file cannot be read without running its code, or does not fit the data."""


class ChecklistError(UsageError):
    """A checklist file breaks the format."""


class AnswersError(UsageError):
    """An answers file breaks the format, or does not belong to its checklist."""


class AnswerConflict(AnswersError):  # noqa: N818 -- both sides are right; nobody made a mistake
    """An answer changed since it was read: nothing is written, and both versions are here.

    Parameters
    ----------
    theirs, mine
        The entry as it stands in the file, and as it was to be written; empty for none.
    """

    def __init__(
        self, message: str, *, theirs: dict[str, object], mine: dict[str, object], **more: str
    ) -> None:
        super().__init__(message, **more)
        self.theirs, self.mine = theirs, mine


class PeopleError(UsageError):
    """people.yaml breaks the format, or someone may not do what is asked."""


class StatementError(UsageError):
    """A review, sign-off, waiver or approval cannot be signed as asked."""


class PolicyError(UsageError):
    """A policy, waiver or baseline file breaks the format."""


class TemplateError(UsageError):
    """A report template is missing, or does something a template may not do."""


class KeyFileError(UsageError):
    """A key cannot be read, is of the wrong kind, or is readable by everyone."""


class LogError(UsageError):
    """A log cannot be opened, an event is not of its type's form, or the log refuses what is asked of it."""


class ExtensionError(UsageError):
    """What an installed package brings cannot be used, or two bring one name."""


class MissingExtraError(UsageError):
    """A library that this feature needs is not installed."""


class NotEvaluable(RauditError):  # noqa: N818 -- an outcome that stages raise on purpose, not a fault
    """A stage has nothing it could measure; the pipeline records it as skipped with this reason."""

    exit_status = 3


class EnvironmentFault(RauditError):  # noqa: N818 -- the machine's fault, named as such
    """The machine failed: disk full, no permission, no memory."""

    exit_status = 4


class TimeStampError(EnvironmentFault):
    """A time stamp authority is out of reach, or answers with something that is no time stamp."""


class IntegrityError(RauditError):
    """Something that should be unchanged is not."""

    exit_status = 6


class RecordIntegrityError(IntegrityError):
    """A record is not canonical, or does not match its digest."""


class SignatureIntegrityError(IntegrityError):
    """A signature, certificate or signed revision does not verify."""


class LogIntegrityError(IntegrityError):
    """The log contradicts itself, a checkpoint or a proof."""


def place_of(error: BaseException) -> str:
    """Where a fault came from, by module and line. Its message is left out: it may hold data values."""
    trace = error.__traceback__
    place = "unknown"
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module.startswith("raudit"):
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
