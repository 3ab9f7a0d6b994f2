"""Names of persons in Japanese sentences: a family name before a given name, a form of address or a word of speech."""

from __future__ import annotations

import re
from collections.abc import Iterator

from raudit.stages.pii.recognise.names.cues import Before, Cues, cues_of
from raudit.stages.pii.recognise.names.lists import NameLists

Stretch = tuple[int, int]

_KANJI = "\u3400-\u9fff\u3005"
_JAPANESE = re.compile(f"[{_KANJI}]+[\u3041-\u3096\u30a1-\u30fa]*")
_KANA_NAME = re.compile(
    "[\u30a1-\u30fa\u30fc]{2,}(?:[\u30fb=\uff1d ][\u30a1-\u30fa\u30fc]{2,}){0,2}"
)
_JAPANESE_PLACE = re.compile(
    "[県市区町村駅山川島海港橋道通寺城社店校園院館場局署線病銀大株高中小支本]"
)


def in_japanese(text: str, lists: NameLists) -> Iterator[Stretch]:
    """Names in a Japanese text."""
    cues = cues_of("ja")
    for run in _JAPANESE.finditer(text):
        yield from _in_japanese_run(text, run, lists, cues)
    for run in _KANA_NAME.finditer(text):
        # A name from abroad, or one in syllables, is told by its form of address alone.
        if _follows(text, run.end(), _ADDRESS) and not _follows(
            text, run.end(), cues.after - _ADDRESS
        ):
            yield run.span()


_ADDRESS = frozenset({"さん", "様", "さま", "氏", "くん", "君", "ちゃん"})


def _in_japanese_run(
    text: str, run: re.Match[str], lists: NameLists, cues: Cues
) -> Iterator[Stretch]:
    word = run.group()
    kanji = re.match(f"[{_KANJI}]+", word)
    length = kanji.end() if kanji else 0
    index = last = 0
    while index < length:
        found = _japanese_at(text, run.start(), word, index, lists, cues)
        if found:
            yield run.start() + index, run.start() + found
        last = found or last
        index = found or index + 1
    if not last:
        yield from _addressed(text, run.start(), word[:length])


_UNLISTED_KANA = re.compile(
    "[\u30a1-\u30fa\u30fc]{2,5}(?![\u30a1-\u30fa\u30fc])"
    "|[\u3041-\u3096]{2,5}?(?=です|でした|と申|といい|と言|さん|様|さま|氏|くん|ちゃん|[はがをに、。]|$)"
)


def _kana_given(text: str, base: int, begin: int, given: int, cues: Cues) -> int:
    """End of a given name in syllables that no list knows, behind a family name that is introduced; 0 if it is none."""
    match = _UNLISTED_KANA.match(text, given)
    if not match:
        return 0
    near = text[max(0, begin - LONGEST_CUE) : begin]
    introduced = _precedes(near, cues)
    named = introduced or _follows(text, match.end(), cues.after)
    begins = begin == base or introduced or near.endswith(_TIMES)
    return match.end() if named and begins else 0


_TIMES = ("昨日", "今日", "本日", "明日", "先日", "今朝", "昨夜", "先週")
"""Yesterday and other times, behind which a name begins in the same run of kanji."""
LONGEST_CUE = 6
"""Characters of the words that introduce a name."""
_NO_PERSON = re.compile("[者客員社方長店主皆奥王神仏各同]")


def _addressed(text: str, begin: int, kanji: str) -> Iterator[Stretch]:
    """A name that no list knows, by the form of address behind it."""
    name = re.sub("(?:様|氏|君|殿)$", "", kanji)
    kana = _kana_given(text, begin, begin, begin + len(kanji), cues_of("ja"))
    if kana and 1 <= len(kanji) <= LONGEST_FAMILY and not _NO_PERSON.search(kanji):
        yield begin, kana
        return
    addressed = name != kanji or _follows(text, begin + len(kanji), _ADDRESS)
    if (
        addressed
        and name not in _LANDLORD
        and 2 <= len(name) <= LONGEST_KANJI
        and not _NO_PERSON.search(name)
    ):
        yield begin, begin + len(name)


LONGEST_KANJI, LONGEST_FAMILY = 6, 3
"""Characters of a name, and of the family's."""


