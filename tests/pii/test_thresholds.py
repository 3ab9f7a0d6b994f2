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
ONE_WORD = {"mean_words": 1.0, "name_shape": 1.0}
DIALLED = {"separated": 1.0, "dialled": 1.0}
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


def count(entity, k, n=1_000, *, whole=None, **more):
    """Cells that hold an entity, and fill the cell unless told otherwise."""
    whole = k if whole is None else whole
    return EntityCount(entity_type=entity, k=k, n=n, exact=True, whole=whole, **more)


def phones(n=1_000, agreed=1_000, **shares):
    """A column of numbers written like telephone numbers."""
    other = (count("PHONE_NUMBER", n, n, agreed=agreed),)
    return column("c", n, other=other, mean_words=1.0, **shares)


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
    "several_words": (
        column("c", model=0.5, agreed=0.45, name_listed=0.5, name_shape=1.0, mean_words=1.7),
        False,
        1.6,
    ),
    "foreign": (
        column("c", name_listed=0.9, name_shape=0.9, mean_words=1.0, foreign=0.8),
        True,
        0.9,
    ),
    "handful": (
        column(
            "author", model=0.9, agreed=0.9, name_listed=0.9, distinct_in_sample=6, **FULL_NAMES
        ),
        True,
        7,
    ),
    "listed_of_few": (
        column("first name", name_listed=0.6, distinct_in_sample=3, **ONE_WORD),
        True,
        0.7,
    ),
    "many_under_name": (column("first name", distinct_in_sample=12, **ONE_WORD), True, 13),
    "listed_of_some": (
        column("first name", name_listed=0.1, distinct_in_sample=8, **ONE_WORD),
        True,
        0.2,
    ),
    "role_shaped_foreign": (
        column("author", name_listed=0.8, name_shape=0.75, mean_words=1.0, foreign=1.0),
        True,
        0.8,
    ),
    "role_listed_foreign": (
        column("author", name_listed=0.65, name_shape=1.0, mean_words=1.0, foreign=1.0),
        True,
        0.7,
    ),
    "role_shaped": (column("author", name_listed=0.9, mean_words=2.0, name_shape=0.95), True, 0.97),
    "role_listed": (
        column("author", model=0.9, agreed=0.15, name_listed=0.16, **FULL_NAMES),
        True,
        0.2,
    ),
    "listed_alone": (column("author", name_listed=0.9, **FULL_NAMES), True, 0.95),
    "listed_agreed": (
        column("c", model=0.4, agreed=0.2, name_listed=0.9, **FULL_NAMES),
        False,
        0.15,
    ),
    "named_sum_of_one": (
        column("name", model=0.45, agreed=0.4, name_listed=0.5, **ONE_WORD),
        False,
        0.9,
    ),
    "family_listed": (
        column("author", model=0.12, agreed=0.05, name_listed=0.4, **ONE_WORD),
        True,
        0.5,
    ),
    "family_model": (
        column("author", model=0.05, agreed=0.05, name_listed=0.5, **ONE_WORD),
        False,
        0.03,
    ),
    "different": (
        column("c", 100, name_listed=0.9, distinct_in_sample=15, titled=1.0, **FULL_NAMES),
        False,
        0.1,
    ),
    "different_given": (
        column(
            "c",
            150,
            model=0.3,
            agreed=0.3,
            name_listed=0.95,
            name_given=0.95,
            distinct_in_sample=16,
            **ONE_WORD,
        ),
        True,
        0.2,
    ),
    "different_vetoed": (
        column(
            "airport", model=0.8, agreed=0.8, name_listed=0.8, distinct_in_sample=200, **FULL_NAMES
        ),
        False,
        0.1,
    ),
    "enough_given": (
        column(
            "c",
            model=0.3,
            agreed=0.3,
            name_listed=0.95,
            name_given=0.95,
            distinct_in_sample=25,
            **ONE_WORD,
        ),
        True,
        30,
    ),
    "titled": (column("c", titled=0.6, name_listed=0.6, **FULL_NAMES), True, 0.7),
    "titled_listed": (column("c", titled=0.9, name_listed=0.4, **FULL_NAMES), False, 0.3),
    "initialed": (column("c", initialed=0.5, name_listed=0.5, **FULL_NAMES), False, 0.4),
    "initialed_listed": (column("c", initialed=0.9, name_listed=0.35, **FULL_NAMES), True, 0.5),
    "initialed_model": (
        column("c", initialed=0.9, model=0.45, agreed=0.0, **FULL_NAMES),
        True,
        0.5,
    ),
    "given_model": (
        column("c", model=0.2, agreed=0.2, name_listed=0.95, name_given=0.95, **ONE_WORD),
        True,
        0.3,
    ),
    "second_person": (
        column("c", model=0.35, agreed=0.1, name_listed=0.3, second_person=0.6, **FULL_NAMES),
        True,
        0.7,
    ),
    "model_with_second": (
        column("c", model=0.35, agreed=0.1, name_listed=0.3, second_person=0.6, **FULL_NAMES),
        True,
        0.4,
    ),
    "least_of_several": (
        column("c", model=0.6, agreed=0.2, name_listed=0.5, **FULL_NAMES),
        False,
        0.15,
    ),
    "least_of_one": (column("c", model=0.7, agreed=0.35, name_listed=0.6, **ONE_WORD), False, 0.3),
    "measured": (
        column(
            "national id",
            kind="number",
            fractions=0.2,
            other=(count("NATIONAL_ID", 900, checksum=900),),
        ),
        True,
        0.3,
    ),
    "separated": (phones(separated=0.6, dialled=0.9), True, 0.7),
    "dialled": (phones(separated=1.0, dialled=0.9), True, 0.92),
    "dates": (phones(separated=1.0, dialled=0.9, date_shape=0.1), True, 0.05),
    "given_out": (phones(separated=0.1, dialled=0.9, agreed=900), False, 0.85),
    "plain_numbers": (phones(separated=0.1, dialled=1.0, number_share=0.3), False, 0.4),
    "dates_of_two": (phones(separated=0.1, dialled=1.0, date_shape=0.1), False, 0.15),
    "few_numbers": (phones(n=4, agreed=4, distinct_in_sample=2, **DIALLED), False, 2),
    "words_of_handles": (column("username", mean_words=2.0), True, 1.5),
    "numbered_handles": (column("username", mean_words=1.0, number_share=0.6), False, 0.7),
    "different_handles": (column("username", mean_words=1.0, distinct_in_sample=200), False, 0.1),
    "few_addresses": (
        column("c", 40, other=(count("ADDRESS", 2, 40, whole=0, agreed=1),), **SENTENCES),
        False,
        1,
    ),
    "addresses": (
        column("c", other=(count("ADDRESS", 20, whole=0, agreed=15),), **SENTENCES),
        True,
        0.02,
    ),
    "passing": (
        column("c", other=(count("CREDIT_CARD", 10, whole=0, checksum=2),), **SENTENCES),
        False,
        0.1,
    ),
    "surely": (
        column("c", other=(count("CREDIT_CARD", 100, whole=0, checksum=32),), **SENTENCES),
        False,
        0.5,
    ),
    "phone_alone": (
        column("c", other=(count("PHONE_NUMBER", 900, whole=600, agreed=900),), mean_words=2.0),
        False,
        0.8,
    ),
    "phone_beside": (
        column("c", other=(count("PHONE_NUMBER", 600, whole=0, agreed=600),), mean_words=2.0),
        True,
        0.7,
    ),
    "phones": (
        column("c", other=(count("PHONE_NUMBER", 30, whole=0, agreed=30),), **SENTENCES),
        True,
        0.04,
    ),
    "suspected": (column("card number", other=(count("CREDIT_CARD", 600, checksum=0),)), True, 0.7),
}


def test_every_threshold_has_its_table():
    assert CASES.keys() == {f.name for f in fields(SET)}


@pytest.mark.parametrize("threshold", CASES)
def test_the_table_is_labelled_rightly_and_flips(threshold, monkeypatch):
    table, personal, moved = CASES[threshold]
    before = verdicts.judge(table, hint_table(BOOK), BOOK)
    assert before.personal is personal
    for module in (persons, verdicts):
        monkeypatch.setattr(module, "SET", replace(SET, **{threshold: moved}))
    after = verdicts.judge(table, hint_table(BOOK), BOOK)
    assert [(f.entity_type, f.sureness) for f in after.found] != [
        (f.entity_type, f.sureness) for f in before.found
    ]
