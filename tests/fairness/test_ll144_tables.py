"""Published tables in the shapes people publish them in: no false alarm, no miss, one fault for one wrong number."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace

import openpyxl
import pytest
from tests.command_line import raudit

from raudit.stages.fairness import check_ll144_file


@dataclass(frozen=True)
class Item:
    """A row as it is to be printed; ``None`` prints N/A."""

    sex: str
    race: str
    assessed: int
    selected: int
    rate: str | None
    ratio: str | None


def audit(counts, *, places=0, ratio_places=2, small=0, one="1.00"):
    """Three sections of right rows from counts by (sex, race)."""
    single = {
        "sex": {
            (s, ""): [v for (a, _), v in counts.items() if a == s]
            for s in dict.fromkeys(s for s, _ in counts)
        },
        "race": {
            ("", r): [v for (_, b), v in counts.items() if b == r]
            for r in dict.fromkeys(r for _, r in counts)
        },
        "both": {key: [value] for key, value in counts.items()},
    }
    tables = []
    for section, groups in single.items():
        extra = {"sex": (7, 3), "race": (5, 2), "both": (0, 0)}[
            section
        ]  # people whose other category is unknown
        sums = {
            key: (sum(a for a, _ in v) + extra[0], sum(b for _, b in v) + extra[1])
            for key, v in groups.items()
        }
        best = max(b / a for a, b in sums.values() if a >= small)
        rows = []
        for (sex, race), (a, b) in sums.items():
            ratio = f"{b / a / best:.{ratio_places}f}" if a >= small else None
            ratio = one if ratio is not None and b / a == best else ratio
            rows.append(Item(sex, race, a, b, f"{b / a * 100:.{places}f}%", ratio))
        tables.append(rows)
    return tables


RULE = {
    ("Male", "Hispanic or Latino"): (205, 90),
    ("Female", "Hispanic or Latino"): (190, 82),
    ("Male", "White"): (412, 212),
    ("Female", "White"): (379, 185),
    ("Male", "Black or African American"): (226, 87),
    ("Female", "Black or African American"): (207, 89),
    ("Male", "Asian"): (504, 258),
    ("Female", "Asian"): (385, 188),
    ("Male", "Two or More Races"): (23, 12),
    ("Female", "Two or More Races"): (9, 6),
}
LARGE = {key: (a * 37 + 11, b * 29 + 5) for key, (a, b) in RULE.items()}
UNEVEN = {key: (a * 113, b * (41 + 7 * i)) for i, (key, (a, b)) in enumerate(RULE.items())}
DATA = {
    "as in the rule": audit(RULE),
    "decimals": audit(LARGE, places=1, ratio_places=3, one="1"),
    "small groups left out": audit(UNEVEN, places=2, small=4_000),
}
HEAD = ("# of Applicants", "# Selected", "Selection Rate", "Impact Ratio")


def cells(item, counts=True):
    numbers = [f"{item.assessed:,}", *([f"{item.selected:,}"] if counts else [])]
    return [*numbers, item.rate or "N/A", item.ratio or "N/A"]


def head(counts):
    return [text for text in HEAD if counts or "Selected" not in text]


def quoted(rows, mark=","):
    return (
        "\n".join(mark.join(f'"{cell}"' if mark in cell else cell for cell in row) for row in rows)
        + "\n"
    )


def sections(tables):
    return zip(("Sex", "Race/Ethnicity Categories", "Intersectional"), tables, strict=True)


def stacked(tables, counts):
    out = []
    for title, rows in sections(tables):
        names = (
            ["Sex Categories"]
            if title == "Sex"
            else ["Race/Ethnicity"]
            if "Race" in title
            else ["Sex", "Race/Ethnicity"]
        )
        out += [[f"Table: {title}"], names + head(counts)]
        out += [
            [part for part in (item.sex, item.race) if part] + cells(item, counts) for item in rows
        ] + [[]]
    return out


def shape_csv(path, tables, counts):
    rows = [["Sex", "Race/Ethnicity", *head(counts)]]
    rows += [
        [item.sex, item.race, *cells(item, counts)]
        for _, items in sections(tables)
        for item in items
    ]
    (path / "t.csv").write_text(quoted(rows))
    return "t.csv"


def shape_stacked(path, tables, counts):
    (path / "t.csv").write_text(quoted(stacked(tables, counts)))
    return "t.csv"


def shape_merged_csv(path, tables, counts):
    """The sex stands in the first of its rows only, as merged cells are exported."""
    out = []
    for title, rows in sections(tables):
        rows = sorted(rows, key=lambda item: item.sex)
        out += (
            [["Sex", "Race/Ethnicity", *head(counts)]]
            if title.startswith("Inter")
            else [[title, "", *head(counts)]]
        )
        last = ""
        for item in rows:
            first, second = (
                (item.sex, item.race) if title.startswith("Inter") else (item.sex or item.race, "")
            )
            out.append(["" if first == last else first, second, *cells(item, counts)])
            last = first
    (path / "t.csv").write_text(quoted(out))
    return "t.csv"


def shape_unnamed_columns(path, tables, counts):
    """As in the rule: Hispanic or not, sex and race under headings that say nothing."""
    out = [*stacked([*tables[:2], []], counts)[:-3], ["", "", "", *head(counts)]]
    last = ("", "")
    for item in sorted(tables[2], key=lambda i: ("Hispanic" not in i.race, i.sex)):
        first = item.race if "Hispanic" in item.race else "Non-Hispanic or Latino"
        shown = ["" if first == last[0] else first, "" if (first, item.sex) == last else item.sex]
        out.append([*shown, "" if "Hispanic" in item.race else item.race, *cells(item, counts)])
        last = (first, item.sex)
    (path / "t.csv").write_text(quoted(out))
    return "t.csv"


def shape_semicolons(path, tables, counts):
    def comma(row):
        return [
            cell.replace(".", ",")
            if any(c.isdigit() for c in cell) and "," not in cell
            else cell.replace(",", ".")
            for cell in row
        ]

    rows = [["Section", "Category", *head(counts)]]
    for title, items in sections(tables):
        rows += [
            [title, " - ".join(p for p in (i.sex, i.race) if p), *comma(cells(i, counts))]
            for i in items
        ]
    (path / "t.csv").write_bytes(quoted(rows, ";").encode("utf-8-sig"))
    return "t.csv"


def shape_tabs(path, tables, counts):
    rows = [["Category", *head(counts)]]
    for _, items in sections(tables):
        rows += [
            [f"{i.race} {i.sex}s" if i.sex and i.race else i.sex or i.race, *cells(i, counts)]
            for i in items
        ]
    (path / "t.tsv").write_text(quoted(rows, "\t"))
    return "t.tsv"


def shape_percent_heading(path, tables, counts):
    rows = []
    for row in stacked(tables, counts):
        row = [cell.replace("Selection Rate", "Selection Rate (%)") for cell in row]
        rows.append([cell.removesuffix("%") if cell.endswith("%") else cell for cell in row])
    (path / "t.csv").write_text(quoted(rows))
    return "t.csv"


def shape_footnotes(path, tables, counts):
    rows = []
    for row in stacked(tables, counts):
        if row and any(cell.endswith("%") for cell in row):
            row = [f"{row[0]}*", *row[1:-1], row[-1] + ("†" if row[-1] != "N/A" else "")]
        rows.append([cell.replace("Impact Ratio", "Impact Ratio¹") for cell in row])
    rows += [["* Categories with fewer than 2 % of applicants are left out."], ["† Rounded."]]
    (path / "t.csv").write_text(quoted(rows))
    return "t.csv"


def shape_unknown_and_total(path, tables, counts):
    out = []
    for title, rows in sections(tables):
        out.append([title, *head(counts)])
        out += [[" ".join(p for p in (i.sex, i.race) if p), *cells(i, counts)] for i in rows]
        if not title.startswith("Inter"):
            a, b = sum(i.assessed for i in rows) + 60, sum(i.selected for i in rows) + 22
            out.append(["Unknown / Not disclosed", "40", *(["12"] if counts else []), "N/A", "N/A"])
            out.append(
                ["Total", f"{a:,}", *([f"{b:,}"] if counts else []), f"{b / a * 100:.1f}%", ""]
            )
        out.append([])
    (path / "t.csv").write_text(quoted(out))
    return "t.csv"


def shape_workbook(path, tables, counts):
    book = openpyxl.Workbook()
    sheet = book.active
    at = 1
    for title, rows in sections(tables):
        sheet.cell(at, 1, title)
        sheet.merge_cells(start_row=at, end_row=at, start_column=1, end_column=6)
        both = title.startswith("Inter")
        for column, text in enumerate(
            (["Sex", "Race/Ethnicity"] if both else [title, ""]) + head(counts), start=1
        ):
            sheet.cell(at + 1, column, text)
        at += 2
        for sex, group in itertools.groupby(sorted(rows, key=lambda i: i.sex), key=lambda i: i.sex):
            start = at
            for item in group:
                sheet.cell(at, 1, sex or item.race)
                sheet.cell(at, 2, item.race if both else None)
                numbers = [item.assessed, *([item.selected] if counts else [])]
                for column, number in enumerate(numbers, start=3):
                    sheet.cell(at, column, number).number_format = "#,##0"
                cell = sheet.cell(at, 3 + len(numbers), float(item.rate.removesuffix("%")) / 100)
                places = len(item.rate.removesuffix("%").partition(".")[2])
                cell.number_format = "0." + "0" * places + "%" if places else "0%"
                ratio = sheet.cell(
                    at, 4 + len(numbers), "N/A" if item.ratio is None else float(item.ratio)
                )
                ratio.number_format = "0.00" if tables is not DATA["decimals"] else "0.000"
                at += 1
            if both:
                sheet.merge_cells(start_row=start, end_row=at - 1, start_column=1, end_column=1)
        at += 1
    book.save(path / "t.xlsx")
    return "t.xlsx"


def shape_html(path, tables, counts):
    parts = ["<!doctype html><html><body><script>var x='<table>';</script>"]
    for title, rows in sections(tables):
        both = title.startswith("Inter")
        names = ["Sex", "Race/Ethnicity"] if both else [title]
        parts.append(
            f"<h2>{title}</h2><table><tr>"
            + "".join(f"<th>{t}</th>" for t in names + head(counts))
            + "</tr>"
        )
        for _, group in itertools.groupby(sorted(rows, key=lambda i: i.sex), key=lambda i: i.sex):
            group = list(group)
            for n, item in enumerate(group):
                first = f'<td rowspan="{len(group)}">{item.sex}</td>' if both and n == 0 else ""
                name = f"<td>{item.race if both else item.sex or item.race}</td>"
                parts.append(
                    "<tr>"
                    + first
                    + name
                    + "".join(f"<td> {c}&nbsp;</td>" for c in cells(item, counts))
                    + "</tr>"
                )
        parts.append("</table>")
    (path / "t.html").write_text("\n".join(parts))
    return "t.html"


def shape_markdown(path, tables, counts):
    lines = []
    for row in stacked(tables, counts):
        if row and row[0].startswith("Table"):
            lines += ["", f"### {row[0]}", ""]
        elif row:
            lines.append("| " + " | ".join(row) + " |")
            if row[-1] == "Impact Ratio":
                lines.append("|" + "---|" * len(row))
    (path / "t.md").write_text("\n".join(lines))
    return "t.md"


def shape_pasted(path, tables, counts):
    lines = []
    for title, rows in sections(tables):
        lines += [
            title,
            " ".join(["Race/Ethnicity Categories" if "Race" in title else title, *head(counts)]),
        ]
        lines += [" ".join([p for p in (i.sex, i.race) if p] + cells(i, counts)) for i in rows]
    (path / "t.txt").write_text("\n".join(lines))
    return "t.txt"


def shape_aligned(path, tables, counts):
    lines = ["   ".join(row) for row in stacked(tables, counts)]
    (path / "t.txt").write_text("\n".join(lines))
    return "t.txt"


def shape_beside(path, tables, counts):
    """The table of sexes stands beside that of races, and the sexes have columns of their own below."""
    sexes, races, both = tables
    rows = [["Gender", *head(counts), "", "Race/Ethnicity", *head(counts)]]
    for one, other in itertools.zip_longest(sexes, races):
        left = [one.sex, *cells(one, counts)] if one else [""] * (1 + len(head(counts)))
        rows.append([*left, "", other.race, *cells(other, counts)])
    kinds = list(dict.fromkeys(i.sex for i in both))
    rows += [[], ["", *itertools.chain(*([sex] + [""] * (len(head(counts)) - 1) for sex in kinds))]]
    rows.append(["Race/Ethnicity", *(head(counts) * len(kinds))])
    by = {(i.sex, i.race): i for i in both}
    for race in dict.fromkeys(i.race for i in both):
        rows.append([race, *itertools.chain(*(cells(by[sex, race], counts) for sex in kinds))])
    (path / "t.csv").write_text(quoted(rows))
    return "t.csv"


SHAPES = {
    name.removeprefix("shape_"): make
    for name, make in list(globals().items())
    if name.startswith("shape_")
}


def changed(tables, section, row, **more):
    rows = list(tables[section])
    rows[row] = replace(rows[row], **more)
    return [rows if i == section else table for i, table in enumerate(tables)]


def test_there_are_enough_shapes():
    assert len(SHAPES) >= 12


@pytest.mark.parametrize("counts", [True, False], ids=["counts", "rates only"])
@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("shape", SHAPES)
def test_right_tables_raise_no_alarm(tmp_path, shape, data, counts):
    checked = check_ll144_file(tmp_path / SHAPES[shape](tmp_path, DATA[data], counts))
    assert not checked.faults, checked.faults[0]
    assert (
        sum(row.section != "" and "total" not in row.name[0].lower() for row in checked.rows) >= 17
    )
    assert sum(len(row.name) == 2 for row in checked.rows) == 10
    ratios = sum(item.ratio is not None for table in DATA[data] for item in table)
    assert checked.cells >= ratios * (2 if counts else 1)


TYPOS = {
    # what is printed wrong, and what is said of it with and without counts
    "a ratio": ({"ratio": "0.61"}, "impact ratio", "impact ratio"),
    "a rate": ({"rate": "71%"}, "rate", "impact ratio"),
    "the selected": ({"selected": 100}, "counts", None),
}


@pytest.mark.parametrize("counts", [True, False], ids=["counts", "rates only"])
@pytest.mark.parametrize("typo", TYPOS)
@pytest.mark.parametrize("shape", SHAPES)
def test_one_wrong_number_is_one_fault(tmp_path, shape, typo, counts):
    more, *said = TYPOS[typo]
    said = said[0 if counts else 1]
    if said is None:
        return
    tables = changed(DATA["as in the rule"], 2, 3, **more)  # white women
    (fault,) = check_ll144_file(tmp_path / SHAPES[shape](tmp_path, tables, counts)).faults
    assert (fault.what, fault.kind) == (said, "number")
    assert "White" in fault.category
    assert "Female" in fault.category


@pytest.mark.parametrize("counts", [True, False], ids=["counts", "rates only"])
def test_a_wrong_highest_rate_is_one_fault(tmp_path, counts):
    """The most selected group's rate is wrong: every ratio still follows from what it was."""
    section = DATA["as in the rule"][1]
    best = max(range(len(section)), key=lambda i: section[i].selected / section[i].assessed)
    tables = changed(DATA["as in the rule"], 1, best, rate="91%")
    (fault,) = check_ll144_file(tmp_path / shape_csv(tmp_path, tables, counts)).faults
    assert section[best].race in fault.category


