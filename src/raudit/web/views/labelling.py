"""Labels by people for recorded turns, one turn a page, blind to what anybody else said of it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect

from raudit.errors import DataError, PlanError
from raudit.stages.llm.options import LlmOptions
from raudit.turns.labelling import PEOPLES, Sample, give_label, read_sample
from raudit.web.keeping import commit
from raudit.web.views.frame import Asks, in_full, page, to

OPPOSITE = {"yes": "no", "true": "false"}
"""What a person says where the plan names no word for it."""


def labels(request: Asks, system: str) -> HttpResponse:
    """Choose a column, then say of turn after turn what it is."""
    path = _file(request)
    try:
        found = read_sample(path) if path else None
    except (DataError, OSError) as error:
        fault = in_full(error) if isinstance(error, DataError) else str(error.strerror)
        return page(request, "labels.html", error=fault, status=422)
    column = request.GET.get("column", "")
    if path is None or found is None or not column:
        counts = [(c, len(found.rows) - len(found.left(c))) for c in found.columns] if found else []
        mine = [(name, done) for name, done in counts if _may_fill(request, name)]
        total = len(found.rows) if found else 0
        return page(request, "labels.html", columns=mine, total=total)
    if column not in found.columns:
        raise Http404
    if not _may_fill(request, column):
        raise PermissionDenied
    if request.method == "POST":
        return _given(request, system, path, column)
    return _turn(request, found, column)


def _turn(request: Asks, found: Sample, column: str, error: str = "") -> HttpResponse:
    left = found.left(column)
    shown: dict[str, object] = {"column": column, "total": len(found.rows), "error": error}
    if left:
        row = left[0]
        names, words = asked_of(request, column)
        shown |= {"row": row, "names": names, "words": words}
        shown |= {key: found.cell(row, key) for key in ("turn_id", "prompt", "output")}
    shown["done"] = len(found.rows) - len(left)
    return page(request, "labels.html", status=422 if error else 200, **shown)


def _given(request: Asks, system: str, path: Path, column: str) -> HttpResponse:
    row, word = request.POST.get("row", ""), request.POST.get("word", "")
    if not row.isascii() or not row.isdecimal() or len(row) > 9:
        raise Http404
    turn = request.POST.get("turn", "")
    try:
        give_label(
            path, row=int(row), turn=turn, column=column, word=word or request.POST.get("other", "")
        )
    except DataError as error:
        return _turn(request, read_sample(path), column, in_full(error))
    commit(path, request.who.person, f"Label a turn in {column}")
    return HttpResponseRedirect(f"{to('labels', system)}?{urlencode({'column': column})}")


def _file(request: Asks) -> Path | None:
    """The first file of labels of the plan that can be filled in here; none if the plan has no turns."""
    data = request.plan.file.data
    turns = data.turns if data else None
    named = turns.labels if turns else ()
    paths = (request.plan.path(name) for name in named if name.endswith(".csv"))
    folder = request.plan.folder.resolve()
    return next((path for path in paths if path.is_relative_to(folder)), None)


def _may_fill(request: Asks, column: str) -> bool:
    """A column that is called after a person is that person's alone."""
    owner = request.who.people.by_id.get(column.removeprefix(PEOPLES))
    return owner is None or owner.id == request.who.person


def asked_of(request: Asks, column: str) -> tuple[str, list[str]]:
    """What the plan's outcomes want to know of a column, and the words that they look for, with their opposites."""
    try:
        outcomes = request.plan.stage_options("llm", LlmOptions).outcomes
    except PlanError:  # the run says what is wrong with it
        outcomes = ()
    mine = [outcome for outcome in outcomes if column in (*outcome.human, outcome.column)]
    found: list[str] = []
    for outcome in mine:
        other = [OPPOSITE[word] for word in outcome.positive if word in OPPOSITE]
        found += [*outcome.positive, *(outcome.negative or other)]
    names = ", ".join(dict.fromkeys(outcome.name for outcome in mine))
    return names, list(dict.fromkeys(found)) or ["yes", "no"]
