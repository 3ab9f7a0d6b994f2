"""Who is selected among the best scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raudit.findings import Finding, Status, Subject
from raudit.sentences import say
from raudit.stages.llm import rules
from raudit.stages.llm.frame import Frame
from raudit.stages.llm.measures.pairs.texts import RUN, repeats
from raudit.stages.llm.options import LlmOptions, Pairs
from raudit.stages.llm.say import against, finding, percent, percent_level, share
from raudit.stats import wilson_ratio

if TYPE_CHECKING:
    import pandas as pd


def top(frame: Frame, pairs: Pairs) -> list[dict[str, Any]]:
    """Shares of each variant among the k best scores of the first repeat, and who is first of each text."""
    if pairs.score is None:
        return []
    table = _scored(frame, pairs, pairs.score)
    ranked = table.sort_values(["score", "id"], ascending=[False, True], kind="stable")
    counts = table["variant"].value_counts()
    scoreless = _scoreless(frame, pairs, table)
    rows = [
        row | {"scoreless": scoreless.get(row["variant"], 0)}
        for k in pairs.top
        for row in _selected(ranked, counts, k)
    ]
    return rows + _firsts(table)


def _scored(frame: Frame, pairs: Pairs, score: str) -> pd.DataFrame:
    """Scores of the first repeat by text and variant; ``run`` names the prompt version and model."""
    import pandas as pd

    table = pd.DataFrame(
        {
            "pair": frame.texts(pairs.pair),
            "variant": frame.texts(pairs.variant),
            "id": frame.column("turn_id"),
            "score": frame.numbers(score),
            "run": "",
        }
    )
    for name in RUN:
        if frame.has(name):
            table["run"] += " " + frame.texts(name).fillna("").astype(str)
    table = table.dropna(subset=["pair", "variant"])
    table["repeat"] = repeats(frame, table, ["pair", "run"])
    first: pd.DataFrame = table[table["repeat"] == table["repeat"].min()]
    return first.dropna(subset=["score"])


def _scoreless(frame: Frame, pairs: Pairs, table: pd.DataFrame) -> dict[str, int]:
    """Texts of each variant that were asked in the first repeat and have no score, by variant."""
    asked = frame.texts(pairs.pair).notna() & frame.texts(pairs.variant).notna()
    if frame.has("repeat"):
        asked &= frame.column("repeat") == frame.column("repeat").min()
    else:
        asked &= False
    lacking = frame.texts(pairs.variant)[asked].drop(table.index, errors="ignore").value_counts()
    return {str(name): int(n) for name, n in lacking.items()}


def _selected(ranked: pd.DataFrame, counts: pd.Series, k: int) -> list[dict[str, Any]]:
    """How many of each variant are among the k best of each run."""
    runs = [part for _run, part in ranked.groupby("run", sort=False)]
    chosen = ranked.groupby("run", sort=False).head(k)
    tie = any(len(part) > k and part["score"].iloc[k - 1] == part["score"].iloc[k] for part in runs)
    selected = chosen["variant"].value_counts().reindex(counts.index, fill_value=0)
    rates = selected / counts
    best = rates.max()
    return [
        {
            "k": k,
            "variant": str(v),
            "n": int(counts[v]),
            "selected": int(selected[v]),
            "rate": float(rates[v]),
            "ratio": float(rates[v] / best) if best else None,
            "tie_at_the_edge": bool(tie),
            "all_selected": any(len(part) <= k for part in runs),
            "runs": len(runs),
        }
        for v in sorted(counts.index)
    ]


def _firsts(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Who has the best score of each text that every variant answered; of equal ones the first in the file."""
    ranked = table.sort_values("score", ascending=False, kind="stable")
    ranked["pair"] = ranked["pair"] + "\n" + ranked["run"]
    best = ranked.pivot_table(index="pair", columns="variant", values="score").dropna()
    if not len(best):
        return []
    tied = best.eq(best.max(axis=1), axis=0).sum(axis=1) > 1
    first = (
        ranked[ranked["pair"].isin(best.index)].drop_duplicates("pair")["variant"].value_counts()
    )
    return [
        {
            "k": 1,
            "variant": str(v),
            "n": len(best),
            "selected": int(first.get(v, 0)),
            "ties": int(tied.sum()),
            "rate": float(first.get(v, 0) / len(best)),
        }
        for v in best.columns
    ]


def ratios(
    rows: list[dict[str, Any]], pairs: Pairs, options: LlmOptions, *, anchor: str
) -> list[Finding]:
    """Selection in the top k against the plan's smallest ratio, with the interval of the worst ratio."""
    found = []
    for k in pairs.top:
        part = [row for row in rows if row["k"] == k and "ratio" in row]
        if len(part) > 1:
            found.append(_ratio(part, k, pairs, options.level, anchor))
    return found


def _without_scores(worst: dict[str, Any], low: float) -> float:
    """The lower end, were those without a score not selected, as they would not be."""
    return low * int(worst["n"]) / int(worst["n"] + worst["scoreless"])


def _ratio(part: list[dict[str, Any]], k: int, pairs: Pairs, level: float, anchor: str) -> Finding:
    worst = min(part, key=lambda row: (row["rate"], row["variant"]))
    best = max(part, key=lambda row: (row["rate"], row["variant"]))
    ends = wilson_ratio(worst["selected"], worst["n"], best["selected"], best["n"], level=level)
    low, high = float(ends.low), min(float(ends.high), 1.0)
    ratio = worst["ratio"] if worst["ratio"] is not None else float("nan")
    status, reason = against(low, high, least=pairs.min_top_ratio)
    if worst["all_selected"]:
        status, reason = (
            Status.INDETERMINATE,
            say("there are no more than {k:,} scores, so nobody is left out", k=k),
        )
    elif worst["tie_at_the_edge"] and status is Status.PASSED:
        status, reason = (
            Status.INDETERMINATE,
            "equal scores at the edge, so who is selected is chance",
        )
    elif status is Status.PASSED and _without_scores(worst, low) < float(pairs.min_top_ratio or 0):
        status, reason = (
            Status.INDETERMINATE,
            say(
                "{n:,} texts of {variant} have no score, which could carry it under the limit",
                n=worst["scoreless"],
                variant=worst["variant"],
            ),
        )
    return finding(
        rules.TOP,
        Subject(
            kind="attribute",
            name=pairs.variant.removeprefix("group."),
            detail={"metric": say("top {k}", k=k)},
        ),
        status,
        say(
            "Among the {k:,} best of {run}, {worst} is selected at {percent} of {worst_2:,} and "
            "{best} at {percent_2} of {best_2:,}: a ratio of {ratio:.2f} ({level} interval {low:.2f} "
            "to {high:.2f}, as if independent).",
            k=k,
            run=say("one run") if worst["runs"] == 1 else say("each of {n} runs", n=worst["runs"]),
            worst=worst["variant"],
            percent=percent(worst["rate"]),
            worst_2=worst["n"],
            best=best["variant"],
            percent_2=percent(best["rate"]),
            best_2=best["n"],
            ratio=ratio,
            level=percent_level(level),
            low=low,
            high=high,
        ),
        reason=reason,
        low=pairs.min_top_ratio,
        anchor=anchor,
        measurement=share(
            "selection_ratio",
            ratio,
            worst["n"] + best["n"],
            low,
            high,
            "wilson ratio",
            level=level,
        ),
    )
