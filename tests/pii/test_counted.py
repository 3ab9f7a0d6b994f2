"""What is counted is reported: identifiers inside cells, however many there are, in both modes."""

import base64
import hashlib
import random

import pyarrow as pa
import pytest

from raudit.data import wrap_table
from raudit.evidence import Quiet
from raudit.scan.sweep import sweep
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.judge.verdicts import Sureness
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise.checksums import (
    card,
    hk_id,
    ru_snils,
    sg_nric,
    tw_id,
    validator,
    wallet,
)
from raudit.stages.pii.report.outcome import findings
from raudit.stages.pii.scanner import prepare

N = 60


@pytest.fixture(scope="module")
def scanner():
    return prepare(Options(sample=100), seed=1)


def verdict_on(scanner, name, values):
    column = values if isinstance(values, pa.Array) else pa.array(values)
    (verdict,) = scan_table(wrap_table(pa.table({name: column}), name="t"), scanner)
    return verdict


def luhn(rng, start, length):
    body = start + "".join(rng.choice("0123456789") for _ in range(length - len(start) - 1))
    return next(body + d for d in "0123456789" if card(body + d))


@pytest.mark.parametrize(
    ("make", "entity"),
    [
        (lambda i: f'{{"id":{i},"ssn":"{219 + i % 40}-{10 + i % 80}-{1000 + i}"}}', "US_SSN"),
        (lambda i: f'<p id="{i}"><ssn>{219 + i % 40}-{10 + i % 80}-{1000 + i}</ssn></p>', "US_SSN"),
        (lambda i: f'{{"id":{i},"iban":"DE89370400440532013000"}}', "IBAN_CODE"),
        (lambda i: f"k={i};iban=DE89370400440532013000;z=1", "IBAN_CODE"),
        (lambda i: f"person{i}@example.org (twitter @p{i})", "EMAIL_ADDRESS"),
        (lambda i: f"write to person{i}@example.org, user@localhost said so", "EMAIL_ADDRESS"),
        (
            lambda i: f"https://shop.example.org/u?m=jack.c{i}%40example.org&c=spring",
            "EMAIL_ADDRESS",
        ),
        (lambda i: f"statement_person{i}@example.org_2024.pdf", "EMAIL_ADDRESS"),
        (lambda i: f"Bob Baker, +1 212 555 {1000 + i}", "PHONE_NUMBER"),
        (lambda i: f"[{i}, 'x', '0x{i:02x}5ec98bc5e3b5fc13aada35866ba173373bfeea']", "CRYPTO"),
        (lambda i: f"cpf:354.861.589-98;n:{i}", "NATIONAL_ID"),
    ],
)
@pytest.mark.parametrize("mode", ["profile", "full"])
def test_identifiers_inside_cells_that_are_no_sentences(scanner, make, entity, mode):
    from dataclasses import replace

    how = replace(scanner, options=scanner.options.model_copy(update={"mode": mode}))
    found = {
        f.entity_type: f for f in verdict_on(how, "payload", [make(i) for i in range(N)]).found
    }
    assert found[entity].count.valid == found[entity].count.n == N


def test_any_number_of_distinct_texts(scanner):
    rng = random.Random(3)
    texts = [
        f"the customer said that {luhn(rng, '4', 16)} was refused on day {i}" for i in range(2_500)
    ]
    (found,) = [
        f for f in verdict_on(scanner, "note", texts).found if f.entity_type == "CREDIT_CARD"
    ]
    assert (found.sureness, found.count.valid, found.count.exact) == (Sureness.IN_TEXT, 2_500, True)


def test_numbers_that_pass_by_chance_are_said_to_be_unclear(scanner):
    rng = random.Random(4)
    texts = [
        f"the order {rng.randrange(4 * 10**15, 5 * 10**15)} came late on day {i}"
        for i in range(300)
    ]
    verdict = verdict_on(scanner, "note", texts)
    assert [f.entity_type for f in verdict.found] == []
    (unclear,) = [f for f in verdict.unclear if f.entity_type == "CREDIT_CARD"]
    assert 0 < unclear.count.valid < 100
    assert unclear.count.k == 300


