"""Which features carry the gap between a group and everyone else: findings and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from raudit.findings import Finding, Interval, Measurement, Severity, Status, Subject
from raudit.record import Column, Table
from raudit.sentences import capital, joined, say, term
from raudit.stages.explain.amounts import SHARES, amount, of_unit, signed, small
from raudit.stages.explain.questions.importance import bounds, titled
from raudit.stages.explain.rules import GAP
from raudit.stages.explain.shap_values.values import TOLERANCE
from raudit.stages.explain.survey.estimates import Mean
from raudit.stages.explain.survey.groups import Gap, Group, difference
from raudit.stages.explain.survey.probability import METHOD, Probability
from raudit.stages.explain.survey.sampling import Sample
from raudit.stages.explain.survey.setting import Setting

MOST_PARTS = 4
"""Parts of a gap that are printed where a sensitive feature has more than two groups."""
IN_PROBABILITY = (
    Column(key="probability", label="Part (probability)", kind="points"),
    Column(key="probability_interval", label="95 % interval", kind="interval"),
)
RATES = "the gap between selection rates is another quantity and stands under fairness"


def gap_findings(setting: Setting, sample: Sample) -> list[Finding]:
    """One finding a group, and one for each group that cannot be compared."""
    import numpy as np

    scale = max(1.0, float(np.max(np.abs(sample.found.margin), initial=0.0)) / 100)
    found = [
        _finding(setting, sample, group, gap, accepted=2 * scale * TOLERANCE[sample.found.family])
        for group, gap in zip(sample.groups, sample.gaps, strict=True)
    ]
    return found + _left_out(setting, sample)


def _finding(
    setting: Setting, sample: Sample, group: Group, gap: Gap, *, accepted: float
) -> Finding:
    """What passes is that the parts are known, and no judgement on the gap."""
    error = abs(gap.explained - float(gap.mean.sum()))
    lead = (
        say("The parts of this gap by feature add up to it.")
        if error <= accepted
        else say("The parts of this gap by feature do not add up to it.")
    )
    return GAP.finding(
        Status.PASSED if error <= accepted else Status.FAILED,
        Subject(kind="group", name=group.attribute, detail=_detail(sample, group.name)),
        say("{lead} {statement}", lead=lead, statement=_statement(setting, sample, group, gap)),
        severity=Severity.INFO,
        measurement=Measurement(
            metric="margin_gap",
            value=gap.total,
            n=gap.n + gap.n_others,
            unit=sample.unit,
            method=f"difference of means{' over all rows' if gap.exact else ''}; on the explained rows "
            f"the parts by feature add up to it to within {small(error)}",
            interval=Interval(
                low=gap.total - gap.total_half,
                high=gap.total + gap.total_half,
                method="student, unequal variances",
            ),
        ),
        anchor="stages.explain",
        remedy=GAP.fix,
    )


def _detail(sample: Sample, group: str) -> dict[str, str]:
    return {"group": group} | ({"class": sample.target.label} if sample.target.suffix else {})


def _how_much(size: float, direction: str, unit: str) -> str:
    """An amount of a unit, or of a share of one: "0.3 dollars higher", "0.3 higher in probability"."""
    if unit in SHARES:
        return say(
            "{amount} {direction} in {unit}",
            amount=amount(size),
            direction=term(direction),
            unit=term(unit),
        )
    return say("{size} {direction}", size=of_unit(amount(size), unit), direction=term(direction))


def _statement(setting: Setting, sample: Sample, group: Group, gap: Gap) -> str:
    top, most = gap.carriers()
    named = [
        say(
            "{named} ({signed})",
            named=setting.named(setting.features[i]),
            signed=signed(gap.mean[i]),
        )
        for i in top
    ]
    sure = abs(gap.total) > gap.total_half
    if not named:
        carried = ", and no feature carries any of that"
    elif most and sure:
        carried = say(
            ", and most of that comes from {listed}{value}",
            listed=joined(" and ", named),
            value=say(" together") if len(named) > 1 else "",
        )
    else:
        carried = say(
            "; the largest {part} {listed}",
            part=(say("parts are") if len(named) > 1 else say("part is")),
            listed=joined(" and ", named),
        )
    direction = "lower" if gap.total < 0 else "higher"
    of = say(" for class {label}", label=sample.target.label) if sample.target.suffix else ""
    head = say("“{title}”: the model's output{of} is on average ", title=group.title, of=of)
    if gap.total == 0:
        head += say("the same as for everyone else{carried}.", carried=carried)
    else:
        head += say(
            "{how} than for everyone else{carried}.",
            how=_how_much(abs(gap.total), direction, sample.unit),
            carried=carried,
        )
    doubt = "" if sure else say(" The interval holds zero: there may be no gap.")
    return say(
        "{head}{doubt} n = {n:,} and {n_others:,}{explained}.",
        head=head,
        doubt=doubt,
        n=gap.n,
        n_others=gap.n_others,
        explained=_explained(gap),
    )


def _explained(gap: Gap) -> str:
    """Where the total is of all rows and its parts are not."""
    if not gap.exact:
        return ""
    rows = sum(gap.n_explained)
    return say(
        "; the parts are estimated on {rows:,} rows, where they add up to {signed}",
        rows=rows,
        signed=signed(gap.explained),
    )


def _left_out(setting: Setting, sample: Sample) -> list[Finding]:
    findings = []
    for one in setting.members:
        for name, why in one.small:
            findings.append(
                GAP.indeterminate(
                    Subject(kind="group", name=one.attribute.column, detail=_detail(sample, name)),
                    say("“{label} {name}”: no gap is computed.", label=one.label, name=name),
                    severity=Severity.INFO,
                    reason=say("{why}.", why=capital(why)),
                    anchor="stages.explain.minimum_group",
                    remedy="Collect more rows of the group, or join it with another that it belongs with.",
                )
            )
    return findings


def gap_tables(setting: Setting, sample: Sample, probability: Probability) -> list[Table]:
    """For each sensitive feature the parts of every group's gap, widest gap first."""
    tables = []
    for one in setting.members:
        places = [
            g for g, group in enumerate(sample.groups) if group.attribute == one.attribute.column
        ]
        if not places:
            continue
        places.sort(key=lambda g: (-abs(sample.gaps[g].total), sample.groups[g].name))
        # With many groups only the largest parts are printed; the record holds them all, see ``gap_parts``.
        most = len(setting.features) if len(places) <= 2 else MOST_PARTS
        rows = [row for g in places for row in _rows(setting, sample, g, probability, most)]
        both = probability.values is not None
        tables.append(
            Table(
                id=f"gap-{one.attribute.column}{sample.target.suffix}",
                title=titled(
                    say("The gap by {label}, feature by feature", label=one.label), sample
                ),
                columns=(
                    Column(key="group", label="Group"),
                    Column(key="feature", label="Feature"),
                    Column(
                        key="part",
                        label=say("Part ({unit})", unit=term(sample.unit)),
                        kind="number",
                    ),
                    Column(key="interval", label="95 % interval", kind="interval"),
                    *(IN_PROBABILITY if both else ()),
                ),
                rows=tuple(rows),
                caption=_caption(sample, places, probability),
            )
        )
    return tables


