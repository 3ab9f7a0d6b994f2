"""Whether people can be told again in a table that was made from them, or in the model that learnt from them."""

from raudit.stages.reidentification.stage import STAGE

__all__ = ["STAGE"]
