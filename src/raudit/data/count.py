"""One pass over the data makes the cell table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from raudit.data.cells import (
    BASELINE,
    BIN,
    FAVOURABLE,
    LABEL,
    PREDICTION,
    UNFAVOURABLE,
    UNLABELLED,
    CellTable,
    consolidate,
    merge_cells,
    unique_rows,
)
from raudit.data.encode import AttributeEncoder, Encoder, OutcomeEncoder, finite, numbers
from raudit.data.fixed import LIMBS, FixedSum, cut, exponent_for, normal, summed_terms
from raudit.data.interface import ColumnName, DataSet
from raudit.data.roles import Outcome
from raudit.data.score_bins import ScoreBins, Sketch, own_precision
from raudit.errors import DataError
from raudit.plan.schema import Attribute

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
BATCH = 2**20
DENSE = 2**22
"""Largest key space that is counted in an array; larger ones are sorted."""
LARGEST, SMALLEST = 1e75, 1e-70
"""Between these a largest value must lie, so that its fourth power is a number."""
NUMERIC_LABEL = ("@labelled", UNLABELLED)
"""Levels of ``@label`` where true values are numbers and some are missing."""
MOST_COUNTED = 10**12
"""People that one row may stand for; sums of so many stay whole numbers."""
SPREAD = 1e30
"""Largest weight over smallest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSpec:
    """What is counted."""

    attributes: tuple[Attribute, ...]
    label: Outcome | None = None
    prediction: Outcome | None = None
    baseline: Outcome | None = None
    score: ColumnName | None = None
    threshold: float | None = None
    """Without ``prediction``, scores at or above it are favourable decisions."""
    bins: ScoreBins | None = None
    """Count by score bin too; None keeps only the sums of scores."""
    weight: ColumnName | None = None
    count: ColumnName | None = None
    """Column that says how many equal rows a row stands for, in data that has been counted before."""
    numeric_label: ColumnName | None = None
    """Regression: the true value, held against ``score``."""
    magnitudes: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Largest absolute value of the weight, score and numeric label columns; measured first where absent."""
    single: bool = False
    """Scores are float32, and so are compared with the threshold in that precision."""
    unlabelled: bool = False
    """Some numeric labels are missing; found out where the columns are measured."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the attribute dimensions."""
        return tuple(attribute.label or attribute.column for attribute in self.attributes)

    @property
    def columns(self) -> tuple[ColumnName, ...]:
        """Every column that is read, once."""
        found = [ColumnName(attribute.column) for attribute in self.attributes]
        found += [
            outcome.column
            for outcome in (self.label, self.prediction, self.baseline)
            if outcome is not None
        ]
        found += [
            name
            for name in (self.score, self.weight, self.numeric_label, self.count)
            if name is not None
        ]
        return tuple(dict.fromkeys(found))

    @property
    def label_prediction_baseline(self) -> tuple[Outcome | None, Outcome | None, Outcome | None]:
        """The outcomes, in the order of their dimensions."""
        return self.label, self.prediction, self.baseline

    @property
    def decides_by_threshold(self) -> bool:
        """Whether decisions come from scores."""
        return self.prediction is None and self.threshold is not None and self.numeric_label is None

    @property
    def numeric(self) -> tuple[ColumnName, ...]:
        """Columns whose sums are kept."""
        return tuple(
            dict.fromkeys(n for n in (self.score, self.weight, self.numeric_label) if n is not None)
        )


def count_cells(data: DataSet, spec: CellSpec) -> CellTable:
    """Count the cells of a data set.

    Raises
    ------
    DataError
        For a label outside its declared set, a missing outcome, a score that is not finite or too large to be
        squared, weights that are negative, all zero or too far apart, a continuous attribute without edges, or no rows.
    """
    check_spec(spec)
    if data.n_rows == 0:
        raise DataError(
            "the data set has no rows",
            reference="data-empty",
            where=data.name,
            hint="check the export",
        )
    spec = _measured(data, spec)
    counter = Counter(spec, spec.magnitudes)
    for batch in data.batches(spec.columns, rows=BATCH):
        counter.add(batch)
    return counter.table()


