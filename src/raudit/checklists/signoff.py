"""What a sign-off covers, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from raudit.canonical import Sha256, digest
from raudit.checklists.answers import Answers, SignOff


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOffState:
    """A sign-off as it stands now."""

    signoff: SignOff
    holds: bool
    changed: tuple[str, ...] = ()
    """Questions whose answer changed after it was given."""
    because: str = ""
    """Why it does not hold."""


def person(name: str) -> str:
    """A person's name or address, for comparison: without case and surrounding space."""
    return " ".join(name.split()).casefold()


def authors_of(answers: Answers) -> frozenset[str]:
    """Everyone who wrote an answer."""
    return frozenset(person(answer.by) for answer in answers.file.answers.values() if answer.by.strip())


def answer_digests(answers: Answers) -> dict[str, Sha256]:
    """Digest of the meaning of each answer: value, state, reason, author and evidence, not layout and not review."""
    return {name: digest(_meaning(answers, name)) for name in sorted(answers.file.answers)}


def answers_sha256(answers: Answers) -> Sha256:
    """Digest of everything a sign-off covers: checklist, subject, the day of the next review and every answer."""
    file = answers.file
    return digest(
        {
            "checklist": file.checklist.model_dump(mode="json"),
            "subject": file.subject.model_dump(mode="json"),
            "review_by": file.review_by.isoformat() if file.review_by else None,
            "answers": answer_digests(answers),
        }
    )


def signoff_state(answers: Answers, signoff: SignOff, *, not_author: bool) -> SignOffState:
    """Say whether a sign-off holds, and what changed if not."""
    if not_author and person(signoff.by) in authors_of(answers):
        return SignOffState(signoff=signoff, holds=False, because="the signer is an author of the answers")
    if signoff.covers_sha256 == answers_sha256(answers):
        return SignOffState(signoff=signoff, holds=True)
    now = answer_digests(answers)
    names = sorted({*now, *signoff.covered})
    changed = tuple(name for name in names if now.get(name) != signoff.covered.get(name)) if signoff.covered else ()
    said = "these answers changed after it: " + ", ".join(changed) if changed else "something changed after it"
    return SignOffState(signoff=signoff, holds=False, changed=changed, because=said)


def _meaning(answers: Answers, name: str) -> Mapping[str, Any]:
    answer = answers.file.answers[name]
    value = answers.values.get(name)
    plain: Any = (
        [dict(row) if isinstance(row, Mapping) else row for row in value] if isinstance(value, tuple) else value
    )
    return {
        "value": plain if plain is None or isinstance(plain, list | str) else str(plain),
        "state": answer.state,
        "why": answer.why,
        "by": answer.by,
        "owner": answer.owner,
        "due": answer.due.isoformat() if answer.due else None,
        "evidence": [link.model_dump(mode="json") for link in answer.evidence],
    }
