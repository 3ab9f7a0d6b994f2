"""Names of persons in sentences of scripts with capitals, whose words are parted by blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from raudit.stages.pii.recognise.names.beside import TOKEN, Stretch, words_after, words_before
from raudit.stages.pii.recognise.names.cues import ANY, Before, Cues, cues_of, language_of
from raudit.stages.pii.recognise.names.lists import NameLists, folded
from raudit.stages.pii.recognise.names.things import THING, may_be_family

PROSE = 0.3
"""Share of words without a capital in sentences."""
FEWEST_WORDS = 3
"""Words of a text in which something is said of somebody."""
_PARTICLES = frozenset(
    {
        "de",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "das",
        "du",
        "la",
        "le",
        "van",
        "von",
        "der",
        "den",
        "ter",
        "te",
        "san",
    }
    | {
        "bin",
        "binti",
        "ibn",
        "ben",
        "bint",
        "al",
        "el",
        "ul",
        "af",
        "av",
        "zu",
        "y",
        "e",
        "st",
        "ould",
    }
)
"""Small words inside a name."""
_SCRIPTS = (
    ("cyrillic", re.compile("[\u0400-\u04ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("armenian", re.compile("[\u0531-\u058a]")),
)
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_TITLE_BEFORE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|Mme|Mlle|Sra?|Srta|Sig|Dott|Dhr|Mevr)\.? $"
)
_POSSESSIVE = {
    "de": frozenset(
        f"{word}{ending}"
        for word in ("mein", "dein", "sein", "ihr", "unser", "euer", "kein")
        for ending in ("", "e", "em", "en", "er", "es")
    )
}
"""Words between which and its noun German puts no name: "meine Nummer" is nobody's."""
_PATRONYMIC = re.compile(r"(?:ович|евич|овна|евна|ична|івна|йович)(?:а|у|ем|ом|ы|е|ой|и|і)?$")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:;]\s+|[\n\r]\s*|^[\"'\u201c\u00ab(\[-]+\s*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each voice counts; set on benchmarks/pii_origins.py, names and sentences of the part "tuning"."""

    full: float = 3.0
    """A common given name beside another common name."""
    given: float = 2.0
    """A common given name alone, which is no ordinary word."""
    half: float = 1.5
    """Two words of which one is a common name."""
    one: float = 1.0
    """One word that is a rare given or a common family name, or two of which one is rare."""
    shape: float = 0.9
    """Two words that are neither ordinary words nor places; with the model's voice alone not enough."""
    person: float = 2.0
    contact: float = 1.5
    weak: float = 0.5
    act: float = 1.1
    model: float = 1.0
    model_abroad: float = 0.5
    """In other languages than English, whose capitals the models that are shipped mistake for names."""
    ordinary: float = -1.0
    place: float = -2.0
    least: float = 2.0
    """Sum from which on it is a name."""
    title: float = 2.0
    """How much more is asked for where most words have capitals, as in titles."""


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Capitalised words side by side."""

    tokens: tuple[Stretch, ...]
    words: tuple[str, ...]
    """As the lists hold them."""
    plain: tuple[str, ...]
    """In small letters with their accents, which tell the most common words of a language from names."""
    small: tuple[bool, ...]
    """Which of them are particles."""

    @property
    def stretch(self) -> Stretch:
        return self.tokens[0][0], self.tokens[-1][1]


def in_cased(
    text: str, entities: Sequence[tuple[str, int, int]], lists: NameLists
) -> Iterator[Stretch]:
    """Names in a text of a script with capitals: runs of capitalised words that enough voices call a name."""
    tokens = [m.span() for m in TOKEN.finditer(text)]
    if len(tokens) < FEWEST_WORDS or not any(text[a].isupper() for a, _ in tokens):
        return
    # The capital of a sentence's first word says nothing, so it is not counted; that of a name says that it is one.
    first = folded(text[slice(*tokens[0])])
    begins = not (lists.is_given(first) or lists.is_family(first))
    prose = sum(text[a].islower() for a, _ in tokens) >= PROSE * (len(tokens) - begins)
    spoken = _script(text)
    cues = cues_of(spoken)
    for run in _runs(text, tokens):
        yield from _named(text, run, entities, lists, cues, 0.0 if prose else WEIGHTS.title, spoken)


def _script(text: str) -> str:
    """The script or language of the words beside a name: a Russian name in an English sentence has English ones."""
    latin = len(_LATIN.findall(text))
    scripts = (name for name, letters in _SCRIPTS if len(letters.findall(text)) > latin)
    return next(scripts, "") or language_of(text)


def _runs(text: str, tokens: Sequence[Stretch]) -> Iterator[_Run]:
    """Runs of capitalised words, parted by one blank or an initial's full stop, with small particles between them."""
    index = 0
    while index < len(tokens):
        run: list[Stretch] = []
        after = index
        while after < len(tokens) and len(run) < 6:
            begin, end = tokens[after]
            between = text[run[-1][1] : begin] if run else ""
            beside = between in {" ", "\u00a0"} or (
                between == ". " and run[-1][1] - run[-1][0] == 1
            )
            if run and not beside:
                break
            small = text[begin:end] in _PARTICLES and run and _capital_next(text, tokens, after)
            if not text[begin].isupper() and not small:
                break
            run.append((begin, end))
            after += 1
        if run:
            yield _run(text, run)
        index = max(after, index + 1)


def _run(text: str, tokens: Sequence[Stretch]) -> _Run:
    written = [text[a:b] for a, b in tokens]
    return _Run(
        tokens=tuple(tokens),
        words=tuple(folded(word) for word in written),
        plain=tuple(word.lower() for word in written),
        small=tuple(word[0].islower() for word in written),
    )


def _capital_next(text: str, tokens: Sequence[Stretch], index: int) -> bool:
    following = tokens[index + 1 : index + 3]
    return bool(following) and any(
        text[a].isupper() and a - tokens[index][1] <= 4 for a, _ in following
    )


def _named(
    text: str,
    run: _Run,
    entities: Sequence[tuple[str, int, int]],
    lists: NameLists,
    cues: Cues,
    more: float,
    spoken: str,
) -> Iterator[Stretch]:
    """The part of a run that is a name, if enough speaks for one."""
    if "".join(run.words) in lists.places or (run.words[0] in SAINTS and len(run.words) > 1):
        return
    run = _without_first(text, run, lists, cues)
    if not run.tokens or THING.match(text, run.stretch[1]):
        return
    if _is_thing(text, run):
        if not may_be_family(run.words, lists):
            return
        more += WEIGHTS.weak
    if all(_is_code(text[a:b]) for a, b in run.tokens) and not text.isupper():
        return
    begin, end = run.stretch
    if text[begin - 1 : begin] == "\n" and text[end : end + 1] in {"", "\n"}:
        more = 0.0  # a line of its own, as at the end of a letter: its capitals are no title's
    near = words_before(text, begin)
    if len(run.tokens) == 1 and near and near[-1].lower() in _POSSESSIVE.get(spoken, ()):
        return
    first = bool(_SENTENCE_START.search(text[max(0, begin - 8) : begin]))
    before = cues.preceding(near)
    if _TITLE_BEFORE.search(text[max(0, begin - 8) : begin]):
        before = Before.PERSON
    score = _by_lists(run, lists, cues, first, told=before is Before.PERSON)
    if before <= Before.WEAK and "".join(run.words) in lists.figures:
        return
    score += _BEFORE[before] + WEIGHTS.act * cues.following(words_after(text, end))
    score += (WEIGHTS.model if spoken in {"en", ANY} else WEIGHTS.model_abroad) * any(
        kind == "PERSON" and a < end and begin < b for kind, a, b in entities
    )
    if score >= WEIGHTS.least + more:
        yield begin, end


_BEFORE = {
    Before.PERSON: WEIGHTS.person,
    Before.CONTACT: WEIGHTS.contact,
    Before.WEAK: WEIGHTS.weak,
    Before.NOTHING: 0.0,
}


SAINTS = frozenset({"san", "santa", "santo", "sao", "saint", "sankt"})
"""First words of towns, schools and hospitals that are called after saints."""


def _without_first(text: str, run: _Run, lists: NameLists, cues: Cues) -> _Run:
    """A run without the forms of address and ordinary words it begins with: "Dear Anna", "When Anna"."""
    while run.tokens and _leads(text, run, lists, cues):
        run = _run(text, run.tokens[1:])
    while run.tokens and (run.small[-1] or _ends_in_code(text, run, lists)):
        run = _run(text, run.tokens[:-1])
    return run


def _ends_in_code(text: str, run: _Run, lists: NameLists) -> bool:
    """Whether the last of several words is an abbreviation and no family name: "Roth IRA", "Mary LI"."""
    if len(run.tokens) < 2:
        return False
    (a, b), (c, d) = run.tokens[-1], run.tokens[0]
    short = text[a:b].isupper() and 1 < b - a <= LONGEST_CODE_BEHIND
    return short and not text[c:d].isupper() and not lists.is_family(run.words[-1])


def _leads(text: str, run: _Run, lists: NameLists, cues: Cues) -> bool:
    """Whether the first word of a run is none of the name."""
    word = run.words[0]
    if run.small[0]:
        return True
    begin = run.tokens[0][0]
    begins = bool(_SENTENCE_START.search(text[max(0, begin - 8) : begin]))
    common = run.plain[0] in cues.common
    if begins and common and len(run.words) > 2:
        return True
    if lists.are_full(run.words):
        return False
    if lists.is_given(word) and word not in lists.ordinary:
        return False
    told = cues.before.get(word, Before.NOTHING) is not Before.NOTHING
    return told or (begins and (word in lists.ordinary or word in cues.after or common))


def _is_thing(text: str, run: _Run) -> bool:
    return any(THING.fullmatch(text, a, b) for a, b in run.tokens)


LONGEST_CODE, LONGEST_CODE_BEHIND = 5, 3
"""Letters of an abbreviation that stands alone, and of one behind other words, where families are written so too."""


def _is_code(word: str) -> bool:
    """Whether a word is an abbreviation or a symbol, or begins with one: ``ID``, ``JSON-value``, ``OpenGIS``."""
    first = re.split("['\u2019-]", word)[0]
    short = first.isupper() and len(first) <= LONGEST_CODE
    inner = any(a.isupper() and b.isupper() for a, b in pairwise(first[1:]))
    return short or (inner and not first.isupper())


def _by_lists(run: _Run, lists: NameLists, cues: Cues, first: bool, *, told: bool) -> float:
    """What the words themselves say."""
    parts = zip(run.words, run.plain, run.small, strict=True)
    pairs = [(word, plain) for word, plain, small in parts if not small]
    if not pairs:
        return WEIGHTS.place
    found = [word for word, _ in pairs]
    long = [word for word in found if len(word) > 1]
    if "".join(found) in lists.places or any(_is_time(plain, lists) for _, plain in pairs):
        return WEIGHTS.place
    ordinary, doubtful = _ordinary(pairs, lists, cues)
    place = [w in lists.places for w in long]
    given = [lists.is_given(w) for w in long]
    family = [lists.is_family(w) for w in long]
    rare = [lists.is_rare(w) and w not in lists.dictionary for w in long]
    plain_given = any(g and not o and not p for g, o, p in zip(given, doubtful, place, strict=True))
    named = sum(g or f for g, f in zip(given, family, strict=True))
    if any(_PATRONYMIC.search(w) for w in long):
        return WEIGHTS.full
    if (named >= 2 and plain_given) or lists.are_full(long):
        return WEIGHTS.full
    if named >= 2 and any(given) and not all(ordinary):
        return WEIGHTS.half
    # People are called after places and things: a given name makes a family name of the word behind it.
    called_after = plain_given and given[0] and len(long) == 2
    strange = [o or p for o, p in zip(ordinary, place, strict=True)]
    # Behind "my colleague", one listed name makes a name of the word beside it: families stand first in some languages.
    beside = zip(strange, given, family, strict=True)
    named_after = told and sum(strange) == 1 and any((g or f) and not s for s, g, f in beside)
    penalty = WEIGHTS.ordinary * (0 if called_after or named_after else sum(ordinary))
    penalty += WEIGHTS.place * (any(place) and not plain_given and not named_after)
    listed = any(given) or any(family)
    if len(long) == 1:
        return _alone(long[0], penalty, first=first, sure=plain_given, known=listed or any(rare))
    if named:
        return WEIGHTS.half + penalty
    if any(rare):
        return WEIGHTS.one + penalty
    return (WEIGHTS.shape if long and not any(ordinary) else 0.0) + penalty


def _ordinary(
    pairs: Sequence[tuple[str, str]], lists: NameLists, cues: Cues
) -> tuple[list[bool], list[bool]]:
    """Which words are ordinary ones, and which could be: of the language, or of the dictionary."""
    long = [word for word, _ in pairs if len(word) > 1]
    written = [p for w, p in pairs if len(w) > 1]
    # The lists of ordinary words are English: a word with an accent, such as Márk, is none of them.
    english = [p.isascii() for p in written]
    ordinary = [
        (w in lists.ordinary and e) or p in cues.common
        for w, p, e in zip(long, written, english, strict=True)
    ]
    doubtful = [
        o or (w in lists.dictionary and e and cues.english)
        for o, w, e in zip(ordinary, long, english, strict=True)
    ]
    return ordinary, doubtful


def _alone(word: str, penalty: float, *, first: bool, sure: bool, known: bool) -> float:
    """What one word says; at the beginning of a sentence a capital says nothing."""
    if sure and len(word) > 3 and not first:
        return WEIGHTS.given
    if first and not sure:
        return WEIGHTS.place
    return (WEIGHTS.one if known else 0.0) + penalty


def _is_time(word: str, lists: NameLists) -> bool:
    """Whether a word, or a part of it between hyphens, is a day, a month or a language: "January-June"."""
    return any(len(part) > 2 and part in lists.times for part in word.split("-"))


def is_something_else(text: str, stretch: Stretch, lists: NameLists) -> bool:
    """Whether what a model calls a person are words that a sentence knows as places, things or ordinary ones."""
    begin, end = stretch
    tokens = [m.span() for m in TOKEN.finditer(text)]
    cues = cues_of(_script(text))
    around = [run for run in _runs(text, tokens) if run.tokens and _overlap(run.stretch, stretch)]
    if any("".join(run.words) in lists.places for run in around):
        return True
    figures = [run for run in around if "".join(run.words) in lists.figures]
    if any(cues.preceding(words_before(text, run.stretch[0])) <= Before.WEAK for run in figures):
        return True
    inside = [text[a:b] for a, b in tokens if begin <= a and b <= end and b - a > 2]
    return bool(inside) and all(
        any(folded(word) in known for known in (lists.ordinary, lists.times, lists.places))
        or word.lower() in cues.common
        for word in inside
    )


def _overlap(one: Stretch, other: Stretch) -> bool:
    return one[0] < other[1] and other[0] < one[1]
