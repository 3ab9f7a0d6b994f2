"""Another prompt or model on the same questions: paired flips, overall and by group."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raudit.findings import Finding, Status, Subject
from raudit.sentences import say, term
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Frame, effective
from raudit.stages.llm.measures.judges import NOT_VALIDATED
from raudit.stages.llm.measures.rates import corrected_difference
from raudit.stages.llm.options import Change, LlmOptions
from raudit.stages.llm.say import (
    MORE_LABELS,
    MORE_TURNS,
    against,
    finding,
    over_with_unjudged,
    points,
    points_between,
    share,
    with_unjudged,
)
from raudit.stats import Estimate, PairedDifference, paired_newcombe

if TYPE_CHECKING:
    import pandas as pd

ALL = "all"
"""Label of the part that holds every answer."""
PAIRED = "newcombe, paired"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Answers of everybody, or of one group, to the same questions before and after."""

    label: str
    counts: tuple[int, int, int, int]
    found: PairedDifference
    worth: float
    """Independent questions that the answers are worth: answers to one question belong together."""
    loss: Estimate
    """Old rate minus new rate, corrected where it rests on a judge."""
    method: str
    because: str
    """Why it cannot be told; empty if it can."""
    unpaired: int
    """Answers that should have an outcome in both versions and lack one."""

    @property
    def n(self) -> int:
        """Answers that could be compared."""
        return sum(self.counts)

    @property
    def shown(self) -> str:
        """Which answers, in words."""
        return term("all answers") if self.label == ALL else self.label


def change(
    frame: Frame, asked: Change, options: LlmOptions, *, valid: bool, seed: int, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]], list[str]]:
    """Compare two versions on the same questions; different suites are refused by digest.

    Returns
    -------
    tuple
        Findings, rows of the table, and the changes that lose more than the margin.
    """
    table = _table(frame, asked, options)
    level = options.level
    name = say("{before} to {after}", before=asked.before, after=asked.after)
    old, new = table[table["version"] == asked.before], table[table["version"] == asked.after]
    suites = [_suite(part) for part in (old, new)]
    if suites[0] != suites[1] or not len(old):
        return [_not_compared(asked, name, old, new, anchor)], [], []
    pairs = _paired(old, new)
    parts = {ALL: pairs} | {
        say("{value}: {level}", value=column.removeprefix("group."), level=level): part
        for column in map(str, pairs.columns)
        if column.startswith("group.")
        for level, part in pairs.groupby(column)
    }
    measured = [
        _measured(frame, asked, label, part, options, valid=valid, seed=seed)
        for label, part in parts.items()
    ]
    findings = [_finding(asked, name, part, level, anchor) for part in measured]
    worse = [
        say("{name} ({label})", name=name, label=part.shown)
        for part, said in zip(measured, findings, strict=True)
        if said.status is Status.FAILED
    ]
    return findings, [_row(asked, name, part, suites[0]) for part in measured], worse


def _table(frame: Frame, asked: Change, options: LlmOptions) -> pd.DataFrame:
    """One row a turn: its question, its version, its groups, and what is compared."""
    import pandas as pd

    item = asked.item or ("prompt_sha256" if frame.has("prompt_sha256") else "item_id")
    keys = frame.column(item).astype(object)
    table = pd.DataFrame(
        {
            "item": keys.map(lambda v: v.hex() if isinstance(v, bytes) else v),
            "version": frame.texts(asked.by),
            "value": frame.events(asked.outcome),
            "unjudged": frame.unjudged(asked.outcome),
        }
    )
    other = "model" if asked.by == "prompt_version" else "prompt_version"
    table["other"] = frame.texts(other).fillna("") if frame.has(other) else ""
    for name, groups in frame.groups(options.groups).items():
        table[f"group.{name}"] = groups.to_numpy()
    return table.dropna(subset=["item"])


def _not_compared(
    asked: Change, name: str, old: pd.DataFrame, new: pd.DataFrame, anchor: str
) -> Finding:
    absent = [v for v, part in ((asked.before, old), (asked.after, new)) if not len(part)]
    if absent:
        why = say("no turn has {by} {version}", by=asked.by, version=absent[0])
    else:
        why = say(
            "the questions are not the same: suite {suites} of "
            "{nunique:,} against {suites_2} of {nunique_2:,}",
            suites=_suite(old)[:12],
            nunique=old["item"].nunique(),
            suites_2=_suite(new)[:12],
            nunique_2=new["item"].nunique(),
        )
    return finding(
        rules.CHANGE,
        Subject(kind="model", name=name, detail={"metric": asked.outcome.name}),
        Status.INDETERMINATE,
        say("“{name}” was not compared.", name=name),
        reason=why,
        anchor=anchor,
    )


def _measured(
    frame: Frame,
    asked: Change,
    label: str,
    part: pd.DataFrame,
    options: LlmOptions,
    *,
    valid: bool,
    seed: int,
) -> _Part:
    counts = _counts(part)
    apart = part["value"].to_numpy(dtype=float) - part["value_after"].to_numpy(dtype=float)
    worth = effective(apart, np.unique(part["item"].astype(str), return_inverse=True)[1])
    found = paired_newcombe(*counts, level=options.level, worth=worth)
    loss, method, because = Estimate(found.value, found.low, found.high), PAIRED, ""
    if asked.outcome.source() == "judge":
        corrected, because = _corrected(frame, asked, label, options, seed=seed)
        because = because if valid else NOT_VALIDATED
        if not because:
            loss, method = corrected, "prediction-powered, mover"
    return _Part(
        label=label,
        counts=counts,
        found=found,
        worth=worth,
        loss=loss,
        method=method,
        because=because,
        unpaired=int(_lacking(part).sum()),
    )


