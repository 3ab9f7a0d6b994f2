"""Bias-audit tables in the shapes that companies publish: web pages, workbooks, separated and pasted text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import openpyxl


@dataclass
class Printed:
    """A row as it is printed; the ratio is None where the category is too small for one."""

    name: Any
    assessed: int
    selected: int
    rate: str
    ratio: str | None

    def cells(self, blank="N/A", *, commas=True):
        count = (lambda n: f"{n:,}") if commas else str
        return [count(self.assessed), count(self.selected), self.rate, self.ratio or blank]


USUAL = ("# of Applicants", "# Selected", "Selection Rate", "Impact Ratio")
TITLES = ("Sex", "Race/Ethnicity")


def text(path, lines):
    path.write_text("\n".join(lines), encoding="utf-8")


def separated(mark, sections, heads, *, titles=TITLES, blank="N/A", commas=False, join=" - "):
    """One table under the other, the third one by both attributes with the names joined."""
    lines = []
    for title, rows in zip((*titles, "Intersectional Categories"), sections, strict=False):
        lines += [mark.join((title, *heads))]
        for row in rows:
            name = row.name if isinstance(row.name, str) else join.join(row.name)
            lines += [mark.join((name, *row.cells(blank, commas=commas)))]
        lines += [""]
    return lines


def semicolons(path, s):
    notes = [
        "* Category represents less than 2% of the data and was excluded.;;;;",
        "Note: 1,204 applicants with an unknown race or sex are not included above.;;;;",
    ]
    text(path, ["Results 2024;;;;", *separated(";", s, USUAL, blank="N/A*"), *notes])


def scored(path, s):
    heads = ("# of Applicants", "# Scored Above Median", "Scoring Rate", "Impact Ratio")
    quoted = lambda row: ",".join(f'"{cell}"' for cell in row.cells("-"))  # noqa: E731
    lines = ['"Median score: 53.2"']
    for title, rows in zip(TITLES, s, strict=False):
        lines += [",".join((title, *heads)), *(f"{row.name},{quoted(row)}" for row in rows), ""]
    lines += [",".join((*TITLES, *heads))]
    last = ""
    for row in s[2]:
        first = "" if row.name[0] == last else row.name[0]
        lines, last = [*lines, f"{first},{row.name[1]},{quoted(row)}"], row.name[0]
    text(path, lines)


def tr(*cells, tag="td"):
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"


def merged(rows):
    """Rows by two attributes, the first one in a cell over its rows."""
    body = ""
    for first in dict.fromkeys(row.name[0] for row in rows):
        own = [row for row in rows if row.name[0] == first]
        for place, row in enumerate(own):
            head = "" if place else f'<td rowspan="{len(own)}">{first}</td>'
            body += f"<tr>{head}" + tr(row.name[1], *row.cells())[4:]
    return body


def page_merged(path, s):
    heads = (
        "Number of Applicants",
        "Number Selected",
        "Selection Rate",
        "Impact Ratio<sup>1</sup>",
    )
    body = "<h1>Summary of Bias Audit</h1><p>320 people were Unknown and are left out.</p>"
    for title, rows in zip(TITLES, s, strict=False):
        cells = "".join(tr(row.name, *row.cells("N/A<sup>2</sup>")) for row in rows)
        body += f"<table><caption>{title}</caption>{tr('', *heads, tag='th')}{cells}</table>"
    body += f"<table>{tr(*TITLES, *heads, tag='th')}{merged(s[2])}</table>"
    text(path, [f"<html><body>{body}<p><sup>1</sup> see below</p></body></html>"])


def page_across(path, s):
    heads = ("Applicants", "Selected", "Selection Rate", "Impact Ratio")
    body = ""
    for title, rows in zip(TITLES, s, strict=False):
        cells = "".join(tr(row.name, *row.cells()) for row in rows)
        body += f"<table>{tr(title, *heads, tag='th')}{cells}</table>"
    by = {row.name: row for row in s[2]}
    sexes, races = (list(dict.fromkeys(name[at] for name in by)) for at in (0, 1))
    over = "<tr><th></th>" + "".join(f"<th colspan=4>{sex}</th>" for sex in sexes) + "</tr>"
    rows = "".join(tr(r, *(c for sex in sexes for c in by[sex, r].cells())) for r in races)
    heading = tr("Race/Ethnicity", *heads * len(sexes), tag="th")
    text(path, [f"<html>{body}<table>{over}{heading}{rows}</table></html>"])


def page_of_cells(path, s):
    body = "<div><p>Date of audit: March 1, 2024. Applicants of unknown sex: 1,045.</p>"
    note = "* Fewer than 2% of the sample; excluded at the auditor's discretion"
    for title, rows in zip(TITLES, s, strict=False):
        cells = "".join(tr(row.name, *row.cells()) for row in rows)
        wide = [f"<tr><td colspan=5>{words}</td></tr>" for words in (f"<b>{title}</b>", note)]
        body += f"<table>{wide[0]}{tr('', *USUAL)}{cells}{wide[1]}</table>"
    head = "<tr><td colspan=2></td>" + tr(*USUAL)[4:]
    title = "<tr><td colspan=6>Intersectional</td></tr>"
    text(path, [f"{body}<table>{title}{head}{merged(s[2])}</table></div>"])


def page_marked(path, s):
    marks = ("*", "†", "[1]", " (a)", "**")
    body = ""
    for title, rows in zip(("Gender*", "Race or ethnicity*"), s, strict=False):
        heads = ("Total Applicants", "Applicants Advanced", "Selection Rate", "Impact Ratio")
        named = [row.name + ("" if row.ratio else marks[i % 5]) for i, row in enumerate(rows)]
        cells = (tr(n, *row.cells("N/A†")) for n, row in zip(named, rows, strict=True))
        body += f"<table>{tr(title, *heads, tag='th')}{''.join(cells)}</table>"
    text(path, [f"{body}<p>* self reported</p><p>† less than 2%</p>"])


def workbook(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows, spans in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for span in spans:
            sheet.merge_cells(span)
    book.save(path)


def sheets_merged(path, s):
    heads = ["# Applicants", "# Selected", "Selection rate", "Impact ratio"]
    flat = lambda row: [row.assessed, row.selected, row.rate, row.ratio or "N/A"]  # noqa: E731
    total = ["Total", sum(r.assessed for r in s[0]), sum(r.selected for r in s[0]), None, None]
    sex = [["Impact ratio by sex"], ["Sex", *heads], *([r.name, *flat(r)] for r in s[0]), total]
    race = [["Race/Ethnicity", *heads], *([r.name, *flat(r)] for r in s[1])]
    both, spans, last = [[*TITLES, *heads]], [], ""
    for row in s[2]:
        if row.name[0] != last:
            spans.append([len(both) + 1, 0])
        both.append([None if row.name[0] == last else row.name[0], row.name[1], *flat(row)])
        spans[-1][1], last = len(both), row.name[0]
    over = [f"A{first}:A{end}" for first, end in spans]
    workbook(path, [("Sex", sex, ["A1:E1"]), ("Race", race, []), ("Both", both, over)])


def sheet_side_by_side(path, s):
    heads = ["Category", "Applicants", "Selected", "Selection Rate", "Impact Ratio"]
    rows = [["Sex", *[None] * 5, "Race/Ethnicity"], [*heads, None, *heads]]
    for at in range(len(s[1])):
        left = [s[0][at].name, *s[0][at].cells()] if at < len(s[0]) else [None] * 5
        rows.append([*left, None, s[1][at].name, *s[1][at].cells()])
    workbook(path, [("All", rows, [])])


def pasted(path, s):
    lines = separated(" ", s, ("Applicants", "Selected", "Selection", "Rate", "Impact", "Ratio"),
                      blank="Not calculated", commas=True, join=" ")  # fmt: skip
    text(path, [*lines, "The median score was 48. Individuals of Unknown race: 431."])


def pasted_wide(path, s):
    lines = ["Applicants whose race is unknown: 532."]
    for title, rows in zip(TITLES, s, strict=False):
        lines += [f"{title:<45}Applicants  Scored above median  Scoring rate  Impact ratio"]
        lines += [f"{row.name:<45}" + "  ".join(f"{c:>9}" for c in row.cells()) for row in rows]
    text(path, lines)


def pasted_tabs(path, s):
    heads = (
        "Number of candidates",
        "Number of candidates selected",
        "Selection rate",
        "Impact ratio",
    )
    lines = separated("\t", (s[1], s[0]), heads, titles=TITLES[::-1], blank="Not calculated")
    lines += ["\t".join(("Gender", "Race/Ethnicity", *heads))]
    text(path, [*lines, *("\t".join((*r.name, *r.cells("Excluded"))) for r in s[2])])


def piled(path, s):
    """Every cell on a line of its own."""
    lines = []
    for title, rows in zip(TITLES, s, strict=False):
        lines += [title, *USUAL, *(cell for row in rows for cell in (row.name, *row.cells())), ""]
    text(path, lines)


def rates_only(path, s):
    lines = []
    for title, rows in zip(("Gender", "Race", "Race x Gender"), s, strict=True):
        lines += [f"{title},Selection Rate,Impact Ratio"]
        for row in (row for row in rows if row.ratio):
            name = row.name if isinstance(row.name, str) else f"{row.name[1]} {row.name[0]}"
            lines += [f"{name},{row.rate},{row.ratio}"]
    text(path, lines)


def with_unknown(path, s):
    lines = []
    for rows, words in zip(s, ("Not disclosed", "I do not wish to answer"), strict=False):
        lines += [",".join(("Demographic", *USUAL))]
        lines += [",".join((row.name, *row.cells(commas=False))) for row in rows]
        sums = [sum(r.assessed for r in rows) + 34, sum(r.selected for r in rows) + 9]
        lines += [f"{words},34,9,26%,N/A", f'Total,"{sums[0]:,}","{sums[1]:,}",,', ""]
    text(path, lines)


def one_table(path, s):
    lines = ["Category,Group,Applicants,Selected,Selection Rate,Impact Ratio"]
    for title, rows in zip(("Gender", "Race/Ethnicity", "Intersectional"), s, strict=True):
        for place, row in enumerate(rows):
            name = row.name if isinstance(row.name, str) else f"{row.name[1]} | {row.name[0]}"
            lines += [",".join(("" if place else title, name, *row.cells(commas=False)))]
    path.write_text("\n".join(lines), encoding="utf-8-sig")


def two_in_a_cell(path, s):
    lines = []
    for title, rows in zip(TITLES, s, strict=False):
        lines += [f"{title}\tApplicants\tSelected (selection rate)\tImpact ratio"]
        for row in rows:
            count, chosen, rate, ratio = row.cells("N/A (less than 2% of applicants)")
            lines += [f"{row.name}\t{count}\t{chosen} ({rate})\t{ratio}"]
    text(path, lines)


def two_line_headings(path, s):
    lines = []
    for title, rows in zip(TITLES, s, strict=False):
        lines += [f"{title},# of,# of,Selection,Impact", ",Applicants,Selected,Rate,Ratio"]
        lines += [",".join((row.name, *row.cells(commas=False))) for row in rows]
    text(path, lines)


def counted_headings(path, s):
    lines = []
    for title, rows in zip(TITLES, s, strict=False):
        sums = [sum(r.assessed for r in rows), sum(r.selected for r in rows)]
        heads = [f'"Applicants (n = {sums[0]:,})"', f'"Selected (n = {sums[1]:,})"']
        lines += [",".join((title, *heads, "Selection Rate", "Impact Ratio"))]
        lines += [",".join((row.name, *row.cells(commas=False))) for row in rows]
    text(path, lines)


def european(path, s):
    heads = ("Number of applicants", "Number selected", "Selection rate", "Impact ratio")
    text(path, [line.replace(".", ",") for line in separated(";", s[:2], heads)])


def markdown(path, s):
    lines = []
    for title, rows in zip(TITLES, s, strict=False):
        lines += [
            f"### {title}",
            "",
            f"| {' | '.join((title, *USUAL))} |",
            "|---|---:|---:|---:|---:|",
        ]
        lines += [f"| {' | '.join((row.name, *row.cells('—')))} |" for row in rows]
    text(path, lines)


def abbreviated(path, s):
    heads = ("N", "# Passed", "Pass Rate", "AIR")
    text(path, separated(" | ", s[:2], heads, titles=("Gender", "Ethnicity"), blank="x"))


def turned(path, s):
    lines = []
    for rows in s[:2]:
        lines += [",".join(("", *(row.name for row in rows)))]
        columns = zip(*(row.cells(commas=False) for row in rows), strict=True)
        lines += [",".join((head, *cells)) for head, cells in zip(USUAL, columns, strict=True)]
        lines += [""]
    text(path, lines)


def nested(path, s):
    """As in the rule: Hispanic or Latino first, the races under everyone else."""
    lines = [",".join(("Ethnicity", "Sex", "Race", *USUAL))]
    for row in sorted(s[2], key=lambda row: (not row.name[1].startswith("Hispanic"), row.name[0])):
        one = row.name[1].startswith("Hispanic")
        first = (
            ("Hispanic or Latino", row.name[0], "")
            if one
            else ("Non-Hispanic or Latino", *row.name)
        )
        lines += [",".join((*first, *row.cells(commas=False)))]
    text(path, lines)


def long_form(path, s):
    """What is compared stands in a column of its own, whose heading says nothing."""
    lines = [",".join(("Breakdown", "Category", *USUAL))]
    for title, rows in zip((*TITLES, "Intersectional"), s, strict=True):
        names = [row.name if isinstance(row.name, str) else " / ".join(row.name) for row in rows]
        lines += [
            ",".join((title, f'"{name}"', *row.cells(commas=False)))
            for name, row in zip(names, rows, strict=True)
        ]
    text(path, lines)


def subtotals(path, s):
    """After the rows of each sex what they add up to, beside an empty race."""
    lines = [",".join((*TITLES, *USUAL))]
    for sex in dict.fromkeys(row.name[0] for row in s[2]):
        own = [row for row in s[2] if row.name[0] == sex]
        lines += [",".join((*row.name, *row.cells(commas=False))) for row in own]
        sums = (sum(row.assessed for row in own), sum(row.selected for row in own))
        lines += [f"{sex} Total,,{sums[0]},{sums[1]},,"]
    text(path, lines)


def sheet_banded(path, s):
    """Over the headings of each table a line with its name and words over several columns."""
    book = openpyxl.Workbook()
    sheet = book.active
    for title, rows in zip((*TITLES, "Intersectional"), s, strict=True):
        at = sheet.max_row + 2
        for place, word in ((1, title), (2, "Counts"), (4, "Results")):
            sheet.cell(at, place, word)
        sheet.merge_cells(start_row=at, end_row=at, start_column=2, end_column=3)
        sheet.merge_cells(start_row=at, end_row=at, start_column=4, end_column=5)
        sheet.append(["", *USUAL])
        for row in rows:
            name = row.name if isinstance(row.name, str) else " / ".join(row.name)
            sheet.append([name, row.assessed, row.selected, row.rate, row.ratio or "*"])
    book.save(path)


def piled_titled(path, s):
    """Cell under cell, and over each table's headings a title that reads like one of them."""
    lines = ["Results of the bias audit"]
    for title, rows in zip((*TITLES, "Sex and Race/Ethnicity"), s, strict=True):
        lines += ["", title, "Category", *USUAL]
        for row in rows:
            name = row.name if isinstance(row.name, str) else " / ".join(row.name)
            lines += [name, *row.cells()]
    text(path, lines)


