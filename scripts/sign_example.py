"""Renew the example's answers files: pin their checklists anew, and let people sign off what they say.

Run after a change to one of these checklists or to the answers; a test compares the files with what this gives.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from raudit.checklists.answers import Decision
from raudit.checklists.load import shipped
from raudit.checklists.writing import signed_off

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "adult-income" / "answers"
AT = datetime(2026, 11, 20, 16, tzinfo=UTC)
OWNER = ("owner", "head-of-lending@example.org")
Conditions = tuple[dict[str, str], ...]
DPIA: Conditions = (
    {"what": "Audit again after every retraining", "owner": "Data team, Mara Lindt", "due": "2027-06-30"},
    {"what": "Delete contact columns from the audit extract", "owner": "Data team, Mara Lindt", "due": "2027-03-31"},
)
LAUNCH: Conditions = (
    {"what": "Settle the difference between women and men", "owner": "Head of lending", "due": "2027-06-30"},
    {"what": "Choose the line between yes and no from the two costs", "owner": "Head of lending", "due": "2027-03-31"},
)
THREATS: Conditions = (
    {
        "what": "Look again before the second step of the rollout",
        "owner": "Platform team, Sam Osei",
        "due": "2027-06-30",
    },
)
DECISIONS: dict[str, tuple[tuple[str, str, Decision, Conditions], ...]] = {
    "gdpr-dpia": (
        ("dpo", "dpo@example.org", "approve_with_conditions", DPIA),
        (*OWNER, "approve_with_conditions", DPIA),
    ),
    # What is answered is right, and it says that the system is not ready: the owner says no.
    "launch-readiness": (
        ("risk", "risk@example.org", "approve_with_conditions", LAUNCH),
        (*OWNER, "reject", ()),
    ),
    "threat-model": (("security", "security@example.org", "approve_with_conditions", THREATS),),
}
"""Checklist to role, signer, decision and conditions."""


def signed(text: str) -> str:
    """Renew the pin and the sign-offs in the text of a file of answers."""
    named = re.search(r"(?m)^  id: (\S+)$", text)
    if named is None:
        raise SystemExit("the answers name no checklist")
    checklist = shipped(named[1])
    text = re.sub(
        r"(?m)^  version: \S+\n  sha256: .*$",
        f"  version: {checklist.file.version}\n  sha256: {checklist.sha256}",
        text,
    )
    for role, by, decision, conditions in DECISIONS[checklist.id]:
        text = signed_off(text, checklist, role=role, decision=decision, by=by, at=AT, conditions=conditions)
    return text


if __name__ == "__main__":
    for path in sorted(FOLDER.glob("*.yaml")):
        path.write_text(signed(path.read_text()))
