"""Findings on quasi-identifiers: who stands alone, and which groups share one sensitive value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from raudit.data import ColumnName, CountedRows, DataSet, EngineTable, counted_rows
from raudit.findings import Finding, Measurement, Status, Subject, Threshold, written
from raudit.record import Column, Table
from raudit.sentences import joined, say, term
from raudit.stages.pii.judge.verdicts import ColumnVerdict
from raudit.stages.pii.options import Options
from raudit.stages.pii.report import catalogue as rules
from raudit.stages.pii.risk.generalise import steps_to_k
from raudit.stages.pii.risk.singling_out import (
    MAX_COLUMNS,
    SinglingOut,
    group_codes,
    measure,
    most_identifying,
)

UNKNOWN = (
    "The names of the columns do not tell which of them other people may know, so these are the ones whose values "
    "repeat. List the real ones under stages.pii.quasi_identifiers."
)
MAX_SENSITIVE = 4
"""Sensitive columns whose diversity is measured: the plan's, or the label and the special categories."""
COARSENED_ROWS = 200_000
"""Different rows on which coarser versions are tried, which groups them some hundred times."""


def candidates(verdicts: Sequence[ColumnVerdict], options: Options) -> list[str]:
    """Quasi-identifiers: the plan's, or by name; direct identifiers and free text are findings of their own."""
    if options.quasi_identifiers:
        return list(options.quasi_identifiers)
    found = [
        v
        for v in verdicts
        if v.quasi and not v.profile.free_text and not (v.personal and _unique(v))
    ]
    return [v.name for v in found]


def coarse(verdicts: Sequence[ColumnVerdict], known: Sequence[str]) -> list[str]:
    """Columns whose values repeat, for tables whose names do not tell which of them others may know."""
    repeating = [
        v.name
        for v in verdicts
        if not v.personal
        and not v.profile.free_text
        and 2 <= v.profile.distinct_in_sample <= 0.5 * v.profile.n_sampled
    ]
    return list(dict.fromkeys([*known, *repeating]))


def _unique(verdict: ColumnVerdict) -> bool:
    return verdict.profile.distinct_in_sample > 0.9 * max(verdict.profile.n_sampled, 1)


def assess_singling_out(
    data: DataSet, verdicts: Sequence[ColumnVerdict], options: Options, label: str | None
) -> tuple[list[Finding], list[Table], dict[str, Any]]:
    """Group the rows and report the worst sets of columns."""
    given = candidates(verdicts, options)
    secret = _secret(options, [label or "", *(v.name for v in verdicts if v.special)])
    columns = [c for c in given if c not in secret[:1]]
    guessed = len(columns) < 2
    if guessed:
        columns = [c for c in coarse(verdicts, columns) if c not in secret]
    if len(columns) < 2 or not data.n_rows:
        return [], [], {"pii.quasi_identifiers": [] if guessed else columns}
    return singled_out(data, columns, secret, options, guessed=guessed)


def assess_named(
    data: EngineTable, options: Options, label: str
) -> tuple[list[Finding], list[Table], dict[str, Any]]:
    """The same for a table in its engine, where only the plan can say which columns others may know."""
    secret = _secret(options, [label])
    columns = [c for c in options.quasi_identifiers if c not in secret[:1]]
    if len(columns) < 2:
        return [], [], {}
    return singled_out(data, columns, secret, options)


def _secret(options: Options, found: Sequence[str]) -> list[str]:
    """Columns whose values should differ within each group: the plan's, or those that were found."""
    if options.sensitive_column:
        return [options.sensitive_column]
    return [column for column in dict.fromkeys(found) if column]


