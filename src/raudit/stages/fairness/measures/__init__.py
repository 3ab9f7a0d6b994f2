"""Rates and gaps by group, from a cell table."""
