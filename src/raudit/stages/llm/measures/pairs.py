"""Paired correspondence: the same text with a group swapped, and what repeats of the same text differ by."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from raudit.findings import Finding, Status, Subject
from raudit.sentences import say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Floats, Frame
from raudit.stages.llm.measures.judges import NOT_VALIDATED
from raudit.stages.llm.measures.rates import corrected_difference
from raudit.stages.llm.options import LlmOptions, Pairs
from raudit.stages.llm.say import against, between, finding, percent, share
from raudit.stats import PairedDifference, holm, normal_quantile, paired_newcombe, wilson_ratio

if TYPE_CHECKING:
    import pandas as pd

PERMUTATIONS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two variants of the same texts."""

    first: str
    second: str
    both: int
    only_first: int
    only_second: int
    neither: int
    difference: PairedDifference

    @property
    def n(self) -> int:
        """Pairs that are complete."""
        return self.both + self.only_first + self.only_second + self.neither


def wide(frame: Frame, pairs: Pairs, values: Floats) -> pd.DataFrame:
    """One row a text, prompt version and model; columns by variant and repeat; missing where there was no answer."""
    import pandas as pd

    table = pd.DataFrame(
        {
            "pair": frame.texts(pairs.pair),
            "variant": frame.texts(pairs.variant),
            "value": values,
            "repeat": frame.column("repeat") if frame.has("repeat") else 1.0,
        }
    )
    keys = ["pair"]
    for name in ("prompt_version", "model"):
        if frame.has(name):
            table[name] = frame.texts(name).fillna("")
            keys.append(name)
    table = table.dropna(subset=["pair", "variant"])
    if not frame.has("repeat"):
        table["repeat"] = table.groupby([*keys, "variant"]).cumcount() + 1.0
    table = table.drop_duplicates([*keys, "variant", "repeat"])
    return table.pivot(index=keys, columns=["variant", "repeat"], values="value")


def compare(
    table: pd.DataFrame, first: str, second: str, repeat: float, *, level: float
) -> Compared:
    """Compare two variants in one repeat, over the texts that both answered."""
    a, b = table[first, repeat].to_numpy(), table[second, repeat].to_numpy()
    return _compared(first, second, a, b, level)


