"""The risk register as a person reads it in a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from raudit.checklists.prints.register import Risk

INDENT = 12
LABEL = 9


def lines(risks: Sequence[Risk], width: int) -> Iterator[str]:
    """Each risk with its level, measure, owner and day; why some have no priority stands once, at the end.

    Parameters
    ----------
    risks
        In the order of the register.
    width
        Columns of the terminal.
    """
    if not risks:
        yield "no risk is named, nothing blocks and nothing is unknown"
        return
    lacking: Counter[str] = Counter()
    for risk in risks:
        head = wrap(risk.risk, max(20, width - INDENT)) or [""]
        yield click.style((risk.level or risk.source).ljust(INDENT - 1), bold=True) + " " + head[0]
        yield from (" " * INDENT + line for line in head[1:])
        for label, text in _parts(risk):
            first, *rest = wrap(text, max(20, width - INDENT - LABEL))
            yield " " * INDENT + click.style(label.ljust(LABEL), dim=True) + first
            yield from (" " * (INDENT + LABEL) + line for line in rest)
        if risk.priority is None:
            lacking[risk.not_rated] += 1
        yield ""
    for why, count in lacking.most_common():
        yield from wrap(f"{count} not rated: {why}", width, subsequent_indent="  ")


def _parts(risk: Risk) -> Iterator[tuple[str, str]]:
    owner = ", by ".join(part for part in (risk.owner, risk.due) if part)
    rated = f"{risk.priority:,}" if risk.priority is not None else ""
    for label, text in (
        ("measure", risk.measure),
        ("after it", risk.residual),
        ("owner", owner),
        ("priority", rated),
    ):
        if text:
            yield label, text
    yield "from", risk.assessment + (f", {risk.question}" if risk.question else "")
