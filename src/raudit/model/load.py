"""From a model file to a Model: nothing in the file is executed, unless the plan says so by an unsafe format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from raudit.canonical import Sha256, sha256_file
from raudit.errors import ModelError, RauditError
from raudit.model.interface import Model
from raudit.plan import ModelSection

SUFFIXES = {
    ".skops": "skops",
    ".json": "xgboost",
    ".ubj": "xgboost",
    ".txt": "lightgbm",
    ".cbm": "catboost",
    ".onnx": "onnx",
}
CODE = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle")


def load_model(section: ModelSection, path: Path, *, columns: Sequence[str]) -> Model:
    """Read a model file.

    Parameters
    ----------
    section
        What the plan says of it.
    path
        The file.
    columns
        Columns of the data set, to say early that a feature is missing.

    Raises
    ------
    ModelError
        If it cannot be read without running its code, has another digest than declared, or does not fit the data.
    MissingExtraError
        If the library that reads the format is not installed.
    """
    if not path.is_file():
        raise ModelError(
            "there is no model file",
            reference="model-missing",
            where=str(path),
            hint="check model.path in the plan",
        )
    digest = sha256_file(path)
    if section.sha256 is not None and section.sha256 != digest:
        raise ModelError(
            "the model file is not the declared one",
            reference="model-digest",
            where=path.name,
            got=digest,
            expected=section.sha256,
            hint="audit the declared file, or declare this one",
        )
    kind = format_of(section, path)
    if section.missing is not None and kind != "xgboost":
        raise ModelError(
            "model.missing is for XGBoost, and this file is another's",
            reference="model-format",
            where=path.name,
            got=kind,
            expected="xgboost",
            hint="remove model.missing: files of other libraries keep what their training took for a missing value",
        )
    try:
        return _read(kind, section, path, digest, columns)
    except (RauditError, MemoryError):
        raise
    except (
        Exception
    ) as error:  # whatever a library raises on a broken file, it is the file that is broken
        raise ModelError(
            "the model file cannot be read",
            reference="model-broken",
            where=path.name,
            got=type(error).__name__,
            expected=f"a whole file of the format {kind}",
            hint="save the model again, or name the format under model.format",
        ) from error


def format_of(section: ModelSection, path: Path) -> str:
    """The format that the plan names, or that the file's name tells.

    Raises
    ------
    ModelError
        If neither tells, or the name is that of a pickle.
    """
    if section.format != "auto":
        return section.format
    suffix = path.suffix.lower()
    if suffix in CODE:
        raise ModelError(
            "the model file is code: reading it would run whatever it holds",
            reference="model-code",
            where=path.name,
            got=suffix,
            expected=", ".join(SUFFIXES),
            hint="save the model with skops.io.dump; or, if you trust this very file, set model.format to "
            "unsafe-pickle or unsafe-joblib and model.sha256 to its digest",
        )
    if suffix not in SUFFIXES:
        raise ModelError(
            "unknown model format",
            reference="model-format",
            where=path.name,
            got=path.suffix or "no suffix",
            expected=", ".join(SUFFIXES),
            hint="name it under model.format",
        )
    return SUFFIXES[suffix]


def _read(
    kind: str, section: ModelSection, path: Path, digest: Sha256, columns: Sequence[str]
) -> Model:
    match kind:
        case "skops":
            from raudit.model.formats.skops_file import read_skops

            return read_skops(path, sha256=digest, section=section, columns=columns)
        case "xgboost":
            from raudit.model.formats.xgboost_file import read_xgboost

            return read_xgboost(path, sha256=digest, section=section, columns=columns)
        case "lightgbm":
            from raudit.model.formats.lightgbm_file import read_lightgbm

            return read_lightgbm(path, sha256=digest, section=section, columns=columns)
        case "catboost":
            from raudit.model.formats.catboost_file import read_catboost

            return read_catboost(path, sha256=digest, section=section, columns=columns)
        case "onnx":
            from raudit.model.formats.onnx_file import read_onnx

            return read_onnx(path, sha256=digest, section=section, columns=columns)
        case _:
            from raudit.model.formats.unsafe_file import read_unsafe

            return read_unsafe(path, kind, sha256=digest, section=section, columns=columns)
