"""A performance limit is told of the group whose interval decides it, which need not be the worst estimate."""

import pytest

from raudit.findings import Status

LIMIT = 0.8


def people(*groups):
    """Columns of (group, n, right decisions)."""
    columns = {"g": [], "y": [], "p": []}
    for group, n, right in groups:
        columns["g"] += [group] * n
        columns["y"] += [i % 2 for i in range(n)]
        columns["p"] += [i % 2 if i < right else 1 - i % 2 for i in range(n)]
    return columns


def by_group(run, *groups):
    result = run(
        people(*groups),
        prediction=("p", "1"),
        label=("y", "1"),
        options={"performance": {"accuracy": LIMIT}, "draws": 200, "min_group": 30},
    )
    (finding,) = [
        finding
        for finding in result.findings
        if finding.rule == "RA-PERF-001" and finding.subject.kind == "attribute"
    ]
    return finding


@pytest.mark.parametrize(
    ("groups", "status", "decides", "side"),
    [
        # .750 of 40 settles nothing; .770 of 20,000 breaks the limit
        ((("small", 40, 30), ("large", 20_000, 15_400)), Status.FAILED, "large", "breaks"),
        # .820 of 20,000 is inside; .825 of 40 settles nothing
        ((("large", 20_000, 16_400), ("small", 40, 33)), Status.INDETERMINATE, "small", "does not"),
        # both inside: the worse one
        ((("a", 20_000, 16_400), ("b", 20_000, 16_600)), Status.PASSED, "a", "keeps to"),
        # both outside: the worse one
        ((("a", 20_000, 14_400), ("b", 20_000, 14_600)), Status.FAILED, "a", "breaks"),
    ],
)
def test_the_interval_that_is_printed_is_the_one_that_decides(run, groups, status, decides, side):
    finding = by_group(run, *groups)
    low, high = finding.measurement.interval.low, finding.measurement.interval.high
    assert (finding.status, finding.data["group"]) == (status, [decides])
    assert side in finding.reason
    assert {"breaks": high < LIMIT, "does not": low < LIMIT <= high, "keeps to": low >= LIMIT}[side]
    others = min(right / n for group, n, right in groups if group != decides)
    assert ("the worst of the groups" in finding.statement) == (finding.measurement.value < others)


def beside_a_baseline(*groups):
    """Columns of (group, n, only the system right, only the baseline right); both are right elsewhere."""
    columns = {"g": [], "y": [], "p": [], "old": []}
    for group, n, ours, theirs in groups:
        truth = [i % 2 for i in range(n)]
        columns["g"] += [group] * n
        columns["y"] += truth
        columns["p"] += [1 - y if i < theirs else y for i, y in enumerate(truth)]
        columns["old"] += [1 - y if theirs <= i < theirs + ours else y for i, y in enumerate(truth)]
    return columns


def paired(run, *groups):
    return run(
        beside_a_baseline(*groups),
        prediction=("p", "1"),
        label=("y", "1"),
        baseline=("old", "1"),
        options={"draws": 4000, "min_group": 30},
    )


def test_a_baseline_is_told_of_the_group_that_decides(run, finding):
    # the small one loses more and settles nothing; the large one certainly loses
    groups = (("small", 40, 4, 8), ("large", 20_000, 400, 1_000))
    found = finding(paired(run, *groups), "RA-FAIR-014", "g")
    assert found.status is Status.FAILED
    assert (found.measurement.n, found.measurement.value) == (20_000, pytest.approx(-0.03))
    assert found.measurement.interval.high < 0
    assert found.reason.startswith("A difference of -3.0")
    # here the large one is the worst and decides
    found = finding(paired(run, ("small", 40, 8, 4), groups[1]), "RA-FAIR-014", "g")
    assert found.reason.startswith("The group in which the system gains least: a difference")


def test_paired_intervals_hold_for_all_groups_at_once(run, finding):
    def width(k):
        found = finding(
            paired(run, *[(f"g{i}", 2_000, 100, 100) for i in range(k)]), "RA-FAIR-014", "g"
        )
        return found.measurement.interval.high - found.measurement.interval.low

    one, ten = 1.9600, 2.8070  # normal quantiles of .975 and .9975
    assert width(10) / width(1) == pytest.approx(ten / one, rel=0.06)
