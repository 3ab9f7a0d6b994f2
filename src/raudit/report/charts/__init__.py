"""Figures of a record drawn as SVG: one module a kind, the same picture in HTML and PDF.

Pictures are told apart by shape, fill and label before colour, so that a colour-blind reader and a black-and-white
printer see what everyone sees. Colours are from the Okabe-Ito palette, darkened for thin lines on white.
"""

from __future__ import annotations

from raudit.record import Figure
from raudit.report.charts.canvas import Ink
from raudit.report.charts.dots import draw_bars, draw_dots
from raudit.report.charts.lines import draw_lines
from raudit.report.charts.matrix import draw_matrix
from raudit.report.charts.scatter import draw_scatter, draw_swarm
from raudit.report.charts.waterfall import draw_waterfall

DRAWERS = {
    "dots": draw_dots,
    "bars": draw_bars,
    "lines": draw_lines,
    "waterfall": draw_waterfall,
    "swarm": draw_swarm,
    "scatter": draw_scatter,
    "matrix": draw_matrix,
}
"""Drawing function of each kind of figure."""


def draw(figure: Figure, ink: Ink) -> str | None:
    """Draw a figure.

    Parameters
    ----------
    figure
        A figure of a record.
    ink
        How text and numbers are written.

    Returns
    -------
    str or None
        An ``<svg>`` element with a ``<title>``; None for a kind that is not known or data that cannot be drawn, whose
        data the report then prints as it is.
    """
    drawer = DRAWERS.get(figure.kind)
    if drawer is None:
        return None
    try:
        return drawer(figure, ink)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError):
        return (
            None  # the data does not have the shape its kind promises; a report must still be made
        )


__all__ = ["DRAWERS", "Ink", "draw"]
