"""Dot plots with intervals, and bars from zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from raudit.record import Figure
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
    tick_text,
    ticks,
)
from raudit.report.numbers import DASH

ROW = 22.0
LEFT = 168.0
RIGHT = WIDTH - 118.0
MAX_ROWS = 40


def draw_dots(figure: Figure, ink: Ink) -> str:
    """Draw estimates as dots with their intervals, one row a label."""
    return _draw(figure, ink, bars=False)


def draw_bars(figure: Figure, ink: Ink) -> str:
    """Draw amounts as bars from zero, with intervals if there are any."""
    return _draw(figure, ink, bars=True)


def _draw(figure: Figure, ink: Ink, *, bars: bool) -> str:
    data = figure.data
    rows = list(data["rows"])[:MAX_ROWS]
    names = _series(rows)
    percent = bool(data.get("percent"))
    low, high = _range(rows, data, from_zero=bars)
    marks = ticks(low, high)
    scale = Scale(marks[0], marks[-1], LEFT, RIGHT)
    top = 8.0
    top += 14.0 if data.get("reference") is not None or data.get("band") else 0.0
    bottom = top + ROW * len(rows)
    canvas = Canvas(bottom + 42, figure.alt or figure.title, ink)
    kinds = [ink.place(name, i) for i, name in enumerate(names)]
    if len(names) > 1:
        canvas.height += 18 + canvas.legend(names, canvas.height + 8, x=12, kinds=kinds)
    _frame(canvas, scale, marks, tick_text(marks, ink, percent=percent), top, bottom)
    _goal(canvas, scale, data, ink, top, bottom, percent=percent)
    previous = None
    for i, row in enumerate(rows):
        y = top + ROW * i + ROW / 2
        label = str(row["label"])
        if label != previous:
            canvas.text(
                LEFT - 10, y + 4, fit(ink.clean(label), LEFT - 14, 11.5), size=11.5, anchor="end"
            )
        previous = label
        kind = kinds[names.index(str(row.get("series") or ""))] if len(names) > 1 else 0
        _row(canvas, scale, row, y, kind, bars=bars)
        canvas.text(RIGHT + 12, y + 4, _beside(row, ink, percent=percent), size=10.5, fill=MUTED)
    canvas.text(
        (LEFT + RIGHT) / 2,
        bottom + 36,
        str(data.get("x_label", "")),
        size=11,
        anchor="middle",
        fill=MUTED,
    )
    return canvas.svg()


def _series(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(row.get("series") or "") for row in rows))


def _range(
    rows: Sequence[Mapping[str, Any]], data: Mapping[str, Any], *, from_zero: bool
) -> tuple[float, float]:
    found = [
        float(row[key])
        for row in rows
        for key in ("value", "low", "high")
        if row.get(key) is not None
    ]
    found += [float(v) for v in (data.get("reference"), *(data.get("band") or ())) if v is not None]
    if from_zero or data.get("percent"):
        found.append(0.0)
    return (min(found), max(found)) if found else (0.0, 1.0)


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
    data: Mapping[str, Any],
    ink: Ink,
    top: float,
    bottom: float,
    *,
    percent: bool,
) -> None:
    """Draw the accepted range, and the line that values are held against."""
    band = data.get("band")
    if band:
        low = scale.low if band[0] is None else band[0]
        high = scale.high if band[1] is None else band[1]
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
    reference = data.get("reference")
    if reference is not None:
        x = scale(reference)
        canvas.line(x, top - 4, x, bottom, stroke=INK, stroke_width=1.2, stroke_dasharray="5 3")
        text = ink.numbers.percent(reference) if percent else ink.numbers.number(reference)
        canvas.text(x, top - 7, text, size=10, anchor="middle")


def _row(
    canvas: Canvas, scale: Scale, row: Mapping[str, Any], y: float, kind: int, *, bars: bool
) -> None:
    value, low, high = row.get("value"), row.get("low"), row.get("high")
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


def _beside(row: Mapping[str, Any], ink: Ink, *, percent: bool) -> str:
    value = row.get("value")
    text = (
        ""
        if value is None
        else ink.numbers.percent(value)
        if percent
        else ink.numbers.number(value, 3)
    )
    n = row.get("n")
    return f"{text}  n {ink.numbers.count(n)}" if n is not None else text
