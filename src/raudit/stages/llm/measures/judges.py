"""The judge is audited: agreement of people, sensitivity and specificity, and what its labels are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raudit.findings import Finding, Measurement, Status, Subject
from raudit.sentences import capital, say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Floats, Frame
from raudit.stages.llm.measures.validation import Validation, corrected, gladen, validate
from raudit.stages.llm.options import LlmOptions, Outcome
from raudit.stages.llm.say import (
    MORE_LABELS,
    against,
    between,
    finding,
    percent,
    share,
)
from raudit.stats import (
    Estimate,
    clopper_pearson,
)

NOT_VALIDATED = "judge not validated"
UNKNOWN = Estimate(np.nan, np.nan, np.nan)


def subjects(frame: Frame) -> dict[str, NDArray[np.bool_]]:
    """Turns of each model and prompt version; a judge is validated for each of them alone."""
    import pandas as pd

    names = [name for name in ("model", "prompt_version") if frame.has(name)]
    answered = frame.answered()
    if not names:
        return {"all turns": answered}
    keys = pd.DataFrame({name: frame.texts(name).fillna("not recorded") for name in names}).agg(
        " ".join, axis=1
    )
    found = {str(key): np.asarray(keys == key) & answered for key in sorted(set(keys[answered]))}
    return found or {"all turns": answered}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What the audit of a judge came to."""

    findings: tuple[Finding, ...]
    rows: tuple[dict[str, Any], ...]
    valid: bool
    """Whether every model and prompt version has enough labels by people."""
    labelled: int


def audit(frame: Frame, outcome: Outcome, options: LlmOptions, *, seed: int, anchor: str) -> Audit:
    """Hold a judge against people, for each model and prompt version."""
    judged, people = frame.events(outcome), frame.reference(outcome)
    findings, rows, valid = [], [], True
    for name, mask in subjects(frame).items():
        j, h = np.where(mask, judged, np.nan), np.where(mask, people, np.nan)
        found = validate(j, h)
        if not found.turns:
            continue
        enough = found.labelled >= options.judges.min_labels
        valid &= enough and not found.blind_spot
        rows.append(_row(outcome, name, found, j, h, seed=seed, level=options.level))
        findings.append(_finding(outcome, name, found, options, enough=enough, anchor=anchor))
    return Audit(
        findings=tuple(findings),
        rows=tuple(rows),
        valid=valid and bool(rows),
        labelled=int((~np.isnan(people)).sum()),
    )


def _row(
    outcome: Outcome,
    name: str,
    found: Validation,
    judged: Floats,
    people: Floats,
    *,
    seed: int,
    level: float,
) -> dict[str, Any]:
    se, sp = _ends_of(found, level)
    ppi = corrected(judged, people, seed=seed, level=level) if found.labelled else UNKNOWN
    # Rogan and Gladen's correction rests on both being those of all turns.
    rg = UNKNOWN if found.out_of_proportion else gladen(found, seed=seed, level=level)
    return {
        "outcome": outcome.name,
        "subject": name,
        "turns": found.turns,
        "labelled": found.labelled,
        "sensitivity": number(found.sensitivity),
        "sensitivity_interval": listed(se),
        "specificity": number(found.specificity),
        "specificity_interval": listed(sp),
        "kappa": number(found.kappa),
        "constant": number(found.constant),
        "naive": found.judged / found.turns,
        "corrected": number(ppi.value),
        "corrected_interval": listed((ppi.low, ppi.high)),
        "rogan_gladen": number(rg.value),
        "rogan_gladen_interval": listed((rg.low, rg.high)),
    }


