"""Full mode: every distinct value of every column through presidio's recognisers and the language model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from raudit.data import ColumnName, DataSet
from raudit.stages.pii.assess import Scanner, Tick, described
from raudit.stages.pii.engine import CHUNK, Engine, Span
from raudit.stages.pii.mask import shape
from raudit.stages.pii.profile import ColumnProfile, EntityCount
from raudit.stages.pii.scan import covers, finish, start, supported
from raudit.stages.pii.second_opinion import consulted
from raudit.stages.pii.verdicts import ColumnVerdict, judge

SEEN_CAP = 2_000_000
"""Distinct values remembered per column; beyond it a value may be read again, which costs time and not truth."""


def spans_of(values: Sequence[str], engine: Engine, *, ner: bool = True) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """Spans of distinct values, in pieces of bounded size."""
    for begin in range(0, len(values), CHUNK):
        piece = values[begin : begin + CHUNK]
        yield from zip(piece, engine.spans(piece, ner=ner), strict=True)


def scan_fully(data: DataSet, names: Sequence[ColumnName], scanner: Scanner, tick: Tick) -> tuple[ColumnVerdict, ...]:
    """Scan every distinct value of each column; one column at a time keeps memory bounded."""
    return tuple(_column(data, name, scanner, tick) for name in names)


def _column(data: DataSet, name: ColumnName, scanner: Scanner, tick: Tick) -> ColumnVerdict:
    import pyarrow.compute as pc

    options = scanner.options
    scan = start(
        name,
        str(data.kinds[name]),
        rulebook=scanner.rulebook,
        hints=scanner.hints,
        seed=scanner.seed,
        sample_size=options.sample,
    )
    tally = _Tally(scanner)
    for batch in data.batches([name], rows=65_536):
        column = batch.column(0)
        scan.add(column)
        text = scan.as_text(column)
        if text is not None:
            counted = pc.value_counts(text.drop_null())
            values, counts = counted.field("values").to_pylist(), counted.field("counts").to_pylist()
            tally.add(values, counts, ner=scan.kind in {"text", "other"})
        tick(batch.num_rows)
    profile = finish(scan, scanner.engine, scanner.rulebook)
    counts = tally.counts(scan.n_rows - scan.n_empty)
    own = {c.entity_type for c in counts}
    kept = tuple(c for c in profile.counts if c.entity_type not in own and c.exact)
    profile = replace(profile, counts=tuple(sorted((*counts, *kept), key=lambda c: c.entity_type)))
    cells = scan.sample.cells()
    profile = consulted(profile, cells, scanner.second)
    verdict = judge(profile, scanner.hints, scanner.rulebook)
    return described(verdict, Counter(cells), scanner.rulebook)


class _Tally:
    """Counts cells by entity type over all distinct values of a column."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._seen: dict[str, tuple[tuple[str, bool, bool], ...]] = {}
        self._k: Counter[str] = Counter()
        self._whole: Counter[str] = Counter()
        self._agreed: Counter[str] = Counter()
        self._examples: dict[str, dict[str, None]] = {}

    def add(self, values: list[Any], counts: list[int], *, ner: bool) -> None:
        """Take values and how often each occurs."""
        new = [v for v in values if v not in self._seen]
        if len(self._seen) > SEEN_CAP:
            self._seen.clear()
            new = values
        for value, spans in spans_of(new, self._scanner.engine, ner=ner):
            self._seen[value] = self._reduced(value, spans)
        for value, n in zip(values, counts, strict=True):
            for entity, whole, agreed in self._seen[value]:
                self._k[entity] += n
                self._agreed[entity] += n * agreed
                self._whole[entity] += n * whole

    def _reduced(self, value: str, spans: tuple[Span, ...]) -> tuple[tuple[str, bool, bool], ...]:
        best: dict[str, tuple[bool, bool]] = {}
        book = self._scanner.rulebook
        for span in spans:
            entity, text = span.entity_type, value[span.start : span.end]
            rule = book.entities.get(entity)
            whole = rule is None or covers(value, span, rule.cover)
            before = best.get(entity, (False, False))
            best[entity] = (before[0] or whole, before[1] or supported(entity, text, book, value))
            shapes = self._examples.setdefault(entity, {})
            if len(shapes) < 3:
                shapes[shape(text)] = None
        return tuple((entity, *flags) for entity, flags in best.items())

    def counts(self, n: int) -> list[EntityCount]:
        """Exact counts of everything found."""
        return [
            EntityCount(
                entity_type=entity,
                k=k,
                n=n,
                exact=True,
                whole=self._whole[entity],
                agreed=self._agreed[entity],
                checksum=k if self._checked(entity) else None,
                examples=tuple(self._examples[entity]),
            )
            for entity, k in sorted(self._k.items())
        ]

    def _checked(self, entity: str) -> bool:
        rule = self._scanner.rulebook.entities.get(entity)
        return bool(rule and rule.checksum)


__all__ = ["ColumnProfile", "scan_fully", "spans_of"]
