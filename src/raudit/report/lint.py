"""What a template may not do, found before it runs.

Autoescaping does not help in an unquoted attribute, in a URL, in a style sheet or in a script, so a value may not be
put there at all.
"""

from __future__ import annotations

import re

from raudit.errors import TemplateError

_HOLE = "\ue000"
"""Stands for a value that is not known yet."""

_URL_ATTRIBUTES = frozenset(
    {"href", "src", "action", "formaction", "data", "poster", "srcset", "xlink:href"}
)
_FORBIDDEN_ELEMENTS = (
    "script",
    "iframe",
    "object",
    "embed",
    "link",
    "base",
    "form",
    "img",
    "video",
    "audio",
)
_TAG = re.compile(r"""<(/?)([a-zA-Z][\w:-]*)((?:"[^"]*"|'[^']*'|[^'">])*)(>|$)""")
_ATTRIBUTE = re.compile(r"""([^\s=/"']+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_ALLOWED_HOLES = ("css", "script")


def lint(source: str, name: str) -> None:
    """Check a template's text.

    Raises
    ------
    TemplateError
        For a value in an unquoted attribute, in a tag or attribute name, in a URL other than ``#anchor``, in ``style``,
        an event handler, ``<style>``, ``<script>`` or a comment; for ``safe`` and ``autoescape``; and for elements that
        fetch.
    """
    for pattern, why in (
        (r"\{%-?\+?\s*autoescape", "escaping may not be switched off"),
        (r"\|\s*safe\b", "the filter 'safe' is not available"),
        (r"\|\s*xmlattr\b", "the filter 'xmlattr' is not available"),
    ):
        if found := re.search(pattern, source):
            raise _fault(why, name, source, found.start())
    if name.endswith(".md.j2"):
        return
    holes = _with_holes(source)
    _lint_blocks(holes, name, source)
    for tag in _TAG.finditer(holes):
        _lint_tag(tag, name, source)


def _with_holes(source: str) -> str:
    """Replace every Jinja expression by a hole of the same length, and blank statements and comments."""

    def hole(match: re.Match[str]) -> str:
        text = match[0]
        shipped = re.fullmatch(r"\{\{-?\s*(css|script)\s*-?\}\}", text)
        fill = _HOLE if text.startswith("{{") and not shipped else " "
        return "".join(c if c == "\n" else fill for c in text)

    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", hole, source, flags=re.DOTALL)


def _lint_blocks(holes: str, name: str, source: str) -> None:
    for pattern, what in (
        (r"<style\b.*?</style\s*>", "a style sheet"),
        (r"<script\b.*?</script\s*>", "a script"),
        (r"<!--.*?-->", "a comment"),
    ):
        for block in re.finditer(pattern, holes, flags=re.DOTALL | re.IGNORECASE):
            if _HOLE in block[0]:
                raise _fault(f"a value may not be put into {what}", name, source, block.start())


def _lint_tag(tag: re.Match[str], name: str, source: str) -> None:
    element, rest = tag[2].lower(), tag[3]
    at = tag.start()
    if (
        element in _FORBIDDEN_ELEMENTS
        and not tag[1]
        and not re.fullmatch(r"\s*", rest.replace(_HOLE, "x"))
    ):
        raise _fault(f"a template may not use <{element}> with attributes", name, source, at)
    if element in _FORBIDDEN_ELEMENTS and element != "script":
        raise _fault(f"a template may not use <{element}>", name, source, at)
    for attribute in _ATTRIBUTE.finditer(rest):
        key, value = attribute[1].lower(), attribute[2] or ""
        if _HOLE in key:
            raise _fault("a value may not name an attribute", name, source, at)
        if key in _URL_ATTRIBUTES and not re.match(r"""["']#""", value):
            raise _fault(
                f"'{key}' may only point into the document, as in {key}=\"#anchor\"",
                name,
                source,
                at,
            )
        if _HOLE not in value:
            continue
        if value[0] not in "\"'":
            raise _fault(f"the value of attribute '{key}' must be quoted", name, source, at)
        if key == "style" or key.startswith("on") or key == "srcdoc":
            raise _fault(f"a value may not be put into '{key}'", name, source, at)


def _fault(why: str, name: str, source: str, at: int) -> TemplateError:
    line = source.count("\n", 0, at) + 1
    return TemplateError(
        why,
        reference="template-lint",
        where=f"{name}:{line}",
        hint="see docs/reference/templates.md",
    )
