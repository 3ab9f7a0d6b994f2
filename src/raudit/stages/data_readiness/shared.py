"""What audited and training data have in common: rows, persons or units, time."""

from __future__ import annotations

import numpy as np

from raudit.data import ColumnName, DataSet
from raudit.data.rows import (
    found_in,
    overlap,
    row_hashes,
    written_as_text,
)
from raudit.findings import Finding, Measurement, Status
from raudit.sentences import joined, say
from raudit.stages.data_readiness.part import Part, Setting, answer, is_identifier, limit, listed
from raudit.stages.data_readiness.rules import SHARED
from raudit.stages.data_readiness.times import as_times


def shared(setting: Setting) -> Part:
    """What audited and training data have in common: rows, persons or units, time."""
    training = setting.reference
    if training is None:
        return Part(
            notes=(
                "Overlap with the training data was not looked for: the plan names none (data.reference).",
            )
        )
    if training.sha256 == setting.data.sha256:
        notes: tuple[str, ...] = ("The reference is the audited data set itself, byte for byte.",)
    else:
        notes = ()
    parts = [
        _shared_rows(setting, training),
        _shared_units(setting, training),
        _shared_time(setting, training),
    ]
    return Part(
        findings=tuple(f for part in parts for f in part.findings),
        facts={key: value for part in parts for key, value in part.facts.items()},
        notes=(*notes, *(note for part in parts for note in part.notes)),
    )


def _shared_rows(setting: Setting, training: DataSet) -> Part:
    columns = [
        name for name in setting.features if name in setting.data.kinds and name in training.kinds
    ]
    left = [name for name in setting.features if name not in columns]
    if not columns:
        return Part(
            notes=("Audited and training data share no column by which rows could be compared.",)
        )
    as_text = written_as_text(columns, setting.data, training)
    ours = row_hashes(setting.data, columns, as_text=as_text)
    theirs = row_hashes(training, columns, as_text=as_text)
    both = overlap(ours, theirs)
    n, events = both.n, both.events
    share = events / max(n, 1)
    status, reason = Status.PASSED, ""
    if share > setting.options.max_shared:
        status = Status.FAILED
        same = training.sha256 == setting.data.sha256
        if not both.beyond and not setting.options.unit and not same:
            status = Status.INDETERMINATE
            reason = (
                "training rows have twins among themselves as often, so people who look alike explain it; without an "
                "identifier copies cannot be told from them"
            )
    compared = say("all {count} compared columns", count=len(columns)) + (
        say(" (without {listed}: in one of the two only)", listed=listed(left)) if left else ""
    )
    finding = answer(
        SHARED,
        kind="data",
        name=setting.data.name,
        detail={"by": "rows"},
        status=status,
        statement=say(
            "{events:,} of {n:,} audited rows ({share:.1%}) stand in the "
            "training data as well, in {compared}. Of the training rows "
            "{twins:.1%} have a twin among the others, so that "
            "coincidence would give about {expected:,.0f}.",
            events=events,
            n=n,
            share=share,
            compared=compared,
            twins=both.twins,
            expected=both.expected,
        ),
        reason=reason,
        measurement=Measurement(metric="shared_rows_share", value=share, n=n, events=events),
        threshold=limit(setting.options, "max_shared"),
        anchor="max_shared",
    )
    facts = {
        "data.shared_rows": events,
        "data.shared_share": share,
        "data.shared_expected": round(both.expected),
    }
    return Part(findings=(finding,), facts=facts)


def _shared_units(setting: Setting, training: DataSet) -> Part:
    declared = [ColumnName(name) for name in setting.options.unit]
    guessed = [
        name
        for name in setting.data.kinds
        if name in training.kinds
        and is_identifier(setting.data, name)
        and is_identifier(training, name)
    ]
    missing = [
        name for name in declared if name not in training.kinds or name not in setting.data.kinds
    ]
    if missing:
        finding = answer(
            SHARED,
            kind="data",
            name=setting.data.name,
            detail={"by": "unit"},
            status=Status.INDETERMINATE,
            statement="Whether a person or unit is in both could not be told.",
            reason=say("{listed} is not a column of both data sets", listed=listed(missing)),
            anchor="unit",
        )
        return Part(findings=(finding,))
    sets = [declared] if declared else [[name] for name in guessed]
    findings, most = [], 0
    for columns in sets:
        finding, both = _shared_unit(setting, training, columns, guess=not declared)
        findings.append(finding)
        most = max(most, both)
    return Part(findings=tuple(findings), facts={"data.shared_units": most} if sets else {})


