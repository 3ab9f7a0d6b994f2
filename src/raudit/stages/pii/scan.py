"""Profile mode: stream a table once, count patterns in every row, look closely at a random sample of each column."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from raudit.stages.pii.cells import Shapes, covers, readable, supported
from raudit.stages.pii.engine import Engine, Span
from raudit.stages.pii.mask import shape
from raudit.stages.pii.names_of_columns import Hint, HintTable
from raudit.stages.pii.native import PatternCount, count_patterns
from raudit.stages.pii.profile import ColumnProfile, EntityCount
from raudit.stages.pii.rulebook import EntityRule, Rulebook
from raudit.stages.pii.sample import BottomK

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_CELL = 20_000
"""Characters of a cell that are read; what is longer is cut, counted and said."""
NUMBERS = "values not searched: numbers written as text, without a telling name; cards are counted by checksum"
PIECE_BYTES = 64 * 2**20


@dataclass(slots=True)
class ColumnScan:
    """What is gathered of one column while the table streams by."""

    name: str
    kind: str
    hints: Mapping[str, Hint]
    patterns: Mapping[str, str]
    sample: BottomK
    n_rows: int = 0
    n_empty: int = 0
    cut: int = 0
    counts: dict[str, PatternCount] = field(default_factory=dict)

    def add(self, column: pa.Array) -> None:
        """Take the next cells of the column."""
        for piece in pieces(column):
            self._add(piece)

    def _add(self, column: pa.Array) -> None:
        self.n_rows += len(column)
        text = self.as_text(column)
        if text is None:
            self.n_empty += column.null_count
            return
        self.n_empty += text.null_count
        self.sample.add(text)
        if self.patterns:
            count_patterns(text.drop_null() if text.null_count else text, self.patterns, self.counts)

    def merged(self, other: ColumnScan) -> ColumnScan:
        """The scan of both parts of the column together."""
        names = {*self.counts, *other.counts}
        none = PatternCount()
        return replace(
            self,
            sample=self.sample.merged(other.sample),
            n_rows=self.n_rows + other.n_rows,
            n_empty=self.n_empty + other.n_empty,
            cut=self.cut + other.cut,
            counts={n: self.counts.get(n, none).merged(other.counts.get(n, none)) for n in sorted(names)},
        )

    def as_text(self, column: pa.Array) -> pa.Array | None:
        """Cells as bounded text with blanks as null; None for kinds whose values are not read."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.kind in {"boolean", "number"} or (self.kind == "integer" and not self.patterns):
            return None
        self.cut += _cut_in_dictionary(column)
        column, cut = bounded(as_strings(column))
        self.cut += cut
        dull = pc.equal(pc.binary_length(column), 0)
        if len(column) and str(column[0])[:1] == "⟦":
            # Tokens of our own redaction are no personal data.
            dull = pc.or_(dull, pc.match_substring_regex(column, TOKEN))
        return pc.if_else(dull, pa.scalar(None, pa.large_string()), column) if pc.any(dull).as_py() else column


TOKEN = r"^⟦[A-Z_]+:[0-9a-f]{16}⟧$"  # noqa: S105 -- the shape of a token, not one
"""Shape of the tokens that ``redact`` puts in place of values."""


def as_strings(column: pa.Array) -> pa.Array:
    """Any Arrow array as text; nested values are written out, long ones of dictionaries cut before they multiply."""
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(column.type):
        values, _ = bounded(as_strings(column.dictionary))
        return values.take(column.indices)
    if types.is_nested(column.type) or types.is_binary(column.type) or types.is_large_binary(column.type):
        return pa.array([None if v is None else _flat(v) for v in column.to_pylist()], pa.large_string())
    return column if types.is_large_string(column.type) else column.cast(pa.large_string())


