"""What changed between two records: finding by finding, with intervals of the difference, and in the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.findings import Finding, Severity, Status
from raudit.frames import as_frame, as_html
from raudit.policy.compare_words import change_sentence, notes_of
from raudit.policy.difference import Difference, Ratio, difference, ratio, worsened, z_of
from raudit.policy.drift import Shift
from raudit.policy.profiles import GroupShifts, drift_of, profiles_of
from raudit.policy.rates import (
    PairChange,
    Rate,
    RateChange,
    lost_groups,
    pair_change,
    pairs_of,
    rate_changes,
    rates_of,
)
from raudit.record import Record

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.95
POWER = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One finding in two records."""

    fingerprint: str
    rule: str
    subject: str
    severity: Severity
    old: Finding | None
    new: Finding | None
    state: str
    """``worse``, ``better``, ``turned`` (the other group is behind now), ``newly failed``, ``no longer failed``,
    ``now unclear``, ``lost`` (measured before, not now), ``new``, ``other unit`` (measured in both, but not in the
    same unit), ``same`` (no change that chance does not explain)."""
    difference: Difference | None = None
    """New minus old, at 95 %; of the signed gap where ``pair`` names two groups."""
    pair: PairChange | None = None
    """The gap between two named groups, where the finding is about one."""
    ratio: Ratio | None = None
    """New divided by old, at 95 %, where that means something."""
    detectable: float | None = None
    """Smallest change that would have been called clear with a probability of ``POWER``; None where the difference has
    no interval."""
    clear: bool = False
    """Whether the difference holds up among all differences of this comparison (Bonferroni)."""
    sentence: str = ""

    @property
    def told(self) -> bool:
        """Whether both records hold the finding, and one of them tells anything about it."""
        both = (self.old, self.new)
        return None not in both and any(
            finding is not None
            and (finding.status is not Status.INDETERMINATE or _measured(finding))
            for finding in both
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two records, side by side."""

    old: Record
    new: Record
    changes: tuple[Change, ...]
    """Worst first."""
    rates: tuple[RateChange, ...]
    """Every group's own rates."""
    lost_groups: tuple[str, ...]
    """Groups that were large enough to be compared, and of which the new record tells nothing."""
    drift: tuple[GroupShifts, ...]
    notes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a finding that is in either record, worst first."""
        return as_frame(self._rows())

    def _repr_html_(self) -> str:
        return as_html(f"{len(self.changes):,} findings of two records", self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {
                "state": change.state,
                "clear": change.clear,
                "rule": change.rule,
                "subject": change.subject,
                "severity": str(change.severity),
                **{
                    side: finding.measurement.value
                    if finding is not None and finding.measurement
                    else None
                    for side, finding in (("old", change.old), ("new", change.new))
                },
                "difference": change.difference.value if change.difference is not None else None,
                "low": change.difference.low if change.difference is not None else None,
                "high": change.difference.high if change.difference is not None else None,
                "sentence": change.sentence,
            }
            for change in self.changes
        ]

    def of(self, *states: str) -> tuple[Change, ...]:
        """Changes in some states."""
        return tuple(change for change in self.changes if change.state in states)

    @property
    def drifted(self) -> tuple[tuple[str, Shift], ...]:
        """Columns that moved clearly, each with whose rows it was measured on."""
        return tuple(
            (f"{part.attribute} {part.group}".strip(), shift)
            for part in self.drift
            for shift in part.shifts
            if shift.state in {"moderate", "large"}
        )

    @property
    def drift_told(self) -> bool:
        """Whether any column could be compared."""
        return any(shift.psi is not None for part in self.drift for shift in part.shifts)

    @property
    def not_comparable(self) -> tuple[Shift, ...]:
        """Columns that the records do not let be compared, such as one that only one of them holds."""
        return tuple(shift for part in self.drift for shift in part.shifts if shift.incomparable)

    def exit_status(self, fail_on: str = "worse") -> int:
        """Give the status that a gate ends in.

        1 if what ``fail_on`` names happened, 5 if the records share no finding of which anything is told, 3 if
        something could be told before and cannot now, else 0.

        Parameters
        ----------
        fail_on
            ``worse`` (newly failed, clearly worse, or turned round), ``drift``, ``any`` of both, or ``never``.
        """
        if fail_on == "never":
            return 0
        if not any(change.told for change in self.changes):
            return 5
        if fail_on in {"worse", "any"} and self.of("newly failed", "worse", "turned"):
            return 1
        if fail_on in {"drift", "any"} and self.drifted:
            return 1
        if fail_on in {"drift", "any"} and (not self.drift_told or self.not_comparable):
            return 3
        return 3 if self.lost_groups or self.of("lost", "now unclear") else 0


def compare(old: Record, new: Record, *, level: float = LEVEL) -> Comparison:
    """Compare two records.

    A change is called worse or better only if its interval excludes zero at a confidence shared among all
    findings that both records measured, so that two runs of one model differ in no such word, except with
    probability 1 - level.
    """
    before, after = _matched(old, new)
    rates = rates_of(old), rates_of(new)
    pairs = {
        key: pairs_of(before[key], after[key], *rates)
        for key in before
        if key in after and _measured(before[key])
    }
    both = sum(
        1 for key in before if key in after and _measured(before[key]) and _measured(after[key])
    )
    share = (1 - level) / max(sum(max(len(found), 1) for found in pairs.values()), 1)
    changes = [
        _change(key, before.get(key), after.get(key), pairs.get(key, []), level, share)
        for key in {**before, **after}
    ]
    return Comparison(
        old=old,
        new=new,
        changes=tuple(sorted(changes, key=_order)),
        rates=rate_changes(*rates, level=level),
        lost_groups=lost_groups(*rates, least=_least(old)),
        drift=drift_of(old, new),
        notes=notes_of(old, new, both, rates, bool(profiles_of(old) and profiles_of(new))),
    )


def _least(record: Record) -> int:
    """Fewest people of a group that was compared."""
    stage = record.stage("fairness")
    return int((stage.options if stage is not None else {}).get("min_group") or 0)


METHOD = ("family",)
"""Details of a subject that say how it was measured, and not what."""


def _matched(old: Record, new: Record) -> tuple[dict[str, Finding], dict[str, Finding]]:
    """Findings by fingerprint; where only the way of measuring changed, under the new one's."""
    before = {finding.fingerprint: finding for finding in old.findings}
    after = {finding.fingerprint: finding for finding in new.findings}
    loose = {_subject(finding): key for key, finding in after.items() if key not in before}
    return {
        (key if key in after else loose.get(_subject(found), key)): found
        for key, found in before.items()
    }, after


def _subject(finding: Finding) -> tuple[Any, ...]:
    detail = sorted(
        (key, value) for key, value in finding.subject.detail.items() if key not in METHOD
    )
    return finding.rule, finding.subject.kind, finding.subject.name, tuple(detail)


def _measured(finding: Finding) -> bool:
    return finding.measurement is not None and finding.measurement.value is not None


def _change(
    key: str,
    old: Finding | None,
    new: Finding | None,
    pairs: list[tuple[Rate, ...]],
    level: float,
    share: float,
) -> Change:
    some = new or old
    assert some is not None  # noqa: S101 -- the key came from one of them
    apart = quotient = pair = None
    clear = False
    was, now = old.measurement if old else None, new.measurement if new else None
    if (
        old is not None
        and new is not None
        and was is not None
        and now is not None
        and was.metric == now.metric
    ):
        limit = new.threshold
        pair = _telling(pairs, old, new, level, share)
        if pair is not None:
            apart, clear = pair.difference, pair.clear
        else:
            apart = difference(was, now, level=level)
            wide = difference(was, now, level=1 - share)
            clear = wide is not None and wide.excludes_zero
        if limit is not None and limit.high is not None and limit.low is None:
            quotient = ratio(was, now, level=level)
    shows = _detectable(apart, share)
    state = _state(old, new, pair, clear, 1 - share / 2)
    return Change(
        fingerprint=key,
        rule=some.rule,
        subject=" ".join([some.subject.kind, some.subject.name, *some.subject.detail.values()]),
        severity=some.severity,
        old=old,
        new=new,
        state=state,
        difference=apart,
        pair=pair,
        ratio=quotient,
        detectable=shows,
        clear=clear,
        sentence=change_sentence(old, new, apart, pair, quotient, clear, shows),
    )


def _detectable(apart: Difference | None, share: float) -> float | None:
    """The change that is called clear in four of five comparisons as precise as this one."""
    if apart is None or apart.method == "exact" or apart.low is None or apart.high is None:
        return None
    error = (apart.high - apart.low) / 2 / z_of(apart.level)
    return error * (z_of(1 - share) + z_of(2 * POWER - 1))


def _telling(
    pairs: list[tuple[Rate, ...]], old: Finding, new: Finding, level: float, share: float
) -> PairChange | None:
    """Of the pairs that were furthest apart then and now, one that turned round, else one that changed clearly."""
    limit = new.threshold or old.threshold
    by_ratio = limit is not None and limit.low is not None and limit.high is None
    compared = max(f.apart.compared if f.apart else 2 for f in (old, new))
    found = [
        change
        for four in pairs
        if (
            change := pair_change(
                four, ratio=by_ratio, compared=compared, level=level, wide=1 - share
            )
        )
        is not None
    ]
    telling = [c for c in found if c.turned] or [c for c in reversed(found) if c.clear] or found
    return telling[0] if telling else None


def _state(
    old: Finding | None, new: Finding | None, pair: PairChange | None, clear: bool, one_sided: float
) -> str:
    if new is None:
        return "lost"
    if old is None:
        return "newly failed" if new.status is Status.FAILED else "new"
    if new.status is Status.FAILED and old.status is Status.PASSED:
        return "newly failed"
    if pair is not None and pair.turned:
        return "turned"
    if new.status is Status.INDETERMINATE and old.status is not Status.INDETERMINATE:
        return "now unclear"
    if old.measurement and new.measurement and old.measurement.unit != new.measurement.unit:
        return "other unit"
    if clear and old.measurement is not None and new.measurement is not None:
        return _direction(old, new, pair, one_sided)
    if old.status is Status.FAILED and new.status is Status.PASSED:
        return "no longer failed"
    return "same"


def _direction(old: Finding, new: Finding, pair: PairChange | None, one_sided: float) -> str:
    """Which way a clear change goes: away from the accepted range is worse."""
    assert old.measurement is not None and new.measurement is not None  # noqa: S101, PT018
    limit = new.threshold or old.threshold
    if limit is None:
        return "same"
    was, now = old.measurement.value, new.measurement.value
    assert was is not None and now is not None  # noqa: S101, PT018
    out = (_outside(was, limit.low, limit.high), _outside(now, limit.low, limit.high))
    if out[0] == out[1] == 0:
        return "same"  # it moved within the accepted range
    if out[1] > out[0]:
        clearly = pair is not None or worsened(
            old.measurement, new.measurement, limit, level=one_sided
        )
        return "worse" if clearly else "same"
    return (
        "no longer failed"
        if old.status is Status.FAILED and new.status is Status.PASSED
        else "better"
    )


def _outside(value: float, low: float | None, high: float | None) -> float:
    return max(
        0.0, (low - value) if low is not None else 0.0, (value - high) if high is not None else 0.0
    )


_STATES = (
    "newly failed",
    "turned",
    "worse",
    "lost",
    "now unclear",
    "other unit",
    "new",
    "same",
    "better",
    "no longer failed",
)


def _order(change: Change) -> tuple[int, int, str, str]:
    return _STATES.index(change.state), change.severity.rank, change.rule, change.subject
