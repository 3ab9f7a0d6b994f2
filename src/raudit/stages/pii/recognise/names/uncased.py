"""Names of persons in sentences of scripts whose words are parted by blanks and have no capitals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from raudit.stages.pii.recognise.names.beside import TOKEN, Stretch, words_after, words_before
from raudit.stages.pii.recognise.names.cues import Before, Cues, cues_of, key
from raudit.stages.pii.recognise.names.lists import NameLists, folded

_UNCASED_SCRIPTS = (
    ("arabic", re.compile("[\u0600-\u06ff]")),
    ("hebrew", re.compile("[\u0590-\u05ff]")),
    ("devanagari", re.compile("[\u0900-\u097f]")),
    ("bengali", re.compile("[\u0980-\u09ff]")),
    ("tamil", re.compile("[\u0b80-\u0bff]")),
    ("thai", re.compile("[\u0e00-\u0e7f]")),
    ("georgian", re.compile("[\u10d0-\u10ff]")),
)


def in_uncased(text: str, lists: NameLists) -> Iterator[Stretch]:
    """Names in a text of a script without capitals: two listed names side by side, or one beside a cue."""
    found = next(((n, s) for n, s in _UNCASED_SCRIPTS if s.search(text)), None)
    if found is None:
        return
    cues = cues_of(found[0])
    letters = found[1]
    tokens = [m.span() for m in TOKEN.finditer(text) if letters.match(m.group())]
    index = 0
    while index < len(tokens):
        stretch, used = _uncased_name(text, tokens, index, lists, cues)
        if stretch:
            yield stretch
        index += used


def _uncased_name(
    text: str, tokens: Sequence[Stretch], index: int, lists: NameLists, cues: Cues
) -> tuple[Stretch | None, int]:
    """A name that begins with a word, and how many words were looked at."""
    begin, end = tokens[index]
    begin, titled = _behind_title(text, begin, end)
    one = _kinds(text[begin:end], lists, cues)
    beside = index + 1 < len(tokens) and text[end : tokens[index + 1][0]] in {" ", "\u00a0"}
    following = text[slice(*tokens[index + 1])] if beside else ""
    two = _kinds(following, lists, cues) if beside else NO_NAME
    before = Before.PERSON if titled else cues.preceding(words_before(text, begin))
    long = end - begin + len(following) >= SHORTEST_FULL
    if any(one) and any(two) and (one[0] or two[0]) and long:
        return (begin, tokens[index + 1][1]), 2
    one = one if end - begin >= SHORTEST_ALONE else NO_NAME
    foreign = _alone_in_another_script(text, begin, end)
    if any(one) and (before is Before.PERSON or foreign):
        return (begin, tokens[index + 1][1] if beside and foreign else end), 1
    last = tokens[index + 1][1] if beside else end
    after = cues.following(words_after(text, end))
    if one[0] and after and before is not Before.NOTHING:
        return (begin, end), 1
    unknown = end - begin > 2 and key(text[begin:end]) not in cues.phrases
    if before >= Before.CONTACT and unknown and two[1]:
        return (begin, last), 2
    return None, 1


_THAI_TITLE = re.compile("คุณ|นางสาว|นาย|นาง|น\\.ส\\.|ดร\\.")
"""Forms of address that Thai writes together with the name, and with what stands before."""


def _behind_title(text: str, begin: int, end: int) -> tuple[int, bool]:
    """Where a Thai word goes on behind its last form of address, and whether it has one."""
    titles = (
        list(_THAI_TITLE.finditer(text, begin, end)) if "\u0e00" <= text[begin] <= "\u0e7f" else []
    )
    if titles and titles[-1].end() < end:
        return titles[-1].end(), True
    return begin, False


def _alone_in_another_script(text: str, begin: int, end: int) -> bool:
    """Whether a word stands in a sentence of Latin letters."""
    latin = sum(c.isascii() and c.isalpha() for c in text)
    return latin > 2 * (end - begin)


_CLITICS = ("و", "ل", "ب", "ك", "ו", "ל", "ב", "מ", "ש", "ה")
"""Arabic and Hebrew prepositions that are written with the next word."""
NO_NAME = (False, False)
SHORTEST_UNCASED = 2
SHORTEST_ALONE, SHORTEST_FULL = 3, 5
"""Letters of a listed name that is believed alone, and of two together; shorter words are particles more often."""
SHORTEST_MARKED = 4
"""Letters and signs of an Indic name that are left when an ending of its case is cut off."""


def _kinds(word: str, lists: NameLists, cues: Cues) -> tuple[bool, bool]:
    """Whether a word is a given and a family name, with or without what its language writes together with it."""
    if key(word) in cues.phrases:
        return NO_NAME
    if "\u0900" <= word[:1] <= "\u0e7f":
        written = key(word)
        longest = max(len(written) - SHORTEST_MARKED, 0)
        forms = [written, *(written[:-cut] for cut in range(1, min(longest, 4) + 1))]
        return (
            any(form in lists.marked_given for form in forms),
            any(form in lists.marked_family for form in forms),
        )
    plain = folded(word)
    if len(plain) < SHORTEST_UNCASED:
        return NO_NAME
    forms = [plain]
    if word[:1] in _CLITICS and len(plain) > SHORTEST_UNCASED + 1:
        forms.append(plain[1:])
    return any(map(lists.is_given, forms)), any(map(lists.is_family, forms))