def _cut_in_dictionary(column: pa.Array) -> int:
    """Cells of a dictionary-encoded column whose value is too long."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if not types.is_dictionary(column.type):
        return 0
    if not (types.is_string(column.dictionary.type) or types.is_large_string(column.dictionary.type)):
        return 0
    long = pc.greater(pc.binary_length(column.dictionary), LONGEST_CELL)
    return int(pc.sum(long.take(column.indices)).as_py() or 0) if pc.any(long).as_py() else 0


def pieces(column: pa.Array) -> Iterator[pa.Array]:
    """Cut a dictionary-encoded column so that no piece is large once it is written out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = len(column)
    if pa.types.is_dictionary(column.type) and len(column.dictionary) and rows:
        text = as_strings(column.dictionary)
        longest = min(pc.max(pc.binary_length(text)).as_py() or 1, 4 * LONGEST_CELL)
        rows = max(256, PIECE_BYTES // max(longest, 1))
    for start_ in range(0, max(len(column), 1), max(rows, 1)):
        yield column.slice(start_, rows)


def bounded(column: pa.Array) -> tuple[pa.Array, int]:
    """Cut cells that are too long, and say how many there were."""
    import pyarrow.compute as pc

    if not len(column) or column.nbytes <= LONGEST_CELL:
        return column, 0
    cut = pc.sum(pc.greater(pc.binary_length(column), LONGEST_CELL)).as_py() or 0
    return (pc.utf8_slice_codeunits(column, 0, LONGEST_CELL), cut) if cut else (column, 0)


def start(
    name: str, kind: str, *, rulebook: Rulebook, hints: HintTable, seed: int, sample_size: int, first_row: int = 0
) -> ColumnScan:
    """Prepare the scan of one column, or of its part from some row on; the type gates decide what is searched for."""
    import numpy as np

    said = hints.read(name)
    patterns = {
        entity: pattern
        for entity, rule in rulebook.entities.items()
        if kind in rule.kinds and (pattern := _pattern(rule, said.get(entity), kind))
    }
    bits = np.random.PCG64([seed, zlib.crc32(name.encode("utf-8", "replace"))])
    generator = np.random.Generator(bits.advance(first_row))  # one number for each row before
    return ColumnScan(name, kind, said, patterns, BottomK(sample_size, generator))


def _pattern(rule: EntityRule, hint: Hint | None, kind: str) -> str:
    if hint is Hint.SURE and rule.native_with_hint:
        return rule.native_with_hint
    if rule.needs_hint and hint is not Hint.SURE:
        return ""
    if kind != "text" and hint is not Hint.SURE and rule.checksum != "luhn":
        return ""
    return rule.native


TOGETHER = 20_000
"""Cells of several columns that are looked at together: a pattern is made ready once for all of them."""


def finish(scan: ColumnScan, engine: Engine, rulebook: Rulebook) -> ColumnProfile:
    """Put the sample before presidio and the language model, and sum up."""
    return next(finish_all([scan], engine, rulebook))


def finish_all(scans: Iterable[ColumnScan], engine: Engine, rulebook: Rulebook) -> Iterator[ColumnProfile]:
    """Put the samples of many columns before presidio and the language model, and sum up each."""
    waiting: list[_Sampled] = []
    cells = 0
    for scan in scans:
        waiting.append(_Sampled.of(scan, rulebook))
        cells += len(waiting[-1].unique)
        if cells >= TOGETHER:
            yield from _concluded(waiting, engine, rulebook)
            waiting, cells = [], 0
    yield from _concluded(waiting, engine, rulebook)


def _concluded(sampled: Sequence[_Sampled], engine: Engine, rulebook: Rulebook) -> Iterator[ColumnProfile]:
    texts = [cell for column in sampled for cell in column.unique]
    seen = [readable(cell) if column.ner else None for column in sampled for cell in column.unique]
    found = iter(engine.spans(texts, ner_texts=seen) if texts else [])
    for column in sampled:
        yield _profile(column, {cell: next(found) for cell in column.unique}, engine, rulebook)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sampled:
    """The sample of one column, and what will be done with it."""

    scan: ColumnScan
    cells: Sequence[str]
    """Cells to look at; none if a gate keeps them from being read."""
    unique: Sequence[str]
    drawn: int
    different: int
    shapes: Shapes
    gates: tuple[str, ...]
    ner: bool

    @classmethod
    def of(cls, scan: ColumnScan, rulebook: Rulebook) -> _Sampled:
        cells = scan.sample.cells() if scan.kind != "time" else []
        shapes = Shapes.of(cells, rulebook)
        gates = _gates(scan, shapes)
        unread = NUMBERS in gates
        ner = scan.kind in {"text", "other"} and not unread and not any("language model" in gate for gate in gates)
        looked = [] if unread else cells
        return cls(
            scan=scan,
            cells=looked,
            unique=list(dict.fromkeys(looked)),
            drawn=len(cells),
            different=len(set(cells)),
            shapes=shapes,
            gates=gates,
            ner=ner,
        )


def _profile(
    column: _Sampled, spans: Mapping[str, tuple[Span, ...]], engine: Engine, rulebook: Rulebook
) -> ColumnProfile:
    scan, shapes = column.scan, column.shapes
    return ColumnProfile(
        name=scan.name,
        kind=scan.kind,
        n_rows=scan.n_rows,
        n_empty=scan.n_empty,
        n_sampled=column.drawn,
        distinct_in_sample=column.different,
        mean_words=shapes.mean_words,
        digit_share=shapes.digits,
        name_shape=shapes.names,
        name_listed=shapes.listed,
        separated=shapes.separated,
        date_shape=shapes.dates,
        number_share=shapes.numbers,
        titled=shapes.titled,
        initialed=shapes.initialed,
        dialled=shapes.dialled,
        wordy=shapes.wordy,
        prose=shapes.prose,
        foreign=shapes.foreign,
        counts=tuple(_counts(scan, column.cells, spans, engine, rulebook)),
        gates=column.gates,
        language_model=column.ner and engine.model is not None and bool(column.cells),
        cut=scan.cut,
    )


def _gates(scan: ColumnScan, shapes: Shapes) -> tuple[str, ...]:
    gates = []
    if scan.kind in {"boolean", "number", "time"}:
        gates.append(f"values not searched: {scan.kind} column")
    elif scan.kind == "integer" and not scan.patterns:
        gates.append("values not searched: whole numbers without a telling name or checksum")
    elif scan.kind == "integer":
        gates.append("no language model: whole numbers")
    elif shapes.numbers >= 0.95 and not any(hint is Hint.SURE for hint in scan.hints.values()):
        gates.append(NUMBERS)
    elif shapes.digits >= 0.5 and shapes.mean_words < 4:
        gates.append("no language model: most values hold digits")
    return tuple(gates)


def _counts(
    scan: ColumnScan, cells: Sequence[str], spans: Mapping[str, tuple[Span, ...]], engine: Engine, rulebook: Rulebook
) -> Iterable[EntityCount]:
    n_filled = scan.n_rows - scan.n_empty
    sampled: dict[str, list[tuple[str, Span]]] = {}
    for cell in cells:
        best: dict[str, Span] = {}
        for span in spans[cell]:
            if (
                span.entity_type not in best
                or span.end - span.start > best[span.entity_type].end - best[span.entity_type].start
            ):
                best[span.entity_type] = span
        for entity, span in best.items():
            sampled.setdefault(entity, []).append((cell, span))
    for entity in sorted({*sampled, *scan.counts}):
        rule = rulebook.entities.get(entity)
        native = scan.counts.get(entity)
        hits = sampled.get(entity, [])
        whole = sum(1 for cell, span in hits if rule is None or covers(cell, span, rule.cover))
        examples = tuple(dict.fromkeys(shape(cell[s.start : s.end]) for cell, s in hits))[:3]
        if rule is not None and rule.kinds and scan.kind not in rule.kinds and scan.kind != "other":
            continue
        if native is None or (native.k == 0 and not hits):
            yield EntityCount(
                entity_type=entity,
                agreed=sum(supported(entity, cell[s.start : s.end], rulebook, cell) for cell, s in hits),
                k=len(hits),
                n=len(cells),
                exact=len(cells) == n_filled,
                whole=whole,
                examples=examples,
            )
            continue
        count = _exact(entity, native, n_filled, whole / len(hits) if hits else 1.0, examples, engine, scan, rule)
        like = sum(supported(entity, cell[s.start : s.end], rulebook, cell) for cell, s in hits)
        yield replace(count, agreed=round(count.k * like / len(hits)) if hits else count.k)


def _exact(
    entity: str,
    native: PatternCount,
    n_filled: int,
    cover: float,
    examples: tuple[str, ...],
    engine: Engine,
    scan: ColumnScan,
    rule: EntityRule | None,
) -> EntityCount:
    """A count over all rows; few different values are put before presidio's own validators."""
    k, passed = native.k, native.passed
    by_name = scan.hints.get(entity) is Hint.SURE and bool(rule and rule.native_with_hint)
    if native.distinct is not None and not by_name and entity not in {"DATE_OF_BIRTH", "US_BANK_NUMBER", "SWIFT_CODE"}:
        values = sorted(native.distinct)
        verified = engine.spans(values, ner=False, only=entity)
        good = [(v, s) for v, ss in zip(values, verified, strict=True) for s in ss if s.entity_type == entity]
        confirmed = sum(native.distinct[v] for v in dict.fromkeys(v for v, _ in good))
        examples = examples or tuple(dict.fromkeys(shape(v[s.start : s.end]) for v, s in good))[:3]
        if rule and rule.checksum:
            passed = confirmed
        else:
            k = confirmed
        widths = [covers(v, s, rule.cover if rule else 0.6) for v, s in good]
        cover = sum(widths) / len(widths) if widths else cover
    elif native.passed is not None and not (rule and rule.checksum):
        k, passed = native.passed, None
    return EntityCount(
        entity_type=entity,
        k=k,
        n=n_filled,
        exact=True,
        whole=round(k * cover),
        checksum=passed,
        examples=examples,
    )


def _flat(value: Any, depth: int = 0) -> str:
    """A nested value as text, bounded in depth and length."""
    if depth > 8:
        return ""
    if isinstance(value, Mapping):
        return " | ".join(_flat(v, depth + 1) for v in list(value.values())[:200])[:LONGEST_CELL]
    if isinstance(value, (list, tuple)):
        return " | ".join(_flat(v, depth + 1) for v in value[:200])[:LONGEST_CELL]
    if isinstance(value, bytes):
        return value[:LONGEST_CELL].decode("utf-8", "replace")
    return "" if value is None else str(value)[:LONGEST_CELL]


def numeric_kind(arrow_type: Any) -> str:
    """The type gate: ``integer``, ``number``, ``boolean`` or ``time`` for types the language model is kept from."""
    import pyarrow as pa

    t = pa.types
    gates = (("boolean", t.is_boolean), ("integer", t.is_integer), ("number", t.is_floating), ("time", t.is_temporal))
    return next((kind for kind, test in gates if test(arrow_type)), "")
