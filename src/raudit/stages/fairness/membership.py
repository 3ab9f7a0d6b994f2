"""Who is not compared: groups that are too small, and people whose attribute is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from raudit.data.cells import UNKNOWN
from raudit.findings import Finding, Measurement, Severity, Status, Subject, Threshold
from raudit.stages.fairness.metrics import Groups
from raudit.stages.fairness.part import Context, by_name
from raudit.stages.fairness.rules import MISSING_ATTRIBUTE, SMALL_GROUP


def small_groups(by: tuple[str, ...], groups: Groups, context: Context) -> Finding:
    """Name the groups that are too small to be compared."""
    limit = context.options.min_group
    small = [i for i in np.argsort(groups.n, kind="stable") if groups.n[i] < limit]
    smallest = int(groups.n.min())
    if not small:
        statement = f"Every group by {by_name(by)} has at least {limit} people; the smallest has {smallest:,}."
    else:
        statement = _small_sentence(by, groups, small, context)
    hidden = smallest < context.options.suppress_below
    return Finding(
        rule=SMALL_GROUP.id,
        subject=Subject(kind="attribute", name=by_name(by), detail={"metric": "group_size"}),
        status=Status.INDETERMINATE if small else Status.PASSED,
        severity=Severity.MEDIUM if len(by) == 1 else Severity.LOW,
        statement=statement,
        reason="Nothing is claimed about groups under the smallest size that the plan compares." if small else "",
        measurement=Measurement(
            metric="smallest_group",
            value=None if hidden else float(smallest),
            n=int(groups.n.sum()),
            unit="rows",
            undefined_because=f"fewer than {context.options.suppress_below} rows" if hidden else "",
        ),
        threshold=Threshold(
            low=float(limit), source="plan" if "min_group" in context.options.model_fields_set else "default"
        ),
        requirements=SMALL_GROUP.requirements,
        anchor="stages.fairness.min_group",
        remedy=SMALL_GROUP.fix if small else "",
        data={"groups": len(groups.names), "small": len(small)},
    )


def _small_sentence(by: tuple[str, ...], groups: Groups, small: Sequence[Any], context: Context) -> str:
    hide = context.options.suppress_below
    sizes = [f"n = {groups.n[i]:,}" if groups.n[i] >= hide else f"fewer than {hide}" for i in small[:3]]
    named = [f"{context.speech.group(groups.names[i])} ({size})" for i, size in zip(small, sizes, strict=False)]
    more = f" and {len(small) - 3:,} more" if len(small) > 3 else ""
    count = f"{len(small):,} of {len(groups.names):,} groups by {by_name(by)}"
    verb = "is" if len(small) == 1 else "are"
    limit = f"fewer than {context.options.min_group} people"
    return f"{count} {verb} too small to be compared ({limit}): {'; '.join(named)}{more}."


def unknown_members(name: str, groups: Groups) -> Finding:
    """Say for how many people the attribute is missing."""
    count = int(groups.n[[group[0] for group in groups.names].index(UNKNOWN)])
    total = int(groups.n.sum())
    return Finding(
        rule=MISSING_ATTRIBUTE.id,
        subject=Subject(kind="attribute", name=name, detail={"metric": "unknown_share"}),
        status=Status.INDETERMINATE,
        severity=MISSING_ATTRIBUTE.severity,
        statement=f"For {count:,} of {total:,} people the {name} is unknown; they are a group of their own.",
        reason="Nobody can say from this data how the unknown would change the comparison.",
        measurement=Measurement(metric="unknown_share", value=count / total, n=total, events=count),
        requirements=MISSING_ATTRIBUTE.requirements,
        anchor="sensitive_features",
        remedy=MISSING_ATTRIBUTE.fix,
    )
