"""Stretches of a text that hold an entity, and which of several that overlap is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from raudit.stages.pii.recognise.checksums import card, us_ssn
from raudit.stages.pii.recognise.digits import plain


class Span(NamedTuple):
    """A found entity."""

    entity_type: str
    start: int
    end: int
    score: float


def without_duplicates(spans: list[Span]) -> list[Span]:
    """Drop spans that lie inside a better one of the same type, as presidio does."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda s: (-s.score, s.start, s.start - s.end)):
        inside = any(
            o.entity_type == span.entity_type and o.start <= span.start and span.end <= o.end
            for o in kept
        )
        if span.score > 0 and not inside:
            kept.append(span)
    return kept


_FIELD = re.compile(r"[^;=|<>{}\[\]\"\t\r\n]+")


def parted(text: str, span: Span) -> Iterator[Span]:
    """Cut a person whom the model reads beyond the end of a field: ``Anna Baker;n=0`` is ``Anna Baker``.

    The rest of a span that is nobody's name would be masked with it.
    """
    fields = list(_FIELD.finditer(text, span.start, span.end))
    if span.entity_type != "PERSON" or (
        len(fields) == 1 and len(fields[0][0]) == span.end - span.start
    ):
        yield span
        return
    for part in fields:
        written = part[0].strip(" ,.:")
        if len(written) > 1 and written[0].isalpha() and not written[0].islower():
            begin = part.start() + part[0].index(written)
            yield span._replace(start=begin, end=begin + len(written))


STRONG = frozenset(
    {
        "CREDIT_CARD",
        "IBAN_CODE",
        "US_SSN",
        "NATIONAL_ID",
        "UK_NHS",
        "US_PASSPORT",
        "US_DRIVER_LICENSE",
        "US_BANK_NUMBER",
    }
    | {"DATE_OF_BIRTH", "CRYPTO", "FR_NIR", "DE_TAX_ID", "SECRET_KEY", "PASSWORD"}
)
"""Types that are known by a check or by the words before them."""


_FRACTION = re.compile(r"(?<![\d.])\d{1,3}\.$")


def without_echoes(spans: list[Span], text: str) -> list[Span]:
    """Drop telephone numbers that are part of a number of another kind, and digits behind a decimal point.

    An NHS number is no telephone, a degree of longitude holds no card, and a telephone's serial number is none.
    """
    spans = [
        s
        for s in spans
        if not (
            text[s.start : s.end].isdigit() and _FRACTION.search(text, max(0, s.start - 5), s.start)
        )
        and _passes(s.entity_type, plain(text[s.start : s.end]))
    ]
    strong = [s for s in spans if s.entity_type in STRONG]
    return [s for s in spans if not any(_echoes(s, o) for o in strong)]


CHECKED = {"CREDIT_CARD": card, "US_SSN": us_ssn}
"""Types of which presidio takes numbers that nobody was given."""


def _passes(entity: str, value: str) -> bool:
    check = CHECKED.get(entity)
    return check is None or check(value)


def _echoes(span: Span, other: Span) -> bool:
    """Whether a span is another reading of a surer one, or of two that stand side by side."""
    if span.entity_type == "PHONE_NUMBER":
        return other.start < span.end and span.start < other.end
    inside = span.start <= other.start and other.end <= span.end
    longer = span.end - span.start > other.end - other.start
    return span.entity_type == "NATIONAL_ID" and other.entity_type == "US_SSN" and inside and longer
