"""Runs: start one, watch it, compare two, follow a number over time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from raudit.errors import RauditError
from raudit.findings import written
from raudit.policy.compare import compare as compared
from raudit.record import Record
from raudit.web.models import RunState
from raudit.web.reading import FinishedRun, record_at, runs_of
from raudit.web.views.frame import Asks, htmx, page, to
from raudit.web.words import reader_language
from raudit.web.workspace import has_data

MOST = 60


def runs(request: Asks, system: str) -> HttpResponse:
    """All runs, newest first, and what is under way."""
    found = [
        {"ran": ran, "record": record_at(ran.record_file)} for ran in runs_of(request.plan)[:MOST]
    ]
    states = (
        RunState.objects.filter(system=system).exclude(state=RunState.DONE).order_by("-asked")[:10]
    )
    return page(
        request, "runs.html", found=found, states=list(states), ready=has_data(request.plan)
    )


def start(request: Asks, system: str) -> HttpResponse:
    """Ask for a run; the worker takes it up."""
    if RunState.objects.filter(
        system=system, state__in=[RunState.WAITING, RunState.RUNNING]
    ).exists():
        messages.info(request, _("A run is under way already."))
        return HttpResponseRedirect(to("runs", system))
    if (
        RunState.objects.filter(
            by=request.who.person, asked__gt=timezone.now() - timedelta(hours=1)
        ).count()
        >= 30
    ):
        messages.error(request, _("That were 30 runs in an hour. Wait a little."))
        return HttpResponseRedirect(to("runs", system))
    state = ask_for_run(system, request.who.person)
    return HttpResponseRedirect(to("run", system, str(state.id)))


def ask_for_run(system: str, person: str) -> RunState:
    """Put a run into the queue of the worker."""
    from raudit.web.running import wake

    state: RunState = RunState.objects.create(system=system, by=person)
    wake()
    return state


def run(request: Asks, system: str, run: object) -> HttpResponse:
    """How far a run is; the page asks again every second while it goes on."""
    state = get_object_or_404(RunState, pk=run, system=system)
    going = state.state in (RunState.WAITING, RunState.RUNNING)
    template = "run_state.html" if htmx(request) else "run.html"
    return page(request, template, state=state, going=going)


def _named(request: Asks, name: str) -> FinishedRun | None:
    return next((ran for ran in runs_of(request.plan) if ran.name == name), None)


def compare(request: Asks, system: str) -> HttpResponse:
    """What changed between two runs, as ``raudit compare`` says it."""
    every = runs_of(request.plan)[:MOST]
    old, new = (
        _named(request, request.GET.get("old", "")),
        _named(request, request.GET.get("new", "")),
    )
    result, error = None, ""
    if old is not None and new is not None:
        try:
            result = compared(record_at(old.record_file), record_at(new.record_file))
        except RauditError as fault:
            error = fault.message
    listed = [{"ran": ran, "clock": record_at(ran.record_file).run.clock} for ran in every]
    return page(
        request, "compare.html", listed=listed, old=old, new=new, result=result, error=error
    )


def trend(request: Asks, system: str) -> HttpResponse:
    """One number over runs, with its intervals and limits; every point stands in a table too."""
    records = [ran.told for ran in reversed(runs_of(request.plan)[:MOST])]
    choices = _numbers(records)
    chosen = request.GET.get("of", "")
    points = _with_changes([point for record in records if (point := _point(record, chosen))])
    title = next((known[chosen] for known in choices.values() if chosen in known), "")
    return page(
        request,
        "trend.html",
        choices=[
            (stage, sorted(known.items(), key=lambda item: item[1]))
            for stage, known in choices.items()
        ],
        chosen=chosen,
        title=title,
        points=points,
        drawn=_drawn(points) if len(points) > 1 else None,
    )


def _numbers(records: list[Record]) -> dict[str, dict[str, str]]:
    """What the runs measured, by stage and fingerprint: the metric in words, on what, and the rule."""
    said, found = reader_language(), dict[str, dict[str, str]]()
    for record in records:
        for stage in record.stages:
            for finding in stage.findings:
                measured = finding.measurement
                if measured is None or measured.value is None:
                    continue
                about = [finding.subject.name, *map(str, finding.subject.detail.values())]
                named = [part for part in about if part != measured.metric]
                text = f"{said.metric(measured.metric)}: {', '.join(named)} ({finding.rule})"
                found.setdefault(stage.name, {})[finding.fingerprint] = text
    return found


def _point(record: Record, fingerprint: str) -> dict[str, Any] | None:
    found = next((f for f in record.findings if f.fingerprint == fingerprint), None)
    measured = found.measurement if found else None
    if found is None or measured is None or measured.value is None:
        return None
    interval, limit = measured.interval, found.threshold
    answers = {item.name: item.sha256 for item in record.inputs if item.role == "answers"}
    return {
        "clock": record.run.clock,
        "value": measured.value,
        "text": written(measured.value),
        "n": measured.n,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "interval": f"{written(interval.low)} – {written(interval.high)}" if interval else "",
        "status": str(found.status),
        "unit": measured.unit,
        "metric": measured.metric,
        "answers": answers,
        "drifted": _drifted(record),
        "limit": limit.high if limit and limit.high is not None else limit.low if limit else None,
    }


def _drifted(record: Record) -> int | None:
    """How many numbers of the data drifted from its reference; None where that was not measured."""
    stage = next((part for part in record.stages if part.name == "drift"), None)
    if stage is None or not stage.findings:
        return None
    return sum(1 for found in stage.findings if str(found.status) == "failed")


def _with_changes(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say beside each run which answers changed since the one before."""
    before: dict[str, str] | None = None
    for point in points:
        now_ = point["answers"]
        point["changed"] = (
            sorted(name for name in now_ if before.get(name) != now_[name]) if before else []
        )
        before = now_
    return points


def _drawn(points: list[dict[str, Any]]) -> dict[str, Any]:
    """Points as places in a picture of 640 by 240."""
    ends = [
        v for p in points for v in (p["value"], p["low"], p["high"], p["limit"]) if v is not None
    ]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def y(value: float | None) -> float | None:
        return None if value is None else round(220 - 200 * (value - low) / span, 1)

    step = 580 / max(1, len(points) - 1)
    placed = [
        {
            "x": round(50 + step * number, 1),
            "y": y(p["value"]),
            "low": y(p["low"]),
            "high": y(p["high"]),
            "clock": p["clock"],
        }
        for number, p in enumerate(points)
    ]
    return {
        "points": placed,
        "line": " ".join(f"{p['x']},{p['y']}" for p in placed),
        "limit": y(points[-1]["limit"]),
        "top": written(high),
        "bottom": written(low),
    }
