"""Chat messages with ten kinds of personal data, and prompts without any: what is left after redaction, what is altered.

    uv run python benchmarks/pii_chat.py [--items 300] [--seed 1] [--set first|fresh] [--show]

Messages are made from sentences and values of a few lists, by a seed: "first" are those of this file, on which the rules
were tuned, "fresh" those of ``pii_chat_fresh.yaml``, which were written before the rules met them. They are scanned and redacted as one
column of text with the default options. A value is left if any word of it of three letters or more, or four digits of
it side by side, stands in the redacted message. A clean prompt is altered if more than 1 % of its characters differ.
Intervals are Wilson's, 95 %. Exit status 1 if more than 3 % of any kind are left or a clean prompt is altered.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import pyarrow as pa

from raudit.data import wrap_table
from raudit.scan.redact import redactors
from raudit.stages.pii.assess import scan_table
from raudit.stages.pii.options import Options
from raudit.stages.pii.scanner import prepare
from raudit.stats.intervals import wilson

NAMES = [
    "Emily Clark",
    "Oluwaseun Adeyemi",
    "Fatima Haddad",
    "Priya Iyer",
    "Wanjiku Kamau",
    "Aslıhan Yılmaz",
    "Łukasz Wójcik",
    "Ximena Quispe",
    "Minh Tran",
    "Jürgen Brandt",
    "Aïssatou Diallo",
    "Hyejin Park",
    "Giulia Ferrari",
    "Darnell Booker",
    "Thandiwe Dlamini",
    "Yuki Tanaka",
]
STREETS = [
    "Maple Street",
    "Church Road",
    "Elm Avenue",
    "Station Road",
    "Oak Drive",
    "King Street",
    "Park Lane",
]
ILLNESSES = [
    "diabetes",
    "breast cancer",
    "depression",
    "HIV",
    "epilepsy",
    "bipolar disorder",
    "asthma",
]


def _luhn(prefix: str, length: int, draw: random.Random) -> str:
    digits = prefix + "".join(str(draw.randrange(10)) for _ in range(length - len(prefix) - 1))
    total = sum(
        int(d) if i % 2 else (int(d) * 2 - 9 if int(d) > 4 else int(d) * 2)
        for i, d in enumerate(reversed(digits))
    )
    return digits + str(-total % 10)


def _iban(draw: random.Random) -> str:
    account = "".join(str(draw.randrange(10)) for _ in range(18))
    return f"DE{98 - int(account + '131400') % 97:02}{account}"


def _spaced(digits: str) -> str:
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def _grouped(digits: str, draw: random.Random) -> str:
    groups = _spaced(digits)
    return draw.choice((digits, groups, groups.replace(" ", "-")))


KINDS: dict[str, Callable[[random.Random], str]] = {
    "name": lambda d: d.choice(NAMES),
    "e-mail": lambda d: (
        f"{d.choice(NAMES).split()[0].lower()}.{d.randrange(99)}@example.org".encode(
            "ascii", "ignore"
        ).decode()
    ),
    "phone": lambda d: d.choice(
        (
            f"+44 7{d.randrange(400, 499)} {d.randrange(100000, 999999)}",
            f"({d.randrange(201, 989)}) 555-{d.randrange(1000, 9999)}",
            f"+49 170 {d.randrange(1000000, 9999999)}",
        )
    ),
    "address": lambda d: f"{d.randrange(1, 300)} {d.choice(STREETS)}",
    "payment card": lambda d: _luhn("4", 16, d),
    "bank account": _iban,
    "passport": lambda d: f"{d.choice('CFGHJKLMNPRTVWXYZ')}{d.randrange(10**7, 10**8 - 1)}",
    "birth date": lambda d: (
        f"{d.randrange(1, 28)}/{d.randrange(1, 12):02}/{d.randrange(1940, 2006)}"
    ),
    "national id": lambda d: (
        f"{d.randrange(100, 665)}-{d.randrange(10, 99)}-{d.randrange(1000, 9999)}"
    ),
    "password": lambda d: (
        f"{d.choice(['Tulip', 'Rocket', 'Mango'])}{d.randrange(10, 99)}!{d.choice('xyzq')}"
    ),
}
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MORE_KINDS: dict[str, Callable[[random.Random], str]] = {
    "e-mail": lambda d: d.choice(
        (
            f"{d.choice('abcdefgh')}.{d.choice(['okafor', 'lindqvist', 'rojas', 'demir'])}@mail.example.co.uk",
            f"{d.choice(['sunny', 'max', 'neko'])}_{d.randrange(1950, 2010)}@example.com",
            f"{d.choice(['info', 'grace', 'tom'])}+{d.choice(['shop', 'news'])}@example.de",
            f"{d.choice(['Hannah', 'Luis', 'Amina'])}{d.randrange(100)}@sub.example.org",
        )
    ),
    "phone": lambda d: d.choice(
        (
            f"07{d.randrange(400, 499)} {d.randrange(100000, 999999)}",
            f"{d.randrange(201, 989)}-555-01{d.randrange(10, 99)}",
            f"{d.randrange(201, 989)}.{d.randrange(201, 989)}.{d.randrange(1000, 9999)}",
            f"+1 {d.randrange(201, 989)} 555 01{d.randrange(10, 99)}",
            f"0171 {d.randrange(1000000, 9999999)}",
            f"+33 6 {d.randrange(10, 99)} {d.randrange(10, 99)} {d.randrange(10, 99)} {d.randrange(10, 99)}",
            f"+91 98{d.randrange(100, 999)} {d.randrange(10000, 99999)}",
            f"020 7{d.randrange(100, 999)} {d.randrange(1000, 9999)}",
        )
    ),
    "payment card": lambda d: _grouped(
        _luhn(*d.choice((("4", 16), ("51", 16), ("2221", 16), ("37", 15), ("6011", 16))), d), d
    ),
    "bank account": lambda d: _iban(d) if d.random() < 0.5 else _spaced(_iban(d)),
    "passport": lambda d: d.choice(
        (
            f"{d.randrange(10**8, 10**9)}",
            f"{d.choice('ABEK')}{d.choice('ABEK')}{d.randrange(10**6, 10**7)}",
            f"{d.choice('CFGHJK')}{d.randrange(10**7, 10**8)}",
            f"{d.randrange(10, 99)}{d.choice('AF')}{d.choice('CV')}{d.randrange(10**4, 10**5)}",
        )
    ),
    "birth date": lambda d: d.choice(
        (
            f"{d.randrange(1, 28)} {d.choice(MONTHS)} {d.randrange(1940, 2006)}",
            f"{d.choice(MONTHS)} {d.randrange(1, 28)}, {d.randrange(1940, 2006)}",
            f"{d.randrange(1940, 2006)}-{d.randrange(1, 12):02}-{d.randrange(1, 28):02}",
            f"{d.randrange(1, 12):02}/{d.randrange(1, 28):02}/{d.randrange(1940, 2006)}",
            f"{d.randrange(1, 28):02}.{d.randrange(1, 12):02}.{d.randrange(1940, 2006)}",
        )
    ),
    "national id": lambda d: d.choice(("{}-{}-{}", "{} {} {}", "{}{}{}")).format(
        d.randrange(100, 665), d.randrange(10, 99), d.randrange(1000, 9999)
    ),
}
SENTENCES = {
    "name": ("My name is {} and I need help with my essay.", "Can you write a thank-you note to {} for the dinner?", "Yesterday {} told me I would be fired, what can I do?"),
    "e-mail": ("You can reach me at {} after six.", "Please send the summary to {} when it is done."),
    "phone": ("Call me on {} if the delivery is late.", "my number is {} and I am at home all day"),
    "address": ("I live at {} and the boiler is broken.", "Write a letter to the council about the noise at {}."),
    "payment card": ("My card number is {} and the payment was refused twice.", "why was {} declined at the till?"),
    "bank account": ("Please transfer the money to {} by Friday.", "my IBAN is {}, is that in the right form?"),
    "passport": ("My passport number is {} and it expires in May.", "I lost my passport, number {}, in Rome"),
    "birth date": ("I was born on {}, how old am I in days?", "My date of birth is {} and I want to retire at 65."),
    "national id": ("My social security number is {} and I moved last year.", "the form asks for my SSN, which is {}"),
    "password": ("My password is {} and it does not work any more.", "I always log in with the password {} on both sites"),
}  # fmt: skip
CLEAN = (
    "How do I install {a} on {b} without administrator rights?",
    "Write a short poem about the sea in {m} and a lighthouse.",
    "Explain the difference between {a} and {b} in simple words.",
    "What should I visit in {c} during a long weekend in {m}?",
    "Translate this sentence into {l}: the train leaves at nine.",
    "Give me {n} ideas for a birthday party on a rainy Saturday.",
    "Summarise the history of {c} in {n} sentences.",
    "My manager wants a report about {a} by Monday, where do I begin?",
    "How many calories are in {n} slices of bread with butter?",
    "Debug this: IndexError in line {n} of main.py when I use {a}.",
    "Is {n}.5 a rational number, and why is the square root of {n} not?",
    "Draft an email to Customer Service about a late refund.",
    "Which is larger, {n}000000 or 10 to the power of {n}?",
    "Compare the Roman Empire and the Ottoman Empire in a table.",
    "What does version 1.{n}.3 of {b} change in the settings?",
)
FILL = {
    "a": ["Python", "React", "Kubernetes", "Excel", "Visual Studio", "Power BI", "Google Sheets", "Apache Kafka", "Machine Learning", "PostgreSQL"],
    "b": ["Windows", "Ubuntu", "Mac OS", "Docker", "Azure", "a Raspberry Pi", "Microsoft Word", "Red Hat Linux"],
    "c": ["Paris", "New York", "Japan", "South Africa", "Buenos Aires", "the Grand Canyon", "Sri Lanka", "Machu Picchu", "San Francisco"],
    "m": ["January", "March", "April", "May", "June", "August", "October"],
    "l": ["French", "German", "Spanish", "Swahili", "Mandarin", "Turkish"],
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What messages and clean prompts are made of."""

    kinds: Mapping[str, Callable[[random.Random], str]]
    sentences: Mapping[str, Sequence[str]]
    clean: Sequence[str]
    fill: Mapping[str, Sequence[str]]


