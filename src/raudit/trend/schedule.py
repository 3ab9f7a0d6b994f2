"""Snippets that repeat an audit: for cron, systemd and continuous integration. Written out, never installed."""

from __future__ import annotations

import re
import shlex
from typing import Literal

from raudit.errors import UsageError

Every = Literal["day", "week", "month", "quarter"]
CRON: dict[str, str] = {
    "day": "17 4 * * *",
    "week": "17 4 * * 1",
    "month": "17 4 1 * *",
    "quarter": "17 4 1 1,4,7,10 *",
}
CALENDAR: dict[str, str] = {
    "day": "*-*-* 04:17:00",
    "week": "Mon *-*-* 04:17:00",
    "month": "*-*-01 04:17:00",
    "quarter": "*-01,04,07,10-01 04:17:00",
}


def command(plan: str, out: str) -> str:
    """The shell command of one repetition: an audit into a folder named by its day, then the series of them all."""
    for name in (plan, out):
        if re.search(r"[\n\r\x00]", name):
            raise UsageError(
                "a path holds a line break", reference="schedule-path", hint="rename the folder"
            )
    folder, file = shlex.quote(out), shlex.quote(plan)
    # The series is made whatever the audit came to, also under "sh -e", with which CI runs its scripts. The
    # scheduler sees the audit's status, and the series' where the audit's is 0.
    return (
        f'd={folder}/"$(date -u +%Y-%m-%d)"; mkdir -p "$d"; a=0; b=0; raudit run {file} --out "$d" || a=$?; '
        f"raudit trend {folder}/*/record.json --plan {file} --openmetrics {folder}/raudit.prom "
        f"--webhook {folder}/alert.json -o {folder}/series.html || b=$?; "
        'if [ "$a" -ne 0 ]; then exit "$a"; fi; exit "$b"'
    )


def cron(plan: str, out: str, every: Every) -> str:
    """A line for crontab; a percent sign would end the command there, and is escaped."""
    line = command(plan, out).replace("%", r"\%")
    return f"# every {every}, at a minute when few others run; crontab -e\n{CRON[every]} {line}\n"


def systemd(plan: str, out: str, every: Every) -> str:
    """A service and its timer, for ~/.config/systemd/user; a missed run is made up for."""
    line = (
        command(plan, out)
        .replace("\\", "\\\\")
        .replace('"', '\\"')
        .replace("%", "%%")
        .replace("$", "$$")
    )
    return (
        "# raudit-audit.service\n[Unit]\nDescription=Repeat the audit\n\n[Service]\nType=oneshot\n"
        f'ExecStart=/bin/sh -c "{line}"\n\n'
        f"# "
        f"raudit-audit.timer\n[Timer]\nOnCalendar={CALENDAR[every]}\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
    )


def github(plan: str, out: str, every: Every) -> str:
    """A workflow for GitHub Actions; the folder of records is kept between runs."""
    text = command(plan, out)
    return (
        "# .github/workflows/raudit.yml\nname: Repeat the audit\non:\n  schedule:\n"
        f'    - cron: "{CRON[every]}"\n  workflow_dispatch:\npermissions:\n  contents: read\njobs:\n  audit:\n'
        "    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n"
        "      - uses: actions/cache@v4\n        with:\n"
        f"          path: {out}\n          key: raudit-${{{{ github.run_id }}}}\n          restore-keys: raudit-\n"
        "      - run: pip install raudit\n      - run: |\n"
        f"          {text}\n"
        "      - if: always()\n        uses: actions/upload-artifact@v4\n        with:\n"
        f"          name: audit\n          path: {out}\n"
    )


def gitlab(plan: str, out: str, every: Every) -> str:
    """A job for GitLab; its schedule is set in the project, as the comment says."""
    return (
        f"# .gitlab-ci.yml; then a pipeline schedule with the cron line {CRON[every]}\naudit:\n"
        '  rules:\n    - if: $CI_PIPELINE_SOURCE == "schedule"\n  script:\n    - pip install raudit\n    - |\n'
        f"      {command(plan, out)}\n  cache:\n    key: raudit\n    paths: [{out}]\n"
        f"  artifacts:\n    when: always\n    paths: [{out}]\n"
    )


KINDS = {"cron": cron, "systemd": systemd, "github": github, "gitlab": gitlab}
"""Snippet by its kind."""