def singled_out(
    data: DataSet | EngineTable,
    columns: Sequence[str],
    secret: Sequence[str],
    options: Options,
    *,
    guessed: bool = False,
) -> tuple[list[Finding], list[Table], dict[str, Any]]:
    """Who stands alone by some columns, and whose secret is open; all of it from the different rows and their number.

    Parameters
    ----------
    data
        A data set, or a table that stays in its engine.
    columns
        Quasi-identifiers, at least two.
    secret
        Columns whose values should differ within each group.
    options
        ``k``, ``l`` and ``t``.
    guessed
        Whether names did not tell which columns others may know.
    """
    wanted = [ColumnName(c) for c in dict.fromkeys([*columns, *secret])]
    rows = counted_rows(data, wanted)
    codes, counts = group_codes(rows.frame, wanted), rows.counts
    if len(columns) > MAX_COLUMNS:
        levels = {name: int(codes[name].max(initial=0)) for name in columns}
        columns = sorted(columns, key=lambda c: -levels[c])[:MAX_COLUMNS]
    together = measure(codes, columns, options.k, counts=counts)
    worst = most_identifying(codes, columns, options.k, counts=counts)
    sets = [together, *(s for s in worst if set(s.columns) != set(columns))]
    found = [_alone(together, options, cut=rows.cut, guessed=guessed)]
    if guessed:
        return found, [_table(sets, options)], {"pii.quasi_identifiers": []}
    coarser = (
        _coarser(rows.first(COARSENED_ROWS), columns, options) if together.k < options.k else None
    )
    found += [
        _diversity(measure(codes, columns, options.k, s, counts=counts), options, cut=rows.cut)
        for s in secret[:MAX_SENSITIVE]
        if s not in columns
    ]
    facts = {
        "pii.quasi_identifiers": list(columns),
        "pii.k_anonymity": together.k,
        "pii.rows_alone": together.alone,
        "pii.rows_alone_share": together.alone_share,
    }
    return found, [_table(sets, options), *([coarser] if coarser else [])], facts


def _alone(found: SinglingOut, options: Options, *, cut: bool, guessed: bool) -> Finding:
    status = _status(found.k < options.k, cut=cut)
    people = say("row stands") if found.alone == 1 else say("rows stand")
    statement = say(
        "By {value}, {alone:,} of {n:,} {people} alone "
        "({alone_share:.1%}); the smallest group has {k:,} and "
        "{below:,} are in groups of fewer than {k_2}.",
        value=_and(found.columns),
        alone=found.alone,
        n=found.n,
        people=people,
        alone_share=found.alone_share,
        k=found.k,
        below=found.below,
        k_2=options.k,
    )
    return rules.SINGLING.finding(
        Status.INDETERMINATE if guessed else status,
        Subject(
            kind="data", name="quasi-identifiers", detail={"columns": joined(", ", found.columns)}
        ),
        statement,
        reason=joined(
            " ",
            (
                part
                for part, applies in (
                    (UNKNOWN, guessed),
                    (_first_rows(found), cut),
                )
                if applies
            ),
        ),
        measurement=Measurement(
            metric="rows_alone_share", value=found.alone_share, n=found.n, events=found.alone
        ),
        threshold=Threshold(
            low=float(options.k), source="plan" if options.k != Options().k else "default"
        ),
        anchor="stages.pii.k",
        remedy=rules.SINGLING.fix,
        data={"k": found.k, "below": found.below, "classes": found.classes},
    )


def _status(failed: bool, *, cut: bool) -> Status:
    """What the grouped rows say of all: rows that were not grouped may stand alone too."""
    if failed:
        return Status.FAILED
    return Status.INDETERMINATE if cut else Status.PASSED


def _first_rows(found: SinglingOut) -> str:
    return say("Only the first {n:,} rows were grouped.", n=found.n)


