"""Fairness: groups of people compared, from one table of cells."""

from raudit.stages.fairness.stage import STAGE

__all__ = ["STAGE"]
