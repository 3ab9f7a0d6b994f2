"""What chance does to readiness and drift: false alarms of a year, and how often intervals hold what they estimate.

    python benchmarks/readiness_chance.py year --runs 400
    python benchmarks/readiness_chance.py delay --runs 100
    python benchmarks/readiness_chance.py unlabelled --runs 4000
    python benchmarks/readiness_chance.py noise --runs 200 --seed 30000

``year``: 52 weekly audits of a stream that never changes, 20 features in 4 groups, each week against the same
reference. A year counts if any audit fails anything. Groups are as small as the stage compares, since there chance does
most. The stage's tests are called on arrays; only a week in which one of them could be clear is compared in full.

``delay``: how many weekly audits pass until a shift that begins and stays is told.

``unlabelled``: accuracy, true positive rate and precision estimated from calibrated scores (CBPE), held against what the
labels then say; and how often scores that are no probabilities are refused.

``noise``: labels replaced by another class with a known chance, and the interval of the share of wrong ones.
"""

from __future__ import annotations

import argparse
import sys
import time
from unittest import mock

import numpy as np
import pandas as pd

from raudit.data import Kind
from raudit.findings import Status
from raudit.stages.data_readiness.labels import out_of_fold
from raudit.stages.drift import compare
from raudit.stages.drift.judge import Judged, has_levels, judge, spent
from raudit.stages.drift.options import Options
from raudit.stages.drift.performance import TIGHT
from raudit.stats.judged import clopper_pearson
from raudit.stats.label_noise import NoiseEstimate, label_noise
from raudit.stats.shift import absence, homogeneity, ks
from raudit.stats.unlabelled import calibration, estimated_performance
from raudit.stats.unseen import new_rows_chance, one_sided_chances

GROUPS = 4
REFERENCE, WEEK = 4_000, 500
COMMON_SHARES = [0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.04, 0.01]
RARE_SHARES = 1 / np.arange(1, 121) / np.sum(1 / np.arange(1, 121))


Table = dict[str, np.ndarray]


def stream(rng: np.random.Generator, n: int) -> Table:
    """Twenty features: of six shapes of numbers, texts of eight levels, and texts of many rare ones, as codes."""
    heavy = {f"h{i}": rng.lognormal(8, 1.2, n).round(0) for i in range(3)}
    plain = {f"n{i}": rng.normal(size=n).round(2) for i in range(4)}
    steps = {f"s{i}": rng.poisson(1.3, n).astype(float) for i in range(3)}
    empty = {f"e{i}": np.where(rng.random(n) > 0.05, rng.normal(size=n), np.nan) for i in range(2)}
    levels = {f"l{i}": rng.choice(len(COMMON_SHARES), n, p=COMMON_SHARES) for i in range(5)}
    rare = {f"r{i}": rng.choice(RARE_SHARES.size, n, p=RARE_SHARES) for i in range(3)}
    return heavy | plain | steps | empty | levels | rare


def parts(table: Table) -> dict[tuple[str, str], np.ndarray]:
    """Each column of everyone and of every group."""
    groups = [
        ("", slice(None)),
        *((str(group), slice(group, None, GROUPS)) for group in range(GROUPS)),
    ]
    return {(name, group): column[rows] for name, column in table.items() for group, rows in groups}


def alarms(old: dict, new: dict, options: Options, rng: np.random.Generator) -> list[Judged]:
    """What one audit says: the stage's own comparison, of those weeks alone in which any test could be clear.

    Holm's smallest adjusted p value is the smallest one times their number; unless that is clear, none is.
    """
    values = {key: clearest(key[0], old[key], new[key], bool(key[1])) for key in old}
    half = spent(options) / 2
    moved = min(p for p, _levels in values.values()) * len(values) <= half
    if not moved and not any(levels for _p, levels in values.values()):
        return []
    with (
        mock.patch("raudit.stats.shift.noncentral_bounds", return_value=(0.0, 1.0)),
        mock.patch.object(compare, "wasserstein", return_value=None),
    ):
        found = [
            compare.shift(
                name,
                pd.Series(old[name, group]).map(str)
                if name[0] in "lr"
                else pd.Series(old[name, group]),
                pd.Series(new[name, group]).map(str)
                if name[0] in "lr"
                else pd.Series(new[name, group]),
                Kind.TEXT if name[0] in "lr" else Kind.NUMBER,
                rng=rng,
                group=group,
            )
            for name, group in old
        ]
    return [
        item
        for item in judge(found, options)
        if item.moved or (has_levels(item.shift) and item.levels is Status.FAILED)
    ]


