"""SHAP values: of linear models, trees and anything else, in the columns that people know."""
