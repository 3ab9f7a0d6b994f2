"""Figures of a record drawn as SVG: one module a kind, the same picture in HTML and PDF.

Pictures are told apart by shape, fill and label before colour, so that a colour-blind reader and a black-and-white
printer see what everyone sees. Colours are from the Okabe-Ito palette, darkened for thin lines on white.
"""

from __future__ import annotations

from typing import assert_never

from raudit.pictures import Bars, Dots, Lines, Matrix, Scatter, Swarm, Waterfall
from raudit.record import Figure
from raudit.report.charts.canvas import Ink
from raudit.report.charts.dots import draw_bars, draw_dots
from raudit.report.charts.lines import draw_lines
from raudit.report.charts.matrix import draw_matrix
from raudit.report.charts.scatter import draw_scatter, draw_swarm
from raudit.report.charts.waterfall import draw_waterfall


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
    picture, alt = figure.picture, figure.alt or figure.title
    match picture:
        case None:
            return None
        case Dots():
            return draw_dots(picture, alt, ink)
        case Bars():
            return draw_bars(picture, alt, ink)
        case Lines():
            return draw_lines(picture, alt, ink)
        case Waterfall():
            return draw_waterfall(picture, alt, ink)
        case Swarm():
            return draw_swarm(picture, alt, ink)
        case Scatter():
            return draw_scatter(picture, alt, ink)
        case Matrix():
            return draw_matrix(picture, alt, ink)
        case _:
            assert_never(picture)


__all__ = ["Ink", "draw"]