def _caption(sample: Sample, places: Sequence[int], probability: Probability) -> str:
    sizes = joined(
        "; ",
        (
            say(
                "{name} {n_explained:,} rows against {n_explained_2:,}",
                name=sample.groups[g].name,
                n_explained=sample.gaps[g].n_explained[0],
                n_explained_2=sample.gaps[g].n_explained[1],
            )
            for g in places[:6]
        ),
    )
    text = say("Mean SHAP values of the group less those of everyone else; ")
    text += say("the parts add up to the gap in {unit}", unit=term(sample.unit))
    text += (
        say(" and, in the second pair of columns, in mean predicted probability")
        if probability.values is not None
        else ""
    )
    return say(
        "{text}. {rates:capital}. {sizes}.",
        text=text,
        rates=term(RATES),
        sizes=sizes,
    )


def _rows(
    setting: Setting, sample: Sample, place: int, probability: Probability, most: int
) -> list[dict[str, Any]]:
    import numpy as np

    group, gap = sample.groups[place], sample.gaps[place]
    scaled = total = None
    if probability.values is not None:
        scaled = difference(probability.values, group.member, sample.weights)
        total = difference(probability.probability[:, None], group.member, sample.weights)
    order = [int(i) for i in np.argsort(-np.abs(gap.mean), kind="stable")]
    shown, rest = (order, []) if len(order) <= most + 1 else (order[:most], order[most:])
    rows = [
        _row(group.name, setting.named(setting.features[i]), gap.mean[i], gap.half[i], scaled, i)
        for i in shown
    ]
    if rest:
        others = {
            "group": group.name,
            "feature": say("{count} others", count=len(rest)),
            "part": float(gap.mean[rest].sum()),
        }
        rows.append(
            others | ({"probability": float(scaled.mean[rest].sum())} if scaled is not None else {})
        )
    own = difference(sample.found.margin[:, None], group.member, sample.weights)
    rows.append(_row(group.name, "Sum", gap.mean.sum(), float(own.half[0]), total, 0))
    if gap.exact:
        rows.append(
            _row(
                group.name,
                say("All {n:,} rows", n=gap.n + gap.n_others),
                gap.total,
                gap.total_half,
                None,
                0,
            )
        )
    return rows


