"""The stage: every column against the reference, for everyone and by group, and the performance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from raudit.data import ColumnName, DataSet, Kind, Roles
from raudit.data.encode import AttributeEncoder
from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, Reference, StageResult
from raudit.facts import Fact
from raudit.findings import (
    Finding,
    Interval,
    Measurement,
    Rule,
    Status,
    Subject,
    Threshold,
    chance,
    written,
)
from raudit.plan import Attribute
from raudit.record import Column, Table
from raudit.sentences import joined, say, term
from raudit.stages.drift.compare import Shift, shift
from raudit.stages.drift.facts import FACTS
from raudit.stages.drift.options import Options
from raudit.stages.drift.performance import performance
from raudit.stages.drift.rules import LEVELS, MOVED, RULES
from raudit.stats import holm
from raudit.stats.intervals import normal_quantile
from raudit.stats.power import detectable_gap
from raudit.stats.series import spent_alpha
from raudit.validate import Strict

SCORE = "(score)"


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
        alpha = spent_alpha(options.alpha, options.audits)
        found = list(_shifts(evidence, reference, columns, options, alpha))
        clear = holm([item.p_value for item in found]) <= alpha
        everyone = [
            (item, bool(ok)) for item, ok in zip(found, clear, strict=True) if not item.group
        ]
        grouped = [(item, bool(ok)) for item, ok in zip(found, clear, strict=True) if item.group]
        findings = [_finding(item, ok, options) for item, ok in everyone]
        findings += [
            _finding(item, True, options) for item, ok in grouped if _moved(item, ok, options)
        ]
        findings += [f for item, _ok in everyone for f in _level_findings(item, options)]
        measured, facts = performance(evidence, options)
        moved = [item.column for item, ok in everyone if _moved(item, ok, options)]
        groups = [
            say("{column} among {group}", column=item.column, group=item.group)
            for item, ok in grouped
            if _moved(item, ok, options)
        ]
        scores = [item.psi.value for item, _ok in everyone if item.column == SCORE]
        facts |= {
            "drift.measured": True,
            "drift.reference_sha256": reference.data.sha256,
            "drift.columns_compared": len(everyone),
            "drift.moved": moved,
            "drift.moved_in_groups": groups,
            "drift.psi_max": max(item.psi.value for item, _ok in everyone),
            "drift.new_levels": [item.column for item, _ok in everyone if item.new_rows],
            "drift.lost_levels": [item.column for item, _ok in everyone if item.lost_levels],
            **({"drift.score_psi": scores[0]} if scores else {}),
        }
        return StageResult(
            summary=say(
                "{count} columns of {n_rows:,} rows compared with "
                "{n_rows_2:,} of the reference: {count_2} moved clearly.",
                count=len(everyone),
                n_rows=evidence.data.n_rows,
                n_rows_2=reference.data.n_rows,
                count_2=len(moved),
            ),
            findings=(*findings, *measured),
            tables=(_table(everyone, options),),
            facts=facts,
            notes=_notes(evidence, reference, found, alpha, options, left),
        )


def _columns(
    evidence: Evidence, reference: Reference, options: Options
) -> tuple[list[Compared], list[str]]:
    """Columns that both have, by name; computed ones go by their role. Also the names of those left out."""
    ours, theirs = evidence.data.kinds, reference.data.kinds
    roles = evidence.roles
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
            left.append(say("{name} (in one of the two only)", name=name))
            continue
        kind = _common_kind(ours[name], theirs[name])
        if not _is_compared(evidence.data, reference.data, name, kind, options):
            left.append(say("{name} (names rows, or is free text)", name=name))
            continue
        found.append(Compared(name=str(name), old=name, new=name, kind=kind))
    old_roles = _roles(reference.roles)
    for role, column in special.items():
        if role in old_roles:
            kind = Kind.NUMBER if role == SCORE else Kind.TEXT
            found.append(Compared(name=role, old=old_roles[role], new=column, kind=kind))
    return found, left


def _roles(roles: Roles) -> Mapping[str, ColumnName]:
    named = {
        "(label)": roles.label.column if roles.label else None,
        "(prediction)": roles.prediction.column if roles.prediction else None,
        SCORE: roles.score,
    }
    return {role: column for role, column in named.items() if column is not None}


def _common_kind(one: Kind, two: Kind) -> Kind:
    numbers = {Kind.NUMBER, Kind.INTEGER}
    return Kind.NUMBER if one in numbers and two in numbers else Kind.TEXT


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
    alpha: float,
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
        yield shift(column.name, old, new, column.kind, rng=rng, alpha=alpha)
        for group, rows_old, rows_new in groups:
            if not _constant(new[rows_new]) or not _constant(old[rows_old]):
                yield shift(
                    column.name,
                    old[rows_old],
                    new[rows_new],
                    column.kind,
                    rng=rng,
                    group=group,
                    alpha=alpha,
                )


def _constant(series: Any) -> bool:
    return bool(series.nunique(dropna=False) < 2)


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


def _moved(item: Shift, clear: bool, options: Options) -> bool:
    return clear and item.psi.value >= options.max_psi


def _finding(item: Shift, clear: bool, options: Options) -> Finding:
    moved = _moved(item, clear, options)
    settled = item.psi.high < options.max_psi
    status = Status.FAILED if moved else Status.PASSED if settled else Status.INDETERMINATE
    reason = (
        ""
        if status is not Status.INDETERMINATE
        else (
            say("it moved clearly, and by how much is not settled")
            if clear
            else say(
                "chance could explain it, and a shift of the limit's size might not have shown"
            )
        )
    )
    where = say(" among {group}", group=item.group) if item.group else ""
    distance = (
        say(
            ", Kolmogorov-Smirnov distance {value:.3f} ({low:.3f} to {high:.3f})",
            value=item.ks.value,
            low=item.ks.low,
            high=item.ks.high,
        )
        if item.ks
        else ""
    )
    if item.wasserstein is not None:
        value, bounds = item.wasserstein
        distance += say(
            ", Wasserstein distance {value} ({low} to {high})",
            value=written(value),
            low=written(float(bounds.low)),
            high=written(float(bounds.high)),
        )
    word = (
        say("moved away from the reference")
        if moved
        else say("moved, within the limit,")
        if clear and settled
        else say("was compared")
    )
    return MOVED.finding(
        status,
        Subject(
            kind="column", name=item.column, detail={"group": item.group} if item.group else {}
        ),
        say(
            "{column}{where} {word}: stability index {value:.3f} (95 % "
            "interval {low:.3f} to {high:.3f}){distance}, {test} "
            "{chance}, on {n_new:,} rows against {n_old:,}.",
            column=item.column,
            where=where,
            word=term(word),
            value=item.psi.value,
            low=item.psi.low,
            high=item.psi.high,
            distance=distance,
            test=term(item.test),
            chance=chance(item.p_value),
            n_new=item.n_new,
            n_old=item.n_old,
        ),
        reason=reason,
        measurement=Measurement(
            metric="psi",
            value=item.psi.value,
            n=item.n_new,
            interval=Interval(low=item.psi.low, high=item.psi.high, method="noncentral chi-square"),
            method="about ten bins of like mass, missing values as a bin",
        ),
        threshold=Threshold(
            high=options.max_psi,
            source="default" if options.max_psi == Options().max_psi else "plan",
        ),
        anchor="stages.drift.max_psi",
    )


def _level_findings(item: Shift, options: Options) -> list[Finding]:
    if item.test != "chi-square":
        return []
    share = item.new_rows / max(item.n_new, 1)
    failed = share > options.max_new_levels or item.lost_levels > 0
    return [
        LEVELS.finding(
            Status.FAILED if failed else Status.PASSED,
            Subject(kind="column", name=item.column),
            say(
                "{column} has {new_levels:,} levels that the reference does "
                "not have, in {new_rows:,} of {n_new:,} rows ({share:.1%}), "
                "and lacks {lost_levels:,} that chance would have shown.",
                column=item.column,
                new_levels=item.new_levels,
                new_rows=item.new_rows,
                n_new=item.n_new,
                share=share,
                lost_levels=item.lost_levels,
            ),
            measurement=Measurement(
                metric="new_level_share", value=share, n=item.n_new, events=item.new_rows
            ),
            threshold=Threshold(high=options.max_new_levels, source="default"),
            anchor="stages.drift.max_new_levels",
        )
    ]


def _table(everyone: Sequence[tuple[Shift, bool]], options: Options) -> Table:
    columns = (
        Column(key="name", label="Column"),
        Column(key="psi", label="Stability index", kind="number"),
        Column(key="low", label="at least", kind="number"),
        Column(key="high", label="at most", kind="number"),
        Column(key="statistic", label="KS or chi-square", kind="number"),
        Column(key="wasserstein", label="Wasserstein", kind="number"),
        Column(key="new", label="Rows with new levels", kind="count"),
        Column(key="state", label="Moved"),
    )
    rows = tuple(
        {
            "name": item.column,
            "psi": round(item.psi.value, 4),
            "low": round(item.psi.low, 4),
            "high": round(item.psi.high, 4),
            "statistic": round(item.statistic, 4),
            "wasserstein": None if item.wasserstein is None else item.wasserstein[0],
            "new": item.new_rows,
            "state": "clearly"
            if _moved(item, ok, options)
            else say("a little")
            if ok
            else say("not clearly"),
        }
        for item, ok in sorted(everyone, key=lambda pair: -pair[0].psi.value)
    )
    return Table(id="shifts", title="Columns against the reference", columns=columns, rows=rows)


def _notes(
    evidence: Evidence,
    reference: Reference,
    found: Sequence[Shift],
    alpha: float,
    options: Options,
    left: Sequence[str],
) -> tuple[str, ...]:
    z = normal_quantile(1 - alpha / max(len(found), 1))
    gap = detectable_gap(0.5, evidence.data.n_rows, reference.data.n_rows, z=z)
    notes = [
        (
            say(
                "{count} comparisons; a shift is called clear at a chance of "
                "{alpha:g} of any false alarm over all of them and {audits} "
                "audits (Holm, Bonferroni).",
                count=len(found),
                alpha=options.alpha,
                audits=options.audits,
            )
        ),
        (
            say(
                "With these numbers of rows, a share that moves by {gap:.1%} "
                "around one half would show 8 times out of 10; a smaller "
                "move may not.",
                gap=gap,
            )
        ),
    ]
    groups = {item.group for item in found if item.group}
    if groups:
        notes.append(
            say(
                "{count} groups with at least {min_group} rows on both sides were compared too.",
                count=len(groups),
                min_group=options.min_group,
            )
        )
    if left:
        notes.append(
            say(
                "Not compared: {listed}{part}.",
                listed=joined(", ", left[:10]),
                part=(say(" and more") if len(left) > 10 else ""),
            )
        )
    if reference.data.sha256 == evidence.data.sha256:
        notes.append("Reference and data are the same file, so nothing can have moved.")
    return tuple(notes)


STAGE = Drift()
