"""Make the generated tables of the parts "fresh" (seed 77) and "unseen" (seed 91), and the kinds of the part "fresh".

``pii_PART_generated.yaml`` lists tables, columns and kinds; here stands how each kind is made (needs the package faker).
Kinds of ``pii_tables.py`` can be used as well; the lists of things here share no entry with the lists there on purpose. The
part "unseen" has further kinds in ``pii_unseen_kinds.py``, and its tables have rows, blanks and slips as they come.
"""

from __future__ import annotations

import json
import random
import string
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pii_tables
import pii_unseen_kinds
from pii_fresh import FreshTable
from pii_tables import digits

ROWS = 200
SEEDS = {"fresh": 77, "unseen": 91}

Makers = dict[str, Callable[[], Any]]

WORDS: dict[str, str] = {
    "-airport": "John F. Kennedy International|Charles de Gaulle|Leonardo da Vinci–Fiumicino|Václav Havel|Indira Gandhi International|Ronald Reagan Washington National|George Best Belfast City|Marco Polo|Benito Juárez|John Wayne|Louis Armstrong New Orleans|Logan|Pierre Elliott Trudeau|Adolfo Suárez Madrid-Barajas|Galileo Galilei|Frédéric Chopin|Ben Gurion|Jomo Kenyatta|Norman Manley|Bob Hope",
    "-bank": "J.P. Morgan|Goldman Sachs|Morgan Stanley|Wells Fargo|Charles Schwab|Lloyds|Barclays|Julius Baer|Berenberg|Edmond de Rothschild|Société Générale|Lehman Brothers|Raymond James|Sal. Oppenheim|Brown Brothers Harriman",
    "-breed": "Jack Russell Terrier|Saint Bernard|King Charles Spaniel|Doberman|German Shepherd|Border Collie|Dandie Dinmont|Great Dane|Maine Coon|Abyssinian|Chow Chow|Gordon Setter|Airedale|Whippet|Basset Hound",
    "-carmodel": "Renault Clio|Peugeot 208|Citroën C3|Dacia Sandero|Mégane E-Tech|Alfa Romeo Giulia|Kia Picanto|Opel Corsa|Austin Mini|Morris Minor|Rolls-Royce Phantom|Aston Martin DB5",
    "-carrier": "SEUR|MRW|Correos Express|DHL|GLS|UPS|Nacex|Zeleris",
    "-cheese": "Camembert|Wensleydale|Monterey Jack|Saint Agur|Gouda|Manchego|Roquefort|Stinking Bishop|Appenzeller|Taleggio|Cornish Yarg|Saint Albray|Colby|Tilsit",
    "-civile": "celibe|nubile|coniugato|divorziata|vedovo",
    "-cocktail": "Tom Collins|Bloody Mary|Harvey Wallbanger|Mary Pickford|Rob Roy|John Daly|Arnold Palmer|Old Fashioned|Hemingway Special|Bellini|Charlie Chaplin|Brandy Alexander|Pisco Sour|Ramos Gin Fizz|Monkey Gland",
    "-county": "Jefferson|Madison|Monroe|Lincoln|Lee|Franklin|Washington|Marion|Clay|Henry|Howard|Harrison|Allen|Carroll|Douglas|Grant|Lewis|Martin|Wayne|Taylor",
    "-department": "Procurement|Legal & Compliance|People Operations|Treasury|R&D|Logistics",
    "-disposition": "Dismissed|Settled|Default judgment|Affirmed|Remanded|Pending",
    "-element": "Curium|Einsteinium|Fermium|Mendelevium|Nobelium|Seaborgium|Bohrium|Meitnerium|Copernicium|Flerovium|Gadolinium|Samarium|Germanium|Francium",
    "-eponym": "Parkinson's disease|Alzheimer's disease|Crohn's disease|Hodgkin lymphoma|Graves' disease|Addison's disease|Down syndrome|Tourette syndrome|Raynaud's phenomenon|Ménière's disease|Marfan syndrome|Hashimoto's thyroiditis|Bell's palsy|Huntington's disease|Wilson's disease",
    "-film": "Barry Lyndon|Edward Scissorhands|Donnie Darko|Billy Elliot|Jackie Brown|Citizen Kane|Lara Croft: Tomb Raider|Ferris Bueller's Day Off|Stuart Little|Mrs. Doubtfire|Good Will Hunting|The Talented Mr. Ripley|Norma Rae|Hannah and Her Sisters|Napoleon Dynamite|Amélie|Gandhi|Malcolm X|Spirited Away|Heat|Alien|Some Like It Hot",
    "-font": "Garamond|Baskerville|Bodoni|Caslon|Gill Sans|Frutiger|Franklin Gothic|Times New Roman|Didot|Helvetica Neue|Bembo|Courier|Georgia|Verdana",
    "-gebouw": "De Rembrandt|Huize Willem|Erasmushof|Prins Hendrikflat|De Zonnehoek|Residentie Wilhelmina|Vondelstaete|De Meander",
    "-group": "Network Ops|Service Desk L1|Database Admins|Field Support North|SAP Basis|Workplace",
    "-hospitalname": "Mount Sinai|Johns Hopkins Bayview|Massachusetts General|Mayo Clinic Rochester|Dana-Farber|Cedars-Sinai|Sloan Kettering|Bellevue|Grady Memorial|Barnes-Jewish|Brigham and Women's|Lucile Packard Children's",
    "-hurricane": "Katrina|Andrew|Sandy|Harvey|Irma|Maria|Ian|Camille|Hugo|Ike|Rita|Wilma|Michael|Laura|Ida|Floyd|Ivan|Charley|Dorian|Mitch",
    "-http": "200|301|304|403|404|500",
    "-il": "Ankara|İzmir|Bursa|Konya|Adana|Trabzon|Eskişehir|Gaziantep|Kayseri",
    "-industry": "Software|Biotechnology|Hospital & Health Care|Oil & Energy|Retail|Insurance|Construction|Higher Education",
    "-issue": "Cannot print on floor 3|VPN drops after a few minutes|Password expired|Laptop fan is loud|Outlook does not start|Request for a second monitor|Badge does not open the garage|Shared drive is full|Teams call without sound|Software update failed",
    "-konfession": "ev.|rk.|ohne|isl.|sonst.",
    "-leadsource": "Web|Phone Inquiry|Partner Referral|Purchased List|Trade Show|Other",
    "-likert7": "1 - Not at all|2|3|4 - Neutral|5|6|7 - Completely",
    "-magasin": "Monoprix Bastille|Carrefour Part-Dieu|Galeries Lafayette|Leclerc Saint-Étienne|Fnac Saint-Lazare|Intermarché Jean-Jaurès|Casino Victor-Hugo|Auchan Marcel Sembat",
    "-medbrand": "Tylenol|Xanax|Prozac|Lipitor|Humira|Ozempic|Zoloft|Claritin|Advil|Nexium|Viagra|Ventolin|Lantus|Eliquis",
    "-medicine": "Paracetamol|Enalapril|Simvastatin|Azithromycin|Pantoprazole|Escitalopram|Dexamethasone|Rivaroxaban|Dapagliflozin|Montelukast|Bisoprolol|Candesartan|Pregabalin|Salmeterol|Oxycodone|Venlafaxine|Ticagrelor|Torasemide",
    "-opera": "Don Giovanni|Tosca|Carmen|Rigoletto|Salome|Elektra|Parsifal|Eugene Onegin|Lucia di Lammermoor|Boris Godunov|Peter Grimes|Billy Budd|Madama Butterfly|Gianni Schicchi|Andrea Chénier|Fidelio",
    "-park": "Jackson Park|Griffith Park|Theodore Wirth Park|Stanley Park|Golden Gate Park|Balboa Park|Bryant Park|Bernheim Forest|Prospect Park|Elm Ridge Preserve",
    "-pitch": "Cloud tools that help dentists plan their week.|We build drones for vineyards.|Payroll made simple for small teams.|The marketplace for used lab equipment.|Secure file exchange between hospitals.|Coffee subscriptions for offices.|Battery storage for farms and workshops.",
    "-port": "Rotterdam|Port Elizabeth|Jebel Ali|Le Havre|Santos|Felixstowe|Port Louis|Saint John|Puerto Limón|Georgetown",
    "-product": "Bluetooth Kopfhörer|Cast-Iron Skillet 26 cm|USB-C Hub 7-in-1|Yoga Mat|Espresso Machine|Trail Running Shoe|Desk Lamp LED|Thermos 0,75 l|Backpack 30L|Wool Blanket|Garden Hose 15 m",
    "-articulo": "Cafetera italiana|Zapatillas de correr|Sartén antiadherente|Auriculares inalámbricos|Mochila escolar|Silla de oficina|Aceite de oliva 5 l|Manta de lana|Lámpara de pie",
    "-rat": "GSM|UMTS|LTE|NR",
    "-rose": "Queen Elizabeth|Mister Lincoln|Peace|Gertrude Jekyll|Graham Thomas|Dr. Huey|Souvenir de la Malmaison|Abraham Darby|Falstaff|Double Delight|Lady of Shalott|William Lobb|Iceberg|Mme Alfred Carrière",
    "-school": "Lincoln High School|Martin Luther King Jr. Middle School|Saint Ignatius Preparatory|Roosevelt Elementary|Thomas Jefferson Academy|Phillips Exeter Academy|Stuyvesant High School|George Washington Carver School|Eleanor Roosevelt High|Horace Mann School",
    "-ship": "Queen Mary 2|MSC Isabella|Emma Maersk|USS Abraham Lincoln|HMS Prince of Wales|Ever Given|Cap San Diego|CMA CGM Jacques Saadé|Edmund Fitzgerald|Marie Celeste|Stena Britannica|Amerigo Vespucci|Hanjin Louisiana",
    "-site": "Roof north|Pump house 2|Field 7|Greenhouse B|Silo 4|Tunnel km 12,4",
    "-song": "Billie Jean|Hey Jude|Jolene|Roxanne|Angie|Layla|Michelle|Come On Eileen|Stairway to Heaven|Eleanor Rigby|Barbara Ann|Bohemian Rhapsody|Mrs. Robinson|Sweet Caroline|Dancing Queen|Johnny B. Goode|Suzanne|Yesterday",
    "-species2": "Hedera helix|Corvus corax|Sus scrofa|Fagus sylvatica|Vulpes vulpes|Lynx lynx|Apis mellifera|Taxus baccata|Lepus europaeus|Picea abies|Ciconia ciconia|Grevillea robusta|Magnolia grandiflora|Lutra lutra|Passer domesticus",
    "-stage": "lead|marketingqualifiedlead|opportunity|customer|evangelist",
    "-station": "King's Cross St. Pancras|Earl's Court|Gloucester Road|Charing Cross|Baker Street|Clapham Junction|Marylebone|Elephant & Castle|Tottenham Court Road|Victoria|Seven Sisters|Canada Water",
    "-store": "Baker Street Books|Elm Street Hardware|Park Avenue Florist|Barnes & Noble|Marks & Spencer|Trader Joe's|Harvey Nichols|Fortnum & Mason|John Lewis|Fifth Street Bakery|Wendy's|Victoria's Secret|Dick's Sporting Goods|Crate & Barrel|Oak Lane Pharmacy",
    "-streetname": "Main Street|Martin Luther King Boulevard|Jackson Avenue|Washington Square|Elm Street|Madison Avenue|Rue Victor Hugo|Karl-Marx-Allee|Via Garibaldi|Calle Simón Bolívar|Maple Drive",
    "-surveytext": "Too many questions about the same thing.|The new menu is easier to find.|I would like a dark mode.|Waiting time on the hotline is far too long.|Good value for the price.|Nothing to add.|Invoices arrive late every month.|Love the autumn colours of the shop window.",
    "-vardcentral": "Vårdcentralen Kronan|Capio Slussen|Närhälsan Frölunda|Hälsocentralen Teg|Vårdcentralen Hjälmaren|Drottninghälsan",
    "-ward": "4B|ICU-2|Cardiology East|L&D|Ward 12|ED",
    "-wine": "Château Margaux 2015|Dom Pérignon 2012|Penfolds Grange|Robert Mondavi Reserve|Moët & Chandon Brut|Marchesi Antinori Tignanello|Ernest & Julio Gallo Hearty Burgundy|Louis Jadot Beaune|Vega Sicilia Único|Dr. Loosen Riesling|Charles Heidsieck Rosé",
    "-zweck": "Miete Oktober|Rechnung 2024-118|Abschlag Strom|Mitgliedsbeitrag|Gehalt 09/24|Rückzahlung Kaution|Versicherung KFZ|Einkauf online",
}
"""Clean kinds whose values are drawn from a list."""