@pytest.mark.parametrize(
    ("name", "column", "entity"),
    [
        ("ssn", pa.array([219099999.0, None, 457555462.0, 078.0 + 301010100]), "US_SSN"),
        ("phone", pa.array([12125550187.0, 12125550188.0, None]), "PHONE_NUMBER"),
        (
            "account_number",
            pa.array([12345678901234567890, 22345678901234567890], pa.decimal128(38, 0)),
            "US_BANK_NUMBER",
        ),
        ("pan", pa.array([4539148803436467.0, 4485275742308327.0, float("nan")]), "CREDIT_CARD"),
    ],
)
def test_whole_numbers_stored_as_fractions(scanner, name, column, entity):
    assert entity in {f.entity_type for f in verdict_on(scanner, name, column).found}


def test_a_number_that_is_repeated_passes_its_check_once(scanner):
    """Nine keys of ten fail; the tenth passes by chance, and stands in a third of the rows."""
    keys = [f"k{10**7 + 7 * i}{letter}" for i, letter in enumerate("ABCDEFGHJ")]
    verdict = verdict_on(scanner, "staff", [*keys * 5, *["12345678Z"] * 20])
    assert "ES_NIF" not in {f.entity_type for f in verdict.found if f.count.valid < 20}


@pytest.mark.parametrize(("fraction", "found"), [(".0", True), (".00", True), (".05", False)])
def test_a_number_that_was_exported_with_zeros_is_whole(scanner, fraction, found):
    cards = [luhn(random.Random(i), "4", 16) + fraction for i in range(N)]
    assert bool(verdict_on(scanner, "v", cards).found) is found


def test_types_that_no_rule_describes_are_no_findings(scanner):
    """Presidio's own are left out, a team's own recognisers stay."""
    known = scanner.rulebook.entities.keys()
    assert all(set(r.supported_entities) & known for r in scanner.engine.recognizers)
    own = {"name": "x", "supported_entity": "BADGE", "supported_language": "en"}
    own["patterns"] = [{"name": "x", "regex": r"B-\d{4}", "score": 0.9}]
    team = prepare(Options(model="none", recognizers=(own,)), seed=1)
    assert verdict_on(team, "c", [f"B-{1000 + i}" for i in range(N)]).found


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("They wrote AK5152003 as my passport number and it is wrong", "US_PASSPORT", "AK5152003"),
        ("enter 139877551 where it asks for the social security number", "US_SSN", "139877551"),
        ("pw is bluewhale9 but it says invalid", "PASSWORD", "bluewhale9"),
        ("login: front-desk / pass: hunter2 on both", "PASSWORD", "hunter2"),
        ("Is correct-horse-42 a strong password?", "PASSWORD", "correct-horse-42"),
        ("Tel: 295.780.2750, nine to five", "PHONE_NUMBER", "295.780.2750"),
        ("whatsapp me at +33 6 97 68 46 24 if you can", "PHONE_NUMBER", "+33 6 97 68 46 24"),
        ("ship it to 77 Avenue des Lilas please", "ADDRESS", "77 Avenue des Lilas"),
        ("it is at 221 West 84th Street, Apt 5B now", "ADDRESS", "221 West 84th Street, Apt 5B"),
        (
            "from Flat 3, 9 Harbour Terrace, Bristol BS1 4QA to here",
            "ADDRESS",
            "Flat 3, 9 Harbour Terrace, Bristol BS1 4QA",
        ),
        ("write to p1&#64;example.org about it", "EMAIL_ADDRESS", "p1&#64;example.org"),
    ],
)
def test_values_in_messages_are_found_whole(scanner, text, entity, value):
    (spans,) = scanner.engine.spans([text])
    assert value in {text[s.start : s.end] for s in spans if s.entity_type == entity}


@pytest.mark.parametrize(
    "text",
    [
        "the boarding pass: gate 24 at noon",
        "call 3 people, then ring 10 bells and text 400 words",
        "on April 19, 2018 Highway 395 was closed",
        "a 1TB M.2 Solid State Drive",
        "10000 Block Preston Lane",
        "the store is at +12.3456789 degrees",
    ],
)
def test_words_that_announce_something_else(scanner, text):
    kinds = {"PASSWORD", "PHONE_NUMBER", "ADDRESS", "US_PASSPORT", "US_SSN"}
    assert not kinds & {s.entity_type for s in scanner.engine.spans([text])[0]}


