"""What the report says of the system, the model and the run, in pairs of a name and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from raudit.record import Outcome, Record, StageRecord
from raudit.report.language import Language
from raudit.report.numbers import DASH, exact
from raudit.report.rates import Comparison
from raudit.report.seals import Seals
from raudit.report.turns import LLM
from raudit.report.views import Pair


def expected_of(record: Record) -> list[str]:
    """Columns of personal data that the plan declares."""
    stage = record.stage("pii")
    declared = stage.options.get("expected") if stage else None
    found = declared if isinstance(declared, list | tuple) else ()
    return [str(one.get("column", "")) if isinstance(one, Mapping) else str(one) for one in found]


def glossary_of(
    record: Record, compared: Sequence[Comparison], seals: Seals, language: Language
) -> tuple[Pair, ...]:
    """The terms that this document uses, and no other."""
    explained = record.stage("explain")
    used = {
        "selection-rate": bool(compared),
        "parity-difference": bool(compared),
        "impact-ratio": bool(compared),
        "odds-difference": bool(compared),
        "attribution": explained is not None and explained.outcome is Outcome.COMPLETED,
        "waiver": bool(record.verdict and record.verdict.waivers),
        "baseline": bool(record.verdict and record.verdict.baseline),
        "checkpoint": bool(seals.checkpoint),
    }
    always = ("finding", "indeterminate", "interval", "n", "record", "opinion")
    names = (*always, *(name for name, yes in used.items() if yes))
    parts = (language(f"term-{name}").partition(": ") for name in names)
    return tuple(Pair(name=term, value=text) for term, _, text in parts)


def notes_of(stage: StageRecord | None) -> tuple[str, ...]:
    """How a stage looked and what it may have missed."""
    return stage.notes if stage else ()


def family_of(record: Record, language: Language) -> str:
    """What kind of model was opened; empty where none was."""
    stage = record.stage("explain")
    family = stage.facts.get("explain.method") if stage else None
    if not family:
        return ""
    key = f"family-{family}"
    return language("model-family", family=language(key) if language.has(key) else family)


def given_of(record: Record, language: Language) -> str:
    """What was audited where there is no model file: decisions, predictions, scores, or nothing that anyone decided."""
    data = record.plan.get("data") or {}
    if record.stage(LLM) is not None:
        return language("given-turns")
    if not (data.get("prediction") or data.get("score")):
        return language("given-nothing")
    if not data.get("prediction"):
        return language("given-scores")
    amounts = record.plan.get("task") == "regression"
    return language("given-predictions" if amounts else "given-decisions")


def system_of(record: Record, language: Language) -> tuple[Pair, ...]:
    """What the plan says of the system, in the order of the report."""
    known = (
        "name",
        "version",
        "purpose",
        "affected",
        "owner",
        "organisation",
        "jurisdictions",
        "sector",
        "standards",
        "distribution_date",
    )
    keys = [*known, *(key for key in record.system if key not in known)]
    coded = ("jurisdictions", "sector", "standards")
    named = (
        (
            language(f"system-{key}") if key in known else key,
            _words(record.system.get(key), language)
            if key in coded
            else text_of(record.system.get(key)),
        )
        for key in keys
    )
    return tuple(Pair(name=name, value=value) for name, value in named if value)


def _words(value: object, language: Language) -> str:
    """Codes of the plan in words: ``credit``, ``eu``."""
    codes = value if isinstance(value, list | tuple) else [value] if value else []
    return ", ".join(language.word(str(code)) for code in codes)


def pairs_of(values: Mapping[str, Any]) -> tuple[Pair, ...]:
    """Names with their values, each in one line."""
    return tuple(Pair(name=str(key), value=text_of(value) or DASH) for key, value in values.items())


def text_of(value: object) -> str:
    """Write a JSON value in one line."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return exact(value)
        case Mapping():
            return "; ".join(f"{key}: {text_of(item)}" for key, item in value.items())
        case list() | tuple():
            return ", ".join(text_of(item) for item in value)
        case _:
            return str(value)