STREETS_TR = (
    "Atatürk Cad.",
    "Cumhuriyet Mah. Lale Sok.",
    "İnönü Bulvarı",
    "Gazi Mustafa Kemal Cad.",
    "Çınar Sok.",
)

SHAPES: dict[str, str] = {
    "-key": "######",
    "-id9": "#########",
    "-id10": "##########",
    "-id11": "###########",
    "-id12": "############",
    "-id13": "#############",
    "-id14": "##############",
    "-id16": "################",
    "-sfid": "0035g00000*****AA#",
    "-ein": "##-#######",
    "-siret": "### ### ### 000##",
    "-vkn": "##########",
    "-kvk": "########",
    "-cvr": "########",
    "-orgnr": "55####-####",
    "-orgnrno": "9## ### ###",
    "-ytunnus": "#######-#",
    "-ico": "########",
    "-cui": "RO########",
    "-nip": "###-###-##-##",
    "-regon": "#########",
    "-piva": "IT###########",
    "-cnpj": "##.###.###/0001-##",
    "-glaeubiger": "DE##ZZZ0000#######",
    "-mandat": "MND-####-#####",
    "-contrat": "AUTO-########",
    "-costcentre": "CC-####",
    "-grade": "P#",
    "-klasse": "#a",
    "-note": "#",
    "-ndc": "0###-####-##",
    "-loinc": "#####-#",
    "-pzn": "########",
    "-atc": "@##@@##",
    "-snomed": "4########",
    "-hs": "####.##",
    "-sscc": "(00)3##################",
    "-container": "MSCU#######",
    "-imo": "IMO 9######",
    "-mmsi": "2########",
    "-partno": "###-###-####",
    "-partno2": "0##-########",
    "-sedol": "B#@@#@#",
    "-lei": "5299********######",
    "-mic": "X@@@",
    "-isrc": "GB@@@#######",
    "-dln": "##############",
    "-routing": "02#######",
    "-caseno": "#:2#-cv-#####",
    "-citation": "### U.S. ###",
    "-statute": "42 U.S.C. § 1###",
    "-inc": "INC00#####",
    "-kb": "KB00#####",
    "-eui64": "70B3D5####@@##@#",
    "-oid": "1.3.6.1.4.1.####.#",
    "-subnet": "10.##.#.0/24",
    "-cellid": "23415-####-#####",
    "-tac8": "35######",
    "-remiss": "R2024-#####",
    "-rid": "R_3**************",
    "-tracking13": "PK#############",
    "-meter": "1EMH00########",
    "-seat2": "##@",
    "-sortcode": "##-##-##",
    "-postal3": "###",
    "-bol": "MAEU#########",
    "-duns": "##-###-####",
    "-invoice2": "2024########",
    "-plan": "T-##/@",
    "-scan": "##.##.####-##",
}
"""Clean kinds of one shape: # a digit, @ a capital, * either."""


