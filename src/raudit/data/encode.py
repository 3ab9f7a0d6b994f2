"""Columns become codes, batch by batch, with levels that grow as they are met.

Dictionary codes of the file are kept: only a batch's few distinct values are ever looked at as text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from raudit.data.cells import FAVOURABLE, UNFAVOURABLE, UNKNOWN, UNLABELLED
from raudit.data.roles import Outcome
from raudit.errors import DataError
from raudit.plan.schema import Attribute

Ints = NDArray[np.int64]
MAX_LEVELS = 20_000
MAX_NUMBER_LEVELS = 200


class Encoder(Protocol):
    """Turns one column into codes."""

    levels: list[str]

    def __call__(self, column: object) -> Ints:
        """Codes of a pyarrow array, of shape (n_rows,)."""
        ...


class AttributeEncoder:
    """Codes of an attribute; missing values and the declared unknowns are one group."""

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self.levels: list[str] = []
        self._codes: dict[str, int] = {}
        self._numbers = False
        if attribute.edges:
            self._check_edges()

    def __call__(self, column: object) -> Ints:
        """Codes of a pyarrow array."""
        if self.attribute.edges:
            return self._cut(column)
        codes, values = dictionary(column)
        self._numbers = self._numbers or any(isinstance(value, float) for value in values)
        lookup = np.array(
            [*(self._code(value) for value in values), self._code(None) if (codes < 0).any() else 0]
        )
        self._check_levels()
        return lookup[codes]

    def _code(self, value: object) -> int:
        text = UNKNOWN if value is None else level_text(value)
        return self._named(UNKNOWN if text in self.attribute.unknown else text)

    def _named(self, text: str) -> int:
        if text not in self._codes:
            self._codes[text] = len(self.levels)
            self.levels.append(text)
        return self._codes[text]

    def _cut(self, column: object) -> Ints:
        values = numbers(column, self.attribute.column)
        edges = self.attribute.edges
        names = range_names(edges)
        place = np.searchsorted([in_own_type(edge, column) for edge in edges], values, side="right")
        place[np.isnan(values)] = len(edges) + 1
        lookup = np.full(len(edges) + 2, -1)
        for position in np.unique(place).tolist():
            lookup[position] = self._named(names[position] if position <= len(edges) else UNKNOWN)
        return lookup[place]

    def named(self, names: list[str | None], codes: Any) -> Ints:
        """Codes of groups that are named already; None is the group of missing values."""
        lookup = np.full(len(names), -1, dtype=np.int64)
        for position in np.unique(codes).tolist():
            lookup[int(position)] = self._named(names[int(position)] or UNKNOWN)
        return lookup[np.asarray(codes, dtype=np.int64)]

    def _check_edges(self) -> None:
        edges = self.attribute.edges
        if list(edges) != sorted(set(edges)) or not np.isfinite(edges).all():
            raise DataError(
                f"the edges of {self.attribute.column!r} are not ascending numbers",
                reference="edges-order",
                got=", ".join(f"{edge:g}" for edge in edges)[:120],
                hint="list each inner edge once, smallest first",
            )

    def _check_levels(self) -> None:
        limit = MAX_NUMBER_LEVELS if self._numbers else MAX_LEVELS
        if len(self.levels) > limit:
            raise too_many_levels(self.attribute.column, limit)


class OutcomeEncoder:
    """Codes of a label or decision: 0 unfavourable, 1 favourable; or the classes themselves.

    A missing label gets a level of its own, since only what needs labels is lost with it; a missing decision is an
    error.
    """

    def __init__(self, outcome: Outcome, role: str) -> None:
        self.outcome, self.role = outcome, role
        self.binary = bool(outcome.favourable)
        self.levels: list[str] = [UNFAVOURABLE, FAVOURABLE] if self.binary else []
        self._good = frozenset(map(same_text, outcome.favourable))
        self._bad = frozenset(map(same_text, outcome.unfavourable))
        self._codes: dict[str, int] = {}
        self.seen: set[str] = set()

    def __call__(self, column: object) -> Ints:
        """Codes of a pyarrow array."""
        codes, values = dictionary(column)
        missing = codes < 0
        if missing.any() and self.role != "label":
            raise DataError(
                f"the {self.role} column {self.outcome.column!r} has missing values",
                reference="outcome-missing",
                got=f"{int(missing.sum())} in one batch",
                hint="a row without a decision cannot be judged: drop such rows, and say so, or fill them",
            )
        known = [value is not None and value == value for value in values]
        found = [
            self._code(level_text(v)) if there else -1
            for v, there in zip(values, known, strict=True)
        ]
        lookup = np.array([*found, self._unlabelled() if missing.any() else -1], dtype=np.int64)
        return np.asarray(lookup[codes])  # -1 takes the last one

    def _unlabelled(self) -> int:
        if self.binary:
            self.levels = [UNFAVOURABLE, FAVOURABLE, UNLABELLED]
            return 2
        if UNLABELLED not in self._codes:
            self._codes[UNLABELLED] = len(self.levels)
            self.levels.append(UNLABELLED)
        return self._codes[UNLABELLED]

    def _code(self, text: str) -> int:
        if not self.binary:
            if text not in self._codes:
                self._codes[text] = len(self.levels)
                self.levels.append(text)
                if len(self.levels) > MAX_NUMBER_LEVELS:
                    raise too_many_values(self.outcome.column, "is this a regression or a score?")
            return self._codes[text]
        same = same_text(text)
        self.seen.add(text)
        if same in self._good:
            return 1
        if self._bad and same not in self._bad:
            raise self._outside(text)
        if len(self.seen) > MAX_NUMBER_LEVELS:
            raise too_many_values(self.outcome.column)
        return 0

    def finish(self) -> None:
        """Refuse a favourable value that never occurs, unless what occurs is declared or plainly its opposite.

        It is more likely a typing error, and would turn every rate around.
        """
        if (
            not self.binary
            or not self.seen
            or any(same_text(text) in self._good for text in self.seen)
        ):
            return
        if len(self.seen) == 1 and (
            self._bad or _opposites(next(iter(self.seen)), self.outcome.favourable)
        ):
            return
        raise DataError(
            f"no {self.role} in {self.outcome.column!r} is favourable",
            reference="favourable-absent",
            got=f"{len(self.seen):,} other value{'s' if len(self.seen) > 1 else ''}",
            expected=" or ".join(repr(text[:40]) for text in sorted(self.outcome.favourable)),
            hint="write the favourable value exactly as it is in the data; if nobody was given it, declare the values "
            "that are there as 'unfavourable'",
        )

    def _outside(self, text: str) -> DataError:
        declared = sorted(self.outcome.favourable | self.outcome.unfavourable)
        return DataError(
            f"the {self.role} column {self.outcome.column!r} has a value that is not declared",
            reference="outcome-undeclared",
            got=f"a text of {len(text):,} characters",
            expected="one of " + ", ".join(repr(value[:40]) for value in declared),
            hint="add it to 'favourable' or 'unfavourable', or clean the column",
        )


OPPOSITES = (
    frozenset({"True", "False"}),
    frozenset({"yes", "no"}),
    frozenset({"y", "n"}),
    frozenset({"t", "f"}),
)


def _opposites(text: str, favourable: frozenset[str]) -> bool:
    """Whether a value is a known other side of the favourable ones: two numbers, two truth values, yes and no."""

    def number(one: str) -> bool:
        return one.lstrip("-").replace(".", "", 1).isdigit()

    def cased(one: str) -> bool:
        return one.islower() == text.islower() and one.isupper() == text.isupper()

    good = frozenset(map(same_text, favourable))
    if number(text):
        return all(map(number, good))
    pairs = [
        pair
        for pair in OPPOSITES
        if {text, *good} == pair or {text.lower(), *(g.lower() for g in good)} == pair
    ]
    return bool(pairs) and all(cased(one) for one in good)


def dictionary(column: Any) -> tuple[Ints, list[Any]]:
    """Codes (-1 for missing and NaN) and distinct values of a pyarrow array."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from raudit.data.python_values import in_python

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    small = _small_integers(column)
    if small is not None:
        return small
    if not pa.types.is_dictionary(column.type):
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        column = column.dictionary_encode()
    indices = column.indices
    if indices.null_count:
        indices = pc.fill_null(indices.cast(pa.int64()), -1)
    codes = indices.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    values = in_python(column.dictionary)
    absent = [code for code, value in enumerate(values) if value is None or value != value]
    if absent:
        codes = np.where(np.isin(codes, absent), -1, codes)
    return codes, values


