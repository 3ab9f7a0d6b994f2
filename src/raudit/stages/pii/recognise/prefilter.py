"""Which texts a recogniser could match at all, decided by RE2 over whole columns.

For each of presidio's patterns a wider RE2 pattern is made: look-arounds and word boundaries go, back references become
what they refer to, and digits and word characters are taken from all of Unicode. Whatever the original matches, the
wider one matches; what it does not match needs no second look. A pattern that cannot be widened lets every text pass.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_WORD = r"[\p{L}\p{M}\p{N}\p{Pc}]"
_INNER_WORD = r"\p{L}\p{M}\p{N}\p{Pc}"
PHONE = r"\p{Nd}[^\p{Nd}\p{L}]{0,6}\p{Nd}[^\p{Nd}\p{L}]{0,6}\p{Nd}[^\p{Nd}\p{L}]{0,6}\p{Nd}"
UPPER_BOUND = re.compile(r"\{(\d+),\d+\}")
"""RE2 writes a repetition out: forty letters of all of Unicode take longer to make ready than to look for. Without its
upper bound a repetition matches no less."""
FEW, SHORT = 256, 400
"""So many texts of so many bytes: the recognisers read them sooner than RE2 makes ready a hundred patterns."""


def column_of(texts: Sequence[str]) -> pa.Array:
    """Texts as a column; what has no UTF-8 form is replaced."""
    import pyarrow as pa

    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        return pa.array(
            [text.encode("utf-8", "replace").decode() for text in texts], pa.large_string()
        )


def may_match(
    recognizer: object, array: pa.Array, threshold: float, context: tuple[str, ...]
) -> Iterable[int]:
    """Indices of the texts in which a recogniser could find something that reaches the threshold."""
    import numpy as np
    import pyarrow.compute as pc

    plain, lifted = _patterns(recognizer, threshold)
    little = len(array) <= FEW and (pc.max(pc.binary_length(array)).as_py() or 0) <= SHORT
    if plain is None or (little and plain != PHONE):  # telephones of a hundred regions are slow
        return range(len(array))
    hits = pc.match_substring_regex(array, plain) if plain else None
    if lifted and context:
        # Weak patterns count only beside one of their context words.
        near = pc.match_substring_regex(
            array, "(?i)" + "|".join(re.escape(word) for word in context)
        )
        weak = pc.and_(near, pc.match_substring_regex(array, lifted))
        hits = weak if hits is None else pc.or_(hits, weak)
    if hits is None:
        return ()
    found: Iterable[int] = np.flatnonzero(hits.to_numpy(zero_copy_only=False)).tolist()
    return found


@functools.lru_cache(maxsize=512)
def _patterns(recognizer: Any, threshold: float) -> tuple[str | None, str]:
    """RE2 for patterns that can reach the threshold alone, and for those that need a context word; None: all pass."""
    if type(recognizer).__name__ == "PhoneRecognizer":
        return PHONE, ""
    checked = type(recognizer).validate_result is not _no_validation()
    alone: list[str] = []
    lifted: list[str] = []
    for pattern in recognizer.patterns:
        wide = widen(pattern.regex)
        if wide is None:
            return None, ""
        # A validator can raise any score to 1.
        (alone if checked or pattern.score >= threshold else lifted).append(wide)
    flags = "(?is)"
    return (
        flags + "|".join(f"(?:{w})" for w in alone) if alone else "",
        flags + "|".join(f"(?:{w})" for w in lifted) if lifted else "",
    )


def _no_validation() -> Any:
    from presidio_analyzer import PatternRecognizer

    return PatternRecognizer.validate_result


@functools.lru_cache(maxsize=512)
def widen(pattern: str) -> str | None:
    """Make an RE2 pattern that matches wherever a pattern of ``regex`` does, or None if that cannot be told."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if "[.](?:(?:com)|" in pattern:  # presidio's list of 1,500 domain endings, four times over
        host = r"[a-z0-9\-.][.]\p{L}{2}"
        scheme = "https?://.*" if "https?" in pattern else ""
        return f"[\"'].*{scheme}{host}.*[\"']" if "[\"\\']" in pattern else scheme + host
    wide = _without_lookarounds(pattern)
    if wide is None:
        return None
    wide = re.sub(r"\(\[:-\]\)(.*)\\1", r"[:-]\1[:-]", wide)
    wide = _outside_classes(wide)
    if re.search(r"\\[1-9]|\(\?P?[<=!]", wide):
        return None
    try:
        pc.match_substring_regex(pa.array(["x"]), wide)
    except pa.ArrowInvalid:
        return None
    return wide


def _without_lookarounds(pattern: str) -> str | None:
    """Cut out ``(?=``, ``(?!``, ``(?<=`` and ``(?<!`` groups; dropping a condition can only match more."""
    out, index = "", 0
    while index < len(pattern):
        if pattern.startswith(("(?=", "(?!", "(?<=", "(?<!"), index):
            end = closing(pattern, index)
            if end is None:
                return None
            index = end + 1
        elif pattern[index] == "\\":
            out, index = out + pattern[index : index + 2], index + 2
        else:
            out, index = out + pattern[index], index + 1
    return out


def closing(pattern: str, start: int) -> int | None:
    """Where the group ends that begins at ``start``; None if it never does."""
    depth, index, in_class = 0, start, False
    while index < len(pattern):
        match pattern[index]:
            case "\\":
                index += 1
            case "[" if not in_class:
                in_class = True
            case "]" if in_class:
                in_class = False
            case "(" if not in_class:
                depth += 1
            case ")" if not in_class:
                depth -= 1
                if depth == 0:
                    return index
        index += 1
    return None


def _outside_classes(pattern: str) -> str:
    """Drop what only narrows, and upper bounds; take digits and word characters from all of Unicode.

    Word boundaries and marks of a match's begin narrow.
    """
    out, index, in_class = "", 0, False
    while index < len(pattern):
        pair = pattern[index : index + 2]
        if pattern[index] == "\\":
            if pair in {r"\b", r"\B", r"\K"} and not in_class:
                pass
            elif pair == r"\d":
                out += r"\p{Nd}"
            elif pair == r"\w":
                out += _INNER_WORD if in_class else _WORD
            else:
                out += pair
            index += 2
            continue
        if not in_class and (bound := UPPER_BOUND.match(pattern, index)):
            out, index = out + f"{{{bound[1]},}}", bound.end()
            continue
        if pattern[index] == "[" and not in_class:
            in_class = True
        elif pattern[index] == "]" and in_class:
            in_class = False
        out += pattern[index]
        index += 1
    return out
