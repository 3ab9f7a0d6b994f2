"""Make the generated tables of the labelled set: people of eight countries under many kinds of column name, seed 20.

    python benchmarks/pii_tables.py OUT_FOLDER        (needs the package faker)

Each column is written as ``(name, kind)``; the kind says how to make it and is its label. ``-`` kinds are clean.
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path
from typing import Any

ROWS = 200
SEED = 20

TABLES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "crm_us": (
        "en_US",
        [
            ("CustomerID", "-serial"),
            ("FirstName", "first"),
            ("LastName", "last"),
            ("EmailAddress", "email"),
            ("Phone1", "phone"),
            ("StreetAddress", "street"),
            ("City", "-city"),
            ("ZipCode", "-zip"),
            ("Segment", "-segment"),
            ("LTV", "-amount"),
        ],
    ),
    "hr_us": (
        "en_US",
        [
            ("emp_no", "-serial"),
            ("employee", "name"),
            ("ssn", "ssn"),
            ("dob", "birth"),
            ("job_title", "-job"),
            ("department", "-segment"),
            ("salary", "-amount"),
            ("hire_date", "-date"),
            ("home_phone", "phone"),
            ("work_email", "email"),
        ],
    ),
    "web_log": (
        "en_US",
        [
            ("ts", "-stamp"),
            ("client_ip", "ip"),
            ("user_agent", "-agent"),
            ("path", "-path"),
            ("status", "-status"),
            ("bytes", "-count"),
            ("session_id", "-hex"),
        ],
    ),
    "payments": (
        "en_US",
        [
            ("txn_id", "-uuid"),
            ("cardholder", "name"),
            ("cc_number", "card"),
            ("amount", "-amount"),
            ("currency", "-currency"),
            ("merchant", "-company"),
            ("created_at", "-stamp"),
            ("auth_code", "-code6"),
        ],
    ),
    "patients_us": (
        "en_US",
        [
            ("patient_id", "-serial"),
            ("patient_name", "upper"),
            ("date_of_birth", "birth"),
            ("diagnosis", "-diagnosis"),
            ("attending_physician", "name"),
            ("room", "-code3"),
            ("admission_date", "-date"),
            ("notes", "note"),
        ],
    ),
    "signup": (
        "en_US",
        [
            ("id", "-serial"),
            ("username", "user"),
            ("email", "email"),
            ("password_hash", "bcrypt"),
            ("last_login_ip", "ip"),
            ("country", "-country"),
            ("plan", "-segment"),
            ("referrer", "-url"),
        ],
    ),
    "tickets": (
        "en_US",
        [
            ("ticket", "-serial"),
            ("subject", "-phrase"),
            ("body", "note"),
            ("assignee", "name"),
            ("priority", "-status"),
            ("opened", "-stamp"),
        ],
    ),
    "devices": (
        "en_US",
        [
            ("asset_tag", "-code6"),
            ("mac_address", "mac"),
            ("ip_addr", "ip"),
            ("model", "-product"),
            ("serial", "-hex"),
            ("owner", "name"),
            ("last_seen", "-stamp"),
        ],
    ),
    "plain_us": (
        "en_US",
        [
            ("a", "name"),
            ("b", "email"),
            ("c", "phone"),
            ("d", "ssn"),
            ("e", "street"),
            ("f", "-city"),
            ("g", "-amount"),
            ("h", "-product"),
        ],
    ),
    "customers_uk": (
        "en_GB",
        [
            ("title", "-title"),
            ("forename", "first"),
            ("surname", "last"),
            ("mobile", "phone"),
            ("address_line_1", "street"),
            ("postcode", "-zip"),
            ("email", "email"),
            ("account_balance", "-amount"),
        ],
    ),
    "kunden_de": (
        "de_DE",
        [
            ("kundennr", "-serial"),
            ("vorname", "first"),
            ("nachname", "last"),
            ("strasse", "street"),
            ("plz", "-zip"),
            ("ort", "-city"),
            ("telefon", "phone"),
            ("email", "email"),
            ("geburtsdatum", "birth"),
            ("umsatz", "-amount"),
        ],
    ),
    "personal_de": (
        "de_DE",
        [
            ("Personalnummer", "-serial"),
            ("Name", "name"),
            ("Abteilung", "-segment"),
            ("IBAN", "iban"),
            ("Eintrittsdatum", "-date"),
            ("Gehalt", "-amount"),
            ("Anschrift", "street"),
        ],
    ),
    "clients_fr": (
        "fr_FR",
        [
            ("id_client", "-serial"),
            ("prénom", "first"),
            ("nom", "last"),
            ("courriel", "email"),
            ("téléphone", "phone"),
            ("adresse", "street"),
            ("code_postal", "-zip"),
            ("ville", "-city"),
            ("montant", "-amount"),
        ],
    ),
    "patients_fr": (
        "fr_FR",
        [
            ("numero", "-serial"),
            ("nom_complet", "name"),
            ("date_naissance", "birth"),
            ("numéro_sécu", "nir"),
            ("service", "-segment"),
            ("medecin", "name"),
        ],
    ),
    "clientes_es": (
        "es_ES",
        [
            ("id", "-serial"),
            ("nombre", "first"),
            ("apellidos", "last"),
            ("dni", "nif"),
            ("correo_electrónico", "email"),
            ("móvil", "phone"),
            ("dirección", "street"),
            ("importe", "-amount"),
            ("fecha_alta", "-date"),
        ],
    ),
    "empleados_es": (
        "es_ES",
        [
            ("codigo", "-serial"),
            ("nombre_completo", "name"),
            ("iban", "iban"),
            ("fecha_nacimiento", "birth"),
            ("puesto", "-job"),
            ("telefono", "phone"),
        ],
    ),
    "clienti_it": (
        "it_IT",
        [
            ("codice", "-serial"),
            ("full_name", "name"),
            ("email", "email"),
            ("phone_number", "phone"),
            ("city", "-city"),
            ("importo", "-amount"),
        ],
    ),
    "clientes_br": (
        "pt_BR",
        [
            ("id", "-serial"),
            ("full_name", "name"),
            ("cpf", "cpf"),
            ("email", "email"),
            ("phone", "phone"),
            ("state", "-state"),
            ("total", "-amount"),
        ],
    ),
    "klanten_nl": (
        "nl_NL",
        [
            ("id", "-serial"),
            ("first_name", "first"),
            ("last_name", "last"),
            ("email", "email"),
            ("amount", "-amount"),
            ("date", "-date"),
        ],
    ),
    "india": (
        "en_IN",
        [
            ("id", "-serial"),
            ("customer_name", "name"),
            ("mobile_no", "phone"),
            ("email_id", "email"),
            ("aadhaar", "aadhaar"),
            ("state", "-state"),
            ("order_value", "-amount"),
        ],
    ),
    "orders": (
        "en_US",
        [
            ("order_id", "-uuid"),
            ("sku", "-sku"),
            ("product_name", "-product"),
            ("quantity", "-count"),
            ("unit_price", "-amount"),
            ("ship_date", "-date"),
            ("tracking_number", "-tracking"),
            ("warehouse", "-city"),
        ],
    ),
    "products": (
        "en_US",
        [
            ("ean", "-ean"),
            ("name", "-product"),
            ("brand", "-company"),
            ("colour", "-colour"),
            ("description", "-phrase"),
            ("price", "-amount"),
            ("isbn", "-isbn"),
        ],
    ),
    "sensors": (
        "en_US",
        [
            ("device", "-hex"),
            ("timestamp", "-stamp"),
            ("value", "-amount"),
            ("firmware", "-version"),
            ("checksum", "-md5"),
            ("unit", "-unit"),
        ],
    ),
    "code": (
        "en_US",
        [
            ("repo", "-path"),
            ("commit", "-sha"),
            ("author_email", "email"),
            ("author", "name"),
            ("message", "-phrase"),
            ("lines", "-count"),
        ],
    ),
    "companies": (
        "en_US",
        [
            ("company", "-company"),
            ("industry", "-segment"),
            ("founded", "-year"),
            ("website", "-url"),
            ("revenue", "-amount"),
            ("ceo", "name"),
            ("headquarters", "-city"),
        ],
    ),
}


def maker(fake: Any, rng: random.Random) -> dict[str, Any]:
    """How each kind is made."""

    def fiscal() -> str:
        number = rng.randrange(10_000_000, 99_999_999)
        return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"

    def nir() -> str:
        body = f"{rng.choice('12')}{rng.randrange(40, 99)}{rng.randrange(1, 13):02}{rng.randrange(1, 95):02}{rng.randrange(1, 1000):03}{rng.randrange(1, 1000):03}"
        return f"{body}{97 - int(body) % 97:02}"

    def note() -> str:
        parts = [
            f"Spoke to {fake.name()} about the invoice.",
            f"Please write to {fake.email()} before noon.",
            "Nothing to report, all parts delivered as planned.",
            f"Customer can be reached at {fake.phone_number()} after lunch.",
            "The second delivery was late again and the box was open.",
        ]
        return " ".join(rng.sample(parts, 2))

    pick = rng.choice
    return {
        "first": fake.first_name,
        "last": fake.last_name,
        "name": fake.name,
        "upper": lambda: f"{fake.last_name()}, {fake.first_name()}".upper(),
        "email": fake.email,
        "phone": fake.phone_number,
        "street": fake.street_address,
        "ssn": fake.ssn,
        "birth": lambda: str(fake.date_of_birth()),
        "ip": fake.ipv4,
        "mac": fake.mac_address,
        "card": lambda: fake.credit_card_number("visa"),
        "iban": fake.iban,
        "user": fake.user_name,
        "bcrypt": lambda: "$2b$12$" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789./", k=53)),
        "note": note,
        "nif": fiscal,
        "nir": nir,
        "cpf": lambda: (
            f"{rng.randrange(100, 999)}.{rng.randrange(100, 999)}.{rng.randrange(100, 999)}-{rng.randrange(10, 99)}"
        ),
        "aadhaar": lambda: f"{rng.randrange(2000, 9999)} {rng.randrange(1000, 9999)} {rng.randrange(1000, 9999)}",
        "-city": fake.city,
        "-zip": fake.postcode,
        "-segment": lambda: pick(["Retail", "Wholesale", "Online", "Partner", "Sales", "IT"]),
        "-amount": lambda: f"{rng.uniform(1, 9000):.2f}",
        "-job": fake.job,
        "-date": fake.date,
        "-stamp": lambda: str(fake.date_time()),
        "-agent": fake.user_agent,
        "-path": lambda: fake.uri_path() if hasattr(fake, "uri_path") else "/a/b",
        "-status": lambda: pick(["200", "404", "high", "low"]),
        "-count": lambda: str(rng.randrange(1, 100_000)),
        "-hex": lambda: f"{rng.getrandbits(64):016x}",
        "-uuid": lambda: fake.uuid4(),
        "-currency": lambda: pick(["EUR", "USD", "GBP"]),
        "-company": fake.company,
        "-code6": lambda: f"{rng.randrange(100_000, 999_999)}",
        "-code3": lambda: f"{rng.randrange(100, 999)}",
        "-diagnosis": lambda: pick(["J45", "E11.9", "I10", "F32.1"]),
        "-country": fake.country,
        "-url": fake.url,
        "-phrase": fake.catch_phrase if hasattr(fake, "catch_phrase") else fake.sentence,
        "-product": lambda: (
            pick(["Steel", "Oak", "Glass", "Mini", "Pro"]) + " " + pick(["Lamp", "Chair", "Desk", "Shelf", "Router X2"])
        ),
        "-title": lambda: pick(["Mr", "Mrs", "Dr", "Ms"]),
        "-state": lambda: fake.state() if hasattr(fake, "state") else fake.city(),
        "-sku": lambda: f"{pick('ABCD')}{rng.randrange(100, 999)}-{rng.randrange(1000, 9999)}",
        "-tracking": lambda: f"1Z{rng.randrange(10**15, 10**16)}",
        "-ean": fake.ean13,
        "-colour": fake.color_name,
        "-isbn": fake.isbn13,
        "-version": lambda: f"{rng.randrange(9)}.{rng.randrange(20)}.{rng.randrange(200)}",
        "-md5": fake.md5,
        "-unit": lambda: pick(["°C", "kPa", "%"]),
        "-sha": fake.sha1,
        "-year": lambda: str(rng.randrange(1900, 2024)),
    }


def main() -> None:
    from faker import Faker

    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for number, (table, (locale, columns)) in enumerate(TABLES.items()):
        fake = Faker(locale)
        fake.seed_instance(SEED + number)
        makers = maker(fake, random.Random(SEED + number))
        with (out / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([name for name, _ in columns])
            for row in range(ROWS):
                writer.writerow([1000 + row if kind == "-serial" else makers[kind]() for _, kind in columns])


if __name__ == "__main__":
    main()
