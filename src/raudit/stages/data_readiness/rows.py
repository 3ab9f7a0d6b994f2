"""Duplicates, near-duplicates, and rows, persons and times that training and audited data share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from raudit.data import ColumnName, DataSet
from raudit.data.interface import InEngine
from raudit.data.rows import (
    Hashes,
    column_hashes,
    found_in,
    overlap,
    repeated,
    row_hashes,
    sum_of,
    written_as_text,
)
from raudit.findings import Finding, Measurement, Status
from raudit.sentences import joined, n_rows, say
from raudit.stages.data_readiness.part import Part, Setting, answer, is_identifier, limit, listed
from raudit.stages.data_readiness.rules import DUPLICATE, NEAR_DUPLICATE, SHARED
from raudit.stages.data_readiness.times import as_times

SHUFFLED_ROWS = 2_000_000
"""Most rows on which coincidence is counted by shuffling."""
NEAR_ROWS = 500_000
"""Most rows in which near-duplicates are looked for; each column takes a sort of all rows."""
TELLING = 0.5
"""Share of distinct values from which a column tells rows apart."""
NEAR_COLUMNS = 4
"""Fewest columns of which all but one can be said to agree."""
EXPLAINED = 0.5
"""Share of the repeats that coincidence alone must give before they are put down to it."""


def duplicates(setting: Setting) -> Part:
    """Rows that repeat others, wholly or in all columns but one."""
    data, options = setting.data, setting.options
    unit = [ColumnName(name) for name in options.unit if name in data.kinds]
    columns = [name for name in (*setting.features, *unit) if name in data.kinds]
    if not columns or data.n_rows < 2:
        return Part()
    counted, chance, near = _repeats(setting, columns)
    finding = _duplicate(setting, columns, counted, chance, has_unit=bool(unit))
    facts = {
        "data.duplicate_rows": counted["repeats"],
        "data.duplicate_share": counted["repeats"] / data.n_rows,
    }
    repeated_units = _repeated_units(setting, unit)
    return Part(
        findings=(finding, *near.findings),
        facts={**facts, **near.facts, **repeated_units},
        notes=near.notes,
    )


def _repeats(
    setting: Setting, columns: list[ColumnName]
) -> tuple[Mapping[str, int], int | None, Part]:
    """Repeated rows, how many coincidence gives where that was counted, and near-duplicates."""
    data = setting.data
    if isinstance(data, InEngine):
        untold = say(
            "Near-duplicates and coincidence were not looked into: the rows stay in their database."
        )
        return data.repeats(columns), None, Part(notes=(untold,))
    as_text = written_as_text(columns, data)
    if data.n_rows > SHUFFLED_ROWS:
        return repeated(row_hashes(data, columns, as_text=as_text)), None, _too_many()
    cells = column_hashes(data, columns, as_text=as_text)
    rng = np.random.default_rng(setting.evidence.seed)
    shuffled = np.vstack([rng.permutation(row) for row in cells])
    near = _near(setting, cells, shuffled) if data.n_rows <= NEAR_ROWS else _too_many()
    return repeated(sum_of(cells)), repeated(sum_of(shuffled))["repeats"], near


def _too_many() -> Part:
    told = say(
        "Near-duplicates are looked for in up to {NEAR_ROWS:,} rows; there are more.",
        NEAR_ROWS=NEAR_ROWS,
    )
    return Part(notes=(told,))


def _duplicate(
    setting: Setting,
    columns: list[ColumnName],
    counted: Mapping[str, int],
    chance: int | None,
    *,
    has_unit: bool,
) -> Finding:
    n, repeats = setting.data.n_rows, counted["repeats"]
    share = repeats / n
    status, reason = Status.PASSED, ""
    if share > setting.options.max_duplicates:
        status = Status.FAILED
        if not has_unit and chance is not None and chance >= EXPLAINED * repeats:
            status = Status.INDETERMINATE
            reason = say(
                "coincidence alone gives at least {chance:,} of them; name the unit to tell copies from look-alikes",
                chance=min(chance, repeats),
            )
        elif not has_unit and isinstance(setting.data, InEngine):
            status = Status.INDETERMINATE
            reason = say(
                "how many coincidence gives was not looked into; name the unit to tell copies from look-alikes"
            )
    said = say(
        "{repeats:,} of {rows} ({share:.1%}) repeat an earlier row in {columns}",
        repeats=repeats,
        rows=n_rows(n),
        share=share,
        columns=say("all {count} compared columns", count=len(columns))
        if len(columns) > 1
        else say("the one compared column"),
    )
    if repeats:
        said += say("; {counted:,} rows have a twin", counted=counted["with_twin"])
        said += say(
            ", and the largest set of equal rows has {counted:,}", counted=counted["largest"]
        )
    said += "."
    if repeats and chance is not None and not has_unit:
        said += (
            say(
                " With each column shuffled by itself {chance:,} would: "
                "look-alikes explain at least that many, and without an "
                "identifier more cannot be told.",
                chance=chance,
            )
            if chance < repeats
            else say(
                " With each column shuffled by itself {chance:,} would: look-alikes may explain them all.",
                chance=chance,
            )
        )
    return answer(
        DUPLICATE,
        kind="data",
        name=setting.data.name,
        detail={"by": "all compared columns"},
        status=status,
        statement=said,
        reason=reason,
        measurement=Measurement(metric="duplicate_share", value=share, n=n, events=repeats),
        threshold=limit(setting.options, "max_duplicates"),
        anchor="max_duplicates",
    )


def _near(setting: Setting, cells: Hashes, shuffled: Hashes) -> Part:
    if cells.shape[0] < NEAR_COLUMNS:
        return Part()
    n = cells.shape[1]
    telling = np.array([np.unique(row).size > TELLING * n for row in cells])
    # Rows that agree in all columns but the only telling one are people who look alike.
    tried = ~telling if telling.sum() == 1 else np.ones(cells.shape[0], dtype=bool)
    events, chance = int(_near_rows(cells, tried).sum()), int(_near_rows(shuffled, tried).sum())
    share = events / n
    status, reason = Status.PASSED, ""
    if share > setting.options.max_near_duplicates:
        status = Status.FAILED
        if not telling.any() or chance > EXPLAINED * events:
            status = Status.INDETERMINATE
            reason = "the columns are so coarse that people who only look alike agree in all but one of them"
    finding = answer(
        NEAR_DUPLICATE,
        kind="data",
        name=setting.data.name,
        status=status,
        statement=say(
            "{events:,} of {n:,} rows ({share:.1%}) equal another row in "
            "all compared columns but one; with each column shuffled by "
            "itself {chance:,} would.",
            events=events,
            n=n,
            share=share,
            chance=chance,
        ),
        reason=reason,
        measurement=Measurement(metric="near_duplicate_share", value=share, n=n, events=events),
        threshold=limit(setting.options, "max_near_duplicates"),
        anchor="max_near_duplicates",
    )
    return Part(findings=(finding,), facts={"data.near_duplicate_rows": events})


def _near_rows(cells: Hashes, tried: np.ndarray) -> np.ndarray:
    """Rows that differ from some other row in exactly one of the tried columns, of shape (n_rows,)."""
    whole = sum_of(cells)
    near = np.zeros(whole.size, dtype=bool)
    twins = _times_seen(whole)
    for row in cells[tried]:
        with np.errstate(over="ignore"):
            rest = whole - row
        # Among rows that agree in the rest, one differs here unless all of them are the same whole row.
        near |= _times_seen(rest) > twins
    return near


def _times_seen(hashes: np.ndarray) -> np.ndarray:
    """How often each row's value occurs, of shape (n_rows,); by hashing, since most occur once."""
    import pandas as pd

    seen = np.ones(hashes.size, dtype=np.int64)
    repeated = pd.Series(hashes).duplicated(keep=False).to_numpy()
    codes, _values = pd.factorize(hashes[repeated])
    seen[repeated] = np.bincount(codes)[codes] if codes.size else 0
    return seen


