"""Pickle and joblib files, which are programs: read only where the plan pins the digest of the very file it trusts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from raudit.canonical import Sha256
from raudit.errors import ModelError
from raudit.model.formats.skops_file import sklearn_model
from raudit.model.interface import Model
from raudit.plan import ModelSection


def read_unsafe(
    path: Path, kind: str, *, sha256: Sha256, section: ModelSection, columns: Sequence[str]
) -> Model:
    """Run the file and take the estimator it leaves; see ``load_model``.

    Raises
    ------
    ModelError
        If the plan pins no digest, the file fails, or leaves no fitted scikit-learn estimator.
    """
    if section.sha256 is None:
        raise ModelError(
            "a file that runs code is read only if its digest is pinned",
            reference="model-unpinned",
            where=path.name,
            hint="set model.sha256",
        )
    try:
        if kind == "unsafe-joblib":
            import joblib

            native = joblib.load(path)
        else:
            import pickle

            with path.open("rb") as file:
                native = pickle.load(file)  # noqa: S301 -- what the format means; the digest is pinned
    except Exception as error:
        raise ModelError(
            "the model file cannot be read",
            reference="model-broken",
            where=path.name,
            got=type(error).__name__,
            expected="a pickled scikit-learn estimator, and the libraries it was made with",
        ) from error
    if not hasattr(native, "predict"):
        raise ModelError(
            "the model file holds no model",
            reference="model-broken",
            where=path.name,
            got=type(native).__name__,
            expected="a fitted estimator with predict",
        )
    return sklearn_model(native, kind, path, sha256=sha256, section=section, columns=columns)