def _finding(asked: Change, name: str, part: _Part, level: float, anchor: str) -> Finding:
    loss = part.loss
    if part.because:
        status, reason = Status.INDETERMINATE, part.because
    elif not part.n:
        status, reason = Status.INDETERMINATE, "no question was judged in both"
    else:
        # The new one may lose by the margin at most: the lower end of new minus old, turned around.
        status, reason = against(
            loss.low,
            loss.high,
            most=asked.margin,
            short_of=MORE_TURNS if part.method == PAIRED else MORE_LABELS,
        )
        # Who has no outcome after the change may be who lost by it.
        _low, high = with_unjudged(loss.low, loss.high, part.n, part.unpaired)
        if status is Status.PASSED and against(0.0, high, most=asked.margin)[0] is not status:
            status, reason = Status.INDETERMINATE, over_with_unjudged(part.unpaired)
    return finding(
        rules.CHANGE,
        Subject(kind="model", name=name, detail={"metric": asked.outcome.name, "part": part.label}),
        status,
        _said(asked, part, level),
        reason=reason,
        anchor=anchor,
        high=asked.margin,
        measurement=share(
            "loss", loss.value, part.n, loss.low, loss.high, part.method, level=level
        ),
    )


def _row(asked: Change, name: str, part: _Part, suite: str) -> dict[str, Any]:
    found, corrected = part.found, part.n and part.method != PAIRED
    return {
        "change": name,
        "outcome": asked.outcome.name,
        "part": part.shown,
        "n": part.n,
        "only_before": part.counts[1],
        "only_after": part.counts[2],
        "difference": -found.value if part.n else None,
        "interval": [-found.high, -found.low] if part.n else None,
        "p": found.p if part.n else None,
        "corrected": -part.loss.value if corrected else None,
        "corrected_interval": [-part.loss.high, -part.loss.low] if corrected else None,
        "suite": suite,
    }


def _suite(part: pd.DataFrame) -> str:
    """Digest of the set of questions."""
    items = "\n".join(sorted({str(item) for item in part["item"]}))
    return hashlib.sha256(items.encode()).hexdigest()


def _paired(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Answers to the same question, first with first, second with second.

    Only answers of the same model (or prompt version, where the model changes) and group are put together; one that
    has no counterpart is kept, without the other's outcome.
    """
    groups = [
        name
        for name in map(str, old.columns)
        if name.startswith("group.") and old[name].notna().any() and new[name].notna().any()
    ]
    keys = ["item", "other", *groups]
    old, new = (
        part.assign(turn=part.groupby(keys, dropna=False).cumcount()) for part in (old, new)
    )
    return old.merge(
        new[[*keys, "turn", "value", "unjudged"]],
        on=[*keys, "turn"],
        how="outer",
        suffixes=("", "_after"),
    )


def _lacking(part: pd.DataFrame) -> pd.Series[bool]:
    """Questions with an outcome in one version only, or that should have one and have it in neither."""
    known, after = part["value"].notna(), part["value_after"].notna()
    due = part["unjudged"].eq(True) | part["unjudged_after"].eq(True)
    return (known ^ after) | (due & ~known & ~after)


def _counts(part: pd.DataFrame) -> tuple[int, int, int, int]:
    known = part["value"].notna() & part["value_after"].notna()
    a, b = part["value"][known] == 1, part["value_after"][known] == 1
    return int((a & b).sum()), int((a & ~b).sum()), int((~a & b).sum()), int((~a & ~b).sum())


def _corrected(
    frame: Frame, asked: Change, part: str, options: LlmOptions, *, seed: int
) -> tuple[Estimate, str]:
    """Old rate minus new rate, corrected for the judge."""
    versions = frame.texts(asked.by)
    inside = np.ones(len(versions), dtype=bool)
    grouping, _, level = part.partition(": ")
    if level:
        inside = np.asarray(frame.texts(f"group.{grouping}") == level)
    old, new = (inside & np.asarray(versions == version) for version in (asked.before, asked.after))
    return corrected_difference(frame, asked.outcome, old, new, options, seed=seed)


def _said(asked: Change, part: _Part, level: float) -> str:
    if not part.n:
        return say(
            "From {before} to {after}, no answer could be compared ({part}).",
            before=asked.before,
            after=asked.after,
            part=part.shown,
        )
    corrected = part.method != PAIRED
    how = say(", corrected by people's labels,") if corrected else ""
    said = say(
        "From {before} to {after}, “{name}”{how} changes by "
        "{points} on {n:,} answers to the same questions ({part}; "
        "{between}): {counts:,} were so before only, {counts_2:,} "
        "after only{part_2}.",
        before=asked.before,
        after=asked.after,
        name=asked.outcome.name,
        how=how,
        points=points(-part.loss.value),
        n=part.n,
        part=part.shown,
        between=points_between(-part.loss.high, -part.loss.low, level),
        counts=part.counts[1],
        counts_2=part.counts[2],
        part_2=(say(", as the judge saw it") if corrected else ""),
    )
    if round(part.worth) < part.n:
        said += say(
            " Answers to one question belong together: they are worth {worth:,.0f} questions.",
            worth=part.worth,
        )
    if not part.unpaired:
        return said
    return said + say(" {n:,} more have no outcome in one version or both.", n=part.unpaired)
