"""Model files that are data, not code, and what they predict."""

from raudit.model.columns import favourable_places
from raudit.model.interface import Model
from raudit.model.isolation.process import BoundModel
from raudit.model.load import load_model
from raudit.model.predict import predict_columns

__all__ = ["BoundModel", "Model", "favourable_places", "load_model", "predict_columns"]
