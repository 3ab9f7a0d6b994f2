"""Decisions: rates by group, how far apart they are, and whether that keeps to the limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from raudit.data.cells import CellTable
from raudit.findings import Finding, Status, Subject, Threshold
from raudit.record import Column, Table
from raudit.sentences import capital, say
from raudit.stages.fairness.measures.crosscheck import cross_check_all
from raudit.stages.fairness.measures.disparity import DISPARITIES, Disparity, disparity
from raudit.stages.fairness.measures.membership import (
    check_reference,
)
from raudit.stages.fairness.measures.metrics import (
    METRICS,
    WITHOUT_LABEL,
    Groups,
    group_counts,
)
from raudit.stages.fairness.measures.verdict import Judgement, cite_what_is_open, judge_gap
from raudit.stages.fairness.options import Limit
from raudit.stages.fairness.rules import rule_for
from raudit.stages.fairness.tasks.part import (
    Context,
    Part,
    by_name,
    join,
    measured,
    named_pair,
    number,
    slug,
)
from raudit.stages.fairness.tasks.rate_tables import rates_part
from raudit.stages.fairness.words.pictures import bands
from raudit.stages.fairness.words.sentences import (
    beyond_chance,
    describe,
    say_disparity,
    say_interval,
    say_reason,
)
from raudit.stats import holm

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
        name: limit
        for name, limit in context.options.limits().items()
        if name in DISPARITIES
        and (overall.labelled or limit.source != "default" or _needs_no_label(name))
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
        gaps = [
            cite_what_is_open(gap, limits[gap.name].value) if gap.name in limits else gap
            for gap in gaps
        ]
        found.append((by, groups, gaps))
        parts.append(rates_part(by, groups, context))
    adjusted = _adjusted([gap for _, _, gaps in found for gap in gaps if gap.name in limits])
    for by, groups, gaps in found:
        judged = [
            (gap, judge_gap(gap, limits[gap.name].value) if gap.name in limits else None)
            for gap in gaps
        ]
        parts.append(_verdicts(by, groups, judged, limits, adjusted, context))
    parts.append(
        Part(figures=tuple(bands([gap for _, _, gaps in found for gap in gaps], limits, context)))
    )
    check = cross_check_all(groups for _, groups, _ in found)
    decimals = 15 if check.largest < 1e-15 else math.floor(-math.log10(check.largest))
    note = say(
        "Rates that fairlearn and scikit-learn recomputed from the same cells: {values:,}; "
        "all agree to {decimals} decimals.",
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
        id(gap): min(float(values[gap.by, metric]) for metric, _ in (gap.open_part or gap).tests)
        for gap in gaps
        if gap.tests
    }


def _verdicts(
    by: tuple[str, ...],
    groups: Groups,
    judged: Sequence[tuple[Disparity, Judgement | None]],
    limits: Mapping[str, Limit],
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
        "Groups of at least {min_group} rows are compared: {kept:,} of {count:,}.",
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
    limit: Limit | None,
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
            limit=limit.value,
        )
    if judgement is not None:
        row["status"] = str(judgement.status)
    return row


def _finding(
    gap: Disparity,
    judgement: Judgement,
    limit: Limit,
    adjusted: float | None,
    context: Context,
) -> Finding:
    rule = rule_for(gap.name)
    low, high = (limit.value, None) if gap.ratio else (None, limit.value)
    reason = (
        say_reason(
            gap,
            limit.value,
            limit.source,
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
            beyond_chance=beyond_chance(gap, limit.value, adjusted),
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
            "open_part": gap.open_part is not None,
        }
    return rule.finding(
        judgement.status,
        Subject(kind="attribute", name=by_name(gap.by), detail={"metric": gap.name}),
        statement,
        reason=_sentence(reason or gap.undefined_because),
        measurement=measured(gap),
        threshold=Threshold(low=low, high=high, source=limit.source),
        anchor=anchor(gap.name, limit.source),
        data=data,
    )


def anchor(name: str, source: str) -> str:
    """Where the plan sets a limit."""
    if source == "plan":
        return f"stages.fairness.thresholds.{name}"
    return "stages.fairness.presets" if source.startswith("preset") else "stages.fairness"


def _sentence(text: str) -> str:
    return text if not text or text.endswith(".") else say("{text}.", text=capital(text))


def worst_gap(findings: Sequence[Finding]) -> dict[str, Any] | None:
    """The judged gap furthest beyond its limit, as a fact."""
    judged = [f for f in findings if f.measurement and f.measurement.value is not None and f.apart]
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
