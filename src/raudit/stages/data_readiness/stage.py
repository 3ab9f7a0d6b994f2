"""The stage: every check on the data, and the profiles that let two records be compared without either data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from raudit.data import ColumnName, Kind
from raudit.data.alone import filled_and_different, stays
from raudit.data.interface import InEngine
from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, StageResult
from raudit.facts import Fact
from raudit.findings import Finding, Measurement, Rule, Status, Subject, Threshold
from raudit.record import Column, Table
from raudit.sentences import joined, n_columns, n_rows, say, term
from raudit.stages.data_readiness.columns import constants, outliers
from raudit.stages.data_readiness.contract import contract
from raudit.stages.data_readiness.coverage import coverage
from raudit.stages.data_readiness.facts import FACTS
from raudit.stages.data_readiness.labels import counts, noise
from raudit.stages.data_readiness.leaks import leaks
from raudit.stages.data_readiness.options import Options
from raudit.stages.data_readiness.part import Part, Setting, answer, listed, make_setting
from raudit.stages.data_readiness.placeholders import missing_texts, placeholders
from raudit.stages.data_readiness.profile import (
    IDENTIFIER_SHARE,
    NAMES_ROWS,
    omitted,
    profile,
)
from raudit.stages.data_readiness.rows import duplicates
from raudit.stages.data_readiness.rules import (
    CONSTANT,
    CONTRACT,
    COVERAGE,
    DUPLICATE,
    LABELS,
    LEAK,
    MISSING,
    NOISE,
    OUTLIER,
    PLACEHOLDER,
    RULES,
    SHARED,
    TIME,
    UNSAFE,
)
from raudit.stages.data_readiness.shared import shared
from raudit.stages.data_readiness.times import freshness, known_later
from raudit.validate import Strict

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "raudit.profiles/1"
GROUP_BINS = 20


CHECKS: Mapping[Callable[[Setting], Part], Rule] = MappingProxyType(
    {
        placeholders: PLACEHOLDER,
        duplicates: DUPLICATE,
        shared: SHARED,
        leaks: LEAK,
        known_later: LEAK,
        contract: CONTRACT,
        counts: LABELS,
        noise: NOISE,
        coverage: COVERAGE,
        freshness: TIME,
        constants: CONSTANT,
        outliers: OUTLIER,
    }
)
"""Every check, in the order of the report, and the rule that it answers."""


class DataReadiness:
    """Whether the data is fit: copies, overlap, leaks, placeholders, labels, coverage; and how it is distributed."""

    name: ClassVar[str] = "data_readiness"
    title: ClassVar[str] = "Data readiness"
    options: ClassVar[type[Strict]] = Options
    rules: ClassVar[tuple[Rule, ...]] = RULES
    facts: ClassVar[tuple[Fact, ...]] = FACTS
    reads_facts: ClassVar[bool] = False
    order: ClassVar[int] = 10

    def run(self, evidence: Evidence, options: Options) -> StageResult:
        """Profile the columns that have a role, and check the data set."""
        names = _columns(evidence)
        if not names or evidence.data.n_rows == 0:
            raise NotEvaluable(
                "there is no column or no row to profile", reference="nothing-to-profile"
            )
        setting = make_setting(evidence, options)
        profiled = _profiled(setting, names)
        parts: list[Part] = []
        with evidence.progress.task("checking data", total=len(CHECKS)) as step:
            for check, rule in CHECKS.items():
                parts.append(_checked(check, rule, setting))
                step(1)
        findings = [finding for part in parts for finding in part.findings]
        failed = sum(1 for finding in findings if finding.status is Status.FAILED)
        unclear = sum(1 for finding in findings if finding.status is Status.INDETERMINATE)
        return StageResult(
            summary=profiled.summary + _answered(len(findings), failed, unclear),
            findings=(*profiled.findings, *findings),
            tables=(*profiled.tables, *(table for part in parts for table in part.tables)),
            facts=merged_facts(profiled, *parts),
            notes=(
                *profiled.notes,
                *(note for part in parts for note in part.notes),
                *_notes(setting),
            ),
            artefacts=profiled.artefacts,
        )


def _checked(check: Callable[[Setting], Part], rule: Rule, setting: Setting) -> Part:
    """What a check established; nothing, and that is said, where it needs rows that stay in their database."""
    try:
        return check(setting)
    except NotEvaluable as error:
        if error.reference not in STAYS:
            raise
        untold = answer(
            rule,
            kind="data",
            name=setting.data.name,
            status=Status.INDETERMINATE,
            statement=say("“{title}” was not looked into.", title=term(rule.title)),
            reason=STAYS[error.reference],
        )
        return Part(findings=(untold,))


def _answered(count: int, failed: int, unclear: int) -> str:
    if count == 1:
        return say(
            " One check was answered: {failed} failed, {unclear} could not be told.",
            failed=failed,
            unclear=unclear,
        )
    return say(
        " {count} checks were answered: {failed} failed, {unclear} could not be told.",
        count=count,
        failed=failed,
        unclear=unclear,
    )


STAYS: Mapping[str, str] = MappingProxyType(
    {
        "rows-stay": say(
            "it takes whole rows, and they stay in their database: data.copy lets them be copied"
        ),
        "values-stay": say(
            "so many values of a column differ that they stay in their database: data.copy lets rows be copied"
        ),
    }
)
"""Why a check was not done, by what it lacked."""


def merged_facts(profiled: StageResult, *parts: Part) -> dict[str, Any]:
    """Facts of all checks; lists of the same name are joined."""
    facts: dict[str, Any] = dict(profiled.facts)
    for part in parts:
        for name, value in part.facts.items():
            facts[name] = (
                [*facts[name], *value] if isinstance(value, list) and name in facts else value
            )
    return facts


def _notes(setting: Setting) -> tuple[str, ...]:
    said = [say("Rows were compared by {columns}.", columns=n_columns(len(setting.features)))]
    if setting.identifiers:
        said.append(
            say(
                "Taken for identifiers by their names, and not compared: {listed}.",
                listed=joined(", ", setting.identifiers),
            )
        )
    unseen = [name for name in setting.data.kinds if stays(setting.data, name)]
    if unseen:
        said.append(
            say(
                "Values of {listed} stay in their database: so many differ that no placeholder or "
                "value far outside was looked for in them.",
                listed=listed(unseen),
            )
        )
    rows_here = not isinstance(setting.data, InEngine)
    labelled = setting.evidence.roles.label is not None
    if rows_here and labelled and setting.data.n_rows > setting.options.max_rows:
        said.append(
            say(
                "Leakage and label noise were estimated on {max_rows:,} rows drawn at random.",
                max_rows=setting.options.max_rows,
            )
        )
    return tuple(said)


def _profiled(setting: Setting, names: Mapping[str, ColumnName]) -> StageResult:
    """Profiles of the columns that have a role; every column if the model's features are not known."""
    evidence, options = setting.evidence, setting.options
    left = len(names) - options.max_columns
    shown = dict(list(names.items())[: options.max_columns])
    features = _profiles(setting, shown, bins=options.bins)
    groups = _groups(setting, shown)
    n = evidence.data.n_rows
    hidden = {name: missing_texts(setting, column) for name, column in shown.items()}
    findings = tuple(_missing(name, features[name], hidden[name], n, options) for name in shown)
    worst = max((_share(item, n) for item in features.values()), default=0.0)
    notes = [
        say(
            "Bins and levels with fewer than {small_cell} rows are "
            "pooled, and bin edges are rounded.",
            small_cell=options.small_cell,
        ),
        say(
            "Groups with fewer than {min_group} rows are not profiled by themselves.",
            min_group=options.min_group,
        ),
    ]
    if left > 0:
        notes.append(say("Not profiled (max_columns): {columns} more.", columns=n_columns(left)))
    return StageResult(
        summary=_how_much(len(features), n, len(groups)),
        findings=(*_model_file(evidence), *findings),
        tables=(_table(features, n),),
        facts={"data.missing_share_max": worst},
        notes=tuple(notes),
        artefacts={
            "profiles": {
                "schema": SCHEMA,
                "n": n,
                "small_cell": options.small_cell,
                "features": features,
                "groups": groups,
            }
        },
    )


