"""Each threshold of the verdicts decides a small labelled table: moved to its other side, the label is missed."""

from dataclasses import fields, replace

import pytest

from raudit.stages.pii.count.profile import ColumnProfile, EntityCount
from raudit.stages.pii.judge import persons, verdicts
from raudit.stages.pii.judge.thresholds import SET
from raudit.stages.pii.vocabulary.names_of_columns import hint_table
from raudit.stages.pii.vocabulary.rulebook import load_rulebook

BOOK = load_rulebook(("en",))
FULL_NAMES = {"mean_words": 2.0, "wordy": 0.0, "name_shape": 1.0}
SENTENCES = {"mean_words": 9.0, "wordy": 1.0, "prose": 0.8, "name_shape": 0.0}


def column(name, n=1_000, *, model=0.0, agreed=0.0, entity="PERSON", other=(), **shares):
    """A text column of n cells, of which the model calls a share persons and the lists agree on some."""
    count = EntityCount(
        entity_type=entity,
        k=round(model * n),
        n=n,
        exact=True,
        whole=round(model * n),
        agreed=round(agreed * n),
    )
    return ColumnProfile(
        **{
            "name": name,
            "kind": "text",
            "n_rows": n,
            "n_empty": 0,
            "n_sampled": n,
            "distinct_in_sample": n,
            "counts": (count, *other),
            **shares,
        }
    )


def places(k, n):
    return EntityCount(entity_type="LOCATION", k=k, n=n, exact=True, whole=0)


CASES = {
    # threshold: (the table, whether it is personal, the threshold moved to the other side of the table)
    "words_of_sentences": (column("c", model=0.05, agreed=0.05, **SENTENCES), True, 10.0),
    "prose": (column("c", model=0.05, agreed=0.05, **SENTENCES), True, 0.9),
    "long_text": (
        column("c", model=0.1, agreed=0.05, **SENTENCES | {"mean_words": 60.0}),
        False,
        60.0,
    ),
    "named_sentences": (column("c", model=0.05, agreed=0.05, **SENTENCES), True, 0.06),
    "named_titles": (
        column("c", model=0.4, agreed=0.2, **SENTENCES | {"prose": 0.1}),
        False,
        0.1,
    ),
    "in_ranges": (
        column(
            "c",
            other=(
                EntityCount(
                    entity_type="US_SSN", k=1_000, n=1_000, exact=True, whole=1_000, checksum=900
                ),
            ),
        ),
        False,
        0.85,
    ),
    "proven": (
        column(
            "mailing",
            other=(
                EntityCount(
                    entity_type="EMAIL_ADDRESS", k=20, n=1_000, exact=True, whole=0, checksum=20
                ),
            ),
        ),
        True,
        -1.0,
    ),
    "hosts": (column("c", entity="IP_ADDRESS", model=0.9, agreed=0.9, hosts=0.3), False, 0.2),
    "named_cells": (column("c", model=0.1, agreed=0.7, mean_words=3.0), True, 0.75),
    "places_for_each_person": (
        column("c", model=0.06, agreed=0.05, other=(places(800, 1_000),), **SENTENCES),
        False,
        20.0,
    ),
    "least_by_chance": (
        column(
            "c",
            entity="ES_NIF",
            other=(
                EntityCount(entity_type="ES_NIE", k=2, n=1_000, exact=True, whole=0, checksum=2),
            ),
        ),
        False,
        1,
    ),
    "address_by_second_model": (column("c", second_address=0.75), True, 0.8),
    "shaped": (column("c", model=0.9, agreed=0.9, name_listed=0.9, **FULL_NAMES), True, 1.1),
    "shaped_under_name": (
        column("first name", name_listed=0.9, name_shape=0.55, mean_words=1.0),
        False,
        0.5,
    ),
    "listed_of_several": (column("full name", name_listed=0.2, **FULL_NAMES), False, 0.1),
    "role_mean": (
        column("author", model=0.4, agreed=0.3, name_listed=0.4, **FULL_NAMES),
        True,
        0.45,
    ),
    "role_agreed": (
        column("author", model=0.5, agreed=0.05, name_listed=0.5, **FULL_NAMES),
        False,
        0.01,
    ),
    "named_sum": (
        column("name", model=0.4, agreed=0.35, name_listed=0.4, **FULL_NAMES),
        False,
        0.5,
    ),
    "named_agreed": (
        column("name", model=0.6, agreed=0.19, name_listed=0.5, **FULL_NAMES),
        False,
        0.1,
    ),
    "given_alone": (
        column("c", model=0.2, name_listed=0.95, name_given=0.5, name_shape=1.0, mean_words=1.0),
        False,
        0.4,
    ),
    "nearly_all": (
        column(
            "airport",
            model=0.7,
            agreed=0.7,
            name_listed=0.7,
            **FULL_NAMES,
        ),
        False,
        0.6,
    ),
    "fewest_persons": (
        column(
            "c",
            20,
            model=0.7,
            agreed=0.6,
            name_listed=0.7,
            distinct_in_sample=6,
            **FULL_NAMES,
        ),
        False,
        5,
    ),
    "enough_persons": (
        column(
            "c",
            200,
            model=0.7,
            agreed=0.6,
            name_listed=0.7,
            distinct_in_sample=22,
            **FULL_NAMES,
        ),
        False,
        20,
    ),
    "mean_of_several": (
        column("c", model=0.45, agreed=0.3, name_listed=0.45, **FULL_NAMES),
        True,
        0.5,
    ),
    "mean_of_one": (
        column("c", model=0.5, agreed=0.45, name_listed=0.5, name_shape=1.0, mean_words=1.0),
        False,
        0.45,
    ),
}


def test_every_threshold_has_its_table():
    assert CASES.keys() == {f.name for f in fields(SET)}


@pytest.mark.parametrize("threshold", CASES)
def test_the_table_is_labelled_rightly_and_flips(threshold, monkeypatch):
    table, personal, moved = CASES[threshold]
    assert verdicts.judge(table, hint_table(BOOK), BOOK).personal is personal
    for module in (persons, verdicts):
        monkeypatch.setattr(module, "SET", replace(SET, **{threshold: moved}))
    assert verdicts.judge(table, hint_table(BOOK), BOOK).personal is not personal
