"""The judge is audited: agreement of people, sensitivity and specificity, and what its labels are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raudit.findings import Finding, Status, Subject
from raudit.sentences import capital, say, term
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Floats, Frame
from raudit.stages.llm.options import LlmOptions, Outcome
from raudit.stages.llm.say import (
    MORE_LABELS,
    against,
    between,
    finding,
    percent,
    percent_level,
    share,
)
from raudit.stats import (
    Agreement,
    Estimate,
    Stratum,
    agreement,
    clopper_pearson,
    prediction_powered,
    rogan_gladen,
)

NOT_VALIDATED = "judge not validated"
UNKNOWN = Estimate(np.nan, np.nan, np.nan)
EXPECTED = 5
"""Labels that a random sample holds of turns that it misses in less than one case of 100."""

BY_CHANCE = 0.0005
"""Smallest chance, at either side, at which labels are still taken for a random sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A judge against the people who labelled a sample of the same turns."""

    turns: int
    """Turns the judge labelled."""
    judged: int
    """How many of them it called positive."""
    labelled: int
    """Turns that both it and people labelled."""
    hits: int
    positives: int
    rejections: int
    negatives: int

    @property
    def blind_spot(self) -> str:
        """Which of the judge's labels people never looked at, although a random sample would have; or empty."""
        called = self.hits + self.negatives - self.rejections
        for word, turns, labels in (
            ("positive", self.judged, called),
            ("negative", self.turns - self.judged, self.labelled - called),
        ):
            if not labels and turns * self.labelled >= EXPECTED * self.turns:
                return say(
                    "people labelled no turn that the judge calls {word}: no random sample",
                    word=term(word),
                )
        return ""

    @property
    def out_of_proportion(self) -> str:
        """How people's labels are no random part of the turns; empty where they may be one.

        Where turns that the judge calls positive were labelled more often than others, positives that it missed are
        too rare among the labels, and its sensitivity among them is too high (verification bias; Begg and Greenes
        1983). Rates are corrected within each of its labels, which proportions do not touch.
        """
        from scipy.stats import hypergeom

        called = self.hits + self.negatives - self.rejections
        expected = hypergeom(self.turns, self.judged, self.labelled)
        if min(expected.cdf(called), expected.sf(called - 1)) >= BY_CHANCE:
            return ""
        return say(
            "people labelled turns out of proportion: the judge calls {labelled} of theirs positive and {all} of all, "
            "so its sensitivity and specificity hold for theirs alone",
            labelled=percent(called / self.labelled),
            all=percent(self.judged / self.turns),
        )

    @property
    def sensitivity(self) -> float:
        """Share of people's positives that the judge calls so."""
        return self.hits / self.positives if self.positives else float("nan")

    @property
    def specificity(self) -> float:
        """Share of people's negatives that the judge calls so."""
        return self.rejections / self.negatives if self.negatives else float("nan")

    @property
    def informs(self) -> bool:
        """Whether it calls people's positives positive more often than their negatives; True if one is unseen."""
        if not self.positives or not self.negatives:
            return True
        return self.sensitivity + self.specificity > 1

    @property
    def kappa(self) -> float:
        """Cohen's kappa of judge and people."""
        n = self.labelled
        if not n:
            return float("nan")
        said = self.hits + self.negatives - self.rejections
        chance = (said * self.positives + (n - said) * self.negatives) / n**2
        return (
            ((self.hits + self.rejections) / n - chance) / (1 - chance)
            if chance < 1
            else float("nan")
        )

    @property
    def constant(self) -> float:
        """Accuracy of a judge that always gives the more frequent label."""
        return (
            max(self.positives, self.negatives) / self.labelled if self.labelled else float("nan")
        )


def validate(judged: Floats, people: Floats) -> Validation:
    """Count a judge's labels against people's; NaN means no label."""
    known = ~np.isnan(judged)
    both = known & ~np.isnan(people)
    j, h = judged[both] == 1, people[both] == 1
    return Validation(
        turns=int(known.sum()),
        judged=int((judged[known] == 1).sum()),
        labelled=int(both.sum()),
        hits=int((j & h).sum()),
        positives=int(h.sum()),
        rejections=int((~j & ~h).sum()),
        negatives=int((~h).sum()),
    )


def corrected(
    judged: Floats, people: Floats, *, seed: int, level: float, beyond: float | None = None
) -> Estimate:
    """Share of positive turns, from the judge's labels of all and people's of a sample; see prediction_powered."""
    known = ~np.isnan(judged)
    strata = []
    for value in (1.0, 0.0):
        part = known & (judged == value)
        labels = people[part]
        labels = labels[~np.isnan(labels)]
        if part.any():
            strata.append(Stratum(int(part.sum()), labels.size, int((labels == 1).sum())))
    return prediction_powered(strata, seed=seed, level=level, beyond=beyond)


