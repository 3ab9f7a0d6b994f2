"""The alerts that the launch form promises, held against the series."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from raudit.sentences import n_rows, say, term
from raudit.trend.series import Point, Series
from raudit.trend.thresholds import Condition, Unread, read_condition

State = Literal["firing", "quiet", "undecided", "not evaluated"]

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "approval": ("selection",),
    "approvals": ("selection",),
    "approved": ("selection",),
    "pre": (),
    "selected": ("selection",),
    "decisions": ("selection",),
    "divided": ("ratio",),
    "share": ("rate", "share"),
    "shares": ("rate", "share"),
    "rates": ("rate",),
    "gap": ("difference",),
    "disparity": ("difference",),
    "stability": ("psi",),
    "drift": ("psi",),
    "impact": ("selection", "ratio"),
    "empty": ("missing", "share"),
    "missing": ("missing", "share"),
    "duplicates": ("duplicate", "share"),
    "errors": ("error", "rate"),
}
"""Words of people to words of metrics."""
GENERAL = frozenset(
    {"a", "an", "any", "each", "every", "all", "more", "less", "highest", "lowest", "largest"}
    | {f"{word}{end}" for word in ("group", "attribute", "feature", "input") for end in ("", "s")}
    | {"smallest", "column", "columns", "person", "people", "day", "week", "month", "quarter"}
    | {"year", "audit", "run", "category", "categories"}
)
"""Words after "by" that name no attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """A row of the form."""

    metric: str
    threshold: str
    channel: str = ""
    on_call: str = ""
    playbook: str = ""
    """What to do, where the form says so: the guardrail's action, or the way back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A row and what became of it."""

    row: AlertRow
    state: State
    sentence: str
    series: tuple[str, ...] = ()
    """Names of the series it was held against."""
    value: float | None = None
    """The worst of them."""


def alert_rows(answers: Mapping[str, Any]) -> tuple[AlertRow, ...]:
    """Rows of ``monitoring.alerts``, each with the guardrail's action where one names the same metric.

    Parameters
    ----------
    answers
        Values of the launch form's answers by question.
    """
    rows = answers.get("monitoring.alerts") or ()
    actions = {
        _words(str(g.get("metric", ""))): str(g.get("action", ""))
        for g in answers.get("problem.guardrails") or ()
    }
    back = {"rehearsed": "rehearsed", "described": "described, not rehearsed"}.get(
        str(answers.get("rollout.rollback")), ""
    )
    return tuple(
        AlertRow(
            metric=str(row.get("metric", "")),
            threshold=str(row.get("threshold", "")),
            channel=str(row.get("channel", "")),
            on_call=str(row.get("on_call", "")),
            playbook=_action(str(row.get("metric", "")), actions)
            or (say("The way back is {back}.", back=term(back)) if back else ""),
        )
        for row in rows
    )