def _repeated_units(setting: Setting, unit: list[ColumnName]) -> dict[str, int]:
    if not unit:
        return {}
    if isinstance(setting.data, InEngine):
        return {"data.repeated_units": setting.data.repeats(unit)["sets"]}
    hashes = row_hashes(setting.data, unit, as_text=written_as_text(unit, setting.data))
    _values, counts = np.unique(hashes, return_counts=True)
    return {"data.repeated_units": int((counts > 1).sum())}


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
    ours, counts = np.unique(row_hashes(setting.data, columns, as_text=as_text), return_counts=True)
    both = found_in(ours, row_hashes(training, columns, as_text=as_text))
    units, rows = int(both.sum()), int(counts[both].sum())
    name = joined(" + ", columns)
    counting = guess and _counts_rows(setting, columns[0])
    status = Status.PASSED if units == 0 else Status.INDETERMINATE if counting else Status.FAILED
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
        reason=say("the numbers run on from row to row, so equal ones may be different people")
        if status is Status.INDETERMINATE
        else "",
        measurement=Measurement(
            metric="shared_units_share",
            value=units / max(ours.size, 1),
            n=int(ours.size),
            events=units,
        ),
        anchor="unit",
    )
    return finding, 0 if counting else units


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
    ours = as_times(setting.column(name)).dropna()
    theirs = as_times(training.frame([ColumnName(name)])[name]).dropna()
    if ours.empty or theirs.empty:
        return Part(
            notes=(say("Column “{name}” holds no times in one of the data sets.", name=name),)
        )
    events = int((ours <= theirs.max()).sum())
    finding = answer(
        SHARED,
        kind="data",
        name=setting.data.name,
        detail={"by": "time"},
        status=Status.PASSED if events == 0 else Status.FAILED,
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
