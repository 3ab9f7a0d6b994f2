"""An assessment as OSCAL assessment results (NIST, version 1.1.3), in JSON.

Each shown question is an observation with the answer. Each requirement it maps to is a finding, satisfied only where
every question behind it is answered, nothing contradicts or blocks, and everyone who has to sign has approved.
Identifiers are made from the answers' digest: the same answers give the same document.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from datetime import datetime
from typing import Any
from urllib.parse import quote

from raudit.checklists.assess import Assessment, answer_text
from raudit.checklists.signoff import answers_sha256

VERSION = "1.1.3"
URI = ":/?#[]@!$&'()*+,;=%~"
"""What a reference may hold as it is; the rest is percent-encoded."""


def oscal(result: Assessment, *, at: datetime) -> dict[str, Any]:
    """Make the document.

    Parameters
    ----------
    result
        What the answers come to.
    at
        When; written as last-modified and as the start of the assessment.
    """
    made = _Ids(str(answers_sha256(result.answers)))
    file, stamp = result.checklist.file, at.isoformat()
    observations = [_observation(result, name, made, stamp) for name in result.visible]
    plan = made("checklist", file.id)
    authors = sorted(
        {" ".join(a.by.split()) for a in result.answers.file.answers.values() if a.by.strip()}
    )
    metadata: dict[str, Any] = {
        "title": file.title,
        "last-modified": stamp,
        "version": file.version,
        "oscal-version": VERSION,
        "roles": [{"id": "author", "title": "Wrote answers"}],
    }
    if authors:
        metadata["parties"] = [
            {"uuid": made("party", who), "type": "person", "name": who} for who in authors
        ]
        parties = [made("party", who) for who in authors]
        metadata["responsible-parties"] = [{"role-id": "author", "party-uuids": parties}]
    found: dict[str, Any] = {
        "uuid": made("result"),
        "title": f"{file.title}, {file.version}",
        "description": _summary(result),
        "start": stamp,
        "reviewed-controls": {"control-selections": [{"include-all": {}}]},
    }
    if observations:
        found["observations"] = observations
    findings = _findings(result, made)
    if findings:  # the schema takes no empty lists
        found["findings"] = findings
    risks = _risks(result, made)
    if risks:
        found["risks"] = risks
    return {
        "assessment-results": {
            "uuid": made("document"),
            "metadata": metadata,
            "import-ap": {"href": f"#{plan}"},
            "results": [found],
            "back-matter": {
                "resources": [
                    {
                        "uuid": plan,
                        "title": f"Checklist {file.id} {file.version}",
                        "description": file.about,
                        "props": [{"name": "sha256", "value": str(result.checklist.sha256)}],
                    }
                ]
            },
        }
    }


class _Ids:
    """Names to UUIDs (version 5), within one set of answers."""

    def __init__(self, digest: str) -> None:
        self.space = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:raudit:answers:{digest}")

    def __call__(self, *parts: str) -> str:
        return str(uuid.uuid5(self.space, "/".join(parts)))


def _summary(result: Assessment) -> str:
    parts = [
        f"{result.answered} of {len(result.visible)} questions answered, {len(result.open)} open."
    ]
    if result.standing:
        parts.append(f"Standing: {result.standing}.")
    return " ".join([*parts, *result.against])


def _observation(result: Assessment, name: str, made: _Ids, stamp: str) -> dict[str, Any]:
    question, answer = result.checklist.questions[name], result.answers.file.answers.get(name)
    said = answer_text(question, result.answers.values.get(name))
    if answer is not None and answer.state != "answered":
        said = answer.state.replace("_", " ")
    found: dict[str, Any] = {
        "uuid": made("observation", name),
        "title": question.text,
        "description": said or "no answer",
        "props": [{"name": "question", "value": name}],
        "methods": ["INTERVIEW"],
        "collected": answer.at.isoformat() if answer is not None and answer.at else stamp,
    }
    if answer is not None and answer.evidence:
        links = [
            {"href": quote(e.path, safe=URI), "description": e.observed or e.kind}
            for e in answer.evidence
            if e.path
        ]
        if links:
            found["relevant-evidence"] = links
    remarks = [answer.why] if answer is not None and answer.why else []
    remarks += [item.because for item in result.contradictions if item.question == name]
    if remarks:
        found["remarks"] = " ".join(remarks)
    return found


def _findings(result: Assessment, made: _Ids) -> list[dict[str, Any]]:
    by_requirement: dict[str, list[str]] = defaultdict(list)
    for name in result.visible:
        for requirement in result.checklist.questions[name].maps_to:
            by_requirement[requirement].append(name)
    against = (*result.against, *result.missing_roles, *result.unowned)
    decided = not against and not result.expired
    lacking = {gap.question for gap in result.open} | {
        item.question for item in result.contradictions
    }
    found = []
    for requirement, names in sorted(by_requirement.items()):
        held = decided and not lacking & set(names)
        found.append(
            {
                "uuid": made("finding", requirement),
                "title": requirement,
                "description": f"Questions that bear on it: {', '.join(names)}.",
                "target": {
                    "type": "objective-id",
                    "target-id": _token(requirement),
                    "status": {"state": "satisfied" if held else "not-satisfied"},
                },
                "related-observations": [
                    {"observation-uuid": made("observation", name)} for name in names
                ],
            }
        )
    return found


def _token(text: str) -> str:
    """Text as an OSCAL token, which starts with a letter or underscore."""
    token = re.sub(r"[^A-Za-z0-9_.-]", "-", text)
    return token if re.match(r"[A-Za-z_]", token) else f"_{token}"


def _risks(result: Assessment, made: _Ids) -> list[dict[str, Any]]:
    from raudit.checklists.prints.register import risk_register

    found = []
    for number, risk in enumerate(risk_register([result])):
        level = f" Level {risk.level}." if risk.level else ""
        entry: dict[str, Any] = {
            "uuid": made("risk", str(number)),
            "title": risk.risk[:120] or "unnamed risk",
            "description": risk.risk or "unnamed risk",
            "statement": f"{risk.source.capitalize()}.{level}",
            "status": "open",
        }
        if risk.measure:
            entry["remediations"] = [
                {
                    "uuid": made("remediation", str(number)),
                    "lifecycle": "planned",
                    "title": risk.measure[:120],
                    "description": f"{risk.measure} ({risk.owner or 'nobody named'}, {risk.due or 'no day'})",
                }
            ]
        found.append(entry)
    return found
