"""Open a scikit-learn pipeline: what makes numbers of columns, the last step, and which number came from which column.

Derived columns are led back to their sources by the transformers' own lists of categories and indices, never by
taking names apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raudit.stages.explain.shap_values.task import BATCH, CannotFold

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwrapped:
    """A pipeline taken apart."""

    transformer: Any
    """Everything before the last step; None if there is nothing."""
    estimator: Any
    """The last step."""
    sources: tuple[int, ...]
    """For each number the last step takes, the index of the feature it came from."""

    def transform(self, frame: pd.DataFrame) -> Any:
        """Turn columns into what the last step takes, of shape (n_samples, n_numbers); dense."""
        found = self.encode(frame)
        return found.toarray() if hasattr(found, "toarray") else found

    def encode(self, frame: pd.DataFrame) -> Any:
        """Turn columns into what the last step takes, sparse where the pipeline makes it so."""
        return frame if self.transformer is None else self.transformer.transform(frame)

    def then(self, inner: Unwrapped) -> Unwrapped:
        """Put another pipeline, opened in the space of this one's last step, behind this one."""
        from sklearn.pipeline import Pipeline

        steps = [part for part in (self.transformer, inner.transformer) if part is not None]
        joined = (
            Pipeline([(str(i), part) for i, part in enumerate(steps)]) if len(steps) > 1 else None
        )
        return Unwrapped(
            transformer=joined or (steps[0] if steps else None),
            estimator=inner.estimator,
            sources=tuple(self.sources[source] for source in inner.sources),
        )

    def batches(self, frame: pd.DataFrame, rows: int = BATCH) -> Iterator[Any]:
        """What the last step takes, a part of the rows at a time; sparse where the pipeline makes it so."""
        for start in range(0, max(len(frame), 1), rows):
            yield self.encode(frame.iloc[start : start + rows])

    def fold(self, values: np.ndarray, n_features: int) -> np.ndarray:
        """Add up values of shape (n_samples, n_numbers) by the feature they came from: (n_samples, n_features)."""
        import numpy as np

        folded = np.zeros((values.shape[0], n_features))
        for number, feature in enumerate(self.sources):
            folded[:, feature] += values[:, number]
        return folded

    def spread(self, weights: np.ndarray, n_features: int) -> np.ndarray:
        """Weights of shape (n_numbers,) in the column of the feature they belong to: (n_numbers, n_features)."""
        import numpy as np

        found = np.zeros((len(weights), n_features))
        found[np.arange(len(weights)), list(self.sources)] = weights
        return found


def unwrap(model: object, features: tuple[str, ...]) -> Unwrapped:
    """Take a fitted estimator apart.

    Raises
    ------
    CannotFold
        If an output of a transformer cannot be led back to one column; the message says which transformer.
    """
    from sklearn.pipeline import Pipeline

    if not isinstance(model, Pipeline):
        return Unwrapped(transformer=None, estimator=model, sources=tuple(range(len(features))))
    places: list[int] = list(range(len(features)))
    names: list[str] | None = list(features)
    for _name, step in model.steps[:-1]:
        places = [places[source] for source in _sources(step, len(places), names)]
        names = names if step in (None, "passthrough") else None
    before = model[:-1] if len(model.steps) > 1 else None
    first = Unwrapped(transformer=before, estimator=model.steps[-1][1], sources=tuple(places))
    return first.then(unwrap(first.estimator, tuple(names or (str(place) for place in places))))


