"""One hundred and twelve tables in 28 shapes of published audits: no false alarm, and one wrong number is one fault."""

from __future__ import annotations

import copy
import random

import numpy as np
import pytest
from tests.fairness.ll144_writers import SHAPES, Printed, page_merged

from raudit.stages.fairness import check_ll144_file

RULE = (
    "Hispanic or Latino", "White", "Black or African American",
    "Native Hawaiian or Other Pacific Islander", "Asian", "American Indian or Alaska Native",
    "Two or More Races",
)  # fmt: skip
SHORT = (
    "Asian", "Black/African American", "Hispanic/Latinx", "Native Hawaiian/Pacific Islander",
    "American Indian/Alaskan Native", "White", "Two or more races",
)  # fmt: skip
SEXES = (("Male", "Female"), ("Female", "Male"), ("Men", "Women"), ("Male", "Female", "Non-binary"))
RATES = {
    "44%": lambda v: f"{v * 100:.0f}%",
    "43.7%": lambda v: f"{v * 100:.1f}%",
    "0.44": lambda v: f"{v:.2f}",
    "0.437": lambda v: f"{v:.3f}",
    "43.7": lambda v: f"{v * 100:.1f}",
}
RATIOS = {
    "1.00": lambda v: f"{v:.2f}",
    "1": lambda v: "1" if v == 1 else f"{v:.2f}",
    "1.000": lambda v: f"{v:.3f}",
    "100%": lambda v: f"{v * 100:.0f}%",
}


def counts(seed, races, sexes, size):
    rng = np.random.default_rng(seed)
    base = rng.uniform(0.1, 0.7)
    found = {}
    for sex in sexes:
        for race in races:
            few = "Native" in race or "Indian" in race
            n = int(size * rng.integers(3, 25) if few else size * rng.integers(80, 2500))
            share = np.clip(base + rng.normal(0, 0.06), 0.02, 0.98)
            found[sex, race] = (n, int(rng.binomial(n, share)))
    return found


def rows_of(groups, rate, ratio):
    everyone = sum(n for n, _ in groups.values())
    large = {key: k / n for key, (n, k) in groups.items() if n >= 0.02 * everyone}
    best = max(large.values())
    return [
        Printed(key, n, k, rate(k / n), ratio(k / n / best) if key in large else None)
        for key, (n, k) in groups.items()
    ]


def audit(shape, number):
    """The three sections as a shape prints them; the form of numbers goes round with the table's number."""
    place = list(SHAPES).index(shape) * 4 + number
    sexes = SEXES[number] if shape != "page_across" else SEXES[0]
    found = counts(place, (RULE, SHORT)[number % 2], sexes, (1, 3, 0.7, 10)[number])
    rate = list(RATES.values())[place % len(RATES)]
    ratio = list(RATIOS.values())[place % len(RATIOS)]
    if shape == "two_in_a_cell" and rate(0.5) == "50%":
        ratio = RATIOS["1.00"]
    alone = []
    for at in (0, 1):
        groups: dict = {}
        for key, (n, k) in found.items():
            before = groups.get(key[at], (0, 0))
            groups[key[at]] = (before[0] + n, before[1] + k)
        alone.append(rows_of(groups, rate, ratio))
    return [*alone, rows_of(found, rate, ratio)]


def checked(folder, shape, sections):
    write, suffix, _printed = SHAPES[shape]
    path = folder / f"{shape}{suffix}"
    write(path, sections)
    return check_ll144_file(path)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("shape", SHAPES)
def test_a_right_table_raises_no_alarm(tmp_path, shape, number):
    sections = audit(shape, number)
    found = checked(tmp_path, shape, sections)
    assert not found.faults
    judged = sum(row.ratio is not None for at in SHAPES[shape][2] for row in sections[at])
    assert sum(row.checked > 0 for row in found.rows) >= judged
    told = {row.section for row in found.rows} - ({"sex"} if shape == "subtotals" else set())
    assert len(told) == len(SHAPES[shape][2])


def spoilt(sections, printed, rng):
    """The same with one number that is wrong by a fifth or more, and which."""
    found = copy.deepcopy(sections)
    rows = [row for row in found[rng.choice(printed)] if row.ratio is not None]
    best = max(row.selected / row.assessed for row in rows)
    row = rng.choice([r for r in rows if r.selected / r.assessed < best * 0.999])
    field = rng.choice(("rate", "ratio"))
    old = getattr(row, field)
    bare, percent = old.rstrip("%"), "%" * old.endswith("%")
    places = len(bare.partition(".")[2])
    setattr(row, field, f"{float(bare) * rng.choice((0.7, 0.8, 1.25)):.{places}f}{percent}")
    return found, row.name, field, getattr(row, field)


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("shape", SHAPES)
def test_one_wrong_number_is_one_fault(tmp_path, shape, number):
    sections, rng = audit(shape, number), random.Random(number)
    for _ in range(3):
        wrong, name, field, new = spoilt(sections, SHAPES[shape][2], rng)
        (fault,) = checked(tmp_path, shape, wrong).faults
        about = name if isinstance(name, str) else name[1]
        assert about.split("/")[0].split(" or ")[0] in fault.category or about in ("Men", "Women")
        if shape != "rates_only" and not (field == "rate" and fault.what == "impact ratio"):
            assert (fault.what, fault.printed.rstrip("%")) == (
                {"ratio": "impact ratio"}.get(field, field), new.rstrip("%").replace(
                    ".", "," if shape == "european" else "."),
            )  # fmt: skip


def test_a_raised_mark_is_no_digit(tmp_path):
    """``0.8<sup>1</sup>`` is 0.8 and not 0.81."""
    sections = audit("page_merged", 0)
    for row in sections[1]:
        row.ratio = row.ratio and f"{row.ratio}<sup>1</sup>"
    page_merged(tmp_path / "a.html", sections)
    found = check_ll144_file(tmp_path / "a.html")
    assert not found.faults
    assert sum(row.section == "race" and row.checked >= 2 for row in found.rows) >= 4