def gladen(found: Validation, *, seed: int, level: float) -> Estimate:
    """The same by Rogan and Gladen's correction."""
    return rogan_gladen(
        found.judged,
        found.turns,
        hits=found.hits,
        positives=found.positives,
        rejections=found.rejections,
        negatives=found.negatives,
        seed=seed,
        level=level,
    )


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
        "sensitivity": _number(found.sensitivity),
        "sensitivity_interval": _listed(se),
        "specificity": _number(found.specificity),
        "specificity_interval": _listed(sp),
        "kappa": _number(found.kappa),
        "constant": _number(found.constant),
        "naive": found.judged / found.turns,
        "corrected": _number(ppi.value),
        "corrected_interval": _listed((ppi.low, ppi.high)),
        "rogan_gladen": _number(rg.value),
        "rogan_gladen_interval": _listed((rg.low, rg.high)),
    }


def _ends_of(found: Validation, level: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Exact intervals of sensitivity and specificity; NaN where people gave nothing to tell them by."""
    nothing = (float("nan"), float("nan"))
    se = clopper_pearson(found.hits, found.positives, level=level) if found.positives else nothing
    sp = nothing
    if found.negatives:
        sp = clopper_pearson(found.rejections, found.negatives, level=level)
    return se, sp


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _listed(ends: tuple[float, float]) -> list[float] | None:
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
    limits = options.judges
    status, reason = _held(found, options)
    return finding(
        rules.JUDGE,
        subject,
        status,
        _checked(outcome, name, found, options.level),
        reason=reason,
        measurement=share(
            "sensitivity",
            found.sensitivity,
            found.positives,
            *_ends_of(found, options.level)[0],
            "clopper-pearson",
            events=found.hits,
            level=options.level,
        ),
        low=limits.min_sensitivity,
        anchor=anchor,
        data={
            "specificity": _number(found.specificity),
            "specificity_n": found.negatives,
            "kappa": _number(found.kappa),
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
            "'{name}' of {name_2} rests on a judge that people checked "
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


def _held(found: Validation, options: LlmOptions) -> tuple[Status, str]:
    """Hold a judge against the plan's limits; the worst answer counts."""
    limits = options.judges
    held = zip(
        _ends_of(found, options.level),
        (limits.min_sensitivity, limits.min_specificity),
        strict=True,
    )
    statuses: list[tuple[Status, str]] = [(Status.PASSED, "")]
    statuses += [
        against(*ends, least=least, short_of=MORE_LABELS)
        for ends, least in held
        if least is not None
    ]
    asked = limits.min_sensitivity is not None or limits.min_specificity is not None
    if asked and found.out_of_proportion:
        statuses.append((Status.INDETERMINATE, found.out_of_proportion))
    if found.blind_spot:
        statuses.append((Status.INDETERMINATE, found.blind_spot))
    if not found.informs:
        statuses.append((Status.INDETERMINATE, say("the judge tells no more than a coin does")))
    if (
        asked and found.out_of_proportion
    ):  # neither may it fail by what holds for these labels alone
        statuses = [one for one in statuses if one[0] is not Status.FAILED]
    return max(statuses, key=lambda s: (s[0] is Status.FAILED, s[0] is Status.INDETERMINATE))


def _checked(outcome: Outcome, name: str, found: Validation, level: float) -> str:
    se, sp = _ends_of(found, level)
    said = say(
        "People labelled {labelled:,} turns ({name}). Held against them, the judge of '{outcome}' "
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


def of_people(
    frame: Frame, outcome: Outcome, options: LlmOptions, *, seed: int, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]]]:
    """Agreement of the people who labelled, for each model and prompt version."""
    raters = frame.raters(outcome)
    if len(raters) < 2:
        return [], []
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
            continue
        rows.append(_agreed_row(outcome, name, found))
        if options.judges.min_agreement is not None:
            findings.append(_agreed(outcome, name, found, options, anchor))
    return findings, rows


def _agreed_row(outcome: Outcome, name: str, found: Agreement) -> dict[str, Any]:
    return {
        "outcome": outcome.name,
        "subject": name,
        "n": found.n,
        "raw": _number(found.raw[0]),
        "raw_interval": _listed(found.raw[1:]),
        "kappa": _number(found.kappa[0]),
        "kappa_interval": _listed(found.kappa[1:]),
        "alpha": _number(found.alpha[0]),
        "alpha_interval": _listed(found.alpha[1:]),
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
            "People agree on '{name}' in {percent} of {n:,} turns of "
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
