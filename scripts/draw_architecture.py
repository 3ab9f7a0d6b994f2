"""Draw the rooms of the house, floor by floor, from the import contract and the rooms' own first sentences.

Writes ``docs/explanation/architecture.svg``. A test compares the file with what this gives, and import-linter holds
the contract against the code, so the drawing cannot drift from the imports.
"""

from __future__ import annotations

import ast
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "raudit"
TARGET = ROOT / "docs" / "explanation" / "architecture.svg"
WIDTH, GAP, FLOOR, MARGIN, LINE = 1080, 10, 90, 24, 15


def floors() -> list[list[str]]:
    """Give the floors of the contract, top first, each with its rooms; the entry file is left out."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    return [
        layer.replace(":", "|").replace(" ", "").split("|")
        for layer in layers
        if layer != "__main__"
    ]


def sentence(room: str) -> str:
    """Give the first line of a room's docstring."""
    folder = SOURCE / room
    file = folder / "__init__.py" if folder.is_dir() else SOURCE / f"{room}.py"
    text = (ast.get_docstring(ast.parse(file.read_text())) or "").splitlines()[0]
    return text.rstrip(".").replace("``", "")


def drawing() -> str:
    """Give the whole SVG file."""
    rows = floors()
    height = 2 * MARGIN + len(rows) * (FLOOR + GAP) + 10
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            'font-family="sans-serif" font-size="12">'
        ),
        "<title>The rooms of raudit: a room imports only from floors below its own</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for number, rooms in enumerate(rows):
        top = MARGIN + number * (FLOOR + GAP)
        width = (WIDTH - 2 * MARGIN - (len(rooms) - 1) * GAP) / len(rooms)
        for place, room in enumerate(rooms):
            parts += _box(room, MARGIN + place * (width + GAP), top, width)
    return "\n".join([*parts, "</svg>", ""])


def _box(room: str, left: float, top: float, width: float) -> list[str]:
    size = f'x="{left:.1f}" y="{top}" width="{width:.1f}" height="{FLOOR}"'
    box = f'<rect {size} rx="4" fill="#f3f6f8" stroke="#33536b"/>'
    name = f'<text x="{left + 8:.1f}" y="{top + 20}" font-weight="bold" fill="#12344d">{escape(room)}</text>'
    lines = _wrapped(sentence(room), int((width - 16) / 6.3))[:4]
    rows = [
        f'<text x="{left + 8:.1f}" y="{top + 38 + LINE * row}" fill="#333333">{escape(line)}</text>'
        for row, line in enumerate(lines)
    ]
    return [box, name, *rows]


def _wrapped(text: str, columns: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > columns:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


if __name__ == "__main__":
    TARGET.write_text(drawing())
