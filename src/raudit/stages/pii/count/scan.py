"""Profile mode: stream a table once, count patterns in every row, look closely at a random sample of each column."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from raudit.sentences import say
from raudit.stages.pii.count.cells import Shapes, readable
from raudit.stages.pii.count.column import ColumnScan
from raudit.stages.pii.count.counting import counts_of
from raudit.stages.pii.count.profile import ColumnProfile
from raudit.stages.pii.count.sample import BottomK
from raudit.stages.pii.recognise.encoded import holds_encoded_text
from raudit.stages.pii.recognise.engine import Engine
from raudit.stages.pii.recognise.native import Search
from raudit.stages.pii.recognise.spans import Span
from raudit.stages.pii.vocabulary.languages import other_language
from raudit.stages.pii.vocabulary.names_of_columns import Hint, HintTable
from raudit.stages.pii.vocabulary.rulebook import EntityRule, Rulebook

NUMBERS = "values not searched: numbers written as text, without a telling name; cards are counted by checksum"


def start(
    name: str,
    kind: str,
    *,
    rulebook: Rulebook,
    hints: HintTable,
    seed: int,
    sample_size: int,
    first_row: int = 0,
) -> ColumnScan:
    """Prepare the scan of one column, or of its part from some row on; the type gates decide what is searched for."""
    import numpy as np

    said = hints.read(name)
    searches = searched(name, kind, rulebook, hints)
    bits = np.random.PCG64([seed, zlib.crc32(name.encode("utf-8", "replace"))])
    generator = np.random.Generator(bits.advance(first_row))  # one number for each row before
    return ColumnScan(name, kind, said, searches, BottomK(sample_size, generator))


def searched(name: str, kind: str, rulebook: Rulebook, hints: HintTable) -> dict[str, Search]:
    """How every row of a column is searched, by the type that is searched for."""
    said = hints.read(name)
    # A column of numbers may hold whole ones alone, as floats or decimals do that were whole before they were stored.
    as_kind = "integer" if kind == "number" else kind
    return {
        entity: search
        for entity, rule in rulebook.entities.items()
        if as_kind in rule.kinds or (kind == "other" and "text" in rule.kinds)
        if (search := _search(entity, rule, said.get(entity), as_kind)) is not None
    }


def _search(entity: str, rule: EntityRule, hint: Hint | None, kind: str) -> Search | None:
    """How every row of a column is searched for one type; None if it is not."""
    sure = hint is Hint.SURE
    if sure and rule.native_with_hint:
        check = rule.validator_with_hint
        finders: tuple[tuple[str, str], ...] = ((rule.native_with_hint, check),) if check else ()
        return Search(
            entity_type=entity, native=rule.native_with_hint, finders=finders, cover=rule.cover
        )
    if not rule.native or (rule.needs_hint and not sure and not rule.in_text):
        return None
    if kind not in {"text", "other"} and not sure and entity != "CREDIT_CARD":
        return None
    own = tuple((p.regex, p.validator or rule.validator) for p in rule.patterns)
    if rule.group == "secret":
        own = ()  # every match of ``native`` is one; more patterns are for sentences
    finders = ((rule.find or rule.native, rule.validator),) if rule.validator else own
    return Search(entity_type=entity, native=rule.native, finders=finders, cover=rule.cover)


TOGETHER = 20_000
"""Cells of several columns that are looked at together: a pattern is made ready once for all of them."""


def finish_all(
    scans: Iterable[ColumnScan], engine: Engine, rulebook: Rulebook
) -> Iterator[ColumnProfile]:
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


def _concluded(
    sampled: Sequence[_Sampled], engine: Engine, rulebook: Rulebook
) -> Iterator[ColumnProfile]:
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
        ner = (
            scan.kind in {"text", "other"}
            and not unread
            and not any("language model" in gate for gate in gates)
        )
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
    texts = column.ner or scan.kind == "text"
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
        fractions=shapes.fractions,
        name_given=shapes.given,
        hosts=shapes.hosts,
        counts=tuple(counts_of(scan, column.cells, spans, rulebook)),
        gates=column.gates,
        language_model=column.ner and engine.model is not None and bool(column.cells),
        language=_language(column, engine),
        cut=scan.cut,
        encoded=max(scan.encoded, sum(map(holds_encoded_text, column.cells))) if texts else 0,
    )


def _language(column: _Sampled, engine: Engine) -> str:
    """The language of a column of sentences, if it is not the model's."""
    if (
        engine.model is None
        or not column.ner
        or not (column.shapes.mean_words >= 4 or column.shapes.foreign >= 0.5)
    ):
        return ""
    return other_language(column.unique[:LANGUAGE_CELLS], engine.model.language)


LANGUAGE_CELLS = 200
"""Different cells whose language is looked at."""


def _asks_for_numbers(hints: Mapping[str, Hint]) -> bool:
    """Whether a column's name says that its numbers are somebody's."""
    return Hint.SURE in hints.values() or "PHONE_NUMBER" in hints


def _gates(scan: ColumnScan, shapes: Shapes) -> tuple[str, ...]:
    gates = []
    if scan.kind in {"boolean", "time"} or scan.fractional:
        gates.append(say("values not searched: {kind} column", kind=scan.kind))
    elif scan.kind in {"integer", "number"}:
        gates.append("no language model: whole numbers")
    elif shapes.numbers >= 0.95 and not _asks_for_numbers(scan.hints):
        gates.append(NUMBERS)
    elif shapes.digits >= 0.5 and shapes.mean_words < 4 and shapes.beside < 0.5:
        gates.append("no language model: most values hold digits")
    return tuple(gates)
