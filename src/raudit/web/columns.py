"""What each column of a data set is: guessed from its name and said to be a guess, then chosen by a person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from raudit.plan.draft import ADVERSE, GOOD, LABEL, MAX_GROUPS, PREDICTION, SCORE, SENSITIVE
from raudit.plan.look import ColumnLook
from raudit.web.looking import Look, Written

LABEL_ROLE, PREDICTION_ROLE, SCORE_ROLE, GROUP_ROLE = "label", "prediction", "score", "group"
ROLES = (LABEL_ROLE, PREDICTION_ROLE, SCORE_ROLE, GROUP_ROLE)
EDGES = "25, 40, 60"
MORE_GOOD = frozenset(
    {"repaid", "ja", "bewilligt", "genehmigt", "angenommen", "eingestellt", "bestanden"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A column, and what it is."""

    look: ColumnLook
    role: str
    guessed: bool
    """Whether the role comes from the name alone, and nobody has looked at it yet."""
    edges: str = ""
    """Where a number is cut into groups, as typed."""

    @property
    def cut(self) -> bool:
        """Whether its groups have to be cut."""
        return self.look.numeric and self.look.distinct > MAX_GROUPS // 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """All columns, and the value that is good for the person."""

    columns: tuple[Chosen, ...]
    favourable: Mapping[str, str]
    """By role: ``label`` and ``prediction``."""
    written: Written = field(default_factory=Written)
    """How the file is written."""

    def of(self, role: str) -> tuple[Chosen, ...]:
        """Columns of a role."""
        return tuple(column for column in self.columns if column.role == role)

    def levels(self, role: str) -> tuple[str, ...]:
        """Values of the outcome column, where they may be shown."""
        return next((column.look.levels for column in self.of(role)), ())


def guessed(found: Look) -> Columns:
    """What the names suggest."""
    roles: dict[str, str] = {}
    for role, pattern in ((LABEL_ROLE, LABEL), (PREDICTION_ROLE, PREDICTION)):
        name = next(
            (
                column.name
                for column in found.columns
                if column.name not in roles
                and pattern.search(column.name.lower())
                and column.distinct == 2
            ),
            "",
        )
        if name:
            roles[name] = role
    for column in found.columns:
        if column.name in roles:
            continue
        if SENSITIVE.search(column.name.lower()):
            roles[column.name] = GROUP_ROLE
        elif SCORE.search(column.name.lower()) and column.numeric:
            roles.setdefault(column.name, SCORE_ROLE)
    return _mapping(found, roles, {}, {}, guess=True)


def chosen(found: Look, post: QueryDict) -> Columns:
    """What a person chose."""
    roles, edges = {}, {}
    for number, column in enumerate(found.columns):
        role = post.get(f"role:{number}", "")
        if role in ROLES:
            roles[column.name] = role
        edges[column.name] = post.get(f"edges:{number}", "").strip()
    favourable = {
        role: post.get(f"favourable:{role}", "").strip() for role in (LABEL_ROLE, PREDICTION_ROLE)
    }
    return _mapping(found, roles, edges, favourable, guess=False)


def _mapping(
    found: Look,
    roles: Mapping[str, str],
    edges: Mapping[str, str],
    favourable: Mapping[str, str],
    *,
    guess: bool,
) -> Columns:
    columns = tuple(
        Chosen(
            look=column,
            role=roles.get(column.name, ""),
            guessed=guess and column.name in roles,
            edges=edges.get(column.name, EDGES),
        )
        for column in found.columns
    )
    mapping = Columns(columns=columns, favourable=favourable, written=found.written)
    good = {
        role: favourable.get(role) or _good(mapping.of(role))
        for role in (LABEL_ROLE, PREDICTION_ROLE)
    }
    return replace(mapping, favourable=good)


