"""Rankings: who is near the top. One list, sorted by score, ties sharing their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raudit.data import DataSet
from raudit.data.encode import AttributeEncoder, finite, numbers
from raudit.data.interface import ColumnName
from raudit.findings import (
    Finding,
    Interval,
    JsonObject,
    Measurement,
    Status,
    Subject,
    Threshold,
    chance,
)
from raudit.pictures import Dots, Estimate
from raudit.plan import Attribute
from raudit.record import Column, Figure, Table
from raudit.sentences import joined, say
from raudit.stages.fairness.options import Limit
from raudit.stages.fairness.rules import CONSTANT, EXPOSURE
from raudit.stages.fairness.tasks.coverage import HARDLY
from raudit.stages.fairness.tasks.part import (
    Context,
    Part,
    by_name,
    join,
    judge_ratio,
    number,
    ratio_reason,
    slug,
)
from raudit.stats import Gap, LogRates, range_quantile, smallest_ratio

Floats = NDArray[np.float64]
LONGEST = 100_000
"""Places over which NDKL is summed; those after it weigh next to nothing."""


def exposure(scores: Floats) -> Floats:
    """Exposure ``1 / log2(1 + rank)`` of each row, highest score first; ties share the mean of their places.

    References
    ----------
    Singh and Joachims 2018.
    """
    order = np.argsort(-scores, kind="stable")
    by_rank = 1 / np.log2(np.arange(2, scores.size + 2))
    _, block = np.unique(-scores[order], return_inverse=True)
    mean = np.bincount(block, weights=by_rank) / np.bincount(block)
    out = np.empty(scores.size)
    out[order] = mean[block]
    return out


def ndkl(groups: NDArray[np.int64], scores: Floats) -> float:
    """Normalised discounted cumulative KL divergence of the list from the population; 0 is the population's mix.

    References
    ----------
    Geyik, Ambler and Kenthapadi 2019.
    """
    size = int(groups.max()) + 1
    population = np.bincount(groups, minlength=size) / groups.size
    top = groups[np.argsort(-scores, kind="stable")][:LONGEST]
    total, norm = 0.0, 0.0
    counts = np.zeros(size)
    for start in range(0, top.size, 4096):
        part = top[start : start + 4096]
        running = counts + np.cumsum(part[:, None] == np.arange(size), axis=0)
        rank = np.arange(start + 1, start + part.size + 1)
        share = running / rank[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            divergence = np.where(share > 0, share * np.log(share / population), 0.0).sum(axis=1)
        discount = 1 / np.log2(rank + 1)
        total, norm = total + float((divergence * discount).sum()), norm + float(discount.sum())
        counts = running[-1]
    return max(total / norm, 0.0)


def measure_ranking(
    data: DataSet, attributes: Sequence[Attribute], score: ColumnName, context: Context
) -> Part:
    """Exposure, selection at k and NDKL by each attribute."""
    columns = [ColumnName(attribute.column) for attribute in attributes]
    encoders = [AttributeEncoder(attribute) for attribute in attributes]
    codes: list[list[NDArray[np.int64]]] = [[] for _ in attributes]
    values: list[Floats] = []
    wanted = list(dict.fromkeys([*columns, score]))
    for batch in data.batches(wanted, rows=2**20):
        for i, encoder in enumerate(encoders):
            codes[i].append(encoder(batch.column(wanted.index(columns[i]))))
        values.append(finite(numbers(batch.column(wanted.index(score)), score), score, "score"))
    scores = np.concatenate(values)
    seen = exposure(scores)
    parts = [
        _by(
            _Exposures.of(
                (attribute.label or attribute.column,),
                encoders[i].levels,
                np.concatenate(codes[i]),
                seen,
            ),
            scores,
            context,
        )
        for i, attribute in enumerate(attributes)
    ]
    ties = scores.size - np.unique(scores).size
    note = say(
        "{ties:,} of {size:,} rows share their score with another; "
        "tied rows share the mean of their places.",
        ties=ties,
        size=scores.size,
    )
    metrics = ("exposure_ratio", "selection_at_k", "ndkl")
    return join([*parts, _unranked(scores), Part(notes=(note,), metrics=metrics)])


def _unranked(scores: Floats) -> Part:
    """Say that nobody is ranked where all share one place: no group is then seen less, whoever is in it."""
    places = np.unique(scores, return_counts=True)[1]
    apart = scores.size - int(places.max(initial=0))
    if not scores.size or apart / scores.size >= HARDLY:
        return Part()
    finding = CONSTANT.indeterminate(
        Subject(kind="model", name="all people", detail={"metric": "rarer_decision_share"}),
        say(
            "Scores hardly vary: {tied:,} of {size:,} rows share one score, and with it their place.",
            tied=scores.size - apart,
            size=scores.size,
        ),
        reason=say("A list in which nearly everyone has one place ranks hardly anybody."),
        measurement=Measurement(
            metric="rarer_decision_share", value=apart / scores.size, n=scores.size, events=apart
        ),
        threshold=Threshold(low=HARDLY, source="default"),
        anchor="data",
    )
    return Part(findings=(finding,))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Exposures:
    """Exposure of every row and of every group of one attribute; arrays of groups have shape (n_groups,)."""

    by: tuple[str, ...]
    levels: list[str]
    groups: NDArray[np.int64]
    """Place of each row's group among ``levels``, shape (n_rows,)."""
    seen: Floats
    """Exposure of each row, shape (n_rows,)."""
    n: NDArray[np.int64]
    mean: Floats
    variance: Floats
    """Of the mean."""

    @classmethod
    def of(
        cls, by: tuple[str, ...], levels: list[str], groups: NDArray[np.int64], seen: Floats
    ) -> _Exposures:
        """Average the exposure of each group's rows."""
        size = len(levels)
        n = np.bincount(groups, minlength=size)
        mean = np.bincount(groups, weights=seen, minlength=size) / np.maximum(n, 1)
        square = np.bincount(groups, weights=seen**2, minlength=size) / np.maximum(n, 1)
        variance = np.maximum(square - mean**2, 0) / np.maximum(n - 1, 1)
        return cls(
            by=by, levels=levels, groups=groups, seen=seen, n=n, mean=mean, variance=variance
        )