def _action(metric: str, actions: Mapping[frozenset[str], str]) -> str:
    """Action of the guardrail that shares most words with the alert's metric."""
    words = _words(metric)
    shared = max(
        actions, key=lambda other: (len(words & other), sorted(other)), default=frozenset()
    )
    return actions[shared] if shared and len(words & shared) >= max(2, len(words) // 2) else ""


def matching(text: str, series: Iterable[Series]) -> tuple[Series, ...]:
    """Series that a metric written by a person means: every word of the metric's name is said, most words first.

    If the text names subjects, such as an attribute, only theirs are taken.
    """
    said = _words(text)
    whole = " ".join(text.lower().split())
    candidates = [one for one in series if _metric_words(one.metric) <= said or one.metric in whole]
    if not candidates:
        return ()
    most = max(len(_metric_words(one.metric)) for one in candidates)
    candidates = [one for one in candidates if len(_metric_words(one.metric)) == most]
    named = [one for one in candidates if _plain(one.finding.subject.name) & _plain(text)]
    return tuple(named or (() if _names_subjects(text) else candidates))


def _names_subjects(text: str) -> bool:
    """Whether a text says by what people are compared, such as ``by religion``; then another attribute is no answer."""
    named = re.findall(r"\b(?:by|across|among)\s+(?:the\s+)?([a-z0-9_]+)", text.lower())
    return any(word not in GENERAL for word in named)


def _is_share(series: Series) -> bool:
    """Whether a series is of shares or of their differences, none of which is above 1."""
    measured = series.finding.measurement
    values = [point.value for point in series.points if point.value is not None]
    return (
        measured is not None
        and not measured.unit
        and (
            measured.events is not None
            or measured.metric.endswith(("_rate", "_share", "_difference"))
        )
        and all(abs(value) <= 1 for value in values)
    )


def _metric_words(metric: str) -> frozenset[str]:
    """Words that must be said; demographic parity compares selection rates, and is rarely called by its name."""
    words = frozenset(metric.lower().replace("demographic_parity", "selection").split("_"))
    return words - {"rate"} if "selection" in words else words


def _plain(text: str) -> frozenset[str]:
    return frozenset(word for word in re.split(r"[^a-z0-9]+", text.lower()) if len(word) > 1)


def _words(text: str) -> frozenset[str]:
    """Words of a text and what they stand for."""
    words = _plain(text)
    return words | {other for word in words for other in SYNONYMS.get(word, ())}


def evaluate(
    rows: Sequence[AlertRow], series: Sequence[Series], *, newest: datetime | None = None
) -> tuple[Alert, ...]:
    """Hold each row against the series; what cannot be evaluated says why and is never quiet.

    ``newest`` is the time of the latest audit, whatever it measured; by default that of the latest measurement. What
    that audit did not measure any more is not quiet for having been quiet once.
    """
    times = [point.at for one in series for point in one.points]
    latest = newest or max(times, default=datetime.max.replace(tzinfo=UTC))
    return tuple(_evaluated(row, series, latest) for row in rows)


def _evaluated(row: AlertRow, series: Sequence[Series], newest: datetime) -> Alert:
    condition = read_condition(row.threshold)
    if isinstance(condition, Unread):
        return Alert(row=row, state="not evaluated", sentence=condition.because)
    found = matching(row.metric, series)
    if not found:
        return Alert(
            row=row,
            state="not evaluated",
            sentence=say("No measurement of these records is what it watches."),
        )
    names = tuple(one.name for one in found)
    if abs(condition.value) > 1 and all(map(_is_share, found)):
        sentence = say(
            "{name:capital} is a share, which never crosses {value:g}; write a number up to 1, or a percentage.",
            name=found[0].name,
            value=condition.value,
        )
        return Alert(row=row, state="not evaluated", sentence=sentence, series=names)
    held = [_held(one, condition, newest) for one in found]
    stale = [one for one in held if not one.points]
    if len(stale) == len(held):
        return Alert(
            row=row, state="not evaluated", sentence=_not_any_more(stale, condition), series=names
        )
    measured = [one for one in held if one.points]
    states: tuple[State, ...] = ("firing", "undecided", "quiet")  # the worst that any is in
    state = next(state for state in states if any(one.state == state for one in measured))
    if state == "quiet" and stale:
        return Alert(
            row=row, state="undecided", sentence=_not_any_more(stale, condition), series=names
        )
    worst = (min if condition.side == "under" else max)(
        (one for one in measured if one.state == state),
        key=lambda one: _key(one.value, condition),
    )
    sentence = _sentence(worst, condition, len(measured))
    return Alert(row=row, state=state, sentence=sentence, series=names, value=worst.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A series against a threshold."""

    series: Series
    points: Sequence[Point]
    """Its measurements in the window; none where it is not measured any more."""
    state: State
    value: float | None
    """The mean over the window, weighted by rows; None where only bounds are known."""


def _not_any_more(stale: Sequence[_Held], condition: Condition) -> str:
    one = stale[0].series
    others = len(stale) - 1
    more = (
        ""
        if not others
        else say(", nor one other that it watches")
        if others == 1
        else say(", nor {n:,} others that it watches", n=others)
    )
    return say(
        "{name:capital} was not measured {where}{more}; the last time was {day}.",
        name=one.name,
        where=say("within its window")
        if condition.window is not None
        else say("by the latest audit"),
        more=more,
        day=f"{one.points[-1].at:%Y-%m-%d}",
    )


def _key(value: float | None, condition: Condition) -> float:
    return value if value is not None else condition.value


def _window(series: Series, condition: Condition, newest: datetime) -> list[Point]:
    points = [point for point in series.points if point.value is not None or point.bounded]
    if condition.window is None:
        return [point for point in points if point.at >= newest]
    return [point for point in points if point.at > newest - condition.window]


def _held(series: Series, condition: Condition, newest: datetime) -> _Held:
    points = _window(series, condition, newest)
    known = [(point.measurement.n, point.value) for point in points if point.value is not None]
    state: State
    if len(known) < len(points) or not points:
        ends = [
            end
            for p in points
            for end in ((p.low, p.high) if p.bounded else (p.value, p.value))
            if end is not None
        ]
        crossed = [condition.crossed(end) for end in ends]
        state = "undecided"
        if crossed and len(set(crossed)) == 1:
            state = "firing" if crossed[0] else "quiet"
        return _Held(series=series, points=points, state=state, value=None)
    weights = [max(n, 1) for n, _value in known]
    value = sum(w * v for w, (_n, v) in zip(weights, known, strict=True)) / sum(weights)
    state = "firing" if condition.crossed(value) else "quiet"
    return _Held(series=series, points=points, state=state, value=value)


def _sentence(held: _Held, condition: Condition, count: int) -> str:
    series, points = held.series, held.points
    said = {
        "name": series.name,
        "among": say(", the worst of {count} that it watches", count=count) if count > 1 else "",
        "limit": say("fires under {value:g}", value=condition.value)
        if condition.side == "under"
        else say("fires over {value:g}", value=condition.value),
        "state": term(held.state),
    }
    if held.value is None:
        lows = [p.low for p in points if p.low is not None]
        highs = [p.high for p in points if p.high is not None]
        return say(
            "{name:capital} is {span} while labels are late{among}; it {limit}: {state}.",
            span=say("between {low:.4g} and {high:.4g}", low=min(lows), high=max(highs))
            if lows and highs
            else say("open"),
            **said,
        )
    return say(
        "{name:capital} is {value:.4g} ({told}, {rows} at the last{among}); it {limit}{chance}: {state}.",
        value=held.value,
        told=say("the mean of {n:,} audits", n=len(points))
        if len(points) > 1
        else say("at {day}", day=f"{points[-1].at:%Y-%m-%d}"),
        rows=n_rows(points[-1].measurement.n),
        chance=_chance(points, condition),
        **said,
    )


def _chance(points: Sequence[Point], condition: Condition) -> str:
    """The interval of a single measurement, and whether chance can put it on either side."""
    last = points[-1]
    if len(points) > 1 or last.low is None or last.high is None or last.high <= last.low:
        return ""
    text = say(", and its 95 % interval is {low:.4g} to {high:.4g}", low=last.low, high=last.high)
    if len({condition.crossed(last.low), condition.crossed(last.high)}) > 1:
        text += say(", so chance alone can put it on either side")
    return text
