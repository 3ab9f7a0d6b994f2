"""What single cells look like: names, numbers, dates, and how much of a cell a match covers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from raudit.stages.pii.recognise.names import THING, may_be_family, name_lists, persons_in_text
from raudit.stages.pii.recognise.spans import Span
from raudit.stages.pii.vocabulary.names_of_columns import MARKS, fold
from raudit.stages.pii.vocabulary.rulebook import Rulebook

WORDS_OF_TEXT = 4
"""Cells of so many words are sentences, titles or lists; a family name alone in them is often a place or a thing."""
LARGEST_VERSION = 12
"""First number of most versions; networks begin higher, except the private 10."""
SHORT_CELL = 60
"""A match must cover its share of a cell of up to so many characters; in longer ones it is found inside text."""

_NAME = re.compile(
    r"(?:[^\W\d_]+(?:['\u2019.,-]+[^\W\d_]+)*\.?,?)(?:\s+[^\W\d_]+(?:['\u2019.-]+[^\W\d_]+)*\.?,?){0,5}"
)
_GROUPED = re.compile(r"^\s*(?:\+ ?\d|\(\+?\d|\d+(?:[ ./()-]+\d+){2,})")
"""Two groups of digits are more often a key than a telephone number, so they are asked for more."""
_SEPARATED = re.compile(r"^\s*(?:\+ ?\d|\(\+?\d|\d+[ -]\(?\d|\d+(?:[ ./()-]+\d+){2,})")
_DATE = re.compile(
    r"^\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]|$)|^\s*\d{1,2}[ -][A-Za-z]{3,9}[ -,]+\d{2,4}|"
    r"^\s*(?:19|20)\d{2}[-/]\d{4,}$"  # a year and a running number
)
_NUMBER = re.compile(r"\s*(?!\+\d{8,}$)[-+]?[\d,]*\.?\d+(?:[eE][-+]?\d+)?\s*%?\s*")
_FRACTION = re.compile(r"[-+]?\d*\.(?!0*$)\d+")
_DIALLED = re.compile(
    r"\s*(?:\+ ?\d|00[1-9][\d -]|\(\+?\d{1,5}\)|0\d{1,4}(?:[ /]|-\d{3,8}\s*$)|0\d(?:[ .-]\d\d){4}|"
    r"0\d{1,4}-\d{2,4}-\d{4}\b|"
    r"1[-. ][2-9]\d\d[-. ][2-9]\d\d[-. ]\d{4}\b|"
    r"[2-9]\d\d[-. ][2-9]\d\d[-. ]\d{4}(?!\d)|[2-9]\d{2} [2-9]\d{2} ?\d{4}\b)"
)
"""How only telephone numbers are written: with a trunk zero, a country or an area in brackets, or as in America."""
_ANNOUNCES_PHONE = re.compile(
    r"(?i)(?<![^\W\d_])(?:(?:tele|i)?phone|mobile|cell|tel|handy|telefon|fax|whats ?app|t[eé]l[eé]phone|portable|"
    r"tel[eé]fono|m[oó]vil|celular|cellulare|telefone|telem[oó]vel|telefoon|rufnummer|mobil|text|calls?|calling|sms|"
    r"dial|ring|(?:my|his|her|our|their|old|new) number|(?:meine|ihre|seine) nummer|(?:mon|son) num[eé]ro|"
    r"(?:mi|su) n[uú]mero)"
    r"(?![^\W\d_])[^\d\n;!?]{0,20}$"
)
"""What stands before a telephone number, as in the pattern "announced"; digits alone are believed behind it."""
_FOUR = re.compile(r"(?<![\d.])(\d{1,5})\.(\d{1,5})\.(\d{1,5})\.(\d{1,5})(?![\d.])")
LARGE_NUMBER = 100
"""One of the four numbers of most addresses is as large."""
FEWEST_HOSTS = 10
"""Cells with four numbers, below which it is not told how they are spread."""
_FOREIGN = re.compile(r"[^\W\d_\u0000-\u024f]")
"""A letter of another script than the Latin one, in which the lists of names are written."""
_EAST_ASIAN = re.compile(
    "[\u3005\u3400-\u9fff]{2,6}|[\u3005\u3400-\u9fff]{1,3}[\u3041-\u3096\u30a1-\u30fc]{2,5}|[\uac00-\ud7a3]{2,5}"
)
"""Chinese and Japanese, or Korean, written without a blank."""
_EAST_ASIAN_PLACE = re.compile("[\u3400-\u9fff]{1,4}[市县縣省州镇郡県]|[\uac00-\ud7a3]{2,4}[시군]")
"""Cities and counties, which begin with the letters of families; few given names end so."""
_LETTERS = re.compile(r"[^\W\d_]+")
_TWO_WORDS = re.compile(r"\b([^\W\d_a-z][^\W\d_]{1,20}),? ([^\W\d_a-z][^\W\d_]{1,20})\b")
"""Two words with capitals side by side."""
_BEFORE_PLACES = frozenset(
    {"san", "santa", "santo", "sao", "sankt", "saint", "nueva", "nuevo", "nova", "novo", "nouvelle"}
    | {"new", "vieja", "viejo", "puerto", "porto", "mount", "mt", "fort"}
)
"""First words of many towns, and of few persons' names."""
_ORGANISATION = re.compile(
    r"(?i)\b(?:museum|university|college|school|institute|foundation|hospital|hospice|clinic|cent(?:er|re)|library|airport|"
    r"stadium|road|bridge|award|inc|llc|ltd|plc|gmbh|corp|company|county|mt|mount|mountain|peak|lake|river|creek|island|"
    r"beach|church|hotel|restaurant|caf[eé]|group|associates|partners|services|systems|industries|sons|bros|bank|forest|"
    r"co|ag|kg|ohg|gbr|gesmbh|s\.?a\.?r\.?l|s\.a|sas|eurl|s\.a\.s|s\.?r\.?l|s\.?p\.?a|s\.?n\.?c|s\.l|ltda|b\.?v|n\.v|nv|ab|oyj?|"
    r"a/s|aps|s\.r\.o|a\.s|v\.o\.s|o\.s|k\.s|z\.s|holding|"
    r"colegio|escuela|instituto|universidad|hospital|fundaci[oó]n|asociaci[oó]n|ayuntamiento|[eé]cole|lyc[eé]e|coll[eè]ge|"
    r"h[oô]pital|universit[eé]|mairie|fondation|soci[eé]t[eé]|maison|p[eé]nitentiaire|schule|gymnasium|klinik|krankenhaus|"
    r"universit[aä]t|stiftung|verein|scuola|istituto|ospedale|universit[aà]|escola|szko[lł]a|szpital|prison|jail|academy|"
    r"stazione|estaci[oó]n|gare|bahnhof|fire|fc|united|foundation|society|association|"
    r"công ty|tnhh|cổ phần|persero|ооо|оао|зао|пао|tbk|perum|s/a|"
    r"spol|sp\. ?z ?o\. ?o|kft|zrt|bt|llp|pty|pte|fils|figli|hnos|hermanos|söhne)\b\.?|[&+] ?\w|"
    r"株式会社|有限会社|合同会社|合資会社|公司|集团|주식회사|유한회사|\(주\)|㈜|"
    r"\b(?:san|tic|şti|a\.ş)\.|\b(?:α\.?ε|ε\.?π\.?ε|ο\.?ε)\.?$|^(?:PT|CV|UD|PD) "
)
"""Words of places and firms that are named after people; two of them, Mount and Lake, stand before the name."""
_HONORIFIC = re.compile(
    r"(?i)(?:^|[,;&] ?|\band )\s*(?:mr|mrs|ms|miss|mx|dr|prof|rev|sir|dame|lady|lord|master|capt|col|maj|lt|sgt|hon|"
    r"judge|justice|sen|rep|gov|herr|frau|mme|mlle|monsieur|madame|don|do[nñ]a|sra?|srta|sig|sig\.ra|dott|dhr|mevr|"
    r"pani?|hr|fru)\b\.?\s+[^\W\d_]"
)
_INITIALED = re.compile(
    r"(?:[^\W\d_a-z]\.[ -]?){1,3}(?:(?:van|von|de|der|den|du|la|le|di|da) ){0,2}[^\W\d_a-z][^\W\d_]+"
    r"(?:[ '’-][^\W\d_]+)?|"
    r"[^\W\d_a-z][^\W\d_]+(?:[ '’-][^\W\d_]+)?,? ?(?:[^\W\d_a-z]\.[ -]?){1,3}"
)
"""``J. R. Smith`` or ``SMITH, J.R.``; a species such as ``E. coli`` goes on with a small letter."""
_NOTE = re.compile(r"\s*[\[(][^\[\]()]{1,30}[\])]\s*$|,?\s+et al\.?\s*$|\s*[*†‡+#]+\s*$")
_STREET = re.compile(
    r"(?i)\b(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|court|ct|place|pl|square|sq|terrace|parkway|pkwy|"
    r"circle|highway|hwy|close|crescent|box|postfach|apartado|rue|all[eé]e|chemin|impasse|quai|calle|avenida|avda|plaza|paseo|"
    r"camino|carretera|ronda|rambla|via|viale|piazza|corso)\b|(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|ufer|damm|straat|laan)\b"
)
"""Words of streets that are sure enough inside a text."""
_VERSION = re.compile(
    r"(?i)(?:[a-z]/|\b(?:v|ver|version|release|rel|build|licen[cs]e|firmware)[ .:-]*)$"
)
_NETWORK = re.compile(r"/\d{1,2}\b")
"""A network of many addresses, such as 10.0.0.0/8."""
_UNPARTED = re.compile("[\u0e00-\u0e7f\u3041-\u9fff\uac00-\ud7a3]")
"""A letter of a script without blanks between words, or with few."""
LONGEST_NAME = 8
"""Such letters of a name; more of them are a sentence."""
LETTERS_OF_WORD = 2
_ENDS = re.compile("[。！？]|(?:です|ます|した|ない|다|요)[.!?]?\\s*$")
"""How sentences end and headings do not."""


