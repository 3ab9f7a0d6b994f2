"""How the columns that matter are distributed, in few enough numbers that no row shows.

The profiles let ``raudit compare`` tell drift between two records without either data set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from raudit.data import ColumnName, Kind
from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, StageResult
from raudit.facts import Fact
from raudit.findings import Finding, Measurement, Rule, Severity, Status, Subject, Threshold
from raudit.record import Column, Table
from raudit.stages.data_profile.facts import FACTS
from raudit.stages.data_profile.groups import group_labels
from raudit.stages.data_profile.profile import omitted, profile
from raudit.validate import Strict

SCHEMA = "raudit.profiles/1"
GROUP_BINS = 20


class Options(Strict):
    """Options of the stage."""

    small_cell: int = Field(default=10, ge=1, le=1000)
    """Fewest rows that a bin or level shows; rarer ones are pooled."""
    bins: int = Field(default=50, ge=4, le=200)
    """Most bins of a numeric column."""
    max_levels: int = Field(default=30, ge=2, le=200)
    """Most levels of a text column; the rest are pooled."""
    min_group: int = Field(default=50, ge=10, le=100_000)
    """Fewest rows of a group that is profiled by itself."""
    max_columns: int = Field(default=200, ge=1, le=2000)
    """Most columns that are profiled."""
    max_missing: float = Field(default=0.2, ge=0, le=1)
    """Largest accepted share of missing values in a column."""


MISSING = Rule(
    id="RA-DATA-001",
    title="A column is largely empty",
    why="Results for a column that mostly arrives empty say more about who fills it in than about the people in it.",
    how="Share of rows in which the column is missing, counted exactly, for every column that has a role in the audit.",
    fix="Find out why the values are missing and for whom; leave the column out, or say in the record of the system "
    "how missing values are treated.",
    severity=Severity.LOW,
    requirements=("eu-ai-act:10", "nist-ai-rmf:MEASURE-2.1"),
)

UNSAFE = Rule(
    id="RA-DATA-002",
    title="The model file is code",
    why="A pickle is a program that runs when it is read. It can do whatever the audit may do, and change what the "
    "audit sees.",
    how="The format that the plan names for the model file. The digest the plan pins says which file was run; it does "
    "not say what the file does.",
    fix="Save the model in a format that is data: skops for scikit-learn, the own formats of libraries for boosted "
    "trees, or ONNX.",
    severity=Severity.HIGH,
    requirements=("eu-ai-act:15", "nist-ai-rmf:MEASURE-2.7"),
)


class DataProfile:
    """Distributions of features, labels, predictions and scores, for everyone and by group."""

    name: ClassVar[str] = "data_profile"
    title: ClassVar[str] = "Data profile"
    options: ClassVar[type[Strict]] = Options
    rules: ClassVar[tuple[Rule, ...]] = (MISSING, UNSAFE)
    facts: ClassVar[tuple[Fact, ...]] = FACTS
    reads_facts: ClassVar[bool] = False
    order: ClassVar[int] = 10

    def run(self, evidence: Evidence, options: Options) -> StageResult:
        """Profile the columns that have a role; every column if the model's features are not known."""
        names = _columns(evidence)
        if not names or evidence.data.n_rows == 0:
            raise NotEvaluable(
                "there is no column or no row to profile", reference="nothing-to-profile"
            )
        left = len(names) - options.max_columns
        shown = dict(list(names.items())[: options.max_columns])
        features = _profiles(evidence, shown, options, bins=options.bins)
        groups = _groups(evidence, shown, options)
        findings = tuple(
            _missing(name, features[name], evidence.data.n_rows, options) for name in shown
        )
        worst = max((_share(item, evidence.data.n_rows) for item in features.values()), default=0.0)
        notes = [
            f"Bins and levels with fewer than {options.small_cell} rows are pooled, and bin edges are rounded.",
            f"Groups with fewer than {options.min_group} rows are not profiled by themselves.",
        ]
        if left > 0:
            notes.append(f"{left} more columns were not profiled (max_columns).")
        return StageResult(
            summary=f"{len(features)} columns profiled on {evidence.data.n_rows:,} rows and in {len(groups)} groups.",
            findings=(*_model_file(evidence), *findings),
            tables=(_table(features, evidence.data.n_rows),),
            facts={"data.missing_share_max": worst},
            notes=tuple(notes),
            artefacts={
                "profiles": {
                    "schema": SCHEMA,
                    "n": evidence.data.n_rows,
                    "small_cell": options.small_cell,
                    "features": features,
                    "groups": groups,
                }
            },
        )


