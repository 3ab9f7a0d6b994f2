"""What the model rests on, for all and by group, and how sure that is."""

from __future__ import annotations

from typing import Any

from raudit.findings import Finding, Measurement, Status, Subject, Threshold
from raudit.record import Column, Table
from raudit.sentences import capital, joined, say, term
from raudit.stages.explain.amounts import amount, of_unit, small
from raudit.stages.explain.rules import ADDITIVE, PRECISE
from raudit.stages.explain.shap_values.values import TOLERANCE
from raudit.stages.explain.survey.agreement import Agreement, agreement_of
from raudit.stages.explain.survey.estimates import weighted_mean
from raudit.stages.explain.survey.groups import Group
from raudit.stages.explain.survey.sampling import Sample
from raudit.stages.explain.survey.setting import Setting
from raudit.stages.explain.survey.stability import Stability

MOST_COLUMNS = 4
"""Groups that stand side by side; more stand below one another."""


def additive(setting: Setting, sample: Sample) -> Finding:
    """Hold base value plus SHAP values against the margin, and through its link against the model's predictions."""
    import numpy as np

    found, rows = sample.found, len(sample.positions)
    error = found.additivity
    # Amounts in a label's own unit may be large; floating point errs in proportion.
    tolerance = TOLERANCE[found.family] * max(
        1.0, float(np.max(np.abs(found.margin), initial=0.0)) / 100
    )
    held = agreement_of(setting, sample)
    status, reason = _judged(error <= tolerance, held)
    said = say(
        "On {rows:,} rows the explanations add up to the model's margin to within {error}",
        rows=rows,
        error=small(error),
    )
    if held.error is not None:
        said += say(
            "; on {rows:,} of them the sums lead to the model's own "
            "{what} to within {error}, and {accepted} is accepted",
            rows=held.rows,
            what=held.what,
            error=small(held.error),
            accepted=small(held.accepted),
        )
    return ADDITIVE.finding(
        status,
        Subject(kind="model", name="model", detail=_detail(sample, {"family": found.family})),
        say("{said}.", said=said),
        reason=reason,
        measurement=Measurement(
            metric="prediction_error" if held.error is not None else "additivity_error",
            value=error if held.error is None else held.error,
            n=rows if held.error is None else held.rows,
            unit=found.shown_unit if held.error is None else "",
            method="largest over all rows",
        ),
        threshold=Threshold(
            high=tolerance if held.error is None else held.accepted,
            source=say("family {family}", family=found.family),
        ),
        anchor="stages.explain",
        remedy=ADDITIVE.fix,
        data={"additivity_error": error, "additivity_accepted": tolerance},
    )


def _judged(adds_up: bool, held: Agreement) -> tuple[Status, str]:
    if not adds_up or not (held.good or held.because):
        return Status.FAILED, ""
    if held.good:
        return Status.PASSED, ""
    return (
        Status.INDETERMINATE,
        say(
            "{because}: the parts explain the margin, and no link leads from it to the prediction.",
            because=capital(held.because),
        ),
    )


def _detail(sample: Sample, more: dict[str, str]) -> dict[str, str]:
    return more | ({"class": sample.target.label} if sample.target.suffix else {})


