"""Facts: named, typed values that stages give and answers are held against.

A stage declares each fact it can give, with its type and its meaning. A checklist that names a
fact that nobody gives is refused when it is read, since an answer that nothing can contradict
would look like one that nothing contradicts.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any


class FactType(StrEnum):
    """What the value of a fact is."""

    TRUTH = "truth value"
    NUMBER = "number"
    TEXT = "text"
    LIST = "list of names"
    MAPPING = "mapping"

    def fits(self, value: object) -> bool:
        """Tell whether a JSON value is of this type; a truth value is no number."""
        match self:
            case FactType.TRUTH:
                return isinstance(value, bool)
            case FactType.NUMBER:
                return isinstance(value, int | float) and not isinstance(value, bool)
            case FactType.TEXT:
                return isinstance(value, str)
            case FactType.LIST:
                return isinstance(value, list | tuple)
            case FactType.MAPPING:
                return isinstance(value, Mapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A value that a stage, or the run itself, can give."""

    name: str
    """Dotted, such as ``pii.columns_with_personal_data``; a last part ``*`` stands for one name each."""
    type: FactType
    """What its value is."""
    meaning: str
    """What it says, in one sentence, with its unit."""

    def covers(self, name: str) -> bool:
        """Tell whether a name is this fact's.

        Examples
        --------
        >>> Fact(name="fairness.ndkl.*", type=FactType.NUMBER, meaning="").covers("fairness.ndkl.sex")
        True
        """
        if not self.name.endswith(".*"):
            return name == self.name
        return name.startswith(self.name[:-1]) and len(name) > len(self.name) - 1


RUN_FACTS = (
    Fact(name="data.sha256", type=FactType.TEXT, meaning="Digest of the audited data set."),
    Fact(name="data.rows", type=FactType.NUMBER, meaning="Rows of the audited data set."),
    Fact(name="data.columns", type=FactType.NUMBER, meaning="Columns of the audited data set."),
    Fact(name="model.sha256", type=FactType.TEXT, meaning="Digest of the model file."),
    Fact(
        name="model.format", type=FactType.TEXT, meaning="Format of the model file, such as skops."
    ),
    Fact(name="log.kept", type=FactType.TRUTH, meaning="Whether the run is written into a log."),
)
"""Facts that the run itself gives; no stage measures them."""


@functools.cache
def known_facts() -> tuple[Fact, ...]:
    """List every fact that the run or an installed stage can give, by name."""
    # By name, since the stages stand above this module.
    stages = import_module("raudit.evidence").discover_stages()
    declared = [fact for stage in stages.values() for fact in getattr(stage, "facts", ())]
    return tuple(sorted((*RUN_FACTS, *declared), key=lambda fact: fact.name))


def is_known(name: str) -> bool:
    """Tell whether the run or an installed stage can give this fact."""
    return any(fact.covers(name) for fact in known_facts())


def misfits(declared: tuple[Fact, ...], facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the facts that are not declared, or are of another type than declared; sorted."""

    def fits(name: str, value: object) -> bool:
        return any(fact.covers(name) and fact.type.fits(value) for fact in declared)

    return tuple(sorted(name for name, value in facts.items() if not fits(name, value)))