def _model_file(evidence: Evidence) -> tuple[Finding, ...]:
    """A model of an unsafe format is a finding; of any other, nothing needs saying."""
    model = evidence.model
    if model is None or not model.format.startswith("unsafe"):
        return ()
    return (
        Finding(
            rule=UNSAFE.id,
            subject=Subject(kind="model", name="model", detail={"format": model.format}),
            status=Status.FAILED,
            severity=UNSAFE.severity,
            statement=f"The model was read by running the code in its file ({model.format}).",
            reason=f"The plan names the format and pins the file: SHA-256 {model.sha256}.",
            requirements=UNSAFE.requirements,
            anchor="model.format",
            remedy=UNSAFE.fix,
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
            names[f"({role})"] = column
    return names


def _profiles(
    evidence: Evidence,
    names: Mapping[str, ColumnName],
    options: Options,
    *,
    bins: int,
    mask: Any = None,
) -> dict[str, Any]:
    kinds = evidence.data.kinds
    found = {}
    for name, column in names.items():
        if str(column) in evidence.withheld:
            found[name] = _withheld(evidence, column, mask)
            continue
        series = evidence.data.frame([column])[column]
        series = series if mask is None else series[mask]
        kind = kinds.get(column, Kind.NUMBER if name == "(score)" else Kind.TEXT)
        found[name] = profile(
            series, kind, small_cell=options.small_cell, bins=bins, max_levels=options.max_levels
        )
    return found


def _withheld(evidence: Evidence, column: ColumnName, mask: Any) -> dict[str, Any]:
    """Only how many there are: a level that many rows share, such as an agent's name, is a person's name still."""
    series = evidence.data.frame([column])[column]
    series = series if mask is None else series[mask]
    missing = int(series.isna().sum())
    return omitted(len(series) - missing, missing, "its values may name somebody")


def _groups(
    evidence: Evidence, names: Mapping[str, ColumnName], options: Options
) -> list[dict[str, Any]]:
    groups = []
    for attribute in evidence.roles.sensitive:
        labels = group_labels(
            evidence.data.frame([ColumnName(attribute.column)])[attribute.column], attribute
        )
        rest = {name: column for name, column in names.items() if column != attribute.column}
        for group, count in sorted(labels.value_counts().items()):
            if count >= options.min_group:
                mask = (labels == group).to_numpy()
                features = _profiles(evidence, rest, options, bins=GROUP_BINS, mask=mask)
                label = attribute.label or attribute.column
                groups.append(
                    {"attribute": label, "group": str(group), "n": int(count), "features": features}
                )
    return groups


def _share(item: Mapping[str, Any], n_rows: int) -> float:
    return float(item["missing"] / n_rows)


def _missing(name: str, item: Mapping[str, Any], n_rows: int, options: Options) -> Finding:
    share = _share(item, n_rows)
    passed = share <= options.max_missing
    return Finding(
        rule=MISSING.id,
        subject=Subject(kind="column", name=name),
        status=Status.PASSED if passed else Status.FAILED,
        severity=MISSING.severity,
        statement=f"{name} is missing in {item['missing']:,} of {n_rows:,} rows ({share:.1%}).",
        measurement=Measurement(
            metric="missing_share", value=share, n=n_rows, events=item["missing"]
        ),
        threshold=Threshold(
            high=options.max_missing,
            source="default" if options.max_missing == Options().max_missing else "plan",
        ),
        requirements=MISSING.requirements,
        anchor="stages.data_profile.max_missing",
        remedy="" if passed else MISSING.fix,
    )


def _table(features: Mapping[str, Mapping[str, Any]], n_rows: int) -> Table:
    columns = (
        Column(key="name", label="Column"),
        Column(key="kind", label="Kept as"),
        Column(key="n", label="Values", kind="count"),
        Column(key="missing", label="Missing", kind="proportion"),
        Column(key="bins", label="Bins or levels", kind="count"),
    )
    words = {"number": "bins", "levels": "levels", "omitted": "not kept"}
    rows = tuple(
        {
            "name": name,
            "kind": words[item["kind"]]
            + (f" ({item['why']})" if item["kind"] == "omitted" else ""),
            "n": item["n"],
            "missing": _share(item, n_rows),
            "bins": len(item["counts"]) if item["kind"] != "omitted" else None,
        }
        for name, item in features.items()
    )
    return Table(
        id="columns",
        title="Columns",
        columns=columns,
        rows=rows,
        caption=f"Counted on all {n_rows:,} rows.",
    )


STAGE = DataProfile()