def _by(exposures: _Exposures, scores: Floats, context: Context) -> Part:
    shown = np.flatnonzero(exposures.n >= context.options.suppress_below).tolist()
    shown.sort(key=lambda i: (-int(exposures.n[i]), exposures.levels[i]))
    divergence = ndkl(exposures.groups, scores)
    return Part(
        findings=(_finding(exposures, context),),
        tables=(_table(exposures, shown, scores, divergence, context),),
        figures=(_figure(exposures, shown, context),),
        facts={f"fairness.ndkl.{exposures.by[0]}": divergence},
    )


def _table(
    exposures: _Exposures,
    shown: Sequence[int],
    scores: Floats,
    divergence: float,
    context: Context,
) -> Table:
    order = np.argsort(-scores, kind="stable")
    size = len(exposures.levels)
    shares = {
        k: np.bincount(exposures.groups[order[:k]], minlength=size) / np.maximum(exposures.n, 1)
        for k in _lengths(scores, context)
    }
    rows = tuple(
        {
            "group": context.speech.group((exposures.levels[i],)),
            "n": int(exposures.n[i]),
            "exposure": float(exposures.mean[i]),
            **{f"at{k}": float(share[i]) for k, share in shares.items()},
        }
        for i in shown
    )
    return Table(
        id=slug("ranking", *exposures.by),
        title=say("Exposure by {by_name}", by_name=by_name(exposures.by)),
        columns=(
            Column(key="group", label="Group"),
            Column(key="n", label="n", kind="count"),
            Column(key="exposure", label="Mean exposure", kind="number"),
            *[
                Column(key=f"at{k}", label=say("Selected in top {k:,}", k=k), kind="proportion")
                for k in shares
            ],
        ),
        rows=rows,
        caption=say(
            "Exposure of a place is 1 / log2(1 + rank). NDKL of the list "
            "is {divergence:.4f}; 0 would be the mix of the whole list "
            "at every length.",
            divergence=divergence,
        ),
    )


