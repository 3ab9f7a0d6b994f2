"""What every check of the stage is given, and gives back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from raudit.data import ColumnName, DataSet, Kind
from raudit.data.alone import alone, filled_and_different
from raudit.data.interface import GROUP, InEngine
from raudit.data.table import no_column
from raudit.evidence import Evidence
from raudit.findings import Finding, Measurement, Rule, Status, Subject, SubjectKind, Threshold
from raudit.plan import Attribute
from raudit.record import Table
from raudit.sentences import joined, say
from raudit.stages.data_readiness.groups import group_labels
from raudit.stages.data_readiness.options import Options
from raudit.stages.data_readiness.placeholder_values import Placeholder

if TYPE_CHECKING:
    import pandas as pd

ID_NAME = re.compile(
    r"(^|[^a-z])(id|ids|uuid|guid|ssn|nhs|key|index|rowid|e-?mail)($|[^a-z])|^(id|row)?_?(nr|no|number)$|(?<=[a-z])ID$"
    r"|(user|customer|client|person|patient|student|employee|applicant|candidate|account|case|order|member|entity|"
    r"subject|household|respondent|participant|device|session|transaction|loan|claim|policy|ticket|passenger)"
    r"_?(id|nr|no|num|number|code)$",
)
"""Names of columns that name a row or a person."""
UNIQUE = 0.9
"""Share of distinct values from which a column with such a name is taken to name rows."""


HELD = 20_000_000
"""Cells of columns that are held between checks, at most some hundred megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one check established."""

    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a check may look at."""

    evidence: Evidence
    options: Options
    features: tuple[ColumnName, ...]
    """Columns by which rows are compared and from which labels are predicted."""
    identifiers: tuple[ColumnName, ...]
    """Columns that look as if they named rows, and are left out of ``features``."""
    seen: dict[str, tuple[Placeholder, ...]] = field(default_factory=dict)
    """Placeholders of the columns that were searched, since three checks ask for them."""
    kept: dict[str, pd.Series[Any]] = field(default_factory=dict)
    """Columns that were read and are held for the next check."""
    labels: dict[str, pd.Series[Any]] = field(default_factory=dict)
    """Each row's group, by column of an attribute."""

    @property
    def data(self) -> DataSet:
        """The audited data."""
        return self.evidence.data

    @property
    def reference(self) -> DataSet | None:
        """The training data; None if none is declared, or if the reference is something else."""
        reference = self.evidence.reference
        return reference.data if reference is not None and reference.kind == "training" else None

    def alone(self, name: str) -> pd.Series[Any]:
        """A column for what does not ask which row a value is of; raises ``NotEvaluable`` if its values stay away."""
        if isinstance(self.data, InEngine):
            return alone(self.data, ColumnName(name))
        return self.column(name)

    def among(self, attribute: Attribute, name: str) -> Mapping[str, pd.Series[Any]]:
        """Such a column in each group of an attribute that has rows enough; no group where its values stay away."""
        if isinstance(self.data, InEngine):
            found = self.data.values_among(attribute, ColumnName(name))
            if found is None:
                return {}
            rows = found.rows()
            whole = attribute.model_copy(update={"edges": ()})  # cut already
            labels, series = group_labels(rows[GROUP], whole), rows[name]
        else:
            if attribute.column not in self.labels:
                self.labels[attribute.column] = group_labels(
                    self.column(attribute.column), attribute
                )
            labels, series = self.labels[attribute.column], self.column(name)
        large = [
            str(group)
            for group, count in sorted(labels.value_counts().items())
            if count >= self.options.min_group
        ]
        return {group: series[(labels == group).to_numpy(dtype=bool)] for group in large}

    def column(self, name: str) -> pd.Series[Any]:
        """A column of the audited data as pandas, read once where the data is small enough to be held."""
        if name in self.kept:
            return self.kept[name]
        series = self.data.frame([ColumnName(name)])[name]
        if (len(self.kept) + 1) * self.data.n_rows <= HELD:
            self.kept[name] = series
        return series


def make_setting(evidence: Evidence, options: Options) -> Setting:
    """Choose the columns by which rows are compared.

    Raises
    ------
    DataError
        If the options name a column that is not there: what is said of it would be left out.
    """
    roles, kinds = evidence.roles, evidence.data.kinds
    for key, names in {
        "features": options.features,
        "unit": options.unit,
        "outcome_time": (options.outcome_time,) if options.outcome_time else (),
        "known_at": (*options.known_at, *options.known_at.values()),
    }.items():
        for name in names:
            if name not in kinds:
                raise no_column(name, list(kinds), f"stages.data_readiness.{key}")
    outcomes = {o.column for o in (roles.label, roles.prediction, roles.baseline) if o is not None}
    taken = outcomes | {roles.score, roles.weight} | set(options.unit)
    declared = [ColumnName(name) for name in options.features] or list(roles.features)
    if declared:
        return Setting(evidence=evidence, options=options, features=tuple(declared), identifiers=())
    rest = [name for name in kinds if name not in taken]
    named = tuple(name for name in rest if is_identifier(evidence.data, name))
    features = tuple(name for name in rest if name not in named)
    return Setting(evidence=evidence, options=options, features=features, identifiers=named)


def is_identifier(data: DataSet, name: ColumnName) -> bool:
    """Whether a column is called like an identifier and nearly every row has its own value."""
    if not ID_NAME.search(name if name.endswith("ID") else name.lower()):
        return False
    if data.kinds.get(name) not in {Kind.TEXT, Kind.INTEGER}:
        return False
    filled, different = filled_and_different(data, name)
    return filled > 1 and different > UNIQUE * filled


def answer(
    rule: Rule,
    *,
    kind: SubjectKind,
    name: str,
    status: Status,
    statement: str,
    reason: str = "",
    measurement: Measurement | None = None,
    threshold: Threshold | None = None,
    detail: Mapping[str, str] | None = None,
    anchor: str = "",
) -> Finding:
    """A rule's answer for one subject, with the rule's own severity, requirements and remedy."""
    return rule.finding(
        status,
        Subject(kind=kind, name=name, detail=detail or {}),
        statement,
        reason=reason,
        measurement=measurement,
        threshold=threshold,
        anchor=f"stages.data_readiness.{anchor}" if anchor else "",
    )


def limit(options: Options, name: str, *, high: bool = True) -> Threshold:
    """An option as the threshold it is."""
    value = getattr(options, name)
    source = "default" if value == getattr(Options(), name) else "plan"
    return Threshold(high=value, source=source) if high else Threshold(low=value, source=source)


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names in a sentence."""
    shown = joined(", ", names[:most])
    return (
        say("{shown} and {count} more", shown=shown, count=len(names) - most)
        if len(names) > most
        else shown
    )
