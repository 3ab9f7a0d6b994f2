"""Full mode: every distinct value of every column through presidio's recognisers and the language model."""

from __future__ import annotations

import functools
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from raudit.data import ColumnName, DataSet
from raudit.stages.pii.count.as_text import pieces
from raudit.stages.pii.count.cells import covers, supported
from raudit.stages.pii.count.column import ColumnScan
from raudit.stages.pii.count.parts import AHEAD, pool
from raudit.stages.pii.count.profile import ColumnProfile, EntityCount
from raudit.stages.pii.count.scan import finish_all, start
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
EXAMPLES = 3
"""Masked examples of an entity type in a column."""


def spans_of(
    values: Sequence[str], engine: Engine, *, ner: bool = True
) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """Spans of distinct values, in pieces of bounded size."""
    for piece in _pieces(values):
        yield from zip(piece, engine.spans(piece, ner=ner), strict=True)


def _pieces(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(values), CHUNK):
        yield values[begin : begin + CHUNK]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What is kept of some values that were looked at."""

    found: tuple[tuple[tuple[str, bool, bool], ...], ...]
    """For each value its entity types; of each, whether it covers the cell and whether a second opinion supports it."""
    shapes: Mapping[str, tuple[str, ...]]
    """The first masked examples of each entity type."""


def _look(values: Sequence[str], engine: Engine, book: Rulebook, *, ner: bool) -> _Looked:
    shapes: dict[str, dict[str, None]] = {}
    found = []
    for value, spans in zip(values, engine.spans(values, ner=ner), strict=True):
        best: dict[str, tuple[bool, bool]] = {}
        for span in spans:
            entity, text = span.entity_type, value[span.start : span.end]
            rule = book.entities.get(entity)
            whole = rule is None or covers(value, span, rule.cover)
            before = best.get(entity, (False, False))
            best[entity] = (before[0] or whole, before[1] or supported(entity, text, book, value))
            first = shapes.setdefault(entity, {})
            if len(first) < EXAMPLES:
                first[shape(text)] = None
        found.append(tuple((entity, *flags) for entity, flags in best.items()))
    return _Looked(found=tuple(found), shapes={entity: tuple(s) for entity, s in shapes.items()})


def _in_worker(values: list[str], ner: bool, options: str) -> _Looked:
    scanner = _scanner(options)
    return _look(values, scanner.engine, scanner.rulebook, ner=ner)


@functools.lru_cache(maxsize=1)
def _scanner(options: str) -> Scanner:
    return prepare(Options.model_validate_json(options), seed=0)


class _Lookers:
    """Those who look at values: this process and its helpers. Answers are taken in the order of the questions."""

    def __init__(self, scanner: Scanner, helpers: Executor | None) -> None:
        self._scanner = scanner
        self._helpers = helpers
        self._options = scanner.options.model_dump_json()
        self._waiting: deque[tuple[Future[_Looked], Sequence[str], _Tally]] = deque()

    def look(self, values: Sequence[str], tally: _Tally, *, ner: bool) -> None:
        """Look at values now, or have them looked at if a helper has little to do."""
        busy = sum(not answer.done() for answer, _, _ in self._waiting)
        if self._helpers is not None and busy < AHEAD * (self._scanner.options.workers - 1):
            answer = self._helpers.submit(_in_worker, list(values), ner, self._options)
        else:
            answer = Future()
            answer.set_result(_look(values, self._scanner.engine, self._scanner.rulebook, ner=ner))
        self._waiting.append((answer, values, tally))
        while self._waiting and self._waiting[0][0].done():
            self._take()

    def finish(self) -> None:
        """Wait for what is not there yet."""
        while self._waiting:
            self._take()

    def _take(self) -> None:
        answer, values, tally = self._waiting.popleft()
        tally.take(values, answer.result())


@contextmanager
def _lookers(scanner: Scanner) -> Iterator[_Lookers]:
    if scanner.options.workers == 1:
        yield _Lookers(scanner, None)
        return
    with pool(scanner.options.workers - 1) as helpers:
        yield _Lookers(scanner, helpers)


def scan_fully(
    data: DataSet, names: Sequence[ColumnName], scanner: Scanner, tick: Tick
) -> tuple[ColumnVerdict, ...]:
    """Scan every distinct value of each column; one column at a time keeps memory bounded."""
    with _lookers(scanner) as lookers:
        read = [_read(data, name, scanner, lookers, tick) for name in names]
        lookers.finish()
    profiles = finish_all([scan for scan, _ in read], scanner.engine, scanner.rulebook)
    return tuple(
        _verdict(scan, tally, profile, scanner)
        for (scan, tally), profile in zip(read, profiles, strict=True)
    )


def _read(
    data: DataSet, name: ColumnName, scanner: Scanner, lookers: _Lookers, tick: Tick
) -> tuple[ColumnScan, _Tally]:
    """Read a column once, and have its distinct values looked at."""
    import pyarrow.compute as pc

    scan = start(
        name,
        str(data.kinds[name]),
        rulebook=scanner.rulebook,
        hints=scanner.hints,
        seed=scanner.seed,
        sample_size=scanner.options.sample,
    )
    tally = _Tally()
    for batch in data.batches([name], rows=65_536):
        for piece in pieces(batch.column(0)):
            cut = scan.cut
            text = scan.as_text(piece)
            scan.cut = cut  # it is counted when the piece is added
            scan.add(piece)
            if text is not None:
                counted = pc.value_counts(text.drop_null())
                new = tally.add(
                    counted.field("values").to_pylist(), counted.field("counts").to_pylist()
                )
                for values in _pieces(new):
                    lookers.look(values, tally, ner=scan.kind in {"text", "other"})
        tick(batch.num_rows)
    tally.forget()
    return scan, tally


def _verdict(
    scan: ColumnScan, tally: _Tally, profile: ColumnProfile, scanner: Scanner
) -> ColumnVerdict:
    counts = tally.counts(scan.n_rows - scan.n_empty, scanner.rulebook)
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

    def __init__(self) -> None:
        self._seen: dict[str, tuple[tuple[str, bool, bool], ...]] = {}
        self._owed: dict[str, int] = {}
        """Values that are being looked at, and how often each has come up since."""
        self._k: Counter[str] = Counter()
        self._whole: Counter[str] = Counter()
        self._agreed: Counter[str] = Counter()
        self._examples: dict[str, dict[str, None]] = {}
        self._ended = False

    def add(self, values: list[Any], counts: list[int]) -> list[str]:
        """Take values and how often each occurs; those that must be looked at are given back."""
        if len(self._seen) > SEEN_CAP:
            self._seen.clear()
        new = []
        for value, n in zip(values, counts, strict=True):
            if value in self._seen:
                self._count(self._seen[value], n)
            elif value in self._owed:
                self._owed[value] += n
            else:
                self._owed[value] = n
                new.append(value)
        return new

    def take(self, values: Sequence[str], looked: _Looked) -> None:
        """Take what was found in values that ``add`` gave back."""
        for value, found in zip(values, looked.found, strict=True):
            self._count(found, self._owed.pop(value))
            if not self._ended:
                self._seen[value] = found
        for entity, shapes in looked.shapes.items():
            kept = self._examples.setdefault(entity, {})
            for example in shapes:
                if len(kept) < EXAMPLES:
                    kept[example] = None

    def forget(self) -> None:
        """No value will be added: what was found in each need not be remembered."""
        self._ended = True
        self._seen.clear()

    def _count(self, found: tuple[tuple[str, bool, bool], ...], n: int) -> None:
        for entity, whole, agreed in found:
            self._k[entity] += n
            self._agreed[entity] += n * agreed
            self._whole[entity] += n * whole

    def counts(self, n: int, book: Rulebook) -> list[EntityCount]:
        """Exact counts of everything found."""
        return [
            EntityCount(
                entity_type=entity,
                k=k,
                n=n,
                exact=True,
                whole=self._whole[entity],
                agreed=self._agreed[entity],
                checksum=k if entity in book.entities and book.entities[entity].checksum else None,
                examples=tuple(self._examples[entity]),
            )
            for entity, k in sorted(self._k.items())
        ]


__all__ = ["ColumnProfile", "scan_fully", "spans_of"]
