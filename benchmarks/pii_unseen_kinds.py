"""Kinds of the generated tables of the part "unseen", and how such tables look once people have worked with them.

``pii_unseen_generated.yaml`` lists tables, columns and kinds; ``pii_fresh_kinds.py`` makes them. The lists of things share no
entry with those of the other parts on purpose. About one clean column of words in four looks like one with persons.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pii_tables import digits

Makers = dict[str, Callable[[], Any]]

FIRST_DAY = datetime(2019, 3, 1, tzinfo=UTC)

WORDS: dict[str, str] = {
    # plain
    "-absence": "Annual leave|Sick leave|Parental leave|Training|Unpaid leave",
    "-accountname": "Trade receivables|Office supplies|Rent|Electricity|Bank charges|Travel expenses|Accrued liabilities|Software licences|Insurance",
    "-actionlog": "login|logout|export|password reset|view record|update settings|delete file",
    "-alert": "Disk almost full|High CPU load|Certificate expires soon|Backup failed|Link down|Memory pressure",
    "-allergen": "gluten|milk|egg|soy|peanut|none",
    "-anlagenart": "Wärmepumpe|Gastherme|Fernwärme|Photovoltaik|Pelletheizung|Solarthermie",
    "-apptype": "Erstvorstellung|Kontrolle|Impfung|Blutabnahme|Vorsorge",
    "-art_nl": "Kastanje|Eik|Linde|Plataan|Beuk|Wilg|Els|Berk|Es",
    "-asunto": "Licencia de obra|Ayuda al alquiler|Vado permanente|Tarjeta de aparcamiento|Padrón municipal|Tasa de basuras",
    "-bloodgroup": "A+|A-|B+|B-|AB+|AB-|0+|0-",
    "-branchcode": "MUC01|HAM02|CGN03|BER04",
    "-campaign": "spring_sale_2024|newsletter-kw12|retargeting_eu|black friday|brand awareness Q3",
    "-causefr": "Dégât des eaux|Bris de glace|Vol|Incendie|Collision|Tempête|Catastrophe naturelle",
    "-channel": "email|phone|chat|walk-in|web form|social media",
    "-condition": "new|like new|good|fair|for parts",
    "-course": "Linear Algebra I|Organic Chemistry|Microeconomics|Data Structures|Intro to Philosophy|Thermodynamics|Academic Writing",
    "-crop": "Winterweizen|Silomais|Zuckerrüben|Raps|Gerste|Kartoffeln|Grünland",
    "-defect": "scratch on housing|wrong colour|missing screws|leaks under load|label misprint|short circuit",
    "-degree": "BSc|MSc|BA|MA|PhD|MBA",
    "-dept": "Finance|Warehouse|Customer Service|Quality|Maintenance|Marketing|Legal|Laboratory",
    "-deptpl": "Księgowość|Sprzedaż|Magazyn|Kadry|Produkcja|Utrzymanie ruchu",
    "-ethnic": "prefer not to say|group A|group B|group C",
    "-faculty": "Medicine|Law|Engineering|Humanities|Natural Sciences|Theology|Business",
    "-feedback": "Helpful staff, short queue.|Could not find the form I needed.|The line dropped twice.|Everything solved in one visit.|Parking was a nightmare.|Clear letter, thank you.|Please open earlier on Mondays.",
    "-inspection": "Fire doors ok|Second exit blocked|Hand basin missing|Minor findings|Re-inspection in 30 days|No findings",
    "-labtest": "Haemoglobin|Creatinine|Potassium|CRP|TSH|HbA1c|ALT|Ferritin|Troponin T|D-dimer",
    "-lic": "MIT|Apache-2.0|GPL-3.0-only|BSD-3-Clause|MPL-2.0",
    "-linea": "Línea 1|Línea 2|Línea 6|Ramal Norte|Circular",
    "-material": "Hex bolt M8x40 zinc|O-ring 22x3 NBR|Hydraulic oil HLP 46|Ball bearing 6204|Cable tie 200 mm|Sheet steel 2 mm|V-belt A56|Fuse 10 A",
    "-materialit": "Vite M6 inox|Guarnizione 30 mm|Olio motore 5W-30|Cuscinetto 6205|Tubo PVC 50|Filtro aria",
    "-mezzo": "treno|autobus|auto propria|bicicletta|a piedi",
    "-mime": "application/pdf|image/png|text/csv|application/zip|video/mp4",
    "-modality": "CT thorax|MRI knee|X-ray hand|Ultrasound abdomen|Mammography|PET-CT",
    "-mood": "positive|neutral|negative",
    "-motif": "Renseignement|Réclamation|Changement d'adresse|Résiliation|Devis",
    "-payterm": "net 30|net 14, 2 % discount|immediate|end of month|60 days",
    "-permit": "granted|refused|withdrawn|pending|under appeal",
    "-poi": "bench|bin|tree|lamp post|bike rack|drinking fountain",
    "-pos": "goalkeeper|defender|midfielder|forward",
    "-priority": "P1|P2|P3|P4",
    "-produkt": "Girokonto Plus|Tagesgeld|Ratenkredit|Depot Basis|Bausparvertrag",
    "-purpose": "study visit|conference|family|tourism|work|transit",
    "-ragione": "acquisto prima casa|ristrutturazione|liquidità|auto|studio",
    "-reason": "changed mind|arrived late|damaged in transit|does not fit|duplicate order",
    "-regime": "simplificado|lucro presumido|lucro real|isento",
    "-rola": "administrator|operator|audytor|gość",
    "-skill": "Excel, SQL|forklift licence|first aid|welding|Python, R|customer care|SAP MM",
    "-soilde": "Lehm|Sand|Ton|Schluff|Moor",
    "-source": "walk-in|referral|website|agency|job fair",
    "-stagegrant": "submitted|shortlisted|awarded|rejected",
    "-statusde": "offen|in Bearbeitung|erledigt|storniert",
    "-statusfr": "en cours|clos|en attente|refusé",
    "-statusnl": "open|in behandeling|afgehandeld|ingetrokken",
    "-statuspl": "nowy|w toku|zamknięty|anulowany",
    "-statuspt": "aberto|em análise|concluído|cancelado",
    "-statusit": "aperta|sospesa|chiusa|respinta",
    "-subject": "Betreff Rechnung|Anfrage Angebot|Terminverschiebung|Reklamation Lieferung|Kündigung|Danke für die Hilfe",
    "-surface": "asphalt|gravel|cobblestone|concrete|grass",
    "-tariff": "Basic 10|Flex 25|Business 50|Family XL|Prepaid",
    "-tecnico": "Revisión anual|Cambio de filtro|Fuga de gas|Instalación nueva|Avería caldera",
    "-term": "WS 2023/24|SS 2024|WS 2024/25",
    "-trial": "arm A|arm B|placebo|open label",
    "-uom": "EA|KG|M|L|PC|BOX",
    "-vaccine": "Comirnaty|Spikevax|Infanrix hexa|Priorix|Gardasil 9|Boostrix|Vaxzevria",
    "-weekday": "Mon|Tue|Wed|Thu|Fri|Sat|Sun",
    "-work": "Aushub Baugrube|Estrich verlegen|Fenster liefern und montieren|Malerarbeiten Treppenhaus|Elektroinstallation 2. OG|Dachrinne erneuern",
    # things that carry the name of a person, or look as if
    "-award": "Fields Medal|Turing Award|Nobel Prize in Physics|Booker Prize|Abel Prize|Pulitzer Prize|Grimme-Preis|Marie Curie Fellowship|Wolf Prize|Leibniz-Preis",
    "-beer": "Samuel Adams Boston Lager|Paulaner Hefeweizen|Kilkenny|Augustiner Hell|Murphy's Irish Stout|John Smith's Extra Smooth|Stella Artois|Carlsberg|Bernard 11|Duvel",
    "-building": "Alan Turing Building|Bodleian|Rosalind Franklin House|Main Hall|Annex West|Wills Tower|Curie Wing|Old Refectory|Sports Centre|Newton Lab",
    "-chain": "Marriott Downtown|Hotel Adlon Kempinski|The Ritz|Hilton Garden Inn|Hotel Sacher|Novotel Centre|Pension Edelweiss|Raffles|B&B Villa Rosa|Ibis Nord",
    "-cimitero": "Piazza Garibaldi|Via Mazzini|Corso Vittorio Emanuele|Largo Augusto|Via Dante|Piazza Cavour|Viale Europa|Via Roma",
    "-codename": "Project Athena|Phoenix|Blue Harvest|Olivia|Project Darwin|Nightingale|Falcon 2|Northstar|Edison|Marie|Sputnik|Jupiter",
    "-collegede": "Goethe-Gymnasium|Grundschule am Park|Geschwister-Scholl-Schule|Albert-Schweitzer-Realschule|Berufskolleg Mitte|Anne-Frank-Gesamtschule|Waldschule|Humboldt-Gymnasium",
    "-competitor": "Robert Bosch GmbH|Heinrich Schmidt KG|Otto Fuchs|Siemens AG|Carl Zeiss|Merck|Adam Hall GmbH|Paul Hartmann AG|Henkel|Hans Grohe SE",
    "-court_fr": "Place Jean-Jaurès|Quai Voltaire|Rue Pasteur|Place de la République|Avenue Foch|Square Louise-Michel|Boulevard Gambetta|Allée des Tilleuls",
    "-firmlaw": "Baker McKenzie|Clifford Chance|Allen & Overy|Freshfields|Hogan Lovells|Linklaters|White & Case|Gleiss Lutz|Norton Rose",
    "-game": "Max Payne|Tony Hawk's Pro Skater|The Witcher 3|Alan Wake|Sid Meier's Civilization VI|Stardew Valley|Lara Croft GO|Portal 2|Tetris Effect|John Madden Football",
    "-instrument": "Stradivarius copy|Gibson Les Paul|Steinway B-211|Fender Jazz Bass|Yamaha U1|Selmer Mark VI|Hofner 500/1|Roland TD-17",
    "-lawact": "Sarbanes-Oxley Act|Dodd-Frank Act|Data Protection Act 2018|Robinson-Patman Act|Clean Air Act|Sherman Act|Companies Act 2006|Megan's Law",
    "-method": "Mann-Whitney U|Kruskal-Wallis|Student's t|Cox regression|Kaplan-Meier|Fisher exact|Pearson r|Shapiro-Wilk|chi-square|Wilcoxon",
    "-mill": "Moulin Saint-Pierre|Domaine Martin|Château Bernadotte|Clos du Val|Cave des Vignerons|Domaine Lafon|Mas Julien|Les Granges",
    "-periodical": "Annals of Botany|Cell|The Lancet|Journal of Hydrology|Nature Physics|Acta Mathematica|Blood|Marine Policy|Gondwana Research",
    "-play": "Hamlet|Faust I|Hedda Gabler|Onkel Wanja|Maria Stuart|Die Räuber|Nathan der Weise|Woyzeck|Emilia Galotti|Der Besuch der alten Dame",
    "-potato": "Annabelle|Belana|Laura|Linda|Gala|Bintje|Marabel|Agria|Charlotte|Sieglinde|King Edward",
    "-queue": "Kepler|Tycho|hedwig|node-ada|node-grace|printserver2|zeus|web-frontend-03|athena|mercury",
    "-reagent": "Giemsa stain|Ringer's solution|Coomassie blue|Tris buffer|Bradford reagent|Petri dish 90 mm|Pasteur pipette|Ethanol 70 %|Erlenmeyer flask",
    "-resto": "Da Giovanni|Chez Marcel|Zum Goldenen Hirsch|Bella Napoli|McDonald's|Café Paula|Le Petit Bistrot|Trattoria Mario|Pizza Hut|Sakura Sushi",
    "-roomname": "Einstein|Lovelace|Berlin|Marie Curie|Room 4.12|Boardroom|Galileo|Aquarium|Hopper|Lounge",
    "-saint": "San José|Santa Cruz|San Fernando|Benito Juárez|Villa Hidalgo|General Pico|Ciudad Victoria|Rosario|Mariano Acosta|Puerto Madryn",
    "-salmodel": "Chesterfield 3-seater|Billy shelf|Malm chest|Ektorp|Stuhl Emma|Tisch Henrik|Lampe Sofia|Bett Oskar|Regal Kallax|Sessel Frida",
    "-strain": "Northern Lights|Kazakh Jack|Jack Herer|Amnesia Haze|Blue Dream|Charlotte's Web|Girl Scout Cookies|White Widow",
    "-surgery": "Whipple procedure|Hartmann's procedure|appendectomy|Bassini repair|Nissen fundoplication|hip replacement|Billroth II|cataract surgery|Caesarean section",
    "-syndrome": "Sjögren syndrome|Kawasaki disease|asthma|Cushing syndrome|migraine|Paget's disease|psoriasis|Lyme disease|Still's disease|type 2 diabetes",
    "-team_sport": "Austin FC|Sydney Swans|St Kilda|Melbourne Storm|Penrith Panthers|Newcastle Knights|Geelong|Port Adelaide|Brisbane Lions",
    "-tractor": "John Deere 6R|Massey Ferguson 5S|Fendt 724|Claas Arion|New Holland T6|Case IH Puma|Deutz-Fahr 6C|Lely Juno",
    "-warehouse": "Halle A|Regal 12|Depot Nord|Aussenlager|Hochregal 3|Kühlhaus",
    "-wordpl": "śruba M8|filtr oleju|opona zimowa|akumulator 60Ah|łożysko|pasek klinowy",
}
"""Clean kinds whose values are drawn from a list."""

SHAPES: dict[str, str] = {
    "-abn": "## ### ### ###",
    "-acct6": "4#####",
    "-awb": "020-########",
    "-barcode": "3##########",
    "-batch": "L2#####",
    "-benchno": "B-###",
    "-booking": "@@@@##",
    "-bpnum": "00100#####",
    "-case10": "##########",
    "-case_it": "RG ####/202#",
    "-cert": "###-##-####-@",
    "-cif": "B########",
    "-cnae": "####-#/##",
    "-coil": "##.##.##.##",
    "-dossier": "D##-#####",
    "-ebeln": "45########",
    "-eori": "FR#########00012",
    "-fiche": "F#######",
    "-flight": "LH####",
    "-grant": "EP/@######/1",
    "-gridref": "TQ ### ###",
    "-hcpcs": "J####",
    "-invoice_no": "INV-2024-#####",
    "-iprange": "192.168.##.0/24",
    "-isbn13": "978-#-###-#####-#",
    "-jira": "OPS-####",
    "-kbs": "###",
    "-kvnr_firm": "#########",
    "-loan": "################",
    "-locker": "##-##",
    "-matnr": "0000000000#######",
    "-meterno": "1LOG00########",
    "-msgid": "********-****",
    "-nif_firm": "5########",
    "-objectno": "####.###.####",
    "-orderde": "2024-##-#####",
    "-parcel": "00340#############",
    "-patent": "US##,###,###",
    "-phonepart": "###-####",
    "-piece": "#-######-##",
    "-plotno": "###/##",
    "-policy": "POL########",
    "-pricat": "@##",
    "-qr": "########################",
    "-receipt": "##########",
    "-ref11": "###########",
    "-ref9": "### ### ###",
    "-request_no": "REQ#######",
    "-resol": "Res. ###/202#",
    "-room": "#.##",
    "-sample": "S-####-##",
    "-sernr": "SN-****-****",
    "-slot": "##:##-##:##",
    "-stcd": "DE#########",
    "-swversion": "#.##.#.####",
    "-ticket9": "#########",
    "-timesheet": "KW##",
    "-uidch": "CHE-###.###.###",
    "-vatit": "###########",
    "-vatpl": "##########",
    "-voucher": "****-****-****",
    "-well": "@##",
    "-whbin": "##-##-##",
    "-year2": "202#",
}
"""Clean kinds of one shape: # a digit, @ a capital, * either."""

