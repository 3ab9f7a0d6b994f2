"""Thresholds that people write into the launch form, such as ``under 0.85 over 7 days``.

A limit that is misread is worse than none: an alert on 5.0 for "over 5 percentage points" never fires, and looks quiet.
So what is not wholly understood is not read, and says why.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from raudit.sentences import say

UNDER = (
    "under",
    "below",
    "less than",
    "lower than",
    "smaller than",
    "falls under",
    "falls below",
    "drops below",
    "<=",
    "<",
)
OVER = (
    "over",
    "above",
    "more than",
    "higher than",
    "larger than",
    "greater than",
    "exceeds",
    "rises above",
    ">=",
    ">",
)
UNITS = {"hour": 1 / 24, "day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
_NUMBER = r"[-+−]?(?:\d[\d.,]*\d|\d|[.,]\d+)"
_COMPARED = re.compile(
    rf"(?<![\w.])(?P<side>{'|'.join(map(re.escape, sorted(UNDER + OVER, key=len, reverse=True)))})\s*"
    rf"(?P<number>{_NUMBER})"
    r"(?:\s*(?P<unit>%(?:\s*-?\s*points?)?|percentage\s+points?|percent|per\s+cent|pp\b|‰|per\s+mille))?"
    r"(?!\s*(?:hour|day|week|month|quarter|year))(?P<after>.*)",
)
_WINDOW = re.compile(
    r"(?:over|for|within|in|during|across)\s+(?:the\s+last\s+)?(?P<number>\d+)\s+(?P<unit>hour|day|week|month|quarter|year)s?"
)
_CHANGE = re.compile(
    r"\b(?:falls?|fell|drops?|rises?|rose|grows?|increases?|decreases?|declines?|changes?|moves?|shifts?|worsens?)\s+"
    r"(?:by|of|from)\b|\b(?:increase|decrease|rise|fall|drop|decline|change|shift)\s+of\b"
)
_PROMISE = re.compile(
    r"\b(?:must|should|shall|stays?|remains?|keeps?|at\s+most|at\s+least|not|never|no|ok|okay|fine|allowed|acceptable|"
    r"targets?|goals?)\b"
)
_OTHER_NUMBER = re.compile(r"(?<![\w.])\d")
_OTHER_SCALE = re.compile(
    r"\w|\s*(?:standard|sds?\b|sigmas?|times|fold|points?\b|thousand|million|x\b|"
    r"(?:higher|lower|larger|smaller|more|less|worse|better)\b)"
)
_PER = {"%": 100, "p": 100, "‰": 1000}
"""What a unit divides by, by its first letter; ``per mille`` is looked at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A threshold as read."""

    side: Literal["under", "over"]
    value: float
    window: timedelta | None

    def crossed(self, value: float) -> bool:
        """Whether a value lies on the wrong side."""
        return value < self.value if self.side == "under" else value > self.value


@dataclass(frozen=True, slots=True)
class Unread:
    """A threshold from which no line to cross can be read."""

    because: str
    """A sentence."""


def read_condition(text: str) -> Condition | Unread:
    """Read a threshold such as ``under 0.85 over 7 days`` or ``over 2 percentage points``.

    Examples
    --------
    >>> read_condition("Above 2 % for 3 weeks")
    Condition(side='over', value=0.02, window=datetime.timedelta(days=21))
    >>> read_condition("drops by more than 5 %").because
    'It speaks of a change; write the value at which it fires.'
    """
    plain = " ".join(text.lower().split())
    window = _WINDOW.search(plain)
    rest = plain[: window.start()] + " " + plain[window.end() :] if window else plain
    found = _COMPARED.search(rest)
    if found is None:
        return Unread(say("No number to cross can be read from when it fires."))
    if (why := _misleading(rest, found)) is not None:
        return Unread(why)
    value = _number(found["number"])
    if value is None:
        return Unread(
            say("Its number can be read in two ways; write it without marks of thousands.")
        )
    unit = (found["unit"] or "").strip()
    value /= 1000 if unit.startswith("per m") else _PER.get(unit[:1], 1)
    span = timedelta(days=int(window["number"]) * UNITS[window["unit"]]) if window else None
    return Condition(side="under" if found["side"] in UNDER else "over", value=value, window=span)


def _misleading(text: str, found: re.Match[str]) -> str | None:
    """Why the first comparison of a text is not when it fires; None if it is."""
    before, after = text[: found.start()], found["after"]
    if _CHANGE.search(before):
        return say("It speaks of a change; write the value at which it fires.")
    if _PROMISE.search(before):
        return say("It says what should hold; write when it fires.")
    if _OTHER_NUMBER.search(f"{before} {after}"):
        return say("It names more than one number; write the one at which it fires, and a window.")
    if _OTHER_SCALE.match(after):
        return say(
            "Its number is not on the scale of a measurement; write the value at which it fires."
        )
    return None


def _number(text: str) -> float | None:
    """A number with a point or a comma before its decimals; None where it may stand before thousands."""
    text = text.replace("−", "-")
    if len(re.findall(r"[.,]", text)) > 1 or re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}", text):
        return None
    return float(text.replace(",", "."))
