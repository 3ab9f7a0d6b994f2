"""Accounts: by invitation alone, and a passkey that is added is enrolled in people.yaml and told to the log."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from raudit.emit.people import change_people, entry_of
from raudit.errors import UsageError
from raudit.people import KeyEntry, spki_of
from raudit.statements.passkey import base64url
from raudit.web.middleware import workspace
from raudit.web.models import Invitation, User
from raudit.web.workspace import now

DAYS = 7


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody makes an account for themselves."""

    def is_open_for_signup(self, request: object) -> bool:
        """Never: an invitation makes the account."""
        return False

    def authentication_failed(self, request: object, **credentials: Any) -> None:
        """A wrong password: the log is told of a burst."""
        from raudit.web.telling import failed

        failed(str(credentials.get("email") or credentials.get("username") or ""))


class InvitedOnlySocial(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """A provider signs in who was invited with the address that it vouches for, and nobody else."""

    def is_open_for_signup(self, request: object, sociallogin: object) -> bool:
        """Never."""
        return False


def invite(person: str, email: str, *, by: str) -> str:
    """Make a one-time link; returns its token, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    expires = timezone.now() + timedelta(days=DAYS)
    Invitation.objects.create(
        token=digest_of(token), person=person, email=email.lower(), by=by, expires=expires
    )
    return token


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def invitation(token: str) -> Invitation | None:
    """The invitation of a token, if it counts."""
    return Invitation.objects.filter(
        token=digest_of(token), used=None, expires__gt=timezone.now()
    ).first()


def accept(token: str, *, person: str, name: str, email: str, password: str) -> User:
    """Make the account of someone who was invited.

    Raises
    ------
    UsageError
        If the invitation was used meanwhile, or there is such an account.
    """
    with transaction.atomic():
        held = (
            Invitation.objects.select_for_update().filter(token=digest_of(token), used=None).first()
        )
        if held is None or held.expires < timezone.now():
            raise UsageError("the invitation does not count any more", reference="invitation-used")
        first = not held.person
        who = held.person or person
        if (
            User.objects.filter(person=who).exists()
            or User.objects.filter(email=email.lower()).exists()
        ):
            raise UsageError(
                "there is such an account already",
                reference="account-exists",
                hint="sign in with it",
            )
        held.used = timezone.now()
        held.save(update_fields=["used"])
        user = User.objects.create_user(email=email, password=password, person=who)
        # Two-factor pages refuse an address that nobody vouched for; the invitation did.
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        if first:
            add_person(who, name=name, email=email, roles=[("administrator", ())], actor=who)
    return user


def add_person(
    person: str, *, name: str, email: str, roles: list[tuple[str, tuple[str, ...]]], actor: str
) -> None:
    """Add someone to people.yaml, and tell the log."""

    def edit(document: Any) -> None:
        entry: dict[str, Any] = {"id": person}
        if name:
            entry["name"] = name
        if email:
            entry["known_as"] = [email]
        if roles:
            entry["roles"] = [granted(role, systems) for role, systems in roles]
        document["people"].append(entry)

    _changed(edit, actor)


def set_roles(person: str, roles: list[tuple[str, tuple[str, ...]]], *, actor: str) -> None:
    """Replace someone's roles in people.yaml, and tell the log."""

    def edit(document: Any) -> None:
        entry_of(document, person)["roles"] = [granted(role, systems) for role, systems in roles]

    _changed(edit, actor)


def granted(role: str, systems: tuple[str, ...]) -> Any:
    """A role as people.yaml writes it."""
    return {"role": role, "systems": list(systems)} if systems else role


def _changed(edit: Any, actor: str) -> None:
    place = workspace()
    with place.log() as log:
        change_people(place.people_file, edit, log, actor=actor, clock=now())


def listen() -> None:
    """Enrol passkeys that are added, withdraw those that are removed."""
    authenticator_added.connect(_added, dispatch_uid="raudit-added")
    authenticator_removed.connect(_removed, dispatch_uid="raudit-removed")


def passkey_of(authenticator: Authenticator) -> dict[str, str]:
    """A passkey as people.yaml keeps it."""
    from fido2 import cbor

    data = authenticator.wrap().authenticator_data.credential_data
    return {
        "credential": base64url(data.credential_id),
        "public_key": base64url(cbor.encode(dict(data.public_key))),
        "rp_id": str(mfa_adapter().get_public_key_credential_rp_entity()["id"]),
        "origin": settings.RAUDIT_OPTIONS.base,
    }


def _added(user: User, authenticator: Authenticator, **_rest: Any) -> None:
    if authenticator.type != Authenticator.Type.WEBAUTHN:
        return
    passkey = passkey_of(authenticator)
    since = now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def edit(document: object) -> None:
        entry = entry_of(document, user.person)
        entry["keys"] = [*(entry.get("keys") or []), {"passkey": passkey, "since": since}]

    _changed(edit, user.person)


def _removed(user: User, authenticator: Authenticator, **_rest: Any) -> None:
    if authenticator.type != Authenticator.Type.WEBAUTHN:
        return
    passkey = passkey_of(authenticator)
    until = now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def edit(document: object) -> None:
        for key in entry_of(document, user.person).get("keys") or []:
            if (
                key.get("passkey", {}).get("credential") == passkey["credential"]
                and "until" not in key
            ):
                key["until"] = until

    _changed(edit, user.person)


def fingerprint(key: KeyEntry) -> str:
    """SHA-256 of a key's SubjectPublicKeyInfo."""
    from raudit.canonical import sha256

    return str(sha256(spki_of(key)))
