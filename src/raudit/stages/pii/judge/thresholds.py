"""Every bare number by which a column is judged, and the tables on which each was set.

Shares of one type stand with it in ``vocabulary/rules/entities``; here is what all types share. The tables are
those of ``benchmarks/pii_quality.py``: the parts "tuning" and "held out", and what "fresh" and "unseen" showed wrong.
``tests/pii/test_thresholds.py`` holds a labelled table on which each of them flips.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Shares are of the sampled cells that are filled, in [0, 1]."""

    words_of_sentences: float = 6.0
    """Words of a text from which on it is likely a sentence and not the name of a thing (tuning)."""
    long_text: float = 12.0
    """Words of a text from which on chance finds are expected to grow with its length (held out, courses)."""
    prose: float = 0.3
    """Share of cells most words of which begin small, from which on cells are sentences and no titles (held out)."""
    named_sentences: float = 0.02
    """Share of sentences that name somebody, before the column does (tuning, reviews of hotels)."""
    named_titles: float = 0.3
    """The same of titles, places and headings: schools, prisons and streets are named after people (fresh, prisons)."""
    in_ranges: float = 0.95
    """Share of numbers written like a social security number that are in ranges that were given out (unseen, Var5)."""
    proven: float = 0.01
    """Share of random numbers that may pass a check that proves a type in a column called after something else."""
    hosts: float = 0.5
    """Share of four numbers that must be spread like those of IP addresses (unseen, positions of a bill)."""
    named_cells: float = 0.5
    """Share of short cells with a name and something beside it, such as its telephone number (contacts)."""
    places_for_each_person: float = 10.0
    """Places for each person from which on a text speaks of places (held out, addresses)."""
    least_by_chance: int = 3
    """Cells of keys and numbers that must pass a weak check; one or two do by chance (fresh, staff schedule)."""
    address_by_second_model: float = 0.7
    """Share of cells that a second model reads as addresses, from which on it is believed (tuning)."""
    shaped: float = 0.4
    """Share written like a name, below which no column holds names (tuning)."""
    shaped_under_name: float = 0.6
    """The same under a telling name of the column (tuning)."""
    listed_of_several: float = 0.3
    """Share with a listed name, or read as one by the model, under a telling name: teams have full names (fresh)."""
    role_mean: float = 0.35
    """Mean of the model's and the lists' shares under a role such as author (tuning)."""
    role_agreed: float = 0.1
    """Share on which both agree there (tuning)."""
    named_sum: float = 0.9
    """Sum of both shares where the column is called just "name" (fresh, names of wildfires and firms)."""
    named_agreed: float = 0.3
    """Share on which both agree there (fresh, the same)."""
    given_alone: float = 0.85
    """Share in which every word is a given name, from which on cells are a list of given names (unseen, localities)."""
    nearly_all: float = 0.75
    """Share of model, lists and both from which on a column holds full names, whatever it is called (held out)."""
    fewest_persons: int = 8
    """Different cells below which a column without a telling name is a list of something else (tuning, drinks)."""
    enough_persons: int = 30
    """Different cells that are enough in any number of rows (fresh, films and airports; unseen, stations)."""
    mean_of_several: float = 0.42
    """Mean of both shares in cells of several words, without a telling name (tuning)."""
    mean_of_one: float = 0.55
    """The same in cells of one word, which are towns, brands and colours more often (tuning)."""


SET = Thresholds()