def first() -> Texts:
    """Those of this file."""
    return Texts(kinds=KINDS, sentences=SENTENCES, clean=CLEAN, fill=FILL)


def fresh() -> Texts:
    """Those of the other file, with values written in more ways."""
    from ruamel.yaml import YAML

    read = YAML(typ="safe").load(Path(__file__).with_name("pii_chat_fresh.yaml"))
    listed = {
        kind: (lambda d, words=tuple(words): d.choice(words))
        for kind, words in read["values"].items()
    }
    return Texts(
        kinds=KINDS | MORE_KINDS | listed,
        sentences=read["sentences"],
        clean=read["clean"],
        fill=read["fill"],
    )


def messages(n: int, draw: random.Random, texts: Texts) -> list[tuple[str, str, str]]:
    """Kind, value and message of each item."""
    found = []
    for i in range(n):
        kind = list(KINDS)[i % len(KINDS)]
        value = texts.kinds[kind](draw)
        found.append((kind, value, draw.choice(texts.sentences[kind]).replace("{}", value)))
    return found


def prompts(n: int, draw: random.Random, texts: Texts) -> list[str]:
    """Prompts without personal data."""
    return [
        texts.clean[i % len(texts.clean)].format(
            n=draw.randrange(2, 60), **{k: draw.choice(v) for k, v in texts.fill.items()}
        )
        for i in range(n)
    ]


