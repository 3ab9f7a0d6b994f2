"""A first raudit.yaml from a look at the data; every guess is marked as one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from raudit.plan.look import ColumnLook

SENSITIVE = re.compile(
    r"(^|[^a-z])(sex|gender|race|ethnic\w*|age|religion|disab\w*|nationality|marital|birth\w*|geschlecht|sexe|"
    r"(fe)?male|(wo)?m[ae]n|black|hispanic|latin[oax]|minority|foreign\w*|migrant|veteran|pregnan\w*|orientation|"
    r"alter|herkunft|familienstand|behinderung|staatsangehörigkeit|nationalität)([^a-z]|$)"
)
LABEL = re.compile(
    r"(^|[^a-z])(label|target|outcome|y|y_true|income|approved|default|class|hired|admitted|recid\w*)([^a-z]|$)"
)
LATER = re.compile(
    r"(^|[^a-z])(pass\w*|result|success\w*|survived|graduat\w*|repaid|paid|granted|accepted|selected|churn\w*|fraud\w*|"
    r"readmi\w*|relapse\w*|bad|good|response)([^a-z]|$)"
)
"""Names of what happened in the end, where no column has a plainer name for it."""
PREDICTION = re.compile(
    r"(^|[^a-z])(pred\w*|y_pred|decision|decided|entscheidung|vorhersage)([^a-z]|$)"
)
SCORE = re.compile(r"(^|[^a-z])(score|y_score|prob\w*)([^a-z]|$)")
GOOD = frozenset(
    {
        "1",
        "true",
        "yes",
        "y",
        "approved",
        "accepted",
        "admitted",
        "hired",
        "good",
        "pass",
        "passed",
        ">50k",
    }
)
ADVERSE = re.compile(
    r"(^|[^a-z])(recid\w*|default\w*|fraud\w*|churn\w*|delinq\w*|arrears|late|death|died|mortality|"
    r"readmi\w*|relapse\w*|reoffend\w*|risk\w*|violat\w*|complaint\w*|bad|decile|failed|rejected|denied)([^a-z]|$)"
)
"""Names of what is bad for a person: 1 or yes in such a column is no good news, nor is a high score."""
COUNT = re.compile(r"^(freq|frequency|count|counts|n|cases|anzahl)$")
MAX_GROUPS = 50


def write_draft(
    looks: Sequence[ColumnLook],
    *,
    data: str,
    model: str | None,
    name: str,
    declared: Mapping[str, Any] | None = None,
) -> str:
    """Write a commented plan.

    Parameters
    ----------
    looks
        What each column looks like, in file order.
    data, model
        Paths relative to the plan; None for no model.
    name
        Name of the system.
    declared
        Keys of the data section that were given on the command line.
    """
    guess = _Guess.of(looks, model)
    reading = [
        f"  {key}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in (declared or {}).items()
    ]
    lines = [
        *heading(name, GUESSED),
        "task: binary       # binary, score, multiclass, regression or ranking",
        "",
        "data:",
        f"  path: {quoted(data)}",
        *reading,
        *_counted(looks),
        *_outcome("label", "what really happened", guess.label),
        *(_without_model(guess) if model is None else ["", "model:", f"  path: {quoted(model)}"]),
        *_sensitive_features(guess.sensitive),
        *_stages(with_model=model is not None),
        *CLOSING,
        *(f"#   {column.name}: {column.says()}" for column in looks),
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    """Which columns play which role, by their names alone."""

    label: ColumnLook | None
    prediction: ColumnLook | None
    score: ColumnLook | None
    sensitive: tuple[ColumnLook, ...]

    @classmethod
    def of(cls, looks: Sequence[ColumnLook], model: str | None) -> _Guess:
        """Guess; a model makes its own predictions and scores."""
        label = _first(looks, LABEL, most=2) or _first(looks, LATER, most=2)
        prediction = score = None
        if model is None:
            prediction = _first([c for c in looks if c != label], PREDICTION, most=2)
            score = next((c for c in looks if c.numeric and SCORE.search(c.name.lower())), None)
        outcomes = (label, prediction)
        named = (c for c in looks if SENSITIVE.search(c.name.lower()) and c not in outcomes)
        return cls(label=label, prediction=prediction, score=score, sensitive=tuple(named))


def heading(name: str, what: str) -> list[str]:
    """How every plan begins: its schema, and the system."""
    return [
        "# yaml-language-server: $schema=.raudit/plan-1.schema.json",
        f"# {what}",
        "schema: raudit.plan/1",
        "",
        "system:",
        f"  name: {quoted(name)}",
        '  version: "1"',
        '  purpose: ""    # what it decides or advises, about whom, and what happens to them',
        '  owner: ""      # who answers for it',
        "",
    ]


def _without_model(guess: _Guess) -> list[str]:
    what = "what the system decided; or declare a model below"
    lines = _outcome("prediction", what, guess.prediction)
    if guess.score:
        lines += [
            "  score:           # GUESS",
            f"    column: {quoted(guess.score.name)}",
            "    # threshold: 0.5",
            f"    higher_is_favourable: {_direction(guess.score.name)}",
        ]
    return [
        *lines,
        "",
        "# model:",
        "#   path: model.skops    # a format that is data, not code",
    ]


def _counted(looks: Sequence[ColumnLook]) -> list[str]:
    counts = [look.name for look in looks if look.numeric and COUNT.match(look.name.lower())]
    why = "if each row stands for so many people; then keep fairness alone under stages"
    return [f"  # count: {quoted(name)}    # {why}" for name in counts]


def _direction(score: str) -> str:
    good = "false" if ADVERSE.search(score.lower()) else "true"
    return f"{good}    # GUESS: false where a high score is bad for the person, such as a risk"


def _sensitive_features(columns: Sequence[ColumnLook]) -> list[str]:
    head = ["", "# Columns whose groups are compared."]
    if not columns:
        none = "none was guessed; without one, fairness cannot be measured"
        return [*head, f"sensitive_features: []    # {none}"]
    return [
        *head,
        "sensitive_features:",
        *(line for column in columns for line in _sensitive(column)),
    ]


def _stages(*, with_model: bool) -> list[str]:
    return [
        "",
        "# Stages to run; one that is declared and cannot run ends in exit status 3.",
        "stages:",
        "  data_readiness: {}    # what lets a later run tell whether the data has drifted",
        "  fairness: {}",
        "    # thresholds:    # with task: regression nothing is judged without these, in the label's unit",
        "    #   mean_error_difference: 100",
        "    #   mean_absolute_error_difference: 100",
        "    #   mean_prediction_difference: 1000",
        "    # performance: {accuracy: 0.8, recall: 0.7, auc: 0.75}    # how good is good enough, in every group",
        *(["  explain: {}"] if with_model else []),
        "  pii: {}",
    ]


GUESSED = "What raudit audits. Lines marked GUESS come from column names alone: check each one."
CLOSING = (
    "",
    "# assessments:",
    "#   - checklist: gdpr-dpia",
    "#     answers: answers/gdpr-dpia.yaml    # raudit assess start gdpr-dpia -o answers/gdpr-dpia.yaml",
    "",
    "policy: default",
    "",
    "signing:",
    "  key: keys/raudit-signing.key",
    "  certificate: keys/raudit-signing.crt",
    "log:",
    "  path: raudit-log.db",
    "  key: keys/log-key.txt",
    "seed: 0",
    "",
    "# Columns of the data:",
)
"""What every plan ends with, before the list of its columns."""


def _outcome(key: str, what: str, column: ColumnLook | None) -> list[str]:
    if column is None:
        return [f"  # {key}:          # {what}", "  #   column: NAME", "  #   favourable: VALUE"]
    adverse = ADVERSE.search(column.name.lower()) is not None
    good = [
        value
        for value in column.levels
        if (value.lower().removesuffix(".0") in GOOD) is not adverse
    ]
    choice = "CHOOSE ONE OF: " + " | ".join(column.levels) if column.levels else "CHOOSE A VALUE"
    favourable = good[0] if len(good) == 1 else choice
    return [
        f"  {key}:            # GUESS: {what}",
        f"    column: {quoted(column.name)}",
        (
            f"    favourable: {quoted(favourable)}    # GUESS: the value that is good for the person, "
            f"of {list(column.levels)}"
        ),
    ]


def _sensitive(column: ColumnLook) -> list[str]:
    name = quoted(column.name)
    if column.numeric and column.distinct > MAX_GROUPS // 4:
        return [
            f"  - {{column: {name}, edges: [25, 40, 60]}}    # GUESS: cut where the law or your policy cuts"
        ]
    many = "    # many groups: consider another column" if column.distinct > MAX_GROUPS else ""
    unknown = f", unknown: {json.dumps(list(column.unknown))}" if column.unknown else ""
    return [f"  - {{column: {name}{unknown}}}    # GUESS{many}"]


def _first(
    looks: Sequence[ColumnLook], pattern: re.Pattern[str], *, most: int
) -> ColumnLook | None:
    return next(
        (c for c in looks if pattern.search(c.name.lower()) and 1 < c.distinct <= most), None
    )


def quoted(value: str) -> str:
    """A double-quoted YAML scalar: JSON strings are one."""
    return json.dumps(value, ensure_ascii=False)
