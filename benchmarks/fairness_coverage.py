"""Coverage of the intervals and size of the tests, as printed in docs/explanation/intervals.md.

Rates, differences and ratios are enumerated exactly (every possible outcome, weighted by its probability); the largest
gap over many groups is simulated.

python benchmarks/fairness_coverage.py [--markdown] [--quick]
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy.stats import binom

from raudit.stats import (
    Bounds,
    katz,
    largest_difference,
    max_gap_test,
    newcombe,
    range_quantile,
    wilson,
    wilson_ratio,
)

SIZES = (10, 30, 100, 300, 1000)
RATES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
PAIRS = (
    (0.02, 0.02),
    (0.02, 0.1),
    (0.05, 0.1),
    (0.1, 0.1),
    (0.1, 0.2),
    (0.2, 0.5),
    (0.35, 0.5),
    (0.5, 0.5),
)
SIZE_PAIRS = (
    (10, 10),
    (10, 100),
    (10, 1000),
    (30, 30),
    (30, 300),
    (100, 100),
    (100, 1000),
    (300, 300),
    (1000, 1000),
)


def rate_coverage(n: int, p: float) -> float:
    x = np.arange(n + 1)
    low, high = wilson(x, n)
    return float(binom.pmf(x, n, p)[(low <= p) & (p <= high)].sum())


def attainable(n: int, p: float) -> float:
    """Coverage nearest to 95 % of any interval that depends on the count and is monotone: a run of counts."""
    pmf = binom.pmf(np.arange(n + 1), n, p)
    sums = np.concatenate([[0], np.cumsum(pmf)])
    every = (sums[None, :] - sums[:, None])[np.triu_indices(n + 2, 1)]
    return float(every[np.argmin(np.abs(every - 0.95))])


def pair_coverage(method, n, p, truth) -> float:
    x, y = np.meshgrid(np.arange(n[0] + 1), np.arange(n[1] + 1), indexing="ij")
    weight = np.outer(
        binom.pmf(np.arange(n[0] + 1), n[0], p[0]), binom.pmf(np.arange(n[1] + 1), n[1], p[1])
    )
    keep = weight > 1e-14
    low, high = method(x[keep], n[0], y[keep], n[1])
    inside = (low <= truth + 1e-12) & (truth <= high + 1e-12)
    return float(weight[keep][inside].sum())


def score_coverage(n, p, kind: str) -> float:
    """Coverage of the asymptotic score interval (Miettinen and Nurminen 1985) for the same quantity.

    The truth lies inside exactly if the score test of the truth does not reject, so no bound has to be found.
    """
    x, y = (
        grid.ravel()
        for grid in np.meshgrid(np.arange(n[0] + 1), np.arange(n[1] + 1), indexing="ij")
    )
    weight = binom.pmf(x, n[0], p[0]) * binom.pmf(y, n[1], p[1])
    x, y, weight = x[weight > 1e-14], y[weight > 1e-14], weight[weight > 1e-14]
    scale, shift = (p[0] / p[1], 0.0) if kind == "ratio" else (1.0, p[0] - p[1])
    low, high = (
        np.full(x.shape, max(0.0, -shift / scale)),
        np.full(x.shape, min(1.0, (1 - shift) / scale)),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(60):  # the likelihood under the truth is concave: bisect its slope
            q = (low + high) / 2
            first = scale * q + shift
            slope = scale * (x / first - (n[0] - x) / (1 - first)) + y / q - (n[1] - y) / (1 - q)
            low, high = np.where(slope > 0, q, low), np.where(slope > 0, high, q)
        q = (low + high) / 2
        first = scale * q + shift
        spread = first * (1 - first) / n[0] + scale**2 * q * (1 - q) / n[1]
        total = n[0] + n[1]
        z2 = (x / n[0] - scale * y / n[1] - shift) ** 2 / (spread * total / (total - 1))
    return float(weight[np.nan_to_num(z2) <= 1.959963984540054**2].sum())


def mean_coverage(bounds, n, truth) -> tuple[float, float, float]:
    """Coverage averaged over both rates from .02 to .5, with the smallest and the largest of the grid."""
    rates = np.linspace(0.02, 0.5, 17)
    if len(n) == 1:
        every = [rate_coverage(n[0], p) for p in rates]
        return float(np.mean(every)), min(every), max(every)
    x, y = np.meshgrid(np.arange(n[0] + 1), np.arange(n[1] + 1), indexing="ij")
    low, high = (side.reshape(x.shape) for side in bounds(x.ravel(), n[0], y.ravel(), n[1]))
    every = []
    for first in rates:
        for second in rates:
            here = truth(first, second)
            inside = (low <= here + 1e-12) & (here <= high + 1e-12)
            pmf = (
                binom.pmf(np.arange(n[0] + 1), n[0], first),
                binom.pmf(np.arange(n[1] + 1), n[1], second),
            )
            every.append(float(pmf[0] @ inside @ pmf[1]))
    return float(np.mean(every)), min(every), max(every)


def gap_coverage(groups: int, n: int, spread: float, rng, repeats: int) -> float:
    """Share of samples whose interval for the largest difference holds the true largest difference."""
    rates = 0.3 + spread * np.linspace(-0.5, 0.5, groups)
    truth, z, held = float(np.ptp(rates)), range_quantile(groups, 0.95), 0
    for _ in range(repeats):
        events = rng.binomial(n, rates)
        low, high = wilson(events, np.full(groups, n), z=z)
        gap = largest_difference(events / n, Bounds(low, high))
        held += gap.low <= truth <= gap.high
    return held / repeats


def gap_test_size(groups: int, n: int, p: float, rng, repeats: int, draws: int = 999) -> float:
    sizes = np.full(groups, n) if groups == 2 else np.linspace(n / 2, 3 * n / 2, groups).astype(int)
    rejected = sum(
        max_gap_test(rng.binomial(sizes, p), sizes, rng=rng, draws=draws) < 0.05
        for _ in range(repeats)
    )
    return rejected / repeats


def table(title, head, rows):
    print(f"\n**{title}**\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def cell(value: float, other: float | None = None) -> str:
    text = f"{value * 100:.1f}"
    if 0.91 <= value <= 0.98:
        return text
    return f"{text} *" if other is not None and not 0.91 <= other <= 0.98 else f"{text} !"


def pair_cell(method, n, p, truth) -> str:
    value = pair_coverage(method, n, p, truth(*p))
    if 0.91 <= value <= 0.98:
        return cell(value)
    return cell(value, score_coverage(n, p, "ratio" if truth(0.2, 0.1) == 2 else "difference"))


def print_means(title, spans) -> None:
    rows = [[n, *(f"{value * 100:.1f}" for value in found)] for n, found in spans]
    table(
        f"{title}: coverage in % averaged over rates from .02 to .5",
        ["n", "mean", "lowest", "highest"],
        rows,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    rng = np.random.default_rng(20)
    repeats = 300 if args.quick else 2000
    table(
        "Wilson, one rate: coverage in % (nominal 95)",
        ["n", *(f"p = {p}" for p in RATES)],
        [[str(n), *(cell(rate_coverage(n, p), attainable(n, p)) for p in RATES)] for n in SIZES],
    )
    head = ["n", *(f"{a} / {b}" for a, b in PAIRS)]
    ratio = lambda a, b: a / b  # noqa: E731
    spans = [(str(n), mean_coverage(None, (n,), None)) for n in SIZES]
    print_means("Wilson, one rate", spans)
    for title, method, truth in (
        ("Newcombe, difference", newcombe, lambda a, b: a - b),
        ("Wilson on the log scale, ratio", wilson_ratio, ratio),
        ("Katz + 0.5, ratio (not used)", katz, ratio),
    ):
        rows = [
            [f"{n[0]} / {n[1]}", *(pair_cell(method, n, p, truth) for p in PAIRS)]
            for n in SIZE_PAIRS
        ]
        table(f"{title}: coverage in %", head, rows)
        sizes = SIZE_PAIRS[:6] if args.quick else SIZE_PAIRS
        print_means(title, [(f"{n[0]} / {n[1]}", mean_coverage(method, n, truth)) for n in sizes])
    rows = [
        [
            str(k),
            *(
                f"{gap_coverage(k, n, s, rng, repeats) * 100:.1f}"
                for n in (50, 500)
                for s in (0.0, 0.2)
            ),
        ]
        for k in (2, 10, 50)
    ]
    table(
        "Largest difference over groups: coverage in %",
        ["groups", "n 50, even", "n 50, gap .2", "n 500, even", "n 500, gap .2"],
        rows,
    )
    cases = ((100, 0.3), (1000, 0.3), (1000, 0.05))
    rows = [
        [str(k), *(f"{gap_test_size(k, n, p, rng, repeats) * 100:.1f}" for n, p in cases)]
        for k in (2, 10, 50)
    ]
    table(
        "Max-gap test: rejections at 5 % under even rates, in %",
        ["groups", "n 100, p .3", "n 1000, p .3", "n 1000, p .05"],
        rows,
    )


if __name__ == "__main__":
    main()
