"""A frame with two axes, shared by lines, scatter and waterfall."""

from __future__ import annotations

from collections.abc import Sequence

from raudit.report.charts.canvas import MUTED, RULE, WIDTH, Canvas, Ink, Scale, tick_text, ticks

LEFT, RIGHT, TOP = 64.0, WIDTH - 16.0, 30.0


def finite(values: Sequence[float | None]) -> list[float]:
    """The values that are there."""
    return [float(v) for v in values if v is not None]


def axes(
    canvas: Canvas,
    ink: Ink,
    *,
    xs: Sequence[float],
    ys: Sequence[float],
    bottom: float,
    x_label: str,
    y_label: str,
    x_names: Sequence[str] = (),
) -> tuple[Scale, Scale]:
    """Draw a frame around values, and return its scales."""
    y_marks = ticks(min(ys, default=0.0), max(ys, default=1.0))
    y_scale = Scale(y_marks[0], y_marks[-1], bottom, TOP)
    for value, text in zip(y_marks, tick_text(y_marks, ink, percent=False), strict=True):
        y = y_scale(value)
        canvas.line(LEFT, y, RIGHT, y, stroke=RULE, stroke_width=0.8)
        canvas.text(LEFT - 8, y + 4, text, size=10.5, anchor="end", fill=MUTED)
    if x_names:
        x_scale = Scale(-0.5, len(x_names) - 0.5, LEFT, RIGHT)
        named = [(float(i), str(name)) for i, name in enumerate(x_names)]
    else:
        x_marks = ticks(min(xs, default=0.0), max(xs, default=1.0), 6)
        x_scale = Scale(x_marks[0], x_marks[-1], LEFT, RIGHT)
        named = list(zip(x_marks, tick_text(x_marks, ink, percent=False), strict=True))
    for value, text in named:
        x = x_scale(value)
        canvas.line(x, bottom, x, bottom + 4, stroke=MUTED)
        canvas.text(x, bottom + 17, text[:18], size=10.5, anchor="middle", fill=MUTED)
    canvas.line(LEFT, bottom, RIGHT, bottom, stroke=MUTED)
    canvas.text((LEFT + RIGHT) / 2, bottom + 36, x_label, size=11, anchor="middle", fill=MUTED)
    canvas.text(0, 12, y_label, size=11, fill=MUTED)
    return x_scale, y_scale
