"""Who people are: a stable id, the names by which someone is known, the roles they may hold, and what proves them.

``people.yaml`` is one file for an organisation or a plan. Everywhere else a person is an id; two
spellings of one person are one person because this file says so, never because they look alike.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, model_validator

from raudit.canonical import Sha256, canonical_bytes, digest, sha256
from raudit.errors import PeopleError
from raudit.spelling import one_line, spelling
from raudit.validate import Strict, validate
from raudit.yamltext import YamlText, nearest, parse_yaml, read_yaml

FILE_NAME = "people.yaml"
PersonId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
EVERYWHERE = ("*",)


Line = Annotated[str, AfterValidator(one_line)]
"""Text that stands in a line with others: it neither ends the line nor turns it around."""


def _texts(value: object) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[
    tuple[Annotated[Line, Field(min_length=1, max_length=300)], ...], BeforeValidator(_texts)
]


class RoleGrant(Strict):
    """A role that someone may hold."""

    role: Line = Field(min_length=1)
    systems: Texts = EVERYWHERE
    """Names of the systems; ``*`` for all."""


def _role(value: object) -> Any:
    return {"role": value} if isinstance(value, str) else value


class Passkey(Strict):
    """A passkey's public half, as it was registered (WebAuthn level 2, section 6.5.1)."""

    credential: str = Field(min_length=1)
    """Credential id, base64url."""
    public_key: str = Field(min_length=1)
    """COSE key or DER SubjectPublicKeyInfo, base64url."""
    rp_id: str = Field(min_length=1)
    """Relying party id, such as ``audit.example.org``."""
    origin: str = Field(pattern=r"^https?://[^/]+$")
    """Exact origin with its port: the relying party's id has none, and only the origin tells two ports apart."""


class KeyEntry(Strict):
    """One key of a person: exactly one of the kinds, and when it counted."""

    certificate: str = ""
    """X.509 certificate, PEM."""
    ssh: str = ""
    """OpenSSH public key: ``ssh-ed25519 AAAA…``."""
    minisign: str = ""
    """minisign public key: ``RW…``."""
    public_key: str = ""
    """Public key, PEM."""
    passkey: Passkey | None = None
    since: AwareDatetime | None = None
    """Statements made before do not count."""
    until: AwareDatetime | None = None
    """Withdrawn: statements made from then on do not count."""

    @model_validator(mode="after")
    def _one_kind(self) -> KeyEntry:
        given = [name for name in KINDS if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"a key is exactly one of {', '.join(KINDS)}")
        return self

    @property
    def kind(self) -> str:
        """Which of the kinds it is."""
        return next(name for name in KINDS if getattr(self, name))


REVIEWER = "reviewer"
KINDS = ("certificate", "ssh", "minisign", "public_key", "passkey")


class PersonEntry(Strict):
    """A person."""

    id: PersonId
    """Stable: it stands in answers, statements and logs, and is never given to someone else."""
    name: Line = Field(default="", max_length=200)
    """Name to print."""
    known_as: Texts = ()
    """Further names and addresses by which this person is known."""
    roles: tuple[Annotated[RoleGrant, BeforeValidator(_role)], ...] = ()
    keys: tuple[KeyEntry, ...] = ()


class PeopleFile(Strict):
    """The whole of people.yaml."""

    schema_version: str = Field(alias="schema", pattern=r"^raudit\.people/1$")
    people: tuple[PersonEntry, ...] = ()
    one_person_may_hold: tuple[tuple[str, ...], ...] = ()
    """Sets of roles that one person may sign in for one assessment; all others exclude each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, ready to verify with."""

    entry: KeyEntry
    spki: bytes = field(repr=False)
    """DER SubjectPublicKeyInfo."""

    @property
    def fingerprint(self) -> Sha256:
        """SHA-256 of the SubjectPublicKeyInfo."""
        return sha256(self.spki)

    def counts_at(self, moment: datetime) -> bool:
        """Whether it had been enrolled by then and not withdrawn."""
        since, until = self.entry.since, self.entry.until
        return (since is None or since <= moment) and (until is None or moment < until)


