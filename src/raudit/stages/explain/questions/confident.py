"""Confident and wrong: how often, for whom, and which features push there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from raudit.findings import Finding, Interval, Measurement, Status, Subject, Threshold
from raudit.record import Column, Table
from raudit.sentences import capital, joined, say, term
from raudit.stages.explain.amounts import amount
from raudit.stages.explain.questions.importance import bounds
from raudit.stages.explain.questions.standins import held
from raudit.stages.explain.rules import CONFIDENT
from raudit.stages.explain.survey.decisions import Decisions
from raudit.stages.explain.survey.estimates import weighted_mean
from raudit.stages.explain.survey.groups import Group, Membership
from raudit.stages.explain.survey.sampling import Sample
from raudit.stages.explain.survey.setting import PIECE, Setting

FEWEST = 10
"""Mistakes below which nothing is said of what pushed them."""
MOST = 300
"""Mistakes of a group that are explained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """One end of the scores."""

    name: str
    """``favourable``, ``unfavourable`` or ``any class``."""
    said: str
    """As in "of 100 people with … "."""
    head: str
    """Heading of its column."""
    sure: Any
    """Who has such a score, booleans of shape (n_rows,)."""
    wrong: Any
    """Whose true outcome is another one, booleans of shape (n_rows,)."""
    sign: int
    """Which way SHAP values push there; 0 if they are of no one class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """What was found."""

    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


def confident_part(setting: Setting, sample: Sample, decisions: Decisions) -> Confidence:
    """Measure confident mistakes by group, at both ends of the scores."""
    if not setting.model.classes:
        return Confidence(
            notes=("Confident mistakes are not looked at: a regression gives no confidence.",)
        )
    directions = _directions(setting, decisions)
    if isinstance(directions, str):
        return Confidence(findings=(_unknown(directions),))
    findings, pushes = [], []
    for direction in directions:
        for one in setting.members:
            findings.append(_finding(setting, direction, one))
            pushes += [r for group in one.large for r in _pushes(setting, sample, direction, group)]
    tables = [_rates(directions, setting.sized)] if setting.sized else []
    tables += [_push_table(sample, pushes)] if pushes else []
    return Confidence(findings=tuple(findings), tables=tuple(tables))


def _directions(setting: Setting, decisions: Decisions) -> list[Direction] | str:
    """Both ends of the score, the top class of a multiclass model, or why there is neither."""
    limit = setting.options.confident
    if decisions.no_label_because:
        return decisions.no_label_because
    if decisions.good is None:
        return _top_class(setting, decisions)
    if decisions.score is None:
        return decisions.no_score_because
    score, good, known = decisions.score, decisions.good, decisions.known
    return [
        Direction(
            name="favourable",
            said=say("a score of {amount} or more", amount=amount(limit)),
            head=say("Score ≥ {amount}", amount=amount(limit)),
            sure=known & (score >= limit),
            wrong=known & (score >= limit) & ~good,
            sign=1,
        ),
        Direction(
            name="unfavourable",
            said=say("a score of {amount} or less", amount=amount(1 - limit)),
            head=say("Score ≤ {amount}", amount=amount(1 - limit)),
            sure=known & (score <= 1 - limit),
            wrong=known & (score <= 1 - limit) & good,
            sign=-1,
        ),
    ]


def _top_class(setting: Setting, decisions: Decisions) -> list[Direction] | str:
    import numpy as np

    pieces = []
    n_rows = setting.evidence.data.n_rows
    for start in range(0, n_rows, PIECE):
        proba = setting.model.predict_proba(
            setting.rows(np.arange(start, min(start + PIECE, n_rows)))
        )
        if proba is None:
            return say("the model gives no probabilities")
        pieces.append(proba)
    proba = np.concatenate(pieces)
    top = np.array([str(label) for label in setting.model.classes], dtype=object)[
        proba.argmax(axis=1)
    ]
    sure = decisions.known & (proba.max(axis=1) >= setting.options.confident)
    said = say(
        "a probability of {amount} or more for one class", amount=amount(setting.options.confident)
    )
    head = say("Sure ≥ {amount}", amount=amount(setting.options.confident))
    return [
        Direction(
            name="any class",
            said=said,
            head=head,
            sure=sure,
            wrong=sure & (top != decisions.outcome),
            sign=0,
        )
    ]


def _unknown(because: str) -> Finding:
    return CONFIDENT.indeterminate(
        Subject(kind="model", name="model"),
        "How often confident decisions are wrong is not available.",
        reason=say("{because}.", because=capital(because)),
        anchor="data.label",
        remedy="Name the column with the true outcomes as data.label, and audit a model that gives probabilities.",
    )


ANCHOR = "stages.explain.confident_gap"


def _counts(direction: Direction, groups: Sequence[Group]) -> list[tuple[Group, int, int]]:
    return [
        (g, int(direction.wrong[g.member].sum()), int(direction.sure[g.member].sum()))
        for g in groups
    ]


def _finding(setting: Setting, direction: Direction, one: Membership) -> Finding:
    import numpy as np

    from raudit.stats import largest_difference, range_quantile, wilson

    minimum, limit = setting.options.minimum_group, setting.options.confident_gap
    every = _counts(direction, one.large)
    counts = [c for c in every if c[2] >= minimum]
    few = [group.name for group, _events, n in every if n < minimum]
    subject = Subject(
        kind="attribute",
        name=one.attribute.column,
        detail={"metric": say("confident_error_rate:{name}", name=direction.name)},
    )
    if len(counts) < 2:
        return _too_few(direction, one, subject, minimum)
    events, n = (np.array([c[k] for c in counts], dtype=float) for k in (1, 2))
    z = range_quantile(len(counts), 0.95)
    gap = largest_difference(events / n, wilson(events, n, z=z))
    # Where all shares are the same, the first and the last group are named, never one group twice.
    high, low = int(np.argmax(events / n)), len(n) - 1 - int(np.argmin((events / n)[::-1]))
    verdict = held(float(gap.low), float(gap.high), limit)
    status = Status.INDETERMINATE if verdict is Status.PASSED and few else verdict
    return CONFIDENT.finding(
        status,
        subject,
        say(
            "Of 100 people in {share} with {said}, {amount} had the "
            "other outcome; of 100 in {share_2}, {amount_2}. n = {n:,} "
            "and {n_2:,}.",
            share=_share(counts[high]),
            said=direction.said,
            amount=amount(100 * events[high] / n[high]),
            share_2=_share(counts[low]),
            amount_2=amount(100 * events[low] / n[low]),
            n=int(n[high]),
            n_2=int(n[low]),
        ),
        reason=_because(verdict, few, minimum) if status is Status.INDETERMINATE else "",
        measurement=Measurement(
            metric="confident_error_difference",
            value=float(gap.value),
            n=int(n[high] + n[low]),
            events=int(events[high] + events[low]),
            interval=Interval(
                low=float(gap.low), high=float(gap.high), method="simultaneous wilson, newcombe"
            ),
            method="largest difference of two groups",
        ),
        threshold=Threshold(high=limit, source=f"plan: {ANCHOR}"),
        anchor=ANCHOR,
    )


def _because(verdict: Status, few: list[str], minimum: int) -> str:
    if verdict is Status.INDETERMINATE:
        return say("The interval of the difference holds the limit.")
    return say(
        "Fewer than {minimum} such people are in {listed}, so these are not compared.",
        minimum=minimum,
        listed=joined(", ", few),
    )


def _too_few(direction: Direction, one: Membership, subject: Subject, minimum: int) -> Finding:
    sizes = [
        say("{name} {n:,}", name=group.name, n=n)
        for group, _events, n in _counts(direction, one.large)
    ]
    return CONFIDENT.indeterminate(
        subject,
        say(
            "Confident mistakes are not compared by {label}: too few people have {said}.",
            label=one.label,
            said=direction.said,
        ),
        reason=say(
            "Fewer than two groups have {minimum} such people ({got}).",
            minimum=minimum,
            got=joined("; ", sizes) or say("no group"),
        ),
        anchor=ANCHOR,
    )


def _share(count: tuple[Group, int, int]) -> str:
    return count[0].title


def _row(directions: Sequence[Direction], group: Group) -> dict[str, Any]:
    from raudit.stats import wilson

    row: dict[str, Any] = {"group": group.title}
    for k, direction in enumerate(directions):
        events, n = (
            int(direction.wrong[group.member].sum()),
            int(direction.sure[group.member].sum()),
        )
        row[f"n{k}"] = n if n >= FEWEST else f"<{FEWEST}"
        if n >= FEWEST:
            found = wilson(events, n)
            row |= {
                f"events{k}": events,
                f"rate{k}": events / n,
                f"interval{k}": [float(found.low), float(found.high)],
            }
    return row


def _rates(directions: Sequence[Direction], groups: Sequence[Group]) -> Table:
    columns = [Column(key="group", label="Group")]
    for k, direction in enumerate(directions):
        columns += [
            Column(key=f"n{k}", label=direction.head, kind="count"),
            Column(key=f"events{k}", label="Wrong", kind="count"),
            Column(key=f"rate{k}", label="Share", kind="proportion"),
            Column(key=f"interval{k}", label="95 % interval", kind="interval"),
        ]
    said = joined(" and of those with ", (direction.said for direction in directions))
    return Table(
        id="confident-errors",
        title="Confident and wrong, by group",
        columns=tuple(columns),
        rows=tuple(_row(directions, group) for group in groups),
        caption=say(
            "Of the people with {said}: how many there are, and how many "
            "had the other outcome. All rows are counted, unweighted; "
            "nothing is said of fewer than {FEWEST} people.",
            said=said,
            FEWEST=FEWEST,
        ),
    )


def _pushes(
    setting: Setting, sample: Sample, direction: Direction, group: Group
) -> list[dict[str, Any]]:
    """The features that push a group's confident mistakes furthest, beside those that were right."""
    import numpy as np

    if not direction.sign:
        return []
    wrong = np.flatnonzero(direction.wrong & group.member)
    right = np.flatnonzero(direction.sure & ~direction.wrong & group.member)
    if setting.slow:
        wrong, right = (np.intersect1d(rows, sample.positions) for rows in (wrong, right))
    if len(wrong) < FEWEST or len(right) < FEWEST:
        return []
    rng = np.random.default_rng([setting.evidence.seed, 5])
    wrong, right = (np.sort(rng.permutation(rows)[:MOST]) for rows in (wrong, right))
    both = np.union1d(wrong, right)
    if setting.slow:
        values = sample.found.values[np.searchsorted(sample.positions, both)]
    else:
        values = setting.explain(both, sample.target).values
    values = direction.sign * values
    here, there = (
        weighted_mean(values[np.isin(both, rows)], np.ones(len(rows))) for rows in (wrong, right)
    )
    return [
        {
            "direction": direction.said,
            "group": group.title,
            "feature": setting.named(setting.features[i]),
            "wrong": float(here.mean[i]),
            "interval": bounds(float(here.mean[i]), float(here.half[i])),
            "right": float(there.mean[i]),
            "n": here.n,
        }
        for i in np.argsort(-here.mean, kind="stable")[:2].tolist()
        if here.mean[i] > 0
    ]


def _push_table(sample: Sample, rows: list[dict[str, Any]]) -> Table:
    return Table(
        id="confident-pushes",
        title="What pushes confident mistakes",
        columns=(
            Column(key="direction", label="Who"),
            Column(key="group", label="Group"),
            Column(key="feature", label="Feature"),
            Column(key="wrong", label="Push where wrong", kind="number"),
            Column(key="interval", label="95 % interval", kind="interval"),
            Column(key="right", label="Push where right", kind="number"),
            Column(key="n", label="n wrong", kind="count"),
        ),
        rows=tuple(rows),
        caption=say(
            "Mean SHAP value in {unit} towards the end of the scores "
            "where these people stand. Where the push is as strong among "
            "those who were right, the feature does not tell the two "
            "apart.",
            unit=term(sample.unit),
        ),
    )