def clearest(name: str, old: np.ndarray, new: np.ndarray, grouped: bool) -> tuple[float, bool]:
    """The p value of a column, by the functions that the stage calls, and whether its levels may be an alarm."""
    if name[0] not in "lr":
        a, b = old[np.isfinite(old)], new[np.isfinite(new)]
        p_value = ks(a, b).p_value
        empty = (old.size - a.size, new.size - b.size)
        if any(empty):
            p_value = 2 * min(p_value, absence((empty[0], old.size), (empty[1], new.size)))
        return p_value, False
    size = int(max(old.max(), new.max())) + 1
    counts = np.stack([np.bincount(side, minlength=size) for side in (old, new)]).astype(float)
    counts = counts[:, counts.any(axis=0)]
    p_value = homogeneity(counts[0], counts[1], expected=compare.EXPECTED)[1]
    if grouped:
        return p_value, False
    gone = one_sided_chances(counts, side=0)[counts[1] == 0] * counts.shape[1]
    # Wider than any share of the error that one column's levels may have.
    return p_value, bool((gone < 0.01).any()) or new_rows_chance(counts) < 0.01


def year(seed: int, weeks: int = 52) -> tuple[bool, bool]:
    """Whether any audit of a year says that something moved, and whether any says that levels are new or gone."""
    rng = np.random.default_rng(seed)
    options = Options(audits=52)
    old = parts(stream(rng, REFERENCE))
    moved = levels = False
    for _week in range(weeks):
        for item in alarms(old, parts(stream(rng, WEEK)), options, rng):
            moved |= item.moved
            levels |= not item.moved
    return moved, levels


def years(runs: int, seed: int) -> None:
    """Print how many years have a false alarm."""
    moved = levels = either = 0
    for number in range(runs):
        one, two = year(seed + number)
        moved, levels, either = moved + one, levels + two, either + (one or two)
        if (number + 1) % 100 == 0 or number + 1 == runs:
            low, high = clopper_pearson(either, number + 1)
            print(
                f"  {number + 1} years of 52 audits, 20 features for everyone and in {GROUPS} groups of "
                f"{WEEK // GROUPS}: {moved} with a column moved, {levels} with levels new or gone, "
                f"{either} with any ({either / (number + 1):.1%}, {low:.1%} to {high:.1%})",
                flush=True,
            )


def mean(table: Table, size: float, rng: np.random.Generator) -> Table:
    """A number moves by so many standard deviations, among everyone."""
    del rng
    return table | {"n0": table["n0"] + size}


def share(table: Table, size: float, rng: np.random.Generator) -> Table:
    """So many of the rows, whatever they were, have the commonest level."""
    some = rng.random(table["l0"].size) < size
    return table | {"l0": np.where(some, 0, table["l0"])}


def group_mean(table: Table, size: float, rng: np.random.Generator) -> Table:
    """A number moves in one of the four groups."""
    del rng
    moved = table["n0"].copy()
    moved[::GROUPS] += size
    return table | {"n0": moved}


def emptied(table: Table, size: float, rng: np.random.Generator) -> Table:
    """So many of the values are missing that were none before."""
    gone = rng.random(table["n1"].size) < size
    return table | {"n1": np.where(gone, np.nan, table["n1"])}


def fresh_level(table: Table, size: float, rng: np.random.Generator) -> Table:
    """So many rows have a level that the reference lacks."""
    some = rng.random(table["l1"].size) < size
    return table | {"l1": np.where(some, len(COMMON_SHARES), table["l1"])}


PLANTED = {
    "a number moves, in standard deviations": (mean, (0.3, 0.5)),
    "the same in one group of four": (group_mean, (0.75, 1.0)),
    "share of rows that go to the commonest level": (share, (0.2, 0.3)),
    "share of values that go missing": (emptied, (0.05, 0.1)),
    "share of rows with a new level": (fresh_level, (0.03, 0.05)),
}
LONGEST = 13
"""Weeks for which a planted shift is waited for."""


def delays(runs: int, seed: int) -> None:
    """Print after how many audits a shift that is planted and stays is told."""
    options = Options(audits=52)
    for name, (plant, sizes) in PLANTED.items():
        for size in sizes:
            waited = []
            for number in range(runs):
                rng = np.random.default_rng([seed, number])
                old, week = parts(stream(rng, REFERENCE)), 1
                while week <= LONGEST and not alarms(
                    old, parts(plant(stream(rng, WEEK), size, rng)), options, rng
                ):
                    week += 1
                waited.append(week)
            told = [int(np.quantile(waited, level, method="higher")) for level in (0.5, 0.95)]
            words = [f"{week}" if week <= LONGEST else f"over {LONGEST}" for week in told]
            print(
                f"  {name}, {size}: told after {words[0]} (half), {words[1]} (95 %) of {runs}",
                flush=True,
            )


