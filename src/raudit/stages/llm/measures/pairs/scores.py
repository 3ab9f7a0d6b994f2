"""Two variants of a text compared on a score."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.findings import Finding, Status, Subject, chance
from raudit.sentences import say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Floats, Frame, effective, mean_error
from raudit.stages.llm.measures.pairs.texts import Texts, alike, by_text, left_out
from raudit.stages.llm.options import LlmOptions, Pairs
from raudit.stages.llm.say import finding, percent_level, share
from raudit.stats import holm, normal_quantile

PERMUTATIONS = 10_000


def scores(
    frame: Frame, pairs: Pairs, options: LlmOptions, *, seed: int, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]], list[str]]:
    """Compare every two variants on the mean score of a text's repeats, and say the largest gap of all.

    Returns
    -------
    tuple
        Findings, rows of the table, and the pairs whose gap is over the limit.
    """
    if pairs.score is None:
        return [], [], []
    texts = by_text(frame, pairs, frame.numbers(pairs.score), options.cluster)
    variants = texts.variants
    if len(variants) < 2:
        return [_no_pair(pairs, anchor)], [], []
    noise = ScoreNoise(
        floor=score_noise(texts, level=options.level),
        left_out=left_out(texts),
        repeats=max((len(texts.of(variant).columns) for variant in variants), default=0),
    )
    means = {
        variant: texts.of(variant).mean(axis=1, skipna=False).to_numpy() for variant in variants
    }
    some = {variant: texts.of(variant).notna().any(axis=1).to_numpy() for variant in variants}
    found = [
        paired_mean(
            (a, b),
            (means[a], means[b]),
            some[a] | some[b],
            texts.clusters,
            level=options.level,
        )
        for a, b in combinations(variants, 2)
    ]
    adjusted = [float(p) for p in holm([item.p for item in found])]
    findings = [
        _finding(pairs, item, p, noise, level=options.level, anchor=anchor)
        for item, p in zip(found, adjusted, strict=True)
    ]
    rows = [
        _row(pairs.score, item, p, noise.floor) for item, p in zip(found, adjusted, strict=True)
    ]
    gap, p = permuted_gap(
        np.column_stack([means[variant] for variant in variants]), texts.clusters, seed=seed
    )
    rows.append(
        {"outcome": pairs.score, "first": "all", "second": "all", "difference": gap, "p": p}
    )
    broken = [
        say("{a} - {b}", a=item.first, b=item.second)
        for item, said in zip(found, findings, strict=True)
        if said.status is Status.FAILED
    ]
    return findings, rows, broken


def _no_pair(pairs: Pairs, anchor: str) -> Finding:
    return finding(
        rules.PAIRS,
        Subject(kind="attribute", name=pairs.variant, detail={"metric": str(pairs.score)}),
        Status.INDETERMINATE,
        say("No text was asked in two variants."),
        reason="fewer than two variants of a text",
        high=pairs.max_score_difference,
        anchor=anchor,
    )


def _finding(
    pairs: Pairs, item: PairedMean, p: float, noise: ScoreNoise, *, level: float, anchor: str
) -> Finding:
    status, reason = _decide_score(item, p, noise, pairs.max_score_difference, level)
    name = pairs.variant.removeprefix("group.")
    score = str(pairs.score)
    return finding(
        rules.PAIRS,
        Subject(
            kind="attribute",
            name=name,
            detail={"metric": score, "first": item.first, "second": item.second},
        ),
        status,
        _statement(item, p, name, score, level),
        reason=reason,
        high=pairs.max_score_difference,
        anchor=anchor,
        measurement=share(
            "paired_mean_difference",
            item.value,
            item.n,
            item.low,
            item.high,
            "paired t",
            level=level,
            unit="score",
        ),
    )


def _statement(item: PairedMean, p: float, name: str, score: str, level: float) -> str:
    first, second, low, high = item.first, item.second, item.low, item.high
    if item.value < 0:
        first, second, low, high = second, first, -high, -low
    said = say(
        "On {n:,} texts that differ in {value} alone, the mean {score} is {value_2:.2f} higher for {a} "
        "than for {b} ({level} interval {low:.2f} to {high:.2f}; paired t, after Holm {p}).",
        n=item.n,
        value=name,
        score=score,
        value_2=abs(item.value),
        a=first,
        b=second,
        level=percent_level(level),
        low=low,
        high=high,
        p=chance(p),
    )
    if item.alone:
        said += say(
            " {alone:,} more lack a score of one of the two, in a repeat or in all.",
            alone=item.alone,
        )
    return said + alike(item.n, item.worth)


def _row(score: str, item: PairedMean, p: float, floor: float | None) -> dict[str, Any]:
    return {
        "outcome": score,
        "first": item.first,
        "second": item.second,
        "n": item.n,
        "difference": item.value,
        "interval": [item.low, item.high],
        "p": item.p,
        "holm": p,
        "noise_floor": floor,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreNoise:
    """What repeats of a text say of a score."""

    floor: float | None
    repeats: int
    """Most repeats that a variant has."""
    left_out: str
    """Why nothing passes where turns were left out; empty if none were."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedMean:
    """A paired difference of means."""

    first: str
    second: str
    n: int
    value: float
    low: float
    high: float
    p: float
    alone: int
    """Texts of which a score is there, and not every score of both."""
    worth: float
    """Independent texts that the pairs are worth."""
    spread: float
    """From the lowest score to the highest: by how much a text that lacks one may differ."""

    @property
    def farthest(self) -> float:
        """The larger end of the interval, were every text that lacks a score as far apart as scores go."""
        ends = max(abs(self.low), abs(self.high))
        return (ends * self.n + self.spread * self.alone) / (self.n + self.alone)


