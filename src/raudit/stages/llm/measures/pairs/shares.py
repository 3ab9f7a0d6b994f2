"""Two variants of a text compared on how often something happens."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from raudit.findings import Finding, Status, Subject, chance
from raudit.sentences import say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Frame
from raudit.stages.llm.measures.judges import NOT_VALIDATED
from raudit.stages.llm.measures.pairs.texts import (
    Compared,
    Noise,
    Texts,
    alike,
    by_text,
    compare,
    left_out,
    noise,
)
from raudit.stages.llm.measures.rates import corrected_difference
from raudit.stages.llm.options import LlmOptions, Outcome, Pairs
from raudit.stages.llm.say import finding, percent, points, points_between, share
from raudit.stats import Estimate, holm


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is compared, and where the plan says so."""

    frame: Frame
    pairs: Pairs
    outcome: Outcome
    options: LlmOptions
    valid: bool
    """Whether its labels come from people, or from a judge that they validated."""
    seed: int
    anchor: str

    def subject(self, **detail: str) -> Subject:
        """The group that was swapped."""
        name = self.pairs.variant
        name = name.removeprefix("group.") if detail else name
        return Subject(kind="attribute", name=name, detail={"metric": self.outcome.name, **detail})


def correspondence(
    frame: Frame, pairs: Pairs, options: LlmOptions, *, valid: bool, seed: int, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]], list[str]]:
    """Compare every two variants on a rate.

    Returns
    -------
    tuple
        Findings, rows of the table, and the pairs whose gap is over the limit.
    """
    if pairs.outcome is None:
        return [], [], []
    asked = _Asked(
        frame=frame,
        pairs=pairs,
        outcome=pairs.outcome,
        options=options,
        valid=valid,
        seed=seed,
        anchor=anchor,
    )
    texts = by_text(frame, pairs, frame.events(pairs.outcome), options.cluster)
    floor = noise(texts, level=options.level)
    found = _every_two(texts, options.level)
    if not found:
        return [_no_pair(asked)], [], []
    adjusted = [float(p) for p in holm([item.difference.p for item in found])]
    findings = [
        _finding(asked, item, p, floor, left_out(texts))
        for item, p in zip(found, adjusted, strict=True)
    ]
    rows = [
        _row(pairs.outcome.name, item, p, floor) for item, p in zip(found, adjusted, strict=True)
    ]
    broken = [
        say("{first} - {second}", first=item.first, second=item.second)
        for item, said in zip(found, findings, strict=True)
        if said.status is Status.FAILED
    ]
    return findings, rows, broken


def _every_two(texts: Texts, level: float) -> list[Compared]:
    """Every two variants, in the first repeat that there is."""
    table = texts.table
    repeat = min(table.columns.get_level_values(1), default=1.0)
    return [
        compare(texts, a, b, repeat, level=level)
        for a, b in combinations(texts.variants, 2)
        if (a, repeat) in table.columns and (b, repeat) in table.columns
    ]


def _no_pair(asked: _Asked) -> Finding:
    return finding(
        rules.PAIRS,
        asked.subject(),
        Status.INDETERMINATE,
        say("No text was asked in two variants."),
        reason="fewer than two variants of a text",
        anchor=asked.anchor,
    )


def _finding(asked: _Asked, item: Compared, p: float, floor: Noise | None, lacking: str) -> Finding:
    limit, level = asked.pairs.max_difference, asked.options.level
    status, reason = _decide(item, p, floor, limit, level)
    if status is Status.PASSED and lacking:
        status, reason = Status.INDETERMINATE, lacking
    data: dict[str, Any] = {"noise_floor": None if floor is None else floor.floor}
    if asked.outcome.source() == "judge":
        status, reason, data["corrected"] = _unless_corrected(asked, item, (status, reason))
    difference = item.difference
    return finding(
        rules.PAIRS,
        asked.subject(first=item.first, second=item.second),
        status,
        _statement(asked, item, p),
        reason=reason,
        high=limit,
        anchor=asked.anchor,
        measurement=share(
            "paired_difference",
            difference.value,
            item.n,
            difference.low,
            difference.high,
            "newcombe, paired",
            level=level,
        ),
        data=data,
    )


