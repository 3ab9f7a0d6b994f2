"""A missing library becomes the command that installs it."""

from __future__ import annotations

import importlib
import os
from types import ModuleType

from raudit.errors import MissingExtraError

NO_REPORTS = {"ORT_DISABLE_TELEMETRY": "1"}
"""Variables without which a library reports on its use: onnxruntime sends names and digests of models since 1.29."""


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional library, or say what it is for and how to install it.

    Parameters
    ----------
    module
        Import name, such as ``"xgboost"``.
    extra
        The extra of raudit that brings it, such as ``"models"``.
    purpose
        What cannot be done without it, such as ``"read XGBoost models"``.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    os.environ.update(NO_REPORTS)
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{module} is needed to {purpose} and is not installed",
            reference="missing-extra",
            hint=f"pip install 'raudit[{extra}]'",
        ) from error
