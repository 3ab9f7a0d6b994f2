"""Renew the example's answers file: pin the checklist anew, and let two roles sign off what it says.

Run after a change to checklists/gdpr-dpia.yaml or to the answers; a test compares the file with what this gives.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from raudit.checklists import load_checklist
from raudit.checklists.document import signed_off
from raudit.resources import resource_dir

ANSWERS = Path(__file__).resolve().parent.parent / "examples" / "adult-income" / "answers" / "gdpr-dpia.yaml"
SIGNERS = (("dpo", "dpo@example.org"), ("owner", "head-of-lending@example.org"))
CONDITIONS = ("Audit again after every retraining", "Delete contact columns from the audit extract")
AT = datetime(2026, 11, 20, 16, tzinfo=UTC)


def signed(text: str) -> str:
    """Renew the pin and both sign-offs in the text of the answers."""
    checklist = load_checklist(resource_dir("checklists") / "gdpr-dpia.yaml")
    text = re.sub(
        r"(?m)^  version: \S+\n  sha256: .*$",
        f"  version: {checklist.file.version}\n  sha256: {checklist.sha256}",
        text,
    )
    for role, by in SIGNERS:
        text = signed_off(
            text, checklist, role=role, decision="approve_with_conditions", by=by, at=AT, conditions=CONDITIONS
        )
    return text


if __name__ == "__main__":
    ANSWERS.write_text(signed(ANSWERS.read_text()))
