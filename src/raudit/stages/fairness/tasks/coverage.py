"""Whose outcome is known, and whether decisions differ at all: what comparisons rest on, said before they are made."""

from __future__ import annotations

import numpy as np

from raudit.data.cells import BIN, LABEL, PREDICTION, UNKNOWN, CellTable
from raudit.findings import Finding, Interval, Measurement, Subject, Threshold
from raudit.sentences import say
from raudit.stages.fairness.measures.metrics import Groups, group_counts
from raudit.stages.fairness.rules import CONSTANT, MISSING_LABEL, NUMBERED_GROUPS
from raudit.stages.fairness.tasks.part import Context, Part, by_name, named_pair, number
from raudit.stages.fairness.words.sentences import agree
from raudit.stats import largest_difference, range_quantile, wilson

HARDLY = 0.01
"""Share of the rarer decision under which decisions are said to hardly vary."""
NUMBERS = 10
"""Groups named by numbers from which on edges are asked for."""


DECIDED = (say("selection rates and scores"), say("error rates, AUC and calibration"))


def measure_coverage(table: CellTable, context: Context, rates: tuple[str, str] = DECIDED) -> Part:
    """Say for how many people outcomes are missing, by attribute; nothing where all are there, or none is asked for.

    Parameters
    ----------
    rates
        In words, what is of everybody, and what is of those whose outcome is known.
    """
    missing = int(table.n[table.unlabelled].sum())
    if not missing or LABEL not in table.dims:
        return Part()
    if missing == table.total:
        return Part(findings=(_none_known(table, rates[1]),), metrics=("label_coverage",))
    findings = [_covered(table, by, missing, context) for by in context.cuts if len(by) == 1]
    known = table.total - missing
    note = say(
        "The outcome is known for {known:,} of {total:,} people. {all_people:capital} are of all "
        "{total:,}; {labelled} are of the {known:,}.",
        known=known,
        total=table.total,
        all_people=rates[0],
        labelled=rates[1],
    )
    return Part(findings=tuple(findings), notes=(note,), metrics=("label_coverage",))


def _none_known(table: CellTable, labelled: str) -> Finding:
    """That outcomes are asked for and none is there: what needs them was not measured, and nothing else says so."""
    return MISSING_LABEL.indeterminate(
        Subject(kind="model", name="all people", detail={"metric": "label_coverage"}),
        say("The outcome is known for none of {total:,} people.", total=table.total),
        reason=say("{labelled:capital} need outcomes and were not measured.", labelled=labelled),
        measurement=Measurement(metric="label_coverage", value=0.0, n=table.total, events=0),
        anchor="data.label",
    )


def _covered(table: CellTable, by: tuple[str, ...], missing: int, context: Context) -> Finding:
    kept = table.marginal((*by, LABEL))
    names = kept.levels[0]
    place = kept.codes(by[0])
    total = np.bincount(place, weights=kept.n, minlength=len(names))
    known = np.bincount(place, weights=kept.n * ~kept.unlabelled, minlength=len(names))
    large = np.flatnonzero(total >= context.options.min_group)
    all_people = say(
        "The outcome is known for {total:,} of {total_2:,} people",
        total=table.total - missing,
        total_2=table.total,
    )
    measurement = Measurement(
        metric="label_coverage",
        value=1 - missing / table.total,
        n=table.total,
        events=table.total - missing,
    )
    statement, data = say("{all_people}.", all_people=all_people), {}
    if large.size >= 2:
        rates = known[large] / total[large]
        z = range_quantile(large.size, context.level)
        gap = largest_difference(rates, wilson(known[large], total[large], z=z))
        low, high = large[gap.lowest], large[gap.highest]
        statement = say(
            "{all_people}: {known:.1%} of {members} and {known_2:.1%} of "
            "{other}. n = {total:,} and {total_2:,}.",
            all_people=all_people,
            known=known[low] / total[low],
            members=context.speech.members((names[low],)),
            known_2=known[high] / total[high],
            other=context.speech.other((names[high],)),
            total=int(total[low]),
            total_2=int(total[high]),
        )
        measurement = Measurement(
            metric="label_coverage_difference",
            value=float(gap.value),
            n=table.total,
            events=table.total - missing,
            interval=Interval(
                low=float(gap.low), high=float(gap.high), level=context.level, method="newcombe"
            ),
            method=f"largest difference over {large.size:,} groups",
        )
        data = {
            "pair": named_pair(
                (names[high],), (names[low],), *(float(known[i] / total[i]) for i in (high, low))
            )
        }
    return MISSING_LABEL.indeterminate(
        Subject(kind="attribute", name=by_name(by), detail={"metric": "label_coverage"}),
        statement,
        reason="Rates that need outcomes hold for the people whose outcome is known; whether they hold for the "
        "others cannot be told from this data.",
        measurement=measurement,
        anchor="data.label",
        data=data,
    )


