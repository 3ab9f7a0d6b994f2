"""The risk register: every risk of every assessment, with owner, measure, day, what remains, and a priority.

The priority follows RICE (reach times impact times confidence, over effort). Effort is what a model needs after the fix
as well: labelling, retraining, monitoring and regulatory review. A risk without these numbers is not rated, which is
not the same as unimportant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Literal

from raudit.checklists.form.schema import Kind
from raudit.checklists.form.scope import row_level
from raudit.checklists.prints.priority import EFFORT
from raudit.sentences import role_words, say, term

if TYPE_CHECKING:
    from raudit.checklists.assess import Assessment

CONFIDENCE = {"high": Decimal("1.0"), "medium": Decimal("0.8"), "low": Decimal("0.5")}
"""How much of reach and impact to believe."""
IMPACT = (Decimal("0.25"), Decimal("0.5"), Decimal(1), Decimal(2), Decimal(3))
"""Impact of a risk by its level before measures, from the top of the checklist's table down: 3, 2, 1, ..."""
NUMBERS = "reach, level, confidence and effort"
BLOCKS = f"it blocks before any priority, and nobody gave {NUMBERS}"

Source = Literal["risk", "blocker", "contradicted", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """One line of the register."""

    assessment: str
    """Id of the checklist."""
    question: str
    source: Source
    """A risk someone named, an answer that blocks or is contradicted by what was measured, or one nobody knows."""
    risk: str
    level: str = ""
    """Before measures; empty if the checklist rates none."""
    rank: int = -1
    """Place of the level in its table, from 0; -1 if there is none."""
    residual: str = ""
    """After measures."""
    measure: str = ""
    owner: str = ""
    due: str = ""
    effort: Mapping[str, Decimal]
    """Person-days by part: ``labelling``, ``retraining``, ``monitoring``, ``review``."""
    priority: Decimal | None = None
    """People times impact times confidence for a person-day, to one decimal; None if it cannot be told."""
    not_rated: str = ""
    """What is lacking for a priority."""


def risk_register(results: Sequence[Assessment]) -> tuple[Risk, ...]:
    """Collect the risks of assessments.

    Returns
    -------
    tuple of Risk
        What blocks or is contradicted first, then by level before measures, then by priority, then what nobody knows.
    """
    found: list[Risk] = []
    for result in results:
        found += _named(result)
        found += _standing_against(result)
        found += _unknown(result)
    order = {"contradicted": 0, "blocker": 1, "risk": 2, "unknown": 3}
    return tuple(
        sorted(
            found, key=lambda r: (order[r.source], -r.rank, -(r.priority or Decimal(-1)), r.risk)
        )
    )


def _named(result: Assessment) -> list[Risk]:
    found = []
    for name in result.checklist.file.register_from:
        if name not in result.visible or result.checklist.questions[name].type is not Kind.ROWS:
            continue
        for row in result.answers.values.get(name, ()):
            level, rank, top, residual = _levels(result, row)
            effort = {
                part: Decimal(row[f"effort_{part}"]) for part in EFFORT if row.get(f"effort_{part}")
            }
            priority, lacking = _priority(row, rank, top, effort)
            found.append(
                Risk(
                    assessment=result.checklist.id,
                    question=name,
                    source="risk",
                    risk=row.get("risk", ""),
                    level=level,
                    rank=rank,
                    residual=residual,
                    measure=row.get("measure", ""),
                    owner=row.get("owner", ""),
                    due=row.get("due", ""),
                    effort=effort,
                    priority=priority,
                    not_rated=lacking,
                )
            )
    return found


def _priority(
    row: Mapping[str, str], rank: int, top: int, effort: Mapping[str, Decimal]
) -> tuple[Decimal | None, str]:
    lacking = [name for name in ("reach", "confidence") if not row.get(name)]
    lacking += [f"effort for {part}" for part in EFFORT if part not in effort]
    if rank < 0:
        lacking.append("level")
    if lacking:
        return None, "lacks " + ", ".join(lacking)
    days = sum(effort.values(), Decimal(0))
    if days <= 0 or min(effort.values()) < 0 or Decimal(row["reach"]) < 0:
        return None, "reach and effort must not be negative, and not all of the effort nothing"
    impact = IMPACT[max(0, len(IMPACT) - 1 - (top - rank))]
    value = Decimal(row["reach"]) * impact * CONFIDENCE[row["confidence"]] / days
    return value.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP), ""


def _levels(result: Assessment, row: Mapping[str, str]) -> tuple[str, int, int, str]:
    """Level before measures with its place and the top place, and level after, by the checklist's tables."""
    before, rank, top, after = "", -1, -1, ""
    for name, table in result.checklist.file.tables.items():
        level = row_level(result.checklist, name, row)
        if level is None:
            continue
        if table.row.startswith("residual"):
            after = level.replace("_", " ")
        else:
            before, rank, top = (
                level.replace("_", " "),
                table.order.index(level),
                len(table.order) - 1,
            )
    return before, rank, top, after


def _standing_against(result: Assessment) -> list[Risk]:
    file, answers = result.checklist.file, result.answers.file.answers
    found = [
        Risk(
            assessment=file.id,
            question="",
            source="blocker",
            risk=because,
            effort={},
            not_rated=BLOCKS,
        )
        for because in result.blockers
    ]
    found += [
        Risk(
            assessment=file.id,
            question="",
            source="blocker",
            risk=say("Not met: {what}", what=c.condition.what),
            measure=say("a condition of the approval by the {role}", role=role_words(c.role)),
            owner=c.condition.owner,
            due=c.condition.due.isoformat() if c.condition.due else "",
            effort={},
            not_rated=BLOCKS,
        )
        for c in result.conditions
        if c.state == "overdue"
    ]
    for item in result.contradictions:
        answer = answers.get(item.question)
        found.append(
            Risk(
                assessment=file.id,
                question=item.question,
                source="contradicted",
                risk=say(
                    "Answered “{answer}”. {because}", answer=item.answer, because=item.because
                ),
                owner=answer.by if answer else "",
                effort={},
                not_rated=BLOCKS,
            )
        )
    return found


def _unknown(result: Assessment) -> list[Risk]:
    found = []
    for name, answer in result.answers.file.answers.items():
        if answer.state != "unknown" or name not in result.visible:
            continue
        found.append(
            Risk(
                assessment=result.checklist.id,
                question=name,
                source="unknown",
                risk=say(
                    "Nobody knows yet: {question}",
                    question=term(result.checklist.questions[name].text),
                ),
                measure=answer.why,
                owner=answer.owner,
                due=answer.due.isoformat() if answer.due else "",
                effort={},
                not_rated=f"nobody knows it yet, nor {NUMBERS}",
            )
        )
    return found
