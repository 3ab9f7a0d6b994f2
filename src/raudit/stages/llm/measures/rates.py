"""Rates of an outcome, overall and by group, corrected where they rest on a judge."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from raudit.findings import Finding, Status, Subject
from raudit.sentences import say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Floats, Frame, effective
from raudit.stages.llm.measures.judges import (
    NOT_VALIDATED,
    Audit,
    too_few_labels,
)
from raudit.stages.llm.measures.validation import corrected
from raudit.stages.llm.options import LlmOptions, Outcome
from raudit.stages.llm.say import (
    MORE_LABELS,
    MORE_TURNS,
    against,
    between,
    finding,
    over_with_unjudged,
    percent,
    share,
    with_unjudged,
)
from raudit.stats import (
    Bounds,
    Estimate,
    mover_difference,
    normal_quantile,
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
        return say("“{name}” was judged on no turn.", name=name)
    return say(
        "“{name}”:{how} {percent} of {n:,} turns ({between}).",
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
    if because:
        nothing = Estimate(np.nan, np.nan, np.nan)
        found = replace(found, settled=nothing, because=because)
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
