"""Draw the pages of PDFs side by side into pictures, to be looked at before a template or a style sheet is changed.

Run: ``python scripts/contact_sheet.py FOLDER PDF ...`` with pypdfium2 and Pillow installed. Each PDF becomes
``FOLDER/NAME-1.png``, six pages a sheet, at a size at which the text can be read.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

COLUMNS, ROWS = 3, 2
SCALE = 1.25
"""Pixels a point: 8 point text is then 10 pixels high."""
GAP = 8


def sheets(file: Path) -> list[Image.Image]:
    """Pages of a PDF in reading order, some on each sheet."""
    import pypdfium2  # no dependency of the project's: whoever looks at pages installs it

    document = pypdfium2.PdfDocument(file)
    pages = [page.render(scale=SCALE).to_pil().convert("RGB") for page in document]
    width, height = (max(page.size[side] for page in pages) + GAP for side in (0, 1))
    made = []
    for start in range(0, len(pages), COLUMNS * ROWS):
        shown = pages[start : start + COLUMNS * ROWS]
        rows = -(-len(shown) // COLUMNS)
        sheet = Image.new("RGB", (width * min(COLUMNS, len(shown)), height * rows), "#777777")
        for place, page in enumerate(shown):
            sheet.paste(page, (place % COLUMNS * width, place // COLUMNS * height))
        made.append(sheet)
    return made


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file in map(Path, sys.argv[2:]):
        for number, sheet in enumerate(sheets(file), start=1):
            sheet.save(folder / f"{file.stem}-{number}.png", optimize=True)
