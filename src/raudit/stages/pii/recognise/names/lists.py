"""Lists of names, of ordinary words and of places, by which a capitalised word is weighed."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from raudit.stages.pii.vocabulary.names_of_columns import fold
from raudit.stages.pii.vocabulary.rulebook import RULES

LISTS = RULES / "names"
_INFLECTED = re.compile(
    r"(?:ому|ого|ыми|ими|ами|ями|ові|еві|ым|им|ом|ем|ою|ею|ой|ей|єю|ій|ий|ый|ая|яя|ую|у|ю|а|я|е|и|ы|й|ь|і|о|ο[υςν]|ο|α[ςν]|α|η[ςν]|η|ε|υ)$"
)
"""Endings of Russian, Ukrainian, Bulgarian and Greek names in any case."""
_ELIDED = re.compile("['\u2019-]")
_EAST_ASIAN = re.compile("[\u3400-\u9fff\uac00-\ud7a3]")
SHORTEST_STEM = 3
MARKED = ("marked_given", "marked_family")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NameLists:
    """Folded words."""

    given: frozenset[str] = field(repr=False)
    """Common given names."""
    family: frozenset[str] = field(repr=False)
    """Common family names."""
    rare_given: frozenset[str] = field(repr=False)
    rare_family: frozenset[str] = field(repr=False)
    ordinary: frozenset[str] = field(repr=False)
    """Words that a sentence begins with, or a thing is called by."""
    dictionary: frozenset[str] = field(repr=False)
    """Rarer words of the dictionary that some people are called, such as ``mercury``: alone no sign of a person."""
    given_ordinary: frozenset[str] = field(repr=False)
    """Ordinary words that many people are called; before a family name they are given names."""
    places: frozenset[str] = field(repr=False)
    """Countries, their regions and large cities, and things; their words written together."""
    figures: frozenset[str] = field(repr=False)
    """Persons of books, plays and history, their words written together: subjects of a sentence."""
    times: frozenset[str] = field(repr=False)
    """Days, months, feasts, languages and nationalities, which English writes with capitals."""
    japanese_family: frozenset[str] = field(repr=False)
    japanese_given: frozenset[str] = field(repr=False)
    given_stems: frozenset[str] = field(repr=False)
    """Cyrillic and Greek given names without their endings."""
    family_stems: frozenset[str] = field(repr=False)

    east_asian_family: frozenset[str] = field(repr=False)
    """Listed family names in Chinese characters or Korean letters, composed as texts hold them."""

    marked_given: frozenset[str] = field(repr=False)
    """Given names in Indic and Thai script with their vowel signs, which tell words apart."""
    marked_family: frozenset[str] = field(repr=False)

    def is_given(self, word: str) -> bool:
        """Whether a folded word, or a part of it between hyphens, is a common given name in any case."""
        return _in(word, self.given, self.given_stems)

    def is_family(self, word: str) -> bool:
        """Whether a folded word, or a part of it between hyphens, is a common family name in any case."""
        return _in(word, self.family, self.family_stems)

    def is_rare(self, word: str) -> bool:
        """Whether a folded word is a name of either kind that few people have."""
        return any(p in self.rare_given or p in self.rare_family for p in _ELIDED.split(word))

    def are_full(self, words: Sequence[str]) -> bool:
        """Whether two words are an ordinary word that people are called and a name of a family: Grace Hopkins."""
        if len(words) != 2 or words[0] not in self.given_ordinary:
            return False
        family = words[1]
        return self.is_family(family) and family not in self.ordinary and family not in self.places

    def without(self, words: frozenset[str]) -> NameLists:
        """The lists as if some names had never been known, to measure what is found of others."""
        left = {
            name: getattr(self, name) - words
            for name in ("given", "family", "rare_given", "rare_family", *MARKED)
        }
        kept = {
            name: getattr(self, name)
            for name in (
                *("ordinary", "dictionary", "given_ordinary", "places", "times", "figures"),
                *("japanese_family", "japanese_given"),
            )
        }
        return _with_stems(**left, **kept)


def _in(word: str, listed: frozenset[str], stems: frozenset[str]) -> bool:
    if any(part in listed for part in _ELIDED.split(word)):
        return True
    return not word.isascii() and stem(word) in stems


def stem(word: str) -> str:
    """A Cyrillic or Greek name without the ending of its case; other words as they are."""
    cut = _INFLECTED.sub("", word)
    return cut if len(cut) >= SHORTEST_STEM else word


@functools.cache
def name_lists() -> NameLists:
    """The shipped lists, read once."""
    read = {
        name: frozenset(_words(LISTS / f"{name}.txt"))
        for kind in ("given", "family")
        for name in (kind, f"{kind}_world", f"{kind}_small", f"{kind}_wide")
    }
    return _with_stems(
        given=read["given"] | read["given_world"] | read["given_small"],
        family=read["family"] | read["family_world"] | read["family_small"],
        rare_given=read["given_wide"],
        rare_family=read["family_wide"],
        ordinary=frozenset(_words(LISTS / "ordinary.txt")),
        dictionary=frozenset(_words(LISTS / "dictionary.txt")),
        given_ordinary=frozenset(_words(LISTS / "given_ordinary.txt")),
        places=frozenset(
            word
            for name in ("places", "regions", "things")
            for word in _words(LISTS / f"{name}.txt")
        ),
        marked_given=frozenset(_words(LISTS / "given_marked.txt")),
        marked_family=frozenset(_words(LISTS / "family_marked.txt")),
        times=frozenset(_words(LISTS / "times.txt")),
        figures=frozenset(_words(LISTS / "figures.txt")),
        japanese_family=frozenset(_words(LISTS / "family_ja.txt")),
        japanese_given=frozenset(_words(LISTS / "given_ja.txt")),
    )


@functools.cache
def simplified() -> Mapping[int, str]:
    """The simplified character of each traditional Chinese one that has one."""
    return {ord(pair[0]): pair[1] for pair in _words(LISTS / "traditional.txt")}


def _with_stems(**lists: frozenset[str]) -> NameLists:
    return NameLists(
        given_stems=frozenset(stem(w) for w in lists["given"] if not w.isascii()),
        family_stems=frozenset(stem(w) for w in lists["family"] if not w.isascii()),
        east_asian_family=frozenset(
            word
            for listed in lists["family"]
            if not listed.isascii()
            and _EAST_ASIAN.match(word := unicodedata.normalize("NFC", listed))
        ),
        **lists,
    )


def _words(file: Path) -> Iterator[str]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield from line.split()


def folded(word: str) -> str:
    """A word as the lists hold it."""
    return fold(word).replace("\u2019", "'")
