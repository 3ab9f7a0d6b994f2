"""A first raudit.yaml from a look at the data; every guess is marked as one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from raudit.plan.look import ColumnLook

SENSITIVE = re.compile(
    r"(^|[^a-z])(sex|gender|race|ethnic\w*|age|religion|disab\w*|nationality|marital|birth\w*|geschlecht|sexe)([^a-z]|$)"
)
LABEL = re.compile(
    r"(^|[^a-z])(label|target|outcome|y|y_true|income|approved|default|class|hired|admitted|recid\w*)([^a-z]|$)"
)
PREDICTION = re.compile(r"(^|[^a-z])(pred\w*|y_pred|decision|decided)([^a-z]|$)")
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
MAX_GROUPS = 50


def write_draft(
    looks: Sequence[ColumnLook],
    *,
    data: str,
    model: str | None,
    name: str,
    said: Mapping[str, Any] | None = None,
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
    said
        Keys of the data section that were said on the command line.
    """
    label = _first(looks, LABEL, most=2)
    taken = {label.name} if label else set()
    prediction = (
        None if model else _first([c for c in looks if c.name not in taken], PREDICTION, most=2)
    )
    taken |= {prediction.name} if prediction else set()
    score = (
        None
        if model
        else next((c for c in looks if SCORE.search(c.name.lower()) and c.numeric), None)
    )
    sensitive = [c for c in looks if SENSITIVE.search(c.name.lower()) and c.name not in taken]
    lines = [
        "# yaml-language-server: $schema=.raudit/plan-1.schema.json",
        "# What raudit audits. Lines marked GUESS come from column names alone: check each one.",
        "schema: raudit.plan/1",
        "",
        "system:",
        f"  name: {_text(name)}",
        '  version: "1"',
        '  purpose: ""    # what it decides or advises, about whom, and what happens to them',
        '  owner: ""      # who answers for it',
        "",
        "task: binary       # binary, score, multiclass, regression or ranking",
        "",
        "data:",
        f"  path: {_text(data)}",
        *(
            f"  {key}: {json.dumps(value, ensure_ascii=False)}"
            for key, value in (said or {}).items()
        ),
        *_outcome("label", "what really happened", label),
    ]
    if model is None:
        lines += _outcome(
            "prediction", "what the system decided; or declare a model below", prediction
        )
        if score:
            lines += [
                "  score:           # GUESS",
                f"    column: {_text(score.name)}",
                "    # threshold: 0.5",
            ]
        lines += ["", "# model:", "#   path: model.skops    # a format that is data, not code"]
    else:
        lines += ["", "model:", f"  path: {_text(model)}"]
    lines += ["", "# Columns whose groups are compared."]
    if sensitive:
        lines.append("sensitive_features:")
        lines += [line for column in sensitive for line in _sensitive(column)]
    else:
        lines += [
            "sensitive_features: []    # none was guessed; without one, fairness cannot be measured"
        ]
    lines += [
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
        *(["  explain: {}"] if model else []),
        "  pii: {}",
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
        *(f"#   {column.name}: {column.says()}" for column in looks),
    ]
    return "\n".join(lines) + "\n"


def _outcome(key: str, what: str, column: ColumnLook | None) -> list[str]:
    if column is None:
        return [f"  # {key}:          # {what}", "  #   column: NAME", "  #   favourable: VALUE"]
    good = [value for value in column.levels if value.lower() in GOOD]
    choice = "CHOOSE ONE OF: " + " | ".join(column.levels) if column.levels else "CHOOSE A VALUE"
    favourable = good[0] if len(good) == 1 else choice
    return [
        f"  {key}:            # GUESS: {what}",
        f"    column: {_text(column.name)}",
        (
            f"    favourable: {_text(favourable)}    # GUESS: the value that is good for the person, "
            f"of {list(column.levels)}"
        ),
    ]


def _sensitive(column: ColumnLook) -> list[str]:
    name = _text(column.name)
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


def _text(value: str) -> str:
    """A double-quoted YAML scalar: JSON strings are one."""
    return json.dumps(value, ensure_ascii=False)
