"""What other thresholds would do: errors of everyone, and what they cost each group."""

from __future__ import annotations

import numpy as np

from raudit.data.cells import BIN, LABEL, PREDICTION, CellTable
from raudit.findings import written
from raudit.pictures import Line, Lines, Mark
from raudit.record import Figure
from raudit.sentences import joined, say
from raudit.stages.fairness.measures.histogram import Histograms, at_least, histograms
from raudit.stages.fairness.tasks.part import Context, Part, by_name, slug
from raudit.stages.fairness.tasks.score_figures import largest

SWEEP = tuple(round(step / 100, 2) for step in range(1, 100))
"""Thresholds at which decisions are replayed."""
REPLAYED = tuple(round(step / 10, 1) for step in range(1, 10))
"""Thresholds whose decisions of everyone are counted into the record."""


def cuts_for(calibration_bins: int, threshold: float | None) -> tuple[float, ...]:
    """Scores at which a bin must begin, so that calibration, sweep and decision are exact."""
    edges = {step / calibration_bins for step in range(1, calibration_bins)}
    return tuple(sorted(edges | set(SWEEP) | ({threshold} if threshold is not None else set())))


def sweep(found: Histograms, table: CellTable, by: tuple[str, ...], context: Context) -> Part:
    """Mean cost of errors per person in each group, at every threshold."""
    costs = context.options.costs
    if costs is None or table.bins is None:
        return Part()
    above = at_least(found, table, SWEEP)
    totals = found.weight.sum(axis=2)
    wrong = (
        above[:, 0] * costs.false_positive + (totals[:, 1:2] - above[:, 1]) * costs.false_negative
    )
    each = wrong / totals.sum(axis=1, keepdims=True)
    overall = wrong.sum(axis=0) / totals.sum()
    best = int(np.argmin(overall))
    costs_at = [(context.speech.group(found.names[i]), each[i]) for i in largest(found)]
    series = [
        Line(label=label, x=SWEEP, y=[float(v) for v in values])
        for label, values in (*costs_at, ("all", overall))
    ]
    words = [
        say(
            "{s}: lowest {costs} at threshold {SWEEP:.2f}",
            s=label,
            costs=written(float(np.min(values)), digits=3),
            SWEEP=SWEEP[int(np.argmin(values))],
        )
        for label, values in (*costs_at, ("all", overall))
    ]
    lowest = say("lowest for all: {SWEEP:.2f}", SWEEP=SWEEP[best])
    figure = Figure.of(
        slug("cost-sweep", *by),
        Lines(
            series=series,
            x_label="threshold",
            y_label="mean cost per person",
            marks=[Mark(x=SWEEP[best], label=lowest)],
        ),
        title=say("Mean cost of wrong decisions by threshold and {by_name}", by_name=by_name(by)),
        alt=say("Mean cost per person at thresholds from 0.01 to 0.99. ")
        + joined("; ", words)
        + ".",
        caption=costs.sentence,
    )
    return Part(figures=(figure,), metrics=("threshold_sweep",))


def replayed(table: CellTable) -> list[dict[str, float]]:
    """Decisions about everyone whose outcome is known, at other thresholds.

    Returns
    -------
    list of dict
        For each threshold the weight of true and false positives and negatives; empty where the score is no
        probability or no outcome is known.
    """
    known = table.labelled()
    if known is None or known.bins is None:
        return []
    attributes = [name for name in known.dims if name not in (LABEL, PREDICTION, BIN)]
    found = histograms(known, tuple(attributes[:1]))
    if not attributes or not found.names or not found.probability:
        return []
    above = at_least(found, known, REPLAYED).sum(axis=0)
    totals = found.weight.sum(axis=(0, 2))
    return [
        {
            "threshold": threshold,
            "true_positives": float(above[1, i]),
            "false_positives": float(above[0, i]),
            "false_negatives": float(totals[1] - above[1, i]),
            "true_negatives": float(totals[0] - above[0, i]),
        }
        for i, threshold in enumerate(REPLAYED)
    ]
