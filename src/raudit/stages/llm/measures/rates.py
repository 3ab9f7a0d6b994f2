"""Rates of an outcome, overall and by group, corrected where they rest on a judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.findings import Finding, Status, Subject
from raudit.sentences import joined, say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Floats, Frame, effective
from raudit.stages.llm.measures.judges import (
    NOT_VALIDATED,
    Audit,
    corrected,
    too_few_labels,
)
from raudit.stages.llm.options import LlmOptions, Outcome
from raudit.stages.llm.say import (
    MORE_LABELS,
    MORE_TURNS,
    against,
    between,
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
    mover_difference,
    normal_quantile,
    range_quantile,
    wilson,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of answered turns."""

    n: int
    """Judged turns."""
    events: int
    naive: Estimate
    """As labelled, with the interval over clusters."""
    settled: Estimate
    """What is said: corrected where it rests on a judge."""
    method: str
    because: str = ""
    """Why it cannot be settled; empty if it can."""


def rate(
    events: Floats,
    people: Floats,
    clusters: NDArray[np.int64],
    *,
    judged: bool,
    needed: int,
    seed: int,
    level: float,
    z: float | None = None,
) -> Rate:
    """Estimate a share.

    With ``z`` the interval holds together with those of other groups, and speaks of the process that wrote the turns,
    since a difference between groups of exactly these turns would be one by chance too.
    """
    known = ~np.isnan(events)
    n, x = int(known.sum()), int((events[known] == 1).sum())
    if not n:
        nothing = Estimate(np.nan, np.nan, np.nan)
        return Rate(
            n=0, events=0, naive=nothing, settled=nothing, method="wilson", because="no judged turn"
        )
    worth = effective(events, clusters)
    low, high = wilson([x / n * worth], [worth], level=level, z=z)
    naive = Estimate(x / n, float(low[0]), float(high[0]))
    if not judged:
        method = (
            "wilson" if worth == n else say("wilson on {worth:.0f} independent turns", worth=worth)
        )
        return Rate(n=n, events=x, naive=naive, settled=naive, method=method)
    labelled = int((known & ~np.isnan(people)).sum())
    if labelled < needed:
        nothing = Estimate(np.nan, np.nan, np.nan)
        return Rate(
            n=n,
            events=x,
            naive=naive,
            settled=nothing,
            method="prediction-powered",
            because=too_few_labels(labelled, needed),
        )
    if z is not None:
        from scipy.special import ndtr

        level = float(2 * ndtr(z) - 1)
    return Rate(
        n=n,
        events=x,
        naive=naive,
        settled=corrected(
            events, people, seed=seed, level=level, beyond=None if z is None else worth
        ),
        method="prediction-powered",
    )


def _overall_said(name: str, n: int, said: Estimate, how: str, level: float) -> str:
    if not n:
        return say("'{name}' was judged on no turn.", name=name)
    return say(
        "'{name}':{how} {percent} of {n:,} turns ({between}).",
        name=name,
        how=how,
        percent=percent(said.value),
        n=n,
        between=between(said.low, said.high, level),
    )