def fresh_generated(part: str, only: str = "") -> Iterator[FreshTable]:
    """All generated tables of a part; none if faker is not installed."""
    try:
        from faker import Faker
    except ImportError:
        return
    import pyarrow as pa
    from ruamel.yaml import YAML

    for name, entry in (
        YAML(typ="safe").load(Path(__file__).with_name(f"pii_{part}_generated.yaml")).items()
    ):
        if only not in (key := f"{part}/generated/{name}"):
            continue
        # A seed of its own, so that another table can be added without changing this one.
        seed = SEEDS[part] + zlib.crc32(name.encode())
        fake, rng = Faker(entry["locale"]), random.Random(seed)
        fake.seed_instance(seed)
        here = (clean, persons, numbers, texts)
        shared = (pii_tables.clean, pii_tables.persons, pii_tables.numbers, pii_tables.texts, *here)
        own = (
            pii_unseen_kinds.clean,
            pii_unseen_kinds.persons,
            pii_unseen_kinds.numbers,
            pii_unseen_kinds.texts,
        )
        made = (*shared, *own) if part == "unseen" else shared
        makers: Makers = {kind: make for group in made for kind, make in group(fake, rng).items()}
        rows = range(entry.get("rows", ROWS))
        kinds = {str(c): kind for c, kind in entry["columns"].items()}
        columns = {
            c: [str(makers[kind.removeprefix("~")]()) for _ in rows] for c, kind in kinds.items()
        }
        if part == "unseen":
            columns = pii_unseen_kinds.lived_in(columns, rng)
        personal = frozenset(c for c, kind in kinds.items() if kind[0] not in "-~")
        doubtful = frozenset(c for c, kind in kinds.items() if kind[0] == "~")
        yield FreshTable(key, pa.table(columns), personal, doubtful)