class People:
    """The people that a file names.

    Parameters
    ----------
    file
        The validated file; None for nobody: everyone is then known by name alone.
    source
        Name of the file, for messages.
    """

    def __init__(self, file: PeopleFile | None = None, *, source: str = "") -> None:
        self.file, self.source = file, source
        self.by_id = {entry.id: entry for entry in file.people} if file else {}
        self._ids: dict[str, str] = {}
        for entry in self.by_id.values():
            for name in (entry.id, entry.name, *entry.known_as):
                if name:
                    self._ids[spelling(name)] = entry.id
        self._keys: dict[str, tuple[Key, ...]] = {}

    def __bool__(self) -> bool:
        return self.file is not None

    @property
    def sha256(self) -> Sha256:
        """Digest of what the file says, whatever its layout."""
        said = (
            self.file.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            if self.file
            else {}
        )
        return digest(said)

    def find(self, name: str) -> PersonEntry | None:
        """The person of this id, name or address; None if nobody is known by it."""
        found = self._ids.get(spelling(name))
        return self.by_id[found] if found else None

    def id_of(self, name: str) -> str:
        """The person's id; for someone unknown the name itself, without case and surrounding space."""
        return self._ids.get(spelling(name), spelling(name))

    def known(self, name: str, *, where: str = "") -> PersonEntry:
        """The person of this id, name or address.

        Raises
        ------
        PeopleError
            If nobody is known by it.
        """
        found = self.find(name)
        if found is None:
            raise PeopleError(
                "nobody is known by this name",
                reference="person-unknown",
                where=where or self.source,
                got=name,
                expected="an id, name or address of people.yaml",
                hint=f"{nearest(name, list(self.by_id))}; or add the person: raudit people add PERSON",
            )
        return found

    def only(self, persons: Collection[str]) -> bytes:
        """The file as canonical JSON with these persons alone: their keys, not what else they are called."""
        file = self.file or PeopleFile(schema="raudit.people/1")
        kept = tuple(
            entry.model_copy(update={"known_as": ()})
            for entry in file.people
            if entry.id in persons
        )
        said = file.model_copy(update={"people": kept})
        return canonical_bytes(said.model_dump(mode="json", by_alias=True, exclude_defaults=True))

    def may(self, name: str, role: str, system: str) -> bool:
        """Whether someone may hold a role for a system."""
        entry = self.find(name)
        return entry is not None and any(
            grant.role == role and (grant.systems == EVERYWHERE or system in grant.systems)
            for grant in entry.roles
        )

    def may_review(self, name: str, system: str) -> bool:
        """Whether someone may review answers: where people hold the role ``reviewer`` for a system, only they may."""
        held = any(self.may(person, REVIEWER, system) for person in self.by_id)
        return not held or self.may(name, REVIEWER, system)

    def may_combine(self, one: str, other: str) -> bool:
        """Whether one person may sign in both roles."""
        sets = self.file.one_person_may_hold if self.file else ()
        return one == other or any(one in roles and other in roles for roles in sets)

    def keys(self, person: str) -> tuple[Key, ...]:
        """Keys of a person by id."""
        if person not in self._keys:
            entry = self.by_id.get(person)
            self._keys[person] = tuple(
                Key(entry=key, spki=spki_of(key, where=f"{self.source} ({person})"))
                for key in (entry.keys if entry else ())
            )
        return self._keys[person]

    def bindings(self) -> Mapping[str, bool]:
        """Digest of every binding of a key to a person, as the log keeps it, and whether the key still counts."""
        return {
            binding(person, key.fingerprint): key.entry.until is None
            for person in self.by_id
            for key in self.keys(person)
        }


NOBODY = People()
"""No people.yaml: names are what they are, and prove nothing."""


