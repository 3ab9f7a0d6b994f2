"""Model files that are data, not code, and what they predict."""

from raudit.model.interface import Model

__all__ = ["Model"]
