"""What a scan needs, loaded once: rules, recognisers and the language model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from raudit.stages.pii.judge.special import quasi_kinds, special_categories
from raudit.stages.pii.judge.verdicts import ColumnVerdict
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.engine import Engine, build_engine
from raudit.stages.pii.recognise.models import LanguageModel, find_model
from raudit.stages.pii.recognise.second_opinion import SecondOpinion, find_second_opinion
from raudit.stages.pii.vocabulary.names_of_columns import HintTable, hint_table
from raudit.stages.pii.vocabulary.rulebook import Rulebook, load_rulebook

Tick = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """Everything a scan needs, loaded once."""

    rulebook: Rulebook
    hints: HintTable
    engine: Engine
    options: Options
    seed: int
    second: SecondOpinion | None = None

    @property
    def model(self) -> LanguageModel | None:
        """The language model, if there is one."""
        return self.engine.model


def prepare(options: Options, *, seed: int) -> Scanner:
    """Load rules, recognisers and language model."""
    rulebook = load_rulebook(options.languages, Path(options.rules) if options.rules else None)
    path = Path(options.model) if options.model and options.model != "none" else None
    model = None if options.model == "none" else find_model(options.model_language, path)
    engine = build_engine(
        rulebook, model, custom=options.recognizers, allow=options.allow, deny=options.deny
    )
    return Scanner(
        rulebook=rulebook,
        hints=hint_table(rulebook),
        engine=engine,
        options=options,
        seed=seed,
        second=find_second_opinion(options.second_opinion) if options.second_opinion else None,
    )


def described(verdict: ColumnVerdict, cells: Counter[str], rulebook: Rulebook) -> ColumnVerdict:
    """Add the special categories and kinds of quasi-identifier of a column."""
    return replace(
        verdict,
        special=special_categories(verdict.name, cells, rulebook),
        quasi=quasi_kinds(verdict.name, rulebook) if verdict.profile.n_filled else (),
    )


def engine_facts(scanner: Scanner) -> dict[str, Any]:
    """Which model and libraries did the work, for the record."""
    from importlib.metadata import version

    model = scanner.model
    return {
        "language_model": model.described() if model else None,
        "second_opinion": scanner.second.described() if scanner.second else None,
        "presidio_analyzer": version("presidio-analyzer"),
        "phonenumbers": version("phonenumbers"),
        "recognizers": len(scanner.engine.recognizers) + (scanner.engine.phone is not None),
    }