def _good(columns: Sequence[Chosen]) -> str:
    """The one value that is good for the person by its look, if there is one; never of a column of what is bad."""
    look = columns[0].look if columns else None
    if look is None or ADVERSE.search(look.name.lower()):
        return ""
    good = [level for level in look.levels if level.lower() in GOOD | MORE_GOOD]
    return good[0] if len(good) == 1 else ""


def faults_of(mapping: Columns) -> dict[str, str]:
    """What is wrong with a choice, by field."""
    found = {}
    for role, text in (
        (LABEL_ROLE, _("Only one column can say what really happened")),
        (PREDICTION_ROLE, _("Only one column can hold the decision")),
        (SCORE_ROLE, _("Only one column can hold the score")),
    ):
        if len(mapping.of(role)) > 1:
            found["columns"] = text
    for role in (LABEL_ROLE, PREDICTION_ROLE):
        good, levels = mapping.favourable[role], mapping.levels(role)
        if mapping.of(role) and not good:
            found[f"favourable-{role}"] = _(
                "Say which value of %(column)s is good for the person"
            ) % {"column": mapping.of(role)[0].look.name}
        elif mapping.of(role) and levels and good not in levels:
            found[f"favourable-{role}"] = _("%(value)s does not occur in %(column)s") % {
                "value": good,
                "column": mapping.of(role)[0].look.name,
            }
    for column in mapping.of(SCORE_ROLE):
        if not column.look.numeric:
            found["columns"] = _(
                "%(column)s is read as %(kind)s, so it cannot be a score; "
                "if its numbers have a comma, say so under Data"
            ) % {"column": column.look.name, "kind": gettext(column.look.kind)}
    for column in mapping.of(GROUP_ROLE):
        if column.cut and _edges(column.edges) is None:
            found["columns"] = _("Say where %(column)s is cut, such as 25, 40, 60") % {
                "column": column.look.name
            }
    return found


def _edges(text: str) -> list[float] | None:
    try:
        edges = [float(part) for part in text.replace(";", ",").split(",") if part.strip()]
    except ValueError:
        return None
    return edges if edges and edges == sorted(set(edges)) else None


def plan_lines(mapping: Columns, *, model: str, assessments: bool) -> str:
    """The lines of a plan that follow from the columns: outcomes, groups and stages.

    Parameters
    ----------
    model
        Path of the model, relative to the plan; empty for none.
    assessments
        Whether there are any.
    """
    lines = mapping.written.lines()
    for role in (LABEL_ROLE, PREDICTION_ROLE):
        for column in mapping.of(role):
            good = _text(mapping.favourable[role])
            lines.append(f"  {role}: {{column: {_text(column.look.name)}, favourable: {good}}}")
    lines += [
        f"  score: {{column: {_text(column.look.name)}}}" for column in mapping.of(SCORE_ROLE)
    ]
    if model:
        lines += ["", "model:", f"  path: {_text(model)}"]
    groups = mapping.of(GROUP_ROLE)
    if groups:
        lines += ["", "sensitive_features:", *(_group(column) for column in groups)]
    stages = ["data_readiness", "pii"]
    if groups and (model or mapping.of(PREDICTION_ROLE) or mapping.of(SCORE_ROLE)):
        stages.insert(1, "fairness")
    if model:
        stages.insert(-1, "explain")
    if assessments:
        stages.append("assessments")
    lines += ["", "stages:", *(f"  {stage}: {{}}" for stage in stages)]
    return "\n".join(lines)


def _group(column: Chosen) -> str:
    name, edges = _text(column.look.name), _edges(column.edges) if column.cut else None
    if edges:
        cuts = ", ".join(f"{edge:g}" for edge in edges)
        return f"  - {{column: {name}, edges: [{cuts}]}}"
    unknown = list(column.look.unknown)
    more = f", unknown: {json.dumps(unknown, ensure_ascii=False)}" if unknown else ""
    return f"  - {{column: {name}{more}}}"


def _text(value: str) -> str:
    """A double-quoted YAML scalar: JSON strings are one."""
    return json.dumps(value, ensure_ascii=False)
