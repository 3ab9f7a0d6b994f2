"""Full mode: every distinct value of every column through presidio's recognisers and the language model."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from raudit.data import ColumnName, DataSet
from raudit.stages.pii.count.as_text import pieces
from raudit.stages.pii.count.cells import covers, supported
from raudit.stages.pii.count.parts import pool
from raudit.stages.pii.count.profile import ColumnProfile, EntityCount
from raudit.stages.pii.count.scan import finish, start
from raudit.stages.pii.judge.verdicts import ColumnVerdict, judge
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.engine import CHUNK, Engine
from raudit.stages.pii.recognise.second_opinion import consulted
from raudit.stages.pii.recognise.spans import Span
from raudit.stages.pii.scanner import Scanner, Tick, described, prepare
from raudit.stages.pii.vocabulary.mask import shape
from raudit.stages.pii.vocabulary.rulebook import Rulebook

SEEN_CAP = 500_000
"""Distinct values remembered per column; beyond it a value may be read again, which costs time and not truth."""


def spans_of(
    values: Sequence[str], engine: Engine, *, ner: bool = True
) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """Spans of distinct values, in pieces of bounded size."""
    for piece in _pieces(values):
        yield from zip(piece, engine.spans(piece, ner=ner), strict=True)


def _pieces(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(values), CHUNK):
        yield values[begin : begin + CHUNK]


Spans = Callable[[Sequence[str], bool], Iterator[tuple[str, tuple[Span, ...]]]]


@contextmanager
def _reader(scanner: Scanner) -> Iterator[Spans]:
    """What finds the spans of values: the engine, or several processes with an engine each."""
    if scanner.options.workers == 1:
        yield lambda values, ner: spans_of(values, scanner.engine, ner=ner)
        return
    with pool(scanner.options) as workers:

        def spans(values: Sequence[str], ner: bool) -> Iterator[tuple[str, tuple[Span, ...]]]:
            pieces = list(_pieces(values))
            asked = [
                workers.submit(_in_worker, list(piece), ner, scanner.options) for piece in pieces
            ]
            for piece, answer in zip(pieces, asked, strict=True):
                yield from zip(piece, answer.result(), strict=True)

        yield spans


def _in_worker(values: list[str], ner: bool, options: Options) -> list[tuple[Span, ...]]:
    return _engine(options.model_dump_json()).spans(values, ner=ner)


@functools.lru_cache(maxsize=1)
def _engine(options: str) -> Engine:
    return prepare(Options.model_validate_json(options), seed=0).engine


def scan_fully(
    data: DataSet, names: Sequence[ColumnName], scanner: Scanner, tick: Tick
) -> tuple[ColumnVerdict, ...]:
    """Scan every distinct value of each column; one column at a time keeps memory bounded."""
    with _reader(scanner) as spans:
        return tuple(_column(data, name, scanner, spans, tick) for name in names)


def _column(
    data: DataSet, name: ColumnName, scanner: Scanner, spans: Spans, tick: Tick
) -> ColumnVerdict:
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
    tally = _Tally(scanner, spans)
    for batch in data.batches([name], rows=65_536):
        for piece in pieces(batch.column(0)):
            cut = scan.cut
            text = scan.as_text(piece)
            scan.cut = cut  # it is counted when the piece is added
            scan.add(piece)
            if text is not None:
                counted = pc.value_counts(text.drop_null())
                values, counts = (
                    counted.field("values").to_pylist(),
                    counted.field("counts").to_pylist(),
                )
                tally.add(values, counts, ner=scan.kind in {"text", "other"})
        tick(batch.num_rows)
    profile = finish(scan, scanner.engine, scanner.rulebook)
    counts = tally.counts(scan.n_rows - scan.n_empty)
    profile = replace(profile, counts=_together(counts, profile.counts, scanner.rulebook))
    cells = scan.sample.cells()
    profile = consulted(profile, cells, scanner.second)
    verdict = judge(profile, scanner.hints, scanner.rulebook)
    return described(verdict, Counter(cells), scanner.rulebook)


def _together(
    tallied: Sequence[EntityCount], profiled: Sequence[EntityCount], rulebook: Rulebook
) -> tuple[EntityCount, ...]:
    """Counts of all distinct values, and what only the profile knows: numbers that fail their check or are plain."""
    found = {c.entity_type: c for c in tallied}
    for count in profiled:
        rule, own = rulebook.entities.get(count.entity_type), found.get(count.entity_type)
        weighed = rule is not None and ((rule.chance > 0 and count.by_form) or bool(rule.numbers))
        if own is None:
            found.update({count.entity_type: count} if count.exact or weighed else {})
        elif weighed and count.share >= own.share:
            found[count.entity_type] = replace(count, examples=own.examples)
        else:
            found[count.entity_type] = replace(own, by_form=count.by_form)
    return tuple(sorted(found.values(), key=lambda c: c.entity_type))


class _Tally:
    """Counts cells by entity type over all distinct values of a column."""

    def __init__(self, scanner: Scanner, spans: Spans) -> None:
        self._scanner = scanner
        self._spans = spans
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
        for value, spans in self._spans(new, ner):
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
