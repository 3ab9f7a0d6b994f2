"""Audit tables as companies print them: headings, numbers and lines beyond the shapes of the other tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from raudit.stages.fairness import check_ll144_file

HEAD = ("Race/Ethnicity", "# of Applicants", "# Selected", "Selection Rate", "Impact Ratio")
COUNTS = {
    "Hispanic or Latino": (408, 204),
    "White": (797, 412),
    "Black or African American": (390, 170),
    "Native Hawaiian or Pacific Islander": (119, 52),
    "Asian": (616, 302),
    "Native American or Alaska Native": (41, 18),
    "Two or More Races": (213, 96),
}
Row = tuple[str, ...]


def rows_of(counts=COUNTS) -> list[Row]:
    best = max(b / a for a, b in counts.values())
    return [
        (name, str(a), str(b), f"{b / a:.1%}", f"{b / a / best:.2f}")
        for name, (a, b) in counts.items()
    ]


ROWS = rows_of()
SEXES = rows_of({"Male": (1390, 667), "Female": (1181, 555)})
ALL = [sum(pair[at] for pair in COUNTS.values()) for at in (0, 1)]


def written(head, rows, mark=","):
    return "\n".join(mark.join(row) for row in (head, *rows)) + "\n"


def with_head(*names: str) -> str:
    return written(("Race", *names), ROWS)


def shares(*names: str) -> str:
    """Each group's part of all applicants and of all selected beside its own rate."""
    head = (*HEAD[:2], names[0], HEAD[2], names[1], *HEAD[3:])
    parts = (
        (n, a, f"{int(a) / ALL[0]:.1%}", b, f"{int(b) / ALL[1]:.1%}", *rest)
        for n, a, b, *rest in ROWS
    )
    return written(head, parts)


def cells(at: int, change: Callable[[Row], str]) -> str:
    return written(HEAD, ((*row[:at], change(row), *row[at + 1 :]) for row in ROWS))


def counted(change: Callable[[Row], str], heading: str = "Selected") -> str:
    """The applicants stand in the cell of the selected."""
    return written(("Race", heading, *HEAD[3:]), ((r[0], change(r), *r[3:]) for r in ROWS))


def pasted(change: Callable[[Row], str], head: str = " ".join(HEAD)) -> str:
    return "\n".join((head, *map(change, ROWS)))


BELOW = sum(a for name, (a, _b) in COUNTS.items() if not name.startswith("Hispanic"))
CHOSEN = sum(b for name, (_a, b) in COUNTS.items() if not name.startswith("Hispanic"))
OTHERS = (
    ("Not Hispanic or Latino", str(BELOW), str(CHOSEN), "", ""),
    ("Total", *map(str, ALL), "", ""),
)
FRACTIONS = written(
    ("Race", "Selected", "Impact Ratio"), ((r[0], f"{r[2]}/{r[1]} ({r[3]})", r[4]) for r in ROWS)
)
BLOCKS = "".join(
    f"<div>{''.join(f'<span>{cell}</span>' for cell in row)}</div>" for row in (HEAD, *ROWS)
)
SPACED = [(name, f"{count[:-3]} {count[-3:]}", *rest) for name, count, *rest in SEXES]
STARRED = [(f"**{row[0]}**", *row[1:4], f"**{row[4]}**") for row in ROWS]
RIGHT = {
    "parts of everybody": ("csv", shares("% of Applicants", "% of Selected"), 14),
    "parts in words": ("csv", shares("Share of applicants", "Percent of all hires"), 14),
    "favourable outcomes": (
        "csv",
        with_head("Total", "Favorable Outcomes", "Success Rate", "Impact Ratio"),
        14,
    ),
    "interviewed": (
        "csv",
        with_head("Applied", "Interviewed", "Selection Rate", "Impact Ratio"),
        14,
    ),
    "invited": ("csv", with_head("Applicants", "Invited to Interview", "Rate", "Impact Ratio"), 14),
    "shortlisted": ("csv", with_head("Candidates", "Shortlisted", "Shortlist Rate", "AIR"), 14),
    "to one": ("csv", cells(4, lambda row: f"{row[4]}:1"), 14),
    "times": ("csv", cells(4, lambda row: f"{row[4]}x"), 14),
    "of": ("csv", counted(lambda row: f"{row[2]} of {row[1]}"), 14),
    "fraction": ("csv", counted(lambda row: f"{row[2]}/{row[1]}", "Selected / Applicants"), 14),
    "fraction and rate": ("csv", FRACTIONS, 14),
    "about": ("csv", cells(3, lambda row: f"≈{row[3]}"), 7),
    "approximately": ("csv", cells(3, lambda row: f"approx. {row[3]}"), 7),
    "per cent apart": ("txt", pasted(lambda r: f"{' '.join(r[:3])} {r[3][:-1]} % {r[4]}"), 14),
    "per cent in a word": (
        "txt",
        pasted(lambda r: f"{' '.join(r[:3])} {r[3][:-1]} percent {r[4]}"),
        14,
    ),
    "per cent in cells": ("csv", cells(3, lambda row: f"{row[3][:-1]} Per cent"), 14),
    "apps and hires": ("csv", with_head("Apps", "Hires", "Hire Rate", "AIR"), 14),
    "headings word by word": ("txt", pasted(" ".join, "\n".join(" ".join(HEAD).split())), 14),
    "thousands apart": ("txt", written(HEAD, SPACED, " "), 4),
    "stars": ("md", written(HEAD, (("---",) * 5, *STARRED), " | "), 14),
    "sum without one": ("csv", written(HEAD, (*ROWS, *OTHERS)), 16),
    "no table": ("html", f"<html><body>{BLOCKS}</body></html>", 14),
}
"""Suffix, content, and how many numbers can be recomputed; everything follows."""