def left(value: str, message: str) -> bool:
    """Whether a part of a value stands in a message."""
    words = [w for w in re.split(r"[\s@.]+", value) if len(w) > 2]
    digits = re.findall(r"\d{4,}", value)
    return any(
        part in message for part in [*(w for w in words if w not in {"org", "example"}), *digits]
    )


def redacted(texts: list[str]) -> list[str]:
    """What becomes of texts that are scanned and redacted as one column."""
    scanner = prepare(Options(), seed=0)
    verdicts = scan_table(wrap_table(pa.table({"prompt": texts}), name="chat"), scanner)
    redactor = redactors(verdicts, lambda kind, _: f"<{kind}>", scanner).of("prompt")
    return [cell or "" for cell in redactor.cells(texts)] if redactor else texts


def shown(k: int, n: int) -> str:
    """A count with Wilson's interval."""
    low, high = (float(bound) for bound in wilson(k, n)[:2])
    return f"{k} of {n} ({low:.1%} to {high:.1%})"


def main() -> None:
    """Print what is left by kind, and the clean prompts that are altered."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", choices=("first", "fresh"), default="first")
    parser.add_argument("--clean", type=int, default=300, help="clean prompts")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    draw = random.Random(args.seed)
    texts = fresh() if args.set == "fresh" else first()
    items, clean = messages(args.items, draw, texts), prompts(args.clean, draw, texts)
    after = redacted([text for _, _, text in items])
    total = Counter(kind for kind, _, _ in items)
    missed = Counter(
        kind for (kind, value, _), text in zip(items, after, strict=True) if left(value, text)
    )
    print("| kind | left after redaction |\n|---|---|")
    for kind in KINDS:
        print(f"| {kind} | {shown(missed[kind], total[kind])} |")
    altered = [
        (before, text)
        for before, text in zip(clean, redacted(clean), strict=True)
        if 1 - SequenceMatcher(None, before, text, autojunk=False).ratio() > 0.01
    ]
    print(f"\nclean prompts altered beyond 1 %: {shown(len(altered), len(clean))}")
    if args.show:
        print(
            *(f"left: {t}" for (_, v, _), t in zip(items, after, strict=True) if left(v, t)),
            sep="\n",
        )
        print(*(f"altered: {a} -> {b}" for a, b in altered), sep="\n")
    bad = any(missed[kind] > 0.03 * total[kind] for kind in KINDS) or bool(altered)
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
