"""Explanations as a plain function, for notebooks and tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.errors import UsageError
from raudit.frames import as_frame, as_html
from raudit.model import Model
from raudit.sentences import joined, say, term

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explanation:
    """SHAP values of some rows, adding up to the model's output on each."""

    features: tuple[str, ...]
    values: np.ndarray
    """Of shape (n_samples, n_features)."""
    base_value: float
    """Mean output over the background."""
    output: np.ndarray
    """The model's output, of shape (n_samples,)."""
    unit: str
    """Such as ``log-odds``, ``probability`` or ``units of the label``."""
    method: str
    """In words, with the background's size."""
    towards: str
    """Class that a positive value points at; empty for a regression."""

    def to_frame(self) -> pd.DataFrame:
        """One row a sample, one column a feature, with ``base_value`` and ``output``."""
        import pandas as pd

        frame = pd.DataFrame(self.values, columns=list(self.features))
        return frame.assign(base_value=self.base_value, output=self.output)

    def importance(self) -> pd.DataFrame:
        """Mean absolute value by feature, most important first."""
        return as_frame(self._importance())

    def _importance(self) -> list[dict[str, Any]]:
        import numpy as np

        mean = np.abs(self.values).mean(axis=0)
        return [
            {
                "feature": self.features[i],
                say("mean |SHAP| ({unit})", unit=term(self.unit)): float(mean[i]),
            }
            for i in np.argsort(-mean, kind="stable")
        ]

    def _repr_html_(self) -> str:
        toward = say(" toward {towards}", towards=self.towards) if self.towards else ""
        return as_html(
            say(
                "Explanation of {count:,} rows{toward}. {method}",
                count=len(self.values),
                toward=toward,
                method=term(self.method),
            ),
            self._importance(),
        )


def explain(
    model: object,
    frame: pd.DataFrame,
    *,
    towards: str = "",
    background: pd.DataFrame | None = None,
    perturbation: str = "path",
    seed: int = 0,
) -> Explanation:
    """Explain rows of a model.

    Parameters
    ----------
    model
        Path of a model file in a format that is data, or a fitted scikit-learn estimator that knows its columns.
    frame
        Rows to explain, with the model's features as columns.
    towards
        Class that a positive value points at; by default the second of two.
    background
        Rows that stand for "not known"; by default the rows themselves.
    perturbation
        ``path`` or ``interventional``: what trees take an unknown feature for.
    seed
        For models that are explained by permutation.

    Raises
    ------
    ModelError
        If the file cannot be read without running its code.
    UsageError
        If a column is missing, or ``towards`` is needed or is none of the classes.
    NotEvaluable
        If the model cannot be explained in any way.
    """
    from raudit.stages.explain.shap_values.values import explain as values_of

    opened = opened_model(model, frame)
    label = _class(opened, towards)
    found = values_of(
        opened,
        frame,
        frame if background is None else background,
        frozenset({label}) if label else frozenset(),
        seed,
        perturbation=perturbation,
    )
    return Explanation(
        features=tuple(map(str, opened.features)),
        values=found.values,
        base_value=found.base,
        output=found.margin,
        unit=found.unit,
        method=found.method,
        towards=label,
    )


def opened_model(model: Any, frame: pd.DataFrame) -> Model:
    """A model from a path, a fitted estimator, or as it is."""
    from raudit.model.load import load_model
    from raudit.plan import ModelSection

    if isinstance(model, str | Path):
        columns = [str(name) for name in frame.columns]
        found = load_model(ModelSection(path=str(model)), Path(model), columns=columns)
    elif hasattr(model, "features") and hasattr(model, "native"):
        found = model
    else:
        found = _estimator(model)
    missing = [name for name in found.features if name not in frame.columns]
    if missing:
        raise UsageError(
            "the rows lack a column that the model takes",
            reference="model-data",
            got=f"no column {missing[0]!r}",
            expected=", ".join(map(str, found.features))[:200],
        )
    return found


def _estimator(model: object) -> Model:
    from raudit.canonical import sha256
    from raudit.data import ColumnName
    from raudit.model.formats.skops_file import SklearnModel

    names = getattr(model, "feature_names_in_", None)
    if names is None:
        raise UsageError(
            "the estimator does not know its columns",
            reference="model-features",
            got=type(model).__name__,
            expected="a fitted scikit-learn estimator, or the path of a model file",
            hint="fit it on a data frame, whose column names it keeps",
        )
    return SklearnModel(
        format="skops",
        sha256=sha256(b""),
        features=tuple(ColumnName(str(name)) for name in names),
        classes=tuple(str(label) for label in getattr(model, "classes_", ())),
        native=model,
    )


def _class(model: Model, towards: str) -> str:
    classes = [str(label) for label in model.classes]
    if not classes:
        return ""
    if not towards and len(classes) == 2:
        return classes[1]
    if towards not in classes:
        raise UsageError(
            "the class to explain is none of the model's"
            if towards
            else "which class to explain is not said",
            reference="explain-class",
            got=towards,
            expected=listed(classes),
        )
    return towards


def listed(classes: Iterable[str]) -> str:
    """Names for an error."""
    return joined(", ", classes)[:200]
