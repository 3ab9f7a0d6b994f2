"""A new system on one page: what it is, its data, five plain questions, its columns, and the plan that follows."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from raudit.checklists import shipped_checklists
from raudit.checklists.document import skeleton
from raudit.checklists.form.load import shipped
from raudit.errors import DataError, PlanError, UsageError
from raudit.files import write_whole
from raudit.plan import parse_plan
from raudit.web.columns import Columns, chosen, faults_of, guessed, plan_lines
from raudit.web.drafts import Draft, kept_draft, make_draft
from raudit.web.keeping import commit
from raudit.web.looking import LETTERS, MARKS, Written
from raudit.web.middleware import workspace
from raudit.web.views.frame import Asks, in_full, page, to
from raudit.web.workspace import NO_WAIVERS, plan_text

DATA_MAX = 200 << 20
DATA_ENDINGS = (".csv", ".parquet")
MODEL_ENDINGS = (".skops", ".onnx", ".ubj", ".json", ".cbm", ".txt")
LATER = "data/decisions.csv"
"""Where the data of a system belongs that comes later."""
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

FIELDS = ("name", "version", "purpose", "owner", "affected")


@dataclass(slots=True)
class Filled:
    """The form as it was filled in."""

    typed: dict[str, str]
    answers: dict[str, str]
    """Yes or no, by question."""
    chosen: tuple[str, ...]
    """Checklists."""
    source: str
    """``upload``, ``example`` or ``later``."""
    written: Written = field(default_factory=Written)
    draft: Draft | None = None
    columns: Columns | None = None
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def suggested(self) -> dict[str, Any]:
        """Checklists that the five questions suggest, each with why."""
        return {
            name: why
            for key, _text, whys in FIVE
            if self.answers[key] == "yes"
            for name, why in whys.items()
        }

    @property
    def text(self) -> str:
        """The plan that follows."""
        draft = self.draft
        model = f"model/{draft.model}" if draft and draft.model else ""
        rest = (
            plan_lines(self.columns, model=model, assessments=bool(self.chosen))
            if self.columns is not None
            else ""
        )
        return plan_text(
            name=self.typed["name"],
            version=self.typed["version"] or "1",
            purpose=self.typed["purpose"],
            owner=self.typed["owner"],
            affected=self.typed["affected"],
            data=f"data/{draft.data}" if draft is not None and draft.data else LATER,
            checklists={name: f"answers/{name}.yaml" for name in self.chosen},
            rest=rest,
        )


def new(request: Asks) -> HttpResponse:
    """Name a system, say what it does, answer five questions; the plan is shown before it is written."""
    if request.method != "POST":
        empty = Filled(typed={}, answers={}, chosen=(), source="upload")
        empty.answers = dict.fromkeys((key for key, _text, _whys in FIVE), "")
        return _form(request, empty, shown=False)
    step = request.POST.get("step", "")
    filled = _filled(request, step)
    if filled.faults or step not in ("make", "run"):
        return _form(request, filled, shown=filled.draft is not None or not filled.faults)
    try:
        parse_plan(filled.text, folder=workspace().folder / slug_of(filled.typed["name"]))
    except PlanError as error:
        filled.faults["name"] = ": ".join(p for p in (error.message, error.expected) if p)
        return _form(request, filled, shown=True)
    slug = _make(filled, request)
    if step == "run":
        return _run(request, slug)
    messages.success(request, _("The system is there. Begin with the first assessment."))
    return HttpResponseRedirect(to("system", slug))


def _filled(request: Asks, step: str) -> Filled:
    post = request.POST
    filled = Filled(
        typed={key: " ".join(post.get(key, "").split()) for key in FIELDS},
        answers={key: post.get(key, "") for key, _text, _whys in FIVE},
        chosen=tuple(name for name in post.getlist("checklist") if name in shipped_checklists()),
        source=post.get("source", "later"),
        written=_written(post),
        draft=kept_draft(request),
    )
    filled.faults = _faults(filled.typed, request)
    if step == "suggest" and not filled.faults:
        filled.chosen = tuple(filled.suggested)
        filled.draft = None
        try:
            filled.draft = make_draft(request, filled.source, filled.written)
        except DataError as error:
            filled.faults["data"] = _unreadable(error)
        filled.columns = guessed(filled.draft.look) if filled.draft and filled.draft.look else None
    elif filled.draft is not None and filled.draft.look is not None:
        filled.columns = chosen(filled.draft.look, post)
        filled.faults |= faults_of(filled.columns)
    return filled


def _unreadable(error: DataError) -> str:
    if error.reference != "upload-unreadable":
        return in_full(error)
    return _(
        "This file cannot be read as it is: %(what)s. Choose how it writes letters and numbers, "
        "or save it as “CSV UTF-8”"
    ) % {"what": error.message}


def _written(post: QueryDict) -> Written:
    letters, marks = post.get("letters", ""), post.get("marks", ".")
    return Written(
        letters=letters if letters in LETTERS else "", marks=marks if marks in MARKS else "."
    )


def _form(request: Asks, filled: Filled, *, shown: bool) -> HttpResponse:
    five = [{"key": k, "text": text, "said": filled.answers[k]} for k, text, _whys in FIVE]
    return page(
        request,
        "new.html",
        status=422 if filled.faults else 200,
        filled=filled,
        typed=filled.typed,
        five=five,
        faults=filled.faults,
        checklists=[(name, shipped(name).file.title) for name in shipped_checklists()],
        shown=shown,
        letters=(
            ("", _("as most programs write them (UTF-8)")),
            ("cp1252", _("as Excel writes them under Windows: Western Europe")),
            ("iso-8859-2", _("Central Europe (ISO 8859-2)")),
            ("cp1251", _("Cyrillic (Windows)")),
            ("shift_jis", _("Japanese (Shift JIS)")),
        ),
        marks=((".", "1234.5"), (",", "1234,5"), (",.", "1.234,5")),
        sources=(
            ("upload", _("Upload a file"), _("CSV or Parquet, at most 200 MB.")),
            (
                "example",
                _("Use made-up decisions to try it out"),
                _("1,200 made-up applicants; the audit takes about a minute."),
            ),
            ("later", _("Later"), _("Assessments can be answered without data.")),
        ),
    )


def _faults(typed: dict[str, str], request: Asks) -> dict[str, str]:
    found = {}
    if not typed["name"] or len(typed["name"]) > 200 or not slug_of(typed["name"]):
        found["name"] = _("Give it a name of at most 200 characters, with a letter or digit in it")
    elif (workspace().folder / slug_of(typed["name"])).exists():
        found["name"] = _("There is a system of this name already")
    if len(typed["purpose"]) > 2000 or not typed["purpose"]:
        found["purpose"] = _("Say what it decides or advises, in at most 2,000 characters")
    for name, endings, text in (
        ("data", DATA_ENDINGS, _("A CSV or Parquet file of at most 200 MB")),
        ("model", MODEL_ENDINGS, _("A model as data (skops, ONNX, XGBoost, LightGBM, CatBoost)")),
    ):
        upload = request.FILES.get(name)
        if upload is not None and (
            Path(upload.name or "").suffix.lower() not in endings or (upload.size or 0) > DATA_MAX
        ):
            found[name] = text
    return found


def slug_of(name: str) -> str:
    """A folder's name for a system's name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def _make(filled: Filled, request: Asks) -> str:
    slug = slug_of(filled.typed["name"])
    folder = workspace().folder / slug
    try:
        folder.mkdir()  # of two who make it at once, one does
    except FileExistsError as error:
        raise UsageError(
            "there is a system of this name already", reference="system-exists", got=slug
        ) from error
    for name in filled.chosen:
        text = skeleton(shipped(name), project=filled.typed["name"])
        write_whole(folder / "answers" / f"{name}.yaml", text.encode())
    if filled.draft is not None:
        filled.draft.move_to(folder)
        request.session.pop("draft", None)
    write_whole(folder / "waivers.yaml", NO_WAIVERS)
    # Last: a folder is a system once it has a plan.
    write_whole(folder / "raudit.yaml", filled.text.encode())
    commit(folder / "raudit.yaml", request.who.person, f"Add {filled.typed['name']}")
    return slug


def _run(request: Asks, slug: str) -> HttpResponse:
    from raudit.web.views.runs import ask_for_run

    state = ask_for_run(slug, request.who.person)
    return HttpResponseRedirect(to("run", slug, str(state.id)))
