"""Profile mode: stream a table once, count patterns in every row, look closely at a random sample of each column."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from raudit.sentences import say
from raudit.stages.pii.count.cells import Shapes, covers, readable, supported
from raudit.stages.pii.count.profile import ColumnProfile, EntityCount, clopper_pearson
from raudit.stages.pii.count.sample import BottomK
from raudit.stages.pii.recognise.checksums import Validator, validator
from raudit.stages.pii.recognise.digits import in_digits, whole_numbers
from raudit.stages.pii.recognise.engine import Engine, Span
from raudit.stages.pii.recognise.native import PatternCount, Search, compiled, count_patterns
from raudit.stages.pii.vocabulary.languages import other_language
from raudit.stages.pii.vocabulary.mask import shape
from raudit.stages.pii.vocabulary.names_of_columns import Hint, HintTable
from raudit.stages.pii.vocabulary.rulebook import EntityRule, Rulebook

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
    searches: Mapping[str, Search]
    sample: BottomK
    n_rows: int = 0
    n_empty: int = 0
    cut: int = 0
    fractional: bool = False
    """Whether a column of numbers holds a fraction; it is not read then."""
    counts: dict[str, PatternCount] = field(default_factory=dict)

    def add(self, column: pa.Array) -> None:
        """Take the next cells of the column."""
        for piece in pieces(column):
            self._add(piece)

    def _add(self, column: pa.Array) -> None:
        self.n_rows += len(column)
        text = self.as_text(column)
        if text is None:
            self.n_empty += _empty(column)
            return
        self.n_empty += text.null_count
        self.sample.add(text)
        if self.searches:
            count_patterns(
                text.drop_null() if text.null_count else text, self.searches, self.counts
            )

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
            fractional=self.fractional or other.fractional,
            counts={
                n: self.counts.get(n, none).merged(other.counts.get(n, none)) for n in sorted(names)
            },
        )

    def as_text(self, column: pa.Array) -> pa.Array | None:
        """Cells as bounded text with blanks as null; None for kinds whose values are not read."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.kind == "boolean" or (self.kind in {"integer", "number"} and not self.searches):
            return None
        if self.kind == "number":
            column = None if self.fractional else whole_numbers(column)
            self.fractional = column is None
            if column is None:
                return None
        self.cut += _cut_in_dictionary(column)
        column, cut = bounded(as_strings(column))
        self.cut += cut
        column = in_digits(column)
        dull = pc.equal(pc.binary_length(column), 0)
        if len(column) and str(column[0])[:1] == "⟦":
            # Tokens of our own redaction are no personal data.
            dull = pc.or_(dull, pc.match_substring_regex(column, TOKEN))
        return (
            pc.if_else(dull, pa.scalar(None, pa.large_string()), column)
            if pc.any(dull).as_py()
            else column
        )


TOKEN = r"^⟦[A-Z_]+:[0-9a-f]{16}⟧$"  # noqa: S105 -- the shape of a token, not one
"""Shape of the tokens that ``redact`` puts in place of values."""


def as_strings(column: pa.Array) -> pa.Array:
    """Any Arrow array as text; nested values are written out, long ones of dictionaries cut before they multiply."""
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(column.type):
        values, _ = bounded(as_strings(column.dictionary))
        return values.take(column.indices)
    if (
        types.is_nested(column.type)
        or types.is_binary(column.type)
        or types.is_large_binary(column.type)
    ):
        return pa.array(
            [None if v is None else _flat(v) for v in column.to_pylist()], pa.large_string()
        )
    return column if types.is_large_string(column.type) else column.cast(pa.large_string())


def _empty(column: pa.Array) -> int:
    """Cells without a value; what is not a number is none either."""
    import pyarrow as pa
    import pyarrow.compute as pc

    nan = pc.sum(pc.is_nan(column)).as_py() or 0 if pa.types.is_floating(column.type) else 0
    return int(column.null_count + nan)


