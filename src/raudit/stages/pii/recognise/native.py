"""Exact counts of patterns over every row: RE2 finds the cells, a check decides on each match in them.

Nothing is remembered of a value, so a count is the same for two different texts and for two million.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from raudit.stages.pii.count.cells import address_supported, core, covers_core
from raudit.stages.pii.recognise.checksums import (
    FIFTEEN,
    NO_PHONE,
    Validator,
    luhn,
    public_domain,
    validator,
)
from raudit.stages.pii.recognise.prefilter import closing

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE = {
    # In the groups of the pattern itself: of other groups it takes a part for a card of its own.
    "CREDIT_CARD": r"^\s*(?:[1346][0-9]{3}|5[0-5][0-9]{2}|2[2-7][0-9]{2})(?:[ -]?[0-9]{3,4}){2}[ -]?[0-9]{3,5}\s*$",
    "EMAIL_ADDRESS": r"^[A-Za-z0-9_!$*+^`~.\-\p{L}]+@[A-Za-z0-9.-]+$",
    "written_phone": r"^(?:[+(]|[0-9]+[+() ./-]+[0-9])[+() ./0-9-]{0,60}$",
}
"""Cells that hold nothing else, which are checked by columns instead of one by one; by type, or by check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What one entity type is searched by in one column."""

    entity_type: str
    native: str
    """RE2 pattern that every cell with a match fits."""
    finders: tuple[tuple[str, str], ...] = ()
    """Patterns that cut the matches out of a cell, and the names of their checks; none if ``native`` says it all."""
    cover: float = 0.6
    """Share of a short cell that a match must cover to be all of it."""


@dataclass(slots=True)
class PatternCount:
    """Cells of a column that match one pattern."""

    k: int = 0
    """Cells that fit the pattern."""
    passed: int = 0
    """Of k, those with a match that passes its check; k if there is none."""
    whole: int = 0
    """Of k, those that a match covers, whether it passes or not."""
    sound: int = 0
    """Of passed, those that the match covers."""
    agreed: int = 0
    """Of passed, those whose surroundings do not speak against it, as ``version`` does before an IP address."""

    def add(self, other: PatternCount) -> None:
        """Count further cells."""
        self.k, self.passed = self.k + other.k, self.passed + other.passed
        self.whole, self.sound = self.whole + other.whole, self.sound + other.sound
        self.agreed += other.agreed

    def merged(self, other: PatternCount) -> PatternCount:
        """The count of both parts together."""
        total = PatternCount()
        total.add(self)
        total.add(other)
        return total


TELLING = r"[0-9@:=$_%&-]|[\[({<] ?[AaÄä]|(?i: at .* dot )"
"""Every shipped pattern needs one of these characters; a column of plain words is done after one cheap pass."""


FIRST = 2_048
"""Cells that tell whether values repeat."""


def count_patterns(
    cells: pa.Array, searches: Mapping[str, Search], into: dict[str, PatternCount]
) -> None:
    """Count the cells that match each of several patterns.

    One pass for a telling character sorts out plain words. The patterns then run one by one: OR-ed together they
    outgrow RE2's automaton and fall back to a machine that is fifteen times slower (measured; see the benchmark).
    """
    import pyarrow.compute as pc

    if not searches or not len(cells):
        return
    values = pc.unique(cells) if _repeats(cells) else cells
    telling = values.filter(pc.match_substring_regex(values, TELLING))
    for name, search in searches.items() if len(telling) else ():
        possible = telling if any(c in search.native for c in "0123456789@:=$_%-") else values
        for pattern in _by_steps(search.native):
            possible = possible.filter(pc.match_substring_regex(possible, pattern))
        hits = possible
        if len(hits) and values is not cells:
            hits = cells.filter(pc.is_in(cells, value_set=hits))
        if len(hits):
            into.setdefault(name, PatternCount()).add(_counted(search, hits))


CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]")
WORDS = 60
"""Characters of a list of words at the beginning of a pattern from which they are looked for by themselves first."""


@functools.lru_cache(maxsize=512)
def _by_steps(native: str) -> tuple[str, ...]:
    """A pattern, behind the list of words that it begins with, if it does: alone they keep within RE2's automaton.

    Forty words for a birthday before the forms of a date take forty times as long as any other pattern.
    """
    begin = 4 if native.startswith("(?i)") else 0
    end = closing(native, begin) if native.startswith("(?:", begin) else None
    if end is None or end - begin < WORDS or native[end + 1 : end + 2] in {"?", "*", "{"}:
        return (native,)
    # Where the rest has an alternative outside all groups, a cell may fit without these words.
    return (native,) if _has_alternative(native[end + 1 :]) else (native[: end + 1], native)


def _has_alternative(pattern: str) -> bool:
    """Whether a pattern has a bar outside all groups."""
    index = 0
    while index < len(pattern):
        end: int | None = index
        match pattern[index]:
            case "|":
                return True
            case "\\":
                end = index + 1
            case "(":
                end = closing(pattern, index)
            case "[":
                whole = CLASS.match(pattern, index)
                end = whole.end() - 1 if whole else None
        if end is None:
            return True
        index = end + 1
    return False


def _repeats(cells: pa.Array) -> bool:
    """Whether values occur so often that each is better looked at once; told from the first of them."""
    import pyarrow.compute as pc

    first = cells.slice(0, FIRST)
    return len(cells) > FIRST and 2 * pc.count_distinct(first).as_py() < len(first)


def _counted(search: Search, hits: pa.Array) -> PatternCount:
    """Count the cells that fit a pattern: by columns where they hold nothing else, the others one by one."""
    import pyarrow.compute as pc

    if not search.finders:
        n = len(hits)
        return PatternCount(k=n, passed=n, whole=n, sound=n, agreed=n)
    count, rest = PatternCount(k=len(hits)), hits
    check = search.finders[0][1]
    kind = check if check in WHOLE else search.entity_type
    if kind in WHOLE:
        alone = pc.match_substring_regex(hits, WHOLE[kind])
        rest = hits.filter(pc.invert(alone))
        count.add(_WHOLE_CELLS[kind](hits.filter(alone)))
    for value, n in _distinct(rest):
        _look(search, value, n, count)
    return count


def _distinct(cells: pa.Array) -> Iterator[tuple[str, int]]:
    import pyarrow.compute as pc

    counted = pc.value_counts(cells)
    yield from zip(
        counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True
    )


def _look(search: Search, cell: str, n: int, count: PatternCount) -> None:
    """Look at the matches in one cell, which occurs ``n`` times."""
    begin, end = core(cell)
    versions = search.entity_type == "IP_ADDRESS"
    whole = passed = sound = agreed = False
    for start, stop, passes in matches(search.finders, cell):
        covered = covers_core(cell, begin, end, start, stop, search.cover)
        whole, passed, sound = whole or covered, passed or passes, sound or (passes and covered)
        agreed = agreed or (passes and (not versions or address_supported(cell[start:stop], cell)))
    count.whole += n * whole
    count.passed += n * passed
    count.sound += n * sound
    count.agreed += n * agreed


def matches(finders: Iterable[tuple[str, str]], cell: str) -> Iterator[tuple[int, int, bool]]:
    """Where each match begins and ends, and whether it passes its check; group 1 is the value, if there is one."""
    for pattern, check in finders:
        finds, valid = _finder(pattern, check)
        for match in finds(cell):
            group = match.lastindex or 0
            yield *match.span(group), valid is None or valid(match.group(group))


@functools.lru_cache(maxsize=512)
def _finder(pattern: str, check: str) -> tuple[Callable[[str], Iterator[Any]], Validator | None]:
    return compiled(pattern, bool(check)).finditer, validator(check) if check else None


@functools.lru_cache(maxsize=512)
def compiled(pattern: str, any_case: bool) -> Any:
    """A pattern as presidio compiles it, by the module ``regex``."""
    regex: Any = import_module("regex")  # it has no stubs
    return regex.compile(pattern, regex.IGNORECASE if any_case else 0)


def _cards(cells: pa.Array) -> PatternCount:
    """Cells that hold nothing but a number as long as a payment card's."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.replace_substring_regex(cells, "[^0-9]", "")
    plausible = pc.match_substring_regex(
        digits, "^[0-9]{12,14}$|^[0-9]{16,19}$|" + FIFTEEN + "[0-9]{11,14}$"
    )
    numbers = digits.filter(plausible)
    passed = (
        int(np.count_nonzero(luhn(numbers.cast(pa.uint64()).to_numpy()))) if len(numbers) else 0
    )
    return PatternCount(passed=passed, whole=len(numbers), sound=passed, agreed=passed)


