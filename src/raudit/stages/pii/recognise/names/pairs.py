"""Full names in cells and texts whose capitals or order tell nothing: "Miller, Anna" and "for anna miller"."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from raudit.stages.pii.recognise.names.beside import TOKEN, Stretch, words_after, words_before
from raudit.stages.pii.recognise.names.cues import Before, cues_of, language_of
from raudit.stages.pii.recognise.names.lists import NameLists, folded

SHORTEST = 3
"""Letters of each of the two words."""


def in_pairs(text: str, lists: NameLists) -> Iterator[Stretch]:
    """A common family name, a comma and a common given name; or both in a text without capitals, beside a cue."""
    tokens = [m.span() for m in TOKEN.finditer(text)]
    small = len(tokens) > 2 and text.islower()
    if not small and ", " not in text:
        return
    cues = cues_of(language_of(text)) if small else None
    for (begin, middle), (second, end) in pairwise(tokens):
        between, one, two = text[middle:second], text[begin:middle], text[second:end]
        if between == ", " and one[0].isupper() and two[0].isupper():
            if _are_full(folded(two), folded(one), lists):
                yield begin, end
        elif cues is not None and between == " " and _are_full(folded(one), folded(two), lists):
            near = cues.preceding(words_before(text, begin)) is not Before.NOTHING
            if near or cues.following(words_after(text, end)):
                yield begin, end


def _are_full(given: str, family: str, lists: NameLists) -> bool:
    """Whether two words are a given and a family name and neither is an ordinary word or a place."""
    if not (lists.is_given(given) and lists.is_family(family)):
        return False
    known = (lists.ordinary, lists.dictionary, lists.places, lists.times)
    long = min(len(given), len(family)) >= SHORTEST
    # Many common family names are words of the dictionary; a common given name beside them makes up for it.
    return (
        long
        and not any(given in words for words in known)
        and not any(family in words for words in (lists.ordinary, lists.places, lists.times))
    )
