"""Text from data made inert in Markdown."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"[\\`*_\[\]|~$]")
_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
_BLOCK = re.compile(r"^(\s*)(#{1,6}\s|[-=+]+(?=\s|$))")


def markdown_text(text: str) -> str:
    r"""Escape what Markdown, or HTML in it, would act on; line breaks become spaces.

    Examples
    --------
    >>> print(markdown_text("<b> a|b [x](y)"))
    &lt;b&gt; a\|b \[x\](y)
    """
    flat = " ".join(text.splitlines())
    escaped = _SPECIAL.sub(lambda m: f"\\{m[0]}", flat).translate(_ENTITIES)
    return _BLOCK.sub(r"\1\\\2", escaped)
