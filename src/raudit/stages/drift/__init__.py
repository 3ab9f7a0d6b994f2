"""Whether the data, the scores or the performance moved away from a reference."""

from raudit.stages.drift.stage import STAGE

__all__ = ["STAGE"]
