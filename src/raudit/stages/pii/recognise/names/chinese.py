"""Names of persons in Chinese sentences: rjieba cuts them into words, whose dictionary and model tell names."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from raudit.stages.pii.recognise.names.cues import EastAsianWords, east_asian_words
from raudit.stages.pii.recognise.names.japanese import splits_as_japanese
from raudit.stages.pii.recognise.names.lists import NameLists, simplified

Stretch = tuple[int, int]
Tagged = list[tuple[str, str, int]]
"""Words, their parts of speech, and where they begin."""

_HAN_RUN = re.compile("[\u3400-\u9fff]+")


class _Segmenter(Protocol):
    """What rjieba offers."""

    def tag(self, sentence: str, hmm: bool = ...) -> list[tuple[str, str]]:
        """Words and their parts of speech."""
        ...

    def has_word(self, word: str) -> bool:
        """Whether the dictionary holds a word."""
        ...


@functools.cache
def _segmenter() -> _Segmenter:
    return cast("_Segmenter", import_module("rjieba"))


def _words() -> EastAsianWords:
    return east_asian_words("chinese")


def in_chinese(text: str, lists: NameLists) -> Iterator[Stretch]:
    """Names in a Chinese text, or names in Chinese characters in another one."""
    if sum(map(len, _HAN_RUN.findall(text))) < 0.3 * len(text.replace(" ", "")):
        yield from (m.span() for m in _HAN_RUN.finditer(text) if _is_han_name(m.group(), lists))
        return
    # A form filled in Japanese may hold no syllables: 申込者：望月渚.
    runs = (m for m in _HAN_RUN.finditer(text) if len(m.group()) > SHORTEST_JAPANESE)
    yield from (m.span() for m in runs if splits_as_japanese(m.group(), lists, listed=True))
    text = text.translate(simplified())  # the dictionary knows the simplified characters
    yield from _between_words(text)
    tagged = _tagged(text)
    index = 0
    while index < len(tagged):
        begin = tagged[index][2]
        if length := _unknown_word(tagged, index, lists):
            yield begin, begin + length
            index += 1
            continue
        used = _chinese_name(tagged, index, lists)
        if used:
            last = tagged[index + used - 1]
            yield begin, last[2] + len(last[0])
        index += used or 1


def _between_words(text: str) -> Iterator[Stretch]:
    """Names between two words that are said of people, whatever the dictionary makes of the characters.

    Of the two characters behind the family's, the second belongs to the name unless the sentence goes on with it.
    """
    done = 0
    for match in _family_at().finditer(text):
        begin, end = match.span()
        sure = _introduced(text[max(0, begin - LONGEST_CUE) : begin])
        if begin < done or not (begin == 0 or sure):
            continue
        if end - begin == 1 and text[begin] in _words().rare_family and sure < SURE:
            continue
        for last in (end + 2, end + 1):
            word = text[begin:last]
            if last > len(text) or not _HAN_RUN.fullmatch(word) or _is_no_name(word):
                continue
            goes_on = text.startswith(tuple(_words().after), last)
            if not goes_on and (begin == 0 or _HAN_RUN.match(text, last)):
                continue
            if end - begin > 1 or not _is_known(word, parts=sure < SURE):
                yield begin, last
                done = last
                break


SURE = 2
"""Characters of a word that introduces a name, from which on it means nothing else."""


def _introduced(near: str) -> int:
    """Characters of the longest word for a person that a stretch before a name ends with; 0 if it ends with none."""
    plain = near.rstrip("\uff0c\uff1a:\u3001, ")
    longest = max((len(w) for w in _words().before if plain.endswith(w)), default=0)
    if plain != near:
        return longest if longest >= SURE else 0
    return max(longest, SURE if near[-1:] in _PERSON else 0)


def _is_no_name(word: str) -> bool:
    """Whether a word that begins like a name goes on like none."""
    return word[:2] in _words().never or word in _words().never or word[-1] in _FUNCTION_CHARACTERS


_FUNCTION_CHARACTERS = frozenset("的了是在有不都该你我他她您")
"""Characters with which no given name ends: particles, pronouns."""


def _is_known(word: str, *, parts: bool) -> bool:
    """Whether the dictionary holds a word, or its beginning or end, as something else than a name."""
    return any(
        _segmenter().has_word(w) and not _segmenter().tag(w)[0][1].startswith("nr")
        for w in (word, *((word[:2], word[1:]) if parts else ()))
        if len(w) > 1
    )


@functools.cache
def _family_at() -> re.Pattern[str]:
    double = sorted(_words().double_family - _PLACES_AND_WORDS)
    return re.compile(
        f"{'|'.join(double)}|[{''.join(sorted(_words().family | _words().rare_family))}]"
    )


LONGEST_CUE = 6
"""Characters of the longest word that introduces a name."""
_PERSON = frozenset({"人", "员"})
"""Last characters of words for what somebody is or does."""
_PLACES_AND_WORDS = frozenset({"东方", "西门", "百里", "闻人", "司空", "东郭", "段干"})
"""Family names of two characters that are words or places more often: the east, the west gate, a hundred miles."""


def _tagged(text: str) -> Tagged:
    """The words of a text; roles are cut out first, lest a family name is drawn into one."""
    at = 0
    found: Tagged = []
    for piece in _roles().split(text):
        for word, tag in [(piece, "n")] if _roles().fullmatch(piece) else _segmenter().tag(piece):
            found.append((word, tag, at))
            at += len(word)
    return found


@functools.cache
def _roles() -> re.Pattern[str]:
    roles = sorted((w for w in _words().before if len(w) > 1), key=lambda w: (-len(w), w))
    return re.compile(f"({'|'.join(roles)})")


def _unknown_word(tagged: Tagged, index: int, lists: NameLists) -> int:
    """Characters of the name that a word begins with which no dictionary holds; 0 if it is none.

    What stands behind a name is often drawn into the word, so a name has at most two characters beside the family's.
    """
    word = tagged[index][0]
    family = next(_families(word), 0)
    if not family or not family < len(word) <= family + 3 or not _HAN_RUN.fullmatch(word):
        return 0
    if _segmenter().has_word(word) or word in lists.places:
        return 0
    sides = _beside(tagged, index, 1)
    told = sides == BOTH_SIDES or _cue(tagged, index, 1)
    sure = family == 2 or (word[0] in _words().family and word[0] not in _words().ambiguous)
    return min(len(word), family + 2) if told or (sure and sides) else 0


def _cue(tagged: Tagged, index: int, used: int) -> bool:
    """Whether a word beside a candidate is said of people."""
    before = tagged[index - 1][0] if index else ""
    after = tagged[index + used][0] if index + used < len(tagged) else ""
    return _introduces(before) or after in _words().after


def _introduces(word: str) -> bool:
    """Whether a word is said of people before their name: one that is listed, or what somebody is or does."""
    return word in _words().before or (len(word) > 1 and word[-1] in _PERSON)


def _is_han_name(word: str, lists: NameLists) -> bool:
    """Whether Chinese characters that stand alone in a text are a name."""
    plain = word.translate(simplified())
    chinese = any(1 <= len(word) - family <= 2 for family in _families(plain))
    return (chinese and not _is_no_name(plain)) or splits_as_japanese(word, lists)


def _families(word: str) -> Iterator[int]:
    """Characters of the family names that a word may begin with."""
    if word[:2] in _words().double_family:
        yield 2
    elif word[:1] in _words().family or word[:1] in _words().rare_family:
        yield 1


def _chinese_name(tagged: Tagged, index: int, lists: NameLists) -> int:
    """How many words from one on are a name; 0 if none begins there."""
    shorter = 0
    for used in (1, 2, 3):
        part = tagged[index : index + used]
        word = "".join(w for w, _, _ in part)
        family = next(_families(word), 0)
        if len(part) < used or not family or len(word) > family + 2 or not _HAN_RUN.fullmatch(word):
            return shorter
        if len(word) == family or _is_no_name(word) or word in lists.places:
            continue
        if used == 1 and part[0][1].startswith("nr"):
            if _goes_on(tagged[index + 1 : index + 2], len(word), family):
                continue
            return 1
        if _is_told(tagged, index, used, common=word[:family] in _words().family or family == 2):
            if used == 2 and _goes_on(tagged[index + 2 : index + 3], len(word), family):
                shorter = used  # the character behind it may belong to it too
                continue
            return used
    return shorter


def _is_told(tagged: Tagged, index: int, used: int, *, common: bool) -> bool:
    """Whether the words around a candidate, and whether it is a word of the language, say that it is a name."""
    part = tagged[index : index + used]
    beside = _beside(tagged, index, used)
    holds_together = len(part[0][0]) == 1 and part[0][1] in {"p", "c"}
    if beside == BOTH_SIDES and used > 1 and not holds_together:
        return True
    if part[0][0] not in _words().double_family and _ordinary(part):
        return False
    known = all(len(word) > 1 and _segmenter().has_word(word) for word, _, _ in part)
    return beside == BOTH_SIDES or (common and not known and beside > 0)


def _goes_on(following: Tagged, length: int, family: int) -> bool:
    """Whether one character more belongs to a name of which the dictionary knows the beginning."""
    if length - family != 1 or not following:
        return False
    word, tag, _ = following[0]
    return (
        len(word) == 1
        and word not in _words().after
        and tag not in {"x", "p", "u", "uj", "ul", "c", "d", "v", "r"}
    )


_FUNCTION = frozenset({"p", "c", "r", "u", "uj", "ul", "m", "d"})
"""Parts of speech of words that hold a sentence together, and of numbers."""


def _ordinary(part: Tagged) -> bool:
    """Whether a candidate is made of ordinary words that a sentence goes on with."""
    (first, tag, _), *others = part
    if not others or len(first) > 1:
        return tag[:1] in {"n", "t", "m", "r", "d", "c", "p", "v", "a"} and tag not in {"nz", "nr"}
    nouns = any(len(w) > 1 and t in {"n", "v", "vn", "l"} for w, t, _ in others)
    return tag in _FUNCTION or nouns or any(t in _FUNCTION for _, t, _ in others)


SHORTEST_JAPANESE = 2
BOTH_SIDES = 2
_ACTS = ("v", "t")
"""Parts of speech behind which somebody is named: what was done, and when."""
_EDGE = re.compile("[，。！？：；、,.!?:; \n“”\"'（()）]*")


def _beside(tagged: Tagged, index: int, used: int) -> int:
    """On how many sides a word stands that is said of people; an end of the sentence counts beside one such word."""
    before, tag_before, _ = tagged[index - 1] if index else ("", "", 0)
    after, tag_after, _ = tagged[index + used] if index + used < len(tagged) else ("", "", 0)
    told = _introduces(before) + (after in _words().after)
    acts = (tag_before[:1] in _ACTS) + tag_after.startswith("v")
    edges = bool(_EDGE.fullmatch(before)) + bool(_EDGE.fullmatch(after))
    return min(BOTH_SIDES, told + edges + acts) if told else min(1, acts + edges)
