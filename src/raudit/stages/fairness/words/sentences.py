"""Numbers become sentences that can be read aloud.

A rate is told as people out of a hundred (or a thousand, where a hundred is too coarse to show the difference),
rounded half up, and never as 0 or all of them unless it is exactly that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from raudit.data.roles import Roles
from raudit.findings import Status, chance
from raudit.sentences import joined, say, term
from raudit.stages.fairness.measures.disparity import Disparity
from raudit.stages.fairness.options import Words

PLAIN = {
    "selection_rate": say("selection rate"),
    "true_positive_rate": say("true positive rate"),
    "false_positive_rate": say("false positive rate"),
    "true_negative_rate": say("true negative rate"),
    "false_negative_rate": say("false negative rate"),
    "precision": say("precision"),
    "negative_predictive_value": say("negative predictive value"),
    "false_discovery_rate": say("false discovery rate"),
    "false_omission_rate": say("false omission rate"),
    "accuracy": say("accuracy"),
    "base_rate": say("base rate"),
    "balanced_accuracy": say("balanced accuracy"),
    "f1_score": say("F1 score"),
    "treatment_equality": say("ratio of false negatives to false positives"),
}
"""What a metric is called in running text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """The words for one audit."""

    people: str
    selected: str
    rejected: str
    deserving: str
    undeserving: str
    groups: dict[str, str]
    tells_rejected: bool
    """Whether errors against deserving people are told as rejections."""
    weighted: bool = False
    """Whether rates weigh rows."""
    unit: str = ""
    """Unit of a regression's label."""

    @classmethod
    def of(cls, words: Words, roles: Roles) -> Speech:
        """Take the plan's words, and the data's own values where it has none."""
        outcome = roles.prediction or roles.label
        good = _values(outcome.favourable) if outcome is not None else ""
        truth = _values(roles.label.favourable) if roles.label is not None else ""
        return cls(
            people=words.people,
            selected=words.selected
            or (say("were given the decision {good}", good=good) if good else say("were selected")),
            rejected=words.rejected
            or (
                say("were not given the decision {good}", good=good)
                if good
                else say("were not selected")
            ),
            deserving=words.deserving
            or say("whose true outcome was {truth}", truth=(truth or say("favourable"))),
            undeserving=words.undeserving
            or say("whose true outcome was not {truth}", truth=(truth or say("favourable"))),
            groups=dict(words.groups),
            tells_rejected=bool(words.rejected),
            weighted=roles.weight is not None,
            unit=words.unit,
        )

    def group(self, names: Sequence[str]) -> str:
        """Name a group: ``Black``, ``Black, female``."""
        return joined(", ", (self.groups.get(name, name) for name in names))

    def members(self, names: Sequence[str]) -> str:
        """Its members: ``Black defendants``; without a word for people, ``people in the group Black``."""
        if self.people == "people":
            return say("people in the group {quoted}", quoted=self.quoted(names))
        return say("{group} {people}", group=self.group(names), people=self.people)

    def other(self, names: Sequence[str]) -> str:
        """Name a second group after the people have been named."""
        return self.quoted(names) if self.people == "people" else self.group(names)

    def sizes(self, n: Sequence[int]) -> str:
        """On how many rows two numbers rest, and whether these were weighted."""
        weighed = say("; rows are weighted") if self.weighted else ""
        return say("n = {n:,} and {n_2:,}{weighed}.", n=n[0], n_2=n[1], weighed=weighed)

    def quoted(self, names: Sequence[str]) -> str:
        """Name a group so that a sentence cannot run into its commas: ``“Male, Other”``."""
        return say("“{group}”", group=self.group(names))


def _values(texts: frozenset[str]) -> str:
    return joined(" or ", (say("“{group}”", group=text) for text in sorted(texts)[:3]))