def test_fractions_are_not_read(scanner):
    verdict = verdict_on(scanner, "phone", pa.array([0.25, 12125550188.0, 3.5]))
    assert not verdict.found
    assert verdict.profile.gates == ("values not searched: number column",)


def valid_numbers(make, check, n=N):
    rng, found = random.Random(5), []
    while len(found) < n:
        if check(text := make(rng)):
            found.append(text)
    return found


def day(rng):
    return f"{rng.randrange(1, 28):02}", f"{rng.randrange(1, 13):02}", f"{rng.randrange(50, 99)}"


def pesel(rng):
    d, m, y = day(rng)
    return f"{y}{m}{d}{rng.randrange(10**5):05}"


def hetu(rng):
    return (
        "".join(day(rng))
        + f"-{rng.randrange(2, 899):03}{rng.choice('0123456789ABCDEFHJKLMNPRSTUVWXY')}"
    )


def nric(rng):
    return (
        f"{rng.choice('STFG')}{rng.randrange(10**6, 10**7)}{rng.choice('ABCDEFGHIZJKLMNPQRTUWX')}"
    )


def grouped(rng, *sizes):
    return " ".join(f"{rng.randrange(2 * 10 ** (n - 1), 7 * 10 ** (n - 1))}" for n in sizes)


@pytest.mark.parametrize(
    ("name", "make", "check"),
    [
        ("value", pesel, "pl.pesel"),
        ("value", hetu, "fi.hetu"),
        ("value", lambda r: grouped(r, 4, 4, 4), "in_.aadhaar"),
        (
            "value",
            lambda r: f"{r.choice('ABCDEFGHJK')}{r.choice('12')}{r.randrange(10**8):08}",
            "tw_id",
        ),
        ("nric", nric, "sg_nric"),
        ("sin", lambda r: grouped(r, 3, 3, 3), "ca.sin"),
    ],
)
def test_identity_numbers_by_their_check(scanner, name, make, check):
    values = valid_numbers(make, validator(check))
    assert "NATIONAL_ID" in {f.entity_type for f in verdict_on(scanner, name, values).found}


def test_numbers_of_the_same_form_that_fail_are_none(scanner):
    values = [f"{i * 7919 % 10**11:011}" for i in range(1, N)]
    assert "NATIONAL_ID" not in {f.entity_type for f in verdict_on(scanner, "value", values).found}


def test_checks_of_our_own():
    assert sg_nric("S1234567D")
    assert not sg_nric("S1234567A")
    assert tw_id("A123456789")
    assert not tw_id("A123456788")
    assert hk_id("A123456(3)")
    assert not hk_id("A123456(4)")
    assert ru_snils("112-233-445 95")
    assert not ru_snils("112-233-445 96")
    assert wallet("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")  # of the first block
    assert not wallet("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb")


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("my passport number is 912803456 as you asked", "US_PASSPORT"),
        ("Meine Reisepassnummer lautet C01X00T47 wie besprochen", "US_PASSPORT"),
        ("her driving licence is MORGA657054SM9IJ they said", "US_DRIVER_LICENSE"),
        ("mi documento nacional de identidad: 12345678 desde ayer", "NATIONAL_ID"),
        ("ihre Personalausweisnummer lautet L01X00T47 seit gestern", "NATIONAL_ID"),
        ("bilhete de identidade n.º L22M12345 desde ontem", "NATIONAL_ID"),
        ("mitt id-kort har nummer L22M12345 sedan igår", "NATIONAL_ID"),
        ("lösenordet är Sommar2024! sedan igår", "PASSWORD"),
        ("she was born on 12 March 1980 in a small town", "DATE_OF_BIRTH"),
        ("née le 12/03/1980 dans une petite ville", "DATE_OF_BIRTH"),
        ("the NHS number 943 476 5919 was on the letter", "UK_NHS"),
        ("my password is hunter2!x since yesterday", "PASSWORD"),
        ("das Passwort lautet Sommer2024! seit gestern", "PASSWORD"),
    ],
)
def test_values_that_words_announce(scanner, text, entity):
    found = {
        f.entity_type
        for f in verdict_on(scanner, "note", [f"{text} no {i}" for i in range(N)]).found
    }
    assert entity in found
    assert "PHONE_NUMBER" not in found


