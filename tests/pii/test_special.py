"""Special categories (GDPR Articles 9, 10): by name in four languages, by vocabulary, and not by what looks alike."""

import pytest

from raudit.stages.pii.rulebook import load_rulebook
from raudit.stages.pii.special import quasi_kinds, special_categories

BOOK = load_rulebook(("en", "de", "fr", "es"))


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("patient_diagnosis", "health"),
        ("Schwerbehinderung", "health"),
        ("groupeSanguin", "health"),
        ("hiv_status", "health"),
        ("Religionszugehörigkeit", "religion"),
        ("faith", "religion"),
        ("race_ethnicity", "ethnicity"),
        ("origen étnico", "ethnicity"),
        ("sexual_orientation", "orientation"),
        ("union", "union"),
        ("UNION", "union"),
        ("Gewerkschaft", "union"),
        ("party_affiliation", "politics"),
        ("fingerprint_template", "biometric"),
        ("BRCA1_mutation", "genetic"),
        ("prior_convictions", "criminal"),
        ("casier_judiciaire", "criminal"),
    ],
)
def test_names(name, category):
    assert category in special_categories(name, {}, BOOK)


@pytest.mark.parametrize(
    "name",
    ["treatment", "alcohol", "european_union", "union_square", "race_time", "browser_fingerprint", "disease_rate",
     "product_genetic_code", "blackout", "partition", "gracefully", "embrace", "traceid", "orientation"],
)  # fmt: skip
def test_names_that_only_look_alike(name):
    assert special_categories(name, {}, BOOK) == ()


@pytest.mark.parametrize(
    ("values", "category"),
    [
        ({"Catholic": 40, "Muslim": 20, "None": 9}, "religion"),
        ({"Heterosexual": 90, "Bisexual": 4}, "orientation"),
        ({"asthma": 5, "diabetes": 7, "migraine": 2}, "health"),
        ({"White": 50, "Black": 20, "Asian-Pac-Islander": 3}, "ethnicity"),
        ({"evangelisch": 5, "katholisch": 6}, "religion"),
    ],
)
def test_values(values, category):
    assert special_categories("V7", values, BOOK) == (category,)


@pytest.mark.parametrize(
    "values",
    [{"white": 90, "black": 10}, {"white": 3, "black": 4, "red": 9, "blue": 5}, {"orthodox": 9}, {}, {"straight": 30}],
)
def test_values_that_mean_other_things_too(values):
    assert special_categories("V7", values, BOOK) == ()


def test_quasi_identifiers_by_name():
    assert quasi_kinds("Postleitzahl", BOOK) == ("place",)
    assert quasi_kinds("marital_status", BOOK) == ("household",)
    assert quasi_kinds("amount", BOOK) == ()
