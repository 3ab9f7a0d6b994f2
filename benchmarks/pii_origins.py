"""Recall of persons' names by where the names come from: in columns, in sentences and after redaction, with intervals.

    uv run --group benchmark python benchmarks/pii_origins.py [--names 40] [--part tuning|"held out"] [--unlisted]

Names are those of Mimesis and Faker (MIT); ``audit study`` are the first names of Bertrand & Mullainathan (2004),
American Economic Review 94(4), table 8. The lists of raudit hold names of the same sources, so ``--unlisted`` takes the
names that are measured out of all lists first: what is found then is found of people whose names nobody listed. Names and
sentences (``pii_origin_sentences.yaml``) are parted in two: weights were set on "tuning".

Columns
    Of ``--columns`` columns called ``name`` with ``--names`` full names each, those that are reported.
English, own language
    Share of names in English sentences, and in sentences of the language, that overlap a found person.
Left
    Share of the English sentences in which a part of the name of three letters or more is left after redaction.

False alarms are texts without a name in which a person is found: sentences of ours, and by language the messages of
Django (BSD-3-Clause), which name nobody.
"""

from __future__ import annotations

import argparse
import random
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from raudit.data import wrap_table
from raudit.scan.redact import redactors
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.count.cells import supported
from raudit.stages.pii.options import Options
from raudit.stages.pii.recognise import names as names_package
from raudit.stages.pii.recognise.names import lists as lists_module
from raudit.stages.pii.recognise.names import persons_in_text
from raudit.stages.pii.recognise.names.lists import folded, name_lists
from raudit.stages.pii.scanner import Scanner, prepare
from raudit.stats.intervals import wilson

PARTS = ("tuning", "held out")
SENTENCES = Path(__file__).with_name("pii_origin_sentences.yaml")
MIMESIS = {
    "English": "en",
    "German": "de",
    "French": "fr",
    "Spanish": "es",
    "Italian": "it",
    "Polish": "pl",
    "Swedish": "sv",
    "Finnish": "fi",
    "Hungarian": "hu",
    "Turkish": "tr",
    "Greek": "el",
    "Russian": "ru",
    "Ukrainian": "uk",
    "Arabic": "ar-eg",
    "Persian": "fa",
    "Chinese": "zh",
    "Japanese": "ja",
    "Korean": "ko",
}
FAKER = {
    "Kenyan": "en_KE",
    "Yoruba": "yo_NG",
    "Igbo": "ig_NG",
    "Hausa": "ha_NG",
    "Ghanaian": "tw_GH",
    "Zulu": "zu_ZA",
    "Indian (Latin)": "en_IN",
    "Pakistani (Latin)": "en_PK",
    "Hindi": "hi_IN",
    "Tamil": "ta_IN",
    "Bengali": "bn_BD",
    "Algerian (Latin)": "fr_DZ",
    "Vietnamese": "vi_VN",
    "Indonesian": "id_ID",
    "Hebrew": "he_IL",
    "Thai": "th_TH",
    "Chinese (Taiwan)": "zh_TW",
}
LANGUAGE = {"Chinese (Taiwan)": "Chinese", "audit study, Black": "", "audit study, White": ""}
JOINED = ("Chinese", "Japanese", "Korean")
FAMILY_FIRST = (*JOINED, "Hungarian")
AUDIT = {
    "audit study, Black": (
        ["Aisha", "Ebony", "Keisha", "Kenya", "Lakisha", "Latonya", "Latoya", "Tamika", "Tanisha"],
        [
            "Darnell",
            "Hakim",
            "Jamal",
            "Jermaine",
            "Kareem",
            "Leroy",
            "Rasheed",
            "Tremayne",
            "Tyrone",
        ],
        ["Washington", "Jefferson", "Jackson", "Jones", "Robinson", "Williams"],
    ),
    "audit study, White": (
        ["Allison", "Anne", "Carrie", "Emily", "Jill", "Kristen", "Laurie", "Meredith", "Sarah"],
        ["Brad", "Brendan", "Brett", "Geoffrey", "Greg", "Jay", "Matthew", "Neil", "Todd"],
        ["Baker", "Kelly", "McCarthy", "Murphy", "Murray", "O'Brien", "Ryan", "Sullivan", "Walsh"],
    ),
}
CLEAN = (
    "the customer said that somebody would call again about the late order of {}",
    "please send the invoice for {} before the end of the month",
    "the box of {} had arrived wet and was sent back to the shop",
    "please explain how {} works and what it costs per month",
    "I would like to visit {} in March with two children and a dog",
    "my brother works at {} and likes it there",
)
THINGS = [
    "Monday",
    "the Blue Chair",
    "Order Nine",
    "Spring Sale",
    "March",
    "the Red Lamp",
    "London",
    "Amazon",
    "Excel",
    "Kubernetes",
    "New York",
    "Machu Picchu",
    "Visual Studio",
    "the Eiffel Tower",
    "Deutsche Bank",
    "Google Sheets",
    "San Francisco",
    "the Nile",
    "Coca Cola",
    "Big Data",
]
DJANGO = {
    "German": "de", "French": "fr", "Spanish": "es", "Italian": "it", "Polish": "pl", "Swedish": "sv", "Finnish": "fi",
    "Hungarian": "hu", "Turkish": "tr", "Greek": "el", "Russian": "ru", "Ukrainian": "uk", "Arabic": "ar", "Persian": "fa",
    "Chinese": "zh_Hans", "Japanese": "ja", "Korean": "ko", "Hindi": "hi", "Bengali": "bn", "Tamil": "ta", "Hebrew": "he",
    "Vietnamese": "vi", "Indonesian": "id", "Thai": "th", "English": "",
}  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{[^}]*\}|<[^>]+>|&\w+;")


