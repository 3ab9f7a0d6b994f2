"""raudit: responsible-AI audits that end in a signed report a stranger can check."""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__"]
