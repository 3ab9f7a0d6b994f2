"""Who is not compared: groups that are too small, and people whose attribute is missing."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from raudit.data.cells import UNKNOWN
from raudit.errors import PlanError
from raudit.findings import Finding, Measurement, Severity, Status, Subject, Threshold
from raudit.sentences import joined, say
from raudit.stages.fairness.measures.metrics import Groups
from raudit.stages.fairness.rules import ALIKE_GROUPS, MISSING_ATTRIBUTE, SMALL_GROUP
from raudit.stages.fairness.tasks.part import Context, by_name


def small_groups(by: tuple[str, ...], groups: Groups, context: Context) -> Finding:
    """Name the groups that are too small to be compared, or the one that has no other beside it."""
    limit = context.options.min_group
    if len(groups.names) == 1 and groups.n[0] >= limit:
        return _one_group(by, groups, context)
    small = [i for i in np.argsort(groups.n, kind="stable") if groups.n[i] < limit]
    smallest = int(groups.n.min())
    if not small:
        statement = say(
            "Every group by {by_name} has at least {limit} people; the smallest has {smallest:,}.",
            by_name=by_name(by),
            limit=limit,
            smallest=smallest,
        )
    else:
        statement = _small_sentence(by, groups, small, context)
    hidden = smallest < context.options.suppress_below
    return SMALL_GROUP.finding(
        Status.INDETERMINATE if small else Status.PASSED,
        Subject(kind="attribute", name=by_name(by), detail={"metric": "group_size"}),
        statement,
        severity=Severity.MEDIUM if len(by) == 1 else Severity.LOW,
        reason=_reason(context) if small else "",
        measurement=Measurement(
            metric="smallest_group",
            value=None if hidden else float(smallest),
            n=int(groups.n.sum()),
            unit="rows",
            undefined_because=say(
                "fewer than {suppress_below} rows", suppress_below=context.options.suppress_below
            )
            if hidden
            else "",
        ),
        threshold=Threshold(
            low=float(limit),
            source="plan" if "min_group" in context.options.model_fields_set else "default",
        ),
        anchor="stages.fairness.min_group",
        remedy=SMALL_GROUP.fix if small else "",
        data={"groups": len(groups.names), "small": len(small)},
    )


def _one_group(by: tuple[str, ...], groups: Groups, context: Context) -> Finding:
    """That everybody is of one group: large enough for a comparison that nobody can make."""
    n = int(groups.n[0])
    return SMALL_GROUP.indeterminate(
        Subject(kind="attribute", name=by_name(by), detail={"metric": "group_size"}),
        say(
            "All {n:,} people are of one group by {by_name}: {group}.",
            n=n,
            by_name=by_name(by),
            group=context.speech.group(groups.names[0]),
        ),
        severity=Severity.MEDIUM if len(by) == 1 else Severity.LOW,
        reason=say("There is no other group that it could be compared with."),
        measurement=Measurement(metric="smallest_group", value=float(n), n=n, unit="rows"),
        anchor="sensitive_features",
        remedy=say("Audit data that holds people of the other groups too."),
        data={"groups": 1, "small": 0},
    )


def _reason(context: Context) -> str:
    """What is not claimed; New York's rule compares every category that is a large enough share, however few."""
    if "nyc-ll144" in context.options.presets:
        return say(
            "Impact ratios compare every category of {share:.3g} % of the data or more, as the rule asks; nothing "
            "else is claimed about groups under the smallest size that the plan compares.",
            share=100 * context.options.excluded_share,
        )
    return say("Nothing is claimed about groups under the smallest size that the plan compares.")


