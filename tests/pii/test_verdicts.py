"""Verdicts on columns: what looks like personal data and is not, and what is although nothing says so."""

import random

import pyarrow as pa
import pytest

from raudit.data import wrap_table
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.options import Options
from raudit.stages.pii.scanner import prepare

FIRST = (
    *("Angela", "Robert", "Maria", "James", "Linda", "Carlos", "Emma", "Peter"),
    *("Julia", "Marcus", "Sandra", "Thomas", "Nicole", "Daniel", "Laura", "Kevin"),
)
LAST = (
    *("Jones", "Miller", "Garcia", "Smith", "Brown", "Lopez", "Wilson"),
    *("Schmidt", "Fischer", "Weber", "Moreau", "Dubois", "Martinez", "Taylor"),
)
N = 150
AIRPORTS = (
    *("John F. Kennedy International", "Benito Juárez", "Pierre Elliott Trudeau", "Václav Havel"),
    *("Charles de Gaulle", "Norman Manley", "Bob Hope", "Galileo Galilei", "Frédéric Chopin"),
    *("Ben Gurion", "Indira Gandhi International", "Jomo Kenyatta"),
)
FILMS = (
    *("Billy Elliot", "Norma Rae", "Stuart Little", "Lara Croft", "Donnie Darko", "Barry Lyndon"),
    *("Alien", "Amélie", "Some Like It Hot", "The Talented Mr. Ripley", "Heat", "Ferris Bueller"),
    *("Edward Scissorhands", "Napoleon Dynamite", "Annie Hall", "Jackie Brown", "Erin Brockovich"),
)


@pytest.fixture(scope="module")
def scanner():
    return prepare(Options(sample=150), seed=1)


@pytest.fixture
def rng():
    return random.Random(4)


def found(scanner, name, values):
    (verdict,) = scan_table(
        wrap_table(pa.table({name: pa.array([str(v) for v in values])}), name="t"), scanner
    )
    return [f.entity_type for f in verdict.found]


def person(rng):
    return rng.choice(FIRST), rng.choice(LAST)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("c1", lambda r: "{} {}".format(*person(r))),
        ("c1", lambda r: "{1}, {0}".format(*person(r))),
        ("c1", lambda r: "{1}, {0}".format(*person(r)).upper()),
        ("c1", lambda r: "{[0]}. {}".format(*person(r))),
        ("c1", lambda r: "{1}, Mr. {0} {2}".format(*person(r), r.choice(FIRST))),
        ("c1", lambda r: "-{} {}".format(*person(r))),
        ("field_2", lambda r: person(r)[0]),
        ("rownames", lambda r: "{1},{0[0]}.{2[0]}.".format(*person(r), r.choice(FIRST)).upper()),
        ("name", lambda r: "{1} (R {2})".format(*person(r), r.choice(["AL", "NY", "TX"])).upper()),
        ("judge", lambda r: "{} {}".format(*person(r))),
        ("last", lambda r: person(r)[1]),
        ("Vor- und Nachname", lambda r: "{} {}".format(*person(r))),
    ],
)
def test_names_however_they_are_written(scanner, rng, name, make):
    assert found(scanner, name, [make(rng) for _ in range(N)]) == ["PERSON"]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("peak", lambda r: f"Mt. {person(r)[1]}"),
        ("site", lambda r: f"{person(r)[1]} Hospice".upper()),
        (
            "name",
            lambda r: r.choice(
                [
                    "Lincoln",
                    "Houston",
                    "Jackson",
                    "Madison",
                    "Franklin",
                    "Orange",
                    "Polk",
                    "Iron",
                    "Dade",
                ]
            ),
        ),
        ("assigned", lambda r: f"10.{r.randrange(99)}.0.0/16"),
        (
            "pos",
            lambda r: f"{r.randrange(20, 99)}.{r.randrange(9)}.0{r.randrange(9)}.0{r.randrange(9)}",
        ),
        (
            "part",
            lambda r: f"{r.randrange(10**3):03}-{r.randrange(10**3):03}-{r.randrange(10**4):04}",
        ),
        ("id", lambda r: f"2015-{r.randrange(10**6):06}"),
        ("phone", lambda r: f"0.{r.randrange(1, 10**9):09}"),
        ("phone", lambda r: f"{r.uniform(-1, 1):.2f}"),  # a loading of a factor analysis
        ("phone_calls", lambda r: r.randrange(2_000_000_000, 9_999_999_999)),
        (
            "build",
            lambda r: (
                f"{r.randrange(1, 12)}.{r.randrange(20)}.{r.randrange(20)}.{r.randrange(200)}"
            ),
        ),
        (
            "c8",
            lambda r: (
                f"{r.randrange(1, 12)}.{r.randrange(20)}.{r.randrange(20)}.{r.randrange(200)}"
            ),
        ),
        (
            "lot_number",
            lambda r: f"{r.randrange(100, 665)}-{r.randrange(10, 99)}-{r.randrange(1000, 9999)}",
        ),
        ("epoch", lambda r: r.randrange(1_500_000_000, 1_700_000_000)),
        ("serial", lambda r: r.randrange(10**15, 10**16)),
        ("password", lambda r: r.randrange(4)),
        ("person", lambda r: r.choice(["bride", "groom"])),
        ("Defendant", lambda r: r.choice(["White", "Black"])),
        ("user", lambda r: r.randrange(1, 10**6)),
        (
            "cake",
            lambda r: (
                f"{r.choice(FIRST)} Street {r.choice(['Almond', 'Cherry'])} Ginger Christmas Cake"
            ),
        ),
        ("plate", lambda r: r.choice("abcdefgh")),
        ("c9", lambda r: f"{r.choice(LAST)}, {r.choice(LAST)} and {r.choice(LAST)}"),
        ("airport", lambda r: r.choice(AIRPORTS)),
        (
            "x2",
            lambda r: r.choice(
                [f"San {r.choice(FIRST)} los altos", f"Nueva {r.choice(LAST)}", "Vieja Belice"]
            ),
        ),
        ("c3", lambda r: r.choice(FILMS)),
        ("longitude", lambda r: f"{r.randrange(-9, 60)}.{r.randrange(10**15, 10**16)}"),
        ("longitude", lambda r: f"+{r.randrange(100, 180)}.{r.randrange(10**6, 10**7)}"),
        (
            "news",
            lambda r: (
                f"The fire started on April {r.randrange(1, 30)}, 2018 off Milton Road and"
                f" Highway {r.randrange(9, 99)}, Canyon Road, north of the lake in the county"
            ),
        ),
    ],
)
def test_what_only_looks_alike(scanner, rng, name, make):
    assert found(scanner, name, [make(rng) for _ in range(N)]) == []