def overall(
    frame: Frame,
    outcome: Outcome,
    options: LlmOptions,
    audited: Audit | None,
    *,
    seed: int,
    anchor: str,
) -> tuple[Rate, Finding]:
    """The share of all turns, against the declared limits."""
    events, people = frame.events(outcome), frame.reference(outcome)
    found = rate(
        events,
        people,
        frame.clusters(options.cluster),
        judged=audited is not None,
        needed=options.judges.min_labels,
        seed=seed,
        level=options.level,
    )
    subject = Subject(kind="model", name=outcome.name, detail={"metric": "rate"})
    because = found.because or (NOT_VALIDATED if audited is not None and not audited.valid else "")
    said = found.naive if because else found.settled
    measured = share(
        "rate",
        said.value,
        found.n,
        said.low,
        said.high,
        found.method,
        events=found.events,
        level=options.level,
    )
    how = (
        say(" the judge says")
        if because and audited is not None
        else say(" corrected by people's labels,")
        if audited
        else ""
    )
    statement = _overall_said(outcome.name, found.n, said, how, options.level)
    if audited is not None and not because:
        statement += say(" The judge alone says {percent}.", percent=percent(found.naive.value))
    unjudged = int(frame.unjudged(outcome).sum())
    if unjudged and found.n:
        statement += say(" {n:,} more answered turns have no label.", n=unjudged)
    if because:
        status, reason = Status.INDETERMINATE, because
    else:
        status, reason = against(
            said.low,
            said.high,
            most=outcome.max_rate,
            least=outcome.min_rate,
            short_of=MORE_LABELS if audited is not None else MORE_TURNS,
        )
        low, high = with_unjudged(said.low, said.high, found.n, unjudged)
        widened, _why = against(low, high, most=outcome.max_rate, least=outcome.min_rate)
        if status is Status.PASSED and widened is not Status.PASSED:
            status, reason = Status.INDETERMINATE, over_with_unjudged(unjudged)
    return found, finding(
        rules.RATE,
        subject,
        status,
        statement,
        reason=reason,
        measurement=measured,
        low=outcome.min_rate,
        high=outcome.max_rate,
        anchor=anchor,
    )


def by_group(
    frame: Frame, outcome: Outcome, options: LlmOptions, *, judged: bool, seed: int, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]]]:
    """Shares by group and the largest gap between them, for each grouping."""
    events, people, clusters = (
        frame.events(outcome),
        frame.reference(outcome),
        frame.clusters(options.cluster),
    )
    findings, rows = [], []
    unjudged = frame.unjudged(outcome)
    for name, groups in frame.groups(options.groups).items():
        levels = sorted({v for v in groups[~np.isnan(events)] if isinstance(v, str)})
        z = range_quantile(max(len(levels), 2), options.level)
        rates: dict[str, Rate] = {}
        for level in levels:
            mask = np.asarray(groups == level)
            e, h = np.where(mask, events, np.nan), np.where(mask, people, np.nan)
            needed = options.judges.min_labels_per_group
            alone = rate(
                e, h, clusters, judged=judged, needed=needed, seed=seed, level=options.level
            )
            rates[level] = rate(
                e, h, clusters, judged=judged, needed=needed, seed=seed, level=options.level, z=z
            )
            rows.append(_row(outcome, name, level, alone))
        if outcome.max_gap is not None or len(levels) > 1:
            lacking = {v: int((unjudged & np.asarray(groups == v)).sum()) for v in levels}
            findings.append(_gap(outcome, name, rates, lacking, options, seed=seed, anchor=anchor))
    return findings, rows


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
            "newcombe, simultaneous",
            level=options.level,
        ),
    )


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
            "'{name}' was not compared between groups of {grouping}.",
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
        "'{name}' differs by {points} between {names} ({percent_2}) "
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


def corrected_difference(
    frame: Frame,
    outcome: Outcome,
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    options: LlmOptions,
    *,
    seed: int,
) -> tuple[Estimate, str]:
    """Share in the first turns minus share in the second, each corrected for the judge, and why it cannot be given.

    What pairing would gain is not taken, since people label single turns; the interval is so much wider.
    """
    events, people, clusters = (
        frame.events(outcome),
        frame.reference(outcome),
        frame.clusters(options.cluster),
    )
    needed = options.judges.min_labels_per_group
    parts = [
        rate(
            np.where(mask, events, np.nan),
            np.where(mask, people, np.nan),
            clusters,
            judged=True,
            needed=needed,
            seed=seed,
            level=options.level,
            z=normal_quantile(options.level),
        )
        for mask in (first, second)
    ]
    because = next((part.because for part in parts if part.because), "")
    a, b = (part.settled for part in parts)
    low, high = mover_difference(a.value, _bounds(a), b.value, _bounds(b))
    return Estimate(a.value - b.value, float(low), float(high)), because


def _bounds(found: Estimate) -> Bounds:
    return Bounds(np.asarray(found.low), np.asarray(found.high))