def _diversity(found: SinglingOut, options: Options, *, cut: bool = False) -> Finding:
    diversity = found.diversity or 0
    exposed = found.alone + found.alike
    too_far = options.t is not None and (found.t or 0.0) > options.t
    few = diversity < options.l
    sentences = [_who_is_known(found, exposed, diversity)]
    if few and options.l > 2:
        sentences.append(say("The plan asks for {l:,} values in each group.", l=options.l))
    if too_far:
        sentences.append(say("The plan accepts a distance of {t}.", t=written(options.t)))
    return rules.DIVERSITY.finding(
        _status(few or too_far, cut=cut),
        Subject(kind="data", name="quasi-identifiers", detail={"sensitive": found.sensitive}),
        joined(" ", sentences),
        reason=_first_rows(found) if cut else "",
        measurement=Measurement(
            metric="sensitive_value_known_share",
            value=exposed / found.n if found.n else None,
            n=found.n,
            events=exposed,
        ),
        threshold=Threshold(
            high=0.0, source="default" if (options.l, options.t) == (2, None) else "plan"
        ),
        anchor="stages.pii.t" if too_far and not few else "stages.pii.l",
        data={
            "distinct_l_diversity": diversity,
            "rows_alone": found.alone,
            "rows_alike": found.alike,
            "groups_alike": found.groups_alike,
            "t_closeness": found.t,
            "t_closeness_rows": found.t_rows,
        },
    )


def _who_is_known(found: SinglingOut, exposed: int, diversity: int) -> str:
    """Whose secret is open, counted in rows: those who stand alone, and those who are alike with all their group."""
    by = _and(found.columns)
    if found.t_rows == 1:
        far = say("The row that differs most from all {n:,} ", n=found.n)
    else:
        far = say(
            "The group of {t_rows:,} rows that differs most from all {n:,} ",
            t_rows=found.t_rows,
            n=found.n,
        )
    far += say("is at a distance of {t:.2f} ", t=found.t)
    far += say("(t-closeness; 0 is the same distribution, 1 nothing in common).")
    if not exposed:
        return say(
            "Nobody's “{sensitive}” follows from {by}: each of the "
            "{classes:,} groups of the {n:,} rows holds at least "
            "{diversity:,} different values. {far}",
            sensitive=found.sensitive,
            by=by,
            classes=found.classes,
            n=found.n,
            diversity=diversity,
            far=far,
        )
    groups = "group" if found.groups_alike == 1 else "groups"
    return say(
        "Whoever knows {by} of a person knows their “{sensitive}” "
        "for {exposed:,} of {n:,} rows ({exposed_2:.1%}): {alone:,} "
        "stand alone, and {alike:,} are in {groups_alike:,} {groups} "
        "of two or more that all share one value. {far}",
        by=by,
        sensitive=found.sensitive,
        exposed=exposed,
        n=found.n,
        exposed_2=exposed / found.n,
        alone=found.alone,
        alike=found.alike,
        groups_alike=found.groups_alike,
        groups=term(groups),
        far=far,
    )


def _coarser(counted: CountedRows, columns: Sequence[str], options: Options) -> Table | None:
    """What would have to be given up so that nobody stands in a smaller group than k."""
    steps = steps_to_k(counted.frame, columns, options.k, counts=counted.counts)
    if not steps:
        return None
    return Table(
        id="coarser",
        title=say("What would leave every group with {k} rows", k=options.k),
        columns=(
            Column(key="column", label="Coarsen"),
            Column(key="to", label="To"),
            Column(
                key="below", label=say("Rows still in groups below {k}", k=options.k), kind="count"
            ),
            Column(key="loss", label="Detail lost so far", kind="proportion"),
        ),
        rows=tuple(
            {"column": s.column, "to": s.to, "below": s.below, "loss": s.loss} for s in steps
        ),
        caption=say(
            "Each step builds on those before it. Detail lost: of the "
            "pairs of rows that a column told apart, the share it no "
            "longer does, averaged over the {count} columns. The steps "
            "are greedy; cheaper ones may exist. Reckoned on {count_2:,} "
            "rows.",
            count=len(columns),
            count_2=counted.n,
        ),
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
            Column(key="below", label=say("Rows in groups below {k}", k=options.k), kind="count"),
        ),
        rows=tuple(
            {
                "columns": joined(", ", s.columns),
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
    return joined(", ", names[:-1]) + say(" and ") + names[-1] if len(names) > 1 else "".join(names)
