"""How contributions add up to one prediction."""

from __future__ import annotations

from collections.abc import Callable

from raudit.pictures import Step, Waterfall
from raudit.report.charts.canvas import (
    COLOURS,
    INK,
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

ROW = 23.0
LEFT, RIGHT = 190.0, WIDTH - 70.0
MAX_STEPS = 25


def draw_waterfall(waterfall: Waterfall, alt: str, ink: Ink) -> str:
    """Draw steps from the start value to the total; what raises points right and is full, what lowers is hatched."""
    steps, total = list(waterfall.steps[:MAX_STEPS]), waterfall.total
    rest = sum(step.value for step in waterfall.steps[MAX_STEPS:])
    if rest:
        steps.append(Step(label="…", value=rest))
    start = total - sum(step.value for step in steps)
    if abs(start) < 1e-6 * max(abs(total), *(abs(step.value) for step in steps), 1e-300):
        start = 0.0  # what floating point leaves over is no value to print
    levels = [start]
    for step in steps:
        levels.append(levels[-1] + step.value)
    reach = [*levels, total]
    for step, level in zip(steps, levels, strict=False):
        reach += [level + end for end in (step.low, step.high) if end is not None]
    marks = ticks(min(reach), max(reach))
    scale = Scale(marks[0], marks[-1], LEFT, RIGHT)
    write = ink.numbers.column([total, *(step.value for step in steps)])
    bottom = 8.0 + ROW * (len(steps) + 2)
    canvas = Canvas(bottom + 42, alt, ink)
    for value, text in zip(marks, tick_text(marks, ink, percent=False), strict=True):
        canvas.line(scale(value), 8, scale(value), bottom, stroke=RULE, stroke_width=0.8)
        canvas.text(scale(value), bottom + 16, text, size=10.5, anchor="middle", fill=MUTED)
    _end(canvas, ink, scale, 8 + ROW / 2, waterfall.start_label or "start", start, write)
    for i, step in enumerate(steps):
        _step(canvas, ink, scale, 8 + ROW * (i + 1.5), step, levels[i], write)
    _end(canvas, ink, scale, bottom - ROW / 2, waterfall.end_label or "total", total, write)
    canvas.text(
        (LEFT + RIGHT) / 2,
        bottom + 36,
        waterfall.x_label,
        size=11,
        anchor="middle",
        fill=MUTED,
    )
    return canvas.svg()


def _end(
    canvas: Canvas,
    ink: Ink,
    scale: Scale,
    y: float,
    label: str,
    value: float,
    write: Callable[[float], str],
) -> None:
    shown = fit(ink.clean(label), LEFT - 16, 11.5)
    canvas.text(LEFT - 10, y + 4, shown, size=11.5, anchor="end", font_weight="600")
    canvas.mark(scale(value), y, 1, colour=INK)
    shown = write(value) if value else ink.numbers.count(0)
    canvas.text(scale(value) + 10, y + 4, shown, size=10.5, font_weight="600")


def _step(
    canvas: Canvas,
    ink: Ink,
    scale: Scale,
    y: float,
    step: Step,
    level: float,
    write: Callable[[float], str],
) -> None:
    value = step.value
    left, right = sorted((scale(level), scale(level + value)))
    rises = value >= 0
    fill = COLOURS[0] if rises else "#ffffff"
    stroke = COLOURS[0] if rises else COLOURS[1]
    canvas.text(
        LEFT - 10,
        y + 4,
        fit(ink.clean(step.label), LEFT - 16, 11.5),
        size=11.5,
        anchor="end",
    )
    canvas.add(
        "rect",
        x=left,
        y=y - 7,
        width=max(right - left, 1.0),
        height=14,
        fill=fill,
        stroke=stroke,
        stroke_width=1.6,
    )
    far = right
    if step.low is not None and step.high is not None:
        low, high = sorted((scale(level + step.low), scale(level + step.high)))
        canvas.line(low, y, high, y, stroke=INK, stroke_width=1.2)
        far = max(far, high)
    canvas.line(
        scale(level + value),
        y + 7,
        scale(level + value),
        y + ROW - 7,
        stroke=MUTED,
        stroke_width=0.8,
    )
    sign = "+" if rises else ""
    canvas.text(far + 6, y + 4, sign + write(value), size=10.5, fill=MUTED)
