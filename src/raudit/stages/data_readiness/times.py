"""Times: freshness, gaps, and values that are known only after the outcome."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from raudit.findings import Finding, Measurement, Status, Threshold
from raudit.sentences import n_rows, say
from raudit.stages.data_readiness.options import Freshness
from raudit.stages.data_readiness.part import Part, Setting, answer
from raudit.stages.data_readiness.rules import LEAK, TIME

if TYPE_CHECKING:
    import pandas as pd

DAY = 86_400.0


def as_times(series: Any) -> Any:
    """A column as times in UTC; what is none is missing."""
    import warnings

    import pandas as pd

    if (
        series.dtype.kind in "iuf"
        and not series.empty
        and series.dropna().between(1900, 2200).all()
    ):
        series = series.astype("Int64").astype("string")  # years
    elif series.dtype.kind in "iuf":
        return pd.to_datetime(series, unit="s", utc=True, errors="coerce")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of formats that differ between rows; those become missing
        return pd.to_datetime(series, utc=True, errors="coerce", format="ISO8601")


def freshness(setting: Setting) -> Part:
    """Newest row and longest gap."""
    name = setting.options.time
    if name is None:
        return Part()
    if name not in setting.data.kinds:
        return Part(findings=(_untold(name, "there is no such column"),))
    raw = setting.alone(name)
    times = as_times(raw)
    unread = int(times.isna().sum())
    times = times.dropna().sort_values()
    if times.empty:
        return Part(findings=(_untold(name, "no value of the column is a time"),))
    gaps = times.diff().dt.total_seconds().dropna() / DAY
    longest = float(gaps.max()) if len(gaps) else 0.0
    newest = times.iloc[-1]
    facts: dict[str, Any] = {
        "data.newest": newest.strftime("%Y-%m-%d"),
        "data.gap_days_max": longest,
    }
    wanted = setting.options.freshness
    findings = []
    said = say(
        "The newest of {rows} is of {newest} and the oldest of {oldest}",
        rows=n_rows(len(times)),
        newest=f"{newest:%Y-%m-%d}",
        oldest=f"{times.iloc[0]:%Y-%m-%d}",
    )
    said += say("; no time could be read of {rows}.", rows=n_rows(unread)) if unread else "."
    if wanted.as_of is not None:
        found, age = _age(times, wanted, said, name)
        findings.append(found)
        facts |= {} if age is None else {"data.age_days": age}
    if wanted.max_gap_days is not None and not len(gaps):
        findings.append(_untold(name, say("one row with a time has no gap to another")))
    elif wanted.max_gap_days is not None:
        said_gap = say(
            "The longest time between two rows that follow one another is {longest:,.1f} days.",
            longest=longest,
        )
        findings.append(_limited("gap_days", longest, wanted.max_gap_days, said_gap))
    return Part(findings=tuple(findings), facts=facts, notes=(said,))


def _age(
    times: pd.Series[Any], wanted: Freshness, said: str, name: str
) -> tuple[Finding, float | None]:
    """Hold the newest row up to a day against the largest age; a date after it is a slip or a placeholder."""
    day = as_times(_one(str(wanted.as_of))).iloc[0]
    until = times[times < day.normalize() + timedelta(days=1)]
    later = len(times) - len(until)
    if until.empty:
        why = say("every row is dated after {as_of}", as_of=wanted.as_of)
        return _untold(name, why), None
    age = max(float((day - until.iloc[-1]).total_seconds() / DAY), 0.0)
    statement = say(
        "{said} On {as_of} that is {age:,.1f} days.", said=said, as_of=wanted.as_of, age=age
    )
    if later:
        statement = say(
            "{said} Dated after {as_of}: {later}; the newest of the others is of {newest}, {age:,.1f} days before.",
            said=said,
            later=n_rows(later),
            as_of=wanted.as_of,
            newest=f"{until.iloc[-1]:%Y-%m-%d}",
            age=age,
        )
    return _limited("age_days", age, wanted.max_age_days, statement), age


def _one(text: str) -> Any:
    import pandas as pd

    return pd.Series([text])


def _untold(name: str, why: str) -> Finding:
    return answer(
        TIME,
        kind="data",
        name="freshness",
        status=Status.INDETERMINATE,
        statement=say("Freshness and gaps could not be told from {name}.", name=name),
        reason=why,
        anchor="time",
    )


def _limited(metric: str, value: float, most: float | None, statement: str) -> Finding:
    status = (
        Status.INDETERMINATE if most is None else Status.PASSED if value <= most else Status.FAILED
    )
    return answer(
        TIME,
        kind="data",
        name="freshness",
        detail={"metric": metric},
        status=status,
        statement=statement,
        reason=say("no largest age is declared (freshness.max_age_days)") if most is None else "",
        measurement=Measurement(metric=metric, value=value, n=1, unit="days"),
        threshold=Threshold(high=most, source="plan") if most is not None else None,
        anchor=f"freshness.max_{metric}",
    )


def known_later(setting: Setting) -> Part:
    """Features whose time stamp, or whose own value, lies after the outcome."""
    options = setting.options
    if options.outcome_time is None:
        return Part()
    kinds = setting.data.kinds
    outcome = as_times(setting.column(options.outcome_time))
    stamps = options.known_at | {
        str(name): str(name)
        for name in setting.features
        if name in kinds
        and name != options.outcome_time
        and str(kinds[name]) == "time"
        and str(name) not in options.known_at
    }
    findings = [_known(setting, feature, stamp, outcome) for feature, stamp in stamps.items()]
    leaks = [found.subject.name for found in findings if found.status is Status.FAILED]
    return Part(findings=tuple(findings), facts={"data.leaks": leaks})


def _known(setting: Setting, feature: str, stamp: str, outcome: Any) -> Finding:
    """Hold the times of one feature against the outcome's; a value without a time may have come at any."""
    times = as_times(setting.column(stamp))
    both = times.notna() & outcome.notna()
    n, late = int(both.sum()), int((times[both] > outcome[both]).sum())
    untimed = int((setting.column(feature).notna() & times.isna() & outcome.notna()).sum())
    statement = say(
        "Feature “{feature}” carries a time after the outcome in {late:,} of {n:,} rows.",
        feature=feature,
        late=late,
        n=n,
    )
    if untimed:
        statement += say(
            " {untimed:,} more have a value and no time that could be read.", untimed=untimed
        )
    status, reason = Status.PASSED, ""
    if late:
        status = Status.FAILED
    elif not n:
        status, reason = Status.INDETERMINATE, say("no row has both times")
    elif untimed:
        status, reason = Status.INDETERMINATE, say("values without a time may have come later")
    return answer(
        LEAK,
        kind="column",
        name=feature,
        detail={"by": "time"},
        status=status,
        statement=statement,
        reason=reason,
        measurement=Measurement(
            metric="known_later_share", value=late / n if n else None, n=n, events=late
        ),
        anchor="outcome_time",
    )
