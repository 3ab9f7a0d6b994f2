"""How often does a gate change its mind about a model that did not change?

A model sits at a known distance from the threshold. 200 test sets are drawn from it, and each is judged as the gate
does (passed only if the 95 % interval lies inside, failed only if it lies outside, else indeterminate) and as a gate
on the point estimate does. The stated error rate is 2.5 % a side: with a gap truly at the threshold, the certain
verdicts of both kinds together may come up in 5 % of draws in the long run, and away from it the wrong one in 2.5 %.
A line of 200 draws is held against the rate with three standard errors; 50,000 draws at the threshold then show the
rate itself.

With ``--stage``, 200 resamples of a model at the threshold go through the whole audit instead: data file, fairness
stage, policy, verdict.

Prints a line a distance and ends in 1 if a stated rate is exceeded.
"""

from __future__ import annotations

import sys

import numpy as np

from raudit.findings import Finding, Interval, Measurement, Severity, Status, Subject, Threshold
from raudit.policy.difference import difference
from raudit.policy.judge import rejudge

DRAWS = 200
ROWS = 1000
BASE = 0.30
LIMIT = 0.10
LEVEL = 0.95


def main() -> int:
    """Run every distance."""
    noise = np.random.default_rng(20261121)
    print(
        f"{DRAWS} draws of 2 x {ROWS} rows, threshold {LIMIT}, stated error {1 - LEVEL:.0%} in all"
    )
    print(
        f"{'true gap':>8} {'passed':>7} {'failed':>7} {'undecided':>9} | by point estimate: passed, failed"
    )
    bad = False
    for gap in (0.00, 0.04, 0.07, 0.09, 0.10, 0.11, 0.13, 0.16, 0.20):
        seen = [judged(counts) for counts in draws(noise, gap, DRAWS)]
        verdicts = [verdict for verdict, _point in seen]
        points = [point for _verdict, point in seen]
        passed, failed = verdicts.count(Status.PASSED), verdicts.count(Status.FAILED)
        wrong = failed if gap < LIMIT else passed if gap > LIMIT else passed + failed
        stated = (1 - LEVEL) if gap == LIMIT else (1 - LEVEL) / 2
        allowed = stated + 3 * (stated * (1 - stated) / DRAWS) ** 0.5
        bad |= wrong / DRAWS > allowed
        print(
            f"{gap:8.2f} {passed:7} {failed:7} {DRAWS - passed - failed:9} | {points.count(True):7}, "
            f"{points.count(False):6} | wrong {wrong / DRAWS:.1%} (at most {allowed:.1%})"
        )
    again = np.random.default_rng(1)
    many = [judged(counts)[0] for counts in draws(again, LIMIT, 50_000)]
    certain = 1 - many.count(Status.INDETERMINATE) / len(many)
    print(
        f"at the threshold, 50,000 draws: certain verdicts {certain:.2%} (stated {1 - LEVEL:.0%})"
    )
    bad |= certain > 1 - LEVEL + 0.005
    print("OVER what was stated" if bad else "within what was stated")
    return int(bad)


def draws(noise: np.random.Generator, gap: float, times: int) -> list[tuple[int, int]]:
    """Selected rows in two groups, for each test set."""
    pairs = zip(
        noise.binomial(ROWS, BASE, times), noise.binomial(ROWS, BASE + gap, times), strict=True
    )
    return [(int(a), int(b)) for a, b in pairs]


def judged(counts: tuple[int, int]) -> tuple[Status, bool]:
    """The gate's verdict, and whether the point estimate passes."""
    a, b = (Measurement(metric="selection_rate", value=k / ROWS, n=ROWS, events=k) for k in counts)
    gap = difference(a, b, level=LEVEL)
    assert gap is not None
    span = Interval(low=gap.low, high=gap.high, level=LEVEL, method="newcombe")
    finding = Finding(
        rule="RA-FAIR-001",
        subject=Subject(kind="attribute", name="sex"),
        status=Status.PASSED,
        severity=Severity.HIGH,
        statement="Selection rates.",
        measurement=Measurement(
            metric="selection_rate_difference", value=gap.value, n=2 * ROWS, interval=span
        ),
    )
    status, _why = rejudge(finding, Threshold(low=-LIMIT, high=LIMIT))
    return status, abs(gap.value) <= LIMIT


def through_the_stage() -> int:
    """Run the whole audit on 200 resamples of a model whose gap is at the threshold."""
    import tempfile
    from collections import Counter
    from datetime import UTC, datetime
    from pathlib import Path

    import pandas as pd

    from raudit.audit import judge_plan
    from raudit.plan import parse_plan

    noise = np.random.default_rng(7)
    seen: dict[str, Counter[str]] = {}
    exits: Counter[int] = Counter()
    for a, b in draws(noise, LIMIT, DRAWS):
        granted = np.repeat(["yes", "no", "yes", "no"], [a, ROWS - a, b, ROWS - b])
        frame = pd.DataFrame({"sex": np.repeat(["F", "M"], ROWS), "granted": granted})
        with tempfile.TemporaryDirectory() as folder:
            frame.to_parquet(Path(folder) / "people.parquet")
            plan = parse_plan(PLAN, folder=Path(folder))
            record = judge_plan(plan, clock=datetime(2026, 11, 21, tzinfo=UTC))
        for finding in record.findings:
            if finding.measurement is not None and finding.threshold is not None:
                name = f"{finding.rule} {finding.subject.name} {finding.measurement.metric}"
                seen.setdefault(name, Counter())[str(finding.status)] += 1
        exits[record.verdict.exit_status if record.verdict else 4] += 1
    stated = 1 - LEVEL
    allowed = stated + 3 * (stated * (1 - stated) / DRAWS) ** 0.5
    bad = False
    for name, counts in sorted(seen.items()):
        both = min(counts["passed"], counts["failed"])
        bad |= both / DRAWS > allowed
        print(
            f"{name:60} passed {counts['passed']:3} failed {counts['failed']:3} undecided {counts['indeterminate']:3}"
        )
    print(f"exit statuses {dict(sorted(exits.items()))}")
    bad |= min(exits[0], exits[1]) / DRAWS > allowed
    print(f"both verdicts at most {allowed:.1%} of draws: {'NO' if bad else 'yes'}")
    return int(bad)


PLAN = f"""\
schema: raudit.plan/1
system: {{name: At the threshold, version: "1"}}
data:
  path: people.parquet
  prediction: {{column: granted, favourable: "yes"}}
sensitive_features: [sex]
stages:
  fairness:
    thresholds:
      demographic_parity_difference: {LIMIT}
"""

if __name__ == "__main__":
    sys.exit(through_the_stage() if "--stage" in sys.argv[1:] else main())
