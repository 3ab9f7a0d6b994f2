"""Make the generated tables of the labelled set: people of nine countries, and things that look like people, seed 20.

``pii_generated.yaml`` lists tables, columns and kinds; here stands how each kind is made (needs the package faker).
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROWS = 200
SEED = 20

Generated = tuple[str, str, Any, frozenset[str]]
"""Key, part, table, personal columns."""

WORDS: dict[str, str] = {
    "-title": "Pride and Prejudice|Anna Karenina|Jane Eyre|The Great Gatsby|David Copperfield|Emma|Moby-Dick|War and Peace|Jerry Maguire|Annie Hall|Forrest Gump|Erin Brockovich|Mary Poppins|Harry Potter and the Goblet of Fire|The Sound of Music|Thelma & Louise|Dallas Buyers Club|Lawrence of Arabia|Rosemary's Baby|Doctor Zhivago|Being John Malkovich|Saving Private Ryan|The Shawshank Redemption|Michael Clayton|Rebecca|Carrie|Oliver Twist|Robinson Crusoe|Frankenstein|Dracula",
    "-species": "Quercus robur|Homo sapiens|Mus musculus|Drosophila melanogaster|Canis lupus|Felis catus|Rosa canina|Bellis perennis|Salix alba|Panthera leo|Ursus arctos|Turdus merula|Parus major|Escherichia coli|Acer rubrum|Pinus sylvestris|Betula pendula|Gallus gallus|Equus caballus|Arabidopsis thaliana|Larix decidua|Iris setosa|Iris versicolor|Rana temporaria|Bufo bufo",
    "-team": "New York Yankees|Boston Red Sox|Manchester United|Real Madrid|Bayern Munich|Chicago Bulls|Green Bay Packers|Dallas Cowboys|Ajax|Arsenal|Toronto Maple Leafs|St. Louis Cardinals|Golden State Warriors|Everton|Aston Villa|Charlton Athletic|Oakland Raiders|Houston Rockets|Kansas City Chiefs|Washington Nationals|Preston North End|Sheffield Wednesday",
    "-stadium": "Wembley|Old Trafford|Fenway Park|Lambeau Field|Wrigley Field|Camp Nou|Anfield|Madison Square Garden|Soldier Field|Citizens Bank Park|Arthur Ashe Stadium|Paul Brown Stadium|Lincoln Financial Field|Villa Park|Goodison Park|Louis Armstrong Stadium|Comerica Park|Craven Cottage",
    "-brand": "Ford|Toyota|Mercedes-Benz|Nike|Adidas|Levi Strauss|Ralph Lauren|Calvin Klein|Tommy Hilfiger|Hugo Boss|Jack Daniel's|Johnnie Walker|Ben & Jerry's|Kellogg's|Heinz|Colgate|Gillette|Dell|Sony|Harley-Davidson|Tesla|Peugeot|Ferrari|Lamborghini|Chevrolet|Dodge|Lincoln|Johnson & Johnson|Abercrombie|Dr. Oetker",
    "-phonemodel": "iPhone 14 Pro|Galaxy S23|Pixel 7a|Nokia 3310|Xperia 5 IV|OnePlus 11|Moto G 5G|Redmi Note 12|Galaxy A54|iPhone SE|Fairphone 4|Nothing Phone 2",
    "-drug": "Ibuprofen|Metformin|Lisinopril|Atorvastatin|Amoxicillin|Omeprazole|Sertraline|Prednisone|Warfarin|Insulin glargine|Levothyroxine|Losartan|Gabapentin|Albuterol|Tramadol|Citalopram|Clopidogrel|Furosemide",
    "-gene": "BRCA1|TP53|EGFR|MYC|KRAS|ACTB|GAPDH|APOE|CFTR|HBB|SOX2|PAX6|FOXP2|TNF|IL6|VEGFA|JAK2|PTEN|MDM2|CDKN2A",
    "-os": "Windows 11|macOS 14.2|Ubuntu 22.04|Android 13|iOS 17.1.2|Debian 12|Fedora 39|ChromeOS",
    "-animal": "Tiger|Bulldog|Eagle|Panther|Wolf|Bear|Hawk|Lion|Falcon|Jaguar",
    "-university": "University of Oxford|Stanford University|Duke University|Rice University|Johns Hopkins University|Brown University|Emory University|Carnegie Mellon University|Washington University|George Mason University|James Madison University|Howard University|Baylor University|Vanderbilt University|Wake Forest University|Clark University|Drexel University|Taylor University|St. Olaf College|Smith College",
    "-hospital": "St Thomas Hospital|Royal Free|King's College Hospital|Queen Elizabeth Hospital|Addenbrooke's|Prince Charles Hospital|St Mary's|Northwick Park|Guy's Hospital|The Christie",
    "-timezone": "America/New_York|Europe/Berlin|Asia/Tokyo|Africa/Cairo|America/Argentina/Buenos_Aires|Europe/Paris|Pacific/Auckland|UTC",
    "-language": "English|German|French|Spanish|Italian|Dutch|Polish|Japanese|Arabic|Hindi",
    "-colour": "Red|Blue|Green|Amber|Violet|Rose|Hazel|Ruby|Olive|Ivory|Coral|Jade|Scarlet|Sienna",
    "-party": "DEM|REP|LIB|UNA|GRE",
    "-iata": "JFK|LHR|FRA|CDG|MAD|SFO|ORD|ATL|AMS|ZRH|DUB|OSL|LIS|VIE",
    "-ticker": "AAPL|MSFT|GOOG|JPM|KO|PEP|WMT|DIS|IBM|GE|BA|CAT|MMM|ACN",
    "-formula": "C9H8O4|C8H9NO2|H2SO4|NaCl|C6H12O6|CaCO3|C2H5OH|NH3|CH4|C13H18O2",
    "-segment": "Retail|Wholesale|Online|Partner|Sales|IT",
    "-status": "200|404|high|low",
    "-currency": "EUR|USD|GBP",
    "-diagnosis": "J45|E11.9|I10|F32.1",
    "-sex": "M|F",
    "-likert": "strongly agree|agree|neutral|disagree|strongly disagree",
    "-unit": "°C|kPa|%",
    "-title-of-person": "Mr|Mrs|Dr|Ms",
    "-dose": "10 mg|20 mg|500 mg|5 ml|2 tablets",
    "-week": "2023-W01|2023-W12|2024-W33|2022-W52",
    "-duration": "PT3H12M|2 days, 4:12:55|00:12:31|14d 3h|P1Y2M",
    "-review": "Great taste and fast delivery, would buy again.|The box was damaged but the chips were fine.|Not as sweet as the old recipe, my dog loves it though.|Works as described, five stars from me.|Too salty for my taste and the bag was half empty.|Perfect for hiking, light and filling.",
    "-commentfr": "Client satisfait de la livraison.|Colis arrivé en retard, à surveiller.|Rien à signaler pour ce mois.|Demande un nouveau devis avant la fin du mois.|Paiement reçu en deux fois.",
    "-genenote": "Expressed in liver and kidney tissue.|Variant of unknown significance.|Associated with early flowering.|No phenotype observed under stress.|Grows best in moist and acid soil.|Resistant to powdery mildew.",
}
"""Clean kinds whose values are drawn from a list."""


def generated_tables() -> Iterator[Generated]:
    """All generated tables; none if faker is not installed."""
    try:
        from faker import Faker
    except ImportError:
        return
    import pyarrow as pa
    from ruamel.yaml import YAML

    parts = YAML(typ="safe").load(Path(__file__).with_name("pii_generated.yaml"))
    for number, (part, name) in enumerate((p, t) for p in parts for t in parts[p]):
        entry = parts[part][name]
        fake = Faker(entry["locale"])
        fake.seed_instance(SEED + number)
        rng = random.Random(SEED + number)
        makers = {
            **clean(fake, rng),
            **persons(fake, rng),
            **numbers(fake, rng),
            **texts(fake, rng),
        }
        columns = {
            str(column): [
                str(1000 + row if kind == "-serial" else makers[kind]()) for row in range(ROWS)
            ]
            for column, kind in entry["columns"].items()
        }
        personal = frozenset(
            str(c) for c, kind in entry["columns"].items() if not kind.startswith("-")
        )
        yield f"generated/{name}", part, pa.table(columns), personal


Makers = dict[str, Callable[[], Any]]


def digits(rng: random.Random, shape: str) -> str:
    """A shape with a digit for each #, a capital for each @ and either for each *."""
    letters = {
        "#": string.digits,
        "@": string.ascii_uppercase,
        "*": string.ascii_uppercase + string.digits,
    }
    return "".join(rng.choice(letters[c]) if c in letters else c for c in shape)


