"""Special categories (GDPR Article 9) and quasi-identifiers, by column name, vocabulary and values."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from raudit.stages.pii.names_of_columns import joined, speaks_of
from raudit.stages.pii.rulebook import Rulebook, SpecialRule


def special_categories(name: str, values: Mapping[str, int], rulebook: Rulebook) -> tuple[str, ...]:
    """Which special categories a column belongs to.

    Parameters
    ----------
    name
        Name of the column.
    values
        Values of the sample and how often they occur; they are compared with vocabularies and not kept.
    rulebook
        The rules in force.
    """
    return tuple(
        category
        for category, rule in rulebook.special.items()
        if speaks_of(name, *_hints(rule)) or joined(name) in _joined(rule.exact) or _in_vocabulary(values, rule)
    )


def quasi_kinds(name: str, rulebook: Rulebook) -> tuple[str, ...]:
    """Which kinds of quasi-identifier the name of a column speaks of."""
    return tuple(kind for kind, rule in rulebook.quasi.items() if speaks_of(name, _joined(rule.hints)))


def _in_vocabulary(values: Mapping[str, int], rule: SpecialRule) -> bool:
    words = _joined(rule.vocabulary)
    total = sum(values.values())
    if not total or not words:
        return False
    known = {value: n for value, n in values.items() if joined(value[:80]) in words}
    return len({joined(v) for v in known}) >= rule.distinct_at_least and sum(known.values()) / total >= rule.share


@functools.cache
def _joined(phrases: Sequence[str]) -> frozenset[str]:
    return frozenset(joined(phrase) for phrase in phrases)


def _hints(rule: SpecialRule) -> tuple[frozenset[str], frozenset[str]]:
    return _joined(rule.hints), _joined(rule.never)
