"""Where a text names persons, in any script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from raudit.stages.pii.recognise.names.alphabetic import in_cased, in_uncased
from raudit.stages.pii.recognise.names.chinese import in_chinese
from raudit.stages.pii.recognise.names.japanese import in_japanese
from raudit.stages.pii.recognise.names.korean import in_korean
from raudit.stages.pii.recognise.names.lists import NameLists, name_lists

_HANGUL = re.compile("[\uac00-\ud7a3]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_HAN = re.compile("[\u3400-\u9fff]")
_UNCASED = re.compile("[\u0590-\u06ff\u0900-\u0e7f\u10d0-\u10ff]")

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
        if _HANGUL.search(text):
            yield from in_korean(text, known)
        if _KANA.search(text):
            yield from in_japanese(text, known)
        elif _HAN.search(text):
            yield from in_chinese(text, known)
        if _UNCASED.search(text):
            yield from in_uncased(text, known)
    yield from in_cased(text, entities, known)
