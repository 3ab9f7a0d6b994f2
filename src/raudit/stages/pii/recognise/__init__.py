"""Recognisers: patterns, checks, telephone numbers, the language model, a second opinion."""
