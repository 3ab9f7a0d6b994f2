"""From a model file to a Model: nothing in the file is executed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from raudit.canonical import sha256_file
from raudit.errors import ModelError
from raudit.model.interface import Model
from raudit.plan import ModelSection

SUFFIXES = {".skops": "skops"}


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
    """
    if not path.is_file():
        raise ModelError(
            "there is no model file", reference="model-missing", where=str(path), hint="check model.path in the plan"
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
    kind = section.format if section.format != "auto" else SUFFIXES.get(path.suffix.lower(), "")
    if kind != "skops":
        raise ModelError(
            "unknown model format",
            reference="model-format",
            where=path.name,
            got=path.suffix or "no suffix",
            expected=", ".join(SUFFIXES),
            hint="save the model in a format that is data and not code",
        )
    from raudit.model.skops_file import read_skops

    return read_skops(path, sha256=digest, section=section, columns=columns)
