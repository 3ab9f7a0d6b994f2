"""Rates of an outcome by group, and the largest gap between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from raudit.findings import Finding, Status, Subject
from raudit.sentences import joined, say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Frame
from raudit.stages.llm.measures.judges import NOT_VALIDATED, Audit
from raudit.stages.llm.measures.rates import Rate, rate
from raudit.stages.llm.options import LlmOptions, Outcome
from raudit.stages.llm.say import (
    against,
    finding,
    over_with_unjudged,
    percent,
    points,
    points_between,
    share,
    with_unjudged,
)
from raudit.stats import (
    Bounds,
    Estimate,
    Gap,
    largest_difference,
    max_gap_test,
    range_quantile,
)


def by_group(
    frame: Frame,
    outcome: Outcome,
    options: LlmOptions,
    audited: Audit | None,
    *,
    seed: int,
    anchor: str,
) -> tuple[list[Finding], list[dict[str, Any]]]:
    """Shares by group and the largest gap between them, for each grouping."""
    judged = audited is not None
    events, people, clusters = (
        frame.events(outcome),
        frame.reference(outcome),
        frame.clusters(options.cluster),
    )
    findings, rows = [], []
    unjudged, about = frame.unjudged(outcome), frame.concerned(outcome)
    groupings = frame.groups(options.groups)
    if outcome.max_gap is not None and not groupings:
        findings.append(_no_groups(outcome, anchor))
    for name, groups in groupings.items():
        # Also the groups of which no turn is judged: the others' gap is not theirs.
        levels = sorted({v for v in groups[~np.isnan(events) | about] if isinstance(v, str)})
        z = range_quantile(max(len(levels), 2), options.level)
        rates: dict[str, Rate] = {}
        for level in levels:
            mask = np.asarray(groups == level)
            e, h = np.where(mask, events, np.nan), np.where(mask, people, np.nan)
            needed = options.judges.min_labels_per_group
            alone, rates[level] = (
                _if_valid(
                    rate(
                        e,
                        h,
                        clusters,
                        judged=judged,
                        needed=needed,
                        seed=seed,
                        level=options.level,
                        z=z_,
                    ),
                    audited,
                    labelled=int((~np.isnan(e) & ~np.isnan(h)).sum()),
                )
                for z_ in (None, z)
            )
            rows.append(_row(outcome, name, level, alone))
        if outcome.max_gap is not None or len(levels) > 1:
            lacking = {v: int((unjudged & np.asarray(groups == v)).sum()) for v in levels}
            nameless = int((~np.isnan(events) & np.array(groups.isna())).sum())
            said = _gap(outcome, name, rates, lacking, options, seed=seed, anchor=anchor)
            findings.append(_with_nameless(said, nameless))
    return findings, rows


def _if_valid(found: Rate, audited: Audit | None, *, labelled: int) -> Rate:
    """A group's rate, unless its judge is validated for some models or prompt versions only.

    Where people labelled every turn of the group, no judge is left to trust.
    """
    if audited is None or audited.valid or found.because or labelled == found.n:
        return found
    return replace(found, settled=Estimate(np.nan, np.nan, np.nan), because=NOT_VALIDATED)


def _with_nameless(said: Finding, nameless: int) -> Finding:
    """Say how many turns are compared with nothing since nobody recorded their group."""
    if not nameless:
        return said
    more = say(" {n:,} more turns have no group recorded.", n=nameless)
    return replace(said, statement=said.statement + more)


def _no_groups(outcome: Outcome, anchor: str) -> Finding:
    return finding(
        rules.GAP,
        Subject(kind="attribute", name="groups", detail={"metric": outcome.name}),
        Status.INDETERMINATE,
        say("“{name}” was not compared between groups.", name=outcome.name),
        reason=say("no turn records a group; data.turns.fields says where in a row group.NAME is"),
        high=outcome.max_gap,
        anchor=anchor,
    )


def _row(outcome: Outcome, grouping: str, level: str, found: Rate) -> dict[str, Any]:
    settled = found.settled
    return {
        "outcome": outcome.name,
        "grouping": grouping,
        "group": level,
        "n": found.n,
        "events": found.events,
        "naive": None if np.isnan(found.naive.value) else found.naive.value,
        "rate": None if np.isnan(settled.value) else settled.value,
        "interval": None if np.isnan(settled.low) else [settled.low, settled.high],
        "because": found.because,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """Rates of an outcome by group of one kind."""

    outcome: Outcome
    grouping: str
    large: dict[str, Rate]
    """Groups with enough judged turns."""
    small: list[str]
    """Groups without."""
    unjudged: dict[str, int]
    """Turns that should have a label and have none, by group."""
    gap: Gap
    bounds: Bounds

    @property
    def names(self) -> list[str]:
        """The groups that are compared."""
        return list(self.large)

    @property
    def n(self) -> int:
        """Judged turns of the two groups that are named."""
        return sum(self.large[self.names[place]].n for place in (self.gap.highest, self.gap.lowest))


def _gap(
    outcome: Outcome,
    grouping: str,
    rates: dict[str, Rate],
    unjudged: dict[str, int],
    options: LlmOptions,
    *,
    seed: int,
    anchor: str,
) -> Finding:
    large = {name: found for name, found in rates.items() if found.n >= options.min_group}
    unsettled = [name for name, found in large.items() if found.because]
    if len(large) < 2 or unsettled:
        return _not_compared(outcome, grouping, large, unsettled, options, anchor)
    settled = [found.settled for found in large.values()]
    bounds = Bounds(np.array([s.low for s in settled]), np.array([s.high for s in settled]))
    compared = _Compared(
        outcome=outcome,
        grouping=grouping,
        large=large,
        small=sorted(set(rates) - set(large)),
        unjudged=unjudged,
        gap=largest_difference(np.array([s.value for s in settled]), bounds),
        bounds=bounds,
    )
    p = max_gap_test(
        [found.events for found in large.values()],
        [found.n for found in large.values()],
        rng=np.random.default_rng(seed),
    )
    status, reason = _decided(compared)
    gap = compared.gap
    return finding(
        rules.GAP,
        Subject(kind="attribute", name=grouping, detail={"metric": outcome.name}),
        status,
        _gap_said(compared, options.level),
        reason=reason,
        high=outcome.max_gap,
        anchor=anchor,
        data={"p_value_uncorrected": p},
        measurement=share(
            "max_gap",
            gap.value,
            compared.n,
            gap.low,
            gap.high,
            _method(compared),
            level=options.level,
        ),
    )


def _method(compared: _Compared) -> str:
    corrected_ = any(part.method == "prediction-powered" for part in compared.large.values())
    return "prediction-powered, simultaneous" if corrected_ else "newcombe, simultaneous"


def _not_compared(
    outcome: Outcome,
    grouping: str,
    large: dict[str, Rate],
    unsettled: list[str],
    options: LlmOptions,
    anchor: str,
) -> Finding:
    if unsettled:
        why = say(
            "{because} (group {unsettled})",
            because=large[unsettled[0]].because,
            unsettled=unsettled[0],
        )
    else:
        why = say(
            "fewer than two groups have {min_group:,} judged turns", min_group=options.min_group
        )
    return finding(
        rules.GAP,
        Subject(kind="attribute", name=grouping, detail={"metric": outcome.name}),
        Status.INDETERMINATE,
        say(
            "“{name}” was not compared between groups of {grouping}.",
            name=outcome.name,
            grouping=grouping,
        ),
        reason=why,
        high=outcome.max_gap,
        anchor=anchor,
    )


def _decided(compared: _Compared) -> tuple[Status, str]:
    """Hold a gap against its limit; neither small groups nor turns without a label let it pass unseen."""
    gap, limit = compared.gap, compared.outcome.max_gap
    status, reason = against(gap.low, gap.high, most=limit)
    if status is not Status.PASSED or limit is None:
        return status, reason
    if compared.small:
        return Status.INDETERMINATE, say(
            "too few judged turns in: {listed}", listed=joined(", ", compared.small[:5])
        )
    lacking = sum(compared.unjudged[name] for name in compared.names)
    if not lacking:
        return status, reason
    bounds = compared.bounds
    ends = [
        with_unjudged(low, high, compared.large[name].n, compared.unjudged[name])
        for name, low, high in zip(compared.names, bounds.low, bounds.high, strict=True)
    ]
    if max(high for _low, high in ends) - min(low for low, _high in ends) > limit:
        return Status.INDETERMINATE, over_with_unjudged(lacking)
    return status, reason


def _gap_said(compared: _Compared, level: float) -> str:
    gap, names = compared.gap, compared.names
    high, low = names[gap.highest], names[gap.lowest]
    return say(
        "“{name}” differs by {points} between {names} ({percent_2}) "
        "and {names_2} ({percent_3}) of {grouping}, on {n:,} turns "
        "({between}).",
        name=compared.outcome.name,
        points=points(gap.value),
        names=high,
        percent_2=percent(compared.large[high].settled.value),
        names_2=low,
        percent_3=percent(compared.large[low].settled.value),
        grouping=compared.grouping,
        n=compared.n,
        between=points_between(gap.low, gap.high, level),
    )