def _compared(first: str, second: str, a: Floats, b: Floats, level: float) -> Compared:
    known = ~np.isnan(a) & ~np.isnan(b)
    x, y = a[known] == 1, b[known] == 1
    counts = int((x & y).sum()), int((x & ~y).sum()), int((~x & y).sum()), int((~x & ~y).sum())
    return Compared(
        first=first,
        second=second,
        both=counts[0],
        only_first=counts[1],
        only_second=counts[2],
        neither=counts[3],
        difference=paired_newcombe(*counts, level=level),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What repeats of the same text in the same variant differ by."""

    texts: int
    """Texts that were answered twice, over all variants."""
    flips: int
    """How many of them were decided otherwise the second time."""
    largest: float
    """Largest net difference of a variant's share between two repeats."""
    floor: float
    """Gap that repeats alone stay under in 95 of 100 cases, or the largest seen if that is more."""


def noise(table: pd.DataFrame, *, level: float) -> Noise | None:
    """Measure the noise floor of a rate; None without repeats."""
    texts = flips = 0
    largest, spread = 0.0, 0.0
    for variant in table.columns.get_level_values(0).unique():
        repeats = sorted(table[variant].columns)
        if len(repeats) < 2:
            continue
        first, second = (table[variant][r].to_numpy() for r in repeats[:2])
        found = _compared(variant, variant, first, second, level)
        if not found.n:
            continue
        flipped = found.only_first + found.only_second
        texts, flips = texts + found.n, flips + flipped
        largest = max(largest, abs(found.difference.value))
        spread = max(spread, float(np.sqrt(flipped)) / found.n)
    if not texts:
        return None
    return Noise(
        texts=texts,
        flips=flips,
        largest=largest,
        floor=max(largest, normal_quantile(level) * spread),
    )


def correspondence(
    frame: Frame, pairs: Pairs, options: LlmOptions, *, valid: bool, seed: int, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]], list[str]]:
    """Compare every two variants on a rate."""
    outcome = pairs.outcome
    if outcome is None:
        return [], [], []
    table = wide(frame, pairs, frame.events(outcome))
    variants = sorted(set(table.columns.get_level_values(0)))
    floor = noise(table, level=options.level)
    repeat = min(table.columns.get_level_values(1), default=1.0)
    found = [
        compare(table, a, b, repeat, level=options.level)
        for a, b in combinations(variants, 2)
        if (a, repeat) in table.columns and (b, repeat) in table.columns
    ]
    adjusted = holm([item.difference.p for item in found])
    findings, rows, broken = [], [], []
    for item, p in zip(found, adjusted, strict=True):
        status, reason = _decide(item, float(p), floor, pairs.max_difference, options.level)
        data: dict[str, Any] = {"noise_floor": None if floor is None else floor.floor}
        if outcome.source() == "judge":
            status, reason, data["corrected"] = _unless_corrected(
                frame, pairs, item, (status, reason), options, valid=valid, seed=seed
            )
        broken += (
            [say("{first} - {second}", first=item.first, second=item.second)]
            if status is Status.FAILED
            else []
        )
        rows.append(_row(outcome.name, item, float(p), floor))
        findings.append(
            finding(
                rules.PAIRS,
                Subject(
                    kind="attribute",
                    name=pairs.variant.removeprefix("group."),
                    detail={"metric": outcome.name, "first": item.first, "second": item.second},
                ),
                status,
                say(
                    "On {n:,} texts that differ in {value} alone, '{name}' is "
                    "{percent} more frequent for {first} than for {second} "
                    "({between}; {only_first:,} against {only_second:,} texts "
                    "flip; exact McNemar p {p:.2g}, Holm {p_2:.2g}).",
                    n=item.n,
                    value=pairs.variant.removeprefix("group."),
                    name=outcome.name,
                    percent=percent(item.difference.value),
                    first=item.first,
                    second=item.second,
                    between=between(item.difference.low, item.difference.high),
                    only_first=item.only_first,
                    only_second=item.only_second,
                    p=item.difference.p,
                    p_2=p,
                ),
                reason=reason,
                high=pairs.max_difference,
                anchor=anchor,
                measurement=share(
                    "paired_difference",
                    item.difference.value,
                    item.n,
                    item.difference.low,
                    item.difference.high,
                    "newcombe, paired",
                    level=options.level,
                ),
                data=data,
            )
        )
    if not found:
        findings.append(
            finding(
                rules.PAIRS,
                Subject(kind="attribute", name=pairs.variant, detail={"metric": outcome.name}),
                Status.INDETERMINATE,
                "No text was asked in two variants.",
                reason="fewer than two variants of a text",
                anchor=anchor,
            )
        )
    return findings, rows, broken


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
        return Status.PASSED, ""
    if abs(item.difference.value) <= floor.floor:
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
    frame: Frame,
    pairs: Pairs,
    item: Compared,
    decided: tuple[Status, str],
    options: LlmOptions,
    *,
    valid: bool,
    seed: int,
) -> tuple[Status, str, list[float] | None]:
    """What was decided on a judge's labels stands only if the corrected difference says the same."""
    outcome = pairs.outcome
    if not valid or outcome is None:
        return Status.INDETERMINATE, NOT_VALIDATED, None
    variants = frame.texts(pairs.variant)
    masks = [np.asarray(variants == name) for name in (item.first, item.second)]
    found, because = corrected_difference(frame, outcome, masks[0], masks[1], options, seed=seed)
    if because:
        return Status.INDETERMINATE, because, None
    nearest, farthest = max(found.low, -found.high, 0.0), max(abs(found.low), abs(found.high))
    limit = pairs.max_difference
    same = decided[0] is Status.INDETERMINATE or limit is None
    same = same or (nearest > limit if decided[0] is Status.FAILED else farthest <= limit)  # type: ignore[operator]
    if same:
        return *decided, list(found)
    return (
        Status.INDETERMINATE,
        "corrected for the judge, the interval reaches both sides of the limit",
        list(found),
    )


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


