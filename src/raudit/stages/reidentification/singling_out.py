"""Singling out: queries that one row of the released table answers, asked of the people it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from raudit.stages.reidentification.risk import Attacked
from raudit.stages.reidentification.tables import Encoded, Floats

Condition = tuple[int, str, float]
"""Place of a column, ``==``, ``<=``, ``>=``, ``!=``, ``<``, ``>``, and a value; equal to NaN is missing."""
Query = tuple[Condition, ...]
BATCH = 200
"""Queries that are drawn at once."""
WORK = 400_000_000
"""Comparisons after which no more queries are looked for."""
SIZES = 10
REPEATS = 5
"""Sizes of the control, and draws of each, from which its success at another size is told."""


def singling_out(
    original: Encoded,
    released: Encoded,
    control: Encoded | None,
    *,
    n: int,
    n_columns: int,
    rng: np.random.Generator,
) -> list[Attacked]:
    """Attack by one column and by several; each list of queries is an attack of its own.

    References
    ----------
    Cohen and Nissim (2020), Towards formalizing the GDPR's notion of singling out.
    """
    original, released = original.unique(), released.unique()
    control = control.unique() if control is not None else None
    chosen = (
        ("one column", 1, _by_one(released, n, rng)),
        (f"{n_columns} columns", n_columns, _by_several(released, n, n_columns, rng)),
    )
    found = []
    for name, width, queries in chosen:
        if not queries:
            continue
        counted, scale = (
            (0, 1.0) if control is None else _control(control, original.n, queries, rng)
        )
        guesses = [_guess(released, width, rng) for _ in queries]
        found.append(
            Attacked(
                n=len(queries),
                successes=_singled(original, queries),
                guessed=_singled(original, guesses),
                control=None if control is None else counted * scale,
                n_control=0 if control is None else len(queries),
                scale=scale,
                detail=name,
            )
        )
    return found


def answers(table: Encoded, query: Query) -> NDArray[np.bool_]:
    """Rows that answer a query."""
    found = np.ones(table.n, dtype=bool)
    for place, sign, value in query:
        column = table.values[:, place]
        if np.isnan(value):
            found &= np.isnan(column) if sign == "==" else ~np.isnan(column)
            continue
        with np.errstate(invalid="ignore"):
            match sign:
                case "==":
                    found &= column == value
                case "!=":
                    found &= column != value
                case "<=":
                    found &= column <= value
                case ">=":
                    found &= column >= value
                case "<":
                    found &= column < value
                case _:
                    found &= column > value
    return found


def _singled(table: Encoded, queries: Sequence[Query]) -> int:
    return sum(int(answers(table, query).sum()) == 1 for query in queries)


def _by_one(released: Encoded, n: int, rng: np.random.Generator) -> list[Query]:
    """Rare values, the only missing one, and the ends of numbers."""
    queries: list[Query] = []
    for place, name in enumerate(released.columns):
        column = released.values[:, place]
        filled = column[~np.isnan(column)]
        if len(column) - len(filled) == 1:
            queries.append(((place, "==", float("nan")),))
        if name in released.numeric and len(filled):
            queries += [
                ((place, "<=", float(filled.min())),),
                ((place, ">=", float(filled.max())),),
            ]
        values, counts = np.unique(filled, return_counts=True)
        queries += [((place, "==", float(value)),) for value in values[counts == 1]]
    order = rng.permutation(len(queries))
    return _kept(released, (queries[i] for i in order), n)


def _by_several(released: Encoded, n: int, n_columns: int, rng: np.random.Generator) -> list[Query]:
    """A row's own values in some columns; of numbers, all that is as extreme."""
    width = min(n_columns, len(released.columns))
    with np.errstate(all="ignore"):
        medians = _medians(released.values)

    def drawn() -> Iterator[Query]:
        for _ in range(max(BATCH, WORK // max(1, released.n * width))):
            row = released.values[rng.integers(released.n)]
            places = np.sort(rng.choice(len(released.columns), size=width, replace=False))
            yield tuple(
                (int(p), _sign(released, int(p), row[p], medians), float(row[p])) for p in places
            )

    return _kept(released, drawn(), n)


def _medians(values: Floats) -> Floats:
    return np.array(
        [np.median(c[~np.isnan(c)]) if (~np.isnan(c)).any() else np.nan for c in values.T]
    )


def _sign(released: Encoded, place: int, value: float, medians: Floats) -> str:
    if np.isnan(value) or released.columns[place] not in released.numeric:
        return "=="
    return ">=" if value > medians[place] else "<="


def _kept(released: Encoded, queries: Iterator[Query], n: int) -> list[Query]:
    """The first ``n`` different queries that one row of the released table answers."""
    kept: dict[str, Query] = {}
    for query in queries:
        if str(query) not in kept and int(answers(released, query).sum()) == 1:
            kept[str(query)] = query
            if len(kept) >= n:
                break
    return list(kept.values())


def _guess(released: Encoded, width: int, rng: np.random.Generator) -> Query:
    """A query by somebody who knows the table's columns and values and nobody in it."""
    places = rng.choice(
        len(released.columns), size=min(width, len(released.columns)), replace=False
    )
    query = []
    for place in np.sort(places):
        numeric = released.columns[place] in released.numeric
        signs = ("==", "!=", ">", "<", ">=", "<=") if numeric else ("==", "!=")
        value = float(rng.choice(np.unique(released.values[:, place])))
        sign = "==" if np.isnan(value) else str(rng.choice(signs))
        query.append((int(place), sign, value))
    return tuple(query)


def _control(
    control: Encoded, size: int, queries: Sequence[Query], rng: np.random.Generator
) -> tuple[int, float]:
    """Successes against people who had no part in the table, and the factor to as many people as were attacked.

    More people are cut to that number. From fewer, the successes at that number are told by the law of how often a
    query that a share of people answers has one answer among ``n``.
    """
    if control.n > size:
        control = control.rows(np.sort(rng.choice(control.n, size=size, replace=False)))
    own = _singled(control, queries)
    if control.n == size or not own:
        return own, 1.0
    return own, min(len(queries) / own, _growth(control, size, queries, rng))


def _growth(
    control: Encoded, size: int, queries: Sequence[Query], rng: np.random.Generator
) -> float:
    """How many times as many queries single out among ``size`` people as among those of the control."""
    from scipy.optimize import curve_fit

    hits = np.array([answers(control, query) for query in queries])
    sizes = np.linspace(min(1000, control.n // 2 + 1), control.n, SIZES).astype(int)
    xs, ys = [], []
    for n in sizes:
        for _ in range(REPEATS):
            rows = rng.choice(control.n, size=n, replace=False)
            xs.append(float(n))
            ys.append(float((hits[:, rows].sum(axis=1) == 1).sum()))
    top = float(control.n)
    start = (1 / top, max(ys) / singled_out_share(top, 1 / top))

    def law(x: Floats, weight: float, scale: float) -> Floats:
        return np.asarray(scale * singled_out_share(x, weight))

    try:
        fitted, _ = curve_fit(law, np.array(xs), np.array(ys), p0=start, bounds=(0, (1, np.inf)))
    except RuntimeError:
        return 1.0
    here = float(law(np.array([top]), *fitted)[0])
    return float(law(np.array([float(size)]), *fitted)[0]) / here if here > 0 else 1.0


def singled_out_share(n: Floats | float, weight: float) -> Floats | float:
    """Integral from 0 to ``weight`` of the chance that one of ``n`` people answers: n w (1 - w) ** (n - 1).

    References
    ----------
    Cohen and Nissim (2020), section 3.
    """
    return (1 - (n * weight + 1) * (1 - weight) ** n) / (n + 1)
