"""What the name of a category says: sex, race, both, another attribute, a total, nobody knows."""

from __future__ import annotations

import re

UNKNOWN_NAME = re.compile(
    r"unknown|undisclosed|unspecified|unidentified|missing|blank|declin|prefer|refus|withheld|"
    r"\b(?:not|no|did not|didn't|chose not|choose not|wish not|without)\b.*"
    r"(?:specif|disclos|report|provid|stat|answer|respon|identif|indicat|available|data|self|say|appl)|^n/?a$",
    re.IGNORECASE,
)
TOTAL_NAME = re.compile(
    r"^(?:grand |sub ?-?)?totals?\b|^overall\b|^all(?: (?:applicants|candidates|people|employees|categories))?$",
    re.IGNORECASE,
)
_OTHER = {
    "age": re.compile(
        r"\bage[ds]?\b|\byears?\b|^\W*(?:under |over |below |above )?\d{2}\s*(?:$|\+|[-–]|to\b|and |or )",
        re.IGNORECASE,
    ),
    "veteran status": re.compile(r"\bveterans?\b", re.IGNORECASE),
    "disability": re.compile(r"\bdisab", re.IGNORECASE),
}
"""Attributes beside sex and race that audits print tables of."""
SEX_NAME = re.compile(
    r"\b(non[- ]?binary|gender[- ]?(?:queer|fluid|x|non[- ]?conforming|diverse)|"
    r"(?:an)?other (?:gender|sex)(?: identity)?|transgender)\b|\b(fe)?(?:males?|m[ae]n)\b|\b(wo)m[ae]n\b",
    re.IGNORECASE,
)
"""A sex in a name: neither of two in the first group, and what makes it female in the others."""


def topic_of(*texts: str) -> str:
    """An attribute beside sex and race that texts name; empty if none."""
    return next((name for text in texts for name in _OTHER if _OTHER[name].search(text)), "")


def is_race(text: str) -> bool:
    """Whether a text names a race or ethnicity."""
    return bool(
        re.search(
            r"hispanic|latin|white|black|african|asian|native|islander|indian|alaska|races|caucasian|middle eastern",
            text,
            re.IGNORECASE,
        )
    )


def sex_and_race(text: str) -> tuple[str, str]:
    """A name as sex and race: ``Female - Asian`` and ``Asian females`` are both."""
    text = re.sub(r"^non[- ]?hispanic(?: or latin\w+)?\s*[-,–:]\s*", "", text, flags=re.IGNORECASE)
    if text.strip().upper() in ("M", "F"):
        return ("Male" if text.strip().upper() == "M" else "Female"), ""
    match = SEX_NAME.search(text)
    if match is None:
        return "", text
    other, *female = match.groups()
    sex = other.capitalize() if other else "Female" if any(female) else "Male"
    rest = re.sub(
        r"^[\s,;:/&×x()\-–—|]+|[\s,;:/&×()\-–—|]+$", "", text[: match.start()] + text[match.end() :]
    )
    return (
        (sex, "")
        if re.fullmatch(r"(?:s|applicants|candidates|only|total)?", rest.strip(), re.IGNORECASE)
        else (sex, rest.strip())
    )
