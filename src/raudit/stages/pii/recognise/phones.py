"""Phone numbers as presidio's recogniser finds them, without asking regions that cannot add anything.

Presidio asks eight regions one after another, and each cuts the text into the same candidates again. Here the
candidates are cut once and compared with what valid numbers of a region look like; only regions in which one of them
could be valid are asked. ``UK`` and ``FE`` are no regions of the library, so without a plus sign they match nothing.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

PLAIN = re.compile(r"[0-9 ()./-]+")
"""Candidates without a sign that could begin an extension, a country or a letter."""


def phone_numbers(recognizer: Any, text: str) -> list[Any]:
    """Phone numbers in a text.

    Parameters
    ----------
    recognizer
        Presidio's phone recogniser.
    text
        The text.

    Returns
    -------
    list
        Presidio's results: of the matches of all regions, those that lie in no other.
    """
    import phonenumbers

    matches: dict[tuple[int, int], Any] = {}
    for region in _asked(recognizer.supported_regions, recognizer.leniency, text, matches):
        for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=recognizer.leniency):
            matches[match.start, match.end] = match
    outer = [
        m for m in matches if not any(o != m and o[0] <= m[0] and m[1] <= o[1] for o in matches)
    ]
    return [recognizer._get_recognizer_result(matches[m], text, "", None) for m in outer]


def _asked(
    regions: Sequence[str], leniency: int, text: str, matches: Mapping[Any, Any]
) -> Iterator[str]:
    """The regions that could find a valid number, in the order given; it ends once one has claimed the whole text."""
    whole = (0, len(text))
    possible: Iterable[str] = regions
    if "+" not in text and "\uff0b" not in text and leniency >= 1:
        possible = known = _known(tuple(regions))
        if text.isascii() and text.isdigit():
            possible = [region for region in known if _could_be(region, text)]
        else:
            if known and PLAIN.fullmatch(text) and _could_be(known[0], re.sub("[^0-9]", "", text)):
                yield known[0]
                known = known[1:]
            if whole not in matches:
                candidates = _candidates()(text, None, leniency)
                for _ in candidates:  # it finds nothing and only remembers what it was asked
                    pass
                said = candidates.digits
                possible = (
                    known
                    if candidates.strange
                    else [r for r in known if any(_could_be(r, d) for d in said)]
                )
    for region in possible:
        if whole in matches:
            return  # no other match can lie outside
        yield region


@functools.lru_cache(maxsize=16)
def _known(regions: tuple[str, ...]) -> tuple[str, ...]:
    import phonenumbers

    return tuple(region for region in regions if region in phonenumbers.SUPPORTED_REGIONS)


@functools.cache
def _candidates() -> Any:
    import phonenumbers

    class Candidates(phonenumbers.PhoneNumberMatcher):
        """Refuses every candidate, so that it goes through all of them just as a region does that accepts none."""

        def __init__(self, text: str, region: str | None, leniency: int) -> None:
            super().__init__(text, region, leniency=leniency)
            self.digits: set[str] = set()
            self.strange = False

        def _parse_and_verify(self, candidate: str, offset: int) -> None:
            if PLAIN.fullmatch(candidate):
                self.digits.add(re.sub("[^0-9]", "", candidate))
            else:
                self.strange = True

    return Candidates


def _could_be(region: str, digits: str) -> bool:
    # A zero can begin an international prefix, after which anything may follow.
    return digits[:1] == "0" or _valid(region).fullmatch(digits) is not None


@functools.cache
def _valid(region: str) -> re.Pattern[str]:
    """Digits of a valid number of any kind: country code, national prefix, number; for all that share the code."""
    import phonenumbers
    from phonenumbers import PhoneMetadata

    meta: Any = PhoneMetadata.metadata_for_region(region)
    patterns: dict[str, None] = {}
    for other in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[meta.country_code]:
        numbers: Any = PhoneMetadata.metadata_for_region(other)
        kinds = (
            "premium_rate",
            "toll_free",
            "shared_cost",
            "voip",
            "personal_number",
            "pager",
            "uan",
            "voicemail",
            "fixed_line",
            "mobile",
        )
        descriptions = [getattr(numbers, kind) for kind in kinds]
        patterns.update(
            (d.national_number_pattern, None)
            for d in descriptions
            if d and d.national_number_pattern
        )
    prefix = f"(?:{meta.national_prefix_for_parsing})?" if meta.national_prefix_for_parsing else ""
    return re.compile(f"(?:{meta.country_code})?0*{prefix}0*(?:{'|'.join(patterns)})")
