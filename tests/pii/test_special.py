"""Special categories (GDPR Articles 9, 10): by name in four languages, by vocabulary, and not by what looks alike."""

import pytest

from raudit.stages.pii.judge.special import quasi_kinds, special_categories
from raudit.stages.pii.vocabulary.rulebook import load_rulebook

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
    assert category in special_categories(name, {"A": 3, "B": 9}, BOOK)
    assert special_categories(name, {}, BOOK) == ()  # never by the name alone


@pytest.mark.parametrize("name", ["Faith", "religion", "ethnicity", "skin_colour", "Konfession"])
def test_yes_or_no_does_not_say_which(name):
    assert special_categories(name, {"yes": 3, "no": 9}, BOOK) == ()
    assert special_categories(name, {"ja": 3, "n/a": 9}, BOOK) == ()


@pytest.mark.parametrize(
    "name", ["hiv_status", "Schwerbehinderung", "union", "hispanic", "pregnant"]
)
def test_yes_or_no_says_whether(name):
    assert special_categories(name, {"yes": 3, "no": 9}, BOOK) != ()


@pytest.mark.parametrize(
    "name",
    [
        "treatment",
        "alcohol",
        "european_union",
        "union_square",
        "race_time",
        "browser_fingerprint",
        "disease_rate",
        "product_genetic_code",
        "blackout",
        "partition",
        "gracefully",
        "embrace",
        "traceid",
        "orientation",
    ],
)
def test_names_that_only_look_alike(name):
    assert special_categories(name, {"yes": 3, "no": 9}, BOOK) == ()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("black", ["0.12", "0.3", "0.071", "1.0"]),  # shares of people in places
        ("race", ["10:31", "09:12", "11:00"]),  # starts of races
        ("cancer", [str(n) for n in range(40, 900, 7)]),  # cases in places
        ("religion", ["2020-01-03", "2021-11-30"]),
        ("religion", ["2019", "2020", "2021"]),
    ],
)
def test_what_no_person_has(name, values):
    assert special_categories(name, dict.fromkeys(values, 2), BOOK) == ()


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("The caller was diagnosed with diabetes last year", "health"),
        ("Die Kundin ist schwanger und fragt nach Urlaub", "health"),
        ("Le patient souffre de migraines depuis mai", "health"),
        ("Bij de klant is diabetes vastgesteld vorig jaar", "health"),
        ("Kunden fick diagnosen epilepsi förra året", "health"),
        ("She is a practising catholic and asks for Sundays", "religion"),
        ("He told the agent that he is gay and afraid", "orientation"),
        ("I am a union member since ten years", "union"),
        ("He was convicted of fraud ten years ago", "criminal"),
        ("The order of Tuesday was late and the box was wet", None),
    ],
)
def test_what_sentences_say_of_somebody(text, category):
    assert special_categories("note", {text: 1, "The box was dry.": 9}, BOOK) == (
        (category,) if category else ()
    )


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
    [
        {"white": 90, "black": 10},
        {"white": 3, "black": 4, "red": 9, "blue": 5},
        {"orthodox": 9},
        {},
        {"straight": 30},
    ],
)
def test_values_that_mean_other_things_too(values):
    assert special_categories("V7", values, BOOK) == ()


def test_quasi_identifiers_by_name():
    assert quasi_kinds("Postleitzahl", BOOK) == ("place",)
    assert quasi_kinds("marital_status", BOOK) == ("household",)
    assert quasi_kinds("amount", BOOK) == ()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("black", ["1%", "2%", "12 %"]),
        ("ethnicity", ["1/3", "2/5", "7/9"]),
        ("pct_hispanic", ["10-20%", "20-30%"]),
        ("diagnosis", ["-", "n/a", "NULL"]),
        ("religion", ["unknown"]),
        ("church_distance", ["1.3 km", "2.0 km"]),
        ("race", [f"Grand Prix {i}" for i in range(40)]),
    ],
)
def test_shares_ratios_and_nothing_known_are_no_category(name, values):
    assert special_categories(name, dict.fromkeys(values, 3), BOOK) == ()