class Counter:
    """Counts batch by batch; its memory is bounded by the number of cells."""

    def __init__(self, spec: CellSpec, magnitudes: Mapping[str, float]) -> None:
        self.spec = spec
        self.encoders: list[tuple[str, ColumnName, Encoder]] = [
            (name, ColumnName(attribute.column), AttributeEncoder(attribute))
            for name, attribute in zip(spec.names, spec.attributes, strict=True)
        ]
        for dim, role, outcome in (
            (LABEL, "label", spec.label),
            (PREDICTION, "prediction", spec.prediction),
            (BASELINE, "baseline", spec.baseline),
        ):
            if outcome is not None:
                self.encoders.append((dim, outcome.column, OutcomeEncoder(outcome, role)))
        self.exponents = sum_exponents(spec, magnitudes)
        self.magnitudes = magnitudes
        self.parts: list[CellTable] = []
        self.pending = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch."""
        if batch.num_rows == 0:
            return
        columns = {name: batch.column(position) for position, name in enumerate(batch.schema.names)}
        dims = [dim for dim, _, _ in self.encoders]
        codes = [encoder(columns[column]) for _, column, encoder in self.encoders]
        values = {name: numbers(columns[name], name) for name in self.spec.numeric}
        if self.spec.unlabelled:
            self._set_unlabelled_apart(dims, codes, values)
        for name, found in values.items():
            finite(found, name, self._role(name))
        self._derive(dims, codes, values)
        spec = self.spec
        weight, score, true = (
            None if name is None else values[name]
            for name in (spec.weight, spec.score, spec.numeric_label)
        )
        self._push(dims, codes, summed_terms(weight, score, true, np.abs), self._counts(columns))

    def table(self) -> CellTable:
        """The table of everything added so far."""
        for _, _, encoder in self.encoders:
            if isinstance(encoder, OutcomeEncoder):
                encoder.finish()
        table = merge_cells(self.parts)
        if table.weighted and not (table.weights > 0).any():
            raise DataError(
                f"every weight in {self.spec.weight!r} is zero",
                reference="weights-zero",
                hint="check the column",
            )
        return table

    def _set_unlabelled_apart(
        self, dims: list[str], codes: list[NDArray[np.int64]], values: dict[ColumnName, Floats]
    ) -> None:
        """Give rows without a true value cells of their own, in which the label counts as zero."""
        name = self.spec.numeric_label
        assert name is not None  # noqa: S101 -- only numeric labels are looked at for this
        unknown = np.isnan(values[name])
        dims.append(LABEL)
        codes.append(unknown.astype(np.int64))
        values[name] = np.where(unknown, 0.0, values[name])

    def _role(self, name: ColumnName) -> str:
        return {self.spec.score: "score", self.spec.weight: "weight"}.get(name, "label")

    def _derive(
        self, dims: list[str], codes: list[NDArray[np.int64]], values: Mapping[ColumnName, Floats]
    ) -> None:
        """Add what scores decide: the prediction by threshold, and the bin."""
        spec = self.spec
        if spec.weight is not None and (values[spec.weight] < 0).any():
            raise DataError(
                f"weights in {spec.weight!r} are negative",
                reference="weights-negative",
                got=f"{int((values[spec.weight] < 0).sum()):,} of them in one batch",
                hint="a weight says how many people a row stands for",
            )
        if spec.weight is not None:
            _check_spread(values[spec.weight], self.magnitudes[spec.weight], spec.weight)
        if spec.score is None:
            return
        if spec.decides_by_threshold and spec.threshold is not None:
            dims.append(PREDICTION)
            threshold = own_precision(np.array(spec.threshold, dtype=float), single=spec.single)
            codes.append((values[spec.score] >= threshold).astype(np.int64))
        if spec.bins is not None:
            dims.append(BIN)
            codes.append(spec.bins.index(values[spec.score]))

    def _counts(self, columns: Mapping[str, Any]) -> Floats | None:
        name = self.spec.count
        if name is None:
            return None
        counts = finite(numbers(columns[name], name), name, "count")
        if not ((counts >= 0) & (counts <= MOST_COUNTED) & (counts == np.floor(counts))).all():
            raise counts_invalid(name)
        return counts

    def _push(
        self,
        dims: list[str],
        codes: list[NDArray[np.int64]],
        sums: Mapping[str, tuple[Floats, ...]],
        counts: Floats | None,
    ) -> None:
        keys, group, n = group_rows(codes)
        if counts is not None:
            n = np.bincount(group, weights=counts, minlength=len(n)).astype(np.int64)
        totals = {}
        for name, terms in sums.items():
            limbs = np.zeros((LIMBS, len(n)), dtype=np.int64)
            for term in terms:
                for place, whole in cut(term, self.exponents[name]):
                    limbs[place] += np.bincount(group, weights=whole, minlength=len(n)).astype(
                        np.int64
                    )
            totals[name] = normal(limbs, self.exponents[name])
        self.append(dims, keys, n, totals)

    def append(
        self,
        dims: list[str],
        keys: NDArray[np.int64],
        n: NDArray[np.int64],
        sums: dict[str, FixedSum],
    ) -> None:
        """Add cells that are counted already."""
        known = {dim: tuple(encoder.levels) for dim, _, encoder in self.encoders}
        derived: dict[str, tuple[str, ...]] = {
            BIN: (),
            LABEL: NUMERIC_LABEL,
            PREDICTION: (UNFAVOURABLE, FAVOURABLE),
        }
        levels = [known[dim] if dim in known else derived[dim] for dim in dims]
        part = consolidate(
            dims=tuple(dims), levels=levels, keys=keys, n=n, sums=sums, bins=self.spec.bins
        )
        self.parts.append(part)
        self.pending += part.n.size
        if self.pending > 500_000 or len(self.parts) > 64:
            self.parts = [merge_cells(self.parts)]
            self.pending = 0


def group_rows(
    codes: Sequence[NDArray[np.int64]],
) -> tuple[NDArray[np.int64], NDArray[np.intp], NDArray[np.int64]]:
    """Distinct rows of codes, the number of each row's distinct row, and how many rows each has."""
    if not codes:
        raise DataError(
            "nothing to count by", reference="cells-no-columns", hint="name at least one column"
        )
    sizes = [int(code.max()) + 1 for code in codes]
    if float(np.prod(np.array(sizes, dtype=float))) <= DENSE:
        key = codes[0].astype(np.int64)
        for code, size in zip(codes[1:], sizes[1:], strict=True):
            key = key * size + code
        counts = np.bincount(key)
        used = np.flatnonzero(counts)
        lookup = np.zeros(counts.size, dtype=np.intp)
        lookup[used] = np.arange(used.size)
        keys = np.stack(np.unravel_index(used, sizes), axis=1).astype(np.int64)
        return keys, lookup[key], counts[used]
    keys, group = _sorted_groups(codes, sizes)
    return keys, group, np.bincount(group, minlength=len(keys))