def measure_variation(table: CellTable, context: Context) -> Part:
    """Name decisions that are nearly all the same; nothing where they vary."""
    everyone = group_counts(table.without(BIN), ())
    selected = float(everyone.counts[:, 1::2].sum())
    n = int(everyone.n.sum())
    rarer = min(selected, n - selected)
    most = context.speech.selected if selected > n / 2 else context.speech.rejected
    other = context.speech.rejected if selected > n / 2 else context.speech.selected
    return _variation(n, int(rarer), most, agree(other, str(int(rarer))), context)


def measure_variation_of_classes(table: CellTable, context: Context) -> Part:
    """Name classes of which nearly everyone is given one; nothing where they vary."""
    given = table.marginal((PREDICTION,))
    n, commonest = int(given.n.sum()), int(np.argmax(given.n))
    name = given.levels[0][int(given.codes(PREDICTION)[commonest])]
    rarer = n - int(given.n[commonest])
    most, other = say("were given the class {one}", one=name), say("were given another")
    return _variation(n, rarer, most, other, context)


def _variation(n: int, rarer: int, most: str, other: str, context: Context) -> Part:
    if rarer / n >= HARDLY:
        return Part()
    finding = CONSTANT.indeterminate(
        Subject(kind="model", name="all people", detail={"metric": "rarer_decision_share"}),
        say(
            "Decisions hardly vary: of {n:,} {people}, {n_2:,} {most} and {rarer:,} {other}.",
            n=n,
            people=context.speech.people,
            n_2=n - rarer,
            most=most,
            rarer=rarer,
            other=other,
        ),
        reason="Where nearly everyone gets the same decision, groups hardly differ whatever the system does to the "
        "few others.",
        measurement=Measurement(metric="rarer_decision_share", value=rarer / n, n=n, events=rarer),
        threshold=Threshold(low=HARDLY, source="default"),
        anchor="data",
        data={"rarer": number(rarer / n)},
    )
    return Part(findings=(finding,))


def numbered(name: str, groups: Groups) -> Finding | None:
    """Ask for edges where each of many numbers is a group of its own; None where that is not so."""
    levels = [level for (level,) in groups.names if level != UNKNOWN]
    if len(levels) < NUMBERS or not all(map(_is_number, levels)):
        return None
    return NUMBERED_GROUPS.indeterminate(
        Subject(kind="attribute", name=name, detail={"metric": "numbered_groups"}),
        say(
            "The {count:,} groups by {name} are single numbers: it has "
            "no edges, so people whose numbers differ a little are "
            "compared as different groups.",
            count=len(levels),
            name=name,
        ),
        reason="A difference between ranges, such as under 40 and over, is not looked for.",
        measurement=Measurement(
            metric="numbered_groups", value=float(len(levels)), n=int(groups.n.sum()), unit="groups"
        ),
        anchor="sensitive_features",
    )


def _is_number(level: str) -> bool:
    try:
        float(level)
    except ValueError:
        return False
    return True