def persons(fake: Any, rng: random.Random) -> Makers:
    """Names, and how to reach someone."""

    def born(form: str) -> Callable[[], str]:
        return lambda: fake.date_of_birth(minimum_age=6, maximum_age=95).strftime(form)

    first, last = fake.first_name, fake.last_name

    def plain(text: str) -> str:
        return "".join(c for c in text.lower() if c in string.ascii_lowercase)

    return {
        "lastfirstmid": lambda: (
            f"{last().upper()}, {first().upper()} {rng.choice(string.ascii_uppercase)}"
        ),
        "lastfirstplain": lambda: f"{last().upper()} {first().upper()}",
        "mixedname": lambda: rng.choice(
            [f"{first()} {last()}", f"{last()}, {first()}", f"{first()[0]}. {last()}"]
        ),
        "judge": lambda: f"Hon. {first()} {rng.choice(string.ascii_uppercase)}. {last()}",
        "doctorit": lambda: f"Dott. {first()} {last()}",
        "workmail": lambda: f"{plain(first())}.{plain(last())}@{fake.domain_name()}",
        "maillist": lambda: "; ".join(fake.email() for _ in range(rng.randrange(1, 4))),
        "e164": lambda: digits(
            rng,
            rng.choice(
                ["+4915#########", "+4477########", "+336########", "+4670#######", "+14152######"]
            ),
        ),
        "usphone": lambda: (
            f"({rng.randrange(201, 989)}) {rng.randrange(200, 999)}-{rng.randrange(10**4):04}"
        ),
        "msisdn": lambda: digits(rng, "447#########"),
        "oneline": lambda: fake.address().replace("\n", ", "),
        "birthlong": born("%d %B %Y"),
        "birthcompact": born("%Y%m%d"),
        "birthdash": born("%d-%m-%Y"),
        "emergency": lambda: (
            f"{first()} {last()} ({rng.choice(['mother', 'partner', 'brother'])}), {fake.phone_number()}"
        ),
        "profile": lambda: (
            f"https://www.xing.com/profile/{plain(first()).title()}_{plain(last()).title()}"
        ),
        "regplate": lambda: fake.license_plate(),
        "mother": lambda: fake.name_female(),
        "evadresi": lambda: (
            f"{rng.choice(STREETS_TR)} No: {rng.randrange(1, 90)}/{rng.randrange(1, 20)}, {rng.choice(WORDS['-il'].split('|'))}"
        ),
    }