def _sorted_groups(
    codes: Sequence[NDArray[np.int64]], sizes: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    if float(np.prod(np.array(sizes, dtype=float))) >= 2**62:
        return unique_rows(np.stack(codes, axis=1))
    key = codes[0].astype(np.int64)
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        key = key * size + code
    used, group = np.unique(key, return_inverse=True)
    return np.stack(np.unravel_index(used, sizes), axis=1).astype(np.int64), group


def sum_exponents(spec: CellSpec, sizes: Mapping[str, float]) -> dict[str, int]:
    """Unit of each summed quantity, as an exponent of two, from the largest absolute values of the columns.

    Raises
    ------
    DataError
        If a value is so large or so small that its powers are no numbers.
    """
    for name in spec.numeric:
        if sizes[name] > LARGEST or 0 < sizes[name] < SMALLEST:
            raise _out_of_range(spec, name, sizes[name])
    weight = 1.0 if spec.weight is None else sizes[spec.weight]
    score = 0.0 if spec.score is None else sizes[spec.score]
    true = 0.0 if spec.numeric_label is None else sizes[spec.numeric_label]
    error = score + true
    found = {"w": weight, "w2": weight**2, "s": weight * score, "s2": weight * score**2}
    found |= {
        "y": weight * true,
        "y2": weight * true**2,
        "e": weight * error,
        "abs_e": weight * error,
    }
    found |= {"e2": weight * error**2, "e4": weight * error**2 * error**2}
    if not np.isfinite(found["e4"]):
        raise _out_of_range(spec, ColumnName(str(spec.weight)), weight)
    weights, scores, labels = (
        None if n is None else 1.0 for n in (spec.weight, spec.score, spec.numeric_label)
    )
    kept = summed_terms(weights, scores, labels, abs)
    return {name: exponent_for(found[name]) for name in kept}


def _out_of_range(spec: CellSpec, name: ColumnName, size: float) -> DataError:
    role = "weights" if name == spec.weight else "numbers"
    what = "large" if size > 1 else "small"
    return DataError(
        f"the {role} in {name!r} are too {what} to be squared",
        reference=f"{role}-too-{what}",
        got=f"largest absolute value about 1e{int(np.floor(np.log10(size)))}",
        expected=f"between {SMALLEST:g} and {LARGEST:g}",
        hint="divide the whole column by one number"
        + (
            "; rates by group do not change with the unit of the weights"
            if role == "weights"
            else ", and give limits in the new unit"
        ),
    )


def _check_spread(weights: Floats, largest: float, name: str) -> None:
    if ((weights > 0) & (weights < largest / SPREAD)).any():
        raise weights_spread(name)


def weights_spread(name: str) -> DataError:
    """The error for weights of which one outweighs all others together."""
    return DataError(
        f"the weights in {name!r} lie too far apart",
        reference="weights-spread",
        got=f"the largest is more than {SPREAD:g} times the smallest",
        hint="one row outweighs all others together; look for wrong values, or cap the weights and say so",
    )


def counts_invalid(name: str) -> DataError:
    """The error for counts that are none."""
    return DataError(
        f"{name!r} holds values that are no counts",
        reference="counts-invalid",
        expected=f"whole numbers from 0 to {MOST_COUNTED:,}",
        hint="use weight for sample weights",
    )


def _measured(data: DataSet, spec: CellSpec) -> CellSpec:
    """Look once at all numbers: their size, the precision of scores, and where score bins should begin."""
    learns = spec.bins is not None and not spec.bins.learnt
    wanted = [
        name
        for name in spec.numeric
        if name not in spec.magnitudes or (learns and name == spec.score)
    ]
    sizes = dict.fromkeys(wanted, 0.0)
    sketch, single, unlabelled = Sketch(), spec.single, spec.unlabelled
    for batch in data.batches(wanted, rows=BATCH) if wanted else ():
        for position, name in enumerate(wanted):
            values = numbers(batch.column(position), name)
            if name == spec.numeric_label:  # a missing one costs only what needs it
                unlabelled = unlabelled or bool(np.isnan(values).any())
                values = values[~np.isnan(values)]
            role = "score" if name == spec.score else "weight" if name == spec.weight else "label"
            finite(values, name, role)
            sizes[name] = max(sizes[name], float(np.abs(values).max(initial=0.0)))
            if name == spec.score:
                single = single or str(batch.column(position).type) in ("float", "halffloat")
                if learns:
                    sketch.add(values)
    magnitudes = MappingProxyType(
        {**{str(name): size for name, size in sizes.items()}, **spec.magnitudes}
    )
    bins = spec.bins
    if bins is not None and learns:
        bins = sketch.bins(replace(bins, single=single))
    return replace(spec, magnitudes=magnitudes, bins=bins, single=single, unlabelled=unlabelled)


def check_spec(spec: CellSpec) -> None:
    """Refuse what cannot be counted, whatever the data.

    Raises
    ------
    DataError
        For counted rows with scores or weights, or names of attributes that are doubled or not theirs.
    """
    if spec.count is not None and spec.numeric:
        raise DataError(
            "counted rows cannot carry scores or weights",
            reference="counts-with-sums",
            hint="give either count, or weight and score",
        )
    names = spec.names
    for name in names:
        if name.startswith("@"):
            raise DataError(
                f"an attribute may not be called {name!r}",
                reference="attribute-name",
                hint="give it another label",
            )
        if names.count(name) > 1:
            raise DataError(
                f"two attributes are called {name!r}",
                reference="attribute-doubled",
                hint="list each once, or give one of them a label",
            )
