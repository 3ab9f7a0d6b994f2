"""Verdicts: which profile means personal data, persons, or a special category."""