def gap_parts(setting: Setting, sample: Sample, probability: Probability) -> list[dict[str, Any]]:
    """Every part of every gap, for whoever reads the record."""
    found = []
    for group, gap in zip(sample.groups, sample.gaps, strict=True):
        entry: dict[str, Any] = {
            "attribute": group.attribute,
            "group": group.name,
            "class": sample.target.label,
            "unit": sample.unit,
            "total": gap.explained,
            "n": gap.n_explained[0],
            "n_others": gap.n_explained[1],
            "all_rows": {"total": gap.total, "n": gap.n, "n_others": gap.n_others}
            if gap.exact
            else None,
            "parts": {
                name: float(part) for name, part in zip(setting.features, gap.mean, strict=True)
            },
            "half_widths": {
                name: float(half) for name, half in zip(setting.features, gap.half, strict=True)
            },
        }
        if probability.values is not None:
            scaled = difference(probability.values, group.member, sample.weights)
            total = difference(probability.probability[:, None], group.member, sample.weights)
            entry["probability"] = {
                "total": float(total.mean[0]),
                "parts": {
                    name: float(part)
                    for name, part in zip(setting.features, scaled.mean, strict=True)
                },
            }
        found.append(entry)
    return found


def _row(
    group: str, feature: str, part: float, half: float, scaled: Mean | None, place: int
) -> dict[str, Any]:
    row = {
        "group": group,
        "feature": feature,
        "part": float(part),
        "interval": bounds(float(part), float(half)),
    }
    if scaled is not None:
        value, width = float(scaled.mean[place]), float(scaled.half[place])
        row |= {"probability": value, "probability_interval": bounds(value, width)}
    return row


def gap_notes(sample: Sample, probability: Probability) -> list[str]:
    """Say which quantity is decomposed."""
    notes = [
        say(
            "The gap that is decomposed is the difference of mean margins ({unit}); {RATES}.",
            unit=term(sample.unit),
            RATES=term(RATES),
        )
    ]
    if probability.values is not None:
        notes.append(
            say(
                "Parts in probability: {METHOD}; they sum to the difference "
                "of mean predicted probabilities.",
                METHOD=term(METHOD),
            )
        )
    elif probability.because:
        notes.append(
            say(
                "The gap is not decomposed in probability as well, because {because}.",
                because=probability.because,
            )
        )
    return notes
