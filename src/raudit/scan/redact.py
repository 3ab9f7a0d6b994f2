"""What stands for a value: masked, replaced, or a keyed token; for whole cells, and for what is found inside text."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from raudit.errors import KeyFileError
from raudit.stages.pii.count.cells import readable, supported
from raudit.stages.pii.count.profile import EntityCount
from raudit.stages.pii.count.scan import searched
from raudit.stages.pii.judge.verdicts import ColumnVerdict, Sureness
from raudit.stages.pii.recognise.names import in_dictionary
from raudit.stages.pii.recognise.native import Search, matches
from raudit.stages.pii.recognise.spans import Span
from raudit.stages.pii.scanner import Scanner

How = Literal["mask", "replace", "pseudonymise"]
REMEMBERED = 500_000
SHORTEST_KEY = 32
LONGEST_PIECE = 20_000
"""Characters that are searched at once; a longer cell is searched piece by piece, none of it is left out."""
ROUNDS = 3
"""A text is searched again after it was redacted, since what was left may read differently without the rest."""
STAND_IN = re.compile(
    r"⟦[A-Z0-9_]+:[0-9a-f]{16}⟧|\{[A-Z0-9_]+:[0-9a-f]{16}\}|<[A-Z][A-Z0-9_]*(?: \d+)?>"
)
"""What ``replace`` and ``pseudonymise`` put in place of a value; braces where a file's encoding has no ``⟦``."""
COUNTED = 0.41
"""Score of what the scan counted, under that of any recogniser that finds the same: it knows better where it ends."""
GUESSED = frozenset({"PERSON", "ADDRESS"})
"""Types that a model guesses: taken out of a column only where the scan of that column, or a second sign, says so."""
WRITTEN_APART = frozenset(
    {"PERSON", "ADDRESS", "EMAIL_ADDRESS", "USERNAME", "PASSWORD", "SECRET_KEY", "URL"}
)
"""Types in whose values blanks and dashes are part of the value; in a number they only group the digits."""


@dataclass(slots=True)
class Redactor:
    """Redacts the cells of one column."""

    entities: frozenset[str]
    """Types that this column is known to hold: taken out of text wherever the recognisers find them."""
    whole: str
    """Type of a column whose cells are replaced entirely; empty for free text."""
    operate: Callable[[str, str], str]
    """(entity type, found text) to what stands for it."""
    scanner: Scanner
    ner: bool = True
    """Whether the language model reads the cells."""
    exact: frozenset[str] = frozenset()
    """Types that their form proves, taken out of every text but not of a bare number, which is what its column says:
    one long key in ten passes the checksum of a card."""
    signed: frozenset[str] = frozenset()
    """As ``exact``, for types that need a second sign beside the find."""
    numbers: tuple[EntityCount, ...] = ()
    """Plain numbers of one kind that the scan of this column found in nearly every cell."""
    counted: tuple[Search, ...] = ()
    """How the scan counted what it found in every row: what it counted in a cell is taken out of it."""
    done: dict[str, str] = field(default_factory=dict)

    def cells(self, values: Sequence[str | None]) -> list[str | None]:
        """Redact many cells; equal cells become equal."""
        if len(self.done) > REMEMBERED:
            self.done.clear()
        new = [v for v in dict.fromkeys(values) if v is not None and v not in self.done]
        if self.whole:
            self.done.update({v: self.operate(self.whole, v) if v.strip() else v for v in new})
        elif new:
            self.done.update(zip(new, self._texts(new), strict=True))
        return [None if v is None else self.done[v] for v in values]

    def _texts(self, values: Sequence[str]) -> list[str]:
        pieces = [_pieces(value) for value in values]
        flat = [piece for parts in pieces for piece in parts]
        open_ = list(range(len(flat)))
        for _ in range(ROUNDS):
            texts = [flat[i] for i in open_]
            seen = [readable(text) if self.ner else None for text in texts]
            found = self.scanner.engine.spans(texts, ner=self.ner, ner_texts=seen) if texts else []
            changed = []
            for i, text, spans in zip(open_, texts, found, strict=True):
                flat[i] = self._text(text, spans)
                changed += [i] if flat[i] != text else []
            open_ = changed
        parts_of = iter(flat)
        return ["".join(next(parts_of) for _ in parts) for parts in pieces]

    def _text(self, value: str, spans: tuple[Span, ...]) -> str:
        """Replace each find by itself: neighbours are two values, and of two that overlap the surer one names both."""
        taken = [(m.start(), m.end()) for m in STAND_IN.finditer(value)]
        wanted = [span for span in spans if self._wanted(span, value)]
        for count in self.numbers:
            found = matches([count.finder], value)
            wanted += [Span(count.entity_type, a, b, 1.0) for a, b, passes in found if passes]
        for search in self.counted:
            found = matches(search.finders, value)
            wanted += [Span(search.entity_type, a, b, COUNTED) for a, b, passes in found if passes]
        parts: list[tuple[int, int, str]] = []
        for span in sorted(wanted, key=lambda s: (-s.score, s.start - s.end, s.start)):
            for begin, end in _left((span.start, span.end), taken):
                rest = value[begin:end]
                whole = (begin, end) == (span.start, span.end)
                if whole or _is_left(rest, span.entity_type):
                    start = end - len(rest.lstrip())
                    parts.append((start, start + len(rest.strip()), span.entity_type))
            taken.append((span.start, span.end))
        for begin, end, kind in sorted(parts, reverse=True):
            value = value[:begin] + self.operate(kind, value[begin:end]) + value[end:]
        return value

    def _wanted(self, span: Span, value: str) -> bool:
        kind, text = span.entity_type, value[span.start : span.end]
        if kind in self.entities:
            return kind != "PERSON" or self._believed(span, value)
        if value.strip().isdigit() or (text.isdigit() and kind == "PHONE_NUMBER"):
            return False
        return kind in self.exact or (
            kind in self.signed and supported(kind, text, self.scanner.rulebook, value)
        )

    def _believed(self, span: Span, value: str) -> bool:
        """Whether a name in a column that names people is taken out.

        It is unless the model alone finds it in a sentence and a word of it stands in the dictionary: one prompt that
        names somebody is no reason to alter the others.
        """
        text = value[span.start : span.end]
        return not in_dictionary(text, value) or supported(
            "PERSON", text, self.scanner.rulebook, value
        )


