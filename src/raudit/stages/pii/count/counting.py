"""How often each entity type is in a column: by patterns over all rows, and by what was found in its sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from raudit.stages.pii.count.cells import covers, supported
from raudit.stages.pii.count.column import ColumnScan
from raudit.stages.pii.count.numbers import Numbers, numbers_of_one_kind
from raudit.stages.pii.count.profile import EntityCount, clopper_pearson
from raudit.stages.pii.recognise.native import PatternCount, matches
from raudit.stages.pii.recognise.spans import Span
from raudit.stages.pii.vocabulary.mask import shape
from raudit.stages.pii.vocabulary.rulebook import EntityRule, Rulebook


def counts_of(
    scan: ColumnScan,
    cells: Sequence[str],
    spans: Mapping[str, tuple[Span, ...]],
    rulebook: Rulebook,
) -> Iterable[EntityCount]:
    """Count what patterns found in every row, what the sample shows, and plain numbers of one kind."""
    n_filled = scan.n_rows - scan.n_empty
    kind = "integer" if scan.kind == "number" else scan.kind
    numbered = numbers_of_one_kind(scan.sample.cells(), rulebook) if not scan.fractional else {}
    sampled = _longest(cells, spans, [n.finder for n in numbered.values() if n.finder[0]])
    for entity in sorted({*sampled, *scan.counts, *numbered}):
        rule = rulebook.entities.get(entity)
        if rule is not None and rule.kinds and kind not in rule.kinds and kind != "other":
            continue
        hits = sampled.get(entity, [])
        native = PatternCount() if scan.fractional else scan.counts.get(entity, PatternCount())
        examples = tuple(dict.fromkeys(shape(cell[s.start : s.end]) for cell, s in hits))[:3]
        numbers = numbered.get(entity)
        if numbers is not None and numbers.k * n_filled > native.passed * numbers.n:
            yield _numbers(entity, numbers, n_filled)
        elif native.k and not _more_in_sample(native, n_filled, len(hits), len(cells)):
            yield _exact(entity, native, n_filled, examples, rule)
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


def _longest(
    cells: Sequence[str],
    spans: Mapping[str, tuple[Span, ...]],
    finders: Sequence[tuple[str, str]],
) -> dict[str, list[tuple[str, Span]]]:
    """The longest find of each entity type in each cell; what a number of a known kind holds is no telephone number."""
    sampled: dict[str, list[tuple[str, Span]]] = {}
    for cell in cells:
        known = [(begin, end) for begin, end, passes in matches(finders, cell) if passes]
        best: dict[str, Span] = {}
        for span in spans[cell]:
            kind, length = span.entity_type, span.end - span.start
            echo = any(a < span.end and span.start < b for a, b in known)
            if echo and kind == "PHONE_NUMBER":
                continue
            if kind not in best or length > best[kind].end - best[kind].start:
                best[kind] = span
        for entity, span in best.items():
            sampled.setdefault(entity, []).append((cell, span))
    return sampled


def _numbers(entity: str, numbers: Numbers, n_filled: int) -> EntityCount:
    """A count of plain numbers of one kind, whole cells or inside them."""
    k, inside = numbers.k, bool(numbers.finder[0])
    return EntityCount(
        entity_type=entity,
        k=k,
        n=numbers.n,
        exact=numbers.n == n_filled,
        whole=0 if inside else k,
        agreed=k,
        finder=numbers.finder,
    )


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