@dataclass(frozen=True, slots=True)
class Shapes:
    """Shares of a column's cells that are written in some way."""

    mean_words: float = 0.0
    digits: float = 0.0
    names: float = 0.0
    listed: float = 0.0
    separated: float = 0.0
    dates: float = 0.0
    numbers: float = 0.0
    titled: float = 0.0
    initialed: float = 0.0
    dialled: float = 0.0
    wordy: float = 0.0
    prose: float = 0.0
    foreign: float = 0.0
    fractions: float = 0.0
    given: float = 0.0
    beside: float = 0.0
    hosts: float = 1.0

    @classmethod
    def of(cls, cells: Sequence[str], rulebook: Rulebook) -> Shapes:
        """Look at some cells; all shares are 0 for none."""
        if not cells:
            return cls()
        n = len(cells)

        def share(test: Callable[[str], Any]) -> float:
            return sum(1 for cell in cells if test(cell)) / n

        return cls(
            sum(map(_words, cells)) / n,
            share(lambda c: any(x.isdigit() for x in c)),
            share(lambda c: len(c) <= SHORT_CELL and _NAME.fullmatch(unmarked(c[slice(*core(c))]))),
            share(lambda c: len(c) <= SHORT_CELL and _listed(c, rulebook)),
            share(_GROUPED.match),
            share(_DATE.match),
            share(_NUMBER.fullmatch),
            share(lambda c: len(c) <= 2 * SHORT_CELL and _HONORIFIC.search(c)),
            share(lambda c: len(c) <= SHORT_CELL and _INITIALED.fullmatch(c[slice(*core(c))])),
            _dialled(cells),
            share(lambda c: sum(len(word) > 1 for word in _LETTERS.findall(c)) > 2 or _unparted(c)),
            share(_prose),
            share(_FOREIGN.search),
            share(lambda c: _FRACTION.fullmatch(c.strip())),
            share(lambda c: len(c) <= SHORT_CELL and _given(c, rulebook)),
            share(lambda c: len(c) <= 2 * SHORT_CELL and _beside(c, rulebook)),
            _hosts(cells),
        )


