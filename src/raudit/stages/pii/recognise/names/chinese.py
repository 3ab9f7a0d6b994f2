"""Names of persons in Chinese sentences: rjieba cuts them into words, whose dictionary and model tell names."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from raudit.stages.pii.recognise.names.cues import EastAsianWords, east_asian_words
from raudit.stages.pii.recognise.names.japanese import splits_as_japanese
from raudit.stages.pii.recognise.names.lists import NameLists

Stretch = tuple[int, int]
Tagged = list[tuple[str, str, int]]
"""Words, their parts of speech, and where they begin."""

_HAN_RUN = re.compile("[\u3400-\u9fff]+")


class _Segmenter(Protocol):
    """What rjieba offers."""

    def tag(self, sentence: str, hmm: bool = ...) -> list[tuple[str, str]]:
        """Words and their parts of speech."""
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
    at = 0
    tagged: Tagged = []
    for word, tag in _segmenter().tag(text):
        tagged.append((word, tag, at))
        at += len(word)
    index = 0
    while index < len(tagged):
        used = _chinese_name(tagged, index, lists)
        if used:
            last = tagged[index + used - 1]
            yield tagged[index][2], last[2] + len(last[0])
        index += used or 1


def _is_han_name(word: str, lists: NameLists) -> bool:
    """Whether Chinese characters that stand alone in a text are a name."""
    family = 2 if word[:2] in _words().double_family else 1 if word[:1] in _words().family else 0
    chinese = family and 1 <= len(word) - family <= 2
    return bool(chinese) or splits_as_japanese(word, lists)


def _chinese_name(tagged: Tagged, index: int, lists: NameLists) -> int:
    """How many words from one on are a name; 0 if none begins there."""
    for used in (1, 2, 3):
        part = tagged[index : index + used]
        word = "".join(w for w, _, _ in part)
        family = 2 if word[:2] in _words().double_family else 1
        if len(part) < used or len(word) > family + 2 or not _HAN_RUN.fullmatch(word):
            return 0
        if family == 1 and word[0] not in _words().family:
            return 0
        if not 1 <= len(word) - family <= 2 or word in _words().never or word in lists.places:
            continue
        following = tagged[index + used : index + used + 1]
        if used == 1 and part[0][1].startswith("nr"):
            if _goes_on(following, len(word), family):
                continue
            return 1
        if _beside_chinese(tagged, index, used) and not _ordinary_chinese(part):
            return used
    return 0


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


def _ordinary_chinese(part: Tagged) -> bool:
    """Whether what stands after a family name are ordinary words that a sentence goes on with."""
    if len(part) == 1:
        return part[0][1][:1] in {"n", "t", "m", "r", "d", "c", "p"} and part[0][1] not in {
            "nz",
            "nr",
        }
    return any(tag in {"p", "c", "r", "u", "uj", "ul", "x", "m"} for _, tag, _ in part[1:])


def _beside_chinese(tagged: Tagged, index: int, used: int) -> bool:
    """Whether the words around say that a person is named; at a sentence's ends the other side must."""
    word_before = tagged[index - 1][0] if index else ""
    word_after = tagged[index + used][0] if index + used < len(tagged) else ""
    before = word_before in _words().before
    after = word_after in _words().after
    edge_before = not word_before or not word_before.strip("，。！？：；、,.!?:; \n“”\"'（(")
    edge_after = not word_after or not word_after.strip("，。！？：；、,.!?:; \n“”\"'）)")
    return (
        (before and (after or edge_after))
        or (edge_before and word_after in _words().after)
        or (before and tagged[index][1].startswith("nr"))
    )