def _addresses(cells: pa.Array) -> PatternCount:
    """Cells that hold nothing but an e-mail address; each different domain is looked up once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    domains = pc.list_element(
        pc.split_pattern(cells, "@", max_splits=1, reverse=True), 1
    ).dictionary_encode()
    known = pa.array([public_domain(d) for d in domains.dictionary.to_pylist()], pa.bool_())
    n = int(pc.sum(known.take(domains.indices)).as_py() or 0)
    return PatternCount(passed=n, whole=len(cells), sound=n, agreed=n)


def _phones(cells: pa.Array) -> PatternCount:
    """Cells that hold nothing but a telephone number in groups; ``checksums.written_phone`` by columns."""
    import numpy as np
    import pyarrow.compute as pc

    stripped = pc.utf8_trim_whitespace(cells)
    digits = pc.replace_substring_regex(stripped, "[^0-9]", "")
    kinds = sum(
        pc.match_substring(digits, digit).to_numpy(zero_copy_only=False).astype(np.int8)
        for digit in "0123456789"
    )
    length = pc.binary_length(digits).to_numpy(zero_copy_only=False)
    abroad = pc.match_substring_regex(stripped, r"^(?:\+|00|\(\+)")
    other = pc.match_substring_regex(stripped, f"^(?:{NO_PHONE})$")
    longest = np.where(abroad.to_numpy(zero_copy_only=False), 15, 12)
    fits = (length >= 7) & (length <= longest) & (np.asarray(kinds) > 2)
    passed = int(np.count_nonzero(fits & ~other.to_numpy(zero_copy_only=False)))
    return PatternCount(passed=passed, whole=len(cells), sound=passed, agreed=passed)


_WHOLE_CELLS = {
    "CREDIT_CARD": _cards,
    "EMAIL_ADDRESS": _addresses,
    "written_phone": _phones,
}
