"""Special categories (GDPR Article 9) and quasi-identifiers, by column name, vocabulary and values."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence

from raudit.data.missing_words import MISSING_WORDS
from raudit.stages.pii.recognise.native import compiled
from raudit.stages.pii.vocabulary.names_of_columns import joined, speaks_of
from raudit.stages.pii.vocabulary.rulebook import Rulebook, SpecialRule

SENTENCE = 3
"""Words from which on a value can say something of somebody."""
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(?:[eE][-+]?\d+)?")
_TIME = re.compile(r"\d{1,4}[-/.:]\d{1,2}[-/.:]\d{1,4}|\d{1,2}:\d{2}")


MEASURES = frozenset(
    {
        "bmi",
        "glucose",
        "cholesterol",
        "bloodpressure",
        "insulin",
        "heartrate",
        "bodymassindex",
        "hba1c",
    }
)
"""Words of health that are measured; of any other category a fraction is a share of people and no person's."""
MOST_CODES = 30
"""Different whole numbers or words by which categories are coded; more of them count, measure or name something."""
MANIFOLD = frozenset({"health", "genetic", "biometric", "criminal"})
"""Categories of which there are any number: diagnoses, variants, templates, offences."""
FLAGS = frozenset(
    {
        "yes",
        "no",
        "y",
        "n",
        "true",
        "false",
        "t",
        "f",
        "ja",
        "nein",
        "j",
        "oui",
        "non",
        "o",
        "si",
        "sí",
        "s",
    }
    | {
        "sim",
        "não",
        "nao",
        "sì",
        "nee",
        "tak",
        "nie",
        "nej",
        "nei",
        "kyllä",
        "ei",
        "ano",
        "ne",
        "da",
        "nu",
        "x",
    }
)
"""Words that say whether and not which; 0 and 1 are codes of two kinds as often."""
FIRST_YEAR, LAST_YEAR = 1800, 2100
_MEASURED = re.compile(
    r"[<>≤≥~]?\s*[-+]?\d[\d.,]*\s*(?:%|‰|[/:]\s*\d[\d.,]*|(?:[-–]|to)\s*\d[\d.,]*\s*%?|[^\W\d_]{1,3}\.?)"
)
"""A share, a ratio, a range or a number with its unit."""


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

    Returns
    -------
    tuple of str
        Categories that the values speak of: by the words of a vocabulary, by words that announce a category in a
        sentence, or by the column's name where the values can be a person's category.
    """
    plausible = _can_be_categories(name, values)
    said = {value.strip().lower() for value in values if _said(value)}
    few = len(said) <= MOST_CODES
    flags = said <= FLAGS
    return tuple(
        category
        for category, rule in rulebook.special.items()
        if (
            plausible
            and (few or category in MANIFOLD)
            and not (flags and speaks_of(name, _joined(rule.kinds)))
            and (speaks_of(name, *_hints(rule)) or joined(name) in _joined(rule.exact))
        )
        or _in_vocabulary(values, rule)
        or _announced(values, rule)
    )


def _can_be_categories(name: str, values: Mapping[str, int]) -> bool:
    """Whether values can be the category of a person: words, flags or codes, and no fractions, dates or times."""
    filled = [value.strip() for value in values if _said(value)]
    if not filled:
        return False
    if speaks_of(name, MEASURES):
        return True
    numbers = [value for value in filled if _NUMBER.fullmatch(value)]
    if len(numbers) < 0.9 * len(filled):
        others = (_TIME.match(value) or _MEASURED.fullmatch(value) for value in filled)
        return sum(map(bool, others)) < 0.5 * len(filled)
    whole = [float(value.replace(",", "")) for value in numbers]
    years = len(set(whole)) > 1 and all(FIRST_YEAR <= number <= LAST_YEAR for number in whole)
    return len(numbers) <= MOST_CODES and all(map(float.is_integer, whole)) and not years


def _said(value: str) -> bool:
    """Whether a cell says anything: neither empty nor a word for nothing known."""
    text = value.strip().lower()
    return bool(text) and text not in MISSING_WORDS


def _announced(values: Mapping[str, int], rule: SpecialRule) -> bool:
    """Whether a sentence says it of somebody."""
    if not rule.announced:
        return False
    pattern = compiled(rule.announced, any_case=True)
    return any(len(value.split()) >= SENTENCE and pattern.search(value) for value in values)


def quasi_kinds(name: str, rulebook: Rulebook) -> tuple[str, ...]:
    """Which kinds of quasi-identifier the name of a column speaks of."""
    return tuple(
        kind for kind, rule in rulebook.quasi.items() if speaks_of(name, _joined(rule.hints))
    )


def _in_vocabulary(values: Mapping[str, int], rule: SpecialRule) -> bool:
    words = _joined(rule.vocabulary)
    total = sum(values.values())
    if not total or not words:
        return False
    known = {value: n for value, n in values.items() if joined(value[:80]) in words}
    return (
        len({joined(v) for v in known}) >= rule.distinct_at_least
        and sum(known.values()) / total >= rule.share
    )


@functools.cache
def _joined(phrases: Sequence[str]) -> frozenset[str]:
    return frozenset(joined(phrase) for phrase in phrases)


def _hints(rule: SpecialRule) -> tuple[frozenset[str], frozenset[str]]:
    return _joined(rule.hints), _joined(rule.never)