def test_a_count_that_breaks_several_sums_is_one_fault(tmp_path):
    tables = [
        [replace(i, rate=None, ratio=None) if n == 2 else i for i in t]
        for n, t in enumerate(DATA["as in the rule"])
    ]
    tables = changed(tables, 2, 3, assessed=3790, selected=1850)
    (fault,) = check_ll144_file(tmp_path / shape_csv(tmp_path, tables, True)).faults
    assert (fault.what, fault.category) == ("sum", "Female / White")


def test_missing_people_are_told_from_impossible_ones(tmp_path):
    tables = DATA["as in the rule"]
    assert not check_ll144_file(
        tmp_path / shape_csv(tmp_path, tables, True)
    ).faults  # 5 or 7 people in no part
    rows = [
        [replace(i, selected=i.selected + 30, rate=None, ratio=None) for i in tables[0]],
        *tables[1:],
    ]
    faults = check_ll144_file(tmp_path / shape_csv(tmp_path, rows, True)).faults
    assert {fault.what for fault in faults} == {"sum"}
    assert (
        "of the 7 people who are in no part, 33 would have been selected" in faults[0].explanation
    )


@pytest.mark.parametrize(
    ("rate", "ratio", "kind"),
    [
        ("48%", "0.96", None),
        ("47%", "0.96", "last digit"),
        ("44%", "0.96", "number"),
        ("48%", "0.97", "last digit"),
        ("48%", "0.95", None),
        ("48%", "0.69", "number"),
        ("48.4%", "0.960", None),
        ("48.1%", "0.960", "number"),
        ("48%", "1", "number"),
    ],
)
def test_slips_of_the_last_digit_are_told(tmp_path, rate, ratio, kind):
    (tmp_path / "t.csv").write_text(
        "Sex,Applicants,Selected,Selection rate,Impact ratio\n"
        f"Male,1000,504,50.4%,1.00\nFemale,1000,484,{rate},{ratio}\n"
    )
    faults = check_ll144_file(tmp_path / "t.csv").faults
    assert [fault.kind for fault in faults] == ([] if kind is None else [kind])


