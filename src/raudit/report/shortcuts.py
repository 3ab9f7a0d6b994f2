"""Shortcuts through WeasyPrint's layout for pages like ours; any other page takes WeasyPrint's own way.

Much is worked out for every box though it is the same for all boxes of one style: sizes that are neither percentages
nor computed from the surroundings, what Pango is told of the font, the height of a line. Each line is set twice, to be
measured and to be drawn, and every element has five styles of footnotes that no page of ours has. A test holds the
bytes of pages against those made without shortcuts.
"""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_NOTE = re.compile(r"footnote|note\s*\(|::note|\\")
"""What style sheets with notes say; an escape could hide it."""
_NOTES = frozenset(
    {"footnote-call", "footnote-marker", "note-call", "note-marker", "note-callback"}
)
_STYLES = re.compile(r"(?s)<style\b[^>]*>(.*?)</style>|style=\"([^\"]*)\"")
_SIZES = (
    *(
        f"{kind}_{side}"
        for kind in ("margin", "padding")
        for side in ("left", "right", "top", "bottom")
    ),
    *(f"{bound}{axis}" for axis in ("width", "height") for bound in ("", "min_", "max_")),
)
_BORDERS = tuple(f"border_{side}_width" for side in ("top", "right", "bottom", "left"))


def fits(html: str) -> bool:
    """Whether a page has no notes, so that styles for them may be left out."""
    return not any(_NOTE.search("".join(found)) for found in _STYLES.findall(html))


@contextmanager
def shortcuts(html: str) -> Iterator[None]:
    """Lay out and write a page by shortcuts meanwhile, if they fit it."""
    if not fits(html):
        yield
        return
    put = list(_replaced())
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in put]
    for owner, name, value in put:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


def _replaced() -> Iterator[tuple[Any, str, object]]:
    """What is put in whose place."""
    from raudit.report.drawing import weasyprint

    line_break, percent = weasyprint.text.line_break, weasyprint.layout.percent
    resolve = _resolver(percent, weasyprint.formatting_structure.boxes.PageBox)
    yield from _everywhere("resolve_percentages", percent, resolve)
    yield from _everywhere("strut", line_break, _once_a_style(line_break.strut))
    yield line_break.Layout, "setup", _setter_up(line_break)
    yield line_break.Layout, "deactivate", lambda layout: None  # noqa: ARG005 -- a method
    yield line_break.Layout, "reactivate", _once_set(line_break.Layout.reactivate)
    yield weasyprint.HTML, "_ua_stylesheets", _without_notes(weasyprint.HTML._ua_stylesheets)


def _everywhere(name: str, home: Any, other: object) -> Iterator[tuple[Any, str, object]]:
    """Every module of WeasyPrint that knows a function of a module by its name."""
    own = getattr(home, name)
    for path, module in list(sys.modules.items()):
        if path.startswith("weasyprint.") and vars(module).get(name) is own:
            yield module, name, other


def _once_a_style(strut: Callable[[Any], tuple[float, float]]) -> Callable[[Any], object]:
    """Height and baseline of a line; WeasyPrint asks fourteen properties for what it has worked out before."""

    def once(style: Any) -> object:
        known = vars(style)
        if "raudit_strut" not in known:
            known["raudit_strut"] = strut(style)
        return known["raudit_strut"]

    return once


