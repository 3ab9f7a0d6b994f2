"""What a comparison says: each change in one sentence, and what a reader must know of the two records."""

from __future__ import annotations

from collections.abc import Mapping

from raudit.findings import Finding, written
from raudit.policy.difference import Difference, Ratio
from raudit.policy.rates import Key, PairChange, Rate
from raudit.record import Record
from raudit.sentences import joined, metric_words, say
from raudit.spelling import spelling


def change_sentence(
    old: Finding | None,
    new: Finding | None,
    apart: Difference | None,
    pair: PairChange | None,
    quotient: Ratio | None,
    clear: bool,
    shows: float | None,
) -> str:
    """What became of a finding between two records."""
    if old is None or new is None or old.measurement is None or new.measurement is None:
        one = new or old
        return one.statement if one else ""
    was, now = old.measurement, new.measurement
    if was.unit != now.unit:
        return say(
            "{metric} was measured in {was} and is now measured in {now}; the two cannot be subtracted. {statement}",
            metric=metric_words(now.metric),
            was=was.unit or say("shares or counts"),
            now=now.unit or say("shares or counts"),
            statement=new.statement,
        )
    if apart is None:
        return new.statement
    said = (
        _went(metric_words(now.metric), was.value, now.value, apart, quotient)
        if pair is None
        else _pair(pair)
    )
    if clear:
        return say("{said}.", said=said)
    said = say("{said}; chance alone explains a change of this size.", said=said)
    if shows is None:
        return said
    return say(
        "{said} A change of {size} would have shown in four of five comparisons.",
        said=said,
        size=written(shows, digits=2),
    )


def _went(
    metric: str, was: float | None, now: float | None, apart: Difference, quotient: Ratio | None
) -> str:
    said = say(
        "{metric} went from {was} to {now}, a difference of {apart}",
        metric=metric,
        was=written(was),
        now=written(now),
        apart=signed(apart.value),
    )
    if apart.method != "exact":
        said = say("{said} ({interval})", said=said, interval=_interval(apart))
    if quotient is not None and quotient.high is not None and quotient.low is not None:
        said = say("{said}; that is {percent}", said=said, percent=_percent(quotient))
    return said


def _interval(apart: Difference) -> str:
    return say(
        "{level:.0%} interval {low} to {high}",
        level=apart.level,
        low=signed(apart.low),
        high=signed(apart.high),
    )


def _pair(pair: PairChange) -> str:
    """Both groups' rates, then and now, and what became of the gap between them."""
    first, second = (
        say("“{group}”", group=", ".join(group)) for group in (pair.first, pair.second)
    )
    before, after = pair.gaps
    gap = (
        say("the ratio of {second} to {first}", second=second, first=first)
        if pair.ratio
        else say("the gap, {first} less {second},", first=first, second=second)
    )
    write = written if pair.ratio else signed
    return say(
        "{metric} of {first} and {second} went from {old_first} and {old_second} to {new_first} and {new_second}: "
        "{gap} went from {before} to {after}, a change of {change} ({interval})",
        metric=metric_words(pair.metric),
        first=first,
        second=second,
        old_first=written(pair.old[0].value),
        old_second=written(pair.old[1].value),
        new_first=written(pair.new[0].value),
        new_second=written(pair.new[1].value),
        gap=gap,
        before=write(before),
        after=write(after),
        change=signed(pair.difference.value),
        interval=_interval(pair.difference),
    )


def _percent(quotient: Ratio) -> str:
    """A relative change in words, its interval in the same direction."""
    assert quotient.low is not None  # noqa: S101 -- only a ratio with an interval is put in words
    assert quotient.high is not None  # noqa: S101 -- the same
    down = quotient.value <= 1
    value, low, high = (
        ((1 - q) if down else (q - 1))
        for q in (quotient.value, *sorted((quotient.low, quotient.high), reverse=down))
    )
    said = (
        say("down by {value:.0%}", value=value) if down else say("up by {value:.0%}", value=value)
    )
    if quotient.low == quotient.high:  # of exact counts, which have no interval
        return said
    return say(
        "{said} ({level:.0%} interval {low:.0%} to {high:.0%})",
        said=said,
        level=quotient.level,
        low=low,
        high=high,
    )


Rates = tuple[Mapping[Key, Rate], Mapping[Key, Rate]]


def notes_of(old: Record, new: Record, both: int, rates: Rates, profiled: bool) -> tuple[str, ...]:
    """What a reader must know of two records, beside what changed."""
    notes = [
        *_two_systems(old, new),
        say(
            "{both} findings were measured in both records; a change is called one only if it holds up among all.",
            both=both,
        ),
        *_strange_groups(rates),
        *_same_files(old, new),
    ]
    if not profiled:
        notes.append(
            say(
                "Drift could not be told: one of the records holds no data profile (stage data_readiness)."
            )
        )
    if old.run.raudit != new.run.raudit:
        notes.append(
            say(
                "The records were made by raudit {old} and {new}.",
                old=old.run.raudit,
                new=new.run.raudit,
            )
        )
    return tuple(notes)


def _two_systems(old: Record, new: Record) -> list[str]:
    names = [str(record.system.get("name", "")) for record in (old, new)]
    if spelling(names[0]) == spelling(names[1]):
        return []
    return [
        say(
            "The records are of two systems, {old} and {new}: what differs between them is no change of either.",
            old=names[0] or say("one without a name"),
            new=names[1] or say("one without a name"),
        )
    ]


def _strange_groups(rates: Rates) -> list[str]:
    """Groups that one of the records lacks."""
    old, new = ({key[:2] for key in side if len(key[0]) == 1} for side in rates)

    def named(side: set[tuple[tuple[str, ...], tuple[str, ...]]]) -> str:
        known = sorted((by[0], level[0]) for by, level in side)[:12]
        return joined("; ", (say("{by} “{level}”", by=by, level=level) for by, level in known))

    if not (old and new):
        return []
    notes = []
    if old - new:
        notes.append(
            say(
                "Groups that only the old record holds, and that were not compared: {named}.",
                named=named(old - new),
            )
        )
    if new - old:
        notes.append(
            say(
                "Groups that only the new record holds, and that were not compared: {named}.",
                named=named(new - old),
            )
        )
    return notes


SAME = {
    "data": say("Both records are of the same data."),
    "model": say("Both records are of the same model."),
}
OTHER = {
    "data": say("The data differs between the two records."),
    "model": say("The model differs between the two records."),
}


def _same_files(old: Record, new: Record) -> list[str]:
    """Whether data and model are the same files."""
    notes = []
    for role in ("data", "model"):
        was = {item.sha256 for item in old.inputs if item.role == role}
        now = {item.sha256 for item in new.inputs if item.role == role}
        if was and was == now:
            notes.append(SAME[role])
            if role == "data":
                notes.append(
                    say(
                        "The intervals take the two measurements as independent; on the same rows they are too wide "
                        "rather than too narrow."
                    )
                )
        elif was or now:
            notes.append(OTHER[role])
    return notes


def signed(value: float | None) -> str:
    """A number with its sign."""
    return written(value) if value is None or value < 0 else say("+{value}", value=written(value))