def binding(person: str, fingerprint: str) -> Sha256:
    """Digest under which the log keeps that a key is a person's; it names neither to whom has neither."""
    return digest({"key": fingerprint, "person": person})


def load_people(path: Path) -> People:
    """Read people.yaml.

    Raises
    ------
    PeopleError
        With file, line, key and what to do; also if two people share a name, or a key cannot be read.
    """
    return _people(read_yaml(path, error=PeopleError))


def parse_people(text: str, *, source: str = FILE_NAME) -> People:
    """Read the text of people.yaml; see ``load_people``."""
    return _people(parse_yaml(text, source=source, error=PeopleError))


def _people(yaml: YamlText) -> People:
    if not isinstance(yaml.value, dict):
        raise PeopleError(
            "the file of people is not a mapping",
            reference="people-not-a-mapping",
            where=yaml.where(()),
            expected="schema: raudit.people/1 and a list under people",
            hint="start with: raudit people add PERSON",
        )
    file = validate(PeopleFile, yaml, error=PeopleError)
    taken: dict[str, str] = {}
    keys: dict[str, str] = {}
    people = People(file, source=yaml.source)
    for number, entry in enumerate(file.people):
        at = yaml.where(("people", number))
        for name in {spelling(n) for n in (entry.id, entry.name, *entry.known_as) if n}:
            if name in taken:
                raise PeopleError(
                    "two people are known by one name",
                    reference="person-ambiguous",
                    where=at,
                    got=name,
                    hint=f"give it to {taken[name]} or to {entry.id}, not to both",
                )
            taken[name] = entry.id
        for key in people.keys(entry.id):
            if keys.setdefault(key.fingerprint, entry.id) != entry.id:
                raise PeopleError(
                    "two people have one key",
                    reference="person-key-shared",
                    where=at,
                    got=key.fingerprint[:16],
                    hint=f"it proves neither; keep it with {keys[key.fingerprint]} or with {entry.id}",
                )
    return people


def spki_of(entry: KeyEntry, *, where: str = "") -> bytes:
    """Public key of an entry as DER SubjectPublicKeyInfo.

    Raises
    ------
    PeopleError
        If it cannot be read, or is of a kind that is not accepted.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_public_key,
        load_ssh_public_key,
    )

    from raudit.cose import passkey_public_key
    from raudit.weak_keys import weakness

    try:
        key: Any
        match entry.kind:
            case "certificate":
                key = x509.load_pem_x509_certificate(entry.certificate.encode()).public_key()
            case "ssh":
                key = load_ssh_public_key(entry.ssh.strip().encode())
            case "minisign":
                key = _minisign(entry.minisign)
            case "public_key":
                key = load_pem_public_key(entry.public_key.encode())
            case _:
                key = passkey_public_key(
                    unpadded(entry.passkey.public_key if entry.passkey else "")
                )
        weak = weakness(key)
        if weak:
            raise ValueError(weak)
        spki: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        private = "PRIVATE KEY" in str(getattr(entry, entry.kind))
        raise PeopleError(
            f"the {entry.kind.replace('_', ' ')} is "
            + ("a private key" if private else "no key that can be used"),
            reference="person-key",
            where=where,
            expected="Ed25519, ECDSA P-256 or P-384, or RSA of 2,048 bits and more",
            hint="give the public half, whole: a certificate in PEM, an SSH line, or a registered passkey",
        ) from error
    return spki


def _minisign(text: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ed25519

    data = base64.b64decode(text.strip().splitlines()[-1], validate=True)
    if len(data) != 42 or data[:2] != b"Ed":
        raise ValueError("no minisign public key")
    return ed25519.Ed25519PublicKey.from_public_bytes(data[10:])


def unpadded(text: str) -> bytes:
    """Decode base64url with or without padding, or plain base64.

    Raises
    ------
    ValueError
        If it is neither.
    """
    plain = text.strip().replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
