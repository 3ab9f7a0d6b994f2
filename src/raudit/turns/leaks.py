"""How much of its standing instructions an answer repeats: the longest run of words that both hold."""

from __future__ import annotations

import re
from typing import Any

SHORTEST = 8
"""Words of a run that counts; shorter ones are everyday phrases."""
MOST = 1_000
"""Different instructions that are kept at once."""
MOST_WORDS = 20_000
"""Words of a text that are compared."""
_WORD = re.compile(r"\w+")


class SystemPrompts:
    """Looks for runs of words of the instructions in answers.

    Parameters
    ----------
    declared
        Instructions for every turn; None takes those that each turn records.
    """

    def __init__(self, declared: str | None) -> None:
        self.declared = declared
        self._grams: dict[str, frozenset[tuple[str, ...]]] = {}

    def measure(self, turns: list[dict[str, Any]]) -> None:
        """Put ``system_prompt_words`` on every turn that has an answer and instructions of at least eight words."""
        for turn in turns:
            told = self.declared or turn.get("system")
            answer = turn.get("output")
            if not told or answer is None:
                continue
            grams = self._of(told)
            if grams:
                turn["system_prompt_words"] = longest_run(answer, grams)

    def _of(self, text: str) -> frozenset[tuple[str, ...]]:
        if text not in self._grams:
            if len(self._grams) >= MOST:
                self._grams.clear()
            words = _words(text)
            self._grams[text] = frozenset(
                tuple(words[start : start + SHORTEST]) for start in range(len(words) - SHORTEST + 1)
            )
        return self._grams[text]


def longest_run(answer: str, grams: frozenset[tuple[str, ...]]) -> int:
    """Words of the longest run that the answer shares with the text behind ``grams``; 0 if under eight.

    Examples
    --------
    >>> longest_run("so: a b c d e f g h!", frozenset({("a", "b", "c", "d", "e", "f", "g", "h")}))
    8
    """
    words = _words(answer)
    longest = run = 0
    for start in range(len(words) - SHORTEST + 1):
        run = run + 1 if tuple(words[start : start + SHORTEST]) in grams else 0
        longest = max(longest, run)
    return longest + SHORTEST - 1 if longest else 0


def _words(text: str) -> list[str]:
    return _WORD.findall(text[: 20 * MOST_WORDS].lower())[:MOST_WORDS]
