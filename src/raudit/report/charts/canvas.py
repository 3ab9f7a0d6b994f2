"""The paper charts are drawn on: escaped SVG elements, a scale, text that is cut to fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from raudit.report.numbers import Numbers

WIDTH = 620.0
"""Width of every figure in user units; one unit is 0.75 pt at full text width."""

INK = "#1d2127"
MUTED = "#5b6470"
RULE = "#d5d9de"
BAND = "#e9eef3"
COLOURS = ("#0b5d8f", "#b8480c", "#00735a", "#8a3f7d", "#8f6500", "#3f4650")
"""Blue, vermilion, green, purple, ochre, slate: distinct in hue and in lightness."""
FAINT = ("#7fb0cf", "#dd9f7a", "#7dbfae", "#c39dbb", "#c9b078", "#9da3a9")
"""The same mixed with white, for lines behind points; not transparent, since some printers draw that as raster."""
SHAPES = ("circle", "diamond", "square", "triangle", "ring", "cross")
DASHES = ("", "7 4", "2 3", "9 3 2 3", "5 2", "1 3")
SANS = "Source Sans 3, sans-serif"

NARROW = frozenset("iljt.,:;|!'()[]fI 1")
WIDE = frozenset("mwMW@%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """How a report writes text and numbers."""

    clean: Callable[[str], str]
    """Makes text from data fit to print."""
    numbers: Numbers
    """Writes numbers in the report's language."""
    places: Mapping[str, int] = field(default_factory=dict)
    """Place of each group in the document's order, which gives it its colour and shape."""
    edge: str = "{beyond} of {points} points lie beyond and stand at the edge"
    """Says that points are outside the picture."""

    def place(self, label: str, otherwise: int) -> int:
        """Place of a group; ``otherwise`` for what is none."""
        return self.places.get(label, otherwise)


def text_width(text: str, size: float) -> float:
    """Estimate the width of text in Source Sans."""
    units = sum(
        0.27 if c in NARROW else 0.82 if c in WIDE else 0.62 if c.isupper() else 0.5 for c in text
    )
    return units * size


def fit(text: str, width: float, size: float) -> str:
    """Cut text to a width in the middle, so that both ends stay readable."""
    if text_width(text, size) <= width:
        return text
    keep = max(4, int(len(text) * width / text_width(text, size)) - 1)
    head = math.ceil(keep * 0.6)
    return f"{text[:head]}…{text[-(keep - head) :]}"


def room(labels: Iterable[str], least: float, size: float, gap: float = 14.0) -> float:
    """Width to the left of a chart in which its labels stand whole; less than half of the chart, whatever they are."""
    return min(max([least, *(text_width(label, size) + gap for label in labels)]), WIDTH * 0.45)


LARGEST = 1e300
"""Numbers up to which an axis goes: twice as much must still be a number."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale from data to the page."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Place a value; what is outside lands on the edge."""
        span = self.high - self.low or 1.0
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / span * (self.end - self.start)


def ticks(low: float, high: float, target: int = 5) -> tuple[float, ...]:
    """Round numbers that cover a range, with steps of 1, 2, 2.5 or 5 times a power of ten."""
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError("a chart needs finite numbers")
    low, high = max(low, -LARGEST), min(high, LARGEST)  # what lies beyond stands on the edge
    size = max(abs(low), abs(high))
    size = size if size > 1e-300 else 1.0
    if high - low <= size * 1e-9:  # one value, or nearly so: give it room
        low, high = low - size / 2, high + size / 2
    raw = (high - low) / max(1, target)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(float(f"{i * step:.12g}") for i in range(first, last + 1))


def tick_text(values: tuple[float, ...], ink: Ink, *, percent: bool) -> tuple[str, ...]:
    """Write ticks with as many decimals as their step needs."""
    if percent:
        fine = any(abs(v * 100 - round(v * 100)) > 1e-9 for v in values)
        return tuple(
            "0\u202f%" if v == 0 else ink.numbers.percent(v, 1 if fine else 0) for v in values
        )
    return tuple(ink.numbers.number(v) for v in values)