def numbers(fake: Any, rng: random.Random) -> Makers:
    """Numbers that an office or a bank gave to a person; most as the country of the table makes them."""
    return {
        "nationalid": lambda: fake.ssn(),
        "cpr": lambda: (
            fake.date_of_birth(minimum_age=6, maximum_age=95).strftime("%d%m%y-")
            + digits(rng, "####")
        ),
        "ninogb": lambda: digits(
            rng,
            f"{rng.choice(['AB', 'CE', 'JG', 'LS', 'NR', 'PK', 'SW', 'TX'])} ## ## ## {rng.choice('ABCD')}",
        ),
        "birthnumber": lambda: fake.birth_number(),
        "nifes": lambda: fake.nif(),
        "peselpl": lambda: fake.pesel(),
        "cpfbr": lambda: fake.cpf(),
        "rg": lambda: fake.rg(),
        "mbi": lambda: digits(rng, f"{rng.randrange(1, 10)}@*#-@*#-@@##"),
        "konto": lambda: digits(rng, "####.##.#####"),
        "card16": lambda: fake.credit_card_number("mastercard"),
        "memberid": lambda: digits(rng, "XEP#########"),
    }


def texts(fake: Any, rng: random.Random) -> Makers:
    """Free text that names somebody in most cells."""

    def either(*makers: Callable[[], str]) -> Callable[[], str]:
        return lambda: rng.choice(makers)()

    return {
        "chat": either(
            lambda: f"Called {fake.name()} back on {fake.phone_number()}, line was busy.",
            lambda: (
                f"{fake.first_name()} {fake.last_name()} confirmed by mail ({fake.email()}) that it works again."
            ),
            lambda: f"Ticket passed on to {fake.name()} of the night shift.",
        ),
        "care": either(
            lambda: f"Pt {fake.name()} c/o dyspnoea, SpO2 91 %, given oxygen.",
            lambda: (
                f"Daughter {fake.first_name()} {fake.last_name()} informed at {fake.phone_number()}."
            ),
            lambda: f"Seen by Dr {fake.last_name()}, plan: X-ray, bloods, review at 18:00.",
        ),
        "noteclient": either(
            lambda: (
                f"M. {fake.last_name()} a appelé au sujet du sinistre, rappeler au {fake.phone_number()}."
            ),
            lambda: f"Courrier envoyé à Mme {fake.first_name()} {fake.last_name()}.",
        ),
        "notebewerber": either(
            lambda: (
                f"Gespräch mit {fake.first_name()} {fake.last_name()} am Dienstag, sehr guter Eindruck."
            ),
            lambda: (
                f"Frau {fake.last_name()} sagt ab, Rückruf erbeten unter {fake.phone_number()}."
            ),
        ),
        "contactjson": lambda: json.dumps(
            {"contact": {"n": fake.name(), "tel": fake.phone_number()}, "v": rng.randrange(5)}
        ),
    }


