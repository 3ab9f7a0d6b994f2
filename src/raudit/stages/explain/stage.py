"""The stage: draw rows, explain them, decompose the gaps, look for proxies, say it in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, StageResult
from raudit.findings import Finding, Interval, Measurement, Rule, Severity, Status, Subject, Threshold
from raudit.record import Column, Table
from raudit.stages.explain.groups import Gap, Group, Z, gap_of, groups_of
from raudit.stages.explain.options import ExplainOptions
from raudit.stages.explain.pictures import figures_of
from raudit.stages.explain.rules import ADDITIVE, GAP, PROXY, RULES
from raudit.stages.explain.values import TOLERANCE, Explained

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

LIMITS = (
    "SHAP values say what the model does with its inputs, not what causes what. Where features move together, their "
    "shares can be exchanged without changing a prediction."
)
RATES = "the gap between selection rates is another quantity and stands under fairness."


class Explain:
    """Explains the model."""

    name: ClassVar[str] = "explain"
    title: ClassVar[str] = "What the model rests on"
    options: ClassVar[type[ExplainOptions]] = ExplainOptions
    rules: ClassVar[tuple[Rule, ...]] = RULES
    reads_facts: ClassVar[bool] = False
    order: ClassVar[int] = 20

    def run(self, evidence: Evidence, options: ExplainOptions) -> StageResult:
        """Explain a random sample of rows; see ``docs/reference/explain.md``."""
        import numpy as np

        from raudit.stages.explain.values import explain

        model = evidence.model
        if model is None:
            raise NotEvaluable(
                f"there is no model to explain: {evidence.no_model_because}", reference="explain-no-model"
            )
        if evidence.data.n_rows < options.minimum_group:
            raise NotEvaluable(
                "too few rows to explain", reference="explain-too-few", got=f"{evidence.data.n_rows:,} rows"
            )
        columns = [*model.features, *(a.column for a in evidence.roles.sensitive)]
        frame = evidence.data.frame(list(dict.fromkeys(columns)))  # type: ignore[arg-type]
        rng = np.random.default_rng(evidence.seed)
        order = rng.permutation(len(frame))
        favourable = evidence.roles.label.favourable if evidence.roles.label else frozenset[str]()
        background = frame.iloc[np.sort(order[: options.background])]
        rows = options.rows if _fast(model) else options.slow_rows
        chosen = frame.iloc[np.sort(rng.permutation(len(frame))[:rows])].reset_index(drop=True)
        if not _fast(model):
            background = background.iloc[:100]
        features = list(model.features)
        with evidence.progress.task("explaining the model"):
            found = explain(model, chosen[features], background[features], favourable, evidence.seed)
        groups = [g for a in evidence.roles.sensitive for g in groups_of(chosen, a, options.minimum_group)]
        with evidence.progress.task("looking for proxies"):
            proxy_findings, proxy_tables, proxy_facts = _proxies(frame, features, evidence, options)
        gaps = [gap_of(found, group) for group in groups]
        importance = _importance(found)
        return StageResult(
            summary=_summary(features, importance, len(chosen)),
            findings=(_additive(found, len(chosen)), *proxy_findings, *_gap_findings(found, groups, gaps, features)),
            tables=(
                _importance_table(found, features, importance, groups),
                *_gap_tables(found, groups, gaps, features),
                *proxy_tables,
            ),
            figures=figures_of(found, chosen, features, importance, groups, gaps, options),
            facts={
                "explain.available": True,
                "explain.method": found.family,
                "explain.proxies": proxy_facts,
                "explain.gap_features": sorted({features[int(np.argmax(np.abs(gap.mean)))] for gap in gaps}),
            },
            notes=(
                f"Method: {found.method}. {len(chosen):,} of {len(frame):,} rows, drawn with seed {evidence.seed}.",
                LIMITS,
                f"The gap that is decomposed is the difference of mean margins ({found.unit}); {RATES}",
            ),
            artefacts={
                "sample": {
                    "rows": len(chosen),
                    "background": 0 if found.family in {"tree", "xgboost"} else len(background),
                    "seed": evidence.seed,
                }
            },
        )


def _fast(model: Any) -> bool:
    from raudit.stages.explain.task import CannotFold
    from raudit.stages.explain.unwrap import unwrap
    from raudit.stages.explain.values import is_linear, is_tree

    try:
        estimator = unwrap(model.native, tuple(model.features)).estimator
    except CannotFold:
        return False
    return is_linear(estimator) or is_tree(estimator)


def _importance(found: Explained) -> list[int]:
    """Indices of the features, most important first."""
    import numpy as np

    return [int(i) for i in np.argsort(-np.abs(found.values).mean(axis=0), kind="stable")]


def _mean_abs(values: np.ndarray) -> tuple[float, float, float]:
    """Mean absolute SHAP value with its 95 % interval."""
    import numpy as np

    size = np.abs(values)
    half = Z * float(size.std(ddof=1)) / len(size) ** 0.5 if len(size) > 1 else 0.0
    mean = float(size.mean())
    return mean, max(0.0, mean - half), mean + half


def _summary(features: Sequence[str], order: Sequence[int], rows: int) -> str:
    names = [features[i] for i in order[:3]]
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f"On {rows:,} rows the model rests most on {listed}."


def _additive(found: Explained, rows: int) -> Finding:
    tolerance = TOLERANCE[found.family]
    error = found.additivity
    return Finding(
        rule=ADDITIVE.id,
        subject=Subject(kind="model", name="model", detail={"family": found.family}),
        status=Status.PASSED if error <= tolerance else Status.FAILED,
        severity=ADDITIVE.severity,
        statement=f"On {rows:,} rows the explanations add up to the model's output to within {error:.1g}; "
        f"{tolerance:.0g} is accepted for this kind of model.",
        measurement=Measurement(
            metric="additivity_error", value=error, n=rows, unit=found.unit, method="largest over all rows"
        ),
        threshold=Threshold(high=tolerance, source=f"family {found.family}"),
        requirements=ADDITIVE.requirements,
        anchor="stages.explain",
    )


def _gap_findings(
    found: Explained, groups: Sequence[Group], gaps: Sequence[Gap], features: Sequence[str]
) -> list[Finding]:
    import numpy as np

    findings = []
    for group, gap in zip(groups, gaps, strict=True):
        error = abs(gap.total - float(gap.mean.sum()))
        top = [int(i) for i in np.argsort(-np.abs(gap.mean), kind="stable")[:2]]
        parts = " and ".join(f"{features[i]} ({gap.mean[i]:+.2f})" for i in top)
        direction = "lower" if gap.total < 0 else "higher"
        findings.append(
            Finding(
                rule=GAP.id,
                subject=Subject(kind="group", name=group.attribute, detail={"group": group.name}),
                status=Status.PASSED if error <= 2 * TOLERANCE[found.family] else Status.FAILED,
                severity=Severity.INFO,
                statement=f"{group.label} {group.name}: the model's output is on average {abs(gap.total):.2f} "
                f"{found.unit} {direction} than for everyone else, and most of that comes from {parts}. "
                f"n = {gap.n:,} and {gap.n_others:,}.",
                measurement=Measurement(
                    metric="margin_gap",
                    value=gap.total,
                    n=gap.n + gap.n_others,
                    unit=found.unit,
                    method="difference of means; the parts by feature add up to it",
                    interval=_gap_interval(found, group, gap),
                ),
                requirements=GAP.requirements,
                anchor="stages.explain",
                remedy=GAP.fix,
            )
        )
    return findings


def _gap_interval(found: Explained, group: Group, gap: Gap) -> Interval:
    own, rest = found.margin[group.member], found.margin[~group.member]
    half = Z * float(own.var(ddof=1) / len(own) + rest.var(ddof=1) / len(rest)) ** 0.5
    return Interval(low=gap.total - half, high=gap.total + half, method="normal, unequal variances")


def _proxies(
    frame: pd.DataFrame, features: Sequence[str], evidence: Evidence, options: ExplainOptions
) -> tuple[list[Finding], list[Table], list[dict[str, Any]]]:
    from raudit.stages.explain.proxies import proxies

    findings, tables, facts = [], [], []
    for attribute in evidence.roles.sensitive:
        label = attribute.label or attribute.column
        rows = []
        for group in groups_of(frame, attribute, options.minimum_group):
            others = [name for name in features if name != attribute.column]
            measured = sorted(proxies(frame[others], group.member, evidence.seed), key=lambda p: (-p.auc, p.feature))
            rows += [
                {"group": group.name, "feature": p.feature, "auc": p.auc, "interval": [p.low, p.high], "n": p.n}
                for p in measured[: options.top]
            ]
            single = [p for p in measured if p.feature != "all together"]
            joint = next(p for p in measured if p.feature == "all together")
            worst = single[0]
            named = [p for p in single if p.auc >= options.proxy_auc]
            facts += [{"feature": p.feature, "attribute": attribute.column, "auc": round(p.auc, 4)} for p in named]
            status = _held(worst.low, worst.high, options.proxy_auc)
            findings.append(
                Finding(
                    rule=PROXY.id,
                    subject=Subject(kind="group", name=attribute.column, detail={"group": group.name}),
                    status=status,
                    severity=PROXY.severity,
                    statement=f"{label} {group.name} can be told from {worst.feature} alone with an area under the "
                    f"curve of {worst.auc:.2f} (0.50 is guessing), and from all features together with "
                    f"{joint.auc:.2f}. n = {worst.n:,}.",
                    reason="" if status is not Status.INDETERMINATE else "the interval holds the limit",
                    measurement=Measurement(
                        metric="proxy_auc",
                        value=worst.auc,
                        n=worst.n,
                        method="held-out half; Hanley and McNeil 1982",
                        interval=Interval(low=worst.low, high=worst.high, method="hanley-mcneil"),
                    ),
                    threshold=Threshold(high=options.proxy_auc, source="plan: stages.explain.proxy_auc"),
                    requirements=PROXY.requirements,
                    anchor="stages.explain.proxy_auc",
                    remedy=PROXY.fix,
                    data={"proxies": [p.feature for p in named]},
                )
            )
        tables.append(
            Table(
                id=f"proxies-{attribute.column}",
                title=f"How well features predict {label}",
                columns=(
                    Column(key="group", label="Group"),
                    Column(key="feature", label="Feature"),
                    Column(key="auc", label="AUC", kind="number"),
                    Column(key="interval", label="95 % interval", kind="interval"),
                    Column(key="n", label="n", kind="count"),
                ),
                rows=tuple(rows),
                caption="Area under the curve on rows that were not used to learn the score; 0.50 is guessing.",
            )
        )
    return findings, tables, facts


def _held(low: float, high: float, limit: float) -> Status:
    if high < limit:
        return Status.PASSED
    return Status.FAILED if low >= limit else Status.INDETERMINATE


def _importance_table(
    found: Explained, features: Sequence[str], order: Sequence[int], groups: Sequence[Group]
) -> Table:
    rows = []
    for i in order:
        mean, low, high = _mean_abs(found.values[:, i])
        row: dict[str, Any] = {"feature": features[i], "all": mean, "interval": [low, high]}
        row |= {f"g{k}": _mean_abs(found.values[g.member, i])[0] for k, g in enumerate(groups)}
        rows.append(row)
    return Table(
        id="importance",
        title="Importance of each feature, for all and by group",
        columns=(
            Column(key="feature", label="Feature"),
            Column(key="all", label="All", kind="number"),
            Column(key="interval", label="95 % interval", kind="interval"),
            *(Column(key=f"g{k}", label=f"{g.label} {g.name}", kind="number") for k, g in enumerate(groups)),
        ),
        rows=tuple(rows),
        caption=f"Mean absolute SHAP value in {found.unit}, on {len(found.values):,} rows.",
    )


def _gap_tables(found: Explained, groups: Sequence[Group], gaps: Sequence[Gap], features: Sequence[str]) -> list[Table]:
    import numpy as np

    tables = []
    for group, gap in zip(groups, gaps, strict=True):
        order = np.argsort(-np.abs(gap.mean), kind="stable")
        rows = [
            {
                "feature": features[int(i)],
                "part": float(gap.mean[i]),
                "interval": [float(gap.mean[i] - gap.half[i]), float(gap.mean[i] + gap.half[i])],
            }
            for i in order
        ]
        tables.append(
            Table(
                id=f"gap-{group.attribute}-{group.name}",
                title=f"The gap of {group.label} {group.name} by feature",
                columns=(
                    Column(key="feature", label="Feature"),
                    Column(key="part", label=f"Part ({found.unit})", kind="number"),
                    Column(key="interval", label="95 % interval", kind="interval"),
                ),
                rows=(*rows, {"feature": "Sum", "part": float(gap.mean.sum())}),
                caption=f"Difference of mean SHAP values, {gap.n:,} rows less {gap.n_others:,}. "
                f"The difference of mean margins is {gap.total:.4f}.",
            )
        )
    return tables


STAGE = Explain()