def test_one_is_one_point_nought_nought_beside_decimals(tmp_path):
    text = "Sex,Applicants,Selection rate,Impact ratio\nMale,1000,50%,1\nFemale,1000,48%,1\nOther,90,40%,0.80\n"
    (tmp_path / "t.csv").write_text(text)
    (fault,) = check_ll144_file(tmp_path / "t.csv").faults
    assert (fault.category, fault.printed) == ("Female", "1")


def test_ratios_held_against_a_lower_rate_are_told(tmp_path):
    text = "Sex,Applicants,Selection rate,Impact ratio\nMale,1000,40%,1.00\nFemale,1000,48%,1.20\nX,90,20%,0.50\n"
    (tmp_path / "t.csv").write_text(text)
    (fault,) = check_ll144_file(tmp_path / "t.csv").faults
    assert "not the highest" in fault.explanation


def test_the_summary_is_on_rows(tmp_path):
    name = SHAPES["stacked"](tmp_path, changed(DATA["as in the rule"], 2, 3, ratio="0.61"), True)
    done = raudit("check-ll144", tmp_path / name)
    assert done.returncode == 1
    assert "17 rows read: 16 follow, 1 do not." in done.stdout
    assert "1 does not follow" in done.stdout
    told = raudit("check-ll144", tmp_path / name, "--json")
    assert json.loads(told.stdout)["summary"].startswith("17 rows")
