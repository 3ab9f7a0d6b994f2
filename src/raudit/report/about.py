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


def glossary_of(record: Record, seals: Seals, language: Language) -> tuple[Pair, ...]:
    """Words of an audit that this document uses, and no other."""
    verdict = record.verdict
    used = {
        **dict.fromkeys(("finding", "indeterminate", "interval", "n", "record", "opinion"), True),
        "waiver": bool(verdict and verdict.waivers),
        "baseline": bool(verdict and verdict.baseline),
        "checkpoint": bool(seals.checkpoint),
    }
    return _explained(used, language)


def measures_of(
    record: Record, compared: Sequence[Comparison], language: Language
) -> tuple[Pair, ...]:
    """Measures that this document uses, and no other."""
    rates = {name for one in compared for name in one.told}
    written = {name: _written(record, name) for name in ("explain", "fairness", "pii")}
    used = {
        "selection-rate": bool(compared),
        "base-rate": "base_rate" in rates,
        "true-positive-rate": "true_positive_rate" in rates,
        "false-positive-rate": "false_positive_rate" in rates,
        "parity-difference": bool(compared),
        "impact-ratio": bool(compared),
        "odds-difference": {"true_positive_rate", "false_positive_rate"} <= rates,
        "points": bool(compared),
        "score-z": any(one.pairs for one in compared),
        "attribution": bool(written["explain"]),
        "shap": "SHAP" in written["explain"],
        "log-odds": "log-odds" in written["explain"],
        "auc": "AUC" in written["explain"],
        "exposure": "exposure" in written["fairness"].lower(),
        "ndkl": "NDKL" in written["fairness"],
        "quasi-identifier": "quasi-identifier" in written["pii"],
    }
    return _explained(used, language)


def _explained(used: Mapping[str, bool], language: Language) -> tuple[Pair, ...]:
    parts = (language(f"term-{name}").partition(": ") for name, yes in used.items() if yes)
    return tuple(Pair(name=term, value=text) for term, _, text in parts)


def _written(record: Record, name: str) -> str:
    """Headings and captions of a stage that ran, in English; empty if it did not."""
    stage = record.stage(name)
    if stage is None or stage.outcome is not Outcome.COMPLETED:
        return ""
    said = [text for one in stage.tables for text in (one.title, one.caption)]
    said += [text for one in stage.figures for text in (one.title, one.caption)]
    return " ".join([*said, *(c.label for one in stage.tables for c in one.columns)]) or stage.title


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
