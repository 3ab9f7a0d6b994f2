"""Features that stand in for a sensitive one, and how much of the gap they carry: findings and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.findings import Finding, Interval, Measurement, Status, Subject, Threshold
from raudit.record import Column, Table
from raudit.sentences import capital, joined, say, term
from raudit.stages.explain.amounts import of_unit, signed
from raudit.stages.explain.rules import PROXY
from raudit.stages.explain.survey.groups import Group, Membership
from raudit.stages.explain.survey.proxies import Proxy, proxies
from raudit.stages.explain.survey.sampling import Sample
from raudit.stages.explain.survey.setting import Setting, Survey

if TYPE_CHECKING:
    import pandas as pd

ALL = "all together"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """What was found."""

    findings: tuple[Finding, ...]
    tables: tuple[Table, ...]
    facts: tuple[dict[str, Any], ...]


def stand_ins(setting: Setting, sample: Sample, survey: Survey) -> StandIns:
    """Measure every feature as a predictor of every group."""
    findings: list[Finding] = []
    tables: list[Table] = []
    facts: list[dict[str, Any]] = []
    for one in setting.members:
        others = [name for name in setting.features if name != one.attribute.column]
        rows: list[dict[str, Any]] = []
        for group in one.compared:
            measured = _measured(
                survey.frame[others], group.at(survey.positions), setting.evidence.seed
            )
            finding, named = _finding(setting, sample, one, group, measured)
            findings.append(finding)
            facts += [
                {"feature": p.feature, "attribute": group.attribute, "auc": round(p.auc, 4)}
                for p in named
            ]
            rows += _rows(setting, sample, group, measured, few=len(one.compared) > 2)
        if not one.compared:
            findings.append(_nobody(one))
        if rows:
            tables.append(_table(sample, one, rows))
    return StandIns(findings=tuple(findings), tables=tuple(tables), facts=tuple(facts))


def _measured(frame: pd.DataFrame, group: Group, seed: int) -> list[Proxy]:
    return sorted(proxies(frame, group.member, seed), key=lambda p: (-p.auc, p.feature))


def _parts(setting: Setting, sample: Sample, group: Group) -> dict[str, tuple[float, float]]:
    """Each feature's part of the group's gap, and the gap."""
    for own, gap in zip(sample.groups, sample.gaps, strict=True):
        if (own.attribute, own.name) == (group.attribute, group.name):
            pairs = zip(setting.features, gap.mean, strict=True)
            return {name: (float(part), gap.explained) for name, part in pairs}
    return {}


def _finding(
    setting: Setting, sample: Sample, one: Membership, group: Group, measured: list[Proxy]
) -> tuple[Finding, list[Proxy]]:
    limit = setting.options.proxy_auc
    subject = Subject(kind="group", name=group.attribute, detail={"group": group.name})
    single = [p for p in measured if p.feature != ALL]
    if not single:
        only = set(setting.features) == {group.attribute}
        return PROXY.indeterminate(
            subject,
            say(
                "Nothing stands in for {title}: there is no feature that could.", title=group.title
            ),
            reason=say("The model's only feature is {label} itself.", label=one.label)
            if only
            else say(
                "There are too few members or others to measure on rows that were not used to learn."
            ),
            anchor="stages.explain.proxy_auc",
        ), []
    worst, joint = single[0], next(p for p in measured if p.feature == ALL)
    named = [p for p in single if p.auc >= limit]
    status = held(worst.low, worst.high, limit)
    return PROXY.finding(
        status,
        subject,
        say(
            "“{title}” can be told from “{feature}” alone with an area under "
            "the curve of {auc:.2f} (0.50 is guessing), and from all "
            "features together with {auc_2:.2f}.{carried} n = {n:,}.",
            title=group.title,
            feature=worst.feature,
            auc=worst.auc,
            auc_2=joint.auc,
            carried=_carried(setting, sample, group, named),
            n=worst.n,
        ),
        reason="" if status is not Status.INDETERMINATE else say("The interval holds the limit."),
        measurement=Measurement(
            metric="proxy_auc",
            value=worst.auc,
            n=worst.n,
            method="held-out half; Hanley and McNeil 1982",
            interval=Interval(low=worst.low, high=worst.high, method="hanley-mcneil"),
        ),
        threshold=Threshold(high=limit, source="plan: stages.explain.proxy_auc"),
        anchor="stages.explain.proxy_auc",
        remedy=PROXY.fix,
        data={"proxies": [p.feature for p in named], "together": joint.auc},
    ), named


def _carried(setting: Setting, sample: Sample, group: Group, named: list[Proxy]) -> str:
    """Which proxies carry the gap, and how much of it."""
    parts = _parts(setting, sample, group)
    with_parts = [(p.feature, *parts[p.feature]) for p in named if p.feature in parts]
    if not with_parts or with_parts[0][2] == 0:
        return ""
    total = with_parts[0][2]
    along = [(name, part) for name, part, _total in with_parts if part * total > 0]
    if not along:
        return say(
            " The gap in the model's output does not run through the features "
            "at or above the limit."
        )
    listed = joined(
        ", ",
        (
            say("{name} ({signed})", name=name, signed=signed(part))
            for name, part in sorted(along, key=lambda pair: -abs(pair[1]))
        ),
    )
    return say(
        " Of the gap of {amount} on the explained rows, these proxies carry a part: {listed}.",
        amount=of_unit(signed(total), sample.unit),
        listed=listed,
    )


def held(low: float, high: float, limit: float) -> Status:
    """Hold an interval against the largest accepted value."""
    if high < limit:
        return Status.PASSED
    return Status.FAILED if low >= limit else Status.INDETERMINATE


def _nobody(one: Membership) -> Finding:
    why = joined(
        "; ",
        (say("{name}: {because}", name=name, because=because) for name, because in one.small[:4]),
    ) or say("there are no rows")
    return PROXY.indeterminate(
        Subject(kind="attribute", name=one.attribute.column),
        say(
            "Proxies of {label} are not looked for: no group of it can be told from the others.",
            label=one.label,
        ),
        reason=say("{why}.", why=capital(why)),
        anchor="stages.explain.minimum_group",
        remedy="Audit on data in which at least two groups have enough rows.",
    )


def _rows(
    setting: Setting, sample: Sample, group: Group, measured: list[Proxy], *, few: bool
) -> list[dict[str, Any]]:
    parts = _parts(setting, sample, group)
    kept = measured[: min(3, setting.options.top) if few else setting.options.top]
    kept += [p for p in measured if p.feature == ALL and p not in kept]
    return [
        {
            "group": group.name,
            "feature": term(p.feature) if p.feature == ALL else p.feature,
            "auc": p.auc,
            "interval": [p.low, p.high],
            "n": p.n,
        }
        | ({"part": parts[p.feature][0]} if p.feature in parts else {})
        for p in kept
    ]


def _table(sample: Sample, one: Membership, rows: list[dict[str, Any]]) -> Table:
    return Table(
        id=f"proxies-{one.attribute.column}",
        title=say("How well features predict {label}", label=one.label),
        columns=(
            Column(key="group", label="Group"),
            Column(key="feature", label="Feature"),
            Column(key="auc", label="AUC", kind="number"),
            Column(key="interval", label="95 % interval", kind="interval"),
            Column(key="n", label="n", kind="count"),
            Column(
                key="part",
                label=say("Part of the gap ({unit})", unit=term(sample.unit)),
                kind="number",
            ),
        ),
        rows=tuple(rows),
        caption="Area under the curve on rows that were not used to learn the score; 0.50 is guessing. A feature that "
        "predicts the group well and has a large part of the gap is how the gap comes about.",
    )
