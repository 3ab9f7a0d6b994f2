"""Letters that the shipped fonts lack: found among the fonts of this machine, named by digest, or said to be missing.

The shipped fonts hold Latin, Greek and Cyrillic. A group or a signer may be called in Hebrew, Arabic, Chinese, Korean
or Devanagari: then the first fonts of this machine that have these letters are lent to the page and embedded in it.
Another machine may have others, so their digests are printed; what no font has is printed as its code point.
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from raudit.canonical import Sha256, sha256_file
from raudit.report.text import coverage_of, is_printable

PLACES = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path("/System/Library/Fonts"))
"""Where a machine keeps its fonts."""
STYLES = ("bold", "italic", "oblique", "light", "thin", "black", "medium", "condensed", "mono")
"""Words in the name of a face that is not the regular one."""
MOST_FONTS = 8
MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LentFont:
    """A font of this machine that a page uses."""

    file: Path
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Letters:
    """With what the letters of a text are printed."""

    coverage: frozenset[int]
    """Code points that some font has."""
    lent: tuple[LentFont, ...] = ()
    missing: frozenset[int] = frozenset()
    """Code points that no font here has."""


def letters_of(
    texts: Iterable[str], folders: tuple[Path, ...], places: tuple[Path, ...] = PLACES
) -> Letters:
    """Find fonts for what texts hold.

    Parameters
    ----------
    texts
        What is to be printed.
    folders
        Folders of the template's and the shipped fonts.
    places
        Folders of this machine's fonts; looked into only if a letter is missing.
    """
    covered = coverage_of(folders)
    points = {ord(c) for text in texts for c in set(text) if is_printable(c)}
    missing = frozenset(points - covered)
    lent: list[LentFont] = []
    for file in _regular_faces(places) if missing else ():
        found = _points(file)
        if found & missing:
            lent.append(LentFont(file=file, sha256=sha256_file(file)))
            covered |= found
            missing -= found
        if not missing or len(lent) == MOST_FONTS:
            break
    return Letters(coverage=covered, lent=tuple(lent), missing=missing)


def lend(fonts: Iterable[LentFont], folder: Path) -> Path:
    """Copy fonts into a folder that a page's font configuration names."""
    folder.mkdir(exist_ok=True)
    for font in fonts:
        shutil.copyfile(font.file, folder / font.file.name)
    return folder


def _regular_faces(places: tuple[Path, ...]) -> Iterator[Path]:
    """Regular faces by name, sans before serif, so that the choice is the same on machines with the same fonts."""
    files = [
        file
        for place in places
        if place.is_dir()
        for file in place.rglob("*")
        if file.suffix.lower() in {".ttf", ".otf", ".ttc"}
        and not any(word in file.stem.lower() for word in STYLES)
        and file.stat().st_size <= MOST_BYTES
    ]
    yield from sorted(files, key=lambda file: ("serif" in file.stem.lower(), file.name, str(file)))


@functools.cache
def _points(file: Path) -> frozenset[int]:
    """Code points of a font, of the first face of a collection; none of a file that cannot be read."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(file, lazy=True, fontNumber=0) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError, ValueError, KeyError, AssertionError):
        return frozenset()
