"""Made-up decisions for a first system: small, fast to audit, and with something to be seen in them."""

from __future__ import annotations

import csv
from io import StringIO
from random import Random

ROWS = 1_200
HEAD = ("applicant", "age", "gender", "region", "score", "decision", "outcome")


def example_csv() -> str:
    """Decisions on 1,200 made-up applicants; the same text every time.

    Men get a higher score than women for the same ability to pay, so that the audit has a difference to measure.
    """
    chance, out = Random(20261126), StringIO()  # noqa: S311 -- made-up people, not a secret
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for number in range(ROWS):
        gender = "woman" if chance.random() < 0.48 else "man"
        age = min(79, max(18, round(chance.gauss(41, 13))))
        able = chance.gauss(0.6, 0.2)
        score = min(0.99, max(0.01, able + (0.08 if gender == "man" else 0) + chance.gauss(0, 0.1)))
        paid = able + chance.gauss(0, 0.15) > 0.5
        writer.writerow(
            [
                f"A-{number:05}",
                age,
                gender,
                chance.choice(("north", "east", "south", "west")),
                f"{score:.3f}",
                "approved" if score >= 0.6 else "refused",
                "repaid" if paid else "defaulted",
            ]
        )
    return out.getvalue()
