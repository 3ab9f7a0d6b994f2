"""The data of the stage's pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from raudit.record import Figure
from raudit.stages.explain.groups import Gap, Group
from raudit.stages.explain.options import ExplainOptions
from raudit.stages.explain.values import Explained

if TYPE_CHECKING:
    import pandas as pd

SWARM_POINTS = 300


def figures_of(
    found: Explained,
    frame: pd.DataFrame,
    features: Sequence[str],
    order: Sequence[int],
    groups: Sequence[Group],
    gaps: Sequence[Gap],
    options: ExplainOptions,
) -> tuple[Figure, ...]:
    """A swarm of the top features, and a waterfall for the gap of each group."""
    import numpy as np

    top = list(order[: options.top])
    names = ", ".join(features[i] for i in top[:3])
    figures = [_swarm(found, frame, features, top, names)]
    for group, gap in zip(groups, gaps, strict=True):
        biggest = [int(i) for i in np.argsort(-np.abs(gap.mean), kind="stable")]
        shown, rest = biggest[: options.top], biggest[options.top :]
        steps = [
            {
                "label": features[i],
                "value": float(gap.mean[i]),
                "low": float(gap.mean[i] - gap.half[i]),
                "high": float(gap.mean[i] + gap.half[i]),
            }
            for i in shown
        ]
        if rest:
            steps.append({"label": f"{len(rest)} others", "value": float(gap.mean[rest].sum())})
        said = "; ".join(f"{step['label']} {step['value']:+.2f}" for step in steps)
        figures.append(
            Figure(
                id=f"gap-{group.attribute}-{group.name}",
                kind="waterfall",
                title=f"What makes up the gap of {group.label} {group.name}",
                alt=f"Waterfall of the gap in {found.unit} between {group.label} {group.name} and everyone else: "
                f"{said}; in total {gap.total:+.2f}.",
                caption=f"n = {gap.n:,} and {gap.n_others:,}; bars carry 95 % intervals.",
                data={
                    "steps": steps,
                    "total": gap.total,
                    "x_label": found.unit,
                    "start_label": "no gap",
                    "end_label": "gap",
                },
            )
        )
    return tuple(figures)


def _swarm(found: Explained, frame: pd.DataFrame, features: Sequence[str], top: Sequence[int], names: str) -> Figure:
    import numpy as np
    import pandas as pd

    picked = np.linspace(0, len(found.values) - 1, min(SWARM_POINTS, len(found.values))).astype(int)
    rows = []
    for i in top:
        column = frame[features[i]]
        color: list[float | None] = [None] * len(picked)
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            rank = column.rank(pct=True).fillna(0.5).to_numpy()
            color = [round(float(v), 3) for v in rank[picked]]
        rows.append({"label": features[i], "x": [round(float(v), 4) for v in found.values[picked, i]], "color": color})
    return Figure(
        id="swarm",
        kind="swarm",
        title="What moves the model's output",
        alt=f"Each dot is one row. The features with the largest effect are {names}.",
        caption=f"{len(picked):,} of {len(found.values):,} explained rows; effect in {found.unit} toward the "
        "favourable outcome.",
        data={"features": rows, "x_label": f"effect on the output ({found.unit})"},
    )