def _how_much(columns: int, rows: int, groups: int) -> str:
    told = say("{columns} profiled on {rows}", columns=n_columns(columns), rows=n_rows(rows))
    if groups == 1:
        return told + say(" and in one group.")
    return told + (say(" and in {count} groups.", count=groups) if groups else ".")


def _model_file(evidence: Evidence) -> tuple[Finding, ...]:
    """A model of an unsafe format is a finding; of any other, nothing needs saying."""
    model = evidence.model
    if model is None or not model.format.startswith("unsafe"):
        return ()
    return (
        UNSAFE.failed(
            Subject(kind="model", name="model", detail={"format": model.format}),
            say(
                "The model was read by running the code in its file ({format}).",
                format=model.format,
            ),
            reason=say(
                "The plan names the format and pins the file: SHA-256 {sha256}.",
                sha256=model.sha256,
            ),
            anchor="model.format",
        ),
    )


def _columns(evidence: Evidence) -> Mapping[str, ColumnName]:
    """Columns by the name they are kept under; computed ones go by their role, so that models can be compared."""
    roles, kinds = evidence.roles, evidence.data.kinds
    plain = list(roles.features) or [name for name in kinds if name != roles.weight]
    plain += [ColumnName(a.column) for a in (*roles.sensitive, *roles.control)]
    taken = {o.column for o in (roles.label, roles.prediction, roles.baseline) if o is not None} | {
        roles.score
    }
    names = {
        str(name): name for name in dict.fromkeys(plain) if name in kinds and name not in taken
    }
    for role, column in (
        ("label", roles.label and roles.label.column),
        ("prediction", roles.prediction and roles.prediction.column),
        ("score", roles.score),
    ):
        if column:
            names[say("({role})", role=role)] = column
    return names


