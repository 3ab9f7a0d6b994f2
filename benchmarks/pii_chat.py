"""Chat messages with ten kinds of personal data, and prompts without any: what is left after redaction, what is altered.

    uv run python benchmarks/pii_chat.py [--items 300] [--seed 1] [--show]

Messages are made from sentences of this file and values of a few lists, by a seed. They are scanned and redacted as one
column of text with the default options. A value is left if any word of it of three letters or more, or four digits of
it side by side, stands in the redacted message. A clean prompt is altered if more than 1 % of its characters differ.
Intervals are Wilson's, 95 %. Exit status 1 if more than 3 % of any kind are left or a clean prompt is altered.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Callable
from difflib import SequenceMatcher

import pyarrow as pa

from raudit.data import wrap_table
from raudit.scan.redact import redactors
from raudit.stages.pii.assess import prepare, scan_table
from raudit.stages.pii.options import Options
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


def messages(n: int, draw: random.Random) -> list[tuple[str, str, str]]:
    """Kind, value and message of each item."""
    found = []
    for i in range(n):
        kind = list(KINDS)[i % len(KINDS)]
        value = KINDS[kind](draw)
        found.append((kind, value, draw.choice(SENTENCES[kind]).replace("{}", value)))
    return found


def prompts(n: int, draw: random.Random) -> list[str]:
    """Prompts without personal data."""
    return [
        CLEAN[i % len(CLEAN)].format(
            n=draw.randrange(2, 60), **{k: draw.choice(v) for k, v in FILL.items()}
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
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    draw = random.Random(args.seed)
    items, clean = messages(args.items, draw), prompts(args.items, draw)
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
