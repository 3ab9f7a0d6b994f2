"""Counting: cells, samples and whole columns become column profiles."""
