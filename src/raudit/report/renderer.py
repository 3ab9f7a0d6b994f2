"""What decides the bytes of a report beside its record; the file names it, so that a later difference can be told.

A report that is made again elsewhere has other bytes where raudit, a library, a template, a catalogue or a font is
another one. That is no fault of the report, and a verifier who could not tell it from one would cry wolf.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from raudit.report.letters import LentFont
from raudit.report.templates import Template

LIBRARIES = (
    "babel",
    "cssselect2",
    "fonttools",
    "jinja2",
    "markupsafe",
    "pikepdf",
    "pydyf",
    "pyphen",
    "tinycss2",
    "tinyhtml5",
)
"""Distributions whose versions may change a byte, beside WeasyPrint, which is named."""
_CODE = Path(__file__).resolve().parents[1]
ROOMS = ("report", "stats")
"""Rooms whose code may change a byte of a page: what writes it, and what it computes intervals with."""
BESIDE = (
    "canonical.py",
    "doors.py",
    "findings.py",
    "frames.py",
    "kept.py",
    "ordinary.py",
    "pictures.py",
    "printable.py",
    "record.py",
    "resources.py",
    "sentences.py",
    "yamlfast.py",
    "yamltext.py",
)
"""The same of single files; errors are never printed on a page."""


def renderer(template: Template, lent: Sequence[LentFont] = ()) -> str:
    """Name raudit, the libraries that draw, and a digest of everything else that lays a report out."""
    from raudit import __version__
    from raudit.report.drawing import weasyprint

    version = weasyprint.text.ffi.pango.pango_version()
    numbers = ".".join(map(str, (version // 10000, version // 100 % 100, version % 100)))
    return (
        f"raudit {__version__}, WeasyPrint {weasyprint.__version__}, Pango {numbers}, "
        f"layout {layout_digest(template, lent)[:16]}"
    )


def layout_digest(template: Template, lent: Sequence[LentFont] = ()) -> str:
    """SHA-256 of templates, catalogues, fonts, code and versions, in one order; where they lie does not matter."""
    digest = sha256()
    for line in _parts(template, lent):
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def renderer_of(pdf: bytes) -> str:
    """What an unsigned PDF says of how it was made; empty if nothing, or if it is none that can be opened."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            return str(opened.docinfo.get("/Producer", ""))
    except pikepdf.PdfError:
        return ""


def _parts(template: Template, lent: Sequence[LentFont]) -> Iterator[str]:
    yield f"zlib {zlib.ZLIB_RUNTIME_VERSION}"
    for name in LIBRARIES:
        yield f"{name} {_version(name)}"
    folders = (template.folder, template.shared, template.frameworks())
    for number, folder in enumerate(folders):
        yield from (f"{number} {line}" for line in _files(folder, "*"))
    for room in ROOMS:
        yield from (f"{room} {line}" for line in _files(_CODE / room, "*.py"))
    for name in BESIDE:
        yield f"{name} {sha256((_CODE / name).read_bytes()).hexdigest()}"
    yield from (f"lent {font.sha256}" for font in lent)


def _files(folder: Path, pattern: str) -> Iterator[str]:
    for file in sorted(folder.rglob(pattern)):
        if file.is_file() and "__pycache__" not in file.parts:
            yield f"{file.relative_to(folder).as_posix()} {sha256(file.read_bytes()).hexdigest()}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
