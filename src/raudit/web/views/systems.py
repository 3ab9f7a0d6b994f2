"""A system: its assessments, its last run, what to do next."""

from __future__ import annotations

from django.http import HttpResponse

from raudit.findings import Finding
from raudit.record import Record
from raudit.web.reading import held_part, last_run, parts, runs_of
from raudit.web.views.findings import weight
from raudit.web.views.frame import Asks, page
from raudit.web.workspace import has_data


def system(request: Asks, system: str) -> HttpResponse:
    """One system: its assessments, its last run, what to do next."""
    found = [held_part(request.plan, part, request.who.people) for part in parts(request.plan)]
    ran = last_run(request.plan)
    return page(
        request,
        "system.html",
        assessments=found,
        ran=ran,
        weighs=heaviest(ran.told) if ran else (),
        count=len(runs_of(request.plan)),
        data=has_data(request.plan),
        plan_text=request.plan.yaml.text,
    )


def heaviest(record: Record, most: int = 3) -> tuple[Finding, ...]:
    """Findings that are not settled, those that failed and weigh most first."""
    left = [finding for finding in record.findings if str(finding.status) != "passed"]
    return tuple(sorted(left, key=weight))[:most]
