"""What may not be said, in any sentence of any stage."""

import re

FORBIDDEN = {
    "power of ten": re.compile(r"(?<![\w.])\d+(?:\.\d+)?[eE][+-]?\d+\b"),
    "no number": re.compile(r"\b(?:nan|inf|None)\b"),
    "a promise": re.compile(r"\b(?:[Ff]air|[Uu]nbiased|[Cc]ompliant|[Ss]afe|[Dd]ebiased)\b"),
    "doubled mark": re.compile(r"\.\.(?!\.)|,,|\s[.,;:]|  "),
    "group with itself": re.compile(
        r"group “([^”]+)”.{0,60}? (?:and|for|of \d[\d,]* in the group) .{0,40}?“\1”"
    ),
    "range turned": re.compile(r"interval unbounded to unbounded"),
    "a share of nothing": re.compile(r"\bOf 0 (?!people)\w+"),
    "one as many": re.compile(
        r"(?<![\d.,–-])\b1 (?:are|were|have)\b"
        r"|\bof 1 (?:comparisons|findings|rows|columns|groups|people)\b",
        re.IGNORECASE,
    ),
    "a share that is counted": re.compile(r"\d (?:share|probability)\b(?! in )"),
    "the threshold for a score": re.compile(r"lowest accepted score is the threshold"),
}


def sentences(result):
    """Every sentence of a stage's result."""
    for finding in result.findings:
        yield from (text for text in (finding.statement, finding.reason, finding.remedy) if text)
    yield from result.notes
    yield result.summary
    for figure in result.figures:
        yield from (figure.title, figure.alt, figure.caption)
    for shown in result.tables:
        yield from (shown.title, shown.caption)