def _sources(step: object, n_inputs: int, names: list[str] | None) -> list[int]:
    """For each output of a fitted transformer, the index of the input it came from."""
    from sklearn.base import OneToOneFeatureMixin
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.feature_selection import SelectorMixin
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.pipeline import FeatureUnion, Pipeline
    from sklearn.preprocessing import (
        FunctionTransformer,
        KBinsDiscretizer,
        Normalizer,
        OneHotEncoder,
        SplineTransformer,
        TargetEncoder,
    )

    each = list(range(n_inputs))
    match step:
        case None | "passthrough":
            return each
        case "drop":
            return []
        case Pipeline():
            places = each
            for _name, inner in step.steps:
                places = [places[source] for source in _sources(inner, len(places), names)]
                names = names if inner in (None, "passthrough") else None
            return places
        case ColumnTransformer():
            return _column_transformer(step, n_inputs, names)
        case FeatureUnion():
            return [
                s
                for _name, inner in step.transformer_list
                for s in _sources(inner, n_inputs, names)
            ]
        case OneHotEncoder():
            return [i for i, width in enumerate(_widths(step)) for _ in range(width)]
        case KBinsDiscretizer() if step.encode != "ordinal":
            return [i for i, width in enumerate(step.n_bins_) for _ in range(int(width))]
        case SplineTransformer():
            return [i for i in each for _ in range(step.n_features_out_ // n_inputs)]
        case TargetEncoder() if step.target_type_ == "multiclass":
            return [i for i in each for _ in range(len(step.classes_))]
        case SimpleImputer():
            return _imputer(step, n_inputs)
        case MissingIndicator():
            return [int(i) for i in step.features_]
        case SelectorMixin():
            return [int(i) for i in step.get_support(indices=True)]
        case CountVectorizer() if n_inputs == 1:  # and TfidfVectorizer: words of one column
            return [0] * len(step.vocabulary_)
        case FunctionTransformer() if step.func is None or step.feature_names_out == "one-to-one":
            return each
        case Normalizer():
            raise CannotFold("Normalizer divides each row by its length, which mixes the columns")
        case OneToOneFeatureMixin() if step.__module__.startswith("sklearn."):
            return each
        case _:
            raise CannotFold(
                f"{type(step).__name__} does not say which of its outputs came from which column"
            )


def _column_transformer(step: Any, n_inputs: int, names: list[str] | None) -> list[int]:
    known = list(getattr(step, "feature_names_in_", names or []))
    width = max((part.stop for part in step.output_indices_.values()), default=0)
    sources = [-1] * width
    for name, inner, columns in step.transformers_:
        part = step.output_indices_.get(name)
        if part is None or part.stop == part.start or (isinstance(inner, str) and inner == "drop"):
            continue
        taken = _indices(columns, n_inputs, known)
        local = _sources(inner, len(taken), [known[i] for i in taken] if known else None)
        if len(local) != part.stop - part.start:
            raise CannotFold(
                f"'{name}' gives {part.stop - part.start} numbers where {len(local)} were expected"
            )
        for offset, source in enumerate(local):
            sources[part.start + offset] = taken[source]
    if -1 in sources:
        raise CannotFold("a ColumnTransformer has an output that none of its parts explains")
    return sources


def _indices(columns: Any, n_inputs: int, known: list[str]) -> list[int]:
    import numpy as np

    if isinstance(columns, slice):
        return list(range(n_inputs))[columns]
    given = [columns] if isinstance(columns, str | int) else list(columns)
    if given and isinstance(given[0], bool | np.bool_):
        return [i for i, chosen in enumerate(given) if chosen]
    return [known.index(item) if isinstance(item, str) else int(item) % n_inputs for item in given]


def _widths(encoder: Any) -> list[int]:
    """How many outputs a one-hot encoder makes of each input, from its own lists."""
    widths = []
    infrequent = getattr(encoder, "infrequent_categories_", [None] * len(encoder.categories_))
    for i, categories in enumerate(encoder.categories_):
        rare = infrequent[i]
        width = len(categories) if rare is None else len(categories) - len(rare) + 1
        dropped = encoder.drop_idx_ is not None and encoder.drop_idx_[i] is not None
        widths.append(width - int(dropped))
    return widths


def _imputer(step: Any, n_inputs: int) -> list[int]:
    import numpy as np

    kept = list(range(n_inputs))
    if not getattr(step, "keep_empty_features", False):
        empty = [isinstance(v, float) and np.isnan(v) for v in step.statistics_]
        kept = [i for i in kept if not empty[i]]
    indicator = (
        list(step.indicator_.features_)
        if getattr(step, "add_indicator", False) and step.indicator_
        else []
    )
    return kept + [int(i) for i in indicator]
