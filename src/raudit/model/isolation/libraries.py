"""What a model's process imports before its limits hold, and which of that once for all processes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from raudit.errors import ModelError
from raudit.model.load import format_of
from raudit.plan import ModelSection

READERS = {
    "skops": ("skops.io", "sklearn"),
    "xgboost": ("xgboost", "scipy.special"),
    "lightgbm": ("lightgbm",),
    "catboost": ("catboost",),
    "onnx": ("onnx", "onnxruntime"),
    "unsafe-pickle": ("sklearn",),
    "unsafe-joblib": ("joblib", "sklearn"),
}
TABLES = ("pandas", "pyarrow")
QUIET = frozenset(
    {"joblib", "scipy.special", "shap", "skops.io", "sklearn", "sklearn.ensemble", *TABLES}
)
"""Libraries that start no thread and reach for no network on import: a server may import them and then fork.

All others are imported in the process that reads the file, which has no network by then.
"""


def readers_of(section: ModelSection, path: Path) -> tuple[str, ...]:
    """Modules that read a model file's format; only those of tables if it has none that is known."""
    try:
        return (*TABLES, *READERS.get(format_of(section, path), ()))
    except ModelError:
        return TABLES


def shared_by_all(libraries: Iterable[str]) -> tuple[str, ...]:
    """Those of some libraries that are imported once for all processes, each once and in their order."""
    return tuple(name for name in dict.fromkeys(libraries) if name in QUIET)
