"""What the name of a column says about its values."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from raudit.stages.pii.vocabulary.rulebook import Rulebook

_BOUNDARY = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])"
)
_WORD = re.compile(r"[^\W_]+")
_UNDECOMPOSED = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"}
    | {"Ł": "l", "Ø": "o", "Đ": "d", "Æ": "ae", "Œ": "oe"}
)
"""Letters that Unicode does not take apart into a plain one and a mark."""
MARKS = frozenset({"Mn", "Mc", "Me", "Cf"})
"""Accents, the vowel signs of Indic scripts, and joiners: no letters of their own."""
POSITIONS = frozenset(
    {"field", "column", "col", "variable", "var", "feature", "attribute", "value"}
)
"""Words that only number columns."""
LONGEST_HINT = 6
LONGEST_NAME = 300


class Hint(StrEnum):
    """How strongly a name speaks for an entity type."""

    SURE = "sure"
    MAYBE = "maybe"


def fold(text: str) -> str:
    """Lower-case a text and drop accents, so that ``Prénom`` and ``prenom`` are one word."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_UNDECOMPOSED))
    return "".join(c for c in plain if unicodedata.category(c) not in MARKS).casefold()


def words(name: str) -> tuple[str, ...]:
    """Split a column name into folded words; numbers at the end are left out.

    >>> words("customerFirstName2")
    ('customer', 'first', 'name')
    """
    spaced = _BOUNDARY.sub(" ", unicodedata.normalize("NFC", name[:LONGEST_NAME]))
    found = [fold(word) for word in _WORD.findall(spaced)]
    while len(found) > 1 and found[-1].isdigit():
        found.pop()
    return tuple(found)


@dataclass(frozen=True, slots=True)
class HintTable:
    """Hints by their words joined together."""

    sure: Mapping[str, tuple[str, ...]]
    maybe: Mapping[str, tuple[str, ...]]
    never: Mapping[str, frozenset[str]]
    """Cancelling words by entity type."""
    not_beside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Words by entity type that cancel a hint only."""

    def read(self, name: str) -> dict[str, Hint]:
        """Entity types that a name speaks for; words beside the hint can cancel it."""
        tokens = words(name)
        found: dict[str, Hint] = {}
        for start, stop, joined in _runs(tokens):
            for table, strength in ((self.sure, Hint.SURE), (self.maybe, Hint.MAYBE)):
                for entity in table.get(joined, ()):
                    beside = tokens[:start] + tokens[stop:]
                    if (
                        not self._cancelled(entity, beside, self.never, self.not_beside)
                        and found.get(entity) is not Hint.SURE
                    ):
                        found[entity] = strength
        return found

    def vetoes(self, name: str) -> frozenset[str]:
        """Entity types that a name speaks against; ``field_2`` is no name."""
        tokens = words(name)
        if tokens and set(tokens) <= POSITIONS:
            return frozenset()
        return frozenset(
            entity for entity in self.never if self._cancelled(entity, tokens, self.never)
        )

    @staticmethod
    def _cancelled(
        entity: str, tokens: tuple[str, ...], *tables: Mapping[str, frozenset[str]]
    ) -> bool:
        words_against = frozenset[str]().union(
            *(table.get(entity, frozenset()) for table in tables)
        )
        return bool(words_against) and any(
            joined in words_against for _, _, joined in _runs(tokens)
        )


def hint_table(rulebook: Rulebook) -> HintTable:
    """Index the hints of all languages."""
    sure: dict[str, list[str]] = {}
    maybe: dict[str, list[str]] = {}
    never: dict[str, set[str]] = {}
    beside: dict[str, set[str]] = {}
    for entity, rule in rulebook.hints:
        for phrases, table in ((rule.sure, sure), (rule.maybe, maybe)):
            for phrase in phrases:
                table.setdefault(joined(phrase), []).append(entity)
        never.setdefault(entity, set()).update(joined(phrase) for phrase in rule.never)
        beside.setdefault(entity, set()).update(joined(phrase) for phrase in rule.not_beside)
    return HintTable(
        {key: tuple(dict.fromkeys(value)) for key, value in sure.items()},
        {key: tuple(dict.fromkeys(value)) for key, value in maybe.items()},
        {key: frozenset(value) for key, value in never.items()},
        {key: frozenset(value) for key, value in beside.items()},
    )


@functools.lru_cache(maxsize=16_384)
def joined(phrase: str) -> str:
    """A hint's words without what separates them."""
    return "".join(words(phrase))


def speaks_of(name: str, hints: frozenset[str], never: frozenset[str] = frozenset()) -> bool:
    """Whether a name holds one of some joined hints and none of the cancelling ones."""
    tokens = words(name)
    runs = {text for _, _, text in _runs(tokens)}
    return bool(runs & hints) and not runs & never


def _runs(tokens: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    for start in range(len(tokens)):
        for stop in range(start + 1, min(len(tokens), start + LONGEST_HINT) + 1):
            yield start, stop, "".join(tokens[start:stop])
