"""Rules of the house for a rendered page: what would tire or mislead a reader, found before one sees it."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser

MOST_ROWS = 15
CODE_WORDS = (
    "stages.",
    "newcombe",
    "clopper-pearson",
    "wilson",
    "demographic_parity",
    "equalized_odds",
    "true_positive_rate",
    "false_positive_rate",
    "selection_rate",
)
"""Words of the program that a report says in the reader's words."""
_SENTENCE = re.compile(r"(?:[^.!?]|(?<=\d)\.(?=\d)){40,}?[.!?](?=\s|$)")
_SPACING = re.compile(r"\d ?%|\bn = \d")
"""A percentage or a number of rows that a line's end could break, or that stands closer than others do."""
_ONE = re.compile(
    r"(?<![\d.,\u202f])1 (?:rows|people|groups|cells|columns|findings|themes|answers|questions|features|files|"
    r"Zeilen|Menschen|Gruppen|Zellen|Spalten|Befunde|Themen|Antworten|Fragen|Merkmale|Dateien)\b"
)
_GAP = re.compile(
    r"(?:difference of [a-z ]*rates|Abstand der \w*quoten):? −?[\d.,]+(?:\u202f%| \()",
    re.IGNORECASE,
)
"""A gap between rates as a percentage or a bare fraction, where it is percentage points."""
_BLOCKS = frozenset({"p", "li", "td", "th", "h1", "h2", "h3", "caption"})


def faults_of(html: str) -> tuple[str, ...]:
    """List what a page of a report, not of its annexes, should not have.

    Returns
    -------
    tuple of str
        One line each: a sentence that stands twice, a table of more than fifteen rows, a cut label in a picture, a
        word of the program, a percentage that is spaced otherwise, "1 rows", a gap between rates that is no number of
        percentage points, a sentence that begins small.
    """
    page = _Page()
    page.feed(re.sub(r"(?s)<(style|script|svg|pre)\b.*?</\1>", "", html))
    page.close()
    counted = Counter(
        sentence.strip() for block in page.blocks for sentence in _SENTENCE.findall(block)
    )
    twice = [f"stands {n} times: {text}" for text, n in counted.items() if n > 1]
    long = [f"a table of {rows} rows" for rows in page.rows if rows > MOST_ROWS]
    cut = [
        f"a cut label in a picture: {text}"
        for drawing in re.findall(r"(?s)<svg\b.*?</svg>", html)
        for text in re.findall(r"<text[^>]*>([^<]*…[^<]*)</text>", drawing)
    ]
    text = " ".join(page.blocks)
    words = [f"a word of the program: {word}" for word in CODE_WORDS if word in text.lower()]
    patterns = (
        (_SPACING, "spaced otherwise"),
        (_ONE, "one of many"),
        (_GAP, "a gap that is not in points"),
    )
    odd = [
        f"{what}: {found}"
        for pattern, what in patterns
        for block in page.blocks
        for found in pattern.findall(block)
    ]
    small = [f"begins small: {text}" for text in page.sentences if text[0].islower()]
    return (*twice, *long, *cut, *words, *odd, *small)


class _Page(HTMLParser):
    """Collects the text of each block and the rows of each table's body."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.rows: list[int] = []
        self.sentences: list[str] = []
        """Blocks that are sentences of the program: what people wrote stands in tables."""
        self._tag = ""
        self._text: list[str] = []
        self._in_body = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block, or count a row."""
        if tag in _BLOCKS:
            self._end()
            self._tag = tag
        if tag == "tbody":
            self.rows.append(0)
            self._in_body = True
        if tag == "tr" and self._in_body:
            self.rows[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        """End a block."""
        if tag in _BLOCKS:
            self._end()
        if tag == "tbody":
            self._in_body = False

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self._text.append(data)

    def _end(self) -> None:
        text = re.sub(r"[ \t\r\n]+", " ", "".join(self._text)).strip(" ")
        if text:
            self.blocks.append(text)
            if self._tag in {"p", "li"} and text.endswith((".", "?", "!")):
                self.sentences.append(text)
        self._text = []