def _dialled(cells: Sequence[str]) -> float:
    """Of the cells that are not digits alone, the share that is written as only telephone numbers are."""
    grouped = [cell for cell in cells if not cell.strip().isdigit()]
    return sum(1 for cell in grouped if _DIALLED.match(cell)) / len(grouped) if grouped else 0.0


def _hosts(cells: Sequence[str]) -> float:
    """Of the cells with four numbers and points between, the share in which they are spread like those of addresses.

    Versions and the numbers of headings and of parts of a project have four numbers too, most of them small, some of
    them too large for an address. 1 where there are too few to tell.
    """
    four = [found for cell in cells if (found := _FOUR.findall(cell))]
    if len(four) < FEWEST_HOSTS:
        return 1.0
    spread = (any(_is_spread([int(n) for n in numbers]) for numbers in cell) for cell in four)
    return sum(spread) / len(four)


def _is_spread(numbers: Sequence[int]) -> bool:
    return LARGE_NUMBER <= max(numbers) <= 255


def _prose(cell: str) -> bool:
    """Whether at least half of a cell's words begin small, as in sentences and unlike in titles."""
    if _unparted(cell):
        return _ENDS.search(cell) is not None
    parts = cell.split()
    return sum(word[:1].islower() for word in parts) >= 0.5 * len(parts) > 1