def scores(
    frame: Frame, pairs: Pairs, options: LlmOptions, *, seed: int, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]], list[str]]:
    """Compare every two variants on the mean score of a text's repeats, and say the largest gap of all."""
    if pairs.score is None:
        return [], [], []
    values = np.where(
        frame.answered(), frame.column(pairs.score).to_numpy(dtype=float, na_value=np.nan), np.nan
    )
    table = wide(frame, pairs, values)
    variants = sorted(set(table.columns.get_level_values(0)))
    floor = score_noise(table, level=options.level)
    repeats = max((len(table[variant].columns) for variant in variants), default=0)
    means = {variant: table[variant].mean(axis=1, skipna=False).to_numpy() for variant in variants}
    found = [
        (a, b, paired_mean(means[a], means[b], level=options.level))
        for a, b in combinations(variants, 2)
    ]
    adjusted = holm([item.p for _, _, item in found])
    findings, rows, broken = [], [], []
    for (a, b, item), p in zip(found, adjusted, strict=True):
        status, reason = _decide_score(
            item, float(p), floor, pairs.max_score_difference, repeats, options.level
        )
        broken += [say("{a} - {b}", a=a, b=b)] if status is Status.FAILED else []
        rows.append(
            {
                "outcome": pairs.score,
                "first": a,
                "second": b,
                "n": item.n,
                "difference": item.value,
                "interval": [item.low, item.high],
                "p": item.p,
                "holm": float(p),
                "noise_floor": floor,
            }
        )
        findings.append(
            finding(
                rules.PAIRS,
                Subject(
                    kind="attribute",
                    name=pairs.variant.removeprefix("group."),
                    detail={"metric": pairs.score, "first": a, "second": b},
                ),
                status,
                say(
                    "On {n:,} texts that differ in {value} alone, the mean "
                    "{score} is {value_2:.2f} higher for {a} than for {b} (95 % "
                    "interval {low:.2f} to {high:.2f}; paired t, Holm p {p:.2g}).",
                    n=item.n,
                    value=pairs.variant.removeprefix("group."),
                    score=pairs.score,
                    value_2=item.value,
                    a=a,
                    b=b,
                    low=item.low,
                    high=item.high,
                    p=p,
                ),
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
                    level=options.level,
                    unit="score",
                ),
            )
        )
    if len(variants) > 1:
        gap, p = permuted_gap(np.column_stack([means[variant] for variant in variants]), seed=seed)
        rows.append(
            {"outcome": pairs.score, "first": "all", "second": "all", "difference": gap, "p": p}
        )
    return findings, rows, broken


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedMean:
    """A paired difference of means."""

    n: int
    value: float
    low: float
    high: float
    p: float


def paired_mean(a: Floats, b: Floats, *, level: float) -> PairedMean:
    """Paired t interval and test of ``a - b``."""
    from scipy.stats import t

    d = (a - b)[~np.isnan(a - b)]
    n = d.size
    if n < 2 or np.ptp(d) == 0:
        value = float(d.mean()) if n else float("nan")
        return PairedMean(n=n, value=value, low=float("nan"), high=float("nan"), p=1.0)
    value, error = float(d.mean()), float(d.std(ddof=1) / np.sqrt(n))
    half = float(t.ppf(0.5 + level / 2, n - 1)) * error
    p = float(2 * t.sf(abs(value / error), n - 1))
    return PairedMean(n=n, value=value, low=value - half, high=value + half, p=p)


def score_noise(table: pd.DataFrame, *, level: float) -> float | None:
    """Difference of means that repeats alone stay under in 95 of 100 cases, or the largest seen; None without."""
    floors = []
    for variant in table.columns.get_level_values(0).unique():
        repeats = sorted(table[variant].columns)
        if len(repeats) < 2:
            continue
        shift = (table[variant][repeats[0]] - table[variant][repeats[1]]).dropna().to_numpy()
        if shift.size > 1:
            spread = float(shift.std(ddof=1) / np.sqrt(shift.size))
            floors.append(max(abs(float(shift.mean())), normal_quantile(level) * spread))
    return max(floors) if floors else None


def _decide_score(
    item: PairedMean, p: float, floor: float | None, limit: float | None, repeats: int, level: float
) -> tuple[Status, str]:
    if np.isnan(item.low):
        return Status.INDETERMINATE, "too few texts, or scores that never differ"
    if limit is None:
        return Status.INDETERMINATE, "the plan sets no limit for it"
    if floor is None or repeats < 2:
        return Status.INDETERMINATE, "no repeats: what a text differs by from itself is not known"
    if max(abs(item.low), abs(item.high)) <= limit:
        return Status.PASSED, ""
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


