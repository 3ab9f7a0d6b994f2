"""Full names whose capitals, order or marks tell nothing: "Miller, Anna", "for anna miller", "MILLER^ANNA"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from raudit.stages.pii.recognise.names.beside import TOKEN, Stretch, words_after, words_before
from raudit.stages.pii.recognise.names.cues import Before, cues_of, language_of
from raudit.stages.pii.recognise.names.lists import NameLists, folded, name_lists

SHORTEST = 3
"""Letters of each of the two words."""
_AND = "&|and|und|et|y|e|en|och|og"
_PARTED = re.compile(rf", |[^\W\d_] (?:{_AND}) [^\W\d_]")
_MARKED = re.compile(r"[^\W\d_](?:\^|<<|;|/|_)[^\W\d_]")
_MARKS = frozenset({"^", "<<", ";", "/", "_"})
"""What parts a name in messages between hospitals, travel documents, visiting cards, tickets and names of files."""
_TELLING = frozenset({"^", "<<"})
"""Marks that part little else than a family name and a given name, so that one of the two may be on no list."""
_COUPLE = re.compile(rf" (?:{_AND}) ")
_SLUG = re.compile(
    r"(?:(?<=[^/]/)|(?<==))([a-z\u00df-\u00ff]{3,})[-_]([a-z\u00df-\u00ff]{3,})"
    r"(?=[-_]?\d{0,6}(?:$|[/?&#\s]|\.\w{2,4}(?:$|\s)))"
)
"""A part of a path that is two words in small letters: ``/in/anna-miller-123``; hosts are called after firms."""


def in_pairs(text: str, lists: NameLists) -> Iterator[Stretch]:
    """A common given and a common family name, parted by a mark or a comma; or without capitals, beside a cue."""
    yield from in_marks(text, lists)
    tokens = [m.span() for m in TOKEN.finditer(text)]
    small = len(tokens) > 2 and text.islower()
    if not small and not _PARTED.search(text):
        return
    cues = cues_of(language_of(text)) if small else None
    for index, ((begin, middle), (second, end)) in enumerate(pairwise(tokens)):
        between, one, two = (
            text[middle:second],
            folded(text[begin:middle]),
            folded(text[second:end]),
        )
        if cues is not None:
            if between == " " and _are_full(one, two, lists):
                near = cues.preceding(words_before(text, begin)) is not Before.NOTHING
                if near or cues.following(words_after(text, end)):
                    yield begin, end
        elif not (text[begin].isupper() and text[second].isupper()):
            continue
        elif between == ", " and _are_full(two, one, lists):
            yield begin, end
        elif _COUPLE.fullmatch(between) and lists.is_given(one) and index + 2 < len(tokens):
            third, last = tokens[index + 2]
            if text[end:third] == " " and _are_full(two, folded(text[third:last]), lists):
                yield begin, last


def in_marks(text: str, lists: NameLists) -> Iterator[Stretch]:
    """Full names between marks that tell a name where nothing else does: "MILLER^ANNA", "Miller_Anna_CV.pdf"."""
    for found in _SLUG.finditer(text):
        if _are_full(folded(found[1]), folded(found[2]), lists):
            yield found.start(1), found.end(2)
    if not _MARKED.search(text):
        return
    for (begin, middle), (second, end) in pairwise(m.span() for m in TOKEN.finditer(text)):
        between = text[middle:second]
        if between not in _MARKS or not (text[begin].isupper() and text[second].isupper()):
            continue
        if between == "/" and not (text[begin:middle] + text[second:end]).isupper():
            continue  # a choice, or two firms; tickets are written in capitals
        one, two = folded(text[begin:middle]), folded(text[second:end])
        if f"{one}{two}" in lists.places:
            continue
        likely = between in _TELLING and _may_be_full(one, two, lists)
        if likely or _are_full(two, one, lists) or _are_full(one, two, lists):
            yield begin, end


def _may_be_full(one: str, two: str, lists: NameLists) -> bool:
    """Whether one of two words is on a list of names and neither is a word for anything else."""
    words = (one, two)
    unlisted = [word for word in words if not (lists.is_given(word) or lists.is_family(word))]
    known = (lists.ordinary, lists.places, lists.times)
    return (
        min(map(len, words)) >= SHORTEST
        and len(unlisted) < len(words)
        and not any(word in known_ for word in words for known_ in known)
        and not any(word in lists.dictionary for word in unlisted)
    )


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
