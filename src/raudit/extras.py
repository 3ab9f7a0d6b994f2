"""A missing library becomes the command that installs it."""

from __future__ import annotations

import importlib
from types import ModuleType

from raudit.errors import MissingExtraError


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
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"{module} is needed to {purpose} and is not installed",
            reference="missing-extra",
            hint=f"pip install 'raudit[{extra}]'",
        ) from error
