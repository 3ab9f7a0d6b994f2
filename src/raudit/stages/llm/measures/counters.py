"""What success costs: harms by conversation, against a limit or after a change with a non-inferiority margin."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from raudit.findings import Finding, Status, Subject
from raudit.sentences import say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Frame
from raudit.stages.llm.options import Counter, LlmOptions
from raudit.stages.llm.say import (
    against,
    between,
    finding,
    percent,
    points,
    points_between,
    share,
)
from raudit.stats import newcombe, wilson


@dataclass(frozen=True, slots=True, kw_only=True)
class Harm:
    """Conversations with a harm, of one version."""

    events: int
    n: int
    unknown: int
    """Answered conversations that record neither harm nor its absence."""

    @property
    def rate(self) -> float:
        """Their share."""
        return self.events / self.n

    def at_worst(self) -> Harm:
        """Were every conversation that records nothing harmed."""
        return Harm(events=self.events + self.unknown, n=self.n + self.unknown, unknown=0)

    def at_best(self) -> Harm:
        """Were none of them harmed."""
        return Harm(events=self.events, n=self.n + self.unknown, unknown=0)

    def bounds(self, level: float) -> tuple[float, float]:
        """Wilson interval of the share."""
        low, high = wilson(self.events, self.n, level=level)
        return float(low), float(high)


def counter(
    frame: Frame, asked: Counter, options: LlmOptions, *, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]], bool]:
    """Share of conversations with a harm, overall or after a change; and whether it breaks its limit."""
    harms = _harms(frame, asked)
    rows = [
        {
            "harm": asked.outcome.name,
            "version": version,
            "events": harm.events,
            "n": harm.n,
            "rate": harm.rate,
            "interval": list(harm.bounds(options.level)),
        }
        for version, harm in harms.items()
    ]
    findings = []
    if asked.by is not None:
        findings.append(_changed(harms, asked, options, anchor))
    if asked.by is None or asked.max_rate is not None:
        version = "all" if asked.by is None else str(asked.after)
        findings.append(_alone(harms.get(version), version, asked, options, anchor))
    if asked.outcome.source() == "judge":
        findings = [_uncorrected(found) for found in findings]
    return findings, rows, any(found.status is Status.FAILED for found in findings)


def _uncorrected(found: Finding) -> Finding:
    """What a judge labelled is shown, and tells nothing by itself."""
    if found.status is Status.INDETERMINATE:
        return found
    return replace(
        found,
        status=Status.INDETERMINATE,
        reason=say(
            "a judge labelled it, and a count of conversations is not corrected for its errors; "
            "ask for it under outcomes, or say judged_by: record if it is something that happened"
        ),
    )


def _harms(frame: Frame, asked: Counter) -> dict[str, Harm]:
    """Conversations by version; each counts once, and counts as harmed if any of its turns is."""
    import pandas as pd

    unit = frame.column("turn_id").astype(object)
    if frame.has("conversation_id"):
        unit = frame.column("conversation_id").astype(object).fillna(unit)
    table = pd.DataFrame({"unit": unit, "value": frame.events(asked.outcome)})
    table["version"] = frame.texts(asked.by) if asked.by else "all"
    table = table[frame.answered()].dropna(subset=["unit", "version"])
    each = table.groupby(["version", "unit"], observed=True)["value"].max()
    return {
        str(version): Harm(
            events=int(part.sum()), n=int(part.count()), unknown=int(part.isna().sum())
        )
        for version, part in each.groupby("version", observed=True)
        if part.count()
    }


def _alone(
    harm: Harm | None, version: str, asked: Counter, options: LlmOptions, anchor: str
) -> Finding:
    name = asked.outcome.name
    detail = {"metric": "counter"} | ({} if asked.by is None else {"version": version})
    subject = Subject(kind="model", name=name, detail=detail)
    if harm is None:
        return finding(
            rules.COUNTER,
            subject,
            Status.INDETERMINATE,
            say("“{name}” was recorded nowhere.", name=name),
            reason="no conversation records it",
            anchor=anchor,
        )
    low, high = harm.bounds(options.level)
    status, reason = against(low, high, most=asked.max_rate)
    worst = against(*harm.at_worst().bounds(options.level), most=asked.max_rate)
    if status is Status.PASSED and worst[0] is not status:
        status, reason = Status.INDETERMINATE, _unrecorded(harm.unknown)
    if asked.max_rate is None and harm.unknown:
        reason = _neither(harm.unknown)
    return finding(
        rules.COUNTER,
        subject,
        status,
        say(
            "“{name}”{where} in {percent} of {n:,} conversations ({between}).",
            name=name,
            where="" if asked.by is None else say(" of {version}", version=version),
            percent=percent(harm.rate),
            n=harm.n,
            between=between(low, high, options.level),
        )
        + _more(harm.unknown),
        reason=reason,
        high=asked.max_rate,
        anchor=anchor,
        measurement=share(
            "rate", harm.rate, harm.n, low, high, "wilson", events=harm.events, level=options.level
        ),
    )


def _changed(harms: dict[str, Harm], asked: Counter, options: LlmOptions, anchor: str) -> Finding:
    name = asked.outcome.name
    subject = Subject(
        kind="model",
        name=name,
        detail={
            "metric": "counter",
            "change": say("{before} {after}", before=asked.before, after=asked.after),
        },
    )
    missing = [str(version) for version in (asked.before, asked.after) if str(version) not in harms]
    if missing:
        return finding(
            rules.COUNTER,
            subject,
            Status.INDETERMINATE,
            say("“{name}” was not compared.", name=name),
            reason=say("no conversation of {missing} records it", missing=missing[0]),
            anchor=anchor,
        )
    old, new = harms[str(asked.before)], harms[str(asked.after)]
    low, high = _difference(new, old, options)
    status, reason = against(low, high, most=asked.margin)
    worst = against(*_difference(new.at_worst(), old.at_best(), options), most=asked.margin)
    unknown = old.unknown + new.unknown
    if status is Status.PASSED and worst[0] is not status:
        status, reason = Status.INDETERMINATE, _unrecorded(unknown)
    return finding(
        rules.COUNTER,
        subject,
        status,
        say(
            "From {before} to {after}, “{name}” goes from {percent} of "
            "{n:,} to {percent_2} of {n_2:,} conversations, a difference "
            "of {points} ({between}).",
            before=asked.before,
            after=asked.after,
            name=name,
            percent=percent(old.rate),
            n=old.n,
            percent_2=percent(new.rate),
            n_2=new.n,
            points=points(new.rate - old.rate),
            between=points_between(low, high, options.level),
        )
        + _more(unknown),
        reason=reason,
        high=asked.margin,
        anchor=anchor,
        measurement=share(
            "difference",
            new.rate - old.rate,
            old.n + new.n,
            low,
            high,
            "newcombe",
            level=options.level,
        ),
    )


def _difference(new: Harm, old: Harm, options: LlmOptions) -> tuple[float, float]:
    ends = newcombe(new.events, new.n, old.events, old.n, level=options.level)
    return float(np.asarray(ends.low)), float(np.asarray(ends.high))


def _more(unknown: int) -> str:
    return say(" {n:,} more record nothing of it.", n=unknown) if unknown else ""


def _neither(unknown: int) -> str:
    """Why a policy's limit cannot tell it either: the interval is of the conversations that record it."""
    return say("no limit is set, and {n:,} conversations record nothing of it", n=unknown)


def _unrecorded(unknown: int) -> str:
    return say(
        "the {n:,} conversations that record nothing of it could carry it over the limit",
        n=unknown,
    )
