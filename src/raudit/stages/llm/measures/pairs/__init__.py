"""Paired correspondence: the same text with a group swapped, and what repeats of the same text differ by."""