SHAPES = {"even": (1.5, 1.0), "sure": (0.5, 0.5), "rare": (1.0, 9.0), "middle": (4.0, 4.0)}
"""Beta laws of the scores."""
WARPS = {
    "squared": lambda p: p**2,
    "overconfident": lambda p: p**2 / (p**2 + (1 - p) ** 2),
    "underconfident": lambda p: p**0.5 / (p**0.5 + (1 - p) ** 0.5),
    "ten points high": lambda p: np.minimum(p + 0.1, 1),
    "ranked": lambda p: np.argsort(np.argsort(p)) / p.size,
}
"""Ways in which scores are no probabilities."""


def covered(name: str, n: int, runs: int, rng: np.random.Generator) -> None:
    """Print how often the three estimates hold what the labels say."""
    held = {"accuracy": [0, 0], "true_positive_rate": [0, 0], "precision": [0, 0]}
    for _ in range(runs):
        scores = rng.beta(*SHAPES[name], n)
        y, chosen = (rng.random(n) < scores).astype(int), (scores > 0.5).astype(int)
        right = int((y[chosen == 1]).sum())
        real = {
            "accuracy": (y == chosen).mean(),
            "true_positive_rate": right / y.sum() if y.sum() else None,
            "precision": right / chosen.sum() if chosen.sum() else None,
        }
        for item in estimated_performance(scores, chosen):
            value = real[item.metric]
            if value is not None:
                held[item.metric][0] += item.low <= value <= item.high
                held[item.metric][1] += 1
    told = ", ".join(
        f"{metric} {hits / of:.1%} of {of}" if of else f"{metric} never given"
        for metric, (hits, of) in held.items()
    )
    print(f"  {name:7} scores of {n:,} rows: {told}", flush=True)


def refused(name: str, n: int, runs: int, rng: np.random.Generator) -> None:
    """Print how often scores are refused: calibrated ones rarely, others always."""
    limit = Options().min_p_calibrated
    told = []
    for warp, change in {"calibrated": lambda p: p, **WARPS}.items():
        count = 0
        for _ in range(runs):
            scores = rng.beta(*SHAPES[name], n)
            y = (rng.random(n) < scores).astype(np.int64)
            tested = calibration(y, change(scores))
            count += tested.p_value < limit or tested.error_high > TIGHT
        told.append(f"{warp} {count / runs:.1%}")
    print(f"  {name:7} scores of {n:,} rows, refused: {', '.join(told)}", flush=True)


def unlabelled(runs: int, seed: int) -> None:
    """Print coverage and refusals by shape of the scores."""
    rng = np.random.default_rng(seed)
    for name in SHAPES:
        for n in (300, 2_000):
            covered(name, n, runs, rng)
    for name in SHAPES:
        refused(name, 2_000, max(runs // 20, 1), rng)


def separable(seed: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Features that tell classes apart: by one column, by three together, of a rare class, of four classes."""
    rng = np.random.default_rng(seed)
    if kind == "four":
        y = rng.integers(0, 4, 1500)
        features = rng.normal(size=(1500, 4))
        features[np.arange(1500), y] += 6
        return features, y
    y = (rng.random(1500) < (0.15 if kind == "rare" else 0.5)).astype(np.int64)
    features = rng.normal(size=(1500, 6))
    if kind == "three":
        features[:, :3] += (1.8 * (2 * y - 1))[:, None]
    else:
        features[:, 0] += 3.2 * (2 * y - 1)
    return features, y


def estimated(seed: int, kind: str, rate: float) -> NoiseEstimate:
    """Noise that is found where each label was replaced by another class with this chance."""
    features, y = separable(seed, kind)
    rng = np.random.default_rng([seed, 1])
    classes = int(y.max()) + 1
    wrong = rng.random(y.size) < rate
    labels = np.where(wrong, (y + rng.integers(1, classes, y.size)) % classes, y)
    return label_noise(labels, *out_of_fold(features, labels, seed=seed))


def noise(runs: int, seed: int, kind: str = "one") -> None:
    """Print coverage at 2, 5 and 10 %, with the bias of the estimate in standard errors."""
    for rate in (0.02, 0.05, 0.10):
        found = [estimated(seed + number, kind, rate) for number in range(runs)]
        hits = [item.low <= rate <= item.high for item in found]
        errors = [(item.rate - rate) / np.sqrt(rate * (1 - rate) / item.clearest) for item in found]
        print(
            f"  {kind}, {rate:.0%} planted: interval holds it in {np.mean(hits):.1%} of {runs} runs; bias "
            f"{np.mean(errors):+.2f}, spread {np.std(errors):.2f} standard errors; told as noise in "
            f"{np.mean([item.identified for item in found]):.1%}",
            flush=True,
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("year", "delay", "unlabelled", "noise"))
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=40_000)
    chosen = parser.parse_args()
    started = time.process_time()
    {"year": years, "delay": delays, "unlabelled": unlabelled, "noise": noise}[chosen.what](
        chosen.runs, chosen.seed
    )
    print(f"  {time.process_time() - started:,.0f} s of processor", file=sys.stderr)


if __name__ == "__main__":
    main()
