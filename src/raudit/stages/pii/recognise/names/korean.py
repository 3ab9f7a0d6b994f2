"""Names of persons in Korean sentences: a family name of one syllable and a given name of two before a particle."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator

from raudit.stages.pii.recognise.names.cues import (
    Before,
    EastAsianWords,
    cues_of,
    east_asian_words,
)
from raudit.stages.pii.recognise.names.lists import NameLists, folded

Stretch = tuple[int, int]

_WORD = re.compile("[\uac00-\ud7a3]+")
_PARTICLES = re.compile(
    "(?:이라고|라고|이라는|라는|에게서|한테서|으로부터|로부터|이에게|이었|입니다|이에요|예요|이며|이고|이가|이는|"
    "이를|이와|이의|에게|에|한테|께서|께|은|는|이|가|을|를|의|와|과|도|랑|이랑|하고|만|로|으로|까지|부터|처럼|보다|씨|님|군|양)*"
)
_COMMON_FAMILY = frozenset("김박최윤임송황홍권류허곽엄채")
"""Family names that few other words begin with."""


def _words() -> EastAsianWords:
    return east_asian_words("korean")


def in_korean(text: str, lists: NameLists) -> Iterator[Stretch]:
    """Names in a Korean text, or in Korean letters in another one."""
    cues = cues_of("ko")
    tokens = list(_WORD.finditer(text))
    korean = sum(len(t.group()) for t in tokens) >= 0.3 * len(text.replace(" ", ""))
    for index, token in enumerate(tokens):
        before = index > 0 and cues.preceding([tokens[index - 1].group()]) is Before.PERSON
        following = tokens[index + 1].group() if index + 1 < len(tokens) else ""
        word = token.group()
        for family, given in _splits(word, lists):
            length = family + given
            if _is_name(word, family, given, following, lists, before=before, korean=korean):
                yield token.start(), token.start() + length
                break


def _splits(word: str, lists: NameLists) -> Iterator[tuple[int, int]]:
    """Syllables of the family and the given name that a word may begin with."""
    for family in (2, 1):
        listed = word[:family] in lists.east_asian_family
        if word[:family] in _words().double_family | _words().family or listed:
            for given in (2, 1):
                if len(word) >= family + given and word[: family + given] not in _words().never:
                    yield family, given


def _is_name(
    word: str,
    family: int,
    given: int,
    following: str,
    lists: NameLists,
    *,
    before: bool,
    korean: bool,
) -> bool:
    rest = word[family + given :]
    if not _PARTICLES.fullmatch(rest):
        return False
    if not korean:
        return not rest
    titles = tuple(_words().after)
    addressed = rest.startswith(titles) or following.startswith(titles)
    if given == 1:
        return addressed and before
    second = word[family : family + given]
    likely = _likely(second, lists)
    listed = folded(second) in lists.given
    told = before and likely
    rare_word = likely and bool(rest) and word[:1] in _COMMON_FAMILY
    return listed or addressed or told or rare_word


@functools.cache
def _given_syllables(lists: NameLists) -> tuple[frozenset[str], frozenset[str]]:
    """First and second syllables of listed Korean given names."""
    composed = [
        unicodedata.normalize("NFC", word)
        for word in lists.given
        if "\u1100" <= word[:1] <= "\u1112"
    ]
    pairs = [word for word in composed if len(word) == 2]
    return frozenset(word[0] for word in pairs), frozenset(word[1] for word in pairs)


def _likely(given: str, lists: NameLists) -> bool:
    first, second = _given_syllables(lists)
    return given[0] in first and given[1] in second
