"""Records of one system in order of time become series, one for each finding that measures something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from raudit.errors import UsageError
from raudit.findings import Finding, Measurement, SubjectKind
from raudit.policy.difference import ends
from raudit.record import Record
from raudit.sentences import joined, metric_words, say

LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One measurement at one time."""

    at: datetime
    run: str
    """Id of the run."""
    data: str
    """Digest of the data; two points of one data set are one observation."""
    measurement: Measurement
    low: float | None
    """Lower end at 95 %; for bounds over late labels, the bound."""
    high: float | None

    @property
    def value(self) -> float | None:
        """The estimate; None where labels are late, and only the bounds are known."""
        return self.measurement.value

    @property
    def bounded(self) -> bool:
        """Whether this is a pair of bounds over late labels rather than an estimate."""
        return self.value is None and self.low is not None and self.high is not None

    @property
    def error(self) -> float | None:
        """Standard error by the width of the interval; None without an interval."""
        if self.value is None or self.low is None or self.high is None or self.high <= self.low:
            return None
        return (self.high - self.low) / (2 * 1.959963984540054)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What one finding measured, over time."""

    fingerprint: str
    rule: str
    kind: SubjectKind
    """Kind of the subject."""
    subject: str
    """Subject and what narrows it, such as ``sex Female``."""
    metric: str
    points: tuple[Point, ...]
    """In order of time."""
    finding: Finding
    """The latest."""

    @property
    def name(self) -> str:
        """Such as ``selection rate ratio of sex``: what a reader sees; programs get ``metric`` and ``subject``."""
        return say("{metric} of {subject}", metric=metric_words(self.metric), subject=self.subject)


def ended(series: Sequence[Series], newest: datetime) -> tuple[str, ...]:
    """Say which series the latest audit does not go on with: what is not measured any more cannot leave its limits."""
    names = [one.name for one in series if one.points[-1].at < newest]
    if not names:
        return ()
    more = say(" and {count:,} more", count=len(names) - 3) if len(names) > 3 else ""
    return (
        say(
            "Series that the latest audit did not measure: {n:,} of {of:,} ({names}{more}).",
            n=len(names),
            of=len(series),
            names=joined(", ", names[:3]),
            more=more,
        ),
    )


def in_order(records: Sequence[Record]) -> tuple[Record, ...]:
    """Records in order of time, each run once.

    Raises
    ------
    UsageError
        If they are of different systems, whose numbers make no series.
    """
    unique = {record.run.id: record for record in records}
    systems = {str(record.system.get("name", "")) for record in unique.values()}
    if len(systems) > 1:
        raise UsageError(
            "the records are of different systems",
            reference="trend-systems",
            got=", ".join(sorted(systems)),
            expected="records of one system",
            hint="name the records of one system only",
        )
    return tuple(sorted(unique.values(), key=lambda record: (record.run.clock, record.run.id)))


def series_of(records: Sequence[Record]) -> tuple[Series, ...]:
    """Make series of records of one system.

    Raises
    ------
    UsageError
        See ``in_order``.
    """
    kept: dict[str, list[tuple[Record, Finding]]] = {}
    for record in in_order(records):
        for finding in record.findings:
            if finding.measurement is not None:
                kept.setdefault(finding.fingerprint, []).append((record, finding))
    return tuple(_series(key, found) for key, found in kept.items())


def _series(fingerprint: str, found: Sequence[tuple[Record, Finding]]) -> Series:
    latest = found[-1][1]
    assert latest.measurement is not None  # noqa: S101 -- only such are kept
    metric, unit = latest.measurement.metric, latest.measurement.unit
    alike = [
        (record, finding)
        for record, finding in found
        if finding.measurement is not None
        and (finding.measurement.metric, finding.measurement.unit) == (metric, unit)
    ]
    return Series(
        fingerprint=fingerprint,
        rule=latest.rule,
        kind=latest.subject.kind,
        subject=" ".join(
            [latest.subject.name, *(v for k, v in latest.subject.detail.items() if k != "metric")]
        ),
        metric=metric,
        points=tuple(_point(record, finding) for record, finding in alike),
        finding=latest,
    )


def _point(record: Record, finding: Finding) -> Point:
    measurement = finding.measurement
    assert measurement is not None  # noqa: S101 -- only such are kept
    low, high = ends(measurement, LEVEL)
    if measurement.value is None and measurement.interval is not None:
        low, high = measurement.interval.low, measurement.interval.high
    return Point(
        at=datetime.fromisoformat(record.run.clock),
        run=record.run.id,
        data=next((item.sha256 for item in record.inputs if item.role == "data"), record.run.id),
        measurement=measurement,
        low=low,
        high=high,
    )