@dataclass(frozen=True, slots=True)
class Origin:
    """Names of one origin: given names of women and of men, and family names."""

    women: Sequence[str]
    men: Sequence[str]
    family: Sequence[str]

    def part(self, part: str) -> Origin:
        """Half of the names, by the CRC-32 of each; the few of a study are all in both."""

        def half(names: Sequence[str]) -> list[str]:
            kept = [
                n
                for n in sorted(set(names))
                if (zlib.crc32(n.encode()) % 2 == 0) == (part == PARTS[0])
            ]
            return kept if len(kept) > 5 else sorted(set(names))

        return Origin(half(self.women), half(self.men), half(self.family))


def sources() -> dict[str, Origin]:
    """Names by origin."""
    found = {origin: Origin(*names) for origin, names in AUDIT.items()}
    for origin, locale in MIMESIS.items():
        person: Any = import_module("mimesis").Person(locale, seed=1)
        gender = import_module("mimesis.enums").Gender
        women, men = (
            [person.first_name(gender=g) for _ in range(400)] for g in (gender.FEMALE, gender.MALE)
        )
        found[origin] = Origin(women, men, [person.surname() for _ in range(400)])
    for origin, locale in FAKER.items():
        provider = import_module(f"faker.providers.person.{locale}").Provider
        both = list(getattr(provider, "first_names", ()))
        women = list(getattr(provider, "first_names_female", ())) or both
        men = list(getattr(provider, "first_names_male", ())) or both
        found[origin] = Origin(women, men, list(provider.last_names))
    return found


def full_names(origin: str, names: Origin, n: int, draw: random.Random) -> list[str]:
    """Full names, half of women and half of men, in the order and with the blanks of their language."""
    first = [draw.choice(names.women if i % 2 else names.men) for i in range(n)]
    blank = "" if origin.startswith(JOINED) else " "
    found = []
    for given in first:
        pair = (given, draw.choice(names.family))
        found.append(blank.join(reversed(pair) if origin.startswith(FAMILY_FIRST) else pair))
    return found


