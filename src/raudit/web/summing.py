"""What an assessment and a run come to, in counts and days, for the pages that list many of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from raudit.checklists.assess import turning_days
from raudit.findings import Status
from raudit.gate.view import findings_of
from raudit.people import People
from raudit.record import Record
from raudit.web.reading import AssessmentFiles

EMPTY: Mapping[str, Any] = {
    "state": "broken",
    "level": "",
    "open": 0,
    "answered": 0,
    "asked": 0,
    "conditions": [],
    "days": [],
    "authors": {},
    "returned": {},
    "unread": {},
    "unknown": [],
    "missing": [],
    "fault": "",
    "made": "",
    "until": "",
}
SEVERITIES = ("critical", "high", "medium", "low", "info")


def summed(name: str, held: AssessmentFiles, today: date) -> dict[str, Any]:
    """What an assessment came to."""
    result, answers = held.result, held.answers.file.answers
    level = result.checklist.level_title(result.level) if result.answered else ""
    conditions = [
        {
            "what": item.condition.what,
            "owner": item.condition.owner,
            "due": str(item.condition.due or ""),
            "state": item.state,
        }
        for item in result.conditions
        if item.state != "met"
    ]
    unknown = [
        {
            "question": question,
            "what": held.checklist.questions[question].text,
            "owner": answer.owner,
            "due": answer.due.isoformat() if answer.due else "",
        }
        for question, answer in answers.items()
        if answer.state == "unknown" and question in held.checklist.questions
    ]
    days = [item["due"] for item in [*conditions, *unknown] if item["due"]]
    review_by = held.answers.file.review_by
    later = [day for day in turning_days(held.checklist, held.answers) if day >= today]
    return {
        "name": name,
        "title": held.checklist.file.title,
        "state": str(held.state),
        "level": level,
        "open": len(result.open),
        "answered": result.answered,
        "asked": len(result.visible),
        "conditions": conditions,
        "days": [*days, *([review_by.isoformat()] if review_by else [])],
        "authors": Counter(answer.by for answer in answers.values()),
        "returned": Counter(a.by for a in answers.values() if a.review.state == "to_correct"),
        "unread": Counter(a.by for a in answers.values() if a.review.state == "pending"),
        "unknown": unknown,
        "missing": list(result.missing_roles),
        "fault": "",
        "made": today.isoformat(),
        "until": later[0].isoformat() if later else "",
    }


def summed_run(record: Record) -> dict[str, Any]:
    """What a run came to, as the policy judged it."""
    judged = findings_of(record) if record.verdict is not None else record.findings
    left = [str(found.severity) for found in judged if found.status is not Status.PASSED]
    worst = min(
        left, key=lambda name: SEVERITIES.index(name) if name in SEVERITIES else 9, default=""
    )
    return {
        "clock": record.run.clock,
        "verdict": str(record.verdict.status) if record.verdict else "",
        "worst": worst,
        "findings": len(left),
    }


def waiting_for(
    row: Any, person: str, people: People, roles: frozenset[str], signs: tuple[str, ...]
) -> list[dict[str, Any]]:
    """What of a system waits for a person: one line each, with the page it is done on."""
    lines: list[dict[str, Any]] = []

    def own(name: str) -> bool:
        return people.id_of(name) == person

    for part in row.waiting:
        place = {"system": row.slug, "name": row.name, "part": part["name"], "title": part["title"]}
        returned = sum(count for by, count in part["returned"].items() if own(by))
        if returned:
            lines.append({**place, "kind": "returned", "count": returned, "page": "assessment"})
        unread = sum(count for by, count in part["unread"].items() if not own(by))
        if (
            "reviewer" in roles
            and unread
            and part["state"] in ("submitted", "in review", "returned")
        ):
            lines.append({**place, "kind": "review", "count": unread, "page": "review"})
        if part["state"] == "awaiting sign-off":
            lines += [
                {**place, "kind": "sign", "role": role, "page": "sign"}
                for role in signs
                if role in part["missing"]
            ]
        lines += [
            {**place, "kind": kind, "due": item["due"], "what": item["what"], "page": "assessment"}
            for kind, items in (("find-out", part["unknown"]), ("condition", part["conditions"]))
            for item in items
            if item["owner"] and own(item["owner"])
        ]
    return lines
