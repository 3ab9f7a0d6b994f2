"""The part "met" of the labelled set: 25 tables as teams meet them, labelled before the scan had seen one of them.

Each column is a kind of value of one country, made by Faker or by hand; ``+`` kinds identify a person, the others do not
and many of them look as if they did. Scanned once blind; only rules were mended afterwards, and no table.
"""

# ruff: noqa: ARG005 -- every maker is called alike
from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from typing import Any

SEED, ROWS = 2311, 160
Make = Callable[[Any, random.Random, int], Any]

PICKED = {
    "ward": "A1|A2|B1|ICU|Day clinic|Ward 4 North",
    "icd": "I10|E11.9|J45.0|M54.5|F32.1|K21.9|N39.0",
    "grade": "1a|2b|3c|4a|7th|10",
    "subject": "Maths|Biology|Latin|Art|History|PE|Music",
    "role": "Team lead|Account manager|Welder|Nurse|Data engineer|Cook",
    "product": "Oak table Jonas|Shelf Billy|Chair Emma|Lamp Georgia|Sofa Oslo|Desk Miller",
    "carrier": "DHL|UPS|Hermes|GLS|PostNL|Maersk|DB Schenker",
    "ship": "MSC Anna|Ever Given|Maersk Hanna|CMA CGM Benjamin Franklin|Queen Mary 2",
    "tariff": "Flat S|Flat M|Prepaid 10|Business L|Family",
    "peril": "hail|theft|water damage|third party|fire",
    "permit": "building|felling|event|parking|dog licence",
    "street": "Goethestraße|Rue Victor Hugo|Via Garibaldi|Calle Cervantes|Martin Luther King Blvd",
    "sensor": "TMP-01|TMP-02|HUM-01|PRS-07|FLOW-3",
    "account": "4400 Revenue|6300 Office|1200 Bank|1600 Payables|8120 Interest",
    "queue": "billing|network|returns|onboarding|abuse",
    "team": "FC St. Pauli|Ajax|Real Madrid|Dynamo|Rot-Weiss|Santos",
    "title": "Anna Karenina|Jane Eyre|The Trial|Dr. Zhivago|Emma|Robinson Crusoe|Steppenwolf",
    "room": "101|102|Suite 5|Garden view|Deluxe King|Studio Charlotte",
    "species": "Homo sapiens|Felis catus|Bellis perennis|Quercus robur|Parus major",
    "status": "open|closed|pending|escalated",
    "currency": "EUR|CHF|SEK|PLN|BRL|JPY",
    "wine": "Robert Mondavi Merlot|Château Margaux|Don Julio|Moët & Chandon|Jim Beam",
    "storm": "Katrina|Lothar|Kyrill|Sandy|Xynthia|Daniel",
    "drug": "Ibuprofen 400|Ramipril 5|Metformin 850|Paracetamol|L-Thyroxin 75",
    "error": "Timeout after 30 s|Null pointer in Parser|Disk full|Access denied|Retry limit",
    "river": "Jordan|Madison|Elbe|Rhine|Marne|Victoria",
    "station": "Gare Saint-Lazare|Penn Station|Friedrichstraße|King's Cross|St. Pancras",
}
NOTES = {
    "en": ("{p} called about order {i} and wants a refund.", "Order {i} arrived late again.", "Please call back {p} on Monday."),
    "de": ("Herr {l} bittet um Rückruf wegen Vorgang {i}.", "Paket {i} wurde beschädigt geliefert.", "Frau {l} hat den Vertrag gekündigt."),
    "fr": ("Monsieur {l} a signalé une panne le {i}.", "La ligne {i} est coupée depuis hier.", "Rappeler Mme {l} demain matin."),
    "es": ("La señora {l} pide factura del pedido {i}.", "El pedido {i} llegó roto.", "Llamar a {p} por la tarde."),
}  # fmt: skip


def _digits(rng: random.Random, n: int) -> str:
    return "".join(rng.choices(string.digits, k=n))


def doubtful_in(key: str) -> frozenset[str]:
    """Columns of a table that count neither way: a date of birth is a quasi-identifier."""
    columns = (column.split(":") for column in TABLES[key][1].split())
    return frozenset(name for name, kind in columns if kind == "+birth")


def _note(fake: Any, rng: random.Random, i: int) -> str:
    language = fake.current_country_code().lower()
    lines = NOTES.get(
        {"us": "en", "gb": "en", "at": "de", "mx": "es"}.get(language, language), NOTES["en"]
    )
    person = f"{fake.first_name()} {fake.last_name()}"
    return rng.choice(lines).format(p=person, l=fake.last_name(), i=1000 + i)


