"""Which column a heading of an audit table names."""

from __future__ import annotations

import re

from raudit.stages.fairness.nyc_ll144.printed import MARKS

NUMBERS = ("assessed", "selected", "rate", "ratio")
NAMES = ("scope", "section", "sex", "race", "inner", "category")
"""Columns of words; ``inner`` is a race beside a column that only tells who is Hispanic or Latino."""

COUNTED = r"(?:total|n|count|number|total number|total count|number of)"
_WORDS = (
    ("section", r"section|table|dimension"),
    ("ratio", r"(?:adverse\s+)?impact(?:\s+ratios?)?|ratios?"),
    ("rate", r"(?:selection|scoring|pass|hire|hiring)?\s*rates?(?:\s*\(%\))?"),
    (
        "selected",
        r"(?:#|no\.?|number)?\s*(?:of\s+)?(?:applicants\s+|candidates\s+)?(?:selected|scored above (?:the )?median)",
    ),
    (
        "assessed",
        r"(?:#|no\.?|number|total)?\s*(?:of\s+)?(?:applicants|candidates|assessed|employees)",
    ),
)

PICKED = (
    r"\b(?:selected|selections|hired|hires|passed|advanced|above|successful|recommended|promoted|qualified|"
    r"interviewed|invited|shortlisted|progressed|proceeded|moved forward|offered|"
    r"favou?rable (?:outcomes?|results?|decisions?))\b"
)
"""What happened to people who count as selected."""

_BESIDE = re.compile(r"\b(applicants|candidates)(\s+selected\b)", re.IGNORECASE)


def words_of_heading(text: str, width: int) -> tuple[str, ...]:
    """Headings of a pasted line, where one space separates them as well as their words.

    ``width`` is the number of cells below it, which tells whether ``Applicants Selected`` are two columns or one.
    """
    found = _words_of_heading(text)
    if len(found) < width and _BESIDE.search(text):
        apart = _words_of_heading(_BESIDE.sub(r"\1 |\2", text, count=1))
        return apart if len(apart) > len(found) else found
    return found


def _words_of_heading(text: str) -> tuple[str, ...]:
    at: list[tuple[int, str]] = []
    taken = [False] * len(text)
    for key, pattern in _WORDS[1:]:
        for match in re.finditer(rf"\b(?:{pattern})|(?:#\s*)(?:{pattern})", text, re.IGNORECASE):
            if not any(taken[match.start() : match.end()]):
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                at.append(
                    (
                        match.start(),
                        {
                            "ratio": "impact ratio",
                            "rate": match.group(),
                            "selected": "selected",
                        }.get(key, "applicants"),
                    )
                )
    if len(at) < 2 or re.search(r"\d", text):
        return ()
    at.sort()
    return (text[: at[0][0]].strip(" #") or "category", *(word for _, word in at))


def heading(text: str) -> str:
    """Which column a heading names; empty for none that is used."""
    words = re.sub(rf"{MARKS}\s*$", "", text.lower().replace("_", " ").replace("%", " % "))
    aside = re.fullmatch(r"([^()]+)\(([^()]*[a-z]{3}[^()]*)\)\s*", words)
    if aside is not None and not re.fullmatch(COUNTED, aside[1].strip(" #")):
        return heading(aside[1]) or heading(
            aside[2]
        )  # "Selected (selection rate)" names two numbers in one cell
    plain = " ".join(re.sub(r"[^a-z%]+", " ", words.replace("#", " number ")).split())
    bare = plain.replace("%", "").strip()
    if not bare and not plain:
        return ""
    if re.search(r"\bratios?\b|^impact$|\bimpact\b.*\b(?:score|index)\b|^(?:air|ir)$", bare):
        return "ratio"
    if re.search(
        r"\b(?:not|un|non)\s*(?:selected|hired|passed|advanced|above)\b|\b(?:rejected|below)\b",
        bare,
    ):
        return ""
    if re.search(
        r"\b(?:position|job|role|vacancy|requisition|audit|tool|model|year|employer|vendor)\b", bare
    ):
        return "scope"
    picked = re.search(PICKED, bare)
    share = "%" in plain or re.search(r"\b(?:percent|percentage|share|proportion)\b", bare)
    if share and re.search(rf"\bof (?:(?:all|the|total|overall|those) )*{PICKED}", bare):
        return ""  # "% of selected" is a group's part of everybody who was selected, and no rate
    if re.search(r"\brates?\b|^results?$", bare) or (share and picked):
        return "rate"
    if share:
        return ""
    if picked:
        return "selected"
    both = re.search(r"\b(?:race|ethnicity|racial)\b", bare), re.search(r"\b(?:sex|gender)\b", bare)
    if all(both):
        return "category"
    if re.search(r"\bpositive outcomes?\b|\badvance\b", bare):
        return "selected"
    if re.search(
        r"\b(?:applicants?|applications|apps?|screened|candidates?|assessed|applied|evaluated|scored|employees|individuals|people|persons|assessments)\b",
        bare,
    ):
        return "assessed"
    if both[0]:
        return "race"
    if both[1]:
        return "sex"
    if re.search(r"^(?:section|table|type|dimension)$", bare):
        return "section"
    if re.search(
        r"\b(?:category|categories|group|groups|subgroup|demographic|demographics|class)\b", bare
    ):
        return "category"
    return "assessed" if re.fullmatch(COUNTED, bare) else ""
