"""Rates of groups in two records, and the signed gap of a named pair of groups.

A gap that turns round has the same size as before: 40 % against 30 % and 30 % against 40 % are both ten points. So a
gap is followed as the difference of two named groups, and every group's own rate is compared as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from raudit.findings import Finding, Interval, Measurement
from raudit.kept import check_estimate
from raudit.policy.difference import Difference, difference, z_of
from raudit.record import Record

Key = tuple[tuple[str, ...], tuple[str, ...], str]
"""Attributes, levels, metric."""
DERIVED = (
    "true_negative_rate",
    "false_negative_rate",
    "false_discovery_rate",
    "false_omission_rate",
)
"""One less another rate: comparing both would count one change twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One metric of one group in one record."""

    group: tuple[str, ...]
    metric: str
    value: float
    n: int
    effective: float | None
    """Rows it rests on where it is a share of rows, Kish's number under weights; None for other metrics."""
    low: float | None = None
    high: float | None = None
    level: float = 0.95

    def ends(self, z: float) -> tuple[float, float] | None:
        """Its interval at a multiplier of the standard error: Wilson's for shares, else the stored one stretched."""
        if self.effective is not None:
            return _wilson(self.value, self.effective, z) if self.effective > 0 else None
        if self.low is None or self.high is None:
            return None
        stretch = z / z_of(self.level)
        return self.value - stretch * (self.value - self.low), self.value + stretch * (
            self.high - self.value
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PairChange:
    """What became of the gap between two named groups."""

    metric: str
    first: tuple[str, ...]
    """The group whose rate was the higher one."""
    second: tuple[str, ...]
    old: tuple[Rate, Rate]
    new: tuple[Rate, Rate]
    ratio: bool
    """Whether the gap is the second rate over the first, instead of the first less the second."""
    difference: Difference
    """New signed gap less the old one."""
    clear: bool
    turned: bool
    """Whether the other group is ahead now, beyond chance, and was behind before."""

    @property
    def gaps(self) -> tuple[float, float]:
        """The signed gap before and now."""
        before, after = (_gap(pair, self.ratio) for pair in (self.old, self.new))
        return before, after


@dataclass(frozen=True, slots=True, kw_only=True)
class RateChange:
    """One metric of one group in two records."""

    by: tuple[str, ...]
    group: tuple[str, ...]
    metric: str
    old: Rate
    new: Rate
    difference: Difference
    clear: bool
    """Whether it holds up among all rates that are compared (Bonferroni)."""


def lost_groups(old: Mapping[Key, Rate], new: Mapping[Key, Rate], least: int) -> tuple[str, ...]:
    """Groups of one attribute that only the old record tells anything of, on ``least`` people or more."""
    here = {(by, group) for by, group, _metric in new}
    gone = {
        (by[0], group[0])
        for (by, group, _metric), rate in old.items()
        if len(by) == 1 and (by, group) not in here and rate.n >= least
    }
    return tuple(f"{by} {group}" for by, group in sorted(gone))


def rates_of(record: Record) -> dict[Key, Rate]:
    """Every estimate by group that a record holds."""
    found: dict[Key, Rate] = {}
    for stage in record.stages:
        rows = stage.artefacts.get("estimates", ()) if stage.artefacts else ()
        for row in rows if isinstance(rows, Sequence) else ():
            if (
                isinstance(row, Mapping)
                and row.get("value") is not None
                and {"by", "group", "metric"} <= set(row)
            ):
                check_estimate(row)
                key = (tuple(row["by"]), tuple(row["group"]), str(row["metric"]))
                found[key] = _rate(key, row)
    return found


def _rate(key: Key, row: Mapping[str, Any]) -> Rate:
    share = str(row.get("method", "")).startswith("wilson")
    span = row.get("interval") or (None, None)
    return Rate(
        group=key[1],
        metric=key[2],
        value=float(row["value"]),
        n=int(row.get("n", 0)),
        effective=float(row.get("effective_n", row.get("n", 0))) if share else None,
        low=span[0],
        high=span[1],
        level=float(row.get("level", 0.95)),
    )


def rate_changes(
    old: Mapping[Key, Rate], new: Mapping[Key, Rate], *, level: float
) -> tuple[RateChange, ...]:
    """Compare every group's shares (and AUC) in two records, single attributes only."""
    keys = [
        key
        for key in old
        if key in new and len(key[0]) == 1 and key[2] not in DERIVED
        if (old[key].effective and new[key].effective) or key[2] == "auc"
    ]
    wide = 1 - (1 - level) / max(len(keys), 1)
    found = []
    for key in keys:
        apart = _apart(_alone(old[key], level), _alone(new[key], level), level)
        strict = _apart(_alone(old[key], wide), _alone(new[key], wide), wide)
        if apart is not None and strict is not None:
            found.append(
                RateChange(
                    by=key[0],
                    group=key[1],
                    metric=key[2],
                    old=old[key],
                    new=new[key],
                    difference=apart,
                    clear=strict.excludes_zero,
                )
            )
    return tuple(found)


def pairs_of(
    old: Finding, new: Finding, before: Mapping[Key, Rate], after: Mapping[Key, Rate]
) -> list[tuple[Rate, ...]]:
    """The pairs of groups that a finding named, then and now, as their four rates (old, old, new, new).

    Empty if the finding is not about a gap between two groups, or their rates are not in both records.
    """
    found: dict[tuple[Any, ...], tuple[Rate, ...]] = {}
    for finding, rates in ((old, before), (new, after)):
        apart = finding.apart
        if apart is None or not apart.by or finding.measurement is None:
            continue
        keys = [(apart.by, group, apart.metric) for group in (apart.highest, apart.lowest)]
        four = [rates_.get(key) for rates_ in (before, after) for key in keys]
        if any(rate is None for rate in four) or not _is_the_gap(
            finding, rates[keys[0]], rates[keys[1]]
        ):
            continue
        known = [rate for rate in four if rate is not None]
        if known[0].value < known[1].value:  # the new record's pair, told from the old one's side
            known = [known[1], known[0], known[3], known[2]]
        found.setdefault((apart.metric, known[0].group, known[1].group), tuple(known))
    return list(found.values())


def _is_the_gap(finding: Finding, high: Rate, low: Rate) -> bool:
    """Whether the finding's value is the gap of these two, and not a mean of several gaps."""
    assert finding.measurement is not None  # noqa: S101 -- the caller has looked
    value = finding.measurement.value
    gaps = [high.value - low.value, low.value / high.value if high.value else math.nan]
    return value is not None and any(
        math.isclose(abs(gap), value, rel_tol=1e-9, abs_tol=1e-9) for gap in gaps
    )


def pair_change(
    four: tuple[Rate, ...], *, ratio: bool, compared: int, level: float, wide: float
) -> PairChange | None:
    """Compare the signed gap of two groups; None where it is undefined.

    Parameters
    ----------
    four
        Rates of the first and the second group, old and then new.
    ratio
        Follow the ratio instead of the difference.
    compared
        Groups among which the pair was picked; their intervals hold for all pairs at once (Tukey).
    level, wide
        Coverage of the interval that is printed, and of the one that decides whether the change is clear.
    """
    apart, strict = (_pair_difference(four, ratio, compared, at) for at in (level, wide))
    if apart is None or strict is None:
        return None
    now = _signed((four[2], four[3]), ratio, compared, wide)
    even = 1.0 if ratio else 0.0
    behind = (
        now is not None
        and now.interval is not None
        and (
            (now.interval.low is not None and now.interval.low > even)
            if ratio
            else (now.interval.high is not None and now.interval.high < even)
        )
    )
    return PairChange(
        metric=four[0].metric,
        first=four[0].group,
        second=four[1].group,
        old=(four[0], four[1]),
        new=(four[2], four[3]),
        ratio=ratio,
        difference=apart,
        clear=strict.excludes_zero,
        turned=strict.excludes_zero and behind and four[0].value > four[1].value,
    )


def _pair_difference(
    four: tuple[Rate, ...], ratio: bool, compared: int, level: float
) -> Difference | None:
    before, after = (
        _signed(pair, ratio, compared, level) for pair in ((four[0], four[1]), (four[2], four[3]))
    )
    return _apart(before, after, level)


def _apart(old: Measurement | None, new: Measurement | None, level: float) -> Difference | None:
    return None if old is None or new is None else difference(old, new, level=level)


def _alone(rate: Rate, level: float) -> Measurement | None:
    span = rate.ends(z_of(level))
    if span is None:
        return None
    return _measurement(rate.metric, rate.value, rate.n, span, level)


def _signed(
    pair: tuple[Rate, Rate], ratio: bool, compared: int, level: float
) -> Measurement | None:
    """The signed gap of two groups with its interval (Newcombe's for rates, on the log scale for ratios)."""
    from raudit.stats import range_quantile

    z = range_quantile(max(compared, 2), level)
    first, second = pair
    spans = first.ends(z), second.ends(z)
    if spans[0] is None or spans[1] is None:
        return None
    n = first.n + second.n
    if not ratio:
        low = (
            first.value
            - second.value
            - math.hypot(first.value - spans[0][0], spans[1][1] - second.value)
        )
        high = (
            first.value
            - second.value
            + math.hypot(spans[0][1] - first.value, second.value - spans[1][0])
        )
        return _measurement(first.metric, first.value - second.value, n, (low, high), level)
    if min(first.value, second.value, spans[0][0], spans[1][0]) <= 0:
        return None
    value = math.log(second.value / first.value)
    below = math.hypot(math.log(second.value / spans[1][0]), math.log(spans[0][1] / first.value))
    above = math.hypot(math.log(spans[1][1] / second.value), math.log(first.value / spans[0][0]))
    return _measurement(
        first.metric, math.exp(value), n, (math.exp(value - below), math.exp(value + above)), level
    )


def _measurement(
    metric: str, value: float, n: int, span: tuple[float, float], level: float
) -> Measurement:
    interval = Interval(low=span[0], high=span[1], level=level, method="MOVER")
    return Measurement(metric=metric, value=value, n=n, interval=interval)


def _gap(pair: tuple[Rate, Rate], ratio: bool) -> float:
    return pair[1].value / pair[0].value if ratio else pair[0].value - pair[1].value


def _wilson(p: float, n: float, z: float) -> tuple[float, float]:
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(min(centre - half, p), 0.0), min(max(centre + half, p), 1.0)
