"""A checklist that has been checked, and how its ids read in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from raudit.canonical import Sha256
from raudit.checklists.form.expressions import Expression
from raudit.checklists.form.schema import ChecklistFile, Question, Section


def in_words(name: str) -> str:
    """An id in words.

    Examples
    --------
    >>> in_words("not_started")
    'Not started'
    """
    return name.replace("_", " ")[:1].upper() + name.replace("_", " ")[1:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """A checklist that has been checked."""

    file: ChecklistFile
    sha256: Sha256
    """Digest of its meaning: the canonical JSON of the file, whatever its layout."""
    questions: Mapping[str, Question]
    """By id, in order."""
    section_of: Mapping[str, Section]
    """Section of each question."""
    expressions: Mapping[str, Expression]
    """Every expression by its text."""

    @property
    def id(self) -> str:
        """Id of the checklist."""
        return self.file.id

    def level_title(self, level: str) -> str:
        """How a level is called for people; empty for no level."""
        bands = self.file.scoring.level.bands if self.file.scoring.level else ()
        return next(
            (band.title for band in bands if band.id == level and band.title), in_words(level)
        )

    def outcome_title(self, outcome: str) -> str:
        """How an outcome is called for people."""
        return self.file.scoring.titles.get(outcome) or in_words(outcome)

    def pool_of(self, question: Question) -> str:
        """The pool a question's points go to, or nothing."""
        return question.pool or self.section_of[question.id].pool
