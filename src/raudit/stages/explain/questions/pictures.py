"""The data of the stage's pictures."""

from __future__ import annotations

from raudit.pictures import Bars, Estimate, Feature, Step, Swarm, Waterfall
from raudit.record import Figure
from raudit.sentences import joined, say, term
from raudit.stages.explain.amounts import amount, signed
from raudit.stages.explain.questions.importance import titled
from raudit.stages.explain.survey.estimates import weighted_mean
from raudit.stages.explain.survey.sampling import Sample
from raudit.stages.explain.survey.setting import Setting

SWARM_POINTS = 300
MOST_WATERFALLS = 2
"""Groups of one sensitive feature whose gap is drawn; all are in the tables."""
MOST_SERIES = 4

COLORS = 10
"""Shades of a dot: tenths of a feature's values, and not the rank by which a row could be told."""


def figures_of(setting: Setting, sample: Sample) -> tuple[Figure, ...]:
    """A swarm of the top features, their importance by group, and a waterfall for the widest gaps."""
    figures = [_swarm(setting, sample)]
    for one in setting.members:
        bars = _bars(setting, sample, one.attribute.column, one.label)
        figures += [bars] if bars else []
        places = [
            g for g, group in enumerate(sample.groups) if group.attribute == one.attribute.column
        ]
        places.sort(key=lambda g: (-abs(sample.gaps[g].total), sample.groups[g].name))
        figures += [_waterfall(setting, sample, place) for place in places[:MOST_WATERFALLS]]
    return tuple(figures)


def _waterfall(setting: Setting, sample: Sample, place: int) -> Figure:
    import numpy as np

    group, gap = sample.groups[place], sample.gaps[place]
    biggest = [int(i) for i in np.argsort(-np.abs(gap.mean), kind="stable") if gap.mean[i] != 0]
    shown, rest = biggest[: setting.options.top], biggest[setting.options.top :]
    steps = [
        Step(
            label=setting.named(setting.features[i]),
            value=float(gap.mean[i]),
            low=float(gap.mean[i] - gap.half[i]),
            high=float(gap.mean[i] + gap.half[i]),
        )
        for i in shown
    ]
    if rest:
        others = say("{count} others", count=len(rest))
        steps.append(Step(label=others, value=float(gap.mean[rest].sum())))
    said = joined(
        "; ",
        (say("{step} {signed}", step=step.label, signed=signed(step.value)) for step in steps),
    )
    return Figure.of(
        f"gap-{group.attribute}-{group.name}{sample.target.suffix}",
        Waterfall(
            steps=steps,
            total=gap.explained,
            x_label=sample.unit,
            start_label="no gap",
            end_label="gap",
        ),
        title=titled(say("What makes up the gap of {title}", title=group.title), sample),
        alt=say(
            "Waterfall of the gap in {unit} between {title} and everyone "
            "else: {said}; in total {signed}.",
            unit=term(sample.unit),
            title=group.title,
            said=(said or say("no feature has a part")),
            signed=signed(gap.explained),
        ),
        caption=say(
            "n = {n_explained:,} and {n_explained_2:,}; lines are 95 % "
            "intervals. The gap is in the model's output ({unit}), not "
            "in selection rates.",
            n_explained=gap.n_explained[0],
            n_explained_2=gap.n_explained[1],
            unit=term(sample.unit),
        ),
    )


def _bars(setting: Setting, sample: Sample, attribute: str, label: str) -> Figure | None:
    """Importance with intervals, one dot a group."""
    import numpy as np

    sized = [group for group in sample.sized if group.attribute == attribute]
    groups = sorted(sized, key=lambda group: (-int(group.member.sum()), group.name))[:MOST_SERIES]
    if len(groups) < 2:
        return None
    rest = len(sized) - len(groups)
    left = (
        say(
            " The {count} largest groups of {count_2}; all are in the table.",
            count=len(groups),
            count_2=len(sized),
        )
        if rest
        else ""
    )
    top = sample.order[: min(setting.options.top, 16 // len(groups))]
    means = [
        weighted_mean(np.abs(sample.found.values[g.member]), sample.weights[g.member])
        for g in groups
    ]
    rows = [
        Estimate(
            label=setting.named(setting.features[i]),
            series=group.name,
            value=float(own.mean[i]),
            low=max(0.0, float(own.mean[i] - own.half[i])),
            high=float(own.mean[i] + own.half[i]),
        )
        for i in top
        for group, own in zip(groups, means, strict=True)
    ]
    first = setting.named(setting.features[top[0]])
    said = joined(
        ", ",
        (
            say("{amount} for {row}", amount=amount(row.value or 0.0), row=row.series)
            for row in rows[: len(groups)]
        ),
    )
    return Figure.of(
        f"importance-{attribute}{sample.target.suffix}",
        Bars(rows=rows, x_label=say("mean |SHAP| ({unit})", unit=term(sample.unit))),
        title=titled(say("Importance by {label}", label=label), sample),
        alt=say(
            "Mean absolute SHAP values of {count} features for {count_2} "
            "groups of {label}, with intervals. The first, {first}: "
            "{said}, in {unit}.",
            count=len(top),
            count_2=len(groups),
            label=label,
            first=first,
            said=said,
            unit=term(sample.unit),
        ),
        caption=say(
            "Mean |SHAP| in {unit}; lines are 95 % intervals.{left}",
            unit=term(sample.unit),
            left=left,
        ),
    )


def _swarm(setting: Setting, sample: Sample) -> Figure:
    import numpy as np
    import pandas as pd

    found, frame = sample.found, sample.frame
    top = sample.order[: setting.options.top]
    size = min(SWARM_POINTS, len(found.values))
    # Rows are drawn again by their weights, so that the picture shows the data and not the sample's plan.
    chance = sample.weights / sample.weights.sum()
    rng = np.random.default_rng([setting.evidence.seed, 4])
    picked = np.sort(rng.choice(len(found.values), size, replace=False, p=chance))
    rows = []
    for i in top:
        column = frame[setting.features[i]]
        color: list[float | None] = [None] * len(picked)
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            rank = column.rank(pct=True).fillna(0.5).to_numpy()
            color = [float(np.floor(min(v, 0.999) * COLORS) / (COLORS - 1)) for v in rank[picked]]
        order = np.argsort(found.values[picked, i], kind="stable")
        rows.append(
            Feature(
                label=setting.named(setting.features[i]),
                # Each feature in an order of its own, or a row could be followed through all of them.
                x=[round(float(found.values[picked[k], i]), 4) for k in order],
                color=[color[k] for k in order],
            )
        )
    names = joined(", ", (setting.named(setting.features[i]) for i in top[:3]))
    return Figure.of(
        f"swarm{sample.target.suffix}",
        Swarm(
            features=rows,
            x_label=say("effect on the output ({unit})", unit=term(found.shown_unit)),
        ),
        title=titled("What moves the model's output", sample),
        alt=say(
            "Each dot is one row. The features with the largest effect are {names}.", names=names
        ),
        caption=say(
            "{count:,} of {count_2:,} explained rows; effect in {unit} "
            "{towards}. Darker dots have higher feature values; grey "
            "ones are categories.",
            count=len(picked),
            count_2=len(found.values),
            unit=term(found.shown_unit),
            towards=sample.target.towards,
        ),
    )
