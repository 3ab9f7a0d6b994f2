"""The rules of the scan, read from nested YAML files that a team can extend."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from raudit.errors import PlanError
from raudit.validate import Strict, validate
from raudit.yamltext import read_yaml

RULES = Path(__file__).parent / "rules"

Group = Literal["direct", "secret", "quasi", "context"]


class PatternRule(Strict):
    """A pattern of our own, run by presidio's pattern recogniser."""

    name: str = Field(min_length=1)
    regex: str = Field(min_length=1, max_length=20_000)
    score: float = Field(gt=0, le=1)
    validator: str = ""
    """Check that a match must pass: a name of ``checksums.py`` or a module of python-stdnum; else the rule's."""


class NumberRule(Strict):
    """A number without a telling form, believed where nearly every cell of a column passes its check."""

    name: str = Field(min_length=1)
    regex: str = Field(min_length=1, max_length=500)
    validator: str


class EntityRule(Strict):
    """How one entity type is recognised in a column."""

    label: str
    """Plain words for a reader."""
    group: Group
    """``direct`` identifies a person, ``secret`` opens a door, ``quasi`` helps to identify, ``context`` informs."""
    finder: str
    """What finds it, for the report."""
    kinds: tuple[str, ...]
    """Kinds of column it can be in; others are not searched for it (the type gate)."""
    share: float = Field(default=1.0, ge=0, le=1)
    """Share of non-empty cells needed when the column's name says nothing."""
    share_with_hint: float = Field(default=0.3, ge=0, le=1)
    """Share needed when the column's name says so."""
    needs_hint: bool = False
    """True if values alone are never enough, because too much that is harmless looks alike."""
    hint_suffices: bool = False
    """True if the name alone is enough."""
    suspect_with_hint: bool = False
    """True if a fitting name and shape are reported even when the checksum fails."""
    checksum: str = ""
    """Name of the checksum, for the report."""
    cover: float = Field(default=0.6, ge=0, le=1)
    """Share of a short cell that a match must cover."""
    in_text: bool = False
    """True if it counts when it is found inside free text."""
    remedy: str
    """redact, pseudonymise, drop, coarsen, legal sign-off or none."""
    native: str = ""
    """RE2 pattern by which every row is counted."""
    find: str = ""
    """Pattern that cuts the values out of the cells that ``native`` finds, with conditions that RE2 has not; ``native``
    itself if empty."""
    native_with_hint: str = ""
    """RE2 pattern used only if the column's name says so."""
    validator_with_hint: str = ""
    """Check that a match of ``native_with_hint`` must pass."""
    validator: str = ""
    """Check that a match of ``native`` or of our own patterns must pass: a name of ``checksums.py`` or a module of
    python-stdnum such as ``br.cpf``."""
    chance: float = Field(default=0.0, ge=0, lt=1)
    """Share of random numbers that pass the check."""
    patterns: tuple[PatternRule, ...] = ()
    numbers: tuple[NumberRule, ...] = ()


class HintRule(Strict):
    """Words in a column's name."""

    sure: tuple[str, ...] = ()
    """They name the type by themselves."""
    maybe: tuple[str, ...] = ()
    """The values must agree."""
    never: tuple[str, ...] = ()
    """They cancel a hint, and values alone are not believed either."""
    not_beside: tuple[str, ...] = ()
    """They cancel a hint and say nothing of the values: ``person_key`` is no name, ``key_people`` may be one."""


class SpecialRule(Strict):
    """A special category of personal data."""

    label: str
    hints: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    """Hints that ask which one it is, such as ``religion``: cells that only say yes or no do not answer."""
    exact: tuple[str, ...] = ()
    """Words that mean it only as the whole name of a column: ``union`` does, ``european_union`` does not."""
    never: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    announced: str = ""
    """Pattern of words that say it of somebody in a sentence."""
    share: float = Field(default=0.6, gt=0, le=1)
    distinct_at_least: int = 2


class QuasiRule(Strict):
    """A kind of quasi-identifier."""

    label: str
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """All rules in force."""

    entities: Mapping[str, EntityRule]
    hints: tuple[tuple[str, HintRule], ...]
    """(entity type, hint) of every language, in file order."""
    special: Mapping[str, SpecialRule]
    quasi: Mapping[str, QuasiRule]
    given_names: frozenset[str] = field(repr=False)
    family_names: frozenset[str] = field(repr=False)


def load_rulebook(languages: tuple[str, ...], extra: Path | None = None) -> Rulebook:
    """Read the shipped rules, and a team's own folder on top of them.

    Parameters
    ----------
    languages
        Which ``hints/*.yaml`` to use.
    extra
        A folder with ``entities/``, ``hints/`` and ``special/`` of the same shape; what it names replaces ours.

    Raises
    ------
    PlanError
        If a file breaks the shape, with file and line.
    """
    return _load(languages, str(extra) if extra else "")


@functools.lru_cache(maxsize=8)
def _load(languages: tuple[str, ...], extra: str) -> Rulebook:
    folders = [RULES, Path(extra)] if extra else [RULES]
    entities: dict[str, EntityRule] = {}
    special: dict[str, SpecialRule] = {}
    quasi: dict[str, QuasiRule] = {}
    hints: list[tuple[str, HintRule]] = []
    for folder in folders:
        for file in sorted((folder / "entities").rglob("*.yaml")):
            entities.update(_models(file, EntityRule))
        for file in sorted((folder / "hints").rglob("*.yaml")):
            if file.stem in languages or folder != RULES:
                hints.extend(_models(file, HintRule))
        for file in sorted((folder / "special").rglob("*.yaml")):
            if file.stem == "quasi":
                quasi.update(_models(file, QuasiRule))
            else:
                special.update(_models(file, SpecialRule))
    return Rulebook(
        entities=entities,
        hints=tuple(hints),
        special=special,
        quasi=quasi,
        given_names=_names("given"),
        family_names=_names("family"),
    )


def _models(file: Path, model: Any) -> Iterator[tuple[str, Any]]:
    yaml = read_yaml(file, error=PlanError)
    for name in yaml.value or {}:
        yield name, validate(model, yaml, error=PlanError, at=(name,))


def _names(kind: str) -> frozenset[str]:
    files = [RULES / "names" / f"{kind}{part}.txt" for part in ("", "_world", "_small", "_ja")]
    return frozenset(word for file in files for word in _words(file))


def _words(file: Path) -> Iterator[str]:
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield from line.split()
