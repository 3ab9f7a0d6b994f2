"""Findings on quasi-identifiers: who stands alone, and which groups share one sensitive value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from raudit.data import ColumnName, DataSet
from raudit.findings import Finding, Measurement, Status, Subject, Threshold
from raudit.record import Column, Table
from raudit.stages.pii import catalogue as rules
from raudit.stages.pii.options import Options
from raudit.stages.pii.singling_out import MAX_COLUMNS, SinglingOut, group_codes, measure, most_identifying
from raudit.stages.pii.verdicts import ColumnVerdict

UNKNOWN = (
    "The names of the columns do not tell which of them other people may know, so these are the ones whose values "
    "repeat. List the real ones under stages.pii.quasi_identifiers."
)
MAX_SENSITIVE = 4
"""Sensitive columns whose diversity is measured: the plan's, or the label and the special categories."""
MAX_ROWS = 5_000_000
"""Tables with more rows are grouped on their first rows, and the finding says so."""


def candidates(verdicts: Sequence[ColumnVerdict], options: Options) -> list[str]:
    """Quasi-identifiers: the plan's, or by name; direct identifiers and free text are findings of their own."""
    if options.quasi_identifiers:
        return list(options.quasi_identifiers)
    found = [v for v in verdicts if v.quasi and not v.profile.free_text and not (v.personal and _unique(v))]
    return [v.name for v in found]


def coarse(verdicts: Sequence[ColumnVerdict], known: Sequence[str]) -> list[str]:
    """Columns whose values repeat, for tables whose names do not tell which of them others may know."""
    repeating = [
        v.name
        for v in verdicts
        if not v.personal and not v.profile.free_text and 2 <= v.profile.distinct_in_sample <= 0.5 * v.profile.n_sampled
    ]
    return list(dict.fromkeys([*known, *repeating]))


def _unique(verdict: ColumnVerdict) -> bool:
    return verdict.profile.distinct_in_sample > 0.9 * max(verdict.profile.n_sampled, 1)


def assess_singling_out(
    data: DataSet, verdicts: Sequence[ColumnVerdict], options: Options, label: str | None
) -> tuple[list[Finding], list[Table], dict[str, Any]]:
    """Group the rows and report the worst sets of columns."""
    given = candidates(verdicts, options)
    secret = [options.sensitive_column] if options.sensitive_column else []
    secret = secret or [c for c in dict.fromkeys([label or "", *(v.name for v in verdicts if v.special)]) if c]
    columns = [c for c in given if c not in secret[:1]]
    guessed = len(columns) < 2
    if guessed:
        columns = [c for c in coarse(verdicts, columns) if c not in secret]
    if len(columns) < 2 or not data.n_rows:
        return [], [], {"pii.quasi_identifiers": [] if guessed else columns}
    wanted = [ColumnName(c) for c in dict.fromkeys([*columns, *secret])]
    frame = data.frame(wanted).head(MAX_ROWS)
    codes = group_codes(frame, wanted)
    if len(columns) > MAX_COLUMNS:
        columns = sorted(columns, key=lambda c: -int(codes[c].max(initial=0)))[:MAX_COLUMNS]
    together = measure(codes, columns, options.k)
    sets = [together, *(s for s in most_identifying(codes, columns, options.k) if set(s.columns) != set(columns))]
    found = [_alone(together, options, cut=data.n_rows > MAX_ROWS, guessed=guessed)]
    if guessed:
        return found, [_table(sets, options)], {"pii.quasi_identifiers": []}
    found += [_diversity(measure(codes, columns, options.k, s)) for s in secret[:MAX_SENSITIVE] if s not in columns]
    facts = {
        "pii.quasi_identifiers": columns,
        "pii.k_anonymity": together.k,
        "pii.rows_alone": together.alone,
        "pii.rows_alone_share": together.alone_share,
    }
    return found, [_table(sets, options)], facts


def _alone(found: SinglingOut, options: Options, *, cut: bool, guessed: bool) -> Finding:
    status = Status.FAILED if found.k < options.k else Status.PASSED
    people = "row stands" if found.alone == 1 else "rows stand"
    statement = (
        f"By {_and(found.columns)}, {found.alone:,} of {found.n:,} {people} alone ({found.alone_share:.1%}); "
        f"the smallest group has {found.k:,} and {found.below:,} are in groups of fewer than {options.k}."
    )
    return Finding(
        rule=rules.SINGLING.id,
        subject=Subject(kind="data", name="quasi-identifiers", detail={"columns": ", ".join(found.columns)}),
        status=Status.INDETERMINATE if guessed else status,
        severity=rules.SINGLING.severity,
        statement=statement,
        reason=" ".join(
            part
            for part, applies in (
                (UNKNOWN, guessed),
                (f"Only the first {MAX_ROWS:,} rows were grouped.", cut),
            )
            if applies
        ),
        measurement=Measurement(metric="rows_alone_share", value=found.alone_share, n=found.n, events=found.alone),
        threshold=Threshold(low=float(options.k), source="plan" if options.k != Options().k else "default"),
        requirements=rules.SINGLING.requirements,
        anchor="stages.pii.k",
        remedy=rules.SINGLING.fix,
        data={"k": found.k, "below": found.below, "classes": found.classes},
    )


def _diversity(found: SinglingOut) -> Finding:
    diversity = found.diversity or 0
    return Finding(
        rule=rules.DIVERSITY.id,
        subject=Subject(kind="data", name="quasi-identifiers", detail={"sensitive": found.sensitive}),
        status=Status.FAILED if diversity < 2 else Status.PASSED,
        severity=rules.DIVERSITY.severity,
        statement=f"Within groups by {_and(found.columns)}, “{found.sensitive}” takes at least {diversity} "
        f"different value{'' if diversity == 1 else 's'}; {found.alike:,} of {found.n:,} rows are in groups of two or "
        "more that all share one.",
        measurement=Measurement(metric="distinct_l_diversity", value=float(diversity), n=found.classes, unit="values"),
        threshold=Threshold(low=2.0, source="default"),
        requirements=rules.DIVERSITY.requirements,
        remedy=rules.DIVERSITY.fix,
    )


def _table(sets: Sequence[SinglingOut], options: Options) -> Table:
    return Table(
        id="singling-out",
        title="Who stands alone",
        columns=(
            Column(key="columns", label="Columns together"),
            Column(key="classes", label="Combinations", kind="count"),
            Column(key="k", label="Smallest group (k)", kind="count"),
            Column(key="alone", label="Rows alone", kind="count"),
            Column(key="share", label="Share alone", kind="proportion"),
            Column(key="below", label=f"Rows in groups below {options.k}", kind="count"),
        ),
        rows=tuple(
            {
                "columns": ", ".join(s.columns),
                "classes": s.classes,
                "k": s.k,
                "alone": s.alone,
                "share": s.alone_share,
                "below": s.below,
            }
            for s in sets
        ),
        caption="All quasi-identifiers together first, then the two and three columns that leave most rows alone. "
        "Every row counted.",
    )


def _and(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
