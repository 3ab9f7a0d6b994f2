"""Dot plots with intervals, and bars from zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from raudit.pictures import Bars, Dots, Estimate
from raudit.report.charts.canvas import (
    BAND,
    COLOURS,
    INK,
    MUTED,
    RULE,
    WIDTH,
    Canvas,
    Ink,
    Scale,
    fit,
    room,
    tick_text,
    ticks,
)
from raudit.report.charts.plot import finite
from raudit.report.numbers import DASH

ROW = 22.0
LEFT = 168.0
RIGHT = WIDTH - 118.0
MAX_ROWS = 40


def draw_dots(dots: Dots, alt: str, ink: Ink) -> str:
    """Draw estimates as dots with their intervals, one row a label."""
    return _draw(dots, alt, ink, bars=False)


def draw_bars(bars: Bars, alt: str, ink: Ink) -> str:
    """Draw amounts as bars from zero, with intervals if there are any."""
    return _draw(Dots(rows=bars.rows, x_label=bars.x_label), alt, ink, bars=True)


def _draw(dots: Dots, alt: str, ink: Ink, *, bars: bool) -> str:
    rows, percent = dots.rows[:MAX_ROWS], dots.percent
    names = list(dict.fromkeys(row.series for row in rows))
    low, high = _range(rows, dots, from_zero=bars)
    marks = ticks(low, high)
    left = room((ink.clean(row.label) for row in rows), LEFT, 11.5)
    scale = Scale(marks[0], marks[-1], left, RIGHT)
    top = 8.0
    top += 14.0 if dots.reference is not None or dots.band else 0.0
    bottom = top + ROW * len(rows)
    canvas = Canvas(bottom + 42, alt, ink)
    kinds = [ink.place(name, i) for i, name in enumerate(names)]
    if len(names) > 1:
        canvas.height += 18 + canvas.legend(names, canvas.height + 8, x=12, kinds=kinds)
    _frame(canvas, scale, marks, tick_text(marks, ink, percent=percent), top, bottom)
    _goal(canvas, scale, dots, ink, top, bottom)
    write = ink.numbers.percent if percent else ink.numbers.column([row.value for row in rows])
    previous = None
    for i, row in enumerate(rows):
        y = top + ROW * i + ROW / 2
        if row.label != previous:
            shown = fit(ink.clean(row.label), left - 14, 11.5)
            canvas.text(left - 10, y + 4, shown, size=11.5, anchor="end")
        previous = row.label
        kind = kinds[names.index(row.series)] if len(names) > 1 else 0
        _row(canvas, scale, row, y, kind, bars=bars)
        canvas.text(RIGHT + 12, y + 4, _beside(row, ink, write), size=10.5, fill=MUTED)
    canvas.text(
        (left + RIGHT) / 2,
        bottom + 36,
        dots.x_label,
        size=11,
        anchor="middle",
        fill=MUTED,
    )
    return canvas.svg()


def _range(rows: Sequence[Estimate], dots: Dots, *, from_zero: bool) -> tuple[float, float]:
    ends = [end for row in rows for end in (row.value, row.low, row.high)]
    ends += [dots.reference, *(dots.band or ())]
    if from_zero or dots.percent:
        ends.append(0.0)
    known = finite(ends)
    return (min(known), max(known)) if known else (0.0, 1.0)


def _frame(
    canvas: Canvas,
    scale: Scale,
    marks: Sequence[float],
    texts: Sequence[str],
    top: float,
    bottom: float,
) -> None:
    for value, text in zip(marks, texts, strict=True):
        x = scale(value)
        canvas.line(x, top, x, bottom, stroke=RULE, stroke_width=0.8)
        canvas.text(x, bottom + 16, text, size=10.5, anchor="middle", fill=MUTED)
    canvas.line(scale.start, bottom, scale.end, bottom, stroke=MUTED)


def _goal(
    canvas: Canvas,
    scale: Scale,
    dots: Dots,
    ink: Ink,
    top: float,
    bottom: float,
) -> None:
    """Draw the accepted range, and the line that values are held against."""
    if dots.band is not None:
        low = scale.low if dots.band[0] is None else dots.band[0]
        high = scale.high if dots.band[1] is None else dots.band[1]
        left, right = scale(low), scale(high)
        canvas.parts.insert(0, "")
        canvas.add(
            "rect", x=left, y=top, width=max(right - left, 1.0), height=bottom - top, fill=BAND
        )
        canvas.parts.insert(1, canvas.parts.pop())
        for edge in (left, right):
            canvas.line(
                edge, top, edge, bottom, stroke=MUTED, stroke_width=0.8, stroke_dasharray="2 2"
            )
    if dots.reference is not None:
        x = scale(dots.reference)
        canvas.line(x, top - 4, x, bottom, stroke=INK, stroke_width=1.2, stroke_dasharray="5 3")
        write = ink.numbers.percent if dots.percent else ink.numbers.number
        canvas.text(x, top - 7, write(dots.reference), size=10, anchor="middle")


def _row(canvas: Canvas, scale: Scale, row: Estimate, y: float, kind: int, *, bars: bool) -> None:
    value, low, high = row.value, row.low, row.high
    colour = COLOURS[kind % len(COLOURS)]
    if value is None:
        canvas.text(scale.start + 6, y + 4, DASH, size=11, fill=MUTED)
        return
    if bars:
        start, end = sorted((scale(0.0), scale(value)))
        canvas.add("rect", x=start, y=y - 6.5, width=max(end - start, 0.8), height=13, fill=colour)
    if low is not None or high is not None:
        left, right = (
            scale(scale.low if low is None else low),
            scale(scale.high if high is None else high),
        )
        stroke = INK if bars else colour
        canvas.line(left, y, right, y, stroke=stroke, stroke_width=1.6)
        for end, bounded in ((left, low), (right, high)):
            if bounded is not None:
                canvas.line(end, y - 3.5, end, y + 3.5, stroke=stroke, stroke_width=1.6)
    if not bars:
        canvas.mark(scale(value), y, kind)


def _beside(row: Estimate, ink: Ink, write: Callable[[float], str]) -> str:
    text = "" if row.value is None else write(row.value)
    return text if row.n is None else f"{text}, n = {ink.numbers.count(row.n)}".lstrip(", ")
