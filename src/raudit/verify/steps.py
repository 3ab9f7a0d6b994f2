"""What a verification is made of: numbered steps, and what they come to together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from raudit.record import Record
from raudit.sentences import say
from raudit.signing import PdfCheck

PAGES_STEP = 6
"""The step that compares the pages with the record; without it nothing ties the one to the other."""


class StepStatus(StrEnum):
    """What a step came to."""

    OK = "ok"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered step."""

    number: int
    title: str
    status: StepStatus
    detail: str
    """What was found, or what is missing and how to give it."""
    needed: bool = True
    """Whether the file is unproven without it; steps that need a log or a long rendering are asked for."""
    warnings: tuple[str, ...] = ()
    """What holds but should be known or mended, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The steps, and what they come to."""

    steps: tuple[Step, ...]
    sha256: str
    """Digest of the file."""
    check: PdfCheck
    record: Record | None

    @property
    def exit_status(self) -> int:
        """6 if a step failed, 3 if one that is needed could not be made, else 0."""
        if any(step.status is StepStatus.FAILED for step in self.steps):
            return 6
        unknown = (step for step in self.steps if step.status is StepStatus.NOT_CHECKED)
        return 3 if any(step.needed for step in unknown) else 0

    @property
    def pages_compared(self) -> bool:
        """Whether the pages were found to be those that the record gives."""
        return any(
            step.number == PAGES_STEP and step.status is StepStatus.OK for step in self.steps
        )

    @property
    def verdict(self) -> str:
        """The result in words; plain VERIFIED only if the pages were compared with the record."""
        match self.exit_status:
            case 6:
                return say("NOT VERIFIED: do not rely on this file")
            case 3:
                return say(
                    "COULD NOT TELL: nothing is wrong, but a needed step lacks what it needs"
                )
            case _ if self.pages_compared:
                return say("VERIFIED with what was given")
            case _:
                return say("VERIFIED, pages not compared with the record")
