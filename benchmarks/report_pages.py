"""Time and memory of a PDF by number of pages: is the cost of a page flat?

Run: ``python benchmarks/report_pages.py [stages ...]``. Prints CPU seconds, so that a busy machine does not decide.
"""

from __future__ import annotations

import io
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.report import synthetic

from raudit.record import Record
from raudit.report import Limits, render_pdf


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


if __name__ == "__main__":
    print("pages  CPU s  CPU s/page  peak MB")
    for stages in [int(a) for a in sys.argv[1:]] or [1, 3, 10, 40]:
        pages, cpu, peak = measure(stages)
        print(f"{pages:5d}  {cpu:5.1f}  {cpu / pages:10.3f}  {peak:7.0f}")
