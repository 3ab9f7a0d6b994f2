"""An assessment as an in-toto statement (version 1), to be signed and kept beside a release."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from raudit.canonical import Sha256
from raudit.checklists.assess import Assessment
from raudit.checklists.signoff import answers_sha256

PREDICATE = "https://raudit.dev/attestation/assessment/v1"


def in_toto(result: Assessment, *, name: str, sha256: Sha256) -> dict[str, Any]:
    """Make a statement about an answers file, and the model and data it names.

    Parameters
    ----------
    result
        What the answers come to.
    name, sha256
        Of the answers file.

    Returns
    -------
    dict
        ``_type``, ``subject``, ``predicateType`` and ``predicate``, as the in-toto attestation framework 1.0 asks.
    """
    file, about = result.checklist.file, result.answers.file.subject
    subjects = [{"name": name, "digest": {"sha256": str(sha256)}}]
    subjects += [
        {"name": role, "digest": {"sha256": str(digest)}}
        for role, digest in (("model", about.model_sha256), ("data", about.data_sha256))
        if digest
    ]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": PREDICATE,
        "predicate": {
            "checklist": {
                "id": file.id,
                "version": file.version,
                "sha256": str(result.checklist.sha256),
            },
            "answersSha256": str(answers_sha256(result.answers)),
            "answered": result.answered,
            "asked": len(result.visible),
            "open": [gap.question for gap in result.open],
            "level": result.level,
            "levelTitle": result.checklist.level_title(result.level),
            "levelBest": result.level_best,
            "levelWorst": result.level_worst,
            "figures": {
                name: {"now": _figure(f.now), "best": _figure(f.best), "worst": _figure(f.worst)}
                for name, f in result.figures.items()
            },
            "outcomes": [
                {"id": reached.id, "title": reached.title, "because": reached.because}
                for reached in result.outcomes
            ],
            "blockers": list(result.blockers),
            "contradicted": [
                {
                    "question": c.question,
                    "because": c.because,
                    "places": [place.as_json() for place in c.places],
                }
                for c in result.contradictions
            ],
            "signoffs": [
                {
                    "role": state.signoff.role,
                    "decision": state.signoff.decision,
                    "by": state.signoff.by,
                    "at": state.signoff.at.isoformat(),
                    "holds": state.holds,
                }
                for state in result.signoffs
            ],
            "conditions": [
                {
                    "role": c.role,
                    "what": c.condition.what,
                    "owner": c.condition.owner,
                    "due": c.condition.due.isoformat() if c.condition.due else None,
                    "state": c.state,
                }
                for c in result.conditions
            ],
            "missingRoles": list(result.missing_roles),
            "expired": result.expired,
        },
    }


def _figure(value: Decimal | None) -> str | None:
    """A decimal as text, so that no reader rounds it; None for one that is not known or has no end."""
    return None if value is None or not value.is_finite() else f"{value:f}"