def _japanese_at(text: str, base: int, word: str, index: int, lists: NameLists, cues: Cues) -> int:
    """End of the name that begins at a character of a run of kanji; 0 if none does."""
    before = index == 0 or _precedes(word[:index], cues) or word[:index].endswith(_TIMES)
    for family in (3, 2, 1, 4):
        if not _is_family(word[index : index + family], lists):
            continue
        after = index + family
        gap = 1 if text[base + after : base + after + 1] in {" ", "\u3000"} else 0
        given = _given_length(text[base + after + gap : base + after + gap + 4], lists)
        end = after + gap + given
        kana = not re.match(f"[{_KANJI}]", text[base + after + gap :])
        short = family == 1 and not gap and (given < SHORTEST_GIVEN - (not kana) or not before)
        if (
            given
            and (before or given > 1)
            and (not short or _follows(text, base + end, cues.after))
        ):
            return end
        if last := _kana_given(text, base, base + index, base + after + gap, cues):
            return last - base
        if before and _follows(text, base + after, cues.after):
            return after
        if before and family > 1 and (end := _unlisted_given(text, base, index, after, cues)):
            return end
    return 0


def _unlisted_given(text: str, base: int, index: int, after: int, cues: Cues) -> int:
    """End of a given name in kanji that no list knows, between a listed family name and what is said of a person.

    Behind a word that introduces a person (my colleague), a particle is enough.
    """
    unlisted = re.compile(f"[{_KANJI}]{{1,3}}").match(text, base + after)
    if not unlisted or any(unlisted[0].endswith(title) for title in cues.after):
        return 0
    introduced = _precedes(text[max(0, base + index - LONGEST_CUE) : base + index], cues)
    spoken = _follows(text, unlisted.end(), cues.after) or (
        introduced and _PARTICLE.match(text, unlisted.end())
    )
    place = _JAPANESE_PLACE.search(unlisted[0]) and not introduced
    return unlisted.end() - base if spoken and not place else 0


SHORTEST_GIVEN = 3
"""Syllables of a given name that is believed behind a family's of one character, and one more than its kanji."""
_PARTICLE = re.compile("[がはをにともへ、。]")


_LANDLORD = frozenset({"大家"})
"""What people are called by who let houses, which some families are called too."""


def _is_family(word: str, lists: NameLists) -> bool:
    listed = word in lists.japanese_family or (len(word) > 1 and word in lists.east_asian_family)
    return listed and word not in _LANDLORD


def _given_length(following: str, lists: NameLists) -> int:
    """Characters of the listed given name that a text goes on with, in kanji or in either syllabary."""
    plain = following.translate(_TO_HIRAGANA)
    for n in (3, 4, 2, 1):
        word = plain[:n]
        if len(word) < n or word in _ADDRESS or (n == 1 and _is_part(following)):
            continue
        if (
            word.rstrip("ー") in lists.japanese_given
            or word.replace("ー", "う") in lists.japanese_given
        ):
            return n
    return 0


def _is_part(following: str) -> bool:
    """Whether the first of some characters makes a place or a thing of those before it, or begins a longer word."""
    longer = re.match(f"[{_KANJI}]{{2}}", following)
    titled = following[1:].startswith(tuple(cues_of("ja").after))
    return bool(_IS_NO_GIVEN.match(following) or (longer and not titled))


_IS_NO_GIVEN = re.compile("[県市区町村駅島港橋道城社店校園院館場局署線病銀大株高中小支本語人製産]")
"""One character that makes a place or a thing of the one before it."""
_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def splits_as_japanese(word: str, lists: NameLists, *, listed: bool = False) -> bool:
    """Whether a whole word is a Japanese family name and a given one; the latter may be unlisted."""
    return any(
        _is_family(word[:n], lists)
        and (
            0 < len(word) - n == _given_length(word[n:], lists)
            or (not listed and 1 <= len(word) - n <= 2)
        )
        for n in ((2, 3) if listed else (2, 1, 3))
    )


def _precedes(text: str, cues: Cues) -> bool:
    return any(text.endswith(cue) for cue, kind in cues.before.items() if kind is Before.PERSON)


def _follows(text: str, end: int, phrases: frozenset[str]) -> bool:
    near = text[end : end + 6].lstrip()
    return any(near.startswith(phrase) for phrase in phrases)
