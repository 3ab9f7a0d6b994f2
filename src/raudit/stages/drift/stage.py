"""The stage: every column against the reference, for everyone and by group, and the performance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from raudit.data import ColumnName, DataSet, Kind, Roles
from raudit.data.encode import AttributeEncoder
from raudit.data.table import no_column
from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, Reference, StageResult
from raudit.facts import Fact
from raudit.findings import Finding, Rule, Status
from raudit.plan import Attribute
from raudit.sentences import joined, n_columns, n_rows, say
from raudit.stages.drift.compare import Shift, shift
from raudit.stages.drift.facts import FACTS
from raudit.stages.drift.judge import Judged, judge, spent
from raudit.stages.drift.options import Options
from raudit.stages.drift.performance import performance
from raudit.stages.drift.rules import RULES
from raudit.stages.drift.tell import (
    Left,
    level_findings,
    not_compared,
    shift_finding,
    shift_table,
)
from raudit.stats.intervals import normal_quantile
from raudit.stats.power import detectable_gap
from raudit.validate import Strict

if TYPE_CHECKING:
    import pandas as pd

SCORE = "(score)"
NUMBERS = frozenset({Kind.NUMBER, Kind.INTEGER})
SAME_VALUES = 50
"""Different numbers of a column that two samples hold equally often only if they are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A column as each side calls it."""

    name: str
    old: ColumnName
    new: ColumnName
    kind: Kind


class Drift:
    """Distances from the reference, with what chance explains."""

    name: ClassVar[str] = "drift"
    title: ClassVar[str] = "Drift"
    options: ClassVar[type[Strict]] = Options
    rules: ClassVar[tuple[Rule, ...]] = RULES
    facts: ClassVar[tuple[Fact, ...]] = FACTS
    reads_facts: ClassVar[bool] = False
    order: ClassVar[int] = 12
    needs_reference: ClassVar[bool] = True

    def run(self, evidence: Evidence, options: Options) -> StageResult:
        """Compare."""
        reference = evidence.reference
        if reference is None:
            raise NotEvaluable(
                "the plan names no reference to compare with",
                reference="no-reference",
                hint="name training data or data of an earlier time as data.reference",
            )
        columns, left = _columns(evidence, reference, options)
        if not columns or min(evidence.data.n_rows, reference.data.n_rows) == 0:
            raise NotEvaluable(
                "reference and data share no column or have no rows", reference="nothing-to-compare"
            )
        judged = judge(list(_shifts(evidence, reference, columns, options)), options)
        everyone = [item for item in judged if not item.shift.group]
        grouped = [item for item in judged if item.shift.group and item.moved]
        findings = [shift_finding(item, options) for item in (*everyone, *grouped)]
        findings += [f for item in everyone for f in level_findings(item, options)]
        sensitive = (*evidence.roles.sensitive, *evidence.roles.control)
        asked = {
            *options.columns,
            *map(str, evidence.roles.features),
            *(a.column for a in sensitive),
        }
        findings += [not_compared(item) for item in left if item.column in asked or item.differs]
        measured, facts = performance(evidence, options)
        moved = [item.shift.column for item in everyone if item.moved]
        facts |= _facts(reference, everyone, grouped)
        itself = _itself(evidence.data, reference.data, columns, everyone)
        if itself:
            findings = [_told_nothing(finding, itself) for finding in findings]
            measured = [_told_nothing(finding, itself) for finding in measured]
            facts["drift.measured"] = False
        return StageResult(
            summary=say(
                "{columns} of {rows} compared with "
                "{n_rows_2:,} of the reference: {count_2} moved clearly.",
                columns=n_columns(len(everyone)),
                rows=n_rows(evidence.data.n_rows),
                n_rows_2=reference.data.n_rows,
                count_2=len(moved),
            ),
            findings=(*findings, *measured),
            tables=(shift_table(everyone),),
            facts=facts,
            notes=_notes(evidence, reference, judged, options, left),
        )


def _columns(
    evidence: Evidence, reference: Reference, options: Options
) -> tuple[list[Compared], list[Left]]:
    """Columns that both have, by name; computed ones go by their role. Also those that are left out."""
    ours, theirs = evidence.data.kinds, reference.data.kinds
    roles = evidence.roles
    for name in options.columns:
        if name not in ours and name not in theirs:
            raise no_column(name, list(ours), "stages.drift.columns")
    wanted = [ColumnName(name) for name in options.columns] or list(roles.features)
    wanted = wanted or [name for name in ours if name != roles.weight]
    special = _roles(roles)
    wanted += [
        ColumnName(a.column) for a in (*roles.sensitive, *roles.control) if a.column not in wanted
    ]
    found, left = [], []
    for name in dict.fromkeys(wanted):
        if name in special.values():
            continue
        if name not in ours or name not in theirs:
            left.append(Left(str(name), say("in one of the two only")))
            continue
        kind = _common_kind(ours[name], theirs[name])
        if not _is_compared(evidence.data, reference.data, name, kind, options):
            differs = (ours[name] in NUMBERS) != (theirs[name] in NUMBERS)
            why = (
                say("numbers in one of the two only")
                if differs
                else say("names rows, or is free text")
            )
            left.append(Left(str(name), why, differs))
            continue
        found.append(Compared(name=str(name), old=name, new=name, kind=kind))
    old_roles = _roles(reference.roles)
    for role, column in special.items():
        if role in old_roles:
            kind = Kind.NUMBER if role == SCORE else Kind.TEXT
            found.append(Compared(name=role, old=old_roles[role], new=column, kind=kind))
        else:
            left.append(Left(role, say("the reference has none")))
    return found, left


def _roles(roles: Roles) -> Mapping[str, ColumnName]:
    named = {
        "(label)": roles.label.column if roles.label else None,
        "(prediction)": roles.prediction.column if roles.prediction else None,
        SCORE: roles.score,
    }
    return {role: column for role, column in named.items() if column is not None}


def _common_kind(one: Kind, two: Kind) -> Kind:
    return Kind.NUMBER if one in NUMBERS and two in NUMBERS else Kind.TEXT


def _is_compared(
    ours: DataSet, theirs: DataSet, name: ColumnName, kind: Kind, options: Options
) -> bool:
    if Kind.OTHER in {ours.kinds[name], theirs.kinds[name]}:
        return False
    if kind is Kind.NUMBER:
        return True
    # A column of two levels there and of as many as rows here is free text here, and not compared either.
    return all(data.frame([name])[name].nunique() <= options.max_levels for data in (ours, theirs))


def _shifts(
    evidence: Evidence,
    reference: Reference,
    columns: Sequence[Compared],
    options: Options,
) -> Iterator[Shift]:
    rng = np.random.default_rng(evidence.seed)
    groups = [
        (say("{label} {name}", label=(attribute.label or attribute.column), name=name), old, new)
        for attribute in evidence.roles.sensitive
        if attribute.column in reference.data.kinds
        for name, old, new in _groups(evidence.data, reference.data, attribute, options.min_group)
    ]
    for column in columns:
        old = reference.data.frame([column.old])[column.old].reset_index(drop=True)
        new = evidence.data.frame([column.new])[column.new].reset_index(drop=True)
        yield shift(column.name, old, new, column.kind, rng=rng)
        for group, rows_old, rows_new in groups:
            parts = old[rows_old], new[rows_new]
            if not _same_constant(*parts):
                yield shift(column.name, *parts, column.kind, rng=rng, group=group)


def _same_constant(old: pd.Series[Any], new: pd.Series[Any]) -> bool:
    """Whether a group has one value on both sides, and the same: there is nothing to compare."""
    import pandas as pd

    return bool(pd.concat([old, new]).nunique(dropna=False) < 2)


def _groups(
    ours: DataSet, theirs: DataSet, attribute: Attribute, smallest: int
) -> Iterator[tuple[str, NDArray[np.bool_], NDArray[np.bool_]]]:
    """Groups that are large enough on both sides, with the rows of each."""
    encoder = AttributeEncoder(attribute)
    name = ColumnName(attribute.column)
    sides = [
        np.concatenate([encoder(batch.column(0)) for batch in data.batches([name])])
        for data in (theirs, ours)
    ]
    for code, level in enumerate(encoder.levels):
        old, new = (side == code for side in sides)
        if min(int(old.sum()), int(new.sum())) >= smallest:
            yield level, old, new


def _itself(
    ours: DataSet, theirs: DataSet, columns: Sequence[Compared], everyone: Sequence[Judged]
) -> str:
    """Why the data are their own reference; empty if they are not.

    The same rows in another order, or in a file of another kind, have another digest and the same values.
    """
    if ours.sha256 == theirs.sha256:
        return say("reference and data are the same file, so nothing can have moved")
    shifts = [item.shift for item in everyone]
    apart = (s.n_old != s.n_new or s.psi.value or (s.ks is not None and s.ks.value) for s in shifts)
    numbers = (c.new for c in columns if c.kind is Kind.NUMBER)
    if any(apart) or not any(ours.frame([name])[name].nunique() > SAME_VALUES for name in numbers):
        return ""
    return say(
        "reference and data hold the same values equally often in every compared column: they are the same rows, so "
        "nothing can have moved"
    )


def _told_nothing(finding: Finding, why: str) -> Finding:
    """Of data that are their own reference nothing moves, whatever happened: that is no answer."""
    if finding.status is not Status.PASSED:
        return finding
    return replace(finding, status=Status.INDETERMINATE, reason=why)


def _facts(
    reference: Reference, everyone: Sequence[Judged], grouped: Sequence[Judged]
) -> dict[str, Any]:
    shifts = [item.shift for item in everyone]
    scores = [item.psi.value for item in shifts if item.column == SCORE]
    return {
        "drift.measured": True,
        "drift.reference_sha256": reference.data.sha256,
        "drift.columns_compared": len(shifts),
        "drift.moved": [item.shift.column for item in everyone if item.moved],
        "drift.moved_in_groups": [
            say("{column} among {group}", column=item.shift.column, group=item.shift.group)
            for item in grouped
        ],
        "drift.psi_max": max(item.psi.value for item in shifts),
        "drift.new_levels": [item.column for item in shifts if item.new_rows],
        "drift.lost_levels": [item.shift.column for item in everyone if item.lost_levels],
        **({"drift.score_psi": scores[0]} if scores else {}),
    }


def _compared(found: Sequence[Judged], options: Options, left: Sequence[Left]) -> list[str]:
    """Which groups were compared too, and which columns were not."""
    notes = []
    groups = {item.shift.group for item in found if item.shift.group}
    if groups:
        notes.append(
            say(
                "{count} groups with at least {min_group} rows on both sides were compared too.",
                count=len(groups),
                min_group=options.min_group,
            )
            if len(groups) > 1
            else say(
                "One group with at least {min_group} rows on both sides was compared too.",
                min_group=options.min_group,
            )
        )
    if left:
        notes.append(
            say(
                "Not compared: {listed}{part}.",
                listed=joined(", ", (item.said for item in left[:10])),
                part=say(" and {count:,} more", count=len(left) - 10) if len(left) > 10 else "",
            )
        )
    return notes


def _notes(
    evidence: Evidence,
    reference: Reference,
    found: Sequence[Judged],
    options: Options,
    left: Sequence[Left],
) -> tuple[str, ...]:
    z = normal_quantile(1 - spent(options) / 2 / max(len(found), 1))
    gap = detectable_gap(0.5, evidence.data.n_rows, reference.data.n_rows, z=z)
    notes = [
        (
            say(
                "Comparisons: {count}; a shift is called clear at a chance of "
                "{alpha:g} of any false alarm over all of them and over the "
                "audits that are planned for ({audits}; Holm, Bonferroni).",
                count=len(found),
                alpha=options.alpha,
                audits=options.audits,
            )
        ),
        (
            say(
                "With these numbers of rows, a share near one half that moves by "
                "{points:.1f} percentage points would show 8 times out of 10; a "
                "smaller move may not.",
                points=100 * gap,
            )
        ),
    ]
    notes += _compared(found, options, left)
    return tuple(notes)


STAGE = Drift()