def _profiles(setting: Setting, names: Mapping[str, ColumnName], *, bins: int) -> dict[str, Any]:
    found = {}
    for name, column in names.items():
        if stays(setting.data, column):
            found[name] = _unseen(setting, column)
        else:
            found[name] = _profile(setting, name, column, setting.alone(column), bins)
    return found


def _profile(
    setting: Setting, name: str, column: ColumnName, series: pd.Series[Any], bins: int
) -> dict[str, Any]:
    if str(column) in setting.evidence.withheld:
        # Only how many: a level that many rows share, such as an agent's name, is a person's name still.
        missing = int(series.isna().sum())
        return omitted(len(series) - missing, missing, say("its values may name somebody"))
    kind = setting.data.kinds.get(column, Kind.NUMBER if name == "(score)" else Kind.TEXT)
    options = setting.options
    return profile(
        series, kind, small_cell=options.small_cell, bins=bins, max_levels=options.max_levels
    )


def _unseen(setting: Setting, column: ColumnName) -> dict[str, Any]:
    """What is kept of a column whose values stay in their database, even counted."""
    filled, different = filled_and_different(setting.data, column)
    text = setting.data.kinds.get(column) is Kind.TEXT and different > IDENTIFIER_SHARE * filled
    why = NAMES_ROWS if text else say("its values stay in their database: too many differ")
    return omitted(filled, setting.data.n_rows - filled, why)


def _groups(setting: Setting, names: Mapping[str, ColumnName]) -> list[dict[str, Any]]:
    groups = []
    for attribute in setting.evidence.roles.sensitive:
        features: dict[str, dict[str, Any]] = {}
        sizes: dict[str, int] = {}
        for name, column in names.items():
            if column == attribute.column or stays(setting.data, column):
                continue
            for group, series in setting.among(attribute, column).items():
                sizes[group] = len(series)
                kept = _profile(setting, name, column, series, GROUP_BINS)
                features.setdefault(group, {})[name] = kept
        label = attribute.label or attribute.column
        groups += [
            {"attribute": label, "group": group, "n": sizes[group], "features": kept}
            for group, kept in features.items()
        ]
    return groups


def _share(item: Mapping[str, Any], n_rows: int) -> float:
    return float(item["missing"] / n_rows)


def _missing(
    name: str, item: Mapping[str, Any], hidden: int, n_rows: int, options: Options
) -> Finding:
    empty = int(item["missing"])
    share = (empty + hidden) / n_rows
    beside = (
        say(
            " and holds a placeholder in {hidden:,} more ({share:.1%} together)",
            hidden=hidden,
            share=share,
        )
        if hidden
        else say(" ({share:.1%})", share=share)
    )
    passed = share <= options.max_missing
    return MISSING.finding(
        Status.PASSED if passed else Status.FAILED,
        Subject(kind="column", name=name),
        say(
            "Column “{name}” is missing in {empty:,} of {n_rows:,} rows{beside}.",
            name=name,
            empty=empty,
            n_rows=n_rows,
            beside=beside,
        ),
        measurement=Measurement(
            metric="missing_share", value=share, n=n_rows, events=empty + hidden
        ),
        threshold=Threshold(
            high=options.max_missing,
            source="default" if options.max_missing == Options().max_missing else "plan",
        ),
        anchor="stages.data_readiness.max_missing",
        remedy="" if passed else MISSING.fix,
    )


def _table(features: Mapping[str, Mapping[str, Any]], total: int) -> Table:
    columns = (
        Column(key="name", label="Column"),
        Column(key="kind", label="Kept as"),
        Column(key="n", label="Values", kind="count"),
        Column(key="missing", label="Missing", kind="proportion"),
        Column(key="bins", label="Bins or levels", kind="count"),
    )
    words = {"number": say("bins"), "levels": say("levels"), "omitted": say("not kept")}
    rows = tuple(
        {
            "name": name,
            "kind": words[item["kind"]]
            + (say(" ({item})", item=term(item["why"])) if item["kind"] == "omitted" else ""),
            "n": item["n"],
            "missing": _share(item, total),
            "bins": len(item["counts"]) if item["kind"] != "omitted" else None,
        }
        for name, item in features.items()
    )
    return Table(
        id="columns",
        title="Columns",
        columns=columns,
        rows=rows,
        caption=say("Counted on all {rows}.", rows=n_rows(total)),
    )


STAGE = DataReadiness()