def core(cell: str) -> tuple[int, int]:
    """Where a cell begins and ends without blanks, leading marks and a note behind it: ``-Hunt (R)`` is ``Hunt``."""
    end = len(cell.rstrip())
    if end > 4 * SHORT_CELL:
        return end - len(cell[:end].lstrip()), end
    begin = next((i for i, c in enumerate(cell) if c.isalnum() or c in "+("), 0)
    note = _NOTE.search(cell[:end])
    return begin, note.start() if note and note.start() > begin else end


def _listed(cell: str, rulebook: Rulebook) -> bool:
    """Whether a short cell without digits holds a common given name, or ends or begins in a common family name."""
    cell = cell[slice(*core(cell))]
    parts = parts_of_name(cell, rulebook)
    if not parts or len(parts) > 6 or any(c.isdigit() for c in cell):
        return False
    if _EAST_ASIAN_PLACE.fullmatch(cell):
        return False
    if len(parts) > 1 and (_ORGANISATION.search(cell) or _of_a_place(parts, rulebook)):
        return False
    return any(p in rulebook.given_names for p in parts) or bool(
        {parts[0], parts[-1]} & rulebook.family_names
    )


def _of_a_place(parts: Sequence[str], rulebook: Rulebook) -> bool:
    """Whether words are called after a place: teams after their cities, and towns and schools after saints."""
    if parts[0] in _BEFORE_PLACES:
        return True
    places = name_lists().places
    placed = parts[0] in places or "".join(parts[:2]) in places
    return placed and not {parts[0], parts[-1]} & rulebook.given_names


def _given(cell: str, rulebook: Rulebook) -> bool:
    """Whether each word of a short cell is a common given name."""
    parts = parts_of_name(cell, rulebook)
    return bool(parts) and all(p in rulebook.given_names for p in parts)


def _beside(cell: str, rulebook: Rulebook) -> bool:
    """Whether a cell holds a common given name and a word after it, and digits beside them."""
    if not any(c.isdigit() for c in cell):
        return False
    return any(
        fold(match[1]) in rulebook.given_names or fold(match[2]) in rulebook.given_names
        for match in _TWO_WORDS.finditer(cell)
    )


def parts_of_name(cell: str, rulebook: Rulebook) -> list[str]:
    """Folded words of a cell; a Chinese, Japanese or Korean name in one word is a family name and what follows."""
    found: list[str] = []
    for word in _LETTERS.findall(unmarked(cell)):
        found += _east_asian(word, rulebook) if _EAST_ASIAN.fullmatch(word) else [fold(word)]
    return found


def _east_asian(word: str, rulebook: Rulebook) -> list[str]:
    for length in (2, 1, 3):
        family = fold(word[:length])
        longest = 5 if "\u3040" < word[-1] < "\u3100" else 3  # a given name in syllables
        if length < len(word) <= length + longest and family in rulebook.family_names:
            return [family, fold(word[length:])]
    return [fold(word)]


def unmarked(text: str) -> str:
    """Text without vowel signs and accents, which the letters of a pattern do not count in; the words stay."""
    if text.isascii():
        return text
    return "".join(
        c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in MARKS
    )


