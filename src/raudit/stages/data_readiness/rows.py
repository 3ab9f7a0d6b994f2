"""Duplicates and near-duplicates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from raudit.data import ColumnName
from raudit.data.interface import InEngine
from raudit.data.rows import (
    Hashes,
    column_hashes,
    repeated,
    row_hashes,
    sum_of,
    written_as_text,
)
from raudit.findings import Finding, Measurement, Status
from raudit.sentences import n_rows, say
from raudit.stages.data_readiness.part import Part, Setting, answer, limit
from raudit.stages.data_readiness.rules import DUPLICATE, NEAR_DUPLICATE

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
