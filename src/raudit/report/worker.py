"""The child process: limits first, then the job. Run by ``child.run_child`` only."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from raudit.errors import EnvironmentFault, RauditError, place_of
from raudit.isolation.limits import limit_process

if TYPE_CHECKING:
    from raudit.report.attachments import Source
    from raudit.report.job import Job


def main() -> None:
    """Read a job, render it, write the result."""
    gc.disable()  # a document is one big graph that lives until the end; collecting costs a third of the time
    seconds, megabytes = int(sys.argv[1]), int(sys.argv[2])
    limit_process(seconds, megabytes)
    try:
        result = b"RAUDIT-OK\n" + _run(sys.stdin.buffer.read())
    except RauditError as error:
        result = b"RAUDIT-ERROR\n" + json.dumps(_fields(error)).encode()
    sys.stdout.buffer.write(result)
    sys.stdout.buffer.flush()
    os._exit(
        0
    )  # the heap of a long document takes seconds to tear down, and nothing is left to save


def _run(data: bytes) -> bytes:
    from raudit.kept import reading_stored
    from raudit.record import parse_record, written_record
    from raudit.report.attachments import Source
    from raudit.report.job import Job

    job = Job.from_bytes(data)
    read = parse_record if job.stored else written_record
    source = Source(read(job.record), job.record)
    os.environ["SOURCE_DATE_EPOCH"] = str(source.epoch)  # what fonts and pages are dated with
    with reading_stored() if job.stored else _blaming_nobody():
        return _made(job, source)


@contextmanager
def _blaming_nobody() -> Iterator[None]:
    """While something is made of a record of this run: what does not fit there is a fault of ours and not its."""
    from raudit.kept import UNFIT

    try:
        yield
    except UNFIT as error:
        raise EnvironmentFault(
            "the report could not be rendered",
            reference="render-failed",
            got=f"{type(error).__name__} in {place_of(error)}",
            hint="report this line with the template's name; the record itself is unharmed",
        ) from error


def _made(job: Job, source: Source) -> bytes:
    from raudit.report.context import ANNEXES
    from raudit.report.render import render_annexes, render_text

    html = render_text(
        source,
        template=job.template,
        language=job.language,
        medium=job.medium,
        seals=job.seals,
        templates_dir=job.templates_dir,
    )
    if job.medium != "pdf":
        return html.encode()
    from raudit.report.fonts import font_configuration
    from raudit.report.letters import lend, letters_of
    from raudit.report.pdf import make_pdf
    from raudit.report.renderer import renderer
    from raudit.report.templates import find_template

    template = find_template(job.template, job.templates_dir)
    folders = template.font_folders()
    configuration = Path(os.environ["FONTCONFIG_FILE"])
    letters = letters_of([job.record.decode()], folders)
    lent = lend(letters.lent, configuration.parent / "lent") if letters.lent else None
    configuration.write_text(
        font_configuration([*folders, *filter(None, [lent])], configuration.parent / "fontconfig"),
        encoding="utf-8",
    )
    annexes = (
        ""
        if job.template == ANNEXES
        else render_annexes(source, language=job.language, seals=job.seals)
    )
    return make_pdf(
        html,
        source=source,
        seals=job.seals,
        renderer=renderer(template, letters.lent),
        annexes=annexes.encode(),
    )


def _fields(error: RauditError) -> dict[str, str]:
    names = ("message", "reference", "where", "got", "expected", "hint")
    return {"type": type(error).__name__, **{name: getattr(error, name) for name in names}}


if __name__ == "__main__":
    main()
