"""Points: swarms of one feature a row, and scatters of two quantities."""

from __future__ import annotations

from raudit.pictures import Feature, Scatter, Swarm, Trace
from raudit.report.charts.canvas import (
    DASHES,
    FAINT,
    MUTED,
    RULE,
    WIDTH,
    Canvas,
    Ink,
    Scale,
    fit,
    tick_text,
    ticks,
)
from raudit.report.charts.plot import axes, finite

MAX_POINTS = 260
"""Points drawn a feature or series; enough to show the shape, few enough for a printer."""
MAX_FEATURES = 20
LEFT, RIGHT = 168.0, WIDTH - 20.0
ROW = 30.0
BINS = 90
LOW_COLOUR, HIGH_COLOUR = (0x9C, 0xC4, 0xDE), (0x6B, 0x24, 0x08)
"""Light blue to dark brown: lightness alone tells low from high."""


def draw_swarm(swarm: Swarm, alt: str, ink: Ink) -> str:
    """Draw each feature's values as a swarm; a darker point has a higher feature value."""
    features = swarm.features[:MAX_FEATURES]
    xs = sorted(x for feature in features for x in finite(feature.x))
    # A few far points would squeeze all others into a line: they are drawn at the edge, and the axis says how many.
    spare = len(xs) // 100
    inner = xs[spare : len(xs) - spare]
    marks = ticks(min([*inner, 0.0]), max([*inner, 0.0]))
    beyond = sum(not marks[0] <= x <= marks[-1] for x in xs)
    scale = Scale(marks[0], marks[-1], LEFT, RIGHT)
    top = 24.0
    bottom = top + ROW * len(features)
    canvas = Canvas(bottom + 42, alt, ink)
    canvas.mark(LEFT + 4, 8, 0, size=3.4, colour=_shade(0.0))
    canvas.text(LEFT + 13, 12, "low", size=10.5, fill=MUTED)
    canvas.mark(LEFT + 46, 8, 0, size=3.4, colour=_shade(1.0))
    canvas.text(LEFT + 55, 12, "high", size=10.5, fill=MUTED)
    for value, text in zip(marks, tick_text(marks, ink, percent=False), strict=True):
        canvas.line(
            scale(value),
            top,
            scale(value),
            bottom,
            stroke=MUTED if value == 0 else RULE,
            stroke_width=0.8,
        )
        canvas.text(scale(value), bottom + 16, text, size=10.5, anchor="middle", fill=MUTED)
    for i, feature in enumerate(features):
        y = top + ROW * (i + 0.5)
        canvas.text(
            LEFT - 10,
            y + 4,
            fit(ink.clean(feature.label), LEFT - 14, 11.5),
            size=11.5,
            anchor="end",
        )
        _swarm(canvas, scale, feature, y)
    label = swarm.x_label
    if beyond:
        label += "; " + ink.edge.format(beyond=beyond, points=len(xs))
    canvas.text((LEFT + RIGHT) / 2, bottom + 36, label, size=11, anchor="middle", fill=MUTED)
    return canvas.svg()


def _swarm(canvas: Canvas, scale: Scale, feature: Feature, y: float) -> None:
    pairs = [(x, c) for x, c in zip(feature.x, feature.color, strict=False) if x is not None]
    step = max(1, -(-len(pairs) // MAX_POINTS))
    heights: dict[int, int] = {}
    for x, colour in pairs[::step]:
        at = min(max(scale(float(x)), scale.start), scale.end)
        column = int((at - scale.start) / (scale.end - scale.start) * BINS)
        level = heights.get(column, 0)
        heights[column] = level + 1
        offset = (level + 1) // 2 * 2.6 * (1 if level % 2 else -1)
        canvas.add(
            "circle", cx=at, cy=y + max(-12.5, min(12.5, offset)), r=1.9, fill=_shade(colour)
        )


def _shade(colour: float | None) -> str:
    if colour is None:
        return "#b9bec5"
    part = min(max(float(colour), 0.0), 1.0)
    mixed = (round(a + (b - a) * part) for a, b in zip(LOW_COLOUR, HIGH_COLOUR, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def draw_scatter(scatter: Scatter, alt: str, ink: Ink) -> str:
    """Draw series of points, with a line through each if there is one; each series has its own shape and dash."""
    series, names = scatter.series[:6], scatter.x_categories[:14]
    lines = any(one.line is not None for one in series)
    canvas = Canvas(280, alt, ink)
    x_scale, y_scale = axes(
        canvas,
        ink,
        xs=[x for one in series for x in finite(one.x)],
        ys=[y for one in series for y in finite(one.y)],
        bottom=232,
        x_label=scatter.x_label,
        y_label=scatter.y_label,
        x_names=names,
    )
    kinds = [ink.place(one.label, i) for i, one in enumerate(series)]
    for i, one in zip(kinds, series, strict=True):
        line = one.line or Trace()
        path = [(x_scale(x), y_scale(y)) for x, y in zip(line.x, line.y, strict=False)]
        canvas.path(path, stroke=FAINT[i % 6], stroke_width=3, stroke_dasharray=DASHES[i % 6])
    for i, one in zip(kinds, series, strict=True):
        points = [
            (x, y) for x, y in zip(one.x, one.y, strict=False) if x is not None and y is not None
        ]
        for x, y in points[:: max(1, -(-len(points) // MAX_POINTS))]:
            canvas.mark(x_scale(float(x)), y_scale(float(y)), i, size=1.9 if lines else 2.6)
    if len(series) > 1:
        labels = [ink.clean(one.label) for one in series]
        canvas.height += 18 + canvas.legend(labels, canvas.height + 8, kinds=kinds)
    return canvas.svg()
