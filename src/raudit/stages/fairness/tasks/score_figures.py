"""Pictures of scores by group: what they mean, and how often each occurs."""

from __future__ import annotations

import numpy as np

from raudit.data.cells import CellTable
from raudit.pictures import Line, Lines
from raudit.record import Figure
from raudit.sentences import joined, say, term
from raudit.stages.fairness.measures.histogram import Calibration, Histograms, at_least
from raudit.stages.fairness.tasks.part import Context, by_name, slug
from raudit.stages.fairness.words.sentences import points
from raudit.stats import wilson

SHOWN = 6
"""Groups in one picture; more lines cannot be told apart in black and white."""


def largest(found: Histograms) -> np.ndarray:
    """The largest groups, in the order of their names."""
    return np.sort(np.argsort(-found.rows, kind="stable")[:SHOWN])


def calibration_figure(
    found: Histograms, curve: Calibration, by: tuple[str, ...], context: Context
) -> Figure:
    """What scores turned out to mean, held against what they say."""
    series, words = [], []
    for i in largest(found):
        enough = curve.n[i] >= context.options.suppress_below
        bounds = wilson(
            np.nan_to_num(curve.share[i]) * curve.effective[i],
            curve.effective[i],
            level=context.options.confidence,
        )
        series.append(
            Line(
                label=context.speech.group(found.names[i]),
                x=[float(v) for v in curve.mean_score[i][enough]],
                y=[float(v) for v in curve.share[i][enough]],
                low=[float(v) for v in bounds.low[enough]],
                high=[float(v) for v in bounds.high[enough]],
            )
        )
        side = "higher" if curve.in_the_large[i] > 0 else "lower"
        words.append(
            say(
                "{group}: favourable outcomes are on average {points} points "
                "{side} than the score says (n = {rows:,})",
                group=context.speech.group(found.names[i]),
                points=points(abs(curve.in_the_large[i])),
                side=term(side),
                rows=int(found.rows[i]),
            )
        )
    return Figure.of(
        slug("calibration", *by),
        Lines(
            series=series,
            x_label="mean score",
            y_label="share of favourable outcomes",
            diagonal=True,
        ),
        title=say("Calibration by {by_name}", by_name=by_name(by)),
        alt=say("Share of favourable outcomes against mean score in equal-width bins. ")
        + joined("; ", words)
        + ".",
        caption="On the diagonal, a score means what it says.",
    )


def distribution_figure(
    found: Histograms, table: CellTable, by: tuple[str, ...], context: Context
) -> Figure:
    """How often each group has which score."""
    bins = context.options.calibration_bins
    edges = tuple(step / bins for step in range(1, bins))
    above = at_least(found, table, edges).sum(axis=1)
    total = found.weight.sum(axis=(1, 2))[:, None]
    share = -np.diff(np.concatenate([total, above, np.zeros_like(total)], axis=1), axis=1) / total
    middle = [(step + 0.5) / bins for step in range(bins)]
    series, words = [], []
    for i in largest(found):
        label = context.speech.group(found.names[i])
        series.append(Line(label=label, x=middle, y=[float(v) for v in share[i]]))
        mean = float(found.score[i].sum() / found.weight[i].sum())
        words.append(
            say(
                "{label}: mean {mean:.2f}, most in the bin at {middle:.2f}",
                label=label,
                mean=mean,
                middle=middle[int(np.argmax(share[i]))],
            )
        )
    return Figure.of(
        slug("score-distribution", *by),
        Lines(series=series, x_label="score", y_label="share of the group"),
        title=say("Scores by {by_name}", by_name=by_name(by)),
        alt=say("Share of each group in each score bin. ") + joined("; ", words) + ".",
    )