def _small_integers(column: Any) -> tuple[Ints, list[Any]] | None:
    """A short cut for integers in a narrow range: the value less the minimum is the code."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_integer(column.type) or column.null_count or len(column) == 0:
        return None
    ends = pc.min_max(column)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    if high - low > 255:
        return None
    own = column.to_numpy(zero_copy_only=False)
    if pa.types.is_unsigned_integer(column.type):  # above 2^63 only the differences fit
        codes = (own - own.dtype.type(low)).astype(np.int64)
    else:
        codes = own.astype(np.int64) - low
    present = np.flatnonzero(np.bincount(codes, minlength=high - low + 1))
    lookup = np.zeros(high - low + 1, dtype=np.int64)
    lookup[present] = np.arange(present.size)
    if present.size == high - low + 1:
        return codes, list(range(low, high + 1))
    return lookup[codes], [low + int(value) for value in present]


def numbers(column: Any, name: str) -> NDArray[np.float64]:
    """Values of a pyarrow array as floats, missing ones as NaN.

    Raises
    ------
    DataError
        If the column does not hold numbers.
    """
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    t = pa.types
    if not (
        t.is_integer(column.type)
        or t.is_floating(column.type)
        or t.is_decimal(column.type)
        or t.is_boolean(column.type)
    ):
        raise DataError(
            f"{name!r} does not hold numbers",
            reference="not-numbers",
            got="text" if "string" in str(column.type) else str(column.type)[:60],
            hint="check for units, thousands separators or texts such as 'n/a' in the column; if it holds nothing "
            f"but numbers, set data.types: {{{name}: number}}",
        )
    try:
        values: NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:  # whole numbers beyond 53 bits
        raise DataError(
            f"{name!r} holds whole numbers that are too large to be counted exactly",
            reference="not-numbers",
            got="some beyond 9,007,199,254,740,992",
            hint="subtract one number from the whole column, or divide it by one",
        ) from error
    return values


def in_own_type(cut: float, column: Any) -> float:
    """A threshold or edge as a column's type holds it: 0.7 beside 32-bit scores is the 32-bit number nearest to 0.7."""
    import pyarrow as pa

    kinds = {pa.float32(): np.float32, pa.float16(): np.float16}
    kind = kinds.get(column.type)
    return cut if kind is None else float(np.asarray(cut).astype(kind))