def in_fours(number: str) -> str:
    """A card number as it is printed on the card."""
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def persons(fake: Any, rng: random.Random) -> Makers:
    """Names, and how to reach someone."""

    def date(form: str) -> Callable[[], str]:
        return lambda: fake.date_of_birth(minimum_age=18, maximum_age=90).strftime(form)

    first, last = fake.first_name, fake.last_name
    return {
        "first": first,
        "last": last,
        "name": fake.name,
        "upper": lambda: f"{last()}, {first()}".upper(),
        "lastfirst": lambda: f"{last()}, {first()}",
        "initialed": lambda: f"{first()[0]}. {last()}",
        "doctor": lambda: f"Dr. {first()} {last()}",
        "email": fake.email,
        "phone": fake.phone_number,
        "phoneint": lambda: str(rng.randrange(2_012_000_000, 9_899_999_999)),
        "phoneplain": lambda: (
            f"{rng.randrange(201, 989)}-{rng.randrange(200, 999)}-{rng.randrange(1000, 9999)}"
        ),
        "street": fake.street_address,
        "fulladdress": lambda: fake.address().replace("\n", ", "),
        "birth": lambda: str(fake.date_of_birth()),
        "birthus": date("%m/%d/%Y"),
        "birthde": date("%d.%m.%Y"),
        "birthfr": date("%d/%m/%Y"),
        "user": fake.user_name,
        "handle": lambda: "@" + fake.user_name(),
        "linkedin": lambda: (
            f"https://www.linkedin.com/in/{first().lower()}-{last().lower()}-{rng.randrange(10**6)}"
        ),
        "ip": fake.ipv4,
        "ipv6": fake.ipv6,
        "mac": fake.mac_address,
        "deviceid": lambda: fake.uuid4(),
        "vin": lambda: digits(rng, "1HGCM82633A######"),
        "plate": lambda: digits(rng, "@@@-####"),
    }