@dataclass(slots=True)
class Canvas:
    """An SVG drawing that is being made; every attribute and text is escaped here."""

    height: float
    title: str
    ink: Ink
    parts: list[str] = field(default_factory=list)

    def add(self, name: str, **attributes: str | float) -> None:
        """Add an empty element."""
        self.parts.append(f"<{name}{_attributes(attributes)}/>")

    def line(self, x1: float, y1: float, x2: float, y2: float, **more: str | float) -> None:
        """Add a line."""
        self.add("line", x1=x1, y1=y1, x2=x2, y2=y2, **{"stroke": RULE, "stroke_width": 1, **more})

    def text(self, x: float, y: float, text: str, *, size: float = 11, **more: str | float) -> None:
        """Add text; ``anchor`` is start, middle or end."""
        attributes = {"x": x, "y": y, "font_size": size, "font_family": SANS, "fill": INK, **more}
        if "anchor" in attributes:
            attributes["text_anchor"] = attributes.pop("anchor")
        self.parts.append(f"<text{_attributes(attributes)}>{escape(self.ink.clean(text))}</text>")

    def path(self, points: Iterable[tuple[float, float]], **more: str | float) -> None:
        """Add a line through points."""
        d = " ".join(f"{'L' if i else 'M'}{_n(x)} {_n(y)}" for i, (x, y) in enumerate(points))
        if d:
            self.add("path", d=d, **{"fill": "none", "stroke": INK, "stroke_width": 1.5, **more})

    def mark(
        self, x: float, y: float, kind: int, *, size: float = 4.2, colour: str | None = None
    ) -> None:
        """Add a mark whose shape and colour both tell its series."""
        fill = colour or COLOURS[kind % len(COLOURS)]
        match SHAPES[kind % len(SHAPES)]:
            case "circle":
                self.add("circle", cx=x, cy=y, r=size, fill=fill)
            case "diamond":
                self._shape(
                    (
                        (x, y - size * 1.3),
                        (x + size * 1.3, y),
                        (x, y + size * 1.3),
                        (x - size * 1.3, y),
                    ),
                    fill,
                )
            case "square":
                self.add(
                    "rect",
                    x=x - size * 0.9,
                    y=y - size * 0.9,
                    width=size * 1.8,
                    height=size * 1.8,
                    fill=fill,
                )
            case "triangle":
                self._shape(
                    ((x, y - size * 1.2), (x + size * 1.2, y + size), (x - size * 1.2, y + size)),
                    fill,
                )
            case "ring":
                self.add(
                    "circle",
                    cx=x,
                    cy=y,
                    r=size * 0.85,
                    fill="#ffffff",
                    stroke=fill,
                    stroke_width=1.8,
                )
            case _:
                self.path(((x - size, y - size), (x + size, y + size)), stroke=fill, stroke_width=2)
                self.path(((x - size, y + size), (x + size, y - size)), stroke=fill, stroke_width=2)

    def _shape(self, points: Iterable[tuple[float, float]], fill: str) -> None:
        self.add("polygon", points=" ".join(f"{_n(x)},{_n(y)}" for x, y in points), fill=fill)

    def legend(
        self,
        labels: Sequence[str],
        y: float,
        *,
        x: float = 0.0,
        kinds: Sequence[int] = (),
        dashes: bool = False,
    ) -> float:
        """Add keys, in as many rows as they need; return the height of the rows after the first."""
        first, start = x, y
        for number, label in enumerate(labels):
            i = kinds[number] if kinds else number
            shown = fit(label, 150, 11)
            if x > first and x + 28 + text_width(shown, 11) > WIDTH:
                x, y = first, y + 16
            if dashes:
                self.line(
                    x,
                    y - 4,
                    x + 22,
                    y - 4,
                    stroke=COLOURS[i % 6],
                    stroke_width=2,
                    stroke_dasharray=DASHES[i % 6],
                )
                x += 28
            else:
                self.mark(x + 5, y - 4, i)
                x += 15
            self.text(x, y, shown, size=11)
            x += text_width(shown, 11) + 20
        return y - start

    def svg(self) -> str:
        """The finished element."""
        title = escape(self.ink.clean(self.title))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(WIDTH)} {_n(self.height)}" '
            f'width="{_n(WIDTH)}" height="{_n(self.height)}" role="img">'
            f"<title>{title}</title>{''.join(self.parts)}</svg>"
        )


def _n(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError("a chart needs finite numbers")
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _attributes(attributes: dict[str, str | float]) -> str:
    written = (
        (name.replace("_", "-"), value if isinstance(value, str) else _n(value))
        for name, value in attributes.items()
    )
    return "".join(f" {name}={quoteattr(value)}" for name, value in written if value != "")