def say_disparity(found: Disparity, speech: Speech) -> str:
    """One sentence on the two groups that differ most, the worse-off first."""
    if found.value is None:
        return say(
            "The {describe} by {listed} cannot be measured.",
            describe=describe(found.name),
            listed=joined(" × ", found.by),
        )
    first, second = found.lowest, found.highest
    rates, n = (found.rates[1], found.rates[0]), (found.n[1], found.n[0])
    clause, verb, turned = _frame(found.metric, speech)
    if verb is None:
        return say(
            "The {PLAIN} is {plain} for {members} and {plain_2} for {other}. {sizes}",
            PLAIN=PLAIN[found.metric],
            plain=_plain(rates[0]),
            members=speech.members(first),
            plain_2=_plain(rates[1]),
            other=speech.other(second),
            sizes=speech.sizes(n),
        )
    if turned:
        rates = (1 - rates[0], 1 - rates[1])
    elif found.metric in ("false_positive_rate", "false_discovery_rate", "false_omission_rate"):
        first, second, rates, n = second, first, (rates[1], rates[0]), (n[1], n[0])
    base = _base(rates)
    one, other = spoken(rates[0], base), spoken(rates[1], base)
    who = joined(" ", (part for part in (speech.members(first), clause) if part))
    rest = (
        speech.group(second)
        if speech.people != "people"
        else say("in the group {quoted}", quoted=speech.quoted(second))
    )
    return say(
        "Of {base:,} {who}, {one} {agree}; of {base:,} {rest}, {other}. {sizes}",
        base=base,
        who=who,
        one=one,
        agree=agree(verb, one),
        rest=rest,
        other=other,
        sizes=speech.sizes(n),
    )


def _frame(metric: str, speech: Speech) -> tuple[str, str | None, bool]:
    """Clause, verb, and whether the rate is told by its complement."""
    told_rejected = speech.tells_rejected
    match metric:
        case "selection_rate":
            return "", speech.selected, False
        case "true_positive_rate":
            return (
                speech.deserving,
                speech.rejected if told_rejected else speech.selected,
                told_rejected,
            )
        case "false_negative_rate":
            return speech.deserving, speech.rejected, False
        case "false_positive_rate":
            return speech.undeserving, speech.selected, False
        case "true_negative_rate":
            return speech.undeserving, speech.rejected, False
        case "accuracy":
            return "", "were decided correctly", False
        case "base_rate":
            return "", None, False
        case _:
            return "", None, False


def agree(verb: str, amount: str) -> str:
    """Bring a plural verb into the singular after ``1`` or ``fewer than 1``."""
    if amount in ("1", "fewer than 1"):
        for plural, singular in (
            ("were ", "was "),
            ("are ", "is "),
            ("have ", "has "),
            ("receive ", "receives "),
        ):
            if verb.startswith(plural):
                return singular + verb.removeprefix(plural)
    return verb


def spoken(rate: float, base: int = 100) -> str:
    """A rate as people out of ``base``."""
    amount = half_up(rate * base)
    if amount == 0 and rate > 0:
        return say("fewer than 1")
    if amount == base and rate < 1:
        return say("more than {base:,}", base=base - 1)
    return say("{n:,}", n=amount)


def half_up(value: float) -> int:
    """Round to the nearest whole number, halves up; a float a hair under a half counts as the half."""
    return math.floor(value + 0.5 + 1e-9)


def _base(rates: tuple[float, float]) -> int:
    """A hundred, unless two different rates would sound the same."""
    for base in (100, 1_000, 10_000):
        if rates[0] == rates[1] or spoken(rates[0], base) != spoken(rates[1], base):
            return base
    return 10_000


