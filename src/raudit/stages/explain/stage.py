"""The stage: draw rows, explain them, decompose the gaps, look for proxies, say it in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from raudit.errors import NotEvaluable
from raudit.evidence import Evidence, StageResult
from raudit.findings import Finding, Interval, Measurement, Rule, Severity, Status, Subject, Threshold
from raudit.plan import Attribute
from raudit.record import Column, Figure, Table
from raudit.stages.explain.options import ExplainOptions
from raudit.stages.explain.rules import ADDITIVE, GAP, PROXY, RULES
from raudit.stages.explain.values import TOLERANCE, Explained

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Z = 1.959963984540054
SWARM_POINTS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of a sensitive feature among the explained rows."""

    attribute: str
    label: str
    name: str
    member: Any
    """Booleans of shape (n_samples,)."""


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
        groups = [g for a in evidence.roles.sensitive for g in _groups(chosen, a, options.minimum_group)]
        with evidence.progress.task("looking for proxies"):
            proxy_findings, proxy_tables, proxy_facts = _proxies(frame, features, evidence, options)
        gaps = [gap_of(found, group) for group in groups]
        importance = _importance(found, features)
        return StageResult(
            summary=_summary(found, features, importance, len(chosen)),
            findings=(_additive(found, len(chosen)), *proxy_findings, *_gap_findings(found, groups, gaps, features)),
            tables=(
                _importance_table(found, features, importance, groups),
                *_gap_tables(found, groups, gaps, features, options),
                *proxy_tables,
            ),
            figures=_figures(found, chosen, features, importance, groups, gaps, options),
            facts={
                "explain.available": True,
                "explain.method": found.family,
                "explain.proxies": proxy_facts,
                "explain.gap_features": sorted({features[int(np.argmax(np.abs(gap.mean)))] for gap in gaps}),
            },
            notes=(
                f"Method: {found.method}. {len(chosen):,} of {len(frame):,} rows, drawn with seed {evidence.seed}.",
                "SHAP values say what the model does with its inputs, not what causes what. Where features move together, "
                "their shares can be exchanged without changing a prediction.",
                "The gap that is decomposed is the difference of mean margins "
                f"({found.unit}); the gap between selection rates is another quantity and stands under fairness.",
            ),
            artefacts={"sample": {"rows": len(chosen), "background": len(background), "seed": evidence.seed}},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A group's gap to all others, by feature."""

    mean: Any
    """Difference of mean SHAP values, of shape (n_features,)."""
    half: Any
    """Half-width of the 95 % interval, of shape (n_features,)."""
    total: float
    """Difference of the mean margins."""
    n: int
    n_others: int


def gap_of(found: Explained, group: Group) -> Gap:
    """Decompose the gap between a group and all others; the parts add up to the total but for the additivity error."""
    import numpy as np

    own, rest = found.values[group.member], found.values[~group.member]
    error = own.var(axis=0, ddof=1) / len(own) + rest.var(axis=0, ddof=1) / len(rest)
    return Gap(
        mean=own.mean(axis=0) - rest.mean(axis=0),
        half=Z * np.sqrt(error),
        total=float(found.margin[group.member].mean() - found.margin[~group.member].mean()),
        n=len(own),
        n_others=len(rest),
    )


def _fast(model: Any) -> bool:
    from raudit.stages.explain.unwrap import CannotFold, unwrap
    from raudit.stages.explain.values import _is_tree

    try:
        estimator = unwrap(model.native, tuple(model.features)).estimator
    except CannotFold:
        return False
    return hasattr(estimator, "coef_") or _is_tree(estimator)


def _levels(frame: pd.DataFrame, attribute: Attribute) -> pd.Series:
    """The attribute's levels as text; missing and declared unknown values are ``unknown``."""
    import pandas as pd

    column = frame[attribute.column]
    if attribute.edges:
        edges = [float("-inf"), *attribute.edges, float("inf")]
        column = pd.cut(pd.to_numeric(column, errors="coerce"), edges, right=False)
    text: pd.Series = column.astype(object).where(column.notna(), "unknown").astype(str)
    return text.where(~text.isin(attribute.unknown), "unknown")


def _groups(frame: pd.DataFrame, attribute: Attribute, minimum: int) -> list[Group]:
    levels = _levels(frame, attribute)
    label = attribute.label or attribute.column
    found = []
    for name in sorted(levels.unique()):
        member = (levels == name).to_numpy()
        if minimum <= member.sum() <= len(member) - minimum:
            found.append(Group(attribute=attribute.column, label=label, name=str(name), member=member))
    # Of two groups each is the other's others: one decomposition says it all.
    return found[:1] if len(found) == 2 and levels.nunique() == 2 else found


def _importance(found: Explained, features: Sequence[str]) -> list[int]:
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


def _summary(found: Explained, features: Sequence[str], order: Sequence[int], rows: int) -> str:
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
                statement=f"{group.label} {group.name}: the model's output is on average {abs(gap.total):.2f} {found.unit} "
                f"{direction} than for everyone else, and most of that comes from {parts}. "
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
        for group in _groups(frame, attribute, options.minimum_group):
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
                    statement=f"{label} {group.name} can be told from {worst.feature} alone with an area under the curve of "
                    f"{worst.auc:.2f} (0.50 is guessing), and from all features together with {joint.auc:.2f}. "
                    f"n = {worst.n:,}.",
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


def _gap_tables(
    found: Explained, groups: Sequence[Group], gaps: Sequence[Gap], features: Sequence[str], options: ExplainOptions
) -> list[Table]:
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


def _figures(
    found: Explained,
    frame: pd.DataFrame,
    features: Sequence[str],
    order: Sequence[int],
    groups: Sequence[Group],
    gaps: Sequence[Gap],
    options: ExplainOptions,
) -> tuple[Figure, ...]:
    import numpy as np

    top = list(order[: options.top])
    names = ", ".join(features[i] for i in top[:3])
    figures = [_swarm(found, frame, features, top, names)]
    for group, gap in zip(groups, gaps, strict=True):
        biggest = [int(i) for i in np.argsort(-np.abs(gap.mean), kind="stable")]
        shown, rest = biggest[: options.top], biggest[options.top :]
        steps = [
            {
                "label": features[i],
                "value": float(gap.mean[i]),
                "low": float(gap.mean[i] - gap.half[i]),
                "high": float(gap.mean[i] + gap.half[i]),
            }
            for i in shown
        ]
        if rest:
            steps.append({"label": f"{len(rest)} others", "value": float(gap.mean[rest].sum())})
        said = "; ".join(f"{step['label']} {step['value']:+.2f}" for step in steps)
        figures.append(
            Figure(
                id=f"gap-{group.attribute}-{group.name}",
                kind="waterfall",
                title=f"What makes up the gap of {group.label} {group.name}",
                alt=f"Waterfall of the gap in {found.unit} between {group.label} {group.name} and everyone else: {said}; "
                f"in total {gap.total:+.2f}.",
                caption=f"n = {gap.n:,} and {gap.n_others:,}; bars carry 95 % intervals.",
                data={
                    "steps": steps,
                    "total": gap.total,
                    "x_label": found.unit,
                    "start_label": "no gap",
                    "end_label": "gap",
                },
            )
        )
    return tuple(figures)


def _swarm(found: Explained, frame: pd.DataFrame, features: Sequence[str], top: Sequence[int], names: str) -> Figure:
    import numpy as np
    import pandas as pd

    picked = np.linspace(0, len(found.values) - 1, min(SWARM_POINTS, len(found.values))).astype(int)
    rows = []
    for i in top:
        column = frame[features[i]]
        color: list[float | None] = [None] * len(picked)
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            rank = column.rank(pct=True).fillna(0.5).to_numpy()
            color = [round(float(v), 3) for v in rank[picked]]
        rows.append({"label": features[i], "x": [round(float(v), 4) for v in found.values[picked, i]], "color": color})
    return Figure(
        id="swarm",
        kind="swarm",
        title="What moves the model's output",
        alt=f"Each dot is one row. The features with the largest effect are {names}.",
        caption=f"{len(picked):,} of {len(found.values):,} explained rows; effect in {found.unit} toward the favourable outcome.",
        data={"features": rows, "x_label": f"effect on the output ({found.unit})"},
    )


STAGE = Explain()
