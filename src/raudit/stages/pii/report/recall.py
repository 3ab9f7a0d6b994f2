"""Whose names the search misses: its measured recall by origin, which goes into every record."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from raudit.errors import PlanError
from raudit.sentences import say, term
from raudit.yamltext import read_yaml

MEASURED = Path(__file__).parents[1] / "vocabulary" / "recall.yaml"
NAMES_OF_EACH = 800
LEVEL = 0.95


@functools.cache
def _measured() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = read_yaml(MEASURED, error=PlanError).value
    return found


def recall_by_origin() -> list[dict[str, Any]]:
    """Recall of names in sentences by origin and language, as data.

    Returns
    -------
    list of dict
        ``origin``, ``sentences`` ("english" or "own"), ``recall``, ``low`` and ``high`` in [0, 1], ``n`` and ``level``.
    """
    return [
        {
            "origin": origin,
            "sentences": language,
            "recall": int(recall) / 100,
            "low": int(low) / 100,
            "high": int(high) / 100,
            "n": NAMES_OF_EACH,
            "level": LEVEL,
        }
        for origin, measured in _measured().items()
        for language, (recall, low, high) in measured.items()
    ]


def recall_note() -> str:
    """One sentence on the origins of which the fewest names are found."""
    told = []
    for language in ("english", "own"):
        rows = [row for row in recall_by_origin() if row["sentences"] == language]
        told.append(
            (
                min(rows, key=lambda row: row["recall"]),
                max(row["recall"] for row in rows),
                len(rows),
            )
        )
    (fewest, most, origins), (fewest_own, most_own, own) = told
    return say(
        "In a test of names of {origins} origins, {n} of each in English sentences, {low:.0%} ({a:.0%} to {b:.0%}) to "
        "{high:.0%} were found, fewest of {fewest} names; in the languages of {own} of them {low_2:.0%} ({c:.0%} to "
        "{d:.0%}) to {high_2:.0%}, fewest of {fewest_2} ones.",
        origins=origins,
        n=NAMES_OF_EACH,
        low=fewest["recall"],
        a=fewest["low"],
        b=fewest["high"],
        high=most,
        fewest=term(fewest["origin"]),
        own=own,
        low_2=fewest_own["recall"],
        c=fewest_own["low"],
        d=fewest_own["high"],
        high_2=most_own,
        fewest_2=term(fewest_own["origin"]),
    )