GAPS = ("", "", None, None, None, "N/A", "-", "n/a", "unknown", "NULL")
"""What stands in a cell nobody filled in."""


def lived_in(columns: dict[str, list[str]], rng: random.Random) -> dict[str, list[str | None]]:
    """The same columns with blanks, repeated rows, changed case and trailing blanks; the first one is a key and stays."""
    names = list(columns)
    rows = len(columns[names[0]])
    for _ in range(rng.choice([0, 0, rows // 50, rows // 12])):
        source, target = rng.randrange(rows), rng.randrange(rows)
        for values in columns.values():
            values[target] = values[source]
    gap = rng.choice(GAPS)
    return {names[0]: list(columns[names[0]])} | {
        name: _handled(columns[name], gap, rng) for name in names[1:]
    }


def _handled(values: list[str], gap: str | None, rng: random.Random) -> list[str | None]:
    blank = rng.choice([0, 0, 0, 0.01, 0.03, 0.08, 0.2, 0.45])
    case = rng.choice([None] * 9 + [str.upper, str.lower])
    share = rng.choice([0.05, 0.3])
    out: list[str | None] = []
    for value in values:
        cell: str | None = value
        if rng.random() < blank:
            cell = rng.choice([gap, gap, gap, None, "-"])
        elif case and rng.random() < share:
            cell = case(value)
        elif rng.random() < 0.01:
            cell = value + " "
        out.append(cell)
    return out


def persons(fake: Any, rng: random.Random) -> Makers:
    """Names, and how to reach someone."""
    first, last = fake.first_name, fake.last_name

    def born(form: str) -> Callable[[], str]:
        return lambda: fake.date_of_birth(minimum_age=1, maximum_age=97).strftime(form)

    def plain(text: str) -> str:
        return "".join(c for c in text.lower() if c in string.ascii_lowercase) or "user"

    return {
        "lastfirst2": lambda: f"{last()} {first()}",
        "firstmidlast": lambda: f"{first()} {rng.choice(string.ascii_uppercase)}. {last()}",
        "lowername": lambda: f"{first()} {last()}".lower(),
        "withmail": lambda: f"{first()} {last()} <{fake.free_email()}>",
        "couple": lambda: f"{first()} & {first()} {last()}",
        "titled": lambda: f"{rng.choice(['Prof.', 'Dr.', 'Prof. Dr.'])} {first()} {last()}",
        "herrfrau": lambda: f"{rng.choice(['Herr', 'Frau'])} {last()}",
        "several": lambda: "; ".join(
            f"{last()}, {first()[0]}." for _ in range(rng.randrange(1, 4))
        ),
        "team2": lambda: f"{first()} {last()}, {first()} {last()}",
        "freemail": fake.free_email,
        "orgmail": lambda: (
            f"{plain(first())[:1]}{plain(last())}@{rng.choice(['uni-nord.example.edu', 'klinik.example.org', 'stadt.example.net'])}"
        ),
        "login": lambda: f"{plain(last())[:6]}{plain(first())[:1]}{rng.randrange(1, 30)}",
        "github": lambda: f"https://github.com/{plain(first())}{plain(last())}{rng.randrange(99)}",
        "insta": lambda: f"@{plain(first())}_{plain(last())}",
        "telext": lambda: f"{fake.phone_number()} ext. {rng.randrange(100, 999)}",
        "tel": fake.phone_number,
        "telie": lambda: digits(
            rng, rng.choice(["085 ### ####", "086-#######", "+353 87 ### ####"])
        ),
        "telplus": lambda: (
            f"+{rng.choice([31, 32, 33, 34, 39, 41, 43, 44, 45, 46, 48, 49])} {rng.randrange(100, 999)} {rng.randrange(100, 999)} {rng.randrange(1000, 9999)}"
        ),
        "homeline": lambda: f"{fake.street_address()}, {fake.postcode()} {fake.city()}".replace(
            "\n", ", "
        ),
        "bornshort": born("%d-%b-%y"),
        "bornstamp": born("%Y-%m-%dT00:00:00"),
        "borndots": born("%d.%m.%Y"),
        "bornwords": born("%B %d, %Y"),
        "bornuk": born("%d/%m/%Y"),
        "bornus": born("%m/%d/%Y"),
        "ipport": lambda: f"{fake.ipv4_public()}:{rng.randrange(1024, 65535)}",
        "public_ip": fake.ipv4_public,
        "nextofkin": lambda: (
            f"{first()} {last()}, {rng.choice(['wife', 'husband', 'son', 'daughter', 'sister'])}"
        ),
    }


def numbers(fake: Any, rng: random.Random) -> Makers:
    """Numbers that an office, a bank or a maker gave to one person, most with their check digits."""

    def weighted(
        count: int, weights: tuple[int, ...], modulus: int, key: Callable[[int], int]
    ) -> str:
        while True:
            body = [rng.randrange(1 if i == 0 else 0, 10) for i in range(count)]
            check = key(sum(d * w for d, w in zip(body, weights, strict=True)) % modulus)
            if 0 <= check < 10:
                return "".join(map(str, body)) + str(check)

    def luhn(body: str) -> str:
        doubled = (int(d) * 2 if i % 2 == 0 else int(d) for i, d in enumerate(reversed(body)))
        return body + str(-sum(n // 10 + n % 10 for n in doubled) % 10)

    def spaced(number: str, size: int) -> str:
        return " ".join(number[i : i + size] for i in range(0, len(number), size))

    def ahv() -> str:
        body = digits(rng, "756#########")
        check = -sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(body)) % 10
        return f"756.{body[3:7]}.{body[7:11]}.{body[11]}{check}"

    def tfn() -> str:
        while True:
            body = digits(rng, "#########")
            if (
                sum(int(d) * w for d, w in zip(body, (1, 4, 3, 7, 5, 8, 6, 9, 10), strict=True))
                % 11
                == 0
            ):
                return f"{body[:3]} {body[3:6]} {body[6:]}"

    def nhs() -> str:
        body = weighted(9, (10, 9, 8, 7, 6, 5, 4, 3, 2), 11, lambda rest: (11 - rest) % 11)
        return f"{body[:3]} {body[3:6]} {body[6:]}"

    def pps() -> str:
        body = digits(rng, "#######")
        return (
            body + "WABCDEFGHIJKLMNOPQRSTUV"[sum(int(d) * (8 - i) for i, d in enumerate(body)) % 23]
        )

    def curp() -> str:
        names = "".join(rng.choices("BCDFGHLMNPRSTVZ", k=4))
        day = fake.date_of_birth(minimum_age=18, maximum_age=80).strftime("%y%m%d")
        return (
            names
            + day
            + rng.choice("HM")
            + rng.choice(["DF", "JC", "NL", "PL"])
            + digits(rng, "@@@##")
        )

    return {
        "national": fake.ssn,
        "ahv": ahv,
        "tfn": tfn,
        "nhsno": nhs,
        "pps": pps,
        "curp": curp,
        "sin": lambda: spaced(luhn(digits(rng, "4#######")), 3),
        "imei": lambda: luhn(digits(rng, "35############")),
        "pan_india": lambda: digits(rng, "@@@P@####@"),
        "aadhaar12": lambda: digits(rng, f"{rng.randrange(2, 10)}### #### ####"),
        "dniar": lambda: (
            f"{rng.randrange(10, 60)}.{rng.randrange(10**3):03}.{rng.randrange(10**3):03}"
        ),
        "cedula": lambda: str(rng.randrange(10_000_000, 1_200_000_000)),
        "nusnl": lambda: weighted(8, (9, 8, 7, 6, 5, 4, 3, 2), 11, lambda rest: rest),
        "passno": lambda: digits(rng, rng.choice(["C########", "PA#######", "#########"])),
        "idcardde": lambda: digits(rng, "L********#"),
        "cardno": lambda: fake.credit_card_number(rng.choice(["visa16", "mastercard"])),
        "cardspaces": lambda: spaced(fake.credit_card_number("mastercard"), 4),
        "bankiban": fake.iban,
        "ibanspaced": lambda: spaced(fake.iban(), 4),
        "clabe": lambda: digits(rng, "0##180############"),
        "patientno": lambda: digits(rng, "P-####-####"),
        "studentno": lambda: digits(rng, "s2######"),
        "healthcard": lambda: digits(rng, "@#########"),
    }


def texts(fake: Any, rng: random.Random) -> Makers:
    """Free text that names somebody in most cells."""

    def either(*makers: Callable[[], str]) -> Callable[[], str]:
        return lambda: rng.choice(makers)()

    first, last, name = fake.first_name, fake.last_name, fake.name
    return {
        "visitnote": either(
            lambda: f"Home visit, {name()} opened the door, dressing changed, wound dry.",
            lambda: (
                f"{first()} {last()} (carer) asks for a new appointment, call {fake.phone_number()}."
            ),
            lambda: f"Handed over to nurse {first()} {last()}, pain 3/10.",
        ),
        "aktennotiz": either(
            lambda: (
                f"Telefonat mit {rng.choice(['Herrn', 'Frau'])} {last()}: Unterlagen folgen bis Freitag."
            ),
            lambda: (
                f"Schreiben von {first()} {last()}, {fake.street_address()}, liegt der Akte bei."
            ),
            lambda: f"Vollmacht für {first()} {last()} geprüft, Rückfrage an {fake.free_email()}.",
        ),
        "notefr": either(
            lambda: f"Mme {last()} demande une copie, envoyer à {fake.free_email()}.",
            lambda: f"Rendez-vous fixé avec {first()} {last()} jeudi matin.",
            lambda: f"Rappeler M. {last()} au {fake.phone_number()} après 14 h.",
        ),
        "notaes": either(
            lambda: f"Llamó {first()} {last()}, solicita cita para el lunes.",
            lambda: f"Avisar al sr. {last()} en el {fake.phone_number()}.",
            lambda: f"Entregado a {first()} {last()} en portería.",
        ),
        "commit": either(
            lambda: (
                f"Fix rounding of totals\n\nSigned-off-by: {first()} {last()} <{fake.free_email()}>"
            ),
            lambda: f"Merge branch of {first()} {last()} ({fake.free_email()})",
        ),
        "mailhead": lambda: (
            f"From: {first()} {last()} <{fake.free_email()}>; To: {first()} {last()}"
        ),
    }


def clean(fake: Any, rng: random.Random) -> Makers:
    """Numbers, codes, dates and names of things."""
    lists = {kind: text.split("|") for kind, text in WORDS.items()}
    drawn: Makers = {kind: lambda kind=kind: rng.choice(lists[kind]) for kind in lists}  # type: ignore[misc]
    shaped: Makers = {kind: lambda s=shape: digits(rng, s) for kind, shape in SHAPES.items()}  # type: ignore[misc]

    def day(form: str) -> Callable[[], str]:
        return lambda: (FIRST_DAY + timedelta(minutes=rng.randrange(6 * 365 * 24 * 60))).strftime(
            form
        )

    return (
        drawn
        | shaped
        | {
            "-day": day("%Y-%m-%d"),
            "-daydots": day("%d.%m.%Y"),
            "-dayslash": day("%d/%m/%Y"),
            "-dayus": day("%m/%d/%Y"),
            "-dayint": day("%Y%m%d"),
            "-minute": day("%Y-%m-%d %H:%M"),
            "-zulu": day("%Y-%m-%dT%H:%M:%S.000Z"),
            "-clock": day("%H:%M"),
            "-n": lambda: str(rng.randrange(1, 60)),
            "-nn": lambda: str(rng.randrange(1, 40_000)),
            "-eur": lambda: f"{rng.uniform(3, 4000):,.2f} €",
            "-comma": lambda: f"{rng.uniform(1, 9000):.2f}".replace(".", ","),
            "-gbp": lambda: f"£{rng.uniform(2, 900):.2f}",
            "-ratio": lambda: f"{rng.random():.3f}",
            "-yesno": lambda: rng.choice(["yes", "no"]),
            "-janein": lambda: rng.choice(["ja", "nein"]),
            "-flag": lambda: rng.choice(["Y", "N"]),
            "-bit": lambda: rng.choice(["0", "1"]),
            "-town": fake.city,
            "-postcode": fake.postcode,
            "-firm": fake.company,
            "-role": fake.job,
            "-country2": fake.country,
            "-countrycode": fake.country_code,
            "-currency3": fake.currency_code,
            "-guid": fake.uuid4,
            "-sha1": lambda: f"{rng.getrandbits(160):040x}",
            "-shorthash": lambda: f"{rng.getrandbits(28):07x}",
            "-etag": lambda: f'W/"{rng.getrandbits(64):x}"',
            "-file": fake.file_name,
            "-words": lambda: fake.sentence(nb_words=8),
            "-bp": lambda: f"{rng.randrange(95, 190)}/{rng.randrange(50, 110)}",
            "-latitude": lambda: f"{rng.uniform(36, 60):.5f}",
            "-longitude": lambda: f"{rng.uniform(-9, 25):.5f}",
            "-port": lambda: str(rng.choice([22, 80, 443, 5432, 8080])),
            "-semver": lambda: f"{rng.randrange(9)}.{rng.randrange(20)}.{rng.randrange(40)}",
            "-epoch_s": lambda: str(rng.randrange(1_600_000_000, 1_760_000_000)),
            "-agerange": lambda: rng.choice(["0-17", "18-29", "30-44", "45-59", "60-74", "75+"]),
            "-age": lambda: str(rng.randrange(1, 97)),
            "-gender": lambda: rng.choice(["f", "m", "d"]),
        }
    )