def paired_mean(
    names: tuple[str, str],
    scored: tuple[Floats, Floats],
    some: NDArray[np.bool_],
    clusters: NDArray[np.int64],
    *,
    level: float,
) -> PairedMean:
    """Paired t interval and test of the scores of two variants of the same texts, over clusters of pairs.

    Parameters
    ----------
    some
        Which texts have any score at all, in one of their repeats.
    """
    from scipy.stats import t

    (first, second), (a, b) = names, scored
    known = ~np.isnan(a - b)
    d, c = (a - b)[known], clusters[known]
    n, m = d.size, np.unique(c).size
    value, low, high, p = float(d.mean()) if n else np.nan, np.nan, np.nan, 1.0
    if m > 1 and np.ptp(d) > 0:
        error = mean_error(d, c)
        half = float(t.ppf(0.5 + level / 2, m - 1)) * error
        low, high = value - half, value + half
        p = float(2 * t.sf(abs(value / error), m - 1))
    seen = np.concatenate([a[~np.isnan(a)], b[~np.isnan(b)]])
    return PairedMean(
        first=first,
        second=second,
        n=n,
        value=value,
        low=low,
        high=high,
        p=p,
        alone=int((some & ~known).sum()),
        worth=effective(a - b, clusters),
        spread=float(np.ptp(seen)) if seen.size else 0.0,
    )


def score_noise(texts: Texts, *, level: float) -> float | None:
    """Difference of means that repeats alone stay under in 95 of 100 cases, or the largest seen; None without."""
    floors = []
    for variant in texts.variants:
        scored = texts.of(variant)
        repeats = sorted(scored.columns)
        if len(repeats) < 2:
            continue
        shift = (scored[repeats[0]] - scored[repeats[1]]).to_numpy()
        known = ~np.isnan(shift)
        if known.sum() > 1:
            shift = shift[known]
            spread = mean_error(shift, texts.clusters[known])
            floors.append(max(abs(float(shift.mean())), normal_quantile(level) * spread))
    return max(floors) if floors else None


def _decide_score(
    item: PairedMean, p: float, noise: ScoreNoise, limit: float | None, level: float
) -> tuple[Status, str]:
    floor = noise.floor
    if np.isnan(item.low):
        return Status.INDETERMINATE, "too few texts, or scores that never differ"
    if limit is None:
        return Status.INDETERMINATE, "the plan sets no limit for it"
    if floor is None or noise.repeats < 2:
        return Status.INDETERMINATE, "no repeats: what a text differs by from itself is not known"
    if max(abs(item.low), abs(item.high)) <= limit:
        if noise.left_out:
            return Status.INDETERMINATE, noise.left_out
        if item.farthest <= limit:
            return Status.PASSED, ""
        return Status.INDETERMINATE, say(
            "{alone:,} texts lack a score, which could carry it over the limit",
            alone=item.alone,
        )
    if abs(item.value) <= floor:
        return Status.INDETERMINATE, say(
            "it lies within the noise floor of {floor:.2f}", floor=floor
        )
    if max(item.low, -item.high) > max(limit, floor) and p <= 1 - level:
        return Status.FAILED, ""
    return (
        Status.INDETERMINATE,
        "the interval reaches both sides of the limit; more texts would tell",
    )


def permuted_gap(means: Floats, clusters: NDArray[np.int64], *, seed: int) -> tuple[float, float]:
    """Largest gap of the means of several variants, and its p value if variants were swapped within each text.

    Rows that belong together are swapped alike.
    """
    known = ~np.isnan(means).any(axis=1)
    complete = means[known]
    if complete.shape[0] < 2:
        return float("nan"), float("nan")
    names, codes = np.unique(clusters[known], return_inverse=True)
    gap = float(np.ptp(complete.mean(axis=0)))
    rng = np.random.default_rng(seed)
    more, chunk = 0, max(1, 2_000_000 // complete.size)
    for start in range(0, PERMUTATIONS, chunk):
        draws = min(chunk, PERMUTATIONS - start)
        order = rng.random((draws, names.size, complete.shape[1])).argsort(axis=2)[:, codes]
        shuffled = np.take_along_axis(
            np.broadcast_to(complete, (draws, *complete.shape)), order, axis=2
        )
        more += int((np.ptp(shuffled.mean(axis=1), axis=1) >= gap - 1e-12).sum())
    return gap, (more + 1) / (PERMUTATIONS + 1)
