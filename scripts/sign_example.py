"""Renew the example's answers files: pin their checklists anew, and let people sign off what they say.

The people of the example are made up, and so are their keys: each follows from its owner's id, is known to everyone
who reads this, and proves nothing but that the example holds together. Run after a change to one of these checklists
or to the answers; a test compares the files with what this gives.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from raudit.checklists.answers import Decision, parse_answers
from raudit.checklists.form.checklist import Checklist
from raudit.checklists.form.load import shipped
from raudit.checklists.signoff import conditions_of
from raudit.checklists.writing import signed_off
from raudit.people import parse_people
from raudit.statements import Kind, PersonKey, Statement, sign_statement, statements_path

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "adult-income" / "answers"
AT = datetime(2026, 11, 20, 16, tzinfo=UTC)
OWNER = ("owner", "head-of-lending@example.org")
Conditions = tuple[dict[str, str], ...]
DPIA: Conditions = (
    {
        "what": "Audit again after every retraining",
        "owner": "Data team, Mara Lindt",
        "due": "2027-06-30",
    },
    {
        "what": "Delete contact columns from the audit extract",
        "owner": "Data team, Mara Lindt",
        "due": "2027-03-31",
    },
)
LAUNCH: Conditions = (
    {
        "what": "Settle the difference between women and men",
        "owner": "Head of lending",
        "due": "2027-06-30",
    },
    {
        "what": "Choose the line between yes and no from the two costs",
        "owner": "Head of lending",
        "due": "2027-03-31",
    },
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


def pinned(text: str) -> tuple[str, Checklist]:
    """Renew the pin in the text of a file of answers."""
    named = re.search(r"(?m)^  id: (\S+)$", text)
    if named is None:
        raise SystemExit("the answers name no checklist")
    checklist = shipped(named[1])
    text = re.sub(
        r"(?m)^  version: \S+\n  sha256: .*$",
        f"  version: {checklist.file.version}\n  sha256: {checklist.sha256}",
        text,
    )
    return text, checklist


def signed(text: str) -> str:
    """Renew the pin and the sign-offs in the text of a file of answers."""
    text, checklist = pinned(text)
    for role, by, decision, conditions in DECISIONS[checklist.id]:
        text = signed_off(
            text, checklist, role=role, decision=decision, by=by, at=AT, conditions=conditions
        )
    return text


PEOPLE: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "pm": ("Mara Lindt", ("pm@example.org",), ()),
    "dpo": ("Ines Calloway", ("dpo@example.org",), ("dpo",)),
    "head-of-lending": ("Jonas Petrie", ("head-of-lending@example.org",), ("owner",)),
    "risk": ("Amara Diallo", ("risk@example.org",), ("risk",)),
    "security": ("Sam Osei", ("security@example.org",), ("security",)),
}
"""Id to name, addresses and roles."""


def key_of(person: str) -> PersonKey:
    """The made-up key of a made-up person."""
    private = Ed25519PrivateKey.from_private_bytes(
        sha256(f"raudit example: {person}".encode()).digest()
    )
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PersonKey(private=private, spki=spki)


def people_yaml() -> str:
    """The example's people.yaml."""
    lines = [
        "# yaml-language-server: $schema=../../schemas/people-1.schema.json",
        "# Who the made-up people of the example are. Their keys are made up too, see scripts/sign_example.py.",
        "schema: raudit.people/1",
        "people:",
    ]
    for person, (name, addresses, roles) in PEOPLE.items():
        public = (
            key_of(person)
            .private.public_key()
            .public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
            .decode()
        )
        lines += [
            f"  - id: {person}",
            f"    name: {name}",
            f"    known_as: [{', '.join(addresses)}]",
        ]
        lines += [f"    roles: [{', '.join(roles)}]"] if roles else []
        lines += ["    keys:", f"      - ssh: {public}"]
    return "\n".join(lines) + "\n"


def statements(text: str) -> bytes:
    """The signed statements of the sign-offs in the text of a file of answers, one envelope a line."""
    people = parse_people(people_yaml())
    named = re.search(r"(?m)^  id: (\S+)$", text)
    checklist = shipped(named[1] if named else "")
    answers = parse_answers(text, checklist)
    found = []
    for signoff in answers.file.signoffs:
        person = people.known(signoff.by).id
        subjects = {"answers": str(signoff.covers_sha256), "checklist": str(checklist.sha256)}
        decided = {
            "role": signoff.role,
            "decision": signoff.decision,
            "conditions": conditions_of(signoff),
        }
        statement = Statement(
            kind=Kind.SIGN_OFF,
            person=person,
            subjects=subjects,
            decided=decided,
            system=answers.file.subject.project,
            at=signoff.at,
            nonce=sha256(f"{checklist.id} {person}".encode()).hexdigest()[:32],
        )
        found.append(sign_statement(statement, key_of(person)))
    return b"".join(envelope + b"\n" for envelope in found)


if __name__ == "__main__":
    (FOLDER.parent / "people.yaml").write_text(people_yaml())
    for path in sorted(FOLDER.glob("*.yaml")):
        path.write_text(signed(path.read_text()))
        statements_path(path).write_bytes(statements(path.read_text()))
    for path in sorted((FOLDER.parents[1] / "support-chatbot" / "answers").glob("*.yaml")):
        path.write_text(pinned(path.read_text())[0])
