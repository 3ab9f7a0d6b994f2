"""Lines with bands, such as calibration, threshold sweeps and dependence."""

from __future__ import annotations

from collections.abc import Sequence

from raudit.pictures import Lines
from raudit.report.charts.canvas import COLOURS, DASHES, INK, MUTED, Canvas, Ink
from raudit.report.charts.plot import RIGHT, axes, finite

HEIGHT = 270.0
BOTTOM = 222.0
MAX_SERIES = 6
MAX_POINTS = 400


def draw_lines(lines: Lines, alt: str, ink: Ink) -> str:
    """Draw up to six series; each has its own dash as well as its colour, and is named at the head."""
    series = lines.series[:MAX_SERIES]
    xs = [x for one in series for x in finite(one.x)]
    ys = [y for one in series for values in (one.y, one.low, one.high) for y in finite(values)]
    if lines.diagonal:
        xs, ys = [*xs, 0.0, 1.0], [*ys, 0.0, 1.0]
    canvas = Canvas(HEIGHT, alt, ink)
    x_scale, y_scale = axes(
        canvas,
        ink,
        xs=xs,
        ys=ys,
        bottom=BOTTOM,
        x_label=lines.x_label,
        y_label=lines.y_label,
    )
    if lines.diagonal:
        ends = ((x_scale(0.0), y_scale(0.0)), (x_scale(1.0), y_scale(1.0)))
        canvas.path(ends, stroke=MUTED, stroke_width=1, stroke_dasharray="3 3")
    for mark in lines.marks:
        x = x_scale(mark.x)
        canvas.line(x, y_scale.end, x, BOTTOM, stroke=INK, stroke_width=1, stroke_dasharray="4 3")
        side = "end" if x > RIGHT - 120 else "start"
        canvas.text(
            x + (-5 if side == "end" else 5),
            y_scale.end + 10,
            mark.label,
            size=10.5,
            anchor=side,
        )
    kinds = [ink.place(one.label, i) for i, one in enumerate(series)]
    for i, one in zip(kinds, series, strict=True):
        step = max(1, len(one.x) // MAX_POINTS)
        colour = COLOURS[i % len(COLOURS)]
        for bound in (one.low, one.high):
            band = _points(one.x, bound, step)
            canvas.path(
                [(x_scale(x), y_scale(y)) for x, y in band],
                stroke=colour,
                stroke_width=0.8,
                stroke_dasharray="1 2",
            )
        points = [(x_scale(x), y_scale(y)) for x, y in _points(one.x, one.y, step)]
        canvas.path(points, stroke=colour, stroke_width=2, stroke_dasharray=DASHES[i % len(DASHES)])
        if len(points) <= 24:
            for x, y in points:
                canvas.mark(x, y, i, size=3.2)
    if len(series) > 1:
        labels = [ink.clean(one.label) for one in series]
        canvas.height += 18 + canvas.legend(labels, HEIGHT + 8, kinds=kinds, dashes=True)
    return canvas.svg()


def _points(
    xs: Sequence[float | None], ys: Sequence[float | None], step: int
) -> list[tuple[float, float]]:
    pairs = list(zip(xs, ys, strict=False))
    kept = pairs[::step] + (pairs[-1:] if step > 1 else [])
    return [(float(x), float(y)) for x, y in kept if x is not None and y is not None]
