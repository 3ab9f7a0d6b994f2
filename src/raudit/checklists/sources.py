"""Where in a record a measured fact stands, so that whoever doubts a contradiction can look it up.

A place is a JSON pointer (RFC 6901) into ``record.json``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from raudit.findings import Status
from raudit.record import Input, Outcome, Record, StageRecord

MOST = 5
"""Findings that are named beside a fact."""
INPUTS = {
    ("data", "rows"): "data.rows",
    ("data", "columns"): "data.columns",
    ("model", "format"): "model.format",
}
"""Facts about the inputs, which no stage measures."""
STAGE_OF = {"data": "data_readiness"}
"""Stages that are not called as their facts begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A finding about what a fact names."""

    rule: str
    subject: str
    pointer: str

    @property
    def said(self) -> str:
        """In one line."""
        return f"record.json#{self.pointer}, {self.rule} on {self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A fact in a record."""

    fact: str
    pointer: str
    """Where its value stands, or the stage that should have measured it; empty if the record does not hold it."""
    value: str
    """The value in words, or why there is none."""
    findings: tuple[Related, ...] = ()
    """Findings about the same subjects that did not pass."""

    @property
    def said(self) -> str:
        """In one line."""
        where = (
            f"record.json#{self.pointer}" if self.pointer else f"{self.fact}, which no record holds"
        )
        return f"{where} = {self.value}"

    def as_json(self) -> dict[str, Any]:
        """For a finding's data."""
        findings = [
            {"rule": f.rule, "subject": f.subject, "pointer": f.pointer} for f in self.findings
        ]
        return {
            "fact": self.fact,
            "pointer": self.pointer,
            "value": self.value,
            "findings": findings,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where facts stand."""

    pointers: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, tuple[Related, ...]] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    """Stages that have run: the pointer to each one's outcome and what it was, by name."""

    def with_stage(self, stage: StageRecord, place: int) -> Sources:
        """Add what a stage measured, which stands at this place among the record's stages."""
        root = f"/stages/{place}"
        told = f"{stage.outcome.value}: {stage.reason}" if stage.reason else stage.outcome.value
        return replace(
            self,
            pointers={
                **self.pointers,
                **{name: f"{root}/facts/{_escaped(name)}" for name in stage.facts},
            },
            findings={
                **self.findings,
                **{n: _about(stage, root, value) for n, value in stage.facts.items()},
            },
            stages={**self.stages, stage.name: f"{root}/outcome {told}"},
        )

    def place(self, fact: str, facts: Mapping[str, Any]) -> Place:
        """Where a fact stands, or where it should."""
        if fact in facts:
            pointer = self.pointers.get(fact, "")
            return Place(
                fact=fact,
                pointer=pointer,
                value=_words(facts[fact]),
                findings=self.findings.get(fact, ()),
            )
        prefix = fact.partition(".")[0]
        pointer, _, told = self.stages.get(STAGE_OF.get(prefix, prefix), "").partition(" ")
        return Place(
            fact=fact, pointer=pointer, value=f"not measured; {told}" if told else "not measured"
        )

    def as_json(self) -> dict[str, Any]:
        """All of it, to be part of a key."""
        related = {name: [f.said for f in found] for name, found in self.findings.items()}
        return {"pointers": dict(self.pointers), "findings": related, "stages": dict(self.stages)}


def sources_of(inputs: Sequence[Input]) -> Sources:
    """Where facts about the inputs stand."""
    pointers = {}
    for number, item in enumerate(inputs):
        if item.role in ("data", "model"):
            pointers[f"{item.role}.sha256"] = f"/inputs/{number}/sha256"
            for (role, key), fact in INPUTS.items():
                if role == item.role and key in item.detail:
                    pointers[fact] = f"/inputs/{number}/detail/{key}"
    return Sources(pointers=pointers)


def measured(record: Record) -> tuple[dict[str, Any], Sources]:
    """Every fact that a record holds, and where."""
    sources = sources_of(record.inputs)
    facts: dict[str, Any] = {}
    for item in record.inputs:
        if item.role in ("data", "model"):
            facts[f"{item.role}.sha256"] = str(item.sha256)
            facts |= {
                fact: item.detail[key]
                for (role, key), fact in INPUTS.items()
                if role == item.role and key in item.detail
            }
    for number, stage in enumerate(record.stages):
        if stage.outcome is Outcome.COMPLETED:
            facts.update(stage.facts)
        sources = sources.with_stage(stage, number)
    return facts, sources


def _about(stage: StageRecord, root: str, value: object) -> tuple[Related, ...]:
    """Findings that did not pass and whose subject the fact names."""
    named = set(_names(value))
    if not named:
        return ()
    found = [
        Related(
            rule=finding.rule, subject=finding.subject.name, pointer=f"{root}/findings/{number}"
        )
        for number, finding in enumerate(stage.findings)
        if finding.status is not Status.PASSED and finding.subject.name.casefold() in named
    ]
    return tuple(found[:MOST])


def _names(value: object) -> Iterable[str]:
    match value:
        case str():
            yield value.casefold()
        case list() | tuple():
            for item in value:
                yield from _names(item)
        case Mapping():
            yield from (
                str(value[key]).casefold() for key in ("feature", "attribute") if key in value
            )
            if not {"feature", "attribute"} & set(value):
                yield from (str(key).casefold() for key in value)


def _words(value: object) -> str:
    text = listed(value)
    return text if len(text) <= 160 else text[:159].rstrip() + "…"


def listed(value: object) -> str:
    """A measured value in words."""
    if isinstance(value, list | tuple):
        parts = [
            str(item.get("feature", item)) if isinstance(item, Mapping) else str(item)
            for item in value
        ]
        return ", ".join(parts) if parts else "none"
    return "not measured" if value is None else str(value)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