def _plain(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def describe(name: str) -> str:
    """A disparity's name in running text: ``equalized odds difference``."""
    return term(name.replace("_", " "))


def say_interval(found: Disparity, limit: float | None = None) -> str:
    """The estimate with its interval: ``20 percentage points (95 % interval 18 to 22)``.

    Beside a limit numbers have as many digits as tell them from it: "0.45 to 0.80 breaks 0.80" reads as a mistake.
    """
    if found.value is None or found.low is None or found.high is None:
        return "no value"
    level = say("{level:.3g} %", level=found.level * 100)
    if found.ratio or found.metric in ("f1_score", "treatment_equality"):
        value, low, high = (
            _told_apart(end, limit, 1, hundredths) for end in (found.value, found.low, found.high)
        )
        return say(
            "{value} ({level} interval {low} to {high})",
            value=value,
            level=level,
            low=low,
            high=high,
        )
    value, low, high = (
        _told_apart(end, limit, 100, points) for end in (found.value, found.low, found.high)
    )
    return say(
        "{points} percentage points ({level} interval {points_2} to {points_3})",
        points=value,
        level=level,
        points_2=low,
        points_3=high,
    )


MOST_DIGITS = 6


def _told_apart(
    value: float, limit: float | None, scale: int, short: Callable[[float], str]
) -> str:
    """A number as it is printed, with more digits while it would be printed as the limit and is another."""
    text = short(value)
    if limit is None or math.isclose(value, limit, rel_tol=1e-9):
        return text
    for digits in range(len(text.partition(".")[2]) + 1, MOST_DIGITS + 1):
        if not math.isclose(float(text), limit * scale, rel_tol=1e-9):
            return text
        text = say(f"{{value:.{digits}f}}", value=value * scale)
    return text


def say_limit(limit: float, *, ratio: bool) -> str:
    """A limit as the plan sets it, with all of its digits."""
    scale = 1 if ratio else 100
    text = hundredths(limit) if ratio else points(limit)
    exact = math.isclose(float(text), limit * scale, rel_tol=1e-9)
    shown = text if exact else say("{value:.6g}", value=limit * scale)
    return shown if ratio else say("{points} percentage points", points=shown)


def beyond_chance(found: Disparity, limit: float, p_value: float) -> str:
    """What is certain where the limit is not settled: the first thing to say."""
    wanted = say_limit(limit, ratio=found.ratio)
    p = chance(p_value)
    return say(
        "There is a difference beyond chance ({p}); whether it "
        "breaks the limit of {wanted} cannot be told.",
        p=p,
        wanted=wanted,
    )


def points(value: float) -> str:
    """A difference of rates in percentage points, with one decimal under ten."""
    scaled = value * 100
    if abs(scaled) >= 10:
        return say("{value:.0f}", value=half_up(scaled))
    return say("{value:.1f}", value=math.floor(scaled * 10 + 0.5 + 1e-9) / 10)


def hundredths(value: float) -> str:
    """A ratio with two decimals."""
    return say("{value:.2f}", value=value)


def say_reason(
    found: Disparity,
    limit: float,
    source: str,
    status: Status,
    *,
    detectable: float | None,
    rows: int | None,
) -> str:
    """Why the status is what it is."""
    measured = say_interval(found, limit)
    wanted = say_limit(limit, ratio=found.ratio)
    side = say("at least") if found.ratio else say("at most")
    bound = say("the limit is {side} {wanted} ({source})", side=side, wanted=wanted, source=source)
    match status:
        case Status.PASSED:
            text = say(
                "The {describe} is {measured}; the whole interval keeps to the limit: {bound}.",
                describe=describe(found.name),
                measured=measured,
                bound=bound,
            )
        case Status.FAILED:
            text = say(
                "The {describe} is {measured}; the whole interval breaks the limit: {bound}.",
                describe=describe(found.name),
                measured=measured,
                bound=bound,
            )
        case Status.INDETERMINATE:
            text = say(
                "The {describe} is {measured}; the interval reaches both "
                "sides of the limit: {bound}.",
                describe=describe(found.name),
                measured=measured,
                bound=bound,
            )
            if found.open_part is not None:
                part = found.open_part
                text += say(
                    " What reaches it is the {describe}: {measured}.",
                    describe=describe(f"{part.metric}_{'ratio' if part.ratio else 'difference'}"),
                    measured=say_interval(part),
                )
            if detectable is not None and not found.ratio:
                text += say(
                    " The smallest gap that this sample shows reliably is "
                    "{points} percentage points.",
                    points=points(detectable),
                )
            if rows is not None:
                text += say(
                    " About {rounded_up:,} rows in these two groups would settle "
                    "it if the gap stayed.",
                    rounded_up=rounded_up(rows),
                )
    return text


def rounded_up(value: int) -> int:
    """Two leading digits, rounded up: 1,234 becomes 1,300."""
    scale = 10 ** max(len(str(value)) - 2, 0)
    return int(-(-value // scale) * scale)