_PARTING = str.maketrans("|\t", "  ")
"""Marks between fields; the words beside them are one word to a tokenizer."""


def readable(cell: str) -> str:
    """What the language model reads, of the same length: blanks for marks and notes, title case for capitals."""
    if len(cell) > SHORT_CELL:
        return cell
    begin, end = core(cell)
    bare = " " * begin + cell[begin:end].translate(_PARTING) + " " * (len(cell) - end)
    titled = bare.title() if bare.isupper() or bare.islower() else bare
    return titled if len(titled) == len(cell) else cell


def supported(entity: str, text: str, rulebook: Rulebook, cell: str = "") -> bool:
    """A second opinion on what was found in a cell; True for types that need none."""
    if entity == "PERSON":
        return _listed(text, rulebook) if not _sentence(cell) else _named(text, rulebook, cell)
    if entity == "PHONE_NUMBER":
        grouped = _SEPARATED.match(text) or text == cell.strip().removesuffix(".0")
        announced = _ANNOUNCES_PHONE.search(cell[: max(cell.find(text), 0)])
        if len(cell.split()) >= WORDS_OF_TEXT and not (announced or _DIALLED.match(text)):
            return False
        fraction = _FRACTION.fullmatch(text.strip())
        return (
            sum(c.isdigit() for c in text) >= 7
            and bool(grouped or announced)
            and not fraction
            and not _DATE.match(text)
        )
    if entity == "ADDRESS":
        return len(cell) <= SHORT_CELL or bool(_STREET.search(text))
    return entity != "IP_ADDRESS" or address_supported(text, cell)


def _sentence(cell: str) -> bool:
    """Whether a cell holds as many words as a sentence; Chinese and Japanese ones are not parted by blanks."""
    return len(cell.split()) >= WORDS_OF_TEXT or _unparted(cell)


def _unparted(cell: str) -> bool:
    """Whether a cell holds more than a name in a script without blanks between words."""
    return not cell.isascii() and len(_UNPARTED.findall(cell)) > LONGEST_NAME


def _words(cell: str) -> int:
    """Words of a cell; of a text without blanks between them, by how many letters most of them have."""
    parted = len(cell.split())
    return max(parted, len(_UNPARTED.findall(cell)) // LETTERS_OF_WORD if _unparted(cell) else 0)


def address_supported(text: str, cell: str) -> bool:
    """Whether what looks like an IP address is not the version of a software or a whole network.

    Versions have four parts too, and begin with small numbers or stand behind a name and a stroke.
    """
    begin = max(cell.find(text), 0)
    if (
        _VERSION.search(cell[:begin])
        or _NETWORK.match(cell[begin + len(text) :])
        or re.search(r"\b0\d", text)
    ):
        return False
    return ":" in text or int(text.split(".", maxsplit=1)[0] or 0) > LARGEST_VERSION


def _named(text: str, rulebook: Rulebook, cell: str) -> bool:
    """Whether a name inside a sentence is one: by the lists and the words beside it, or as a full name in a title.

    What is named after a person, such as a museum, is no person.
    """
    begin = max(cell.find(text), 0)
    end = begin + len(text)
    parts = parts_of_name(text, rulebook)
    spoken = [fold(word) for word in text.split()]
    thing = THING.search(text) and not may_be_family(spoken, name_lists())
    if thing or THING.match(cell[end:]):
        return False
    given = [p for p in parts if len(p) > 2 and p in rulebook.given_names]
    full = len(parts) > 1 and bool(given) and parts[-1] in rulebook.family_names
    return (full and _NAME.fullmatch(text) is not None) or any(
        a < end and begin < b for a, b in persons_in_text(cell, [("PERSON", begin, end)])
    )


def covers(cell: str, span: Span, share: float) -> bool:
    """Whether a match covers enough of a cell; in long cells it never does."""
    return covers_core(cell, *core(cell), span.start, span.end, share)


def covers_core(cell: str, begin: int, end: int, start: int, stop: int, share: float) -> bool:
    """``covers`` for a match from ``start`` to ``stop`` where the core of the cell is known."""
    length = end - begin if begin <= start and stop <= end else len(cell.strip())
    return 0 < length <= 4 * SHORT_CELL and (stop - start) / length >= share