def not_finite(name: str, role: str, count: int) -> DataError:
    """The error for numbers that must all be there and are not."""
    return DataError(
        f"the {role} column {name!r} has values that are missing, NaN or infinite",
        reference=f"{role}-not-finite",
        got=f"{count:,} such value{'s' if count != 1 else ''}",
        expected="finite numbers",
        hint=f"find out why they are missing before you fill or drop them; a {role} is seldom missing at random",
    )


def finite(values: NDArray[np.float64], name: str, role: str) -> NDArray[np.float64]:
    """Refuse NaN and infinities, saying how many."""
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise not_finite(name, role, bad)
    return values


def too_many_levels(column: str, limit: int) -> DataError:
    """The error for an attribute that names rows rather than groups them."""
    return DataError(
        f"{column!r} has more than {limit:,} distinct values",
        reference="too-many-levels",
        expected="an attribute that forms groups",
        hint="give a continuous column 'edges', such as edges: [25, 45, 65]; an identifier forms no groups",
    )


def too_many_values(
    column: str, hint: str = "a decision has few values; declare scores as data.score"
) -> DataError:
    """The error for an outcome that is no decision."""
    return DataError(
        f"the outcome column {column!r} has too many distinct values",
        reference="outcome-many-values",
        got=f"more than {MAX_NUMBER_LEVELS}",
        hint=hint,
    )


def level_text(value: object) -> str:
    """A value as the text of its group; whole floats lose their point, so that ``1`` and ``1.0`` are one group.

    A moment with a zone is named in UTC: engines show it in the zone of whoever asks.
    """
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)


def same_text(text: str) -> str:
    """Text by which a declared value is held against the data's: ``1.0`` is ``1``, ``true`` is ``True``."""
    if text in ("true", "false"):
        return text.title()
    head, point, tail = text.partition(".")
    if point and head.lstrip("-").isdigit() and tail.strip("0") == "":
        return head
    return text


def range_names(edges: tuple[float, ...]) -> list[str]:
    """Names of the groups that edges make: ``under 25``, ``25 to under 45``, ``45 or over``."""
    texts = [f"{edge:.10g}" for edge in edges]
    middle = [f"{low} to under {high}" for low, high in pairwise(texts)]
    return [f"under {texts[0]}", *middle, f"{texts[-1]} or over"]
