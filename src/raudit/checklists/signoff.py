"""What a sign-off covers, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from raudit.canonical import Sha256, digest
from raudit.checklists.answers import Answers, SignOff
from raudit.people import NOBODY, People
from raudit.sentences import say, term
from raudit.statements import Kind, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOffState:
    """A sign-off as it stands now."""

    signoff: SignOff
    holds: bool
    changed: tuple[str, ...] = ()
    """Questions whose answer changed after it was given."""
    because: str = ""
    """Why it does not hold."""
    proof: Outcome | None = None
    """The statement that says the same, checked; None if there is none."""

    @property
    def proven(self) -> bool:
        """Whether it is proven that this person signed exactly this."""
        return self.proof is not None and self.proof.proven

    @property
    def identity(self) -> str:
        """How the signer is known, in words."""
        if self.proof is None:
            return say("stated, not proven")
        if self.proof.proven:
            return self.proof.why
        return say("not proven: {detail}", detail=self.proof.why)


def authors_of(answers: Answers, people: People = NOBODY) -> frozenset[str]:
    """Everyone who wrote an answer, by id where people.yaml knows them."""
    return frozenset(
        people.id_of(answer.by) for answer in answers.file.answers.values() if answer.by.strip()
    )


def authorless(answers: Answers) -> tuple[str, ...]:
    """Questions whose answer names no author: nobody can say that a signer did not write them."""
    return tuple(name for name, answer in answers.file.answers.items() if not answer.by.strip())


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


def signoff_state(
    answers: Answers,
    signoff: SignOff,
    *,
    not_author: bool,
    people: People = NOBODY,
    statements: Sequence[Outcome] = (),
) -> SignOffState:
    """Say whether a sign-off holds, what changed if not, and whether it is proven who gave it."""
    proof = proof_of(answers, signoff, people, statements)
    fault = _signer_fault(answers, signoff, not_author=not_author, people=people)
    if fault:
        return SignOffState(signoff=signoff, holds=False, because=fault, proof=proof)
    if signoff.covers_sha256 == answers_sha256(answers):
        return SignOffState(signoff=signoff, holds=True, proof=proof)
    now = answer_digests(answers)
    names = sorted({*now, *signoff.covered})
    changed = (
        tuple(name for name in names if now.get(name) != signoff.covered.get(name))
        if signoff.covered
        else ()
    )
    said = (
        say("these answers changed after it: {questions}", questions=", ".join(changed))
        if changed
        else say("something changed after it")
    )
    return SignOffState(signoff=signoff, holds=False, changed=changed, because=said, proof=proof)


def _signer_fault(answers: Answers, signoff: SignOff, *, not_author: bool, people: People) -> str:
    signer = people.id_of(signoff.by)
    if not_author and signer in authors_of(answers, people):
        return say("the signer is an author of the answers")
    if not_author and authorless(answers):
        return say(
            "no author is named for {questions}", questions=", ".join(authorless(answers)[:3])
        )
    approves = signoff.decision.startswith("approve")  # a refusal counts, whoever else signed
    also = same_person(answers, signoff.role, signoff.by, people) if approves else ""
    if also:
        return say(
            "the signer also signed as {role}, and one person may not be both", role=term(also)
        )
    if people and not people.find(signoff.by):
        return say("nobody is known as {name}", name=signoff.by)
    project = answers.file.subject.project
    if people and not people.may(signoff.by, signoff.role, project):
        return say(
            "{signer} may not sign as {role} for {project}",
            signer=signer,
            role=term(signoff.role),
            project=project or say("no named system"),
        )
    return ""


def same_person(answers: Answers, role: str, by: str, people: People) -> str:
    """Another role in which this person signed too, and that excludes this one; empty if there is none."""
    signer = people.id_of(by)
    return next(
        (
            other.role
            for other in answers.file.signoffs
            if people.id_of(other.by) == signer and not people.may_combine(role, other.role)
        ),
        "",
    )


def conditions_of(signoff: SignOff) -> list[dict[str, str]]:
    """Conditions as they were signed: what, who and by when; not whether they are met by now."""
    return [
        {"what": item.what, "owner": item.owner, "due": item.due.isoformat() if item.due else ""}
        for item in signoff.conditions
    ]


def proof_of(
    answers: Answers, signoff: SignOff, people: People, statements: Sequence[Outcome]
) -> Outcome | None:
    """The statement that says what a sign-off says, proven ones first."""
    found = [
        item
        for item in statements
        if item.statement is not None
        and item.statement.kind is Kind.SIGN_OFF
        and item.statement.person == people.id_of(signoff.by)
        and item.statement.subjects.get("answers") == signoff.covers_sha256
        and item.statement.system == answers.file.subject.project
        and item.statement.at == signoff.at
        and item.statement.decided.get("role") == signoff.role
        and item.statement.decided.get("decision") == signoff.decision
        and item.statement.decided.get("conditions") == conditions_of(signoff)
    ]
    return min(found, key=lambda item: not item.proven, default=None)


def _meaning(answers: Answers, name: str) -> Mapping[str, Any]:
    answer = answers.file.answers[name]
    value = answers.values.get(name)
    plain: Any = (
        [dict(row) if isinstance(row, Mapping) else row for row in value]
        if isinstance(value, tuple)
        else value
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