def clean(fake: Any, rng: random.Random) -> Makers:
    """Numbers, codes, dates and names of things."""
    lists = {kind: text.split("|") for kind, text in WORDS.items()}
    drawn: Makers = {kind: lambda kind=kind: rng.choice(lists[kind]) for kind in lists}  # type: ignore[misc]
    shaped: Makers = {kind: lambda s=shape: digits(rng, s) for kind, shape in SHAPES.items()}  # type: ignore[misc]

    def day(form: str) -> Callable[[], str]:
        return lambda: fake.date_between("-12y", "today").strftime(form)

    return (
        drawn
        | shaped
        | {
            "-bool": lambda: rng.choice(["true", "false"]),
            "-small": lambda: str(rng.randrange(0, 40)),
            "-score": lambda: f"{rng.gauss(0, 1):.4f}",
            "-fte": lambda: rng.choice(["1.0", "0.8", "0.5"]),
            "-betrag": lambda: f"{rng.uniform(-900, 3000):.2f}".replace(".", ","),
            "-dateuk": day("%d/%m/%Y"),
            "-datede": day("%d.%m.%Y"),
            "-datedash": day("%d-%m-%Y"),
            "-datecompact": day("%Y%m%d"),
            "-expiry": day("%m/%y"),
            "-clf": day("[%d/%b/%Y:06:25:24 +0000]"),
            "-request": lambda: f"GET /{fake.uri_path()} HTTP/1.1",
            "-domain": fake.domain_name,
            "-bic": lambda: fake.swift(),
            "-hex32": lambda: f"{rng.getrandbits(128):032x}",
            "-hexcolour": lambda: f"#{rng.getrandbits(24):06x}",
            "-build": lambda: (
                f"{rng.randrange(100, 140)}.0.{rng.randrange(9999)}.{rng.randrange(200)}"
            ),
            "-geohash": lambda: (
                "u3" + "".join(rng.choices("0123456789bcdefghjkmnpqrstuvwxyz", k=7))
            ),
            "-celsius": lambda: f"{rng.uniform(-20, 40):.1f}",
            "-rssi": lambda: str(-rng.randrange(40, 120)),
            "-ccypair": lambda: rng.choice(["EUR/USD", "GBP/JPY", "USD/CHF", "AUD/NZD"]),
            "-range": lambda: rng.choice(["18-24", "25-34", "35-49", "50-64", "65+"]),
            "-bairro": lambda: fake.bairro(),
            "-seconds": lambda: str(rng.randrange(1, 7200)),
            "-track": lambda: f"{rng.randrange(2, 9)}:{rng.randrange(60):02}",
            "-doi": lambda: (
                f"10.{rng.randrange(1000, 9999)}/j.{rng.choice(['cell', 'jmb', 'tree'])}.{rng.randrange(2010, 2025)}.{rng.randrange(10**5):05}"
            ),
        }
    )
