"""Where a text names persons, in any script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from raudit.stages.pii.recognise.names.alphabetic import in_cased, is_something_else
from raudit.stages.pii.recognise.names.chinese import in_chinese
from raudit.stages.pii.recognise.names.cues import (
    LONGEST,
    Before,
    cues_of,
    language_of,
    words,
)
from raudit.stages.pii.recognise.names.japanese import in_japanese
from raudit.stages.pii.recognise.names.korean import in_korean
from raudit.stages.pii.recognise.names.lists import NameLists, folded, name_lists
from raudit.stages.pii.recognise.names.pairs import in_pairs
from raudit.stages.pii.recognise.names.uncased import in_uncased

_HANGUL = re.compile("[\uac00-\ud7a3]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HAN = re.compile("[\u3400-\u9fff]")
_UNCASED = re.compile("[\u0590-\u06ff\u0900-\u0e7f\u10d0-\u10ff]")

_OTHER_SCRIPT = re.compile(
    "[\u3005\u3041-\u3096\u30a1-\u30fc\u3400-\u9fff\uac00-\ud7a3]{2,8}"
    "|[\u0590-\u06ff\u0900-\u0e7f\u10d0-\u10ff]{2,}(?: [\u0590-\u06ff\u0900-\u0e7f\u10d0-\u10ff]{2,}){0,3}"
)
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")

Stretch = tuple[int, int]


def persons_in_text(
    text: str,
    entities: Sequence[tuple[str, int, int]] = (),
    lists: NameLists | None = None,
) -> Iterator[Stretch]:
    """Where a sentence names a person.

    Parameters
    ----------
    text
        A cell.
    entities
        (entity type, start, end) of what the language model found; it is one voice among several.
    lists
        Names to weigh words by; the shipped ones if absent.

    Yields
    ------
    tuple of int
        Start and end of each name; they may overlap.
    """
    known = lists or name_lists()
    if not text.isascii():
        yield from _in_another_script(text)
        if _HANGUL.search(text):
            yield from in_korean(text, known)
        if _KANA.search(text):
            yield from in_japanese(text, known)
        elif _HAN.search(text):
            yield from in_chinese(text, known)
        if _UNCASED.search(text):
            yield from in_uncased(text, known)
    yield from in_cased(text, entities, known)
    yield from in_pairs(text, known)


def refuted(text: str, stretch: Stretch, lists: NameLists | None = None) -> bool:
    """Whether a person that the language model reads in a sentence is a place, a thing or an ordinary word."""
    if len(text.split()) < SENTENCE:
        return False
    return is_something_else(text, stretch, lists or name_lists())


def in_dictionary(name: str, text: str, lists: NameLists | None = None) -> bool:
    """Whether a word of what is called a name in a sentence is an ordinary word, a rarer one, a place or a time."""
    known = lists or name_lists()
    return len(text.split()) >= SENTENCE and any(
        len(word) > 1
        and any(
            folded(word) in listed
            for listed in (known.ordinary, known.dictionary, known.places, known.times)
        )
        for word in words(name)
    )


SENTENCE = 4
"""Words of a sentence; in shorter cells the model's word counts, and the column's other cells."""


def _in_another_script(text: str) -> Iterator[Stretch]:
    """Letters of a script without capitals in a sentence of Latin ones that speaks of a person there."""
    runs = list(_OTHER_SCRIPT.finditer(text))
    if not runs or len(_LATIN.findall(text)) < 2 * sum(len(run.group()) for run in runs):
        return
    cues = cues_of(language_of(text))
    for run in runs:
        before = cues.preceding(words(text[: run.start()])[-LONGEST:])
        if before >= Before.CONTACT or cues.following(words(text[run.end() :])[:LONGEST]):
            yield run.span()