def numbers(fake: Any, rng: random.Random) -> Makers:
    """Numbers that an office gave to a person, and secrets."""

    def nif() -> str:
        number = rng.randrange(10_000_000, 99_999_999)
        return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"

    def nir() -> str:
        body = digits(
            rng, f"{rng.choice('12')}{rng.randrange(40, 99)}{rng.randrange(1, 13):02}75######"
        )
        return f"{body}{97 - int(body) % 97:02}"

    def nhs() -> str:
        while True:
            body = digits(rng, "4########")
            key = 11 - sum(int(d) * (10 - i) for i, d in enumerate(body)) % 11
            if key != 10:
                return f"{body[:3]} {body[3:6]} {body[6:]}{key % 11}"

    def taxde() -> str:
        ten = rng.sample("123456789", 9)
        ten.insert(rng.randrange(1, 10), rng.choice(ten))
        product = 10
        for digit in ten:
            product = ((int(digit) + product) % 10 or 10) * 2 % 11
        return "".join(ten) + str((11 - product) % 10)

    def pesel() -> str:
        body = f"{rng.randrange(40, 99)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}{rng.randrange(10**4):04}"
        weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
        return body + str(-sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 10)

    def fiscal_code() -> str:
        consonants = "BCDFGHLMNPRSTVZ"
        name = "".join(rng.choices(consonants, k=6))
        return digits(
            rng,
            f"{name}{rng.randrange(40, 99)}{rng.choice('ABCDEHLMPRST')}{rng.randrange(1, 29):02}H501@",
        )

    card = lambda: str(fake.credit_card_number("visa16"))  # noqa: E731
    key = string.ascii_letters + string.digits
    return {
        "ssn": fake.ssn,
        "ssnint": lambda: str(rng.randrange(100_000_000, 665_999_999)),
        "card": lambda: fake.credit_card_number("visa"),
        "cardplain": card,
        "cardspaced": lambda: in_fours(card()),
        "iban": fake.iban if hasattr(fake, "iban") else lambda: "",
        "account": lambda: digits(rng, "##########"),
        "nif": nif,
        "nir": nir,
        "nhs": nhs,
        "nino": lambda: digits(rng, "AB ## ## ## C"),
        "taxde": taxde,
        "pesel": pesel,
        "cf": fiscal_code,
        "cpf": lambda: digits(rng, "###.###.###-##"),
        "aadhaar": lambda: digits(rng, f"{rng.randrange(2000, 9999)} #### ####"),
        "mrn": lambda: digits(rng, "MRN#######"),
        "insurance": lambda: digits(rng, "@@@#########"),
        "passport": lambda: digits(rng, "@########"),
        "licence": lambda: digits(rng, "@#######"),
        "apikey": lambda: "AKIA" + digits(rng, "*" * 16),
        "jwt": lambda: (
            "eyJhbGciOiJIUzI1NiJ9.eyJ"
            + "".join(rng.choices(key, k=40))
            + "."
            + "".join(rng.choices(key, k=43))
        ),
        "dsn": lambda: (
            f"postgresql://{fake.user_name()}:{''.join(rng.choices(key, k=10))}@db.example.org/prod"
        ),
        "plainpassword": lambda: fake.password(),
        "bcrypt": lambda: "$2b$12$" + "".join(rng.choices(key, k=53)),
    }