def permuted_gap(means: Floats, *, seed: int) -> tuple[float, float]:
    """Largest gap of the means of several variants, and its p value if variants were swapped within each text."""
    complete = means[~np.isnan(means).any(axis=1)]
    if complete.shape[0] < 2:
        return float("nan"), float("nan")
    gap = float(np.ptp(complete.mean(axis=0)))
    rng = np.random.default_rng(seed)
    more, chunk = 0, max(1, 2_000_000 // complete.size)
    for start in range(0, PERMUTATIONS, chunk):
        draws = min(chunk, PERMUTATIONS - start)
        order = rng.random((draws, *complete.shape)).argsort(axis=2)
        shuffled = np.take_along_axis(
            np.broadcast_to(complete, (draws, *complete.shape)), order, axis=2
        )
        more += int((np.ptp(shuffled.mean(axis=1), axis=1) >= gap - 1e-12).sum())
    return gap, (more + 1) / (PERMUTATIONS + 1)


def top(frame: Frame, pairs: Pairs) -> list[dict[str, Any]]:
    """Shares of each variant among the k best scores of the first repeat, and who is first of each text."""
    if pairs.score is None:
        return []
    import pandas as pd

    table = pd.DataFrame(
        {
            "pair": frame.texts(pairs.pair),
            "variant": frame.texts(pairs.variant),
            "id": frame.column("turn_id"),
            "score": np.where(
                frame.answered(),
                frame.column(pairs.score).to_numpy(dtype=float, na_value=np.nan),
                np.nan,
            ),
            "repeat": frame.column("repeat") if frame.has("repeat") else 1.0,
        }
    ).dropna(subset=["variant", "score"])
    table = table[table["repeat"] == table["repeat"].min()]
    ranked = table.sort_values(["score", "id"], ascending=[False, True], kind="stable")
    rows: list[dict[str, Any]] = []
    for k in pairs.top:
        chosen = ranked.head(k)
        tie = len(ranked) > k and ranked["score"].iloc[k - 1] == ranked["score"].iloc[k]
        counts = table["variant"].value_counts()
        selected = chosen["variant"].value_counts().reindex(counts.index, fill_value=0)
        rates = selected / counts
        best = rates.max()
        rows += [
            {
                "k": k,
                "variant": str(v),
                "n": int(counts[v]),
                "selected": int(selected[v]),
                "rate": float(rates[v]),
                "ratio": float(rates[v] / best) if best else None,
                "tie_at_the_edge": bool(tie),
            }
            for v in sorted(counts.index)
        ]
    return rows + _firsts(table)


def _firsts(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Who has the best score of each text that every variant answered; of equal ones the first in the file."""
    ranked = table.sort_values("score", ascending=False, kind="stable")
    best = ranked.pivot_table(index="pair", columns="variant", values="score").dropna()
    if not len(best):
        return []
    tied = best.eq(best.max(axis=1), axis=0).sum(axis=1) > 1
    first = (
        ranked[ranked["pair"].isin(best.index)].drop_duplicates("pair")["variant"].value_counts()
    )
    return [
        {
            "k": 1,
            "variant": str(v),
            "n": len(best),
            "selected": int(first.get(v, 0)),
            "ties": int(tied.sum()),
            "rate": float(first.get(v, 0) / len(best)),
        }
        for v in best.columns
    ]


def ratios(rows: list[dict[str, Any]], pairs: Pairs, *, anchor: str) -> list[Finding]:
    """Selection in the top k against the plan's smallest ratio, with the interval of the worst ratio."""
    found = []
    for k in pairs.top:
        part = [row for row in rows if row["k"] == k and "ratio" in row]
        if len(part) < 2:
            continue
        worst = min(part, key=lambda row: (row["rate"], row["variant"]))
        best = max(part, key=lambda row: (row["rate"], row["variant"]))
        ends = wilson_ratio(worst["selected"], worst["n"], best["selected"], best["n"])
        low, high = float(ends.low), min(float(ends.high), 1.0)
        ratio = worst["ratio"] if worst["ratio"] is not None else float("nan")
        status, reason = against(low, high, least=pairs.min_top_ratio)
        if worst["tie_at_the_edge"] and status is Status.PASSED:
            status, reason = (
                Status.INDETERMINATE,
                "equal scores at the edge, so who is selected is chance",
            )
        found.append(
            finding(
                rules.TOP,
                Subject(
                    kind="attribute",
                    name=pairs.variant.removeprefix("group."),
                    detail={"metric": say("top {k}", k=k)},
                ),
                status,
                say(
                    "Among the {k:,} best of one run, {worst} is selected at "
                    "{percent} of {worst_2:,} and {best} at {percent_2} of "
                    "{best_2:,}: a ratio of {ratio:.2f} (95 % interval {low:.2f} "
                    "to {high:.2f}, as if independent).",
                    k=k,
                    worst=worst["variant"],
                    percent=percent(worst["rate"]),
                    worst_2=worst["n"],
                    best=best["variant"],
                    percent_2=percent(best["rate"]),
                    best_2=best["n"],
                    ratio=ratio,
                    low=low,
                    high=high,
                ),
                reason=reason,
                low=pairs.min_top_ratio,
                anchor=anchor,
                measurement=share(
                    "selection_ratio", ratio, worst["n"] + best["n"], low, high, "wilson ratio"
                ),
            )
        )
    return found
