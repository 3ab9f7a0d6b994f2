"""How deep a JSON text goes and how many values it holds, told before it is decoded.

A value of two letters, such as ``[]``, takes dozens of bytes once it is decoded, so a limit on the letters alone lets
30 MB of text grow to a gigabyte.
"""

from __future__ import annotations

import re

_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)


def depth(text: str, most: int) -> int:
    """Levels of lists and objects within one another; counting ends past ``most``."""
    level = deepest = 0
    for match in _BRACKETS.finditer(text):
        bracket = text[match.start()]
        if bracket in "[{":
            level += 1
            deepest = max(deepest, level)
            if deepest > most:
                return deepest
        elif bracket in "]}":
            level -= 1
    return deepest


def could_hold(text: str, most: int) -> bool:
    """Tell quickly whether a text could hold more than ``most`` values."""
    return text.count(",") + text.count("[") + text.count("{") > most


def holds_more(text: str, at: int, most: int) -> bool:
    """Tell whether the list or object that begins at ``at`` holds more than ``most`` values, at any level."""
    level = count = 0
    for match in _TOKENS.finditer(text, at):
        mark = text[match.start()]
        if mark == '"':
            continue
        if mark in "]}":
            level -= 1
            if level <= 0:
                return False
            continue
        level += mark != ","
        count += 1
        if count > most:
            return True
    return False
