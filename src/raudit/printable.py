"""Text from data, plans and records on its way out: it can be read, and can do nothing to what shows it.

A supplier of data chooses names of columns and values; none of them may move a cursor, turn a line around, hide or
forge an annotation of the job that prints them, or become markup.
"""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from typing import Any

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, format and direction characters, lone surrogates, private and unassigned ones, line separators."""
_JOINERS = "\u200c\u200d"
"""Scripts and emoji need them, and they move nothing."""
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\w*\[)")
"""What runners take for a command: ``::name`` at the beginning of a line, ``##[name]`` and ``##vso[`` anywhere."""
_OURS = re.compile(r"(\x1b\[(?:(?:[0-2]|3[1-7]|39|9[1-7])(?:;|(?=m)))*m)")
"""Bold, dim and colours of letters, as click and rich write them; no concealed text, no background, no movement."""
_AT_BEGINNING = re.compile(r"^([-+=]|\d+(?=[.)]))")


def printable(text: str) -> str:
    r"""One line of text in which every character that could act is written as its escape.

    >>> print(printable("a\x1b[2Jb\nc\u202ed"))
    a\x1b[2Jb\nc\u202ed
    """
    if text.isprintable():
        return text
    return "".join(
        _escape(c) if unicodedata.category(c) in _UNSEEN and c not in _JOINERS else c for c in text
    )


def _escape(c: str) -> str:
    return c.encode("unicode_escape").decode("ascii")


def pasted(*words: object) -> str:
    """A command of ours that a shell takes as it is printed, whatever stands in its words.

    >>> pasted("assess", "status", "answers/my system.yaml")
    "raudit assess status 'answers/my system.yaml'"
    """
    return printable(shlex.join(["raudit", *map(str, words)]))


def without_commands(line: str) -> str:
    """A line that no runner of continuous integration takes for a command, whatever it says.

    >>> without_commands("  ::error::x ##[error]y")
    '  : :error::x # #[error]y'
    """
    return _COMMAND.sub(lambda match: match[0] + " ", line)


def for_terminal(text: str) -> str:
    """Text of several lines of ours; each is printable and no command."""
    return "\n".join(without_commands(printable(line)) for line in text.split("\n"))


def for_stream(text: str) -> str:
    r"""What may be written to a terminal or a job's output: our own colours stay, nothing else acts.

    >>> for_stream("\x1b[1mfine\x1b[0m \x1b[8mhidden\x1b[2J\n::error::x\n")
    '\x1b[1mfine\x1b[0m \\x1b[8mhidden\\x1b[2J\n: :error::x\n'
    """
    if "::" not in text and "#[" not in text and text.replace("\n", "").isprintable():
        return text
    return "\n".join(without_commands(_in_colour(line)) for line in text.split("\n"))


def _in_colour(line: str) -> str:
    pieces = _OURS.split(line)
    return "".join(
        piece if place % 2 else "\t".join(map(printable, piece.split("\t")))
        for place, piece in enumerate(pieces)
    )


def for_markdown(text: str) -> str:
    """Text that cannot become markup, a table cell, a link, a formula or a mention."""
    flat = printable(re.sub(r"\s+", " ", text)).replace("&", "&amp;")
    flat = re.sub(r"([\\`*_\[\]#|~$])", r"\\\1", flat)
    flat = flat.replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")
    flat = flat.replace("://", "&#58;//").replace("www.", "www&#46;")
    return _AT_BEGINNING.sub(
        lambda match: match[0] if match[0].isdigit() else "\\" + match[0], flat
    )


def for_workflow(text: str) -> str:
    """Text inside a GitHub workflow command: escaped as the runner unescapes it, with nothing in it that acts."""
    return _COMMAND.sub(lambda m: m[0] + " ", printable(text)).replace("%", "%25")


def json_text(value: object, **how: Any) -> str:
    """JSON that means the same and is printable wherever it is shown: what could act is written as its escape."""
    text = json.dumps(value, ensure_ascii=False, **how)
    text = re.sub(r"#(?=#\w*\[)", lambda _m: "\\u0023", text)
    if text.isprintable():
        return text
    return "".join(
        _json_escape(c) if c != "\n" and unicodedata.category(c) in _UNSEEN else c for c in text
    )


def _json_escape(c: str) -> str:
    return json.dumps(c)[1:-1] if ord(c) != 0x7F else "\\u007f"


def many(count: int, what: str) -> str:
    """Write how many there are of something.

    Examples
    --------
    >>> many(1, "row"), many(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
