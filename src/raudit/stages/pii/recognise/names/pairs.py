"""Full names whose capitals, order or marks tell nothing: "Miller, Anna", "for anna miller", "MILLER^ANNA"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from raudit.stages.pii.recognise.names.beside import TOKEN, Stretch, words_after, words_before
from raudit.stages.pii.recognise.names.cues import Before, cues_of, language_of
from raudit.stages.pii.recognise.names.lists import NameLists, folded, name_lists

SHORTEST = 3
"""Letters of each of the two words."""
_AND = "&|and|und|et|y|e|en|och|og"
_PARTED = re.compile(rf", |[^\W\d_](?:\^|<<|;|/|_)[^\W\d_]|[^\W\d_] (?:{_AND}) [^\W\d_]")
_MARKS = frozenset({"^", "<<", ";", "/", "_"})
"""What parts a name in messages between hospitals, travel documents, visiting cards, tickets and names of files."""
_COUPLE = re.compile(rf" (?:{_AND}) ")
_SLUG = re.compile(
    r"(?:^|(?<=[/=@]))([a-z\u00df-\u00ff]{3,})[-._]([a-z\u00df-\u00ff]{3,})"
    r"(?=[-._]?\d{0,6}(?:$|[/?&#\s]|\.\w{2,4}(?:$|\s)))"
)
"""A part of an address or a name of a file that is two words in small letters: ``/in/anna-miller-123``."""


def in_pairs(text: str, lists: NameLists) -> Iterator[Stretch]:
    """A common given and a common family name, parted by a mark; or without capitals, beside a cue."""
    for found in _SLUG.finditer(text):
        if _are_full(folded(found[1]), folded(found[2]), lists):
            yield found.start(1), found.end(2)
    tokens = [m.span() for m in TOKEN.finditer(text)]
    if _PARTED.search(text):
        yield from _parted(text, tokens, lists)
    if len(tokens) > 2 and text.islower():
        cues = cues_of(language_of(text))
        for (begin, middle), (second, end) in pairwise(tokens):
            one, two = folded(text[begin:middle]), folded(text[second:end])
            if text[middle:second] == " " and _are_full(one, two, lists):
                near = cues.preceding(words_before(text, begin)) is not Before.NOTHING
                if near or cues.following(words_after(text, end)):
                    yield begin, end


def _parted(text: str, tokens: Sequence[Stretch], lists: NameLists) -> Iterator[Stretch]:
    """Both names with a capital and a mark between them; and couples, "Anna & Peter Miller"."""
    for index, ((begin, middle), (second, end)) in enumerate(pairwise(tokens)):
        if not (text[begin].isupper() and text[second].isupper()):
            continue
        between, one, two = (
            text[middle:second],
            folded(text[begin:middle]),
            folded(text[second:end]),
        )
        turned = between in {", ", *_MARKS} and _are_full(two, one, lists)
        if turned or (between in _MARKS and _are_full(one, two, lists)):
            yield begin, end
        elif _COUPLE.fullmatch(between) and lists.is_given(one) and index + 2 < len(tokens):
            third, last = tokens[index + 2]
            if text[end:third] == " " and _are_full(two, folded(text[third:last]), lists):
                yield begin, last


def holds_full_name(written: str) -> bool:
    """Whether a given and a family name stand side by side in either order, as in the name of a file."""
    lists = name_lists()
    parts = [folded(match.group()) for match in TOKEN.finditer(written)]
    return any(_are_full(a, b, lists) or _are_full(b, a, lists) for a, b in pairwise(parts))


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
