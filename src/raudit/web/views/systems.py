"""A system, and a new one by five plain questions."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from raudit.checklists import shipped_checklists
from raudit.checklists.document import skeleton
from raudit.checklists.form.load import shipped
from raudit.files import write_whole
from raudit.web.keeping import commit
from raudit.web.middleware import workspace
from raudit.web.models import RunState
from raudit.web.reading import held_part, last_run, parts, runs_of
from raudit.web.views.frame import Asks, page, to
from raudit.web.workspace import NO_WAIVERS, has_data, plan_text

DATA_MAX = 200 << 20
DATA_ENDINGS = (".csv", ".parquet")
FIVE = (
    (
        "people",
        lazy("Does it decide or advise about people?"),
        {"gdpr-dpia": lazy("it affects people, so their data and rights are at stake")},
    ),
    (
        "eu",
        lazy("Is it used in the European Union, or about people there?"),
        {"eu-ai-act": lazy("the AI Act of the European Union may apply")},
    ),
    (
        "public",
        lazy("Is it used by a public authority?"),
        {"ca-aia": lazy("an impact assessment for public decisions fits")},
    ),
    (
        "llm",
        lazy("Is a language model in it?"),
        {"threat-model": lazy("language models take instructions from what they read")},
    ),
    (
        "live",
        lazy("Is it live, or about to be?"),
        {"launch-readiness": lazy("someone has to decide whether it may be launched")},
    ),
)


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


def new(request: Asks) -> HttpResponse:
    """Name a system, say what it does, answer five questions; the plan is shown before it is written."""
    if request.method != "POST":
        return page(
            request, "new.html", five=_five({}), typed={}, checklists=_checklists(), chosen=()
        )
    typed = {
        key: " ".join(request.POST.get(key, "").split())
        for key in ("name", "version", "purpose", "owner", "affected")
    }
    said = {key: request.POST.get(key, "") for key, _text, _why in FIVE}
    suggested = {
        name: why for key, _text, whys in FIVE if said[key] == "yes" for name, why in whys.items()
    }
    chosen = tuple(
        name for name in request.POST.getlist("checklist") if name in shipped_checklists()
    )
    step = request.POST.get("step", "")
    faults = _faults(typed, request) if step else {}
    if step == "suggest" and not faults:
        chosen = tuple(suggested)
    if step != "make" or faults:
        shown = (step == "suggest" and not faults) or step == "make"
        text = _text(typed, "data/decisions.csv", chosen) if shown else ""
        return page(
            request,
            "new.html",
            status=422 if faults else 200,
            five=_five(said),
            typed=typed,
            faults=faults,
            suggested=suggested,
            chosen=chosen,
            checklists=_checklists(),
            text=text,
            shown=shown,
        )
    slug = _make(typed, chosen, request)
    messages.success(request, _("The system is there. Begin with the first assessment."))
    return HttpResponseRedirect(to("system", slug))


def _five(said: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "text": text, "said": said.get(key, "")} for key, text, _why in FIVE]


def _checklists() -> list[tuple[str, str]]:
    return [(name, shipped(name).file.title) for name in shipped_checklists()]


def _faults(typed: dict[str, str], request: Asks) -> dict[str, str]:
    found = {}
    if not typed["name"] or len(typed["name"]) > 200 or not slug_of(typed["name"]):
        found["name"] = _("Give it a name of at most 200 characters, with a letter or digit in it")
    elif (workspace().folder / slug_of(typed["name"])).exists():
        found["name"] = _("There is a system of this name already")
    if len(typed["purpose"]) > 2000 or not typed["purpose"]:
        found["purpose"] = _("Say what it decides or advises, in at most 2,000 characters")
    upload = request.FILES.get("data")
    if upload is not None and (
        Path(upload.name or "").suffix.lower() not in DATA_ENDINGS or (upload.size or 0) > DATA_MAX
    ):
        found["data"] = _("A CSV or Parquet file of at most 200 MB")
    return found


def slug_of(name: str) -> str:
    """A folder's name for a system's name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def _text(typed: dict[str, str], data: str, chosen: tuple[str, ...]) -> str:
    return plan_text(
        name=typed["name"],
        version=typed["version"] or "1",
        purpose=typed["purpose"],
        owner=typed["owner"],
        affected=typed["affected"],
        data=data,
        checklists={name: f"answers/{name}.yaml" for name in chosen},
        rest="",
    )


def _make(typed: dict[str, str], chosen: tuple[str, ...], request: Asks) -> str:
    slug, upload = slug_of(typed["name"]), request.FILES.get("data")
    folder = workspace().folder / slug
    data = "data/decisions" + (
        Path(upload.name or "").suffix.lower() if upload is not None else ".csv"
    )
    for name in chosen:
        text = skeleton(shipped(name), project=typed["name"])
        write_whole(folder / "answers" / f"{name}.yaml", text.encode())
    if upload is not None:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        with (folder / data).open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
    write_whole(folder / "waivers.yaml", NO_WAIVERS)
    # Last: a folder is a system once it has a plan.
    write_whole(folder / "raudit.yaml", _text(typed, data, chosen).encode())
    commit(folder / "raudit.yaml", request.who.person, f"Add {typed['name']}")
    return slug
