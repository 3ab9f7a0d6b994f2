"""Another prompt or model on the same questions: paired flips, overall and by group."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from raudit.findings import Finding, Status, Subject
from raudit.sentences import say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Frame
from raudit.stages.llm.measures.judges import NOT_VALIDATED
from raudit.stages.llm.measures.rates import corrected_difference
from raudit.stages.llm.options import Change, LlmOptions
from raudit.stages.llm.say import against, finding, points, points_between, share
from raudit.stats import Estimate, paired_newcombe

if TYPE_CHECKING:
    import pandas as pd


def change(
    frame: Frame, asked: Change, options: LlmOptions, *, valid: bool, seed: int, anchor: str
) -> tuple[list[Finding], list[dict[str, Any]], list[str]]:
    """Compare two versions on the same questions; different suites are refused by digest."""
    import pandas as pd

    item = asked.item or ("prompt_sha256" if frame.has("prompt_sha256") else "item_id")
    keys = frame.column(item).astype(object)
    table = pd.DataFrame(
        {
            "item": keys.map(lambda v: v.hex() if isinstance(v, bytes) else v),
            "version": frame.texts(asked.by),
            "value": frame.events(asked.outcome),
        }
    )
    for name, groups in frame.groups(options.groups).items():
        table[f"group.{name}"] = groups.to_numpy()
    table = table.dropna(subset=["item"])
    name = say("{before} to {after}", before=asked.before, after=asked.after)
    subject = Subject(kind="model", name=name, detail={"metric": asked.outcome.name})
    old, new = table[table["version"] == asked.before], table[table["version"] == asked.after]
    suites = [_suite(part) for part in (old, new)]
    if suites[0] != suites[1] or not len(old):
        absent = [v for v, part in ((asked.before, old), (asked.after, new)) if not len(part)]
        why = (
            say("no turn has {by} {version}", by=asked.by, version=absent[0])
            if absent
            else say(
                "the questions are not the same: suite {suites} of "
                "{nunique:,} against {suites_2} of {nunique_2:,}",
                suites=suites[0][:12],
                nunique=old["item"].nunique(),
                suites_2=suites[1][:12],
                nunique_2=new["item"].nunique(),
            )
        )
        return (
            [
                finding(
                    rules.CHANGE,
                    subject,
                    Status.INDETERMINATE,
                    say("{name} was not compared.", name=name),
                    reason=why,
                    anchor=anchor,
                )
            ],
            [],
            [],
        )
    pairs = _paired(old, new)
    parts = {"all": pairs} | {
        say("{value}: {level}", value=column.removeprefix("group."), level=level): part
        for column in map(str, pairs.columns)
        if column.startswith("group.")
        for level, part in pairs.groupby(column)
    }
    findings, rows, worse = [], [], []
    for label, part in parts.items():
        counts = _counts(part)
        found = paired_newcombe(*counts, level=options.level)
        n = sum(counts)
        value, low, high, method = found.value, found.low, found.high, "newcombe, paired"
        because = ""
        if asked.outcome.source() == "judge":
            estimate, because = _corrected(frame, asked, label, options, seed=seed)
            because = because if valid else NOT_VALIDATED
            if not because:
                value, low, high, method = *estimate, "prediction-powered, mover"
        if because:
            status, reason = Status.INDETERMINATE, because
        else:
            # The new one may lose by the margin at most: the lower end of new minus old, turned around.
            status, reason = (
                against(low, high, most=asked.margin)
                if n
                else (Status.INDETERMINATE, "no question was judged in both")
            )
        worse += (
            [say("{name} ({label})", name=name, label=label)] if status is Status.FAILED else []
        )
        rows.append(
            {
                "change": name,
                "part": label,
                "n": n,
                "only_before": counts[1],
                "only_after": counts[2],
                "difference": None if n == 0 else -found.value,
                "interval": None if n == 0 else [-found.high, -found.low],
                "p": None if n == 0 else found.p,
                "suite": suites[0],
            }
        )
        said = _said(
            asked,
            label,
            counts,
            (value, low, high),
            corrected=method != "newcombe, paired",
            level=options.level,
        )
        findings.append(
            finding(
                rules.CHANGE,
                Subject(
                    kind="model", name=name, detail={"metric": asked.outcome.name, "part": label}
                ),
                status,
                said,
                reason=reason,
                anchor=anchor,
                high=asked.margin,
                measurement=share("loss", value, n, low, high, method, level=options.level),
            )
        )
    return findings, rows, worse


def _suite(part: pd.DataFrame) -> str:
    """Digest of the set of questions."""
    items = "\n".join(sorted({str(item) for item in part["item"]}))
    return hashlib.sha256(items.encode()).hexdigest()


def _paired(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Answers to the same question, first with first, second with second."""
    old, new = (part.assign(turn=part.groupby("item").cumcount()) for part in (old, new))
    return old.merge(new[["item", "turn", "value"]], on=["item", "turn"], suffixes=("", "_after"))


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


def _said(
    asked: Change,
    part: str,
    counts: tuple[int, int, int, int],
    loss: tuple[float, float, float],
    *,
    corrected: bool,
    level: float,
) -> str:
    n = sum(counts)
    if not n:
        return say(
            "From {before} to {after}, no answer could be compared ({part}).",
            before=asked.before,
            after=asked.after,
            part=part,
        )
    value, low, high = loss
    how = say(", corrected by people's labels,") if corrected else ""
    return say(
        "From {before} to {after}, '{name}'{how} changes by "
        "{points} on {n:,} answers to the same questions ({part}; "
        "{between}): {counts:,} were so before only, {counts_2:,} "
        "after only{part_2}.",
        before=asked.before,
        after=asked.after,
        name=asked.outcome.name,
        how=how,
        points=points(-value),
        n=n,
        part=part,
        between=points_between(-high, -low, level),
        counts=counts[1],
        counts_2=counts[2],
        part_2=(say(", as the judge saw it") if corrected else ""),
    )
