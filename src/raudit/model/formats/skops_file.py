"""scikit-learn estimators in skops files: types that are not known to be harmless are refused by name."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raudit.canonical import Sha256
from raudit.data.interface import ColumnName
from raudit.errors import ModelError
from raudit.model.columns import classes_of, features_of
from raudit.model.formats.boosters import refuse_outputs
from raudit.model.formats.harmless import check_trees, reviewed_types
from raudit.model.formats.levels import Levels, count_unknown
from raudit.model.formats.sklearn_levels import in_own_writing, levels_of
from raudit.model.interface import Model
from raudit.plan import ModelSection

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

MAX_INFLATED = 2 * 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class SklearnModel:
    """A scikit-learn estimator."""

    format: str
    sha256: Sha256
    features: tuple[ColumnName, ...]
    classes: tuple[str, ...]
    native: Any
    levels: Mapping[str, Levels] = field(default_factory=dict)
    """Categories that encoders learnt, by column."""

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The model's columns as its encoders expect them."""
        return in_own_writing(frame[list(self.features)], self.levels)

    def unknown_levels(self, frame: pd.DataFrame) -> Mapping[str, tuple[int, int]]:
        """By categorical column: values in none of the model's categories, and values."""
        return count_unknown(self.levels, frame)

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Predict labels as text, or numbers for a regressor."""
        import numpy as np

        found: np.ndarray = self.native.predict(self.rows(frame))
        if (
            not self.classes or found.ndim > 1
        ):  # several labels a row, which are refused by their shape
            return found
        names = dict(zip(getattr(self.native, "classes_", ()), self.classes, strict=False))
        return np.array([names.get(label, str(label)) for label in found.tolist()], dtype=object)

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray | None:
        """Class probabilities of shape (n_samples, n_classes), or None if the estimator has none."""
        if not hasattr(self.native, "predict_proba"):
            return None
        found: np.ndarray = self.native.predict_proba(self.rows(frame))
        return found


def read_skops(
    path: Path, *, sha256: Sha256, section: ModelSection, columns: Sequence[str]
) -> Model:
    """Read a skops file; see ``load_model``."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    _check_archive(path)
    try:
        trusted = {*section.trusted_types, *reviewed_types()}
        needed = skops.io.get_untrusted_types(file=path)
        unknown = [name for name in needed if name not in trusted]
        if unknown:
            raise ModelError(
                "the model file holds types that are not known to be harmless",
                reference="model-untrusted-types",
                where=path.name,
                got=", ".join(sorted(unknown))[:300],
                hint="read what these types do; if you trust them, list them under model.trusted_types",
            )
        native = skops.io.load(path, trusted=sorted(trusted & set(needed)))
        check_trees(native, path)
    except ModelError:
        raise
    except UntrustedTypesFoundException as error:
        raise _broken(path, "it holds untrusted types") from error
    except Exception as error:
        raise _broken(path, type(error).__name__) from error
    return sklearn_model(native, "skops", path, sha256=sha256, section=section, columns=columns)


def sklearn_model(
    native: object,
    kind: str,
    path: Path,
    *,
    sha256: Sha256,
    section: ModelSection,
    columns: Sequence[str],
) -> SklearnModel:
    """Wrap a fitted estimator."""
    width = getattr(native, "n_features_in_", None)
    told = [str(name) for name in getattr(native, "feature_names_in_", ())]
    features = features_of(section, told, columns, where=path.name, width=width)
    labels = list(getattr(native, "classes_", ()))
    if labels and hasattr(labels[0], "__len__") and not isinstance(labels[0], str | bytes):
        refuse_outputs(len(labels), path)
    return SklearnModel(
        format=kind,
        sha256=sha256,
        features=features,
        classes=classes_of(section, labels, width=len(labels), where=path.name)
        if labels
        else section.classes,
        native=native,
        levels=levels_of(native, features),
    )


def _check_archive(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        raise _broken(path, "it is no skops archive")
    with zipfile.ZipFile(path) as archive:
        inflated = sum(item.file_size for item in archive.infolist())
    if inflated > MAX_INFLATED:
        raise _broken(path, f"it inflates to {inflated:,} bytes")


def _broken(path: Path, why: str) -> ModelError:
    return ModelError(
        "the model file cannot be read",
        reference="model-broken",
        where=path.name,
        got=why,
        expected="a file written by skops.io.dump",
        hint="save the model again; pickle files are not read",
    )