def _statement(asked: _Asked, item: Compared, p: float) -> str:
    found = item.difference
    ends, names, flips = (
        (found.low, found.high),
        (item.first, item.second),
        (
            item.only_first,
            item.only_second,
        ),
    )
    if found.value < 0:
        ends, names, flips = (-found.high, -found.low), names[::-1], flips[::-1]
    said = say(
        "On {n:,} texts that differ in {value} alone, “{name}” is {points} more frequent for {first} "
        "than for {second} ({between}; {only_first:,} against {only_second:,} texts flip; exact "
        "McNemar {p}, after Holm {p_2}).",
        n=item.n,
        value=asked.pairs.variant.removeprefix("group."),
        name=asked.outcome.name,
        points=points(abs(found.value)),
        first=names[0],
        second=names[1],
        between=points_between(*ends, asked.options.level),
        only_first=flips[0],
        only_second=flips[1],
        p=chance(found.p),
        p_2=chance(p),
    )
    if item.alone:
        said += say(" {alone:,} more have an answer in one of the two only.", alone=item.alone)
    return said + alike(item.n, item.worth)


def _decide(
    item: Compared, p: float, floor: Noise | None, limit: float | None, level: float
) -> tuple[Status, str]:
    if not item.n:
        return Status.INDETERMINATE, "no text has an answer in both variants"
    if limit is None:
        return Status.INDETERMINATE, "the plan sets no limit for it"
    if floor is None:
        return Status.INDETERMINATE, "no repeats: what a text differs by from itself is not known"
    low, high = item.difference.low, item.difference.high
    nearest, farthest = max(low, -high, 0.0), max(abs(low), abs(high))
    if farthest <= limit:
        # Who lacks an answer may lack it for a reason: each of them might have flipped the same way.
        if (farthest * item.n + item.alone) / (item.n + item.alone) <= limit:
            return Status.PASSED, ""
        return Status.INDETERMINATE, say(
            "{alone:,} texts lack an answer in one of the two, which could carry it over the limit",
            alone=item.alone,
        )
    if floor.floor > 0 and abs(item.difference.value) <= floor.floor:
        return Status.INDETERMINATE, say(
            "it lies within the noise floor of {percent}", percent=percent(floor.floor)
        )
    if nearest > max(limit, floor.floor) and p <= 1 - level:
        return Status.FAILED, ""
    return (
        Status.INDETERMINATE,
        "the interval reaches both sides of limit and noise floor; more texts would tell",
    )


def _unless_corrected(
    asked: _Asked, item: Compared, decided: tuple[Status, str]
) -> tuple[Status, str, list[float] | None]:
    """What was decided on a judge's labels stands only if the corrected difference says the same."""
    if not asked.valid:
        return Status.INDETERMINATE, NOT_VALIDATED, None
    variants = asked.frame.texts(asked.pairs.variant)
    first, second = (np.asarray(variants == name) for name in (item.first, item.second))
    found, because = corrected_difference(
        asked.frame, asked.outcome, first, second, asked.options, seed=asked.seed
    )
    if because:
        return Status.INDETERMINATE, because, None
    if _holds(decided[0], found, asked.pairs.max_difference):
        return *decided, list(found)
    return (
        Status.INDETERMINATE,
        "corrected for the judge, the interval reaches both sides of the limit",
        list(found),
    )


def _holds(decided: Status, found: Estimate, limit: float | None) -> bool:
    """Whether what was decided still holds for a corrected difference."""
    if decided is Status.INDETERMINATE or limit is None:
        return True
    if decided is Status.FAILED:
        return max(found.low, -found.high, 0.0) > limit
    return max(abs(found.low), abs(found.high)) <= limit


def _row(outcome: str, item: Compared, p: float, floor: Noise | None) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "first": item.first,
        "second": item.second,
        "n": item.n,
        "both": item.both,
        "only_first": item.only_first,
        "only_second": item.only_second,
        "neither": item.neither,
        "difference": item.difference.value,
        "interval": [item.difference.low, item.difference.high],
        "p": item.difference.p,
        "holm": p,
        "noise_floor": None if floor is None else floor.floor,
        "flips": None if floor is None else floor.flips,
        "repeated": None if floor is None else floor.texts,
    }