def _ends_of(found: Validation, level: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Exact intervals of sensitivity and specificity; NaN where people gave nothing to tell them by."""
    nothing = (float("nan"), float("nan"))
    se = clopper_pearson(found.hits, found.positives, level=level) if found.positives else nothing
    sp = nothing
    if found.negatives:
        sp = clopper_pearson(found.rejections, found.negatives, level=level)
    return se, sp


def number(value: float) -> float | None:
    """As a table holds it."""
    return None if np.isnan(value) else float(value)


def listed(ends: tuple[float, float]) -> list[float] | None:
    """An interval as a table holds it."""
    return None if np.isnan(ends[0]) else list(ends)


def _finding(
    outcome: Outcome,
    name: str,
    found: Validation,
    options: LlmOptions,
    *,
    enough: bool,
    anchor: str,
) -> Finding:
    subject = Subject(kind="model", name=outcome.name, detail={"metric": "judge", "subject": name})
    if not enough:
        return _unchecked(outcome, name, found, options, subject, anchor)
    decides = _shares(found, options)[0]
    status, reason = _held(found, decides)
    return finding(
        rules.JUDGE,
        subject,
        status,
        _checked(outcome, name, found, options.level),
        reason=reason,
        measurement=_measured(decides, options.level),
        low=decides.least,
        anchor=anchor,
        data={
            "sensitivity": number(found.sensitivity),
            "sensitivity_n": found.positives,
            "specificity": number(found.specificity),
            "specificity_n": found.negatives,
            "kappa": number(found.kappa),
        },
    )


def _unchecked(
    outcome: Outcome,
    name: str,
    found: Validation,
    options: LlmOptions,
    subject: Subject,
    anchor: str,
) -> Finding:
    """Say that too few turns were labelled by people."""
    return finding(
        rules.JUDGE,
        subject,
        Status.INDETERMINATE,
        say(
            "“{name}” of {name_2} rests on a judge that people checked "
            "on {labelled:,} of {turns:,} turns.",
            name=outcome.name,
            name_2=name,
            labelled=found.labelled,
            turns=found.turns,
        ),
        reason=too_few_labels(found.labelled, options.judges.min_labels),
        measurement=share(
            "labels",
            float(found.labelled),
            found.turns,
            np.nan,
            np.nan,
            "exact count",
            unit="turns",
        ),
        anchor=anchor,
    )


def too_few_labels(labelled: int, needed: int) -> str:
    """Why a judge is not validated, with how many labels there are and how many are needed."""
    return say(
        "{NOT_VALIDATED}: {labelled:,} labels by people, at least {needed:,} are needed",
        NOT_VALIDATED=NOT_VALIDATED,
        labelled=labelled,
        needed=needed,
    )


class _Share(NamedTuple):
    """Sensitivity or specificity beside the limit that the plan sets for it."""

    name: str
    hits: int
    of: int
    ends: tuple[float, float]
    least: float | None
    status: Status
    reason: str

    @property
    def above(self) -> float:
        """How far it lies above its limit."""
        return self.hits / self.of - self.least if self.of and self.least is not None else 0.0


def _shares(found: Validation, options: LlmOptions) -> list[_Share]:
    """Both shares, the one that decides first: what breaks its limit, what cannot be told, what is nearest to it."""
    limits = options.judges
    both = (
        ("sensitivity", found.hits, found.positives, limits.min_sensitivity),
        ("specificity", found.rejections, found.negatives, limits.min_specificity),
    )
    shares = []
    for (name, hits, of, least), ends in zip(both, _ends_of(found, options.level), strict=True):
        held = against(*ends, least=least, short_of=MORE_LABELS)
        shares.append(_Share(name, hits, of, ends, least, *held))
    order = {Status.FAILED: 0, Status.INDETERMINATE: 1, Status.PASSED: 2}
    return sorted(shares, key=lambda s: (s.least is None, order[s.status], s.above))


def _held(found: Validation, share: _Share) -> tuple[Status, str]:
    """What becomes of a judge whose deciding share is this one; the worst answer counts."""
    statuses: list[tuple[Status, str]] = [(Status.PASSED, "")]
    if share.least is not None and found.out_of_proportion:
        # Neither may it pass nor fail by what holds for these labels alone.
        statuses.append((Status.INDETERMINATE, found.out_of_proportion))
    elif share.least is not None:
        statuses.append((share.status, share.reason))
    if found.blind_spot:
        statuses.append((Status.INDETERMINATE, found.blind_spot))
    if not found.informs:
        statuses.append((Status.INDETERMINATE, say("the judge tells no more than a coin does")))
    return max(statuses, key=lambda s: (s[0] is Status.FAILED, s[0] is Status.INDETERMINATE))


def _measured(share_: _Share, level: float) -> Measurement:
    """The share that decides, as it is printed beside its limit."""
    return share(
        share_.name,
        share_.hits / share_.of if share_.of else float("nan"),
        share_.of,
        *share_.ends,
        "clopper-pearson",
        events=share_.hits,
        level=level,
    )


def _checked(outcome: Outcome, name: str, found: Validation, level: float) -> str:
    se, sp = _ends_of(found, level)
    said = say(
        "People labelled {labelled:,} turns ({name}). Held against them, the judge of “{outcome}” "
        "has a sensitivity of {sensitivity} and a specificity of {specificity}; always giving the "
        "more frequent label would be right in {percent}. Rates that rest on the judge are "
        "corrected by these labels.",
        labelled=found.labelled,
        name=name,
        outcome=outcome.name,
        sensitivity=_share(found.hits, found.positives, se, level),
        specificity=_share(found.rejections, found.negatives, sp, level),
        percent=percent(found.constant),
    )
    beside = found.out_of_proportion
    return said + (say(" {beside}.", beside=capital(beside)) if beside else "")


def _share(hits: int, of: int, ends: tuple[float, float], level: float) -> str:
    """A share with its counts and exact interval."""
    if not of:
        return say("nothing that could be told, since people gave no such label,")
    return say(
        "{share} ({hits:,} of {of:,}, {interval})",
        share=percent(hits / of),
        hits=hits,
        of=of,
        interval=between(*ends, level),
    )