def named_cells(path, s):
    """``Name: 12; 3;`` under headings of which the first has a name or none, with a title above."""
    lines = ["Results of the audit", ""]
    for title, rows in zip((*TITLES, "Sex and Race/Ethnicity"), s, strict=False):
        lines += [title, f"{'Name: ' * (title != 'Sex')}{'; '.join(USUAL)};"]
        for row in rows:
            name = row.name if isinstance(row.name, str) else ", ".join(row.name)
            lines += [f"{name}: {'; '.join(row.cells('N/A*'))};"]
        lines += [""]
    text(path, [*lines, "* Less than 2% of the data: no ratio is given; see the rule."])


SHAPES = {
    write.__name__: (write, suffix, sections)
    for suffix, sections, writers in (
        (".csv", (0, 1, 2), (semicolons, scored, one_table, rates_only)),
        (".csv", (0, 1), (with_unknown, two_line_headings, counted_headings, european, turned)),
        (".csv", (2,), (nested,)),
        (".html", (0, 1, 2), (page_merged, page_across, page_of_cells)),
        (".html", (0, 1), (page_marked,)),
        (".xlsx", (0, 1, 2), (sheets_merged,)),
        (".xlsx", (0, 1), (sheet_side_by_side,)),
        (".txt", (0, 1, 2), (pasted, pasted_tabs)),
        (".txt", (0, 1), (pasted_wide, piled, two_in_a_cell, abbreviated)),
        (".md", (0, 1), (markdown,)),
        (".csv", (0, 1, 2), (long_form,)),
        (".csv", (2,), (subtotals,)),
        (".xlsx", (0, 1, 2), (sheet_banded,)),
        (".txt", (0, 1, 2), (piled_titled, named_cells)),
    )
    for write in writers
}
"""By name: what writes it, the file's suffix, and which of sex, race and both it prints."""
