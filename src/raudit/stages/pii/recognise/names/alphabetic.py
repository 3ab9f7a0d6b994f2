"""Names of persons in sentences of scripts whose words are parted by blanks, with capitals or without."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from raudit.stages.pii.recognise.names.cues import Before, Cues, cues_of, key, language_of, words
from raudit.stages.pii.recognise.names.lists import NameLists, folded

Stretch = tuple[int, int]

PROSE = 0.3
"""Share of words without a capital in sentences."""
FEWEST_WORDS = 3
"""Words of a text in which something is said of somebody."""
_TOKEN = re.compile(
    r"[^\W\d_](?:[^\W\d_]|['\u2019-](?=[^\W\d_])|[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0900-\u0903\u093a-\u094f"
    r"\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a4d\u0a81-\u0acd\u0b01-\u0b4d\u0b82-\u0bcd\u0c00-\u0c4d\u0c81-\u0ccd\u0d01-\u0d4d\u0d81-\u0ddf\u0e31-\u0e4e])*"
)
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
_UNCASED_SCRIPTS = (
    ("arabic", re.compile("[\u0600-\u06ff]")),
    ("hebrew", re.compile("[\u0590-\u05ff]")),
    ("devanagari", re.compile("[\u0900-\u097f]")),
    ("bengali", re.compile("[\u0980-\u09ff]")),
    ("tamil", re.compile("[\u0b80-\u0bff]")),
    ("thai", re.compile("[\u0e00-\u0e7f]")),
    ("georgian", re.compile("[\u10d0-\u10ff]")),
)
THING = re.compile(
    r"[ '\u2019s]*\b(?:Museum|Gallery|University|College|School|Institute|Foundation|Hospital|Clinic|Center|Centre|"
    r"Library|Airport|Stadium|Street|St(?!-)|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Lane|Park|Bridge|Prize|Award|Inc|LLC|Ltd|GmbH|"
    r"AG|Corp|Company|County|Theat[er]+|Hotel|Bank|Group|Airlines|Church|Cathedral|Station|River|Lake|Mountain|"
    r"Island|Cup|League|Mount|Mt|Fort|Hwy|Highway|Mtn|Mountains|Mall|Canyon|Creek|Springs|Valley|Wilderness|Area|Plaza|"
    r"Department|Dept|District|Unit|Garage|Restaurant|Caf[e\u00e9]|Reservoir|Peak|Trail|Falls|Harbou?r|Rescue|Program(?:me)?|"
    r"Festival|Building|Campus|Ranch|Brothers|Bros|Sons|Tournament|Championship|Act|Treaty|Theorem|Effect|Syndrome|Disease|"
    r"Equation|Fellowship|Scholarship|Medal|Memorial|Monument|Palace|Castle|Mosque|Tunnel|Dam|Terminal|Estate|Academy|"
    r"Society|Association|Committee|Council|Commission|Ministry|Agency|Authority|Services?|Systems?|Solutions|Technologies|"
    r"Industries|Partners|Holdings|Insurance|Motors|Records|Studios?|Pictures|Magazine|Tribune|Journal|Gazette|Fire)\b"
)
_TITLE_BEFORE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|Mme|Mlle|Sra?|Srta|Sig|Dott|Dhr|Mevr)\.? $"
)
_PATRONYMIC = re.compile(r"(?:ович|евич|овна|евна|ична|івна|йович)(?:а|у|ем|ом|ы|е|ой|и|і)?$")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:;]\s+|[\n\r]\s*|^[\"'\u201c\u00ab(\[-]+\s*)$")
_REACH = 48
"""Characters beside a name in which its cues are looked for."""


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
    tokens = [m.span() for m in _TOKEN.finditer(text)]
    if len(tokens) < FEWEST_WORDS or not any(text[a].isupper() for a, _ in tokens):
        return
    prose = sum(text[a].islower() for a, _ in tokens) >= PROSE * len(tokens)
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
    first = bool(_SENTENCE_START.search(text[max(0, begin - 8) : begin]))
    score = _by_lists(run, lists, cues, first)
    before = cues.preceding(_words_before(text, begin))
    if _TITLE_BEFORE.search(text[max(0, begin - 8) : begin]):
        before = Before.PERSON
    if before <= Before.WEAK and "".join(run.words) in lists.figures:
        return
    score += {
        Before.PERSON: WEIGHTS.person,
        Before.CONTACT: WEIGHTS.contact,
        Before.WEAK: WEIGHTS.weak,
        Before.NOTHING: 0.0,
    }[before]
    score += WEIGHTS.act * cues.following(_words_after(text, end))
    score += (WEIGHTS.model if spoken == "en" else WEIGHTS.model_abroad) * any(
        kind == "PERSON" and a < end and begin < b for kind, a, b in entities
    )
    if score >= WEIGHTS.least + more:
        yield begin, end


SAINTS = frozenset({"san", "santa", "santo", "sao", "saint", "sankt"})
"""First words of towns, schools and hospitals that are called after saints."""


def _words_before(text: str, begin: int) -> list[str]:
    """Words before a name as far as a sentence goes."""
    near = text[max(0, begin - _REACH) : begin]
    stop = max(near.rfind(mark) for mark in "!?;|")
    full = near.rfind(". ")
    # "Mr. " ends no sentence.
    if full >= 0 and len(near[:full].rsplit(" ", 1)[-1]) > 4:
        stop = max(stop, full)
    return words(near[stop + 1 :])


def _words_after(text: str, end: int) -> list[str]:
    near = text[end : end + _REACH]
    cut = re.search(r"[.!?;|]", near)
    return words(near[: cut.start()] if cut else near)


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


def may_be_family(words: Sequence[str], lists: NameLists) -> bool:
    """Whether a given name and a word for a place can be a person: Park is the family name of three million."""
    if len(words) != 2 or words[0] in lists.ordinary or words[0] in lists.places:
        return False
    families = {"park", "lane", "lake", "bank"}
    korean = words[0] == "park" and "-" in words[1] and lists.is_given(words[1])
    return korean or (words[1] in families and lists.is_given(words[0]))


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


def _by_lists(run: _Run, lists: NameLists, cues: Cues, first: bool) -> float:
    """What the words themselves say."""
    parts = zip(run.words, run.plain, run.small, strict=True)
    pairs = [(word, plain) for word, plain, small in parts if not small]
    if not pairs:
        return WEIGHTS.place
    found = [word for word, _ in pairs]
    long = [word for word in found if len(word) > 1]
    if "".join(found) in lists.places or any(_is_time(plain, lists) for _, plain in pairs):
        return WEIGHTS.place
    ordinary = [w in lists.ordinary or p in cues.common for w, p in pairs if len(w) > 1]
    doubtful = [o or w in lists.dictionary for o, w in zip(ordinary, long, strict=True)]
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
    penalty = WEIGHTS.ordinary * (0 if called_after else sum(ordinary))
    penalty += WEIGHTS.place * (any(place) and not plain_given)
    if len(long) == 1:
        if plain_given and len(long[0]) > 3 and not first:
            return WEIGHTS.given
        if first and not plain_given:
            return WEIGHTS.place
        return (WEIGHTS.one if any(given) or any(family) or any(rare) else 0.0) + penalty
    if named:
        return WEIGHTS.half + penalty
    if any(rare):
        return WEIGHTS.one + penalty
    return (WEIGHTS.shape if long and not any(ordinary) else 0.0) + penalty


def _is_time(word: str, lists: NameLists) -> bool:
    """Whether a word, or a part of it between hyphens, is a day, a month or a language: "January-June"."""
    return any(len(part) > 2 and part in lists.times for part in word.split("-"))


def is_something_else(text: str, stretch: Stretch, lists: NameLists) -> bool:
    """Whether what a model calls a person are words that a sentence knows as places, things or ordinary ones."""
    begin, end = stretch
    tokens = [m.span() for m in _TOKEN.finditer(text)]
    cues = cues_of(_script(text))
    around = [run for run in _runs(text, tokens) if run.tokens and _overlap(run.stretch, stretch)]
    if any("".join(run.words) in lists.places for run in around):
        return True
    figures = [run for run in around if "".join(run.words) in lists.figures]
    if any(cues.preceding(_words_before(text, run.stretch[0])) <= Before.WEAK for run in figures):
        return True
    inside = [text[a:b] for a, b in tokens if begin <= a and b <= end and b - a > 2]
    return bool(inside) and all(
        any(folded(word) in known for known in (lists.ordinary, lists.times, lists.places))
        or word.lower() in cues.common
        for word in inside
    )


def _overlap(one: Stretch, other: Stretch) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def in_uncased(text: str, lists: NameLists) -> Iterator[Stretch]:
    """Names in a text of a script without capitals: two listed names side by side, or one beside a cue."""
    found = next(((n, s) for n, s in _UNCASED_SCRIPTS if s.search(text)), None)
    if found is None:
        return
    cues = cues_of(found[0])
    letters = found[1]
    tokens = [m.span() for m in _TOKEN.finditer(text) if letters.match(m.group())]
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
    before = Before.PERSON if titled else cues.preceding(_words_before(text, begin))
    long = end - begin + len(following) >= SHORTEST_FULL
    if any(one) and any(two) and (one[0] or two[0]) and long:
        return (begin, tokens[index + 1][1]), 2
    one = one if end - begin >= SHORTEST_ALONE else NO_NAME
    foreign = _alone_in_another_script(text, begin, end)
    if any(one) and (before is Before.PERSON or foreign):
        return (begin, tokens[index + 1][1] if beside and foreign else end), 1
    last = tokens[index + 1][1] if beside else end
    after = cues.following(_words_after(text, end))
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