def _lengths(scores: Floats, context: Context) -> tuple[int, ...]:
    wanted = context.options.top_k or (10, 100, scores.size // 10)
    return tuple(sorted({k for k in wanted if 0 < k < scores.size}))


FEW = 20
"""Orders at least as uneven as the observed one, below which more are dealt out."""
MORE_DRAWS = 9_999
MORE_PLACES = 20_000_000
"""Places that are dealt out at most, which takes a second."""


def permutation_test(
    seen: Floats,
    groups: NDArray[np.int64],
    keep: NDArray[np.intp],
    rng: np.random.Generator,
    draws: int = 999,
) -> float | None:
    """P value of the smallest ratio of mean exposures if places were dealt out regardless of group.

    It counts the observed order among those dealt out, so it is never zero. Where few of them are as uneven, ten times
    as many are dealt out, since the first thousand tell a small chance no closer than its double.

    Returns None where the list is too long to be dealt out many times.
    """
    inside = np.isin(groups, keep)
    values, code = seen[inside], np.searchsorted(keep, groups[inside])
    if values.size * draws > 200_000_000:
        draws = 200_000_000 // values.size
    if draws < 99:
        return None
    n = np.bincount(code, minlength=keep.size)

    def ratio(order: Floats) -> float:
        mean = np.bincount(code, weights=order, minlength=keep.size) / n
        return float(mean.min() / mean.max())

    observed = ratio(values)

    def as_uneven(times: int) -> int:
        return sum(ratio(rng.permutation(values)) <= observed + 1e-12 for _ in range(times))

    worse = as_uneven(draws)
    more = MORE_DRAWS - draws
    if worse < FEW and draws < more and values.size * more <= MORE_PLACES:
        worse, draws = worse + as_uneven(more), MORE_DRAWS
    return (worse + 1) / (draws + 1)


ANCHOR = "stages.fairness.thresholds.exposure_ratio"


def _finding(exposures: _Exposures, context: Context) -> Finding:
    limit = context.options.limits().get("exposure_ratio") or Limit(0.8, say("default"))
    subject = Subject(
        kind="attribute", name=by_name(exposures.by), detail={"metric": "exposure_ratio"}
    )
    threshold = Threshold(low=limit.value, source=limit.source)
    keep = np.flatnonzero(exposures.n >= context.options.min_group)
    if keep.size < 2:
        return EXPOSURE.indeterminate(
            subject,
            say("Exposure by {by_name} cannot be compared.", by_name=by_name(exposures.by)),
            reason="Fewer than two groups are large enough.",
            threshold=threshold,
            anchor=ANCHOR,
            remedy="",
        )
    gap = _smallest_ratio(exposures, keep, context)
    chance_of_it = permutation_test(
        exposures.seen, exposures.groups, keep, context.rng("ranking", *exposures.by)
    )
    status = judge_ratio(gap, limit.value)
    low, high = int(keep[gap.lowest]), int(keep[gap.highest])
    return EXPOSURE.finding(
        status,
        subject,
        _statement(exposures, gap, (low, high), context),
        reason=_reason(gap, limit, status, chance_of_it, context),
        measurement=_measurement(gap, int(exposures.n[[low, high]].sum()), context),
        threshold=threshold,
        anchor=ANCHOR,
        data={
            "p_value": chance_of_it,
            "lowest": _end(exposures, low),
            "highest": _end(exposures, high),
        },
    )


def _smallest_ratio(exposures: _Exposures, keep: NDArray[np.intp], context: Context) -> Gap:
    mean, variance = exposures.mean[keep], exposures.variance[keep]
    half = range_quantile(keep.size, context.level) * np.sqrt(variance) / mean
    return smallest_ratio(mean, LogRates(np.log(mean), np.log(mean) - half, np.log(mean) + half))


def _statement(exposures: _Exposures, gap: Gap, ends: tuple[int, int], context: Context) -> str:
    low, high = ends
    return say(
        "{group:capital} get {value:.0f} % of the attention per person that "
        "{group_2} get. n = {n:,} and {n_2:,}.",
        group=context.speech.members((exposures.levels[low],)),
        value=gap.value * 100,
        group_2=context.speech.other((exposures.levels[high],)),
        n=int(exposures.n[low]),
        n_2=int(exposures.n[high]),
    )


def _reason(
    gap: Gap, limit: Limit, status: Status, chance_of_it: float | None, context: Context
) -> str:
    reason = ratio_reason(gap, limit, status, context.level)
    if chance_of_it is not None:
        reason += say(" If places were dealt out regardless of group, ")
        reason += say("a ratio this low would come up with {chance}.", chance=chance(chance_of_it))
    return reason


def _measurement(gap: Gap, n: int, context: Context) -> Measurement:
    interval = Interval(
        low=gap.low, high=gap.high, level=context.level, method="log-normal, simultaneous"
    )
    return Measurement(
        metric="exposure_ratio",
        value=gap.value,
        n=n,
        interval=interval,
        method="smallest mean exposure over largest",
    )


def _end(exposures: _Exposures, place: int) -> JsonObject:
    return {
        "group": [exposures.levels[place]],
        "rate": float(exposures.mean[place]),
        "n": int(exposures.n[place]),
    }


def _figure(exposures: _Exposures, shown: Sequence[int], context: Context) -> Figure:
    half = 1.96 * np.sqrt(exposures.variance)
    rows = [
        Estimate(
            label=context.speech.group((exposures.levels[i],)),
            value=float(exposures.mean[i]),
            low=number(exposures.mean[i] - half[i]),
            high=number(exposures.mean[i] + half[i]),
            n=int(exposures.n[i]),
        )
        for i in shown
    ]
    told = [
        say("{row} {row_2:.3f} (n = {row_3:,})", row=row.label, row_2=row.value, row_3=row.n)
        for row in rows[:12]
    ]
    name = by_name(exposures.by)
    return Figure.of(
        slug("exposure", *exposures.by),
        Dots(rows=rows, x_label="mean exposure"),
        title=say("Mean exposure by {by_name}", by_name=name),
        alt=say("Mean exposure by {by_name}: {alt}.", by_name=name, alt=joined("; ", told)),
    )
