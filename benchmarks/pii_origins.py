"""Recall of persons' names by where the names come from: given names, full names and names in sentences, by gender.

    uv run --group benchmark python benchmarks/pii_origins.py [--names 100] [--seed 1]

Names are those of Mimesis and Faker (MIT). The lists of raudit were made in part from Faker, and for other scripts than
the Latin one from Mimesis too: such rows carry a star and are no test of the lists. ``audit study`` are the first
names of Bertrand & Mullainathan (2004), American Economic Review 94(4), table 8. A cell counts as found if the lists hold
it or the language model reads it; a sentence, if a found person overlaps the name and the second opinion of the lists
agrees. False alarms are sentences without a name in which a person is found.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import pyarrow as pa

from raudit.data import wrap_table
from raudit.stages.pii.assess import Scanner, prepare, scan_table
from raudit.stages.pii.count.cells import SHORT_CELL, supported
from raudit.stages.pii.count.profile import clopper_pearson
from raudit.stages.pii.options import Options

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
    "Greek (native)": "el",
    "Russian (native)": "ru",
    "Ukrainian (native)": "uk",
    "Arabic (native)": "ar-eg",
    "Persian (native)": "fa",
    "Chinese (native)": "zh",
    "Japanese (native)": "ja",
    "Korean (native)": "ko",
}
FAKER = {
    "Kenyan": "en_KE",
    "Yoruba": "yo_NG",
    "Igbo": "ig_NG",
    "Hausa": "ha_NG",
    "Ghanaian": "tw_GH",
    "Zulu": "zu_ZA",
    "Indian (Latin)": "en_IN",
    "Hindi (native)": "hi_IN",
    "Tamil (native)": "ta_IN",
    "Bengali (native)": "bn_BD",
    "Algerian (Latin)": "fr_DZ",
    "Vietnamese": "vi_VN",
    "Indonesian": "id_ID",
    "Hebrew (native)": "he_IL",
}
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
SENTENCES = (
    "the customer said that {} would call again about the late order",
    "please send the invoice to {} before the end of the month",
    "we spoke with {} on the phone and the box had arrived wet",
    "my colleague {} asked whether the chair can still be returned",
    "according to {} the refund was never paid into the account",
)
CLEAN = (
    "the customer said that somebody would call again about the late order of {}",
    "please send the invoice for {} before the end of the month",
    "the box of {} had arrived wet and was sent back to the shop",
)
THINGS = (
    "Monday",
    "the Blue Chair",
    "Order Nine",
    "Spring Sale",
    "March",
    "the Red Lamp",
    "London",
    "Amazon",
    "Excel",
)


def sources() -> dict[str, tuple[list[str], list[str], list[str]]]:
    """Given names of women and of men, and family names, by origin."""
    found = dict(AUDIT)
    for origin, locale in MIMESIS.items():
        person: Any = import_module("mimesis").Person(locale, seed=1)
        gender = import_module("mimesis.enums").Gender
        women, men = (
            [person.first_name(gender=g) for _ in range(400)] for g in (gender.FEMALE, gender.MALE)
        )
        found[f"{origin}*" if "native" in origin else origin] = (
            women,
            men,
            [person.surname() for _ in range(400)],
        )
    for origin, locale in FAKER.items():
        provider = import_module(f"faker.providers.person.{locale}").Provider
        both = list(getattr(provider, "first_names", ()))
        women = list(getattr(provider, "first_names_female", ())) or both
        men = list(getattr(provider, "first_names_male", ())) or both
        found[f"{origin}*"] = (women, men, list(provider.last_names))
    return found


def in_sentences(scanner: Scanner, names: Sequence[str]) -> int:
    """Names that are found in a sentence around them."""
    texts = [SENTENCES[i % len(SENTENCES)].format(name) for i, name in enumerate(names)]
    hits = 0
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


def in_column(scanner: Scanner, names: Sequence[str]) -> tuple[float, bool]:
    """Share of the cells of a column called ``name`` that are listed or read by the model, and whether it is found."""
    table = pa.table({"name": [n for n in names if len(n) <= SHORT_CELL]})
    (verdict,) = scan_table(wrap_table(table, name="names"), scanner)
    person = verdict.profile.count("PERSON")
    return max(verdict.profile.name_listed, person.whole_share if person else 0.0), verdict.personal


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--names", type=int, default=100, help="of each origin and gender")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    scanner = prepare(Options(sample=1_000), seed=args.seed)
    draw = random.Random(args.seed)
    print(
        "| origin | n | given, women | given, men | full, women | full, men | in sentences, women | men | 95% interval |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for origin, (women, men, family) in sources().items():
        cells, hits, total = [], 0, 0
        for given in (women, men):
            first = [draw.choice(given) for _ in range(args.names)]
            order = ["Chinese", "Japanese", "Korean", "Hungarian"]
            last_first = any(origin.startswith(o) for o in order)
            joint = "" if origin.startswith(("Chinese", "Japanese", "Korean")) else " "
            full = [
                joint.join((f, g) if last_first else (g, f))
                for g in first
                for f in [draw.choice(family)]
            ]
            found = in_sentences(scanner, full)
            hits, total = hits + found, total + len(full)
            cells.append((in_column(scanner, first), in_column(scanner, full), found / len(full)))
        low, high = clopper_pearson(hits, total)
        (gw, fw, tw), (gm, fm, tm) = cells
        shown = [
            f"{share:.0%}{'' if whole else ' (column missed)'}" for share, whole in (gw, gm, fw, fm)
        ]
        print(
            f"| {origin} | {args.names} | {' | '.join(shown)} | {tw:.0%} | {tm:.0%} | {low:.0%} to {high:.0%} |",
            flush=True,
        )
    texts = [CLEAN[i % len(CLEAN)].format(draw.choice(THINGS)) for i in range(300)]
    wrong = sum(
        any(
            s.entity_type == "PERSON"
            and supported("PERSON", t[s.start : s.end], scanner.rulebook, t)
            for s in spans
        )
        for t, spans in zip(texts, scanner.engine.spans(texts), strict=True)
    )
    low, high = clopper_pearson(wrong, len(texts))
    print(
        f"\nfalse alarms: {wrong} of {len(texts)} sentences without a name (95% interval {low:.1%} to {high:.1%})"
    )


if __name__ == "__main__":
    main()
