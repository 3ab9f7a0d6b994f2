"""A grid of labelled cells, such as likelihood by impact."""

from __future__ import annotations

from raudit.pictures import Matrix
from raudit.report.charts.canvas import INK, MUTED, WIDTH, Canvas, Ink, fit

LEVELS = ("#ffffff", "#e4ebf1", "#b7cbdb", "#5f8db0", "#17496f")
"""Lightness falls with the level, so the order survives a black-and-white printer."""
LEFT = 150.0
ROW = 34.0


def draw_matrix(matrix: Matrix, alt: str, ink: Ink) -> str:
    """Draw cells with their text; a darker cell is a higher level."""
    rows, columns = matrix.rows[:40], matrix.columns[:14]
    width = (WIDTH - LEFT) / max(1, len(columns))
    canvas = Canvas(30 + ROW * len(rows), alt, ink)
    for j, label in enumerate(columns):
        shown = fit(ink.clean(label), width - 6, 11)
        canvas.text(LEFT + width * (j + 0.5), 16, shown, size=11, anchor="middle", fill=MUTED)
    for i, label in enumerate(rows):
        y = 24 + ROW * i
        canvas.text(
            LEFT - 10,
            y + ROW / 2 + 4,
            fit(ink.clean(label), LEFT - 14, 11.5),
            size=11.5,
            anchor="end",
        )
        for j, cell in enumerate(matrix.cells[i][: len(columns)]):
            level = min(max(cell.level, 0), 4)
            canvas.add(
                "rect",
                x=LEFT + width * j + 1,
                y=y + 1,
                width=width - 2,
                height=ROW - 2,
                fill=LEVELS[level],
                stroke="#c3c9d0",
                stroke_width=0.8,
            )
            text = fit(ink.clean(cell.text), width - 8, 11)
            ink_colour = "#ffffff" if level >= 3 else INK
            canvas.text(
                LEFT + width * (j + 0.5),
                y + ROW / 2 + 4,
                text,
                size=11,
                anchor="middle",
                fill=ink_colour,
            )
    return canvas.svg()
