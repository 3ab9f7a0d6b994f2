"""Run every stage and keep what each established; a stage whose inputs did not change may come from a cache."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from raudit.cache import StageCache
from raudit.canonical import Sha256
from raudit.checklists.sources import Sources, sources_of
from raudit.data.readers.options import no_memory, working
from raudit.errors import DataError, RauditError
from raudit.evidence import Evidence, Progress, Quiet, Stage
from raudit.model import BoundModel
from raudit.pipeline.prepare import Prepared
from raudit.pipeline.reading import detailed, read_evidence
from raudit.pipeline.recorded import recorded_plan
from raudit.pipeline.stages import run_stage, seen_by
from raudit.record import Outcome, Record, StageRecord
from raudit.statements import Enrolment, Word

OF_THE_FILE = frozenset({"data-broken", "data-limit", "out-of-memory"})
"""Errors that are about the data file itself, and not about what a stage asks of it."""


def measure(
    prepared: Prepared,
    *,
    progress: Progress | None = None,
    on_stage: Callable[[StageRecord], None] | None = None,
    cache: StageCache | None = None,
) -> Record:
    """Run every stage and keep what each established.

    Parameters
    ----------
    prepared
        From ``prepare``.
    progress
        Where long work says how far it is.
    on_stage
        Called with each stage's record as soon as the stage has ended.
    cache
        Where stages whose inputs did not change are taken from; None measures everything.

    Raises
    ------
    DataError
        If the data set cannot be read or lacks a column that the plan names. A model that cannot be read is not an
        error here: the stages that need it are recorded as skipped.
    """
    progress = progress or Quiet()
    reader = LazyEvidence(prepared, progress, cache)
    records: list[StageRecord] = []
    facts: dict[str, Any] = dict(reader.facts)
    sources = sources_of(reader.inputs)
    order = sorted(
        prepared.stages, key=lambda name: prepared.stages[name].order
    )  # as in the record
    with contextlib.closing(reader):
        for name, stage in prepared.stages.items():
            record = _stage(reader, stage, prepared.options[name], facts, sources)
            facts.update(record.facts)
            sources = sources.with_stage(record, order.index(name))
            records.append(record)
            if on_stage is not None:
                on_stage(record)
    if reader.error is not None and not any(
        record.outcome is Outcome.COMPLETED
        for record in records
        if not getattr(prepared.stages[record.name], "with_model", False)
    ):
        raise reader.error  # nothing else was established that a record could keep
    file = prepared.plan.file
    return Record(
        run=prepared.run,
        system=file.system.model_dump(mode="json", exclude_defaults=True),
        plan=recorded_plan(prepared.plan),
        inputs=reader.inputs,
        stages=tuple(sorted(records, key=lambda record: prepared.stages[record.name].order)),
    )


class LazyEvidence:
    """The evidence, read when the first stage needs it; with a cache none may."""

    def __init__(self, prepared: Prepared, progress: Progress, cache: StageCache | None) -> None:
        self.prepared, self.progress, self.cache = prepared, progress, cache
        self._evidence: Evidence | None = None
        self.model_error: RauditError | None = None
        self.data_error: DataError | None = None
        """The first fault of the data file that ended a stage."""
        self._key = self.key(prepared.facts, what="evidence") if cache is not None else None
        kept = cache.load(self._key) if cache is not None and self._key is not None else None
        if kept is None:
            self.evidence()
        else:
            self.facts: Mapping[str, Any] = kept["facts"]
            self.inputs = tuple(detailed(item, kept["details"]) for item in prepared.inputs)

    @property
    def error(self) -> RauditError | None:
        """What ended stages that would otherwise have established something."""
        return self.model_error or self.data_error

    def evidence(self) -> Evidence:
        """Read data and model, once."""
        if self._evidence is None:
            self._evidence, self.inputs, self.model_error = read_evidence(
                self.prepared, self.progress
            )
            self.facts = self._evidence.facts
            if self.cache is not None and self._key is not None and self.model_error is None:
                details = {item.role: dict(item.detail) for item in self.inputs if item.detail}
                self.cache.keep(self._key, {"facts": dict(self.facts), "details": details})
        return self._evidence

    def close(self) -> None:
        """End the model's process, if one was needed."""
        if self._evidence is not None and isinstance(self._evidence.model, BoundModel):
            self._evidence.model.process.close()

    def key(self, facts: Mapping[str, Any], **more: Any) -> Sha256:
        """What a cached value is kept under."""
        assert self.cache is not None  # noqa: S101 -- asked only with a cache
        p = self.prepared
        return self.cache.key(p.plan.as_json(), p.inputs, p.run.seed, facts, **more)


def _stage(
    reader: LazyEvidence, stage: Stage, options: Any, facts: Mapping[str, Any], sources: Sources
) -> StageRecord:
    """Take a stage from the cache, or run it and keep it."""
    seen = facts if stage.reads_facts else {}
    withheld = frozenset(
        c for name, value in facts.items() if name.endswith(".withheld_columns") for c in value
    )
    if reader.cache is None:
        return _run(
            reader, stage, seen_by(reader.evidence(), stage, seen, sources, withheld), options
        )
    clock = reader.prepared.run.clock if stage.reads_facts else None
    given = options.model_dump(mode="json")
    places = sources.as_json() if stage.reads_facts else None
    keys = _keys(reader.prepared.enrolment) if stage.reads_facts else None
    more = {"places": places, "keys": keys, "withheld": sorted(withheld)}
    key = reader.key(seen, what="stage", name=stage.name, options=given, clock=clock, **more)
    record = reader.cache.load_stage(key)
    if record is None:
        given_to_it = seen_by(reader.evidence(), stage, seen, sources, withheld)
        record = _run(reader, stage, given_to_it, options)
        # A model that was over its limits may be within them next time, on a machine with less to do.
        if reader.model_error is None or record.outcome is Outcome.COMPLETED:
            reader.cache.keep_stage(key, record)
    return record


def _run(reader: LazyEvidence, stage: Stage, evidence: Evidence, options: object) -> StageRecord:
    """Run a stage, for as long as the rows may be worked with; past that it has failed and the others go on."""
    return run_stage(stage, evidence, options, within=_budget(reader))


@contextlib.contextmanager
def _budget(reader: LazyEvidence) -> Iterator[None]:
    """What the rows of the data may take; keeps the first error that is the file's own."""
    data = reader.prepared.plan.file.data
    if data is None:
        yield
        return
    name = data.path or "the data"
    try:
        with working(name, data.limits):
            yield
    except MemoryError:
        reader.data_error = reader.data_error or no_memory(name)
        raise
    except DataError as error:
        if error.reference in OF_THE_FILE:
            reader.data_error = reader.data_error or error
        raise


def _words(words: Iterable[Word]) -> list[Any]:
    return [[word.index, word.statement] for word in words]


def _keys(enrolment: Enrolment | None) -> Mapping[str, Any] | None:
    """What of a log's enrolment a stage's outcome may depend on."""
    if enrolment is None:
        return None
    return {
        "origin": enrolment.origin,
        "enrolled": dict(enrolment.enrolled),
        "withdrawn": dict(enrolment.withdrawn),
        "statements": dict(enrolment.statements),
        "vouched": enrolment.vouched,
        "last": {of: _words(words) for of, words in enrolment.last.items()},
        "unnamed": [[*of, _words(words)] for of, words in sorted(enrolment.unnamed.items())],
        "places": {statement: list(of) for statement, of in enrolment.places.items()},
        "heard": dict(enrolment.heard),
    }
