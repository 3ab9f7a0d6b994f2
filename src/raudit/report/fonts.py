"""Fonts: a private font configuration for the PDF, and cut-down copies inside the HTML file."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Collection, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

FACES = {
    "SourceSerif4-Regular": ("Source Serif 4", "400", "normal"),
    "SourceSerif4-It": ("Source Serif 4", "400", "italic"),
    "SourceSerif4-Semibold": ("Source Serif 4", "600", "normal"),
    "SourceSans3-Regular": ("Source Sans 3", "400", "normal"),
    "SourceSans3-Semibold": ("Source Sans 3", "600", "normal"),
    "SourceCodePro-Regular": ("Source Code Pro", "400", "normal"),
}
"""Family, weight and style of the shipped files."""


def font_configuration(folders: Sequence[Path], cache: Path) -> str:
    """Write a fontconfig file under which only the given folders exist."""
    dirs = "".join(f"<dir>{escape(str(folder))}</dir>" for folder in folders)
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"{dirs}<cachedir>{escape(str(cache))}</cachedir></fontconfig>"
    )


@functools.cache
def whole_faces(folders: tuple[Path, ...]) -> str:
    """``@font-face`` rules with whole files, for a layout that is looked at and thrown away: nothing is cut down."""
    return "\n".join(
        _face(file, base64.b64encode(file.read_bytes()).decode("ascii"), "truetype")
        for folder in folders
        for file in sorted(folder.glob("*.ttf"))
    )


def _face(file: Path, data: str, form: str) -> str:
    family, weight, style = FACES.get(file.stem, (file.stem, "400", "normal"))
    kind = {"truetype": "ttf"}.get(form, form)
    return (
        f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
        f"src:url(data:font/{kind};base64,{data}) format('{form}')}}"
    )


def embedded_faces(folders: Sequence[Path], text: str, only: Collection[str] = FACES) -> str:
    """Make ``@font-face`` rules that hold the characters of a text, as WOFF2 in ``data:`` URLs.

    ``only`` names the shipped files that are needed; a folder's own fonts always are.
    """
    from fontTools import subset

    points = sorted({ord(c) for c in text} | set(range(32, 127)))
    rules = []
    for folder in folders:
        for file in sorted(folder.glob("*.ttf")):
            if file.stem in FACES and file.stem not in only:
                continue
            options = subset.Options(
                flavor="woff2", layout_features=["kern", "liga", "tnum", "mark", "ccmp", "locl"]
            )
            options.recalc_timestamp = False
            font = subset.load_font(str(file), options)
            cut = subset.Subsetter(options)
            cut.populate(unicodes=points)
            cut.subset(font)
            out = io.BytesIO()
            subset.save_font(font, out, options)
            font.close()
            data = base64.b64encode(out.getvalue()).decode("ascii")
            rules.append(_face(file, data, "woff2"))
    return "\n".join(rules)
