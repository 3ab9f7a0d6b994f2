"""People with keys, a small checklist, a plan and a log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from raudit.checklists.form.load import parse_checklist

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CLOCK = "2026-11-20T12:00:00Z"
CHECKLIST_TEXT = """\
schema: raudit.checklist/1
id: small
version: 1.0.0
title: Small
about: A small checklist.
source: {basis: [none]}
sections:
  - id: s
    title: The only section
    questions:
"""
QUESTION = """\
      - {{id: {id}, type: text, text: "What of {id}?", why: because, help: say}}
"""
TAIL = "signoff: [{role: owner}, {role: dpo}]\n"
QUESTIONS = "abcdefgh"


def checklist_text() -> str:
    """Eight questions, two roles."""
    return CHECKLIST_TEXT + "".join(QUESTION.format(id=q) for q in QUESTIONS) + TAIL


def answers_text(sha256: str, answers: str = "answers:\n") -> str:
    """An answers file."""
    return (
        "# mine\nschema: raudit.answers/1\n"
        f"checklist: {{id: small, version: 1.0.0, sha256: {sha256}}}\n"
        f"subject: {{project: Credit}}\n{answers}"
    )


@dataclass
class Room:
    """A folder with everything."""

    folder: Path
    keys: dict[str, Path] = field(default_factory=dict)

    @property
    def answers(self) -> Path:
        return self.folder / "small-answers.yaml"

    @property
    def checklist(self):
        return parse_checklist((self.folder / "small.yaml").read_text())

    def people(self, kinds: dict[str, str]) -> str:
        """Text of people.yaml for persons by id, each with a key of a kind."""
        return people_text(self, kinds)


def private_pem(kind: str) -> tuple[bytes, str, str]:
    """A new private key, its kind in people.yaml and its public half."""
    key = {
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
    }[kind]()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key()
    if kind in ("ed25519", "p256"):
        return pem, "ssh", public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return (
        pem,
        "public_key",
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    )


def people_text(room: Room, kinds: dict[str, str]) -> str:
    """people.yaml for persons by id, each with a key of a kind."""
    lines = ["schema: raudit.people/1", "people:"]
    roles = {"dee": "dpo", "olu": "owner", "ann": "owner, dpo"}
    for person, kind in kinds.items():
        pem, name, public = private_pem(kind)
        path = room.folder / f"{person}.key"
        path.write_bytes(pem)
        room.keys[person] = path
        text = public.rstrip("\n").replace("\n", "\n          ")
        lines += [
            f"  - id: {person}",
            f"    known_as: [{person[0]}, {person}@example.org]",
            f"    roles: [{roles.get(person, '')}]",
            "    keys:",
            f"      - {name}: |\n          {text}",
        ]
    return "\n".join(lines) + "\n"


PLAN = """\
schema: raudit.plan/1
system: {name: Credit, version: "1"}
data: {path: data.csv, label: {column: y, favourable: "1"}, prediction: {column: p, favourable: "1"}}
sensitive_features: [g]
stages: {data_readiness: {}, fairness: {}, assessments: {}}
assessments: [{checklist: small.yaml, answers: small-answers.yaml}]
waivers: waivers.yaml
people: people.yaml
signing: {key: keys/raudit-signing.key, certificate: keys/raudit-signing.crt}
log: {path: log.db, key: keys/log-key.txt}
"""


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Answers, checklist, people with keys, a plan and a log key."""
    return make_room(tmp_path)


def make_room(folder: Path) -> Room:
    """Make it, for a test that shares one with others too."""
    from raudit.emit.keys import first_keys

    made = Room(folder)
    (folder / "small.yaml").write_text(checklist_text())
    made.answers.write_text(answers_text(made.checklist.sha256))
    kinds = {"ann": "ed25519", "bob": "p256", "dee": "rsa", "olu": "p384"}
    (folder / "people.yaml").write_text(people_text(made, kinds))
    (folder / "raudit.yaml").write_text(PLAN)
    (folder / "waivers.yaml").write_text("schema: raudit.waivers/1\nwaivers:\n")
    rows = "".join(
        f"{'ab'[i % 2]},{i % 3 > 0:d},{i % 5 > (0 if i % 2 else 3):d}\n" for i in range(400)
    )
    (folder / "data.csv").write_text("g,y,p\n" + rows)
    first_keys(folder / "keys", name="Issuer", log_name="small-log", clock=NOW)
    return made