def _without_notes(own: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Style sheets of the user agent that say nothing of footnotes: five styles for every element."""

    def sheets(page: object, forms: bool = False) -> list[Any]:
        lean = [copy.copy(sheet) for sheet in own(page, forms)]
        for sheet in lean:
            sheet.matcher = copy.copy(sheet.matcher)
            sheet.matcher.other_selectors = [
                entry for entry in sheet.matcher.other_selectors if entry[3] not in _NOTES
            ]
        return lean

    return sheets


def _resolver(percent: Any, page_box: type) -> Callable[[Any, Any], None]:
    """Used sizes of a box, looked up by its style where nothing around the box decides them."""
    plain, adjust = percent.resolve_percentages, percent.adjust_box_sizing

    def resolve(box: Any, containing_block: Any) -> None:
        style = box.style
        known = vars(style)
        if "raudit_sizes" not in known:
            known["raudit_sizes"] = None if isinstance(box, page_box) else _sizes(style)
        sizes = known["raudit_sizes"]
        if sizes is None:
            plain(box, containing_block)
            return
        held = vars(box)
        held.update(sizes)
        # Borders that collapse were settled between cells before.
        collapse = style["border_collapse"] == "collapse"
        for name in _BORDERS:
            if not (collapse and name in held):
                held[name] = style[name]
        if style["box_sizing"] != "content-box":
            adjust(box, "width")
            adjust(box, "height")

    return resolve


def _sizes(style: Any) -> Mapping[str, object] | None:
    """Sizes of a style, or None where one is a share of something."""
    sizes: dict[str, object] = {}
    for name in _SIZES:
        value = style[name]
        if value is None or value == "auto":
            sizes[name] = 0 if name in ("min_width", "min_height") else value
        elif getattr(value, "unit", None) == "px":
            sizes[name] = value.value
        else:
            return None
    return sizes


def _once_set(plain: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """A line that was set to be measured is not set again to be drawn, unless its words are spread."""

    def reactivate(layout: Any, style: Any) -> None:
        if layout.justification_spacing or layout.style is not style:
            plain(layout, style)

    return reactivate


def _setter_up(line_break: Any) -> Callable[[Any, Any], None]:
    """What Pango is told of a style, told once: context, language, font and features."""
    plain, ffi, pango = line_break.Layout.setup, line_break.ffi, line_break.pango
    release = line_break.gobject.g_object_unref

    def setup(layout: Any, style: Any) -> None:
        if style["text_decoration_line"] != "none" or style["font_language_override"] != "normal":
            plain(layout, style)
            return
        named = style
        # A style that only passes on what its parent says of the font; a copy may say otherwise, as of a first line.
        while (
            vars(parent := getattr(named, "parent_style", None) or named).get("anonymous_style")
            is named
        ):
            named = parent
        known = vars(named)
        if "raudit_font" not in known:
            known["raudit_font"] = _font(line_break, named)
        context, language, description, attribute = known["raudit_font"]
        layout.style, layout.first_line_direction, layout.language = style, 0, language
        layout.layout = ffi.gc(pango.pango_layout_new(context), release)
        pango.pango_layout_set_auto_dir(layout.layout, False)
        pango.pango_layout_set_font_description(layout.layout, description)
        layout.ascent = layout.underline_position = layout.strikethrough_position = None
        layout.underline_thickness = layout.strikethrough_thickness = None
        if attribute is not None:
            listed = pango.pango_attr_list_new()
            pango.pango_attr_list_insert(listed, attribute)
            pango.pango_layout_set_attributes(layout.layout, listed)

    return setup


def _font(line_break: Any, style: Any) -> tuple[Any, Any, Any, Any]:
    """Context, language, description and attribute of features of a style, made as WeasyPrint makes them."""
    ffi, pango = line_break.ffi, line_break.pango
    context = ffi.gc(
        pango.pango_font_map_create_context(style.font_config.font_map),
        line_break.gobject.g_object_unref,
    )
    pango.pango_context_set_round_glyph_positions(context, False)
    pango.pango_context_set_base_dir(context, line_break.PANGO_DIRECTION[style["direction"]])
    language = pango.pango_language_get_default()
    if style["lang"]:
        pointer, _held = line_break.unicode_to_char_p(style["lang"])
        language = pango.pango_language_from_string(pointer)
        pango.pango_context_set_language(context, language)
    names = ("kerning", *(f"variant_{kind}" for kind in _VARIANTS), "feature_settings")
    features = line_break.font_features(*(style[f"font_{name}"] for name in names))
    attribute = None
    if features:
        text = ",".join(f"{key} {value}" for key, value in features.items()).encode()
        kept = style.font_config.font_features
        if text not in kept:
            kept[text] = pango.pango_attr_font_features_new(text)
        attribute = kept[text]
    return context, language, line_break.get_font_description(style), attribute


_VARIANTS = ("ligatures", "position", "caps", "numeric", "alternates", "east_asian")
