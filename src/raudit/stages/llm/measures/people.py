"""Agreement of the people who label."""

from __future__ import annotations

from typing import Any

import numpy as np

from raudit.findings import Finding, Status, Subject
from raudit.sentences import say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Frame
from raudit.stages.llm.measures.judges import listed, number, subjects
from raudit.stages.llm.options import LlmOptions, Outcome
from raudit.stages.llm.say import MORE_LABELS, against, finding, percent, percent_level, share
from raudit.stats import Agreement, agreement


def of_people(
    frame: Frame, outcome: Outcome, options: LlmOptions, *, seed: int, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]]]:
    """Agreement of the people who labelled, for each model and prompt version."""
    raters = frame.raters(outcome)
    if len(raters) < 2:
        return _one_rater(outcome, raters, options, anchor), []
    columns = [frame.texts(name) for name in raters]
    findings, rows = [], []
    for name, mask in subjects(frame).items():
        asked = mask
        for only in outcome.only:
            asked = asked & np.asarray(frame.texts(only.column).isin(list(only.values)))
        labels = [
            tuple(None if not isinstance(v, str) else v for v in row)
            for row in zip(*(column[asked] for column in columns), strict=True)
        ]
        found = agreement(labels, seed=seed, level=options.level)
        if not found.n:
            if options.judges.min_agreement is not None and any(map(any, labels)):
                findings.append(_not_agreed(outcome, name, options, anchor))
            continue
        rows.append(_agreed_row(outcome, name, found))
        if options.judges.min_agreement is not None:
            findings.append(_agreed(outcome, name, found, options, anchor))
    return findings, rows


def _one_rater(
    outcome: Outcome, raters: tuple[str, ...], options: LlmOptions, anchor: str
) -> list[Finding]:
    """One person agrees with nobody: say so where the plan asks for agreement of labels that there are."""
    if options.judges.min_agreement is None or not raters:
        return []
    return [_not_agreed(outcome, "all turns", options, anchor)]


def _not_agreed(outcome: Outcome, name: str, options: LlmOptions, anchor: str) -> Finding:
    return finding(
        rules.PEOPLE,
        Subject(kind="model", name=outcome.name, detail={"metric": "agreement", "subject": name}),
        Status.INDETERMINATE,
        say(
            "Whether people agree on “{name}” ({subject}) is not known.",
            name=outcome.name,
            subject=name,
        ),
        reason=say("no turn was labelled by two people; name their columns under human"),
        low=options.judges.min_agreement,
        anchor=anchor,
    )


def _agreed_row(outcome: Outcome, name: str, found: Agreement) -> dict[str, Any]:
    return {
        "outcome": outcome.name,
        "subject": name,
        "n": found.n,
        "raw": number(found.raw[0]),
        "raw_interval": listed(found.raw[1:]),
        "kappa": number(found.kappa[0]),
        "kappa_interval": listed(found.kappa[1:]),
        "alpha": number(found.alpha[0]),
        "alpha_interval": listed(found.alpha[1:]),
    }


def _agreed(
    outcome: Outcome, name: str, found: Agreement, options: LlmOptions, anchor: str
) -> Finding:
    alpha, low, high = found.alpha
    limit = options.judges.min_agreement
    status, reason = against(low, high, least=limit, short_of=MORE_LABELS)
    return finding(
        rules.PEOPLE,
        Subject(kind="model", name=outcome.name, detail={"metric": "agreement", "subject": name}),
        status,
        say(
            "People agree on “{name}” in {percent} of {n:,} turns of "
            "{name_2} (Krippendorff's alpha {alpha:.2f}, {level} interval {low:.2f} to {high:.2f}).",
            name=outcome.name,
            percent=percent(found.raw[0]),
            n=found.n,
            name_2=name,
            alpha=alpha,
            level=percent_level(options.level),
            low=low,
            high=high,
        ),
        reason=reason,
        low=limit,
        anchor=anchor,
        measurement=share(
            "krippendorff_alpha", alpha, found.n, low, high, "bootstrap", level=options.level
        ),
    )
