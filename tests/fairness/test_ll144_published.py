"""Tables laid out as public bias audits are: right ones raise no alarm, one wrong ratio is one fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest

from raudit.stages.fairness import check_ll144_file


@dataclass(frozen=True)
class Line:
    """A category with its counts, and its rate and ratio as numbers."""

    name: str
    n: int
    selected: int
    rate: float
    ratio: float

    def percent(self, places: int = 1) -> str:
        return f"{self.rate * 100:.{places}f}%"


Counts = list[tuple[str, int, int]]
SEX: Counts = [("Male", 1390, 667), ("Female", 1181, 555)]
COOKS: Counts = [("Male", 900, 200), ("Female", 800, 240)]
AGE: Counts = [("18 - 39", 1800, 820), ("40+", 771, 402), ("60 and older", 90, 30)]
RACE: Counts = [
    ("Hispanic or Latino", 408, 204),
    ("White", 797, 412),
    ("Black or African American", 440, 180),
    ("Native Hawaiian or Pacific Islander", 119, 48),
    ("Asian", 896, 450),
    ("Native American or Alaska Native", 41, 18),
    ("Two or More Races", 213, 96),
]
BOTH: Counts = [
    ("Male|Hispanic or Latino", 205, 90),
    ("Male|White", 412, 212),
    ("Male|Black or African American", 226, 87),
    ("Male|Asian", 504, 258),
    ("Female|Hispanic or Latino", 190, 82),
    ("Female|White", 379, 185),
    ("Female|Black or African American", 207, 89),
    ("Female|Asian", 385, 188),
]


def lines(counts: Counts, wrong: int | None = None) -> list[Line]:
    """Right lines, but for one ratio."""
    best = max(selected / n for _, n, selected in counts)
    return [
        Line(name, n, k, k / n, k / n / best - (0.07 if place == wrong else 0))
        for place, (name, n, k) in enumerate(counts)
    ]


def table(head: str, counts: Counts, wrong: int | None, show: Callable[[Line], str]) -> str:
    return "\n".join([head, *map(show, lines(counts, wrong))])


Shape = Callable[[int | None], str]
SHAPES: dict[str, Shape] = {}


def shape(suffix: str) -> Callable[[Shape], Shape]:
    def keep(made: Shape) -> Shape:
        SHAPES[f"{made.__name__}.{suffix}"] = made
        return made

    return keep


@shape("csv")
def names_right_of_numbers(wrong):
    head = "audit_id,number_of_applications,n_selected,result,impact_ratio,group,race_ethnicity,sex"
    first = table(
        head,
        SEX,
        wrong,
        lambda r: f"a1,{r.n},{r.selected},{r.rate:.3f},{r.ratio:.3f},sex,Total,{r.name}",
    )
    more = [
        f"a1,{r.n},NA,{r.rate:.3f},{r.ratio:.3f},both,{r.name.split('|')[1]},{r.name.split('|')[0]}"
        for r in lines(BOTH)
    ]
    return "\n".join([first, "a1,397,NA,NA,NA,sex,Total,Missing/Unknown", *more])


@shape("csv")
def two_audits_by_column(wrong):
    def show(name):
        return lambda r: f"{name},Total,{r.name},{r.n},{r.rate:.3f},{r.ratio:.3f}"

    head = "position,race_ethnicity,sex,number_of_applications,result,impact_ratio"
    second = table(head, COOKS, None, show("Cook")).partition("\n")[2]
    return table(head, SEX, wrong, show("Clerk")) + "\n" + second


def by_position(wrong: int | None, head: str, show: Callable[[Line], str]) -> Iterable[str]:
    return table(head, SEX, wrong, show), table(head, COOKS, None, show)


@shape("txt")
def positions_one_after_the_other(wrong):
    first, second = by_position(
        wrong,
        "Category\tApplicants\tScoring Rate\tImpact Ratio",
        lambda r: f"{r.name}\t{r.n}\t{r.percent()}\t{r.ratio:.3f}",
    )
    return f"Position: Clerk\n{first}\n\nPosition: Cook\n{second}"


def row_of(*cells: str, tag: str = "td") -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


@shape("html")
def positions_under_headings(wrong):
    head = row_of("Category", "Applicants", "Scoring Rate", "Impact Ratio", tag="th")
    first, second = by_position(
        wrong, head, lambda r: row_of(r.name, f"{r.n}", r.percent(), f"{r.ratio:.3f}")
    )
    return f"<html><h3>Clerk</h3><table>{first}</table><h3>Cook</h3><table>{second}</table></html>"


@shape("html")
def two_lines_of_headings(wrong):
    head = (
        "<tr><th rowspan=2>Race/Ethnicity</th><th colspan=2>Applicants</th>"
        "<th colspan=2>Results</th></tr>"
    )
    head += row_of("Number", "Selected", "Rate", "Impact Ratio", tag="th")
    body = table(
        head,
        RACE,
        wrong,
        lambda r: row_of(r.name, f"{r.n}", f"{r.selected}", r.percent(), f"{r.ratio:.3f}"),
    )
    return f"<table>{body}</table>"


@shape("html")
def a_sex_over_several_rows(wrong):
    rows = row_of("Sex", "Race", "# of Applicants", "Scoring Rate", "Impact Ratio", tag="th")
    for place, line in enumerate(lines(BOTH, wrong)):
        sex, race = line.name.split("|")
        first = f'<td rowspan="4">{sex}</td>' if place % 4 == 0 else ""
        cells = row_of(race, f"{line.n:,}", line.percent(0), f"{line.ratio:.2f}")
        rows += cells.replace("<tr>", f"<tr>{first}")
    return f"<table>{rows}</table>"


@shape("txt")
def pasted_with_notes(wrong):
    head = "Category Number of Applicants Scoring Rate Impact Ratio"

    def show(r):
        return f"{r.name} {r.n:,} {r.percent()} {r.ratio:.3f}"

    note = "Note: 1,102 applicants of unknown sex are not included above."
    first, second = table(head, SEX, wrong, show), table(head, RACE, None, show)
    return f"Sex Categories\n{first}\n{note}\nRace/Ethnicity Categories\n{second}"


@shape("txt")
def pasted_ages(wrong):
    head = "Age Applicants Selected Selection Rate Impact Ratio"
    return table(
        head,
        AGE,
        wrong,
        lambda r: f"{r.name} {r.n:,} {r.selected} {r.percent()} {r.ratio:.2f}",
    )


@shape("csv")
def ages_under_races(wrong):
    head = "Applicants,Selected,Selection Rate,Impact Ratio"

    def show(r):
        return f"{r.name},{r.n},{r.selected},{r.percent()},{r.ratio:.2f}"

    races, ages = f"Race,{head}", f"Age,{head}"
    return table(races, RACE, wrong, show) + "\n\n" + table(ages, AGE, None, show)


@shape("md")
def groups_within_groups(wrong):
    names = [
        ("Hispanic or Latino", "Male"),
        ("", "Female"),
        ("Non-Hispanic or Latino: Male", "White"),
        ("", "Black or African American"),
        ("", "Asian"),
        ("Non-Hispanic or Latino: Female", "White"),
        ("", "Black or African American"),
        ("", "Asian"),
    ]
    order = [0, 4, 1, 2, 3, 5, 6, 7]
    counts = [("|".join(name), *BOTH[at][1:]) for name, at in zip(names, order, strict=True)]
    head = "| | | # of Applicants | # Selected | Selection Rate | Impact Ratio |\n|---|---|---|---|---|---|"
    return table(
        head,
        counts,
        wrong,
        lambda r: f"|{r.name}|{r.n}|{r.selected}|{r.percent(0)}|{r.ratio:.2f}|",
    )


@shape("csv")
def sexes_side_by_side(wrong):
    found = lines(BOTH, wrong)
    head = ",Male,,,Female,,\nRace/Ethnicity,N,Selection Rate,Impact Ratio,N,Selection Rate,Impact Ratio"
    rows = [
        ",".join(
            [a.name.split("|")[1]]
            + [cell for r in (a, b) for cell in (f"{r.n}", r.percent(), f"{r.ratio:.3f}")]
        )
        for a, b in zip(found[:4], found[4:], strict=True)
    ]
    return "\n".join([head, *rows])


@shape("csv")
def categories_across(wrong):
    found = lines(RACE, wrong)
    rows = [
        ["Measure", *(r.name for r in found)],
        ["# of Applicants", *(f"{r.n}" for r in found)],
        ["Scoring Rate", *(r.percent() for r in found)],
        ["Impact Ratio", *(f"{r.ratio:.3f}" for r in found)],
    ]
    return "\n".join(",".join(row) for row in rows)


@shape("csv")
def margins_beside_intersections(wrong):
    head = "Race/Ethnicity,Sex,Applicants,Selected,Selection Rate,Impact Ratio"
    margins = [("All|Male", 1347, 647), ("All|Female", 1161, 544)]

    def show(r):
        one, other = sorted(r.name.split("|"), key=lambda part: part in ("Male", "Female"))
        return f"{one},{other},{r.n},{r.selected},{r.percent()},{r.ratio:.2f}"

    return table(head, margins, wrong, show) + "\n" + "\n".join(map(show, lines(BOTH)))


def plain(head: str, counts: Counts, show: Callable[[Line], str]) -> Shape:
    return lambda wrong: table(head, counts, wrong, show)


SHAPES |= {
    "count and rate in one cell.csv": plain(
        "Category,Applicants,Selected (Rate),Impact Ratio",
        SEX,
        lambda r: f'{r.name},"{r.n:,}",{r.selected} ({r.percent(0)}),{r.ratio:.2f}',
    ),
    "shares in every cell.csv": plain(
        "Gender,# of applicants (% of total),# selected (selection rate),Impact ratio",
        SEX,
        lambda r: (
            f'{r.name},"{r.n:,} ({r.n / 2571:.0%})",{r.selected} ({r.percent(0)}),{r.ratio:.2f}'
        ),
    ),
    "positive outcome.csv": plain(
        "Demographic,Total,Positive Outcome,Selection Rate,Impact Ratio",
        RACE,
        lambda r: f"{r.name},{r.n},{r.selected},{r.rate:.2f},{r.ratio:.2f}",
    ),
    "success rate.csv": plain(
        "Race,Assessed,Qualified,Success rate (%),IR",
        RACE,
        lambda r: f"{r.name},{r.n},{r.selected},{r.rate * 100:.1f},{r.ratio:.2f}",
    ),
    "advancement.csv": plain(
        "Candidate Group,Candidates Screened,Candidates Advanced,Advancement Rate,Adverse Impact Ratio",
        RACE,
        lambda r: f"{r.name},{r.n},{r.selected},{r.percent()},{r.ratio:.2f}",
    ),
    "the word for one.csv": plain(
        "Sex,Applicants,Selection Rate,Impact Ratio",
        SEX,
        lambda r: (
            f"{r.name},{r.n},{r.percent()},{'Reference' if r.ratio == 1 else f'{r.ratio:.3f}'}"
        ),
    ),
    "the word beside one.csv": plain(
        "Sex,Applicants,Selection Rate,Impact Ratio",
        SEX,
        lambda r: f"{r.name},{r.n},{r.percent()},{r.ratio:.3f}{' (ref)' if r.ratio == 1 else ''}",
    ),
    "ratio in per cent.csv": plain(
        "Sex,# Applicants,Selection rate,Impact ratio (%)",
        SEX,
        lambda r: f"{r.name},{r.n},{r.rate * 100:.1f},{r.ratio * 100:.1f}",
    ),
    "scores beside.csv": plain(
        "Group,N,Mean Score,Median Score,Std. Dev.,Scoring Rate,Impact Ratio",
        RACE,
        lambda r: f"{r.name},{r.n},71.3,72,10.4,{r.rate:.3f},{r.ratio:.3f}",
    ),
    "share of the pool.csv": plain(
        "Race/Ethnicity,# of Applicants,% of Applicants,# Above Median,% Above Median,Impact Ratio",
        RACE,
        lambda r: f"{r.name},{r.n},{r.n / 29.14:.1f}%,{r.selected},{r.percent()},{r.ratio:.2f}",
    ),
    "the rejected beside.csv": plain(
        "Race/Ethnicity,Applicants,Selected,Not Selected,Selection Rate,Impact Ratio",
        RACE,
        lambda r: f"{r.name},{r.n},{r.selected},{r.n - r.selected},{r.percent()},{r.ratio:.2f}",
    ),
    "letters.csv": plain(
        "Sex,Applicants,Selected,Selection Rate,Impact Ratio",
        [("M", 1390, 667), ("F", 1181, 555), ("X", 22, 9)],
        lambda r: f"{r.name},{r.n},{r.selected},{r.percent()},{r.ratio:.2f}",
    ),
    "small groups below.csv": lambda wrong: (
        table(
            "Race/Ethnicity,Applicants,Selected,Selection Rate,Impact Ratio",
            RACE,
            wrong,
            lambda r: f"{r.name},{r.n},{r.selected},{r.percent()},{r.ratio:.2f}",
        )
        + '\nMiddle Eastern*,12,11,91.7%,N/A\n"*Excluded: fewer than 2% of the data",,,,'
    ),
    "unknown and total.csv": lambda wrong: (
        table(
            "Race/Ethnicity,Applicants,Selected,Selection Rate,Impact Ratio",
            RACE,
            wrong,
            lambda r: f"{r.name},{r.n},{r.selected},{r.percent()},{r.ratio:.2f}",
        )
        + "\nDid not disclose,100,50,50.0%,N/A\nTotal,3014,1458,48.4%,N/A"
    ),
    "commas for points.csv": plain(
        "Sex;Applicants;Selected;Selection Rate;Impact Ratio",
        SEX,
        lambda r: f"{r.name};{r.n:_};{r.selected};{r.percent()};{r.ratio:.2f}".replace(
            ".", ","
        ).replace("_", "."),
    ),
    "footnotes.csv": plain(
        "Race/Ethnicity¹,Number of Applicants²,Scoring Rate (3),Impact Ratio*",
        RACE,
        lambda r: f"{r.name}†,{r.n},{r.percent()},{r.ratio:.2f}‡",
    ),
    "no zero before the point.csv": plain(
        "Category,Count,Rate,Ratio",
        RACE,
        lambda r: (
            f"{r.name},{r.n},{f'{r.rate:.3f}'[1:]},{'1' if r.ratio == 1 else f'{r.ratio:.3f}'[1:]}"
        ),
    ),
    "not hispanic.csv": plain(
        "Race/Ethnicity,Applicants,Selected,Selection Rate,Impact Ratio",
        [(f"{name} (Not Hispanic or Latino)", n, k) for name, n, k in RACE[1:]],
        lambda r: f"{r.name},{r.n},{r.selected},{r.percent()},{r.ratio:.2f}",
    ),
    "aligned intersections.txt": plain(
        "Race/Ethnicity & Sex   Applicants   Selected   Selection Rate   Impact Ratio",
        BOTH,
        lambda r: (
            f"{' '.join(r.name.split('|')[::-1])}   {r.n}   {r.selected}   {r.percent(0)}   {r.ratio:.2f}"
        ),
    ),
    "quoted lines of windows.csv": plain(
        '\ufeff"Sex","Number of Applicants","Number Selected","Selection Rate","Impact Ratio"\r',
        SEX,
        lambda r: f'"{r.name}","{r.n:,}","{r.selected}","{r.percent(2)}","{r.ratio:.3f}"\r',
    ),
    "spaces in numbers.csv": plain(
        "Sex,Number of Applicants,Number Selected,Selection Rate,Impact Ratio",
        SEX,
        lambda r: (
            f"{r.name},{r.n // 1000} {r.n % 1000:03d},{r.selected},{r.rate * 100:.1f} %,{r.ratio:.3f}"
        ),
    ),
    "one without decimals.csv": plain(
        "Race,N,Rate,Impact Ratio",
        RACE,
        lambda r: f"{r.name},{r.n},{r.percent(2)},{'1' if r.ratio == 1 else f'{r.ratio:.4f}'}",
    ),
}


def test_there_are_enough_layouts():
    assert len(SHAPES) >= 30


@pytest.mark.parametrize("name", SHAPES)
def test_layout(name, tmp_path):
    path = tmp_path / name
    path.write_text(SHAPES[name](None), encoding="utf-8")
    checked = check_ll144_file(path)
    assert not checked.faults, checked.faults[0]
    assert sum(row.checked > 0 for row in checked.rows) >= 2
    path.write_text(SHAPES[name](1), encoding="utf-8")
    (fault,) = check_ll144_file(path).faults
    assert (fault.what, fault.kind) == ("impact ratio", "number")


def test_counts_made_of_rates_are_left_out(tmp_path):
    """As research data prints them: 573,856 applicants at 0.473 are 271,433.888 selected."""
    rows = ["sex,applicants,selected,rate,impact ratio"]
    rows += [
        f"{sex},{n},{n * rate},{rate},{ratio}"
        for sex, n, rate, ratio in (
            ("Female", 573856, 0.473, 1),
            ("Male", 478161, 0.466, 0.986),
            ("Other", 1000, 0.4, 0.846),
        )
    ]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(rows))
    checked = check_ll144_file(path)
    assert not checked.faults
    assert {row.selected for row in checked.rows} == {None}
    assert sum(row.checked for row in checked.rows) == 3


def test_two_audits_are_told_apart(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(SHAPES["two_audits_by_column.csv"](1))
    (fault,) = check_ll144_file(path).faults
    assert "(Clerk)" in fault.category
