"""Every bare number by which a column is judged, and the tables on which each was set.

Shares of one type stand with it in ``vocabulary/rules/entities``; here is what all types share. The tables are
those of ``benchmarks/pii_quality.py``: the parts "tuning" and "held out", and what "fresh" and "unseen" showed wrong.
A number that names none is a plain half, or stands where the tables of "tuning" leave a wide gap.
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
    several_words: float = 1.8
    """Mean of words from which on cells are of several words: given and family name, with a few that have one."""
    foreign: float = 0.5
    """Share in another script than the Latin one, from which on the lists speak without the model."""
    handful: int = 5
    """Different cells below which a column is a list of kinds, whatever it is called."""
    listed_of_few: float = 0.5
    """Share with a listed name that lets fewer than a handful be names under a telling name: a form with one person."""
    many_under_name: int = 10
    """Different cells from which on a telling name is enough for cells of one word; names unknown to us are names."""
    listed_of_some: float = 0.05
    """Share with a listed name that fewer need."""
    role_shaped_foreign: float = 0.7
    """Share written like a name under a role, in another script."""
    role_listed_foreign: float = 0.6
    """Share with a listed name there."""
    role_shaped: float = 0.9
    """Share written like a name where the lists speak alone under a role."""
    role_listed: float = 0.15
    """Share with a listed name below which no role holds people, however sure the model is."""
    listed_alone: float = 0.85
    """Share with a listed name from which on the lists need no model: capitals, "Last, First", rare origins."""
    listed_agreed: float = 0.5
    """Share on which the model agrees there, without a telling name."""
    named_sum_of_one: float = 1.0
    """As ``named_sum``, for cells of one word: rivers, horses and storms have given names."""
    family_listed: float = 0.35
    """Share with a listed name in a column of family names under a role; the lists know the common ones only."""
    family_model: float = 0.1
    """Share that the model reads as names there."""
    different: float = 0.2
    """Share of cells that are different, below which they are kinds of something; people seldom stand in five rows."""
    different_given: float = 0.1
    """The same of given names, which people share."""
    different_vetoed: float = 0.3
    """The same under a name that speaks of things called after people, such as airports."""
    enough_given: int = 20
    """As ``enough_persons``, for given names alone: no list of things is full of them."""
    titled: float = 0.5
    """Share with a form of address, from which on cells are people."""
    titled_listed: float = 0.5
    """Share with a listed name there."""
    initialed: float = 0.6
    """Share of initials and a word, from which on cells are people."""
    initialed_listed: float = 0.3
    """Share with a listed name there; or"""
    initialed_model: float = 0.4
    """share that the model reads as names there."""
    given_model: float = 0.15
    """Share of given names that the model has to know; it reads them in sentences and not alone."""
    second_person: float = 0.5
    """Share from which on a second model reads a column as persons."""
    model_with_second: float = 0.3
    """Share from which on the first model agrees with it."""
    least_of_several: float = 0.25
    """The least of model, lists and both in cells of several words, without a telling name."""
    least_of_one: float = 0.4
    """The same in cells of one word."""
    measured: float = 0.1
    """Share of numbers with a fraction, from which on a column was measured and not given out."""
    suspected: float = 0.5
    """Share of the right form under a telling name, from which on a column is suspected though no check confirms it."""
    separated: float = 0.5
    """Share that groups its digits, as telephone numbers do and keys do not."""
    dialled: float = 0.85
    """Of those, the share written as only telephone numbers are."""
    dates: float = 0.2
    """Share written like a date, above which groups of digits are dates."""
    given_out: float = 0.95
    """Share that must be written so, and be in ranges that are given out, in cells of two groups: 0171/1234567."""
    plain_numbers: float = 0.2
    """Share of plain numbers above which two groups are keys."""
    dates_of_two: float = 0.02
    """Share written like a date above which two groups are dates: 01/1999."""
    few_numbers: int = 3
    """Different cells below which numbers of a risky form are codes, without a telling name."""
    words_of_handles: float = 2.5
    """Mean of words from which on cells are no user names."""
    numbered_handles: float = 0.5
    """Share of numbers or dates above which cells are keys and no user names."""
    different_handles: float = 0.3
    """Share of cells that are different, below which they are kinds of account and no user names."""
    few_addresses: int = 2
    """Texts with an address from which on a column of texts has addresses inside; or, in many,"""
    addresses: float = 0.01
    """this share of them."""
    passing: float = 0.5
    """Share of matches that pass a check, from which on chance is out of the question."""
    surely: float = 0.999
    """Level of the bound by which fewer must be beyond chance; a column is one of many."""
    phone_alone: float = 0.5
    """Share of finds that fill their cell, above which they are keys, which were judged as whole cells."""
    phone_beside: float = 0.5
    """Share of short cells with a telephone number beside something, such as a name."""
    phones: float = 0.02
    """Share of texts with a number grouped like a telephone's, below which it is an order number (fresh, courses)."""


SET = Thresholds()