PERSONAL: dict[str, Make] = {
    "+name": lambda f, r, i: f"{f.first_name()} {f.last_name()}",
    "+last, first": lambda f, r, i: f"{f.last_name()}, {f.first_name()}",
    "+LAST First": lambda f, r, i: f"{f.last_name().upper()} {f.first_name()}",
    "+first": lambda f, r, i: f.first_name(),
    "+last": lambda f, r, i: f.last_name(),
    "+initial": lambda f, r, i: f"{f.first_name()[0]}. {f.last_name()}",
    "+mail": lambda f, r, i: f"{f.user_name()}{i}@{f.domain_name()}",
    "+mixed mail": lambda f, r, i: f"{f.first_name()} <{f.user_name()}@{f.domain_name()}>",
    "+phone": lambda f, r, i: f.phone_number(),
    "+mobile": lambda f, r, i: (
        f"+{r.choice(['49', '48', '46', '33'])}{r.choice('67')}{_digits(r, 9)}"
    ),
    "+iban": lambda f, r, i: f.iban(),
    "+card": lambda f, r, i: f.credit_card_number(card_type="visa16"),
    "+ip": lambda f, r, i: f.ipv4_public(),
    "+mac": lambda f, r, i: f.mac_address(),
    "+street": lambda f, r, i: f.street_address(),
    "+address": lambda f, r, i: f.address().replace("\n", ", "),
    "+ssn": lambda f, r, i: (
        f"{r.randrange(201, 665)}-{r.randrange(11, 99)}-{r.randrange(1001, 9999)}"
    ),
    "+note": _note,
    "+json": lambda f, r, i: f'{{"id": {i}, "contact": "{f.user_name()}@{f.domain_name()}"}}',
    "+pair": lambda f, r, i: f"{f.first_name()} {f.last_name()} & {f.first_name()} {f.last_name()}",
    "+birth": lambda f, r, i: f.date_of_birth(minimum_age=18).isoformat(),
}
CLEAN: dict[str, Make] = {
    "serial": lambda f, r, i: f"SN{_digits(r, 9)}",
    "order": lambda f, r, i: f"{2024}-{100000 + 7 * i}",
    "uuid": lambda f, r, i: f"{r.getrandbits(128):032x}",
    "ean": lambda f, r, i: f.ean13(),
    "isbn": lambda f, r, i: f.isbn13(),
    "imo": lambda f, r, i: f"IMO {_digits(r, 7)}",
    "container": lambda f, r, i: f"MSCU{_digits(r, 7)}",
    "amount": lambda f, r, i: f"{r.uniform(1, 9000):.2f}",
    "comma": lambda f, r, i: f"{r.uniform(1, 9000):.2f}".replace(".", ","),
    "n": lambda f, r, i: r.randrange(0, 400),
    "epoch": lambda f, r, i: 1_700_000_000 + 977 * i,
    "stamp": lambda f, r, i: f"2024-0{1 + i % 9}-1{i % 9}T0{i % 9}:12:0{i % 9}Z",
    "hash": lambda f, r, i: f"{r.getrandbits(160):040x}",
    "version": lambda f, r, i: f"{r.randrange(9)}.{r.randrange(20)}.{r.randrange(9)}",
    "coordinate": lambda f, r, i: f"{r.uniform(40, 60):.3f}",
    "percent": lambda f, r, i: f"{r.uniform(0, 100):.1f} %",
    "city": lambda f, r, i: f.city(),
    "company": lambda f, r, i: f.company(),
    "postcode": lambda f, r, i: f.postcode(),
    "plan": lambda f, r, i: f"P-{r.choice('ABCD')}{_digits(r, 3)}",
    "gtin": lambda f, r, i: f"0{_digits(r, 13)}",
    "range": lambda f, r, i: f"{10 * (i % 8)}-{10 * (i % 8) + 9}",
    "host": lambda f, r, i: f"srv-{r.choice(['db', 'web', 'mq'])}{i % 40:02d}.internal",
    "path": lambda f, r, i: f"/data/{r.choice(['raw', 'clean'])}/part-{i:05d}.parquet",
    "sentence": lambda f, r, i: r.choice(("Item {i} was counted twice.", "Pump {i} runs hot after start.", "No fault found in unit {i}.", "Filter {i} replaced, pressure normal.")).format(i=i),
}  # fmt: skip
TABLES: dict[str, tuple[str, str]] = {
    "clinic visits": ("de_DE", "Fallnr:order Patient:+last,_first geb.:+birth Station:ward ICD:icd Medikament:drug Betrag:comma Rückruf:+phone"),
    "school register": ("fr_FR", "n°:n Élève:+LAST_First classe:grade matière:subject note:n responsable:+name courriel:+mail code:plan"),
    "hr export": ("pl_PL", "id:serial imie:+first nazwisko:+last stanowisko:role konto:+iban telefon:+mobile od:stamp wymiar:percent"),
    "shop orders": ("en_US", "order_id:order sku:ean product:product ship_to:+address buyer:+name email:+mail total:amount ip:+ip comment:+note"),
    "logistics": ("nl_NL", "zending:container rederij:carrier schip:ship imo:imo gewicht:amount contactpersoon:+initial plaats:city postcode:postcode"),
    "telecom": ("es_ES", "linea:+mobile tarifa:tariff titular:+name mac:+mac alta:stamp consumo:percent celda:plan nota:+note"),
    "insurance claims": ("de_AT", "Schaden:serial Gefahr:peril Kunde:+pair IBAN:+iban Summe:comma Firma:company Ort:city Notiz:+note"),
    "municipality": ("it_IT", "pratica:order tipo:permit richiedente:+name via:street residenza:+street esito:status importo:comma"),
    "sensors": ("en_US", "ts:epoch sensor:sensor value:amount lat:coordinate lon:coordinate fw:version checksum:hash host:host note:sentence"),
    "ledger": ("sv_SE", "verifikat:order konto:account belopp:comma valuta:currency motpart:company text:sentence attest:+name datum:stamp"),
    "tickets": ("en_GB", "id:order queue:queue status:status reporter:+mail agent:+first body:+note error:error build:version"),
    "genealogy": ("hu_HU", "id:n név:+name anya:+name szül:+birth hely:city forrás:title lap:n"),
    "sports club": ("pt_BR", "socio:serial nome:+name time:team celular:+phone nascimento:+birth mensalidade:comma posição:n"),
    "library loans": ("fi_FI", "isbn:isbn title:title borrower:+name due:stamp copies:n shelf:plan"),
    "hotel": ("it_IT", "camera:room ospite:+name notti:n arrivo:stamp prezzo:amount carta:+card email:+mixed_mail vino:wine"),
    "warehouse": ("cs_CZ", "ean:ean gtin:gtin popis:product kusy:n regál:plan váha:amount dodavatel:company"),
    "weather": ("en_US", "storm:storm basin:river wind:n category:n landfall:stamp station:station damage:amount"),
    "biology": ("en_GB", "specimen:serial species:species site:river count:n collector:+initial date:stamp depth:coordinate"),
    "ci runs": ("en_US", "run:epoch commit:hash host:host path:path seconds:amount status:status author:+mail version:version"),
    "payroll": ("en_US", "employee:+last,_first ssn:+ssn dept:queue gross:amount hours:n rate:amount"),
    "events json": ("fr_FR", "event:uuid payload:+json at:epoch kind:status size:n"),
    "survey": ("nl_NL", "respondent:serial leeftijd:range tevreden:n opmerking:sentence regio:city school:subject"),
    "fleet": ("da_DK", "vogn:plan km:n chauffør:+name depot:city sidst:stamp fejl:error brændstof:percent"),
    "museum": ("es_ES", "inventario:order obra:title sala:room donante:+name valor:amount peso:coordinate empresa:company"),
    "music shop": ("ja_JP", "注文:order 氏名:+name 商品:product 電話:+phone 金額:n 会社:company 状態:status"),
}  # fmt: skip


def met_tables() -> Iterator[tuple[str, Any, frozenset[str]]]:
    """Name of each table, the table, and its columns that hold personal data."""
    import pyarrow as pa
    from faker import Faker

    for number, (key, (locale, columns)) in enumerate(TABLES.items()):
        fake, rng = Faker(locale), random.Random(SEED + number)
        fake.seed_instance(SEED + number)
        made, personal = {}, set()
        for column in columns.split():
            name, kind = column.split(":")
            kind = kind.replace("_", " ")
            make = PERSONAL.get(kind) or CLEAN.get(kind) or picker(kind)
            made[name] = [str(make(fake, rng, i)) for i in range(ROWS)]
            personal |= {name} if kind[0] == "+" else set()
        yield key, pa.table(made), frozenset(personal) - doubtful_in(key)


def picker(kind: str) -> Make:
    """One of a list of things."""
    things = PICKED[kind].split("|")
    return lambda _fake, rng, _i: rng.choice(things)
