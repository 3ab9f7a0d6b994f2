"""Write into docs/explanation/report-claims.md how long reports are, and on which page stands what the law demands.

Run: ``python scripts/write_report_pages.py demo/record.json`` after ``make demo``. The demo's record is read; the other
audits are made up and measured here. A cell ``<!-- KEY KEY -->2, 4 to 6`` of the page names sections by their messages,
and gets the pages on which they stand.
"""

from __future__ import annotations

import re
import sys
import tempfile
from html import unescape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the made-up audits are those of the tests, which are in no package

from tests.report.audits import PLANS, audit_of  # noqa: E402

from raudit.record import Record, parse_record  # noqa: E402
from raudit.report.attachments import Source  # noqa: E402
from raudit.report.language import load_language  # noqa: E402
from raudit.report.pages import Page, pages_of  # noqa: E402
from raudit.report.render import render_text  # noqa: E402
from raudit.report.seals import Seals  # noqa: E402
from raudit.report.templates import find_template  # noqa: E402

CLAIMS = ROOT / "docs" / "explanation" / "report-claims.md"
DEMO = "demo"
NAMES = {
    DEMO: "the demo",
    "regression": "a regression",
    "ranking": "a ranking",
    "ll144": "applicants in New York",
    "personal": "personal data only",
}
FORMS = ("brief", "model-card", "us-sr-26-2", "eu-annex-iv", "eu-fria")
MARKS = ("<!-- pages of reports -->", "<!-- end of pages -->")
_CELL = re.compile(r"<!-- (?P<keys>[\w -]+) -->[^|]*\|")
_TABLE = re.compile(r"where in `(?P<template>[\w-]+)` \| page(?: of \d+)? \|")


def laid_out(record: Record, template: str, language: str) -> tuple[str, tuple[Page, ...]]:
    """A report as its pages are laid out."""
    html = render_text(
        Source(record),
        template=template,
        language=language,
        medium="pdf",
        seals=Seals(),
        templates_dir=None,
    )
    return html, pages_of(html)


def words_in(html: str) -> int:
    """Words that a page holds in its text; what pictures and margins say is not counted."""
    bare = re.sub(r"<(style|svg|title)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return len(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def spans(pages: tuple[Page, ...]) -> dict[str, tuple[int, int]]:
    """First and last page of each section, by its title."""
    found: dict[str, tuple[int, int]] = {}
    last = ""
    for page in pages:
        for place, title in enumerate(page.heads):
            if last:
                end = page.number - 1 if page.headed and not place else page.number
                found[last] = (found[last][0], max(found[last][0], end))
            found[title] = (page.number, page.number)
            last = title
    if last:
        found[last] = (found[last][0], pages[-1].number)
    return found


def pages_said(keys: list[str], found: dict[str, tuple[int, int]], template: str) -> str:
    """Pages of sections in words, such as ``2, 4 to 6``; the first page is ``top``."""
    catalogue = load_language("en", find_template(template).language_folders())
    begin = min((first for first, _ in found.values()), default=1)
    told = {"top": (1, 1), "form-end": (begin, begin)}
    numbers = sorted(
        {
            number
            for key in keys
            for first, last in [told.get(key) or found[catalogue(key)]]
            for number in range(first, last + 1)
        }
    )
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(parts)


def size_table(records: dict[str, Record]) -> str:
    """How many pages and words each report has, in both languages."""
    lines = ["| audit | template | pages en / de | words en / de |", "|---|---|---|---|"]
    jobs = [(name, "standard") for name in records] + [(DEMO, form) for form in FORMS]
    for name, template in [*jobs, ("ll144", "nyc-ll144")]:
        made = [laid_out(records[name], template, language) for language in ("en", "de")]
        pages = " / ".join(str(len(pages)) for _, pages in made)
        words = " / ".join(f"{words_in(html):,}" for html, _ in made)
        lines.append(f"| {NAMES[name]} | `{template}` | {pages} | {words} |")
    return "\n".join(lines)


def with_pages(text: str, records: dict[str, Record]) -> str:
    """The page of claims with every number of a page and of words as they are now."""
    head, _, rest = text.partition(MARKS[0])
    tail = rest.partition(MARKS[1])[2]
    text = f"{head}{MARKS[0]}\n\n{size_table(records)}\n\n{MARKS[1]}{tail}"
    template, found = "", {}
    lines = []
    for line in text.split("\n"):
        if table := _TABLE.search(line):
            template = table["template"]
            _, pages = laid_out(
                records["ll144" if template == "nyc-ll144" else DEMO], template, "en"
            )
            found = spans(pages)
            said = f"where in `{template}` | page of {len(pages)} |"
            line = line.replace(table[0], said)  # noqa: PLW2901 -- the line as it will stand
        lines.append(
            _CELL.sub(
                lambda cell, template=template, found=found: (
                    f"<!-- {cell['keys']} -->{pages_said(cell['keys'].split(), found, template)} |"
                ),
                line,
            )
        )
    return "\n".join(lines)


def records_with(demo: Record) -> dict[str, Record]:
    """The demo's record and those of the four made-up audits."""
    records = {DEMO: demo}
    with tempfile.TemporaryDirectory() as folder:
        for kind in PLANS:
            place = Path(folder, kind)
            place.mkdir()
            records[kind] = audit_of(kind, place)
    return records


if __name__ == "__main__":
    demo = parse_record(Path(sys.argv[1]).read_bytes())
    CLAIMS.write_text(with_pages(CLAIMS.read_text("utf-8"), records_with(demo)), "utf-8")