def _pieces(value: str) -> list[str]:
    """A long text cut at blanks where there are some; the pieces together are the text."""
    pieces = []
    while len(value) > LONGEST_PIECE:
        cut = value.rfind(" ", LONGEST_PIECE // 2, LONGEST_PIECE) + 1 or LONGEST_PIECE
        pieces.append(value[:cut])
        value = value[cut:]
    return [*pieces, value]


def _left(span: tuple[int, int], taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What is left of a stretch without those that are taken."""
    begin, end = span
    for start, stop in sorted(taken):
        if stop <= begin or start >= end:
            continue
        if start > begin:
            yield begin, start
        begin = stop
    if begin < end:
        yield begin, end


def _is_left(rest: str, kind: str) -> bool:
    """Whether what a surer find left of another is a value still: of a name, a word that is written like one."""
    words = [word for word in rest.split() if sum(map(str.isalnum, word)) > 1]
    return any(not word[0].islower() for word in words) if kind in GUESSED else bool(words)


def operator(how: How, key: bytes | None) -> Callable[[str, str], str]:
    """What stands for a found value.

    Parameters
    ----------
    how
        ``mask`` keeps punctuation and length, ``replace`` puts the type's name, ``pseudonymise`` a token that is the
        same wherever the value is the same and cannot be undone without the key.
    key
        At least 32 bytes, for ``pseudonymise``.
    """
    if how == "mask":
        return lambda _kind, text: _mask(text)
    if how == "replace":
        return lambda kind, _text: f"<{kind}>"
    if key is None or len(key) < SHORTEST_KEY:
        raise KeyFileError(
            "tokens need a key that cannot be guessed",
            reference="pseudonym-key",
            got=f"{len(key or b'')} bytes",
            expected=f"at least {SHORTEST_KEY} bytes",
            hint="make one with: head -c 32 /dev/urandom > pseudonym.key, and keep it apart from the data",
        )
    secret = key

    def token(kind: str, text: str) -> str:
        message = kind.encode() + b"\0" + same(kind, text).encode("utf-8", "replace")
        return f"⟦{kind}:{hmac.new(secret, message, hashlib.sha256).hexdigest()[:16]}⟧"

    return token


def same(kind: str, text: str) -> str:
    """One spelling for the spellings of a value that can be told to be one.

    Case, compatibility forms and runs of blanks never tell persons apart; ``Miller, Anna`` is ``Anna Miller``; blanks
    and dashes only group the characters of a number. Initials, accents and left-out names stay: they may be another
    person's.

    >>> same("PERSON", "MILLER,  Anna") == same("PERSON", "Anna Miller")
    True
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if kind in {"PASSWORD", "SECRET_KEY"}:
        return text
    if kind == "PERSON":
        last, comma, first = (
            plain.removesuffix("'s").removesuffix("\u2019s").strip(" ,;").partition(",")
        )
        return (
            f"{first.strip()} {last.strip()}"
            if comma and "," not in first
            else last
            if not comma
            else plain
        )
    if kind in WRITTEN_APART:
        return plain
    return (
        "".join(c for c in plain if c.isalnum() or c in ".:@/+")
        if any(c.isdigit() for c in plain)
        else plain
    )


def _mask(text: str) -> str:
    """Stars for letters and digits; never a formula to a spreadsheet, which a leading sign would make of it."""
    masked = "".join("*" if c.isalnum() or not c.isascii() else c for c in text)
    return "*" + masked[1:] if masked[:1] in {"=", "+", "-", "@", "\t", "\r"} else masked


@dataclass(frozen=True, slots=True, kw_only=True)
class Redactors:
    """A redactor for every column, and for what belongs to none."""

    columns: Mapping[str, Redactor]
    """Columns that are searched or replaced; one that is missing here is copied as it is."""
    anywhere: Redactor
    """For cells of no known column: late keys, cells beyond the header, lines that are no records."""
    elements: dict[str, Redactor] = field(default_factory=dict)
    """Redactors of elements of lists, made when they are asked for."""
    names: Redactor
    """For keys, headers and metadata, in which only exact identifiers are replaced."""

    def of(self, column: str) -> Redactor | None:
        """The redactor of a column, or of the nearest column that holds it: ``a.b`` holds ``a.b.c``."""
        found = self.columns.get(column)
        while found is None and "." in column:
            column = column.rpartition(".")[0]
            found = self.columns.get(column)
        return found

    def inside(self, column: str) -> Redactor | None:
        """The redactor of the elements of lists in a column: one tag that is an address makes no address of the next.

        A type that a model guesses is replaced in every element, since the model may miss some.
        """
        found = self.of(column)
        if found is None or not found.whole or found.whole not in found.exact:
            return found
        return self.elements.setdefault(column, replace(found, whole="", done={}))


def _counted(
    verdict: ColumnVerdict, certain: frozenset[str], scanner: Scanner
) -> tuple[Search, ...]:
    """The searches of a column's scan for exact types that it found inside cells."""
    inside = {f.entity_type for f in verdict.found if f.sureness is Sureness.IN_TEXT} & certain
    searches = searched(verdict.name, verdict.profile.kind, scanner.rulebook, scanner.hints)
    return tuple(searches[kind] for kind in sorted(inside & searches.keys()))


def redactors(
    verdicts: Sequence[ColumnVerdict], operate: Callable[[str, str], str], scanner: Scanner
) -> Redactors:
    """A redactor for each column: by its verdict, and exact identifiers wherever a cell holds one.

    A verdict speaks of a column; a copy has to be clean in every cell, so identifiers that a checksum or an exact
    form proves are taken out of every text, however rare they are in it.
    """
    exact = frozenset(
        entity
        for entity, rule in scanner.rulebook.entities.items()
        if rule.in_text and rule.group in {"direct", "secret"} and entity not in GUESSED
    )
    unsure = frozenset({"PHONE_NUMBER", "IP_ADDRESS"}) & exact
    certain = exact - unsure

    def act(kind: str, text: str) -> str:
        # A secret's token would still let equal secrets be recognised.
        rule = scanner.rulebook.entities.get(kind)
        return f"<{kind}>" if rule is not None and rule.group == "secret" else operate(kind, text)

    found = {}
    for verdict in verdicts:
        direct = [f.entity_type for f in verdict.found if f.sureness is not Sureness.IN_TEXT]
        secret = any(f.rule.group == "secret" for f in verdict.found)
        whole = direct[0] if direct and not (secret and verdict.in_text) else ""
        own = frozenset(f.entity_type for f in verdict.found)
        sentences = verdict.profile.free_text or verdict.in_text
        found[verdict.name] = Redactor(
            entities=own,
            whole=whole,
            exact=certain,
            operate=act,
            scanner=scanner,
            ner=sentences or bool(own & GUESSED),
            signed=unsure | (GUESSED if sentences else frozenset()),
            numbers=tuple(f.count for f in verdict.found if f.count.finder[0]),
            counted=_counted(verdict, certain, scanner),
        )
    return Redactors(
        columns=found,
        anywhere=Redactor(certain, "", act, scanner, signed=unsure | GUESSED),
        names=Redactor(certain, "", act, scanner, ner=False),
    )
