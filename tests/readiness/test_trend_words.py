"""What a series says of exact counts and of audits on one day; what a comparison says of exact counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from raudit.policy.compare_words import _percent
from raudit.policy.difference import Ratio
from raudit.record import Record
from raudit.trend.series import series_of
from raudit.trend.watch import watch

from .test_trend import START, audit_at


def counted(week: int, value: float) -> Record:
    """A record with a count, which has no interval."""
    record = audit_at(week, value)
    [stage] = record.stages
    [finding] = stage.findings
    measured = replace(finding.measurement, interval=None, unit="rows")
    return replace(
        record, stages=(replace(stage, findings=(replace(finding, measurement=measured),)),)
    )


def test_exact_counts_get_no_interval() -> None:
    [one] = watch(series_of([counted(0, 244.0), counted(1, 241.0)]), system="Loans").watched
    assert one.sentence.endswith(" went from 244 to 241, by -3: it fell by 1%.")
    assert _percent(Ratio(value=1.25, low=1.25, high=1.25, level=0.95)) == "up by 25%"
    assert _percent(Ratio(value=0.8, low=0.7, high=0.9, level=0.95)).endswith(
        "interval 10% to 30%)"
    )


def test_audits_of_one_day_are_told_apart() -> None:
    first, second = audit_at(0, 0.2), audit_at(1, 0.1)
    clock = f"{START + timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"
    same_day = replace(second, run=replace(second.run, clock=clock))
    [one] = watch(series_of([first, same_day]), system="Loans").watched
    [two] = watch(series_of([first, second]), system="Loans").watched
    at = START + timedelta(hours=3)
    assert one.moment(one.series.points[1]) == f"{at:%Y-%m-%d %H:%M:%S}"
    assert two.moment(two.series.points[1]) == f"{START + timedelta(weeks=1):%Y-%m-%d}"
