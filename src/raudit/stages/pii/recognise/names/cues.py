"""Words beside a name that say it is a person's, by language."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from raudit.errors import PlanError
from raudit.stages.pii.vocabulary.languages import NAMES, stop_words
from raudit.stages.pii.vocabulary.names_of_columns import fold
from raudit.stages.pii.vocabulary.rulebook import RULES
from raudit.validate import Strict, validate
from raudit.yamltext import read_yaml

FILES = ("latin", "scripts")
LONGEST = 4
"""Words of the longest phrase."""
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u200c\u200d\u0300-\u036f\u0900-\u0d7f\u0e31-\u0e4e])*")
JOINERS = dict.fromkeys((0x200C, 0x200D))
"""Signs within words that say how letters are joined: the same word is written with and without."""
_KEEPS_MARKS = re.compile("[\u0900-\u0dff\u0e00-\u0e7f]")


class Before(IntEnum):
    """What stands before a name."""

    NOTHING = 0
    WEAK = 1
    """A preposition, which stands before everything."""
    CONTACT = 2
    """What is done to or with people, and firms."""
    PERSON = 3
    """A form of address, a role, kin, or the words that give one's own name."""


class CueRule(Strict):
    """Phrases of one language."""

    person: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    act: tuple[str, ...] = ()


def key(word: str) -> str:
    """How a word is compared: folded, but with the vowel signs of Indic and Thai script, which tell words apart."""
    if not _KEEPS_MARKS.search(word):
        return fold(word)
    return unicodedata.normalize("NFC", word.translate(JOINERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cues:
    """Phrases of one language as they are compared."""

    before: Mapping[str, Before]
    after: frozenset[str]
    english: bool
    """Whether ordinary words are English ones."""
    common: frozenset[str]
    """The most common words of the language, with which a sentence may begin."""

    phrases: frozenset[str]
    """All phrases, none of which is a name."""

    def preceding(self, words: Sequence[str]) -> Before:
        """The strongest phrase that ends where the name begins."""
        last = [key(word) for word in words[-LONGEST:]]
        return max(
            (self.before.get(" ".join(last[i:]), Before.NOTHING) for i in range(len(last))),
            default=Before.NOTHING,
        )

    def following(self, words: Sequence[str]) -> bool:
        """Whether a phrase begins where the name ends."""
        first = [key(word) for word in words[:LONGEST]]
        return any(" ".join(first[: i + 1]) in self.after for i in range(len(first)))


class EastAsianRule(Strict):
    """Words parted by blanks."""

    family: str
    rare_family: str = ""
    double_family: str = ""
    ambiguous: str = ""
    before: str = ""
    after: str = ""
    never: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EastAsianWords:
    """What tells names in a language whose words are not parted by blanks, or carry their particles."""

    family: frozenset[str]
    rare_family: frozenset[str]
    """Family names that are common words too: believed between two words that are said of people alone."""
    double_family: frozenset[str]
    ambiguous: frozenset[str]
    """Family names that begin many other words."""
    before: frozenset[str]
    after: frozenset[str]
    never: frozenset[str]
    """Words that look like a name and are none."""


@functools.cache
def east_asian_words(language: str) -> EastAsianWords:
    """The words of ``chinese`` or ``korean``."""
    yaml = read_yaml(RULES / "cues" / "east_asian.yaml", error=PlanError)
    rule = validate(EastAsianRule, yaml, error=PlanError, at=(language,))
    return EastAsianWords(
        family=frozenset(rule.family.split()),
        rare_family=frozenset(rule.rare_family.split()),
        double_family=frozenset(rule.double_family.split()),
        ambiguous=frozenset(rule.ambiguous.split()),
        before=frozenset(rule.before.split()),
        after=frozenset(rule.after.split()),
        never=frozenset(rule.never.split()),
    )


@functools.cache
def cues_of(language: str) -> Cues:
    """Phrases of a language or script. English ones count in every language of Latin letters: short texts mix them."""
    rules = _rules()
    latin = language in _latin() or language == ANY
    before: dict[str, Before] = {}
    after: set[str] = set()
    for rule in [rules["en"]] * latin + ([] if language == ANY else [rules[language]]):
        for strength, phrases in (
            (Before.WEAK, rule.weak),
            (Before.CONTACT, rule.contact),
            (Before.PERSON, rule.person),
        ):
            before.update((_phrase(phrase), strength) for phrase in phrases)
        after.update(map(_phrase, rule.act))
    if language == ANY:
        told = {p for code in _latin() for p in map(_phrase, rules[code].person) if len(p) >= LONG}
        before = dict.fromkeys(told, Before.PERSON) | before
    before.pop("", None)
    listed = stop_words(language) if language in _with_stop_words() else frozenset[str]()
    common = listed | frozenset(OWN_STOP_WORDS.get(language, "").split())
    known = frozenset(after) | frozenset(before)
    return Cues(
        before=before,
        after=frozenset(after),
        english=language in {"en", ANY},
        common=common,
        phrases=known,
    )


ANY = "any"
"""The language of a text of few words that could be of any: what introduces a person in each of them is believed."""
LONG = 6
"""Letters of what is believed in such texts: shorter words mean other things elsewhere."""


def _latin() -> frozenset[str]:
    """Languages in Latin letters."""
    return _with_stop_words() | OWN_STOP_WORDS.keys()


def _phrase(text: str) -> str:
    return " ".join(key(word) for word in words(text))


def words(text: str) -> list[str]:
    """Words of a text."""
    return _WORD.findall(text)


@functools.cache
def _rules() -> Mapping[str, CueRule]:
    found: dict[str, CueRule] = {}
    for name in FILES:
        yaml = read_yaml(RULES / "cues" / f"{name}.yaml", error=PlanError)
        for language in yaml.value:
            found[language] = validate(CueRule, yaml, error=PlanError, at=(language,))
    return found


@functools.cache
def _common() -> Mapping[str, tuple[str, ...]]:
    """Languages in which a word is one of the most common ones, or is said of people."""
    found: dict[str, set[str]] = {}
    for language, rule in _rules().items():
        listed = stop_words(language) if language in _with_stop_words() else ()
        told = [] if language not in _latin() else [*rule.person, *rule.act]
        for word in (
            *map(fold, listed),
            *OWN_STOP_WORDS.get(language, "").split(),
            *(w for w in map(_phrase, told) if len(w) >= LONG - 1 and " " not in w),
        ):
            found.setdefault(word, set()).add(language)
    return {word: tuple(sorted(languages)) for word, languages in found.items()}


def _with_stop_words() -> frozenset[str]:
    """Languages in Latin letters of which spaCy lists the most common words."""
    return frozenset(NAMES) & frozenset(_rules())


OWN_STOP_WORDS: Mapping[str, str] = {
    "sw": "na ya wa kwa ni katika la cha za kuwa yangu yake hii hiyo kutoka sana lakini kama jina langu leo tena kila",
}


def language_of(text: str) -> str:
    """The language of a text in Latin letters by its most common words; ``ANY`` if it has none of them."""
    counts: Counter[str] = Counter()
    for word in _WORD.findall(text[:MOST_READ]):
        counts.update(_common().get(fold(word), ()))
    if not counts:
        return ANY
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] > counts["en"] else "en"


MOST_READ = 600
"""Characters of a text by which its language is told."""
