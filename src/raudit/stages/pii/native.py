"""Exact counts of patterns over every row by RE2, one pass for columns in which nothing matches."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from raudit.stages.pii.checksums import luhn

if TYPE_CHECKING:
    import pyarrow as pa

DISTINCT_CAP = 2_000
"""Up to so many different values of one pattern are put before presidio's validators; beyond it the count is RE2's."""

HOST = re.compile(r"[\w.-]*")


@dataclass(slots=True)
class PatternCount:
    """Cells of a column that match one pattern."""

    k: int = 0
    passed: int | None = None
    """Of k, those that pass the checksum, where it is computed for whole columns."""
    distinct: dict[str, int] | None = field(default_factory=dict)
    """Different matching cells and how often; None once there are too many."""

    def add(self, cells: pa.Array) -> None:
        """Count matching cells, keeping them while they are few."""
        import pyarrow.compute as pc

        self.k += len(cells)
        if self.distinct is None:
            return
        counted = pc.value_counts(cells)
        if len(counted) > DISTINCT_CAP:
            self.distinct = None
            return
        for value, n in zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True):
            self.distinct[value] = self.distinct.get(value, 0) + n
        if len(self.distinct) > DISTINCT_CAP:
            self.distinct = None

    def merged(self, other: PatternCount) -> PatternCount:
        """The count of both parts together."""
        passed = None if self.passed is None and other.passed is None else (self.passed or 0) + (other.passed or 0)
        distinct: dict[str, int] | None = None
        if self.distinct is not None and other.distinct is not None:
            distinct = dict(self.distinct)
            for value, n in other.distinct.items():
                distinct[value] = distinct.get(value, 0) + n
            distinct = distinct if len(distinct) <= DISTINCT_CAP else None
        return PatternCount(k=self.k + other.k, passed=passed, distinct=distinct)


TELLING = "[0-9@:=$_-]"
"""Every shipped pattern needs one of these characters; a column of plain words is done after one cheap pass."""


def count_patterns(cells: pa.Array, patterns: Mapping[str, str], into: dict[str, PatternCount]) -> None:
    """Count the cells that match each of several patterns.

    One pass for a telling character sorts out plain words. The patterns then run one by one: OR-ed together they
    outgrow RE2's automaton and fall back to a machine that is fifteen times slower (measured; see the benchmark).
    """
    import pyarrow.compute as pc

    if not patterns or not len(cells):
        return
    telling = cells.filter(pc.match_substring_regex(cells, TELLING))
    for name, pattern in patterns.items() if len(telling) else ():
        possible = telling if any(c in pattern for c in "0123456789@:=$_-") else cells
        hits = possible.filter(pc.match_substring_regex(possible, pattern))
        if len(hits):
            _count(name, hits, into)


def _count(name: str, hits: pa.Array, into: dict[str, PatternCount]) -> None:
    count = into.setdefault(name, PatternCount())
    count.add(hits)
    if name == "CREDIT_CARD":
        count.passed = (count.passed or 0) + _cards(hits)
    elif name == "EMAIL_ADDRESS":
        count.passed = (count.passed or 0) + _addresses(hits)


@functools.lru_cache(maxsize=256)
def either(patterns: tuple[str, ...]) -> str:
    """Several patterns as one."""
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def _cards(hits: pa.Array) -> int:
    """How many cells that match the card pattern hold nothing else and pass Luhn, or hold one that passes in a text."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.replace_substring_regex(hits, "[^0-9]", "")
    whole = pc.match_substring_regex(hits, r"^\s*[0-9][0-9 -]{10,21}[0-9]\s*$")
    plausible = pc.and_(whole, pc.match_substring_regex(digits, r"^[0-9]{12,19}$"))
    numbers = digits.filter(plausible)
    return int(np.count_nonzero(luhn(numbers.cast(pa.uint64()).to_numpy()))) if len(numbers) else 0


def _addresses(hits: pa.Array) -> int:
    """How many cells hold an address whose domain ends in a public suffix, each different domain looked up once."""
    import pyarrow.compute as pc

    domains = pc.list_element(pc.split_pattern(hits, "@", max_splits=1, reverse=True), 1)
    counted = pc.value_counts(domains)
    pairs = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    return sum(n for domain, n in pairs if _public(HOST.match(domain).group()))  # type: ignore[union-attr]


@functools.lru_cache(maxsize=65_536)
def _public(domain: str) -> bool:
    found: Any = _suffixes()(domain.strip(".-"))
    return bool(found.suffix and found.domain)


@functools.cache
def _suffixes() -> Any:
    import tldextract

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
