"""A finished page as PDF, such as an assessment that somebody downloads: in a process of its own, nothing fetched.

``python -I -m raudit.report.printing SECONDS MEGABYTES`` takes HTML on standard input. Reports take the longer way
of ``pdf``, which attaches their record; this is a print-out, and is marked as what its page says it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from raudit.errors import EnvironmentFault
from raudit.isolation.limits import limit_process

SECONDS, MEGABYTES = 120, 2048


def pdf_of(html: str) -> bytes:
    """Print a page.

    Raises
    ------
    EnvironmentFault
        If it takes more time or memory than it may.
    """
    command = [sys.executable, "-I", "-m", "raudit.report.printing", str(SECONDS), str(MEGABYTES)]
    with tempfile.TemporaryDirectory(prefix="raudit-print-") as scratch:
        environment = {"PATH": os.defpath, "HOME": scratch, "LC_ALL": "C.UTF-8"}
        environment["FONTCONFIG_FILE"] = str(Path(scratch) / "fonts.conf")
        try:
            done = subprocess.run(  # noqa: S603 -- our own module, by this interpreter
                command,
                input=html.encode(),
                capture_output=True,
                timeout=SECONDS,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            done = None
    if done is None or done.returncode or not done.stdout.startswith(b"%PDF"):
        raise EnvironmentFault(
            "the page could not be printed",
            reference="print-failed",
            hint="download it as HTML, and print that",
        )
    return done.stdout


def main() -> None:
    """Print what comes on standard input."""
    seconds, megabytes = int(sys.argv[1]), int(sys.argv[2])
    limit_process(seconds, megabytes)
    from raudit.report.fonts import font_configuration
    from raudit.report.templates import find_template

    configuration = Path(os.environ["FONTCONFIG_FILE"])
    folders = find_template("standard", None).font_folders()
    configuration.write_text(
        font_configuration(folders, configuration.parent / "fontconfig"), encoding="utf-8"
    )
    from raudit.report.drawing import weasyprint

    html = sys.stdin.buffer.read().decode()
    content = weasyprint.HTML(string=html, url_fetcher=_refuse).write_pdf(pdf_identifier=b"raudit")
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _refuse(url: str, *_arguments: object, **_options: object) -> dict[str, object]:
    """Nothing is loaded while a page is printed."""
    raise ValueError(f"not fetched: {url[:60]}")


if __name__ == "__main__":
    main()
