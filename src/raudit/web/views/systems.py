"""A system: its assessments, its last run, what to do next."""

from __future__ import annotations

from django.http import HttpResponse

from raudit.web.models import RunState
from raudit.web.reading import held_part, last_run, parts, runs_of
from raudit.web.views.frame import Asks, page
from raudit.web.workspace import has_data


def system(request: Asks, system: str) -> HttpResponse:
    """One system: its assessments, its last run, what to do next."""
    found = [held_part(request.plan, part, request.who.people) for part in parts(request.plan)]
    ran = last_run(request.plan)
    running = RunState.objects.filter(
        system=system, state__in=[RunState.WAITING, RunState.RUNNING]
    ).first()
    return page(
        request,
        "system.html",
        assessments=found,
        ran=ran,
        count=len(runs_of(request.plan)),
        running=running,
        data=has_data(request.plan),
        plan_text=request.plan.yaml.text,
    )