def found_in(scanner: Scanner | None, texts: Sequence[str], names: Sequence[str]) -> int:
    """Names that overlap a person that is found and supported; by lists and cues alone if there is no scanner."""
    hits = 0
    if scanner is None:
        for text, name in zip(texts, names, strict=True):
            begin = text.index(name)
            hits += any(a < begin + len(name) and begin < b for a, b in persons_in_text(text))
        return hits
    for text, name, spans in zip(texts, names, scanner.engine.spans(texts), strict=True):
        begin = text.index(name)
        hits += any(
            s.entity_type == "PERSON"
            and s.start < begin + len(name)
            and begin < s.end
            and supported("PERSON", text[s.start : s.end], scanner.rulebook, text)
            for s in spans
        )
    return hits


def left_after_redaction(scanner: Scanner, texts: Sequence[str], names: Sequence[str]) -> int:
    """Texts in which a part of the name is left."""
    table = wrap_table(pa.table({"text": list(texts)}), name="texts")
    redactor = redactors(scan_table(table, scanner), lambda kind, _: f"<{kind}>", scanner).of(
        "text"
    )
    if redactor is None:
        return len(texts)
    left = 0
    for name, after in zip(names, redactor.cells(texts), strict=True):
        parts = [p for p in re.split(r"[\s'-]+", name) if len(p) > (2 if p.isascii() else 1)] or [
            name
        ]
        left += any(part in (after or "") for part in parts)
    return left


def columns_found(
    scanner: Scanner, origin: str, names: Origin, n: int, draw: random.Random, times: int
) -> int:
    """Columns called ``name`` that are reported."""
    return sum(
        scan_table(
            wrap_table(pa.table({"name": full_names(origin, names, n, draw)}), name="t"), scanner
        )[0].personal
        for _ in range(times)
    )


def unlisted(origin: Origin) -> None:
    """Take the names of an origin out of the lists in use."""
    words = frozenset(
        part
        for name in (*origin.women, *origin.men, *origin.family)
        for part in re.split("[ '-]", folded(name))
    )
    known = name_lists.__wrapped__().without(words)  # type: ignore[attr-defined]
    names_package.persons.name_lists = lambda: known  # type: ignore[attr-defined]
    lists_module.name_lists.cache_clear()


def without_names(scanner: Scanner, origin: Origin) -> Scanner:
    """A scanner whose rulebook has never known the names of an origin."""
    words = frozenset(folded(n) for n in (*origin.women, *origin.men, *origin.family))
    book = replace(
        scanner.rulebook,
        given_names=scanner.rulebook.given_names - words,
        family_names=scanner.rulebook.family_names - words,
    )
    return replace(scanner, rulebook=book)


