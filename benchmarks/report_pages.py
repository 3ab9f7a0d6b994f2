"""Time and memory of a PDF by number of pages: is the cost of a page flat? And of stored records: pages and words.

Run: ``python benchmarks/report_pages.py [stages ...]``, or ``python benchmarks/report_pages.py RECORD.json ...`` for a
row for each template and language, with the words that the page holds. Prints CPU seconds, so that a busy machine does
not decide; those of a stored record hold the command as well as the process that draws.
"""

from __future__ import annotations

import io
import itertools
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.report import synthetic

from raudit.record import Record
from raudit.report import Limits, render_pdf

TEMPLATES = ("standard", "brief", "model-card", "nyc-ll144", "us-sr-26-2", "eu-annex-iv", "eu-fria")
REPORT = (sys.executable, "-m", "raudit", "report")


def record_of(stages: int) -> Record:
    """A record with so many copies of a rich stage; each copy has tables, figures and findings of its own."""
    base = synthetic.make_record()
    made = []
    for i in range(stages):
        stage = synthetic.fairness()
        findings = tuple(
            replace(f, subject=replace(f.subject, name=f"{f.subject.name} {i}"))
            for f in stage.findings
        )
        made.append(replace(stage, name=f"stage-{i}", title=f"Stage {i}", findings=findings))
    return replace(base, stages=tuple(made))


def measure(stages: int) -> tuple[int, float, float]:
    """Pages, CPU seconds and peak megabytes of a fresh process that renders."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parent.parent)!r})\n"
        f"from benchmarks.report_pages import one; one({stages})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    pages, cpu, peak = done.stdout.split()
    return int(pages), float(cpu), float(peak)


def one(stages: int) -> None:
    """Render once and print pages, CPU seconds of the child and its peak memory."""
    import pikepdf

    data = render_pdf(record_of(stages), limits=Limits(seconds=900))
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        print(
            len(pdf.pages), round(usage.ru_utime + usage.ru_stime, 2), round(usage.ru_maxrss / 1024)
        )


def rows_of(record: Path) -> Iterator[tuple[str, str, int, int, float, float]]:
    """Template, language, pages, words, CPU seconds and peak megabytes of each page that a record can be made into."""
    for template, language in itertools.product(TEMPLATES, ("en", "de")):
        with tempfile.TemporaryDirectory() as folder:
            pdf, page = Path(folder) / "page.pdf", Path(folder) / "page.html"
            wanted = ["--template", template, "--language", language]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(
                [*REPORT, record, "-o", pdf, *wanted], capture_output=True, check=False
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode:
                continue
            subprocess.run([*REPORT, record, "-o", page, *wanted], capture_output=True, check=True)
            text = re.sub(r"(?s)<(style|script|svg)\b.*?</\1>|<[^>]+>", " ", page.read_text())
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            yield template, language, _pages(pdf), len(text.split()), cpu, after.ru_maxrss / 1024


def _pages(file: Path) -> int:
    import pikepdf

    with pikepdf.open(file) as pdf:
        return len(pdf.pages)


if __name__ == "__main__":
    records = [Path(argument) for argument in sys.argv[1:] if argument.endswith(".json")]
    if records:
        print("record                template      language  pages   words  CPU s  peak MB so far")
    for record in records:
        for template, language, pages, words, cpu, peak in rows_of(record):
            print(
                f"{record.parent.name:20.20}  {template:12}  {language:8}  {pages:5d}  {words:6d}  "
                f"{cpu:5.1f}  {peak:7.0f}",
                flush=True,
            )
    if not records:
        print("pages  CPU s  CPU s/page  peak MB")
        for stages in [int(a) for a in sys.argv[1:]] or [1, 3, 10, 40]:
            pages, cpu, peak = measure(stages)
            print(f"{pages:5d}  {cpu:5.1f}  {cpu / pages:10.3f}  {peak:7.0f}")
