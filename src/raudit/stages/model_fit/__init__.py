"""Whether the model fits the data it is audited on."""

from raudit.stages.model_fit.stage import STAGE, Options

__all__ = ["STAGE", "Options"]