def _shared_unit(
    setting: Setting, training: DataSet, columns: list[ColumnName], *, guess: bool
) -> tuple[Finding, int]:
    as_text = written_as_text(columns, setting.data, training)
    named, theirs = (
        row_hashes(data, columns, as_text=as_text)[_named(data, columns)]
        for data in (setting.data, training)
    )
    ours, counts = np.unique(named, return_counts=True)
    both = found_in(ours, theirs)
    units, rows = int(both.sum()), int(counts[both].sum())
    name = joined(" + ", columns)
    counting = guess and _counts_rows(setting, columns[0])
    nameless = setting.data.n_rows - named.size + training.n_rows - theirs.size
    status, reason = Status.PASSED, ""
    if units and counting:
        status = Status.INDETERMINATE
        reason = say("the numbers run on from row to row, so equal ones may be different people")
    elif units:
        status = Status.FAILED
    elif nameless:
        status = Status.INDETERMINATE
        reason = say(
            "rows of the two data sets without one, which may be of the same: {nameless:,}",
            nameless=nameless,
        )
    finding = answer(
        SHARED,
        kind="data",
        name=setting.data.name,
        detail={"by": name},
        status=status,
        statement=say(
            "{units:,} of {size:,} values of {name} in the audited data "
            "stand in the training data as well; {rows:,} of {n_rows:,} "
            "audited rows are theirs.",
            units=units,
            size=ours.size,
            name=name,
            rows=rows,
            n_rows=setting.data.n_rows,
        )
        + (say(" The column was taken for an identifier by its name.") if guess else ""),
        reason=reason,
        measurement=Measurement(
            metric="shared_units_share",
            value=units / max(ours.size, 1),
            n=int(ours.size),
            events=units,
        ),
        anchor="unit",
    )
    return finding, 0 if counting else units


def _named(data: DataSet, columns: list[ColumnName]) -> np.ndarray:
    """Rows that name a unit in all of its columns, of shape (n_rows,): a missing value names nobody."""
    return np.asarray(data.frame(columns)[columns].notna().all(axis=1), dtype=bool)


def _counts_rows(setting: Setting, name: ColumnName) -> bool:
    """Whether a column only numbers the rows."""
    values = setting.column(name)
    if values.dtype.kind not in "iu" or len(values) < 2:
        return False
    return bool((np.diff(values.to_numpy()) == 1).all())


def _shared_time(setting: Setting, training: DataSet) -> Part:
    name = setting.options.time
    if name is None:
        return Part()
    if name not in training.kinds:
        return Part(
            notes=(
                say(
                    "The training data has no column {name}, so the split by "
                    "time could not be checked.",
                    name=name,
                ),
            )
        )
    times = [as_times(setting.column(name)), as_times(training.frame([ColumnName(name)])[name])]
    ours, theirs = (part.dropna() for part in times)
    untimed = sum(int(part.isna().sum()) for part in times)
    if ours.empty or theirs.empty:
        return Part(
            notes=(say("Column “{name}” holds no times in one of the data sets.", name=name),)
        )
    events = int((ours <= theirs.max()).sum())
    status, reason = Status.FAILED if events else Status.PASSED, ""
    if untimed and not events:
        status = Status.INDETERMINATE
        reason = say(
            "rows of the two data sets in which no time could be read: {untimed:,}", untimed=untimed
        )
    finding = answer(
        SHARED,
        kind="data",
        name=setting.data.name,
        detail={"by": "time"},
        status=status,
        reason=reason,
        statement=say(
            "{events:,} of {count:,} audited rows are no later than the "
            "latest training row, by {name}.",
            events=events,
            count=len(ours),
            name=name,
        ),
        measurement=Measurement(
            metric="time_overlap_share", value=events / len(ours), n=len(ours), events=events
        ),
        anchor="time",
    )
    return Part(findings=(finding,), facts={"data.time_overlap_rows": events})