def texts(fake: Any, rng: random.Random) -> Makers:
    """Free text, with personal data inside or without."""

    def joined(parts: list[str], k: int) -> str:
        return " ".join(rng.sample(parts, k))

    def note() -> str:
        return joined(
            [
                f"Spoke to {fake.name()} about the invoice.",
                f"Please write to {fake.email()} before noon.",
                "Nothing to report, all parts delivered as planned.",
                f"Customer can be reached at {fake.phone_number()} after lunch.",
                "The second delivery was late again and the box was open.",
            ],
            2,
        )

    def rare() -> str:
        plain = rng.choice(WORDS["-review"].split("|"))
        return f"{plain} Write to me at {fake.email()}." if rng.random() < 0.02 else plain

    return {
        "note": note,
        "rarenote": rare,
        "notehealth": lambda: joined(
            [
                f"{fake.name()} reports chest pain since Tuesday.",
                "Advised rest and plenty of fluids.",
                f"Referred to Dr. {fake.last_name()} for a second opinion.",
                "No known allergies, blood pressure stable.",
            ],
            2,
        ),
        "notede": lambda: joined(
            [
                f"Herr {fake.last_name()} bittet um Rückruf unter {fake.phone_number()}.",
                f"Antwort bitte an {fake.email()}.",
                "Lieferung kam heute vollständig an.",
                "Rechnung noch offen, zweite Mahnung versandt.",
            ],
            2,
        ),
        "json": lambda: json.dumps(
            {"user": {"name": fake.name(), "email": fake.email()}, "n": rng.randrange(9)}
        ),
        "-jsonclean": lambda: json.dumps(
            {"page": fake.uri_path(), "n": rng.randrange(99), "ok": True}
        ),
        "-phrase": fake.catch_phrase if hasattr(fake, "catch_phrase") else fake.sentence,
        "-agent": fake.user_agent,
    }