def main() -> None:
    """Print the table by origin and that of false alarms."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--names", type=int, default=40, help="of each origin and kind of sentence")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", choices=PARTS, default=PARTS[1])
    parser.add_argument("--unlisted", action="store_true")
    parser.add_argument("--columns", type=int, default=10, help="columns of each origin")
    parser.add_argument(
        "--without-model",
        action="store_true",
        help="lists and cues alone: sentences only, and fast",
    )
    parser.add_argument("--only", default="")
    parser.add_argument(
        "--show", action="store_true", help="print what is missed and what is found wrongly"
    )
    args = parser.parse_args()
    scanner = prepare(Options(sample=1_000), seed=args.seed)
    templates = sentences(args.part)
    print(
        "| origin | n | columns | English, n | found | own language, n | found | left after redaction |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for origin, names in sources().items():
        if args.only and args.only not in origin:
            continue
        line(origin, names.part(args.part), templates, scanner, args)
    false_alarms(None if args.without_model else scanner, args.seed, show=args.show)


def sentences(part: str) -> Mapping[str, Sequence[str]]:
    """Sentences of one part by language."""
    from ruamel.yaml import YAML

    return {language: parts[part] for language, parts in YAML(typ="safe").load(SENTENCES).items()}


def line(
    origin: str,
    names: Origin,
    templates: Mapping[str, Sequence[str]],
    scanner: Scanner,
    args: argparse.Namespace,
) -> None:
    """Print one origin."""
    draw = random.Random(args.seed)
    if args.unlisted:
        unlisted(names)
        scanner = without_names(scanner, names)
    columns = (
        0
        if args.without_model
        else columns_found(scanner, origin, names, args.names, draw, args.columns)
    )
    reader = None if args.without_model else scanner
    cells = [
        origin,
        f"{len(set(names.women) | set(names.men))} + {len(set(names.family))}",
        "" if args.without_model else f"{columns} of {args.columns}",
    ]
    own = LANGUAGE.get(origin, origin if origin in templates and origin != "English" else "")
    left = ""
    for language in ("English", own):
        if not language:
            cells += ["", ""]
            continue
        full = full_names(origin, names, 2 * args.names, draw)
        texts = [
            templates[language][i % len(templates[language])].replace("{}", name)
            for i, name in enumerate(full)
        ]
        hits = found_in(reader, texts, full)
        if args.show:
            for text, name in zip(texts, full, strict=True):
                if not found_in(reader, [text], [name]):
                    print("   missed:", text)
        cells += [str(len(full)), interval(hits, len(full))]
        if language == "English" and not args.without_model:
            left = interval(left_after_redaction(scanner, texts, full), len(full))
    print(f"| {' | '.join(cells)} | {left} |", flush=True)


def interval(k: int, n: int) -> str:
    """A share with Wilson's 95 % interval."""
    low, high = (float(bound) for bound in wilson(k, n)[:2])
    return f"{k / n:.0%} ({low:.0%} to {high:.0%})"


def false_alarms(scanner: Scanner | None, seed: int, *, show: bool) -> None:
    """Print by language how many texts without a name have a person found in them."""
    draw = random.Random(seed)
    texts = {
        "English, ours": [CLEAN[i % len(CLEAN)].format(draw.choice(THINGS)) for i in range(300)]
    }
    texts.update(
        (f"{language}, Django", list(django_messages(code))) for language, code in DJANGO.items()
    )
    print("\n| texts without a name | n | with a person found |\n|---|---|---|")
    for language, clean in texts.items():
        wrong = 0
        for text, found in zip(clean, persons_of(scanner, clean), strict=True):
            wrong += bool(found)
            if found and show:
                print("   wrong:", found, "|", text)
        print(f"| {language} | {len(clean)} | {interval(wrong, len(clean))} |", flush=True)


def persons_of(scanner: Scanner | None, texts: Sequence[str]) -> Iterator[list[str]]:
    """The persons that are found in each text."""
    if scanner is None:
        yield from ([text[a:b] for a, b in persons_in_text(text)] for text in texts)
        return
    for text, spans in zip(texts, scanner.engine.spans(texts), strict=True):
        yield [
            text[s.start : s.end]
            for s in spans
            if s.entity_type == "PERSON"
            and supported("PERSON", text[s.start : s.end], scanner.rulebook, text)
        ]


def django_messages(code: str) -> Iterator[str]:
    """Messages of some words without what is filled in, in one language; in English the originals."""
    import gettext

    root = Path(import_module("django").__file__ or "").parent
    for file in sorted(root.rglob(f"locale/{code or 'de'}/LC_MESSAGES/django.mo")):
        with file.open("rb") as stream:
            messages = gettext.GNUTranslations(stream)._catalog  # type: ignore[attr-defined]
        for original, text in messages.items():
            plain = PLACEHOLDER.sub(
                "X", (original if not code else text) if isinstance(original, str) else ""
            )
            if len(plain) > 20 and "\n" not in plain and not plain.startswith("Project-Id"):
                yield plain


if __name__ == "__main__":
    main()