def test_words_that_announce_nothing(scanner):
    texts = [
        "the password is required",
        "a passport was asked for",
        "the licence was changed in 2020",
    ]
    verdict = verdict_on(scanner, "note", [f"{texts[i % 3]} by the clerk no {i}" for i in range(N)])
    assert [f.entity_type for f in verdict.found] == []


@pytest.mark.parametrize(
    "names",
    [
        ["赵秀英", "陈娜", "王伟", "李静", "张敏", "刘洋", "杨艳", "黄强", "周杰", "吴涛"],
        [
            "Иван Сидоров",
            "Мария Иванова",
            "Пётр Смирнов",
            "Ольга Попова",
            "Сергей Волков",
            "Анна Козлова",
        ],
        [
            "Abena Okafor",
            "Ngozi Dlamini",
            "Kwame Mensah",
            "Wanjiru Kamau",
            "Thabo Nkosi",
            "Adaeze Obi",
        ],
        ["محمد أحمد", "فاطمة حسن", "علي محمود", "خالد إبراهيم", "مريم سالم", "يوسف ناصر"],
        [
            "Lakisha",
            "Jamal",
            "Tamika",
            "Darnell",
            "Keisha",
            "Tyrone",
            "Ebony",
            "Latoya",
            "Rasheed",
            "Tanisha",
        ],
    ],
    ids=["Chinese", "Cyrillic", "African", "Arabic", "audit study"],
)
def test_names_of_all_origins_in_a_column_called_name(scanner, names):
    values = [names[i % len(names)] for i in range(N)]
    assert [f.entity_type for f in verdict_on(scanner, "name", values).found] == ["PERSON"]


def test_twenty_of_two_hundred_prompts_that_name_a_person(scanner):
    named = ["Lakisha Jones", "Chinedu Okafor", "Zhang Wei", "Maria Garcia", "Omar Haddad"]
    texts = [
        f"please write a short letter to {named[i % 5]} about the late order of day {i}"
        for i in range(20)
    ]
    texts += [
        f"please write a short poem about the colour of the sea on day {i}" for i in range(180)
    ]
    from dataclasses import replace

    full = replace(scanner, options=scanner.options.model_copy(update={"mode": "full"}))
    (found,) = verdict_on(full, "prompt", texts).found
    assert (found.entity_type, found.sureness, found.count.k) == ("PERSON", Sureness.IN_TEXT, 20)


def test_sentences_in_another_language_are_noticed(scanner):
    german = "Die Kundin hat gestern angerufen und nach ihrer Bestellung gefragt, weil sie noch nicht da ist"
    english = "The customer called yesterday and asked about her order because it has not come yet"
    assert verdict_on(scanner, "note", [f"{german} {i}" for i in range(N)]).profile.language == "de"
    assert verdict_on(scanner, "note", [f"{english} {i}" for i in range(N)]).profile.language == ""


def test_text_in_base64_is_not_read_and_said_to_be(tmp_path, scanner):
    rows = [
        base64.b64encode(f'{{"email": "a{i}@example.org"}}'.encode()).decode() for i in range(N)
    ]
    assert verdict_on(scanner, "payload", rows).profile.encoded == N
    plain = [hashlib.sha256(bytes([i])).hexdigest() for i in range(N)]
    assert verdict_on(scanner, "digest", plain).profile.encoded == 0
    bytes_only = [base64.b64encode(hashlib.sha256(bytes([i])).digest()).decode() for i in range(N)]
    assert verdict_on(scanner, "digest", bytes_only).profile.encoded == 0
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["n,payload", *(f"{i},{row}" for i, row in enumerate(rows))]))
    result = sweep(str(path), scanner.options, seed=0, progress=Quiet())
    assert result.exit_status == 3
    (verdict,) = [v for v in result.tables[0].verdicts if v.unread]
    assert [f.rule for f in findings([verdict], (), scanner.options)] == ["RA-PII-011"]


def test_what_stands_behind_the_part_of_a_cell_that_is_read_is_not_passed_over(tmp_path, scanner):
    path = tmp_path / "t.csv"
    long = "word " * 5_000 + "anna.m@example.org"
    path.write_text(
        "\n".join(["n,note", *(f"{i},{long if i == 3 else 'short'}" for i in range(9))])
    )
    result = sweep(str(path), scanner.options, seed=0, progress=Quiet())
    assert result.exit_status == 3
