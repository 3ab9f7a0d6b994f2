"""Sentences and figures of the stage."""
