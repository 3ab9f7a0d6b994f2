"""Whether the data is fit to be audited, and what the answers about it claim, measured."""

from raudit.stages.data_readiness.stage import STAGE

__all__ = ["STAGE"]