def _cut_in_dictionary(column: pa.Array) -> int:
    """Cells of a dictionary-encoded column whose value is too long."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if not types.is_dictionary(column.type):
        return 0
    if not (
        types.is_string(column.dictionary.type) or types.is_large_string(column.dictionary.type)
    ):
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
    # A column of numbers may hold whole ones alone, as floats or decimals do that were whole before they were stored.
    as_kind = "integer" if kind == "number" else kind
    searches = {
        entity: search
        for entity, rule in rulebook.entities.items()
        if as_kind in rule.kinds or (kind == "other" and "text" in rule.kinds)
        if (search := _search(entity, rule, said.get(entity), as_kind)) is not None
    }
    bits = np.random.PCG64([seed, zlib.crc32(name.encode("utf-8", "replace"))])
    generator = np.random.Generator(bits.advance(first_row))  # one number for each row before
    return ColumnScan(name, kind, said, searches, BottomK(sample_size, generator))


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


def finish(scan: ColumnScan, engine: Engine, rulebook: Rulebook) -> ColumnProfile:
    """Put the sample before presidio and the language model, and sum up."""
    return next(finish_all([scan], engine, rulebook))


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
        counts=tuple(_counts(scan, column.cells, spans, rulebook)),
        gates=column.gates,
        language_model=column.ner and engine.model is not None and bool(column.cells),
        language=_language(column, engine),
        cut=scan.cut,
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


def _gates(scan: ColumnScan, shapes: Shapes) -> tuple[str, ...]:
    gates = []
    if scan.kind in {"boolean", "time"} or scan.fractional:
        gates.append(say("values not searched: {kind} column", kind=scan.kind))
    elif scan.kind in {"integer", "number"}:
        gates.append("no language model: whole numbers")
    elif shapes.numbers >= 0.95 and not any(hint is Hint.SURE for hint in scan.hints.values()):
        gates.append(NUMBERS)
    elif shapes.digits >= 0.5 and shapes.mean_words < 4 and shapes.beside < 0.5:
        gates.append("no language model: most values hold digits")
    return tuple(gates)


def _counts(
    scan: ColumnScan,
    cells: Sequence[str],
    spans: Mapping[str, tuple[Span, ...]],
    rulebook: Rulebook,
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
    kind = "integer" if scan.kind == "number" else scan.kind
    numbered = (
        dict(numbers_of_one_kind(scan.sample.cells(), rulebook)) if not scan.fractional else {}
    )
    for entity in sorted({*sampled, *scan.counts, *numbered}):
        rule = rulebook.entities.get(entity)
        if rule is not None and rule.kinds and kind not in rule.kinds and kind != "other":
            continue
        hits = sampled.get(entity, [])
        native = PatternCount() if scan.fractional else scan.counts.get(entity, PatternCount())
        examples = tuple(dict.fromkeys(shape(cell[s.start : s.end]) for cell, s in hits))[:3]
        if native.k and not _more_in_sample(native, n_filled, len(hits), len(cells)):
            yield _exact(entity, native, n_filled, examples, rule)
        elif entity in numbered:
            k, n = numbered[entity], len(scan.sample.keys)
            yield EntityCount(entity_type=entity, k=k, n=n, exact=n == n_filled, whole=k, agreed=k)
        elif hits:
            yield EntityCount(
                entity_type=entity,
                agreed=sum(
                    supported(entity, cell[s.start : s.end], rulebook, cell) for cell, s in hits
                ),
                k=len(hits),
                n=len(cells),
                exact=len(cells) == n_filled,
                whole=sum(
                    1 for cell, span in hits if rule is None or covers(cell, span, rule.cover)
                ),
                by_form=native.passed > 0,
                examples=examples,
            )


LEAST_NUMBERS = 10
"""Different numbers that must be there: a check that one random number in ten passes is passed by all of them less
often than once in 10 ** 10 columns."""
ALIKE = 0.9
"""Share of the cells that must be of one kind of number."""


def numbers_of_one_kind(cells: Sequence[str], rulebook: Rulebook) -> Iterator[tuple[str, int]]:
    """Entity type and cells of each kind of plain number whose check nearly every cell passes."""
    stripped = [cell.strip() for cell in cells]
    different = list(dict.fromkeys(stripped))
    if len(different) < LEAST_NUMBERS or sum(c.isdigit() for c in different[0]) < 7:
        return
    for entity, rule in rulebook.entities.items():
        for number in rule.numbers:
            form, valid = (
                compiled(f"(?:{number.regex})(?:\\.0)?", any_case=True),
                validator(number.validator),
            )

            def fits(cell: str, form: Any = form, valid: Validator = valid) -> bool:
                return form.fullmatch(cell) is not None and valid(cell.removesuffix(".0"))

            if sum(map(fits, different[:LEAST_NUMBERS])) >= ALIKE * LEAST_NUMBERS:
                k = sum(map(fits, stripped))
                if k >= ALIKE * len(stripped):
                    yield entity, k
                    break


def _more_in_sample(native: PatternCount, n_filled: int, hits: int, drawn: int) -> bool:
    """Whether the sample shows more cells than the pattern counts, as it does of telephone numbers without a plus."""
    if not hits:
        return False
    return (
        hits > native.passed
        if drawn == n_filled
        else clopper_pearson(hits, drawn)[0] > native.passed / n_filled
    )


def _exact(
    entity: str,
    native: PatternCount,
    n_filled: int,
    examples: tuple[str, ...],
    rule: EntityRule | None,
) -> EntityCount:
    """A count over all rows: with a checksum, of cells that fit and of those that pass; else of those that pass."""
    checked = bool(
        rule and rule.checksum and (rule.validator or any(p.validator for p in rule.patterns))
    )
    return EntityCount(
        entity_type=entity,
        k=native.k if checked else native.passed,
        n=n_filled,
        exact=True,
        whole=native.whole if checked else native.sound,
        checksum=native.passed if checked else None,
        agreed=native.agreed,
        by_form=True,
        examples=examples,
    )


def _flat(value: object, depth: int = 0) -> str:
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


def numeric_kind(arrow_type: object) -> str:
    """The type gate: ``integer``, ``number``, ``boolean`` or ``time`` for types the language model is kept from."""
    import pyarrow as pa

    t = pa.types
    gates = (
        ("boolean", t.is_boolean),
        ("integer", t.is_integer),
        ("number", t.is_floating),
        ("time", t.is_temporal),
    )
    return next((kind for kind, test in gates if test(arrow_type)), "")