def precise(setting: Setting, sample: Sample) -> Finding:
    """Say whether the intervals are narrow enough, and if not, why sampling stopped."""
    rows, all_rows = len(sample.positions), setting.evidence.data.n_rows
    unit, accepted = sample.unit, sample.accepted
    narrow = sample.intervals - len(sample.wide)
    what = say(
        "±{amount}, {tolerance:.0%} of the standard deviation of the model's output",
        amount=of_unit(amount(accepted), unit),
        tolerance=setting.options.tolerance,
    )
    said = say(
        "After {rows:,} of {all_rows:,} rows, {narrow:,} of "
        "{intervals:,} intervals are within {what}",
        rows=rows,
        all_rows=all_rows,
        narrow=narrow,
        intervals=sample.intervals,
        what=what,
    )
    reason = ""
    if sample.wide:
        worst = sample.wide[0]
        said += say(
            "; the widest is {what} with ±{amount}", what=worst.what, amount=amount(worst.half)
        )
        reason = _stopped(sample, rows, all_rows)
    option = "stages.explain.slow_rows" if setting.slow else "stages.explain.rows"
    return PRECISE.finding(
        Status.INDETERMINATE if sample.wide else Status.PASSED,
        Subject(
            kind="model", name="model", detail=_detail(sample, {"metric": "interval_half_width"})
        ),
        say("{said}.", said=said),
        reason=reason,
        measurement=Measurement(
            metric="widest_half_width",
            value=sample.wide[0].half if sample.wide else accepted,
            n=rows,
            unit=unit,
            method="largest half-width of a 95 % interval"
            if sample.wide
            else "all are narrower than this",
        ),
        threshold=Threshold(high=accepted, source="plan: stages.explain.tolerance"),
        anchor=option,
        remedy=PRECISE.fix,
        data={"steps": list(sample.steps), "wide": [width.what for width in sample.wide[:20]]},
    )


def _stopped(sample: Sample, rows: int, all_rows: int) -> str:
    done = sum(width.exhausted for width in sample.wide)
    if rows == all_rows:
        return "Every row of the data is explained; only more data would narrow the intervals."
    if done == len(sample.wide):
        return "Every row of the groups concerned is explained; only more data about them would narrow the intervals."
    left = len(sample.wide) - done
    if left == 1:
        return say("The rows that the plan allows are used up; one interval could be narrowed yet.")
    return say(
        "The rows that the plan allows are used up; {count:,} intervals could still be narrowed.",
        count=left,
    )


def importance_table(setting: Setting, sample: Sample, ranks: Stability) -> Table:
    """Each feature's importance, its interval, and where else it might have ranked."""
    whole = float(sample.importance.mean.sum()) or 1.0
    rows = [
        {
            "rank": say("{rank}=", rank=ranks.rank[i]) if ranks.tied[i] else f"{ranks.rank[i]}",
            "feature": setting.named(setting.features[i]),
            "all": float(sample.importance.mean[i]),
            "interval": bounds(
                float(sample.importance.mean[i]), float(sample.importance.half[i]), least=0.0
            ),
            "share": float(sample.importance.mean[i]) / whole,
            "ranks": say("{low} to {high}", low=ranks.low[i], high=ranks.high[i])
            if ranks.low[i] < ranks.high[i]
            else f"{ranks.low[i]}",
            "in_top": float(ranks.in_top[i]),
        }
        for i in sample.order
    ]
    return Table(
        id=f"importance{sample.target.suffix}",
        title=titled("Importance of each feature", sample),
        columns=(
            Column(key="rank", label="Rank"),
            Column(key="feature", label="Feature"),
            Column(key="ranks", label="Ranks when resampled"),
            Column(key="all", label="Mean |SHAP|", kind="number"),
            Column(key="interval", label="95 % interval", kind="interval"),
            Column(key="share", label="Share", kind="proportion"),
            Column(key="in_top", label=say("In the first {k}", k=ranks.k), kind="proportion"),
        ),
        rows=tuple(rows),
        caption=say(
            "Mean absolute SHAP value in {unit}, {count:,} rows, "
            "weighted to the whole data. An equals sign marks features "
            "whose order could be chance. Of {resamples:,} resamples of "
            "the rows, {same_top:.0%} have the same first {k}.",
            unit=term(sample.unit),
            count=len(sample.positions),
            resamples=ranks.resamples,
            same_top=ranks.same_top,
            k=ranks.k,
        ),
    )


def group_tables(setting: Setting, sample: Sample) -> list[Table]:
    """Importance of the top features in the groups of each sensitive feature."""
    tables = []
    for one in setting.members:
        groups = [group for group in sample.sized if group.attribute == one.attribute.column]
        if groups:
            tables.append(_by_group(setting, sample, one.label, groups))
    return tables


