"""Coverage: groups in the data against the people the system is for."""

from __future__ import annotations

from raudit.findings import Finding, Interval, Measurement, Status, Threshold
from raudit.sentences import say
from raudit.stages.data_readiness.groups import group_labels
from raudit.stages.data_readiness.part import Part, Setting, answer
from raudit.stages.data_readiness.rules import COVERAGE
from raudit.stats import wilson


def coverage(setting: Setting) -> Part:
    """Compare each group's share with that of the declared population."""
    population = setting.options.population
    if not population:
        return Part()
    attributes = {a.label or a.column: a for a in setting.evidence.roles.sensitive}
    attributes |= {a.column: a for a in setting.evidence.roles.sensitive}
    tests = sum(len(groups) for groups in population.values())
    findings: list[Finding] = []
    short: list[str] = []
    for name, shares in population.items():
        attribute = attributes.get(name)
        total = sum(shares.values())
        if attribute is None or not 0.98 <= total <= 1.02:
            why = (
                say("no sensitive feature has this name")
                if attribute is None
                else say("the shares add up to {total:.3g}, not 1", total=total)
            )
            findings.append(
                answer(
                    COVERAGE,
                    kind="attribute",
                    name=name,
                    status=Status.INDETERMINATE,
                    statement=say("Coverage of {name} could not be told.", name=name),
                    reason=why,
                    anchor="population",
                )
            )
            continue
        labels = group_labels(setting.alone(attribute.column), attribute)
        counts = labels.value_counts()
        for group, share in shares.items():
            finding = _group(
                setting, name, group, int(counts.get(group, 0)), len(labels), share / total, tests
            )
            findings.append(finding)
            if finding.status is Status.FAILED:
                short.append(say("{name} {group}", name=name, group=group))
    return Part(findings=tuple(findings), facts={"data.groups_short": short})


def _group(
    setting: Setting, name: str, group: str, count: int, n: int, share: float, tests: int
) -> Finding:
    lowest = setting.options.min_coverage * share
    bounds = wilson(count, n, level=1 - 0.05 / tests)
    low, high = float(bounds.low), float(bounds.high)
    status = (
        Status.PASSED if low >= lowest else Status.FAILED if high < lowest else Status.INDETERMINATE
    )
    return answer(
        COVERAGE,
        kind="group",
        name=name,
        detail={"group": group},
        status=status,
        statement=say(
            "“{group}” is {count:.1%} of {n:,} rows (interval {low:.1%} to "
            "{high:.1%}) and {share:.1%} of the declared population.",
            group=group,
            count=count / n,
            n=n,
            low=low,
            high=high,
            share=share,
        ),
        reason=say("the interval holds the smallest accepted share")
        if status is Status.INDETERMINATE
        else "",
        measurement=Measurement(
            metric="group_share",
            value=count / n,
            n=n,
            events=count,
            interval=Interval(low=low, high=high, level=1 - 0.05 / tests, method="wilson"),
        ),
        threshold=Threshold(low=lowest, source="plan"),
        anchor="population",
    )