def _small_sentence(
    by: tuple[str, ...], groups: Groups, small: Sequence[Any], context: Context
) -> str:
    hide = context.options.suppress_below
    sizes = [
        say("n = {n:,}", n=groups.n[i])
        if groups.n[i] >= hide
        else say("fewer than {hide}", hide=hide)
        for i in small[:3]
    ]
    named = [
        say("{group} ({size})", group=context.speech.group(groups.names[i]), size=size)
        for i, size in zip(small, sizes, strict=False)
    ]
    more = say(" and {count:,} more", count=len(small) - 3) if len(small) > 3 else ""
    count = say(
        "{count:,} of {count_2:,} groups by {by_name}",
        count=len(small),
        count_2=len(groups.names),
        by_name=by_name(by),
    )
    verb = say("is") if len(small) == 1 else say("are")
    limit = say("fewer than {min_group} people", min_group=context.options.min_group)
    return say(
        "{count} {verb} too small to be compared ({limit}): {listed}{more}.",
        count=count,
        verb=verb,
        limit=limit,
        listed=joined("; ", named),
        more=more,
    )


def unknown_members(name: str, groups: Groups) -> Finding:
    """Say for how many people the attribute is missing."""
    count = int(groups.n[[group[0] for group in groups.names].index(UNKNOWN)])
    total = int(groups.n.sum())
    return MISSING_ATTRIBUTE.indeterminate(
        Subject(kind="attribute", name=name, detail={"metric": "unknown_share"}),
        say(
            "For {count:,} of {total:,} people the {name} is unknown; "
            "they are a group of their own.",
            count=count,
            total=total,
            name=name,
        ),
        reason="Nobody can say from this data how the unknown would change the comparison.",
        measurement=Measurement(metric="unknown_share", value=count / total, n=total, events=count),
        anchor="sensitive_features",
    )


_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4\u0060\u2032"), "'")


def _plain(level: str) -> str:
    """A level without what the eye hardly tells apart: spaces, case, Unicode form, dashes, apostrophes, no width."""
    form = unicodedata.normalize("NFKC", level.translate(_APOSTROPHES)).casefold()
    form = form.replace("i\u0307", "i")  # of İ
    same = {"Cc": " ", "Pd": "-"}
    seen = "".join(same.get(unicodedata.category(one), one) for one in form)
    return " ".join("".join(one for one in seen if unicodedata.category(one) != "Cf").split())


def _visible(level: str) -> str:
    """A level with characters of no width named."""
    return "".join(
        f"<U+{ord(one):04X}>" if unicodedata.category(one) == "Cf" else one for one in level
    )


def alike(name: str, groups: Groups) -> Finding | None:
    """Name groups that are equal but for spaces, case or Unicode form; None if there are none."""
    spelled: dict[str, list[int]] = defaultdict(list)
    for i, (level,) in enumerate(groups.names):
        spelled[_plain(level)].append(i)
    same = [places for places in spelled.values() if len(places) > 1]
    if not same:
        return None
    named = joined(
        "; ",
        (
            joined(" and ", (say("“{group}”", group=_visible(groups.names[i][0])) for i in places))
            for places in same[:3]
        ),
    )
    more = say(" and {count:,} more", count=len(same) - 3) if len(same) > 3 else ""
    count = sum(len(places) for places in same)
    return ALIKE_GROUPS.indeterminate(
        Subject(kind="attribute", name=name, detail={"metric": "alike_groups"}),
        say(
            "{count:,} of {count_2:,} groups by {name} differ from "
            "another in spaces, case or Unicode form only: {named}{more}.",
            count=count,
            count_2=len(groups.names),
            name=name,
            named=named,
            more=more,
        ),
        reason="Each spelling is judged by itself, on fewer rows and with wider intervals than the group as a whole.",
        measurement=Measurement(
            metric="alike_groups",
            value=float(count),
            n=len(groups.names),
            events=count,
            unit="groups",
        ),
        anchor="sensitive_features",
    )


def check_reference(by: tuple[str, ...], groups: Groups, context: Context) -> None:
    """Refuse a reference group that does not occur.

    Raises
    ------
    PlanError
        If the plan names a group that the data do not hold.
    """
    from raudit.yamltext import nearest

    if len(by) != 1 or by[0] not in context.options.reference_groups:
        return
    wanted = context.options.reference_groups[by[0]]
    levels = [level for (level,) in groups.names]
    if wanted not in levels:
        raise PlanError(
            f"no group by {by[0]} is called {wanted!r}",
            reference="reference-group",
            where=f"stages.fairness.reference_groups.{by[0]}",
            expected="a value of the column, written as in the data",
            hint=nearest(wanted, levels),
        )