@pytest.mark.parametrize(
    ("name", "make", "entity"),
    [
        ("phone", lambda r: r.randrange(2_012_000_000, 9_899_999_999), "PHONE_NUMBER"),
        ("phone", lambda r: f"{r.randrange(2_012_000_000, 9_899_999_999)}.0", "PHONE_NUMBER"),
        ("ip", lambda r: f"10.0.{r.randrange(4)}.{r.randrange(250)}", "IP_ADDRESS"),
        (
            "c6",
            lambda r: f"{r.randrange(20, 220)}.{r.randrange(250)}.{r.randrange(250)}.7",
            "IP_ADDRESS",
        ),
        ("ssn", lambda r: r.randrange(100_000_000, 665_999_999), "US_SSN"),
        ("username", lambda r: f"{r.choice(FIRST).lower()}{r.randrange(999)}", "USERNAME"),
        ("plate", lambda r: f"{r.choice('ABCD')}KL-{r.randrange(1000, 9999)}", "VEHICLE_ID"),
    ],
)
def test_numbers_that_a_name_explains(scanner, rng, name, make, entity):
    assert entity in found(scanner, name, [make(rng) for _ in range(N)])


def test_one_address_in_a_hundred_notes_is_enough(scanner):
    notes = ["The delivery came on time and the box was dry."] * 99 + [
        "Please answer to anna.weber@example.org today."
    ]
    assert found(scanner, "remarks", [f"{note} No {i}" for i, note in enumerate(notes)]) == [
        "EMAIL_ADDRESS"
    ]


def test_names_in_prose_are_found_and_museums_are_not(scanner, rng):
    talk = [f"we spoke to {' '.join(person(rng))} about invoice {i} today" for i in range(N)]
    assert "PERSON" in found(scanner, "log", talk)
    places = [
        f"we met at the {' '.join(person(rng))} Museum on day {i} of the trip" for i in range(N)
    ]
    assert found(scanner, "log", places) == []


def test_a_version_in_a_browser_is_no_network_address(scanner, rng):
    agents = [
        f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{rng.randrange(90, 120)}.0.0.0 Safari/537.36"
        for _ in range(N)
    ]
    assert found(scanner, "client", agents) == []
    assert found(scanner, "line", [f"{a} from 203.0.113.{rng.randrange(9)}" for a in agents]) == [
        "IP_ADDRESS"
    ]


def test_profiles_of_persons_and_pages_of_firms(scanner, rng):
    assert found(
        scanner, "web", [f"https://www.linkedin.com/in/{rng.choice(FIRST)}-{i}" for i in range(N)]
    ) == ["SOCIAL_PROFILE"]
    assert (
        found(scanner, "web", [f"https://www.linkedin.com/company/firm-{i}" for i in range(N)])
        == []
    )
    assert found(scanner, "c1", [f"@{rng.choice(FIRST).lower()}_{i}" for i in range(N)]) == [
        "SOCIAL_PROFILE"
    ]