def _by_group(setting: Setting, sample: Sample, label: str, groups: list[Group]) -> Table:
    import numpy as np

    wide = len(groups) <= MOST_COLUMNS
    top = sample.order[: setting.options.top if wide else MOST_COLUMNS]
    means = [
        weighted_mean(np.abs(sample.found.values[g.member]), sample.weights[g.member])
        for g in groups
    ]
    columns = [Column(key="feature", label="Feature")]
    rows: list[dict[str, Any]] = []
    for i in top:
        feature = setting.named(setting.features[i])
        cells = [
            (float(own.mean[i]), bounds(float(own.mean[i]), float(own.half[i]), least=0.0))
            for own in means
        ]
        if wide:
            row: dict[str, Any] = {"feature": feature}
            for k, (mean, ends) in enumerate(cells):
                row |= {f"g{k}": mean, f"i{k}": ends}
            rows.append(row)
        else:
            rows += [
                {"feature": feature, "group": g.name, "mean": mean, "interval": ends, "n": own.n}
                for g, own, (mean, ends) in zip(groups, means, cells, strict=True)
            ]
    if wide:
        for k, group in enumerate(groups):
            columns += [
                Column(key=f"g{k}", label=group.name, kind="number"),
                Column(key=f"i{k}", label="95 % interval", kind="interval"),
            ]
    else:
        columns += [
            Column(key="group", label="Group"),
            Column(key="mean", label="Mean |SHAP|", kind="number"),
            Column(key="interval", label="95 % interval", kind="interval"),
            Column(key="n", label="n", kind="count"),
        ]
    sizes = joined(
        "; ",
        (say("{name} {n:,}", name=g.name, n=own.n) for g, own in zip(groups, means, strict=True)),
    )
    return Table(
        id=f"importance-{groups[0].attribute}{sample.target.suffix}",
        title=titled(say("Importance by {label}", label=label), sample),
        columns=tuple(columns),
        rows=tuple(rows),
        caption=say(
            "Mean absolute SHAP value of the first {count} features, in {unit}. Rows: {sizes}.",
            count=len(top),
            unit=term(sample.unit),
            sizes=sizes,
        ),
    )


def bounds(value: float, half: float, *, least: float | None = None) -> list[float]:
    """Both ends of an interval."""
    low = value - half
    return [low if least is None else max(least, low), value + half]


def titled(text: str, sample: Sample) -> str:
    """A title that says which class, where several are explained."""
    return (
        say("{text}, class {label}", text=text, label=sample.target.label)
        if sample.target.suffix
        else text
    )


def summary(setting: Setting, sample: Sample, ranks: Stability) -> str:
    """What the model rests on, in one sentence; features whose order could be chance are named as tied."""
    order = [i for i in sample.order if sample.moves(i)]
    rows = len(sample.positions)
    if not order:
        return say(
            "On {rows:,} rows no feature moves the model's output: it says the same for everyone.",
            rows=rows,
        )
    names = [setting.named(setting.features[i]) for i in order[:3]]
    text = say(
        "On {rows:,} rows the model rests most on {listed}", rows=rows, listed=_listed(names)
    )
    text += (
        say(" (the order of these could be chance)")
        if len(names) > 1 and ranks.rank[order[len(names) - 1]] == 1
        else ""
    )
    if sample.gaps:
        widest = max(range(len(sample.gaps)), key=lambda g: abs(sample.gaps[g].total))
        gap, group = sample.gaps[widest], sample.groups[widest]
        if abs(gap.total) > gap.total_half:
            places, most = gap.carriers()
            parts = _listed([setting.named(setting.features[i]) for i in places])
            text += say(". The widest gap is that of {title}", title=group.title)
            text += (
                say(", and most of it comes from {parts}", parts=parts)
                if most
                else say("; its largest parts are those of {parts}", parts=parts)
            )
    return say("{text}.", text=text)


def _listed(names: list[str]) -> str:
    return (
        say("{listed} and {names}", listed=joined(", ", names[:-1]), names=names[-1])
        if len(names) > 1
        else names[0]
    )


def row_of(columns: dict[str, Any]) -> dict[str, Any]:
    """A table's row without what is not known."""
    return {key: value for key, value in columns.items() if value is not None}