@pytest.mark.parametrize("name", list(RIGHT))
def test_right_tables_are_read_and_follow(tmp_path, name):
    suffix, text, numbers = RIGHT[name]
    (tmp_path / f"t.{suffix}").write_text(text, encoding="utf-8")
    found = check_ll144_file(tmp_path / f"t.{suffix}")
    assert not found.faults, found.faults[0]
    assert found.cells == numbers
    assert len(found.rows) == len(ROWS) + (2 if "sum" in name else 0) - (
        5 if "apart" in name and numbers == 4 else 0
    )


@pytest.mark.parametrize("name", [name for name in RIGHT if RIGHT[name][2] == 14])
def test_a_wrong_ratio_in_each_is_one_fault(tmp_path, name):
    suffix, text, _numbers = RIGHT[name]
    assert text.count("0.95") == 1  # Asian
    (tmp_path / f"t.{suffix}").write_text(text.replace("0.95", "0.59"), encoding="utf-8")
    (fault,) = check_ll144_file(tmp_path / f"t.{suffix}").faults
    assert (fault.what, fault.category) == ("impact ratio", "Asian")


def test_groups_of_two_may_be_hispanic_or_not(tmp_path):
    """Then neither is a sum of others, and a total is held against both."""
    two = rows_of({"Hispanic or Latino": (408, 204), "Not Hispanic or Latino": (BELOW, CHOSEN)})
    text = written(HEAD, (*two, ("Total", str(ALL[0] - 1), str(ALL[1]), "", "")))
    (tmp_path / "t.csv").write_text(text)
    (fault,) = check_ll144_file(tmp_path / "t.csv").faults
    assert (fault.what, fault.category) == ("sum", "Total")


def test_nothing_to_recompute_does_not_follow(tmp_path):
    (tmp_path / "t.csv").write_text(written(HEAD, ((r[0], r[1], r[2], "", "") for r in ROWS)))
    found = check_ll144_file(tmp_path / "t.csv")
    assert (found.cells, found.faults) == (0, ())
    assert "Nothing could be recomputed" in found.summary
    assert "follow," not in found.summary
    assert "all follow" not in found.summary


def test_a_long_line_of_short_numbers_ends(tmp_path):
    """There are as many ways to part its thousands as subsets, which nobody waits for."""
    (tmp_path / "t.txt").write_text(" ".join(HEAD) + "\nMale" + " 100" * 60 + "\n")
    assert len(check_ll144_file(tmp_path / "t.txt").rows) == 1


def test_a_source_line_with_a_comma_is_no_row(tmp_path):
    table = tmp_path / "audit.csv"
    source = "Source: historical data, January to December 2023.\n"
    table.write_text(written(HEAD, ROWS) + source)
    assert not check_ll144_file(table).faults
    table.write_text(written(HEAD, [*ROWS, ("Some Other Group", "twelve", "six")]) + source)
    assert [fault.category for fault in check_ll144_file(table).faults] == ["Some Other Group"]
