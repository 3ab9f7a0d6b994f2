"""Which pairs of features act together beyond what each does alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from raudit.record import Column, Table
from raudit.sentences import say, term
from raudit.stages.explain.questions.importance import bounds, titled
from raudit.stages.explain.shap_values.task import CannotFold
from raudit.stages.explain.shap_values.unwrap import unwrap
from raudit.stages.explain.shap_values.values import as_read
from raudit.stages.explain.survey.estimates import weighted_mean
from raudit.stages.explain.survey.sampling import Sample
from raudit.stages.explain.survey.setting import Setting

WORK = 1e8
"""Steps that may be spent: trees x leaves x depth squared x columns x rows. A count, so that a run repeats."""
FEWEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactions:
    """What was found, or why nothing was looked for."""

    table: Table | None = None
    note: str = ""


def interactions_part(setting: Setting, sample: Sample) -> Interactions:
    """Compute SHAP interaction values of trees on a bounded sample (Lundberg et al. 2020)."""
    family = sample.found.family
    if family == "linear":
        return Interactions(
            note=say(
                "Interactions: none in {unit}, since a linear model adds up "
                "its columns by construction.",
                unit=term(sample.unit),
            )
        )
    if family == "permutation":
        return Interactions(
            note="Interactions are not assessed: the permutation explainer gives no values for pairs of features."
        )
    if setting.options.interaction_rows < FEWEST or len(setting.features) < 2:
        few = say(
            "stages.explain.interaction_rows is below {FEWEST}, or there is one feature",
            FEWEST=FEWEST,
        )
        return Interactions(note=say("Interactions are not assessed: {few}.", few=few))
    found = _values(setting, sample)
    if isinstance(found, str):
        return Interactions(note=say("Interactions are not assessed: {found}.", found=found))
    values, rows = found
    return Interactions(table=_table(setting, sample, values), note=_said(rows))


def _said(rows: int) -> str:
    return say(
        "Interactions: path-dependent SHAP interaction values on {rows:,} of the explained rows.",
        rows=rows,
    )


def _values(setting: Setting, sample: Sample) -> tuple[Any, int] | str:
    """Interaction values between original columns, of shape (n_samples, n_features, n_features), or why not."""
    import numpy as np
    import shap

    try:
        parts = unwrap(setting.model.native, setting.features)
        explainer = shap.TreeExplainer(parts.estimator)
        size = _affordable(explainer, len(parts.sources), setting.options.interaction_rows)
        if size < FEWEST:
            return "the trees are too large for it"
        picked = _picked(setting, sample, size)
        x = parts.transform(as_read(setting.model, sample.frame.iloc[picked]))
        raw: Any = explainer.shap_interaction_values(x)
    except CannotFold as why:
        return str(why)
    except Exception as error:  # noqa: BLE001 -- shap and each boosting library raise errors of their own roots
        return say(
            "shap has no interaction values for this model ({name})", name=type(error).__name__
        )
    stacked = (
        np.stack([np.asarray(one, float) for one in raw], axis=-1) if isinstance(raw, list) else raw
    )
    array = np.asarray(stacked, float)
    margin = sample.found.margin[picked]
    candidates = [array] if array.ndim == 3 else [array[..., k] for k in range(array.shape[-1])]
    place = sample.target.place
    if len(candidates) > 1 and 0 <= place < len(candidates):
        candidates = [candidates[place]]
    one = candidates[-1]
    if len(one) != len(picked) or one.shape[1] != len(parts.sources):
        return "shap gives them in another shape than the model's columns"
    # A binary model is computed toward its second class; which way it points is seen from the margin itself.
    for sign in (1.0, -1.0):
        left = margin - sign * one.sum(axis=(1, 2))
        if np.ptp(left) <= 1e-3 * max(1.0, float(np.abs(margin).max())):
            break
    else:
        return "they do not add up to the model's output"
    fold = np.zeros((len(parts.sources), len(setting.features)))
    fold[np.arange(len(parts.sources)), list(parts.sources)] = 1.0
    return np.einsum("aj,naM,MK->njK", fold, sign * one, fold), len(picked)


def _affordable(explainer: Any, columns: int, wanted: int) -> int:
    """How many rows the budget pays for, from the size of the trees."""
    model = explainer.model
    values = getattr(model, "values", None)
    if values is None or getattr(values, "ndim", 0) < 2:
        return min(wanted, 2 * FEWEST)
    trees, nodes = values.shape[:2]
    depth = max(int(getattr(model, "max_depth", 6)), 1)
    each = float(trees) * (nodes / 2 + 1) * depth**2 * columns
    return min(wanted, int(WORK / each))


def _picked(setting: Setting, sample: Sample, size: int) -> Any:
    import numpy as np

    rng = np.random.default_rng([setting.evidence.seed, 7])
    chance = sample.weights / sample.weights.sum()
    return np.sort(
        rng.choice(len(sample.positions), min(size, len(sample.positions)), replace=False, p=chance)
    )


def _table(setting: Setting, sample: Sample, values: Any) -> Table | None:
    import numpy as np

    count = len(setting.features)
    first, second = np.triu_indices(count, 1)
    # Both halves of the matrix hold half of a pair's effect.
    pairs = values[:, first, second] + values[:, second, first]
    found = weighted_mean(np.abs(pairs), np.ones(len(pairs)))
    own = np.abs(np.diagonal(values, axis1=1, axis2=2)).mean(axis=0)
    order = [k for k in np.argsort(-found.mean, kind="stable").tolist() if found.mean[k] > 1e-9]
    if not order:
        return None
    rows = [
        {
            "first": setting.named(setting.features[first[k]]),
            "second": setting.named(setting.features[second[k]]),
            "strength": float(found.mean[k]),
            "interval": bounds(float(found.mean[k]), float(found.half[k]), least=0.0),
            "alone": float(own[first[k]] + own[second[k]]),
        }
        for k in order[: setting.options.top]
    ]
    return Table(
        id=f"interactions{sample.target.suffix}",
        title=titled("Features that act together", sample),
        columns=(
            Column(key="first", label="Feature"),
            Column(key="second", label="Feature"),
            Column(key="strength", label="Mean |interaction|", kind="number"),
            Column(key="interval", label="95 % interval", kind="interval"),
            Column(key="alone", label="Mean |effect| without it", kind="number"),
        ),
        rows=tuple(rows),
        caption=say(
            "SHAP interaction values in {unit} on {count:,} rows: the "
            "part of the effect that the two have only together, beside "
            "what each has without any other feature.",
            unit=term(sample.unit),
            count=len(values),
        ),
    )