def clean(fake: Any, rng: random.Random) -> Makers:
    """Numbers, codes and names of things."""
    lists = {kind: text.split("|") for kind, text in WORDS.items()}
    drawn: Makers = {kind: lambda kind=kind: rng.choice(lists[kind]) for kind in lists}  # type: ignore[misc]
    return (
        drawn
        | {
            "-city": fake.city,
            "-country": fake.country,
            "-state": fake.state if hasattr(fake, "state") else fake.city,
            "-zip": fake.postcode,
            "-company": fake.company,
            "-job": fake.job,
            "-url": fake.url,
            "-date": fake.date,
            "-stamp": lambda: str(fake.date_time()),
            "-isostamp": lambda: fake.date_time().isoformat() + "Z",
            "-year": lambda: str(rng.randrange(1900, 2024)),
            "-epoch": lambda: str(rng.randrange(1_500_000_000, 1_700_000_000)),
            "-epochms": lambda: str(rng.randrange(1_500_000_000_000, 1_700_000_000_000)),
            "-amount": lambda: f"{rng.uniform(1, 9000):.2f}",
            "-money": lambda: f"${rng.uniform(1, 99000):,.2f}",
            "-percent": lambda: f"{rng.uniform(0, 100):.1f}%",
            "-count": lambda: str(rng.randrange(1, 100_000)),
            "-lat": lambda: f"{rng.uniform(-80, 80):.6f}",
            "-lon": lambda: f"{rng.uniform(-179, 179):.6f}",
            "-bloodpressure": lambda: f"{rng.randrange(95, 180)}/{rng.randrange(55, 110)}",
            "-path": lambda: fake.uri_path(),
            "-hostname": fake.hostname,
            "-hex": lambda: f"{rng.getrandbits(64):016x}",
            "-uuid": lambda: fake.uuid4(),
            "-md5": fake.md5,
            "-sha": fake.sha1,
            "-fingerprint": lambda: (
                "SHA256:" + "".join(rng.choices(string.ascii_letters + string.digits, k=43))
            ),
            "-version": lambda: f"{rng.randrange(9)}.{rng.randrange(20)}.{rng.randrange(200)}",
            "-version4": lambda: (
                f"{rng.randrange(1, 12)}.{rng.randrange(20)}.{rng.randrange(20)}.{rng.randrange(200)}"
            ),
            "-ean": fake.ean13,
            "-upc": lambda: digits(rng, "0###########"),
            "-isbn": fake.isbn13,
            "-isbn10": lambda: digits(rng, "#-###-#####-#"),
            "-product": lambda: (
                f"{rng.choice(['Steel', 'Oak', 'Glass', 'Mini', 'Pro'])} {rng.choice(['Lamp', 'Chair', 'Desk', 'Shelf', 'Router X2'])}"
            ),
        }
        | {
            kind: lambda shape=shape: digits(rng, shape)  # type: ignore[misc]
            for kind, shape in {
                "-code3": "###",
                "-code4": "####",
                "-code6": "######",
                "-sku": "@###-####",
                "-tracking": "1Z################",
                "-serial16": "################",
                "-batch": "LOT-#####-@",
                "-ssnlike": "###-##-####",
                "-casno": "####-##-#",
                "-invoice": "INV-2023-#####",
                "-coupon": "*****-*****",
                "-flightno": "@@###",
                "-tail": "N###@@",
                "-seat": "1#@",
                "-pnr": "*****@",
                "-accession": "NM_######.#",
                "-chrom": "chr#",
                "-letter": "@",
                "-isin": "US**********",
                "-cusip": "######@##",
                "-routing": "0########",
                "-patent": "US#######@#",
            }.items()
        }
    )
