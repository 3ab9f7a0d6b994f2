"""Decisions: rates by group, how far apart they are, and whether that keeps to the limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from raudit.data.cells import UNKNOWN, CellTable
from raudit.findings import Finding, Status, Subject, Threshold
from raudit.record import Column, ColumnKind, Table
from raudit.sentences import capital, say
from raudit.stages.fairness.measures.crosscheck import cross_check_all
from raudit.stages.fairness.measures.disparity import DISPARITIES, Disparity, disparity
from raudit.stages.fairness.measures.membership import (
    alike,
    check_reference,
    small_groups,
    unknown_members,
)
from raudit.stages.fairness.measures.metrics import (
    METRICS,
    WITHOUT_LABEL,
    Groups,
    estimate,
    group_counts,
)
from raudit.stages.fairness.measures.verdict import Judgement, judge_gap
from raudit.stages.fairness.rules import rule_for
from raudit.stages.fairness.tasks.coverage import numbered
from raudit.stages.fairness.tasks.part import (
    Context,
    Part,
    by_name,
    estimate_rows,
    join,
    measured,
    named_pair,
    number,
    slug,
)
from raudit.stages.fairness.words.pictures import bands, dots, extremes
from raudit.stages.fairness.words.sentences import (
    PLAIN,
    beyond_chance,
    describe,
    say_disparity,
    say_interval,
    say_reason,
)
from raudit.stats import holm

LONG = 24
"""Groups beyond which a cut gets no table: the worst pair is named instead."""
REPORTED = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equalized_odds_difference",
    "equal_opportunity_difference",
    "average_odds_difference",
    "predictive_parity_difference",
    "accuracy_difference",
    "treatment_equality_difference",
)
"""Disparities that are printed for every attribute, with or without a limit."""


def cuts_of(attributes: Sequence[str], order: int) -> tuple[tuple[str, ...], ...]:
    """Each attribute alone, then every combination up to ``order`` of them."""
    return tuple(cut for size in range(1, order + 1) for cut in combinations(attributes, size))


def measure_decisions(table: CellTable, context: Context) -> Part:
    """Measure decisions, by every cut."""
    overall = group_counts(table, ())
    limits = {
        name: (limit, source)
        for name, (limit, source) in context.options.limits().items()
        if name in DISPARITIES
        and (overall.labelled or source != "default" or _needs_no_label(name))
    }
    parts, found = [], []
    for by in context.cuts:
        groups = group_counts(table, by)
        check_reference(by, groups, context)
        compared = groups.take(groups.n >= context.options.min_group)
        wanted = (
            [*limits, *(name for name in REPORTED if name not in limits)]
            if len(by) == 1
            else list(limits)
        )
        gaps = [_gap(compared, name, context) for name in wanted if _possible(groups, name, limits)]
        found.append((by, groups, gaps))
        parts.append(_cut_part(by, groups, context))
    adjusted = _adjusted([gap for _, _, gaps in found for gap in gaps if gap.name in limits])
    for by, groups, gaps in found:
        judged = [
            (gap, judge_gap(gap, limits[gap.name][0]) if gap.name in limits else None)
            for gap in gaps
        ]
        parts.append(_verdicts(by, groups, judged, limits, adjusted, context))
    parts.append(
        Part(figures=tuple(bands([gap for _, _, gaps in found for gap in gaps], limits, context)))
    )
    check = cross_check_all(groups for _, groups, _ in found)
    decimals = 15 if check.largest < 1e-15 else math.floor(-math.log10(check.largest))
    note = say(
        "fairlearn and scikit-learn recomputed {values:,} rates from "
        "the same cells; all agree to {decimals} decimals.",
        values=check.values,
        decimals=decimals,
    )
    metrics = METRICS if overall.labelled else WITHOUT_LABEL
    return join(
        [
            *parts,
            Part(
                notes=(note,),
                metrics=(*metrics, *dict.fromkeys(g.name for _, _, gs in found for g in gs)),
            ),
        ]
    )


def _needs_no_label(name: str) -> bool:
    return all(metric in WITHOUT_LABEL for metric in DISPARITIES[name].metrics)


def _possible(groups: Groups, name: str, limits: Mapping[str, Any]) -> bool:
    return groups.labelled or name in limits or _needs_no_label(name)


def _gap(groups: Groups, name: str, context: Context) -> Disparity:
    return disparity(
        groups,
        name,
        level=context.level,
        min_events=context.options.min_events,
        draws=context.options.draws,
        rng=context.rng(by_name(groups.by), name),
        reference=context.options.reference(groups.by),
    )


def _adjusted(gaps: Sequence[Disparity]) -> dict[int, float]:
    """P values by gap, Holm-adjusted over hypotheses: one for each attribute and rate, however many limits it has."""
    hypotheses = {(gap.by, metric): p for gap in gaps for metric, p in gap.tests}
    values = dict(zip(hypotheses, holm(list(hypotheses.values())), strict=True))
    return {
        id(gap): min(float(values[gap.by, metric]) for metric, _ in gap.tests)
        for gap in gaps
        if gap.tests
    }


def _verdicts(
    by: tuple[str, ...],
    groups: Groups,
    judged: Sequence[tuple[Disparity, Judgement | None]],
    limits: Mapping[str, tuple[float, str]],
    adjusted: Mapping[int, float],
    context: Context,
) -> Part:
    findings, rows = [], []
    for gap, judgement in judged:
        limit = limits.get(gap.name)
        if limit is not None and judgement is not None:
            findings.append(_finding(gap, judgement, limit, adjusted.get(id(gap)), context))
        rows.append(_gap_row(gap, judgement, limit, adjusted.get(id(gap)), context))
    if not rows:
        return Part()
    table = Table(
        id=slug("gaps", *by),
        title=say("How far apart the groups by {by_name} are", by_name=by_name(by)),
        columns=(
            Column(key="name", label="Disparity"),
            Column(key="value", label="Value", kind="number"),
            Column(
                key="interval",
                label=say("{level:.3g} % interval", level=context.level * 100),
                kind="interval",
            ),
            Column(key="limit", label="Limit"),
            Column(key="status", label="Verdict", kind="status"),
            Column(key="pair", label="Lowest and highest"),
            Column(key="p", label="p, even rates", kind="p_value"),
        ),
        rows=tuple(rows),
        caption=_caption(groups, context),
    )
    return Part(findings=tuple(findings), tables=(table,))


def _caption(groups: Groups, context: Context) -> str:
    kept = int((groups.n >= context.options.min_group).sum())
    text = say(
        "{kept:,} of {count:,} groups have at least {min_group} rows and are compared.",
        kept=kept,
        count=len(groups.names),
        min_group=context.options.min_group,
    )
    return say(
        "{text} p is the chance of a gap this clear if all groups "
        "shared one rate; where a limit is set it is Holm-adjusted "
        "over attributes and rates, a difference and its ratio "
        "counting once.",
        text=text,
    )


def _gap_row(
    gap: Disparity,
    judgement: Judgement | None,
    limit: tuple[float, str] | None,
    adjusted: float | None,
    context: Context,
) -> dict[str, Any]:
    row: dict[str, Any] = {"name": describe(gap.name), "value": number(gap.value)}
    if gap.value is None:
        row["pair"] = gap.undefined_because
    else:
        row["interval"] = [number(gap.low), number(gap.high)]
        row["pair"] = say(
            "{group} / {group_2}",
            group=context.speech.group(gap.lowest),
            group_2=context.speech.group(gap.highest),
        )
        row["p"] = adjusted if adjusted is not None else gap.p_value
    if limit is not None:
        row["limit"] = say(
            "{part} {limit:.2f}",
            part=(say("at least") if gap.ratio else say("at most")),
            limit=limit[0],
        )
    if judgement is not None:
        row["status"] = str(judgement.status)
    return row


def _finding(
    gap: Disparity,
    judgement: Judgement,
    limit: tuple[float, str],
    adjusted: float | None,
    context: Context,
) -> Finding:
    rule = rule_for(gap.name)
    low, high = (limit[0], None) if gap.ratio else (None, limit[0])
    reason = (
        say_reason(
            gap,
            limit[0],
            limit[1],
            judgement.status,
            detectable=judgement.detectable,
            rows=judgement.rows,
        )
        if gap.value is not None and not judgement.because
        else judgement.because
    )
    certain = (
        judgement.status is Status.INDETERMINATE
        and not judgement.because
        and adjusted is not None
        and adjusted < 1 - context.options.confidence
    )
    statement = say_disparity(gap, context.speech)
    if certain and adjusted is not None:
        statement = say(
            "{beyond_chance} {statement}",
            beyond_chance=beyond_chance(gap, limit[0], adjusted),
            statement=statement,
        )
    data: dict[str, Any] = {"by": list(gap.by), "compared": gap.compared, "metric": gap.metric}
    if gap.value is not None:
        data |= {
            "pair": named_pair(gap.highest, gap.lowest, *gap.rates),
            "highest": {"group": list(gap.highest), "rate": number(gap.rates[0]), "n": gap.n[0]},
            "lowest": {"group": list(gap.lowest), "rate": number(gap.rates[1]), "n": gap.n[1]},
            "p_value": number(gap.p_value),
            "p_adjusted": number(adjusted),
            "beyond_chance": certain,
            "detectable": number(judgement.detectable),
            "rows_to_settle": judgement.rows,
            "left_out": [list(group) for group in gap.left_out],
        }
    return Finding(
        rule=rule.id,
        subject=Subject(kind="attribute", name=by_name(gap.by), detail={"metric": gap.name}),
        status=judgement.status,
        severity=rule.severity,
        statement=statement,
        reason=_sentence(reason or gap.undefined_because),
        measurement=measured(gap),
        threshold=Threshold(low=low, high=high, source=limit[1]),
        requirements=rule.requirements,
        anchor=anchor(gap.name, limit[1]),
        remedy="" if judgement.status is Status.PASSED else rule.fix,
        data=data,
    )


def anchor(name: str, source: str) -> str:
    """Where the plan sets a limit."""
    if source == "plan":
        return f"stages.fairness.thresholds.{name}"
    return "stages.fairness.presets" if source.startswith("preset") else "stages.fairness"


def _sentence(text: str) -> str:
    return (
        text
        if not text or text.endswith(".")
        else say("{value}{text}.", value=text[0].upper(), text=text[1:])
    )


def _cut_part(by: tuple[str, ...], groups: Groups, context: Context) -> Part:
    """Rates of one cut: estimates for the record, a table and a picture for single attributes, small groups named."""
    options = context.options
    names = METRICS if groups.labelled else WITHOUT_LABEL
    findings = [small_groups(by, groups, context)]
    if len(by) == 1 and UNKNOWN in [group[0] for group in groups.names]:
        findings.append(unknown_members(by[0], groups))
    if len(by) == 1 and (same := alike(by[0], groups)) is not None:
        findings.append(same)
    if len(by) == 1 and (single := numbered(by[0], groups)) is not None:
        findings.append(single)
    if len(groups.names) > LONG:
        return Part(findings=tuple(findings), figures=(extremes(by, groups, context),))
    found = {
        name: estimate(
            groups,
            name,
            level=options.confidence,
            draws=min(options.draws, 2_000),
            rng=context.rng(name, *by),
        )
        for name in names
    }
    rows = [
        row
        for e in found.values()
        for row in estimate_rows(groups, e, options.confidence, options.suppress_below)
    ]
    if len(by) > 1:
        return Part(findings=tuple(findings), estimates=tuple(rows))
    figures = [dots(by, groups, found[name], context) for name in _pictured(groups)]
    return Part(
        findings=tuple(findings),
        tables=_rate_tables(by, groups, found, context),
        figures=tuple(figures),
        estimates=tuple(rows),
    )


def _pictured(groups: Groups) -> tuple[str, ...]:
    return (
        ("selection_rate", "true_positive_rate", "false_positive_rate")
        if groups.labelled
        else ("selection_rate",)
    )


def _rate_tables(
    by: tuple[str, ...], groups: Groups, found: Mapping[str, Any], context: Context
) -> tuple[Table, ...]:
    main = _pictured(groups)
    tables = [
        _rate_table(
            "rates",
            say("Decisions by {by_name}", by_name=by_name(by)),
            by,
            groups,
            {n: found[n] for n in main},
            context,
            True,
        )
    ]
    rest = {name: found[name] for name in found if name not in main}
    if rest:
        tables.append(
            _rate_table(
                "more",
                say("Further rates by {by_name}", by_name=by_name(by)),
                by,
                groups,
                rest,
                context,
                False,
            )
        )
    return tuple(tables)


def _rate_table(
    prefix: str,
    title: str,
    by: tuple[str, ...],
    groups: Groups,
    found: Mapping[str, Any],
    context: Context,
    intervals: bool,
) -> Table:
    columns = [Column(key="group", label="Group"), Column(key="n", label="n", kind="count")]
    for name in found:
        kind: ColumnKind = "number" if name == "treatment_equality" else "proportion"
        columns.append(Column(key=name, label=_label(name), kind=kind))
        if intervals:
            columns.append(Column(key=f"{name}_interval", label="interval", kind="interval"))
    rows = []
    for i, group in enumerate(groups.names):
        row: dict[str, Any] = {"group": context.speech.group(group)}
        if groups.n[i] < context.options.suppress_below:
            row["group"] += say(
                " (fewer than {suppress_below})", suppress_below=context.options.suppress_below
            )
            rows.append(row)
            continue
        row["n"] = int(groups.n[i])
        for name, values in found.items():
            row[name] = number(values.value[i])
            if intervals and row[name] is not None:
                row[f"{name}_interval"] = [
                    number(values.bounds.low[i]),
                    number(values.bounds.high[i]),
                ]
        rows.append(row)
    level = say("{confidence:.3g} %", confidence=context.options.confidence * 100)
    how = (
        say(
            "Intervals are {level} Wilson intervals of each group by "
            "itself; they are not for comparing groups.",
            level=level,
        )
        if intervals
        else ""
    )
    return Table(
        id=slug(prefix, *by), title=title, columns=tuple(columns), rows=tuple(rows), caption=how
    )


def _label(name: str) -> str:
    return capital("FN / FP" if name == "treatment_equality" else PLAIN[name])


def worst_gap(findings: Sequence[Finding]) -> dict[str, Any] | None:
    """The judged gap furthest beyond its limit, as a fact."""
    judged = [
        f
        for f in findings
        if f.measurement and f.measurement.value is not None and "highest" in f.data
    ]
    if not judged:
        return None

    def beyond(finding: Finding) -> float:
        value = (
            finding.measurement.value
            if finding.measurement and finding.measurement.value is not None
            else 0.0
        )
        limit = finding.threshold
        if limit is None:
            return 0.0
        if limit.low is not None:
            return (limit.low - value) / max(limit.low, 1e-9)
        return (value - (limit.high or 0.0)) / max(limit.high or 0.0, 1e-9)

    worst = max(judged, key=beyond)
    measurement = worst.measurement
    assert measurement is not None  # noqa: S101 -- filtered above
    return {
        "disparity": measurement.metric,
        "attribute": worst.subject.name,
        "value": measurement.value,
        "interval": None
        if measurement.interval is None
        else [measurement.interval.low, measurement.interval.high],
        "lowest": worst.data["lowest"],
        "highest": worst.data["highest"],
        "status": str(worst.status),
    }


__all__ = ["anchor", "cuts_of", "measure_decisions", "say_interval", "worst_gap"]
